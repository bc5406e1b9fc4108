# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failover and the way back, on two clusters that are nothing but their indices; a run can end after every step."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Generator
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import write_blocks
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.failback import Failback
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.failover import (
    FAILOVER,
    fail_over,
    not_drained,
    unwritable,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import follow as declared_follow

NOW = "2026-01-01T00:00:00Z"
# Alias there and back, the survivor, the cluster that was lost.
WAY = ("paris", "london", "london", "paris")
PARIS = [{"alias": "paris", "cluster": "paris"}]
DS = ".ds-logs-2026.01.01-00000%d"
DS_COPY = ".ds-logs-copy-2026.01.01-00000%d"


def rules(follow: dict[str, Any]) -> list[dict[str, Any]]:
    found = declared_follow.rules("follow", "london", "paris", "paris", follow, lambda where, text: None)
    return [rule.as_dict() for rule in found]


DECLARED: dict[str, Any] = {
    "settings": {"index.number_of_replicas": 0},
    "parameters": {"max_retry_delay": "2s"},
}
RULES = rules({"all": {"leader": ["metrics-*", "logs"], "follower": "{leader_index}-copy", **DECLARED}})


class Cluster:
    """Indices with the operations that they have had, and data streams."""

    uuids = itertools.count(1)

    def __init__(self) -> None:
        self.indices: dict[str, dict[str, Any]] = {}
        self.streams: dict[str, dict[str, Any]] = {}
        self.metadata: dict[str, Any] = {}
        self.patterns: dict[str, bool] = {}

    def create(self, name: str, operations: list[str], stream: str | None = None, **more: Any) -> None:
        self.indices[name] = {
            "uuid": f"u{next(self.uuids)}",
            "open": True,
            "system": False,
            "aliases": [],
            "data_stream": stream,
            "write_block": False,
            "leader": None,
            "operations": list(operations),
            "replicas": 1,
            "soft_deletes": True,
            "searchable_snapshot": False,
            "indexing_complete": False,
            "lifecycle_policy": None,
            "born": 0,
            "pipelines": [],
            **more,
        }
        if stream is not None:
            self.streams.setdefault(stream, {"indices": [], "replicated": more.get("leader") is not None})
            self.streams[stream]["indices"].append(name)

    def delete(self, name: str) -> None:
        index = self.indices.pop(name)
        if index["data_stream"]:
            self.streams[index["data_stream"]]["indices"].remove(name)

    def delete_stream(self, name: str, known: dict[str, str]) -> None:
        for index in self.streams.pop(name)["indices"]:
            assert known[index] == self.indices[index]["uuid"]
            del self.indices[index]

    def write(self, name: str, operation: str) -> None:
        index = self.indices[name]
        assert index["open"]
        assert not index["write_block"]
        assert index["leader"] is None
        index["operations"].append(operation)

    def info(self) -> dict[str, Any]:
        """As index_info tells it; what is closed, or has lost a shard, is not counted."""
        indices = {n: dict(i, operations=len(i["operations"])) for n, i in self.indices.items()}
        for index in indices.values():
            index["operations_without_gaps"] = index["operations"] - index.get("after_gap", 0)
            if not index["open"] or index.get("red"):
                del index["operations"], index["operations_without_gaps"]
        rest: dict[str, Any] = {"lifecycle_policies": [], "deleted": {}, "deleted_after": {}}
        rest.update(index_templates={}, pipelines=[])
        return copy.deepcopy({"indices": indices, "data_streams": self.streams, **rest})


class Refused(Exception):
    """What stands in the way."""


class World:
    """London follows Paris; followers read whenever somebody looks."""

    def __init__(self) -> None:
        self.london, self.paris = Cluster(), Cluster()
        self.alive = True

    def of(self, alias: str) -> Cluster:
        return self.paris if alias == "paris" else self.london

    def follow(self, at: Cluster, entry: dict[str, Any]) -> None:
        name, alias, leader = entry["follower_index"], entry["remote_cluster"], entry["leader_index"]
        theirs = self.of(alias).indices[leader]
        assert theirs["open"]
        if name in at.indices:
            assert at.indices[name]["leader"]["index"] == leader
            at.indices[name].update(paused=False, open=True)
            return
        stream = entry.get("data_stream_name", theirs["data_stream"])
        assert stream is None or at.streams.get(stream, {"replicated": True})["replicated"]
        follows = {"remote_cluster": alias, "index": leader, "uuid": theirs["uuid"]}
        # The settings of the leader come along, its write block too.
        at.create(name, [], stream, leader=follows, paused=False, write_block=theirs["write_block"])

    def replicate(self) -> None:
        for at in (self.london, self.paris):
            for index in at.indices.values():
                if index["leader"] and not index["paused"] and self.alive:
                    leader = self.of(index["leader"]["remote_cluster"]).indices[index["leader"]["index"]]
                    index["operations"] = list(leader["operations"])

    def followers(self, at: Cluster) -> dict[str, Any]:
        """As ccr_follow_info tells them."""
        found = {}
        for name, index in at.indices.items():
            if not index["leader"]:
                continue
            running = not index["paused"]
            found[name] = {
                "remote_cluster": index["leader"]["remote_cluster"],
                "leader_index": index["leader"]["index"],
                "index_uuid": index["uuid"],
                "state": "following" if running else "paused",
                "status": "healthy" if running else "paused",
                "summary": "It is so.",
                "remedy": "",
                "parameters": {"max_retry_delay": "1s"} if running else None,
                "lag": 0 if running else None,
                "time_since_last_read_millis": 5000 if running else None,
                "replicated_operations": len(index["operations"]) if running else None,
            }
        return found

    # The playbooks, each `yield` a place where a run can be ended.

    def found(self) -> dict[str, Any]:
        record = self.london.metadata.get(FAILOVER + "paris")
        cluster = {"nodes": [{"name": "par-1"}]}
        return {
            "followers": {"followers": self.followers(self.london)},
            "patterns": {
                "patterns": {
                    name: {"pattern": {"remote_cluster": "paris", "active": active}}
                    for name, active in self.london.patterns.items()
                }
            },
            "here": self.london.info(),
            "led": {"paris": self.paris.info()},
            "records": {"paris": record or {}},
            "blocked": {"paris": self.paris.info()["indices"]} if self.alive else {},
            "remotes": [{"item": "paris", "cluster": cluster} if self.alive else {"item": "paris", "msg": "no answer"}],
            "reach": {"remote_clusters": {"paris": {"nodes": [{"status": "proven" if self.alive else "broken"}]}}},
        }

    def plan_failover(self, drain: bool = False, **how: Any) -> dict[str, Any]:
        self.replicate()
        found = self.found()
        if drain:
            found["there"] = {"paris": self.paris.info()["indices"]}
        plan = fail_over(PARIS, RULES, found, now=NOW, **how)
        assert plan["problems"] == []
        return plan

    def failover(self, planned: bool = False, forced: bool = False) -> Generator[None, None, None]:
        plan = self.plan_failover(planned=planned, forced=forced)
        self.london.metadata.update(copy.deepcopy(plan["metadata"]))
        yield
        for pattern in plan["patterns"]:
            self.london.patterns[pattern["name"]] = pattern["active"]
            yield
        if planned:
            plan = self.plan_failover(planned=True, drain=True)
            self.london.metadata.update(copy.deepcopy(plan["metadata"]))
            yield
            for leader in plan["leaders"]["paris"]:
                assert self.paris.indices[leader["name"]]["uuid"] == leader["uuid"]
                self.paris.indices[leader["name"]]["write_block"] = True
                yield
            self.replicate()
            records = {"paris": self.london.metadata[FAILOVER + "paris"]}
            there = {"paris": self.paris.info()["indices"]}
            assert not_drained(records, self.followers(self.london), there) == []
            plan = self.plan_failover(planned=True, drained=True, drain=True)
            self.london.metadata.update(copy.deepcopy(plan["metadata"]))
            yield
        for stream in plan["data_streams"]:
            self.london.streams[stream]["replicated"] = False
            yield
        for follower in plan["followers"]:
            index = self.london.indices[follower["follower_index"]]
            for step in ({"paused": True}, {"open": False}, {"leader": None}, {"open": True}):
                index.update(step)
                yield
        self.let_go(self.london, plan["let_go_here"])
        yield
        self.let_go(self.paris, plan["let_go_there"].get("paris", []))
        yield
        self.london.metadata.update(copy.deepcopy(plan["forget"]))
        end = dict(self.found(), written=self.london.info())
        assert fail_over(PARIS, RULES, end, now=NOW)["unwritable"] == []

    def let_go(self, at: Cluster, blocks: list[dict[str, Any]]) -> None:
        for block in blocks:
            assert at.indices[block["name"]]["uuid"] == block["uuid"]
            at.indices[block["name"]]["write_block"] = False

    def go_on(self) -> None:
        """The survivor is written, and the other cluster is there again."""
        self.london.write("metrics-1-copy", "c")
        self.london.write(DS_COPY % 1, "w")
        self.roll_over(self.london, "logs-copy")
        self.london.write(DS_COPY % 2, "y")
        self.london.create("metrics-3-copy", ["new"])
        self.london.create(".ds-metrics-s-copy-2026.01.01-000001", ["s"], "metrics-s-copy")
        self.alive = True

    def roll_over(self, at: Cluster, stream: str) -> None:
        indices = at.streams[stream]["indices"]
        at.create(".ds-%s-2026.01.01-00000%d" % (stream, len(indices) + 1), [], stream)

    def find_failback(self, **how: Any) -> dict[str, Any]:
        """Whatever is in its way."""
        record = self.london.metadata[FAILOVER + "paris"]
        here, there = self.london.info(), self.paris.info()
        return Failback(*WAY, record, RULES, here, there, self.followers(self.paris), **how).plan()

    def plan_failback(self, **how: Any) -> dict[str, Any]:
        self.replicate()
        plan = self.find_failback(**how)
        if plan["problems"]:
            raise Refused(plan["problems"])
        return plan

    def note(self, record: dict[str, Any]) -> None:
        self.london.metadata[FAILOVER + "paris"] = copy.deepcopy(record)

    def begin_failback(self, **how: Any) -> Generator[None, None, None]:
        """What every run begins with, also one that is refused then."""
        plan = self.find_failback(**how)
        if plan["record_let_go"] != self.london.metadata[FAILOVER + "paris"]:
            self.let_go(self.paris, plan["let_go_there"])
            yield
            self.let_go(self.london, plan["let_go_here"])
            yield
            self.note(plan["record_let_go"])
            yield

    def reverse(self, **how: Any) -> Generator[None, None, None]:
        plan = self.plan_failback(**how)
        if plan["delete_there"] or plan["delete_streams_there"]:
            self.note(plan["record_there"])
            yield
            for block in plan["block_there"]:
                self.paris.indices[block["name"]]["write_block"] = True
                yield
            try:
                plan = self.plan_failback(blocked=True, **how)
            except Refused:
                yield from self.begin_failback(**how)
                raise
        for stream in plan["delete_streams_there"]:
            self.paris.delete_stream(stream, plan["uuids_there"])
            yield
        for index in plan["delete_there"]:
            assert self.paris.indices[index["name"]]["uuid"] == index["uuid"]
            self.paris.delete(index["name"])
            yield
        self.let_go(self.paris, plan["spared_there"])
        yield
        if plan["delete_there"] or plan["delete_streams_there"]:
            self.note(plan["record_let_go"])
            yield
        for entry in plan["follow_there"]:
            self.follow(self.paris, entry)
            yield

    def failback(self, **how: Any) -> Generator[None, None, None]:
        if FAILOVER + "paris" not in self.london.metadata:
            return
        yield from self.begin_failback(stopped=True, **how)
        yield from self.reverse(stopped=True, **how)
        plan = self.plan_failback(stopped=True, **how)
        self.note(plan["record_here"])
        yield
        for index in plan["block_here"]:
            self.london.indices[index["name"]]["write_block"] = True
            yield
        plan = self.plan_failback(stopped=True, **how)
        assert plan["ready"], plan["lagging"]
        self.london.metadata[FAILOVER + "paris"] = copy.deepcopy(plan["record"])
        yield
        for stream in plan["promote_there"]:
            self.paris.streams[stream]["replicated"] = False
            yield
        for follower in plan["unfollow_there"]:
            index = self.paris.indices[follower["follower_index"]]
            for step in ({"paused": True}, {"open": False}, {"leader": None}, {"open": True}):
                index.update(step)
                yield
        plan = self.plan_failback(stopped=True, blocked=True, **how)
        for written in plan["write_there"]:
            assert self.paris.indices[written["name"]]["uuid"] == written["uuid"]
            self.paris.indices[written["name"]]["write_block"] = False
            yield
        for stream in plan["delete_streams_here"]:
            self.london.delete_stream(stream, plan["uuids_here"])
            yield
        for index in plan["delete_here"]:
            assert self.london.indices[index["name"]]["uuid"] == index["uuid"]
            self.london.delete(index["name"])
            yield
        for entry in plan["follow_here"]:
            self.follow(self.london, entry)
            yield
        for pattern in plan["patterns"]:
            self.london.patterns[pattern["name"]] = pattern["active"]
            yield
        plan = self.plan_failback(stopped=True, **how)
        assert plan["done"]
        self.let_go(self.london, plan["let_go_here"])
        yield
        del self.london.metadata[FAILOVER + "paris"]


def world() -> World:
    made = World()
    made.paris.create("metrics-1", ["a", "b"])
    made.paris.create("metrics-2", [])
    made.paris.create(DS % 1, ["x"], "logs")
    made.london.create("others", ["o"])
    made.london.create(".ds-metrics-own-copy-2026.01.01-000001", ["own"], "metrics-own-copy")
    for name, leader, stream in (
        ("metrics-1-copy", "metrics-1", None),
        ("metrics-2-copy", "metrics-2", None),
        (DS_COPY % 1, DS % 1, "logs-copy"),
    ):
        entry = {"follower_index": name, "remote_cluster": "paris", "leader_index": leader}
        made.follow(made.london, {**entry, **({"data_stream_name": stream} if stream else {})})
    made.london.patterns = {"paris-all": True, "by hand": False}
    made.replicate()
    return made


def run(steps: Generator[None, None, None]) -> None:
    for _step in steps:
        pass


def failed_over(**how: Any) -> World:
    """Paris was lost with an operation that nobody has read, London was written, and Paris is back."""
    made = world()
    made.alive = False
    run(made.failover(**how))
    made.go_on()
    return made


def everything(at: Cluster) -> dict[str, list[str]]:
    return {name: index["operations"] for name, index in at.indices.items()}


BACK = {
    "metrics-1": ["a", "b", "c"],
    "metrics-2": [],
    "metrics-3": ["new"],
    DS % 1: ["x", "w"],
    DS % 2: ["y"],
    ".ds-metrics-s-2026.01.01-000001": ["s"],
}


def check_back(made: World) -> None:
    made.replicate()
    there = everything(made.paris)
    assert {name: there[name] for name in BACK} == BACK
    assert all(index["leader"] is None and not index["write_block"] for index in made.paris.indices.values())
    here = everything(made.london)
    # What was London's own before is left alone.
    assert (here["others"], here[".ds-metrics-own-copy-2026.01.01-000001"]) == (["o"], ["own"])
    assert {name: stream["replicated"] for name, stream in made.london.streams.items()} == {
        "logs-copy": True,
        "metrics-s-copy": True,
        "metrics-own-copy": False,
    }
    for name, leader in (
        ("metrics-1-copy", "metrics-1"),
        ("metrics-3-copy", "metrics-3"),
        (DS_COPY % 2, DS % 2),
        (".ds-metrics-s-copy-2026.01.01-000001", ".ds-metrics-s-2026.01.01-000001"),
    ):
        assert here[name] == BACK[leader]
        assert made.london.indices[name]["leader"]["index"] == leader
    assert made.london.patterns == {"paris-all": True, "by hand": False}
    assert made.london.metadata == {}


def test_there_and_back() -> None:
    made = failed_over()
    run(made.failback())
    check_back(made)


@pytest.mark.parametrize("planned", [False, True])
def test_a_failover_that_is_ended_anywhere_is_completed(planned: bool) -> None:
    """Ended after its first step, after its second …; then run again."""
    for last in itertools.count(1):
        made = world()
        made.alive = planned
        steps = made.failover(planned=planned)
        ended = sum(1 for _step in itertools.islice(steps, last)) < last
        steps.close()
        run(made.failover(planned=planned))
        record = made.london.metadata[FAILOVER + "paris"]
        assert sorted(record["followers"]) == [DS_COPY % 1, "metrics-1-copy", "metrics-2-copy"]
        assert record["patterns"] == ["paris-all"]
        assert record["followers"]["metrics-1-copy"]["parameters"] == {"max_retry_delay": "1s"}
        assert record["followers"]["metrics-1-copy"]["operations"] == 2
        made.go_on()
        run(made.failback())
        check_back(made)
        if ended:
            assert last > 10
            return


def test_a_failback_that_is_ended_anywhere_is_completed() -> None:
    for last in itertools.count(1):
        made = failed_over()
        steps = made.failback()
        ended = sum(1 for _step in itertools.islice(steps, last)) < last
        steps.close()
        run(made.failback())
        check_back(made)
        if ended:
            assert last > 20
            return


def test_a_second_failover_changes_nothing() -> None:
    made = world()
    made.alive = False
    run(made.failover())
    plan = made.plan_failover()
    assert (plan["metadata"], plan["patterns"], plan["followers"]) == ({}, [], [])


def failover_problems(made: World, **how: Any) -> list[str]:
    return list(fail_over(PARIS, RULES, made.found(), now=NOW, **how)["problems"])


def test_a_cluster_that_is_there_is_not_taken_over_from() -> None:
    made = world()
    found = failover_problems(made)
    assert found[0].startswith("paris: its cluster is there (paris answers with 1 nodes), and may be written as well")
    assert failover_problems(made, forced=True) == failover_problems(made, planned=True) == []
    made.alive = False
    assert "can be no planned switchover" in failover_problems(made, planned=True)[0]
    assert failover_problems(made) == []


def test_a_remote_cluster_that_only_nodes_reach_is_there() -> None:
    found = world().found()
    found["remotes"] = [{"item": "paris", "msg": "no answer"}]
    problems = fail_over(PARIS, RULES, found, now=NOW)["problems"]
    assert problems[0].startswith("paris: its cluster is there (the local cluster reaches it)")


@pytest.mark.parametrize(
    ("requests", "there"),
    [
        pytest.param([{"status": 401}], True, id="who asks is not let in"),
        pytest.param([{"status": 200}, {"status": 403}], True, id="who asks may not know"),
        pytest.param([{"status": 503}], False, id="a proxy or a cluster without master"),
        pytest.param([{"status": None}], False, id="nobody"),
        pytest.param([], False, id="nothing was asked"),
    ],
)
def test_a_cluster_that_refuses_to_tell_is_there(requests: list[dict[str, Any]], there: bool) -> None:
    made = world()
    made.alive = False
    found = made.found()
    found["remotes"] = [{"item": "paris", "msg": "it answered.", "requests": requests}]
    problems = fail_over(PARIS, RULES, found, now=NOW)["problems"]
    assert [text.startswith("paris: its cluster is there (paris answers") for text in problems] == [True] * there


def test_a_switchover_needs_the_api_of_the_other_cluster() -> None:
    """The nodes reach it, but nobody could block writes there."""
    found = world().found()
    found["remotes"] = [{"item": "paris", "msg": "no answer"}]
    problems = fail_over(PARIS, RULES, found, planned=True, now=NOW)["problems"]
    assert len(problems) == 1
    assert problems[0].startswith("paris: nobody can block writes to its indices, as its API can't be used from here")
    foreign = [{"alias": "paris", "cluster": None}]
    assert len(fail_over(foreign, RULES, dict(found, remotes=[]), planned=True, now=NOW)["problems"]) == 1


def test_a_switchover_wants_followers_that_are_well() -> None:
    made = world()
    found = made.found()
    found["followers"]["followers"]["metrics-1-copy"].update(status="broken", summary="It is broken.")
    assert fail_over(PARIS, RULES, found, planned=True)["problems"] == ["paris/metrics-1-copy: It is broken."]
    assert fail_over(PARIS, RULES, found, forced=True)["problems"] == []
    found["followers"]["followers"]["metrics-1-copy"].update(state="copying")
    assert "still being copied" in fail_over(PARIS, RULES, found, planned=True)["problems"][0]
    left = fail_over(PARIS, RULES, found, forced=True)
    assert "metrics-1-copy" not in left["metadata"][FAILOVER + "paris"]["followers"]
    assert "paris/metrics-1-copy: left alone, its first copy has not ended, so that it is not whole" in left["steps"]
    found["followers"]["followers"]["metrics-1-copy"].update(state="copy_failed", remedy="Mend that.")
    assert fail_over(PARIS, RULES, found, planned=True)["problems"] == [
        "paris/metrics-1-copy: It is broken. Mend that."
    ]
    left = fail_over(PARIS, RULES, found, forced=True)
    assert "paris/metrics-1-copy: left alone, its first copy has failed, so that it is not whole" in left["steps"]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, "no operation is known to be lost but what its leader got later, which it had last read 5 s before"),
        ({"lag": 7}, "7 operations are lost, and what its leader got later, which it had last read 5 s before"),
        ({"lag": None}, "nobody knows what is lost"),
    ],
)
def test_what_is_lost_is_told(told: dict[str, Any], says: str) -> None:
    found = world().found()
    found["followers"]["followers"]["metrics-1-copy"].update(told)
    plan = fail_over(PARIS, RULES, found, forced=True)
    assert next(line for line in plan["loss"] if "metrics-1" in line).startswith("paris/metrics-1-copy: " + says)


