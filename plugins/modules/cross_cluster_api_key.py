#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_cluster_api_key
short_description: Manage one cross-cluster API key of an Elasticsearch cluster
description:
  - Creates, updates or invalidates a key with which another cluster may search or replicate indices of this one.
  - Names of keys are not unique on the server. The key that is meant is the only active one of its O(name), or the one of its O(id).
  - The secret is told once, when the key is created, as RV(encoded). Register it with C(no_log); it belongs into the keystore of
    each node of the local cluster, see M(crosscluster.elasticsearch.keystore).
  - What a key may read is updated in place, which leaves its secret as it is. Only the owner of a key may do that.
  - Elasticsearch lets no API key create or update a cross-cluster API key, so the caller is a user or has a token.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  name:
    description: Name of the key.
    type: str
    required: true
  id:
    description: Id of the key, where several active keys have the name.
    type: str
  expiration:
    description:
      - How long a new key is valid, as a time of Elasticsearch such as V(90d). Without it the key does not expire.
      - It can't be changed in place.
    type: str
  certificate_identity:
    description:
      - Pattern (a regular expression) for the distinguished name of the certificate with which the other cluster signs its
        requests. Needs Elasticsearch 9.3 or newer at both ends.
    type: str
  metadata:
    description:
      - What else shall stand with the key. Entries that are not named here are left. The entry C(crosscluster_elasticsearch)
        belongs to this collection.
    type: dict
    default: {}
  state:
    description: Whether there shall be an active key.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
  - crosscluster.elasticsearch.access
seealso:
  - module: crosscluster.elasticsearch.cross_cluster_api_keys
  - module: crosscluster.elasticsearch.cross_cluster_api_key_info
  - name: Create a cross-cluster API key
    description: The API that is used.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key
"""

EXAMPLES = r"""
- name: Create or update the API key with which London searches logs of Paris
  crosscluster.elasticsearch.cross_cluster_api_key:
    url: https://paris.example:9200
    username: granter
    password: "{{ vault_granter_password }}"
    name: london
    access:
      search:
        - names: ["logs-*"]
  delegate_to: localhost
  register: london_key
  no_log: true
"""

RETURN = r"""
api_key:
  description: The key as it now is, or would be; V(null) when it is absent.
  returned: success
  type: dict
  sample:
    id: VuaCfGcBCdbkQm-e5aOx
    name: crosscluster-london-paris
    access: {search: [{names: ['logs-*']}]}
    certificate_identity: null
    expiration: null
    metadata: {}
    managed: true
encoded:
  description: The secret, to be put into a keystore as it is. A result that holds it is not printed.
  returned: when the key was created
  type: str
invalidated:
  description: Ids of the keys that were invalidated, or would be.
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
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import access_arguments
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cross_cluster_api_key as keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import (
    cross_cluster_api_key_plans as plans,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal


def run(call: Call) -> Plan:
    p = call.params
    present = p["state"] == "present"
    wish = keys.Wish(
        name=p["name"],
        access=keys.canonical_access(p["access"]),
        expiration=p["expiration"],
        metadata=p["metadata"],
        mark={"managed": True},
        certificate_identity=p["certificate_identity"],
        adopt=True,
    )
    if present:
        keys.check_access(p["name"], p["access"])
        keys.check_time(p["name"], "expiration", wish.expiration)
        if wish.certificate_identity:
            keys.check_identity([wish], reads.version(call.client))
    clause = {"ids": {"values": [p["id"]]}} if p["id"] else {"term": {"name": p["name"]}}
    found, _now = reads.api_keys(call.client, [clause], call.warn)
    seen = call.answered.setdefault("seen", [k.id for k in found])
    lost = [k.id for k in found if k.id not in seen] if call.attempt else []
    if present and p["id"] and not any(k.state == "active" for k in found):
        raise Refusal(
            "id: there is no active cross-cluster API key with the id %s; correct it or leave it out" % p["id"]
        )
    me = reads.me(call.client) if present else {}
    plan = plans.plan_one(found, wish, me, call.answered, present, lost)
    if present and plan.requests:
        keys.check_caller(me)
    return plan


def main() -> None:
    run_module(
        run,
        dict(
            name=dict(type="str", required=True),
            id=dict(type="str"),
            access=access_arguments(),
            expiration=dict(type="str"),
            certificate_identity=dict(type="str"),
            metadata=dict(type="dict", default={}),
            state=dict(type="str", choices=["present", "absent"], default="present"),
        ),
        required_if=[("state", "present", ["access"])],
    )


if __name__ == "__main__":
    main()
