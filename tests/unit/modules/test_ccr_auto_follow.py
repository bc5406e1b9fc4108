# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from unit.modules.ccr_cluster import Cluster, error, lost, run

from ansible_collections.crosscluster.elasticsearch.plugins.modules import (
    ccr_auto_follow,
    ccr_auto_follow_info,
    ccr_auto_follow_patterns,
)

WISH: dict[str, Any] = {"name": "p", "remote_cluster": "paris", "leader_index_patterns": ["logs-*"]}
STORED: dict[str, Any] = {
    "active": True,
    "remote_cluster": "paris",
    "leader_index_patterns": ["logs-*"],
    "leader_index_exclusion_patterns": [],
}
PUT, DELETE = "PUT /_ccr/auto_follow/p", "DELETE /_ccr/auto_follow/p"
PAUSE, RESUME = "POST /_ccr/auto_follow/p/pause", "POST /_ccr/auto_follow/p/resume"
SETTINGS = {"settings": {"index": {"number_of_replicas": "0", "hidden": "true"}}}


def stored(**changed: Any) -> dict[str, Any]:
    return {**STORED, **changed}


DECISIONS = [
    pytest.param(None, {}, [PUT], "created", id="absent"),
    pytest.param(None, {"active": False}, [PUT, PAUSE], "created", id="absent, paused wanted"),
    pytest.param(STORED, {}, [], "unchanged", id="the same"),
    pytest.param(
        stored(leader_index_patterns=["a-*", "b-*"]), {"leader_index_patterns": ["b-*", "a-*"]}, [], "unchanged",
        id="another order",
    ),
    pytest.param(STORED, {"leader_index_patterns": ["logs-*", "a-*"]}, [PUT], "changed", id="another pattern"),
    pytest.param(STORED, {"leader_index_exclusion_patterns": ["x-*"]}, [PUT], "changed", id="an exclusion"),
    pytest.param(STORED, {"follow_index_pattern": "{{leader_index}}-copy"}, [PUT], "changed", id="another name"),
    pytest.param(STORED, {"follow_index_pattern": "{{leader_index}}"}, [], "unchanged", id="the name by default"),
    pytest.param(stored(follow_index_pattern="{{leader_index}}-x"), {}, [PUT], "changed", id="the name is taken away"),
    pytest.param(
        stored(**SETTINGS), {"settings": {"index.number_of_replicas": 0, "index": {"hidden": True}}}, [], "unchanged",
        id="the same settings",
    ),
    pytest.param(stored(**SETTINGS), {}, [PUT], "changed", id="settings are taken away"),
    pytest.param(
        stored(max_retry_delay="60s"), {"parameters": {"max_retry_delay": "1m"}}, [], "unchanged", id="another unit"
    ),
    pytest.param(stored(max_retry_delay="60s"), {}, [PUT], "changed", id="a parameter is taken away"),
    pytest.param(STORED, {"active": False}, [PAUSE], "paused", id="pause"),
    pytest.param(stored(active=False), {}, [RESUME], "resumed", id="resume"),
    pytest.param(stored(active=False), {"active": False}, [], "unchanged", id="is paused"),
    pytest.param(
        stored(active=False), {"active": False, "leader_index_patterns": ["a-*"]}, [PUT, PAUSE], "changed",
        id="changed, and paused again",
    ),
    pytest.param(stored(remote_cluster="rome"), {"force": True}, [PUT], "changed", id="another remote cluster"),
    pytest.param(STORED, {"state": "absent"}, [DELETE], "deleted", id="delete"),
    pytest.param(None, {"state": "absent"}, [], "unchanged", id="is absent"),
]  # fmt: skip


def found(pattern: dict[str, Any] | None) -> Cluster:
    cluster = Cluster()
    if pattern:
        cluster.patterns["p"] = dict(pattern)
    return cluster


@pytest.mark.parametrize(("pattern", "wish", "writes", "action"), DECISIONS)
def test_decisions(pattern: Any, wish: dict[str, Any], writes: list[str], action: str) -> None:
    cluster = found(pattern)
    options = {**WISH, **wish}
    foretold = run(ccr_auto_follow, cluster, check_mode=True, **options)
    done = run(ccr_auto_follow, cluster, **options)
    assert (foretold.writes, done.writes) == ([], writes)
    assert (done.result["action"], done.changed) == (action, bool(writes))
    assert (foretold.result, foretold.before, foretold.after) == (done.result, done.before, done.after)
    assert (done.before != done.after) == done.changed
    again = run(ccr_auto_follow, cluster, **options)
    assert (again.writes, again.changed, len(again.reads)) == ([], False, 2)


@pytest.mark.parametrize(("pattern", "active", "writes"), [(STORED, False, [PAUSE]), (STORED, True, [])])
def test_only_active(pattern: dict[str, Any], active: bool, writes: list[str]) -> None:
    cluster = found(stored(max_retry_delay="60s"))
    assert run(ccr_auto_follow, cluster, name="p", active=active).writes == writes
    assert cluster.patterns["p"]["max_retry_delay"] == "60s"


