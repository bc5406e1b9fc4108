# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands between the HTTP side and the real node: decisions, in the server's order, on a node that is none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from stand_ins.ccr_gateway import routing, traces
from stand_ins.ccr_gateway.auto_follow import Coordinator
from stand_ins.ccr_gateway.errors import Refusal
from stand_ins.ccr_gateway.gateway import Gateway
from stand_ins.ccr_gateway.model import Caller
from stand_ins.ccr_gateway.replicating import Replication
from unit.stand_ins.fake_node import FakeNode

BODY = {"remote_cluster": "paris", "leader_index": "books"}


class Pair:
    """London follows paris."""

    def __init__(self) -> None:
        self.nodes = {name: FakeNode(name) for name in ("london", "paris")}
        self.london, self.paris = (Gateway(name, node, [f"{name}:9443"]) for name, node in self.nodes.items())
        self.london.peers = self.paris.peers = [self.london, self.paris]
        self.nodes["london"].remotes = {"paris": self.nodes["paris"], "self": self.nodes["london"]}
        self.leader = self.nodes["paris"].make("books")
        self.replication = Replication(self.london)
        self.coordinator = Coordinator(self.london)

    def call(self, method: str, target: str, body: Any = None, at: Gateway | None = None) -> tuple[int, Any]:
        request = routing.parse(method, target, b"" if body is None else json.dumps(body).encode())
        route, _allowed, name = routing.find(method, request.path)
        assert route, target
        who = Caller({"Authorization": "elastic"}, "elastic", ("superuser",))
        try:
            routing.check_query(at or self.london, route, request)
            return 200, route.call(at or self.london, who, request, name)
        except Refusal as error:
            return error.status, error.body()

    def follow(self, name: str = "copy", **body: Any) -> None:
        status, answer = self.call("PUT", f"/{name}/_ccr/follow?wait_for_active_shards=1", {**BODY, **body})
        assert (status, answer["index_following_started"]) == (200, True), answer

    def round(self) -> None:
        self.replication.round([f for f in self.london.followers.values() if f.active])

    def pattern(self, name: str = "p", **more: Any) -> None:
        body = {"remote_cluster": "paris", "leader_index_patterns": ["logs-*"], **more}
        assert self.call("PUT", f"/_ccr/auto_follow/{name}", body) == (200, {"acknowledged": True})

    def coordinate(self) -> dict[str, str]:
        """What there is about errors afterwards."""
        patterns = [pattern for pattern in self.london.patterns.values() if pattern.active]
        self.coordinator.cluster("paris", patterns)
        errors = self.call("GET", "/_ccr/stats")[1]["auto_follow_stats"]["recent_auto_follow_errors"]
        return {error["leader_index"]: error["auto_follow_exception"]["reason"] for error in errors}

    def state(self, name: str = "copy") -> Any:
        found = self.call("GET", f"/{name}/_ccr/info")[1]["follower_indices"]
        return found[0]["status"] if found else None

    def shard(self, name: str = "copy") -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/{name}/_ccr/stats")[1]["indices"][0]["shards"][0]
        return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.london.faults.hold_copy = False
    made.london.copies.shutdown()


def refusal(found: tuple[int, Any]) -> tuple[int, str, str]:
    status, answer = found
    return status, answer["error"]["type"], answer["error"]["reason"]


def test_documents_move(pair: Pair) -> None:
    pair.leader.put("1", {"title": "one"})
    pair.follow()
    copy = pair.nodes["london"].indices["copy"]
    assert set(copy.documents) == {"1"}
    pair.leader.put("2", {"title": "two"})
    pair.leader.remove("1")
    pair.round()
    assert set(copy.documents) == {"2"}
    shard = pair.shard()
    assert (shard["leader_global_checkpoint"], shard["follower_global_checkpoint"]) == (2, 2)
    assert (shard["operations_read"], shard["read_exceptions"]) == (2, [])


