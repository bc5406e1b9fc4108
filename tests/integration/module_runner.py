# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules one after the other in one process of a lab: many calls need neither a playbook nor a Python each.

As a program it reads a line of JSON for each call, and writes the line that the module has printed.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import subprocess
import sys
from typing import Any

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as common_warnings

from kit import Lab
from kit.places import PROJECT

MODULES = "ansible_collections.crosscluster.elasticsearch.plugins.modules"


class ModuleRunner:
    """One process, until it is stopped."""

    def __init__(self, lab: Lab) -> None:
        tests = PROJECT / "tests"
        path = [str(PROJECT / ".cache" / "collections"), str(tests), str(tests / "integration")]
        self._process = subprocess.Popen(
            lab.argv([sys.executable, "-m", "module_runner"]),
            env={**lab.environment(), "PYTHONPATH": ":".join(path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, module: str, options: dict[str, Any]) -> dict[str, Any]:
        """What the module returns, or fails with."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"module": module, "options": options}) + "\n")
        self._process.stdin.flush()
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        return result

    def stop(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


def run(module: str, options: dict[str, Any]) -> str:
    """As the collection does it inside a worker of Ansible."""
    for kept in ("_global_warnings", "_global_deprecations"):
        getattr(common_warnings, kept).clear()
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        importlib.import_module(f"{MODULES}.{module}").main()
    return printed.getvalue().strip()


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(run(**json.loads(line)) + "\n")
        sys.stdout.flush()
