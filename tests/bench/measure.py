# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook and counts what it took, by the same means for every contestant: the kernel's process accounting
and the servers' own HTTP tracer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import accounting
from kit import Lab
from kit.places import PROJECT
from kit.problems import KitError

HERE = Path(__file__).resolve().parent
TRACER = "logger.org.elasticsearch.http.HttpTracer"
REQUEST = re.compile(r"\[o\.e\.h\.HttpTracer *\] .*\]\[(GET|HEAD|POST|PUT|DELETE)\]\[([^\]]*)\] received request")
# Asked by POST because the question has a body.
QUESTIONS = ("/_query/api_key", "/_has_privileges", "/_search")


@dataclass
class Measured:
    """What one run took.

    :param requests: as the servers saw them, ``METHOD path``.
    :param processes: on the controller; forks that never execute a program count too.
    :param node_processes: on all hosts of the lab.
    :param tasks: task → seconds, in order.
    """

    seconds: float
    requests: list[str]
    processes: int
    node_processes: int
    jvms: int
    changed: int
    output: str
    tasks: list[tuple[str, float]] = field(default_factory=list)

    @property
    def writes(self) -> int:
        return len([r for r in self.requests if is_write(*r.split(" ", 1))])


def is_write(method: str, path: str) -> bool:
    return method not in ("GET", "HEAD") and not path.partition("?")[0].endswith(QUESTIONS)


class Meter:
    """Counts in a lab whose servers run; make one for a lab."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab = lab
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.node_accounts = directory / f"{lab.state.id}.acct"
        self.node_accounts.unlink(missing_ok=True)
        command = ["nsenter", "-t", str(lab.state.lab_pid), "-p", sys.executable, str(HERE / "accounting.py")]
        subprocess.run([*command, str(self.node_accounts)], check=True)
        for cluster in lab.clusters.values():
            status, answer = cluster.request("PUT", "/_cluster/settings", {"persistent": {TRACER: "TRACE"}})
            if status != 200:
                raise KitError(f"The HTTP tracer of {cluster.name} can't be switched on: {answer}")

    def playbook(self, playbook: str | Path, *arguments: str, **env: str) -> Measured:
        """It has to succeed."""
        accounts, result = self.directory / "run.acct", self.directory / "run.json"
        tasks = self.directory / "tasks.jsonl"
        for file in (accounts, result, tasks):
            file.unlink(missing_ok=True)
        logs = {file: file.stat().st_size for file in self._logs()}
        offset = self.node_accounts.stat().st_size
        name = str(playbook) if isinstance(playbook, Path) else f"crosscluster.elasticsearch.{playbook}"
        namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
        counted = [sys.executable, "-m", "bench.counted", str(accounts), str(result)]
        ansible = ["ansible-playbook", "-i", str(self.lab.inventory), name, *arguments]
        done = subprocess.run(
            self.lab.argv([*namespace, *counted, *ansible]),
            env=self.lab.environment() | self._environment(tasks) | env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise KitError(f"{name} failed:\n{done.stdout}")
        # What ran on the nodes ends a moment after the connection does.
        settled(lambda: self.node_accounts.stat().st_size)
        on_nodes = accounting.read(self.node_accounts, offset)
        return Measured(
            seconds=json.loads(result.read_text(encoding="utf-8"))["seconds"],
            requests=[request for file, size in logs.items() for request in _requests(file, size)],
            # Process 1 is the one that counts.
            processes=len([p for p in accounting.read(accounts) if p.pid != 1]),
            node_processes=len(on_nodes),
            jvms=len([p for p in on_nodes if p.command == "java"]),
            changed=sum(int(n) for n in re.findall(r" changed=(\d+) ", done.stdout)),
            output=done.stdout,
            tasks=_tasks(tasks),
        )

    def _logs(self) -> list[Path]:
        nodes = [node for node in self.lab.nodes.values() if not node.state.spare]
        return [file for node in nodes for file in node.log_files() if file.name == f"{node.cluster.name}.log"]

    def _environment(self, tasks: Path) -> dict[str, str]:
        return {
            "PATH": "%s%s%s" % (Path(sys.executable).parent, os.pathsep, os.environ["PATH"]),
            "PYTHONPATH": str(HERE.parent),
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "collections"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "times",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "BENCH_TASKS": str(tasks),
        }


def settled(look: Callable[[], Any], quiet: float = 0.2, limit: float = 5) -> None:
    """Until what is looked at has not changed for a while."""
    end = time.monotonic() + limit
    last, since = look(), time.monotonic()
    while time.monotonic() < min(end, since + quiet):
        time.sleep(0.02)
        if (now := look()) != last:
            last, since = now, time.monotonic()


def _requests(log: Path, offset: int) -> list[str]:
    with open(log, "rb") as stream:
        stream.seek(offset)
        return [" ".join(match.groups()) for match in REQUEST.finditer(stream.read().decode("utf-8", "replace"))]


def _tasks(file: Path) -> list[tuple[str, float]]:
    if not file.exists():
        return []
    return [tuple(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
