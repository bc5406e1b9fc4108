# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which clusters a run is on, and what to write where a limit leaves none. Pure. Private."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any


def problem(group: str, groups: Mapping[str, Sequence[str]], hosts: Sequence[str], limit: str) -> str:
    """Why the run would leave out what was meant; empty where it does not.

    :param group: the group of clusters.
    :param hosts: what the limit leaves of the inventory.
    :param limit: as it was written; empty without one.
    """
    clusters = list(groups.get(group, []))
    if not clusters:
        # Without an inventory nothing runs anyway, and its syntax can be checked all the same.
        if not groups.get("all"):
            return ""
        return (
            f"no cluster is in the inventory: its group {group} is empty or not there. Put the clusters into it, or "
            "name the group that they are in, as in -e elasticsearch_clusters_group=my_clusters."
        )
    if not limit:
        return ""
    chosen = [cluster for cluster in clusters if cluster in hosts]
    named = [name for name in re.split(r"[,:\s]+", limit) if name in groups.get("all", [])]
    owners = {
        node: cluster
        for cluster in clusters
        for node in groups.get(f"{cluster}_nodes", [])
        if node not in clusters and (node in named or (not chosen and node in hosts))
    }
    missed = {node: cluster for node, cluster in owners.items() if cluster not in chosen}
    if chosen and not missed:
        return ""
    if not missed:
        return (
            f"the limit {limit} leaves no cluster to run on. Name clusters in it, as in --limit {clusters[0]}; there "
            f"{'is' if len(clusters) == 1 else 'are'} {_list(clusters)}."
        )
    wanted = ",".join(dict.fromkeys([*chosen, *missed.values()]))
    are = "is a node" if len(missed) == 1 else "are nodes"
    left_out = list(dict.fromkeys(missed.values()))
    it = "it" if len(left_out) == 1 else "them"
    return (
        f"the limit {limit} leaves out {_list(left_out)}: {_list(list(missed))} {are} of {it}. A run is on clusters, "
        f"and reaches all of their nodes by itself; write --limit {wanted}."
    )


def _list(names: Sequence[Any]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
