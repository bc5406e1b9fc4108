# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for the nodes of a large cluster: hosts that ssh reaches, and an API that tells of that many nodes.

Behind them is one real node, which gets and answers every request; what the hosts hold is a copy of what it holds.
"""

from __future__ import annotations

import copy
import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any

from kit import Lab, hosts
from kit.problems import KitError

HERE = Path(__file__).resolve().parent
ADDRESS = "10.99.1.%d"
FIRST_PORT = 9230


def port(number: int) -> int:
    return FIRST_PORT + number


class StandIns:
    """The nodes NAME-2 to NAME-count of the cluster of `first`; use it as a context."""

    def __init__(self, lab: Lab, first: str, count: int, log: Path) -> None:
        self.lab = lab
        self.first = first
        self.count = count
        self.log = log
        prefix = first.rpartition("-")[0]
        self.names = {number: f"{prefix}-{number}" for number in range(2, count + 1)}
        self.url = f"https://{lab.node(first).ip}:{port(1)}"
        self._started: list[subprocess.Popen[bytes]] = []

    def inventory(self) -> dict[str, Any]:
        """What the lab's inventory lacks."""
        cluster = self.lab.node(self.first).cluster.name
        nodes = {name: {"ansible_host": ADDRESS % number} for number, name in self.names.items()}
        clusters = {"hosts": {cluster: {"elasticsearch_url": self.url}}}
        return {"elasticsearch_clusters": clusters, f"{cluster}_nodes": {"hosts": nodes}}

    def __enter__(self) -> StandIns:
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_all(self) -> None:
        lab = ["nsenter", "-t", str(self.lab.state.lab_pid), "-m", "-n", "-p", "--"]
        base = f"mkdir /run/lab/stand-ins && cp -a /run/lab/{self.first}/up /run/lab/stand-ins/base"
        subprocess.run([*lab, "sh", "-c", base], check=True)
        own = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child"]
        for number, name in self.names.items():
            self._start([*lab, *own, str(HERE / "stand-in-host"), name, ADDRESS % number, self.first])
        # As the lab sees it: its own /proc knows no process outside.
        certificates = f"/run/lab/{self.first}/root/etc/elasticsearch/certs"
        api = [sys.executable, "-m", "bench.stand_ins", self.lab.node(self.first).ip, str(self.count)]
        self._start([*hosts.in_host_network(self.lab.state, self.first), *api, certificates])
        self._wait()

    def __exit__(self, *_dummy: object) -> None:
        for process in self._started:
            # unshare waits for its child and takes no lesser signal.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._started:
            process.wait()

    def _start(self, command: list[str]) -> None:
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": str(HERE.parent)},
            )
        self._started.append(process)

    def _wait(self) -> None:
        """Until the last API and every sshd listens."""
        wanted = {f"{ADDRESS % number}:22" for number in self.names} | {f":{port(self.count)}"}
        end = time.monotonic() + 30
        while time.monotonic() < end:
            lab = self.lab.argv(["ss", "-Hltn"])
            first = [*hosts.in_host_network(self.lab.state, self.first), "ss", "-Hltn"]
            listening = [
                subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in (lab, first)
            ]
            if all(f"{address} " in "".join(listening) for address in wanted):
                return
            time.sleep(0.1)
        raise KitError(f"The stand-ins do not listen within 30 s: {self.log.read_text(errors='replace')[-2000:]}")


class Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        # HTTPServer's own asks a name server for the address, and the lab has none.
        TCPServer.server_bind(self)


class Handler(BaseHTTPRequestHandler):
    """Hands every request on to the real node; tells of more nodes than there are."""

    protocol_version = "HTTP/1.1"
    node: tuple[str, int, ssl.SSLContext]
    count: int

    def setup(self) -> None:
        super().setup()
        address, number, context = self.node
        self.upstream = http.client.HTTPSConnection(address, number, context=context, timeout=120)

    def finish(self) -> None:
        self.upstream.close()
        super().finish()

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        self.upstream.request(self.command, self.path, body or None, headers)
        answer = self.upstream.getresponse()
        content = answer.read()
        if self.path.startswith("/_nodes") and answer.status == 200:
            content = json.dumps(multiplied(json.loads(content), self.count)).encode()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _hand_on

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def multiplied(answer: dict[str, Any], count: int) -> dict[str, Any]:
    """The answer of a cluster with one node, as one with many would give it."""
    ((identity, node),) = answer["nodes"].items()
    prefix = node["name"].rpartition("-")[0]
    nodes = {}
    for number in range(1, count + 1):
        one = copy.deepcopy(node)
        one["name"] = f"{prefix}-{number}"
        if number > 1 and "ip" in one:
            one["ip"] = one["host"] = ADDRESS % number
        if "http" in one:
            host = one["http"]["publish_address"].rpartition(":")[0]
            one["http"]["publish_address"] = f"{host}:{port(number)}"
        nodes[identity if number == 1 else f"{identity[:-2]}{number:02}"] = one
    counts = {"total": count, "successful": count, "failed": 0}
    return {**answer, "_nodes": counts, "nodes": nodes}


def serve(address: str, count: str, certificates: str) -> None:
    Handler.node = (address, 9200, ssl.create_default_context(cafile=f"{certificates}/ca.crt"))
    Handler.count = int(count)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{certificates}/node.crt", f"{certificates}/node.key")
    for number in range(1, int(count) + 1):
        server = Server((address, port(number)), Handler)
        # The handshake belongs to the thread of the connection, not to the one that accepts.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    serve(*sys.argv[1:])
