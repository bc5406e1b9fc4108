# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto-follow patterns: what the API says of them, and the requests that make each as wished. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/manage-auto-follow-patterns
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import remedy_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follow_parameters
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follower_steps import check_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal, Request, in_path
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import check_alias
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_nanos

# Where the name of the leader stands in that of the follower.
LEADER_INDEX = "{{leader_index}}"


@dataclass
class Pattern:
    """A pattern as it is, or shall be.

    :param settings: full name → value as text, as the server writes it.
    :param parameters: those that are set, as they were written.
    """

    name: str
    remote_cluster: str
    leader_index_patterns: List[str]
    leader_index_exclusion_patterns: List[str] = field(default_factory=list)
    follow_index_pattern: Optional[str] = None
    settings: Dict[str, str] = field(default_factory=dict)
    parameters: Dict[str, Any] = field(default_factory=dict)
    active: bool = True

    def described(self) -> Dict[str, Any]:
        """In the words of the options."""
        return dict(
            remote_cluster=self.remote_cluster,
            leader_index_patterns=self.leader_index_patterns,
            leader_index_exclusion_patterns=self.leader_index_exclusion_patterns,
            follow_index_pattern=self.follow_index_pattern,
            settings=self.settings,
            parameters=self.parameters,
            active=self.active,
        )


@dataclass
class Wish:
    """What shall be.

    :param pattern: None where it shall be absent, or where only ``active`` counts.
    """

    name: str
    pattern: Optional[Pattern] = None
    present: bool = True
    active: bool = True
    force: bool = False
    settings: Dict[str, Any] = field(default_factory=dict)
    master_timeout: Optional[str] = None


@dataclass
class Steps:
    """The way of one pattern."""

    action: str
    after: Dict[str, Any]
    requests: List[Request] = field(default_factory=list)
    warnings: List[str] = field(default_factory=list)
    puts: bool = False


# ---- what is ----------------------------------------------------------------------------------------------------


def parse(answer: Dict[str, Any]) -> Dict[str, Pattern]:
    """``GET _ccr/auto_follow`` → the patterns by name."""
    found = {}
    for entry in answer.get("patterns") or []:
        stored = entry["pattern"]
        found[entry["name"]] = Pattern(
            name=entry["name"],
            remote_cluster=stored["remote_cluster"],
            leader_index_patterns=list(stored.get("leader_index_patterns") or []),
            leader_index_exclusion_patterns=list(stored.get("leader_index_exclusion_patterns") or []),
            follow_index_pattern=stored.get("follow_index_pattern"),
            settings=flat(stored.get("settings") or {}),
            parameters={k: stored[k] for k in follow_parameters.DEFAULTS if stored.get(k) is not None},
            active=stored.get("active", True),
        )
    return found


def flat(settings: Dict[str, Any]) -> Dict[str, str]:
    """Nested or flat settings → full name → value, as the server writes it."""
    return {name: _text(value) for name, value in _leaves(settings, "")}


def _leaves(tree: Dict[str, Any], prefix: str) -> Iterator[Tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, "%s%s." % (prefix, key))
        else:
            yield prefix + key, value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    return str(value)


def errors_of(stats: Optional[Dict[str, Any]], name: str) -> Optional[List[Dict[str, Any]]]:
    """``GET _ccr/stats`` → the recent errors of a pattern: index, time and text; None when nobody has told."""
    if stats is None:
        return None
    found = []
    for entry in (stats.get("auto_follow_stats") or {}).get("recent_auto_follow_errors") or []:
        # Despite its name this is the pattern, or the pattern and the index.
        pattern, colon, index = entry["leader_index"].partition(":")
        if pattern == name:
            error = entry.get("auto_follow_exception") or {}
            found.append(
                dict(leader_index=index if colon else None, timestamp=entry.get("timestamp"), error=_reason(error))
            )
    return found


def _reason(error: Dict[str, Any]) -> str:
    text = "%s: %s" % (error.get("type"), error.get("reason"))
    cause = error.get("caused_by") or {}
    return "%s (%s)" % (text, cause.get("reason")) if cause.get("reason") and cause["reason"] not in text else text


# ---- what shall be ----------------------------------------------------------------------------------------------


def wish(params: Dict[str, Any]) -> Wish:
    """The options of one pattern → what shall be; refuses what Elasticsearch would refuse or misread."""
    name = params["name"]
    if not name or "," in name or name.startswith("_") or len(name.encode()) > 255:
        raise Refusal(
            "name: %r is no name of a pattern; use no comma, no _ at its beginning, and at most 255 bytes" % name
        )
    try:
        time_nanos(params.get("master_timeout") or "30s")
    except ValueError as e:
        raise Refusal("master_timeout: %s" % e) from None
    want = Wish(name=name, force=params["force"], master_timeout=params.get("master_timeout"))
    if params["state"] == "absent":
        want.present = False
        return want
    want.active = params["active"]
    if not params.get("leader_index_patterns") or not params.get("remote_cluster"):
        _check_only_active(params)
        return want
    _check_patterns(params)
    check_settings(params.get("settings"))
    want.settings = params.get("settings") or {}
    want.pattern = Pattern(
        name=name,
        remote_cluster=params["remote_cluster"],
        leader_index_patterns=list(params["leader_index_patterns"]),
        leader_index_exclusion_patterns=list(params.get("leader_index_exclusion_patterns") or []),
        follow_index_pattern=params.get("follow_index_pattern"),
        settings=flat(want.settings),
        parameters=follow_parameters.given(params.get("parameters")),
        active=params["active"],
    )
    return want


