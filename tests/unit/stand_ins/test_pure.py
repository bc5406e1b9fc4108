# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the stand-in: units, bodies, names, settings, filters, write guards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stand_ins.ccr_gateway import body, filter_path, parameters, patterns, routing, settings, units, writes
from stand_ins.ccr_gateway.errors import Refusal
from stand_ins.ccr_gateway.gateway import Gateway
from stand_ins.ccr_gateway.model import Caller, Follower
from unit.stand_ins.fake_node import FakeNode

PARSER = "indices:admin/xpack/ccr/put_follow"


@pytest.mark.parametrize(
    ("sent", "shown", "count"),
    [
        ("1024kb", "1024kb", 2**20),
        ("33554432b", "33554432b", 2**25),
        ("2048mb", "2048mb", 2**31),
        ("1024k", "1024kb", 2**20),
        ("32 MB", "32mb", 2**25),
        ("1.5mb", "1572864b", 1572864),
        ("0.5gb", "536870912b", 2**29),
        ("9223372036854775807b", "9223372036854775807b", 2**63 - 1),
        ("0b", "0", 0),
        ("-1", "-1", -1),
    ],
)
def test_sizes(sent: str, shown: str, count: int) -> None:
    assert units.size("x", sent) == units.Size(shown, count)


@pytest.mark.parametrize(
    ("sent", "shown", "millis"),
    [
        ("60s", "60s", 60000),
        ("90s", "90s", 90000),
        ("1000ms", "1000ms", 1000),
        ("300s", "300s", 300000),
        ("1 m", "1m", 60000),
        ("1000000micros", "1000000micros", 1000),
        ("-1", "-1", -1),
        ("0s", "0s", 0),
        ("0", "0ms", 0),
        ("2d", "2d", 172800000),
    ],
)
def test_times(sent: str, shown: str, millis: int) -> None:
    found = units.time("x", sent)
    assert (found.text, found.millis) == (shown, millis)


UNIT = "unit is missing or unrecognized"


@pytest.mark.parametrize(
    ("read", "sent", "reason"),
    [
        (units.size, "33554432", f"failed to parse setting [x] with value [33554432] as a size in bytes: {UNIT}"),
        (units.size, "", f"failed to parse setting [x] with value [] as a size in bytes: {UNIT}"),
        (units.size, "-5mb", "failed to parse setting [x] with value [-5mb] as a size in bytes"),
        (units.time, "500", f"failed to parse setting [x] with value [500] as a time value: {UNIT}"),
        (units.time, "1M", f"failed to parse setting [x] with value [1M] as a time value: {UNIT}"),
        (units.time, "0.5s", "failed to parse [0.5s], fractional time values are not supported"),
        (units.time, "xs", "failed to parse [xs]"),
    ],
)
def test_no_sizes_and_times(read: Any, sent: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        read("x", sent)
    assert (caught.value.status, caught.value.reason) == (400, reason)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0b"), (1023, "1023b"), (9933, "9.7kb"), (2**20, "1mb"), (3 * 2**29, "1.5gb")],
)
def test_sizes_for_people(count: int, text: str) -> None:
    assert units.human_size(count) == text


@pytest.mark.parametrize(
    ("millis", "text"), [(-1, "-1"), (0, "0s"), (999, "999ms"), (14000, "14s"), (90000, "1.5m"), (7200000, "2h")]
)
def test_times_for_people(millis: int, text: str) -> None:
    assert units.human_time(millis) == text


