#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: write_aliases
short_description: Set the write aliases of indices that were follower indices
description:
  - A follower has the aliases of its leader, but is the write index of none of them (C(is_write_index=false)). That stays when it is no
    follower any more, so that whoever writes by an alias is refused. This takes it back.
  - The only index of an alias is written by it again. Of several, it is the newest one of those that name the alias as
    C(index.lifecycle.rollover_alias). Where an alias has a write index already, nothing is changed.
  - Of other aliases only their owner knows which index is to be written, if any; they are told as RV(undecided).
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  indices:
    description: The indices.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of one index, without wildcards.
        type: str
        required: true
      uuid:
        description:
          - Its UUID, as M(crosscluster.elasticsearch.index_info) tells it. One that has got the name meanwhile is never touched, and
            when there is such a one, nothing is changed at all.
        type: str
extends_documentation_fragment:
  - crosscluster.elasticsearch.client
  - crosscluster.elasticsearch.attributes
  - crosscluster.elasticsearch.attributes.actiongroup
  - crosscluster.elasticsearch.attributes.in_process
seealso:
  - module: crosscluster.elasticsearch.ccr_follow
  - module: crosscluster.elasticsearch.index_info
"""

EXAMPLES = r"""
- name: Set the write aliases of metrics-1, a former follower index
  crosscluster.elasticsearch.write_aliases:
    url: https://london.example:9200
    username: operator
    password: "{{ vault_operator_password }}"
    indices:
      - name: metrics-1
  delegate_to: localhost
"""

RETURN = r"""
write_aliases:
  description: The aliases that were changed, or would be, each with the index that is written by it.
  returned: success
  type: dict
  sample: {metrics: metrics-1}
undecided:
  description: The aliases that have several indices and no write index, each with its indices.
  returned: success
  type: dict
  sample: {everything: [metrics-1, metrics-2]}
requests:
  description: Each request that was made, in order, without its body.
  returned: always
  type: list
  elements: dict
  sample: [{method: GET, path: /_all/_alias, status: 200}]
"""

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, run_module
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import index, write_aliases
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan


def run(call: Call) -> Plan:
    wanted = call.params["indices"]
    index.check(wanted, "present")
    # Other indices of the same aliases are looked at, too.
    indices = reads.indices(call.client, ["*"])["indices"] if wanted else {}
    return write_aliases.plan(indices, reads.aliases(call.client) if wanted else {}, wanted)


def main() -> None:
    one = dict(name=dict(type="str", required=True), uuid=dict(type="str"))
    run_module(run, dict(indices=dict(type="list", elements="dict", required=True, options=one)))


if __name__ == "__main__":
    main()
