#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ccr_auto_follow
short_description: Manage one auto-follow pattern of an Elasticsearch cluster
description:
  - Lets the local cluster follow what is created on a remote cluster under certain names (cross-cluster replication).
  - A pattern is described as a whole. What is not given is taken away from one that is there.
  - A pattern of which nothing differs is not written, because writing replaces the credentials that the server has stored with
    it.
  - Every name must fit one pattern of a remote cluster only, or it is not followed at all. A pattern that another one of the
    same
    remote cluster has already is refused; one that may meet another one is warned about, also when that is paused.
  - Elasticsearch looks at a pattern that was changed, and tries again what it could not follow, only when the metadata of the remote
    cluster changes next, as by an index that is created there.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  name:
    description: The name of the pattern.
    type: str
    required: true
  remote_cluster:
    description:
      - The alias of the leaders' cluster. Required together with O(leader_index_patterns), unless only O(active) shall be set
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
    description: Whether new indices are followed. Those that are created while it is V(false) are followed later, when it is
      V(true).
    type: bool
    default: true
  state:
    description: Whether the pattern shall be there. The followers that it has made stay.
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
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.follow_parameters.auto_follow
seealso:
  - module: crosscluster.elasticsearch.ccr_auto_follow_patterns
  - module: crosscluster.elasticsearch.ccr_auto_follow_info
  - module: crosscluster.elasticsearch.ccr_followers
"""

EXAMPLES = r"""
- name: Follow new metrics indices of Paris in London
  crosscluster.elasticsearch.ccr_auto_follow:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    name: paris-metrics
    remote_cluster: paris
    leader_index_patterns: ["metrics-*"]
    leader_index_exclusion_patterns: ["*-from-london"]
    follow_index_pattern: "{% raw %}{{leader_index}}{% endraw %}-from-paris"
  delegate_to: localhost

- name: Pause the auto-follow pattern
  crosscluster.elasticsearch.ccr_auto_follow:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    name: paris-metrics
    active: false
  delegate_to: localhost
"""

RETURN = r"""
pattern:
  description: The pattern as it now is, or would be; empty when it is absent.
  returned: success
  type: dict
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
  returned: success
  type: str
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
    plan = ccr_auto_follow.plan(call, [call.params])
    return ccr_auto_follow.of_one(plan, call.params["name"])


def main() -> None:
    run_module(
        run,
        dict(
            auto_follow_arguments(),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            force=dict(type="bool", default=False),
            master_timeout=dict(type="str"),
        ),
        required_together=[("remote_cluster", "leader_index_patterns")],
    )


if __name__ == "__main__":
    main()
