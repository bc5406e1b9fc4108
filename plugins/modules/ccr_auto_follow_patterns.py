#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_auto_follow_patterns
short_description: Manage many auto-follow patterns of an Elasticsearch cluster at once
description:
  - Sets or removes auto-follow patterns with two reads for all of them and writes of several at a time.
  - Each pattern is treated as by M(crosscluster.elasticsearch.ccr_auto_follow).
  - Patterns that are not among O(patterns) are left alone.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  patterns:
    description: The patterns. With O(state=absent) only O(patterns[].name) counts.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name of the pattern.
        type: str
        required: true
      remote_cluster:
        description:
          - The alias of the leaders' cluster. Required together with O(patterns[].leader_index_patterns), unless only
            O(patterns[].active) shall be set
            of a pattern that is there.
          - That of a pattern that is there is changed only with O(force=true).
        type: str
      leader_index_patterns:
        description:
          - Which indices are followed, with C(*) as wildcard. The name of a data stream stands for its backing indices.
          - Only indices that are created later are followed; what exists is not.
        type: list
        elements: str
      leader_index_exclusion_patterns:
        description: Which of them are not followed. Clusters that follow each other need this, so that no copy is copied back.
        type: list
        elements: str
        default: []
      follow_index_pattern:
        description:
          - The name of the followers, in which C({{leader_index}}) is the name of the leader. The same name without it.
          - In a playbook write C({% raw %}{{leader_index}}-copy{% endraw %}), or an Ansible V(!unsafe) string.
        type: str
      settings:
        description:
          - Settings that the followers have instead of those of their leaders, with full names as C(index.number_of_replicas).
        type: dict
      active:
        description: Whether new indices are followed. Those that are created while it is V(false) are followed later, when it
          is V(true).
        type: bool
        default: true
      parameters:
        description:
          - How the follower reads and writes. Sizes and times have a unit, and are compared by value, so that V(60s) is V(1m).
          - They are those of the followers that the pattern makes later. What is not given gets the default of the server.
        type: dict
        suboptions:
          max_read_request_operation_count:
            description: How many operations one read from the leader fetches at most. The server's default is 5120.
            type: int
          max_outstanding_read_requests:
            description: How many reads from the leader are under way at a time. The server's default is 12.
            type: int
          max_read_request_size:
            description: Size of one read from the leader, as V(32mb), which is the server's default.
            type: str
          max_write_request_operation_count:
            description: How many operations one bulk write to the follower has at most. The server's default is 5120.
            type: int
          max_write_request_size:
            description: Size of one bulk write to the follower, as V(10mb). The server's default is no limit.
            type: str
          max_outstanding_write_requests:
            description: How many bulk writes to the follower are under way at a time. The server's default is 9.
            type: int
          max_write_buffer_count:
            description:
              - How many operations are kept in memory to be written. Reading pauses at this. The server's default is
                no limit.
            type: int
          max_write_buffer_size:
            description:
              - Size of the operations that are kept in memory to be written, as V(512mb), which is the server's
                default.
            type: str
          max_retry_delay:
            description:
              - How long to wait at most before a failed operation is tried again, more than 0 and at most V(5m). The
                server's default is V(500ms).
            type: str
          read_poll_timeout:
            description: How long a read waits for new operations on the leader. The server's default is V(1m).
            type: str
  state:
    description: Whether the patterns shall be there. The followers that they have made stay.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Whether the remote cluster of a pattern that is there is changed. All indices of the new one that match are followed
        then,
        also those that exist.
    type: bool
    default: false
  master_timeout:
    description:
      - How long the server waits for an elected master, as V(30s). Servers before 8.14 may not know it, so that nothing is sent
        without it.
    type: str
  parallel:
    description: How many patterns are changed at a time, from 1 to 100.
    type: int
    default: 5
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.ccr_auto_follow
  - module: crosscluster.elasticsearch.ccr_auto_follow_info
  - module: crosscluster.elasticsearch.ccr_followers
"""

EXAMPLES = r"""
- name: Follow new indices of Paris and Rome in London
  crosscluster.elasticsearch.ccr_auto_follow_patterns:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    patterns:
      - {name: paris-metrics, remote_cluster: paris, leader_index_patterns: ["metrics-*"]}
      - {name: rome-logs, remote_cluster: rome, leader_index_patterns: ["logs-*"]}
  delegate_to: localhost
"""

RETURN = r"""
patterns:
  description: What was wished for, by name.
  returned: success
  type: dict
  contains:
    pattern:
      description: The pattern as it now is, or would be; empty when it is absent.
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
    action:
      description: What was done, or would be. V(created), V(changed), V(paused), V(resumed), V(deleted) or V(unchanged).
      type: str
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
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_ccr/auto_follow, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_auto_follow
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import auto_follow_arguments
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    common = {option: call.params[option] for option in ("state", "force", "master_timeout")}
    return ccr_auto_follow.plan(call, [dict(common, **pattern) for pattern in call.params["patterns"]])


def main() -> None:
    run_module(
        run,
        dict(
            patterns=dict(
                type="list",
                elements="dict",
                required=True,
                options=auto_follow_arguments(),
                required_together=[("remote_cluster", "leader_index_patterns")],
            ),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            force=dict(type="bool", default=False),
            master_timeout=dict(type="str"),
            parallel=dict(type="int", default=5),
        ),
    )


if __name__ == "__main__":
    main()
