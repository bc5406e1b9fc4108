# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: expand_remote_clusters
short_description: Check and expand what a cluster declares about its remote clusters
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Reads the C(elasticsearch_*) variables of one local cluster and of the clusters that it names, refuses what can't
    work, fills every default, and returns what the roles of this collection need.
  - Nothing is asked of any cluster. All problems are told in one error.
  - Secrets are neither read nor returned, the credential of another team's remote cluster included.
positional: _input, hostvars, groups, clusters_group
options:
  _input:
    description: The inventory host that stands for the local cluster.
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
"""

EXAMPLES = r"""
- name: Expand the declaration of the cluster
  ansible.builtin.set_fact:
    expanded: "{{ inventory_hostname | crosscluster.elasticsearch.expand_remote_clusters(hostvars, groups) }}"

# london:
#   elasticsearch_remote_clusters:
#     paris:
#       search:
#         - logs-*
# paris:
#   elasticsearch_remote_address: par-1:9443
#
# => remote_clusters of london:
# - alias: paris
#   cluster: paris
#   foreign: false
#   security_model: api_key
#   settings:
#     alias: paris
#     mode: proxy
#     proxy_address: par-1:9443
#     skip_unavailable: true
#   api_key:
#     alias: paris
#     name: crosscluster-london-paris
#     access:
#       search:
#         - names:
#             - logs-*
#     expiration: null
#     renew_before: null
#     certificate_identity: null
#   replicates: false
#   ca: null
#   follow: []
#   probes:
#     - address: par-1:9443
#       server_name: null
"""

RETURN = r"""
_value:
  description: What the local cluster is, and what it shall have.
  type: dict
  contains:
    cluster:
      description: The local cluster's inventory host.
      type: str
    nodes:
      description: The inventory hosts of its nodes, none when it is a managed cluster.
      type: list
      elements: str
    remotes:
      description: Its remote clusters that are in the inventory, by inventory host, each with RV(ignore:cluster) and
        RV(ignore:nodes).
      type: dict
    remote_clusters:
      description: Its remote clusters, sorted by alias.
      type: list
      elements: dict
      contains:
        alias:
          description: The alias.
          type: str
        cluster:
          description: The inventory host of the remote cluster, none when it is another team's.
          type: str
        foreign:
          description: Whether it is another team's.
          type: bool
        security_model:
          description: Either V(api_key) or V(certificate).
          type: str
        settings:
          description: The options of M(crosscluster.elasticsearch.remote_cluster) that are set, the alias included.
          type: dict
        api_key:
          description: The cross-cluster API key for it, as an entry of
            O(crosscluster.elasticsearch.cross_cluster_api_keys#module:api_keys); none when the collection makes no key.
          type: dict
        replicates:
          description: Whether indices of it may be followed by this alias, as far as it is declared.
          type: bool
        ca:
          description: The certificate authority as declared.
          type: raw
        follow:
          description: What to replicate, checked over all clusters of the inventory, with every default filled in.
          type: list
          elements: dict
        probes:
          description: Each address, with the server name, one of which a node has to reach.
          type: list
          elements: dict
    grants:
      description: What it grants to clusters that others administer, sorted by name.
      type: list
      elements: dict
      contains:
        api_key:
          description: The cross-cluster API key, as an entry of
            O(crosscluster.elasticsearch.cross_cluster_api_keys#module:api_keys), with the name of the grant as alias.
          type: dict
        file:
          description: The file of the controller that holds the credential.
          type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import TopologyError, expand
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._templates import TEMPLATES_STAY


def expand_remote_clusters(
    cluster: str, hostvars: Any, groups: Any, clusters_group: str = "elasticsearch_clusters"
) -> dict[str, Any]:
    try:
        return expand(cluster, hostvars, groups, clusters_group, TEMPLATES_STAY)
    except TopologyError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"expand_remote_clusters": expand_remote_clusters}
