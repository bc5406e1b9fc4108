#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_metadata
short_description: Write metadata to the settings of an Elasticsearch cluster
description:
  - Sets C(cluster.metadata.*), settings that mean nothing to Elasticsearch. What stands there is kept by the cluster itself, and every
    controller can read it.
  - The playbooks of this collection note there what they have paused or failed over.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  metadata:
    description:
      - Names to values, without C(cluster.metadata.) before them. A map or a list is kept as JSON. V(null) takes a name away.
    type: dict
    default: {}
  names:
    description: Other names whose values are told.
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
"""

EXAMPLES = r"""
- name: Record the owner of the cluster
  crosscluster.elasticsearch.cluster_metadata:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    metadata:
      owner: search team
  delegate_to: localhost
"""

RETURN = r"""
metadata:
  description: The values of all names in O(metadata) and O(names) that are there, as they now are, or would be.
  returned: success
  type: dict
  sample: {owner: search team}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cluster_metadata
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    answer = call.client.read("/_cluster/settings", "read the metadata of the cluster", {"flat_settings": "true"})
    return cluster_metadata.plan(cluster_metadata.parse(answer), call.params["metadata"], call.params["names"])


def main() -> None:
    run_module(
        run,
        dict(metadata=dict(type="dict", default={}), names=dict(type="list", elements="str", default=[])),
    )


if __name__ == "__main__":
    main()
