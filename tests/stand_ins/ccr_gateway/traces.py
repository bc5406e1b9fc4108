# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else a server with cross-cluster replication shows: its traces in answers of the real node."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import parameters, units
from .gateway import LICENCES, Gateway
from .model import Follower
from .patterns import matches_any
from .routing import Request

FOLLOWING_INDEX = "index.xpack.ccr.following_index"
# Of requests that wait for an index to be well.
WAITS = ("wait_for_status", "wait_for_active_shards", "wait_for_no_initializing_shards")
# Of a shard that was tried as often as it is allowed.
GIVEN_UP = {
    "reason": "ALLOCATION_FAILED",
    "failed_attempts": 5,
    "details": "failed shard on node [stand-in]: failed recovery\nCaused by: "
    "org.elasticsearch.transport.NoSeedNodeLeftException: Unable to open any proxy connections to cluster",
    "allocation_status": "deciders_no",
}
# Of one that waits for its turn.
WAITS_FOR_TURN = {"reason": "NEW_INDEX_RESTORED", "delayed": False, "allocation_status": "deciders_throttled"}
INDEX = r"/(?P<index>(?!_)[^/]+|_all)"
Edit = Callable[[Gateway, Request, Any], None]


@dataclass(frozen=True)
class Trace:
    path: str
    concerned: Callable[[Gateway], bool]
    edit: Edit
    method: str = "GET"


def find(gateway: Gateway, request: Request) -> Trace | None:
    """The one that the answer to this request shows; most requests are handed on as they are."""
    for trace in TRACES:
        if request.method == trace.method and re.fullmatch(trace.path, request.path) and trace.concerned(gateway):
            return trace
    return None


# ---- settings


def edit_settings(gateway: Gateway, request: Request, answer: Any) -> None:
    wanted = re.search(r"/_settings/(.+)", request.path)
    if wanted and not matches_any(urllib.parse.unquote(wanted[1]).split(","), FOLLOWING_INDEX):
        return
    flat = request.query.get("flat_settings", "false") in ("", "true")
    for name in present(gateway, answer):
        add_setting(answer[name].setdefault("settings", {}), flat)


def add_setting(there: dict[str, Any], flat: bool) -> None:
    if flat:
        there[FOLLOWING_INDEX] = "true"
    else:
        there.setdefault("index", {}).setdefault("xpack", {})["ccr"] = {"following_index": "true"}


def present(gateway: Gateway, answer: Any) -> list[str]:
    return [name for name in gateway.followers if isinstance(answer, dict) and name in answer]


# ---- cluster state


def edit_state(gateway: Gateway, request: Request, answer: Any) -> None:
    metadata = answer.get("metadata")
    followers = list(gateway.followers.values())
    if metadata is not None:
        for follower in followers:
            index = metadata.get("indices", {}).get(follower.name)
            if index is not None and index["settings"]["index"]["uuid"] == follower.uuid:
                flat = request.query.get("flat_settings", "false") in ("", "true")
                add_setting(index["settings"], flat)
                index["ccr"] = custom(follower)
        for index in metadata.get("indices", {}).values():
            if created := gateway.creation_dates.get(index["settings"]["index"]["uuid"]):
                index["settings"]["index"]["creation_date"] = created
        tasks = metadata.setdefault("persistent_tasks", {"last_allocation_id": 1, "tasks": []}).setdefault("tasks", [])
        tasks += [task(follower, shard.number) for follower in followers for shard in follower.shards]
    for follower in followers:
        table = answer.get("routing_table", {}).get("indices", {}).get(follower.name)
        for copies in table["shards"].values() if table else []:
            for copy in copies:
                edit_copy(gateway, follower, copy)


def edit_copy(gateway: Gateway, follower: Follower, copy: dict[str, Any]) -> None:
    if follower.phase not in ("copying", "copy_failed"):
        return
    begun = follower.phase == "copying" and not gateway.faults.hold_copy
    copy["state"] = "INITIALIZING" if begun and copy["primary"] else "UNASSIGNED"
    if not begun:
        copy["node"] = None
    if copy["primary"]:
        copy["recovery_source"] = {"type": "SNAPSHOT", "repository": f"_ccr_{follower.alias}"}
        if not begun:
            copy["unassigned_info"] = WAITS_FOR_TURN if follower.phase == "copying" else GIVEN_UP


def custom(follower: Follower) -> dict[str, str]:
    return {
        "leader_index_uuid": follower.leader_uuid,
        "leader_index_shard_history_uuids": ",".join(follower.histories),
        "leader_index_name": follower.leader,
        "remote_cluster_name": follower.alias,
    }


def task(follower: Follower, shard: int) -> dict[str, Any]:
    params = {
        "remote_cluster": follower.alias,
        "follow_shard_index": follower.name,
        "follow_shard_index_uuid": follower.uuid,
        "follow_shard_shard": shard,
        "leader_shard_index": follower.leader,
        "leader_shard_index_uuid": follower.leader_uuid,
        "leader_shard_shard": shard,
        **{name: follower.given[name] for name in parameters.DEFAULTS if name in follower.given},
    }
    return {"id": f"{follower.uuid}-{shard}", "task": {"xpack/ccr/shard_follow_task": {"params": params}}}


# ---- while an index is copied


def copying(gateway: Gateway) -> list[Follower]:
    return [follower for follower in list(gateway.followers.values()) if follower.phase in ("copying", "copy_failed")]


