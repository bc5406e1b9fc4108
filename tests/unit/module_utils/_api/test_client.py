# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import elastic_transport
import elasticsearch
import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import (
    Client,
    ClientError,
    reason_of,
)

URL = "https://lon-1:9200"
OPTIONS: dict[str, Any] = dict(
    url=[URL],
    username="operator",
    password="s3cret",
    api_key=None,
    bearer_token=None,
    ca_path=None,
    ca_fingerprint=None,
    validate_certs=True,
    client_cert=None,
    client_key=None,
    timeout=1,
    retries=0,
)


def client(**changed: Any) -> Client:
    return Client({**OPTIONS, **changed})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param({"error": {"type": "t", "reason": "r"}, "status": 400}, "r", id="reason"),
        pytest.param({"error": {"type": "t", "reason": None}}, "t", id="only the type"),
        pytest.param({"error": {"reason": "r", "caused_by": {"reason": "c"}}}, "r: c", id="cause"),
        pytest.param(
            {"error": {"reason": "r", "caused_by": {"reason": "c", "caused_by": {"reason": "d"}}}},
            "r: c: d",
            id="causes",
        ),
        pytest.param({"error": {"reason": "r of c", "caused_by": {"reason": "c"}}}, "r of c", id="cause said already"),
        pytest.param(
            {"error": {"reason": "r", "caused_by": {"reason": None, "caused_by": {"reason": "d"}}}},
            "r: d",
            id="no reason",
        ),
        pytest.param({"error": {"type": "t", "reason": None, "caused_by": {"reason": "c"}}}, "c", id="only the cause"),
        pytest.param({"error": "no handler found"}, "no handler found", id="text"),
        pytest.param({"error": None}, "", id="nothing"),
        pytest.param({"error": ["not found"], "status": 404}, "['not found']", id="a proxy's list"),
        pytest.param({"error": {"reason": {"code": 7}, "caused_by": "upstream"}}, "{'code': 7}", id="a proxy's map"),
        pytest.param({}, "", id="empty"),
        pytest.param(None, "", id="no body"),
        pytest.param([], "", id="a list"),
        pytest.param({"reason": "r"}, "r", id="without error around it"),
        pytest.param('{"error": {"reason": "r"}}', "r", id="JSON as text"),
        pytest.param(b'{"error": {"reason": "r"}}', "r", id="JSON as bytes"),
        pytest.param("<html>502</html>", "<html>502</html>", id="a proxy's page"),
        pytest.param(b"\xff" + b"x" * 1000, "\ufffd" + "x" * 499, id="no text, and long"),
    ],
)
def test_reason(body: Any, reason: str) -> None:
    assert reason_of(body) == reason


def api_error(status: int, body: Any, kind: type = elasticsearch.ApiError, message: str = "message") -> Any:
    node = elastic_transport.NodeConfig("https", "lon-1", 9200)
    meta = elastic_transport.ApiResponseMeta(status, "1.1", elastic_transport.HttpHeaders(), 0.1, node)
    return kind(message, meta=meta, body=body)


def error(reason: str) -> dict[str, Any]:
    return {"error": {"type": "t", "reason": reason}}


PRIVILEGE = " Grant the privilege that the answer names, or use another account."


@pytest.mark.parametrize(
    ("answer", "text", "unknown"),
    [
        pytest.param(api_error(400, error("no such setting")), "400, no such setting.", False, id="400"),
        pytest.param(
            api_error(401, error("unable to authenticate.")),
            "401, unable to authenticate. Check username and password, api_key or bearer_token.",
            False,
            id="401",
        ),
        pytest.param(api_error(403, error("unauthorized")), "403, unauthorized." + PRIVILEGE, False, id="403"),
        pytest.param(
            api_error(403, error("current license is non-compliant")),
            "403, current license is non-compliant.",
            False,
            id="403 for the licence",
        ),
        pytest.param(api_error(404, {}), "404, message.", False, id="without reason"),
        pytest.param(
            api_error(406, error("Content-Type header [application/vnd.elasticsearch+json; compatible-with=8] is bad")),
            "is bad. The server is older than the oldest supported version, 8.14.",
            False,
            id="media type",
        ),
        pytest.param(api_error(429, error("busy")), "429, busy.", True, id="429"),
        pytest.param(api_error(500, error("bug")), "500, bug.", False, id="500"),
        pytest.param(api_error(502, "<html>bad</html>"), "502, <html>bad</html>.", True, id="502"),
        pytest.param(api_error(503, error("no master")), "503, no master.", True, id="503"),
        pytest.param(api_error(504, None), "504, message.", True, id="504"),
        pytest.param(
            api_error(200, "<html>hello</html>", elasticsearch.UnsupportedProductError, "not Elasticsearch"),
            "200, not Elasticsearch. Check that the option url leads to Elasticsearch.",
            False,
            id="another product",
        ),
    ],
)
def test_refused(answer: Any, text: str, unknown: bool) -> None:
    e = client()._refused("list the nodes", answer)
    assert str(e).startswith(f"Cannot list the nodes on {URL}: it answered {answer.meta.status}, ")
    assert str(e).endswith(text)
    assert (e.status, e.unknown_outcome, e.timed_out) == (answer.meta.status, unknown, False)