def test_a_body_as_it_should_be() -> None:
    text = '{"max_read_request_operation_count": "512", "max_outstanding_read_requests": 1.5, "max_retry_delay":"60s"}'
    found = body.parse(text, PARSER, parameters.KINDS)
    shown = {
        "max_read_request_operation_count": 512,
        "max_outstanding_read_requests": 1,
        "max_retry_delay": "60s",
    }
    assert parameters.shown(found) == shown
    assert parameters.effective(parameters.shown(found)) == {**parameters.DEFAULTS, **shown}
    assert parameters.problems(found) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"max_retry_delay":"1s","foo":1}', f"[1:25] [{PARSER}] unknown field [foo]"),
        ('{\n "foo": 1}', f"[2:2] [{PARSER}] unknown field [foo]"),
        (
            '{"max_read_request_size":1}',
            f"[1:26] [{PARSER}] max_read_request_size doesn't support values of type: VALUE_NUMBER",
        ),
        (
            '{"max_read_request_size":null}',
            f"[1:26] [{PARSER}] max_read_request_size doesn't support values of type: VALUE_NULL",
        ),
        ('{"max_read_request_size":"1"}', f"[1:26] [{PARSER}] failed to parse field [max_read_request_size]"),
        ("[]", f"[1:1] [{PARSER}] Expected START_OBJECT but was: START_ARRAY"),
        ('{"max_retry_delay":"1s"', "[1:24] Unexpected end of file"),
        ('{"max_retry_delay":"1s","max_retry_delay":"1s"}', "[1:42] Duplicate field 'max_retry_delay'"),
    ],
)
def test_a_body_that_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        body.parse(text, PARSER, parameters.KINDS)
    assert (caught.value.status, caught.value.reason) == (400, reason)


def test_all_that_is_wrong_with_parameters_is_told_at_once() -> None:
    sent = {"max_read_request_operation_count": 0, "max_read_request_size": "0b", "max_retry_delay": "10m"}
    assert parameters.problems(body.parse(json.dumps(sent), PARSER, parameters.KINDS)) == [
        "max_read_request_operation_count must be larger than 0",
        "max_read_request_size must be larger than 0",
        "[max_retry_delay] must be less than [5m] but was [10m]",
    ]
    assert parameters.problems(body.parse('{"max_retry_delay":"0s"}', PARSER, parameters.KINDS)) == [
        "[max_retry_delay] must be positive but was [0s]"
    ]


@pytest.mark.parametrize(
    ("wanted", "excluded", "index", "stream", "found"),
    [
        (["logs-*"], [], "logs-1", None, True),
        (["logs-*"], [], "metrics-1", None, False),
        (["logs-*"], ["logs-2*"], "logs-22", None, False),
        (["*"], ["*-copy"], "a-copy", None, False),
        (["logs-?"], [], "logs-1", None, False),
        (["logs-x"], [], ".ds-logs-x-2026.01.01-000001", "logs-x", True),
        # The stream's name is meant even if its index is excluded.
        (["logs-x"], [".ds-*"], ".ds-logs-x-2026.01.01-000001", "logs-x", True),
        (["logs-x"], ["logs-*"], ".ds-logs-x-2026.01.01-000001", "logs-x", False),
    ],
)
def test_what_a_pattern_means(wanted: list[str], excluded: list[str], index: str, stream: str, found: bool) -> None:
    assert patterns.means(wanted, excluded, index, stream) is found


@pytest.mark.parametrize(
    ("template", "leader", "name"),
    [
        (None, "logs-1", "logs-1"),
        ("{{leader_index}}-copy", "logs-1", "logs-1-copy"),
        ("{{leader_index}}_copy", ".ds-logs-x-2026.01.01-000001", ".ds-logs-x_copy-2026.01.01-000001"),
    ],
)
def test_names_of_followers(template: str | None, leader: str, name: str) -> None:
    assert patterns.follower_name(template, leader, patterns.data_stream_of(leader)) == name


