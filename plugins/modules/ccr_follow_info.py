#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_follow_info
short_description: Read follower indices of an Elasticsearch cluster, with state, lag, cause and remedy
description:
  - Tells for each follower its leader, state, parameters, lag and health, with the cause and a remedy of what is wrong.
  - A follower with an error that has stopped it is broken here, although the server calls it active; one that is still being
    copied is not called paused.
  - Needs the cluster privilege C(monitor), and C(manage_leader_index) or C(monitor) on the leaders for their leases.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  follower_indices:
    description:
      - The names of the indices that are wanted, without wildcards. All followers when not given. One that is not there, or is
        an
        ordinary index, is told as such.
    type: list
    elements: str
  remote_clusters:
    description: Only followers of these aliases, when O(follower_indices) is not given.
    type: list
    elements: str
  max_lag:
    description: How many operations a follower may at most be behind to be called healthy, over all its shards.
    type: int
  max_silence:
    description:
      - How long ago, as V(5m), every shard of a follower must have read at least, for the follower to be called healthy. A
        shard of a leader that gets
        no writes reads as often as O(ignore:read_poll_timeout) says, once a minute by default.
    type: str
    default: 5m
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.leader_clusters
seealso:
  - module: crosscluster.elasticsearch.ccr_follow
  - module: crosscluster.elasticsearch.ccr_followers
  - module: crosscluster.elasticsearch.ccr_auto_follow_info
"""

EXAMPLES = r"""
- name: Read follower indices of London
  crosscluster.elasticsearch.ccr_follow_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: london

- name: Check that all follower indices are healthy
  ansible.builtin.assert:
    that: london.healthy
    fail_msg: "{{ london.report }}"
"""

RETURN = r"""
followers:
  description: What was found, by the name of the index.
  returned: success
  type: dict
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
      description: V(following), V(copying), V(copy_failed), V(paused) or V(unfollowed), which is an ordinary index; or V(absent).
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
    index_uuid:
      description: The UUID of the index, which its leases on the leader are named after.
      type: str
      returned: success
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
    fatal:
      description: Whether a shard has stopped for good, so that the server does not try again.
      type: bool
      returned: success
    lag:
      description: Operations that the follower is behind its leader, over all shards; V(null) when the server does not tell.
      type: int
      returned: success
    time_since_last_read_millis:
      description: Milliseconds since the shard that has waited longest has read; V(null) before its first read.
      type: int
      returned: success
    replicated_operations:
      description: How many operations of its leader it has, over all shards; V(null) when the server does not tell.
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
    leases:
      description:
        - The leases of this follower on its leader, one a shard, by O(leader_clusters). V(null) where they were not asked for.
      type: list
      elements: dict
      returned: success
      sample: [{shard: 0, id: london/metrics/6Zt1sGfXTAyCRa0ehjYsYQ-following-paris/metrics/x, retaining_seq_no: 12, age_millis: 29000}]
healthy:
  description: Whether every follower follows; one that is copied, paused or not there does not.
  returned: success
  type: bool
report:
  description: A line for each follower, to be read by people.
  returned: success
  type: list
  elements: str
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: '/*,.*/_ccr/info', status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_follow
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import leader_clusters_argument
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    return reading(**ccr_follow.info(call))


def main() -> None:
    run_module(
        run,
        dict(
            follower_indices=dict(type="list", elements="str"),
            remote_clusters=dict(type="list", elements="str"),
            max_lag=dict(type="int"),
            max_silence=dict(type="str", default="5m"),
            leader_clusters=leader_clusters_argument(),
        ),
    )


if __name__ == "__main__":
    main()
