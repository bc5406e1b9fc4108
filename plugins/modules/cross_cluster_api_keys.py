#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cross_cluster_api_keys
short_description: Manage all cross-cluster API keys that a remote cluster has given a local one
description:
  - Works on a remote cluster, on the keys for one local cluster, one for each alias. A key is known by a mark in its metadata
    (UUID of the local cluster and alias). Keys without the mark are told as RV(unmarked), and not touched without O(adopt).
  - A cluster that was copied with its disks has the same UUID. So the mark has the addresses of the nodes for which a key was made
    too, and a key whose addresses are all other ones is told as RV(doubtful) and never touched, as a node of the copy, or of the
    original, may hold it.
  - A key fits when it is active, is held by every node, as O(nodes_hold) says, and may be read what is wished. If none fits, a
    new one is created, because a secret is told only once. Older keys stay valid, so that no search fails, until
    O(state=only_held).
  - Elasticsearch lets no API key create or update a cross-cluster API key, so the caller is a user or has a token.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  local_cluster:
    description: UUID of the local cluster, see M(crosscluster.elasticsearch.cluster_info).
    type: str
    required: true
  api_keys:
    description: One entry for each alias of the local cluster that leads to this remote cluster.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description: The alias.
        type: str
        required: true
      name:
        description: Name of a new key. Required with O(state=present).
        type: str
      expiration:
        description: How long a new key is valid, as a time of Elasticsearch such as V(90d). A key of another duration is replaced.
        type: str
      renew_before:
        description: A key that expires within this time is replaced, as a time of Elasticsearch such as V(14d).
        type: str
      rotate:
        description: Whether the key is replaced though it fits. Every run with it creates another one.
        type: bool
        default: false
      certificate_identity:
        description:
          - Pattern (a regular expression) for the distinguished name of the certificate with which the local cluster signs its
            requests. Needs Elasticsearch 9.3 or newer at both ends.
        type: str
      metadata:
        description: What else shall stand with the key. Entries that are not named here are left.
        type: dict
        default: {}
      access:
        description:
          - What the key may read. At least one of its lists has an entry.
        type: dict
        suboptions:
          search:
            description:
              - What may be searched.
            type: list
            elements: dict
            suboptions:
              names:
                description: Index patterns.
                type: list
                elements: str
                required: true
              query:
                description: Only documents that match this query, as an object or as JSON text. Not together with replication.
                type: raw
              field_security:
                description: Only these fields, with the lists C(grant) and C(except). Not together with replication.
                type: dict
              allow_restricted_indices:
                description: Whether the patterns cover restricted indices as well.
                type: bool
                default: false
          replication:
            description:
              - What may be replicated.
            type: list
            elements: dict
            suboptions:
              names:
                description: Index patterns.
                type: list
                elements: str
                required: true
              allow_restricted_indices:
                description: Whether the patterns cover restricted indices as well.
                type: bool
                default: false
  nodes_hold:
    description:
      - Which keys the nodes of the local cluster hold. One entry for each node, alias to id, as C(node_info.credentials) of
        M(crosscluster.elasticsearch.node_info) tells.
    type: list
    elements: dict
    default: []
  addresses:
    description:
      - Addresses of the nodes of the local cluster, as C(cluster.addresses) of M(crosscluster.elasticsearch.cluster_info) tells.
        They become part of the mark of a new key.
      - Without them only those keys count as the local cluster's own that O(nodes_hold) names, and those in whose place they were
        made, and the other way round.
    type: list
    elements: str
    default: []
  own_keys:
    description:
      - Ids of keys with the mark, told as RV(doubtful), that are the local cluster's all the same; V(all) where there is no copy of
        it, and no other controller grants under this name.
    type: list
    elements: str
    default: []
  abandoned_after:
    description: With O(state=only_held), after how many seconds a key that is newer than those that are held is not left any more.
    type: int
    default: 3600
  adopt:
    description:
      - Whether a key without the mark, which every node holds, becomes one of the collection. It is updated in place, so the
        caller has to be its owner; that of another owner stays as it is, is told as RV(unmarked), and is replaced when something
        of it has to change.
      - Without it such a key is used as long as it may read what is wished, and replaced by a new one otherwise.
    type: bool
    default: false
  state:
    description:
      - V(present) creates what no active key fits, and updates in place what a fitting key may read.
      - V(only_held) invalidates keys of these aliases that no node holds any more. A key that is newer than those that are held
        is left for O(abandoned_after), because another run may be about to hand it out. Use it after every node has been proven.
      - V(absent) invalidates all keys of these aliases that are the local cluster's own.
    type: str
    choices: [present, only_held, absent]
    default: present
  parallel:
    description: How many keys are created at a time, from 1 to 100. Each waits about a second for the index refresh of the server.
    type: int
    default: 50
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.cross_cluster_api_key
  - module: crosscluster.elasticsearch.keystore
