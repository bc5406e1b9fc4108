# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_trust
short_description: Which authorities the nodes of a cluster need, and of which they may forget earlier ones
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes what P(crosscluster.elasticsearch.trusted_clusters#filter) returns, and decides about trust for the role
    P(crosscluster.elasticsearch.certificates#role).
positional: _input, cluster, authorities
options:
  _input:
    description: Whom to trust, as P(crosscluster.elasticsearch.trusted_clusters#filter) returns it.
    type: dict
    required: true
  cluster:
    description: The inventory host that stands for the cluster.
    type: str
    required: true
  authorities:
    description: The authorities of each cluster, as P(crosscluster.elasticsearch.certificate_authorities#filter) returns them.
    type: dict
    required: true
  own:
    description: Results of M(crosscluster.elasticsearch.certificate_authority), C(item) is V(remote_cluster) or V(transport).
    type: list
    elements: dict
    default: []
  others:
    description: The same of other clusters, C(item) is an entry of C(read) of the result.
    type: list
    elements: dict
    default: []
  bundle:
    description: Which return value of that module is trusted.
    type: str
    choices: [bundle_pem, renewed_bundle_pem]
    default: bundle_pem
  seen:
    description: >-
      What the run has read of each of its clusters: C(uuid), C(purposes) of the certificates, C(unlisted) nodes, C(aliases) that are
      there and those that are C(declared).
    type: dict
    default: {}
  left_out:
    description: Nodes of any cluster that could not be dealt with.
    type: list
    elements: str
    default: []
  untrusted:
    description: CA certificates that shall be taken away, each its SHA-256 fingerprint or its text in PEM.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Determine which authorities to read
  ansible.builtin.set_fact:
    read: "{{ (trusted | crosscluster.elasticsearch.certificate_trust(inventory_hostname, authorities)).read }}"
"""

RETURN = r"""
_value:
  description:
    - C(read), the authorities of other clusters, each with C(cluster) and C(kind). No authority is made for a cluster without nodes.
    - C(needed), by purpose, what the nodes have to trust, and C(prune), of whom they may forget earlier ones, as
      P(crosscluster.elasticsearch.certificate_plan#filter) takes them.
    - C(untrusted), the fingerprints of those that shall be taken away, and C(problems).
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_trust as trust
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain

UNTRUSTED = "elasticsearch_untrusted_authorities"


def certificate_trust(
    trusted: Any,
    cluster: str,
    authorities: Any,
    own: Any = (),
    others: Any = (),
    bundle: str = "bundle_pem",
    seen: Any = None,
    left_out: Any = (),
    untrusted: Any = (),
) -> dict[str, Any]:
    name, whom, run = str.__str__(cluster), plain(trusted), plain(seen or {})
    needed = trust.needed(name, whom, plain(own), plain(others), run, str.__str__(bundle))
    try:
        named = trust.fingerprints(plain(untrusted), f"{UNTRUSTED} of {name}")
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error
    return {
        "read": trust.to_read(whom, plain(authorities)),
        "needed": needed,
        "prune": trust.prunable(name, whom, run, plain(left_out)),
        "untrusted": named,
        "problems": trust.contradictions(needed, named, UNTRUSTED),
    }


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_trust": certificate_trust}
