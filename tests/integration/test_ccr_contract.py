# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server with cross-cluster replication does at its API, written from what is known of the server.

By default it is asked of the stand-in; with CROSSCLUSTER_CCR_URL of a real server, unchanged (see ccr_server.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ccr_server import ALIAS, SPARE_ALIAS, Servers, put_alias, remove_alias
from contract import ACKNOWLEDGED, DEFAULTS, Contract
from real_faults import FATAL
from waiting import until

ILLEGAL = "illegal_argument_exception"
VALIDATION = "action_request_validation_exception"


@pytest.fixture
def c(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Contract]:
    found = Contract(servers)
    yield found
    found.recording.write(request.node.name)
    found.clean_up()


@pytest.fixture
def spare_alias(c: Contract) -> Iterator[str]:
    """One that a test may take away."""
    yield SPARE_ALIAS
    put_alias(c.here, SPARE_ALIAS, c.servers.remote)


# ---- paths and query parameters


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/x/_ccr/follow", "PUT"), ("POST", "/x/_ccr/info", "GET"), ("PUT", "/_ccr/stats", "GET")],
)
def test_a_wrong_method(c: Contract, method: str, path: str, allowed: str) -> None:
    text = f"Incorrect HTTP method for uri [{path}] and method [{method}], allowed: [{allowed}]"
    assert c.here(method, path) == (405, {"error": text, "status": 405})


def test_query_parameters(c: Contract) -> None:
    found = c.here("GET", "/_all/_ccr/info?x=1")
    c.refused(found, 400, ILLEGAL, "request [/_all/_ccr/info] contains unrecognized parameter: [x]")
    assert c.here("GET", "/_all/_ccr/info?master_timeout=10s&human&error_trace=true&pretty")[0] == 200
    assert c.here("GET", "/_ccr/auto_follow?master_timeout=10s")[0] == 200
    reason = "failed to parse setting [master_timeout] with value [banana] as a time value: unit is missing"
    c.refused(c.here("GET", "/_ccr/auto_follow?master_timeout=banana"), 400, ILLEGAL, reason)


def test_filter_path(c: Contract) -> None:
    c.pair()
    found = c.here("GET", f"/{c.follower}/_ccr/info?filter_path=follower_indices.status,**.max_retry_delay")
    expected = {"follower_indices": [{"status": "active", "parameters": {"max_retry_delay": "500ms"}}]}
    assert found == (200, expected)


# ---- follow


def test_follow_without_waiting(c: Contract) -> None:
    c.make_leader(documents=3)
    answer = c.good(c.put(c.body()))
    expected = {"follow_index_created": True, "follow_index_shards_acked": False, "index_following_started": False}
    assert answer == expected
    assert list(answer) == list(expected)
    until(lambda: c.status() == "active")
    assert c.good(c.here("GET", f"/{c.follower}/_ccr/info")) == {
        "follower_indices": [
            {
                "follower_index": c.follower,
                "remote_cluster": ALIAS,
                "leader_index": c.leader,
                "status": "active",
                "parameters": DEFAULTS,
            }
        ]
    }
    until(lambda: len(c.documents()) == 3)


def test_follow_and_wait(c: Contract) -> None:
    c.make_leader(documents=3)
    answer = c.good(c.put(c.body(), "?wait_for_active_shards=1"))
    assert list(answer.values()) == [True, True, True]
    assert c.status() == "active"
    until(lambda: len(c.documents()) == 3)


@pytest.mark.full
def test_follow_and_wait_for_copies_that_have_no_place(c: Contract) -> None:
    """Half a minute, as long as the server waits for them."""
    c.make_leader()
    replicas = {"settings": {"index.number_of_replicas": 9}}
    answer = c.good(c.put(c.body(**replicas), "?wait_for_active_shards=all"))
    assert list(answer.values()) == [True, False, True]


def test_a_bad_number_of_shards_to_wait_for(c: Contract) -> None:
    c.make_leader()
    found = c.put(c.body(), "?wait_for_active_shards=x")
    c.refused(found, 400, ILLEGAL, "cannot parse ActiveShardCount[x]")


def test_follow_refuses_what_the_body_lacks(c: Contract) -> None:
    c.refused(c.put(None), 400, "parse_exception", "request body or source parameter is required")
    reason = "Validation Failed: 1: remote_cluster is missing;2: leader_index is missing;"
    c.refused(c.put({}), 400, VALIDATION, reason)
    found = c.put(c.body(data_stream_name=""))
    c.refused(found, 400, VALIDATION, "data stream name must contain text if present")


def test_follow_refuses_what_it_does_not_know(c: Contract) -> None:
    for key, place in (("foo", "unknown field [foo]"), ("active", "unknown field [active]")):
        found = c.put(c.body(**{key: 1}))
        c.refused(found, 400, "x_content_parse_exception", f"[indices:admin/xpack/ccr/put_follow] {place}")


def test_follow_refuses_without_rights(c: Contract) -> None:
    c.make_leader()
    user, password = f"contract-{c.number}", "a-long-password"
    role = {"cluster": ["monitor"], "indices": [{"names": ["*"], "privileges": ["read", "monitor"]}]}
    c.good(c.here("PUT", f"/_security/role/{user}", role))
    c.good(c.here("PUT", f"/_security/user/{user}", {"password": password, "roles": [user]}))
    try:
        found = c.put(c.body(), user=user, password=password)
        action = "action [indices:admin/xpack/ccr/put_follow] is unauthorized for user"
        c.refused(found, 403, "security_exception", action)
        path = f"/{c.follower}/_ccr/pause_follow"
        found = c.here("POST", path, user=user, password=password)
        c.refused(found, 403, "security_exception", "action [cluster:admin/xpack/ccr/pause_follow] is unauthorized")
        assert c.here("GET", "/_all/_ccr/info", user=user, password=password)[0] == 200
        assert c.here("GET", "/_all/_ccr/info", user=user, password="wrong-password")[0] == 401
        # Rights here and none there.
        role["indices"] = [{"names": [c.follower], "privileges": ["manage_follow_index", "read", "write", "monitor"]}]
        role["cluster"] = ["monitor", "manage_ccr", "read_ccr"]
        c.good(c.here("PUT", f"/_security/role/{user}", role))
        error = c.put(c.body(), user=user, password=password)
        c.refused(error, 403, "security_exception", "")
        assert c.here("GET", f"/{c.follower}/_ccr/info")[0] == 404
    finally:
        c.here("DELETE", f"/_security/user/{user}")
        c.here("DELETE", f"/_security/role/{user}")


def test_follow_refuses_leaders(c: Contract) -> None:
    c.make_leader(aliases={f"{c.leader}-alias": {}})
    found = c.put(c.body(remote_cluster="nobody"))
    c.refused(found, 404, "no_such_remote_cluster_exception", "no such remote cluster: [nobody]")
    found = c.put(c.body(leader_index=f"{c.leader}-not"))
    c.refused(found, 404, "index_not_found_exception", f"no such index [{c.leader}-not]")
    found = c.put(c.body(leader_index=f"{c.leader}-alias"))
    c.refused(found, 400, ILLEGAL, f"cannot follow [{c.leader}-alias], because it is a ALIAS")
    c.good(c.there("POST", f"/{c.leader}/_close"))
    c.refused(c.put(c.body()), 400, "index_closed_exception", "closed")
    nowhere = {"index.routing.allocation.require._name": "nobody"}
    c.make_leader(f"{c.leader}-red", documents=0, settings=nowhere, wait=0)
    found = c.put(c.body(leader_index=f"{c.leader}-red"))
    assert (found[0], found[1]["error"]["type"]) == (400, ILLEGAL), found
    assert c.here("GET", f"/{c.follower}/_ccr/info")[0] == 404


