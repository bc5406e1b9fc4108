# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: clusters_to_run_on
short_description: The hosts of a play on clusters, refused where a limit leaves none
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - For C(hosts) of a play. Ansible skips a play whose hosts a limit leaves out, plays on C(localhost) too, and the run succeeds
    without anything done. What stands in C(hosts) is looked at even then.
positional: _input, groups, hosts, limit, may_be_none
options:
  _input:
    description: The group of clusters.
    type: str
    required: true
  groups:
    description: Ansible's C(groups).
    type: dict
    required: true
  hosts:
    description: Ansible's C(ansible_play_hosts_all), which are all hosts of the limit while C(hosts) is looked at.
    type: list
    elements: str
    required: true
  limit:
    description: Ansible's C(ansible_limit); empty without one.
    type: str
    default: ""
  may_be_none:
    description: Whether the play is skipped, as any other, where no cluster is left.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Verify remote clusters
  hosts: >-
    {{ 'elasticsearch_clusters' | crosscluster.elasticsearch.clusters_to_run_on(groups, ansible_play_hosts_all, ansible_limit | default('')) }}
  roles:
    - crosscluster.elasticsearch.remote_cluster
"""

RETURN = r"""
_value:
  description: The group of clusters.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.limit import problem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def clusters_to_run_on(group: str, groups: Any, hosts: Any, limit: Any = "", may_be_none: bool = False) -> str:
    found = "" if may_be_none else problem(plain(group), plain(groups), plain(hosts), plain(limit))
    if found:
        raise AnsibleFilterError(f"Nothing was done: {found}")
    return group


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"clusters_to_run_on": clusters_to_run_on}
