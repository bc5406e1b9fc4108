#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_remote_cluster_info
short_description: Resolve remote clusters on the machine of an Elasticsearch node
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - For a node that the controller can't ask, as behind a load balancer, NAT or a certificate for other names. The answer is
    for O(crosscluster.elasticsearch.remote_cluster_info#module:seen_by_nodes).
  - Runs on the node itself, and asks the API where the node's own server process listens, with TLS or without. That the
    process is the node's is told by the kernel, so that no certificate is looked at.
  - Only reads. It needs nothing but Python there, and root or the account of the server.
  - Who logs in at the API shows the node the same password, key or token as any request to it does. Use pipelining, without
    which they lie in a file on the node while the module runs.
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode).
  diff_mode:
    support: none
    description: Will return details on what has changed. There is nothing to change.
  idempotent:
    support: full
    description: When run twice in a row, with the same arguments, the second invocation indicates no change.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
options:
  node_id:
    description: The node's id; another one that answers is not asked.
    type: str
    required: true
  process:
    description: The number of its server process, as M(crosscluster.elasticsearch.node_info) tells it.
    type: int
    required: true
  ports:
    description: The ports of its HTTP, as M(crosscluster.elasticsearch.cluster_info) tells them.
    type: list
    elements: int
    required: true
  aliases:
    description: The aliases that are wanted. All of them when not given.
    type: list
    elements: str
  deadline:
    description: Seconds that the node may take to reach a remote cluster.
    type: float
    default: 10
  username:
    description: Who asks.
    type: str
  password:
    description: The password.
    type: str
  api_key:
    description: An encoded API key instead.
    type: str
  bearer_token:
    description: A token instead.
    type: str
seealso:
  - module: crosscluster.elasticsearch.remote_cluster_info
  - module: crosscluster.elasticsearch.node_info
"""

EXAMPLES = r"""
- name: Resolve remote clusters from the machine of the node
  crosscluster.elasticsearch.node_remote_cluster_info:
    node_id: "{{ node.node_info.node.id }}"
    process: "{{ node.node_info.process }}"
    ports: [9200]
    username: verifier
    password: "{{ vault_verifier_password }}"
  become: true
  register: node
"""

RETURN = r"""
seen:
  description: >-
    What the node sees: C(info), C(resolve), C(timed_out) and C(error); C(reached), whether it reaches all that are wanted;
    C(not_asked) says why it could not be asked.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import node_api


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "node_id": {"type": "str", "required": True},
            "process": {"type": "int", "required": True},
            "ports": {"type": "list", "elements": "int", "required": True},
            "aliases": {"type": "list", "elements": "str"},
            "deadline": {"type": "float", "default": 10},
            "username": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "api_key": {"type": "str", "no_log": True},
            "bearer_token": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, seen=node_api.seen(module.params))


if __name__ == "__main__":
    main()
