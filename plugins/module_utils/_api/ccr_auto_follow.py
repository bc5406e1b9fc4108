# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto-follow patterns of one cluster, one or many: read, plan, and what could not be followed. Private."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_reads, reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import diagnose
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import auto_follow_pattern as patterns
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.auto_follow_pattern import (
    Pattern,
    Steps,
    Wish,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Chain, Plan, Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import addresses


def plan(call: Call, entries: Sequence[Dict[str, Any]]) -> Plan:
    """The plan of the modules ccr_auto_follow and ccr_auto_follow_patterns.

    :param entries: the options of each pattern, those that are common to all included.
    """
    wishes: Dict[str, Wish] = {}
    for entry in entries:
        want = patterns.wish(entry)
        if want.name in wishes:
            raise Refusal("patterns: %s is there twice; remove one of the two" % want.name)
        wishes[want.name] = want
    have = ccr_reads.auto_follow_patterns(call.client)
    ways, refusals = {}, []
    for name, want in sorted(wishes.items()):
        try:
            ways[name] = patterns.steps(have.get(name), want)
        except Refusal as e:
            refusals.append(str(e))
    if refusals:
        raise Refusal(". ".join(refusals))
    if not call.attempt:
        _check(call, have, wishes, ways)
    stats = ccr_reads.stats(call.client)
    return Plan(
        before={name: have[name].described() if name in have else {} for name in ways},
        after={name: way.after for name, way in ways.items()},
        chains=[Chain(name, way.requests) for name, way in ways.items() if way.requests],
        parallel=call.params.get("parallel", 1),
        result=dict(
            patterns={
                name: dict(pattern=way.after, action=way.action, errors=_errors(have.get(name), name, stats))
                for name, way in ways.items()
            }
        ),
    )


def of_one(made: Plan, name: str) -> Plan:
    """The same for a module of one pattern."""
    made.result = made.result["patterns"][name]
    made.before, made.after = made.before[name], made.after[name]
    return made


def _check(call: Call, have: Dict[str, Pattern], wishes: Dict[str, Wish], ways: Dict[str, Steps]) -> None:
    """What is asked, and told, only when a pattern is about to be written."""
    written = [name for name, way in ways.items() if way.puts]
    if not written:
        return
    after = {name: pattern for name, pattern in have.items() if name not in wishes or wishes[name].present}
    after.update({name: want.pattern for name, want in wishes.items() if want.pattern is not None})
    for text in patterns.check_overlaps(after, written):
        call.warn(text)
    for way in ways.values():
        for text in way.warnings:
            call.warn(text)
    known = ccr_reads.remote_info(call.client)
    ccr_reads.check_known(call.client, known, [after[name].remote_cluster for name in written])
    ccr_reads.check_license(call.client)
    suspects = [after[name] for name in written if patterns.follows_itself(after[name])]
    here = _here(call, known or {}, sorted({p.remote_cluster for p in suspects})) if suspects else []
    for pattern in suspects:
        if pattern.remote_cluster in here:
            raise Refusal(
                "leader_index_patterns: the remote cluster %s is this cluster itself, so that %s would follow its own "
                "followers without end; exclude their names in leader_index_exclusion_patterns, and name them "
                "otherwise in follow_index_pattern" % (pattern.remote_cluster, pattern.name)
            )
        if pattern.follow_index_pattern not in (None, patterns.LEADER_INDEX):
            call.warn(
                "%s fits the names of its own followers. Where %s follows this cluster too, exclude them in "
                "leader_index_exclusion_patterns, or copies are copied back" % (pattern.name, pattern.remote_cluster)
            )


def _here(call: Call, known: Dict[str, Any], aliases: Sequence[str]) -> List[str]:
    """Those of the aliases that lead to the cluster itself, as far as addresses tell."""
    try:
        nodes = reads.nodes(call.client)
    except ClientError as e:
        if e.status != 403:
            raise
        return []
    own = {node[key] for node in nodes for key in ("transport_address", "remote_cluster_server_address")}
    own |= {"%s:%s" % (n["host"], str(a).rpartition(":")[2]) for n in nodes for a in (n["transport_address"],) if a}
    found = []
    for alias in aliases:
        if own & set(addresses(known.get(alias) or {})):
            found.append(alias)
    return found


def _errors(have: Optional[Pattern], name: str, stats: Optional[Dict[str, Any]]) -> Optional[List[Dict[str, Any]]]:
    found = patterns.errors_of(stats, name)
    if found is None:
        return None
    told = []
    for error in found:
        verdict = diagnose(
            dict(
                name=name,
                error=error["error"],
                remote_cluster=have.remote_cluster if have else None,
                leader_index=error["leader_index"],
            )
        )
        told.append(
            dict(
                leader_index=error["leader_index"],
                timestamp=error["timestamp"],
                cause=verdict["cause"],
                summary=verdict["summary"],
                remedy=verdict["remedy"],
            )
        )
    return told


def info(call: Call) -> Dict[str, Any]:
    """The result of the module ccr_auto_follow_info."""
    have = ccr_reads.auto_follow_patterns(call.client)
    stats = ccr_reads.stats(call.client)
    names = sorted(have) if call.params["names"] is None else call.params["names"]
    found: Dict[str, Any] = {}
    report = []
    for name in names:
        pattern = have.get(name)
        errors = _errors(pattern, name, stats)
        entry = dict(
            pattern=pattern.described() if pattern else {},
            status=_status(pattern, errors),
            overlaps=list(patterns.overlaps(pattern, have)) if pattern else [],
            errors=errors,
        )
        found[name] = entry
        report.append("%s: %s" % (name, entry["status"]))
        for error in errors or []:
            report.append("%s: %s %s" % (name, error["summary"], error["remedy"]))
    return dict(
        patterns=found,
        healthy=all(entry["status"] == "healthy" for entry in found.values()),
        report=report,
        counts=_counts(stats),
    )


def _status(pattern: Optional[Pattern], errors: Optional[List[Dict[str, Any]]]) -> str:
    if pattern is None:
        return "absent"
    if errors:
        return "broken"
    if not pattern.active:
        return "paused"
    return "unknown" if errors is None else "healthy"


def _counts(stats: Optional[Dict[str, Any]]) -> Optional[Dict[str, int]]:
    if stats is None:
        return None
    counted = stats.get("auto_follow_stats") or {}
    names = ("successful_follow_indices", "failed_follow_indices", "failed_remote_cluster_state_requests")
    return {name: counted.get("number_of_%s" % name, 0) for name in names}
