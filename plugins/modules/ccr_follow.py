#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_follow
short_description: Manage one follower index of an Elasticsearch cluster
description:
  - Makes an index of the local cluster follow an index of a remote cluster (cross-cluster replication), pauses it, makes it an
    ordinary index, or deletes it.
  - What the server calls active need not be healthy, and what it calls paused may still be copied. The module tells these
    apart.
  - Each step that another one needs is undone when that one fails. An index that was closed to be unfollowed is opened again.
  - The server stores the credentials of whoever creates or resumes a follower and reads from the leader with them. Use a
    lasting account, not a token that expires.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  follower_index:
    description: The name of the index that follows, without wildcards.
    type: str
    required: true
  remote_cluster:
    description:
      - The alias of the leader's cluster, see M(crosscluster.elasticsearch.remote_cluster). Required with O(state=present).
      - With another O(state) it is compared, where given, so that no other follower is touched.
    type: str
  leader_index:
    description:
      - The name of the index that is followed, without wildcards; no alias and no data stream. Required with O(state=present).
      - With another O(state) it is compared, where given, so that no other follower is touched.
    type: str
  parameters_exact:
    description: Whether a parameter that is not given shall have the default of the server, instead of what it has.
    type: bool
    default: false
  settings:
    description:
      - Settings that the follower has instead of those of its leader, with full names as C(index.number_of_replicas).
      - Used only when the index is created. Change them later as those of any index.
    type: dict
  data_stream_name:
    description:
      - Name of the local data stream when the leader is the backing index of one and the local stream is named otherwise.
      - Used only when the index is created. From Elasticsearch 8.4 on.
    type: str
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.follow
  - crosscluster.elasticsearch.follow_parameters
  - crosscluster.elasticsearch.leader_clusters
seealso:
  - module: crosscluster.elasticsearch.ccr_followers
  - module: crosscluster.elasticsearch.ccr_follow_info
  - module: crosscluster.elasticsearch.ccr_auto_follow
  - name: Cross-cluster replication
    description: How replication works, in the documentation of Elasticsearch.
    link: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication
"""

EXAMPLES = r"""
- name: Follow the metrics index of Paris in London
  crosscluster.elasticsearch.ccr_follow:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    follower_index: metrics-paris
    remote_cluster: paris
    leader_index: metrics
    parameters:
      max_read_request_size: 16mb
      read_poll_timeout: 30s
    settings:
      index.number_of_replicas: 0
    wait: true
    max_lag: 1000
  delegate_to: localhost

- name: Convert the follower index to an ordinary index, also when Paris is lost
  crosscluster.elasticsearch.ccr_follow:
    url: https://london.example:9200
    api_key: "{{ vault_operator_api_key }}"
    follower_index: metrics-paris
    state: unfollowed
    open: true
  delegate_to: localhost

- name: Restart a stopped follower index, from a new copy if necessary
  crosscluster.elasticsearch.ccr_follow:
    url: https://london.example:9200
    api_key: "{{ vault_operator_api_key }}"
    follower_index: metrics-paris
    remote_cluster: paris
    leader_index: metrics
    on_fatal: restart
    recreate: true
  delegate_to: localhost
"""

RETURN = r"""
follower:
  description: The index as it now is, or would be; empty when it is absent.
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
  returned: success
  type: str
health:
  description: How it is at the end of the run; V(null) in check mode when something would change.
  returned: success
  type: dict
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
      description: Operations that the follower is behind its leader, over all shards; V(null) when the server does not tell.
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
  sample: [{method: GET, path: /metrics-paris/_ccr/info, status: 200}]
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
    plan = ccr_follow.plan(call, [call.params])
    return ccr_follow.of_one(plan, call.params["follower_index"])


def main() -> None:
    run_module(
        run,
        dict(
            follow_arguments(),
            follower_index=dict(type="str", required=True),
            remote_cluster=dict(type="str"),
            leader_index=dict(type="str"),
            parameters=follow_parameters_arguments(),
            parameters_exact=dict(type="bool", default=False),
            settings=dict(type="dict"),
            data_stream_name=dict(type="str"),
            leader_clusters=leader_clusters_argument(),
        ),
        required_if=[("state", "present", ("remote_cluster", "leader_index"))],
    )


if __name__ == "__main__":
    main()
