# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Debian that every node starts from: built once, shared read-only through overlayfs."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

from kit.places import CACHE
from kit.problems import KitError
from kit.progress import say

# As the Debian package creates it; fixed, because layers and data disks are owned by number.
ELASTICSEARCH_ID = 990

PACKAGES = (
    "systemd,systemd-sysv,dbus,openssh-server,sudo,python3,iproute2,procps,acl,ca-certificates,"
    "libfaketime,iputils-ping,nftables,haproxy"
)

# systemd-logind stays: without it `systemctl reboot` fails.
MASKED = (
    "console-getty.service getty@tty1.service apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer "
    "e2scrub_reap.service dpkg-db-backup.timer systemd-update-utmp.service fstrim.timer"
)

SET_UP = f"""
set -e
groupadd -r -g {ELASTICSEARCH_ID} elasticsearch
useradd -r -M -u {ELASTICSEARCH_ID} -g elasticsearch -d /nonexistent -s /bin/false elasticsearch
useradd -m -s /bin/bash ops
usermod -p '*' ops
usermod -p '*' root
echo 'ops ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/ops
chmod 440 /etc/sudoers.d/ops
printf 'UseDNS no\\nUsePAM no\\nPasswordAuthentication no\\nMaxStartups 100\\n' > /etc/ssh/sshd_config.d/lab.conf
systemctl --quiet disable haproxy
: > /etc/machine-id
for unit in {MASKED}; do ln -sf /dev/null /etc/systemd/system/$unit; done
"""


def build() -> Path:
    release = codename()
    key = hashlib.sha256(f"{PACKAGES}{SET_UP}".encode()).hexdigest()[:8]
    image = CACHE / "images" / f"{release}-{key}"
    if image.is_dir():
        return image
    say("building the Debian image (about half a minute, once)")
    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=image.parent, prefix=".") as scratch:
        root = Path(scratch) / "root"
        command = ["mmdebstrap", "--variant=minbase", "--mode=root", f"--include={PACKAGES}"]
        command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
        command += [f"--aptopt={option}" for option in apt_options()]
        run([*command, release, str(root), str(sources())], "The Debian image could not be built")
        run(["chroot", str(root), "/bin/bash", "-c", SET_UP], "The Debian image could not be set up")
        root.rename(image)
    return image


def codename() -> str:
    """The host's own release, from the host's own mirrors: whatever this machine can reach."""
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise KitError("This host's /etc/os-release names no release: use --local.")


def sources() -> Path:
    name = "ubuntu" if Path("/etc/apt/sources.list.d/ubuntu.sources").exists() else "debian"
    deb822 = Path(f"/etc/apt/sources.list.d/{name}.sources")
    return deb822 if deb822.exists() else Path("/etc/apt/sources.list")


def apt_options() -> list[str]:
    """What this host needs to reach its mirror; mmdebstrap does not read the host's configuration."""
    dump = subprocess.run(["apt-config", "dump"], check=False, capture_output=True, text=True).stdout
    wanted = re.compile(
        r'Acquire::(Check-Valid-Until|Check-Date|Retries|https?(::[^ ]+)?::(Proxy|CaInfo|Verify-\w+)) ".+"'
    )
    return [line.rstrip(";") for line in dump.splitlines() if wanted.match(line)]


def run(command: list[str], problem: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
    if done.returncode:
        last = " / ".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise KitError(f"{problem}: {last}")
