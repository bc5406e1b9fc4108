# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of all followers of a cluster, in one loop: what a round costs hardly grows with their number."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from . import errors
from .copying import Copier, WriteFailed
from .errors import Refusal, Relayed
from .gateway import Gateway, Index
from .leases import lease
from .model import Caller, Follower, Shard
from .remote import Remote, ShardState

ROUND = 0.3
WORKERS = 4
# The server renews leases, and hears from an idle leader, at these distances.
RENEWAL = 30
IDLE = 60
CALLER_CHECK = 5
# At least so often everything is looked at, even if nothing seems to have changed.
LOOK = 5
# What the server does not try again.
FATAL = {
    "index_not_found_exception",
    "illegal_state_exception",
    "resource_not_found_exception",
    "illegal_argument_exception",
    "mapper_parsing_exception",
    "strict_dynamic_mapping_exception",
    "document_parsing_exception",
}


class Replication(threading.Thread):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(name=f"replication-{gateway.name}", daemon=True)
        self.gateway = gateway
        self.over = threading.Event()
        self.workers = ThreadPoolExecutor(WORKERS, f"follow-{gateway.name}")
        self.copiers: dict[str, Copier] = {}
        self.renewed: dict[tuple[str, int], float] = {}
        self.callers: dict[Caller, tuple[float, Refusal | None]] = {}
        # Alias → what it looked like before the last round that left nothing to do, and when that was.
        self.settled: dict[str, tuple[Any, float]] = {}

    def run(self) -> None:
        while not self.over.wait(ROUND):
            active = [follower for follower in list(self.gateway.followers.values()) if follower.active]
            if not active:
                continue
            try:
                self.round(active)
            except (Refusal, OSError):
                # The local node itself does not answer: nothing is known to have failed.
                continue
            except Exception:
                # A mistake of the stand-in's own must not end all tasks.
                traceback.print_exc()

    def round(self, active: list[Follower]) -> None:
        version = self.gateway.version
        by_alias: dict[str, list[Follower]] = {}
        for follower in active:
            by_alias.setdefault(follower.alias, []).append(follower)
        for alias, followers in by_alias.items():
            due = [f for f in followers if not all(s.fatal_exception or s.due > time.monotonic() for s in f.shards)]
            if due:
                self.cluster(alias, due, version)

    def cluster(self, alias: str, followers: list[Follower], version: int) -> None:
        """All followers of one remote cluster: its metadata and checkpoints are read once, and only after a change."""
        try:
            remote = Remote(self.gateway, alias)
            remote.reach()
            seen = (version, remote.peer.version, remote.peer.written(), [id(f.shards) for f in followers])
            before, when = self.settled.get(alias, (None, 0.0))
            if seen == before and time.monotonic() - when < LOOK and not self.switched():
                return
            known = self.gateway.look()
            leaders, states = remote.peer.indices(), remote.states("_all")
        except Refusal as error:
            self.settled.pop(alias, None)
            for follower in followers:
                for shard in follower.shards:
                    fail(shard, error)
            return
        followers = [follower for follower in followers if self.gateway.followers.get(follower.name) is follower]

        def one(follower: Follower) -> None:
            self.follower(follower, remote, leaders.get(follower.leader), states.get(follower.leader, []), known)

        list(self.workers.map(one, followers))
        if all(settled(follower) for follower in followers):
            self.settled[alias] = (seen, time.monotonic())
        else:
            self.settled.pop(alias, None)

    def switched(self) -> bool:
        """Whether a switch wants to be looked at."""
        faults = self.gateway.faults
        return bool(faults.fatal or faults.lost_history or faults.hold)

    def follower(
        self,
        follower: Follower,
        remote: Remote,
        leader: Index | None,
        states: list[ShardState | None],
        known: dict[str, Index],
    ) -> None:
        faults = self.gateway.faults
        # Somebody may pause it meanwhile: then these are no longer anybody's.
        shards = list(follower.shards)
        if not shards:
            return
        if follower.name in faults.hold:
            # The leader goes on, and the follower knows of it.
            for shard, state in zip(shards, states, strict=False):
                if state:
                    shard.leader_global_checkpoint, shard.leader_max_seq_no = state.global_checkpoint, state.max_seq_no
            return
        with failing(shards):
            made = self.made_to_fail(follower, shards[0])
            if made:
                raise made
            self.check_leader(follower, shards, leader, states)
            if refused := self.refused(follower.caller):
                raise refused
            assert leader
            copier = self.copier(follower, remote)
            if follower.versions != leader.versions and known[follower.name].open:
                copier.copy_metadata(leader)
            for shard, state in zip(shards, states, strict=False):
                if state and not shard.fatal_exception:
                    self.shard(follower, copier, shard, state, remote)

    def copier(self, follower: Follower, remote: Remote) -> Copier:
        """One is kept for each follower, because it has learnt how the leader can be read."""
        kept = self.copiers.get(follower.uuid)
        if kept is None or kept.follower is not follower:
            kept = self.copiers[follower.uuid] = Copier(self.gateway, follower, remote)
        kept.reader.remote = remote
        return kept

    def shard(self, follower: Follower, copier: Copier, shard: Shard, state: ShardState, remote: Remote) -> None:
        with failing([shard]):
            shard.leader_global_checkpoint, shard.leader_max_seq_no = state.global_checkpoint, state.max_seq_no
            position = follower.positions[shard.number]
            if state.global_checkpoint > position:
                try:
                    copier.catch_up(shard.number, state, shard)
                except WriteFailed:
                    shard.retry_write()
                    return
            elif shard.last_read is None or time.monotonic() - shard.last_read > IDLE:
                # An empty answer, after a read has waited in vain.
                shard.reads += 1
                shard.last_read = time.monotonic()
            shard.succeed()
            now = follower.positions[shard.number]
            shard.follower_global_checkpoint = now
            shard.leader_global_checkpoint = max(shard.leader_global_checkpoint, now)
            shard.leader_max_seq_no = max(shard.leader_max_seq_no, now)
            key = (follower.uuid, shard.number)
            # Who has unfollowed or forgotten it meanwhile must not find the lease again.
            there = self.gateway.followers.get(follower.name) is follower and shard in follower.shards
            if there and (now > position or time.monotonic() - self.renewed.get(key, 0) > RENEWAL):
                self.renewed[key] = time.monotonic()
                remote.peer.renew(follower.leader_uuid, shard.number, lease(self.gateway, follower), now + 1)

    def made_to_fail(self, follower: Follower, shard: Shard) -> Refusal | None:
        """By a switch; it stays for all shards until somebody pauses."""
        faults = self.gateway.faults
        if given := faults.fatal.pop(follower.name, None):
            more = dict(given)
            error = Refusal(500, more.pop("type", "exception"), more.pop("reason", "made to fail"))
            error.more = more
            error.fatal = True
            return error
        if follower.name in faults.lost_history:
            begin, end = shard.follower_global_checkpoint + 1, shard.leader_global_checkpoint + 1
            error = Refusal(
                404,
                "resource_not_found_exception",
                "Operations are no longer available for replicating. Existing retention leases "
                "[RetentionLeases{primaryTerm=1, version=1, leases={}}]; maybe increase the retention lease period "
                "setting [index.soft_deletes.retention_lease.period]?",
            )
            error.more = {"requested_operations_missing": [str(begin), str(max(begin, end))]}
            return error
        return None

    def check_leader(
        self, follower: Follower, shards: list[Shard], leader: Index | None, states: list[ShardState | None]
    ) -> None:
        if leader is None:
            raise errors.index_not_found(follower.leader)
        if not leader.open:
            raise Refusal(400, "index_closed_exception", "closed", index=leader.name, index_uuid=leader.uuid)
        if leader.uuid != follower.leader_uuid:
            raise errors.index_not_found(follower.leader)
        for recorded, state in zip(follower.histories, states, strict=False):
            if state and state.history != recorded:
                reason = f"unexpected history uuid, expected [{recorded}], actual [{state.history}]"
                raise Refusal(500, "illegal_state_exception", reason)
        if len(states) < len(shards):
            raise Refusal(503, "no_shard_available_action_exception", f"no shard available for [{follower.leader}]")

    def refused(self, who: Caller) -> Refusal | None:
        """Whether the caller whose name the tasks run in is still there."""
        checked, found = self.callers.get(who, (0.0, None))
        if time.monotonic() - checked > CALLER_CHECK:
            status, answer = self.gateway.node.request("GET", "/_security/_authenticate", headers=who.later())
            found = errors.security(Relayed(status, answer).reason or "") if status >= 400 else None
            self.callers[who] = (time.monotonic(), found)
        return found


def settled(follower: Follower) -> bool:
    return all(
        shard.fatal_exception
        or (not shard.read_exception and shard.leader_max_seq_no == shard.follower_global_checkpoint)
        for shard in follower.shards
    )


@contextmanager
def failing(shards: list[Shard]) -> Iterator[None]:
    try:
        yield
    except Refusal as error:
        for shard in shards:
            fail(shard, error)
    except OSError as error:
        for shard in shards:
            fail(shard, Refusal(500, "connect_transport_exception", str(error)))


def fail(shard: Shard, error: Refusal) -> None:
    if shard.fatal_exception:
        return
    if error.root().type in FATAL or error.fatal:
        shard.fatal_exception, shard.read_exception = error, None
    else:
        shard.fail_read(error)