BAD_INPUT = [
    pytest.param({"name": "a,b"}, "name: 'a,b' is no name of a pattern"),
    pytest.param({"name": "_a"}, "name: '_a' is no name of a pattern"),
    pytest.param({"name": "x" * 256}, "at most 255 bytes"),
    pytest.param({"remote_cluster": None, "leader_index_patterns": None}, "there is no auto-follow pattern p; give"),
    pytest.param(
        {"remote_cluster": None, "leader_index_patterns": None, "follow_index_pattern": "a"},
        "p: follow_index_pattern can only be set together with remote_cluster and leader_index_patterns",
    ),
    pytest.param({"leader_index_patterns": []}, "can only be set together"),
    pytest.param({"leader_index_patterns": None}, "parameters are required together"),
    pytest.param({"leader_index_patterns": ["Logs-*"]}, "leader_index_patterns: Logs-* holds a capital letter"),
    pytest.param({"leader_index_patterns": ["-logs"]}, "-logs begins with -"),
    pytest.param({"leader_index_patterns": ["paris:logs-*"]}, "holds a colon"),
    pytest.param({"leader_index_patterns": ["logs?"]}, "is empty or holds a character that no index has"),
    pytest.param({"leader_index_exclusion_patterns": ["A"]}, "leader_index_exclusion_patterns: A holds a capital"),
    pytest.param({"follow_index_pattern": "Copy-{{leader_index}}"}, "makes no name of an index"),
    pytest.param({"follow_index_pattern": "{{leader}}-copy"}, "makes no name of an index"),
    pytest.param({"follow_index_pattern": "copy"}, "copy gives all followers the same name"),
    pytest.param({"settings": {"number_of_replicas": 1}}, "settings: write index.number_of_replicas"),
    pytest.param({"parameters": {"read_poll_timeout": "1.5s"}}, "parameters.read_poll_timeout: '1.5s' is not a time"),
    pytest.param({"parameters": {"unknown": 1}}, "unknown"),
    pytest.param({"remote_cluster": "a b"}, "remote_cluster: 'a b' is not a name"),
    pytest.param({"remote_cluster": "rome"}, "knows no remote cluster rome; it knows paris. Connect it first"),
    pytest.param({"master_timeout": "x"}, "master_timeout: 'x' is not a time"),
]


@pytest.mark.parametrize(("wish", "text"), BAD_INPUT)
def test_bad_input(wish: dict[str, Any], text: str) -> None:
    cluster = Cluster()
    options = {k: v for k, v in {**WISH, **wish}.items() if v is not None}
    try:
        told = run(ccr_auto_follow, cluster, fails=True, **options).error
    except ValueError as e:
        told = str(e)
    assert text in told
    assert cluster.writes == []


def test_another_remote_cluster_is_refused() -> None:
    done = run(ccr_auto_follow, found(stored(remote_cluster="rome")), fails=True, **WISH)
    assert "the pattern p follows rome, not paris" in done.error
    assert done.writes == []


def test_a_pattern_of_another_one_is_refused() -> None:
    cluster = Cluster()
    cluster.patterns["q"] = stored(active=False)
    done = run(ccr_auto_follow, cluster, fails=True, **WISH)
    assert "the pattern logs-* of p is that of q already" in done.error
    assert done.writes == []


@pytest.mark.parametrize(
    ("other", "warned"),
    [
        pytest.param({"leader_index_patterns": ["*-prod"]}, True, id="may meet"),
        pytest.param({"leader_index_patterns": ["metrics-*"]}, False, id="don't meet"),
        pytest.param({"remote_cluster": "rome", "leader_index_patterns": ["logs-*"]}, False, id="another cluster"),
        pytest.param(
            {"leader_index_patterns": ["*"], "leader_index_exclusion_patterns": ["logs-*"]}, False, id="excluded"
        ),
    ],
)
def test_patterns_that_may_meet(other: dict[str, Any], warned: bool) -> None:
    cluster = Cluster()
    cluster.patterns["q"] = stored(**other)
    done = run(ccr_auto_follow, cluster, **WISH)
    assert (done.writes, len(done.warnings)) == ([PUT], int(warned))
    info = run(ccr_auto_follow_info, cluster).result["patterns"]
    assert info["p"]["overlaps"] == (["q"] if warned else [])


def test_an_exclusion_that_is_taken_away_is_told() -> None:
    done = run(ccr_auto_follow, found(stored(leader_index_exclusion_patterns=["x-*"])), **WISH)
    assert "p excludes no longer x-*" in done.warnings[0]


