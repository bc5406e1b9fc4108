# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is declared and what is there to followers and patterns."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.follow import plan
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import follow as declared_follow

COPY = "{leader_index}-copy"


def index(**more: Any) -> dict[str, Any]:
    return {
        "uuid": "u",
        "open": True,
        "hidden": False,
        "system": False,
        "shards": 1,
        "data_stream": None,
        "aliases": [],
        "soft_deletes": True,
        "searchable_snapshot": False,
        "write_block": False,
        "indexing_complete": False,
        "lifecycle_policy": None,
        "born": 0,
        "pipelines": [],
        "leader": None,
        **more,
    }


def cluster(indices: dict[str, Any] | None = None, replicated: bool = False, **more: Any) -> dict[str, Any]:
    """
    :param replicated: whether its data streams are copies.
    """
    streams: dict[str, Any] = {}
    for name, found in (indices or {}).items():
        if found["data_stream"]:
            streams.setdefault(found["data_stream"], {"indices": [], "replicated": replicated})["indices"].append(name)
    return {
        "indices": indices or {},
        "data_streams": streams,
        "lifecycle_policies": [],
        "deleted": {},
        "deleted_after": {},
        "index_templates": {},
        "pipelines": [],
        **more,
    }


def rules(follow: Any, alias: str = "paris") -> list[dict[str, Any]]:
    wrong: list[str] = []
    found = declared_follow.rules(
        "follow", "london", alias, alias, follow, lambda where, text: wrong.append("%s: %s" % (where, text))
    )
    assert not wrong
    return [rule.as_dict() for rule in found]


