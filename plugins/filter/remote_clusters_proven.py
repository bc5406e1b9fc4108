# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: remote_clusters_proven
short_description: Tell whether all nodes reach all remote clusters, or at least those that were not left out
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Nothing is proven where every node was left out.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster#role).
positional: _input, nodes, left_out
options:
  _input:
    description: Result of M(crosscluster.elasticsearch.remote_cluster_info).
    type: dict
    required: true
  nodes:
    description: Names of the nodes that were not left out.
    type: list
    elements: str
    required: true
  left_out:
    description: Whether any was.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Check that remote clusters are proven
  ansible.builtin.assert:
    that: proof | crosscluster.elasticsearch.remote_clusters_proven(['lon-1'], true)
"""

RETURN = r"""
_value:
  description: Whether it is so.
  type: bool
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.credential_proof import is_proven


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"remote_clusters_proven": is_proven}