@pytest.mark.parametrize(
    ("failure", "remedy", "unknown_after_write", "unknown_after_read", "timed_out"),
    [
        pytest.param(
            elastic_transport.ConnectionError("refused."),
            "Check the option url and the network.",
            True,
            False,
            False,
            id="no connection",
        ),
        pytest.param(
            elastic_transport.ConnectionTimeout("late"),
            "Raise the option timeout, or check the cluster and the network.",
            True,
            True,
            True,
            id="time-out",
        ),
        pytest.param(
            elastic_transport.TlsError("untrusted"),
            "Check ca_path or ca_fingerprint, and that the certificate is for the host of the url.",
            False,
            False,
            False,
            id="TLS",
        ),
        pytest.param(
            elastic_transport.SerializationError("no JSON"),
            "Check that the option url leads to Elasticsearch.",
            False,
            False,
            False,
            id="no JSON",
        ),
    ],
)
def test_unreachable(
    failure: Any, remedy: str, unknown_after_write: bool, unknown_after_read: bool, timed_out: bool
) -> None:
    for repeatable, unknown in ((False, unknown_after_write), (True, unknown_after_read)):
        e = client()._unreachable("list the nodes", failure, repeatable)
        assert str(e) == f"Cannot list the nodes on {URL}: {failure.message.rstrip('.')}. {remedy}"
        assert (e.status, e.unknown_outcome, e.timed_out) == (None, unknown, timed_out)


def test_an_answer_that_cannot_be_read_is_not_repeated() -> None:
    """It may hold the secret of a new key."""
    with pytest.raises(elastic_transport.SerializationError) as failure:
        elastic_transport.JsonSerializer().loads(b'{"encoded": "aWQ6c2VjcmV0", ')
    assert "aWQ6c2VjcmV0" in str(failure.value)
    e = client()._unreachable("create the key", failure.value, repeatable=False)
    assert str(e).startswith(
        f"Cannot create the key on {URL}: Unable to deserialize as JSON. Check that the option url "
    )
    assert "aWQ6c2VjcmV0" not in e.reason


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        pytest.param(dict(url=["lon-1:9200"]), "Cannot set up the client for lon-1:9200: ", id="URL without scheme"),
        pytest.param(
            dict(ca_path="/no/ca.pem"),
            f"Cannot set up the client for {URL}: [Errno 2] No such file or directory: '/no/ca.pem'. Check",
            id="no CA file",
        ),
        pytest.param(
            dict(client_cert="/no/client.pem", client_key="/no/client.key"),
            f"Cannot set up the client for {URL}: [Errno 2] No such file or directory: '/no/client.pem'. Check",
            id="no client certificate",
        ),
        pytest.param(
            dict(url=["https://operator:s3cret@lon-1:9200"]),
            "url: it holds a user name or password; ",
            id="secret in URL",
        ),
    ],
)
def test_client_cannot_be_set_up(changed: dict[str, Any], text: str) -> None:
    with pytest.raises(ClientError) as e:
        client(**changed).read("/", "look")
    assert str(e.value).startswith(text)
    assert "s3cret" not in str(e.value)
    assert "s3cret" not in repr(e.value)


def test_client_of_a_node_asks_that_node_only() -> None:
    of_node = client(url=[URL, "https://lon-2:9200"]).of_node("https://lon-3:9200")
    assert (str(of_node), of_node.options["password"]) == ("https://lon-3:9200", "s3cret")


def test_failed_request_is_recorded() -> None:
    """Nothing listens on the port 1 of this machine."""
    asked = client(url=["http://127.0.0.1:1"])
    with pytest.raises(ClientError, match=r"Cannot set it on http://127.0.0.1:1: .* Check the option url") as e:
        asked.write("PUT", "/x", "set it", body={})
    assert e.value.unknown_outcome
    assert asked.requests == [{"method": "PUT", "path": "/x", "status": None}]
    asked.close()


def test_as_many_requests_at_a_time_as_threads() -> None:
    """A server that answers none of them before all are there; the client's own default lets 10 through."""
    many = 50
    together = threading.Barrier(many)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            together.wait(timeout=10)
            self.send_response(200)
            self.send_header("x-elastic-product", "Elasticsearch")
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = many

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = client(url=[f"http://127.0.0.1:{server.server_port}"], timeout=20)
        with ThreadPoolExecutor(many) as pool:
            answers = list(pool.map(lambda _number: asked.read("/", "look"), range(many)))
        asked.close()
        server.shutdown()
    assert answers == [{}] * many
