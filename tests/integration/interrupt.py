# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands between a run and all that it writes to: sees every write, and can kill the run in the middle of one.

A write is a request that changes something, or a change of a node's keystore. It has two moments: ``before`` it is
carried out, and ``after`` it was, when the run has not been told yet.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import ssl
import sys
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from evidence import SECURE_SETTING, active_keys, aliases
from runner import Run, Runner, is_write

from kit import Lab
from kit.api import network_of
from kit.lab import Node

MOMENTS = ("before", "after")
# Of a connection, so not for the next one.
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")
# Told of each write and moment; an answer of False: nobody waits for it any more, so leave it.
Reached = Callable[[str, str], bool]


@dataclass(frozen=True)
class Point:
    """Where to kill."""

    write: str
    moment: str

    def __str__(self) -> str:
        return f"{self.moment} {self.write}"


class Watch:
    """All writes of the runs that go through it.

    :param writes: of the last run, in order.
    :param secrets: of every key that was created, also of those that no run has got.
    :param first: name of a cluster → what is done before the first write to it, which waits for that.
    """

    def __init__(self) -> None:
        self.writes: list[str] = []
        self.first: dict[str, Callable[[], None]] = {}
        self.secrets: list[str] = []
        self.urls: dict[str, str] = {}
        self._killed = False
        self._at: Point | None = None
        self._run: Runner | None = None
        self._lock = threading.Lock()

    def run(self, ansible: Runner, playbook: str, *arguments: str, at: Point | None = None, **env: str) -> Run:
        """A playbook, killed at the point; it is an error when the run never comes there."""
        self.writes, self._at, self._run = [], at, ansible
        for cluster, url in self.urls.items():
            ansible.vary(cluster, elasticsearch_url=url)
        run = ansible.playbook(playbook, *arguments, **env)
        with self._lock:
            killed, self._killed, self._at = self._killed, False, None
        if at is not None:
            assert killed, f"never came to {at}, but to {self.writes}:\n{run.output}"
            assert "PLAY RECAP" not in run.output
        return run

    def reached(self, write: str, moment: str) -> bool:
        with self._lock:
            if self._killed:
                return False
            if moment == "before":
                self.writes.append(write)
                if meanwhile := self.first.pop(write.partition(":")[0], None):
                    meanwhile()
            if self._at == Point(write, moment) and self._run:
                self._killed = True
                kill(self._run)
            return not self._killed


@contextmanager
def watching(lab: Lab, upstream: dict[str, str] | None = None) -> Iterator[Watch]:
    """
    :param upstream: cluster → where its API is, when that is not its node; no keystore is watched then.
    """
    watch = Watch()
    urls = upstream or {name: cluster.url for name, cluster in lab.clusters.items()}
    with ExitStack() as stack:
        for cluster, url in urls.items():
            watch.urls[cluster] = stack.enter_context(forwarding(lab, cluster, watch.reached, watch.secrets, url))
        if not lab.local and not upstream:
            stack.enter_context(guarding_keystores(lab, watch.reached))
        yield watch


def kill(ansible: Runner) -> None:
    """The run and all that it has started here, at once: its workers are sessions of their own."""
    assert ansible.process
    tree = [ansible.process.pid]
    for pid in tree:
        # A worker that is not stopped too would start a program behind our back, which nobody would kill.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        tree += children(pid)
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def children(parent: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{parent}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, thread.read_text().split())
    return found


# The API