@pytest.mark.parametrize(
    ("leaders", "stream"),
    [
        ([DS % 1], "logs"),
        # What a lifecycle policy has made of an index stays in the data stream.
        ([DS % 1, "shrink-k3bu-" + DS % 2], "logs"),
        (["downsample-1h-" + DS % 1], "logs"),
        ([DS % 1, "restored"], "logs"),
        # Nothing shows it: then it has the same name.
        (["restored"], "logs-copy"),
    ],
)
def test_the_data_stream_of_leaders(leaders: list[str], stream: str) -> None:
    made = world()
    made.london = Cluster()
    for leader in leaders:
        follows = {"remote_cluster": "paris", "index": leader, "uuid": "u"}
        made.london.create("copy-of-" + leader, [], "logs-copy", leader=follows, paused=True)
    record = fail_over(PARIS, RULES, made.found(), forced=True)["metadata"][FAILOVER + "paris"]
    assert record["data_streams"] == {"logs-copy": stream}


def test_a_switchover_leaves_no_leader_behind() -> None:
    """Created a moment ago, or what no pattern could follow."""
    made = world()
    made.paris.create("metrics-9", ["x"])
    made.paris.create("other", ["y"])
    made.paris.create("metrics-closed", ["z"], open=False)
    made.roll_over(made.paris, "logs")
    problems = failover_problems(made, planned=True)
    assert len(problems) == 1
    assert problems[0].startswith(f"paris: nothing here follows {DS % 2}, metrics-9; run the playbook replicate first")
    made.alive = False
    assert failover_problems(made) == []


