#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_clusters
short_description: Manage all remote clusters of an Elasticsearch cluster at once
description:
  - Sets or removes many aliases of the local cluster with one read and as few requests as there are batches of differences.
  - Each alias is treated as by M(crosscluster.elasticsearch.remote_cluster).
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  remote_clusters:
    description: The aliases. With O(state=absent) only O(remote_clusters[].alias) counts.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description:
          - The name that the local cluster gives the remote cluster, C(cluster.remote.ALIAS).
          - Letters, digits, underscores and hyphens; not V(node), V(signing), V(initial_connect_timeout) or
            V(connections_per_cluster), which are settings of all remote clusters.
        type: str
        required: true
      mode:
        description:
          - Connection mode. Managed clusters know only V(proxy).
        type: str
        choices: [proxy, sniff]
        default: proxy
      proxy_address:
        description:
          - Where the remote cluster is reached, V(host:port). Required with O(remote_clusters[].mode=proxy).
          - For the API-key security model this is the remote cluster server port (9443 by default), otherwise the transport port.
        type: str
      server_name:
        description:
          - Name for the TLS server name indication, where a proxy needs it. Only with O(remote_clusters[].mode=proxy).
        type: str
      proxy_socket_connections:
        description:
          - How many sockets each node opens; the server's default is 18. Only with O(remote_clusters[].mode=proxy).
        type: int
      seeds:
        description:
          - Addresses V(host:port) of nodes that tell the addresses of the others. Required with O(remote_clusters[].mode=sniff).
        type: list
        elements: str
      node_connections:
        description:
          - How many nodes of the remote cluster each node keeps in touch with; the server's default is 3. Only with O(remote_clusters[].mode=sniff).
        type: int
      skip_unavailable:
        description:
          - Whether a search goes on without the remote cluster when that cannot be reached.
          - Always written, because the server's own default is V(false) before 8.15 and V(true) since.
        type: bool
        default: true
      transport_ping_schedule:
        description:
          - How often an idle socket is pinged, as a time of Elasticsearch such as V(30s), or V(-1) for never.
        type: str
      transport_compress:
        description:
          - What is compressed.
        type: str
        choices: ['true', indexing_data, 'false']
      transport_compression_scheme:
        description:
          - How it is compressed.
        type: str
        choices: [deflate, lz4]
  state:
    description: Whether the aliases shall be there.
    type: str
    choices: [present, absent]
    default: present
  prune:
    description:
      - Whether aliases that this collection has made (it marks them in C(cluster.metadata)) and that are not among
        O(remote_clusters) are removed. Their credentials and their keys on the remote clusters stay.
    type: bool
    default: false
  force:
    description:
      - Whether aliases are removed that follower indices or auto-follow patterns use. They stop then.
      - Without it, such a removal is refused and names them. Nobody looks on a cluster without cross-cluster replication.
    type: bool
    default: false
  batch_size:
    description:
      - How many aliases are written in one request. An alias that cannot be reached holds up the cluster state for about 10 seconds.
    type: int
    default: 25
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.wait
seealso:
  - module: crosscluster.elasticsearch.remote_cluster
  - module: crosscluster.elasticsearch.remote_cluster_info
"""

EXAMPLES = r"""
- name: Set the remote clusters Paris and Rome and remove all others that were set by this module
  crosscluster.elasticsearch.remote_clusters:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    remote_clusters:
      - alias: paris
        proxy_address: paris.example:9443
      - alias: rome
        mode: sniff
        seeds: [rome-1.example:9443, rome-2.example:9443]
    prune: true
  delegate_to: localhost
"""

RETURN = r"""
remote_clusters:
  description: The aliases as they now are, or would be, by name.
  returned: success
  type: dict
  sample: {paris: {mode: proxy, proxy_address: 'paris.example:9443', skip_unavailable: true}}
written:
  description: The aliases that were set, or would be, because they were not there or different.
  returned: success
  type: list
  elements: str
removed:
  description: The aliases that were removed, or would be.
  returned: success
  type: list
  elements: str
others:
  description: Aliases that this collection has made, that are not among O(remote_clusters), and that stay.
  returned: success
  type: list
  elements: str
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/settings, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import remote_cluster_arguments
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import remote_cluster
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    p = call.params
    wishes = remote_cluster.wishes(p["remote_clusters"], present=p["state"] == "present")
    have = reads.remote_clusters(call.client)
    if p["prune"]:
        wishes.update({alias: None for alias in have if have[alias].managed and alias not in wishes})
    reads.check_remote_clusters(call.client, call.warn, have, wishes, p["force"])
    plan = remote_cluster.plan(have, wishes, p["batch_size"])
    plan.result = dict(
        remote_clusters=dict(plan.after),
        written=remote_cluster.written(have, wishes),
        removed=remote_cluster.gone(have, wishes),
        others=sorted(alias for alias in have if have[alias].managed and alias not in wishes),
    )
    present = list(plan.result["remote_clusters"])
    if present and p["wait"]:
        plan.until = lambda left: reads.unreached(call.client, present, left)
    return plan


def main() -> None:
    run_module(
        run,
        dict(
            remote_clusters=dict(type="list", elements="dict", required=True, options=remote_cluster_arguments()),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            prune=dict(type="bool", default=False),
            force=dict(type="bool", default=False),
            batch_size=dict(type="int", default=25),
            wait=dict(type="bool", default=False),
            wait_timeout=dict(type="float", default=60),
        ),
    )


if __name__ == "__main__":
    main()
