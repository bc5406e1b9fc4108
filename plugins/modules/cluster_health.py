#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_health
short_description: Read the health of an Elasticsearch cluster, or wait for it
description:
  - Tells the health and the nodes of a cluster, or waits until both are as they should be, also while the cluster gives no answer.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  wait_for_status:
    description: The status to wait for, or a better one. No shard may be on its way to a node any more, either.
    type: str
    choices: [green, yellow, red]
  wait_for_nodes:
    description:
      - Names of nodes that have to be in the cluster, each with a time in milliseconds since 1970, such as RV(nodes) gave before
        it was restarted. The node must have been started at another time; V(0) is any.
    type: dict
    default: {}
  wait_for_listener:
    description: Whether these nodes must have their remote cluster server listening, too.
    type: bool
    default: false
  wait_without:
    description:
      - The name of a node that is to be restarted, without which the cluster has to keep a majority of those that vote for a master,
        and a node that can be it.
    type: str
  masters:
    description:
      - How many master-eligible nodes a cluster has that can't do without O(wait_without), because there are too few of them. As
        long as it has all of them, that is not waited for.
    type: int
    default: 0
  wait_timeout:
    description: Seconds to wait.
    type: float
    default: 60
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
attributes:
  diff_mode:
    support: none
    details: It only reads.
seealso:
  - module: crosscluster.elasticsearch.shard_allocation
"""

EXAMPLES = r"""
- name: Wait until the node has joined and all shards are allocated
  crosscluster.elasticsearch.cluster_health:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
    wait_for_status: green
    wait_for_nodes: {lon-1: "{{ before.nodes['lon-1'] }}"}
  delegate_to: localhost
"""

RETURN = r"""
status:
  description: The status; not returned when something is waited for.
  returned: where nothing is waited for
  type: str
  sample: green
nodes:
  description: When each node was started, in milliseconds since 1970, by name; not returned when something is waited for.
  returned: where nothing is waited for
  type: dict
  sample: {lon-1: 1700000000000}
voting:
  description:
    - Who votes for a master; not returned when something is waited for. C(configurations) are lists of ids of nodes, a majority of
      each of which is needed; C(excluded) are ids, C(masters) the master-eligible nodes that are in the cluster.
  returned: where nothing is waited for
  type: dict
  sample: {configurations: [[2Y0ZvJ1mQ4CkkyG6yBxCwg]], excluded: [], masters: [{id: 2Y0ZvJ1mQ4CkkyG6yBxCwg, name: lon-1, voting_only: false}]}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/health, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    p = call.params
    if not p["wait_for_status"] and not p["wait_for_nodes"] and not p["wait_without"]:
        return reading(**reads.health(call.client))
    wanted = {name: int(started) for name, started in p["wait_for_nodes"].items()}
    return Plan(
        reads_only=True,
        until=lambda left: reads.unhealthy(
            call.client,
            p["wait_for_status"],
            wanted,
            p["wait_for_listener"],
            left,
            without=p["wait_without"],
            masters=p["masters"],
        ),
    )


def main() -> None:
    run_module(
        run,
        dict(
            wait_for_status=dict(type="str", choices=["green", "yellow", "red"]),
            wait_for_nodes=dict(type="dict", default={}),
            wait_for_listener=dict(type="bool", default=False),
            wait_without=dict(type="str"),
            masters=dict(type="int", default=0),
            wait_timeout=dict(type="float", default=60),
        ),
    )


if __name__ == "__main__":
    main()