def test_steps_of_each_index() -> None:
    made = world()
    made.london.indices["metrics-2-copy"]["paused"] = True
    assert fail_over(PARIS, RULES, made.found(), forced=True)["steps"] == [
        "paris: pause the auto-follow pattern paris-all",
        "paris/logs-copy: promote the data stream",
        f"paris/{DS_COPY % 1}: pause, close, unfollow, open",
        "paris/metrics-1-copy: pause, close, unfollow, open",
        "paris/metrics-2-copy: close, unfollow, open",
    ]
    made.london = Cluster()
    assert fail_over(PARIS, RULES, made.found(), forced=True)["steps"] == ["paris: nothing here follows it"]


def failback_problems(made: World, **how: Any) -> list[str]:
    return list(made.find_failback(**how)["problems"])


def test_newer_data_is_not_overwritten() -> None:
    made = failed_over()
    made.paris.write("metrics-1", "only here")
    assert len(failback_problems(made)) == 1
    assert failback_problems(made)[0].startswith(
        "paris/metrics-1: it has 1 operations that the survivor lacks; stop who"
    )
    run(made.failback(discard=["paris"]))
    check_back(made)


def test_what_a_paused_follower_has_got_after_a_gap_hides_nothing() -> None:
    made = world()
    made.paris.write("metrics-1", "lacking")
    made.paris.write("metrics-1", "got")
    made.london.indices["metrics-1-copy"].update(paused=True, after_gap=1, operations=["a", "b", "got", "no-op"])
    run(made.failover(forced=True))
    assert failback_problems(made)[0].startswith(
        "paris/metrics-1: it has 1 operations that the survivor lacks; stop who"
    )