def test_follow_refuses_settings(c: Contract) -> None:
    c.make_leader()
    found = c.put(c.body(settings={"index": {"number_of_shards": 5, "number_of_replicas": 0}}))
    reason = 'can not put follower index that could override leader settings {"index.number_of_shards":"5"}'
    c.refused(found, 400, ILLEGAL, reason)
    found = c.put(c.body(settings={"index.nope": 1}))
    c.refused(found, 400, ILLEGAL, "unknown setting [index.nope]")
    found = c.put(c.body(settings={"index.b": 1, "index.a": 1}))
    # In the order of a set.
    error = c.refused(found, 400, ILLEGAL, "unknown settings [index.")
    assert sorted(error["reason"].partition("[")[2].rstrip("]").split(",")) == ["index.a", "index.b"]
    c.refused(c.put(c.body(settings={"number_of_replicas": 1})), 400, ILLEGAL, "unknown setting [number_of_replicas]")


def test_follow_takes_settings_of_its_own(c: Contract) -> None:
    c.pair(settings={"index.number_of_replicas": 0, "index": {"refresh_interval": "7s"}})
    answer = c.good(c.here("GET", f"/{c.follower}/_settings?flat_settings=true"))
    found = answer[c.follower]["settings"]
    assert (found["index.number_of_replicas"], found["index.refresh_interval"]) == ("0", "7s")


def test_follow_refuses_an_index_that_is_there(c: Contract) -> None:
    c.pair()
    restored = f"cannot restore index [{c.follower}] because an open index with same name already exists"
    c.refused(c.put(c.body()), 500, "snapshot_restore_exception", restored)
    c.good(c.here("DELETE", f"/{c.follower}"))
    c.good(c.here("PUT", f"/{c.follower}", {"settings": {"index.number_of_shards": 2, "index.number_of_replicas": 0}}))
    c.refused(c.put(c.body()), 500, "snapshot_restore_exception", restored)
    c.close()
    reason = f"cannot restore index [{c.follower}] with [2] shards from a snapshot of index [{c.leader}] with [1]"
    c.refused(c.put(c.body()), 500, "snapshot_restore_exception", reason)


def test_follow_overwrites_a_closed_index(c: Contract) -> None:
    c.make_leader()
    c.good(c.here("PUT", f"/{c.follower}/_doc/own", {"number": -1}))
    c.close()
    c.follow()
    until(lambda: set(c.documents()) == {"0"})


def test_follow_again_recreates_a_paused_and_closed_follower(c: Contract) -> None:
    c.pair()
    c.pause()
    c.close()
    c.put_document(1)
    c.follow()
    until(lambda: set(c.documents()) == {"0", "1"})


# ---- the ten parameters

TYPED: dict[str, tuple[Any, Any]] = {
    "max_read_request_size": ("1024kb", "1024kb"),
    "max_write_request_size": ("1.5mb", "1572864b"),
    "max_write_buffer_size": ("32 MB", "32mb"),
    "max_retry_delay": ("60s", "60s"),
    "read_poll_timeout": ("90s", "90s"),
    "max_read_request_operation_count": ("512", 512),
    "max_outstanding_read_requests": (1.5, 1),
}


def test_parameters_are_shown_in_the_unit_that_was_sent(c: Contract) -> None:
    c.pair(**{name: sent for name, (sent, _shown) in TYPED.items()})
    found = c.info()
    assert found
    assert found["parameters"] == {**DEFAULTS, **{name: shown for name, (_sent, shown) in TYPED.items()}}
    assert list(found["parameters"]) == list(DEFAULTS)
    c.pause()
    again = {"max_read_request_size": "1024k", "max_retry_delay": "300s", "read_poll_timeout": "1000ms"}
    assert c.call("resume_follow", again) == ACKNOWLEDGED
    found = c.info()
    assert found
    assert found["parameters"] == {**DEFAULTS, **again, "max_read_request_size": "1024kb"}


UNIT = "unit is missing or unrecognized"


@pytest.mark.parametrize(
    ("name", "sent", "reason"),
    [
        ("max_read_request_size", "33554432", f"with value [33554432] as a size in bytes: {UNIT}"),
        ("max_read_request_size", 33554432, "max_read_request_size doesn't support values of type: VALUE_NUMBER"),
        ("max_read_request_size", None, "max_read_request_size doesn't support values of type: VALUE_NULL"),
        ("max_retry_delay", 500, "max_retry_delay doesn't support values of type: VALUE_NUMBER"),
        ("max_retry_delay", "0.5s", "failed to parse [0.5s], fractional time values are not supported"),
        ("max_retry_delay", "500", f"with value [500] as a time value: {UNIT}"),
        ("max_outstanding_read_requests", True, "doesn't support values of type: VALUE_BOOLEAN"),
    ],
)
def test_parameters_that_can_not_be_read(c: Contract, name: str, sent: Any, reason: str) -> None:
    for found in (c.put(c.body(**{name: sent})), c.call("resume_follow", {name: sent}), c.put_pattern(**{name: sent})):
        assert (found[0], found[1]["error"]["type"]) == (400, "x_content_parse_exception"), found
        # The field, or what was wrong with it.
        assert name in found[1]["error"]["reason"]
        assert reason in json.dumps(found[1], ensure_ascii=False)


def test_parameters_out_of_range_are_told_at_once(c: Contract) -> None:
    sent: dict[str, Any] = {
        "max_read_request_operation_count": 0,
        "max_outstanding_read_requests": -1,
        "max_write_request_operation_count": 0,
        "max_outstanding_write_requests": 0,
        "max_write_buffer_count": 0,
        "max_read_request_size": "0b",
        "max_write_request_size": "0mb",
        "max_write_buffer_size": "-1",
        "max_retry_delay": "10m",
    }
    for found in (c.put(c.body(**sent)), c.call("resume_follow", sent), c.put_pattern(**sent)):
        error = c.refused(found, 400, VALIDATION, "Validation Failed: 1: ")
        for name in list(sent)[:-1]:
            assert f": {name} must be larger than 0;" in error["reason"]
        assert "9: [max_retry_delay] must be less than [5m] but was [10m];" in error["reason"]
    found = c.put(c.body(max_retry_delay="0s"))
    c.refused(found, 400, VALIDATION, "[max_retry_delay] must be positive but was [0s]")
    c.make_leader()
    c.follow(max_retry_delay="5m")


# ---- info and stats


