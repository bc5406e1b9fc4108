# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: remote_cluster_server_outcome
short_description: Describe the state of a node that could not be restarted with its new settings
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Says in a sentence what was put back on the node, and whether it runs.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster_server#role).
positional: _input, restarted, not_back
options:
  _input:
    description: What M(crosscluster.elasticsearch.node_files) with O(crosscluster.elasticsearch.node_files#module:state=restored) answered.
    type: dict
    required: true
  restarted:
    description: Whether the restart of the node had begun.
    type: bool
    required: true
  not_back:
    description: Why it is not in the cluster after it was restarted with its old file; empty when it is.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Report the state of the node after a failed restart
  ansible.builtin.debug:
    msg: "{{ put_back | crosscluster.elasticsearch.remote_cluster_server_outcome(true) }}"
"""

RETURN = r"""
_value:
  description: The sentence.
  type: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.restart import outcome


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"remote_cluster_server_outcome": outcome}
