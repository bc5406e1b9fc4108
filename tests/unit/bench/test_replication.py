# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark of replication: what it declares, and how it reads what it has measured."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Any

from bench import replication
from bench.replication import (
    BATCHED,
    COUNTS,
    CREATED,
    CREATION,
    LOOP,
    MODULES,
    MOST,
    NO_OP,
    PATTERNS,
    REPLICATE,
    Cell,
    Run,
)
from stand_ins.ccr_gateway.log import Served, most_at_once

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import topology


def served(began: float, seconds: float, method: str = "PUT", path: str = "/a/_ccr/follow?x=1") -> Served:
    return Served("london", method, path, 200, seconds, began)


def test_each_leader_is_meant_by_one_pattern() -> None:
    names = replication.leaders(MOST)
    assert len(set(names)) == MOST
    for name in names:
        assert len([rule for rule in replication.rules().values() if fnmatch(name, rule)]) == 1
    # Fewer of them are the first ones, and then no pattern has two.
    assert replication.leaders(PATTERNS) == names[:PATTERNS]
    assert len({name.rpartition("-")[0] for name in names[:PATTERNS]}) == PATTERNS


def test_the_playbook_and_the_modules_declare_the_same_patterns() -> None:
    clusters: dict[str, Any] = {
        "london": {"elasticsearch_remote_clusters": {"paris": {"follow": replication.rules()}}},
        "paris": {"elasticsearch_remote_address": "paris:9443"},
    }
    groups = {"elasticsearch_clusters": list(clusters), "london_nodes": ["lon-1"]}
    expanded = topology.expand("london", clusters, groups)
    follow = expanded["remote_clusters"][0]["follow"]
    patterns = replication.declared(MOST)["patterns"]
    assert [(r["pattern"], r["alias"], r["leaders"]) for r in follow] == [
        (p["name"], p["remote_cluster"], p["leader_index_patterns"]) for p in patterns
    ]


def test_most_at_once() -> None:
    assert most_at_once([]) == 0
    assert most_at_once([served(1, 1), served(2, 1)]) == 1
    assert most_at_once([served(1, 3), served(2, 1), served(2.5, 4), served(6.6, 1)]) == 3


def run(seconds: float, requests: int, served: list[Served]) -> Run:
    return Run(seconds, ["GET /"] * requests, 3, 0, 0, 0, "", served=served)


def test_only_requests_to_follow_are_counted_as_such() -> None:
    others = [served(1, 1, "GET", "/_all/_ccr/info"), served(1, 1, "PUT", "/_ccr/auto_follow/a")]
    assert run(1, 3, [*others, served(1, 1)]).follows_at_once == 1
    assert run(1, 3, [*others, served(1, 1)]).answering == 3


def found(most: float, requests: int, creating: list[Served]) -> list[Cell]:
    cells = []
    for contestant, slow in ((MODULES, 1), (REPLICATE, 2), (BATCHED, 3), (LOOP, 40)):
        for count in COUNTS:
            many = count == MOST
            one = run(slow + (most if many else 0), requests if many else 5, [served(0, 0.1)])
            cells.append(Cell(NO_OP, count, contestant, [one] * 3))
        cells.append(Cell(CREATION, CREATED, contestant, [run(slow, 9, creating)]))
    return cells


def test_goals_that_are_met() -> None:
    met = replication.goals(found(0.19, 5, [served(0, 1)] * replication.PARALLEL), stand_in=True)
    assert all(goal.met for goal in met), met
    assert met[2].measured == "1.00 ms, 0.00 of them the stand-in's"


def test_a_machine_that_was_busier_before_meets_no_goal() -> None:
    met = replication.goals(found(-1.9, 5, []), stand_in=True)
    assert [goal.met for goal in met[2:4]] == [False, False]


def test_goals_that_are_not_met() -> None:
    met = replication.goals(found(1.9, 6, [served(0, 1)] * (replication.PARALLEL + 1)), stand_in=True)
    missed = [goal.what for goal in met if not goal.met]
    assert [what.partition(":")[0] for what in missed] == [
        "no-op, the plural modules",
        "no-op, replicate.yml",
        "no-op, the plural modules",
        "no-op, replicate.yml",
        "creation",
    ]
