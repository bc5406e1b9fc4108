# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster declares to follow → checked and expanded, over all clusters of the inventory. Pure. Private.

A *rule* is one entry of ``follow``: indices of one remote cluster, and how their followers are named.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import (
    Names,
    common_name,
    faults,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follow_parameters
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import boolean
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.checks import Report

# With one brace on each side it is no template of Ansible's; what Elasticsearch itself wants has two.
LEADER_INDEX = "{leader_index}"
ALIAS = "{alias}"
_SAME = LEADER_INDEX
# Of Elasticsearch, in bytes.
PATTERN_NAME_LENGTH = 255

_OPTIONS = ("leader", "exclude", "follower", "pattern", "existing", "future", "settings", "parameters")


@dataclass(frozen=True)
class Rule:
    """
    :param name: the key in ``follow``.
    :param remote: the inventory host of the remote cluster; None when it is another team's.
    :param where: where it is declared, for messages.
    :param leaders: names, data streams and patterns of the remote cluster.
    :param follower: the name of a follower, with ``{leader_index}`` where the leader's stands.
    :param pattern: the name of the auto-follow pattern.
    """

    cluster: str
    alias: str
    remote: str | None
    name: str
    where: str
    leaders: tuple[str, ...]
    exclusions: tuple[str, ...] = ()
    follower: str = _SAME
    pattern: str = ""
    existing: bool = True
    future: bool = True
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    parameters: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def single(self) -> bool:
        """One name, which may be that of an index or of a data stream."""
        return len(self.leaders) == 1 and "*" not in self.leaders[0]

    @property
    def followed(self) -> Names:
        """The leaders."""
        return Names(self.leaders, self.exclusions)

    @property
    def affixes(self) -> tuple[str, str]:
        prefix, _found, suffix = self.follower.partition(LEADER_INDEX)
        return prefix, suffix

    def name_of(self, leader: str) -> str:
        return self.follower.replace(LEADER_INDEX, leader)

    def follower_names(self, of: Names) -> Names:
        return of.wrapped(*self.affixes) if LEADER_INDEX in self.follower else Names((self.follower,))

    def as_dict(self) -> dict[str, Any]:
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}


def from_dict(value: Mapping[str, Any]) -> Rule:
    """What ``as_dict`` has made, after it went through Ansible."""
    given: dict[str, Any] = {key: tuple(v) if key in ("leaders", "exclusions") else v for key, v in value.items()}
    return Rule(**given)


def rules(where: str, cluster: str, alias: str, remote: str | None, follow: Any, report: Report) -> list[Rule]:
    """The entries of one ``follow``; what is wrong goes to ``report`` (where, what)."""
    if follow is None:
        return []
    if not isinstance(follow, dict):
        report(where, 'it is not a map; write name: {leader: "pattern"}')
        return []
    found = []
    for name in sorted(follow, key=str):
        rule = _rule("%s.%s" % (where, name), cluster, alias, remote, name, follow[name], report)
        if rule is not None:
            found.append(rule)
    return found


def _rule(
    where: str, cluster: str, alias: str, remote: str | None, name: Any, given: Any, report: Report
) -> Rule | None:
    if not isinstance(name, str) or not name:
        report(where, "the name is not a string; put it into quotes")
        return None
    declaration = given if isinstance(given, dict) else {"leader": given}
    declaration = {key: value for key, value in declaration.items() if value is not None}
    for key in declaration:
        if key not in _OPTIONS:
            report(where, "there is no option %s; known are %s" % (key, ", ".join(_OPTIONS)))
    leaders = _patterns(where, "leader", declaration.get("leader"), report)
    if not leaders:
        if "leader" not in declaration:
            report(where, 'leader is missing; name an index, a data stream or a pattern, as in leader: "metrics-*"')
        return None
    exclusions = _patterns(where, "exclude", declaration.get("exclude", []), report)
    rule = Rule(
        cluster=cluster,
        alias=alias,
        remote=remote,
        name=name,
        where=where,
        leaders=tuple(leaders),
        exclusions=tuple(exclusions),
        follower=_follower(where, alias, leaders, declaration.get("follower", _SAME), report),
        pattern=_pattern_name(where, declaration.get("pattern", "%s-%s" % (alias, name)), report),
        existing=_boolean(where, "existing", declaration, report),
        future=_boolean(where, "future", declaration, report),
        settings=_settings(where, declaration.get("settings", {}), report),
        parameters=_parameters(where, declaration.get("parameters", {}), report),
    )
    if not rule.existing and not rule.future:
        report(where, "existing and future are both false, so that nothing is followed; remove the entry")
    if common_name([rule.followed]) is None:
        report(where, "exclude leaves nothing of leader (%s); remove the entry or exclude less" % ", ".join(leaders))
    if rule.single and rule.exclusions:
        report(where, "exclude has no use with the one name %s; remove it" % leaders[0])
    return rule


