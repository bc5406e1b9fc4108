# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.filter import (
    failback_plan,
    failover_plan,
    replication_order,
    replication_pause,
    replication_plan,
)


@pytest.mark.parametrize(
    "module", [failback_plan, failover_plan, replication_order, replication_pause, replication_plan]
)
def test_a_filter_has_the_name_of_its_file(module: Any) -> None:
    assert list(module.FilterModule().filters()) == [module.__name__.rpartition(".")[2]]


def test_pause_takes_results_of_a_loop() -> None:
    followers = {"f": {"remote_cluster": "paris", "leader_index": "l", "state": "following", "parameters": {}}}
    leaders: list[dict[str, Any]] = [
        {"item": {"alias": "paris"}, "indices": {"l": {"lease_period": "1h"}}},
        {"item": {"alias": "rome"}, "msg": "no answer"},
    ]
    found = replication_pause.replication_pause(["paris"], "pause", followers, {}, {}, leaders, "2026-01-01T00:00:00Z")
    assert "Resume before 2026-01-01T01:00:00Z" in found["report"][0]


def test_failback_takes_options_by_place_and_by_name() -> None:
    nothing: dict[str, Any] = {"indices": {}, "data_streams": {}}
    found = failback_plan.failback_plan("paris", "london", {}, [], nothing, nothing, {}, True, discard=True)
    assert (found["done"], found["ready"], found["problems"]) == (True, True, [])
