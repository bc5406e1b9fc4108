# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of 200 nodes: one call of the module, Elasticsearch's own tool, and tasks that loop over nodes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.report import Goal
from kit import distribution, jdk
from kit.places import PROJECT
from kit.problems import KitError

PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"
PASSPHRASE = "a passphrase for the bench"
NODES = 200
# A loop needs seconds a node, so that its time for all of them is extrapolated.
LOOPED = 5
REPEAT = 3


@dataclass
class Row:
    what: str
    seconds: float
    note: str = ""


def goal(what: str, most: float, measured: float) -> Goal:
    return Goal(what, "%.3f" % measured, measured <= most)


def nodes(count: int) -> list[dict[str, Any]]:
    return [
        {
            "name": f"node-{number:03}",
            "purpose": "transport",
            "dns": [f"node-{number:03}", f"node-{number:03}.example"],
            "ip": [f"10.1.{number // 250}.{number % 250 + 1}"],
        }
        for number in range(count)
    ]


def measure(collections: Path = PROJECT / ".cache/collections") -> tuple[list[Row], list[Goal]]:
    """
    :param collections: where the collection is installed.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        directory = Path(scratch)
        _ca(directory / "authority", collections)
        one = _timed(lambda: _ours(directory, 1, "ec_p256", collections))
        fast = _timed(lambda: _ours(directory, NODES, "ec_p256", collections))
        rsa = _timed(lambda: _ours(directory, NODES, "rsa_2048", collections))
        tool = _certutil(directory)
        loop = _looped(directory, LOOPED, collections)
        every = (loop - _looped(directory, 1, collections)) / (LOOPED - 1) * NODES
    rows = [
        Row("node_certificates, EC P-256", fast, f"the whole playbook; with 1 node {one:.2f} s"),
        Row("node_certificates, RSA 2048", rsa, f"on {os.cpu_count()} processors"),
        Row("elasticsearch-certutil cert --in --pem", tool, "RSA 2048, it makes no other keys"),
        Row("tasks that loop over nodes, EC P-256", every, f"extrapolated from {LOOPED} nodes, {loop:.1f} s"),
    ]
    goals = [
        goal("EC: at most 1/10 of certutil, which signs RSA", 1 / 10, fast / tool),
        goal("RSA: at most 0.6 of certutil", 0.6, rsa / tool),
        goal("EC: at most 1/50 of looped tasks", 1 / 50, fast / every),
    ]
    return rows, goals


def _timed(work: Callable[[], Any], repeat: int = REPEAT) -> float:
    seconds = []
    for _dummy in range(repeat):
        begin = time.monotonic()
        work()
        seconds.append(time.monotonic() - begin)
    return median(seconds)


def _ca(directory: Path, collections: Path) -> None:
    task = {"path": str(directory), "passphrase": "{{ lookup('ansible.builtin.env', 'BENCH_PASSPHRASE') }}"}
    play = {"hosts": "localhost", "gather_facts": False}
    file = directory.parent / "ca.yml"
    tasks = [{"crosscluster.elasticsearch.certificate_authority": task}]
    file.write_text(json.dumps([{**play, "tasks": tasks}]), encoding="utf-8")
    _run(["ansible-playbook", str(file)], _environment(collections))


def _ours(directory: Path, count: int, key_type: str, collections: Path) -> None:
    values = {"directory": str(directory / "authority"), "nodes": nodes(count), "key_type": key_type}
    _playbook("certificates.yml", values, collections)


def _looped(directory: Path, count: int, collections: Path) -> float:
    place = directory / "loop"
    shutil.copytree(directory / "authority", place)
    values = {"directory": str(place), "nodes": nodes(count)}
    seconds = _timed(lambda: _playbook("certificates_loop.yml", values, collections), repeat=1)
    made = len(list(place.glob("node-*.crt")))
    shutil.rmtree(place)
    if made != count:
        raise KitError(f"The loop made {made} certificates of {count}.")
    return seconds


def _certutil(directory: Path) -> float:
    """With a CA that is there, as the module has one."""
    version, java, _remark = jdk.choose(None, jdk.find())
    home = distribution.prepare(version, None if distribution.given() else java)
    env = {**os.environ, "ES_JAVA_HOME": str(java.home)}
    tool = str(home / "bin/elasticsearch-certutil")
    _run([tool, "ca", "--silent", "--pem", "--out", str(directory / "ca.zip")], env)
    shutil.unpack_archive(directory / "ca.zip", directory)
    instances = [{"name": node["name"], "dns": node["dns"], "ip": node["ip"]} for node in nodes(NODES)]
    listed = directory / "instances.yml"
    listed.write_text(json.dumps({"instances": instances}), encoding="utf-8")
    authority = ["--ca-cert", str(directory / "ca/ca.crt"), "--ca-key", str(directory / "ca/ca.key")]
    made = directory / "nodes.zip"

    def work() -> None:
        made.unlink(missing_ok=True)
        _run([tool, "cert", "--silent", "--in", str(listed), "--pem", *authority, "--out", str(made)], env)

    return _timed(work)


def _playbook(name: str, values: dict[str, Any], collections: Path) -> None:
    _run(["ansible-playbook", str(PLAYBOOKS / name), "-e", json.dumps(values)], _environment(collections))


def _environment(collections: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": "%s%s%s" % (Path(sys.executable).parent, os.pathsep, os.environ["PATH"]),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(PROJECT / ".cache/ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "BENCH_PASSPHRASE": PASSPHRASE,
    }


def _run(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise KitError(f"{Path(command[0]).name} failed:\n{done.stdout}")