def planned(
    follow: Any, paris: dict[str, Any] | None, here: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    remotes = {} if paris is None else {"paris": cluster(paris)}
    return plan(rules(follow), remotes, here or cluster(), **more)


def followers(found: dict[str, Any]) -> list[str]:
    assert found["problems"] == []
    return ["%s ← %s:%s" % (f["follower_index"], f["remote_cluster"], f["leader_index"]) for f in found["followers"]]


def following(leader: str, alias: str = "paris", **more: Any) -> dict[str, Any]:
    return index(leader={"remote_cluster": alias, "index": leader, "uuid": "u"}, **more)


DS = ".ds-logs-app-2026.01.01-000001"
DS_COPY = ".ds-logs-app-copy-2026.01.01-000001"


@pytest.mark.parametrize(
    ("follow", "paris", "expected"),
    [
        ({"m": "metrics-*"}, {"metrics-1": index(), "logs-1": index()}, ["metrics-1 ← paris:metrics-1"]),
        (
            {"m": {"leader": "metrics-*", "exclude": "*-tmp", "follower": COPY}},
            {"metrics-1": index(), "metrics-tmp": index()},
            ["metrics-1-copy ← paris:metrics-1"],
        ),
        ({"m": {"leader": "metrics-*", "existing": False}}, {"metrics-1": index()}, []),
        ({"m": "one"}, {"one": index(), "one-more": index()}, ["one ← paris:one"]),
        ({"m": {"leader": "one", "follower": "another"}}, {"one": index()}, ["another ← paris:one"]),
        ({"m": "*"}, {".security-7": index(system=True), "a": index()}, ["a ← paris:a"]),
        ({"m": "logs-app"}, {DS: index(data_stream="logs-app")}, [f"{DS} ← paris:{DS}"]),
        ({"m": "logs-*"}, {DS: index(data_stream="logs-app")}, [f"{DS} ← paris:{DS}"]),
        (
            {"m": {"leader": "logs-*", "follower": COPY}},
            {DS: index(data_stream="logs-app")},
            [f"{DS_COPY} ← paris:{DS}"],
        ),
        # A follower of another cluster can be followed in turn.
        ({"m": "a"}, {"a": following("a", "rome")}, ["a ← paris:a"]),
    ],
)
def test_followers(follow: Any, paris: dict[str, Any], expected: list[str]) -> None:
    assert followers(planned(follow, paris)) == expected


def test_a_follower_that_is_there_stays() -> None:
    found = planned({"m": "metrics-*"}, {"metrics-1": index()}, cluster({"metrics-1": following("metrics-1")}))
    assert followers(found) == ["metrics-1 ← paris:metrics-1"]


def test_all_that_modules_need() -> None:
    follow = {
        "logs": {
            "leader": "logs-*",
            "exclude": "*-copy",
            "follower": COPY,
            "settings": {"index.number_of_replicas": 0},
            "parameters": {"max_read_request_size": "16mb"},
        }
    }
    more = {"settings": {"index.number_of_replicas": 0}, "parameters": {"max_read_request_size": "16mb"}}
    found = planned(follow, {DS: index(data_stream="logs-app")})
    assert found["followers"] == [
        {
            "follower_index": DS_COPY,
            "remote_cluster": "paris",
            "leader_index": DS,
            "data_stream_name": "logs-app-copy",
            **more,
        }
    ]
    assert found["patterns"] == [
        {
            "name": "paris-logs",
            "remote_cluster": "paris",
            "leader_index_patterns": ["logs-*"],
            "leader_index_exclusion_patterns": ["*-copy"],
            "follow_index_pattern": "{{leader_index}}-copy",
            **more,
        }
    ]


@pytest.mark.parametrize(
    ("follow", "paris", "names"),
    [
        ({"m": "metrics-*"}, {}, ["paris-m"]),
        ({"m": {"leader": "metrics-*", "future": False}}, {}, []),
        ({"m": "one"}, {"one": index()}, []),
        ({"m": "logs-app"}, {DS: index(data_stream="logs-app")}, ["paris-m"]),
        ({"m": {"leader": ["a", "b"], "pattern": "mine"}}, {}, ["mine"]),
    ],
)
def test_patterns(follow: Any, paris: dict[str, Any], names: list[str]) -> None:
    assert [pattern["name"] for pattern in planned(follow, paris)["patterns"]] == names


def test_of_another_teams_cluster_only_names_are_followed() -> None:
    found = planned({"a": "one", "b": "metrics-*"}, None)
    assert followers(found) == ["one ← paris:one"]
    assert [pattern["name"] for pattern in found["patterns"]] == ["paris-b"]
    assert found["notes"][0].startswith("follow.b: another team's cluster can't be asked which indices it has")


@pytest.mark.parametrize(
    ("follow", "paris", "here", "says"),
    [
        (
            "metric",
            {"metrics": index()},
            {},
            "paris: there is no index and no data stream metric (did you mean metrics?)",
        ),
        ("x", {"a": index(aliases=["x"])}, {}, "paris: x is an alias there, of a; name the indices"),
        ("a", {"a": index(open=False)}, {}, "a is closed"),
        ("a", {"a": index(soft_deletes=False)}, {}, "a has no soft deletes"),
        ("a", {"a": index(searchable_snapshot=True)}, {}, "a is a searchable snapshot"),
        ("a*", {"a": index()}, {"a": index()}, "can't be followed as a: there is an ordinary index of that name; give"),
        ("a*", {"a": index()}, {"a": index(open=False)}, "there is an ordinary index of that name, which is closed"),
        ("a*", {"a": index()}, {"a": following("a", "rome")}, "can't be followed as a: it follows rome:a"),
        ("a*", {"a": index()}, {"a": following("b")}, "can't be followed as a: it follows paris:b"),
        ("a*", {"a": index()}, {"b": index(aliases=["a"])}, "there is an alias of that name, of b"),
        (
            "logs-*",
            {DS: index(data_stream="logs-app")},
            {".ds-logs-app-1": index(data_stream="logs-app")},
            "the data stream logs-app is this cluster's own",
        ),
        (
            {"leader": "logs-app", "follower": "copy"},
            {DS: index(data_stream="logs-app")},
            {},
            "belongs to the data stream logs-app, so that its follower needs a name with {leader_index}",
        ),
        (
            {"leader": "a*", "follower": "{leader_index}%s" % ("-copy" * 50)},
            {"a12345": index()},
            {},
            "the follower of a12345 can't be named so",
        ),
    ],
)
def test_problems(follow: Any, paris: dict[str, Any], here: dict[str, Any], says: str) -> None:
    found = planned({"m": follow}, paris, cluster(here))
    assert len(found["problems"]) == 1, found
    assert says in found["problems"][0]
    assert found["problems"][0].startswith("follow.m")


@pytest.mark.parametrize(
    ("leader", "here", "says"),
    [
        (index(open=False), {}, "a is closed"),
        (index(soft_deletes=False), {}, "a has no soft deletes"),
        (index(), {"a": index(indexing_complete=True)}, "a was unfollowed by its lifecycle policy, and is left alone"),
        (index(data_stream="logs"), {}, "the name of a does not show its data stream logs"),
    ],
)
def test_what_a_pattern_leaves_out_is_told(leader: dict[str, Any], here: dict[str, Any], says: str) -> None:
    follow = {"leader": "a*", "follower": COPY if leader["data_stream"] else "{leader_index}"}
    found = planned({"m": follow}, {"a": leader}, cluster(here))
    assert followers(found) == []
    assert says in found["notes"][0]


DELETED = 86_400_000


@pytest.mark.parametrize(
    ("follow", "leader", "here", "alone"),
    [
        ("a*", index(lifecycle_policy="day"), {"day": DELETED}, True),
        # Named, so that somebody wants this very one.
        ("a", index(lifecycle_policy="day"), {"day": DELETED}, False),
        # Somebody has deleted it: the policy does not, or not yet.
        ("a*", index(), {"day": DELETED}, False),
        ("a*", index(lifecycle_policy="day"), {}, False),
        ("a*", index(lifecycle_policy="day"), {"day": DELETED + 1}, False),
        # Another index of that name, which has come later.
        ("a*", index(lifecycle_policy="day", born=DELETED + 1), {"day": 0}, False),
    ],
)
def test_what_a_lifecycle_policy_has_deleted_is_not_copied_again(
    follow: str, leader: dict[str, Any], here: dict[str, int], alone: bool
) -> None:
    found = planned({"m": follow}, {"a": leader}, cluster(deleted={"a": DELETED}, deleted_after=here))
    assert followers(found) == ([] if alone else ["a ← paris:a"])
    says = "follow.m: a was deleted here on 1970-01-02T00:00:00Z, as its lifecycle policy day does, and is left alone"
    assert [note.startswith(says) for note in found["notes"]] == ([True] if alone else [])


def test_two_leaders_of_one_follower() -> None:
    follow = {
        "a": {"leader": ["x", "x-y"], "follower": "{leader_index}-z"},
        "b": {"leader": "x-y-z", "follower": "x-z"},
    }
    found = planned(follow, {"x": index(), "x-y-z": index()})
    assert found["problems"] == [
        "x-z: paris:x, paris:x-y-z would have the same follower; tell them apart with the option follower."
    ]


def test_what_was_failed_over_is_left_alone() -> None:
    found = planned({"m": "a*"}, {"a": index()}, failed_over={"paris": {"at": "2026-01-01T00:00:00Z"}})
    assert found["problems"][0].startswith("paris: the cluster was failed over on 2026-01-01T00:00:00Z")
    assert (found["followers"], found["patterns"]) == ([], [])
    found = planned({"m": "a*"}, {"a": index()}, paused={"paris": {"at": "2026-01-01T00:00:00Z"}})
    assert found["problems"][0].startswith("paris: replication was paused on 2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("leader", "here", "says"),
    [
        (index(lifecycle_policy="week"), {}, "The lifecycle policy week is missing here, which a names"),
        (index(lifecycle_policy="week"), {"lifecycle_policies": ["week"]}, None),
        (index(pipelines=["p", "_none"]), {}, "The ingest pipeline p is missing here, through which documents of a go"),
        (index(pipelines=["p"]), {"pipelines": ["p"]}, None),
        (index(data_stream="a-b"), {}, "No index template here is for the data stream a-b"),
        (
            index(data_stream="a-b"),
            {"index_templates": {"t": {"index_patterns": ["a-*"], "data_stream": True}}},
            None,
        ),
        (
            index(data_stream="a-b"),
            {"index_templates": {"t": {"index_patterns": ["a-*"], "data_stream": False}}},
            "No index template",
        ),
    ],
)
def test_readiness(leader: dict[str, Any], here: dict[str, Any], says: str | None) -> None:
    found = planned({"m": "a*"}, {"a": leader}, cluster(**here))["readiness"]
    assert len(found) == (0 if says is None else 1)
    assert says is None or found[0].startswith(says)
