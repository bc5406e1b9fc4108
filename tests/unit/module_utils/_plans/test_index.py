# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cluster_metadata, index
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal

BACKING = ".ds-logs-1"
STATE = {
    "metadata": {
        "indices": {
            "a": {
                "state": "open",
                "settings": {
                    "index": {
                        "uuid": "ua",
                        "number_of_shards": "2",
                        "number_of_replicas": "3",
                        "creation_date": "1000",
                    }
                },
                "aliases": ["x"],
            },
            "b": {
                "state": "close",
                "system": True,
                "settings": {
                    "index": {
                        "uuid": "ub",
                        "hidden": "true",
                        "soft_deletes": {"enabled": "false", "retention_lease": {"period": "1d"}},
                        "blocks": {"write": "true"},
                        "store": {"type": "snapshot"},
                        "lifecycle": {"indexing_complete": "true", "origination_date": "500"},
                        "creation_date": "1000",
                    }
                },
            },
            BACKING: {
                "settings": {"index": {"uuid": "ud"}},
                "ccr": {"leader_index_uuid": "ul", "leader_index_name": "l", "remote_cluster_name": "paris"},
            },
        },
        "data_stream": {"data_stream": {"logs": {"indices": [{"index_name": BACKING}], "replicated": True}}},
    }
}


def found(*patterns: str) -> dict[str, Any]:
    return index.parse(STATE, patterns)


def sent(plan: Plan) -> list[str]:
    return ["%s %s" % (r.method, r.path) for r in plan.requests]


def test_a_failure_store_is_no_index_to_be_followed() -> None:
    failed = {"settings": {"index": {"uuid": "uf"}}}
    stream = {"indices": [{"index_name": BACKING}], "failure_indices": [{"index_name": ".fs-logs-1"}]}
    state = {
        "metadata": {
            "indices": {BACKING: {}, ".fs-logs-1": failed, ".fs-copied-1": failed},
            "data_stream": {"data_stream": {"logs": stream}},
        }
    }
    found = index.parse(state, ["*"])
    # A copy is an ordinary index.
    assert list(found["indices"]) == [BACKING, ".fs-copied-1"]
    assert found["data_streams"]["logs"]["indices"] == [BACKING]


def test_parse() -> None:
    assert found("a")["indices"] == {
        "a": {
            "uuid": "ua",
            "open": True,
            "hidden": False,
            "system": False,
            "shards": 2,
            "replicas": 3,
            "data_stream": None,
            "aliases": ["x"],
            "soft_deletes": True,
            "lease_period": "12h",
            "searchable_snapshot": False,
            "write_block": False,
            "indexing_complete": False,
            "lifecycle_policy": None,
            "rollover_alias": None,
            "born": 1000,
            "pipelines": [],
            "leader": None,
        }
    }
    b = found("b")["indices"]["b"]
    assert (b["open"], b["hidden"], b["system"], b["soft_deletes"], b["lease_period"]) == (
        False,
        True,
        True,
        False,
        "1d",
    )
    assert (b["searchable_snapshot"], b["write_block"], b["indexing_complete"]) == (True, True, True)
    assert b["born"] == 500


def test_what_was_deleted() -> None:
    def stone(name: str, at: int) -> dict[str, Any]:
        return {"index": {"index_name": name, "index_uuid": "u"}, "delete_date_in_millis": at}

    phases = {"kept": {"hot": {}}, "week": {"delete": {"min_age": "7d"}}, "soon": {"delete": {}}}
    state = {
        "metadata": {
            "indices": {"again": {}},
            "index-graveyard": {"tombstones": [stone("a", 2), stone("a", 1), stone("again", 3), stone("other", 4)]},
            "index_lifecycle": {"policies": {name: {"policy": {"phases": p}} for name, p in phases.items()}},
        }
    }
    found = index.parse(state, ["a*"])
    assert found["deleted"] == {"a": 2}
    assert found["deleted_after"] == {"soon": 0, "week": 604_800_000}


