# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is missing, said before anything starts: one sentence each, with what to do."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kit import distribution, jdk
from kit.model import ClusterSpec
from kit.places import CACHE
from kit.problems import KitError
from kit.progress import say

# Program → Debian package.
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
OPEN_FILES = 65535
# What --local does, for those who don't call the command line: the demo and the tests.
LOCAL = "CROSSCLUSTER_LOCAL"
GIB = 1024**3

# Exactly what lab-init and the faults need from the kernel.
TRIAL = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/u /run/w /run/m
mount -t overlay overlay -o "lowerdir=$1,upperdir=/run/u,workdir=/run/w" /run/m
ip link add name br0 type bridge
ip netns add n
ip link add name v type veth peer name eth0 netns n
ip netns exec n nft add table inet kit
"""


@dataclass(frozen=True)
class Plan:
    """How this machine can run a lab."""

    mode: str
    reason: str
    version: str
    # Version → its Java; None where the distribution that was given has its own.
    jdks: dict[str, jdk.Jdk | None]


def missing_packages() -> list[str]:
    packages = [package for tool, package in TOOLS.items() if not shutil.which(tool, path=search_path())]
    if needs_shim() and not shutil.which("gcc"):
        packages += ["gcc", "libc6-dev"]
    return sorted(set(packages))


def search_path() -> str:
    # A user's PATH may lack the directories where root's tools are.
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def needs_shim() -> bool:
    """The server's bootstrap check wants more open files than this machine may allow."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] < OPEN_FILES


def problems(nodes: int, need_maven: bool) -> list[str]:
    """Whatever the mode, these must be there."""
    found = []
    if sys.platform != "linux":
        found.append("The kit runs on Linux only: use a Linux machine or virtual machine.")
    if sys.version_info < (3, 12):
        found.append("The kit needs Python 3.12 or newer: run it with .cache/venv/bin/python after `make setup`.")
    if need_maven and not shutil.which("mvn"):
        found.append(
            f"Maven (mvn) is not installed and is needed once to fetch Elasticsearch: install the package maven, "
            f"or set {distribution.VARIABLE} to a full distribution."
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = (2 if need_maven else 1) * GIB
    free = shutil.disk_usage(CACHE).free
    if free < wanted:
        found.append(f"{CACHE} has {free / GIB:.1f} GiB free, {wanted / GIB:.0f} GiB are needed: free some.")
    memory = available_memory()
    wanted = nodes * 900 * 1024**2
    if memory < wanted:
        found.append(
            f"{memory / GIB:.1f} GiB of memory are available, {nodes} nodes need {wanted / GIB:.1f} GiB: "
            f"stop other programs or declare fewer nodes."
        )
    return found


def available_memory() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return sys.maxsize


def check(version: str | None, specs: list[ClusterSpec], local: bool) -> Plan:
    """Raises with every problem at once; installs packages only when nothing else stands in the way."""
    found = []
    chosen: str | None = version
    jdks: dict[str, jdk.Jdk | None] = {}
    full = distribution.given()
    if full:
        if not full.exists():
            raise KitError(f"{distribution.VARIABLE}: {full} does not exist; correct the path.")
        chosen = distribution.given_version(full)
        jdks[chosen] = None
        if version not in (None, chosen):
            found.append(f"--version {version}: {distribution.VARIABLE} is version {chosen}; leave one of them out.")
    installed = jdk.find()
    # What a cluster does not say is the lab's version, which may depend on the Java that is there.
    for wanted in dict.fromkeys(spec.version or chosen for spec in specs):
        if wanted in jdks:
            continue
        if wanted and wanted not in jdk.VERSIONS:
            found.append(f"Version {wanted} is not known; use one of {', '.join(jdk.VERSIONS)}.")
        try:
            usable, kit, remark = jdk.choose(wanted, installed)
        except KitError as problem:
            found.append(str(problem))
            continue
        jdks[usable] = kit
        chosen = usable if wanted is None else chosen
        if remark:
            say(remark)
    fetched = [name for name, kit in jdks.items() if kit] or ([] if full else [chosen or jdk.NEWEST])
    nodes = sum(spec.nodes for spec in specs)
    found += problems(nodes, need_maven=not all(distribution.archive_of(name).is_file() for name in fetched))
    if found:
        raise KitError("\n".join(dict.fromkeys(found)))
    reason = "--local was given" if local else f"{LOCAL} is set" if os.environ.get(LOCAL) else refusal()
    return Plan("local" if reason else "hosts", reason, chosen or jdk.NEWEST, jdks)


def refusal() -> str:
    """Why this machine cannot boot hosts; empty when it can. Installs the packages that only miss."""
    if os.geteuid() != 0:
        return "real hosts need root"
    packages = missing_packages()
    if packages and not shutil.which("apt-get"):
        return f"this is no Debian, and {', '.join(packages)} would be needed"
    if packages:
        say(f"installing Debian packages: {' '.join(packages)}")
        if not install(packages):
            return f"the Debian packages {', '.join(packages)} could not be installed"
    command = ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--mount-proc", "bash", "-c", TRIAL]
    done = subprocess.run(
        [*command, "trial", CACHE], stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True
    )
    if done.returncode:
        return f"namespaces are refused here ({(done.stderr.strip().splitlines() or ['no reason given'])[-1]})"
    return ""


def install(packages: list[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Somebody else may be installing, such as the machine's own upgrades.
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", *packages]
    for refresh in (False, True):
        if refresh:
            subprocess.run(["apt-get", "update", "-q"], check=False, capture_output=True, env=environment)
        if (
            subprocess.run(
                command, stdin=subprocess.DEVNULL, check=False, capture_output=True, env=environment
            ).returncode
            == 0
        ):
            return True
    return False