def test_another_index_of_the_name_is_not_overwritten() -> None:
    made = failed_over()
    made.paris.delete("metrics-2")
    made.paris.create("metrics-2", ["other"])
    assert "there is another index of that name" in failback_problems(made)[0]


def test_an_index_of_a_data_stream_that_nobody_has_copied_is_not_lost() -> None:
    made = failed_over()
    made.roll_over(made.paris, "logs")
    made.roll_over(made.paris, "logs")
    found = failback_problems(made)
    assert any("the survivor has no copy of .ds-logs-2026.01.01-000003" in text for text in found)


def test_an_old_leader_is_not_replaced_by_what_only_has_the_name_of_its_copy() -> None:
    """The copy was deleted on the survivor, and an application has created the index anew."""
    made = failed_over()
    made.london.delete("metrics-1-copy")
    made.london.create("metrics-1-copy", ["new"])
    found = failback_problems(made)
    assert len(found) == 1
    assert found[0].startswith(
        "paris/metrics-1: the survivor has another index of the name by now, not its copy; stop who"
    )
    assert failback_problems(made, discard=["paris"]) == []


@pytest.mark.parametrize("others", [0, 1])
def test_the_last_copy_of_an_index_of_a_data_stream_is_not_lost(others: int) -> None:
    """A lifecycle policy of the survivor has deleted the other one.

    :param others: how many more indices the stream had when it was followed.
    """
    made = world()
    if others:
        made.roll_over(made.paris, "logs")
        entry = {"follower_index": DS_COPY % 2, "remote_cluster": "paris", "leader_index": DS % 2}
        made.follow(made.london, {**entry, "data_stream_name": "logs-copy"})
    made.alive = False
    run(made.failover())
    made.go_on()
    made.london.delete(DS_COPY % 1)
    found = failback_problems(made)
    assert len(found) == 1
    assert found[0].startswith(f"paris/logs: the survivor has no copy of {DS % 1}; stop who")


