# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of a playbook have registered → the short table at its end. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain

# More names than that make no short table.
NAMES = 3
KEY_ACTIONS = {"created": "new key", "updated": "key updated"}


@dataclass
class Row:
    """
    :param proven: what was shown to be so.
    :param to_do: where something is left to do, in few words.
    """

    alias: str = ""
    proven: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    to_do: list[str] = field(default_factory=list)


class Facts:
    """What is known of a cluster in this run; whatever a run that ended early has not registered is empty."""

    def __init__(self, variables: Mapping[str, Any], asked: Sequence[str], check_mode: bool) -> None:
        self.variables = variables
        self.asked = asked
        self.check_mode = check_mode

    def read(self, name: str) -> Mapping[str, Any]:
        value = self.variables.get(name)
        return value if isinstance(value, Mapping) else {}

    def map(self, name: str, key: str) -> Mapping[str, Any]:
        value = self.read(name).get(key)
        return value if isinstance(value, Mapping) else {}

    def results(self, name: str) -> list[Mapping[str, Any]]:
        """Of a loop."""
        found = self.read(name).get("results") or []
        return [result for result in found if isinstance(result, Mapping) and not result.get("skipped")]

    def remote_clusters(self) -> list[Mapping[str, Any]]:
        """Those that are declared, as far as the run is about them."""
        declared = self.read("elasticsearch_expanded").get("remote_clusters") or []
        return [remote for remote in declared if not self.asked or remote["alias"] in self.asked]

    def nodes(self) -> list[str]:
        return [str(node) for node in self.read("elasticsearch_expanded").get("nodes") or []]


def outcome(
    clusters: Sequence[str],
    playbook: str,
    hostvars: Mapping[str, Mapping[str, Any]],
    well: Sequence[str],
    asked: Sequence[str] = (),
    check_mode: bool = False,
) -> list[str]:
    """The lines of the table.

    :param well: the clusters of the run that have not failed.
    :param asked: the aliases that the run is about; all without any.
    """
    table: list[list[str]] = []
    for name in clusters:
        facts = Facts(hostvars[name], [str(alias) for alias in asked], bool(check_mode))
        rows = ROWS[playbook](facts)
        if name not in well:
            rows = rows or [Row()]
            for row in rows:
                row.to_do.insert(0, "failed, see the error above")
        table += [_cells(str(name), row) for row in rows]
    if not table:
        return ["nothing is declared"]
    head = ["cluster", "alias", "now" if check_mode else "proven", "would change" if check_mode else "changed", "to do"]
    return _aligned([head, *table])


def _cells(cluster: str, row: Row) -> list[str]:
    texts = ["; ".join(row.proven), ", ".join(row.changed) or "nothing", "; ".join(row.to_do)]
    return [cluster, row.alias or "-", *(plain(text) or "-" for text in texts)]


