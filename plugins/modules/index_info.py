#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: index_info
short_description: Read indices and data streams of an Elasticsearch cluster as replication needs them
description:
  - Tells of each index whether it is open, may be written, can be a leader, belongs to a data stream, and which leader it follows.
  - One request, however many indices there are; closed and hidden indices are told too. It needs the cluster privilege C(monitor).
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  names:
    description:
      - Names or patterns with V(*), of indices or of data streams. An index of a data stream matches by the name of the stream too.
        One of its failure store never does, as no cluster replicates it.
    type: list
    elements: str
    default: ['*']
  documents:
    description:
      - Whether to count the documents and the operations of each index that is open. It needs the privilege C(monitor) on it.
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes.info
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
"""

EXAMPLES = r"""
- name: Read indices of Paris that London could follow
  crosscluster.elasticsearch.index_info:
    url: https://paris.example:9200
    username: verifier
    password: "{{ vault_verifier_password }}"
    names: ["metrics-*"]
  delegate_to: localhost
  register: paris
"""

RETURN = r"""
indices:
  description: The indices, by name.
  returned: success
  type: dict
  contains:
    uuid:
      description: What tells it from another index of the same name.
      type: str
      returned: success
    open:
      description: Whether it is open.
      type: bool
      returned: success
    hidden:
      description: Whether patterns leave it out unless told otherwise.
      type: bool
      returned: success
    system:
      description: Whether it is one of Elasticsearch's own.
      type: bool
      returned: success
    replicas:
      description: How many replicas each primary shard shall have.
      type: int
      returned: success
    shards:
      description: How many primary shards it has.
      type: int
      returned: success
    data_stream:
      description: The data stream that it belongs to, or V(null).
      type: str
      returned: success
    aliases:
      description: Its aliases.
      type: list
      elements: str
      returned: success
    soft_deletes:
      description: Whether it keeps what was deleted for a while, without which it can't be a leader.
      type: bool
      returned: success
    lease_period:
      description: How long it keeps that for a follower which does not read, as a time of Elasticsearch.
      type: str
      returned: success
      sample: 12h
    searchable_snapshot:
      description: Whether it is mounted from a snapshot.
      type: bool
      returned: success
    write_block:
      description: Whether writes to it are blocked.
      type: bool
      returned: success
    indexing_complete:
      description: Whether its lifecycle policy has rolled it over, so that nothing is written to it any more.
      type: bool
      returned: success
    lifecycle_policy:
      description: The lifecycle policy that it names, or V(null).
      type: str
      returned: success
    rollover_alias:
      description: The alias that its lifecycle policy rolls over, or V(null).
      type: str
      returned: success
    born:
      description: When it was created, or what its settings say for the age of an index, in milliseconds since 1970.
      type: int
      returned: success
    pipelines:
      description: The ingest pipelines that it names for every document.
      type: list
      elements: str
      returned: success
    leader:
      description: Which index it follows (C(remote_cluster), C(index), C(uuid)); V(null) for an ordinary index.
      type: dict
      returned: success
      sample: {remote_cluster: paris, index: metrics-1, uuid: 2Y0ZvJ1mQ4CkkyG6yBxCwg}
    documents:
      description: How many documents its primary shards hold.
      type: int
      returned: with O(documents=true), when it is open and all its primary shards are started
    operations:
      description: How many operations its primary shards have carried out, deletions and updates included.
      type: int
      returned: with O(documents=true), when it is open and all its primary shards are started
    operations_without_gaps:
      description: How many of them are there from the first one on. Fewer only in a follower that was stopped amid its writes.
      type: int
      returned: with O(documents=true), when it is open and all its primary shards are started
data_streams:
  description: The data streams, by name.
  returned: success
  type: dict
  contains:
    indices:
      description: Its backing indices, the newest last.
      type: list
      elements: str
      returned: success
    replicated:
      description: Whether it is a copy of one in another cluster, which can't be written here.
      type: bool
      returned: success
lifecycle_policies:
  description: Names of all lifecycle policies of the cluster.
  returned: success
  type: list
  elements: str
deleted:
  description:
    - Names of indices that were deleted and are not there again, each with the time in milliseconds since 1970. A cluster
      remembers the last 500.
  returned: success
  type: dict
  sample: {metrics-1: 1767225600000}
deleted_after:
  description: The lifecycle policies that delete, each with the age in milliseconds after which it does.
  returned: success
  type: dict
  sample: {week: 604800000}
index_templates:
  description: All index templates of the cluster, by name, each with its C(index_patterns) and whether it makes a C(data_stream).
  returned: success
  type: dict
  sample: {logs: {index_patterns: ['logs-*-*'], data_stream: true}}
pipelines:
  description: Names of all ingest pipelines of the cluster.
  returned: success
  type: list
  elements: str
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_cluster/state/metadata, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, reading


def run(call: Call) -> Plan:
    return reading(**reads.indices(call.client, call.params["names"], call.params["documents"]))


def main() -> None:
    run_module(
        run,
        dict(names=dict(type="list", elements="str", default=["*"]), documents=dict(type="bool", default=False)),
    )


if __name__ == "__main__":
    main()
