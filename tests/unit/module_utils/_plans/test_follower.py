# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of followers; what is done with it is tested with the modules, in tests/unit/modules."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follow_parameters import DEFAULTS
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follower import (
    FOLLOWING,
    Follower,
    add_allocation,
    add_stats,
    copies,
    lag_of,
    last_read_of,
    missing,
    parse,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal

ACTIVE = {
    "follower_index": "f",
    "remote_cluster": "paris",
    "leader_index": "l",
    "status": "active",
    "parameters": DEFAULTS,
}
PAUSED = {k: v for k, v in ACTIVE.items() if k != "parameters"} | {"status": "paused"}
STARTED = {"primary": True, "state": "STARTED"}
COPY = {"primary": True, "state": "INITIALIZING", "recovery_source": {"type": "SNAPSHOT"}}
# With many copies at a time, most of them wait for their turn.
WAITING = {"primary": True, "state": "UNASSIGNED", "recovery_source": {"type": "SNAPSHOT"}}
RESTARTED = {"primary": True, "state": "INITIALIZING", "recovery_source": {"type": "EXISTING_STORE"}}
MOVING = {"primary": True, "state": "RELOCATING"}


def state(*copies: dict[str, Any], is_open: bool = True, **more: Any) -> dict[str, Any]:
    settings = {"index": {"uuid": "u1", "number_of_shards": str(len(copies))}}
    index = {"state": "open" if is_open else "close", "settings": settings, **more}
    shards = {str(number): [copy] for number, copy in enumerate(copies)}
    routing = {"indices": {"f": {"shards": shards}}}
    return {"cluster_name": "london", "metadata": {"indices": {"f": index}}, "routing_table": routing}


@pytest.mark.parametrize(
    ("entry", "copies", "is_open", "found"),
    [
        (ACTIVE, [STARTED], True, "following"),
        (ACTIVE, [STARTED], False, "following"),
        (ACTIVE, [RESTARTED], True, "following"),
        (PAUSED, [STARTED, MOVING], True, "paused"),
        (PAUSED, [STARTED], False, "paused"),
        (PAUSED, [STARTED, COPY], True, "copying"),
        (PAUSED, [WAITING], True, "copying"),
        (PAUSED, [RESTARTED], True, "paused"),
        (PAUSED, [], True, "paused"),
        (None, [STARTED], True, "unfollowed"),
        (None, [COPY], True, "unfollowed"),
    ],
)
def test_state(entry: Any, copies: list[Any], is_open: bool, found: str) -> None:
    info = {"follower_indices": [entry] if entry else []}
    follower = parse(["f"], info, state(*copies, is_open=is_open))["f"]
    assert (follower.state, follower.open, follower.shards) == (found, is_open, len(copies))
    assert (follower.index_uuid, follower.cluster_name) == ("u1", "london")


def test_nothing_there() -> None:
    assert parse(["f"], {}, {})["f"] == Follower("f")
    assert parse(None, {}, {}) == {}
    assert list(parse(None, {"follower_indices": [ACTIVE]}, {})) == ["f"]
    aliased = {"metadata": {"indices": {"g": {"aliases": ["f"]}}}}
    assert parse(["f"], {}, aliased)["f"].alias_of == "g"


@pytest.mark.parametrize(
    ("shards", "found"),
    [
        ([{"type": "SNAPSHOT", "stage": "INDEX"}], {"f": True}),
        ([{"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": 99_000}], {"f": False}),
        ([{"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": 101_000}], {"f": False}),
        ([{"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": 90_000}], {}),
        ([{"type": "SNAPSHOT", "stage": "DONE"}], {}),
        ([{"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": 99_000}] * 2, {"f": False}),
        (
            [
                {"type": "SNAPSHOT", "stage": "INDEX"},
                {"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": 99_000},
            ],
            {"f": True},
        ),
        ([{"type": "EXISTING_STORE", "stage": "INDEX"}], {}),
        ([{"type": "PEER", "stage": "INDEX"}], {}),
    ],
)
def test_copies(shards: list[dict[str, Any]], found: dict[str, bool]) -> None:
    assert copies({"f": {"shards": shards}, "g": {}}, lambda: 100) == found


@pytest.mark.parametrize(
    ("shards", "fatal", "retrying", "lag", "last_read"),
    [
        ([], None, None, 3, None),
        ([{"time_since_last_read_millis": 5}, {"time_since_last_read_millis": 7}], None, None, 3, 7),
        ([{"time_since_last_read_millis": 5}, {"time_since_last_read_millis": -1}], None, None, 3, None),
        ([{"fatal_exception": {"type": "t"}}], "t", None, 3, None),
        ([{"read_exceptions": [{"retries": 1, "exception": {"type": "t"}}]}], None, "t", 3, None),
    ],
)
def test_stats(shards: list[Any], fatal: Any, retrying: Any, lag: int, last_read: Any) -> None:
    followers = {"f": Follower("f")}
    add_stats(
        followers, {"indices": [{"index": "f", "total_global_checkpoint_lag": 3, "shards": shards}, {"index": "g"}]}
    )
    found = followers["f"]
    assert ((found.fatal or {}).get("type"), (found.retrying or {}).get("type")) == (fatal, retrying)
    assert (lag_of(found), last_read_of(found)) == (lag, last_read)
    found.stats = {"total_global_checkpoint_lag": -2}
    assert (lag_of(found), lag_of(Follower("g"))) == (0, None)


@pytest.mark.parametrize(
    ("shard", "expected"),
    [
        ({"time_since_last_read_millis": 0}, None),
        ({"time_since_last_read_millis": -1, "outstanding_read_requests": 1}, None),
        ({"time_since_last_read_millis": -1, "outstanding_read_requests": 0}, "0 of 1 shards of f follow"),
        ({}, "0 of 1 shards of f follow"),
    ],
)
def test_missing(shard: dict[str, Any], expected: str | None) -> None:
    have = Follower("f", FOLLOWING, "paris", "l", shards=1, stats={"shards": [shard]})
    assert missing(have) == expected


def of_node(**deciders: str) -> dict[str, Any]:
    return {"deciders": [{"decider": n, "decision": "NO", "explanation": f"{n} says no"} for n in deciders]}


GIVEN_UP = {**WAITING, "unassigned_info": {"allocation_status": "deciders_no"}}
TRACE = """failed shard on node [x]: failed recovery, failure org.elasticsearch.RecoveryFailedException: [f][0]: failed
\tat org.elasticsearch.server@8.17.2/org.elasticsearch.index.shard.IndexShard.lambda(IndexShard.java:3366)
Caused by: [f/u][[f][0]] org.elasticsearch.index.shard.IndexShardRecoveryException: failed recovery
\t... 24 more
Caused by: org.elasticsearch.transport.NoSeedNodeLeftException: Unable to open any proxy connections to cluster [l]
\tSuppressed: org.elasticsearch.transport.ConnectTransportException: [][127.0.0.1:1] connect_exception
\tCaused by: java.net.ConnectException: Connection refused
"""


@pytest.mark.parametrize(
    ("explained", "error"),
    [
        pytest.param(
            {
                "unassigned_info": {"details": TRACE},
                "node_allocation_decisions": [of_node(restore_in_progress="", max_retry="")],
            },
            "NoSeedNodeLeftException: Unable to open any proxy connections to cluster [l]",
            id="the leader was away",
        ),
        pytest.param(
            {
                "unassigned_info": {"details": "restore_source[_ccr_paris/_latest_]"},
                "node_allocation_decisions": [of_node(filter="", restore_in_progress=""), of_node(filter="")],
            },
            "filter says no",
            id="settings",
        ),
        pytest.param({}, "", id="nothing is told"),
    ],
)
def test_a_copy_that_has_failed_for_good(explained: dict[str, Any], error: str) -> None:
    follower = parse(["f"], {"follower_indices": [PAUSED]}, state(STARTED, GIVEN_UP))["f"]
    assert (follower.state, follower.unassigned) == ("copy_failed", 1)
    add_allocation(follower, explained)
    assert follower.copy_error == error
    text = error or "GET _cluster/allocation/explain tells why"
    with pytest.raises(
        Refusal, match=re.escape(f"f could not be copied from paris:l, and the server tries it no more: {text}")
    ):
        missing(follower)


@pytest.mark.parametrize(("in_sync", "expected"), [(["ccr_restore"], "copy_failed"), (["a1"], "paused")])
def test_a_failed_copy_that_was_closed(in_sync: list[str], expected: str) -> None:
    """By a run that was killed then; a primary that is away for other reasons may come back."""
    closed = {"primary": True, "state": "UNASSIGNED", "recovery_source": {"type": "EXISTING_STORE"}}
    found = state(closed, is_open=False, in_sync_allocations={"0": in_sync})
    assert parse(["f"], {"follower_indices": [PAUSED]}, found)["f"].state == expected


@pytest.mark.parametrize("status", ["no_attempt", "fetching_shard_data", "deciders_throttled", None])
def test_a_copy_that_waits_for_its_turn(status: str | None) -> None:
    waiting = {**WAITING, "unassigned_info": {"allocation_status": status}}
    follower = parse(["f"], {"follower_indices": [PAUSED]}, state(STARTED, waiting))["f"]
    assert (follower.state, follower.unassigned) == ("copying", None)
    assert missing(follower) == "f is still being copied from paris:l"


def test_a_copy_that_a_node_has_is_not_asked_about() -> None:
    assert parse(["f"], {"follower_indices": [PAUSED]}, state(COPY, STARTED))["f"].unassigned is None
