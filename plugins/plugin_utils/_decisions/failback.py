# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back after a failover: the cluster that was lost follows the survivor, and leads again when it has all. Pure.

Each index is at a place on that way that is known by UUIDs from what both clusters have, not from what a run remembers:
the old leader; a follower of the survivor; the new leader, whose UUID the record has; then the survivor follows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import write_blocks
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.failover import (
    FAILOVER,
    leader_of,
    led_streams,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.write_blocks import (
    HERE,
    LEADERS,
    THERE,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import from_dict

# Where an index is on the way.
OLD = "old"
MISSING = "missing"
REVERSED = "reversed"
RETURNED = "returned"
OTHER = "other"
DONE = "done"
GONE = "gone"
# Key of the record: indices there that somebody else had blocked when they were replaced.
OWN_BLOCKS = "own_blocks"


@dataclass
class _Pair:
    """An index of the survivor, and the one that it stands for.

    :param name: here, on the survivor.
    :param leader: there, on the cluster that was lost.
    :param noted: what the record has of it; nothing for one that was created since.
    :param stream: the data stream here, and there.
    """

    name: str
    leader: str
    noted: Mapping[str, Any] = field(default_factory=dict)
    stream: str | None = None
    leader_stream: str | None = None


@dataclass
class Failback:
    """
    :param alias: what the survivor calls the cluster that was lost; ``back`` is what that calls the survivor.
    :param survivor: its inventory host; ``lost`` is that of the cluster that was lost.
    :param record: what the failover, and earlier runs of this, have noted.
    :param rules: what the survivor is declared to follow.
    :param here: result of the module index_info for the survivor, with documents; ``there`` of the other cluster.
    :param reverse: followers there, of the module ccr_follow_info.
    :param stopped: whether nobody writes to the survivor any more.
    :param discard: inventory hosts of which what only they have may be lost.
    :param blocked: whether writes to what is deleted next have been blocked, so that what is counted stays.
    """

    alias: str
    back: str
    survivor: str
    lost: str
    record: Mapping[str, Any]
    rules: Sequence[Mapping[str, Any]]
    here: Mapping[str, Any]
    there: Mapping[str, Any]
    reverse: Mapping[str, Mapping[str, Any]]
    stopped: bool = False
    discard: Sequence[str] = ()
    blocked: bool = False

    def __post_init__(self) -> None:
        self.indices_here, self.streams_here = self.here["indices"], self.here["data_streams"]
        self.indices_there, self.streams_there = self.there["indices"], self.there["data_streams"]
        self._rules = [from_dict(rule) for rule in self.rules if rule["alias"] == self.alias]
        self.problems: list[str] = []
        self.steps: list[str] = []
        # What is written here, and has been by the failover or was created since.
        self.streams = {
            **{s: led for s, led in led_streams(self._rules, self.here).items() if s not in self._others()},
            **(self.record.get("data_streams") or {}),
        }
        self.pairs = self._pairs()
        self.at = {pair.name: self._place(pair) for pair in self.pairs}
        self._follow_whole_streams_anew()

    def plan(self) -> dict[str, Any]:
        """What is to be done next, in this order; what an earlier step makes possible is found when called again."""
        to_replace = self._at(OLD, OTHER)
        to_reverse = self._at(OLD, OTHER, MISSING)
        reversed_ = self._at(REVERSED)
        returned = self._at(RETURNED)
        for pair in to_replace:
            self._check_newer(pair)
        for pair in to_reverse:
            self._check_followable(pair)
        streams_there = self._streams_to_replace()
        delete_there = [p.leader for p in to_replace if p.leader_stream is None]
        deleted_there = [*delete_there, *(n for s in streams_there for n in self.streams_there[s]["indices"])]
        block_there = write_blocks.wanted(deleted_there, self.indices_there)
        self._check_blocked(write_blocks.wanted((p.leader for p in self._at(OLD)), self.indices_there))
        behind = {pair.name: line for pair, line in zip(reversed_, map(self._lagging, reversed_)) if line}
        for pair in returned:
            self._check_unwritten(pair)
        done = all(place in (DONE, GONE) for place in self.at.values())
        ready = (self.stopped or done) and not to_reverse and not behind
        # One that somebody has paused, or that a run has paused before it had to begin again, is resumed.
        to_follow = [*to_reverse, *(pair for pair in reversed_ if pair.name in behind)]
        block_here = write_blocks.wanted((p.name for p in [*to_reverse, *reversed_, *returned]), self.indices_here)
        # An index that leads again there must not be written here, and what is deleted next must not either.
        kept = [p.name for p in returned] if not self.stopped or self.problems else list(self.record.get(HERE) or {})
        left_here = [b for b in self._left_here() if done or b["name"] not in kept]
        left_there = write_blocks.left(self.record, THERE, self.indices_there)
        self._tell()
        return dict(
            problems=self.problems,
            steps=[*self._let_go_lines(left_here, left_there), *self.steps],
            # What a run that did not get to its end has blocked.
            let_go_here=left_here,
            let_go_there=left_there,
            record_let_go=write_blocks.forgotten(write_blocks.forgotten(self.record, THERE), HERE, kept),
            # There: what is replaced, and follows the survivor.
            block_there=block_there,
            record_there=self._replacing(to_replace, block_there),
            delete_there=[dict(name=name, uuid=self.indices_there[name]["uuid"]) for name in delete_there],
            delete_streams_there=streams_there,
            uuids_there={n: index["uuid"] for n, index in self.indices_there.items()},
            # Blocked to be deleted, and what was to replace it is gone since.
            spared_there=[block for block in left_there if block["name"] not in deleted_there],
            follow_there=[
                dict(self._entry(p.leader, self.back, p.name, p.leader_stream, p.stream), **self._own_replicas(p))
                for p in to_follow
            ],
            # Their leaders, a data stream by its own name.
            leaders=sorted({p.stream or p.name for p in to_follow}),
            # Here: nobody writes any more.
            block_here=block_here,
            follow_first=[pair.leader for pair in to_reverse],
            record_here=write_blocks.noted(self.record, HERE, block_here),
            lagging=[
                *("%s/%s: it does not follow yet" % (self.alias, pair.leader) for pair in to_reverse),
                *behind.values(),
            ],
            ready=ready,
            # There: what leads again.
            record=self._returning(reversed_) if ready else dict(self.record),
            promote_there=sorted({str(p.leader_stream) for p in reversed_ if p.leader_stream}) if ready else [],
            # One that a run has left closed, when it was ended in the midst of it, is opened.
            unfollow_there=[
                dict(follower_index=p.leader)
                for p in [*reversed_, *(p for p in returned if not self.indices_there[p.leader]["open"])]
            ]
            if ready
            else [],
            write_there=[
                dict(name=p.leader, uuid=self.indices_there[p.leader]["uuid"])
                for p in returned
                if self.indices_there[p.leader]["write_block"] and p.leader not in (self.record.get(OWN_BLOCKS) or [])
            ]
            + write_blocks.left(self.record, LEADERS, self.indices_there),
            written_there=[
                dict(name=p.leader, uuid=self.indices_there[p.leader]["uuid"]) for p in returned if p.stream is None
            ],
            # Here: what follows again.
            delete_here=[
                dict(name=p.name, uuid=self.indices_here[p.name]["uuid"])
                for p in returned
                if p.stream is None and p.name in self.indices_here
            ],
            # One that is a copy again already has been deleted before.
            delete_streams_here=sorted(
                {
                    pair.stream
                    for pair in returned
                    if pair.stream and not self.streams_here.get(pair.stream, {"replicated": True})["replicated"]
                }
            ),
            uuids_here={p.name: self.indices_here[p.name]["uuid"] for p in returned if p.name in self.indices_here},
            follow_here=[
                dict(self._entry(p.name, self.alias, p.leader, p.stream, p.leader_stream), **self._declared(p))
                for p in returned
            ],
            patterns=[dict(name=name, active=True) for name in self.record.get("patterns") or []],
            metadata={FAILOVER + self.alias: None},
            done=done,
        )

    # Which indices belong to each other

    def _others(self) -> Sequence[str]:
        """What the survivor had of such names already; it stays the survivor's own."""
        return self.record.get("others") or []

    def _pairs(self) -> list[_Pair]:
        streams = self.streams
        pairs = {
            name: _Pair(name, noted["leader_index"], noted, noted["data_stream"], streams.get(noted["data_stream"]))
            for name, noted in (self.record.get("followers") or {}).items()
        }
        for stream, leader_stream in streams.items():
            for name in (self.streams_here.get(stream) or {}).get("indices") or []:
                if name not in pairs:
                    leader = name.replace(".ds-%s-" % stream, ".ds-%s-" % leader_stream, 1)
                    pairs[name] = _Pair(name, leader, self._returned(name), stream, leader_stream)
        for name, index in self.indices_here.items():
            leader = leader_of(self._rules, name, index)
            if leader is not None and name not in [*pairs, *self._others()]:
                pairs[name] = _Pair(name, leader, self._returned(name))
        # What was created since, and is followed from here again already.
        for name, noted in (self.record.get("created") or {}).items():
            pairs.setdefault(
                name, _Pair(name, noted["leader_index"], noted, noted["data_stream"], streams.get(noted["data_stream"]))
            )
        return [pairs[name] for name in sorted(pairs)]

    def _returned(self, name: str) -> Mapping[str, Any]:
        noted: Mapping[str, Any] = (self.record.get("created") or {}).get(name) or {}
        return noted

    # How far each is

    def _at(self, *places: str) -> list[_Pair]:
        return [pair for pair in self.pairs if self.at[pair.name] in places]

    def _place(self, pair: _Pair) -> str:
        here, there = self.indices_here.get(pair.name), self.indices_there.get(pair.leader)
        leads = (here or {}).get("leader")
        if leads and (leads["remote_cluster"], leads["index"]) == (self.alias, pair.leader):
            return DONE
        if there is None:
            return MISSING if here is not None else GONE
        follows = there["leader"]
        if follows and (follows["remote_cluster"], follows["index"]) == (self.back, pair.name):
            if here is None:
                return GONE
            # One that has followed another index of the name has nothing of this one.
            return REVERSED if follows["uuid"] in (None, here["uuid"]) else OTHER
        if pair.noted.get("returned_uuid") and there["uuid"] == pair.noted["returned_uuid"]:
            return RETURNED
        if here is None:
            return GONE
        return OLD if there["uuid"] == pair.noted.get("leader_uuid") else OTHER

    def _follow_whole_streams_anew(self) -> None:
        """Of a stream that is replaced as one of its indices leads there, the others can't follow on in it."""
        for stream, leader_stream in self.streams.items():
            theirs = self.streams_there.get(leader_stream)
            pairs = [p for p in self.pairs if p.stream == stream]
            if theirs and not theirs["replicated"] and OLD in {self.at[p.name] for p in pairs}:
                self.at.update({p.name: MISSING for p in pairs if self.at[p.name] == REVERSED})

    def _left_here(self) -> list[dict[str, Any]]:
        return write_blocks.left(self.record, HERE, self.indices_here)

    def _check_newer(self, pair: _Pair) -> None:
        """What only the other cluster has is lost when it follows the survivor."""
        if self.lost in self.discard:
            return
        there = self.indices_there[pair.leader]
        if self.at[pair.name] == OTHER:
            what = "there is another index of that name, which the survivor has no copy of"
        elif not self._is_copy(pair):
            what = "the survivor has another index of the name by now, not its copy"
        elif not there["open"]:
            self.problems.append(
                "%s/%s: it is closed, so that nobody can count what it has; open it, and run this again, or set "
                "discard_newer=%s to lose all that only %s has." % (self.alias, pair.leader, self.lost, self.lost)
            )
            return
        elif there.get("operations") is None or pair.noted.get("operations") is None:
            what = "nobody knows whether it has what the survivor lacks"
        elif there["operations"] > pair.noted["operations"]:
            what = "it has %d operations that the survivor lacks" % (there["operations"] - pair.noted["operations"])
        else:
            return
        self._newer(pair.leader, what)

    def _newer(self, leader: str, what: str) -> None:
        self.problems.append(
            "%s/%s: %s; stop who writes there, bring over to %s what it lacks, and set discard_newer=%s to lose the "
            "rest; or set that at once to lose all that only %s has."
            % (self.alias, leader, what, self.survivor, self.lost, self.lost)
        )

    def _check_blocked(self, unblocked: Sequence[Mapping[str, Any]]) -> None:
        """What can be written while it is deleted loses what nobody has counted."""
        if not self.blocked or self.lost in self.discard:
            return
        for block in unblocked:
            self.problems.append(
                "%s/%s: it can be written, so that nobody knows what it will have got when it is deleted; find out who "
                "creates it or lets it be written, and run this again." % (self.alias, block["name"])
            )

    def _is_copy(self, pair: _Pair) -> bool:
        """Whether the survivor's index is that which was a follower; of one that was created since, who knows."""
        return pair.noted.get("uuid") in (None, self.indices_here[pair.name]["uuid"])

    def _check_followable(self, pair: _Pair) -> None:
        """Whether the other cluster can have it, before anything is deleted there; nothing may overrule that."""
        here = self.indices_here[pair.name]
        what = None
        if not here["open"]:
            what = "it is closed, so that it can't be followed; open it"
        elif here["searchable_snapshot"]:
            what = (
                "it is a searchable snapshot, which can't be followed; mount it on %s too, then take it away here"
                % self.alias
            )
        elif not here["soft_deletes"]:
            what = "it has no soft deletes, without which it can't be followed; reindex it"
        elif here.get("operations") is None:
            what = "one of its primary shards is missing, so that it can't be followed; recover it first"
        if what:
            self.problems.append("%s: %s." % (pair.name, what))

    def _streams_to_replace(self) -> list[str]:
        """A data stream is replaced whole."""
        found = []
        for stream, leader_stream in self.streams.items():
            places = {self.at[p.name] for p in self.pairs if p.stream == stream}
            theirs = self.streams_there.get(leader_stream)
            if (
                theirs is None
                or theirs["replicated"]
                or not places & {OLD, OTHER, MISSING}
                or places & {REVERSED, RETURNED, DONE}
            ):
                continue
            found.append(leader_stream)
            copied = [p.leader for p in self.pairs if p.stream == stream and self.at[p.name] != GONE]
            only = [name for name in theirs["indices"] if name not in copied]
            if only and self.lost not in self.discard:
                self._newer(leader_stream, "the survivor has no copy of %s" % ", ".join(only))
        return found

    def _check_unwritten(self, pair: _Pair) -> None:
        """Whether the survivor was written after the other cluster had all that it had, and that one has it still."""
        here, there = self.indices_here.get(pair.name), self.indices_there[pair.leader]
        # One that a run has left closed is opened first.
        if here is not None and there["open"] and there.get("operations") is None:
            self.problems.append(
                "%s/%s: one of its primary shards is missing; recover it first, as the survivor's copy is deleted then."
                % (self.alias, pair.leader)
            )
        if here is None or self.survivor in self.discard:
            return
        if here.get("operations") != pair.noted.get("returned_operations") or not self._is_copy(pair):
            what = "it was written after %s had all of it" % self.lost
        elif self.blocked and here["open"] and not here["write_block"]:
            what = "it can be written, though %s leads again" % self.lost
        else:
            return
        self.problems.append(
            "%s: %s; bring over to %s what that lacks, then lose what is left by discard_newer=%s; or go on with %s: "
            "stop all writes to %s, and run the playbook failover with force=true."
            % (pair.name, what, self.lost, self.survivor, self.survivor, self.lost)
        )

    def _lagging(self, pair: _Pair) -> str | None:
        """None when the other cluster has all operations, as the survivor counts them."""
        here, follower = self.indices_here[pair.name], self.reverse.get(pair.leader) or {}
        done = follower.get("replicated_operations")
        if here["write_block"]:
            returned = pair.noted.get("returned_uuid") == self.indices_there[pair.leader]["uuid"]
            # A follower that is paused, to be unfollowed next, does not tell any more what it has.
            had_all = returned and pair.noted.get("returned_operations") == here.get("operations")
            if had_all or (done is not None and done == here.get("operations")):
                return None
        if done is None:
            return "%s/%s: %s" % (self.alias, pair.leader, follower.get("summary") or "nobody knows how far it is")
        return "%s/%s: %s of %s operations%s" % (
            self.alias,
            pair.leader,
            done,
            here.get("operations", "an unknown number of"),
            "" if here["write_block"] else ", and %s is still written" % pair.name,
        )

    def _replacing(self, replaced: Sequence[_Pair], blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The record with the blocks that are set next, and those that others have set on what is replaced."""
        own = {
            pair.leader
            for pair in replaced
            if self.indices_there[pair.leader]["write_block"]
            and not any(
                write_blocks.is_left(self.record, key, pair.leader, self.indices_there[pair.leader])
                for key in (LEADERS, THERE)
            )
        }
        record = write_blocks.noted(self.record, THERE, blocks)
        return dict(record, **({OWN_BLOCKS: sorted({*own, *(record.get(OWN_BLOCKS) or [])})} if own else {}))

    def _let_go_lines(self, here: Sequence[Mapping[str, Any]], there: Sequence[Mapping[str, Any]]) -> list[str]:
        names = [*(block["name"] for block in here), *("%s/%s" % (self.alias, block["name"]) for block in there)]
        return ["%s: remove the write block of an interrupted run" % name for name in names]

    def _returning(self, reversed_: Sequence[_Pair]) -> dict[str, Any]:
        """The record with what tells an index that leads again from the old leader."""
        record: dict[str, Any] = dict(
            self.record,
            followers=dict(self.record.get("followers") or {}),
            created=dict(self.record.get("created") or {}),
            data_streams=self.streams,
        )
        for pair in reversed_:
            place = record["followers"] if pair.name in record["followers"] else record["created"]
            place[pair.name] = dict(
                pair.noted,
                leader_index=pair.leader,
                data_stream=pair.stream,
                returned_uuid=self.indices_there[pair.leader]["uuid"],
                returned_operations=self.indices_here[pair.name].get("operations"),
            )
        return record

    def _entry(
        self, follower: str, alias: str, leader: str, stream: str | None, leader_stream: str | None
    ) -> dict[str, Any]:
        entry: dict[str, Any] = dict(follower_index=follower, remote_cluster=alias, leader_index=leader)
        if stream is not None and stream != leader_stream:
            entry["data_stream_name"] = stream
        return entry

    def _own_replicas(self, pair: _Pair) -> dict[str, Any]:
        """A follower gets the settings of its leader: with no replica here, what leads there again would have none."""
        if self.at[pair.name] not in (OLD, OTHER):
            return {}
        return {"settings": {"index.number_of_replicas": self.indices_there[pair.leader]["replicas"]}}

    def _declared(self, pair: _Pair) -> dict[str, Any]:
        """Parameters as they were, or as they are declared; settings are used only when an index is created."""
        rule = next(
            (r for r in self._rules if pair.leader in r.followed or (pair.leader_stream or pair.leader) in r.followed),
            None,
        )
        parameters = pair.noted.get("parameters") or (rule.parameters if rule else None)
        found = dict(parameters=parameters, settings=rule.settings if rule else None)
        return {option: value for option, value in found.items() if value}

    def _tell(self) -> None:
        """What is left for each index, as far as it can be seen from here."""
        swap = "; then, with writes stopped: wait until it has all, unfollow there, delete here, follow again"
        replace = "block writes there and count again, delete there, follow from there"
        ways = {
            OLD: replace + swap,
            OTHER: replace + swap,
            MISSING: "follow from there" + swap,
            REVERSED: "follows from there already" + swap,
            RETURNED: "leads again; delete here, follow again",
            DONE: "follows again already",
            GONE: "left alone, it is gone here",
        }
        for pair in self.pairs:
            self.steps.append("%s ↔ %s:%s: %s" % (pair.name, self.alias, pair.leader, ways[self.at[pair.name]]))
