# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's JSON against Elasticsearch's own classes of requests and answers: no error of shape can hide."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ccr_server import Servers
from contract import Contract
from waiting import until

from kit import Lab, distribution, jdk

CLASSES = Path(__file__).parent / "classes" / "CcrClasses.java"
NOBODY: dict[str, Any] = {"remote_cluster": "nobody", "leader_index": "l"}
PATTERN: dict[str, Any] = {"remote_cluster": "nobody", "leader_index_patterns": ["a*"]}
# Values for any of the ten parameters, good and bad ones.
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"foo": 1},
    {"max_read_request_size": "33554432"},
    {"max_read_request_size": 33554432},
    {"max_read_request_size": None},
    {"max_read_request_size": "-5mb"},
    {"max_read_request_size": "9223372036854775807b", "max_write_request_size": "32 MB"},
    {"max_write_buffer_size": "-1"},
    {"max_write_request_size": "1.5mb", "max_write_buffer_size": "1024k"},
    {"max_read_request_size": "0b", "max_read_request_operation_count": 0, "max_outstanding_read_requests": -1},
    {"max_retry_delay": "0.5s"},
    {"max_retry_delay": "500"},
    {"max_retry_delay": 500},
    {"max_retry_delay": "xs"},
    {"max_retry_delay": "-1"},
    {"max_retry_delay": "-5s"},
    {"max_retry_delay": "0"},
    {"max_retry_delay": "0s"},
    {"max_retry_delay": "1M"},
    {"max_retry_delay": "5m"},
    {"max_retry_delay": "10m", "max_write_buffer_count": 0},
    {"read_poll_timeout": "-1", "max_retry_delay": "1000000micros"},
    {"max_read_request_operation_count": "512", "max_outstanding_read_requests": 1.5},
    {"max_outstanding_write_requests": "2.7"},
    {"max_read_request_operation_count": "abc"},
    {"max_read_request_operation_count": "3000000000"},
    {"max_read_request_operation_count": True},
    {"max_read_request_operation_count": ""},
    {"max_read_request_operation_count": [1]},
]
FOLLOW: list[Any] = [
    {"leader_index": "l"},
    {"max_retry_delay": "10m"},
    {**NOBODY, "remote_cluster": 5},
    {**NOBODY, "remote_cluster": None},
    {**NOBODY, "remote_cluster": ["r"]},
    {**NOBODY, "settings": None},
    {**NOBODY, "settings": "x"},
    {**NOBODY, "data_stream_name": ""},
    {**NOBODY, "data_stream_name": "d"},
    {**NOBODY, "settings": {"index": {"number_of_replicas": 0}}},
    [],
]
AUTO_FOLLOW: list[Any] = [
    {"max_retry_delay": "10m", "leader_index_patterns": []},
    {**PATTERN, "active": True},
    {**PATTERN, "leader_index_patterns": "a*", "leader_index_exclusion_patterns": "b*"},
    {**PATTERN, "leader_index_patterns": ["a*", 5]},
    {**PATTERN, "leader_index_patterns": None},
    {**PATTERN, "leader_index_patterns": {}},
    {**PATTERN, "follow_index_pattern": 7},
    {**PATTERN, "follow_index_pattern": "x"},
]
FORGET: dict[str, Any] = {
    "follower_cluster": "c",
    "follower_index": "f",
    "follower_index_uuid": "u",
    "leader_remote_cluster": "r",
}
BODIES: dict[str, list[Any]] = {
    "put_follow": [*FOLLOW, *({**NOBODY, **given} for given in PARAMETERS)],
    "resume_follow": PARAMETERS,
    "put_auto_follow": [*AUTO_FOLLOW, *({**PATTERN, **given} for given in PARAMETERS)],
    "forget_follower": [{}, {"follower_cluster": "c"}, FORGET, {**FORGET, "x": 1}],
}
PATHS = {
    "put_follow": ("PUT", "/contract-nothing/_ccr/follow"),
    "resume_follow": ("POST", "/contract-nothing/_ccr/resume_follow"),
    "put_auto_follow": ("PUT", "/_ccr/auto_follow/contract-nothing"),
    "forget_follower": ("POST", "/contract-nothing/_ccr/forget_follower"),
}
# What a good body meets next.
NEXT = {"no_such_remote_cluster_exception", "index_not_found_exception"}


@pytest.fixture
def c(servers: Servers) -> Iterator[Contract]:
    if not servers.stand_in:
        pytest.skip("a real server uses these classes itself")
    found = Contract(servers)
    yield found
    found.clean_up()