@pytest.mark.parametrize(
    ("pattern", "indices", "streams"),
    [
        ("*", ["a", "b", BACKING], ["logs"]),
        ("logs", [BACKING], ["logs"]),
        (".ds-*", [BACKING], ["logs"]),
        ("c", [], []),
    ],
)
def test_an_index_matches_by_its_data_stream_too(pattern: str, indices: list[str], streams: list[str]) -> None:
    result = found(pattern)
    assert (sorted(result["indices"]), sorted(result["data_streams"])) == (sorted(indices), streams)


def test_leader() -> None:
    assert found("logs")["indices"][BACKING]["leader"] == {"remote_cluster": "paris", "index": "l", "uuid": "ul"}


FIRST: list[dict[str, Any]] = [
    {"routing": {"primary": True}, "docs": {"count": 5}, "seq_no": {"max_seq_no": 8, "local_checkpoint": 6}},
    {"routing": {"primary": False}, "docs": {"count": 5}, "seq_no": {"max_seq_no": 8}},
]
EMPTY: list[dict[str, Any]] = [
    {"routing": {"primary": True}, "docs": {"count": 0}, "seq_no": {"max_seq_no": -1, "local_checkpoint": -1}}
]


@pytest.mark.parametrize(
    ("shards", "counted"),
    [
        pytest.param(
            {"0": FIRST, "1": EMPTY}, {"a": {"documents": 5, "operations": 9, "operations_without_gaps": 7}}, id="all"
        ),
        # What is on a shard that is away would look as if it had never been.
        pytest.param({"0": FIRST}, {}, id="a primary is missing"),
        pytest.param({"0": FIRST, "1": [{"routing": {"primary": True}}]}, {}, id="a primary is not started"),
        pytest.param({"0": FIRST[1:], "1": EMPTY}, {}, id="only a replica"),
    ],
)
def test_only_an_index_with_all_primaries_is_counted(shards: dict[str, Any], counted: dict[str, Any]) -> None:
    assert index.parse_documents({"indices": {"a": {"shards": shards}}}, {"a": 2}) == counted


def test_names_of_any_length_fit_into_a_request() -> None:
    names = [*("%s%d" % ("x" * 240, number) for number in range(50)), *("short-%d" % number for number in range(50))]
    found = index.batches(names)
    assert [name for some in found for name in some] == names
    assert max(len(",".join(some)) for some in found) <= index.LONGEST_NAMES
    assert len(found) < 10
    assert index.batches([]) == []


@pytest.mark.parametrize(
    ("name", "state", "block", "requests"),
    [
        ("a", "present", True, ["PUT /a/_block/write"]),
        ("a", "present", False, []),
        ("a", "present", None, []),
        ("b", "present", False, ["PUT /b/_settings"]),
        ("b", "present", True, []),
        ("a", "absent", None, ["DELETE /a"]),
        ("gone", "absent", None, []),
        # The server refuses the better way for the write index of a data stream.
        (BACKING, "present", True, ["PUT /%s/_settings" % BACKING]),
    ],
)
def test_plan(name: str, state: str, block: bool | None, requests: list[str]) -> None:
    uuid = {"a": "ua", "b": "ub", BACKING: "ud"}.get(name, "ug")
    assert sent(index.plan(found(name), [{"name": name, "uuid": uuid}], state, block)) == requests


WHOLE = {"acknowledged": True, "shards_acknowledged": True, "indices": [{"name": "a", "blocked": True}]}


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ([WHOLE, {"acknowledged": True}], None),
        ([dict(WHOLE, acknowledged=False)], "not every node of the cluster"),
        ([dict(WHOLE, shards_acknowledged=False)], "not every shard of a has said so"),
        ([dict(WHOLE, indices=[{"name": "a", "blocked": False}])], "not every shard of a has said so"),
    ],
)
def test_an_answer_that_is_no_error_may_say_that_not_all_is_blocked(answers: Any, says: str | None) -> None:
    finish = index.plan(found("a"), [{"name": "a", "uuid": "ua"}], "present", True).finish
    assert finish
    if says is None:
        assert finish(answers) == {}
        return
    with pytest.raises(Refusal, match=says):
        finish(answers)
    assert index.plan(found("a"), [{"name": "a", "uuid": "ua"}], "present", False).finish is None


