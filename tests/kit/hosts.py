# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as real Debian hosts: one process, the owner, holds all of them; its end is the lab's end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kit import layer, preflight
from kit.cluster import Trust, files
from kit.image import ELASTICSEARCH_ID
from kit.model import PROXY_PORT, ClusterSpec, NodeState, Server, State
from kit.places import CACHE, KIT, cache_locked
from kit.problems import KitError
from kit.progress import say
from kit.scenery import Scenery

FIRST_ADDRESS = 11
CONTROLLER = 1
# By which the kit itself asks: no host refuses it.
KIT_NUMBER = 2
# Each host has its own systemd, and all of them are root to the kernel; without inotify its boot stops in the middle.
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
INOTIFY_PER_HOST = 10

# Each request is another node's turn, also those that share a connection.
PROXY = f"""\
defaults
    mode http
    option http-server-close
    timeout connect 5s
    timeout client 120s
    timeout server 120s
listen elasticsearch
    bind :{PROXY_PORT} ssl crt /etc/haproxy/lab.pem
    balance roundrobin
    default-server inter 500ms fall 1 rise 1"""


def place(nodes: list[tuple[str, ClusterSpec, bool]], servers: dict[str, Server], scenery: Scenery) -> list[NodeState]:
    found = [
        NodeState(
            name,
            spec.name,
            spec.version,
            str(servers[spec.version].jdk),
            f"{scenery.prefix()}{FIRST_ADDRESS + number}",
            spare=spare,
            home=scenery.home(),
            config=scenery.config(),
            # Names hide what an address looks like.
            address=f"[{scenery.prefix()}{FIRST_ADDRESS + number}]" if scenery.network == "ipv6" else name,
            host=name,
            plain_http=scenery.network == "proxy",
        )
        for number, (name, spec, spare) in enumerate(nodes)
    ]
    return together(found) if scenery.installation == "instances" else found


def together(nodes: list[NodeState]) -> list[NodeState]:
    """The nodes of a cluster on the host of its first one."""
    found: list[NodeState] = []
    for cluster in dict.fromkeys(node.cluster for node in nodes):
        first, *others = [node for node in nodes if node.cluster == cluster]
        if len(others) >= len(layer.INSTANCES):
            raise KitError(
                f"scenery: with instances a cluster has {len(layer.INSTANCES)} nodes at most, spares included."
            )
        found += [on_host(first, node, number) for number, node in enumerate([first, *others])]
    return found


def on_host(first: NodeState, node: NodeState, number: int) -> NodeState:
    instance = layer.INSTANCES[number]
    return replace(
        node,
        ip=first.ip,
        address=first.address,
        host=first.name,
        http_port=node.http_port + number,
        transport_port=node.transport_port + number,
        remote_port=node.remote_port + number,
        config=f"{node.config}/{instance}",
        service=f"elasticsearch@{instance}",
        data=f"{node.data}/{instance}",
        logs=f"{node.logs}/{instance}",
    )


def start(state: State, run_dir: Path, image: Path, servers: dict[str, Server]) -> None:
    """Starts the owner, detached, and waits for its networks and file systems; no host is booted yet."""
    allow_inotify(len(state.hosts))
    control = run_dir / "control"
    control.unlink(missing_ok=True)
    os.mkfifo(control, 0o600)
    # Open for reading and writing, so that the owner never sees an end of file while it lives.
    lifeline = os.open(control, os.O_RDWR)
    log = run_dir / "logs" / "lab.log"
    namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--mount-proc"]
    arguments: list[object] = [KIT / "lab-init", state.id, image, state.scenery.prefix()]
    for node in state.nodes:
        if node.name == node.host:
            arguments += [node.name, node.ip, servers[node.version].layer, node.jdk]
    with open(log, "wb") as output:
        owner = subprocess.Popen(
            ["unshare", "--kill-child=KILL", *namespaces, "bash", *map(str, arguments)],
            stdin=lifeline,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
        )
    os.close(lifeline)
    state.owner_pid = owner.pid
    state.owner_started = started(owner.pid)
    end = time.monotonic() + 120
    while time.monotonic() < end and owner.poll() is None:
        children = Path(f"/proc/{owner.pid}/task/{owner.pid}/children").read_text(encoding="utf-8").split()
        if children and Path(f"/proc/{children[0]}/root/run/lab/ready").exists():
            state.lab_pid = int(children[0])
            return
        time.sleep(0.05)
    owner.kill()
    raise KitError(f"The lab did not come up: {log.read_text(encoding='utf-8', errors='replace').strip()}")


