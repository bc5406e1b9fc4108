# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: replication_plan
short_description: Find which followers and auto-follow patterns a cluster shall have
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Brings together what is declared and what both clusters have, and finds everything that stands in the way before
    anything is created.
  - Used by the role P(crosscluster.elasticsearch.replication#role).
positional: _input, local, remotes, here, there, reach, failed_over, paused, allow_unsupported_versions, keys
options:
  _input:
    description: The C(follow) entries of all remote clusters, as P(crosscluster.elasticsearch.expand_remote_clusters#filter)
      returns them.
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
  here:
    description: Result of M(crosscluster.elasticsearch.index_info) for the local cluster, failed or not.
    type: dict
    required: true
  there:
    description: Loop results of M(crosscluster.elasticsearch.index_info) for the remote clusters, failed or not.
    type: list
    elements: dict
    required: true
  reach:
    description: Result of M(crosscluster.elasticsearch.remote_cluster_info) for the local cluster, failed or not.
    type: dict
    required: true
  failed_over:
    description: Records of failovers that were not failed back, by alias.
    type: dict
    required: true
  paused:
    description: Records of pauses that were not ended, by alias.
    type: dict
    required: true
  allow_unsupported_versions:
    description: Whether a leader of a newer version is only noted.
    type: bool
    default: false
  keys:
    description: Loop results of M(crosscluster.elasticsearch.cross_cluster_api_key_info) for the remote clusters, failed or not.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Report planned followers
  ansible.builtin.debug:
    msg: >-
      {{ rules | crosscluster.elasticsearch.replication_plan(
           london, remotes.results, london_indices, indices.results, reach, {}, {}) }}
"""

RETURN = r"""
_value:
  description: >-
    C(followers), entries of M(crosscluster.elasticsearch.ccr_followers); C(patterns), entries of
    M(crosscluster.elasticsearch.ccr_auto_follow_patterns); C(problems), one sentence for each with what to do; C(notes) on
    what stands in nobody's way; C(readiness), what leaders need and the local cluster lacks; C(report), a text of problems
    and notes.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.replication_preflight import look
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def replication_plan(*given: Any) -> dict[str, Any]:
    """Each index is looked at for each rule, and a look into one of Ansible's containers costs as much as many."""
    return look(*map(plain, given))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replication_plan": replication_plan}
