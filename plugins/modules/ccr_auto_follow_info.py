#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_auto_follow_info
short_description: Read auto-follow patterns of an Elasticsearch cluster, with errors, cause and remedy
description:
  - Tells for each pattern how it is set, which others it meets, and what could not be followed lately, with cause and remedy.
  - The server keeps errors in the memory of the elected master only, so that no error is no proof.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  names:
    description: The names of the patterns that are wanted. All of them when not given. One that is not there is told as such.
    type: list
    elements: str
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.ccr_auto_follow
  - module: crosscluster.elasticsearch.ccr_follow_info
"""

EXAMPLES = r"""
- name: Read auto-follow patterns of London
  crosscluster.elasticsearch.ccr_auto_follow_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: london

- name: Check that no auto-follow pattern has failed
  ansible.builtin.assert:
    that: london.healthy
    fail_msg: "{{ london.report }}"
"""

RETURN = r"""
patterns:
  description: What was found, by name.
  returned: success
  type: dict
  contains:
    pattern:
      description: How it is set; empty when it is absent.
      type: dict
      returned: success
      contains:
        remote_cluster:
          description: The alias of the leaders' cluster.
          type: str
          returned: success
        leader_index_patterns:
          description: Which indices are followed.
          type: list
          elements: str
          returned: success
        leader_index_exclusion_patterns:
          description: Which of them are not.
          type: list
          elements: str
          returned: success
        follow_index_pattern:
          description: The name of the followers; V(null) when it is that of the leader.
          type: str
          returned: success
        settings:
          description: Settings of the followers, with full names and values as the server writes them, which is as text.
          type: dict
          returned: success
        parameters:
          description: The parameters that are set; the others have the defaults of the server.
          type: dict
          returned: success
        active:
          description: Whether new indices are followed.
          type: bool
          returned: success
    status:
      description: V(healthy), V(paused), V(broken), V(absent), or V(unknown) when the server does not tell errors.
      type: str
      returned: success
    overlaps:
      description: Names of other patterns of the same remote cluster, paused ones too, that may fit the same indices, which
        then are not followed.
      type: list
      elements: str
      returned: success
    errors:
      description: What the server could not follow lately, with cause and remedy. V(null) when it does not tell.
      type: list
      elements: dict
      returned: success
      contains:
        leader_index:
          description: The index that could not be followed; V(null) when the remote cluster could not be asked.
          type: str
          returned: success
        timestamp:
          description: Milliseconds since 1970.
          type: int
          returned: success
        cause:
          description: Name of the cause, as docs/replication-diagnosis.md lists them.
          type: str
          returned: success
        summary:
          description: What is so, in a sentence.
          type: str
          returned: success
        remedy:
          description: What to do about it.
          type: str
          returned: success
healthy:
  description: Whether every pattern is active and has no error.
  returned: success
  type: bool
report:
  description: A line for each pattern and error, to be read by people.
  returned: success
  type: list
  elements: str
counts:
  description: What the elected master has counted since it was elected; V(null) when it does not tell.
  returned: success
  type: dict
  sample: {successful_follow_indices: 4, failed_follow_indices: 0, failed_remote_cluster_state_requests: 0}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_ccr/auto_follow, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_auto_follow
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    return reading(**ccr_auto_follow.info(call))


def main() -> None:
    run_module(run, dict(names=dict(type="list", elements="str")))


if __name__ == "__main__":
    main()
