# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: leader_clusters
short_description: How modules reach the clusters of leaders
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Brings aliases together with the API options of their clusters, as the option C(leader_clusters) of
    M(crosscluster.elasticsearch.ccr_follow), M(crosscluster.elasticsearch.ccr_followers) and
    M(crosscluster.elasticsearch.ccr_follow_info) takes them.
  - Used by the roles P(crosscluster.elasticsearch.replication#role) and P(crosscluster.elasticsearch.failover#role).
  - The result holds secrets. Give it to a module directly, and not to C(debug) or C(set_fact).
positional: _input, apis
options:
  _input:
    description: The inventory host of each alias' cluster, by alias; V(null) for a cluster of another team.
    type: dict
    required: true
  apis:
    description: API options by inventory host, as P(crosscluster.elasticsearch.api_options#filter) returns them.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Convert a follower index to an ordinary index and remove retention leases from paris
  crosscluster.elasticsearch.ccr_follow:
    follower_index: orders
    state: unfollowed
    leader_clusters: "{{ {'paris': 'paris'} | crosscluster.elasticsearch.leader_clusters(apis) }}"
  vars:
    apis:
      paris: "{{ hostvars['paris'] | crosscluster.elasticsearch.api_options }}"
"""

RETURN = r"""
_value:
  description: The API options of each cluster that O(apis) has, with its alias as C(remote_cluster), in the order of the aliases.
  type: list
  elements: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def leader_clusters(clusters: Any, apis: Any) -> list[dict[str, Any]]:
    return [
        {**plain(apis[cluster]), "remote_cluster": plain(alias)}
        for alias, cluster in clusters.items()
        if cluster in apis
    ]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"leader_clusters": leader_clusters}
