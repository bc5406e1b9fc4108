#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificates_info
short_description: Tell which certificates every node of an Elasticsearch cluster has loaded
description:
  - Asks each node for the certificates that it uses by now, which is not what lies in its files before it has read them again.
  - With O(serials), waits until each node uses them.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  serials:
    description: Names of nodes, each with the serial numbers (hexadecimal) that it has to use.
    type: dict
    default: {}
  nodes:
    description: Names of the nodes to ask; by default all, or those of O(serials).
    type: list
    elements: str
  node_urls:
    description: URLs of nodes by name, where the address that they publish can't be reached from here.
    type: dict
  wait_timeout:
    description: Seconds to wait for O(serials). Elasticsearch looks at its files every 5 seconds.
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
  - module: crosscluster.elasticsearch.node_files
  - name: Get SSL certificates
    description: The API.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-ssl-certificates
"""

EXAMPLES = r"""
- name: Wait until the node uses its new certificate
  crosscluster.elasticsearch.ssl_certificates_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
    serials: {lon-1: ["{{ made.serial }}"]}
  delegate_to: localhost
"""

RETURN = r"""
certificates:
  description: What each node uses, by its name; not returned when something is waited for.
  returned: without serials
  type: dict
  sample: {lon-1: [{path: certs/node.crt, subject_dn: CN=lon-1, serial_number: 6cb1, expiry: "2027-11-24T16:00:00.000Z"}]}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_ssl/certificates, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._run import Call, run_module


def run(call: Call) -> Plan:
    p = call.params
    if not p["serials"]:
        return reading(certificates=_reads.ssl_certificates(call.client, p["nodes"], p["node_urls"]))
    return Plan(
        reads_only=True,
        until=lambda left: _reads.unloaded(call.client, p["serials"], p["node_urls"]),
    )


def main() -> None:
    run_module(
        run,
        dict(
            serials=dict(type="dict", default={}),
            nodes=dict(type="list", elements="str"),
            node_urls=dict(type="dict"),
            wait_timeout=dict(type="float", default=60),
        ),
    )


if __name__ == "__main__":
    main()
