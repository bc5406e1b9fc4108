# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_plan
short_description: Which certificates the nodes of a cluster shall have
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes what M(crosscluster.elasticsearch.node_info) has found on each node, and returns options for
    M(crosscluster.elasticsearch.node_certificates), and where each certificate lies.
  - With O(made), what that module has returned, it returns options for M(crosscluster.elasticsearch.certificate_files).
  - With O(trusted) it returns the same for files of CA certificates.
options:
  _input:
    description: Results of M(crosscluster.elasticsearch.node_info), one a node.
    type: list
    elements: dict
    required: true
  cluster:
    description: What M(crosscluster.elasticsearch.cluster_info) returns.
    type: dict
  purposes:
    description: What certificates are for.
    type: list
    elements: str
    default: []
  names:
    description: Further names and addresses, by purpose or by inventory host of a node.
    type: dict
    default: {}
  passwords:
    description: Passwords of PKCS#12 files, by inventory host of a node.
    type: dict
    default: {}
  requests:
    description: Certificate signing requests, by C(node/purpose); certificates without one are left out then.
    type: dict
  issued:
    description: >-
      What was issued elsewhere, by inventory host of a node and purpose: C(certificate) and C(private_key), the text in PEM.
    type: dict
    default: {}
  issued_purposes:
    description: Purposes whose certificates are issued elsewhere.
    type: list
    elements: str
    default: []
  made:
    description: Results of M(crosscluster.elasticsearch.node_certificates).
    type: list
    elements: dict
  asked:
    description: C(asked) of what this filter has returned when that module was called; it tells which certificate is which node's.
    type: list
    elements: list
    default: []
  kinds:
    description: Of each of O(made), the purposes that the module was asked for.
    type: list
    elements: list
    default: []
  trusted:
    description: CA certificates in PEM that the nodes have to trust, by purpose.
    type: dict
  left_out:
    description: Nodes that have to trust O(trusted) and are not changed, by purpose and cluster.
    type: dict
  may_set:
    description: >-
      Whether C(elasticsearch.yml) is changed later in the run, so that a purpose whose files others use gets files of its own.
    type: bool
    default: false
  prune:
    description: >-
      What may be taken away, by purpose, as P(crosscluster.elasticsearch.certificate_trust#filter) tells it. Without it nothing is.
    type: dict
  untrusted:
    description: SHA-256 fingerprints of CA certificates that are taken away, whoever has put them there.
    type: list
    elements: str
    default: []
  held:
    description: Whether to tell what the nodes hold for O(purposes), instead.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan certificates of the remote cluster server
  ansible.builtin.set_fact:
    plan: "{{ nodes.results | crosscluster.elasticsearch.certificate_plan(cluster, ['remote_cluster_server']) }}"
"""

RETURN = r"""
_value:
  description: >-
    C(problems), and C(certificates) with C(places), C(asked), C(names_of_nodes), C(unlisted) (nodes of the cluster that nothing was
    read of), C(notes), C(settings) (what C(elasticsearch.yml) of each node has to name) and C(moved) (nodes where it does not yet),
    or C(writes) with C(serials), and C(needed), the certificates that are made anew; with O(trusted) C(notes) and C(kept), what stays
    though nothing needs it; with O(left_out) those that do not trust yet as C(distrusting); with O(held) C(shown) and C(trusted)
    certificates, and C(pkcs12) files with their passwords.
  type: dict
"""

import time
from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_trust as trust
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_writes as writes
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificates as plan
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_shared_files import (
    squatters,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def certificate_plan(
    results: Any,
    cluster: Any = None,
    purposes: Any = (),
    names: Any = None,
    passwords: Any = None,
    made: Any = None,
    requests: Any = None,
    trusted: Any = None,
    prune: Any = None,
    untrusted: Any = (),
    held: bool = False,
    issued: Any = None,
    issued_purposes: Any = (),
    left_out: Any = None,
    may_set: bool = False,
    asked: Any = (),
    kinds: Any = (),
) -> dict[str, Any]:
    read = plain(results)
    if left_out is not None:
        return {"distrusting": plan.distrusting(read, plain(trusted), plain(left_out))}
    if trusted is not None:
        return plan.bundles(read, plain(trusted), plain(prune) or None, plain(untrusted), plain(purposes))
    if held:
        return trust.held(read, plain(purposes), plain(passwords or {}))
    # A template that yields nothing is an empty text in ansible-core 2.18.
    requested = plain(requests) if isinstance(requests, Mapping) else None
    wanted = plan.wanted(
        read,
        plain(cluster),
        plain(purposes),
        plain(names or {}),
        time.time(),
        passwords=plain(passwords or {}),
        requests=requested,
        issued=plain(issued or {}),
        issued_purposes=plain(issued_purposes),
        may_set=may_set,
    )
    plan.looked_after(wanted, read, plain(cluster))
    if made is None:
        return wanted
    try:
        answers = writes.answers(plain(asked), plain(kinds), plain(made))
        return {
            "problems": wanted["problems"] + squatters(wanted["places"], answers),
            "needed": writes.needed(wanted["places"], answers),
            "writes": writes.writes(wanted["places"], answers),
            "serials": writes.serials(wanted["places"], answers),
        }
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_plan": certificate_plan}
