# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the playbook failover gets where nobody answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[3]
# Nobody listens there.
NOWHERE = {"elasticsearch_url": "http://127.0.0.1:1", "elasticsearch_username": "u", "elasticsearch_password": "secret"}


def failover(folder: Path, paris: dict[str, Any], *arguments: str) -> str:
    """Its output; London follows Paris."""
    hosts = {
        "london": {"elasticsearch_remote_clusters": {"paris": {"follow": {"m": "m-*"}}}},
        "paris": {"elasticsearch_remote_address": "paris:9443", "elasticsearch_remote_clusters": paris},
    }
    groups: dict[str, Any] = {f"{name}_nodes": {"hosts": {f"{name}-1": None}} for name in hosts}
    groups["elasticsearch_clusters"] = {"vars": NOWHERE, "hosts": hosts}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": groups}}), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", str(inventory), str(HERE / "playbooks/failover.yml")]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(folder)}
    done = subprocess.run(
        [*command, "--limit", "london", "-e", "aliases=paris", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("planned", "stops"), [("false", False), ("true", True)])
def test_a_mistake_in_what_the_lost_cluster_declares_stops_nobody(tmp_path: Path, planned: str, stops: bool) -> None:
    """In a switchover it is to follow by what it declares."""
    output = failover(tmp_path, {"london": {"replication": ["m-*"], "adress": "typo"}}, "-e", f"planned={planned}")
    assert ("there is no option adress" in output) == stops, output
    assert ("Connection refused" in output) != stops, output