def _check_only_active(params: Dict[str, Any]) -> None:
    given = [
        option
        for option in ("leader_index_exclusion_patterns", "follow_index_pattern", "settings", "parameters")
        if params.get(option)
    ]
    half = [o for o in ("remote_cluster", "leader_index_patterns") if params.get(o) is not None]
    if given or half:
        raise Refusal(
            "%s: %s can only be set together with remote_cluster and leader_index_patterns, because a pattern is "
            "described as a whole; give these too" % (params["name"], ", ".join([*half, *given]))
        )


def _check_patterns(params: Dict[str, Any]) -> None:
    try:
        check_alias(params["remote_cluster"])
    except Refusal as e:
        raise Refusal(str(e).replace("alias:", "remote_cluster:", 1)) from None
    for option in ("leader_index_patterns", "leader_index_exclusion_patterns"):
        for pattern in params.get(option) or []:
            wrong = None
            if not pattern or re.search(r'[\\/?"<>|\s,#]', pattern):
                wrong = "is empty or holds a character that no index has; * is the only wildcard"
            elif ":" in pattern:
                wrong = "holds a colon; name the alias in remote_cluster"
            elif pattern != pattern.lower():
                wrong = "holds a capital letter, which no index has"
            elif pattern.startswith("-"):
                wrong = "begins with -; name what is not followed in leader_index_exclusion_patterns"
            if wrong:
                raise Refusal("%s: %s: %s %s" % (params["name"], option, pattern or "a pattern", wrong))
    follow = params.get("follow_index_pattern")
    rest = (follow or "").replace(LEADER_INDEX, "")
    if follow is not None and (not follow or re.search(r'[\\/*?"<>|\s,#:{}]', rest) or rest != rest.lower()):
        raise Refusal(
            "%s: follow_index_pattern: %s makes no name of an index; use lower case and %s"
            % (params["name"], follow or "an empty pattern", LEADER_INDEX)
        )
    if follow is not None and LEADER_INDEX not in follow and any("*" in p for p in params["leader_index_patterns"]):
        raise Refusal(
            "%s: follow_index_pattern: %s gives all followers the same name; put %s into it"
            % (params["name"], follow, LEADER_INDEX)
        )


# ---- from one to the other --------------------------------------------------------------------------------------


def steps(have: Optional[Pattern], want: Wish) -> Steps:
    """The requests that one pattern needs."""
    name = want.name
    if not want.present:
        if have is None:
            return Steps("unchanged", {})
        return Steps("deleted", {}, [_request(want, "DELETE", "", "delete the auto-follow pattern %s" % name)])
    pattern = want.pattern
    if pattern is None:
        if have is None:
            raise Refusal(
                "name: there is no auto-follow pattern %s; give remote_cluster and leader_index_patterns to make it"
                % name
            )
        return _switched(have, want)
    if have is not None and _same(have, pattern):
        return _switched(have, want)
    if have is not None and have.remote_cluster != pattern.remote_cluster and not want.force:
        raise Refusal(
            "remote_cluster: the pattern %s follows %s, not %s. All indices of the new one that match would be "
            "followed, also those that exist; use another name, or allow it with force=true"
            % (name, have.remote_cluster, pattern.remote_cluster)
        )
    requests = [_put(want, pattern)]
    if not want.active:
        requests.append(_switch(want, "pause"))
    way = Steps("changed" if have else "created", pattern.described(), requests, puts=True)
    cleared = set(have.leader_index_exclusion_patterns if have else ()) - set(pattern.leader_index_exclusion_patterns)
    if cleared:
        way.warnings.append(
            "%s excludes no longer %s: indices that were excluded by it are followed, also those that exist"
            % (name, ", ".join(sorted(cleared)))
        )
    return way


def _switched(have: Pattern, want: Wish) -> Steps:
    """Whether it is active differs at most; writing it whole would replace the credentials that are stored with it."""
    after = dict(have.described(), active=want.active)
    if have.active == want.active:
        return Steps("unchanged", after)
    if want.active:
        return Steps("resumed", after, [_switch(want, "resume")])
    return Steps("paused", after, [_switch(want, "pause")])


def _same(have: Pattern, wanted: Pattern) -> bool:
    """All but ``active``; the order of patterns counts for nothing, and absence is a difference."""
    return (
        have.remote_cluster == wanted.remote_cluster
        and set(have.leader_index_patterns) == set(wanted.leader_index_patterns)
        and set(have.leader_index_exclusion_patterns) == set(wanted.leader_index_exclusion_patterns)
        and (have.follow_index_pattern or LEADER_INDEX) == (wanted.follow_index_pattern or LEADER_INDEX)
        and have.settings == wanted.settings
        and set(have.parameters) == set(wanted.parameters)
        and not follow_parameters.differing(have.parameters, wanted.parameters)
    )


