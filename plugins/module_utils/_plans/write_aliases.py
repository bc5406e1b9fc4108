# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases of what was a follower: it is the write index of none of them, and that stays. Pure. Private.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-indices-update-aliases
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.index import (
    refuse_missing,
    refuse_others,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Request

# What an alias is besides; it is sent back, as an alias is always set as a whole.
KEPT = ("filter", "index_routing", "search_routing", "is_hidden")


def plan(
    indices: Mapping[str, Mapping[str, Any]],
    aliases: Mapping[str, Mapping[str, Mapping[str, Any]]],
    wanted: Sequence[Mapping[str, Any]],
) -> Plan:
    """
    :param indices: of ``index.parse``, by name.
    :param aliases: index → alias → its definition: ``GET /_alias``.
    :param wanted: ``name`` and ``uuid`` of the indices that are to be written.
    """
    refuse_others(indices, wanted)
    refuse_missing(indices, wanted)
    of_alias: Dict[str, Dict[str, Mapping[str, Any]]] = {}
    for index, found in aliases.items():
        for alias, definition in found.items():
            of_alias.setdefault(alias, {})[index] = definition
    names = {want["name"] for want in wanted}
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    undecided: Dict[str, List[str]] = {}
    actions = []
    for alias, holders in sorted(of_alias.items()):
        if not names & set(holders) or any(d.get("is_write_index") for d in holders.values()):
            continue
        written = _written(alias, sorted(holders), indices)
        if written is None:
            undecided[alias] = sorted(holders)
        elif written in names and holders[written].get("is_write_index") is False:
            rolled_over = indices[written].get("rollover_alias") == alias
            add = {key: holders[written][key] for key in KEPT if key in holders[written]}
            # As a leader has it by default: the only index of an alias is written without that being said.
            add.update({"is_write_index": True} if rolled_over else {})
            before[alias] = None
            after[alias] = written
            actions.append({"add": dict(add, index=written, alias=alias)})
    requests = []
    if actions:
        purpose = "set the write aliases of the indices"
        requests = [Request("POST", "/_aliases", purpose, body={"actions": actions})]
    result: Dict[str, Any] = dict(write_aliases=after, undecided=undecided)
    if undecided:
        listed = ["%s (%s)" % (alias, ", ".join(holders)) for alias, holders in undecided.items()]
        result["warnings"] = [
            "No index is the write index of %s. Set is_write_index of one of them, if somebody writes by that alias."
            % ", ".join(listed)
        ]
    return Plan(before=before, after=after, requests=requests, result=result)


def _written(alias: str, holders: Sequence[str], indices: Mapping[str, Mapping[str, Any]]) -> Optional[str]:
    """The index that an alias writes to; None where nobody but its owner knows."""
    if len(holders) == 1:
        return holders[0]
    # Names of a rollover end with a number of a fixed length.
    rolled_over = [name for name in holders if (indices.get(name) or {}).get("rollover_alias") == alias]
    return max(rolled_over, key=lambda name: (len(name), name)) if rolled_over else None
