# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is noted when replication pauses, and what is resumed from the note."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.pause import (
    pause,
    resume,
    wrong_order,
)

T0, T1, LATE = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-02T00:00:00Z"
NOTE = "crosscluster_elasticsearch_paused.paris"


def follower(state: str = "following", alias: str = "paris", leader: str = "l") -> dict[str, Any]:
    parameters = {"max_retry_delay": "1s"} if state == "following" else None
    return {"remote_cluster": alias, "leader_index": leader, "state": state, "parameters": parameters}


def pattern(active: bool = True, alias: str = "paris") -> dict[str, Any]:
    return {"pattern": {"remote_cluster": alias, "active": active}}


NOTED: dict[str, Any] = {
    "at": T0,
    "followers": {"f": {"leader_index": "l", "parameters": {"max_retry_delay": "1s"}}},
    "patterns": ["p"],
}


def test_what_runs_is_noted_and_paused() -> None:
    followers = {"f": follower(), "by hand": follower("paused"), "other": follower(alias="rome")}
    patterns = {"p": pattern(), "by hand": pattern(False), "other": pattern(alias="rome")}
    found = pause(["paris"], followers, patterns, {}, {}, T0)
    assert found["metadata"] == {NOTE: NOTED}
    assert found["followers"] == [{"follower_index": "f"}]
    assert found["patterns"] == [{"name": "p", "active": False}]
    assert "Resume before 2026-01-01T12:00:00Z" in found["report"][0]


def test_the_shortest_lease_counts() -> None:
    leaders = {"paris": {"l": {"lease_period": "30m"}, "other": {"lease_period": "1m"}}}
    found = pause(["paris"], {"f": follower()}, {}, {}, leaders, T0)
    assert "Resume before 2026-01-01T00:30:00Z" in found["report"][0]


@pytest.mark.parametrize(
    ("followers", "patterns", "metadata"),
    [
        pytest.param({"f": follower("paused")}, {"p": pattern(False)}, {}, id="again"),
        pytest.param(
            {"f": follower("paused")}, {"p": pattern()}, {NOTE: NOTED}, id="ended between patterns and followers"
        ),
        pytest.param(
            {"f": follower("paused"), "g": follower()},
            {"p": pattern(False)},
            {NOTE: {**NOTED, "followers": {**NOTED["followers"], "g": NOTED["followers"]["f"]}}},
            id="ended among the followers",
        ),
        pytest.param(
            {"f": follower(), "made": follower()},
            {"p": pattern(False)},
            {NOTE: {**NOTED, "followers": {**NOTED["followers"], "made": NOTED["followers"]["f"]}}},
            id="a pattern has made one before it was paused",
        ),
    ],
)
def test_a_note_is_never_lost(followers: dict[str, Any], patterns: dict[str, Any], metadata: dict[str, Any]) -> None:
    assert pause(["paris"], followers, patterns, {"paris": NOTED}, {}, T1)["metadata"] == metadata


def test_a_copy_will_have_ended() -> None:
    """Check mode does not wait for it."""
    found = pause(["paris"], {"f": follower("copying")}, {}, {}, {}, T0)
    assert found["followers"] == [{"follower_index": "f"}]
    assert list(found["metadata"][NOTE]["followers"]) == ["f"]


def test_nothing_runs() -> None:
    found = pause(["paris"], {}, {}, {"paris": {}}, {}, T0)
    assert found == {
        "metadata": {},
        "patterns": [],
        "followers": [],
        "report": ["paris: nothing ran, and nothing is noted."],
    }


def test_just_what_was_noted_is_resumed() -> None:
    followers = {"f": follower("paused"), "by hand": follower("paused")}
    patterns = {"p": pattern(False), "by hand": pattern(False)}
    assert resume(["paris"], followers, patterns, {"paris": NOTED}, {}, T1) == {
        "followers": [
            {
                "follower_index": "f",
                "remote_cluster": "paris",
                "leader_index": "l",
                "parameters": {"max_retry_delay": "1s"},
            }
        ],
        "patterns": [{"name": "p", "active": True}],
        "metadata": {NOTE: None},
        "report": [],
        "stuck": [],
    }


def stopped(cause: str) -> dict[str, Any]:
    return {**follower(), "fatal": True, "cause": cause, "summary": f"It is {cause}.", "remedy": "Mend it."}


@pytest.mark.parametrize(
    ("cause", "restart", "resumed"),
    [
        ("mapping", False, ["g"]),
        ("mapping", True, ["f", "g"]),
        # A restart does not bring back what the leader has dropped.
        ("history_lost", True, ["g"]),
        ("leader_replaced", True, ["g"]),
    ],
)
def test_a_follower_that_has_stopped_for_good_keeps_no_other_one_waiting(
    cause: str, restart: bool, resumed: list[str]
) -> None:
    followers = {"f": stopped(cause), "g": follower("paused")}
    noted = {**NOTED, "followers": dict.fromkeys(followers, NOTED["followers"]["f"])}
    found = resume(["paris"], followers, {"p": pattern(False)}, {"paris": noted}, {}, T1, restart)
    assert [entry["follower_index"] for entry in found["followers"]] == resumed
    assert found["stuck"] == ([] if "f" in resumed else [f"paris/f: It is {cause}. Mend it."])
    assert found["patterns"] == [{"name": "p", "active": True}]


@pytest.mark.parametrize(
    ("found", "now", "says"),
    [
        ({}, T1, "no longer its followers, and left alone: f"),
        ({"f": follower(leader="another")}, T1, "no longer its followers"),
        ({"f": follower("paused")}, LATE, "longer than its leaders keep their history for it (12:00:00)"),
    ],
)
def test_what_can_not_simply_be_resumed_is_told(found: dict[str, Any], now: str, says: str) -> None:
    assert says in resume(["paris"], found, {}, {"paris": NOTED}, {}, now)["report"][0]


def test_nothing_is_noted() -> None:
    found = resume(["paris"], {"f": follower("paused")}, {}, {"paris": {}}, {}, T1)
    assert (found["followers"], found["metadata"]) == ([], {})
    assert found["report"] == ["paris: nothing is noted that was paused."]


def cluster(*versions: str) -> dict[str, Any]:
    return {"item": "paris", "cluster": {"version": versions[0], "nodes": [{"version": v} for v in versions]}}


@pytest.mark.parametrize(
    ("local", "remote", "wrong"),
    [
        (["9.2.0"], ["9.2.0"], False),
        (["9.2.1"], ["9.2.0"], False),
        (["9.2.0"], ["9.2.1"], True),
        (["8.19.0", "9.2.0"], ["9.2.0"], True),
        (["9.2.0"], ["8.19.0", "9.2.0"], False),
    ],
)
def test_the_follower_is_upgraded_first(local: list[str], remote: list[str], wrong: bool) -> None:
    found = wrong_order({"paris": "paris"}, cluster(*local), [cluster(*remote)])
    assert bool(found) == wrong
    assert not wrong or "upgrade the local cluster, then resume" in found[0]


def test_a_cluster_that_is_away_says_nothing_of_its_version() -> None:
    assert wrong_order({"paris": "paris"}, cluster("9.2.0"), [{"item": "paris", "msg": "no answer"}]) == []
    assert wrong_order({"paris": "paris"}, {"msg": "no answer"}, []) == ["The local cluster: no answer."]
