# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From nothing to ready, and back."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from kit import cluster, distribution, hosts, image, layer, local, preflight
from kit.jdk import Jdk
from kit.lab import Lab
from kit.model import ClusterSpec, Server, State, node_names
from kit.places import cache_locked
from kit.problems import KitError, NotSupported
from kit.progress import complain, say
from kit.scenery import DOMAIN, Scenery

T = TypeVar("T")
# What `down` leaves is `logs`.
FILES = (
    *("state.json", "inventory.yml", "secrets.json", "vault_password", "ca.pem", "hosts"),
    *("ssh_key", "ssh_key.pub", "known_hosts", "control"),
)


def up(
    specs: list[ClusterSpec],
    run_dir: Path,
    version: str | None = None,
    remotes: dict[str, list[str]] | None = None,
    local_only: bool = False,
    bare: bool = False,
    scenery: Scenery | None = None,
) -> Lab:
    scenery = scenery or Scenery()
    clear(run_dir)
    # Two labs may be brought up together, and both may find the same packages missing.
    with cache_locked():
        plan = preflight.check(version, specs, local_only)
        if plan.mode == "local":
            say(f"nodes will be plain processes on 127.0.0.1, not hosts: {plan.reason}")
        if plan.mode == "local" and scenery != Scenery():
            raise NotSupported(f"sceneries need real hosts, and here nodes are processes: {plan.reason}")
        servers = {name: server(name, kit, plan.mode, scenery) for name, kit in plan.jdks.items()}
        debian = image.build() if plan.mode == "hosts" else None
    run_dir.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(run_dir / "logs", ignore_errors=True)
    (run_dir / "logs").mkdir()
    specs = [replace(spec, version=spec.version or plan.version) for spec in specs]
    names = node_names(specs)
    nodes = hosts.place(names, servers, scenery) if plan.mode == "hosts" else local.place(names, servers, run_dir)
    state = State(
        f"kit-{secrets.token_hex(4)}", plan.mode, plan.reason, nodes, remotes or {}, bare=bare, scenery=scenery
    )
    accounts = cluster.passwords()
    private(run_dir / "secrets.json", json.dumps(accounts, indent=2) + "\n")
    lab = Lab(run_dir, state)
    try:
        trust = cluster.Trust(state.clusters, scenery)
        trust.save(run_dir / "certificates")
        lab.ca.write_bytes(trust.bundle())
        known = [f"{node.ip} {node.name}.{DOMAIN}\n" for node in nodes]
        lab.hosts.write_text("".join(["127.0.0.1 localhost\n", *known]), encoding="utf-8")
        if debian:
            boot(lab, debian, servers, trust, accounts["elastic"])
        else:
            keystores = make_keystores(servers, accounts["elastic"], scenery)
            for node in state.nodes:
                local.configure(state, node, run_dir, trust, keystores[node.version], servers[node.version].full)
        state.save(run_dir)
        lab.write_inventory()
        running = [node for node in state.nodes if not node.spare]
        for name in state.versions:
            own = ", ".join(node.name for node in running if node.version == name)
            say(f"starting Elasticsearch {name} on {own}")
        together(lambda name: start_cluster(lab, name, accounts), state.clusters)
        state.ready = True
        state.save(run_dir)
    except BaseException:
        fail(lab)
        raise
    return lab


def server(version: str, kit: Jdk | None, mode: str, scenery: Scenery) -> Server:
    home = distribution.prepare(version, kit)
    java = link_jdk(home, kit.home) if kit else distribution.bundled_jdk(home)
    if mode == "local":
        return Server(version, home, java)
    return Server(version, home, hosts.self_contained(java), layer.build(home, version, scenery))


def make_keystores(servers: dict[str, Server], password: str, scenery: Scenery) -> dict[str, bytes]:
    """One for each version; each is a Java virtual machine's start."""
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda own: cluster.make_keystore(own.home, own.jdk, password, scenery), servers.values())
        return dict(zip(servers, made, strict=True))