def test_an_index_that_was_created_anew_too_late_is_not_lost() -> None:
    made = failed_over()
    steps = made.failback()
    while any(index["leader"] for index in made.paris.indices.values()) or "metrics-3" not in made.paris.indices:
        next(steps)
    had = made.london.indices["metrics-1-copy"]["operations"]
    made.london.delete("metrics-1-copy")
    made.london.create("metrics-1-copy", ["as many" for _operation in had])
    assert "it was written after paris had all of it" in failback_problems(made)[0]


def test_what_was_written_on_the_survivor_too_late_is_not_lost() -> None:
    made = failed_over()
    steps = made.failback()
    while any(index["leader"] for index in made.paris.indices.values()) or "metrics-3" not in made.paris.indices:
        next(steps)
    steps.close()
    made.london.indices["metrics-1-copy"]["write_block"] = False
    made.london.write("metrics-1-copy", "late")
    assert "it was written after paris had all of it" in failback_problems(made)[0]


def test_writes_that_go_on_are_seen() -> None:
    made = failed_over()
    run(made.reverse())
    plan = made.plan_failback(stopped=True)
    assert not plan["ready"]
    assert "metrics-1-copy is still written" in " ".join(plan["lagging"])


def at_first(made: World, **how: Any) -> dict[str, Any]:
    """What a failback finds, whatever is in its way."""
    return made.find_failback(**how)


