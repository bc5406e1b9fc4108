# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a secret could be left on the controller."""

from __future__ import annotations

from pathlib import Path

from interrupt import Point, Watch
from runner import Run, Runner


class Controller:
    """Runs whose files are all in one directory, and everything that they have said."""

    def __init__(self, ansible: Runner, watch: Watch, top: Path) -> None:
        self.ansible, self.watch, self.top = ansible, watch, top
        self.said: dict[str, str] = {}
        for name in ("home", "tmp", "cwd", "facts"):
            (top / name).mkdir(parents=True)
        ansible.cwd = top / "cwd"

    def run(self, what: str, playbook: str, *arguments: str, at: Point | None = None, **env: str) -> Run:
        places = {
            "HOME": str(self.top / "home"),
            "TMPDIR": str(self.top / "tmp"),
            "ANSIBLE_HOME": str(self.top / "home" / ".ansible"),
            "ANSIBLE_LOG_PATH": str(self.top / "ansible.log"),
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self.top / "facts"),
        }
        run = self.watch.run(self.ansible, playbook, "-vvvv", "--diff", *arguments, at=at, **places | env)
        assert at or run.code == 0, run.output
        self.said[f"output, {what}"] = run.output
        self.said[f"results, {what}"] = str(run.records)
        return run

    def leaks(self, secrets: list[str]) -> list[str]:
        found = [what for what, text in self.said.items() if any(secret in text for secret in secrets)]
        for file in filter(Path.is_file, self.top.rglob("*")):
            content = file.read_bytes()
            found += [f"{file} of the controller" for secret in secrets if secret.encode() in content]
        return found