def _aligned(table: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def names(found: Iterable[Any]) -> str:
    known = sorted({str(name) for name in found})
    more = len(known) - NAMES
    return ", ".join(known) if more <= 1 else "%s and %d more" % (", ".join(known[:NAMES]), more)


def number(count: int, word: str) -> str:
    return "%d %s%s" % (count, word, "" if count == 1 else "s")


# ---- remote clusters ----------------------------------------------------------------------------------------------


def connected(facts: Facts) -> list[Row]:
    aliases = [remote["alias"] for remote in facts.remote_clusters()]
    return [Row(alias, _reached(facts, alias), _written(facts, alias), _broken(facts, alias)) for alias in aliases]


def verified(facts: Facts) -> list[Row]:
    rows = []
    for remote in facts.remote_clusters():
        alias = remote["alias"]
        row = Row(alias, _reached(facts, alias), [], _broken(facts, alias))
        if remote.get("follow"):
            _add_followers(facts, row)
        rows.append(row)
    verdict = facts.read("replication__verdict")
    if rows and verdict and not verdict.get("healthy") and not any(row.to_do for row in rows):
        rows[-1].to_do.append("not replicated as declared, see above")
    return rows


def rotated(facts: Facts) -> list[Row]:
    return connected(facts) + (granted(facts) if facts.map("remote_cluster__granted", "api_keys") else [])


def disconnected(facts: Facts) -> list[Row]:
    removed = facts.read("remote_cluster__removed").get("removed") or []
    gone = [key for result in facts.results("remote_cluster__gone") for key in result.get("invalidated") or []]
    stores = [result for result in facts.results("remote_cluster__keystores") if result.get("changed")]
    stay = [key["id"] for result in facts.results("remote_cluster__gone") for key in result.get("doubtful") or []]
    row = Row(names(removed or (remote["alias"] for remote in facts.remote_clusters())))
    row.changed += ["alias removed" if len(removed) == 1 else "aliases removed"] if removed else []
    row.changed += ["credentials off %s" % number(len(stores), "node")] if stores else []
    row.changed += ["%s invalidated" % number(len(gone), "key")] if gone else []
    row.to_do += ["keys that stay valid, see above"] if stay else []
    return [row] if row.alias else []


def granted(facts: Facts) -> list[Row]:
    rows = []
    keys = facts.map("remote_cluster__granted", "api_keys")
    for grant in facts.read("elasticsearch_expanded").get("grants") or []:
        alias = grant["api_key"]["alias"]
        if facts.asked and alias not in facts.asked:
            continue
        key = keys.get(alias) or {}
        row = Row(alias, [], _key_change(key))
        row.to_do += ["give %s to its administrators" % grant["file"]] if key.get("action") == "created" else []
        row.to_do += ["older keys are valid, see above"] if key.get("others") else []
        rows.append(row)
    return rows


def discovered(facts: Facts) -> list[Row]:
    found = facts.read("elasticsearch_discovered")
    aliases = (found.get("remote_clusters") or {}).get("remote_clusters")
    row = Row(names(aliases or []))
    nodes = found.get("nodes") or []
    read = [node for node in nodes if (node.get("node_info") or {}).get("credentials") is not None]
    row.proven += ["%d of %s read" % (len(read), number(len(nodes), "node"))] if nodes else []
    if aliases is None or "cluster" not in (found.get("cluster") or {}):
        row.to_do.append("could not be read")
    silent = [node.get("item") for node in nodes if node not in read]
    row.to_do += ["%s: not read" % names(silent)] if silent else []
    return [row]


def with_roles(facts: Facts) -> list[Row]:
    made = [result for result in facts.results("elasticsearch_made_roles") if result.get("changed")]
    return [Row("", [], [number(len(made), "role")] if made else [])]


def _reached(facts: Facts, alias: str) -> list[str]:
    remote = facts.map("remote_cluster__proof", "remote_clusters").get(alias)
    if not remote:
        return []
    nodes = remote.get("nodes") or []
    return ["%d of %s" % (sum(node["status"] == "proven" for node in nodes), number(len(nodes), "node"))]


def _key_change(key: Mapping[str, Any]) -> list[str]:
    action = key.get("action", "unchanged")
    return [] if action == "unchanged" else [KEY_ACTIONS.get(action, "key %s" % action)]


def _written(facts: Facts, alias: str) -> list[str]:
    changed = []
    keys = [(result.get("api_keys") or {}).get(alias) for result in facts.results("remote_cluster__keys")]
    for key in filter(None, keys):
        changed += _key_change(key)
        cleaned = [id for r in facts.results("remote_cluster__cleaned") for id in r.get("invalidated") or []]
        older = [id for id in key.get("others") or [] if id in cleaned]
        changed += ["%s invalidated" % number(len(older), "older key")] if older else []
    stores = [
        result
        for result in facts.results("remote_cluster__keystores")
        if result.get("changed") and "cluster.remote.%s.credentials" % alias in (result.get("settings") or {})
    ]
    changed += ["credential on %s" % number(len(stores), "node")] if stores else []
    changed += ["alias"] if alias in (facts.read("remote_cluster__set").get("written") or []) else []
    return changed


def _broken(facts: Facts, alias: str) -> list[str]:
    found = facts.map("remote_cluster__proof", "remote_clusters").get(alias) or {}
    nodes = [] if facts.check_mode else found.get("nodes") or []
    to_do = _by_cause((node["node"], node) for node in nodes if node["status"] != "proven")
    out = [
        result.get("item")
        for result in facts.results("remote_cluster__nodes")
        if (result.get("node_info") or {}).get("credentials") is None
    ]
    unwritten = facts.variables.get("remote_cluster__unwritten_nodes") or []
    out += [result.get("item") for result in unwritten]
    return to_do + _left_out(out)


def _by_cause(states: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Those that have the same cause in one text; the status where there is none."""
    causes: dict[str, list[str]] = {}
    for name, state in states:
        causes.setdefault(state.get("cause") or str(state.get("status")), []).append(name)
    return ["%s: %s" % (names(alike), cause) for cause, alike in causes.items()]


# ---- replication --------------------------------------------------------------------------------------------------


def replicated(facts: Facts) -> list[Row]:
    rows = []
    for remote in facts.remote_clusters():
        row = Row(remote["alias"])
        if remote.get("follow"):
            row.changed = _replication_actions(facts, row.alias)
            if not facts.check_mode:
                _add_followers(facts, row)
            rows.append(row)
    return rows


def paused(facts: Facts) -> list[Row]:
    aliases = [remote["alias"] for remote in facts.remote_clusters()]
    return [Row(alias, [], _replication_actions(facts, alias)) for alias in aliases]


def failed_over(facts: Facts) -> list[Row]:
    """Asked of one cluster; all others of the run have nothing to do with it."""
    done = _all_actions(facts, ("failover__quiet", "patterns"), ("failover__taken_over", "followers"))
    aliases = [remote["alias"] for remote in facts.remote_clusters()]
    return [Row(names(aliases), [], done)] if aliases else []


def failed_back(facts: Facts) -> list[Row]:
    there = _all_actions(facts, ("failover__following_there", "followers"))
    here = _all_actions(facts, ("failover__following_here", "followers"))
    aliases = [remote["alias"] for remote in facts.remote_clusters()]
    row = Row(names(aliases), [], ["there: %s" % what for what in there] + ["here: %s" % what for what in here])
    return [row] if aliases else []


def _add_followers(facts: Facts, row: Row) -> None:
    found = facts.map("replication__found", "followers")
    own = {name: state for name, state in found.items() if state.get("remote_cluster") in (row.alias, None)}
    well = [name for name, state in own.items() if state.get("status") == "healthy"]
    row.proven += ["%d of %s" % (len(well), number(len(own), "follower"))] if own else []
    row.to_do += _by_cause((name, state) for name, state in own.items() if name not in well)


def _replication_actions(facts: Facts, alias: str) -> list[str]:
    patterns = _actions(facts, alias, ("replication__patterns", "patterns", "pattern"))
    return patterns + _actions(facts, alias, ("replication__followers", "followers", "follower"))


def _actions(facts: Facts, alias: str, where: tuple[str, str, str]) -> list[str]:
    register, key, inner = where
    return _counted(
        key,
        (
            entry["action"]
            for entry in facts.map(register, key).values()
            if (entry.get(inner) or {}).get("remote_cluster") in (alias, None)
        ),
    )


def _all_actions(facts: Facts, *where: tuple[str, str]) -> list[str]:
    return [
        text
        for register, key in where
        for text in _counted(key, (entry["action"] for entry in facts.map(register, key).values()))
    ]


def _counted(key: str, actions: Iterable[str]) -> list[str]:
    counts: dict[str, int] = {}
    for action in actions:
        if action != "unchanged":
            counts[action] = counts.get(action, 0) + 1
    return ["%s %s" % (number(count, key.rstrip("s")), action) for action, count in sorted(counts.items())]


# ---- certificates and listeners -----------------------------------------------------------------------------------


def certified(facts: Facts) -> list[Row]:
    """One row a cluster: a certificate serves whoever comes."""
    nodes = facts.nodes()
    if not nodes:
        return []
    out = facts.variables.get("certificates_left_out") or {}
    written = facts.variables.get("certificates__named") or []
    row = Row("", [], ["files on %s" % number(len(set(written)), "node")] if written else [])
    _add_nodes(row, nodes, out, proven=not facts.check_mode)
    return [row]


def listening(facts: Facts) -> list[Row]:
    nodes = facts.nodes()
    found = facts.read("remote_cluster_server__outcome")
    if not nodes:
        return []
    out = found.get("left_out") or {}
    restarted = found.get("restarted") or []
    row = Row("", [], ["%s restarted" % number(len(restarted), "node")] if restarted else [])
    _add_nodes(row, nodes, out, proven=bool(found) and not facts.check_mode)
    return [row]


def _add_nodes(row: Row, nodes: Sequence[str], out: Mapping[str, Any], proven: bool) -> None:
    """
    :param out: those that were left out, and why.
    """
    row.to_do += _left_out(out)
    if proven:
        row.proven += ["%d of %s" % (len([n for n in nodes if n not in out]), number(len(nodes), "node"))]


def _left_out(nodes: Collection[Any]) -> list[str]:
    return ["%s: left out" % names(nodes)] if nodes else []


def certified_and_listening(facts: Facts) -> list[Row]:
    rows = certified(facts)
    for row, listens in zip(rows, listening(facts), strict=True):
        row.changed += listens.changed
        row.to_do += [text for text in listens.to_do if text not in row.to_do]
    return rows


ROWS: dict[str, Callable[[Facts], list[Row]]] = {
    "certificates": certified_and_listening,
    "connect": connected,
    "create_security_roles": with_roles,
    "disconnect": disconnected,
    "discover": discovered,
    "failback": failed_back,
    "failover": failed_over,
    "grant": granted,
    "pause_replication": paused,
    "remote_cluster_server": listening,
    "replicate": replicated,
    "resume_replication": paused,
    "rotate_api_keys": rotated,
    "rotate_certificates": certified,
    "verify": verified,
}
