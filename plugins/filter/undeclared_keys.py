# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: undeclared_keys
short_description: Find keys of this collection that are left of an earlier declaration
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Finds keys of aliases that are declared and lead to another cluster now, and keys of grants that are not declared.
  - A key that was made for nodes at other addresses than those of the cluster may be that of a copy of it, and is left out.
positional: _input, declared, local
options:
  _input:
    description: Inventory host of each cluster that was asked to the active keys that it told, as those of
      M(crosscluster.elasticsearch.cross_cluster_api_key_info).
    type: dict
    required: true
  declared:
    description: What the cluster declares, as P(crosscluster.elasticsearch.expand_remote_clusters#filter) returns it.
    type: dict
    required: true
  local:
    description: Who the cluster is, as C(cluster) of M(crosscluster.elasticsearch.cluster_info).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Report undeclared API keys
  ansible.builtin.debug:
    msg: "{{ {'paris': paris_keys.api_keys} | crosscluster.elasticsearch.undeclared_keys(london_expanded, london.cluster) }}"
"""

RETURN = r"""
_value:
  description: The keys that are left.
  type: dict
  contains:
    elsewhere:
      description: For each alias, and each cluster that it does not lead to any more, what the role needs to take its keys away, as
        P(crosscluster.elasticsearch.undeclared_remote_clusters#filter) returns it, and C(ids).
      type: list
      elements: dict
    grants:
      description: Keys that the cluster has granted to others and does not declare, each with C(alias), C(id) and C(name).
      type: list
      elements: dict
"""

from typing import Any, Callable, Mapping, Sequence


def undeclared_keys(
    given: Mapping[str, Sequence[Mapping[str, Any]]], declared: Mapping[str, Any], local: Mapping[str, Any]
) -> dict[str, Any]:
    leads_to = {entry["alias"]: entry["cluster"] for entry in declared["remote_clusters"]}
    granted = {grant["api_key"]["alias"] for grant in declared["grants"]}
    elsewhere: dict[tuple[str, str], list[str]] = {}
    grants = []
    for cluster, keys in sorted(given.items()):
        for key in keys:
            alias = key["alias"]
            if not key["managed"] or key["state"] != "active" or not alias:
                continue
            if key["local_cluster"] == "grant":
                if cluster == declared["cluster"] and alias not in granted:
                    grants.append({name: key[name] for name in ("alias", "id", "name")})
            elif _made_for(key, local) and leads_to.get(alias, cluster) != cluster:
                elsewhere.setdefault((alias, cluster), []).append(key["id"])
    return {
        "elsewhere": [
            {
                "alias": alias,
                "cluster": cluster,
                "api_key": {"alias": alias},
                "security_model": "api_key",
                "settings": {"alias": alias},
                "probes": [],
                "ids": ids,
            }
            for (alias, cluster), ids in sorted(elsewhere.items())
        ],
        "grants": sorted(grants, key=lambda key: (key["alias"], key["id"])),
    }


def _made_for(key: Mapping[str, Any], local: Mapping[str, Any]) -> bool:
    elsewhere = key["addresses"] and set(key["addresses"]).isdisjoint(local["addresses"])
    return key["local_cluster"] == local["uuid"] and not elsewhere


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"undeclared_keys": undeclared_keys}