def test_who_blocks_writes_himself_gets_indices_that_can_be_written() -> None:
    made = failed_over()
    for index in made.london.indices.values():
        index["write_block"] = True
    run(made.failback())
    check_back(made)
    assert [name for name, index in made.london.indices.items() if index["leader"] and index["write_block"]] == []


def test_a_switchover_is_taken_back() -> None:
    """Leaders were blocked, and followers never had everything."""
    made = world()
    steps = made.failover(planned=True)
    while not made.paris.indices["metrics-1"]["write_block"]:
        next(steps)
    steps.close()
    run(made.failback())
    assert [name for name, index in made.paris.indices.items() if index["write_block"]] == []
    assert made.london.indices["metrics-1-copy"]["leader"]
    assert made.london.patterns == {"paris-all": True, "by hand": False}
    assert made.london.metadata == {}


def test_everybody_has_his_own_settings() -> None:
    """A follower gets those of its leader where nobody says anything else."""
    made = failed_over()
    made.paris.indices["metrics-1"]["replicas"] = 2
    entries = {entry["follower_index"]: entry for entry in at_first(made)["follow_there"]}
    assert entries["metrics-1"]["settings"] == {"index.number_of_replicas": 2}
    assert entries[DS % 1]["settings"] == {"index.number_of_replicas": 1}
    # What has never been there has no replicas of its own.
    assert "settings" not in entries["metrics-3"]
    steps = made.failback()
    while any(index["leader"] for index in made.paris.indices.values()) or "metrics-3" not in made.paris.indices:
        next(steps)
    entries = {entry["follower_index"]: entry for entry in at_first(made)["follow_here"]}
    assert [entry.get("settings") for entry in entries.values()] == [DECLARED["settings"]] * 6
    # As they were, or for what was created since as they are declared.
    assert entries["metrics-1-copy"]["parameters"] == {"max_retry_delay": "1s"}
    assert entries["metrics-3-copy"]["parameters"] == DECLARED["parameters"]


def test_what_is_gone_on_the_survivor_stops_nothing() -> None:
    """Its lifecycle policy has deleted it while the other cluster followed."""
    made = failed_over()
    run(made.reverse())
    made.london.delete("metrics-2-copy")
    found = at_first(made, stopped=True)
    assert found["problems"] == []
    assert "metrics-2-copy ↔ paris:metrics-2: left alone, it is gone here" in found["steps"]
    assert "metrics-2" not in [entry["follower_index"] for entry in found["unfollow_there"]]


def test_a_follower_of_another_index_of_the_name_has_nothing() -> None:
    """As many operations, but others."""
    made = failed_over()
    run(made.reverse())
    made.london.delete("metrics-1-copy")
    made.london.create("metrics-1-copy", ["1", "2", "3"], write_block=True)
    found = at_first(made, stopped=True)
    assert not found["ready"]
    assert "paris/metrics-1: there is another index of that name" in found["problems"][0]


@pytest.mark.parametrize("name", ["metrics-1-copy", "metrics-3-copy", DS_COPY % 1, DS_COPY % 2])
@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ({"open": False}, "it is closed, so that it can't be followed; open it"),
        ({"red": True}, "one of its primary shards is missing, so that it can't be followed; recover it first"),
        ({"searchable_snapshot": True}, "it is a searchable snapshot, which can't be followed; mount it on paris too"),
        ({"soft_deletes": False}, "it has no soft deletes, without which it can't be followed; reindex it"),
    ],
)
def test_nothing_is_deleted_for_what_can_not_be_followed(name: str, lost: dict[str, Any], says: str) -> None:
    """Old leaders, and what was created since, in data streams and elsewhere."""
    made = failed_over()
    made.london.indices[name].update(lost)
    found = at_first(made, discard=["paris"])["problems"]
    assert len(found) == 1
    assert found[0].startswith(f"{name}: {says}")


def test_the_survivor_keeps_what_is_not_whole_on_the_other_cluster() -> None:
    made = failed_over()
    steps = made.failback()
    while any(index["leader"] for index in made.paris.indices.values()) or "metrics-3" not in made.paris.indices:
        next(steps)
    made.paris.indices["metrics-1"]["red"] = True
    found = failback_problems(made)
    assert len(found) == 1
    assert found[0].startswith("paris/metrics-1: one of its primary shards is missing; recover it first")


def test_not_drained() -> None:
    made = world()
    plan = made.plan_failover(planned=True)
    made.paris.write("metrics-1", "late")
    records = {"paris": plan["metadata"][FAILOVER + "paris"]}
    there = {"paris": made.paris.info()["indices"]}
    followers = made.followers(made.london)
    assert not_drained(records, followers, there) == ["paris/metrics-1-copy: 2 of 3 operations"]
    followers["metrics-1-copy"]["replicated_operations"] = None
    assert not_drained(records, followers, there) == ["paris/metrics-1-copy: nobody knows how far it is"]


