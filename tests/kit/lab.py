# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab that runs: its clusters, its nodes, and how to reach them. What the tests use."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from kit import api, hosts, inventory, local
from kit.faults import Faults
from kit.model import NodeState, State
from kit.places import RUN_DIR
from kit.problems import KitError, NotSupported

Completed = subprocess.CompletedProcess[str]


class Lab:
    def __init__(self, run_dir: Path, state: State) -> None:
        self.run_dir = run_dir
        self.state = state
        self.clusters = {name: Cluster(self, name) for name in state.clusters}
        self.nodes = {node.name: Node(self, node) for node in state.nodes}
        self.faults = Faults(self)

    @classmethod
    def attach(cls, run_dir: Path | str = RUN_DIR) -> Lab:
        """The lab that `python -m kit up` left running there."""
        place = Path(run_dir).resolve()
        lab = cls(place, State.load(place))
        if not lab.alive:
            raise KitError(f"The lab in {place} has ended: start it again with `python -m kit up`.")
        return lab

    @property
    def local(self) -> bool:
        return self.state.mode == "local"

    @property
    def alive(self) -> bool:
        return local.alive(self.state, self.run_dir) if self.local else hosts.alive(self.state)

    @property
    def inventory(self) -> Path:
        return self.run_dir / "inventory.yml"

    @property
    def ca(self) -> Path:
        return self.run_dir / "ca.pem"

    @property
    def vault_password(self) -> Path:
        """The file with the password, where the inventory has something vaulted."""
        return self.run_dir / "vault_password"

    @property
    def hosts(self) -> Path:
        """The controller's /etc/hosts, where it has one of its own."""
        return self.run_dir / "hosts"

    @property
    def logs(self) -> Path:
        return self.run_dir / "logs"

    @property
    def control_path(self) -> Path:
        """Short, because a socket's path has at most 107 characters."""
        return Path(tempfile.gettempdir()) / self.state.id

    @cached_property
    def accounts(self) -> dict[str, str]:
        """User → password, the same on all clusters: elastic, and the kit's USERS."""
        return json.loads((self.run_dir / "secrets.json").read_text(encoding="utf-8"))

    def node(self, name: str) -> Node:
        if name not in self.nodes:
            raise KitError(f"No node {name}: the lab has {', '.join(self.nodes)}.")
        return self.nodes[name]

    def environment(self) -> dict[str, str]:
        """No proxy leads into the lab."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return {**kept, "CROSSCLUSTER_LAB": str(self.run_dir), "ANSIBLE_INVENTORY": str(self.inventory)}

    def argv(self, argv: list[str]) -> list[str]:
        """The command as it has to be run to be in the lab's network."""
        if self.local:
            return argv
        names = hosts.knowing_names(self.hosts) if self.state.scenery.authority == "wildcard" else []
        return [*hosts.in_network(self.state), *names, *argv]

    def exec(self, argv: list[str], **keywords: Any) -> subprocess.CompletedProcess[Any]:
        """`subprocess.run` in the lab's network, with the lab's environment (`env` adds to it)."""
        check = keywords.pop("check", False)
        keywords["env"] = {**self.environment(), **keywords.get("env", {})}
        return subprocess.run(self.argv(argv), check=check, **keywords)

    def start_node(self, name: str) -> None:
        """Starts Elasticsearch on a spare host, waits until it has joined, and adds it to the inventory."""
        node = self.node(name)
        node.start_elasticsearch()
        node.cluster.wait_for(name)
        node.state.spare = False
        self.state.save(self.run_dir)
        self.write_inventory()

    def write_inventory(self) -> None:
        content = inventory.build(
            self.state,
            self.ca,
            self._written_accounts(),
            self.run_dir / "ssh_key",
            self.run_dir / "known_hosts",
            self.control_path,
        )
        self.inventory.touch(mode=0o600)
        text = yaml.dump(content, Dumper=inventory.Dumper, sort_keys=False)
        self.inventory.write_text(f"---\n{text}", encoding="utf-8")

    def _written_accounts(self) -> dict[str, str]:
        """As the inventory has them; the vault's password stands beside it."""
        if self.state.scenery.inventory != "vaulted":
            return self.accounts
        self.vault_password.touch(mode=0o600)
        self.vault_password.write_text(secrets.token_urlsafe(18))
        vault = [str(Path(sys.executable).with_name("ansible-vault")), "encrypt", "--output", "-"]
        vault += ["--vault-password-file", str(self.vault_password)]
        found: dict[str, str] = {}
        for name in ("operator", "ops"):
            done = subprocess.run(vault, input=self.accounts[name], check=True, capture_output=True, text=True)
            found[name] = inventory.Vaulted(done.stdout)
        return found

    def collect_logs(self) -> Path:
        """Copies the logs of every node to the run directory."""
        for node in self.nodes.values():
            target = self.logs / node.name
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for file in node.log_files():
                shutil.copyfile(file, target / file.name)
        return self.logs


