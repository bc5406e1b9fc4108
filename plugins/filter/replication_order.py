# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: replication_order
short_description: Find clusters that are older than those they follow
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - A cluster can follow indices of one that has the same version or an older one. This finds what an upgrade in the wrong order has
    made impossible.
  - Used by the role P(crosscluster.elasticsearch.replication#role).
positional: _input, local, remotes
options:
  _input:
    description: Aliases to inventory hosts.
    type: dict
    required: true
  local:
    description: Result of M(crosscluster.elasticsearch.cluster_info) for the local cluster, failed or not.
    type: dict
    required: true
  remotes:
    description: Loop results of M(crosscluster.elasticsearch.cluster_info) for the remote clusters, failed or not.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that replication can be resumed
  ansible.builtin.assert:
    that: "{'paris': 'paris'} | crosscluster.elasticsearch.replication_order(london, remotes.results) | length == 0"
"""

RETURN = r"""
_value:
  description: What is wrong, a sentence each with what to do.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.pause import wrong_order


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replication_order": wrong_order}
