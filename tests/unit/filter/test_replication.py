# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.filter import (
    failback_plan,
    failover_plan,
    replication_order,
    replication_pause,
    replication_plan,
)

HERE = Path(__file__).parents[3]


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
    found = failback_plan.failback_plan(
        "paris", "london", "london", "paris", {}, [], nothing, nothing, {}, True, discard=[]
    )
    assert (found["done"], found["ready"], found["problems"]) == (True, True, [])


RULE = {
    "name": "all",
    "where": "london",
    "cluster": "london",
    "alias": "paris",
    "remote": "paris",
    "leaders": ["l-*"],
    "exclusions": [],
    "follower": "{leader_index}",
    "existing": True,
    "future": False,
    "pattern": "paris-all",
    "settings": {"index.number_of_replicas": 0},
    "parameters": {"max_retry_delay": "2s"},
}
INDEX = {
    "uuid": "u",
    "open": True,
    "system": False,
    "aliases": [],
    "data_stream": None,
    "write_block": False,
    "leader": None,
    "operations": 1,
    "soft_deletes": True,
    "searchable_snapshot": False,
    "indexing_complete": False,
    "lifecycle_policy": None,
    "born": 0,
    "pipelines": [],
}
NOTHING: dict[str, Any] = {
    "indices": {},
    "data_streams": {},
    "lifecycle_policies": [],
    "deleted": {},
    "deleted_after": {},
    "index_templates": {},
    "pipelines": [],
}


PLAN = "(lost | crosscluster.elasticsearch.failover_plan(rules, found, planned=true)).problems"


def test_failover_takes_variables_as_ansible_holds_them(tmp_path: Path) -> None:
    """Ansible's own containers can't be copied, as is done with the rules of a leader that nothing follows yet."""
    found = {
        "followers": {"followers": {}},
        "patterns": {"patterns": {"paris-all": {"pattern": {"remote_cluster": "paris", "active": True}}}},
        "here": NOTHING,
        "led": {"paris": {**NOTHING, "indices": {"l-1": INDEX}}},
        "records": {},
        "remotes": [{"item": "paris", "cluster": {"nodes": [{"name": "par-1"}]}}],
        "reach": {"remote_clusters": {"paris": {"nodes": [{"status": "proven"}]}}},
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"rules": [RULE], "found": found, "lost": [{"alias": "paris", "cluster": "paris"}]},
        "tasks": [{"ansible.builtin.debug": {"msg": "{{ %s }}" % PLAN}}],
    }
    playbook = tmp_path / "playbook.json"
    playbook.write_text(json.dumps([play]))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(playbook)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(tmp_path)},
        timeout=120,
    )
    assert "l-1" in done.stdout and done.returncode == 0, done.stdout + done.stderr
