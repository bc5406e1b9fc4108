# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows what templates and lifecycle policies of both sides have a say in, and many indices at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from following import LeastPrivileged, documents, followers, good, notes, unchanged, write
from labs import CACHE
from runner import Runner, succeeded
from stand_ins.ccr_gateway.running import Running
from waiting import until

from kit import Lab, distribution

pytestmark = pytest.mark.skipif(
    distribution.given() is None,
    reason="needs a full distribution with time series and lifecycle policies: set %s" % distribution.VARIABLE,
)

SERIES = "kind-series"
# Rolled over by its policy, which applications do not see: they write by the alias.
ALIAS, FIRST, SECOND = "kind-orders", "kind-orders-000001", "kind-orders-000002"
OLD, SHAPED, WIDE = "kind-old", "kind-shaped", "wide-1"
MANY = [f"many-{number:03}" for number in range(200)]
FAILOVER = ("--limit", "london", "-e", "aliases=paris")

ROLLED_OVER = {"hot": {"actions": {"rollover": {"max_docs": 2}}}}
UNFOLLOWED = {"hot": {"actions": {}}, "warm": {"actions": {"unfollow": {}}}}
DELETED = {"hot": {"actions": {}}, "delete": {"min_age": "0ms", "actions": {"delete": {}}}}
KEPT = {"hot": {"actions": {"set_priority": {"priority": 1}}}}
SERIES_TEMPLATE = {
    "index_patterns": ["kind-series"],
    "data_stream": {},
    "priority": 500,
    "template": {
        "settings": {
            "index.mode": "time_series",
            "index.routing_path": ["host"],
            "index.number_of_replicas": 0,
            "index.lifecycle.name": "kind-series",
        },
        "mappings": {
            "properties": {
                "@timestamp": {"type": "date"},
                "host": {"type": "keyword", "time_series_dimension": True},
                "value": {"type": "long", "time_series_metric": "gauge"},
            }
        },
    },
}
ORDERS_TEMPLATE = {
    "index_patterns": ["kind-orders-*"],
    "priority": 500,
    "template": {
        "settings": {
            "index.number_of_replicas": 0,
            "index.lifecycle.name": "kind-orders",
            "index.lifecycle.rollover_alias": ALIAS,
        }
    },
}


@pytest.fixture(scope="module", autouse=True)
def policies_are_looked_at_each_second(clusters: dict[str, Running]) -> Iterator[None]:
    """Not every ten minutes."""
    pace(clusters, "1s")
    yield
    pace(clusters, None)


def pace(clusters: dict[str, Running], interval: str | None) -> None:
    for cluster in clusters.values():
        settings = {"indices.lifecycle.poll_interval": interval}
        good(cluster, "PUT", "/_cluster/settings", {"persistent": settings})


@pytest.fixture
def ansible(ccr_lab: Lab, clusters: dict[str, Running], tmp_path: Path) -> Runner:
    runner = LeastPrivileged(ccr_lab, tmp_path, clusters)
    wide = {"leader": "wide-*", "settings": {"index.number_of_replicas": 1}}
    follow = {"kind": "kind-*", "wide": wide, "many": "many-*"}
    names = ["kind-*", ".ds-kind-*", "wide-*", "many-*"]
    runner.declare(
        london={"paris": {"search": ["*"], "follow": follow}},
        paris={"london": {"search": ["*"], "replication": names}},
    )
    return runner


def policy(cluster: Running, name: str, phases: dict[str, Any]) -> None:
    good(cluster, "PUT", f"/_ilm/policy/{name}", {"policy": {"phases": phases}})


def indices_of(cluster: Running, stream: str) -> list[str]:
    status, answer = cluster.request("GET", f"/_data_stream/{stream}")
    return [index["index_name"] for index in answer["data_streams"][0]["indices"]] if status == 200 else []


def measure(paris: Running, host: str) -> None:
    # A time series takes nothing that is much older than its newest index.
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    good(paris, "POST", f"/{SERIES}/_doc?refresh=true", {"@timestamp": at, "host": host, "value": 1})


