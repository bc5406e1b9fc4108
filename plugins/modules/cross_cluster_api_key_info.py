#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_cluster_api_key_info
short_description: List cross-cluster API keys of an Elasticsearch cluster
description:
  - Lists the keys with what they may read, their owner, their state and the mark of this collection. Secrets can't be read.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  local_cluster:
    description: Only keys that this collection made for the local cluster of this UUID, and those of O(ids).
    type: str
  ids:
    description: Only the keys of these ids, and those for O(local_cluster).
    type: list
    elements: str
  name:
    description: Only keys of this name.
    type: str
  managed:
    description: Only keys that this collection made for an alias or a grant, and those of the other options.
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.cross_cluster_api_keys
"""

EXAMPLES = r"""
- name: List cross-cluster API keys of Paris
  crosscluster.elasticsearch.cross_cluster_api_key_info:
    url: https://paris.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: paris_keys
"""

RETURN = r"""
api_keys:
  description: The keys, oldest first.
  returned: success
  type: list
  elements: dict
  sample:
    - id: VuaCfGcBCdbkQm-e5aOx
      name: crosscluster-london-paris
      owner: granter
      realm: default_native
      access: {search: [{names: ['logs-*']}]}
      certificate_identity: null
      metadata: {}
      manager: null
      managed: true
      local_cluster: 8wlbYGbbRlqFJpgSYmRRYA
      alias: paris
      addresses: ['10.0.0.1:9300']
      creation: 1700000000000
      expiration: null
      state: active
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cross_cluster_api_key as keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    p = call.params
    clauses = []
    if p["local_cluster"]:
        clauses.append(keys.marked_for(p["local_cluster"]))
    if p["managed"]:
        clauses.append(keys.MARKED)
    if p["ids"]:
        clauses.append({"ids": {"values": p["ids"]}})
    if p["name"]:
        clauses.append({"term": {"name": p["name"]}})
    found, _now = reads.api_keys(call.client, clauses, call.warn)
    return reading(api_keys=[k.described() for k in found])


def main() -> None:
    run_module(
        run,
        dict(
            local_cluster=dict(type="str"),
            ids=dict(type="list", elements="str"),
            name=dict(type="str"),
            managed=dict(type="bool", default=False),
        ),
        whole=[("api_keys", "alias"), ("api_keys", "id")],
    )


if __name__ == "__main__":
    main()
