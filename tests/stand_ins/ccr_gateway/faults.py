# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Switches of the stand-in alone, below /_stand_in: what a real server would have to be broken for."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .errors import illegal_argument


@dataclass
class Faults:
    """One gateway's; every name is a key of the JSON that `PUT /_stand_in/faults` takes.

    :param ccr: false is a cluster without cross-cluster replication.
    :param master_timeout: false is an older server, which knows that query parameter nowhere but at `info`.
    :param licence: the type that this cluster claims to have, such as `basic`.
    :param remotes: alias → `unreachable`, for requests from this cluster.
    :param copy_seconds: how long a copy takes at least.
    :param hold_copy: no copy gets its turn before this is false again.
    :param copy_fails: the copy of these followers fails for good.
    :param start_fails: these followers are copied, and then not started; only who waits is told.
    :param start_seconds: the gap between copy and start.
    :param hold: these followers read nothing while they stand here, so that they lag.
    :param fatal: follower → type and reason (and further keys) of an exception that its shards end with.
    :param lost_history: followers whose leader has no longer kept the operations.
    :param leases_stay: followers whose leases can't be removed.
    :param soft_deletes_off: leader indices of this cluster that claim to have none.
    :param searchable_snapshots: leader indices of this cluster that claim to be such.
    :param cut_after_put: the next `PUT follow` is done, and its connection is cut before the answer.
    """

    ccr: bool = True
    master_timeout: bool = True
    licence: str | None = None
    remotes: dict[str, str] = field(default_factory=dict)
    copy_seconds: float = 0
    hold_copy: bool = False
    copy_fails: list[str] = field(default_factory=list)
    start_fails: list[str] = field(default_factory=list)
    start_seconds: float = 0
    hold: list[str] = field(default_factory=list)
    fatal: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost_history: list[str] = field(default_factory=list)
    leases_stay: list[str] = field(default_factory=list)
    soft_deletes_off: list[str] = field(default_factory=list)
    searchable_snapshots: list[str] = field(default_factory=list)
    cut_after_put: bool = False

    def update(self, given: dict[str, Any]) -> None:
        known = {f.name for f in fields(self)}
        if wrong := sorted(set(given) - known):
            raise illegal_argument(f"no such switch: {', '.join(wrong)}; there are {', '.join(sorted(known))}")
        for name, value in given.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        return asdict(self)
