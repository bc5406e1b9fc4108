# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs playbooks of the collection, as it was installed from its archive, and tells what their tasks did."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kit import Lab
from kit.places import PROJECT

HERE = Path(__file__).parent
# The newest ansible-core of the environment, and the oldest one that is supported.
CORES = {"newest": "venv", "oldest": "venv-oldest"}
VENV = PROJECT / ".cache" / CORES[os.environ.get("CROSSCLUSTER_CORE", "newest")] / "bin"


# Questions that need a body.
ASKING = ("/_query/api_key", "/_search", "/_has_privileges")


def is_write(method: str, path: str) -> bool:
    return method not in ("GET", "HEAD") and not path.endswith(ASKING)


@dataclass
class Run:
    """A finished run.

    :param records: what the callback plugin has written, one entry for each task, host and item.
    """

    code: int
    output: str
    records: list[dict[str, Any]]

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        lines = self.output.rpartition("PLAY RECAP")[2].splitlines()
        found = (re.match(r"^(\S+)\s+: (ok=.*)$", line) for line in lines)
        return {m[1]: {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", m[2])} for m in found if m}

    @property
    def changes(self) -> set[tuple[str, str, str]]:
        """What was changed, or would be: task, host, item."""
        return {(r["task"], r["host"], str(r["item"])) for r in self.records if r["changed"]}

    @property
    def errors(self) -> list[str]:
        failed = ("failed", "unreachable")
        return [str(r["result"].get("msg")) for r in self.records if r["status"] in failed]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [request for r in self.records for request in r["result"].get("requests") or []]

    @property
    def writes(self) -> list[str]:
        """Requests that change something."""
        return ["{method} {path}".format(**r) for r in self.requests if is_write(r["method"], r["path"])]

    @property
    def jvm_starts(self) -> int:
        counts = (
            r["result"].get("jvm_starts", (r["result"].get("node_info") or {}).get("jvm_starts")) for r in self.records
        )
        return sum(count or 0 for count in counts)

    def results(self, task: str) -> list[dict[str, Any]]:
        return [r["result"] for r in self.records if r["task"] == task and r["status"] != "skipped"]


def succeeded(run: Run) -> Run:
    assert run.code == 0, run.output
    return run


class Runner:
    def __init__(self, lab: Lab, directory: Path) -> None:
        self.lab = lab
        self.directory = directory
        self.declared: dict[str, Any] = {}
        self.variables: dict[str, dict[str, Any]] = {}
        # Groups of the inventory, beside the clusters.
        self.groups: dict[str, dict[str, Any]] = {}
        self.cwd: Path | None = None
        # The last run.
        self.process: subprocess.Popen[str] | None = None

    def vary(self, cluster: str, **variables: Any) -> None:
        """Other variables of a cluster than the kit's."""
        self.variables.setdefault(cluster, {}).update(variables)

    def declare(self, **remote_clusters: Any) -> None:
        """Cluster → its elasticsearch_remote_clusters; what else the inventory has is the kit's."""
        self.declared = remote_clusters

    def playbook(self, playbook: str | Path, *arguments: str, **env: str) -> Run:
        """A playbook of the collection by its name, or a file of a test."""
        inventory = self.directory / "declared.yml"
        hosts = {name: dict(variables) for name, variables in self.variables.items()}
        for name, value in self.declared.items():
            hosts.setdefault(name, {})["elasticsearch_remote_clusters"] = value
        # As the lab's own inventory names them.
        scenery = self.lab.state.scenery
        own = {scenery.host(name): variables for name, variables in hosts.items()}
        inventory.write_text(yaml.safe_dump({scenery.clusters_group(): {"hosts": own}, **self.groups}))
        record = self.directory / "record.jsonl"
        record.write_text("")
        name = str(playbook) if isinstance(playbook, Path) else "crosscluster.elasticsearch.%s" % playbook
        argv = ["ansible-playbook", "-i", str(self.lab.inventory), "-i", str(inventory), name, *arguments]
        if scenery.inventory == "groups":
            argv += ["-e", f"elasticsearch_clusters_group={scenery.clusters_group()}"]
        if scenery.inventory == "vaulted":
            argv += ["--vault-password-file", str(self.lab.vault_password)]
        with subprocess.Popen(
            self.lab.argv(argv),
            env=self.lab.environment() | self._environment(record) | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            cwd=self.cwd,
        ) as self.process:
            output, _nothing = self.process.communicate()
        # A run that was killed may have left half a line.
        whole = record.read_text().rpartition("\n")[0]
        records = [json.loads(line) for line in whole.splitlines()]
        return Run(self.process.returncode, output, records)

    def tasks(self, *tasks: dict[str, Any], hosts: str = "london", **env: str) -> Run:
        """Tasks of a test's own, in a play of their own."""
        play = {"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}
        file = self.directory / "tasks.yml"
        file.write_text(yaml.safe_dump([play], sort_keys=False))
        return self.playbook(file, **env)

    def _environment(self, record: Path) -> dict[str, str]:
        return {
            "PATH": "%s%s%s" % (VENV, os.pathsep, os.environ["PATH"]),
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "collections"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            # Of ssh and of sudo; ten seconds are not always enough where everything runs on two cores.
            "ANSIBLE_TIMEOUT": "60",
            "RECORD_FILE": str(record),
        }
