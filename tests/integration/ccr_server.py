# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters with cross-cluster replication.

Without more it is a stand-in, `stand_ins.ccr_gateway`, before the real nodes of a lab. With CROSSCLUSTER_CCR_URL it is
a real Elasticsearch with a trial or platinum licence that follows itself, and nothing is booted. Further variables:
CROSSCLUSTER_CCR_PASSWORD, CROSSCLUSTER_CCR_USERNAME (elastic without it), CROSSCLUSTER_CCR_CA (its authorities' file).
A lab whose nodes are a full distribution (see the kit) has its own replication, and needs no stand-in: the same tests
talk to the clusters themselves, and what the stand-in has switches for is brought about there (see `real_faults`).
"""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labs import booted
from real_faults import RealFaults
from stand_ins.ccr_gateway.running import Gateways, Running
from waiting import connected, until

from kit import Lab, api
from kit.model import ClusterSpec

URL = os.environ.get("CROSSCLUSTER_CCR_URL")
# Both lead to the leader's cluster; tests take the second one away.
ALIAS = "leader"
SPARE_ALIAS = "spare"
# Of the stand-in alone: a key that may replicate these indices and search none, and london itself.
NARROW_ALIAS = "narrow"
NARROW = "narrow-*"
SELF_ALIAS = "self"
ACCESS = {"search": [{"names": ["*"]}], "replication": [{"names": ["*"]}]}

Request = Callable[..., tuple[int, Any]]


class Direct(Running):
    """A cluster with a replication of its own, used as a gateway is."""

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name, lab.clusters[name].url)
        self.real = RealFaults(lab, name)

    def _connection(self, timeout: float) -> http.client.HTTPSConnection:
        # A server that was restarted has forgotten those that were kept.
        self._local.connection = None
        return super()._connection(timeout)

    def faults(self, **changes: Any) -> None:
        self.real.set(**changes)

    def unfollow_by_policy(self, follower: str) -> None:
        self.real.unfollow_by_policy(follower)

    def restart(self) -> None:
        self.real.restart()


class Clusters(dict[str, Running]):
    """Cluster → itself, in place of the gateways; a context."""

    def __enter__(self) -> Clusters:
        return self

    def __exit__(self, *_dummy: object) -> None:
        pass

    def stop(self) -> None:
        pass


def gateway(lab: Lab, directory: Path, clusters: list[str]) -> Gateways | Clusters:
    """Cluster → its gateway, which is used as a lab's cluster is, or itself where it can replicate; a context."""
    if lab.clusters[clusters[0]].request("GET", "/_ccr/auto_follow")[0] == 200:
        return Clusters({name: Direct(lab, name) for name in clusters})
    return Gateways(lab, directory, clusters)


def lab() -> Iterator[Lab]:
    """Two clusters of one node, each other's neighbours; one that already runs can be lent."""
    if lent := os.environ.get("CROSSCLUSTER_LAB"):
        yield Lab.attach(Path(lent))
        return
    yield from booted("integration-ccr", [ClusterSpec("london", 1), ClusterSpec("paris", 1)])


@dataclass
class Connection:
    """An alias with a cross-cluster API key of its own.

    :param access: as the API for these keys takes it.
    """

    alias: str
    remote: str
    access: dict[str, Any] = field(default_factory=lambda: ACCESS)


def connect(lab: Lab, local: str, connections: list[Connection]) -> None:
    """Every node of the local cluster holds the keys; a call of its tool is a Java virtual machine's start."""
    keys = []
    for one in connections:
        body = {"name": f"{local}-{one.alias}", "access": one.access}
        status, key = lab.clusters[one.remote].request("POST", "/_security/cross_cluster/api_key", body)
        assert status == 200, key
        keys.append(key["encoded"])
    names = " ".join(f"cluster.remote.{one.alias}.credentials" for one in connections)
    for name in lab.clusters[local].nodes:
        node = lab.node(name)
        tool = f"ES_PATH_CONF={node.state.config} {node.state.home}/bin/elasticsearch-keystore"
        node.run(f"{tool} add -f --stdin {names}", "".join(f"{key}\n" for key in keys))
    request = lab.clusters[local].request
    status, answer = request("POST", "/_nodes/reload_secure_settings")
    assert status == 200, answer
    for one in connections:
        put_alias(request, one.alias, address(lab, one.remote))


def address(lab: Lab, cluster: str) -> dict[str, Any]:
    first = lab.state.nodes_of(cluster)[0]
    return {"mode": "proxy", "proxy_address": f"{first.address}:{first.remote_port}"}


def put_alias(request: Request, alias: str, given: dict[str, Any]) -> None:
    """Until the connection is there."""
    settings = {f"cluster.remote.{alias}.{name}": value for name, value in given.items()}
    status, answer = request("PUT", "/_cluster/settings", {"persistent": settings})
    assert status == 200, answer
    until(lambda: connected(request, alias))


def remove_alias(request: Request, alias: str) -> None:
    status, answer = request("PUT", "/_cluster/settings", {"persistent": {f"cluster.remote.{alias}.*": None}})
    assert status == 200, answer
    until(lambda: alias not in request("GET", "/_remote/info")[1])


@dataclass
class Servers:
    """Who follows and who leads; with a real server they are the same.

    :param follower: one request to the follower's cluster.
    :param remote: settings of an alias that leads from it to the leader's cluster.
    :param clusters: those of a lab; none where one real server follows itself.
    :param stand_in: whether they are not the real ones.
    """

    follower: Request
    leader: Request
    remote: dict[str, Any]
    clusters: dict[str, Running]
    stand_in: bool


def servers(directory: Path, lab: Lab | None) -> Iterator[Servers]:
    if URL:
        yield follows_itself(URL)
        return
    assert lab
    connections = [
        Connection(ALIAS, "paris"),
        Connection(SPARE_ALIAS, "paris"),
        Connection(NARROW_ALIAS, "paris", {"replication": [{"names": [NARROW]}]}),
        Connection(SELF_ALIAS, "london"),
    ]
    connect(lab, "london", connections)
    remote = address(lab, "paris")
    with gateway(lab, directory, ["london", "paris"]) as found:
        requests = found["london"].request, found["paris"].request
        yield Servers(*requests, remote, found, isinstance(found, Gateways))


def follows_itself(url: str) -> Servers:
    """A server that reaches itself by its transport port."""
    request = to(url, Path(os.environ["CROSSCLUSTER_CCR_CA"]), os.environ.get("CROSSCLUSTER_CCR_USERNAME", "elastic"))
    ((_id, node),) = request("GET", "/_nodes/_local/transport")[1]["nodes"].items()
    remote = {"mode": "proxy", "proxy_address": node["transport"]["publish_address"]}
    for alias in (ALIAS, SPARE_ALIAS):
        put_alias(request, alias, remote)
    return Servers(request, request, remote, {}, stand_in=False)


def to(url: str, ca: Path, username: str) -> Request:
    own = os.environ["CROSSCLUSTER_CCR_PASSWORD"]

    def request(
        method: str, path: str, body: Any = None, user: str = username, password: str = own, timeout: float = 60
    ) -> tuple[int, Any]:
        return api.request(url, method, path, body, ca=ca, user=user, password=password, timeout=timeout)

    return request
