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
- name: Determine trusted clusters
  ansible.builtin.set_fact:
    trusted: "{{ inventory_hostname | crosscluster.elasticsearch.trusted_clusters(hostvars, groups) }}"
"""

RETURN = r"""
_value:
  description:
    - For C(remote_cluster_client) and C(transport) the C(clusters) of the inventory, those of them C(without_nodes), and the
      C(authorities) of clusters that others administer, the text in PEM of the files that C(ca) names; C(declared) are all
      aliases, and C(undeclared) those whose cluster has no C(ca).
    - C(left_out) are clusters that have to trust this one and are not in O(play), each with its nodes.
  type: dict
"""

import os
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificates import trusts
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import TopologyError, expand
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._templates import TEMPLATES_STAY


def trusted_clusters(
    cluster: str, hostvars: Any, groups: Any, clusters_group: str = "elasticsearch_clusters", play: Any = None
) -> dict[str, Any]:
    try:
        names = [str.__str__(name) for name in groups[clusters_group]]
        expanded = {name: expand(name, hostvars, groups, clusters_group, TEMPLATES_STAY) for name in names}
    except TopologyError as error:
        raise AnsibleFilterError(str(error)) from error
    found = trusts(str.__str__(cluster), expanded, plain(play))
    for trusted in found.values():
        trusted["authorities"] = [authority(cluster, ca) for ca in trusted["authorities"]]
    return found


def authority(cluster: str, ca: Any) -> str:
    """The text of the file on the controller; one that is text already stays."""
    text = str.__str__(ca) if isinstance(ca, str) else ""
    try:
        if "-----BEGIN" not in text:
            with open(os.path.expanduser(text), encoding="utf-8", errors="replace") as stream:
                text = stream.read()
        if from_pem(text):
            return text
        why = "no certificate in PEM is in it"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
    raise AnsibleFilterError(
        f"ca of a remote cluster of {cluster}: {ca!r}: {why}; name a file of the controller with CA certificates in PEM"
    )


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"trusted_clusters": trusted_clusters}