def settings_of(cluster: Running, index: str) -> dict[str, Any]:
    return good(cluster, "GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]


def looked_at(ccr_lab: Lab, tmp_path: Path, name: str) -> dict[str, Any]:
    """What ccr_follow_info says of it."""
    options = {
        "follower_indices": [name],
        "url": "{{ elasticsearch_url }}",
        "ca_path": "{{ elasticsearch_ca_path }}",
        "username": "{{ elasticsearch_username }}",
        "password": "{{ elasticsearch_password }}",
    }
    task = {"name": "Look", "crosscluster.elasticsearch.ccr_follow_info": options, "delegate_to": "localhost"}
    [found] = succeeded(Runner(ccr_lab, tmp_path).tasks(task)).results("Look")
    return found["followers"][name]


def test_time_series_and_what_a_policy_rolls_over(
    ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running
) -> None:
    for cluster in clusters.values():
        policy(cluster, "kind-series", ROLLED_OVER)
        policy(cluster, "kind-orders", ROLLED_OVER)
        good(cluster, "PUT", "/_index_template/kind-series", SERIES_TEMPLATE)
        good(cluster, "PUT", "/_index_template/kind-orders", ORDERS_TEMPLATE)
    measure(paris, "a")
    good(paris, "PUT", f"/{FIRST}", {"aliases": {ALIAS: {"is_write_index": True}}})
    write(paris, ALIAS, "x")
    succeeded(ansible.playbook("connect"))
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
    [first] = indices_of(london, SERIES)
    assert settings_of(london, first)["index.mode"] == "time_series"
    # By the leader's policy.
    measure(paris, "b")
    write(paris, ALIAS, "y")
    until(lambda: len(indices_of(paris, SERIES)) == 2 and indices_of(london, SERIES) == indices_of(paris, SERIES))
    until(lambda: followers(london).get(SECOND) == "active")
    # Today's documents go on to the first one of a time series.
    measure(paris, "c")
    write(paris, ALIAS, "z")
    for name in (SERIES, ALIAS):
        assert len(documents(paris, name)) == 3
        # Closed for a moment, while the policy unfollows its first index.
        until(lambda name=name: london.request("GET", f"/{name}/_count")[1].get("count") == 3)  # type: ignore[misc]


def test_what_a_policy_has_unfollowed(ansible: Runner, ccr_lab: Lab, london: Running, tmp_path: Path) -> None:
    """A rollover in the follower's own policy unfollows it too, when its leader has been rolled over."""
    until(lambda: FIRST not in followers(london))
    until(lambda: settings_of(london, FIRST).get("index.xpack.ccr.following_index") is None)
    found = looked_at(ccr_lab, tmp_path, FIRST)
    assert (found["state"], found["status"]) == ("unfollowed", "unfollowed")
    run = unchanged(ansible.playbook("replicate"))
    assert f"{FIRST} was unfollowed by its lifecycle policy, and is left alone" in run.output
    assert documents(london, FIRST) == ["x", "y"]
    unchanged(ansible.playbook("verify"))


def test_a_policy_with_the_action_unfollow(ansible: Runner, london: Running, paris: Running) -> None:
    policy(london, "kind-orders", UNFOLLOWED)
    good(paris, "POST", f"/{ALIAS}/_rollover")
    until(lambda: SECOND not in followers(london))
    assert f"{SECOND} was unfollowed by its lifecycle policy" in unchanged(ansible.playbook("replicate")).output
    unchanged(ansible.playbook("verify"))


def test_a_policy_that_deletes(
    ansible: Runner, ccr_lab: Lab, clusters: dict[str, Running], london: Running, paris: Running, tmp_path: Path
) -> None:
    """London keeps it for a shorter time than Paris: a run must not copy it again, to be deleted again."""
    for cluster in clusters.values():
        policy(cluster, "kind-old", KEPT)
    good(paris, "PUT", f"/{OLD}", {"settings": {"number_of_replicas": 0, "index.lifecycle.name": "kind-old"}})
    write(paris, OLD, "o")
    until(lambda: followers(london).get(OLD) == "active")
    succeeded(ansible.playbook("replicate"))
    policy(london, "kind-old", DELETED)
    until(lambda: london.request("HEAD", f"/{OLD}")[0] == 404)
    assert looked_at(ccr_lab, tmp_path, OLD)["state"] == "absent"
    run = unchanged(ansible.playbook("replicate"))
    assert f"{OLD} was deleted here" in run.output
    assert "its lifecycle policy kind-old" in run.output
    unchanged(ansible.playbook("verify"))
    # Somebody who has deleted it himself gets it again.
    policy(london, "kind-old", KEPT)
    succeeded(ansible.playbook("replicate"))
    assert documents(london, OLD) == ["o"]


def test_templates_on_both_sides(ansible: Runner, london: Running, paris: Running) -> None:
    """A follower has what its leader has, whatever the template of its own cluster says."""
    shape = {"index_patterns": ["kind-shaped*"], "priority": 500}
    here = {"settings": {"number_of_shards": 3, "number_of_replicas": 1}, "aliases": {"kind-london": {}}}
    there = {"settings": {"number_of_shards": 2, "number_of_replicas": 0}, "aliases": {"kind-paris": {}}}
    good(london, "PUT", "/_index_template/kind-shaped", {**shape, "template": here})
    good(paris, "PUT", "/_index_template/kind-shaped", {**shape, "template": there})
    write(paris, SHAPED, "s")
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
    unchanged(ansible.playbook("verify"))
    assert settings_of(london, SHAPED)["index.number_of_shards"] == "2"
    until(lambda: set(good(london, "GET", f"/{SHAPED}/_alias")[SHAPED]["aliases"]) == {"kind-paris"})
    assert documents(london, SHAPED) == ["s"]


def test_replicas_that_have_no_place(ansible: Runner, london: Running, paris: Running) -> None:
    """One node can't hold them: nobody waits for that, and nobody calls the follower broken."""
    good(paris, "PUT", f"/{WIDE}", {"settings": {"number_of_replicas": 0}})
    write(paris, WIDE, "w")
    succeeded(ansible.playbook("replicate"))
    assert settings_of(london, WIDE)["index.number_of_replicas"] == "1"
    assert good(london, "GET", f"/_cluster/health/{WIDE}")["status"] == "yellow"
    unchanged(ansible.playbook("replicate"))
    unchanged(ansible.playbook("verify"))
    assert documents(london, WIDE) == ["w"]


def test_200_followers_at_once(ansible: Runner, london: Running, paris: Running) -> None:
    template = {"index_patterns": ["many-*"], "template": {"settings": {"number_of_replicas": 0}}}
    good(paris, "PUT", "/_index_template/many", template)
    # No pattern is there yet that would be faster.
    for name in good(london, "GET", "/_ccr/auto_follow")["patterns"]:
        good(london, "DELETE", f"/_ccr/auto_follow/{name['name']}")
    lines = "".join(f'{{"create":{{"_index":"{name}","_id":"{name}"}}}}\n{{"n":1}}\n' for name in MANY)
    assert paris.request("POST", "/_bulk?refresh=true", lines, timeout=300)[1]["errors"] is False
    figures = {}
    for what in ("creation", "no-op"):
        start = time.monotonic()
        run = succeeded(ansible.playbook("replicate"))
        seconds = round(time.monotonic() - start, 1)
        figures[what] = {"seconds": seconds, "requests": len(run.requests), "writes": len(run.writes)}
        states = followers(london)
        assert {name: states.get(name) for name in MANY} == dict.fromkeys(MANY, "active")
    (CACHE / "followed-kinds.json").write_text(json.dumps(figures, indent=2) + "\n")
    assert (run.changes, run.writes) == (set(), [])
    hits = good(london, "POST", "/many-*/_search?size=0", {"track_total_hits": True})["hits"]["total"]["value"]
    until(lambda: good(london, "GET", "/many-*/_count")["count"] == len(MANY), 30)
    assert hits <= len(MANY)


def test_all_of_it_fails_over_and_back(ansible: Runner, london: Running, paris: Running) -> None:
    """In a planned switchover, where nothing may be lost."""
    before = {name: documents(paris, name) for name in (SERIES, ALIAS, OLD, SHAPED, WIDE)}
    succeeded(ansible.playbook("failover", *FAILOVER, "-e", "planned=true"))
    measure(london, "london")
    write(london, ALIAS, "london")
    write(london, WIDE, "london")
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    assert notes(london) == []
    for name, more in ((SERIES, 1), (ALIAS, 1), (OLD, 0), (SHAPED, 0), (WIDE, 1)):
        assert len(documents(paris, name)) == len(before[name]) + more
        assert set(before[name]) <= set(documents(paris, name))
        until(lambda name=name: documents(london, name) == documents(paris, name))  # type: ignore[misc]
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
