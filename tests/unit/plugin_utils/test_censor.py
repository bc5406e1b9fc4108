# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New secrets are for register alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.crosscluster.elasticsearch.plugins.action import cross_cluster_api_key, node_certificates
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils import _censor

HERE = Path(__file__).parents[3]
PEM = f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\nend=\n-----END PRIVATE KEY-----\n"


def run(plugin: Any, name: str, result: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(NormalAction, "run", lambda *_arguments: result)
    action = plugin.ActionModule.__new__(plugin.ActionModule)
    action._task = SimpleNamespace(no_log=False, action=f"crosscluster.elasticsearch.{name}", args={})
    action._connection = SimpleNamespace(transport="ssh", _play_context=SimpleNamespace(no_log=False))
    assert action.run() is result
    return action


# With the function of ansible-core 2.22 and without it.
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("plugin", "name", "result", "registered", "hidden"),
    [
        (
            cross_cluster_api_key,
            "cross_cluster_api_key",
            {"encoded": "secret", "api_key": {"id": "x"}},
            ["secret"],
            False,
        ),
        (cross_cluster_api_key, "cross_cluster_api_key", {"api_key": {"id": "x"}}, None, False),
        (cross_cluster_api_key, "cross_cluster_api_keys", {"secure_settings": {"a": "s", "b": "t"}}, ["s", "t"], False),
        (cross_cluster_api_key, "cross_cluster_api_keys", {"secure_settings": {}}, None, False),
        (node_certificates, "node_certificates", {"certificates": [{"private_key": PEM}]}, [PEM, "A" * 64], True),
        (node_certificates, "node_certificates", {"certificates": [{"pkcs12": "x" * 900}]}, ["x" * 900], True),
        (node_certificates, "node_certificates", {"certificates": [{"private_key": None}]}, None, False),
        (node_certificates, "node_certificates", {"msg": "failed"}, None, False),
    ],
)
def test_a_new_secret_is_registered_or_else_hidden(
    plugin: Any,
    name: str,
    result: dict[str, Any],
    registered: list[str] | None,
    hidden: bool,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    monkeypatch.setattr(_censor, "register_secrets", told.append if known else None)
    action = run(plugin, name, dict(result), monkeypatch)
    assert told == ([registered] if known and registered else [])
    assert action._task.no_log is (registered is not None and (hidden or not known))
    # ssh is told before anybody knows what comes.
    assert action._connection._play_context.no_log


def test_a_private_key_can_be_used_and_is_not_printed(tmp_path: Path) -> None:
    """By any ansible-core; from 2.22 on it can't be printed later either."""
    authority = {"path": str(tmp_path / "ca"), "passphrase": "a long passphrase"}
    wanted = {"name": "lon-1", "purpose": "http", "dns": ["lon-1.example"]}
    tasks = [
        {"crosscluster.elasticsearch.certificate_authority": authority},
        {
            "crosscluster.elasticsearch.node_certificates": {"authority": authority, "certificates": [wanted]},
            "loop": [1],
            "register": "made",
        },
        {
            "ansible.builtin.copy": {
                "content": "{{ made.results[0].certificates[0].private_key }}",
                "dest": str(tmp_path / "key"),
            },
            "no_log": True,
        },
        {
            "ansible.builtin.debug": {"msg": "{{ made.results[0].certificates[0].private_key }}"},
            "when": "ansible_version.full is version('2.22.0rc1', '>=')",
        },
    ]
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-vvv", str(playbook)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(tmp_path)},
        timeout=120,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    lines = (tmp_path / "key").read_text(encoding="utf-8").splitlines()
    assert "PRIVATE KEY" in lines[0]
    assert [line for line in lines[1:-1] if len(line) == 64 and line in output] == []
