#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: remote_cluster
short_description: Manage one remote cluster of an Elasticsearch cluster
description:
  - Sets or removes an alias (C(cluster.remote.ALIAS.*)) of the local cluster with the cluster settings API, in one request.
  - An alias is described as a whole. A setting that is not given is reset to the default of the server.
  - Only persistent settings are written. Transient ones of the same alias would win over them, so they are removed.
  - Settings that are no options of this module, such as those for signing, are left alone as long as the alias is there, and
    named in a warning where the API shows them. O(state=absent) removes them as well.
  - An alias that is set in the C(elasticsearch.yml) of a node can't be managed here, because each such node merges what its file
    and what the API says. It is refused, and the nodes are named.
  - Which security model an alias has is decided by the keystore of each node, see M(crosscluster.elasticsearch.keystore).
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  state:
    description: Whether the alias shall be there.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Whether an alias is removed that follower indices or auto-follow patterns use. They stop then.
      - Without it, such a removal is refused and names them. Nobody looks on a cluster without cross-cluster replication.
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.remote_cluster
  - crosscluster.elasticsearch.wait
seealso:
  - module: crosscluster.elasticsearch.remote_clusters
  - module: crosscluster.elasticsearch.remote_cluster_info
  - name: Remote cluster settings
    description: The settings of a remote cluster in the documentation of Elasticsearch.
    link: https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/remote-clusters
"""

EXAMPLES = r"""
- name: Create or update the remote cluster paris of London
  crosscluster.elasticsearch.remote_cluster:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    ca_path: /etc/pki/elasticsearch-ca.pem
    alias: paris
    proxy_address: paris.example:9443
    wait: true
  delegate_to: localhost

- name: Remove the remote cluster paris of London
  crosscluster.elasticsearch.remote_cluster:
    url: https://london.example:9200
    api_key: "{{ vault_operator_api_key }}"
    alias: paris
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
remote_cluster:
  description: The alias as it now is, or would be; V(null) when it is absent.
  returned: success
  type: dict
  sample: {mode: proxy, proxy_address: 'paris.example:9443', skip_unavailable: true}
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
    alias = call.params["alias"]
    wanted = remote_cluster.wishes([call.params], present=call.params["state"] == "present")[alias]
    have = reads.remote_clusters(call.client)
    reads.check_remote_clusters(call.client, call.warn, have, {alias: wanted}, call.params["force"])
    plan = remote_cluster.plan(have, {alias: wanted})
    plan.result = dict(remote_cluster=plan.after.get(alias))
    plan.before, plan.after = plan.before.get(alias) or {}, plan.after.get(alias) or {}
    if wanted and call.params["wait"]:
        plan.until = lambda left: reads.unreached(call.client, [alias], left)
    return plan


def main() -> None:
    run_module(
        run,
        dict(
            remote_cluster_arguments(),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            force=dict(type="bool", default=False),
            wait=dict(type="bool", default=False),
            wait_timeout=dict(type="float", default=60),
        ),
    )


if __name__ == "__main__":
    main()
