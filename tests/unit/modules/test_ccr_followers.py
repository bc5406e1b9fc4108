# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
from typing import Any, ClassVar

import pytest
from unit.modules.ccr_cluster import Cluster, Index, error, lost, run

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import progress
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import run as engine
from ansible_collections.crosscluster.elasticsearch.plugins.modules import ccr_follow, ccr_follow_info, ccr_followers

LEADER = ("paris", "l")


def many(count: int, **changed: Any) -> Cluster:
    return Cluster(**{f"f{n}": Index(f"u{n}", leader=LEADER, **changed) for n in range(count)})


def wishes(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"follower_index": name, "remote_cluster": "paris", "leader_index": "l", **more} for name in names]


@pytest.mark.parametrize(("phase", "state", "reads"), [("active", "present", 3), ("paused", "paused", 3)])
@pytest.mark.parametrize("count", [2, 200])
def test_reads_do_not_grow_with_followers(count: int, phase: str, state: str, reads: int) -> None:
    cluster = many(count, phase=phase)
    done = run(ccr_followers, cluster, followers=wishes(*cluster.indices), state=state)
    assert (len(done.reads), done.writes, done.changed) == (reads, [], False)


def test_many_are_created() -> None:
    cluster = many(2)
    names = ["f0", "f1", "n1", "n2", "n3"]
    foretold = run(ccr_followers, cluster, check_mode=True, followers=wishes(*names), wait=True)
    done = run(ccr_followers, cluster, followers=wishes(*names), wait=True, parallel=2)
    assert sorted(done.writes) == [f"PUT /n{n}/_ccr/follow" for n in (1, 2, 3)]
    assert foretold.after == done.after
    assert {name: entry["action"] for name, entry in done.result["followers"].items()} == {
        "f0": "unchanged",
        "f1": "unchanged",
        "n1": "created",
        "n2": "created",
        "n3": "created",
    }
    assert {entry["health"]["status"] for entry in done.result["followers"].values()} == {"healthy"}
    assert run(ccr_followers, cluster, followers=wishes(*names)).changed is False


def test_no_more_than_so_many_are_copied_at_a_time() -> None:
    cluster = Cluster()
    cluster.stays_copying = True
    most, lock = 0, threading.Lock()

    def info(name: str, real: Any = cluster._info) -> Any:
        nonlocal most
        with lock:
            copied = [i for i in cluster.indices.values() if i.phase == "copying"]
            most = max(most, len(copied))
            if name in cluster.indices:
                cluster.indices[name].phase = "active"
        return real(name)

    cluster._info = info  # type: ignore[method-assign]
    names = [f"n{n}" for n in range(12)]
    run(ccr_followers, cluster, followers=wishes(*names), parallel=3, wait=True)
    assert 1 <= most <= 3


def test_all_refusals_are_told_before_anything_is_changed() -> None:
    cluster = Cluster(a=Index("u1"), b=Index("u2", leader=("rome", "l")), c=Index("u3", leader=LEADER, phase="paused"))
    done = run(ccr_followers, cluster, fails=True, followers=wishes("a", "b", "c"))
    assert "a is there as an ordinary index" in done.error
    assert "b follows rome:l, not paris:l" in done.error
    assert done.writes == []


def test_one_that_fails_does_not_stop_the_others() -> None:
    cluster = many(3)
    cluster.fail["POST /f1/_ccr/unfollow"] = [error(403, "is unauthorized")]
    done = run(ccr_followers, cluster, fails=True, followers=wishes("f0", "f1", "f2"), state="unfollowed", parallel=2)
    assert list(done.failures) == ["f1"]
    assert done.error == done.failures["f1"]
    assert [cluster.indices[n].leader for n in ("f0", "f1", "f2")] == [None, LEADER, None]
    assert [i.open for i in cluster.indices.values()] == [True] * 3
    assert cluster.indices["f1"].phase == "active"


def test_several_failures_are_all_told() -> None:
    cluster = many(3)
    for n in (0, 2):
        cluster.fail[f"POST /f{n}/_ccr/pause_follow"] = [error(403, "is unauthorized")]
    done = run(ccr_followers, cluster, fails=True, followers=wishes("f0", "f1", "f2"), state="paused", parallel=9)
    assert (sorted(done.failures), done.error.count("it answered 403")) == (["f0", "f2"], 2)


def test_a_lost_answer_of_one() -> None:
    cluster = many(3)
    cluster.fail["POST /f1/_close"] = [lost()]
    done = run(ccr_followers, cluster, followers=wishes("f0", "f1", "f2"), state="unfollowed", parallel=3)
    assert {entry["action"] for entry in done.result["followers"].values()} == {"unfollowed"}
    assert all(index.open and not index.leader for index in cluster.indices.values())


