# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks on nodes become root, or what the inventory says; those on the controller never become anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
PLAYS = [
    pytest.param(play, id=f"{playbook.stem}: {play['name']}")
    for playbook in sorted((PROJECT / "playbooks").glob("*.yml"))
    for play in yaml.safe_load(playbook.read_text())
]
FILES = sorted([*PROJECT.glob("roles/*/tasks/*.yml"), *PROJECT.glob("playbooks/tasks/*.yml")])
# Their action plugins keep to themselves whatever is said of become.
ON_THE_CONTROLLER = {
    f"crosscluster.elasticsearch.{path.stem}"
    for path in PROJECT.glob("plugins/action/*.py")
    if "in_process import" in path.read_text() or path.stem == "credential_file"
}
MISSING = "/nonexistent/become"
EVERYTHING: dict[str, Any] = {"ansible_become": True, "ansible_become_exe": MISSING}


def all_tasks(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries or []:
        yield entry
        for part in ("block", "rescue", "always", "tasks"):
            yield from all_tasks(entry.get(part))


@pytest.mark.parametrize("play", PLAYS)
def test_plays_do_not_become(play: dict[str, Any]) -> None:
    assert play.get("ansible.builtin.import_playbook") or play.get("become") is False


@pytest.mark.parametrize("tasks", [*FILES, *sorted(PROJECT.glob("playbooks/*.yml"))], ids=lambda path: path.stem)
def test_who_becomes(tasks: Path) -> None:
    for task in all_tasks(yaml.safe_load(tasks.read_text())):
        where = task.get("delegate_to")
        if where is None or (where == "localhost" and set(task) & ON_THE_CONTROLLER):
            continue
        # Of all that says so, only a variable wins over one of the inventory.
        said = task.get("become"), task.get("vars", {}).get("ansible_become")
        assert said == ((False, False) if where == "localhost" else (True, None)), task["name"]


NOBODY: dict[str, Any] = {"url": "http://127.0.0.1:1", "retries": 0}
# As those of the playbooks and roles are.
ASK: dict[str, Any] = {
    "crosscluster.elasticsearch.cluster_info": NOBODY,
    "delegate_to": "localhost",
    "ignore_errors": True,
}
LOOK: dict[str, Any] = {
    "ansible.builtin.command": "true",
    "delegate_to": "lon-1",
    "become": True,
    "ignore_errors": True,
}
WRITE: dict[str, Any] = {
    "ansible.builtin.copy": {"content": "", "dest": "{{ playbook_dir }}/written", "mode": "0644"},
    "delegate_to": "localhost",
    "become": False,
    "vars": {"ansible_become": False},
}


def run(
    place: Path,
    tasks: list[dict[str, Any]],
    *options: str,
    node: dict[str, Any] | None = None,
    everywhere: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
) -> str:
    inventory = {
        "all": {
            "vars": everywhere or {},
            "hosts": {
                "london": {"ansible_host": "127.0.0.1", "ansible_port": 1},
                "lon-1": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": sys.executable,
                    **(node or {}),
                },
            },
        }
    }
    (place / "inventory.json").write_text(json.dumps(inventory))
    play = {"hosts": "london", "gather_facts": False, "become": False, "tasks": tasks}
    (place / "play.yml").write_text(json.dumps([play]))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.json", "play.yml", *options],
        check=False,
        capture_output=True,
        text=True,
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "tree"),
            "CROSSCLUSTER_IN_PROCESS": "0",
            # As root, too.
            "ANSIBLE_BECOME_ALLOW_SAME_USER": "1",
            **(env or {}),
        },
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("options", "everywhere", "env"),
    [
        pytest.param(("-b",), {"ansible_become_exe": MISSING}, {}, id="-b"),
        pytest.param((), {}, {"ANSIBLE_BECOME": "1", "ANSIBLE_BECOME_EXE": MISSING}, id="ansible.cfg"),
        pytest.param((), {**EVERYTHING, "ansible_become_method": "su"}, {}, id="group_vars/all, su"),
    ],
)
def test_become_is_for_nodes(
    options: tuple[str, ...], everywhere: dict[str, Any], env: dict[str, Any], tmp_path: Path
) -> None:
    told = run(tmp_path, [ASK, LOOK, WRITE], *options, everywhere=everywhere, env=env)
    assert "Cannot list the nodes on http://127.0.0.1:1" in told
    assert "[london -> lon-1]: FAILED! => " in told and MISSING in told.partition("[london -> lon-1]")[2]
    assert MISSING not in told.partition("TASK [ansible.builtin.command]")[0]
    assert (tmp_path / "written").exists()


def test_the_inventory_says_that_a_node_needs_no_become(tmp_path: Path) -> None:
    told = run(tmp_path, [LOOK], node={"ansible_become": False}, everywhere=EVERYTHING)
    assert "changed: [london -> lon-1]" in told, told


def test_a_task_that_says_it_itself_becomes(tmp_path: Path) -> None:
    assert MISSING in run(tmp_path, [{**ASK, "become": True}], env={"ANSIBLE_BECOME_EXE": MISSING})
