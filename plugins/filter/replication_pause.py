# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: replication_pause
short_description: Find what to pause, or to resume, of a cluster's replication
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Finds which followers and auto-follow patterns run, and what has to be noted so that just these can be resumed; or, from such
    notes, what to resume.
  - Used by the role P(crosscluster.elasticsearch.replication#role).
positional: _input, verb, followers, patterns, records, leaders, now
options:
  _input:
    description: Aliases of the remote clusters.
    type: list
    elements: str
    required: true
  verb:
    description: Either V(pause) or V(resume).
    type: str
    required: true
  followers:
    description: What M(crosscluster.elasticsearch.ccr_follow_info) has found, by name.
    type: dict
    required: true
  patterns:
    description: What M(crosscluster.elasticsearch.ccr_auto_follow_info) has found, by name.
    type: dict
    required: true
  records:
    description: What an earlier run has noted, by alias.
    type: dict
    required: true
  leaders:
    description: Loop results of M(crosscluster.elasticsearch.index_info), whose items have the C(alias).
    type: list
    elements: dict
    required: true
  now:
    description: The time in UTC, as V(2026-01-31T12:00:00Z).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: What runs?
  ansible.builtin.debug:
    msg: >-
      {{ ['paris'] | crosscluster.elasticsearch.replication_pause(
           'pause', found.followers, found_patterns.patterns, {}, [], now(utc=true, fmt='%Y-%m-%dT%H:%M:%SZ')) }}
"""

RETURN = r"""
_value:
  description: >-
    C(metadata), the notes to be set in the cluster (V(null) takes one away); C(followers), entries of
    M(crosscluster.elasticsearch.ccr_followers); C(patterns), entries of M(crosscluster.elasticsearch.ccr_auto_follow_patterns);
    C(report), lines to be read by people.
  type: dict
"""

from typing import Any, Callable, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _pause


def replication_pause(
    aliases: Sequence[str],
    verb: str,
    followers: Mapping[str, Any],
    patterns: Mapping[str, Any],
    records: Mapping[str, Any],
    leaders: Sequence[Mapping[str, Any]],
    now: str,
) -> dict[str, Any]:
    of_alias = {found["item"]["alias"]: found["indices"] for found in leaders if "indices" in found}
    work = {"pause": _pause.pause, "resume": _pause.resume}[verb]
    return work(aliases, followers, patterns, records, of_alias, now)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replication_pause": replication_pause}
