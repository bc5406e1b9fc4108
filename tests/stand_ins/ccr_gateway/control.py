# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's own paths, all below /_stand_in: switches, and what happens behind a user's back.

- `GET`, `PUT` (only the keys that change) and `DELETE /_stand_in/faults`
- `POST /_stand_in/unfollow/{follower}`: as an ILM policy does it, and the index is open again
- `POST /_stand_in/restart`: the node was restarted, counters and fatal errors are gone
- `GET /_stand_in/followers`: what the gateway remembers
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .errors import Refusal, illegal_argument
from .faults import Faults
from .followers import existing
from .gateway import Gateway
from .leases import lease
from .model import AutoFollowStats
from .remote import Remote
from .routing import Request

PREFIX = "/_stand_in"


def handle(gateway: Gateway, request: Request) -> dict[str, Any]:
    what, _slash, name = urllib.parse.unquote(request.path[len(PREFIX) + 1 :]).partition("/")
    calls: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
        ("GET", "faults"): gateway.faults.shown,
        ("PUT", "faults"): lambda: change(gateway, json.loads(request.text)),
        ("DELETE", "faults"): lambda: change(gateway, asdict(Faults())),
        ("GET", "followers"): lambda: {name: vars_of(gateway, name) for name in sorted(gateway.followers)},
        ("POST", "unfollow"): lambda: unfollow(gateway, name),
        ("POST", "restart"): lambda: restart(gateway),
    }
    call = calls.get((request.method, what))
    if call is None:
        raise illegal_argument(f"no such path of the stand-in: {request.method} {request.path}")
    return call()


def change(gateway: Gateway, given: dict[str, Any]) -> dict[str, Any]:
    gateway.faults.update(given)
    return gateway.faults.shown()


def vars_of(gateway: Gateway, name: str) -> dict[str, Any]:
    follower = gateway.followers[name]
    return {
        "phase": follower.phase,
        "uuid": follower.uuid,
        "lease": lease(gateway, follower),
        "positions": follower.positions,
        "silent": follower.silent.error() if follower.silent else None,
    }


def unfollow(gateway: Gateway, name: str) -> dict[str, Any]:
    follower = existing(gateway, name)[1]
    if follower is None:
        raise illegal_argument(f"index [{name}] is not a follower index")
    with gateway.lock:
        gateway.followers.pop(name, None)
    try:
        Remote(gateway, follower.alias).peer.release(follower.leader_uuid, lease(gateway, follower))
    except Refusal:
        # An ILM step goes on without it.
        return {"acknowledged": True, "lease": "stays"}
    return {"acknowledged": True}


def restart(gateway: Gateway) -> dict[str, Any]:
    with gateway.lock:
        gateway.auto_follow_stats = AutoFollowStats()
        for follower in gateway.followers.values():
            if follower.active:
                follower.start(follower.given, follower.caller)
    return {"acknowledged": True, "at": time.time()}
