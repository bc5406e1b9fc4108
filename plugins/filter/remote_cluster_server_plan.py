# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: remote_cluster_server_plan
short_description: Find the nodes whose elasticsearch.yml changes and that have to restart
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Tells which nodes have to restart and why, and what stands in the way of it.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster_server#role). The result holds the text of files, which may hold
    secrets; don't print it.
positional: _input, nodes, names, settings
options:
  _input:
    description: >-
      Loop results of M(crosscluster.elasticsearch.node_files), or of M(crosscluster.elasticsearch.node_info) with the same files as
      its C(configuration_files), one for each node, C(elasticsearch.yml) first.
    type: list
    elements: dict
    required: true
  nodes:
    description: The nodes of the cluster, as M(crosscluster.elasticsearch.cluster_info) returns them.
    type: list
    elements: dict
    required: true
  names:
    description: Elasticsearch's names of inventory hosts, where the inventory tells them.
    type: dict
    required: true
  settings:
    description: The settings that each C(elasticsearch.yml) has to have; V(null) are those to take out.
    type: dict
    required: true
  files_come:
    description: Whether files may be missing, or not belong together, that other tasks would have made before.
    type: bool
    default: false
  node_files:
    description: >-
      What holds for a node instead, by inventory host, C(settings) of its own, and names that are C(kept) as its file has them.
    type: dict
    default: {}
  authorities:
    description: Settings to the files that they have to name, beside those that they name in C(elasticsearch.yml).
    type: dict
    default: {}
  public:
    description: The file with public authorities among O(authorities), if any.
    type: str
    default: ""
  declared:
    description: What P(crosscluster.elasticsearch.expand_remote_clusters#filter) returned for the cluster.
    type: dict
    default: {}
  aliases:
    description: Aliases that the cluster has, as C(security_models) of M(crosscluster.elasticsearch.cluster_info).
    type: dict
    default: {}
  looks:
    description: >-
      Loop results of M(crosscluster.elasticsearch.node_service), one for each node that would restart. Without them nothing is told
      of what keeps a node from being restarted.
    type: list
    elements: dict
  services:
    description: C(service), C(command) and C(password) (whether there is one of the keystore), each by inventory host.
    type: dict
    default: {}
  voting:
    description: Who votes for a master, as M(crosscluster.elasticsearch.cluster_health) returns it.
    type: dict
  ports:
    description: By inventory host the port to listen at of those that have one of their own.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Report nodes to restart
  ansible.builtin.debug:
    msg: "{{ plan.restart.keys() | list }}"
  vars:
    plan: >-
      {{ london_files.results | crosscluster.elasticsearch.remote_cluster_server_plan(
           london.cluster.nodes, {}, {'remote_cluster_server.enabled': true}) }}
"""

RETURN = r"""
_value:
  description: What is to do.
  type: dict
  contains:
    restart:
      description: >-
        Inventory host to C(node) (its name), C(down) (whether it is), C(text) (of the file), C(log) (its path), C(reasons),
        C(passphrase) (whether it has to be given one) and C(masters) (how many master-eligible nodes there are, where the cluster can't
        keep its master without it). Those that are down come first.
      type: dict
    left_out:
      description: Inventory host that can't be reached, to the reason.
      type: dict
    problems:
      description: What stands in the way, a sentence each.
      type: list
      elements: str
    notes:
      description: What should be known.
      type: list
      elements: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.listener import plan


def remote_cluster_server_plan(
    results: list[dict[str, Any]],
    nodes: list[dict[str, Any]],
    names: dict[str, str],
    settings: dict[str, Any],
    **more: Any,
) -> dict[str, Any]:
    return plan(results, nodes, names, settings, **more)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"remote_cluster_server_plan": remote_cluster_server_plan}
