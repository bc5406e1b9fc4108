# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes that are restarted one after the other need, and show."""

from __future__ import annotations

from kit import Lab
from kit.certificates import Authority
from kit.hosts import write_config

YML = "/etc/elasticsearch/elasticsearch.yml"
ALLOCATION = "cluster.routing.allocation.enable"


def put_certificates(lab: Lab) -> None:
    """What the role certificates would have done."""
    authorities = {cluster: Authority(f"{cluster} CA of a test") for cluster in lab.clusters}
    bundle = b"".join(authority.certificate for authority in authorities.values())
    for node in lab.state.nodes:
        signed = authorities[node.cluster].sign(node.name, [node.ip])
        write_config(lab.state, node, "certs/remote_cluster_server.key", signed.key)
        write_config(lab.state, node, "certs/remote_cluster_server.crt", signed.certificate)
        write_config(lab.state, node, "certs/remote_cluster_client_ca.crt", bundle)


def texts(lab: Lab) -> dict[str, str]:
    return {name: lab.node(name).read_file(YML) for name in lab.nodes}


def started(lab: Lab) -> dict[str, int]:
    found = {}
    for cluster in lab.clusters.values():
        _dummy, answer = cluster.request("GET", "/_nodes/jvm")
        found.update({node["name"]: node["jvm"]["start_time_in_millis"] for node in answer["nodes"].values()})
    return found


def restarted(lab: Lab, before: dict[str, int]) -> set[str]:
    return {name for name, start in started(lab).items() if before.get(name) != start}


def listening(lab: Lab) -> set[str]:
    found = set()
    for cluster in lab.clusters.values():
        _dummy, answer = cluster.request("GET", "/_nodes/_all/remote_cluster_server")
        found |= {node["name"] for node in answer["nodes"].values() if node.get("remote_cluster_server")}
    return found


def left_behind(lab: Lab) -> list[str]:
    """Backups on nodes, and settings of a cluster that only belong to a restart."""
    found = []
    for name, node in lab.nodes.items():
        names = node.run("find /etc/elasticsearch -name '.*'").stdout.split()
        found += [f"{name}: {path}" for path in names]
    for name, cluster in lab.clusters.items():
        _dummy, answer = cluster.request("GET", "/_cluster/settings?flat_settings=true")
        found += [f"{name}: {key}" for key in answer["persistent"] if "allocation" in key]
    return found


def health(lab: Lab, cluster: str = "london") -> str:
    path = "/_cluster/health?wait_for_status=green&timeout=180s"
    _dummy, answer = lab.clusters[cluster].request("GET", path, timeout=200)
    status: str = answer["status"]
    return status
