# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.limit import problem

CLUSTERS = ["london", "paris"]
NODES = ["lon-1", "lon-2", "par-1"]
GROUPS = {
    "all": [*CLUSTERS, *NODES, "web"],
    "clusters": CLUSTERS,
    "london_nodes": NODES[:2],
    "paris_nodes": NODES[2:],
}


@pytest.mark.parametrize(
    ("limit", "hosts", "says"),
    [
        pytest.param("", GROUPS["all"], "", id="no limit"),
        pytest.param("london", ["london"], "", id="a cluster"),
        pytest.param("clusters:!paris", ["london"], "", id="a pattern"),
        pytest.param("london,lon-1", ["london", "lon-1"], "", id="a cluster and a node of it"),
        pytest.param("london,web", ["london", "web"], "", id="what else the run of several playbooks is on"),
        pytest.param("london,paris_nodes", ["london", "par-1"], "", id="a group beside a cluster"),
        pytest.param(
            "lon-1",
            ["lon-1"],
            "the limit lon-1 leaves out london: lon-1 is a node of it. A run is on clusters, and reaches all of their "
            "nodes by itself; write --limit london.",
            id="a node",
        ),
        pytest.param(
            "london_nodes:paris_nodes",
            NODES,
            "lon-1, lon-2, par-1 are nodes of them. A run is on clusters, and reaches all of their nodes by itself; "
            "write --limit london,paris.",
            id="groups of nodes",
        ),
        pytest.param("paris,lon-1", ["paris", "lon-1"], "write --limit paris,london.", id="a node of another cluster"),
        pytest.param(
            "web",
            ["web"],
            "the limit web leaves no cluster to run on. Name clusters in it, as in --limit london; there are london, "
            "paris.",
            id="something else",
        ),
    ],
)
def test_what_a_limit_leaves(limit: str, hosts: list[str], says: str) -> None:
    found = problem("clusters", GROUPS, hosts, limit)
    assert says in found and bool(says) == bool(found)


@pytest.mark.parametrize("groups", [{"all": ["web"]}, {"all": ["web"], "clusters": []}])
def test_no_cluster_in_the_inventory(groups: dict[str, list[str]]) -> None:
    assert problem("clusters", groups, ["web"], "").startswith("no cluster is in the inventory: its group clusters is")


def test_without_an_inventory_the_syntax_can_be_checked() -> None:
    assert problem("clusters", {"all": [], "ungrouped": []}, [], "") == ""


def test_a_cluster_that_is_a_node_of_itself() -> None:
    """One server on one host, which stands in both groups."""
    groups = {"all": ["es"], "clusters": ["es"], "es_nodes": ["es"]}
    assert problem("clusters", groups, ["es"], "es") == ""


def test_many_are_not_all_listed() -> None:
    names = [f"c{number}" for number in range(1, 9)]
    told = problem("clusters", {"all": [*names, "web"], "clusters": names}, ["web"], "web")
    assert told.endswith("there are c1, c2, c3, c4, c5 and 3 more.")