def test_info_of_many(c: Contract) -> None:
    c.pair()
    other = c.follow(f"{c.follower}2")
    regular = f"{c.follower}-regular"
    c.good(c.here("PUT", f"/{regular}"))
    c.good(c.here("POST", f"/{other}/_ccr/pause_follow"))
    c.good(c.here("POST", f"/{other}/_close"))

    def names(expression: str) -> list[str]:
        found = c.good(c.here("GET", f"/{expression}/_ccr/info"))["follower_indices"]
        return sorted(one["follower_index"] for one in found)

    assert names(f"{c.follower}*") == [c.follower, other]
    assert names(f"{other},{c.follower}") == [c.follower, other]
    assert set(names("_all")) >= {c.follower, other}
    assert names(regular) == []
    assert names(f"{c.leader}-nothing*") == []
    found = c.here("GET", f"/{c.follower}-not/_ccr/info")
    c.refused(found, 404, "index_not_found_exception", f"no such index [{c.follower}-not]")
    found = c.here("GET", f"/{c.follower},{c.follower}-not/_ccr/info")
    c.refused(found, 404, "index_not_found_exception", f"no such index [{c.follower}-not]")
    assert c.info(other) == {
        "follower_index": other,
        "remote_cluster": ALIAS,
        "leader_index": c.leader,
        "status": "paused",
    }


SHARD = [
    *("remote_cluster", "leader_index", "follower_index", "shard_id", "leader_global_checkpoint", "leader_max_seq_no"),
    *("follower_global_checkpoint", "follower_max_seq_no", "last_requested_seq_no", "outstanding_read_requests"),
    *("outstanding_write_requests", "write_buffer_operation_count", "write_buffer_size_in_bytes"),
    *("follower_mapping_version", "follower_settings_version", "follower_aliases_version", "total_read_time_millis"),
    *("total_read_remote_exec_time_millis", "successful_read_requests", "failed_read_requests", "operations_read"),
    *("bytes_read", "total_write_time_millis", "successful_write_requests", "failed_write_requests"),
    *("operations_written", "read_exceptions", "time_since_last_read_millis"),
]


def test_stats(c: Contract) -> None:
    c.pair(documents=2)
    found = c.stats()
    assert list(found) == ["index", "total_global_checkpoint_lag", "shards"]
    (shard,) = found["shards"]
    assert list(shard) == SHARD
    texts = {"remote_cluster": ALIAS, "leader_index": c.leader, "follower_index": c.follower}
    assert {key: value for key, value in shard.items() if isinstance(value, str)} == texts
    assert (shard["shard_id"], shard["read_exceptions"]) == (0, [])
    # What the leader has not committed yet comes as operations, after the copy.
    until(lambda: c.shard()["follower_global_checkpoint"] == 1)
    before = c.shard()
    c.put_document(2)
    until(lambda: c.shard()["follower_global_checkpoint"] == 2)
    shard = c.shard()
    assert (shard["leader_global_checkpoint"], shard["leader_max_seq_no"]) == (2, 2)
    assert c.stats()["total_global_checkpoint_lag"] == 0
    for figure in ("operations_read", "operations_written"):
        assert shard[figure] - before[figure] == 1
    assert shard["bytes_read"] > 0
    human = list(c.shard("?human"))
    for text, number in (
        ("write_buffer_size", "write_buffer_size_in_bytes"),
        ("total_read_time", "total_read_time_millis"),
        ("total_read_remote_exec_time", "total_read_remote_exec_time_millis"),
        ("total_read", "bytes_read"),
        ("total_write_time", "total_write_time_millis"),
        ("time_since_last_read", "time_since_last_read_millis"),
    ):
        assert human.index(text) + 1 == human.index(number)


def test_stats_of_an_empty_index(c: Contract) -> None:
    c.pair(documents=0)
    shard = c.shard()
    names = ("leader_global_checkpoint", "follower_global_checkpoint", "leader_max_seq_no", "follower_max_seq_no")
    assert [shard[name] for name in names] == [-1, -1, -1, -1]


def test_stats_take_names_literally(c: Contract) -> None:
    c.pair()
    reason = f"No shard follow tasks for follower indices [{c.follower}*]"
    c.refused(c.here("GET", f"/{c.follower}*/_ccr/stats"), 404, "resource_not_found_exception", reason)
    for name in (c.leader, f"{c.follower}-not"):
        reason = f"No shard follow tasks for follower indices [{name}]"
        c.refused(c.here("GET", f"/{name}/_ccr/stats"), 404, "resource_not_found_exception", reason)
    everything = [one["index"] for one in c.good(c.here("GET", "/_all/_ccr/stats"))["indices"]]
    assert c.follower in everything
    c.pause()
    c.refused(c.here("GET", f"/{c.follower}/_ccr/stats"), 404, "resource_not_found_exception", "No shard follow tasks")
    everything = [one["index"] for one in c.good(c.here("GET", "/_all/_ccr/stats"))["indices"]]
    assert c.follower not in everything


def test_counters_start_again(c: Contract) -> None:
    c.pair()
    c.put_document(1)
    until(lambda: c.shard()["operations_written"] > 0 and len(c.documents()) == 2)
    c.pause()
    assert c.call("resume_follow") == ACKNOWLEDGED
    shard = c.shard()
    assert (shard["operations_written"], shard["operations_read"]) == (0, 0)


# ---- what is replicated


def test_documents_updates_and_deletions(c: Contract) -> None:
    c.pair(documents=3)
    until(lambda: len(c.documents()) == 3)
    c.put_document(1, number=11)
    c.good(c.there("DELETE", f"/{c.leader}/_doc/2"))
    c.put_document(3)
    expected = {"0": {"number": 0}, "1": {"number": 11}, "3": {"number": 3}}
    until(lambda: c.documents() == expected)


def test_several_shards_and_routing(c: Contract) -> None:
    c.make_leader(documents=0, settings={"index.number_of_shards": 3, "index.number_of_replicas": 0})
    for number in range(20):
        c.good(c.there("PUT", f"/{c.leader}/_doc/{number}?routing=r{number % 4}", {"number": number}))
    c.follow()
    c.good(c.there("DELETE", f"/{c.leader}/_doc/5?routing=r1"))
    until(lambda: set(c.documents()) == {str(number) for number in range(20) if number != 5})
    assert [shard["shard_id"] for shard in c.stats()["shards"]] == [0, 1, 2]
    assert c.good(c.here("GET", f"/{c.follower}/_doc/6?routing=r2"))["found"]


def test_mapping_and_aliases(c: Contract) -> None:
    c.make_leader(mappings={"properties": {"number": {"type": "long"}}}, aliases={f"{c.leader}-a": {}})
    c.follow()

    def aliases() -> Any:
        return c.good(c.here("GET", f"/{c.follower}/_alias"))[c.follower]["aliases"]

    # Whatever it is of its leader.
    until(lambda: aliases() == {f"{c.leader}-a": {"is_write_index": False}})
    c.good(c.there("PUT", f"/{c.leader}/_mapping", {"properties": {"title": {"type": "keyword"}}}))
    c.put_document(1, title="x")
    c.good(
        c.there(
            "POST",
            "/_aliases",
            {
                "actions": [
                    {"remove": {"index": c.leader, "alias": f"{c.leader}-a"}},
                    {"add": {"index": c.leader, "alias": f"{c.leader}-b", "is_write_index": True}},
                ]
            },
        )
    )

    def properties() -> set[str]:
        mapping = c.good(c.here("GET", f"/{c.follower}/_mapping"))[c.follower]["mappings"]
        return set(mapping["properties"])

    until(lambda: properties() == {"number", "title"})
    until(lambda: aliases() == {f"{c.leader}-b": {"is_write_index": False}})


