# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the gateways as a process of their own in a lab's network, and ends them."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
import sys
import threading
import urllib.parse
from pathlib import Path
from typing import Any

from neighbours import authority

from kit import Lab, api
from kit.places import PROJECT
from kit.problems import KitError

from .node import JSON, LINES

# The bridge, which every host of a lab can reach.
BRIDGE = "10.99.0.1"


class Running:
    """One cluster's gateway, used as the lab's own `Cluster` is; connections are kept, one for each thread."""

    def __init__(self, lab: Lab, name: str, url: str) -> None:
        self.lab = lab
        self.name = name
        self.url = url
        self._local = threading.local()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: str = "elastic",
        password: str | None = None,
        timeout: float = 60,
    ) -> tuple[int, Any]:
        """As the lab's clusters do it; users that a test has made bring their password along."""
        credential = base64.b64encode(f"{user}:{password or self.lab.accounts[user]}".encode()).decode()
        headers = {"Authorization": f"Basic {credential}"}
        data = None
        if body is not None:
            # A string is sent as it is: newline-delimited JSON for the bulk API.
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            headers["Content-Type"] = LINES if isinstance(body, str) else JSON
        connection = self._connection(timeout)
        try:
            connection.request(method, "/" + path.lstrip("/"), data, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except BaseException:
            connection.close()
            del self._local.connection
            raise
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def _connection(self, timeout: float) -> http.client.HTTPSConnection:
        kept: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        if kept and kept.sock:
            kept.sock.settimeout(timeout)
            return kept
        parts = urllib.parse.urlsplit(self.url)
        assert parts.hostname
        context = ssl.create_default_context(cafile=str(self.lab.ca))
        made = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
        with api.network_of(self.lab.state.lab_pid):
            made.connect()
        self._local.connection = made
        return made

    def faults(self, **changes: Any) -> None:
        """Switches that are set in addition to those that are; without any all are off again."""
        method = "PUT" if changes else "DELETE"
        self._own(method, "faults", changes or None)

    def unfollow_by_policy(self, follower: str) -> None:
        """As an ILM policy does it."""
        self._own("POST", f"unfollow/{follower}")

    def restart(self) -> None:
        """As after a restart of the node: counters and fatal errors are gone."""
        self._own("POST", "restart")

    def _own(self, method: str, path: str, body: Any = None) -> None:
        """One of the gateway's own paths."""
        status, answer = self.request(method, f"/_stand_in/{path}", body)
        assert status == 200, answer


class Gateways(dict[str, Running]):
    """Cluster → its gateway; use it as a context.

    :param directory: for certificates and the log.
    """

    def __init__(self, lab: Lab, directory: Path, clusters: list[str]) -> None:
        super().__init__()
        directory.mkdir(parents=True, exist_ok=True)
        self.log = directory / "ccr_gateway.log"
        listen = "127.0.0.1" if lab.local else BRIDGE
        # The others of the lab can be leaders.
        described = [describe(lab, name, directory, listen if name in clusters else None) for name in lab.clusters]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                lab.argv([sys.executable, "-m", "stand_ins.ccr_gateway"]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**lab.environment(), "PYTHONPATH": str(PROJECT / "tests")},
                start_new_session=True,
            )
        assert self._process.stdin and self._process.stdout
        # Not on the command line: there are passwords in it.
        self._process.stdin.write(json.dumps(described) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self.stop()
            raise KitError(f"The gateways did not start: {self.log.read_text(errors='replace')[-2000:]}")
        self.update({name: Running(lab, name, url) for name, url in json.loads(line).items()})

    def stop(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Gateways:
        return self

    def __exit__(self, *_dummy: object) -> None:
        self.stop()


def describe(lab: Lab, name: str, directory: Path, listen: str | None) -> dict[str, Any]:
    """What the process must know of a cluster."""
    addresses = [
        f"{host}:{port}"
        for node in lab.state.nodes_of(name)
        for host in (node.ip, node.address, node.name)
        for port in (node.transport_port, node.remote_port)
    ]
    return {
        "name": name,
        "url": lab.clusters[name].url,
        "ca": str(lab.ca),
        "username": "elastic",
        "password": lab.accounts["elastic"],
        "addresses": addresses,
        **(certificate(lab, name, directory, listen) if listen else {}),
    }


def certificate(lab: Lab, name: str, directory: Path, listen: str) -> dict[str, str]:
    """Signed by the cluster's own authority, as a node's is."""
    signed = authority(lab, f"{name}-ca").sign(f"ccr-gateway-{name}", [listen])
    files = {}
    for kind, content in (("certificate", signed.certificate), ("key", signed.key)):
        path = directory / f"{name}.{kind}"
        path.touch(mode=0o600)
        path.write_bytes(content)
        files[kind] = str(path)
    return {"listen": listen, **files}
