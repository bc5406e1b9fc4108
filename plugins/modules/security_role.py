#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_role
short_description: Manage a security role of an Elasticsearch cluster
description:
  - Creates, changes or deletes a role with the security API, also with what it may do on remote clusters.
  - A role is described as a whole. What is not given is not granted. Only privileges of applications (Kibana's, for example) and
    global ones, for which this module has no options, stay as they are.
  - Roles that Elasticsearch comes with are refused.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  name:
    description: The role's name.
    type: str
    required: true
  state:
    description: Whether the role shall be there.
    type: str
    choices: [present, absent]
    default: present
  description:
    description: What the role is for. Needs Elasticsearch 8.15 or newer.
    type: str
  cluster:
    description: Cluster privileges, such as V(monitor).
    type: list
    elements: str
  indices:
    description: What may be done with indices of this cluster.
    type: list
    elements: dict
    suboptions: &indices
      names:
        description: Names and patterns of indices, data streams and aliases.
        type: list
        elements: str
        required: true
      privileges:
        description: Index privileges, such as V(read).
        type: list
        elements: str
        required: true
      field_security:
        description: The fields that may be read, lists under C(grant) and C(except).
        type: dict
      query:
        description: The documents that may be read, as a query.
        type: raw
      allow_restricted_indices:
        description: Whether the names match indices of Elasticsearch itself too.
        type: bool
        default: false
  remote_indices:
    description: What may be done with indices of remote clusters; effective where these are reached with API keys.
    type: list
    elements: dict
    suboptions:
      clusters:
        description: Aliases of remote clusters, and patterns of them.
        type: list
        elements: str
        required: true
      <<: *indices
  remote_cluster:
    description: What may be done on remote clusters. Needs Elasticsearch 8.15 or newer.
    type: list
    elements: dict
    suboptions:
      clusters:
        description: Aliases of remote clusters, and patterns of them.
        type: list
        elements: str
        required: true
      privileges:
        description: Privileges, such as V(monitor_enrich).
        type: list
        elements: str
        required: true
  run_as:
    description: Users in whose name the role's users may send requests.
    type: list
    elements: str
  metadata:
    description: Anything that shall be known about the role.
    type: dict
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - name: Defining roles
    description: The parts of a role in the documentation of Elasticsearch.
    link: https://www.elastic.co/docs/deploy-manage/users-roles/cluster-or-deployment-auth/role-structure
"""

EXAMPLES = r"""
- name: Create a role for analysts of London that also reads logs of Paris
  crosscluster.elasticsearch.security_role:
    url: https://london.example:9200
    api_key: "{{ vault_security_api_key }}"
    name: analyst
    indices:
      - names: [logs-*]
        privileges: [read, view_index_metadata]
    remote_indices:
      - clusters: [paris]
        names: [logs-*]
        privileges: [read, read_cross_cluster, view_index_metadata]
  delegate_to: localhost
"""

RETURN = r"""
role:
  description: The role as it now is, or would be; V(null) when it is absent.
  returned: success
  type: dict
  sample:
    description: ""
    cluster: [monitor]
    indices: [{names: [logs-*], privileges: [read]}]
    remote_indices: []
    remote_cluster: []
    run_as: []
    metadata: {}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_security/role/analyst, status: 200}]
"""

from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import security_role
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    name = call.params["name"]
    wanted = security_role.wish(call.params) if call.params["state"] == "present" else None
    plan = security_role.plan(name, reads.security_role(call.client, name), wanted)
    if wanted is not None and plan.requests:
        security_role.check_privileges(wanted, reads.builtin_privileges(call.client))
    return plan


def names(*options: str) -> dict[str, Any]:
    return {option: dict(type="list", elements="str", required=True) for option in options}


def main() -> None:
    indices: dict[str, Any] = dict(
        names("names", "privileges"),
        field_security=dict(type="dict"),
        query=dict(type="raw"),
        allow_restricted_indices=dict(type="bool", default=False),
    )
    run_module(
        run,
        dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            description=dict(type="str"),
            cluster=dict(type="list", elements="str"),
            indices=dict(type="list", elements="dict", options=indices),
            remote_indices=dict(type="list", elements="dict", options=dict(indices, **names("clusters"))),
            remote_cluster=dict(type="list", elements="dict", options=names("clusters", "privileges")),
            run_as=dict(type="list", elements="str"),
            metadata=dict(type="dict"),
        ),
    )


if __name__ == "__main__":
    main()
