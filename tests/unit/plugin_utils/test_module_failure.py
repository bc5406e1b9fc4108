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

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._module_failure import (
    REMEDIES,
    failure_message,
)

ROOT = Path(__file__).parents[3]
FAILURE = "MODULE FAILURE: No start of json char found\nSee stdout/stderr for the exact error"
PYTHON = "Its Python is too old; name one of at least 3.8 by ansible_python_interpreter."


@pytest.mark.parametrize(
    ("err", "out", "says"),
    [
        pytest.param(
            "sudo: sorry, you must have a tty to run sudo\n",
            "",
            "exempt the account (Defaults:ACCOUNT !requiretty in sudoers).",
            id="tty",
        ),
        pytest.param("sudo: a password is required", "", "Give the password of sudo by ansible_become", id="password"),
        pytest.param(
            "sudo: no tty present and no askpass program specified", "", "Give the password of sudo", id="old"
        ),
        pytest.param(
            "", "me is not in the sudoers file.  This is reported.\r\n", "Let this account use sudo", id="sudoers"
        ),
        pytest.param("Sorry, user me is not allowed to execute '/bin/sh'", "", "Let this account use sudo", id="rule"),
        pytest.param("/bin/sh: 1: sudo: not found", "", "There is no sudo; name another way", id="no sudo"),
        pytest.param("su: Authentication failure", "", "Give the password of su", id="su"),
        pytest.param(
            'File "x.py", line 9\n from a import b\nSyntaxError: future feature annotations is not defined',
            "",
            PYTHON,
            id="Python 3.6",
        ),
        pytest.param(
            "/bin/sh: /usr/bin/python3: No such file or directory", "", "Name a Python that is", id="no Python"
        ),
        pytest.param("/bin/sh: 1: /usr/bin/python3.9: not found", "", "Name a Python that is there", id="dash"),
        pytest.param("mkdir: cannot create: No space left on device", "", "Free some space there.", id="disk"),
        pytest.param("cp: cannot create: Read-only file system", "", "Mount it writable", id="read only"),
    ],
)
def test_what_a_shell_says(err: str, out: str, says: str) -> None:
    text = failure_message({"msg": FAILURE, "module_stderr": err, "module_stdout": out, "rc": 1})
    last = " ".join((err or out).strip().splitlines()[-1].split())
    assert text.startswith("The module did not run: ") and last in text and says in text
    assert "MODULE FAILURE" not in text


def test_each_remedy_is_tried() -> None:
    (mark,) = test_what_a_shell_says.pytestmark  # type: ignore[attr-defined]
    for _pattern, remedy in REMEDIES:
        assert any(remedy.startswith(row.values[2]) or row.values[2] in remedy for row in mark.args[1]), remedy


@pytest.mark.parametrize(
    ("result", "text"),
    [
        pytest.param({"msg": "home: it is not there"}, "home: it is not there", id="a module that ran"),
        pytest.param({"msg": "Failed to connect to the host via ssh: no route"}, None, id="unreachable"),
        pytest.param(
            {"msg": "it failed", "module_stderr": " ", "module_stdout": ""}, "it failed", id="nothing printed"
        ),
        pytest.param({}, "", id="nothing at all"),
        pytest.param(
            {"msg": FAILURE, "module_stderr": "1\n2\n\n3\r\n 4  5\n"},
            "The module did not run: 2 | 3 | 4 5.",
            id="the end",
        ),
        pytest.param(
            {"msg": FAILURE, "module_stderr": "\n", "module_stdout": "segfault."},
            "The module did not run: segfault.",
            id="out",
        ),
        pytest.param(
            {"msg": FAILURE, "module_stderr": "x" * 30 + " y" * 200},
            "The module did not run: %s…." % ("x" * 30 + " y" * 85),
            id="long",
        ),
    ],
)
def test_what_is_told(result: dict[str, Any], text: str | None) -> None:
    assert failure_message(result) == (result["msg"] if text is None else text)


@pytest.mark.parametrize(
    "line",
    [
        'ANSIBALLZ_PARAMS = {"password": "s3cret"}',
        "password=s3cret",
        "api_key: s3cret",
        "Authorization: Basic s3cret",
        "{'encoded': 's3cret'}",
        "-----BEGIN s3cret",
        "c2VjcmV0LXMzY3JldC1zM2NyZXQtczNjcmV0LXMzY3JldA s3cret",
    ],
)
def test_no_line_with_a_secret_is_told(line: str) -> None:
    text = failure_message(
        {"msg": FAILURE, "module_stderr": "before\n%s\nNameError: x" % line, "module_stdout": "s3cret"}
    )
    assert text == "The module did not run: before | NameError: x."


def test_a_task_on_a_node_says_why_it_did_not_run(tmp_path: Path) -> None:
    """By Ansible itself, and a Python that is none."""
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\ncat >/dev/null\necho 'sudo: a password is required' >&2\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    tasks = [
        {
            "crosscluster.elasticsearch.keystore": {"settings": {}},
            "register": "found",
            "failed_when": False,
            "vars": {"ansible_python_interpreter": str(python)},
        },
        {"ansible.builtin.debug": {"msg": "told {{ found.msg }}"}},
    ]
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache/tree"), "ANSIBLE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "ansible", "playbook", "-c", "local", str(tmp_path / "play.yml")]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=300)
    says = "told The module did not run: sudo: a password is required. Give the password of sudo by ansible_become_"
    assert says in " ".join(done.stdout.split()), done.stdout + done.stderr
