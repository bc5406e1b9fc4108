# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: undeclared_remote_clusters
short_description: Find aliases and keys of remote clusters that are no longer declared
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Brings together the aliases and the keys that this collection has made for a local cluster, and that the inventory does not
    declare any more, so that the role P(crosscluster.elasticsearch.remote_cluster#role) can take them away.
positional: _input, declared, keys
options:
  _input:
    description: Aliases that the collection has made, as RV(crosscluster.elasticsearch.remote_clusters#module:others) tells them.
    type: list
    elements: str
    required: true
  declared:
    description: Aliases that are declared.
    type: list
    elements: str
    required: true
  keys:
    description:
      - Loop results of M(crosscluster.elasticsearch.cross_cluster_api_key_info), failed or not, for keys of the local cluster. Each
        C(item) is the inventory host of the cluster that was asked.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Report undeclared aliases of london
  ansible.builtin.debug:
    msg: "{{ aliases.others | crosscluster.elasticsearch.undeclared_remote_clusters(['paris'], keys.results) }}"
"""

RETURN = r"""
_value:
  description: >-
    For each alias, and for each cluster that has an active key for it, C(alias), C(cluster) (none without a key), C(api_key),
    C(security_model) and C(settings), as P(crosscluster.elasticsearch.expand_remote_clusters#filter) returns them.
  type: list
  elements: dict
"""

from typing import Any, Callable, Mapping, Sequence


def undeclared_remote_clusters(
    others: Sequence[str], declared: Sequence[str], keys: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    granting: dict[str, list[str | None]] = {str(alias): [] for alias in others if alias not in declared}
    for result in keys:
        for key in result.get("api_keys") or []:
            clusters = granting.setdefault(key["alias"], []) if key["alias"] not in declared else []
            if key["state"] == "active" and result["item"] not in clusters:
                clusters.append(result["item"])
    return [
        {
            "alias": alias,
            "cluster": cluster,
            "api_key": {"alias": alias} if cluster else None,
            "security_model": "api_key",
            "settings": {"alias": alias},
            "probes": [],
        }
        for alias, clusters in sorted(granting.items())
        # One without a key is there as an alias alone.
        for cluster in clusters or ([None] if alias in others else [])
    ]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"undeclared_remote_clusters": undeclared_remote_clusters}
