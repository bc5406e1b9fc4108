#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_followers
short_description: Manage many follower indices of an Elasticsearch cluster at once
description:
  - Makes indices of the local cluster follow, or the like, with three reads for all of them and writes of several at a time.
  - Each follower is treated as by M(crosscluster.elasticsearch.ccr_follow). What stands in the way of any of them is found, and
    told for all, before the first one is changed.
  - Followers that are not among O(followers) are left alone.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  followers:
    description: The followers. With another O(state) than V(present) only O(followers[].follower_index) is needed.
    type: list
    elements: dict
    required: true
    suboptions:
      follower_index:
        description: The name of the index that follows, without wildcards.
        type: str
        required: true
      remote_cluster:
        description: The alias of the leader's cluster. Compared, where given, with another O(state) than V(present).
        type: str
      leader_index:
        description: The name of the index that is followed. Compared, where given, with another O(state) than V(present).
        type: str
      parameters:
        description:
          - How the follower reads and writes. Sizes and times have a unit, and are compared by value, so that V(60s) is V(1m).
          - A parameter that is not given stays as it is, or gets its default when a paused follower is resumed.
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
      parameters_exact:
        description: Whether a parameter that is not given shall have the default of the server, instead of what it has.
        type: bool
        default: false
      settings:
        description:
          - Settings that the follower has instead of those of its leader, with full names as C(index.number_of_replicas).
          - Used only when the index is created.
        type: dict
      data_stream_name:
        description: Name of the local data stream for a backing index. Used only when the index is created.
        type: str
  parallel:
    description:
      - How many followers are changed at a time, from 1 to 100. With O(wait=true), the next one is begun only when one of them
        truly follows, so that no more than these are copied at a time.
    type: int
    default: 10
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.follow
  - crosscluster.elasticsearch.leader_clusters
seealso:
  - module: crosscluster.elasticsearch.ccr_follow
  - module: crosscluster.elasticsearch.ccr_follow_info
  - module: crosscluster.elasticsearch.ccr_auto_follow_patterns
"""

EXAMPLES = r"""
- name: Follow indices of Paris in London
  crosscluster.elasticsearch.ccr_followers:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    followers:
      - {follower_index: metrics-1, remote_cluster: paris, leader_index: metrics-1}
      - follower_index: metrics-2
        remote_cluster: paris
        leader_index: metrics-2
        parameters: {read_poll_timeout: 30s}
    wait: true
  delegate_to: localhost

- name: Pause follower indices while Paris is upgraded
  crosscluster.elasticsearch.ccr_followers:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    followers: [{follower_index: metrics-1}, {follower_index: metrics-2}]
    state: paused
  delegate_to: localhost
"""

RETURN = r"""
followers:
  description: What was wished for, by the name of the index.
  returned: success
  type: dict
  contains:
    follower:
      description: The index as it now is, or would be; empty when it is absent.
      type: dict
      returned: success
      contains:
        follower_index:
          description: The name of the index.
          type: str
          returned: success
        remote_cluster:
          description: The alias of the leader's cluster; V(null) when nothing is followed.
          type: str
          returned: success
        leader_index:
          description: The leader; V(null) when nothing is followed.
          type: str
          returned: success
        state:
          description: V(following), V(copying), V(copy_failed), V(paused) or V(unfollowed), which is an ordinary index.
          type: str
          returned: success
        open:
          description: Whether the index is open.
          type: bool
          returned: success
        parameters:
          description: All ten parameters of what follows; V(null) otherwise, as the server does not keep them.
          type: dict
          returned: success
    action:
      description:
        - What was done, or would be.
          V(created), V(changed), V(resumed), V(opened), V(restarted) (after a fatal error), V(recreated), V(paused),
          V(unfollowed), V(deleted) or V(unchanged).
      type: str
      returned: success
    health:
      description: How it is at the end of the run; V(null) in check mode when something would change.
      type: dict
      returned: success
      contains:
        status:
          description:
            - V(healthy), V(retrying) (the server tries again by itself), V(broken), V(copying), V(paused), V(unfollowed) (an
              ordinary index), V(absent), or V(unknown).
          type: str
          returned: success
        cause:
          description: Name of the cause, as docs/replication-diagnosis.md lists them; empty where nothing is wrong.
          type: str
          returned: success
        summary:
          description: What is so, in a sentence.
          type: str
          returned: success
        remedy:
          description: What to do about it; empty where nothing is wrong.
          type: str
          returned: success
        lag:
          description: Operations that the follower is behind its leader, over all shards; V(null) when the server does not
            tell.
          type: int
          returned: success
        time_since_last_read_millis:
          description: Milliseconds since the shard that has waited longest has read; V(null) before its first read.
          type: int
          returned: success
        shards_following:
          description: How many shards read from the leader.
          type: int
          returned: success
        shards:
          description: How many shards the index has.
          type: int
          returned: success
failures:
  description: Name of a follower to why it is not as wished, where some of many have failed. The others are as wished.
  returned: failure
  type: dict
leases_left:
  description:
    - What the leaders still keep for followers that are gone, because they could not be reached or because an index was deleted
      while it was copied. Each entry is the request that takes it away, to be sent to the leader's cluster. It is sent by
      the module itself where O(leader_clusters) has that cluster. Otherwise it goes by itself, after 12 hours by default.
  returned: success
  type: list
  elements: dict
  sample:
    - remote_cluster: paris
      method: POST
      path: /metrics-1/_ccr/forget_follower
      body:
        follower_cluster: london
        follower_index: metrics-1
        follower_index_uuid: 6Zt1sGfXTAyCRa0ehjYsYQ
        leader_remote_cluster: paris
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: '/*,.*/_ccr/info', status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_follow
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import (
    follow_arguments,
    follow_parameters_arguments,
    leader_clusters_argument,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    common = {option: call.params[option] for option in follow_arguments()}
    return ccr_follow.plan(call, [dict(common, **follower) for follower in call.params["followers"]])


def main() -> None:
    run_module(
        run,
        dict(
            follow_arguments(),
            followers=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    follower_index=dict(type="str", required=True),
                    remote_cluster=dict(type="str"),
                    leader_index=dict(type="str"),
                    parameters=follow_parameters_arguments(),
                    parameters_exact=dict(type="bool", default=False),
                    settings=dict(type="dict"),
                    data_stream_name=dict(type="str"),
                ),
            ),
            parallel=dict(type="int", default=10),
            leader_clusters=leader_clusters_argument(),
        ),
    )


if __name__ == "__main__":
    main()
