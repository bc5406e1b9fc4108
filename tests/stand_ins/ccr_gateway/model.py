# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway remembers, in memory: followers and their tasks, auto-follow patterns, retention leases."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from .errors import Refusal

Phase = Literal["copying", "following", "paused", "copy_failed"]


@dataclass(frozen=True)
class Caller:
    """Who asked: what runs later runs in this name.

    :param headers: those that the request brought along.
    """

    headers: dict[str, str] = field(compare=False)
    username: str
    roles: tuple[str, ...]
    api_key: str | None = None

    def later(self) -> dict[str, str]:
        """Headers for what is done in the name of the caller afterwards: no password is needed for a user."""
        return self.headers if self.api_key else {"es-security-runas-user": self.username}


@dataclass
class Shard:
    """The task of one primary; a new one with each resume, so that the counters start from zero."""

    number: int
    leader_global_checkpoint: int = -1
    leader_max_seq_no: int = -1
    follower_global_checkpoint: int = -1
    mapping_version: int = 0
    settings_version: int = 0
    aliases_version: int = 0
    read_millis: int = 0
    read_remote_millis: int = 0
    reads: int = 0
    failed_reads: int = 0
    operations_read: int = 0
    bytes_read: int = 0
    write_millis: int = 0
    writes: int = 0
    failed_writes: int = 0
    # What was read and could not be written, for the bulk API; it is tried again.
    waiting_write: str = ""
    operations_written: int = 0
    retries: int = 0
    read_exception: Refusal | None = None
    fatal_exception: Refusal | None = None
    last_read: float | None = None
    # When the next attempt after a failure is due.
    due: float = 0

    def fail_read(self, error: Refusal) -> None:
        self.retries += 1
        self.failed_reads += 1
        self.read_exception = error
        # Doubling, and never longer than a test waits.
        self.due = time.monotonic() + min(0.05 * 2**self.retries, 2)

    def retry_write(self) -> None:
        self.due = time.monotonic() + min(0.05 * 2**self.failed_writes, 2)

    def succeed(self) -> None:
        self.retries, self.read_exception, self.due = 0, None, 0

    def since_last_read(self) -> int:
        return -1 if self.last_read is None else int((time.monotonic() - self.last_read) * 1000)


@dataclass
class Follower:
    """A follower index; `given` are the parameters that were sent, as they are printed.

    :param positions: for each shard the sequence number of the leader up to which documents are there.
    """

    name: str
    uuid: str
    alias: str
    leader: str
    leader_uuid: str
    histories: list[str]
    caller: Caller
    phase: Phase = "copying"
    given: dict[str, Any] = field(default_factory=dict)
    shards: list[Shard] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    # Of the leader's metadata, as it was last copied.
    versions: dict[str, int] = field(default_factory=dict)
    # When the first copy ended, in milliseconds since 1970.
    copied_millis: int | None = None
    # Why the copy ended without following; the server only logs it.
    silent: Refusal | None = None

    @property
    def active(self) -> bool:
        return self.phase == "following"

    def start(self, given: dict[str, Any], caller: Caller) -> None:
        self.given, self.caller = given, caller
        self.shards = [Shard(number) for number in range(len(self.positions))]
        for shard, position in zip(self.shards, self.positions, strict=True):
            shard.leader_global_checkpoint = shard.leader_max_seq_no = shard.follower_global_checkpoint = position
        self.phase = "following"

    def pause(self) -> None:
        self.phase, self.shards, self.given = "paused", [], {}


@dataclass
class Pattern:
    """An auto-follow pattern; `followed` are uuids of leader indices that it has done with."""

    name: str
    remote_cluster: str
    leader_index_patterns: list[str]
    leader_index_exclusion_patterns: list[str]
    follow_index_pattern: str | None
    settings: dict[str, Any] | None
    given: dict[str, Any]
    caller: Caller
    active: bool = True
    followed: set[str] = field(default_factory=set)


@dataclass
class Lease:
    retaining_seq_no: int
    timestamp: int

    def shown(self, name: str) -> dict[str, Any]:
        # In the order in which the server prints them.
        return {
            "id": name,
            "retaining_seq_no": self.retaining_seq_no,
            "timestamp": self.timestamp,
            "source": "ccr",
        }


@dataclass
class AutoFollowStats:
    failed_follow_indices: int = 0
    failed_remote_cluster_state_requests: int = 0
    successful_follow_indices: int = 0
    # Pattern, or pattern:index → when (milliseconds), and what.
    errors: dict[str, tuple[int, Refusal]] = field(default_factory=dict)
    # Alias → when (monotonic), and the version of its metadata.
    clusters: dict[str, tuple[float, int]] = field(default_factory=dict)


def now_millis() -> int:
    return int(time.time() * 1000)