def test_what_was_drained_once_is_looked_at_again() -> None:
    """A run was ended, and somebody has let the leader be written again."""
    made = world()
    steps = made.failover(planned=True)
    while not made.london.indices["metrics-1-copy"]["paused"]:
        next(steps)
    steps.close()
    assert made.london.metadata[FAILOVER + "paris"]["drained"]
    made.paris.indices["metrics-1"]["write_block"] = False
    made.paris.write("metrics-1", "late")
    made.replicate()
    found = made.found()
    found["there"] = {"paris": made.paris.info()["indices"]}
    assert fail_over(PARIS, RULES, found, planned=True)["undrained"] == ["paris/metrics-1-copy: 2 of 3 operations"]


def test_unwritable() -> None:
    made = world()
    made.london.create("closed", [], open=False)
    made.london.create("blocked", [], write_block=True)
    names = ["gone", "metrics-1-copy", "closed", "blocked", "others"]
    assert unwritable([{"name": name} for name in names], made.london.info()) == [
        "gone is gone",
        "metrics-1-copy still follows",
        "closed is closed",
        "blocked has a write block",
    ]


# Writers that do not stop, write blocks, and whose they are.


def takes(index: dict[str, Any] | None) -> bool:
    """Whether an application can write it."""
    return bool(index and index["open"] and index["leader"] is None and not index["write_block"])


def blocked(at: Cluster) -> list[str]:
    return sorted(name for name, index in at.indices.items() if index["write_block"])


@pytest.mark.parametrize(
    ("at", "name", "leader"),
    [
        ("paris", "metrics-1", "metrics-1"),
        ("paris", DS % 1, DS % 1),
        ("london", "metrics-1-copy", "metrics-1"),
        ("london", "metrics-3-copy", "metrics-3"),
        ("london", DS_COPY % 2, DS % 2),
    ],
)
def test_nothing_is_lost_that_is_written_while_it_is_given_back(at: str, name: str, leader: str) -> None:
    """Written after the first step, after the second …: refused, or on both sides in the end."""
    refused = written = 0
    for when in itertools.count(1):
        made = failed_over()
        cluster: Cluster = getattr(made, at)
        steps = made.failback()
        try:
            for number, _step in enumerate(steps, 1):
                if number == when and takes(cluster.indices.get(name)):
                    cluster.write(name, "late")
                    written += 1
        except Refused:
            refused += 1
            assert "late" in cluster.indices[name]["operations"]
            if at == "paris":
                assert blocked(made.paris) == []
        else:
            made.replicate()
            kept = "late" in made.paris.indices[leader]["operations"]
            assert kept or all("late" not in there["operations"] for there in cluster.indices.values())
            if number < when:
                break
    assert refused + written > 2


def test_a_data_stream_that_rolls_over_while_it_is_given_back_is_not_lost() -> None:
    made = failed_over()
    steps = made.failback()
    while not made.paris.indices[DS % 1]["write_block"]:
        next(steps)
    made.roll_over(made.paris, "logs")
    made.paris.write(DS % 2, "late")
    with pytest.raises(Refused, match=r"paris/\.ds-logs-2026\.01\.01-000002: there is another index of that name"):
        run(steps)
    assert made.paris.indices[DS % 2]["operations"] == ["late"]
    assert blocked(made.paris) == []


def test_what_can_be_written_is_not_deleted() -> None:
    """Somebody lets an index be written again that was blocked a moment ago."""
    made = failed_over()
    steps = made.failback()
    while not made.paris.indices["metrics-1"]["write_block"]:
        next(steps)
    made.paris.indices["metrics-1"]["write_block"] = False
    with pytest.raises(Refused, match="paris/metrics-1: it can be written, so that nobody knows"):
        run(steps)


def with_own_blocks() -> World:
    """Somebody has blocked an index of each cluster himself."""
    made = failed_over()
    for at, name in ((made.paris, "metrics-2"), (made.london, "others"), (made.london, "metrics-2-copy")):
        at.indices[name]["write_block"] = True
    return made


def test_every_block_of_a_failback_that_was_ended_anywhere_is_let_go() -> None:
    """By the failover, which goes on with the survivor, or by a next run in which applications write there."""
    ended = False
    for last in itertools.count(1):
        for way in ("failover", "failback"):
            made = with_own_blocks()
            own_there, own_here = blocked(made.paris), blocked(made.london)
            steps = made.failback()
            ended = sum(1 for _step in itertools.islice(steps, last)) < last
            steps.close()
            if ended:
                break
            if way == "failover":
                run(made.failover(forced=True))
                record = made.london.metadata[FAILOVER + "paris"]
                assert not {"blocked_here", "blocked_there"} & set(record), last
                returned: list[str] = []
            else:
                run(made.begin_failback())
                returned = [name for name, place in places(made).items() if place.split("; ")[0] == "leads again"]
            here = [name for name in own_here if name in made.london.indices]
            # What leads there again stays blocked here, unless this cluster takes over.
            left = [n for n in blocked(made.london) if n not in returned and not made.london.indices[n]["leader"]]
            assert [n for n in left if n not in here] == [], last
            # An index that follows has come with the block of its leader.
            old = [n for n in blocked(made.paris) if not made.paris.indices[n]["leader"]]
            assert [n for n in old if n not in own_there] == [], last
            if "others" in here:
                assert made.london.indices["others"]["write_block"]
        if ended:
            assert last > 20
            return


def places(made: World) -> dict[str, str]:
    lines = [line for line in at_first(made)["steps"] if " ↔ " in line]
    return {line.partition(" ↔ ")[0]: line.partition(": ")[2] for line in lines}


