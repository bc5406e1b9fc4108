# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the gateways of a lab: their description is the first line of standard input, whose end is their end."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from .auto_follow import Coordinator
from .gateway import Gateway
from .node import Node
from .replicating import Replication
from .server import Server


def start(clusters: list[dict[str, Any]]) -> dict[str, str]:
    """Cluster → its gateway's URL."""
    gateways = [
        Gateway(one["name"], Node(one["url"], one["ca"], one["username"], one["password"]), one["addresses"])
        for one in clusters
    ]
    urls = {}
    for gateway, one in zip(gateways, clusters, strict=True):
        gateway.peers = gateways
        if "listen" not in one:
            # Others may follow it, but nobody asks it for its own followers.
            continue
        server = Server((one["listen"], 0), gateway, one["certificate"], one["key"])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Replication(gateway).start()
        Coordinator(gateway).start()
        urls[gateway.name] = f"https://{one['listen']}:{server.server_address[1]}"
    return urls


def main() -> None:
    sys.stdout.write(json.dumps(start(json.loads(sys.stdin.readline()))) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    # Copies that are held would keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
