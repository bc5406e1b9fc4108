# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: credentials_to_hand_out
short_description: Find the nodes that lack the newest key of their remote clusters
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Of two runs at once, the one with the newest key wins. That run gives its key to every node, the other one waits for it.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster#role) after it gave new credentials to the nodes.
positional: _input, created, api_keys, addresses
options:
  _input:
    description: Loop results of M(crosscluster.elasticsearch.node_info), one for each node.
    type: list
    elements: dict
    required: true
  created:
    description: The keys that this run has created, alias to id.
    type: dict
    required: true
  api_keys:
    description: The keys, as M(crosscluster.elasticsearch.cross_cluster_api_key_info) lists them. Without it those of this run are the newest.
    type: list
    elements: dict
  addresses:
    description:
      - Addresses of the nodes, as C(cluster.addresses) of M(crosscluster.elasticsearch.cluster_info). A key that was made for nodes at
        other ones is that of a copy of the cluster, and is not waited for.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Check that all nodes hold the newest credential
  ansible.builtin.assert:
    that: "left == {'give': {}, 'wait_for': []}"
  vars:
    left: >-
      {{ london_nodes.results | crosscluster.elasticsearch.credentials_to_hand_out(
           {'paris': 'VuaCfGcBCdbkQm-e5aOx'}, paris_keys.api_keys) }}
"""

RETURN = r"""
_value:
  description: What is left to do.
  type: dict
  contains:
    give:
      description: The inventory hosts that lack a key of this run, each with the secure settings and the ids that it holds
        there, as O(crosscluster.elasticsearch.keystore#module:expected).
      type: dict
    wait_for:
      description: Aliases of which another run has created a newer key that a node lacks.
      type: list
      elements: str
"""

from typing import Any, Callable, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cross_cluster_api_key_plans import (
    handed_out,
)


def credentials_to_hand_out(
    results: list[dict[str, Any]],
    created: dict[str, str],
    api_keys: list[dict[str, Any]] | None = None,
    addresses: Sequence[str] = (),
) -> dict[str, Any]:
    nodes = {result["item"]: result["node_info"]["credentials"] for result in results}
    return handed_out(nodes, created, api_keys, addresses)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"credentials_to_hand_out": credentials_to_hand_out}
