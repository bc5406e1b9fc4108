# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._preflight import problems

TRIAL = {"type": "trial", "status": "active", "allows_cross_cluster_api_keys": True}
BASIC = {"type": "basic", "status": "active", "allows_cross_cluster_api_keys": False}


def cluster(uuid: str, version: str = "9.2.1", license: dict[str, Any] | None = None, *nodes: str) -> dict[str, Any]:
    return dict(
        uuid=uuid,
        version=version,
        license=license or TRIAL,
        nodes=[dict(name=n, remote_cluster_client=True) for n in nodes],
    )


def london(**changed: Any) -> dict[str, Any]:
    return {**cluster("L", "9.2.1", TRIAL, "lon-1", "lon-2"), **changed}


def alias(name: str = "paris", model: str = "api_key", **changed: Any) -> dict[str, Any]:
    return {"alias": name, "cluster": name, "security_model": model, "probe": {"address": f"{name}:9443"}, **changed}


def host(name: str, **changed: Any) -> dict[str, Any]:
    """Result of node_info for an inventory host."""
    info = dict(node={"name": name}, keystore={"exists": True}, probes=[probe()])
    return {"item": f"host-{name}", "node_info": {**info, **changed}}


def probe(address: str = "paris:9443", tcp: str | None = "ok", dns_error: str | None = None) -> dict[str, Any]:
    return dict(address=address, tcp=tcp, dns_error=dns_error)


HOSTS = [host("lon-1"), host("lon-2")]
PARIS = {"paris": cluster("P")}
UNREAD: list[dict[str, Any]] = [{"item": "host-lon-2", "unreachable": True}]


@pytest.mark.parametrize(
    ("aliases", "local", "remotes", "read", "unread", "texts"),
    [
        pytest.param([alias()], london(), PARIS, HOSTS, [], [], id="nothing"),
        pytest.param([], london(), {}, [], [], [], id="nothing declared"),
        pytest.param([alias()], london(), PARIS, [], [], [], id="no nodes, as managed clusters have none"),
        pytest.param([alias(cluster=None)], london(), {}, HOSTS, [], [], id="a foreign remote cluster"),
        pytest.param([alias(probe=None)], london(), PARIS, HOSTS, [], [], id="nothing to probe"),
        pytest.param(
            [alias()],
            london(version="8.13.4"),
            {"paris": cluster("P", "7.17.0")},
            HOSTS,
            [],
            ["the local cluster has a node of version 8.13.4", "the remote cluster paris has a node of version 7.17.0"],
            id="versions",
        ),
        pytest.param([alias()], london(version="8.14.0"), PARIS, HOSTS, [], [], id="the oldest version"),
        pytest.param(
            [alias()],
            london(license=BASIC),
            {"paris": cluster("P", license={**TRIAL, "status": "expired", "allows_cross_cluster_api_keys": False})},
            HOSTS,
            [],
            [
                "the local cluster has a licence of type basic (active)",
                "the remote cluster paris has a licence of type trial (expired)",
            ],
            id="licences",
        ),
        pytest.param(
            [alias(model="certificate")],
            london(license=BASIC, version="8.9.0"),
            {"paris": cluster("P", "8.9.0", BASIC)},
            HOSTS,
            [],
            [],
            id="certificates need neither",
        ),
        pytest.param(
            [alias(), alias("rome", "certificate")],
            london(),
            {**PARIS, "rome": cluster("R", "8.9.0", BASIC)},
            HOSTS,
            [],
            [],
            id="nor do they beside an API key to another cluster",
        ),
        pytest.param(
            [alias()],
            london(),
            {"paris": cluster("L")},
            HOSTS,
            [],
            ["paris: the URLs of the local and the remote cluster lead to the same cluster"],
            id="same cluster",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [*HOSTS, host("other", node=None)],
            [],
            ["host-other: no node of the local cluster runs there"],
            id="a host without node",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            HOSTS[:1],
            [],
            ["No host in the inventory stands for the node lon-2; add it to the group"],
            id="a node without host",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host("lon-1", node=None)],
            [],
            [
                "host-lon-1: no node",
                "No host in the inventory stands for the nodes lon-1, lon-2; add them to the group",
            ],
            id="nodes without host",
        ),
        pytest.param([alias()], london(), PARIS, HOSTS[:1], UNREAD, [], id="the missing node may be the unread host"),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            HOSTS[:1],
            [host("lon-2", keystore={"exists": True, "error": "password: it is wrong."})],
            ["host-lon-2: password: it is wrong."],
            id="a keystore that can't be read",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", node={"name": "lon-2", "id": "2", "address_is_local": False})],
            [],
            ["host-lon-2: the node of that name has an address that is not the host's"],
            id="a node of the same name elsewhere",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [],
            UNREAD,
            ["No host in the inventory stands for the nodes lon-1, lon-2"],
            id="one unread host is not two nodes",
        ),
        pytest.param(
            [alias()],
            london(nodes=[dict(name="lon-1", remote_cluster_client=True), dict(name="m", remote_cluster_client=False)]),
            PARIS,
            HOSTS[:1],
            [],
            [],
            id="a node without the role needs no host",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", keystore={"exists": False})],
            [],
            ["host-lon-2: there is no keystore"],
            id="keystore",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host("lon-1", probes=[probe(tcp="refused")]), host("lon-2", probes=[probe(tcp="timeout")])],
            [],
            ["paris: paris:9443 can't be reached: from host-lon-1 it is refused, from host-lon-2 there is no answer;"],
            id="address",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [
                host("lon-1", probes=[probe(tcp=None, dns_error="unknown")]),
                host("lon-2", probes=[probe("rome:9443", tcp="refused"), probe(tcp="unreachable")]),
            ],
            [],
            ["paris: paris:9443 can't be reached: from host-lon-1 the name does not resolve, from host-lon-2 "],
            id="name, and another address",
        ),
        pytest.param(
            [alias()],
            london(version="8.13.0", license=BASIC),
            {"paris": cluster("L")},
            [host("lon-1", keystore={"exists": False}, probes=[probe(tcp="refused")]), host("x", node=None)],
            [],
            [
                "the local cluster has a node of version",
                "the local cluster has a licence",
                "paris: the URLs",
                "host-x: no node",
                "No host in the inventory stands for the node lon-2",
                "host-lon-1: there is no keystore",
                "paris: paris:9443 can't be reached: from host-lon-1",
            ],
            id="several at once",
        ),
    ],
)
def test_problems(
    aliases: list[dict[str, Any]],
    local: dict[str, Any],
    remotes: dict[str, dict[str, Any]],
    read: list[dict[str, Any]],
    unread: list[dict[str, Any]],
    texts: list[str],
) -> None:
    found = problems(aliases, local, remotes, read, unread)
    assert [text[: len(start)] for text, start in zip(found, texts, strict=False)] == texts
    assert len(found) == len(texts), found
    assert all(text.endswith(".") for text in found)
