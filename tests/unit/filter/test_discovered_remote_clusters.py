# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.crosscluster.elasticsearch.plugins.filter.discovered_remote_clusters import (
    discovered_remote_clusters,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.inventory import (
    Alias,
    Cluster,
    Template,
    write,
)


def loaded(text: str, directory: Path) -> Any:
    """As Ansible understands it, with templates resolved."""
    file = directory / "discovered.yml"
    file.write_text(text)
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(file)])
    variables = VariableManager(loader=loader, inventory=inventory)
    return HostVars(inventory=inventory, variable_manager=variables, loader=loader)


def test_the_text() -> None:
    aliases = {
        "paris": Alias({"search": ["logs-*"]}, ["It is known."]),
        "rome": Alias({"search": ["a"], "replication": ["b"]}, ["It is not used."], in_force=False),
        "left": Alias(None, ["It is no alias."]),
    }
    text = write(
        {"london": Cluster(True, ["A note."], aliases), "oslo": Cluster(True), "bern": Cluster(False)}, "group"
    )
    assert (
        text.partition("---\n")[2]
        == """\
all:
  children:
    group:
      hosts:
        london:
          # A note.
          elasticsearch_remote_clusters:
            paris:
              # It is known.
              search:
              - logs-*
            # It is not used.
            # rome:
            #   search:
            #   - a
            #   replication:
            #   - b
            # Left over from left: It is no alias.
        oslo:
          elasticsearch_remote_clusters: {}
        bern:
"""
    )


def test_found_text_is_neither_a_template_nor_the_end_of_a_comment(tmp_path: Path) -> None:
    evil = "a\nall: {hosts: {evil: }}\u2028#\x85x {{ 1 + 1 }} {% if %} é"
    declaration = {"key_name": evil, "search": ["{{ 2 }}", "yes", "1", "*"], "credential": Template("{{ 'secret' }}")}
    alias = Alias(declaration, [evil])
    text = write({"london": Cluster(True, [evil], {"no": alias, evil: Alias(None, [evil])})}, "clusters")
    hostvars = loaded(text, tmp_path)
    assert list(hostvars) == ["london"]
    declared = hostvars["london"]["elasticsearch_remote_clusters"]["no"]
    assert declared["key_name"] == evil
    assert list(declared["search"]) == ["{{ 2 }}", "yes", "1", "*"]
    assert declared["credential"] == "secret"


def test_results_of_tasks_become_an_inventory(tmp_path: Path) -> None:
    found = {"london": {"cluster": {"msg": "unreachable"}, "remote_clusters": {}, "nodes": []}}
    text = discovered_remote_clusters(found, {"london": {"api_keys": []}}, {"london": {}}, "clusters")
    assert "# It could not be read: unreachable" in text
    assert list(loaded(text, tmp_path)) == ["london"]