def test_hidden_followers_are_not_among_all(c: Contract) -> None:
    """As the indices of data streams are."""
    c.leader = f".{c.leader}"
    c.follower = f".{c.follower}"
    c.make_leader(settings={"index.hidden": True})
    c.follow()

    def listed(expression: str) -> bool:
        found = c.good(c.here("GET", f"/{expression}/_ccr/info"))["follower_indices"]
        return c.follower in [one["follower_index"] for one in found]

    assert [listed(one) for one in ("_all", "*", "*,.*", c.follower)] == [False, False, True, True]
    stats = c.good(c.here("GET", "/_all/_ccr/stats"))["indices"]
    assert c.follower in [one["index"] for one in stats]


def test_a_follower_is_not_written_by_an_alias(c: Contract) -> None:
    alias = f"{c.leader}-a"
    c.make_leader(aliases={alias: {}})
    c.follow()
    until(lambda: c.here("HEAD", f"/_alias/{alias}")[0] == 200)
    if c.servers.follower is c.servers.leader:
        pytest.skip("the leader has the alias too, in the same cluster")
    write = f"no write index is defined for alias [{alias}]"
    c.refused(c.here("PUT", f"/{alias}/_create/9?require_alias=true", {"number": 9}), 400, ILLEGAL, write)
    lines = [{"index": {"_index": alias, "_id": "9"}}, {"number": 9}]
    answer = c.good(c.here("POST", "/_bulk", "".join(json.dumps(line) + "\n" for line in lines)))
    assert (answer["errors"], answer["items"][0]["index"]["status"]) == (True, 400)


def test_a_paused_follower_catches_up(c: Contract) -> None:
    c.pair()
    c.pause()
    c.put_document(1)
    assert c.call("resume_follow") == ACKNOWLEDGED
    until(lambda: len(c.documents()) == 2)


@pytest.mark.parametrize("paused", [False, True])
def test_a_follower_takes_nothing_from_clients(c: Contract, paused: bool) -> None:
    c.pair()
    if paused:
        c.pause()
    write = "a following engine does not accept operations without an assigned sequence number"
    c.refused(c.here("PUT", f"/{c.follower}/_doc/9", {"number": 9}), 403, "status_exception", write)
    lines = [{"index": {"_index": c.follower, "_id": "9"}}, {"number": 9}]
    answer = c.good(c.here("POST", "/_bulk", "".join(json.dumps(line) + "\n" for line in lines)))
    item = answer["items"][0]["index"]
    assert (answer["errors"], item["status"], write in item["error"]["reason"]) == (True, 403, True)
    mapping = {"properties": {"x": {"type": "keyword"}}}
    reason = f"can't put mapping to the following indices [{c.follower}]"
    c.refused(c.here("PUT", f"/{c.follower}/_mapping", mapping), 403, "status_exception", reason)
    actions = {"actions": [{"add": {"index": c.follower, "alias": f"{c.leader}-x"}}]}
    reason = f"can't modify aliases on indices [{c.follower}]"
    c.refused(c.here("POST", "/_aliases", actions), 403, "status_exception", reason)
    setting = {"index.xpack.ccr.following_index": False}
    assert c.here("PUT", f"/{c.follower}/_settings", setting)[0] == 400
    assert c.here("PUT", f"/{c.follower}/_settings", {"index.refresh_interval": "9s"}) == ACKNOWLEDGED


# ---- pause, resume, unfollow


def test_pause_refuses(c: Contract) -> None:
    c.make_leader()
    missing = f"no such index [{c.follower}]"
    c.refused(c.call("pause_follow"), 404, "index_not_found_exception", missing)
    c.good(c.here("PUT", f"/{c.follower}-regular"))
    found = c.here("POST", f"/{c.follower}-regular/_ccr/pause_follow")
    c.refused(found, 400, ILLEGAL, f"index [{c.follower}-regular] is not a follower index")
    c.follow()
    c.pause()
    found = c.call("pause_follow")
    assert (found[0], found[1]["error"]["type"]) == (400, ILLEGAL), found
    assert "no shard follow tasks" in found[1]["error"]["reason"]


def test_a_closed_follower_is_active_and_can_be_paused(c: Contract) -> None:
    c.pair()
    c.close()
    assert c.status() == "active"
    c.pause()
    assert c.status() == "paused"


def test_resume_refuses(c: Contract) -> None:
    c.make_leader()
    c.refused(c.call("resume_follow"), 404, "index_not_found_exception", f"no such index [{c.follower}]")
    c.good(c.here("PUT", f"/{c.follower}-regular"))
    found = c.here("POST", f"/{c.follower}-regular/_ccr/resume_follow")
    c.refused(found, 400, ILLEGAL, f"follow index [{c.follower}-regular] does not have ccr metadata")
    c.follow()
    for name in ("remote_cluster", "leader_index", "settings"):
        found = c.call("resume_follow", {name: "x"})
        c.refused(found, 400, "x_content_parse_exception", f"unknown field [{name}]")
    reason = f"task with id {{{c.uuid()}-0}} already exist"
    c.refused(c.call("resume_follow", {}), 400, "resource_already_exists_exception", reason)
    c.pause()
    c.close()
    c.refused(c.call("resume_follow"), 400, ILLEGAL, "leader and follow index must be open")
    c.open()
    until(lambda: c.call("resume_follow") == ACKNOWLEDGED)


def test_resume_starts_from_the_defaults(c: Contract) -> None:
    c.pair(max_read_request_size="1mb", max_retry_delay="1s")
    c.pause()
    assert c.call("resume_follow", {"max_retry_delay": "2s"}) == ACKNOWLEDGED
    found = c.info()
    assert found
    assert found["parameters"] == {**DEFAULTS, "max_retry_delay": "2s"}


def test_unfollow(c: Contract) -> None:
    c.make_leader()
    missing = f"no such index [{c.follower}]"
    c.refused(c.call("unfollow"), 404, "index_not_found_exception", missing)
    c.follow()
    until(lambda: set(c.documents()) == {"0"})
    here = f"cannot convert the follower index [{c.follower}] to a non-follower, because it has not been"
    c.refused(c.call("unfollow"), 400, ILLEGAL, f"{here} closed")
    c.close()
    c.refused(c.call("unfollow"), 400, ILLEGAL, f"{here} paused")
    c.pause()
    assert c.call("unfollow") == ACKNOWLEDGED
    c.refused(c.call("unfollow"), 400, ILLEGAL, f"index [{c.follower}] is not a follower index")
    assert c.good(c.here("GET", f"/{c.follower}/_ccr/info")) == {"follower_indices": []}
    state = c.good(c.here("GET", f"/_cluster/state/metadata/{c.follower}?filter_path=metadata.indices"))
    index = state["metadata"]["indices"][c.follower]
    assert (index["state"], "ccr" in index) == ("close", False)
    c.open()
    until(lambda: c.here("PUT", f"/{c.follower}/_doc/9?refresh", {"number": 9})[0] == 201)
    assert set(c.documents()) == {"0", "9"}
    c.refused(c.call("resume_follow"), 400, ILLEGAL, "does not have ccr metadata")