def test_writes_under_way() -> None:
    tasks = {"n:2": {"action": "indices:data/write/bulk"}, "n:1": {"action": "indices:data/write/bulk[s]"}}
    assert index.parse_writes({"nodes": {"n": {"tasks": tasks}, "m": {}}}) == ["n:1", "n:2"]
    assert index.parse_writes({}) == []


@pytest.mark.parametrize(
    ("name", "uuid", "state", "says"),
    [
        (
            "a",
            "other",
            "absent",
            "another index has the name by now, and nothing was changed: a \\(it has ua, not other",
        ),
        ("a", "other", "present", "another index has the name"),
        ("gone", None, "present", "there is no index gone"),
    ],
)
def test_plan_refuses(name: str, uuid: str | None, state: str, says: str) -> None:
    with pytest.raises(Refusal, match=says):
        index.plan(found(name), [{"name": name, "uuid": uuid}], state, True)


@pytest.mark.parametrize(
    ("want", "says"),
    [
        ({"name": "a*", "uuid": "u"}, "a\\* is not the name of one index"),
        ({"name": "a", "uuid": None}, "uuid of a is missing"),
    ],
)
def test_what_is_deleted_is_named(want: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        index.check([want], "absent")


def test_promotion() -> None:
    assert sent(index.promotion(found("*"), ["logs"], True)) == [
        "POST /_data_stream/_promote/logs",
        "POST /logs/_rollover",
    ]
    assert sent(index.promotion(found("*"), ["logs"], False)) == ["POST /_data_stream/_promote/logs"]
    after = found("*")
    after["data_streams"]["logs"]["replicated"] = False
    assert sent(index.promotion(after, ["logs"], True)) == ["POST /logs/_rollover"]
    after["indices"][BACKING]["leader"] = None
    assert sent(index.promotion(after, ["logs"], True)) == []
    with pytest.raises(Refusal, match="there is no data stream nowhere"):
        index.promotion(after, ["nowhere"], True)


def test_data_streams_are_deleted_by_their_indices() -> None:
    assert sent(index.without_data_streams(found("*"), ["logs", "gone"], {BACKING: "ud"})) == [
        "DELETE /_data_stream/logs"
    ]
    with pytest.raises(Refusal, match=r"other indices in the data streams, and nothing was changed: \.ds-logs-1"):
        index.without_data_streams(found("*"), ["logs"], {})


HAVE = cluster_metadata.parse(
    {"persistent": {"cluster.metadata.a": '{"x":1}', "cluster.metadata.b": "5", "cluster.name": "c"}}
)


@pytest.mark.parametrize(
    ("metadata", "names", "after", "body"),
    [
        ({}, [], {}, None),
        ({}, ["a", "none"], {"a": {"x": 1}}, None),
        ({"a": {"x": 1}}, [], {"a": {"x": 1}}, None),
        ({"a": {"x": 2}}, ["b"], {"a": {"x": 2}, "b": "5"}, {"cluster.metadata.a": '{"x":2}'}),
        ({"a": None}, [], {}, {"cluster.metadata.a": None}),
        ({"c": None}, [], {}, None),
    ],
)
def test_metadata(metadata: dict[str, Any], names: list[str], after: dict[str, Any], body: Any) -> None:
    plan = cluster_metadata.plan(HAVE, metadata, names)
    assert plan.result == {"metadata": after}
    assert [r.body for r in plan.requests] == ([{"persistent": body}] if body else [])


def test_metadata_refuses() -> None:
    with pytest.raises(Refusal, match="a b is not a name"):
        cluster_metadata.plan(HAVE, {"a b": 1}, [])