def _patterns(where: str, option: str, value: Any, report: Report) -> list[str]:
    items = value if isinstance(value, list) else [value] if value is not None else []
    found = []
    for item in items:
        if not isinstance(item, str) or not item:
            report("%s.%s" % (where, option), "%r is not a name or a pattern; write text, as in metrics-*" % (item,))
            continue
        wrong = faults(item.replace("*", "x"), "the name of an index")
        if item.startswith("<") or ":" in item:
            wrong = ["%r names no index as the remote cluster itself knows it; write its plain name" % item]
        for fault in wrong:
            report("%s.%s" % (where, option), fault)
        if not wrong:
            found.append(item)
    return list(dict.fromkeys(found))


def _follower(where: str, alias: str, leaders: Sequence[str], value: Any, report: Report) -> str:
    where = "%s.follower" % where
    if not isinstance(value, str) or not value:
        report(where, 'it is not a name; write one, as in "%s-copy"' % LEADER_INDEX)
        return _SAME
    # As Elasticsearch writes it, when somebody has kept Ansible from taking it for a template.
    template = re.sub(r"\{\{\s*leader_index\s*\}\}", LEADER_INDEX, str.__str__(value)).replace(ALIAS, alias.lower())
    rest = template.replace(LEADER_INDEX, "")
    if "{" in rest or "}" in rest:
        report(where, "%r has braces; the only placeholders are %s and %s" % (value, LEADER_INDEX, ALIAS))
        return _SAME
    if "*" in rest:
        report(where, "%r has a wildcard; write %s for the name of the leader" % (value, LEADER_INDEX))
        return _SAME
    wrong = faults(
        template.replace(LEADER_INDEX, "x") if template.startswith(LEADER_INDEX) else rest, "a follower's name"
    )
    for fault in wrong:
        report(where, fault)
    count = template.count(LEADER_INDEX)
    if count > 1:
        report(where, "%r has %s more than once" % (value, LEADER_INDEX))
    if not count and (len(leaders) > 1 or "*" in leaders[0]):
        report(
            where,
            "%r would be the name of every follower of %s; let it have %s, as in %s-%s"
            % (value, ", ".join(leaders), LEADER_INDEX, LEADER_INDEX, value),
        )
    return _SAME if wrong or count > 1 else template


def _pattern_name(where: str, value: Any, report: Report) -> str:
    where = "%s.pattern" % where
    if not isinstance(value, str) or not value:
        report(where, "it is not a name")
        return ""
    if "," in value or value.startswith("_"):
        report(where, "%r has a comma or begins with an underscore, which Elasticsearch refuses" % value)
    if len(value.encode("utf-8")) > PATTERN_NAME_LENGTH:
        report(where, "%r has more than %s bytes, which Elasticsearch refuses" % (value, PATTERN_NAME_LENGTH))
    return value


def _boolean(where: str, option: str, declaration: dict[str, Any], report: Report) -> bool:
    try:
        return boolean(declaration.get(option, True))
    except ValueError as error:
        report("%s.%s" % (where, option), str(error))
        return True