@pytest.mark.parametrize(
    ("address", "changed", "refused", "warned"),
    [
        pytest.param("10.0.0.1:9300", {}, True, False, id="itself, the same name"),
        pytest.param("10.0.0.1:9300", {"follow_index_pattern": "{{leader_index}}-copy"}, True, False, id="itself"),
        pytest.param(
            "10.0.0.1:9300", {"follow_index_pattern": "copy-{{leader_index}}"}, False, False, id="other names"
        ),
        pytest.param(
            "10.0.0.1:9300",
            {"follow_index_pattern": "{{leader_index}}-copy", "leader_index_exclusion_patterns": ["*-copy"]},
            False,
            False,
            id="excluded",
        ),
        pytest.param(
            "par-1:9443", {"follow_index_pattern": "{{leader_index}}-copy"}, False, True, id="another cluster"
        ),
        pytest.param("par-1:9443", {}, False, False, id="another cluster, the same name"),
    ],
)
def test_a_pattern_that_follows_its_followers(
    address: str, changed: dict[str, Any], refused: bool, warned: bool
) -> None:
    cluster = Cluster()
    cluster.remotes["paris"]["proxy_address"] = address
    done = run(ccr_auto_follow, cluster, fails=True, **WISH, **changed)
    assert ("would follow its own followers without end" in done.error, len(done.warnings)) == (refused, int(warned))
    assert done.writes == ([] if refused else [PUT])


def test_the_whole_pattern_is_sent() -> None:
    cluster = found(STORED)
    settings = {"index.number_of_replicas": 0}
    run(ccr_auto_follow, cluster, **WISH, settings=settings, parameters={"max_retry_delay": "1s"})
    assert cluster.bodies == [
        {
            "remote_cluster": "paris",
            "leader_index_patterns": ["logs-*"],
            "leader_index_exclusion_patterns": [],
            "settings": settings,
            "max_retry_delay": "1s",
        }
    ]


def test_errors_of_a_pattern() -> None:
    cluster = found(STORED)
    cluster.auto_follow_errors = [
        {"leader_index": "p", "timestamp": 1, "auto_follow_exception": {"type": "exception", "reason": "no route"}},
        {
            "leader_index": "p:logs-1",
            "timestamp": 2,
            "auto_follow_exception": {
                "type": "exception",
                "reason": "index to follow [logs-1] for pattern [p] matches with other patterns [q]",
            },
        },
        {"leader_index": "pp:logs-1", "timestamp": 3, "auto_follow_exception": {"type": "x", "reason": "y"}},
    ]
    done = run(ccr_auto_follow, cluster, **WISH)
    assert [(e["leader_index"], e["timestamp"], e["cause"]) for e in done.result["errors"]] == [
        (None, 1, "remote_unreachable"),
        ("logs-1", 2, "patterns_meet"),
    ]
    info = run(ccr_auto_follow_info, cluster)
    assert (info.result["healthy"], info.result["patterns"]["p"]["status"], len(info.reads)) == (False, "broken", 2)
    assert len(info.result["report"]) == 3


def test_without_the_right_to_know_errors() -> None:
    cluster = found(STORED)
    cluster.fail["GET /_ccr/stats"] = [error(403, "current license is non-compliant for [ccr]") for _dummy in "12"]
    assert run(ccr_auto_follow, cluster, **WISH).result["errors"] is None
    info = run(ccr_auto_follow_info, cluster, names=["p", "q"]).result
    assert [(n, e["status"]) for n, e in info["patterns"].items()] == [("p", "unknown"), ("q", "absent")]
    assert info["counts"] is None


def test_many() -> None:
    cluster = Cluster()
    wishes = [{**WISH, "name": f"p{n}", "leader_index_patterns": [f"a{n}-*"]} for n in range(50)]
    done = run(ccr_auto_follow_patterns, cluster, patterns=wishes)
    assert (len(done.writes), done.changed) == (50, True)
    again = run(ccr_auto_follow_patterns, cluster, patterns=wishes)
    assert (again.writes, len(again.reads)) == ([], 2)
    paused = run(ccr_auto_follow_patterns, cluster, patterns=[{"name": "p7", "active": False}])
    assert paused.writes == ["POST /_ccr/auto_follow/p7/pause"]
    gone = run(ccr_auto_follow_patterns, cluster, patterns=[{"name": "p7"}, {"name": "x"}], state="absent")
    assert gone.writes == ["DELETE /_ccr/auto_follow/p7"]
    twice = run(ccr_auto_follow_patterns, cluster, fails=True, patterns=[WISH, WISH])
    assert "patterns: p is there twice" in twice.error


def test_two_new_ones_with_the_same_pattern() -> None:
    done = run(ccr_auto_follow_patterns, Cluster(), fails=True, patterns=[WISH, {**WISH, "name": "q"}])
    assert "the pattern logs-* of p is that of q already" in done.error
    assert done.writes == []


@pytest.mark.parametrize("which", [PUT, DELETE])
def test_a_lost_answer(which: str) -> None:
    cluster = found(STORED if which == DELETE else None)
    cluster.fail[which] = [lost()]
    state = "absent" if which == DELETE else "present"
    done = run(ccr_auto_follow, cluster, **{**WISH, "state": state})
    assert (done.writes, done.changed) == ([which], True)


def test_a_cluster_without_replication() -> None:
    cluster = Cluster()
    cluster.fail["GET /_ccr/auto_follow"] = [error(400, "no handler found for uri [/_ccr/auto_follow]")]
    assert "has no cross-cluster replication" in run(ccr_auto_follow, cluster, fails=True, **WISH).error
