#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: indices
short_description: Block writes to indices, or delete them
description:
  - Blocks writes to indices, waiting for those that are under way, or lets them be written again, or deletes the indices. What was
    counted before they are blocked may be less than what they hold; what is counted afterwards stays.
  - An index is meant by name and UUID. One that has got the name meanwhile is never touched, and when there is such a one, nothing is
    changed at all.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  indices:
    description: The indices.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of one index, without wildcards.
        type: str
        required: true
      uuid:
        description: Its UUID, as M(crosscluster.elasticsearch.index_info) tells it. Required with O(state=absent).
        type: str
  state:
    description: Whether the indices shall be there. They are never created.
    type: str
    choices: [present, absent]
    default: present
  write_block:
    description: Whether writes are blocked; as it is when this is not given.
    type: bool
  wait_timeout:
    description: Seconds to wait at most for writes that are under way when writes are blocked.
    type: float
    default: 60
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.index_info
"""

EXAMPLES = r"""
- name: Block writes on metrics-1
  crosscluster.elasticsearch.indices:
    url: https://paris.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    indices:
      - name: metrics-1
    write_block: true
  delegate_to: localhost
"""

RETURN = r"""
indices:
  description: The indices as they now are, or would be, by name, each with its C(uuid) and C(write_block).
  returned: success
  type: dict
  sample: {metrics-1: {uuid: 2Y0ZvJ1mQ4CkkyG6yBxCwg, write_block: true}}
deleted:
  description: The indices that were deleted, or would be.
  returned: success
  type: list
  elements: str
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/state/metadata, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import index
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    p = call.params
    index.check(p["indices"], p["state"])
    have = reads.indices(call.client, [want["name"] for want in p["indices"]])
    plan = index.plan(have, p["indices"], p["state"], p["write_block"])
    if p["indices"] and p["state"] == "present" and p["write_block"]:
        # For the write index of a data stream the server does not wait, and where a run was ended nobody has.
        plan.until = reads.write_ended(call.client)
    return plan


def main() -> None:
    one = dict(name=dict(type="str", required=True), uuid=dict(type="str"))
    run_module(
        run,
        dict(
            indices=dict(type="list", elements="dict", required=True, options=one),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            write_block=dict(type="bool"),
            wait_timeout=dict(type="float", default=60),
        ),
    )


if __name__ == "__main__":
    main()
