#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: reload_secure_settings
short_description: Reload secure settings on the nodes of an Elasticsearch cluster
description:
  - Asks all nodes to reload their secure settings and reads the answer of each node, because the API answers 200 even when nodes
    have failed.
  - A reload does not check a credential. Prove the remote clusters with M(crosscluster.elasticsearch.remote_cluster_info).
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  keystore_password:
    description: Password of the keystores, where they have one. It must be the same on all nodes.
    type: str
  nodes:
    description: Only these nodes (names or ids).
    type: list
    elements: str
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
attributes:
  diff_mode:
    support: none
    details: There is nothing to compare.
  idempotent:
    support: none
    details: It is an action; run it after a keystore has changed.
seealso:
  - module: crosscluster.elasticsearch.keystore
"""

EXAMPLES = r"""
- name: Reload secure settings on all nodes of London
  crosscluster.elasticsearch.reload_secure_settings:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
  delegate_to: localhost
"""

RETURN = r"""
nodes:
  description: Names of the nodes that have reloaded, or would.
  returned: success
  type: list
  elements: str
keystores:
  description:
    - What each node tells of the keystore that it has read, C(path) and C(digest) (SHA-256 of the file).
    - Without the nodes that do not tell, which those before Elasticsearch 9.3 do not, and empty in check mode.
  returned: success
  type: dict
  sample: {lon-1: {path: /etc/elasticsearch/elasticsearch.keystore, digest: 5d41402abc4b2a76b9719d911017c592}}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import secure_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    nodes = call.params["nodes"]
    request = secure_settings.reload(nodes, call.params["keystore_password"])
    # Only check mode has to ask for what the answer of the reload tells.
    names = secure_settings.fitting(reads.node_names(call.client, nodes)) if call.check_mode else []
    return Plan(
        before=None,
        after=None,
        requests=[request],
        result=dict(nodes=names, keystores={}),
        finish=lambda answers: dict(
            nodes=secure_settings.reloaded(answers[0]), keystores=secure_settings.keystores(answers[0])
        ),
    )


def main() -> None:
    run_module(
        run,
        dict(
            keystore_password=dict(type="str", no_log=True),
            nodes=dict(type="list", elements="str"),
        ),
    )


if __name__ == "__main__":
    main()
