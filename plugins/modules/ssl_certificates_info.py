#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificates_info
short_description: List the certificates that each node of a cluster is configured with
description:
  - Asks every node of a cluster, at its own address, which certificates are in the files of its TLS settings.
  - Elasticsearch reads the files anew for this answer, so it says nothing about what a node has loaded and shows to others.
    M(crosscluster.elasticsearch.certificate_files) proves that with TLS handshakes.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  serials:
    description: For nodes by their names, the serial numbers, hexadecimal, that are looked for.
    type: dict
    default: {}
  node_urls:
    description: Addresses of nodes, by their names, where they differ from those that the cluster knows.
    type: dict
    default: {}
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.certificate_files
"""

EXAMPLES = r"""
- name: Read certificates that the nodes have loaded
  crosscluster.elasticsearch.ssl_certificates_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: london
"""

RETURN = r"""
nodes:
  description: Node name to certificates, each with C(path), C(serial_number), C(subject_dn), C(issuer), C(expiry) and so on.
  returned: success
  type: dict
errors:
  description: Node name to the reason why it gave no answer.
  returned: success
  type: dict
missing:
  description: Node name to those of O(serials) that the node does not tell; absent where it tells all of them.
  returned: success
  type: dict
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_ssl/certificates, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    nodes, errors = reads.ssl_certificates(call.client, call.params["node_urls"])
    told = {name: {entry["serial_number"].lstrip("0") for entry in found} for name, found in nodes.items()}
    missing = {
        name: [serial for serial in wanted if serial.lstrip("0") not in told.get(name, ())]
        for name, wanted in call.params["serials"].items()
    }
    return reading(nodes=nodes, errors=errors, missing={name: found for name, found in missing.items() if found})


def main() -> None:
    run_module(run, dict(serials=dict(type="dict", default={}), node_urls=dict(type="dict", default={})))


if __name__ == "__main__":
    main()