def allow_inotify(hosts: int) -> None:
    """The usual limit of 128 is used up by two dozen hosts, of whatever labs there are."""
    wanted = max(1024, 2 * INOTIFY_PER_HOST * hosts)
    if int(INOTIFY.read_text()) < wanted:
        try:
            INOTIFY.write_text(str(wanted))
        except OSError as error:
            say(
                f"fs.inotify.max_user_instances can't be raised to {wanted} ({error.strerror}); many hosts may not boot"
            )


def started(pid: int) -> str:
    """The start time of a process: with its number it is unique. Empty when the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def alive(state: State) -> bool:
    return bool(state.owner_pid) and started(state.owner_pid) == state.owner_started


def stop(state: State) -> None:
    """Ends the owner; the kernel then removes processes, mounts and networks."""
    if alive(state):
        os.kill(state.owner_pid, signal.SIGKILL)
    end = time.monotonic() + 20
    while time.monotonic() < end and (started(state.owner_pid) or started(state.lab_pid)):
        time.sleep(0.05)
    remove_cgroups(state.id)


def remove_cgroups(lab: str) -> None:
    """Empty directories are all that can be left; a process that still ends keeps its own for a moment."""
    for _dummy in range(40):
        left = [*Path("/sys/fs/cgroup").glob(f"*/{lab}"), Path("/sys/fs/cgroup") / lab]
        left = [top for top in left if top.is_dir()]
        if not left:
            return
        for top in left:
            for directory, _dummy_dirs, _dummy_files in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(directory)
        time.sleep(0.05)


def boot(run_dir: Path, host: str) -> None:
    # Not blocking: without an owner there is no reader, and that is an error.
    control = os.open(run_dir / "control", os.O_WRONLY | os.O_NONBLOCK)
    os.write(control, f"boot {host}\n".encode())
    os.close(control)


def top(state: State, node: str) -> Path:
    """What the lab keeps of a node's host: `root`, `data`, `console.log`, and `off` when it is off."""
    return Path(f"/proc/{state.lab_pid}/root/run/lab/{state.host_of(node)}")


def in_network(state: State) -> list[str]:
    return ["nsenter", "-t", str(state.lab_pid), "-n", "--"]


def knowing_names(names: Path) -> list[str]:
    """A command's own /etc/hosts, beside which the machine's stays as it is."""
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(names)]


def in_host_network(state: State, node: str) -> list[str]:
    return ["nsenter", "-t", str(state.lab_pid), "-m", "-n", "--", "ip", "netns", "exec", state.host_of(node)]


def configure(state: State, node: NodeState, trust: Trust, authorized_key: str, full: bool) -> None:
    """Before the host boots, as an installer would; Elasticsearch is not enabled yet."""
    root = top(state, node.name) / "root"
    if state.scenery.installation == "instances":
        layer.add_instance(root, top(state, node.name) / "data" / Path(node.data).name, node.config, node.logs)
    paths = {"data": node.data, "logs": node.logs}
    for name, content in files(state, node, trust, paths, full).items():
        write_config(state, node, name, content)
    for home, user in (("root", 0), ("home/ops", (root / "home/ops").stat().st_uid)):
        directory = root / home / ".ssh"
        directory.mkdir(mode=0o700, exist_ok=True)
        (directory / "authorized_keys").write_text(authorized_key, encoding="utf-8")
        for path in (directory, directory / "authorized_keys"):
            os.chown(path, user, user)
    # Of a template, for each of its instances.
    unit = f"{node.service.partition('@')[0]}@" if "@" in node.service else node.service
    drop_ins = root / f"etc/systemd/system/{unit}.service.d"
    if preflight.needs_shim():
        shutil.copy(shim(), root / "usr/lib/lab-nofile.so")
        # Behind the shim Java can't raise its own limit, and 1024 files are soon used up by sockets.
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        drop_in = f"[Service]\nEnvironment=LD_PRELOAD=/usr/lib/lab-nofile.so\nLimitNOFILE={most}\n"
        layer.write(drop_ins / "nofile.conf", drop_in)
    environment = {
        "archive_unit": f"ES_PATH_CONF={node.config}",
        "certs_dir": f"CERTS_DIR={node.config}/certs",
    }.get(state.scenery.installation)
    if environment:
        layer.write(drop_ins / "environment.conf", f"[Service]\nEnvironment={environment}\n")
    if state.scenery.network == "proxy" and node is state.nodes_of(node.cluster)[0]:
        shown = trust.shown(node, state.scenery)
        layer.write(root / "etc/haproxy/lab.pem", (shown.certificate + shown.key).decode())
        servers = [f"    server {n.name} {n.ip}:{n.http_port} check" for n in state.nodes_of(node.cluster)]
        layer.write(root / "etc/haproxy/haproxy.cfg", "\n".join([PROXY, *servers, ""]))