class Classes:
    """A Java virtual machine with the classes of the lab's version."""

    def __init__(self, lab: Lab) -> None:
        version = lab.clusters["london"].version
        _version, kit, _remark = jdk.choose(version, jdk.find())
        home = distribution.prepare(version, kit)
        classpath = f"{home}/lib/*:{home}/modules/x-pack-core/*"
        # The quick compiler: this lives for two seconds.
        command = [str(kit.home / "bin/java"), "-XX:TieredStopAtLevel=1", "-cp", classpath, str(CLASSES)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, kind: str, content: Any) -> Any:
        """What they make of a kind's JSON."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{kind}\t{json.dumps(content)}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def classes(ccr_lab: Lab | None) -> Iterator[Classes]:
    if not ccr_lab:
        pytest.skip("a real server uses these classes itself")
    made = Classes(ccr_lab)
    yield made
    made.end()


def test_bodies(c: Contract, classes: Classes) -> None:
    """Whether a body is taken, and otherwise the whole error with the place of what is wrong."""
    sent = [(kind, body) for kind, bodies in BODIES.items() for body in bodies]
    differ = []
    for kind, body in sent:
        expected = classes(kind, body)
        method, path = PATHS[kind]
        status, answer = c.here(method, path, body)
        taken = answer["error"]["type"] in NEXT and status == 404
        if (taken if "error" not in expected else (status, answer) == (expected["status"], expected)) is False:
            differ.append((kind, body, expected, answer))
    assert differ == []


def by_name(answer: Any) -> Any:
    return {"patterns": sorted(answer["patterns"], key=lambda one: str(one["name"]))}


def same(shown: Any, printed: Any) -> None:
    """Also in the order of the keys."""
    assert printed == shown
    assert json.dumps(printed) == json.dumps(shown)


def test_answers(c: Contract, classes: Classes) -> None:
    c.make_leader()
    follow = c.good(c.put(c.body(max_read_request_size="1024k"), "?wait_for_active_shards=1"))
    paused, fatal = c.follow(f"{c.follower}2"), c.follow(f"{c.follower}3")
    c.good(c.here("POST", f"/{paused}/_ccr/pause_follow"))
    given: dict[str, Any] = {
        "settings": {"index.number_of_replicas": 0},
        "follow_index_pattern": "{{leader_index}}-copy",
        "leader_index_patterns": [f"{c.leader}-a*"],
    }
    assert c.put_pattern(**given, max_retry_delay="60s", max_outstanding_read_requests=1)[0] == 200
    # No index has a name in upper case, so that this one can only fail.
    upper: dict[str, Any] = {"leader_index_patterns": [f"{c.leader}-b*"], "follow_index_pattern": "X"}
    assert c.put_pattern(f"{c.pattern}-bad", **upper)[0] == 200
    bad = c.make_leader(f"{c.leader}-bad")
    until(lambda: c.auto_follow_error(f"{c.pattern}-bad:{bad}"))
    c.faults("london", fatal={fatal: {"type": "illegal_state_exception", "reason": "broken"}})
    until(lambda: "fatal_exception" in c.good(c.here("GET", f"/{fatal}/_ccr/stats"))["indices"][0]["shards"][0])
    info = c.good(c.here("GET", f"/{c.follower},{paused},{fatal}/_ccr/info"))
    # The cluster keeps patterns in a map without an order, so that names decide which comes first.
    patterns = by_name(c.good(c.here("GET", "/_ccr/auto_follow")))
    stats = c.good(c.here("GET", f"/{c.follower},{fatal}/_ccr/stats"))
    auto_follow_stats = c.auto_follow_stats()
    assert auto_follow_stats["recent_auto_follow_errors"]
    assert auto_follow_stats["auto_followed_clusters"]
    metadata = {
        "patterns": {one["name"]: one["pattern"] for one in patterns["patterns"]},
        "followed_leader_indices": {one["name"]: [] for one in patterns["patterns"]},
        "headers": {one["name"]: {} for one in patterns["patterns"]},
    }
    same(follow, classes("follow", follow))
    same(info, classes("info", info))
    same(patterns, by_name(classes("patterns", metadata)))
    for kind, shown in (("stats", stats), ("auto_follow_stats", auto_follow_stats)):
        again = classes(kind, shown)
        assert "error" not in again, again
        assert shape(again) == shape(shown)


def shape(answer: Any) -> Any:
    """All but the texts of exceptions, which the classes change when they read them."""
    if isinstance(answer, list):
        return [shape(item) for item in answer]
    if isinstance(answer, dict):
        kinds = ("exception", "fatal_exception", "auto_follow_exception")
        return [
            (key, {"type", "reason"} <= set(value) if key in kinds else shape(value)) for key, value in answer.items()
        ]
    return answer
