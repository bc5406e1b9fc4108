# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether each node uses the credential that its keystore holds: an older one that is still valid proves a remote
cluster just as well, so that only this tells when it may go. Pure. Private to this collection.
"""

from __future__ import annotations

import posixpath
from typing import Any, Mapping, Sequence

REMEDY = "set elasticsearch_path_conf of %s to the directory with which that node's server runs"


def is_proven(proof: Mapping[str, Any], nodes: Sequence[str], left_out: bool) -> bool:
    """
    :param proof: result of the module remote_cluster_info.
    :param nodes: names of those that were not left out.
    :param left_out: whether any was.
    """
    if not left_out:
        return bool(proof.get("proven"))
    seen = [
        node
        for remote in (proof.get("remote_clusters") or {}).values()
        for node in remote["nodes"]
        if node["node"] in nodes
    ]
    # Of none of them nothing is proven.
    return bool(seen) and all(node["status"] == "proven" for node in seen)


def doubts(
    nodes: Sequence[Mapping[str, Any]],
    proof: Mapping[str, Any],
    before: Sequence[Mapping[str, Any]],
    keystores: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[str]]:
    """
    :param nodes: results of the module node_info, one for each inventory host of a node (``item``), read just now.
    :param proof: result of the module remote_cluster_info.
    :param before: those results as they were when the servers were told to read their keystores again.
    :param keystores: what the servers have told of the keystores that they have read, by the names of their nodes.
    :return: ``doubts``: of which nodes it is not shown which credential they use, why, and what to do; ``meanwhile``:
        hosts to which another run has given other credentials since then.
    """
    found: list[str] = []
    meanwhile: list[str] = []
    earlier = {node["item"]: node["node_info"] for node in before}
    for node in nodes:
        info, host = node["node_info"], node["item"]
        # One that is stopped uses none; it is proven when it runs.
        if not info.get("node"):
            continue
        if host not in earlier or info["credentials"] != earlier[host]["credentials"]:
            meanwhile.append(host)
        else:
            found += _doubts_of(host, info, earlier[host], keystores.get(info["node"]["name"]) or {})
    names = {node["node_info"]["node"]["name"] for node in nodes if node["node_info"].get("node")}
    seen = {node["node"] for remote in (proof.get("remote_clusters") or {}).values() for node in remote["nodes"]}
    found += [
        "%s is a node of the cluster, and no host of the inventory stands for it; add it to the group of the cluster's "
        "nodes" % name
        for name in sorted(seen - names)
        if names
    ]
    return dict(doubts=found, meanwhile=meanwhile)


def _doubts_of(host: str, info: Mapping[str, Any], earlier: Mapping[str, Any], told: Mapping[str, Any]) -> list[str]:
    keystore, path = info["keystore"], info["paths"]["keystore"]
    if told.get("digest") and told["digest"] == earlier["keystore"].get("digest"):
        return []
    # Of the same path another program may have changed the file since then.
    if told.get("path") and posixpath.normpath(told["path"]) != path and told.get("digest"):
        return ["%s: its server reads %s and not %s; %s" % (host, told["path"], path, REMEDY % host)]
    if keystore.get("in_use"):
        return []
    return [
        "%s: %s; %s" % (host, keystore.get("doubt") or "nothing tells which keystore its server reads", REMEDY % host)
    ]
