# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: failback_plan
short_description: Find the next steps of a failback
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Finds from what both clusters have how far each index is on the way back, and what the next step is.
  - Used by the role P(crosscluster.elasticsearch.failover#role).
positional: _input, back, survivor, lost, record, rules, here, there, reverse, stopped, discard, blocked
options:
  _input:
    description: The alias that the survivor has for the cluster that was lost.
    type: str
    required: true
  back:
    description: The alias that the cluster that was lost has for the survivor.
    type: str
    required: true
  survivor:
    description: The inventory host of the survivor.
    type: str
    required: true
  lost:
    description: The inventory host of the cluster that was lost.
    type: str
    required: true
  record:
    description: What the failover has noted.
    type: dict
    required: true
  rules:
    description: What the survivor is declared to follow.
    type: list
    elements: dict
    required: true
  here:
    description: Result of M(crosscluster.elasticsearch.index_info) with documents, for the survivor.
    type: dict
    required: true
  there:
    description: The same for the cluster that was lost.
    type: dict
    required: true
  reverse:
    description: The followers of the cluster that was lost, as M(crosscluster.elasticsearch.ccr_follow_info) tells them.
    type: dict
    required: true
  stopped:
    description: Whether nobody writes to the survivor any more.
    type: bool
    default: false
  discard:
    description: The inventory hosts of which what only they have may be deleted.
    type: list
    elements: str
    default: []
  blocked:
    description: Whether writes to what is deleted next have been blocked.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Report the steps of a failback
  ansible.builtin.debug:
    msg: >-
      {{ ('paris' | crosscluster.elasticsearch.failback_plan(
           'london', 'london', 'paris', record, rules, london_indices, paris_indices, reverse.followers)).steps }}
"""

RETURN = r"""
_value:
  description: >-
    Options of modules for each step; C(problems), C(steps) and C(lagging), lines to be read by people; C(ready), whether the cluster
    that was lost has everything; C(done), whether all is as before the failover.
  type: dict
"""

from typing import Any, Callable

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.failback import Failback
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain


def failback_plan(*found: Any, **how: Any) -> dict[str, Any]:
    """Ansible's own containers can't be copied, and a look into one costs as much as many."""
    return Failback(*map(plain, found), **how).plan()


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"failback_plan": failback_plan}
