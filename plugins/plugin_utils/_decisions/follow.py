# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared and what clusters have → followers and auto-follow patterns, or what is in the way. Pure."""

from __future__ import annotations

import difflib
from datetime import datetime, timezone
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import faults, matches
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import (
    LEADER_INDEX,
    Rule,
    from_dict,
)

_BACKING = ".ds-"
# More names make no sentence clearer.
_NAMED = 10


def plan(
    rules: Sequence[Mapping[str, Any]],
    remotes: Mapping[str, Mapping[str, Any]],
    local: Mapping[str, Any],
    failed_over: Mapping[str, Any] | None = None,
    paused: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    :param rules: of one local cluster, as ``expand_remote_clusters`` returns them.
    :param remotes: alias → result of the module index_info for its cluster; none for another team's cluster.
    :param local: result of the module index_info for the local cluster.
    :param failed_over: alias → the record of a failover that was not failed back; nothing where there is none.
    :param paused: alias → the record of a pause that was not ended.
    :return: ``followers`` and ``patterns``, options of the modules; ``problems``, and ``notes`` on what stands in
        nobody's way.
    """
    work = _Plan(local)
    for value in rules:
        rule = from_dict(value)
        if (failed_over or {}).get(rule.alias):
            work.problem(
                rule.alias,
                "the cluster was failed over on %s, and its followers are written here since then; run the playbook "
                "failback" % (failed_over or {})[rule.alias].get("at", "an earlier day"),
            )
        elif (paused or {}).get(rule.alias):
            work.problem(
                rule.alias,
                "replication was paused on %s; run the playbook resume_replication"
                % (paused or {})[rule.alias].get("at", "an earlier day"),
            )
        else:
            work.add(rule, remotes.get(rule.alias))
    work.check_names()
    return dict(
        followers=work.followers,
        patterns=work.patterns,
        problems=list(dict.fromkeys(work.problems)),
        notes=list(dict.fromkeys(work.notes)),
        readiness=_readiness(work.leaders, local),
    )


class _Plan:
    def __init__(self, local: Mapping[str, Any]) -> None:
        self.local = local
        self.aliases = {alias: name for name, index in local["indices"].items() for alias in index["aliases"]}
        self.followers: list[dict[str, Any]] = []
        self.patterns: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        # What is followed: (data stream here, leader, what it is).
        self.leaders: list[tuple[str | None, str, Mapping[str, Any]]] = []
        self.where: dict[str, list[str]] = {}

    def problem(self, where: str, text: str) -> None:
        self.problems.append("%s: %s." % (where, text))

    def note(self, where: str, text: str) -> None:
        self.notes.append("%s: %s." % (where, text))

    def add(self, rule: Rule, remote: Mapping[str, Any] | None) -> None:
        if remote is None:
            self.add_foreign(rule)
            return
        streams = remote["data_streams"]
        stream_meant = rule.single and rule.leaders[0] in streams
        if rule.future and (stream_meant or not rule.single):
            self.patterns.append(_pattern(rule))
        if rule.single and not stream_meant:
            self.add_single(rule, remote)
        elif rule.existing:
            for name, index in remote["indices"].items():
                stream = index["data_stream"]
                by_stream = stream is not None and stream in rule.followed
                if not index["system"] and (by_stream or name in rule.followed):
                    self.add_existing(rule, name, index)

    def add_foreign(self, rule: Rule) -> None:
        """Nobody here can ask another team's cluster which indices it has."""
        if rule.future and not rule.single:
            self.patterns.append(_pattern(rule))
        for leader in rule.leaders:
            if "*" not in leader:
                self.follow(rule, leader, rule.name_of(leader))
        if rule.existing and any("*" in leader for leader in rule.leaders):
            self.note(
                rule.where,
                "another team's cluster can't be asked which indices it has, so that only those to come are followed; "
                "name each of the others in leader, or set existing to false",
            )

    def add_single(self, rule: Rule, remote: Mapping[str, Any]) -> None:
        leader = rule.leaders[0]
        index = remote["indices"].get(leader)
        if index is not None:
            self.add_existing(rule, leader, index, named=True)
            return
        alias_of = [name for name, found in remote["indices"].items() if leader in found["aliases"]]
        if alias_of:
            what = "%s is an alias there, of %s; name the indices" % (leader, _named(alias_of))
        else:
            near = difflib.get_close_matches(leader, [*remote["indices"], *remote["data_streams"]], n=1)
            what = (
                "there is no index and no data stream %s%s; create it first, or write a pattern, which waits for it"
                % (
                    leader,
                    " (did you mean %s?)" % near[0] if near else "",
                )
            )
        self.problem(rule.where, "%s: %s" % (rule.alias, what))

    def add_existing(self, rule: Rule, leader: str, index: Mapping[str, Any], named: bool = False) -> None:
        tell = self.problem if named else self.note
        if not index["open"]:
            tell(rule.where, "%s is closed, and can be followed only while it is open" % leader)
        elif not index["soft_deletes"]:
            tell(rule.where, "%s has no soft deletes, without which it can't be followed; reindex it" % leader)
        elif index["searchable_snapshot"]:
            tell(rule.where, "%s is a searchable snapshot, which can't be followed; mount it here too" % leader)
        else:
            follower, stream = self.names(rule, leader, index["data_stream"])
            if follower is not None and (named or not self.is_deleted(rule, follower, index)):
                self.follow(rule, leader, follower, stream, index)

    def names(self, rule: Rule, leader: str, stream: str | None) -> tuple[str | None, str | None]:
        """Of the follower, and of the data stream that it belongs to; as an auto-follow pattern would name them."""
        if stream is None:
            return rule.name_of(leader), None
        start = "%s%s-" % (_BACKING, stream)
        if LEADER_INDEX not in rule.follower:
            self.problem(
                "%s.follower" % rule.where,
                "%s belongs to the data stream %s, so that its follower needs a name with %s"
                % (leader, stream, LEADER_INDEX),
            )
            return None, None
        if rule.follower == LEADER_INDEX:
            return leader, stream
        if not leader.startswith(start):
            self.note(
                rule.where,
                "the name of %s does not show its data stream %s, so that its follower can't be renamed; it is left out"
                % (leader, stream),
            )
            return None, None
        named = rule.name_of(stream)
        return "%s%s-%s" % (_BACKING, named, leader[len(start) :]), named

    def follow(
        self,
        rule: Rule,
        leader: str,
        follower: str,
        stream: str | None = None,
        index: Mapping[str, Any] | None = None,
    ) -> None:
        wrong = faults(follower)
        if wrong:
            self.problem(rule.where, "the follower of %s can't be named so: %s" % (leader, wrong[0]))
            return
        here = self.local["indices"].get(follower)
        if here is not None and here["leader"] is None and here["indexing_complete"]:
            self.note(rule.where, "%s was unfollowed by its lifecycle policy, and is left alone" % follower)
            return
        if self.is_taken(rule, leader, follower, here, stream):
            return
        self.where.setdefault(follower, []).append("%s:%s" % (rule.alias, leader))
        entry: dict[str, Any] = dict(follower_index=follower, remote_cluster=rule.alias, leader_index=leader)
        if stream is not None and rule.follower != LEADER_INDEX:
            entry["data_stream_name"] = stream
        if rule.settings:
            entry["settings"] = rule.settings
        if rule.parameters:
            entry["parameters"] = rule.parameters
        self.followers.append(entry)
        if index is not None:
            self.leaders.append((stream, leader, index))

    def is_deleted(self, rule: Rule, follower: str, index: Mapping[str, Any]) -> bool:
        """Whether a lifecycle policy has deleted it, which would delete it again."""
        policy = index["lifecycle_policy"]
        at, age = self.local["deleted"].get(follower), self.local["deleted_after"].get(policy)
        if at is None or age is None or at - index["born"] < age:
            return False
        self.note(
            rule.where,
            "%s was deleted here on %s, as its lifecycle policy %s does, and is left alone; name it in leader if it "
            "shall be copied again" % (follower, _day(at), policy),
        )
        return True

    def is_taken(
        self, rule: Rule, leader: str, follower: str, here: Mapping[str, Any] | None, stream: str | None
    ) -> bool:
        """Whether the name belongs to something else, which must not be lost."""
        what = None
        if here is not None and here["leader"] is None:
            what = "there is an ordinary index of that name%s" % ("" if here["open"] else ", which is closed")
        elif here is not None:
            theirs = (here["leader"]["remote_cluster"], here["leader"]["index"])
            if theirs != (rule.alias, leader):
                what = "it follows %s:%s" % theirs
        elif follower in self.aliases:
            what = "there is an alias of that name, of %s" % self.aliases[follower]
        elif follower in self.local["data_streams"]:
            what = "there is a data stream of that name"
        elif stream in self.local["data_streams"] and not self.local["data_streams"][stream]["replicated"]:
            what = "the data stream %s is this cluster's own" % stream
        if what is not None:
            self.problem(
                rule.where,
                '%s:%s can\'t be followed as %s: %s; give the followers another name, as in follower: "%s-copy", or '
                "exclude it, or delete what is there" % (rule.alias, leader, follower, what, LEADER_INDEX),
            )
        return what is not None

    def check_names(self) -> None:
        for follower, leaders in self.where.items():
            if len(leaders) > 1:
                self.problem(
                    follower,
                    "%s would have the same follower; tell them apart with the option follower" % _named(leaders),
                )


def _pattern(rule: Rule) -> dict[str, Any]:
    entry: dict[str, Any] = dict(
        name=rule.pattern,
        remote_cluster=rule.alias,
        leader_index_patterns=list(rule.leaders),
        leader_index_exclusion_patterns=list(rule.exclusions),
    )
    if rule.follower != LEADER_INDEX:
        entry["follow_index_pattern"] = rule.follower.replace(LEADER_INDEX, "{{leader_index}}")
    if rule.settings:
        entry["settings"] = rule.settings
    if rule.parameters:
        entry["parameters"] = rule.parameters
    return entry


def _readiness(leaders: Sequence[tuple[str | None, str, Mapping[str, Any]]], local: Mapping[str, Any]) -> list[str]:
    """What leaders need, does not come along with them, and is missing here."""
    policies: dict[str, list[str]] = {}
    pipelines: dict[str, list[str]] = {}
    streams: dict[str, bool] = {}
    for stream, name, index in leaders:
        if index["lifecycle_policy"] and index["lifecycle_policy"] not in local["lifecycle_policies"]:
            policies.setdefault(index["lifecycle_policy"], []).append(name)
        for pipeline in index["pipelines"]:
            if pipeline != "_none" and pipeline not in local["pipelines"]:
                pipelines.setdefault(pipeline, []).append(name)
        if stream is not None:
            streams[stream] = any(
                template["data_stream"] and matches(stream, template["index_patterns"])
                for template in local["index_templates"].values()
            )
    found = [
        "The lifecycle policy %s is missing here, which %s names; its steps fail until somebody creates it."
        % (policy, _named(names))
        for policy, names in sorted(policies.items())
    ]
    found += [
        "The ingest pipeline %s is missing here, through which documents of %s go; after a failover they would not."
        % (pipeline, _named(names))
        for pipeline, names in sorted(pipelines.items())
    ]
    without = sorted(stream for stream, covered in streams.items() if not covered)
    if without:
        found.append(
            "No index template here is for the data stream %s; after a failover it could not be rolled over."
            % _named(without)
        )
    return found


def _day(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (" and %s more" % more if more > 0 else "")
