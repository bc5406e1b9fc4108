# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: outcome
short_description: Make the short table that ends a playbook
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Says for each cluster and alias what is proven, what was changed, and what is left to do, one line each.
  - A cluster that has failed is told too.
  - Used by the playbooks of this collection.
positional: _input, playbook, hostvars, well, asked, check_mode
options:
  _input:
    description: Inventory hosts of the clusters of the run, failed ones too.
    type: list
    elements: str
    required: true
  playbook:
    description: Name of the playbook, which says what its tasks have registered.
    type: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  well:
    description: Those of the clusters that have not failed.
    type: list
    elements: str
    required: true
  asked:
    description: Aliases that the run is about; all without any.
    type: list
    elements: str
    default: []
  check_mode:
    description: Whether nothing was changed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Report the outcome
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | crosscluster.elasticsearch.outcome('verify', hostvars, ansible_play_hosts) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The lines of the table, the first one with the names of its columns.
  type: list
  elements: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.outcome import outcome


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"outcome": outcome}
