#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_cluster_info
short_description: Prove the remote clusters of an Elasticsearch cluster, on every node
description:
  - Tells for each alias how it is set, and for each node of the local cluster whether that node can really use it.
  - Every node is asked to reach the remote cluster now (C(GET _resolve/cluster)), because C(connected) in C(GET _remote/info)
    stays true when a key is invalid. What is wrong is named with its cause and a remedy.
  - Nodes are asked from where the module runs, at their HTTP publish addresses. Each has to answer itself. An address that
    belongs to several nodes, or at which another one answers, such as that of a load balancer, proves nothing.
    Of nodes that can't be asked so, M(crosscluster.elasticsearch.node_remote_cluster_info) tells it on their own machines.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  aliases:
    description: The aliases that are wanted. All of them when not given. One that is not there is reported as broken.
    type: list
    elements: str
  each_node:
    description:
      - Whether every node is asked. Otherwise only the one behind O(url) is, which is all that a managed cluster allows.
    type: bool
    default: true
  node_urls:
    description: Where to reach the API of a node (node name to URL) when its HTTP publish address is not for the controller.
    type: dict
  seen_by_nodes:
    description:
      - What M(crosscluster.elasticsearch.node_remote_cluster_info) has returned in RV(crosscluster.elasticsearch.node_remote_cluster_info#module:seen)
        of nodes that can't be asked from where this module runs, by node name.
    type: dict
    default: {}
  deadline:
    description: Seconds that a node may take to reach a remote cluster.
    type: float
    default: 10
  security_models:
    description: The security model that each alias shall have, V(api_key) or V(certificate), by alias.
    type: dict
    default: {}
  node_evidence:
    description:
      - What M(crosscluster.elasticsearch.node_info) found on the nodes, by node name. It tells why, where the server does not.
    type: dict
    default: {}
  api_keys:
    description:
      - What M(crosscluster.elasticsearch.cross_cluster_api_key_info) found on the remote clusters, to tell which key a node holds.
    type: list
    elements: dict
    default: []
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.remote_clusters
  - module: crosscluster.elasticsearch.node_info
"""

EXAMPLES = r"""
- name: Resolve remote clusters on each node of London
  crosscluster.elasticsearch.remote_cluster_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: london

- name: Check that every node can use every remote cluster
  ansible.builtin.assert:
    that: london.proven
    fail_msg: "{{ london.report }}"
"""

RETURN = r"""
remote_clusters:
  description: What was found, by alias.
  returned: success
  type: dict
  contains:
    settings:
      description: The settings, in the words of the options of M(crosscluster.elasticsearch.remote_cluster).
      type: dict
      returned: success
    managed:
      description: Whether this collection has made the alias.
      type: bool
      returned: success
    origin:
      description: Where it is set, V(persistent), V(transient), V(configuration) (the file of a node) or V(nowhere).
      type: str
      returned: success
    proven:
      description: Whether every node can use it.
      type: bool
      returned: success
    nodes:
      description: One entry for each node, with its name, connection mode, security model, status, cause, summary and remedy.
      type: list
      elements: dict
      returned: success
      sample: [{node: lon-1, mode: proxy, security_model: api_key, status: broken, cause: key_invalidated, summary: …, remedy: …}]
proven:
  description: Whether every alias is proven on every node. False where there is no alias.
  returned: success
  type: bool
report:
  description: A line for each alias and node, to be read by people.
  returned: success
  type: list
  elements: str
not_asked:
  description: Why a node could not be asked itself, by name; of such a node nothing is proven.
  returned: success
  type: dict
  sample: {"lon-2": "at https://london.example:9200 it is lon-1 that answers"}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import proof, reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    p = call.params
    have = reads.remote_clusters(call.client)
    nodes = reads.nodes(call.client)
    if p["each_node"]:
        seen = reads.seen_from_each(call.client, nodes, p["deadline"], p["node_urls"], p["aliases"], p["seen_by_nodes"])
    else:
        seen = {"(the node that answers)": reads.seen_from(call.client, p["deadline"], p["aliases"])}
    evidence = proof.Evidence(
        have=have,
        nodes=nodes,
        seen=seen,
        license=reads.license_of(call.client),
        security_models=p["security_models"],
        node_evidence=p["node_evidence"],
        api_keys=p["api_keys"],
    )
    return reading(**proof.prove(evidence, p["aliases"]))


def main() -> None:
    run_module(
        run,
        dict(
            aliases=dict(type="list", elements="str"),
            each_node=dict(type="bool", default=True),
            node_urls=dict(type="dict"),
            seen_by_nodes=dict(type="dict", default={}),
            deadline=dict(type="float", default=10),
            security_models=dict(type="dict", default={}),
            node_evidence=dict(type="dict", default={}),
            api_keys=dict(type="list", elements="dict", default=[], no_log=False),
        ),
    )


if __name__ == "__main__":
    main()
