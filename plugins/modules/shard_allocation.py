#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: shard_allocation
short_description: Restrict or restore shard allocation while a node restarts
description:
  - Sets C(cluster.routing.allocation.enable) to V(primaries), so that the replicas of a node that restarts are not copied to other
    nodes, and back to what it was.
  - What it was is kept in the cluster itself, so that the next run completes one that was killed in between.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  state:
    description:
      - V(restricted) before a node restarts. What is as narrow already (V(none) or V(primaries)) stays as it is.
      - V(restored) afterwards. What somebody else has set meanwhile stays as it is.
    type: str
    choices: [restricted, restored]
    required: true
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.cluster_health
"""

EXAMPLES = r"""
- name: Restrict shard allocation to primaries
  crosscluster.elasticsearch.shard_allocation:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    state: restricted
  delegate_to: localhost
"""

RETURN = r"""
enable:
  description: Which shards may be allocated, as it now is, or would be.
  returned: success
  type: str
  sample: primaries
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import shard_allocation
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    answer = call.client.read("/_cluster/settings", "read which shards may be allocated", {"flat_settings": "true"})
    return shard_allocation.plan(shard_allocation.parse(answer), call.params["state"])


def main() -> None:
    run_module(run, dict(state=dict(type="str", choices=["restricted", "restored"], required=True)))


if __name__ == "__main__":
    main()
