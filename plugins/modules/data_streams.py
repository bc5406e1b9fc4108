#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: data_streams
short_description: Promote replicated data streams, or delete data streams
description:
  - Makes ordinary data streams of replicated ones, so that they can be written and rolled over here. They can't follow any more.
  - Or deletes data streams with all that they hold.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  names:
    description: Names of the data streams, without wildcards.
    type: list
    elements: str
    required: true
  state:
    description: V(promoted) to let them be written; V(absent) to delete them with their indices.
    type: str
    choices: [promoted, absent]
    default: promoted
  rollover:
    description:
      - Whether a data stream that is promoted gets a new index to be written. Without it, its newest index is written, as soon as
        that is unfollowed.
      - It needs an index template that matches the data stream.
    type: bool
    default: false
  indices:
    description:
      - With O(state=absent), the indices that a data stream may have, by name and UUID. Nothing is deleted when it has others.
    type: dict
    default: {}
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.index_info
"""

EXAMPLES = r"""
- name: Promote a replicated data stream
  crosscluster.elasticsearch.data_streams:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    names: [logs-app-default]
  delegate_to: localhost
"""

RETURN = r"""
data_streams:
  description: The data streams that are ordinary ones now, or would be.
  returned: success
  type: list
  elements: str
promoted:
  description: Those of them that were replicated.
  returned: success
  type: list
  elements: str
deleted:
  description: The data streams that were deleted, or would be.
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
    have = reads.indices(call.client, p["names"])
    if p["state"] == "absent":
        return index.without_data_streams(have, p["names"], p["indices"])
    return index.promotion(have, p["names"], p["rollover"])


def main() -> None:
    run_module(
        run,
        dict(
            names=dict(type="list", elements="str", required=True),
            state=dict(type="str", choices=["promoted", "absent"], default="promoted"),
            rollover=dict(type="bool", default=False),
            indices=dict(type="dict", default={}),
        ),
    )


if __name__ == "__main__":
    main()
