# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster declares to follow."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import from_dict
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import TopologyError, expand

CLUSTERS = ["london", "paris", "rome"]
GROUPS = {"elasticsearch_clusters": CLUSTERS, **{f"{name}_nodes": [f"{name}-1"] for name in CLUSTERS}}


def expanded(cluster: str, follows: dict[str, dict[str, Any]], **declaration: Any) -> dict[str, Any]:
    """
    :param follows: local cluster → alias → what it follows there.
    :param declaration: more of every remote cluster.
    """
    hostvars = {
        name: {
            "elasticsearch_remote_address": f"{name}:9443",
            "elasticsearch_remote_clusters": {
                alias: {"follow": follow, **declaration} for alias, follow in follows.get(name, {}).items()
            },
        }
        for name in CLUSTERS
    }
    return expand(cluster, hostvars, GROUPS)


def rules(follow: Any, **declaration: Any) -> list[dict[str, Any]]:
    """Of london, which follows paris."""
    entry = expanded("london", {"london": {"paris": follow}}, **declaration)["remote_clusters"][0]
    return list(entry["follow"])


def problems(cluster: str, follows: dict[str, dict[str, Any]], **declaration: Any) -> list[str]:
    with pytest.raises(TopologyError) as error:
        expanded(cluster, follows, **declaration)
    return error.value.problems


@pytest.mark.parametrize("follow", [{"metrics": "metrics-*"}, {"metrics": {"leader": ["metrics-*"]}}])
def test_short_forms_grow_into_the_long_one(follow: Any) -> None:
    assert rules(follow) == [
        {
            "cluster": "london",
            "alias": "paris",
            "remote": "paris",
            "name": "metrics",
            "where": "elasticsearch_remote_clusters.paris.follow.metrics",
            "leaders": ["metrics-*"],
            "exclusions": [],
            "follower": "{leader_index}",
            "pattern": "paris-metrics",
            "existing": True,
            "future": True,
            "settings": {},
            "parameters": {},
        }
    ]


def test_a_rule_survives_json() -> None:
    rule = rules({"metrics": {"leader": "metrics-*", "exclude": "*-tmp", "parameters": {"max_retry_delay": "1s"}}})[0]
    assert from_dict(json.loads(json.dumps(rule))).as_dict() == rule


@pytest.mark.parametrize(
    ("follower", "name"),
    [
        ("{leader_index}-copy", "logs-1-copy"),
        ("{{leader_index}}-copy", "logs-1-copy"),
        ("{{ leader_index }}", "logs-1"),
        ("{alias}-{leader_index}", "paris-logs-1"),
    ],
)
def test_names_of_followers(follower: str, name: str) -> None:
    assert from_dict(rules({"logs": {"leader": "logs-*", "follower": follower}})[0]).name_of("logs-1") == name


def test_what_is_followed_may_be_read() -> None:
    follows = {"london": {"paris": {"a": "metrics-*", "b": ["x", "y-*"]}}}
    key = expanded("london", follows)["remote_clusters"][0]["api_key"]
    assert key["access"] == {
        "replication": [{"names": ["metrics-*", "x", "y-*", ".ds-metrics-*", ".ds-x-*", ".ds-y-*"]}]
    }
    key = expanded("london", follows, replication=["*"])["remote_clusters"][0]["api_key"]
    assert key["access"] == {"replication": [{"names": ["*"]}]}


