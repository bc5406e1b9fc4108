# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the beginning of each playbook does with extra variables and limits, by Ansible itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[3]
FILES = [f"{HERE}/playbooks/vars/{name}.yml" for name in ("run", "aliases")]
TAKES = ["aliases", "force", "state", "wait_timeout"]
TELL = [
    {"name": "Check", "ansible.builtin.import_tasks": f"{HERE}/playbooks/tasks/check_declaration.yml"},
    {
        "name": "Tell",
        "ansible.builtin.debug": {"msg": "told {{ elasticsearch_extra | to_json }} {{ elasticsearch_asked }}"},
    },
]


def run(folder: Path, *arguments: str, play: dict[str, Any] | None = None) -> tuple[int, str]:
    plays = [
        {"name": "Elsewhere", "hosts": "web", "gather_facts": False, "tasks": []},
        {
            "name": "Here",
            "hosts": "{{ elasticsearch_hosts }}",
            "gather_facts": False,
            "vars": {"elasticsearch_takes": TAKES, **(play or {})},
            "vars_files": FILES,
            "tasks": TELL,
        },
    ]
    groups = {
        "elasticsearch_clusters": {"hosts": {"london": None, "paris": None}},
        "london_nodes": {"hosts": {"lon-1": None}},
        "web": {"hosts": {"web-1": None}},
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"children": groups}}), encoding="utf-8")
    (folder / "site.yml").write_text(json.dumps(plays), encoding="utf-8")
    command = [sys.executable, "-m", "ansible", "playbook", "-i", f"{folder}/inventory.json", f"{folder}/site.yml"]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(folder)}
    done = subprocess.run(
        [*command, *arguments], check=False, capture_output=True, text=True, env=environment, timeout=120
    )
    return done.returncode, " ".join((done.stdout + done.stderr).replace("\\", "").split())


@pytest.mark.parametrize(
    ("given", "variables", "wanted"),
    [
        ({}, {}, {"state": "present", "force": False}),
        (
            {"aliases": "", "force": None, "state": "", "wait_timeout": None},
            {},
            {"state": "present", "wait_timeout": 600},
        ),
        ({"aliases": "a, b\n", "wait_timeout": "5"}, {}, {"aliases": ["a", "b"], "wait_timeout": 5}),
        ({"state": "started", "elasticsearch_state": "absent"}, {}, {"state": "absent"}),
        # As import_playbook gives them.
        ({}, {"aliases": ["a"], "force": "{{ 1 == 1 }}"}, {"aliases": ["a"], "force": True}),
        ({"elasticsearch_clusters_group": "", "parallel": "not taken, so not looked at"}, {}, {"parallel": 10}),
    ],
)
def test_extra_variables(
    given: dict[str, Any], variables: dict[str, Any], wanted: dict[str, Any], tmp_path: Path
) -> None:
    code, output = run(tmp_path, "-e", json.dumps(given), play=variables)
    assert code == 0, output
    told = json.JSONDecoder().raw_decode(output, output.index("told ") + 5)[0]
    assert {name: told[name] for name in wanted} == wanted
    assert f" {wanted.get('aliases', [])}" in output


def test_a_bad_value_is_told_before_anything_else(tmp_path: Path) -> None:
    code, output = run(tmp_path, "-e", "force=perhaps state=gone")
    assert code == 2 and "told" not in output
    assert "force: it is 'perhaps'; write true or false. state: it is 'gone'; write present or absent." in output


@pytest.mark.parametrize(
    ("limit", "says"),
    [("lon-1", "write --limit london."), ("web", "Name clusters in it, as in --limit london; there are")],
)
def test_a_limit_without_a_cluster_is_no_success(limit: str, says: str, tmp_path: Path) -> None:
    code, output = run(tmp_path, "--limit", limit)
    assert code != 0 and f"Nothing was done: the limit {limit} leaves " in output and says in output, output


def test_who_runs_several_playbooks_may_have_it_skipped(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--limit", "web", play={"elasticsearch_may_skip": True})
    assert code == 0 and "skipping: no hosts matched" in output, output


def test_a_limit_with_a_cluster(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--limit", "london,web")
    assert code == 0 and "ok: [london]" in output and "paris" not in output, output