class Cluster:
    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name

    @property
    def nodes(self) -> list[str]:
        """Those that run Elasticsearch."""
        return [node.name for node in self.lab.state.nodes_of(self.name) if not node.spare]

    @property
    def spares(self) -> list[str]:
        return [node.name for node in self.lab.state.nodes_of(self.name) if node.spare]

    @property
    def version(self) -> str:
        return self.lab.state.nodes_of(self.name)[0].version

    @property
    def urls(self) -> dict[str, str]:
        return {name: self.lab.nodes[name].state.url for name in self.nodes}

    @property
    def url(self) -> str:
        """Of the first node."""
        return self.lab.state.nodes_of(self.name)[0].url

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        user: str = "elastic",
        node: str | None = None,
        timeout: float = 60,
    ) -> tuple[int, Any]:
        """Status and answer; a string as body is sent as it is (bulk). By the first node unless one is named."""
        return api.request(
            self.lab.nodes[node].state.url if node else self.url,
            method,
            path,
            body,
            ca=self.lab.ca,
            user=user,
            password=self.lab.accounts[user],
            lab_pid=self.lab.state.lab_pid,
            source="" if self.lab.local else f"{self.lab.state.scenery.prefix()}{hosts.KIT_NUMBER}",
            timeout=timeout,
        )

    def wait_for(self, node: str, seconds: float = 300) -> None:
        """Until the cluster knows the node."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status, answer = self.request("GET", f"_nodes/{node}/_none")
            if status == 200 and answer["_nodes"]["successful"] == 1:
                return
            time.sleep(0.3)
        raise KitError(f"{node} did not join cluster {self.name} within {seconds:.0f} s.")


class Node:
    def __init__(self, lab: Lab, state: NodeState) -> None:
        self.lab = lab
        self.state = state
        self.name = state.name

    @property
    def ip(self) -> str:
        return self.state.ip

    @property
    def cluster(self) -> Cluster:
        return self.lab.clusters[self.state.cluster]

    def ssh_command(self, user: str = "root") -> list[str]:
        run_dir = self.lab.run_dir
        self.lab.control_path.mkdir(mode=0o700, exist_ok=True)
        options = [
            f"UserKnownHostsFile={run_dir / 'known_hosts'}",
            "StrictHostKeyChecking=no",
            "LogLevel=ERROR",
            "BatchMode=yes",
            "ConnectTimeout=60",
            "ControlMaster=auto",
            "ControlPersist=60s",
            f"ControlPath={self.lab.control_path}/kit-%C",
        ]
        command = ["ssh", "-i", str(run_dir / "ssh_key")]
        for option in options:
            command += ["-o", option]
        return self.lab.argv([*command, f"{user}@{self.ip}"])

    def run(
        self,
        cmd: str | list[str],
        input: str | None = None,
        user: str = "root",
        check: bool = True,
        timeout: float | None = None,
    ) -> Completed:
        """By ssh; in a local lab just here, as the node's own account. A string is given to a shell."""
        line = cmd if isinstance(cmd, str) else shlex.join(cmd)
        argv = ["/bin/sh", "-c", line] if self.lab.local else [*self.ssh_command(user), "--", line]
        environment = self.lab.environment()
        options: dict[str, Any] = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        if self.lab.local:
            environment |= local.environment(self.lab.run_dir, self.state)
            options |= local.identity()
        done = subprocess.run(
            argv,
            check=False,
            capture_output=True,
            encoding="utf-8",
            # A journal holds what others have logged, whatever that was.
            errors="backslashreplace",
            env=environment,
            timeout=timeout,
            **options,
        )
        if check and done.returncode:
            output = (done.stdout + done.stderr).strip()
            raise KitError(f"On {self.name}: {line!r} ended with {done.returncode}: {output[-2000:]}")
        return done

    def path(self, path: str | Path) -> Path:
        """The node's file, as this process sees it (root only): no ssh, no service on the node is needed."""
        if self.lab.local:
            return Path(path)
        top = hosts.top(self.lab.state, self.name)
        data = Path("/var/lib/elasticsearch")
        # A disk of its own, which the view from outside does not see below `root`.
        return (
            top / "data" / Path(path).relative_to(data)
            if data in [Path(path), *Path(path).parents]
            else top / "root" / str(path).lstrip("/")
        )

    def read_file(self, path: str | Path) -> str:
        return self.path(path).read_text(encoding="utf-8")

    def start_elasticsearch(self) -> None:
        """Blocks until the node is ready."""
        if self.lab.local:
            local.start(self.lab.state, self.lab.run_dir, self.state)
        else:
            self.run(f"systemctl enable --quiet --now {self.state.service}")

    def wait_for_ssh(self, seconds: float = 300) -> None:
        if self.lab.local:
            return
        end = time.monotonic() + seconds
        while self.run("true", check=False).returncode:
            if time.monotonic() > end:
                raise KitError(f"{self.name} does not answer ssh within {seconds:.0f} s.")
            time.sleep(0.1)

    @property
    def on(self) -> bool:
        return bool(local.pid(self.lab.run_dir, self.state)) if self.lab.local else not self._off.exists()

    @property
    def _off(self) -> Path:
        return hosts.top(self.lab.state, self.name) / "off"

    def log_files(self) -> list[Path]:
        if self.lab.local:
            logs = local.directory(self.lab.run_dir, self.name) / "logs"
            return [*sorted(logs.glob("*.log")), self.lab.logs / f"{self.name}.out"]
        console = hosts.top(self.lab.state, self.name) / "console.log"
        return [*sorted(self.path(self.state.logs).glob("*.log")), *([console] if console.exists() else [])]

    def last_log_lines(self, count: int = 15) -> str:
        for file in [path for path in self.log_files() if path.exists() and path.stat().st_size]:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            # A Java stack says nothing that its first line does not.
            lines = [line for line in lines if not line.startswith("\tat ")][-count:]
            return "\n".join(f"  {self.name} {file.name}: {line[:300]}" for line in lines)
        return f"  {self.name}: no log was written"

    def require_host(self, what: str) -> None:
        if self.lab.local:
            raise NotSupported(f"{what} needs real hosts; this lab's nodes are processes ({self.lab.state.reason}).")