def test_traces(c: Contract) -> None:
    c.pair()
    flat = c.good(c.here("GET", f"/{c.follower}/_settings?flat_settings=true"))[c.follower]["settings"]
    assert flat["index.xpack.ccr.following_index"] == "true"
    nested = c.good(c.here("GET", f"/{c.follower}/_settings"))[c.follower]["settings"]
    assert nested["index"]["xpack"]["ccr"]["following_index"] == "true"
    paths = "metadata.indices.*.state,metadata.indices.*.ccr"
    path = f"/_cluster/state/metadata/{c.follower}?filter_path={paths}"
    index = c.good(c.here("GET", path))["metadata"]["indices"][c.follower]
    leader = c.good(c.there("GET", f"/{c.leader}/_settings?flat_settings=true"))[c.leader]["settings"]
    history = index["ccr"].pop("leader_index_shard_history_uuids")
    assert index == {
        "state": "open",
        "ccr": {
            "leader_index_uuid": leader["index.uuid"],
            "leader_index_name": c.leader,
            "remote_cluster_name": ALIAS,
        },
    }
    assert len(history.split(",")) == 1
    state = c.good(c.here("GET", "/_cluster/state/metadata?filter_path=metadata.persistent_tasks"))
    tasks = {task["id"]: task["task"] for task in state["metadata"]["persistent_tasks"]["tasks"]}
    assert "xpack/ccr/shard_follow_task" in tasks[f"{c.uuid()}-0"]


def test_a_copy_keeps_the_creation_date_of_its_leader(c: Contract) -> None:
    """Also when it is a follower no more, so that it is known where it comes from."""

    def created(at: Callable[..., tuple[int, Any]], name: str) -> str:
        path = f"/_cluster/state/metadata/{name}?filter_path=metadata.indices.*.settings.index.creation_date"
        date: str = c.good(at("GET", path))["metadata"]["indices"][name]["settings"]["index"]["creation_date"]
        return date

    c.pair()
    assert created(c.here, c.follower) == created(c.there, c.leader)
    c.pause()
    c.close()
    assert c.call("unfollow") == ACKNOWLEDGED
    c.open()
    assert created(c.here, c.follower) == created(c.there, c.leader)


# ---- retention leases


def lease(c: Contract) -> str:
    leader = c.good(c.there("GET", f"/{c.leader}/_settings?flat_settings=true"))[c.leader]["settings"]["index.uuid"]
    return f"{c.cluster_name()}/{c.follower}/{c.uuid()}-following-{ALIAS}/{c.leader}/{leader}"


def test_leases(c: Contract) -> None:
    c.pair()
    name = lease(c)
    until(lambda: [one["id"] for one in c.leases()] == [name])
    c.pause()
    c.close()
    assert c.call("unfollow") == ACKNOWLEDGED
    assert c.leases() == []


def test_a_deleted_follower_leaves_its_leases(c: Contract) -> None:
    c.pair()
    name = lease(c)
    until(c.leases)
    uuid = c.uuid()
    c.good(c.here("DELETE", f"/{c.follower}"))
    assert c.here("GET", f"/{c.follower}/_ccr/info")[0] == 404
    until(lambda: c.follower not in [one["index"] for one in c.good(c.here("GET", "/_all/_ccr/stats"))["indices"]])
    assert [one["id"] for one in c.leases()] == [name]
    body = {
        "follower_cluster": c.cluster_name(),
        "follower_index": c.follower,
        "follower_index_uuid": uuid,
        "leader_remote_cluster": ALIAS,
    }
    path = f"/{c.leader}/_ccr/forget_follower"
    # On a real server a leader may have replicas; on one node they are not there.
    answer = c.good(c.there("POST", path, body))["_shards"]
    assert (answer["successful"], answer["failed"]) == (1, 0)
    assert c.leases() == []
    answer = c.good(c.there("POST", path, body))["_shards"]
    assert (answer["failed"], answer["failures"][0]["reason"]["type"]) == (1, "retention_lease_not_found_exception")
    for name in body:
        status, _answer = c.there("POST", path, {key: value for key, value in body.items() if key != name})
        assert (name, status) == (name, 500)
    c.refused(c.there("POST", path, {**body, "x": 1}), 400, "x_content_parse_exception", "unknown field [x]")
    found = c.there("POST", f"/{c.leader}-not/_ccr/forget_follower", body)
    c.refused(found, 404, "index_not_found_exception", f"no such index [{c.leader}-not]")


def test_unfollow_without_the_alias(c: Contract, spare_alias: str) -> None:
    c.make_leader()
    c.follow(remote_cluster=spare_alias)
    c.pause()
    c.close()
    uuid = c.uuid()
    remove_alias(c.here, spare_alias)
    status, answer = c.call("unfollow")
    error = answer["error"]
    assert (status, error["type"]) == (500, "exception"), answer
    own = f"{c.cluster_name()}/{c.follower}/{uuid}-following-{spare_alias}/{c.leader}/"
    assert error["failed_to_remove_retention_leases"].startswith(own)
    assert error["caused_by"]["type"] == "no_such_remote_cluster_exception"
    # It has become an ordinary index all the same.
    assert c.good(c.here("GET", f"/{c.follower}/_ccr/info")) == {"follower_indices": []}
    c.refused(c.call("unfollow"), 400, ILLEGAL, "is not a follower index")


# ---- what goes wrong with a leader


def test_a_deleted_leader_is_fatal(c: Contract) -> None:
    c.pair()
    c.good(c.there("DELETE", f"/{c.leader}"))
    assert c.fatal()["type"] == "index_not_found_exception"
    assert c.status() == "active"
    c.pause()
    c.refused(c.call("resume_follow"), 404, "index_not_found_exception", f"no such index [{c.leader}]")


def test_a_new_leader_of_the_same_name_is_another_one(c: Contract) -> None:
    c.pair()
    c.pause()
    c.good(c.there("DELETE", f"/{c.leader}"))
    c.make_leader()
    error = c.refused(c.call("resume_follow"), 400, ILLEGAL, f"follow index [{c.follower}] should reference [")
    assert "] as leader index but instead reference [" in error["reason"]


def test_a_closed_leader_is_tried_again(c: Contract) -> None:
    c.pair()
    c.good(c.there("POST", f"/{c.leader}/_close"))
    c.retried()
    assert "fatal_exception" not in c.shard()
    assert c.shard()["failed_read_requests"] > 0
    c.good(c.there("POST", f"/{c.leader}/_open"))
    until(lambda: c.there("PUT", f"/{c.leader}/_doc/1", {"number": 1})[0] == 201)
    until(lambda: c.shard()["read_exceptions"] == [] and len(c.documents()) == 2)


def test_an_alias_that_is_gone_is_tried_again(c: Contract, spare_alias: str) -> None:
    c.make_leader()
    c.follow(remote_cluster=spare_alias)
    remove_alias(c.here, spare_alias)
    until(lambda: c.retried()["type"] == "no_such_remote_cluster_exception")
    assert c.status() == "active"
    c.pause()
    reason = f"no such remote cluster: [{spare_alias}]"
    c.refused(c.call("resume_follow"), 404, "no_such_remote_cluster_exception", reason)
    put_alias(c.here, spare_alias, c.servers.remote)
    assert c.call("resume_follow") == ACKNOWLEDGED