@pytest.mark.parametrize(
    ("follow", "where", "says"),
    [
        (["metrics-*"], "", "it is not a map; write name:"),
        ({1: "a"}, ".1", "the name is not a string"),
        ({"a": {}}, ".a", "leader is missing"),
        ({"a": {"leader": "a", "follwer": "b"}}, ".a", "there is no option follwer; known are leader,"),
        ({"a": {"leader": 5}}, ".a.leader", "5 is not a name or a pattern"),
        ({"a": "Logs-*"}, ".a.leader", "has upper case, which the name of an index can't have"),
        ({"a": "logs-*,metrics-*"}, ".a.leader", "has ','"),
        ({"a": "paris:logs-*"}, ".a.leader", "names no index as the remote cluster itself knows it"),
        ({"a": {"leader": "a", "follower": "b*"}}, ".a.follower", "has a wildcard; write {leader_index}"),
        ({"a": {"leader": "a", "follower": "b,c"}}, ".a.follower", "has ','"),
        ({"a": {"leader": "a", "follower": "B"}}, ".a.follower", "has upper case, which a follower's name can't have"),
        ({"a": {"leader": "a", "follower": "_{leader_index}"}}, ".a.follower", "begins with _"),
        ({"a": {"leader": "a", "follower": "{index}"}}, ".a.follower", "the only placeholders are {leader_index}"),
        ({"a": {"leader": "a*", "follower": "b"}}, ".a.follower", "would be the name of every follower of a*"),
        ({"a": {"leader": ["a", "b"], "follower": "c"}}, ".a.follower", "would be the name of every follower of a, b"),
        (
            {"a": {"leader": "a*", "follower": "{leader_index}{leader_index}"}},
            ".a.follower",
            "has {leader_index} more than once",
        ),
        ({"a": {"leader": "a*", "pattern": "_x"}}, ".a.pattern", "begins with an underscore"),
        ({"a": {"leader": "a*", "exclude": "a*"}}, ".a", "exclude leaves nothing of leader (a*)"),
        ({"a": {"leader": "a*", "existing": False, "future": False}}, ".a", "so that nothing is followed"),
        ({"a": {"leader": "a*", "existing": "maybe"}}, ".a.existing", "'maybe' is not a boolean"),
        (
            {"a": {"leader": "a*", "settings": {"number_of_replicas": 0}}},
            ".a.settings",
            "write index.number_of_replicas",
        ),
        ({"a": {"leader": "a*", "parameters": {"max_retry": 1}}}, ".a.parameters", "there is no parameter max_retry"),
        (
            {"a": {"leader": "a*", "parameters": {"max_read_request_size": 33554432}}},
            ".a.parameters.max_read_request_size",
            "the unit is missing",
        ),
        (
            {"a": {"leader": "a*", "parameters": {"read_poll_timeout": "1.5s"}}},
            ".a.parameters.read_poll_timeout",
            "fractions are not supported",
        ),
        (
            {"a": {"leader": "a*", "parameters": {"max_retry_delay": "10m"}}},
            ".a.parameters.max_retry_delay",
            "10m is more than 5m",
        ),
        (
            {"a": {"leader": "a*", "parameters": {"max_write_buffer_count": 0}}},
            ".a.parameters.max_write_buffer_count",
            "0 is not larger than 0",
        ),
        (
            {"a": {"leader": "a*", "parameters": {"max_write_buffer_count": 1.5}}},
            ".a.parameters.max_write_buffer_count",
            "1.5 is not a whole number",
        ),
        (
            {"a": {"leader": "a*", "parameters": {"max_write_buffer_count": True}}},
            ".a.parameters.max_write_buffer_count",
            "True is not a whole number",
        ),
        ({"a": "logs-*", "b": "logs-1"}, ".b", "follows the same indices, as logs-1 would be one"),
        (
            {"a": {"leader": "a-*", "follower": "{leader_index}-x"}, "b": {"leader": "b", "follower": "a-1-x"}},
            ".b",
            "could both have the name a-1-x",
        ),
        ({"a": {"leader": "a-*", "pattern": "p"}, "b": {"leader": "b-*", "pattern": "p"}}, ".b", "the same name p"),
    ],
)
def test_refuses(follow: Any, where: str, says: str) -> None:
    found = problems("london", {"london": {"paris": follow}})
    assert len(found) == 1, found
    assert found[0].startswith("elasticsearch_remote_clusters.paris.follow%s: " % where)
    assert says in found[0]


def test_every_problem_at_once() -> None:
    assert len(problems("london", {"london": {"paris": {"a": "A", "b": {"leader": "b", "follower": "b*"}}}})) == 2


def test_what_the_key_may_not_read_is_refused() -> None:
    found = problems("london", {"london": {"paris": {"a": "metrics-*"}}}, replication=["metrics-a*", "metrics-b*"])
    assert len(found) == 1
    assert found[0].startswith(
        "elasticsearch_remote_clusters.paris.replication: it does not let metrics- be read, which"
    )


