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
positional: _input, verb, followers, patterns, records, leaders, now, restart
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
  restart:
    description: Whether a follower that has stopped for good is to be paused and resumed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Report running replication
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
    C(report), lines to be read by people; with V(resume) C(stuck) too, lines on followers that have stopped for good.
  type: dict
"""

from typing import Any, Callable, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import pause


def replication_pause(
    aliases: Sequence[str],
    verb: str,
    followers: Mapping[str, Any],
    patterns: Mapping[str, Any],
    records: Mapping[str, Any],
    leaders: Sequence[Mapping[str, Any]],
    now: str,
    restart: bool = False,
) -> dict[str, Any]:
    of_alias = {found["item"]["alias"]: found["indices"] for found in leaders if "indices" in found}
    if verb == "pause":
        return pause.pause(aliases, followers, patterns, records, of_alias, now)
    return pause.resume(aliases, followers, patterns, records, of_alias, now, restart)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replication_pause": replication_pause}
