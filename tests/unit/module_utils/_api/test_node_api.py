# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node is asked on its own machine: here by a server of this process."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from unit.module_utils._pki.helpers import new_key, signed, write_pem

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import node_api

GOOD = {"connected": True, "matching_indices": True}
BASIC = "Basic dmVyaWZpZXI6cHc="


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers: dict[str, Any] = {
            "/_nodes/_local/_none": {"nodes": {"id-1": {"name": "lon-1"}}},
            "/_remote/info": {"paris": {"connected": True}},
            "/_resolve/cluster/*:*": {"paris": GOOD},
        }
        login = self.headers["Authorization"] == BASIC
        body = answers[self.path.partition("?")[0]] if login else {"error": {"reason": "unable to authenticate"}}
        self.send_response(200 if login else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture(params=["https", "http", "http on IPv6"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if "IPv6" in request.param else socket.AF_INET

    # As a node that listens at all addresses of its machine.
    server = Server(("::" if "IPv6" in request.param else "0.0.0.0", 0), Handler)
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # For a name by which nobody asks.
        key = new_key()
        shown = write_pem(tmp_path / "es.crt", signed("es.example", None, key), key)
        context.load_cert_chain(shown, shown.with_suffix(".key"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def seen(port: int, **changed: Any) -> dict[str, Any]:
    options: dict[str, Any] = dict(
        node_id="id-1",
        process=os.getpid(),
        ports=[port],
        aliases=["paris"],
        deadline=10,
        username="verifier",
        password="pw",
        api_key=None,
        bearer_token=None,
    )
    return node_api.seen({**options, **changed})


def test_what_the_node_sees(port: int) -> None:
    found = seen(port)
    assert (found["info"], found["resolve"]) == ({"paris": {"connected": True}}, {"paris": GOOD})
    assert (found["error"], found["reached"]) == (None, True)
    assert "not_asked" not in found


def test_an_alias_that_it_does_not_reach(port: int) -> None:
    assert seen(port, aliases=["paris", "rome"])["reached"] is False


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"node_id": "id-2"}, "it is lon-1 that answers", id="another node"),
        pytest.param({"password": "wrong"}, "it answered 401, unable to authenticate", id="another password"),
        pytest.param({"ports": [1]}, "listens at none of the ports 1", id="another port"),
        pytest.param({"process": os.getppid()}, "listens at none of the ports", id="another process"),
        pytest.param({"password": None}, "a client certificate stays here", id="nothing to log in with"),
    ],
)
def test_why_it_can_not_be_asked(changed: dict[str, Any], why: str, port: int) -> None:
    found = seen(port, **changed)
    assert why in found["not_asked"]
    assert found["error"] == found["not_asked"]
    assert (found["info"], found["resolve"], found["reached"]) == ({}, {}, False)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0B00630A", "10.99.0.11"),
        ("00000000", "0.0.0.0"),
        ("B80D0120000000000000000003000000", "2001:db8::3"),
        ("0000000000000000FFFF00000B00630A", "10.99.0.11"),
    ],
)
def test_addresses_of_the_kernel(text: str, address: str) -> None:
    assert node_api._address(text) == address