def test_what_is_as_wished_is_not_undone_for_another() -> None:
    cluster = many(2)
    cluster.fail["POST /f0/_ccr/pause_follow"] = [lost()]
    cluster.fail["POST /f1/_ccr/pause_follow"] = [
        error(503, "busy", unknown_outcome=True),
        error(403, "is unauthorized"),
    ]
    done = run(ccr_followers, cluster, fails=True, followers=wishes("f0", "f1"), state="paused", parallel=2)
    assert "is unauthorized" in done.error
    assert "resume the follower f0" not in done.error
    assert [cluster.indices[name].phase for name in ("f0", "f1")] == ["paused", "active"]


def test_twice_the_same_name() -> None:
    assert "followers: f is there twice" in run(ccr_followers, Cluster(), fails=True, followers=wishes("f", "f")).error


def test_a_follower_that_waits_in_vain_is_named() -> None:
    cluster = Cluster()
    cluster.stays_copying = True
    done = run(ccr_followers, cluster, fails=True, followers=wishes("n1", "n2"), wait=True, wait_timeout=0, parallel=2)
    assert sorted(done.failures) == ["n1", "n2"]
    assert "n1 is still being copied from paris:l" in done.failures["n1"]


# ---- progress ---------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every line that could be shown, however soon it comes."""
    lines: list[str] = []
    monkeypatch.setattr(engine, "show", lines.append)
    for name in ("EVERY", "SAME_EVERY"):
        monkeypatch.setattr(progress, name, 0)
    return lines


def copying(*names: str, looks: int) -> Cluster:
    """A copy is under way until its follower was looked at so often."""
    cluster = Cluster(f0=Index("u0", leader=LEADER))
    cluster.stays_copying = True
    seen = dict.fromkeys(names, 0)

    def info(name: str, real: Any = cluster._info) -> Any:
        if name in seen and name in cluster.indices:
            seen[name] += 1
            if seen[name] > looks:
                cluster.indices[name].phase = "active"
        return real(name)

    cluster._info = info  # type: ignore[method-assign]
    return cluster


def test_it_is_shown_how_many_follow(shown: list[str]) -> None:
    cluster = copying("n1", "n2", "n3", looks=1)
    run(ccr_followers, cluster, followers=wishes("f0", "n1", "n2", "n3"), parallel=2, wait=True)
    assert shown[0].startswith("1 of 4 followers follow, ")
    assert "1 of 4 followers follow, 2 are still copied (n1, n2), 1 is to come" in shown
    assert "3 of 4 followers follow, 1 is still copied (n3)" in shown
    assert shown[-1] == "4 of 4 followers follow"


def test_it_is_shown_of_the_last_one_too(shown: list[str]) -> None:
    """A chain alone goes another way through the engine."""
    run(ccr_followers, copying("n1", looks=1), followers=wishes("f0", "n1"), wait=True)
    assert shown == ["1 of 2 followers follow, 1 is still copied (n1)"]


def test_one_is_told_of_by_what_is_missing(shown: list[str]) -> None:
    run(ccr_follow, copying("n1", looks=1), **wishes("n1")[0], wait=True)
    assert shown == ["still waiting: n1 is still being copied from paris:l"]


def test_showing_costs_no_request(monkeypatch: pytest.MonkeyPatch, shown: list[str]) -> None:
    wish: dict[str, Any] = {"followers": wishes("f0", "n1", "n2", "n3"), "wait": True}
    with_it = run(ccr_followers, copying("n1", "n2", "n3", looks=2), **wish)
    assert shown
    monkeypatch.setattr(engine, "show", None)
    without = run(ccr_followers, copying("n1", "n2", "n3", looks=2), **wish)
    assert sorted(with_it.reads) == sorted(without.reads)


@pytest.mark.parametrize(
    ("state", "what"), [("paused", "are paused"), ("unfollowed", "are unfollowed"), ("present", "are done")]
)
def test_what_is_done_and_what_has_failed(shown: list[str], state: str, what: str) -> None:
    cluster = many(3, phase="paused" if state == "present" else "active")
    for path in ("pause_follow", "resume_follow"):
        cluster.fail[f"POST /f1/_ccr/{path}"] = [error(403, "is unauthorized")]
    done = run(ccr_followers, cluster, fails=True, followers=wishes("f0", "f1", "f2"), state=state, parallel=2)
    assert list(done.failures) == ["f1"]
    assert shown[-1] == f"2 of 3 followers {what}, 1 has failed (f1)"


def test_copies_that_stand_in_the_way_of_a_pause(shown: list[str]) -> None:
    cluster = many(2, phase="copying")

    def info(name: str, real: Any = cluster._info) -> Any:
        if shown:
            for index in cluster.indices.values():
                index.phase = "active"
        return real(name)

    cluster._info = info  # type: ignore[method-assign]
    run(ccr_followers, cluster, followers=wishes("f0", "f1"), state="paused", wait=True)
    assert shown[0] == "still waiting: f0, f1 are still copied"


# ---- info -------------------------------------------------------------------------------------------------------


