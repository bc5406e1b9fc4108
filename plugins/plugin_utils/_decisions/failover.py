# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Followers become what is written, when the cluster of their leaders is lost. Pure. Private.

What has to be known later is noted in the cluster itself before anything is changed (a *record*, one an alias). What is
left to do is found from what is there, so that a run that was ended anywhere is completed by the next.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/uni-directional-disaster-recovery
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import follow, write_blocks
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.remote_cluster_preflight import (
    sentence,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.write_blocks import (
    HERE,
    LEADERS,
    THERE,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import (
    LEADER_INDEX,
    Rule,
    from_dict,
)

FAILOVER = "crosscluster_elasticsearch_failover."
# Said by a proxy, or by a cluster without an elected master, which takes no writes.
_AWAY = (502, 503, 504)
# Lifecycle policies put something before it.
_BACKING = re.compile(r"\.ds-(.+)-\d{4}\.\d{2}\.\d{2}-\d{6,}$")


def fail_over(
    remote_clusters: Sequence[Mapping[str, Any]],
    rules: Sequence[Mapping[str, Any]],
    found: Mapping[str, Any],
    planned: bool = False,
    forced: bool = False,
    drained: bool = False,
    now: str = "",
) -> dict[str, Any]:
    """
    :param remote_clusters: those that are lost, each with ``alias`` and its inventory host ``cluster``.
    :param rules: what the local cluster is declared to follow.
    :param found: results of modules: ``followers`` (ccr_follow_info), ``patterns`` (ccr_auto_follow_info), ``here``
        (index_info with documents), ``remotes`` (loop of cluster_info), ``reach`` (remote_cluster_info); and
        ``records``, alias → what an earlier run has noted. Where it is planned, ``led``: alias → what its cluster has
        (index_info). Once it is known: ``there``, alias → indices of its cluster (index_info with documents),
        ``blocked``, the same of those that a failback has blocked, and ``written``, what is here in the end.
    :param forced: whether it is done though the cluster of the leaders answers.
    :param drained: whether followers are known to have all that their leaders have, which nobody writes any more.
    :return: ``metadata`` to be noted first; ``patterns`` to be paused; ``leaders``, alias → those whose writes are to
        be blocked (planned), ``let_go_leaders``, those of them that were, and ``forget_leaders``, metadata after that;
        ``data_streams`` to be promoted; ``followers`` to be unfollowed; ``indices`` that are written then;
        ``let_go_here`` and ``let_go_there`` (alias →), what a failback has blocked, and ``forget``, metadata without
        that; ``problems``; and lines to be read by people: ``steps``, ``loss``, ``writes``, ``kept`` (blocks of
        others), ``created`` (what nobody follows), ``undrained`` and ``unwritable``.
    """
    work = _Failover(rules, found, planned, drained, now)
    answers = _answers(remote_clusters, found)
    with_api = [result["item"] for result in found["remotes"] if result.get("cluster")]
    for entry in remote_clusters:
        alias = entry["alias"]
        record = found["records"].get(alias) or {}
        if not work.add(alias, record):
            continue
        if planned and _returned(record):
            work.problems.append(
                "%s: a failback to it has begun, and some indices lead there again; complete it by the playbook "
                "failback with writes_stopped=true, then run this." % alias
            )
        if alias in answers and not planned and not forced:
            work.problems.append(
                "%s: its cluster is there (%s), and may be written as well from then on; set planned to true for a "
                "planned switchover, and force to true only when nobody can write to it any more."
                % (alias, answers[alias])
            )
        if alias not in answers and planned:
            work.problems.append(
                "%s: its cluster does not answer, so that there can be no planned switchover; leave planned out."
                % alias
            )
        elif planned and entry["cluster"] not in with_api:
            work.problems.append(
                "%s: nobody can block writes to its indices, as its API can't be used from here; correct that (%s), or "
                "stop all writes yourself, wait until the followers have everything, and set force to true instead."
                % (alias, answers[alias])
            )
    records = {entry["alias"]: found["records"].get(entry["alias"]) or {} for entry in remote_clusters}
    records.update({name[len(FAILOVER) :]: record for name, record in work.metadata.items()})
    undrained = not_drained({} if drained else records, work.followers, found.get("there") or {})
    return dict(work.result(), undrained=undrained)


def _returned(record: Mapping[str, Any]) -> bool:
    """Whether a failback has let, or was about to let, an index lead there again."""
    return any(
        entry.get("returned_uuid") for key in ("followers", "created") for entry in (record.get(key) or {}).values()
    )


def _lost_again(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What had been given back is taken over once more: what leads there is an old leader from now on."""
    return {
        name: dict(
            {key: value for key, value in entry.items() if not key.startswith("returned_")},
            leader_uuid=entry["returned_uuid"],
            operations=entry["returned_operations"],
        )
        if entry.get("returned_uuid")
        else dict(entry)
        for name, entry in entries.items()
    }


def _answers(remote_clusters: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> dict[str, str]:
    """Alias → how it is known that the cluster is there."""
    of_host = {result["item"]: result for result in found["remotes"]}
    answers = {}
    for entry in remote_clusters:
        result = of_host.get(entry["cluster"]) or {}
        cluster = result.get("cluster")
        nodes = ((found["reach"].get("remote_clusters") or {}).get(entry["alias"]) or {}).get("nodes") or []
        if cluster is not None:
            answers[entry["alias"]] = "%s answers with %d nodes" % (entry["cluster"], len(cluster["nodes"]))
        elif nodes and all(node["status"] != "broken" for node in nodes):
            answers[entry["alias"]] = "the local cluster reaches it"
        elif any((request["status"] or _AWAY[0]) not in _AWAY for request in result.get("requests") or []):
            # Who does not let us in is there all the same.
            answers[entry["alias"]] = "%s answers: %s" % (entry["cluster"], sentence(dict(result)).rstrip("."))
    return answers


def leader_of(rules: Sequence[Rule], name: str, index: Mapping[str, Any]) -> str | None:
    """Of an ordinary index that would be a follower by what is declared."""
    if index["leader"] is not None or index["data_stream"] is not None or index["system"]:
        return None
    return _leader(rules, name)


def led_streams(rules: Sequence[Rule], here: Mapping[str, Any]) -> dict[str, str]:
    """The same of data streams that are written here: each to that of the other cluster."""
    found = {}
    for name, stream in here["data_streams"].items():
        leader = _leader(rules, name)
        system = any((here["indices"].get(index) or {}).get("system") for index in stream["indices"])
        if leader is not None and not stream["replicated"] and not system:
            found[name] = leader
    return found


def _leader(rules: Sequence[Rule], name: str) -> str | None:
    for rule in rules:
        if not rule.future or LEADER_INDEX not in rule.follower:
            continue
        prefix, suffix = rule.affixes
        leader = name[len(prefix) : len(name) - len(suffix)]
        if leader and rule.name_of(leader) == name and leader in rule.followed:
            return leader
    return None


class _Failover:
    def __init__(
        self, rules: Sequence[Mapping[str, Any]], found: Mapping[str, Any], planned: bool, drained: bool, now: str
    ) -> None:
        self.rules = [from_dict(rule) for rule in rules]
        self.followers = found["followers"]["followers"]
        self.auto_follow = found["patterns"]["patterns"]
        self.here = found["here"]
        self.led = found.get("led") or {}
        self.there = found.get("there") or {}
        self.blocked = found.get("blocked") or {}
        self.written = found.get("written") or {}
        self.planned = planned
        self.drained = drained
        self.now = now
        self.metadata: dict[str, Any] = {}
        self.patterns: list[dict[str, Any]] = []
        self.leaders: dict[str, list[dict[str, Any]]] = {}
        self.data_streams: list[str] = []
        self.unfollow: list[dict[str, Any]] = []
        self.indices: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.steps: list[str] = []
        self.loss: list[str] = []
        self.let_go_leaders: dict[str, list[dict[str, Any]]] = {}
        self.forget_leaders: dict[str, Any] = {}
        self.let_go_here: list[dict[str, Any]] = []
        self.let_go_there: dict[str, list[dict[str, Any]]] = {}
        self.forget: dict[str, Any] = {}
        self.created: list[str] = []
        self.kept: list[str] = []

    def result(self) -> dict[str, Any]:
        return dict(
            metadata=self.metadata,
            patterns=self.patterns,
            leaders=self.leaders,
            data_streams=self.data_streams,
            followers=self.unfollow,
            indices=self.indices,
            problems=self.problems,
            steps=self.steps,
            loss=self.loss,
            let_go_leaders=self.let_go_leaders,
            forget_leaders=self.forget_leaders,
            let_go_here=self.let_go_here,
            let_go_there=self.let_go_there,
            forget=self.forget,
            created=self.created,
            writes=["%s: is written here now" % i["name"] for i in self.indices if i["name"] not in self.kept],
            kept=[
                "%s: it has a write block that no failover or failback has set, and that stays; let it be written "
                "yourself if somebody is to write it" % name
                for name in self.kept
            ],
            unwritable=unwritable(self.indices, self.written, self.kept) if self.written else [],
        )

    def add(self, alias: str, record: Mapping[str, Any]) -> bool:
        """Whether anything is left to be done."""
        gated = self.planned and not record.get("drained") and not self.drained
        noted: dict[str, Any] = dict(record.get("followers") or {})
        for name, found in sorted(self.followers.items()):
            if found["remote_cluster"] != alias:
                continue
            if found["state"] in ("copying", "copy_failed"):
                self.is_copied(alias, name, found)
                continue
            if gated and found["status"] != "healthy":
                self.problems.append(("%s/%s: %s %s" % (alias, name, found["summary"], found["remedy"])).strip())
            noted[name] = self.entry(name, found, noted.get(name) or {})
        # Once it has begun, replicate refuses to run.
        created = self.left_behind(alias) if gated else []
        self.created += ["%s/%s" % (alias, name) for name in created]
        left = [] if record else created
        if left:
            self.problems.append(
                "%s: nothing here follows %s; run the playbook replicate first, or exclude it from what is declared."
                % (alias, ", ".join(left))
            )
        active = [
            name
            for name, found in sorted(self.auto_follow.items())
            if found["pattern"].get("remote_cluster") == alias and found["pattern"].get("active")
        ]
        if not noted and not active and not record:
            self.steps.append("%s: nothing here follows it" % alias)
            return False
        given_back = _returned(dict(record, followers=noted))
        if given_back:
            noted = _lost_again(noted)
        after = self.note(alias, record, noted, active)
        self.let_go(alias, after)
        self.patterns += [dict(name=name, active=False) for name in active]
        self.steps += ["%s: pause the auto-follow pattern %s" % (alias, name) for name in active]
        for stream in after["data_streams"]:
            here = self.here["data_streams"].get(stream)
            if here is not None:
                self.data_streams.append(stream)
            if here is not None and here["replicated"]:
                self.steps.append("%s/%s: promote the data stream" % (alias, stream))
        self.leaders[alias] = []
        before = len(self.unfollow)
        for name, entry in sorted(noted.items()):
            self.add_index(alias, name, entry, self.here["indices"].get(name))
            self.loss.append("%s/%s: %s" % (alias, name, self.lost(entry)))
        for name, uuid in sorted((after.get(HERE) or {}).items()):
            if name not in noted and (self.here["indices"].get(name) or {}).get("uuid") == uuid:
                self.indices.append(dict(name=name, uuid=uuid))
        return bool(active) or given_back or len(self.unfollow) > before

    def let_go(self, alias: str, record: Mapping[str, Any]) -> None:
        """What a failback has blocked, here and there, as this cluster is written from now on."""
        here = write_blocks.left(record, HERE, self.here["indices"])
        self.let_go_here += here
        self.steps += ["%s/%s: remove the write block of a failback" % (alias, b["name"]) for b in here]
        after = write_blocks.forgotten(record, HERE)
        if alias in self.blocked:
            there = write_blocks.left(record, THERE, self.blocked[alias])
            self.let_go_there[alias] = there
            after = write_blocks.forgotten(after, THERE)
            self.steps += ["%s:%s: remove the write block of a failback" % (alias, b["name"]) for b in there]
        elif record.get(THERE):
            self.steps.append(
                "%s: a failback has blocked writes there to %s, which is let go when it can be asked: run this, or the "
                "playbook failback, again then" % (alias, ", ".join(sorted(record[THERE])))
            )
        if after != record:
            self.forget[FAILOVER + alias] = after
        # Of a switchover that can't go on: as if it had not begun.
        self.let_go_leaders[alias] = write_blocks.left(record, LEADERS, self.there.get(alias) or {})
        self.forget_leaders[FAILOVER + alias] = write_blocks.forgotten(record, LEADERS)

    def left_behind(self, alias: str) -> list[str]:
        """What is declared to be followed, and is not yet."""
        if alias not in self.led:
            return []
        rules = [rule.as_dict() for rule in self.rules if rule.alias == alias]
        wanted = follow.plan(rules, {alias: self.led[alias]}, self.here)["followers"]
        return sorted(e["leader_index"] for e in wanted if e["follower_index"] not in self.here["indices"])

    def is_copied(self, alias: str, name: str, found: Mapping[str, Any]) -> None:
        failed = found["state"] == "copy_failed"
        if self.planned and failed:
            self.problems.append("%s/%s: %s %s" % (alias, name, found["summary"], found["remedy"]))
        elif self.planned:
            self.problems.append("%s/%s: it is still being copied; wait until it follows." % (alias, name))
        else:
            self.steps.append(
                "%s/%s: left alone, its first copy has %s, so that it is not whole"
                % (alias, name, "failed" if failed else "not ended")
            )

    def entry(self, name: str, found: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
        """What is noted of a follower, before it is none any more."""
        index = self.here["indices"].get(name) or {}
        entry = dict(
            leader_index=found["leader_index"],
            leader_uuid=(index.get("leader") or {}).get("uuid"),
            uuid=found["index_uuid"],
            parameters=found["parameters"],
            data_stream=index.get("data_stream"),
            behind=found["lag"],
            silent_millis=found["time_since_last_read_millis"],
            # As the leader counts them, so that what it has had since can be seen later.
            operations=found["replicated_operations"],
        )
        if earlier.get("uuid") == entry["uuid"]:
            # A follower that is paused already tells less than it did before.
            entry.update({key: value for key, value in earlier.items() if entry.get(key) is None})
        if entry["operations"] is None:
            # What it got after a gap is not the whole of it, and would hide what its leader alone has.
            entry["operations"] = index.get("operations_without_gaps")
        return entry

    def note(
        self, alias: str, record: Mapping[str, Any], noted: Mapping[str, Any], active: Sequence[str]
    ) -> dict[str, Any]:
        streams: dict[str, str] = {}
        for entry in noted.values():
            stream = entry["data_stream"]
            leader_stream = _stream_of(entry["leader_index"])
            if stream and (leader_stream or stream not in streams):
                streams[stream] = leader_stream or stream
        after = dict(
            record,
            at=record.get("at") or self.now,
            planned=bool(self.planned or record.get("planned")),
            drained=self.drained or bool(record.get("drained")),
            patterns=sorted({*(record.get("patterns") or []), *active}),
            followers=noted,
            data_streams={**(record.get("data_streams") or {}), **streams},
        )
        if record.get("created"):
            after["created"] = _lost_again(record["created"])
        if self.planned and alias in self.there:
            leaders = [e["leader_index"] for n, e in noted.items() if (self.here["indices"].get(n) or {}).get("leader")]
            after = write_blocks.noted(after, LEADERS, write_blocks.wanted(leaders, self.there[alias]))
        if "others" not in record:
            # What is here already; what is created later belongs to the other cluster too.
            mine = [rule for rule in self.rules if rule.alias == alias]
            indices = self.here["indices"].items()
            others = [n for n, i in indices if n not in noted and leader_of(mine, n, i) is not None]
            after["others"] = sorted([*others, *(s for s in led_streams(mine, self.here) if s not in streams)])
        if after != record:
            self.metadata[FAILOVER + alias] = after
        return after

    def add_index(self, alias: str, name: str, entry: Mapping[str, Any], index: Mapping[str, Any] | None) -> None:
        if index is None or index["uuid"] != entry["uuid"]:
            what = "it is gone" if index is None else "another index has the name by now"
            self.steps.append("%s/%s: left alone, %s" % (alias, name, what))
            return
        self.indices.append(dict(name=name, uuid=entry["uuid"]))
        ways = []
        if index["leader"] is not None:
            self.leaders[alias].append(dict(name=entry["leader_index"], uuid=entry["leader_uuid"]))
            running = (self.followers.get(name) or {}).get("state") == "following"
            ways = [*(["pause"] if running else []), *(["close"] if index["open"] else []), "unfollow"]
        if index["leader"] is not None or not index["open"]:
            ways.append("open")
            self.unfollow.append(dict(follower_index=name))
        if index["write_block"] and name not in [block["name"] for block in self.let_go_here]:
            self.kept.append(name)
        self.steps.append("%s/%s: %s" % (alias, name, ", ".join(ways) or "is written here already"))

    def lost(self, entry: Mapping[str, Any]) -> str:
        if self.planned:
            return "nothing is lost, once it has all that its leader has, which is not written any more"
        if entry["behind"] is None:
            return "nobody knows what is lost, as it did not follow when this was first looked at"
        silence = entry["silent_millis"]
        since = "" if silence is None else ", which it had last read %d s before" % (silence / 1000)
        if entry["behind"] > 0:
            return "%d operations are lost, and what its leader got later%s" % (entry["behind"], since)
        return "no operation is known to be lost but what its leader got later%s" % since


def _stream_of(leader: str) -> str | None:
    """The data stream of a backing index, where its name tells."""
    match = _BACKING.search(leader)
    return match.group(1) if match else None


def not_drained(
    records: Mapping[str, Any],
    followers: Mapping[str, Mapping[str, Any]],
    there: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Followers that have not yet all that their leaders have, as the leaders count it; lines to be read by people.

    :param there: alias → indices of its cluster, of the module index_info with documents.
    """
    missing = []
    for alias, record in sorted(records.items()):
        for name, entry in sorted((record.get("followers") or {}).items()):
            found = followers.get(name)
            if found is None or found["remote_cluster"] != alias:
                continue
            leader = (there.get(alias) or {}).get(entry["leader_index"]) or {}
            done = found["replicated_operations"]
            if done is None and record.get("drained"):
                # Paused by an earlier run, which has noted what it had; the leader may have been written since.
                done = entry["operations"]
            if done is None or leader.get("operations") is None:
                missing.append("%s/%s: nobody knows how far it is" % (alias, name))
            elif done < leader["operations"]:
                missing.append("%s/%s: %d of %d operations" % (alias, name, done, leader["operations"]))
    return missing


def unwritable(indices: Sequence[Mapping[str, Any]], here: Mapping[str, Any], kept: Sequence[str] = ()) -> list[str]:
    """Which of them can't be written, and why.

    :param kept: those with a write block of somebody else.
    """
    found = []
    for want in indices:
        index = here["indices"].get(want["name"])
        if index is None:
            found.append("%s is gone" % want["name"])
        elif index["leader"] is not None:
            found.append("%s still follows" % want["name"])
        elif not index["open"]:
            found.append("%s is closed" % want["name"])
        elif index["write_block"] and want["name"] not in kept:
            found.append("%s has a write block" % want["name"])
    return found