# ---- auto-follow patterns


def test_a_pattern_is_shown_as_it_was_given(c: Contract) -> None:
    given: dict[str, Any] = {
        "follow_index_pattern": "{{leader_index}}-copy",
        "settings": {"index.number_of_replicas": 0},
        "max_read_request_operation_count": 512,
        "max_read_request_size": "1024kb",
        "max_retry_delay": "60s",
    }
    assert c.put_pattern(**given) == ACKNOWLEDGED
    shown = {
        "active": True,
        "remote_cluster": ALIAS,
        "leader_index_patterns": [f"{c.leader}-*"],
        "leader_index_exclusion_patterns": [],
        **given,
        "settings": {"index": {"number_of_replicas": "0"}},
    }
    assert c.get_pattern() == shown
    assert {"name": c.pattern, "pattern": shown} in c.good(c.here("GET", "/_ccr/auto_follow"))["patterns"]
    # It is replaced whole; a single text is a list.
    assert c.put_pattern(leader_index_patterns="x*", leader_index_exclusion_patterns="y*") == ACKNOWLEDGED
    assert c.get_pattern() == {
        "active": True,
        "remote_cluster": ALIAS,
        "leader_index_patterns": ["x*"],
        "leader_index_exclusion_patterns": ["y*"],
    }


def test_the_life_of_a_pattern(c: Contract) -> None:
    path = f"/_ccr/auto_follow/{c.pattern}"
    missing = f"auto-follow pattern [{c.pattern}] is missing"
    for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume")):
        c.refused(c.here(method, path + tail), 404, "resource_not_found_exception", missing)
    assert c.put_pattern() == ACKNOWLEDGED
    for _time in range(2):
        assert c.here("POST", f"{path}/pause") == ACKNOWLEDGED
        assert c.get_pattern()["active"] is False
    for _time in range(2):
        assert c.here("POST", f"{path}/resume") == ACKNOWLEDGED
        assert c.get_pattern()["active"] is True
    c.here("POST", f"{path}/pause")
    assert c.put_pattern() == ACKNOWLEDGED
    assert c.get_pattern()["active"] is True
    assert c.here("GET", "/_ccr/auto_follow/contract-*")[0] == 404
    assert c.here("DELETE", path) == ACKNOWLEDGED
    c.refused(c.here("GET", path), 404, "resource_not_found_exception", missing)


def test_patterns_that_are_refused(c: Contract) -> None:
    def refused(type: str, reason: str, status: int = 400, name: str | None = None, **more: Any) -> None:
        c.refused(c.put_pattern(name, **more), status, type, reason)

    refused(VALIDATION, "[name] name must not contain a ','", name="a,b")
    refused(VALIDATION, "[name] name must not start with '_'", name="_a")
    refused(VALIDATION, "[name] name is too long (256 > 255)", name="x" * 256)
    refused(VALIDATION, "[leader_index_patterns] is missing", leader_index_patterns=[])
    refused("x_content_parse_exception", "[put_auto_follow_pattern_request] unknown field [active]", active=True)
    reason = "can not put auto-follow pattern that could override leader settings"
    refused(ILLEGAL, f'{reason} {{"index.number_of_shards":"1"}}', settings={"index.number_of_shards": 1})
    reason = "no such remote cluster: [nobody]"
    refused("no_such_remote_cluster_exception", reason, 404, remote_cluster="nobody")
    found = c.here("PUT", f"/_ccr/auto_follow/{c.pattern}", {})
    c.refused(found, 400, VALIDATION, "1: [remote_cluster] is missing;2: [leader_index_patterns] is missing;")
    found = c.here("PUT", f"/_ccr/auto_follow/{c.pattern}")
    c.refused(found, 400, "parse_exception", "request body or source parameter is required")


def test_new_indices_are_followed(c: Contract) -> None:
    before = c.auto_follow_stats()["number_of_successful_follow_indices"]
    old = c.make_leader(f"{c.leader}-old")
    more: dict[str, Any] = {
        "leader_index_exclusion_patterns": [f"{c.leader}-x*", "*-copy"],
        "max_read_request_size": "1mb",
    }
    assert c.put_pattern(follow_index_pattern="{{leader_index}}-copy", **more) == ACKNOWLEDGED
    new, excluded = c.make_leader(f"{c.leader}-new"), c.make_leader(f"{c.leader}-x1")
    until(lambda: c.follows(f"{new}-copy"))
    until(lambda: len(c.documents(f"{new}-copy")) == 1)
    found = c.info(f"{new}-copy")
    assert found
    assert (found["leader_index"], found["parameters"]) == (new, {**DEFAULTS, "max_read_request_size": "1mb"})
    assert c.here("GET", f"/{old}-copy/_ccr/info")[0] == 404
    assert c.here("GET", f"/{excluded}-copy/_ccr/info")[0] == 404
    stats = c.auto_follow_stats()
    assert stats["number_of_successful_follow_indices"] == before + 1
    (cluster,) = [one for one in stats["auto_followed_clusters"] if one["cluster_name"] == ALIAS]
    assert list(cluster) == ["cluster_name", "time_since_last_check_millis", "last_seen_metadata_version"]


def test_what_a_paused_pattern_misses_is_made_up_for(c: Contract) -> None:
    path = f"/_ccr/auto_follow/{c.pattern}"
    c.put_pattern(follow_index_pattern="{{leader_index}}-copy", leader_index_exclusion_patterns=["*-copy"])
    c.here("POST", f"{path}/pause")
    missed = c.make_leader(f"{c.leader}-missed")
    c.here("POST", f"{path}/resume")
    until(lambda: c.follows(f"{missed}-copy"))
    # Deleting and putting it again forgets them.
    c.here("DELETE", path)
    lost = c.make_leader(f"{c.leader}-lost")
    c.put_pattern(follow_index_pattern="{{leader_index}}-copy", leader_index_exclusion_patterns=["*-copy"])
    seen = c.make_leader(f"{c.leader}-seen")
    until(lambda: c.follows(f"{seen}-copy"))
    assert c.here("GET", f"/{lost}-copy/_ccr/info")[0] == 404


def test_an_added_pattern_leaves_what_is_there_alone(c: Contract) -> None:
    more: dict[str, Any] = {
        "follow_index_pattern": "{{leader_index}}-copy",
        "leader_index_exclusion_patterns": ["*-copy"],
    }
    c.put_pattern(leader_index_patterns=[f"{c.leader}-a*"], **more)
    there = c.make_leader(f"{c.leader}-b1")
    c.put_pattern(leader_index_patterns=[f"{c.leader}-a*", f"{c.leader}-b*"], **more)
    new = c.make_leader(f"{c.leader}-b2")
    until(lambda: c.follows(f"{new}-copy"))
    assert c.here("GET", f"/{there}-copy/_ccr/info")[0] == 404


