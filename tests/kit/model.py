# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a lab consists of: declared on the command line, kept in its state file."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kit.problems import KitError
from kit.scenery import DOMAIN, Scenery

# Of the proxy before the nodes of a cluster, on its first host.
PROXY_PORT = 8443
NAME = re.compile(r"[a-z][a-z0-9]{0,30}")


@dataclass
class ClusterSpec:
    """`london=2+1@8.19.21`: two nodes that run, one spare host without Elasticsearch started, all of this version.

    :param version: empty for the lab's.
    """

    name: str
    nodes: int
    spares: int = 0
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> ClusterSpec:
        match = re.fullmatch(r"([^=]+)=(\d+)(?:\+(\d+))?(?:@(\d+\.\d+\.\d+))?", text)
        if not match:
            raise KitError(f"--cluster {text}: write NAME=NODES[+SPARES][@VERSION], for example london=2+1@8.19.21.")
        name, nodes, spares = match[1], int(match[2]), int(match[3] or 0)
        if not NAME.fullmatch(name):
            raise KitError(f"--cluster {text}: a cluster's name has lower case letters and digits only, letter first.")
        if nodes < 1:
            raise KitError(f"--cluster {text}: a cluster needs at least one node.")
        return cls(name, nodes, spares, match[4] or "")


def parse_remotes(texts: list[str], clusters: list[str]) -> dict[str, list[str]]:
    """`london:paris`: London reads Paris."""
    remotes: dict[str, list[str]] = {}
    for text in texts:
        local, _dummy, remote = text.partition(":")
        for name in (local, remote):
            if name not in clusters:
                raise KitError(
                    f"--remote {text}: no cluster {name!r} is declared; write LOCAL:REMOTE with two of them."
                )
        remotes.setdefault(local, []).append(remote)
    return remotes


@dataclass(frozen=True)
class Server:
    """A version of Elasticsearch that nodes can run."""

    version: str
    home: Path
    jdk: Path
    # Of hosts only.
    layer: Path | None = None

    @property
    def full(self) -> bool:
        """Whether it has all modules of a released distribution."""
        return (self.home / "modules/ingest-geoip").is_dir()


@dataclass
class NodeState:
    name: str
    cluster: str
    version: str
    jdk: str
    ip: str
    http_port: int = 9200
    transport_port: int = 9300
    remote_port: int = 9443
    spare: bool = False
    home: str = "/usr/share/elasticsearch"
    config: str = "/etc/elasticsearch"
    # As other nodes name it: the lab's /etc/hosts knows the names of hosts.
    address: str = ""
    # Where it runs: the name of the first node there.
    host: str = ""
    service: str = "elasticsearch"
    data: str = "/var/lib/elasticsearch"
    logs: str = "/var/log/elasticsearch"
    # Where a proxy stands before the nodes.
    plain_http: bool = False

    @property
    def host_in_url(self) -> str:
        """Its address, as URLs have it."""
        return f"[{self.ip}]" if ":" in self.ip else self.ip

    @property
    def url(self) -> str:
        return f"{'http' if self.plain_http else 'https'}://{self.host_in_url}:{self.http_port}"


@dataclass
class State:
    """Everything that `Lab.attach` has to know, without secrets."""

    id: str
    mode: str
    reason: str
    nodes: list[NodeState]
    remotes: dict[str, list[str]] = field(default_factory=dict)
    ready: bool = False
    owner_pid: int = 0
    owner_started: str = ""
    lab_pid: int = 0
    # Without remote cluster server, its certificates, and trust in those of others.
    bare: bool = False
    scenery: Scenery = field(default_factory=Scenery)

    @property
    def versions(self) -> list[str]:
        return list(dict.fromkeys(node.version for node in self.nodes))

    @property
    def clusters(self) -> list[str]:
        return list(dict.fromkeys(node.cluster for node in self.nodes))

    @property
    def hosts(self) -> list[str]:
        return list(dict.fromkeys(node.host for node in self.nodes))

    def host_of(self, name: str) -> str:
        return next(node.host for node in self.nodes if node.name == name)

    def nodes_on(self, host: str) -> list[NodeState]:
        return [node for node in self.nodes if node.host == host]

    def nodes_of(self, cluster: str) -> list[NodeState]:
        return [node for node in self.nodes if node.cluster == cluster]

    def url(self, cluster: str) -> str:
        """What its administrators use."""
        first = self.nodes_of(cluster)[0]
        host = f"{first.name}.{DOMAIN}" if self.scenery.authority == "wildcard" else first.host_in_url
        return f"https://{host}:{PROXY_PORT if self.scenery.network == 'proxy' else first.http_port}"

    def save(self, run_dir: Path) -> None:
        partial = run_dir / "state.json.partial"
        partial.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        partial.replace(run_dir / "state.json")

    @classmethod
    def load(cls, run_dir: Path) -> State:
        try:
            data: dict[str, Any] = json.loads((run_dir / "state.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KitError(f"No lab in {run_dir}: start one with `python -m kit up`.") from None
        try:
            data["nodes"] = [NodeState(**node) for node in data["nodes"]]
            data["scenery"] = Scenery(**data["scenery"])
            return cls(**data)
        except (KeyError, TypeError):
            raise KitError(
                f"The lab in {run_dir} was started by another state of the kit: kill {data.get('owner_pid')}, "
                f"and remove that directory."
            ) from None


def node_names(specs: list[ClusterSpec]) -> list[tuple[str, ClusterSpec, bool]]:
    """Three letters and a number, as people name hosts; the whole name where three letters are not enough."""
    shorts = [spec.name[:3] for spec in specs]
    unique = len(set(shorts)) == len(shorts)
    return [
        (f"{spec.name[:3] if unique else spec.name}-{number}", spec, number > spec.nodes)
        for spec in specs
        for number in range(1, spec.nodes + spec.spares + 1)
    ]