def surround(state: State, host: str, password: str, run: Callable[..., object]) -> None:
    """What a scenery has of a host that runs already."""
    scenery = state.scenery
    if scenery.privilege in ("sudo_password", "su"):
        account = "ops" if scenery.privilege == "sudo_password" else "root"
        run("chpasswd", input=f"{account}:{password}\n")
    if scenery.privilege == "sudo_password":
        run("sed -i 's/NOPASSWD: //' /etc/sudoers.d/ops")
    if scenery.privilege == "requiretty":
        run("echo 'Defaults requiretty' >> /etc/sudoers.d/ops")
    if scenery.privilege == "service_user":
        run("sed -i 's/=(ALL)/=(elasticsearch)/' /etc/sudoers.d/ops")
    for node in state.nodes_on(host):
        first = node is state.nodes_of(node.cluster)[0]
        if scenery.network == "proxy" and first:
            run("systemctl enable --quiet --now haproxy")
        if scenery.network != "proxy" and (scenery.network != "dropped" or first):
            continue
        # Of the controller alone: nodes reach each other.
        rule = f"tcp dport {node.http_port} ip saddr {scenery.prefix()}{CONTROLLER} drop"
        chain = "add chain inet scenery input { type filter hook input priority 0; }"
        nft = [*in_host_network(state, node.name), "nft"]
        subprocess.run([*nft, f"add table inet scenery; {chain}; add rule inet scenery input {rule}"], check=True)


def write_config(state: State, node: NodeState, name: str, content: bytes) -> None:
    """Owner and mode as what is there already."""
    # The link of an archive is relative, so that it leads to the same place from here.
    config = top(state, node.name) / "root" / node.config.lstrip("/")
    file = config / name
    owner = config.stat().st_uid
    if not file.parent.is_dir():
        file.parent.mkdir()
        os.chown(file.parent, owner, ELASTICSEARCH_ID)
        file.parent.chmod(0o2750)
    file.write_bytes(content)
    os.chown(file, owner, ELASTICSEARCH_ID)
    file.chmod(0o660)


def shim() -> Path:
    source = KIT / "nofile.c"
    library = CACHE / f"nofile-{hashlib.sha256(source.read_bytes()).hexdigest()[:8]}.so"
    with cache_locked():
        if not library.exists():
            partial = library.with_suffix(".partial")
            done = subprocess.run(
                ["gcc", "-shared", "-fPIC", "-O1", "-o", partial, source], check=False, capture_output=True, text=True
            )
            if done.returncode:
                raise KitError(f"The open files shim does not compile: {done.stderr.strip()}")
            partial.rename(library)
    return library


def self_contained(jdk: Path) -> Path:
    """Debian's own JDKs keep their configuration in /etc, which the nodes do not have: such a one is copied whole."""
    outside = (path for path in jdk.rglob("*") if path.is_symlink() and not path.resolve().is_relative_to(jdk))
    if not any(True for _dummy in outside):
        return jdk
    # A package upgrade keeps the path.
    release = hashlib.sha256((jdk / "release").read_bytes()).hexdigest()[:8] if (jdk / "release").exists() else "any"
    copy = CACHE / "jdks" / f"{jdk.name}-{release}"
    if not copy.is_dir():
        partial = copy.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        ignored = shutil.ignore_patterns("src.zip", "jmods", "docs")
        shutil.copytree(jdk, partial, ignore=ignored, ignore_dangling_symlinks=True)
        partial.rename(copy)
    return copy
