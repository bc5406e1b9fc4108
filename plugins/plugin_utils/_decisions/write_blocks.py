# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write blocks that a failover or a failback sets. Pure. Private.

Each is noted in the record before it is set, by name and UUID of its index, and only what is noted is ever let go: a
block that was there before belongs to somebody else.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

# Keys of the record, each a map of names to UUIDs.
# Of a planned switchover: the leaders, on the other cluster.
LEADERS = "blocked_leaders"
# Of a failback: what is about to be deleted on the other cluster, and the survivor's own.
THERE = "blocked_there"
HERE = "blocked_here"


def wanted(names: Iterable[str], indices: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Which of them can still be written. A follower takes no writes but its leader's, and a closed index none."""
    return [
        dict(name=name, uuid=indices[name]["uuid"])
        for name in sorted(set(names))
        if name in indices
        and indices[name]["open"]
        and indices[name]["leader"] is None
        and not indices[name]["write_block"]
    ]


def noted(record: Mapping[str, Any], key: str, blocks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The record with these too."""
    blocked = {**(record.get(key) or {}), **{block["name"]: block["uuid"] for block in blocks}}
    return dict(record, **({key: blocked} if blocked else {}))


def forgotten(record: Mapping[str, Any], key: str, kept: Iterable[str] = ()) -> dict[str, Any]:
    """The record without those of the key."""
    left = {name: uuid for name, uuid in (record.get(key) or {}).items() if name in kept}
    rest = {name: value for name, value in record.items() if name != key}
    return {**rest, key: left} if left else rest


def left(record: Mapping[str, Any], key: str, indices: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that are there still, on the same indices."""
    return [
        dict(name=name, uuid=uuid)
        for name, uuid in sorted((record.get(key) or {}).items())
        if is_left(record, key, name, indices.get(name))
    ]


def is_left(record: Mapping[str, Any], key: str, name: str, index: Any) -> bool:
    return bool(index and index["write_block"] and (record.get(key) or {}).get(name) == index["uuid"])