def test_after_a_failover_in_the_midst_of_a_failback_it_is_begun_again() -> None:
    for last in itertools.count(1):
        made = failed_over()
        steps = made.failback()
        ended = sum(1 for _step in itertools.islice(steps, last)) < last
        steps.close()
        if ended:
            return
        gone = [name for name in ("metrics-1-copy", DS_COPY % 1) if name not in made.london.indices]
        run(made.failover(forced=True))
        if not gone and takes(made.london.indices["metrics-1-copy"]):
            made.london.write("metrics-1-copy", "later")
            closed = [name for name, i in made.paris.indices.items() if not i["open"] and i["leader"] is None]
            for name in closed:
                # Unfollowed, and not opened yet.
                assert f"paris/{name}: it is closed" in failback_problems(made)[0]
                made.paris.indices[name]["open"] = True
            run(made.failback())
            made.replicate()
            assert made.paris.indices["metrics-1"]["operations"] == ["a", "b", "c", "later"]
            assert made.london.indices["metrics-1-copy"]["operations"] == ["a", "b", "c", "later"]
            assert (blocked(made.paris), blocked(made.london)) == ([], [])


def given_back() -> World:
    """Paris leads again, and the run was ended before London has followed."""
    made = failed_over()
    steps = made.failback()
    while not made.london.metadata[FAILOVER + "paris"]["followers"]["metrics-1-copy"].get("returned_uuid"):
        next(steps)
    while any(index["leader"] or not index["open"] for index in made.paris.indices.values()):
        next(steps)
    steps.close()
    return made


def test_what_leads_there_again_is_taken_over_like_any_other() -> None:
    made = given_back()
    assert failover_problems(made)[0].startswith("paris: its cluster is there")
    assert "a failback to it has begun" in failover_problems(made, planned=True)[0]
    made.paris.write("metrics-1", "since")
    run(made.failover(forced=True))
    assert takes(made.london.indices["metrics-1-copy"])
    found = failback_problems(made)
    assert len(found) == 1
    assert found[0].startswith("paris/metrics-1: it has 1 operations that the survivor lacks; stop who")


def test_whose_documents_may_go_is_named() -> None:
    made = failed_over()
    made.paris.write("metrics-1", "only paris")
    assert len(failback_problems(made, discard=["london"])) == 1
    assert failback_problems(made, discard=["paris"]) == []
    made = given_back()
    made.let_go(made.london, [{"name": "metrics-1-copy", "uuid": made.london.indices["metrics-1-copy"]["uuid"]}])
    made.london.write("metrics-1-copy", "only london")
    assert len(failback_problems(made, discard=["paris"])) == 1
    assert "discard_newer=london" in failback_problems(made)[0]
    assert failback_problems(made, discard=["london"]) == []


def test_a_switchover_lets_go_only_what_it_has_blocked() -> None:
    made = world()
    made.paris.indices["metrics-2"]["write_block"] = True
    steps = made.failover(planned=True)
    while not made.paris.indices["metrics-1"]["write_block"]:
        next(steps)
    steps.close()
    run(made.failback())
    assert blocked(made.paris) == ["metrics-2"]


def test_a_switchover_sees_what_is_created_while_leaders_are_blocked() -> None:
    made = world()
    steps = made.failover(planned=True)
    while not made.paris.indices["metrics-1"]["write_block"]:
        next(steps)
    made.roll_over(made.paris, "logs")
    made.paris.create("metrics-9", ["x"])
    found = made.found()
    found["there"] = {"paris": made.paris.info()["indices"]}
    plan = fail_over(PARIS, RULES, found, planned=True, now=NOW)
    assert plan["created"] == [f"paris/{DS % 2}", "paris/metrics-9"]
    assert [block["name"] for block in plan["let_go_leaders"]["paris"]] == blocked(made.paris)
    assert "blocked_leaders" not in plan["forget_leaders"][FAILOVER + "paris"]


def test_a_block_that_came_along_or_is_somebody_elses_stays_and_is_told() -> None:
    made = world()
    made.london.indices["metrics-1-copy"]["write_block"] = True
    run(made.failover(forced=True))
    assert blocked(made.london) == ["metrics-1-copy"]
    plan = made.plan_failover()
    assert [line.partition(":")[0] for line in plan["kept"]] == ["metrics-1-copy"]
    assert "metrics-1-copy: is written here now" not in plan["writes"]


def test_blocks_of_a_cluster_that_does_not_answer_stay_noted() -> None:
    made = failed_over()
    steps = made.failback()
    while not made.paris.indices["metrics-1"]["write_block"]:
        next(steps)
    steps.close()
    made.alive = False
    run(made.failover())
    record = made.london.metadata[FAILOVER + "paris"]
    assert list(record["blocked_there"]) == [DS % 1, "metrics-1", "metrics-2"]
    assert any("a failback has blocked writes there" in line for line in made.plan_failover()["steps"])
    made.alive = True
    run(made.failover())
    assert blocked(made.paris) == []
    assert "blocked_there" not in made.london.metadata[FAILOVER + "paris"]


def test_write_blocks() -> None:
    open_ = {"uuid": "u", "open": True, "leader": None, "write_block": False}
    indices = {
        "a": open_,
        "blocked": dict(open_, write_block=True),
        "closed": dict(open_, open=False),
        "follows": dict(open_, leader={}),
    }
    blocks = write_blocks.wanted(["a", "gone", *indices], indices)
    assert blocks == [{"name": "a", "uuid": "u"}]
    record = write_blocks.noted({}, "key", blocks)
    assert record == {"key": {"a": "u"}}
    assert write_blocks.left(record, "key", {"a": dict(open_, write_block=True)}) == blocks
    assert write_blocks.left(record, "key", {"a": dict(open_, write_block=True, uuid="other")}) == []
    assert write_blocks.left(record, "key", indices) == []
    assert write_blocks.forgotten(record, "key") == {}
    assert write_blocks.forgotten(record, "key", ["a"]) == record