def _put(want: Wish, pattern: Pattern) -> Request:
    body: Dict[str, Any] = dict(
        remote_cluster=pattern.remote_cluster,
        leader_index_patterns=pattern.leader_index_patterns,
        leader_index_exclusion_patterns=pattern.leader_index_exclusion_patterns,
    )
    if pattern.follow_index_pattern is not None:
        body["follow_index_pattern"] = pattern.follow_index_pattern
    if want.settings:
        body["settings"] = want.settings
    body.update(pattern.parameters)
    return _request(want, "PUT", "", "set the auto-follow pattern %s" % want.name, body)


def _switch(want: Wish, verb: str) -> Request:
    return _request(want, "POST", "/" + verb, "%s the auto-follow pattern %s" % (verb, want.name))


def _request(want: Wish, method: str, end: str, purpose: str, body: Optional[Dict[str, Any]] = None) -> Request:
    query = {"master_timeout": want.master_timeout} if want.master_timeout else None
    alias = want.pattern.remote_cluster if want.pattern else None
    leaders = ", ".join(want.pattern.leader_index_patterns) if want.pattern else None
    return Request(
        method,
        "/_ccr/auto_follow/%s%s" % (in_path(want.name), end),
        purpose,
        body=body,
        query=query,
        remedy=lambda reason: remedy_of(reason, name=want.name, remote_cluster=alias, leader_index=leaders),
        # Somebody else was faster.
        settles=(lambda e: {} if e.status == 404 else None) if method == "DELETE" else None,
    )


# ---- patterns that meet -----------------------------------------------------------------------------------------


def meet(one: str, other: str) -> bool:
    """Whether there is a name that fits both globs."""
    seen = set()
    todo = [(0, 0)]
    while todo:
        i, j = todo.pop()
        if (i, j) in seen:
            continue
        seen.add((i, j))
        if i == len(one) and j == len(other):
            return True
        if i < len(one) and one[i] == "*":
            todo.append((i + 1, j))
        if j < len(other) and other[j] == "*":
            todo.append((i, j + 1))
        if i < len(one) and j < len(other):
            if one[i] == "*":
                todo.append((i, j + 1))
            elif other[j] == "*":
                todo.append((i + 1, j))
            elif one[i] == other[j]:
                todo.append((i + 1, j + 1))
    return False


def covers(wide: str, narrow: str) -> bool:
    """Whether every name that fits the one glob fits the other; at times it does, and this does not know it."""
    return re.match(".*".join(re.escape(part) for part in wide.split("*")) + r"\Z", narrow) is not None


def overlaps(pattern: Pattern, others: Dict[str, Pattern]) -> Dict[str, List[str]]:
    """Other patterns of the same remote cluster that may fit the same index → the globs of both; paused ones count."""
    found: Dict[str, List[str]] = {}
    for name, other in sorted(others.items()):
        if name == pattern.name or other.remote_cluster != pattern.remote_cluster:
            continue
        excluded = [*pattern.leader_index_exclusion_patterns, *other.leader_index_exclusion_patterns]
        for mine in pattern.leader_index_patterns:
            for theirs in other.leader_index_patterns:
                if meet(mine, theirs) and not any(covers(e, mine) or covers(e, theirs) for e in excluded):
                    found.setdefault(name, []).append(mine if mine == theirs else "%s and %s" % (mine, theirs))
    return found


def check_overlaps(patterns: Dict[str, Pattern], written: List[str]) -> List[str]:
    """Warnings for patterns that may meet others; refuses one that another one has already.

    :param patterns: all of them, as they will be.
    :param written: names of those that are about to be written.
    """
    warnings = []
    for name in written:
        for other, globs in overlaps(patterns[name], patterns).items():
            same = sorted(set(globs) & set(patterns[name].leader_index_patterns))
            if same:
                raise Refusal(
                    "leader_index_patterns: the pattern %s of %s is that of %s already, and what two patterns fit is "
                    "not followed at all, also when one is paused; delete %s first, or let only one of them have it"
                    % (", ".join(same), name, other, other)
                )
            warnings.append(
                "%s and %s fit the same names (%s); an index that both fit is not followed at all, also when one of "
                "them is paused" % (name, other, ", ".join(globs))
            )
    return warnings


def follows_itself(pattern: Pattern) -> bool:
    """Whether the name of a follower fits the pattern again, so that it would be followed where the leaders are."""
    template = pattern.follow_index_pattern or LEADER_INDEX
    for glob in pattern.leader_index_patterns:
        made = template.replace(LEADER_INDEX, glob)
        if any(meet(made, other) for other in pattern.leader_index_patterns) and not any(
            covers(excluded, made) for excluded in pattern.leader_index_exclusion_patterns
        ):
            return True
    return False
