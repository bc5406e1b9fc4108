# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that are real: the cable, the disk, the clock, the server, the power."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

from kit import hosts
from kit.problems import KitError

if TYPE_CHECKING:
    from kit.lab import Lab, Node

SHIM = "/usr/lib/lab-nofile.so"
DATA_FILLER = "/var/lib/elasticsearch/lab-filler"
CONFIG = "/etc/elasticsearch"


class Faults:
    """Every fault has a call that undoes it. In a local lab each raises NotSupported."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def _node(self, name: str, what: str) -> Node:
        node = self._lab.node(name)
        node.require_host(what)
        return node

    def _in_lab(self, *command: str) -> None:
        enter = ["nsenter", "-t", str(self._lab.state.lab_pid), "-m", "-n", "--"]
        self._run([*enter, *command])

    def _on_wire(self, node: str, *command: str) -> None:
        self._run([*hosts.in_host_network(self._lab.state, node), *command])

    @staticmethod
    def _run(command: list[str]) -> None:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        if done.returncode:
            raise KitError(f"{' '.join(command)}: {done.stderr.strip()}")

    # The network

    def link_down(self, node: str) -> None:
        """Pulls the cable: packets vanish."""
        self._node(node, "link_down")
        self._in_lab("ip", "link", "set", f"v-{node}", "down")

    def link_up(self, node: str) -> None:
        self._node(node, "link_up")
        self._in_lab("ip", "link", "set", f"v-{node}", "up")

    def drop_port(self, node: str, port: int) -> None:
        """Packets to this port of the node vanish, as behind a firewall that drops."""
        self._filter(node, port, "drop")

    def reset_port(self, node: str, port: int) -> None:
        """The port refuses, as a port does that nobody listens on."""
        self._filter(node, port, "reject with tcp reset")

    def _filter(self, node: str, port: int, verdict: str) -> None:
        self._node(node, "a packet filter")
        self._on_wire(node, "nft", "add table inet kit")
        self._on_wire(node, "nft", "add chain inet kit input { type filter hook input priority 0; }")
        self._on_wire(node, "nft", f"add rule inet kit input tcp dport {port} {verdict}")

    def heal(self, node: str) -> None:
        """Removes all packet filters of the node and plugs the cable in."""
        self.link_up(node)
        # Added first, because deleting a table that is not there is an error.
        self._on_wire(node, "nft", "add table inet kit; delete table inet kit")

    # The disks

    def fill_disk(self, node: str) -> None:
        """The data disk, to the last byte."""
        self._node(node, "fill_disk").run(f"cat /dev/zero > {DATA_FILLER}", check=False)

    def free_disk(self, node: str) -> None:
        self._node(node, "free_disk").run(f"rm -f {DATA_FILLER}")

    def fill_config_disk(self, node: str) -> None:
        """The configuration directory becomes a small full disk; what is written there is lost at reset_config."""
        script = f"""
        set -e
        cp -a {CONFIG} /root/config-copy
        mount -t tmpfs -o size=1m,mode=2750,uid=0,gid=$(stat -c %g {CONFIG}) config {CONFIG}
        cp -a /root/config-copy/. {CONFIG}
        rm -rf /root/config-copy
        cat /dev/zero > {CONFIG}/lab-filler 2> /dev/null || true
        """
        self._node(node, "fill_config_disk").run(script)

    def read_only_config(self, node: str) -> None:
        script = f"mount --bind {CONFIG} {CONFIG} && mount -o remount,ro,bind {CONFIG}"
        self._node(node, "read_only_config").run(script)

    def reset_config(self, node: str) -> None:
        """The configuration directory as it was before fill_config_disk or read_only_config."""
        script = f"while mountpoint -q {CONFIG}; do umount -l {CONFIG}; done"
        self._node(node, "reset_config").run(script)

    # The clock

    def move_clock(self, node: str, offset: str) -> None:
        """`+5d`, `-2h`: of the server, its tools and the node's Python. Restarts the server where it runs."""
        script = f"""
        set -e
        faketime=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1)
        echo '{offset}' > /etc/faketimerc
        preload="$faketime"
        if [ -e {SHIM} ]; then preload="{SHIM} $faketime"; fi
        sed -i -E '/^(LD_PRELOAD|FAKETIME_)/d' /etc/default/elasticsearch
        cat >> /etc/default/elasticsearch <<END
        LD_PRELOAD="$preload"
        FAKETIME_TIMESTAMP_FILE=/etc/faketimerc
        FAKETIME_CACHE_DURATION=1
        END
        if [ -L /usr/bin/python3 ]; then
            python=$(readlink -f /usr/bin/python3)
            rm /usr/bin/python3
            printf '#!/bin/sh\\nLD_PRELOAD=%s FAKETIME_TIMESTAMP_FILE=/etc/faketimerc exec %s "$@"\\n' \\
                "$faketime" "$python" > /usr/bin/python3
            chmod 755 /usr/bin/python3
        fi
        """
        self._node(node, "move_clock").run("\n".join(line.removeprefix(" " * 8) for line in script.splitlines()))
        self._restart_if_active(node)

    def reset_clock(self, node: str) -> None:
        script = """
        sed -i -E '/^(LD_PRELOAD|FAKETIME_)/d' /etc/default/elasticsearch
        rm -f /etc/faketimerc
        if [ ! -L /usr/bin/python3 ]; then ln -sf "$(ls /usr/bin/python3.[0-9]* | head -n 1)" /usr/bin/python3; fi
        """
        self._node(node, "reset_clock").run(script)
        self._restart_if_active(node)

    def _restart_if_active(self, node: str) -> None:
        self._lab.node(node).run("systemctl is-active -q elasticsearch && systemctl restart elasticsearch || true")

    # The server

    def freeze(self, node: str) -> None:
        """The server hangs: it holds its sockets and answers nothing."""
        self._node(node, "freeze").run("systemctl kill -s STOP elasticsearch")

    def thaw(self, node: str) -> None:
        self._node(node, "thaw").run("systemctl kill -s CONT elasticsearch")

    def kill_server(self, node: str) -> None:
        self._node(node, "kill_server").run("systemctl kill -s KILL elasticsearch")

    def restart_server(self, node: str) -> None:
        """Blocks until the server is ready again."""
        self._node(node, "restart_server").run("systemctl restart elasticsearch")

    # The power

    def poweroff(self, node: str) -> None:
        """Returns when the host is off."""
        host = self._node(node, "poweroff")
        host.run("systemctl poweroff", check=False)
        self._until_on(host, False)

    def power_on(self, node: str) -> None:
        """Returns when the host answers ssh; Elasticsearch starts with it and may still be starting."""
        host = self._node(node, "power_on")
        hosts.boot(self._lab.run_dir, node)
        self._until_on(host, True)
        host.wait_for_ssh()

    @staticmethod
    def _until_on(host: Node, wanted: bool, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while host.on != wanted:
            if time.monotonic() > end:
                raise KitError(f"{host.name} is not {'on' if wanted else 'off'} after {seconds:.0f} s.")
            time.sleep(0.05)