def test_patterns_that_mean_the_same_index_follow_nothing(c: Contract) -> None:
    more: dict[str, Any] = {
        "follow_index_pattern": "{{leader_index}}-copy",
        "leader_index_exclusion_patterns": ["*-copy"],
    }
    other = f"{c.pattern}-other"
    c.put_pattern(**more)
    c.put_pattern(other, **more)
    # A paused one counts too.
    c.here("POST", f"/_ccr/auto_follow/{other}/pause")
    index = c.make_leader(f"{c.leader}-both")
    found = until(lambda: c.auto_follow_error(f"{c.pattern}:{index}"))
    reason = f"index to follow [{index}] for pattern [{c.pattern}] matches with other patterns [{other}]"
    assert reason in found["reason"]
    assert c.here("GET", f"/{index}-copy/_ccr/info")[0] == 404
    c.here("DELETE", f"/_ccr/auto_follow/{other}")
    # It is looked at again when something changes on the leader's cluster.
    c.make_leader(f"{c.leader}-next")
    until(lambda: c.follows(f"{index}-copy"))


def no_longer_excluded(c: Contract) -> str:
    """A leader that the pattern fits only since it was changed."""
    more: dict[str, Any] = {"follow_index_pattern": "{{leader_index}}-copy"}
    c.put_pattern(leader_index_exclusion_patterns=["*-copy", f"{c.leader}-x*"], **more)
    # Without documents, whose mapping would be a change of the leader's cluster after they are followed.
    excluded, first = c.make_leader(f"{c.leader}-x1", documents=0), c.make_leader(f"{c.leader}-1", documents=0)
    until(lambda: c.follows(f"{first}-copy"))
    c.put_pattern(leader_index_exclusion_patterns=["*-copy"], **more)
    return excluded


def test_a_changed_pattern_acts_when_the_leader_changes(c: Contract) -> None:
    excluded = no_longer_excluded(c)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert c.here("HEAD", f"/{excluded}-copy")[0] == 404
    c.make_leader(f"{c.leader}-2")
    until(lambda: c.follows(f"{excluded}-copy"))


def test_a_pattern_that_is_new_lets_all_be_looked_at(c: Contract) -> None:
    excluded = no_longer_excluded(c)
    c.put_pattern(f"{c.pattern}-new", leader_index_patterns=[f"{c.leader}-none-*"])
    # A real server has ended its wait for the leader's next change within a minute.
    until(lambda: c.follows(f"{excluded}-copy"))


def test_a_name_that_is_taken_is_an_error_until_it_is_free(c: Contract) -> None:
    index = f"{c.leader}-new"
    c.good(c.here("PUT", f"/{index}-copy"))
    c.put_pattern(follow_index_pattern="{{leader_index}}-copy", leader_index_exclusion_patterns=["*-copy"])
    c.make_leader(index)
    found = until(lambda: c.auto_follow_error(f"{c.pattern}:{index}"))
    assert "already exists" in json.dumps(found)
    c.good(c.here("DELETE", f"/{index}-copy"))
    # It is tried again when something changes on the leader's cluster.
    c.make_leader(f"{c.leader}-next")
    until(lambda: c.follows(f"{index}-copy"))
    until(lambda: c.auto_follow_error(f"{c.pattern}:{index}") is None)


def test_ccr_stats(c: Contract) -> None:
    c.pair()
    found = c.good(c.here("GET", "/_ccr/stats?timeout=30s"))
    assert list(found) == ["auto_follow_stats", "follow_stats"]
    assert list(found["auto_follow_stats"]) == [
        "number_of_failed_follow_indices",
        "number_of_failed_remote_cluster_state_requests",
        "number_of_successful_follow_indices",
        "recent_auto_follow_errors",
        "auto_followed_clusters",
    ]
    (own,) = [one for one in found["follow_stats"]["indices"] if one["index"] == c.follower]
    assert list(own["shards"][0]) == SHARD


# ---- what only a broken server does: the stand-in has switches, real ones are broken


def test_no_licence_here(c: Contract) -> None:
    c.pair()
    c.faults("london", licence="basic")
    text = "current license is non-compliant for [ccr]"
    for found in (
        c.put(c.body()),
        c.call("resume_follow"),
        c.put_pattern(),
        c.here("GET", f"/{c.follower}/_ccr/stats"),
        c.here("GET", "/_ccr/stats"),
    ):
        error = c.refused(found, 403, "security_exception", text)
        assert error["license.expired.feature"] == "ccr"
    # Taking down works without.
    assert c.status() == "active"
    c.pause()
    c.close()
    # With API keys the licence allows no request to the leader any more, so that the lease stays.
    status, answer = c.call("unfollow")
    assert (status, "failed_to_remove_retention_leases" in answer["error"]) == (500, True)
    assert c.good(c.here("GET", f"/{c.follower}/_ccr/info")) == {"follower_indices": []}
    assert c.here("GET", "/_ccr/auto_follow")[0] == 200
    assert c.good(c.here("GET", "/_license"))["license"]["type"] == "basic"


def test_no_licence_there(c: Contract) -> None:
    c.make_leader()
    c.faults("paris", licence="basic")
    unknown = f"as the license state of the remote cluster [{ALIAS}] could not be determined"
    index = f"can not fetch remote index [{ALIAS}:{c.leader}] metadata {unknown}"
    for found, reason in (
        (c.put(c.body()), index),
        (c.put_pattern(), f"can not fetch remote cluster state {unknown}"),
    ):
        error = c.refused(found, 400, "status_exception", reason)
        # With API keys the other cluster's licence does not allow to be asked.
        root = error["root_cause"][0]
        assert root["type"] == "security_exception"
        assert root["reason"] == "current license is non-compliant for [advanced-remote-cluster-security]"


def test_the_remote_cluster_is_down(c: Contract) -> None:
    c.pair()
    c.faults("london", remotes={ALIAS: "unreachable"})
    unknown = f"as the license state of the remote cluster [{ALIAS}] could not be determined"
    reason = f"can not fetch remote index [{ALIAS}:{c.leader}] metadata {unknown}"
    error = c.refused(c.put(c.body()), 400, "status_exception", reason)
    assert error["caused_by"]["reason"] == f"could not determine the license type for cluster [{ALIAS}]"
    assert error["caused_by"]["caused_by"]["type"] == "no_seed_node_left_exception"
    c.refused(c.put_pattern(), 400, "status_exception", f"can not fetch remote cluster state {unknown}")
    until(lambda: c.retried()["type"] == "no_seed_node_left_exception")
    assert c.status() == "active"
    c.pause()
    c.close()
    status, answer = c.call("unfollow")
    assert (status, answer["error"]["type"]) == (500, "exception")
    assert answer["error"]["failed_to_remove_retention_leases"] == lease(c)


def test_leaders_that_can_not_be_followed(c: Contract) -> None:
    c.make_leader()
    c.faults("paris", soft_deletes_off=[c.leader])
    c.refused(c.put(c.body()), 400, ILLEGAL, f"leader index [{c.leader}] does not have soft deletes enabled")
    c.faults("paris", soft_deletes_off=[], searchable_snapshots=[c.leader])
    c.refused(c.put(c.body()), 400, ILLEGAL, f"leader index [{c.leader}] is a searchable snapshot index")