# The states of the table of twenty errors, each made worse than what comes later: the first one must win.
def spoil(pair: Pair, row: int) -> dict[str, Any]:
    """A body for `PUT follow`, and a world in which all rows from this one on would refuse."""
    body: dict[str, Any] = {**BODY, "settings": {"index.number_of_shards": 5}}
    london, paris = pair.nodes["london"], pair.nodes["paris"]
    if row <= 18:
        london.make("copy")
    if row == 17:
        body["settings"]["index.nope"] = 1
    if row == 18:
        body["settings"] = {}
    if row <= 15:
        pair.paris.faults.searchable_snapshots = ["books"]
    if row <= 14:
        pair.paris.faults.soft_deletes_off = ["books"]
    if row <= 13:
        pair.leader.started = False
    if row <= 12:
        paris.privileges = {"read_ccr"}
    if row <= 10:
        pair.leader.open = False
    if row == 9:
        pair.leader.aliases = {"all-books": {}}
        body["leader_index"] = "all-books"
    if row <= 8:
        body["leader_index"] = "nothing"
    if row <= 7:
        paris.licence = "basic"
    if row <= 6:
        london.unreachable = {"paris"}
    if row <= 5:
        body["remote_cluster"] = "nobody"
    if row <= 4:
        london.licence = "basic"
    if row <= 3:
        london.privileges = set()
    if row == 2:
        del body["leader_index"]
    return body


IN_THE_WAY = (
    "[_ccr_paris:_latest_/_latest_] cannot restore index [copy] because an open index with same name already exists in "
    "the cluster. Either close or delete the existing index or restore the index under a different name by providing a "
    "rename pattern and replacement name"
)
NO_RIGHTS = (
    "insufficient privileges to follow index [books], privilege for action [indices:monitor/stats] is missing, "
    "privilege for action [indices:data/read/xpack/ccr/shard_changes] is missing"
)
ROWS = {
    2: (400, "action_request_validation_exception", "Validation Failed: 1: leader_index is missing;"),
    3: (403, "security_exception", "action [indices:admin/xpack/ccr/put_follow] is unauthorized for user [elastic]"),
    4: (403, "security_exception", "current license is non-compliant for [ccr]"),
    5: (404, "no_such_remote_cluster_exception", "no such remote cluster: [nobody]"),
    6: (400, "status_exception", "as the license state of the remote cluster [paris] could not be determined"),
    7: (400, "status_exception", "the license mode [BASIC] on cluster [paris] does not enable [ccr]"),
    8: (404, "index_not_found_exception", "no such index [nothing]"),
    9: (400, "illegal_argument_exception", "cannot follow [all-books], because it is a ALIAS"),
    10: (400, "index_closed_exception", "closed"),
    12: (403, "security_exception", NO_RIGHTS),
    13: (400, "illegal_argument_exception", "no index stats available for the leader index"),
    14: (400, "illegal_argument_exception", "leader index [books] does not have soft deletes enabled"),
    15: (400, "illegal_argument_exception", "leader index [books] is a searchable snapshot index"),
    16: (
        400,
        "illegal_argument_exception",
        'can not put follower index that could override leader settings {"index.number_of_shards":"5"}',
    ),
    17: (400, "illegal_argument_exception", "unknown setting [index.nope]"),
    18: (500, "snapshot_restore_exception", IN_THE_WAY),
}


@pytest.mark.parametrize("row", ROWS)
def test_the_order_of_the_errors_of_follow(pair: Pair, row: int) -> None:
    status, type, reason = refusal(pair.call("PUT", "/copy/_ccr/follow", spoil(pair, row)))
    assert (status, type) == ROWS[row][:2]
    assert ROWS[row][2] in reason


def test_follow_without_a_body(pair: Pair) -> None:
    expected = (400, "parse_exception", "request body or source parameter is required")
    assert refusal(pair.call("PUT", "/copy/_ccr/follow")) == expected


def test_a_closed_index_is_overwritten_if_it_has_as_many_shards(pair: Pair) -> None:
    there = pair.nodes["london"].make("copy", {"index.number_of_shards": 2}, open=False)
    status, _type, reason = refusal(pair.call("PUT", "/copy/_ccr/follow", BODY))
    assert status == 500
    assert reason.endswith("[copy] with [2] shards from a snapshot of index [books] with [1] shards")
    there.settings["index.number_of_shards"] = "1"
    pair.follow()
    assert pair.nodes["london"].indices["copy"] is not there


