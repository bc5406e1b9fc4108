# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further clusters of one node each on a host of the lab, beside the one that it has: real servers, other ports."""

from __future__ import annotations

import shlex
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from kit import Lab, api
from kit.certificates import Authority
from kit.cluster import until
from kit.lab import Node

# Copied, so that nothing of it is kept when the host's own server is under test.
OWN = "/etc/elasticsearch"


class Neighbour:
    """Ports are 9200, 9300 and 9443 plus ``number``; certificates and keystore are the host's unless files say other.

    :param settings: what differs in elasticsearch.yml; None removes a setting.
    """

    def __init__(self, lab: Lab, host: str, name: str, number: int, settings: dict[str, Any]) -> None:
        self.lab, self.node, self.name = lab, lab.node(host), name
        self.http, self.transport, self.remote = 9200 + number, 9300 + number, 9443 + number
        self.config = f"/etc/elasticsearch-{name}"
        self.settings = settings

    @property
    def url(self) -> str:
        return f"https://{self.node.ip}:{self.http}"

    @property
    def unit(self) -> str:
        return f"elasticsearch-{self.name}"

    @property
    def data(self) -> str:
        return f"/var/tmp/elasticsearch-{self.name}"

    def start(self, files: dict[str, bytes]) -> None:
        """Returns when it answers."""
        self.node.run(f"rm -rf {self.config} {self.data} && cp -a {OWN} {self.config} && mkdir -m 700 {self.data}")
        values: dict[str, Any] = yaml.safe_load(self.node.read_file(f"{OWN}/elasticsearch.yml"))
        values.pop("cluster.initial_master_nodes", None)
        values |= {
            "cluster.name": self.name,
            "node.name": self.name,
            "path.data": self.data,
            "path.logs": self.data,
            "http.port": self.http,
            "transport.port": self.transport,
            "remote_cluster.port": self.remote,
            "discovery.type": "single-node",
            "discovery.seed_hosts": [],
            **self.settings,
        }
        content = {"elasticsearch.yml": yaml.safe_dump(values).encode(), **files}
        replace(self.node, {f"{self.config}/{name}": data for name, data in content.items()})
        environment = f"--setenv=ES_PATH_CONF={self.config}"
        self.node.run(
            f"chown elasticsearch: {self.data} && rm -f {self.config}/elasticsearch.keystore.tmp "
            f"&& systemd-run --quiet --collect --unit={self.unit} --uid=elasticsearch {environment} "
            "/usr/share/elasticsearch/bin/elasticsearch"
        )
        until(self.name, self.request, "GET", "_cluster/health?wait_for_status=yellow&timeout=2s", timeout=5)

    def request(self, method: str, path: str, body: Any = None, timeout: float = 60) -> tuple[int, Any]:
        return api.request(
            self.url,
            method,
            path,
            body,
            ca=self.lab.ca,
            user="elastic",
            password=self.lab.accounts["elastic"],
            lab_pid=self.lab.state.lab_pid,
            timeout=timeout,
        )

    def stop(self) -> None:
        self.node.run(
            f"systemctl kill -s KILL {self.unit} 2>/dev/null; systemctl stop {self.unit} 2>/dev/null; "
            f"rm -rf {self.config} {self.data}",
            check=False,
        )


def replace(node: Node, files: dict[str, bytes]) -> None:
    """New content in the same places, owner and mode as they are; a running server sees the change by itself."""
    for path, content in files.items():
        node.run(f"cat > {shlex.quote(path)}", content.decode())


def authority(lab: Lab, name: str) -> Authority:
    """One of the lab's own, to sign more."""
    directory = lab.run_dir / "certificates"
    found = Authority(name)
    found.certificate = (directory / f"{name}.crt").read_bytes()
    found.key = (directory / f"{name}.key").read_bytes()
    found._key = serialization.load_pem_private_key(found.key, None)  # type: ignore[assignment]
    found._name = x509.load_pem_x509_certificate(found.certificate).subject
    return found
