# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.crosscluster.elasticsearch.plugins.filter.leader_clusters import FilterModule, leader_clusters

PARIS = {"url": "https://paris.example:9200", "username": "operator", "password": "a password"}
ROME = {"url": ["https://rome.example:9200"], "api_key": "a key", "timeout": 12, "validate_certs": True}
INVENTORY = """
all:
  hosts:
    london:
      domain: example
      apis:
        paris:
          url: "https://paris.{{ domain }}:9200"
          password: !unsafe "{{ not a template }}"
"""


@pytest.mark.parametrize(
    ("clusters", "expected"),
    [
        ({}, []),
        ({"a": "paris", "b": "rome"}, [{**PARIS, "remote_cluster": "a"}, {**ROME, "remote_cluster": "b"}]),
        ({"b": "rome", "a": "paris"}, [{**ROME, "remote_cluster": "b"}, {**PARIS, "remote_cluster": "a"}]),
        # Two aliases of one cluster.
        ({"a": "paris", "b": "paris"}, [{**PARIS, "remote_cluster": "a"}, {**PARIS, "remote_cluster": "b"}]),
        # Clusters of another team.
        ({"a": None, "b": "oslo"}, []),
        ({"a": None, "b": "rome"}, [{**ROME, "remote_cluster": "b"}]),
    ],
)
def test_leader_clusters(clusters: dict[str, str | None], expected: list[dict[str, Any]]) -> None:
    assert leader_clusters(clusters, {"paris": PARIS, "rome": ROME}) == expected
    assert "remote_cluster" not in {**PARIS, **ROME}


def test_templates_are_resolved_and_secrets_are_not_taken_for_templates(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(INVENTORY)
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(path)])
    hostvars = HostVars(manager, VariableManager(loader=loader, inventory=manager), loader)
    [entry] = leader_clusters({"a": "paris"}, hostvars["london"]["apis"])
    assert entry == {
        "url": "https://paris.example:9200",
        "password": "{{ not a template }}",
        "remote_cluster": "a",
    }
    assert {value.__class__ for value in entry.values()} == {str}


def test_name_of_the_filter() -> None:
    assert FilterModule().filters() == {"leader_clusters": leader_clusters}
