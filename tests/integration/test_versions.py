# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch 8.19: the modules on it, and an 8.19 cluster that reaches a 9.x one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import RUN_DIR
from runner import Run, Runner
from test_modules import LIVES, life_of

from kit import Lab
from kit.jdk import NEWEST, NEWEST_8
from kit.model import ClusterSpec
from kit.up import down, up

pytestmark = pytest.mark.skipif(
    "CROSSCLUSTER_VERSION" in os.environ, reason="the whole suite runs on the version that was asked for"
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Berlin has the newest 8.x, paris the newest 9.x."""
    run_dir = RUN_DIR.with_name(RUN_DIR.name + "-versions")
    yield up([ClusterSpec("berlin", 1, version=NEWEST_8), ClusterSpec("paris", 1, version=NEWEST)], run_dir)
    down(run_dir)


@pytest.mark.parametrize("make", LIVES, ids=lambda make: make.__name__)
def test_life_on_8_19_of(make: Any, lab: Lab, ansible: Runner) -> None:
    life_of(make, lab, ansible, "berlin")


def test_an_8_19_cluster_reads_a_9_x_one(lab: Lab, ansible: Runner) -> None:
    def succeeded(run: Run) -> Run:
        assert run.code == 0, run.output
        return run

    status, _dummy = lab.clusters["paris"].request("PUT", "/books/_doc/1?refresh=true", {"title": "Momo"})
    assert status == 201
    ansible.declare(berlin={"paris": {"search": ["books"]}})
    assert "berlin/ber-1 → paris (proxy, api_key): proven" in succeeded(ansible.playbook("connect")).output
    assert succeeded(ansible.playbook("connect")).changes == set()
    status, answer = lab.clusters["berlin"].request("GET", "/paris:books/_search", user="searcher")
    assert [hit["_source"] for hit in answer["hits"]["hits"]] == [{"title": "Momo"}]
    succeeded(ansible.playbook("disconnect"))
    _dummy, answer = lab.clusters["berlin"].request("GET", "/_cluster/settings?flat_settings=true")
    assert not [name for name in answer["persistent"] if "remote" in name]
