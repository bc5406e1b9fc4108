# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: credential_doubts
short_description: Find the nodes that may use another credential than the newest one
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - A remote cluster that a node reaches proves some credential, which may be an older one that is still valid. This tells of which
    nodes it is not shown that they use the one in the keystore that was written.
  - Used by the role P(crosscluster.elasticsearch.remote_cluster#role) before it invalidates keys.
positional: _input, proof, before, keystores
options:
  _input:
    description: Loop results of M(crosscluster.elasticsearch.node_info), one for each node.
    type: list
    elements: dict
    required: true
  proof:
    description: Result of M(crosscluster.elasticsearch.remote_cluster_info).
    type: dict
    required: true
  before:
    description: Those loop results as they were when the secure settings were reloaded.
    type: list
    elements: dict
    required: true
  keystores:
    description: What RV(crosscluster.elasticsearch.reload_secure_settings#module:keystores) has.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Check that each node uses the credential of the keystore
  ansible.builtin.assert:
    that: found.doubts == []
  vars:
    found: >-
      {{ london_nodes.results | crosscluster.elasticsearch.credential_doubts(
           proof, london_nodes_before.results, reloaded.keystores) }}
"""

RETURN = r"""
_value:
  description: What is in doubt.
  type: dict
  contains:
    doubts:
      description: One entry for each node, with the reason and what to do.
      type: list
      elements: str
    meanwhile:
      description: Inventory hosts to which another run has given other credentials meanwhile.
      type: list
      elements: str
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.credential_proof import doubts


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"credential_doubts": doubts}
