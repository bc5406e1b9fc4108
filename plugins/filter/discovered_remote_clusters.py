# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: discovered_remote_clusters
short_description: Write the inventory that describes the remote clusters that are there
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes what modules have found on clusters and nodes, matches the credentials that nodes hold with the keys of all
    clusters, and returns the text of an inventory file.
  - What people should know of it stands there as comments. Nothing is asked of any cluster, and no secret is returned.
  - Used by the playbook C(discover).
positional: _input, keys, hostvars, clusters_group
options:
  _input:
    description:
      - For each cluster, by inventory host, the results C(cluster) of M(crosscluster.elasticsearch.cluster_info),
        C(remote_clusters) of M(crosscluster.elasticsearch.remote_cluster_info), and C(nodes), a list of those of
        M(crosscluster.elasticsearch.node_info), each with the inventory host as C(item).
      - Results of failed tasks are taken too; the text tells what could not be read.
    type: dict
    required: true
  keys:
    description: Results of M(crosscluster.elasticsearch.cross_cluster_api_key_info) for all clusters, by inventory host.
    type: dict
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  clusters_group:
    description: The group whose hosts are clusters.
    type: str
    default: elasticsearch_clusters
"""

EXAMPLES = r"""
- name: Write an inventory of the discovered remote clusters
  ansible.builtin.copy:
    content: "{{ found | crosscluster.elasticsearch.discovered_remote_clusters(keys, hostvars) }}"
    dest: discovered.yml
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The inventory, as YAML with comments.
  type: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.discovery import discover
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.inventory import write
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def discovered_remote_clusters(
    found: Any, keys: Any, hostvars: Any, clusters_group: str = "elasticsearch_clusters"
) -> str:
    return write(discover(plain(found), plain(keys), hostvars), str(clusters_group))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"discovered_remote_clusters": discovered_remote_clusters}