def test_the_life_of_a_follower(pair: Pair) -> None:
    assert pair.call("GET", "/copy/_ccr/info")[0] == 404
    pair.london.faults.hold_copy = True
    status, answer = pair.call("PUT", "/copy/_ccr/follow", {**BODY, "max_read_request_size": "1024k"})
    assert (status, list(answer.values())) == (200, [True, False, False])
    assert pair.state() == "paused"
    assert refusal(pair.call("POST", "/copy/_ccr/pause_follow"))[2] == "no shard follow tasks for [copy]"
    assert (
        refusal(pair.call("POST", "/copy/_ccr/resume_follow"))[2]
        == "The primary shard of a follower index [copy][0] is not active"
    )
    pair.london.faults.hold_copy = False
    end = time.monotonic() + 5
    while pair.state() == "paused" and time.monotonic() < end:
        time.sleep(0.02)
    (info,) = pair.call("GET", "/copy/_ccr/info")[1]["follower_indices"]
    assert (info["status"], info["parameters"]["max_read_request_size"]) == ("active", "1024kb")
    assert len(info["parameters"]) == 10
    status, type, reason = refusal(pair.call("POST", "/copy/_ccr/resume_follow", {}))
    assert (status, type) == (400, "resource_already_exists_exception")
    assert reason == f"task with id {{{pair.nodes['london'].indices['copy'].uuid}-0}} already exist"
    assert pair.call("POST", "/copy/_ccr/pause_follow") == (200, {"acknowledged": True})
    assert "parameters" not in pair.call("GET", "/copy/_ccr/info")[1]["follower_indices"][0]
    assert refusal(pair.call("GET", "/copy/_ccr/stats")) == (
        404,
        "resource_not_found_exception",
        "No shard follow tasks for follower indices [copy]",
    )
    assert pair.call("POST", "/copy/_ccr/resume_follow", {"max_retry_delay": "1s"})[0] == 200
    (info,) = pair.call("GET", "/copy/_ccr/info")[1]["follower_indices"]
    assert (info["parameters"]["max_read_request_size"], info["parameters"]["max_retry_delay"]) == ("32mb", "1s")
    here = "cannot convert the follower index [copy] to a non-follower, because it has not been"
    assert refusal(pair.call("POST", "/copy/_ccr/unfollow"))[2] == f"{here} closed"
    pair.nodes["london"].indices["copy"].open = False
    assert refusal(pair.call("POST", "/copy/_ccr/unfollow"))[2] == f"{here} paused"
    assert pair.call("POST", "/copy/_ccr/pause_follow")[0] == 200
    assert pair.call("POST", "/copy/_ccr/unfollow") == (200, {"acknowledged": True})
    assert refusal(pair.call("POST", "/copy/_ccr/unfollow"))[2] == "index [copy] is not a follower index"
    assert pair.call("GET", "/copy/_ccr/info") == (200, {"follower_indices": []})
    assert pair.paris.leases == {}