@contextmanager
def forwarding(
    lab: Lab, cluster: str, reached: Reached, secrets: list[str], upstream: str | None = None
) -> Iterator[str]:
    """An HTTPS server before the cluster's API, with the certificate of the node behind it; yields its URL."""
    url = upstream or lab.clusters[cluster].url
    node = lab.node(lab.clusters[cluster].nodes[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates = node.path(node.state.config) / "certs"
    context.load_cert_chain(certificates / "node.crt", certificates / "node.key")
    handler = type(
        "Handler",
        (Handler,),
        {"lab": lab, "cluster": cluster, "url": url, "reached": staticmethod(reached), "secrets": secrets},
    )
    with network_of(lab.state.lab_pid):
        server = Server(("127.0.0.1", 0), handler)
    # The handshake is left to the thread of each client.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 50

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A run that was killed says no good-bye.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lab: Lab
    cluster: str
    url: str
    reached: Reached
    secrets: list[str]

    def setup(self) -> None:
        super().setup()
        self.upstream: http.client.HTTPSConnection | None = None

    def finish(self) -> None:
        super().finish()
        if self.upstream:
            self.upstream.close()

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        write = f"{self.cluster}: {self.command} {path}" if is_write(self.command, path) else ""
        if write and not self.reached(write, "before"):
            self.close_connection = True
            return
        status, headers, answer = self.ask(body)
        if write.endswith("POST /_security/cross_cluster/api_key") and status == 200:
            created = json.loads(answer)
            self.secrets += [created["encoded"], created["api_key"]]
        if write and not self.reached(write, "after"):
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = forward

    def ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        if self.upstream is None:
            parts = urllib.parse.urlsplit(self.url)
            context = ssl.create_default_context(cafile=str(self.lab.ca))
            self.upstream = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=context)
            with network_of(self.lab.state.lab_pid):
                self.upstream.connect()
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        self.upstream.request(self.command, self.path, body or None, headers)
        answer = self.upstream.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        return answer.status, kept, answer.read()

    def log_message(self, format: str, *args: Any) -> None:
        pass


# The keystores

PLACE = "/var/tmp/keystore-writes"
# In the place of the tool: before and after a write it leaves a file with its process and the module's, and goes on
# when somebody has removed that.
GUARD = """#!/bin/bash
# Otherwise the tool takes its name from its file's.
export CLI_NAME=keystore
reached() {
    echo "$PPID $$" > PLACE/new && mv PLACE/new "PLACE/$1"
    while [ -e "PLACE/$1" ]; do sleep 0.02; done
}
case $1 in add | remove | create) ;; *) exec REAL "$@" ;; esac
reached before
REAL "$@"
result=$?
reached after
exit $result
"""


@contextmanager
def guarding_keystores(lab: Lab, reached: Reached) -> Iterator[None]:
    """Every write to a node's keystore, of all nodes of all clusters, asks first whether it may."""
    nodes = [lab.node(name) for cluster in lab.clusters.values() for name in cluster.nodes]
    over = threading.Event()

    def guard() -> None:
        while not over.wait(0.02):
            for node in nodes:
                for moment in MOMENTS:
                    file = node.path(PLACE) / moment
                    if file.exists():
                        module, tool = file.read_text().split()
                        if not reached(f"keystore of {node.name}", moment):
                            # The module first, or it would report the tool's end.
                            node.run(f"kill -9 {module}; kill -9 -{tool}", check=False)
                        file.unlink()

    thread = threading.Thread(target=guard)
    try:
        for node in nodes:
            tool = f"{node.state.home}/bin/elasticsearch-keystore"
            script = GUARD.replace("PLACE", PLACE).replace("REAL", real(node))
            place = f"rm -rf {PLACE} && mkdir -m 777 {PLACE}"
            # A test that was killed itself has left the guard.
            moved = f"{{ [ -e {real(node)} ] || mv {tool} {real(node)}; }}"
            node.run(f"{place} && {moved} && cat > {tool} && chmod 755 {tool}", script)
        thread.start()
        yield
    finally:
        over.set()
        if thread.ident:
            thread.join()
        for node in nodes:
            tool = f"{node.state.home}/bin/elasticsearch-keystore"
            node.run(f"rm -rf {PLACE}; [ ! -e {real(node)} ] || mv {real(node)} {tool}")


def real(node: Node) -> str:
    return f"{node.state.home}/bin/real-elasticsearch-keystore"


def remove_everything(lab: Lab) -> None:
    """Aliases, credentials and keys, by other means than the collection: what a test begins with and leaves."""
    london, paris = lab.clusters["london"], lab.clusters["paris"]
    if found := aliases(lab):
        london.request("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(found)})

    def forget(name: str) -> bool:
        state = lab.node(name).state
        tool = f"ES_PATH_CONF={state.config} {state.home}/bin/elasticsearch-keystore"
        return lab.node(name).run(f"{tool} remove {SECURE_SETTING}", check=False).returncode == 0

    # The tool starts a JVM on each.
    with ThreadPoolExecutor(len(london.nodes)) as pool:
        forgot = list(pool.map(forget, london.nodes))
    if any(forgot):
        london.request("POST", "/_nodes/reload_secure_settings")
    if keys := active_keys(lab):
        paris.request("DELETE", "/_security/api_key", {"ids": keys})
