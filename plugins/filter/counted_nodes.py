# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: counted_nodes
short_description: Tell which hosts of nodes count where a cluster is connected, and which of them could not be read
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - A node without the role C(remote_cluster_client) needs no credential, and does not count.
  - A host on which no server runs is left out like one that is off, unless its keystore can be kept up to date all the same.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster#role).
positional: _input, cluster, names, holders
options:
  _input:
    description: Loop results of M(crosscluster.elasticsearch.node_info), one for each node, failed or not.
    type: list
    elements: dict
    required: true
  cluster:
    description: What M(crosscluster.elasticsearch.cluster_info) has found, empty where it has not.
    type: dict
    required: true
  names:
    description: Inventory host to the name of its node, where the inventory says it.
    type: dict
    required: true
  holders:
    description: Whether a node without the role counts where it holds a credential.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Check that every node could be read
  ansible.builtin.assert:
    that: (looked.results | crosscluster.elasticsearch.counted_nodes(london.cluster, {})).unread | length == 0
"""

RETURN = r"""
_value:
  description: The results that count.
  type: dict
  contains:
    reached:
      description: Those of hosts that answered.
      type: list
      elements: dict
    read:
      description: Those of them that have told what their keystores hold.
      type: list
      elements: dict
    unread:
      description: The others.
      type: list
      elements: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.counted_nodes import count


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"counted_nodes": count}