"""

EXAMPLES = r"""
- name: Create or update the API key with which London searches logs of Paris
  crosscluster.elasticsearch.cross_cluster_api_keys:
    url: https://paris.example:9200
    username: granter
    password: "{{ vault_granter_password }}"
    local_cluster: "{{ london.cluster.uuid }}"
    api_keys:
      - alias: paris
        name: london
        access:
          search:
            - names: ["logs-*"]
    nodes_hold: "{{ london_nodes.results | map(attribute='node_info.credentials') }}"
  delegate_to: localhost
  register: keys_for_london
"""

RETURN = r"""
api_keys:
  description: The keys by alias.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the key; V(null) when it would be created.
      type: str
      returned: success
    name:
      description: Its name.
      type: str
      returned: success
    action:
      description: V(unchanged), V(updated) or V(created).
      type: str
      returned: success
    reason:
      description: Why a new key is needed, or why a key stays without the mark; empty otherwise.
      type: str
      returned: success
    others:
      description: Ids of other active keys of the alias that bear the mark.
      type: list
      elements: str
      returned: success
secure_settings:
  description:
    - For each key that was created, the secure setting of the nodes and its secret, as O(crosscluster.elasticsearch.keystore#module:settings)
      takes it. In check mode there is a placeholder instead of the secret.
    - A result that holds a secret is not printed.
  returned: success
  type: dict
unmarked:
  description: Active keys that nodes hold and that do not bear the mark, each with C(alias), C(id), C(name) and C(owner).
  returned: success
  type: list
  elements: dict
doubtful:
  description:
    - Active keys with the mark that a copy of the local cluster, or another controller, may hold, each with C(alias), C(id), C(name),
      C(owner), C(addresses) and C(held) (whether a node holds it).
  returned: success
  type: list
  elements: dict
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
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    p = call.params
    wishes = keys.wishes(
        p["api_keys"],
        p["local_cluster"],
        p["nodes_hold"],
        check=p["state"] == "present",
        adopt=p["adopt"],
        addresses=p["addresses"],
        own=p["own_keys"],
    )
    held, only_held = keys.held_ids(wishes), p["state"] == "only_held"
    clauses = [keys.marked_for(p["local_cluster"]), {"ids": {"values": held}}]
    found, now = reads.api_keys(call.client, clauses, call.warn, held if only_held else None)
    if p["state"] != "present":
        return plans.plan_removal(found, wishes, only_held, now, p["abandoned_after"])
    keys.recognise(found, wishes)
    if any(wish.certificate_identity for wish in wishes.values()):
        keys.check_identity(list(wishes.values()), reads.version(call.client))
    me = reads.me(call.client) if keys.writes(found, wishes, now) else {}
    plan = plans.plan_all(found, wishes, me, call.answered, p["parallel"], now)
    if plan.requests:
        keys.check_caller(me)
    return plan


def main() -> None:
    run_module(
        run,
        dict(
            local_cluster=dict(type="str", required=True),
            api_keys=dict(
                type="list",
                elements="dict",
                required=True,
                no_log=False,
                options=dict(
                    alias=dict(type="str", required=True),
                    name=dict(type="str"),
                    access=access_arguments(),
                    expiration=dict(type="str"),
                    renew_before=dict(type="str"),
                    rotate=dict(type="bool", default=False),
                    certificate_identity=dict(type="str"),
                    metadata=dict(type="dict", default={}),
                ),
            ),
            nodes_hold=dict(type="list", elements="dict", default=[]),
            addresses=dict(type="list", elements="str", default=[]),
            own_keys=dict(type="list", elements="str", default=[], no_log=False),
            abandoned_after=dict(type="int", default=3600),
            adopt=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "only_held", "absent"], default="present"),
            parallel=dict(type="int", default=50),
        ),
        whole=[("secure_settings",), ("unmarked", "alias")],
    )


if __name__ == "__main__":
    main()
