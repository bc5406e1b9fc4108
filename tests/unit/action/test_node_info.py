# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What node_info has found is printed only where it holds no secret."""

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

from ansible_collections.crosscluster.elasticsearch.plugins.action import node_info

HERE = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("found", "censored"),
    [
        ({"certificate_files": {"http": {"pem": "a certificate", "pkcs12": None}}, "configuration_files": []}, False),
        ({"certificate_files": {"http": {"pkcs12": "a key"}, "transport": {"pkcs12": None}}}, True),
        ({"configuration_files": [{"content": None}, {"content": "a: password"}]}, True),
        ({"certificate_files": {}, "configuration_files": None}, False),
    ],
)
def test_what_may_hold_a_secret_is_not_printed(
    found: dict[str, Any], censored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    result: dict[str, Any] = {"node_info": found}
    monkeypatch.setattr(NormalAction, "run", lambda *_arguments: result)
    action = node_info.ActionModule.__new__(node_info.ActionModule)
    action._task = SimpleNamespace(no_log=False, args={"certificate_files": ["http"]})
    action._connection = SimpleNamespace(_play_context=SimpleNamespace(no_log=False))
    assert action.run() is result
    assert (bool(result.get("_ansible_no_log")), action._task.no_log) == (censored, censored)
    # Nor by ssh, which does not know what is in it.
    assert action._connection._play_context.no_log


def test_a_pkcs12_file_and_elasticsearch_yml_are_registered_and_not_printed(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.yml").write_text(
        "xpack.security.http.ssl.keystore.path: a.p12\nx.password: not to be seen\n", encoding="utf-8"
    )
    (tmp_path / "a.p12").write_bytes(b"not to be seen either")
    ask = {
        "path_conf": str(tmp_path),
        "certificate_files": ["http"],
        "configuration_files": [{"path": "elasticsearch.yml"}],
    }
    there = [
        "found.certificate_files.http.pkcs12 | b64decode is search('either')",
        "found.configuration_files[0].content is search('seen')",
    ]
    tasks = [
        {"crosscluster.elasticsearch.node_info": ask, "loop": ["a node"], "register": "node"},
        {"ansible.builtin.assert": {"that": there}, "vars": {"found": "{{ node.results[0].node_info }}"}},
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
    assert "not to be seen" not in output
    assert "bm90IHRvIGJlIHNlZW4" not in output