def edit_health(gateway: Gateway, request: Request, answer: Any) -> None:
    if "number_of_nodes" not in answer:
        return
    expression = urllib.parse.unquote(request.path.removeprefix("/_cluster/health").strip("/")) or "_all"
    wait = any(name in request.query for name in WAITS)
    end = time.monotonic() + units.time("timeout", request.query.get("timeout", "30s")).millis / 1000

    def unfinished() -> list[Follower]:
        return [f for f in copying(gateway) if expression == "_all" or matches_any(expression.split(","), f.name)]

    concerned = unfinished()
    while concerned and wait and time.monotonic() < end:
        time.sleep(0.1)
        concerned = unfinished()
    if not concerned:
        return
    failed = any(follower.phase == "copy_failed" for follower in concerned)
    answer["status"], answer["timed_out"] = "red" if failed else "yellow", wait
    begun = not (failed or gateway.faults.hold_copy)
    for follower in concerned:
        index = answer.get("indices", {}).get(follower.name)
        # Those that the node itself has started by now; the others it counts as they are to be shown.
        started = min(len(follower.positions), (index or answer)["active_primary_shards"])
        unwell(answer, started)
        if index:
            index["status"] = answer["status"]
            unwell(index, started)
            for shard in index.get("shards", {}).values():
                shard.update(status=answer["status"], primary_active=False, active_shards=0, initializing_shards=1)
        if not begun:
            places = [answer, *([index, *index.get("shards", {}).values()] if index else [])]
            for place in places:
                place["unassigned_shards"] += place["initializing_shards"]
                place["initializing_shards"] = 0
    shards = sum(answer[key] for key in ("active_shards", "initializing_shards", "unassigned_shards"))
    answer["active_shards_percent_as_number"] = 100.0 * answer["active_shards"] / max(shards, 1)


def unwell(counts: dict[str, Any], started: int) -> None:
    counts["active_primary_shards"] -= started
    counts["active_shards"] -= started
    counts["initializing_shards"] += started


def edit_recovery(gateway: Gateway, request: Request, answer: Any) -> None:
    for name in present(gateway, answer):
        follower = gateway.followers[name]
        if follower.phase == "copy_failed" or (follower.phase == "copying" and gateway.faults.hold_copy):
            del answer[name]
            continue
        for shard in answer[name]["shards"]:
            if shard["primary"]:
                shard["type"] = "SNAPSHOT"
                source = {"repository": f"_ccr_{follower.alias}", "snapshot": "_latest_", "index": follower.leader}
                shard["source"] = source
                if follower.phase == "copying":
                    shard["stage"] = "INDEX"
                elif follower.copied_millis:
                    # The node's own recovery is that of the index when it was empty.
                    shard["stop_time_in_millis"] = follower.copied_millis


def edit_explanation(gateway: Gateway, request: Request, answer: Any) -> None:
    """Of the node's own answer, which knows nothing of copies."""
    try:
        asked = json.loads(request.text or "{}").get("index")
    except ValueError:
        return
    follower = gateway.followers.get(asked)
    if follower and follower.phase == "copy_failed":
        answer.update(
            current_state="unassigned",
            unassigned_info=GIVEN_UP,
            can_allocate="no",
            node_allocation_decisions=[{"deciders": [{"decider": "restore_in_progress", "decision": "NO"}]}],
        )


# ---- leases, licence, features


def edit_stats(gateway: Gateway, request: Request, answer: Any) -> None:
    with gateway.lock:
        leases = dict(gateway.leases)
    for index in answer.get("indices", {}).values():
        for number, copies in index.get("shards", {}).items():
            held = [
                held.shown(name)
                for (uuid, shard, name), held in leases.items()
                if uuid == index["uuid"] and shard == int(number)
            ]
            for copy in copies if held else []:
                kept = copy.setdefault("retention_leases", {"primary_term": 1, "version": 1, "leases": []})
                kept["leases"] = [*kept["leases"], *held]


def edit_licence(gateway: Gateway, request: Request, answer: Any) -> None:
    licence = gateway.faults.licence
    if licence == "expired":
        answer["license"]["status"] = "expired"
    else:
        answer["license"]["type"] = licence
        if licence == "basic":
            answer["license"].pop("expiry_date", None)
            answer["license"].pop("expiry_date_in_millis", None)


def edit_features(gateway: Gateway, request: Request, answer: Any) -> None:
    available = gateway.licence in LICENCES
    if request.path == "/_xpack":
        if "features" in answer:
            answer["features"]["ccr"] = {"available": available, "enabled": True}
    else:
        answer["ccr"] = {
            "available": available,
            "enabled": True,
            "follower_indices_count": len(gateway.followers),
            "auto_follow_patterns_count": len(gateway.patterns),
        }


def has_followers(gateway: Gateway) -> bool:
    return bool(gateway.followers)


TRACES = (
    Trace(rf"({INDEX})?/_settings(/.+)?", has_followers, edit_settings),
    Trace(INDEX, has_followers, edit_settings),
    Trace(r"/_cluster/state(/.*)?", lambda gateway: bool(gateway.creation_dates), edit_state),
    Trace(r"/_cluster/health(/.+)?", lambda gateway: bool(copying(gateway)), edit_health),
    Trace("/_cluster/allocation/explain", has_followers, edit_explanation, "POST"),
    Trace(rf"({INDEX})?/_recovery", has_followers, edit_recovery),
    Trace(rf"({INDEX})?/_stats(/.+)?", lambda gateway: bool(gateway.leases), edit_stats),
    Trace("/_license", lambda gateway: bool(gateway.faults.licence), edit_licence),
    Trace("/_xpack(/usage)?", lambda gateway: gateway.faults.ccr, edit_features),
)