def test_info() -> None:
    cluster = Cluster(
        a=Index("u1", leader=LEADER, lag=7, shards=2),
        b=Index("u2", leader=LEADER, fatal={"type": "index_not_found_exception", "reason": "no such index [l]"}),
        c=Index("u3", leader=("rome", "l"), phase="paused"),
        d=Index("u4", leader=LEADER, phase="copying"),
        e=Index("u5", leader=LEADER, retrying={"type": "connect_transport_exception", "reason": "x"}),
        ordinary=Index("u6"),
    )
    done = run(ccr_follow_info, cluster)
    found = done.result["followers"]
    assert {name: (entry["status"], entry["cause"], entry["state"]) for name, entry in found.items()} == {
        "a": ("healthy", "", "following"),
        "b": ("broken", "leader_missing", "following"),
        "c": ("paused", "paused", "paused"),
        "d": ("copying", "copying", "copying"),
        "e": ("retrying", "remote_unreachable", "following"),
    }
    assert [name for name, entry in found.items() if entry["fatal"]] == ["b"]
    assert (found["a"]["lag"], found["a"]["shards_following"], found["a"]["index_uuid"]) == (7, 2, "u1")
    assert done.result["healthy"] is False
    assert done.result["report"][0] == "a: healthy, 7 operations behind. a follows paris:l."
    assert len(done.reads) == 4
    assert list(run(ccr_follow_info, cluster, remote_clusters=["rome"]).result["followers"]) == ["c"]
    named = run(ccr_follow_info, cluster, follower_indices=["a", "ordinary", "gone"]).result["followers"]
    assert {n: e["state"] for n, e in named.items()} == {"a": "following", "ordinary": "unfollowed", "gone": "absent"}
    assert {frozenset(entry) for entry in named.values()} == {frozenset(found["a"])}


@pytest.mark.parametrize(
    ("limits", "cause"),
    [({}, ""), ({"max_lag": 6}, "lag"), ({"max_lag": 7}, ""), ({"max_silence": "5ms"}, "")],
)
def test_limits_of_health(limits: dict[str, Any], cause: str) -> None:
    cluster = Cluster(a=Index("u1", leader=LEADER, lag=7))
    assert run(ccr_follow_info, cluster, **limits).result["followers"]["a"]["cause"] == cause


def test_a_follower_that_does_not_read() -> None:
    cluster = Cluster(a=Index("u1", leader=LEADER, parameters={"read_poll_timeout": "1ms"}))
    found = run(ccr_follow_info, cluster, max_silence="5ms").result["followers"]["a"]
    assert (found["status"], found["cause"]) == ("broken", "silent")


def test_without_any_follower() -> None:
    done = run(ccr_follow_info, Cluster(ordinary=Index("u1")))
    assert (done.result["followers"], done.result["healthy"], done.reads) == ({}, True, ["/*,.*/_ccr/info"])


def test_bad_names() -> None:
    assert (
        "follower_indices: a* is a wildcard"
        in run(ccr_follow_info, Cluster(), fails=True, follower_indices=["a*"]).error
    )
    assert "max_silence: 'x' is not a time" in run(ccr_follow_info, Cluster(), fails=True, max_silence="x").error


class Leader:
    """In the place of the client of the leaders' cluster."""

    failures: ClassVar[list[Exception]] = []

    def __init__(self, options: dict[str, Any]) -> None:
        self.requests: list[Any] = []

    def read(self, path: str, purpose: str, query: Any) -> Any:
        for failure in self.failures:
            raise failure
        if path == "/_nodes/_local/stats/process":
            # Another time than this machine's.
            return {"nodes": {"n": {"timestamp": 5000}}}
        assert path == "/l/_stats/docs"
        leases = [
            {"id": "london/a/u1-following-paris/l/l1", "retaining_seq_no": 4, "timestamp": 0, "source": "ccr"},
            {"id": "london/a/another-following-paris/l/l1", "retaining_seq_no": 1, "timestamp": 0, "source": "ccr"},
            {"id": "peer_recovery/x", "retaining_seq_no": 4, "timestamp": 0, "source": "peer recovery"},
        ]
        primary = {"routing": {"primary": True}, "retention_leases": {"leases": leases}}
        return {"indices": {"l": {"shards": {"0": [primary, {**primary, "routing": {"primary": False}}]}}}}

    def close(self) -> None:
        """As the real one has it."""


@pytest.mark.parametrize("failure", [None, error(403, "is unauthorized")])
def test_leases(failure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Leader, "failures", [failure] if failure else [])
    monkeypatch.setattr(
        "ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.ccr_follow.Client", Leader
    )
    cluster = Cluster(a=Index("u1", leader=LEADER), b=Index("u2", leader=("rome", "l")))
    leaders = [{"remote_cluster": alias, "url": "https://par-1:9200"} for alias in ("paris", "nobody")]
    done = run(ccr_follow_info, cluster, leader_clusters=leaders)
    leases = done.result["followers"]["a"]["leases"]
    assert done.result["followers"]["b"]["leases"] is None
    if failure:
        assert leases is None
        assert "The leases on paris are not known" in done.warnings[0]
    else:
        assert [(lease["shard"], lease["retaining_seq_no"], lease["age_millis"]) for lease in leases] == [(0, 4, 5000)]
