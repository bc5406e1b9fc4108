# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statistics of followers and of auto-follow patterns, with every key where the server has it."""

from __future__ import annotations

import time
from typing import Any

from . import errors
from .authorisation import require
from .gateway import Gateway
from .model import Caller, Follower, Shard
from .units import human_size, human_time

MOST_ERRORS = 256


def follow_stats(gateway: Gateway, who: Caller, expression: str, human: bool) -> dict[str, Any]:
    """Names are taken literally; nothing found is an error unless all were asked for."""
    require(gateway.node, who, "follow_stats")
    gateway.require_licence()
    gateway.look()
    names = expression.split(",")
    everything = expression in ("_all", "*", "")
    found = [
        follower
        for name, follower in sorted(gateway.followers.items())
        if follower.active and (everything or name in names)
    ]
    if not found and not everything:
        raise errors.not_found(f"No shard follow tasks for follower indices [{','.join(names)}]")
    return {"indices": [of_follower(follower, human) for follower in found]}


def of_follower(follower: Follower, human: bool) -> dict[str, Any]:
    shards = list(follower.shards)
    lag = sum(shard.leader_global_checkpoint - shard.follower_global_checkpoint for shard in shards)
    return {
        "index": follower.name,
        "total_global_checkpoint_lag": lag,
        "shards": [of_shard(follower, shard, human) for shard in shards],
    }


def of_shard(follower: Follower, shard: Shard, human: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "remote_cluster": follower.alias,
        "leader_index": follower.leader,
        "follower_index": follower.name,
        "shard_id": shard.number,
        "leader_global_checkpoint": shard.leader_global_checkpoint,
        "leader_max_seq_no": shard.leader_max_seq_no,
        "follower_global_checkpoint": shard.follower_global_checkpoint,
        "follower_max_seq_no": shard.follower_global_checkpoint,
        "last_requested_seq_no": shard.follower_global_checkpoint,
        "outstanding_read_requests": 0 if shard.fatal_exception else 1,
        "outstanding_write_requests": 1 if shard.waiting_write else 0,
        "write_buffer_operation_count": 0,
    }
    # The server prints what is for people before the number.
    put(found, human, "write_buffer_size", "write_buffer_size_in_bytes", 0, human_size)
    found["follower_mapping_version"] = follower.versions.get("mapping_version", 1)
    found["follower_settings_version"] = follower.versions.get("settings_version", 1)
    found["follower_aliases_version"] = follower.versions.get("aliases_version", 1)
    put(found, human, "total_read_time", "total_read_time_millis", shard.read_millis, human_time)
    remote_millis = shard.read_remote_millis
    put(found, human, "total_read_remote_exec_time", "total_read_remote_exec_time_millis", remote_millis, human_time)
    found["successful_read_requests"] = shard.reads
    found["failed_read_requests"] = shard.failed_reads
    found["operations_read"] = shard.operations_read
    put(found, human, "total_read", "bytes_read", shard.bytes_read, human_size)
    put(found, human, "total_write_time", "total_write_time_millis", shard.write_millis, human_time)
    found["successful_write_requests"] = shard.writes
    found["failed_write_requests"] = shard.failed_writes
    found["operations_written"] = shard.operations_written
    found["read_exceptions"] = []
    if shard.read_exception:
        found["read_exceptions"].append(
            {
                "from_seq_no": shard.follower_global_checkpoint + 1,
                "retries": shard.retries,
                "exception": shard.read_exception.error(),
            }
        )
    put(found, human, "time_since_last_read", "time_since_last_read_millis", shard.since_last_read(), human_time)
    if shard.fatal_exception:
        found["fatal_exception"] = shard.fatal_exception.error()
    return found


def put(found: dict[str, Any], human: bool, text: str, number: str, value: int, printed: Any) -> None:
    if human:
        found[text] = printed(value)
    found[number] = value


def stats(gateway: Gateway, who: Caller, human: bool) -> dict[str, Any]:
    require(gateway.node, who, "stats")
    gateway.require_licence()
    gateway.look()
    followers = [follower for _name, follower in sorted(gateway.followers.items()) if follower.active]
    return {
        "auto_follow_stats": auto_follow_stats(gateway, human),
        "follow_stats": {"indices": [of_follower(follower, human) for follower in followers]},
    }


def auto_follow_stats(gateway: Gateway, human: bool) -> dict[str, Any]:
    known = gateway.auto_follow_stats
    with gateway.lock:
        active = {pattern.remote_cluster for pattern in gateway.patterns.values() if pattern.active}
        failures = sorted(known.errors.items())[:MOST_ERRORS]
        clusters = [(alias, *known.clusters[alias]) for alias in sorted(active) if alias in known.clusters]
    followed = []
    for alias, checked, version in clusters:
        one: dict[str, Any] = {"cluster_name": alias}
        since = int((time.monotonic() - checked) * 1000)
        put(one, human, "time_since_last_check", "time_since_last_check_millis", since, human_time)
        followed.append({**one, "last_seen_metadata_version": version})
    return {
        "number_of_failed_follow_indices": known.failed_follow_indices,
        "number_of_failed_remote_cluster_state_requests": known.failed_remote_cluster_state_requests,
        "number_of_successful_follow_indices": known.successful_follow_indices,
        "recent_auto_follow_errors": [
            {"leader_index": key, "timestamp": when, "auto_follow_exception": error.error()}
            for key, (when, error) in failures
        ],
        "auto_followed_clusters": followed,
    }