def primary_of(c: Contract) -> Any:
    table = c.good(c.here("GET", f"/_cluster/state/routing_table/{c.follower}"))["routing_table"]["indices"]
    [primary] = [copy for copy in table[c.follower]["shards"]["0"] if copy["primary"]]
    return primary


def test_while_an_index_is_copied(c: Contract) -> None:
    c.make_leader()
    c.faults("london", hold_copy=True)
    assert list(c.good(c.put(c.body())).values()) == [True, False, False]
    assert c.info() == {
        "follower_index": c.follower,
        "remote_cluster": ALIAS,
        "leader_index": c.leader,
        "status": "paused",
    }
    c.refused(c.here("GET", f"/{c.follower}/_ccr/stats"), 404, "resource_not_found_exception", "No shard follow tasks")
    c.refused(c.call("pause_follow"), 400, ILLEGAL, "no shard follow tasks")
    c.refused(c.call("resume_follow"), 400, ILLEGAL, f"The primary shard of a follower index [{c.follower}][0]")
    c.refused(c.here("POST", f"/{c.follower}/_close"), 400, ILLEGAL, "Cannot close indices that are being restored")
    health = c.good(c.here("GET", f"/_cluster/health/{c.follower}?level=shards"))
    shard = health["indices"][c.follower]["shards"]["0"]
    assert (health["status"], health["active_shards"], shard["primary_active"]) == ("yellow", 0, False)
    # It waits for its turn.
    assert c.good(c.here("GET", f"/{c.follower}/_recovery")) == {}
    primary = primary_of(c)
    assert (primary["state"], primary["recovery_source"]["type"]) == ("UNASSIGNED", "SNAPSHOT")
    assert primary["unassigned_info"]["allocation_status"] == "deciders_throttled"
    state = c.good(c.here("GET", f"/_cluster/state/metadata/{c.follower}"))
    assert "ccr" in state["metadata"]["indices"][c.follower]
    c.faults("london", hold_copy=False)
    until(lambda: c.status() == "active")
    assert c.good(c.here("GET", f"/_cluster/health/{c.follower}"))["initializing_shards"] == 0


def test_a_copy_that_fails_is_given_up(c: Contract) -> None:
    """It looks paused; what tells it apart stands in the cluster's state. Only a new copy mends it."""
    c.make_leader()
    c.faults("london", copy_fails=[c.follower])
    answer = c.good(c.put(c.body(), "?wait_for_active_shards=1"))
    assert list(answer.values()) == [True, False, False]
    assert c.status() == "paused"
    assert c.good(c.here("GET", f"/{c.follower}/_recovery")) == {}
    primary = primary_of(c)
    assert (primary["state"], primary["recovery_source"]["type"]) == ("UNASSIGNED", "SNAPSHOT")
    assert primary["unassigned_info"]["allocation_status"] == "deciders_no"
    assert c.good(c.here("GET", f"/_cluster/health/{c.follower}"))["status"] == "red"
    c.faults("london", copy_fails=[])
    c.refused(c.call("resume_follow"), 400, ILLEGAL, f"The primary shard of a follower index [{c.follower}][0]")
    c.good(c.here("POST", f"/{c.follower}/_close"))
    c.good(c.put(c.body(), "?wait_for_active_shards=1"))
    until(lambda: c.status() == "active")


def test_a_start_that_fails_looks_paused(c: Contract) -> None:
    c.make_leader()
    c.faults("london", start_fails=[c.follower])
    # Told only to who waits.
    c.refused(c.put(c.body(), "?wait_for_active_shards=1"), 400, ILLEGAL, "must be identical")
    assert c.status() == "paused"
    c.faults("london", start_fails=[])
    # Resuming repairs it.
    assert c.call("resume_follow") == ACKNOWLEDGED
    assert c.status() == "active"


def test_a_fatal_error_stays_until_somebody_pauses(c: Contract) -> None:
    c.pair()
    c.faults("london", fatal={c.follower: FATAL})
    assert c.fatal() == FATAL
    c.faults("london", fatal={})
    c.put_document(1)
    assert c.status() == "active"
    assert "fatal_exception" in c.shard()
    c.pause()
    assert c.call("resume_follow") == ACKNOWLEDGED
    until(lambda: len(c.documents()) == 2)
    assert "fatal_exception" not in c.shard()


def test_lost_history_is_fatal_until_the_index_is_made_again(c: Contract) -> None:
    c.pair()
    c.faults("london", lost_history=[c.follower])
    found = c.fatal()
    assert found["type"] == "resource_not_found_exception"
    assert "Operations are no longer available for replicating" in found["reason"]
    assert len(found["requested_operations_missing"]) == 2
    c.pause()
    assert c.call("resume_follow") == ACKNOWLEDGED
    assert c.fatal()["type"] == "resource_not_found_exception"
    c.pause()
    c.close()
    c.put_document(1)
    c.follow()
    until(lambda: len(c.documents()) == 2)
    assert "fatal_exception" not in c.shard()


def test_a_follower_that_lags(c: Contract) -> None:
    c.pair()
    c.faults("london", hold=[c.follower])
    c.put_document(1)
    until(lambda: c.stats()["total_global_checkpoint_lag"] == 1)
    c.faults("london", hold=[])
    until(lambda: c.stats()["total_global_checkpoint_lag"] == 0)


def test_a_cluster_without_it(c: Contract) -> None:
    c.faults("london", ccr=False)
    for method, path in (("GET", "/x/_ccr/info"), ("GET", "/_ccr/auto_follow"), ("PUT", "/x/_ccr/follow")):
        status, answer = c.here(method, path)
        # Or another method is allowed there, by what a path of another module fits.
        assert status in (400, 405)
        assert f" for uri [{path}] and method [{method}]" in answer["error"]


def test_an_older_server_knows_no_master_timeout(c: Contract) -> None:
    c.faults("london", master_timeout=False)
    assert c.here("GET", "/_all/_ccr/info?master_timeout=1s")[0] == 200
    found = c.here("GET", "/_ccr/auto_follow?master_timeout=1s")
    c.refused(found, 400, ILLEGAL, "request [/_ccr/auto_follow] contains unrecognized parameter: [master_timeout]")


def test_a_node_that_was_restarted_tries_again_and_counts_anew(c: Contract) -> None:
    c.pair()
    c.faults("london", fatal={c.follower: FATAL})
    c.fatal()
    c.faults("london", fatal={})
    c.put_document(1)
    c.cluster("london").restart()
    until(lambda: c.shard()["operations_written"] >= 1)
    assert "fatal_exception" not in c.shard()
    assert set(c.documents()) == {"0", "1"}
    found = c.info()
    assert found
    assert found["parameters"] == DEFAULTS


def test_a_policy_unfollows_behind_the_back(c: Contract) -> None:
    c.pair()
    c.cluster("london").unfollow_by_policy(c.follower)
    assert c.good(c.here("GET", f"/{c.follower}/_ccr/info")) == {"follower_indices": []}
    c.refused(c.put(c.body()), 500, "snapshot_restore_exception", "an open index with same name already exists")


def test_the_connection_is_cut_after_follow_was_done(c: Contract) -> None:
    c.make_leader()
    c.faults("london", cut_after_put=True)
    with pytest.raises(Exception):  # noqa: B017
        c.put(c.body())
    until(lambda: c.status() == "active")
