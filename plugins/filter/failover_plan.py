# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: failover_plan
short_description: Find the steps of a failover
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Finds from what both clusters have which auto-follow patterns are paused, which data streams are promoted and which followers
    become ordinary indices, what has to be noted for the way back, and what is lost.
  - Used by the role P(crosscluster.elasticsearch.failover#role).
positional: _input, rules, found, planned, forced, drained, now
options:
  _input:
    description: The remote clusters that are lost, each with C(alias) and its inventory host C(cluster).
    type: list
    elements: dict
    required: true
  rules:
    description: What the local cluster is declared to follow.
    type: list
    elements: dict
    required: true
  found:
    description: >-
      Results of modules: C(followers), C(patterns), C(here), C(remotes), C(reach), C(there); C(records), what earlier runs have
      noted; C(led), what the clusters of the leaders have; C(blocked), what these have of the indices that a failback has blocked;
      and C(written), what is here in the end.
    type: dict
    required: true
  planned:
    description: Whether the cluster of the leaders is there, and nothing may be lost.
    type: bool
    default: false
  forced:
    description: Whether it is done though the cluster of the leaders answers.
    type: bool
    default: false
  drained:
    description: Whether the followers are known to have everything.
    type: bool
    default: false
  now:
    description: The time in UTC, as V(2026-01-31T12:00:00Z).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Report the steps of a failover
  ansible.builtin.debug:
    msg: "{{ (remote_clusters | crosscluster.elasticsearch.failover_plan(rules, found, now=time)).steps }}"
"""

RETURN = r"""
_value:
  description: >-
    C(metadata) to be noted in the cluster first; C(patterns), C(leaders), C(data_streams), C(followers), C(indices), C(let_go_leaders),
    C(let_go_here), C(let_go_there), C(forget) and C(forget_leaders), options of modules; C(problems), C(steps), C(loss),
    C(writes), C(kept), C(created), C(undrained) and C(unwritable), lines to be read by people.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.failover import fail_over
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def failover_plan(*found: Any, **how: Any) -> dict[str, Any]:
    """Ansible's own containers can't be copied, and a look into one costs as much as many."""
    return fail_over(*map(plain, found), **how)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failover_plan": failover_plan}
