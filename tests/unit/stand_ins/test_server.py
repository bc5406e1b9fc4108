# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side of the stand-in: TLS, labels, what goes through, and what is added to it."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stand_ins.ccr_gateway import log
from stand_ins.ccr_gateway.gateway import Gateway
from stand_ins.ccr_gateway.model import Caller, Follower, Lease
from stand_ins.ccr_gateway.node import Node
from stand_ins.ccr_gateway.server import Server
from unit.stand_ins.fake_node import FakeNode

from kit.certificates import Authority


class Client:
    def __init__(self, gateway: Gateway, port: int, ca: bytes) -> None:
        self.gateway = gateway
        context = ssl.create_default_context(cadata=ca.decode())
        self.connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
        self.headers: http.client.HTTPMessage | None = None

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        self.connection.request(method, path, text, {"Authorization": "Basic x", **headers})
        answer = self.connection.getresponse()
        self.headers = answer.headers
        return answer.status, json.loads(answer.read() or "null")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    node = FakeNode("london")
    index = node.make("copy")
    node.make("other")
    gateway = Gateway("london", node, [])
    gateway.followers["copy"] = Follower(
        "copy", index.uuid, "paris", "books", "l", ["h"], Caller({}, "elastic", ()), positions=[-1]
    )
    authority = Authority("any CA")
    signed = authority.sign("gateway", ["127.0.0.1"])
    for name, content in (("certificate", signed.certificate), ("key", signed.key)):
        (tmp_path / name).write_bytes(content)
    files = (str(tmp_path / "certificate"), str(tmp_path / "key"))
    server = Server(("127.0.0.1", 0), gateway, *files)
    threading.Thread(target=server.serve_forever, args=(0.01,)).start()
    yield Client(gateway, server.server_address[1], authority.certificate)
    server.shutdown()
    server.server_close()


def test_what_is_not_ours_goes_through_and_bears_the_label(client: Client) -> None:
    assert client("GET", "/_remote/info") == (200, {})
    assert client.headers
    assert "ccr_gateway" in client.headers["X-Stand-In"]
    # The connection is kept.
    assert client("GET", "/_license")[1]["license"]["type"] == "trial"


def test_the_log_is_read_as_it_is_written(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client("GET", "/_license?pretty")
    client("PUT", "/_license", {})
    # A line is written after its answer; that of the last request may be under way.
    client("GET", "/_license")
    first, second = log.read("an error of its own\n" + capsys.readouterr().err)[:2]
    assert (first.cluster, first.method, first.path, first.status) == ("london", "GET", "/_license?pretty", 200)
    assert second.method == "PUT"
    assert 0 < first.began <= second.began


def test_an_answer_of_ours(client: Client) -> None:
    expected = {"follower_indices": [{"status": "paused"}]}
    client.gateway.followers["copy"].phase = "paused"
    assert client("GET", "/copy/_ccr/info?filter_path=**.status") == (200, expected)
    assert client.headers
    assert client.headers["X-elastic-product"] == "Elasticsearch"
    assert client.headers["Content-Type"] == "application/json"
    accept = "application/vnd.elasticsearch+json; compatible-with=9"
    assert client("GET", "/copy/_ccr/info", Accept=accept)[0] == 200
    assert client.headers["Content-Type"].startswith("application/vnd.elasticsearch+json")


def test_who_is_nobody_is_told_so_by_the_node(client: Client) -> None:
    assert client("GET", "/copy/_ccr/info", Authorization="")[0] == 401


def test_traces_in_answers_of_the_node(client: Client) -> None:
    flat = client("GET", "/copy/_settings?flat_settings=true")[1]["copy"]["settings"]
    assert flat["index.xpack.ccr.following_index"] == "true"
    client.gateway.faults.licence = "basic"
    assert client("GET", "/_license")[1]["license"]["type"] == "basic"
    index = client.gateway.node.indices["other"]  # type: ignore[attr-defined]
    client.gateway.leases[index.uuid, 0, "a lease"] = Lease(3, 4)
    shards = client("GET", "/other/_stats?level=shards")[1]["indices"]["other"]
    assert [lease["id"] for lease in shards["shards"]["0"][0]["retention_leases"]["leases"]] == ["a lease"]


def test_a_write_that_is_refused(client: Client) -> None:
    status, answer = client("PUT", "/copy/_doc/1", {})
    assert (status, answer["error"]["type"]) == (403, "status_exception")
    lines = [{"index": {"_index": "copy"}}, {}, {"index": {"_index": "other", "_id": "1", "version": 1}}, {"a": 1}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    answer = client("POST", "/other/_bulk", text)[1]
    assert [item["index"]["status"] for item in answer["items"]] == [403, 200]


def test_its_own_paths(client: Client) -> None:
    assert client("PUT", "/_stand_in/faults", {"ccr": False})[1]["ccr"] is False
    text = {"error": "no handler found for uri [/x/_ccr/info] and method [GET]"}
    assert client("GET", "/x/_ccr/info") == (400, text)
    assert client("PUT", "/_stand_in/faults", {"typo": 1})[0] == 400
    assert client("DELETE", "/_stand_in/faults")[1]["ccr"] is True
    assert client("GET", "/_stand_in/followers")[1]["copy"]["phase"] == "copying"
    assert client("GET", "/_stand_in/nothing")[0] == 400


def test_where_the_node_is_gone_the_gateway_is_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    node = client.gateway.node

    def refuse(*_arguments: Any, **_keywords: Any) -> Any:
        raise ConnectionRefusedError

    monkeypatch.setattr(node, "send", refuse)
    monkeypatch.setattr(node, "request", lambda *arguments, **keywords: Node.request(node, *arguments, **keywords))
    node._address, node._own = ("127.0.0.1", 1), {}
    for path in ("/_license", "/copy/_ccr/info"):
        with pytest.raises(http.client.RemoteDisconnected):
            client("GET", path)
        client.connection.close()


def test_a_wrong_method(client: Client) -> None:
    status, answer = client("DELETE", "/_ccr/stats")
    text = "Incorrect HTTP method for uri [/_ccr/stats] and method [DELETE], allowed: [GET]"
    assert (status, answer) == (405, {"error": text, "status": 405})
