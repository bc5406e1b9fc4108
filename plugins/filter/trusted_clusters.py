# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trusted_clusters
short_description: Whose certificate authorities a cluster has to trust
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Reads what all clusters of the inventory declare. With API keys the local cluster has to trust its remote clusters; with
    the certificate security model both have to trust each other.
positional: _input, hostvars, groups, clusters_group, play
options:
  _input:
    description: The inventory host that stands for the cluster.
    type: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  groups:
    description: Ansible's C(groups).
    type: dict
    required: true
  clusters_group:
    description: The group whose hosts are clusters.
    type: str
    default: elasticsearch_clusters
  play:
    description: The clusters that the run deals with; by default all.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Whom to trust
  ansible.builtin.set_fact:
    trusted: "{{ inventory_hostname | crosscluster.elasticsearch.trusted_clusters(hostvars, groups) }}"
"""

RETURN = r"""
_value:
  description:
    - For C(remote_cluster_client) and C(transport) the C(clusters) of the inventory, and the C(authorities) of clusters that
      others administer, as declared; C(left_out) are those that have to trust this one and are not in O(play), each with its nodes.
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificate_plan import trusts
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._topology import TopologyError, expand
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._variables import plain
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._templates import TEMPLATES_STAY


def trusted_clusters(
    cluster: str, hostvars: Any, groups: Any, clusters_group: str = "elasticsearch_clusters", play: Any = None
) -> dict[str, Any]:
    try:
        names = [str.__str__(name) for name in groups[clusters_group]]
        expanded = {name: expand(name, hostvars, groups, clusters_group, TEMPLATES_STAY) for name in names}
    except TopologyError as error:
        raise AnsibleFilterError(str(error)) from error
    return trusts(str.__str__(cluster), expanded, plain(play))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"trusted_clusters": trusted_clusters}