@pytest.mark.parametrize("what", ["unfollowed", "deleted"])
def test_a_round_that_ends_after_its_follower_brings_no_lease_back(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    pair.follow()

    def meanwhile(_who: Caller) -> None:
        if what == "unfollowed":
            pair.call("POST", "/copy/_ccr/pause_follow")
            pair.nodes["london"].indices["copy"].open = False
            assert pair.call("POST", "/copy/_ccr/unfollow")[0] == 200
        else:
            del pair.nodes["london"].indices["copy"]
            assert pair.call("GET", "/copy/_ccr/info")[0] == 404
            pair.paris.leases.clear()

    monkeypatch.setattr(pair.replication, "refused", meanwhile)
    pair.round()
    assert pair.paris.leases == {}


@pytest.mark.parametrize("started", [0, 1])
@pytest.mark.parametrize("waits", [False, True])
def test_a_shard_that_is_copied_is_counted_once(pair: Pair, started: int, waits: bool) -> None:
    """Whether the node has started its empty index by then or not, and whether the copy has had its turn."""
    pair.london.faults.hold_copy, pair.london.faults.copy_seconds = waits, 2
    pair.call("PUT", "/copy/_ccr/follow", BODY)
    counts = {"active_shards": started, "initializing_shards": 1 - started, "unassigned_shards": 0}
    index: dict[str, Any] = {
        "active_primary_shards": started,
        **counts,
        "status": "yellow",
        "shards": {"0": dict(counts)},
    }
    answer = {"active_primary_shards": started, **counts, "number_of_nodes": 1, "indices": {"copy": index}}
    traces.edit_health(pair.london, routing.parse("GET", "/_cluster/health/copy?level=shards", b""), answer)
    expected = {"active_shards": 0, "initializing_shards": int(not waits), "unassigned_shards": int(waits)}
    for place in (answer, index, index["shards"]["0"]):
        assert {name: place[name] for name in counts} == expected
    assert (answer["active_primary_shards"], index["active_primary_shards"]) == (0, 0)
    assert (answer["status"], index["status"], answer["active_shards_percent_as_number"]) == ("yellow", "yellow", 0)


def test_a_recovery_ends_when_its_copy_does(pair: Pair) -> None:
    """By that the gap before it begins to follow is told from a pause."""
    pair.london.faults.copy_seconds = 0.5
    pair.call("PUT", "/copy/_ccr/follow", BODY)
    request = routing.parse("GET", "/copy/_recovery", b"")

    def recovery() -> dict[str, Any]:
        # As the node has it, on which the empty index was there long ago.
        shard = {"primary": True, "type": "EMPTY_STORE", "stage": "DONE", "stop_time_in_millis": 1}
        traces.edit_recovery(pair.london, request, {"copy": {"shards": [shard]}})
        return shard

    assert recovery()["stage"] == "INDEX"
    released = int(time.time() * 1000)
    while pair.state() == "paused":
        time.sleep(0.02)
    assert (recovery()["type"], recovery()["stage"]) == ("SNAPSHOT", "DONE")
    assert released <= recovery()["stop_time_in_millis"] <= time.time() * 1000


def test_a_lease_that_stays_can_be_forgotten(pair: Pair) -> None:
    pair.follow()
    pair.call("POST", "/copy/_ccr/pause_follow")
    pair.nodes["london"].indices["copy"].open = False
    pair.nodes["london"].unreachable = {"paris"}
    status, answer = pair.call("POST", "/copy/_ccr/unfollow")
    assert (status, answer["error"]["type"]) == (500, "exception")
    own, leader = answer["error"]["failed_to_remove_retention_leases"].split("-following-")
    assert leader == f"paris/books/{pair.leader.uuid}"
    names = ("follower_cluster", "follower_index", "follower_index_uuid")
    body = {**dict(zip(names, own.split("/"), strict=True)), "leader_remote_cluster": "paris"}
    forgotten = {"_shards": {"total": 1, "successful": 1, "failed": 0}}
    assert pair.call("POST", "/books/_ccr/forget_follower", body, pair.paris) == (200, forgotten)
    status, answer = pair.call("POST", "/books/_ccr/forget_follower", body, pair.paris)
    failure = answer["_shards"]["failures"][0]["reason"]["type"]
    assert (status, answer["_shards"]["failed"], failure) == (200, 1, "retention_lease_not_found_exception")
    assert pair.call("POST", "/books/_ccr/forget_follower", {}, pair.paris)[0] == 500


def test_what_goes_wrong_with_a_leader(pair: Pair) -> None:
    pair.follow()
    pair.nodes["london"].unreachable = {"paris"}
    pair.round()
    shard = pair.shard()
    assert shard["read_exceptions"][0]["exception"]["type"] == "no_seed_node_left_exception"
    assert (shard["read_exceptions"][0]["retries"], "fatal_exception" in shard) == (1, False)
    pair.nodes["london"].unreachable = set()
    time.sleep(0.2)
    pair.round()
    assert pair.shard()["read_exceptions"] == []
    # A new one of the same name is another index.
    pair.nodes["paris"].make("books")
    pair.round()
    assert pair.shard()["fatal_exception"]["type"] == "index_not_found_exception"
    assert pair.state() == "active"
    pair.call("POST", "/copy/_ccr/pause_follow")
    status, type, reason = refusal(pair.call("POST", "/copy/_ccr/resume_follow"))
    assert (status, type) == (400, "illegal_argument_exception")
    assert "should reference [uuid-paris-2] as leader index but instead reference [uuid-paris-1]" in reason
    del pair.nodes["paris"].indices["books"]
    assert refusal(pair.call("POST", "/copy/_ccr/resume_follow"))[2] == "no such index [books]"
    pair.nodes["london"].remotes = {}
    assert refusal(pair.call("POST", "/copy/_ccr/resume_follow"))[1] == "no_such_remote_cluster_exception"


def test_tasks_run_in_the_name_of_their_caller(pair: Pair) -> None:
    pair.follow()
    pair.nodes["london"].unknown_users = {"elastic"}
    pair.round()
    assert pair.shard()["read_exceptions"][0]["exception"]["type"] == "security_exception"


def test_an_index_that_is_deleted_takes_its_follower_along(pair: Pair) -> None:
    pair.follow()
    pair.nodes["london"].make("copy")
    assert pair.state() is None


# ---- auto-follow patterns


def test_new_indices_are_followed_and_old_ones_are_not(pair: Pair) -> None:
    paris = pair.nodes["paris"]
    paris.make("logs-old")
    pair.pattern(leader_index_exclusion_patterns=["logs-x*"], follow_index_pattern="{{leader_index}}-copy")
    paris.make("logs-1")
    paris.make("logs-x1")
    paris.make("logs-red", started=False)
    paris.make("logs-closed", open=False)
    assert pair.coordinate() == {}
    assert set(pair.london.followers) == {"logs-1-copy"}
    paris.indices["logs-red"].started = True
    pair.coordinate()
    assert set(pair.london.followers) == {"logs-1-copy", "logs-red-copy"}
    stats = pair.call("GET", "/_ccr/stats")[1]["auto_follow_stats"]
    assert (stats["number_of_successful_follow_indices"], stats["number_of_failed_follow_indices"]) == (2, 0)


def test_what_counts_as_followed(pair: Pair) -> None:
    paris = pair.nodes["paris"]
    pair.pattern()
    paris.make("logs-1")
    paris.make("metrics-1")
    # Only what the added pattern means is left alone.
    pair.pattern(leader_index_patterns=["logs-*", "metrics-*"])
    pair.coordinate()
    assert set(pair.london.followers) == {"logs-1"}
    pair.call("DELETE", "/_ccr/auto_follow/p")
    paris.make("logs-2")
    pair.pattern()
    pair.coordinate()
    assert set(pair.london.followers) == {"logs-1"}


def test_two_patterns_for_one_index(pair: Pair) -> None:
    pair.pattern("p")
    pair.pattern("q", leader_index_patterns=["logs-1*"])
    pair.call("POST", "/_ccr/auto_follow/q/pause")
    pair.nodes["paris"].make("logs-1")
    reason = "index to follow [logs-1] for pattern [p] matches with other patterns [q]"
    assert pair.coordinate() == {"p:logs-1": reason}
    pair.call("DELETE", "/_ccr/auto_follow/q")
    assert pair.coordinate() == {"p:logs-1": reason}
    pair.nodes["paris"].make("other")
    assert pair.coordinate() == {}


def test_errors_of_patterns(pair: Pair) -> None:
    pair.pattern(follow_index_pattern="{{leader_index}}-Copy")
    index = pair.nodes["paris"].make("logs-1")
    assert pair.coordinate() == {"p:logs-1": "Invalid index name [logs-1-Copy], must be lowercase"}
    pair.nodes["london"].unreachable = {"paris"}
    assert "could not be determined" in pair.coordinate()["p"]
    pair.nodes["london"].unreachable = set()
    pair.paris.faults.soft_deletes_off = ["logs-1"]
    pair.nodes["paris"].make("other")
    assert pair.coordinate() == {"p:logs-1": "index [logs-1] cannot be followed, because soft deletes are not enabled"}
    assert index.uuid in pair.london.patterns["p"].followed


def test_a_follower_that_is_there_is_recorded_silently(pair: Pair) -> None:
    pair.pattern()
    index = pair.nodes["paris"].make("logs-1")
    pair.follow("logs-1", leader_index="logs-1")
    assert pair.coordinate() == {}
    assert index.uuid in pair.london.patterns["p"].followed
