# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's HTTP side: TLS, its own paths, and everything else through to the real node."""

from __future__ import annotations

import json
import ssl
import sys
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, ClassVar

from . import authorisation, control, errors, filter_path, routing, traces, writes
from .errors import Refusal, Unreachable
from .gateway import Gateway
from .log import Served
from .node import Answer

LABEL = ("X-Stand-In", "ccr_gateway; not Elasticsearch's own cross-cluster replication")
# Of one connection, or what is written anew.
HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "x-stand-in"}
# What the answer must be read for can't be compressed.
NOT_HANDED_ON = HOP | {"accept-encoding"}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], gateway: Gateway, certificate: str, key: str) -> None:
        handler = type("Handler", (Handler,), {"gateway": gateway})
        super().__init__(address, handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        # The handshake belongs to the thread of the connection, not to the one that accepts.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def server_bind(self) -> None:
        # HTTPServer's own asks a name server for the address, and the lab has none.
        TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of the server's."""
        if not isinstance(sys.exc_info()[1], (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    gateway: ClassVar[Gateway]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _handle(self) -> None:
        begun = time.monotonic()
        request = routing.parse(self.command, self.path, self._read())
        self.compatible = "application/json"
        accepted = self.headers.get("Accept", "")
        if "vnd.elasticsearch+json" in accepted:
            self.compatible = accepted.split(",")[0]
        try:
            answer = self._answer(request)
        except Unreachable as error:
            # Where its own node is gone, so is it.
            mine = error.node is self.gateway.node
            answer = None if mine else self._own(request, error.status, error.body())
        except Refusal as error:
            answer = self._own(request, error.status, error.body())
        except OSError:
            answer = None
        except Exception as error:
            # A mistake of its own must not look like the server's behaviour.
            traceback.print_exc()
            answer = self._own(request, 500, {"error": f"the stand-in itself has failed: {error!r}", "status": 500})
        if answer is None:
            # The connection is cut.
            self.close_connection = True
            self.connection.close()
            return
        self._send(answer)
        took = time.monotonic() - begun
        served = Served(self.gateway.name, self.command, self.path, answer.status, took, begun)
        sys.stderr.write(f"{served}\n")

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def _read(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            content = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return content
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    # ---- who answers

    def _answer(self, request: routing.Request) -> Answer | None:
        if request.path.startswith(control.PREFIX):
            authorisation.caller(self.gateway.node, dict(self.headers))
            return self._own(request, 200, control.handle(self.gateway, request))
        route, allowed, name = routing.find(request.method, request.path)
        if route or allowed:
            who = authorisation.caller(self.gateway.node, dict(self.headers))
            if not self.gateway.faults.ccr:
                raise errors.no_handler(request.method, self.path)
            if not route:
                raise errors.wrong_method(request.method, self.path, allowed)
            routing.check_query(self.gateway, route, request)
            found = route.call(self.gateway, who, request, name)
            if route.name == "follow" and self.gateway.faults.cut_after_put:
                self.gateway.faults.cut_after_put = False
                return None
            return self._own(request, 200, found)
        if writes.is_document(request):
            # Else it might slip into an index that is made just then, and not known yet for a follower.
            with self.gateway.making:
                return self._real(request)
        return self._real(request)

    def _real(self, request: routing.Request) -> Answer:
        """What the real node answers, as far as it is right."""
        writes.refuse(self.gateway, request)
        if writes.is_bulk(request) and (parts := writes.split(self.gateway, request)):
            return self._bulk(request, *parts)
        if trace := traces.find(self.gateway, request):
            return self._traced(request, trace)
        return self._hand_on(self.path, request.text)

    def _own(self, request: routing.Request, status: int, found: Any) -> Answer:
        if "filter_path" in request.query and status < 300:
            found = filter_path.apply(request.query["filter_path"], found)
        kind = "application/yaml" if request.query.get("format") == "yaml" else self.compatible
        headers = [("X-elastic-product", "Elasticsearch"), ("Content-Type", kind)]
        return Answer(status, headers, routing.printed(request, found))

    # ---- the real node

    def _headers(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if name.lower() not in NOT_HANDED_ON}

    def _hand_on(self, target: str, text: str) -> Answer:
        return self.gateway.node.send(self.command, target, text.encode() or None, self._headers())

    def _traced(self, request: routing.Request, trace: traces.Trace) -> Answer:
        """Whole, so that a filter does not hide what the edit must see."""
        answer = self._hand_on(without(self.path, "filter_path", "format", "pretty"), request.text)
        found = answer.json()
        if answer.status != 200 or not isinstance(found, dict):
            return answer
        self.gateway.look()
        trace.edit(self.gateway, request, found)
        return self._own(request, 200, found)

    def _bulk(self, request: routing.Request, kept: str, items: list[dict[str, Any] | None]) -> Answer:
        answer = self._hand_on(self.path, kept) if kept else None
        if answer and answer.status != 200:
            return answer
        return self._own(request, 200, writes.merge(items, json.loads(answer.content) if answer else None))

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header(*LABEL)
        length = str(len(answer.content))
        if self.command == "HEAD":
            length = next((value for name, value in answer.headers if name.lower() == "content-length"), length)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are logged by their own line."""


def without(target: str, *names: str) -> str:
    path, mark, query = target.partition("?")
    kept = [part for part in query.split("&") if part.partition("=")[0] not in names]
    return path + mark + "&".join(kept)
