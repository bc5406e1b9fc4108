# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first copy of an index, which the server makes by restoring it, and the start of its tasks."""

from __future__ import annotations

import threading
import time
import traceback
from typing import Any

from . import errors, parameters
from .copying import Copier
from .errors import Refusal
from .followers import compare
from .gateway import Gateway
from .model import Follower, now_millis
from .node import quote
from .remote import Remote, ShardState


class FirstCopy:
    """The first copy of an index, and the start of its tasks behind it; a failure is only remembered."""

    def __init__(
        self,
        gateway: Gateway,
        remote: Remote,
        follower: Follower,
        primaries: list[ShardState],
        given: dict[str, Any],
    ) -> None:
        self.gateway, self.remote, self.follower = gateway, remote, follower
        self.primaries, self.given = primaries, given
        self.started = False
        # Of the start; who waits for it is told.
        self.problem: Refusal | None = None
        self.ended = threading.Event()

    def run(self) -> None:
        try:
            self._copy()
            self._start_or_tell()
        except (Refusal, OSError) as error:
            self.follower.silent = error if isinstance(error, Refusal) else errors.status_exception(500, str(error))
        except Exception:
            # A mistake of the stand-in's own looks like a copy that failed, and the log tells it.
            traceback.print_exc()
        finally:
            if self.follower.phase == "copying":
                self.follower.phase = "paused"
            self.ended.set()

    def _copy(self) -> None:
        end = time.monotonic() + self.gateway.faults.copy_seconds
        name = self.follower.name
        self.gateway.node.ask("GET", f"/_cluster/health/{quote(name)}?wait_for_status=yellow&timeout=100s")
        if name in self.gateway.faults.copy_fails:
            self.follower.phase = "copy_failed"
            raise errors.status_exception(500, "the copy was made to fail")
        copier = Copier(self.gateway, self.follower, self.remote)
        for number, state in enumerate(self.primaries):
            copier.catch_up(number, state)
        while self.gateway.faults.hold_copy or time.monotonic() < end:
            time.sleep(0.05)
        self.follower.copied_millis = now_millis()

    def _start_or_tell(self) -> None:
        try:
            self._start()
        except Refusal as error:
            self.problem = error
            raise

    def _start(self) -> None:
        if self.gateway.faults.start_seconds:
            # What the server shows between the end of the copy and the start of the tasks.
            self.follower.phase = "paused"
            time.sleep(self.gateway.faults.start_seconds)
        if self.follower.name in self.gateway.faults.start_fails:
            settings = 'the leader index settings [{}] and follower index settings [{"index.made":"to fail"}]'
            raise errors.illegal_argument(f"{settings} must be identical")
        if self.gateway.followers.get(self.follower.name) is not self.follower or self.follower.active:
            return
        leader = self.remote.leader(self.follower.leader)
        primaries = self.remote.primaries(leader)
        compare(self.follower, leader, primaries)
        with self.gateway.lock:
            self.follower.start(parameters.effective(self.given), self.follower.caller)
        self.started = True