COPY = {"a": {"leader": "logs-*", "follower": "{leader_index}-copy", "exclude": "*-copy"}}


@pytest.mark.parametrize(
    "follows",
    [
        pytest.param({"london": {"paris": COPY}, "paris": {"london": COPY}}, id="names that can't loop"),
        pytest.param({"london": {"paris": {"a": "logs-*"}}, "paris": {"london": {"a": "metrics-*"}}}, id="other names"),
        pytest.param({"london": {"paris": {"a": "logs-*"}}, "rome": {"london": {"a": "logs-*"}}}, id="a chain"),
        pytest.param(
            {
                local: {
                    remote: {"a": {"leader": "logs-*", "follower": "{leader_index}-of-{alias}", "exclude": "*-of-*"}}
                    for remote in CLUSTERS
                    if remote != local
                }
                for local in CLUSTERS
            },
            id="a mesh",
        ),
        pytest.param({"london": {"paris": COPY}, "paris": {"nowhere": {"a": 5}}}, id="another cluster's own mistake"),
    ],
)
def test_accepts(follows: dict[str, dict[str, Any]]) -> None:
    assert expanded("london", follows)["remote_clusters"][0]["follow"]


@pytest.mark.parametrize(
    ("follows", "says"),
    [
        pytest.param(
            {"london": {"paris": {"a": "logs-*"}}, "paris": {"london": {"b": "logs-*"}}},
            "indices of london would come back to it (logs-, for one: paris follows it as logs- "
            "(paris: elasticsearch_remote_clusters.london.follow.b), london would follow that as logs-); let",
            id="two ways",
        ),
        pytest.param(
            {
                "london": {"paris": {"a": {"leader": "logs-*", "follower": "{leader_index}-copy"}}},
                "paris": {"london": {"a": {"leader": "logs-*", "follower": "{leader_index}-copy"}}},
            },
            "paris follows it as logs--copy",
            id="names that grow",
        ),
        pytest.param(
            {"london": {"rome": {"a": "logs-*"}}, "rome": {"paris": {"a": "*"}}, "paris": {"london": {"a": "logs-1*"}}},
            "logs-1, for one: paris follows it as logs-1 (paris: elasticsearch_remote_clusters.london.follow.a), "
            "rome follows it as logs-1",
            id="three clusters",
        ),
        pytest.param(
            {
                "london": {"paris": {"a": {"leader": "x*", "follower": "{leader_index}-l"}}},
                "paris": {"london": {"a": {"leader": "books", "follower": "xbooks"}}},
            },
            "books, for one: paris follows it as xbooks (paris: elasticsearch_remote_clusters.london.follow.a), "
            "london would follow that as xbooks-l",
            id="one index",
        ),
    ],
)
def test_refuses_loops(follows: dict[str, dict[str, Any]], says: str) -> None:
    found = problems("london", follows)
    assert len(found) == 1, found
    assert says in found[0]


def test_the_same_names_from_two_clusters() -> None:
    found = problems("london", {"london": {"paris": {"a": "logs-*"}, "rome": {"a": "logs-1"}}})
    assert len(found) == 1
    assert "could both have the name logs-1; tell them apart" in found[0]


@pytest.mark.parametrize(("exclude", "loops"), [("*-of-*", False), ("*-copy", True)])
def test_a_topology_can_follow(exclude: str, loops: bool) -> None:
    follow = {"logs": {"leader": "logs-*", "follower": "{leader_index}-of-{alias}", "exclude": exclude}}
    topology = {"type": "mesh", "follow": follow}
    hostvars = {
        name: {"elasticsearch_remote_address": f"{name}:9443", "elasticsearch_topology": topology} for name in CLUSTERS
    }
    if loops:
        with pytest.raises(TopologyError, match="would come back to it"):
            expand("london", hostvars, GROUPS)
        return
    entries = expand("london", hostvars, GROUPS)["remote_clusters"]
    assert [(entry["follow"][0]["pattern"], entry["follow"][0]["follower"]) for entry in entries] == [
        ("paris-logs", "{leader_index}-of-paris"),
        ("rome-logs", "{leader_index}-of-rome"),
    ]