def boot(lab: Lab, debian: Path, servers: dict[str, Server], trust: cluster.Trust, password: str) -> None:
    say(f"booting {len(lab.state.hosts)} Debian hosts")
    run_dir, state = lab.run_dir, lab.state
    with ThreadPoolExecutor() as pool:
        making = pool.submit(make_keystores, servers, password, state.scenery)
        key = run_dir / "ssh_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", state.id, "-f", key], check=True)
        hosts.start(state, run_dir, debian, servers)
        state.save(run_dir)
        public = key.with_suffix(".pub").read_text(encoding="utf-8")
        for host in state.hosts:
            for node in state.nodes_on(host):
                hosts.configure(state, node, trust, public, servers[node.version].full)
            hosts.boot(run_dir, host)
        keystores = making.result()
    for node in state.nodes:
        hosts.write_config(state, node, "elasticsearch.keystore", keystores[node.version])
    together(lambda node: node.wait_for_ssh(), lab.nodes.values())
    together(lambda host: hosts.surround(state, host, lab.accounts["ops"], lab.node(host).run), state.hosts)


def start_cluster(lab: Lab, name: str, accounts: dict[str, str]) -> None:
    own = lab.clusters[name]
    together(lambda node: lab.node(node).start_elasticsearch(), own.nodes)
    cluster.license_and_accounts(name, len(own.nodes), own.request, accounts)
    say(f"cluster {name} is ready")


def together(work: Callable[[T], None], items: Iterable[T]) -> None:
    """All at once; the first error is raised after all have ended."""
    with ThreadPoolExecutor(max_workers=32) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()


def link_jdk(home: Path, java: Path) -> Path:
    """Where a distribution has its JDK: its tools then need no environment."""
    link = home / "jdk"
    if os.path.realpath(link) != str(java):
        link.unlink(missing_ok=True)
        link.symlink_to(java)
    return java


def private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def fail(lab: Lab) -> None:
    """Keeps the logs, shows the last lines of each node that is not well, and leaves nothing running."""
    try:
        if lab.alive:
            for node in lab.nodes.values():
                if not node.state.spare and not serves(lab, node.name):
                    complain(node.last_log_lines())
        complain(f"The logs of all nodes are in {lab.collect_logs()}.")
    except (KitError, OSError) as problem:
        complain(f"Not all logs could be kept: {problem}")
    take_down(lab)


def serves(lab: Lab, node: str) -> bool:
    try:
        status, _dummy = lab.node(node).cluster.request("GET", "_cluster/health?timeout=1s", node=node, timeout=3)
    except OSError:
        return False
    return status == 200


def clear(run_dir: Path) -> None:
    """Refuses where a lab runs; removes what one left that was killed."""
    if (run_dir / "state.json").exists():
        lab = Lab(run_dir, State.load(run_dir))
        if lab.alive:
            raise KitError(f"A lab runs in {run_dir}: end it with `python -m kit down`, or give another --run-dir.")
        take_down(lab)
    remove_files(run_dir)


def down(run_dir: Path) -> None:
    lab = Lab(run_dir, State.load(run_dir))
    if lab.alive:
        lab.collect_logs()
    take_down(lab)


def take_down(lab: Lab) -> None:
    if lab.local:
        local.stop(lab.state, lab.run_dir)
    else:
        close_ssh(lab)
        hosts.stop(lab.state)
    remove_files(lab.run_dir)


def remove_files(run_dir: Path) -> None:
    for name in FILES:
        (run_dir / name).unlink(missing_ok=True)
    for name in ("certificates", "nodes"):
        shutil.rmtree(run_dir / name, ignore_errors=True)


def close_ssh(lab: Lab) -> None:
    """The masters of ssh live outside of the lab."""
    if lab.control_path.is_dir():
        for master in lab.control_path.iterdir():
            command = ["ssh", "-O", "exit", "-o", f"ControlPath={master}", "any"]
            subprocess.run(command, stdin=subprocess.DEVNULL, check=False, capture_output=True, timeout=60)
        shutil.rmtree(lab.control_path, ignore_errors=True)
