# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: remote_cluster_problems
short_description: Find problems that prevent clusters from being connected
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Compares what is declared with what both ends and the nodes have told, and returns every problem at once, also what kept an
    end from telling.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster#role) before it changes anything.
positional: _input, local, remotes, read_nodes, unread_nodes, allow_unsupported_versions, credentials, proof
options:
  _input:
    description: The remote clusters, as P(crosscluster.elasticsearch.expand_remote_clusters#filter) returns them.
    type: list
    elements: dict
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
  read_nodes:
    description: Loop results of M(crosscluster.elasticsearch.node_info).
    type: list
    elements: dict
    required: true
  unread_nodes:
    description: Those of the nodes that could not be read.
    type: list
    elements: dict
    required: true
  allow_unsupported_versions:
    description: Whether a pair of versions that Elastic does not support is only noted.
    type: bool
    default: false
  credentials:
    description:
      - The credentials of remote clusters that others administer, alias to encoded key. They are secrets, and not returned.
    type: dict
    default: {}
  proof:
    description: Result of M(crosscluster.elasticsearch.remote_cluster_info), as it is before anything is changed.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Check that remote clusters can be connected
  ansible.builtin.assert:
    that: found.problems | length == 0
    fail_msg: "{{ found.report }}"
  vars:
    found: >-
      {{ aliases | crosscluster.elasticsearch.remote_cluster_problems(
           london, remotes.results, london_nodes.results, []) }}
"""

RETURN = r"""
_value:
  description: >-
    C(problems), one sentence for each with what to do; C(notes) on what stands in nobody's way; C(report), a text of both;
    C(reload), why secure settings must not be reloaded; C(stuck), what is to be corrected so that nodes that run can be read.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.remote_cluster_preflight import (
    problems,
)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"remote_cluster_problems": problems}