def test_settings() -> None:
    given = settings.flat({"index": {"number_of_replicas": 0, "blocks": {"write": True}}, "index.number_of_shards": 5})
    assert given == {
        "index.number_of_replicas": "0",
        "index.blocks.write": "true",
        "index.number_of_shards": "5",
    }
    assert settings.as_text(settings.replicated(given)) == '{"index.number_of_shards":"5"}'
    assert settings.nested({"index.a": "1", "index.b.c": "2"}) == {"index": {"a": "1", "b": {"c": "2"}}}
    assert settings.unknown({"index.b": 1, "number_of_replicas": 1, "index.a": 1}, {"index.b"}) == [
        "index.a",
        "number_of_replicas",
    ]


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("a.*.state", {"a": {"x": {"state": "open"}, "y": {"state": "close"}}}),
        ("a.x", {"a": {"x": {"state": "open", "more": [{"n": 1}]}}}),
        ("**.n", {"a": {"x": {"more": [{"n": 1}]}}}),
        ("-a.*.more,-b", {"a": {"x": {"state": "open"}, "y": {"state": "close"}}}),
        ("nothing", {}),
    ],
)
def test_filter_path(path: str, left: dict[str, Any]) -> None:
    answer = {"a": {"x": {"state": "open", "more": [{"n": 1}]}, "y": {"state": "close"}}, "b": 1}
    assert filter_path.apply(path, answer) == left


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("PUT", "/a%2Cb/_ccr/follow", "follow"),
        ("GET", "/_all/_ccr/info", "info"),
        ("GET", "/*,.*/_ccr/info", "info"),
        ("GET", "/_ccr/stats", "stats"),
        ("GET", "/x/_ccr/stats", "follow_stats"),
        ("GET", "/_ccr/auto_follow", "get_patterns"),
        ("GET", "/_ccr/auto_follow/p", "get_pattern"),
        ("POST", "/_ccr/auto_follow/p/pause", "pause_pattern"),
        ("GET", "/_ccr/nothing", None),
        ("GET", "/x/_search", None),
    ],
)
def test_routes(method: str, path: str, name: str | None) -> None:
    found = routing.find(method, path)[0]
    assert (found.name if found else None) == name


def test_a_wrong_method_is_told_what_is_right() -> None:
    assert routing.find("GET", "/x/_ccr/follow")[1:] == (["PUT"], "")
    assert routing.find("POST", "/_ccr/auto_follow/p")[1] == ["DELETE", "GET", "PUT"]


@pytest.fixture
def follower() -> Gateway:
    gateway = Gateway("london", FakeNode("london"), [])
    who = Caller({}, "elastic", ())
    gateway.followers["copy"] = Follower("copy", "u", "paris", "books", "l", ["h"], who, "paused")
    return gateway


@pytest.mark.parametrize(
    ("method", "path", "sent", "reason"),
    [
        ("PUT", "/copy/_doc/1", "{}", "a following engine does not accept operations"),
        ("DELETE", "/copy/_doc/1", "", "a following engine does not accept operations"),
        ("POST", "/co*/_update/1", "{}", "a following engine does not accept operations"),
        ("PUT", "/copy/_mapping", "{}", "can't put mapping to the following indices [copy]; the mapping of"),
        ("PUT", "/copy/_alias/a", "{}", "can't modify aliases on indices [copy]; aliases of following"),
        ("POST", "/_aliases", '{"actions":[{"add":{"index":"copy","alias":"a"}}]}', "can't modify aliases"),
        ("PUT", "/copy/_settings", '{"index.xpack.ccr.following_index":false}', "can not update internal setting"),
    ],
)
def test_writes_that_are_refused(follower: Gateway, method: str, path: str, sent: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        writes.refuse(follower, routing.parse(method, path, sent.encode()))
    assert reason in str(caught.value.reason)


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("PUT", "/other/_doc/1", "{}"),
        ("GET", "/copy/_doc/1", ""),
        ("POST", "/copy/_search", "{}"),
        ("PUT", "/copy/_settings", '{"index.number_of_replicas":0}'),
        ("POST", "/copy/_close", ""),
        ("DELETE", "/copy", ""),
    ],
)
def test_what_is_not_refused(follower: Gateway, method: str, path: str, sent: str) -> None:
    writes.refuse(follower, routing.parse(method, path, sent.encode()))


def test_items_of_a_bulk_are_refused_one_by_one(follower: Gateway) -> None:
    lines: list[dict[str, Any]] = [
        {"index": {"_index": "copy", "_id": "1"}},
        {"a": 1},
        {"delete": {"_index": "other", "_id": "2"}},
        {"create": {"_id": "3"}},
        {"a": 3},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    request = routing.parse("POST", "/other/_bulk", text.encode())
    assert writes.is_bulk(request)
    found = writes.split(follower, request)
    assert found
    kept, items = found
    assert [json.loads(line) for line in kept.splitlines()] == lines[2:]
    merged = writes.merge(items, {"took": 3, "items": ["second", "third"]})
    assert merged["items"][0]["index"]["status"] == 403
    assert (merged["items"][1:], merged["errors"], merged["took"]) == (["second", "third"], True, 3)