def _settings(where: str, value: Any, report: Report) -> dict[str, Any]:
    """Those of the follower alone; which of them may differ from the leader's is for the server to say."""
    where = "%s.settings" % where
    if not isinstance(value, dict):
        report(where, "it is not a map; write index.number_of_replicas: 0")
        return {}
    for key in value:
        if not isinstance(key, str) or not (key.startswith("index.") or key == "index"):
            report(where, "%s is not the full name of a setting; write index.%s" % (key, key))
    return value


def _parameters(where: str, value: Any, report: Report) -> dict[str, Any]:
    where = "%s.parameters" % where
    if not isinstance(value, dict):
        report(where, "it is not a map; known are %s" % ", ".join(follow_parameters.DEFAULTS))
        return {}
    found: dict[str, Any] = {}
    for name, item in value.items():
        try:
            found.update(follow_parameters.given({name: item}, where))
        except Refusal as refusal:
            report(*str(refusal).split(": ", 1))
    return found


# Over the rules of one cluster, and of all


def collisions(of_cluster: Sequence[Rule]) -> list[tuple[str, str]]:
    """Rules of one local cluster that can't stand side by side: (where, what)."""
    found = []
    for index, rule in enumerate(of_cluster):
        for other in of_cluster[:index]:
            if rule.pattern == other.pattern:
                found.append(
                    (
                        rule.where,
                        "its auto-follow pattern would have the same name %s as that of %s; give one of them another "
                        "with the option pattern" % (rule.pattern, other.where),
                    )
                )
            if rule.alias == other.alias:
                twice = common_name([rule.followed, other.followed])
                if twice is not None:
                    found.append(
                        (
                            rule.where,
                            "%s follows the same indices, as %s would be one, and Elasticsearch follows none that two "
                            "patterns match; exclude them in one of the two" % (other.where, twice),
                        )
                    )
                    continue
            same = common_name([rule.follower_names(rule.followed), other.follower_names(other.followed)])
            if same is not None:
                found.append(
                    (
                        rule.where,
                        "a follower of it and one of %s could both have the name %s; tell them apart, as in "
                        'follower: "%s-%s"' % (other.where, same, LEADER_INDEX, ALIAS),
                    )
                )
    return found


def loops(cluster: str, of_all: Sequence[Rule]) -> list[tuple[str, str]]:
    """Ways on which an index of ``cluster`` comes back to it, as followers of its followers: (where, what).

    :param of_all: the rules of ``cluster`` and of every cluster that it follows, directly or not.
    """
    found: dict[str, str] = {}

    def walk(at: str, names: list[Names], way: list[Rule]) -> None:
        for rule in of_all:
            if rule.remote != at or rule.cluster in [step.cluster for step in way]:
                continue
            here = [*names, rule.followed]
            name = common_name(here)
            if name is None:
                continue
            if rule.cluster == cluster:
                # One way is enough to see what is wrong with a rule.
                found.setdefault(rule.where, _loop(cluster, [*way, rule], name))
            elif LEADER_INDEX in rule.follower:
                walk(rule.cluster, [rule.follower_names(n) for n in here], [*way, rule])
            else:
                walk(rule.cluster, [Names((rule.follower,))], [*way, rule])

    walk(cluster, [], [])
    return list(found.items())


def _loop(cluster: str, way: Sequence[Rule], last: str) -> str:
    """
    :param last: a name on the cluster that ``cluster`` itself follows.
    """
    told = ["%s would follow that as %s" % (cluster, way[-1].name_of(last))]
    name = last
    for rule in reversed(way[:-1]):
        told.append("%s follows it as %s (%s)" % (rule.cluster, name, rule.where))
        prefix, suffix = rule.affixes
        name = name[len(prefix) : len(name) - len(suffix)] if LEADER_INDEX in rule.follower else rule.leaders[0]
    return (
        "indices of %s would come back to it (%s, for one: %s); let followers have a name of their own (follower: "
        '"%s-copy") on both sides, and exclude that name here (exclude: "*-copy")'
        % (cluster, name, ", ".join(reversed(told)), LEADER_INDEX)
    )
