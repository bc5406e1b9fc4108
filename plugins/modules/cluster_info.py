#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_info
short_description: Read versions, nodes, licence and privileges of an Elasticsearch cluster
description:
  - Tells the UUID, the version, the licence and the nodes of a cluster with what is needed to connect it with others.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  privileges:
    description: Cluster privileges for which to ask whether the caller has them.
    type: list
    elements: str
    default: []
  index_privileges:
    description: The same for privileges on indices, names or patterns to lists of privileges.
    type: dict
    default: {}
  role_names:
    description:
      - Roles of which to tell what they allow on this cluster. With the certificate security model a user who asks from another
        cluster may do here what roles of the same names allow.
    type: list
    elements: str
    default: []
  remote_clusters:
    description: Whether to tell its remote clusters, whoever has made them and wherever they are set.
    type: bool
    default: false
  cluster_secrets:
    description: Whether to tell if the nodes take secure settings from the file settings of the cluster.
    type: bool
    default: false
  remote_privileges:
    description: Whether to tell what the roles of the caller allow on indices of remote clusters.
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.node_info
"""

EXAMPLES = r"""
- name: Read cluster info of London
  crosscluster.elasticsearch.cluster_info:
    url: https://london.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
  delegate_to: localhost
  register: london

- name: Check that the account may create API keys in Paris
  crosscluster.elasticsearch.cluster_info:
    url: https://paris.example:9200
    username: granter
    password: "{{ vault_granter_password }}"
    privileges: [manage_security]
  delegate_to: localhost
  register: paris
  failed_when: paris.cluster.missing_privileges | default([]) | length > 0
"""

RETURN = r"""
cluster:
  description: The cluster.
  returned: success
  type: dict
  contains:
    name:
      description: Its C(cluster.name).
      type: str
      returned: success
    uuid:
      description: Its UUID, which stays the same for its whole life, and in a copy of it.
      type: str
      returned: success
    version:
      description: The oldest version among its nodes.
      type: str
      returned: success
    license:
      description: Type, status and expiry of its licence, and whether it allows cross-cluster API keys.
      type: dict
      returned: success
      sample: {type: trial, status: active, expiry: 1700000000000, allows_cross_cluster_api_keys: true}
    nodes:
      description:
        - Its nodes, by name.
        - C(reload_interval) is how many seconds a node lets pass between two looks at its certificate files
          (C(resource.reload.interval.high)); V(null) where it loads them only when it starts.
        - C(http_ports) are the ports at which its API listens, whatever address it publishes.
      type: list
      elements: dict
      returned: success
      sample:
        - id: 2Y0ZvJ1mQ4CkkyG6yBxCwg
          name: lon-1
          host: lon-1
          ip: 10.0.0.1
          version: 9.2.0
          roles: [data, master, remote_cluster_client]
          remote_cluster_client: true
          url: https://10.0.0.1:9200
          http_ports: [9200]
          transport_address: 10.0.0.1:9300
          remote_cluster_server_address: 10.0.0.1:9443
          home: /usr/share/elasticsearch
          pid: 1234
          started: 1700000000000
          reload_interval: 5.0
    remote_clusters:
      description:
        - The aliases of its remote clusters, each with V(api_key) or V(certificate), as the node that answers reaches it. Where that
          node knows nothing of an alias, it is V(api_key).
        - V(null) where O(remote_clusters) is false.
      type: dict
      returned: success
      sample: {paris: api_key}
    addresses:
      description:
        - Where its nodes listen for each other. A cluster that was copied with its disks has the same UUID, names and ids, and other
          addresses.
      type: list
      elements: str
      returned: success
      sample: ['10.0.0.1:9300']
    missing_privileges:
      description: Those of O(privileges) that the caller lacks.
      type: list
      elements: str
      returned: success
      sample: [manage]
    missing_index_privileges:
      description: Those of O(index_privileges) that the caller lacks.
      type: dict
      returned: success
      sample: {metrics-*: [manage_follow_index]}
    remote_indices:
      description:
        - What the caller's roles allow on remote clusters, in the words of M(crosscluster.elasticsearch.security_role).
        - V(null) where O(remote_privileges) is false, and for an API key with privileges of its own, of which nobody tells.
      type: list
      elements: dict
      returned: success
      sample: [{clusters: [paris], names: ['metrics-*'], privileges: [cross_cluster_replication]}]
    roles:
      description:
        - Those of O(role_names) that are there, in the words of M(crosscluster.elasticsearch.security_role).
        - V(null) where the caller may not see them, for which it needs C(read_security).
      type: dict
      returned: success
      sample: {follower: {cluster: [read_ccr], indices: [{names: ['metrics-*'], privileges: [read, monitor]}]}}
    cluster_secrets:
      description:
        - Whether C(cluster_secrets) in the file settings of the cluster (Elasticsearch 9.5 or newer) give the nodes secure settings;
          a reload of the keystores replaces those.
        - V(null) where O(cluster_secrets) is false.
      type: bool
      returned: success
      sample: false
    caller:
      description:
        - Who the caller is to the cluster, and the names of its roles; its C(authentication_type) is V(api_key) for an API key.
        - V(null) where no privileges are asked for.
      type: dict
      returned: success
      sample: {username: verifier, realm: default_native, authentication_type: realm, roles: [crosscluster_verifier]}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    p = call.params
    found = reads.cluster(
        call.client,
        p["privileges"],
        p["index_privileges"],
        p["remote_privileges"],
        p["role_names"],
        p["remote_clusters"],
        p["cluster_secrets"],
    )
    return reading(cluster=found)


def main() -> None:
    run_module(
        run,
        dict(
            privileges=dict(type="list", elements="str", default=[]),
            index_privileges=dict(type="dict", default={}),
            role_names=dict(type="list", elements="str", default=[]),
            remote_clusters=dict(type="bool", default=False),
            remote_privileges=dict(type="bool", default=False),
            cluster_secrets=dict(type="bool", default=False),
        ),
        whole=[("cluster", "uuid"), ("cluster", "nodes", "name"), ("cluster", "nodes", "id")],
    )


if __name__ == "__main__":
    main()
