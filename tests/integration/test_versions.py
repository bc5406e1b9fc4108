# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch 8.19: the modules on it, and an 8.19 cluster that reads a 9.x one, which is a supported pair."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from evidence import INDEX, active_keys, aliases, held, search
from labs import booted
from runner import (
    Runner,
    succeeded,
)
from test_modules import LIVES, live, lived

from kit import Lab
from kit.jdk import NEWEST_8
from kit.model import ClusterSpec

pytestmark = pytest.mark.skipif(
    "CROSSCLUSTER_VERSION" in os.environ, reason="the whole suite runs on the version that was asked for"
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """The names are those of the other tests; here london is older than paris."""
    yield from booted("integration-versions", [ClusterSpec("london", 1, version=NEWEST_8), ClusterSpec("paris", 1)])


@pytest.mark.full
def test_an_8_19_cluster_reads_a_9_x_one(lab: Lab, ansible: Runner) -> None:
    for cluster in lab.clusters.values():
        _dummy, answer = cluster.request("GET", "/_nodes/_all/os")
        assert {node["version"] for node in answer["nodes"].values()} == {cluster.version}
    lab.clusters["paris"].request("PUT", f"/{INDEX}/_doc/1?refresh=true", {"title": "Momo"})
    ansible.declare(london={"paris": {"search": [INDEX]}})
    predicted = succeeded(ansible.playbook("connect", "--check", "--diff"))
    connected = succeeded(ansible.playbook("connect", "--diff"))
    assert predicted.changes == connected.changes
    assert "london/lon-1 → paris (proxy, api_key): proven" in connected.output
    assert (held(lab), search(lab)) == (active_keys(lab), "found")
    again = succeeded(ansible.playbook("connect"))
    assert (again.changes, again.writes) == (set(), [])
    succeeded(ansible.playbook("disconnect"))
    assert (held(lab), active_keys(lab), aliases(lab)) == ([None], [], {})


@pytest.fixture(scope="module")
def lives(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    # That shipped modules do the same is shown on the newest version.
    return live(lab, tmp_path_factory.mktemp("lives"), [{}], cluster="london")


@pytest.mark.full
@pytest.mark.parametrize("module", [make.__name__ for make in LIVES])
def test_life_of(module: str, lives: dict[str, Any]) -> None:
    lived(*lives[module])
