# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster keeps its master without one of its nodes. Pure. Private to this collection.

Source: https://www.elastic.co/docs/deploy-manage/distributed-architecture/discovery-cluster-formation/modules-discovery-voting
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

# What of the cluster's state is needed.
STATE = "metadata.cluster_coordination"


def parse(answer: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """``GET _cluster/state/metadata`` with STATE, and the nodes as ``cluster_info`` lists them.

    :return: ``configurations`` (each a list of ids; a master needs a majority of each), ``excluded`` (ids), and
        ``masters``, the master-eligible nodes that are in the cluster.
    """
    found = (answer.get("metadata") or {}).get("cluster_coordination") or {}
    both = (found.get("last_committed_config") or [], found.get("last_accepted_config") or [])
    return dict(
        configurations=[sorted(ids) for ids in (both if set(both[0]) != set(both[1]) else both[:1])],
        excluded=sorted(entry.get("node_id") for entry in found.get("voting_config_exclusions") or []),
        masters=[
            dict(id=node["id"], name=node["name"], voting_only="voting_only" in node["roles"])
            for node in nodes
            if "master" in node["roles"]
        ],
    )


def missing(voting: Mapping[str, Any]) -> Set[str]:
    """Ids that have a vote and are not in the cluster."""
    here = {node["id"] for node in voting["masters"]}
    return {node_id for ids in voting["configurations"] for node_id in ids if node_id not in here}


def loss(voting: Mapping[str, Any], name: str, coming: int = 0) -> Optional[str]:
    """Why the cluster would have no master without this node; None when it keeps one.

    :param coming: how many of the missing are in the cluster again before.
    """
    names = {node["id"]: node["name"] for node in voting["masters"]}
    left = {node_id for node_id in names if names[node_id] != name}
    left |= set(sorted(missing(voting))[:coming])
    for ids in voting["configurations"]:
        present = [node_id for node_id in ids if node_id in left]
        if 2 * len(present) <= len(ids):
            who = "%d nodes that vote" % len(ids) if len(ids) > 1 else "one node that votes"
            return "of the %s for a master, %s" % (who, _left(present, names))
    if not coming and not any(_electable(node, voting) for node in _others(voting, name)):
        return "no other node that is in the cluster can be its master"
    return None


def unavoidable(voting: Mapping[str, Any], name: str, coming: int = 0) -> bool:
    """Whether no other node of it can help: all that vote are here, and there are too few that could be master."""
    here = len(voting["masters"]) + coming
    return len(missing(voting)) <= coming and (here <= 2 or not (_others(voting, name) or coming))


def _others(voting: Mapping[str, Any], name: str) -> List[Mapping[str, Any]]:
    """The other nodes that are made to be master."""
    return [node for node in voting["masters"] if node["name"] != name and not node["voting_only"]]


def _electable(node: Mapping[str, Any], voting: Mapping[str, Any]) -> bool:
    return node["id"] not in voting["excluded"] or any(node["id"] in ids for ids in voting["configurations"])


def _left(present: Sequence[str], names: Mapping[str, str]) -> str:
    if not present:
        return "none would be left"
    return "only %s would be left" % ", ".join(sorted(names.get(node_id, "one that is started") for node_id in present))
