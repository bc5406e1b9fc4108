# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fallback: nodes as processes of one account on 127.0.0.1, everything below the run directory."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from kit import layer
from kit.cluster import Trust, files
from kit.model import ClusterSpec, NodeState, Server, State
from kit.problems import KitError

FIRST_PORT = 19200
# Elasticsearch refuses to run as root; this account exists everywhere and owns nothing else.
ACCOUNT = "nobody"


def place(nodes: list[tuple[str, ClusterSpec, bool]], servers: dict[str, Server], run_dir: Path) -> list[NodeState]:
    ports = free_ports(3 * len(nodes))
    return [
        NodeState(
            name,
            spec.name,
            spec.version,
            str(servers[spec.version].jdk),
            "127.0.0.1",
            http_port=ports[3 * number],
            transport_port=ports[3 * number + 1],
            remote_port=ports[3 * number + 2],
            spare=spare,
            home=str(servers[spec.version].home),
            config=str(run_dir / "nodes" / name / "config"),
            address="127.0.0.1",
            host=name,
        )
        for number, (name, spec, spare) in enumerate(nodes)
    ]


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    # Labs that boot together find the same ports free until their nodes run, so each process begins elsewhere.
    for port in range(FIRST_PORT + os.getpid() % 100 * 100, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise KitError("No free ports on 127.0.0.1: stop other programs.")


def account() -> tuple[int, int] | None:
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(ACCOUNT)
    return entry.pw_uid, entry.pw_gid


def identity() -> dict[str, Any]:
    """Options of `subprocess.run`: as whom a node and its tools run."""
    owner = account()
    return {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}


def directory(run_dir: Path, node: str) -> Path:
    return run_dir / "nodes" / node


def configure(state: State, node: NodeState, run_dir: Path, trust: Trust, keystore: bytes, full: bool) -> None:
    place = directory(run_dir, node.name)
    config = Path(node.config)
    paths = {"data": str(place / "data"), "logs": str(place / "logs")}
    shutil.copytree(Path(node.home) / "config", config)
    for name in ("data", "logs", "tmp"):
        (place / name).mkdir()
    layer.write(config / "jvm.options.d/lab.options", layer.JVM_OPTIONS + "-XX:-UsePerfData\n")
    for name, content in {**files(state, node, trust, paths, full), "elasticsearch.keystore": keystore}.items():
        file = config / name
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o660)
        file.write_bytes(content)
    owner = account()
    if owner:
        for path in (place, *place.rglob("*")):
            os.chown(path, *owner)


def environment(run_dir: Path, node: NodeState) -> dict[str, str]:
    # Java would leave files in the machine's temporary directory.
    temporary = str(directory(run_dir, node.name) / "tmp")
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(directory(run_dir, node.name)),
        "ES_JAVA_HOME": node.jdk,
        "ES_PATH_CONF": node.config,
        "ES_TMPDIR": temporary,
        "CLI_JAVA_OPTS": f"-Djava.io.tmpdir={temporary} -XX:-UsePerfData",
    }


def start(state: State, run_dir: Path, node: NodeState) -> None:
    """Blocks until the node is ready."""
    own = directory(run_dir, node.name)
    output = run_dir / "logs" / f"{node.name}.out"
    with open(output, "wb") as log:
        done = subprocess.run(
            [Path(node.home) / "bin/elasticsearch", "-d", "-p", own / "pid"],
            check=False,
            env=environment(run_dir, node),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=own,
            **identity(),
        )
    if done.returncode:
        raise KitError(f"Elasticsearch did not start on {node.name} (code {done.returncode}).")


def pid(run_dir: Path, node: NodeState) -> int:
    """Of the running server, 0 when it does not run; its environment proves that the number is its own."""
    try:
        number = int((directory(run_dir, node.name) / "pid").read_text(encoding="utf-8"))
        mine = f"ES_PATH_CONF={node.config}\0".encode() in Path(f"/proc/{number}/environ").read_bytes() + b"\0"
    except (OSError, ValueError):
        return 0
    return number if mine else 0


def alive(state: State, run_dir: Path) -> bool:
    return any(pid(run_dir, node) for node in state.nodes)


def stop(state: State, run_dir: Path) -> None:
    """Asks first, because a Java that is killed leaves files behind."""
    for how, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        for number in filter(None, [pid(run_dir, node) for node in state.nodes]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, how)
        end = time.monotonic() + seconds
        while alive(state, run_dir) and time.monotonic() < end:
            time.sleep(0.05)
