# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which request is for whom: the paths of cross-cluster replication, and the query parameters that each knows."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from . import auto_follow, errors, follow, followers, leases, stats, units
from .gateway import Gateway
from .model import Caller

# Known everywhere.
COMMON = {"pretty", "human", "filter_path", "error_trace", "format"}
# Older servers know it here only.
ALWAYS_MASTER_TIMEOUT = "info"


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    text: str

    @property
    def human(self) -> bool:
        return self.query.get("human", "false") in ("", "true")


Call = Callable[[Gateway, Caller, Request, str], dict[str, Any]]


@dataclass(frozen=True)
class Route:
    name: str
    method: str
    path: str
    parameters: tuple[str, ...]
    call: Call


MASTER = ("master_timeout",)
INDEX = r"/([^/]+)/_ccr/"
PATTERN = r"/_ccr/auto_follow/([^/]+)"
ROUTES = (
    Route(
        "follow",
        "PUT",
        INDEX + "follow",
        ("wait_for_active_shards", *MASTER),
        lambda g, who, r, name: follow.put(g, who, name, r.query, r.text),
    ),
    Route("info", "GET", INDEX + "info", MASTER, lambda g, who, r, name: followers.info(g, who, name)),
    Route(
        "follow_stats",
        "GET",
        INDEX + "stats",
        ("timeout",),
        lambda g, who, r, name: stats.follow_stats(g, who, name, r.human),
    ),
    Route("pause", "POST", INDEX + "pause_follow", MASTER, lambda g, who, r, name: followers.pause(g, who, name)),
    Route(
        "resume",
        "POST",
        INDEX + "resume_follow",
        MASTER,
        lambda g, who, r, name: followers.resume(g, who, name, r.text),
    ),
    Route("unfollow", "POST", INDEX + "unfollow", MASTER, lambda g, who, r, name: followers.unfollow(g, who, name)),
    Route(
        "forget",
        "POST",
        INDEX + "forget_follower",
        ("timeout",),
        lambda g, who, r, name: leases.forget(g, who, name, r.text),
    ),
    Route("put_pattern", "PUT", PATTERN, MASTER, lambda g, who, r, name: auto_follow.put(g, who, name, r.text)),
    Route("get_pattern", "GET", PATTERN, MASTER, lambda g, who, r, name: auto_follow.get(g, who, name)),
    Route("get_patterns", "GET", "/_ccr/auto_follow", MASTER, lambda g, who, r, name: auto_follow.get(g, who, None)),
    Route("delete_pattern", "DELETE", PATTERN, MASTER, lambda g, who, r, name: auto_follow.delete(g, who, name)),
    Route(
        "pause_pattern",
        "POST",
        PATTERN + "/pause",
        MASTER,
        lambda g, who, r, name: auto_follow.activate(g, who, name, False),
    ),
    Route(
        "resume_pattern",
        "POST",
        PATTERN + "/resume",
        MASTER,
        lambda g, who, r, name: auto_follow.activate(g, who, name, True),
    ),
    Route("stats", "GET", "/_ccr/stats", ("timeout", *MASTER), lambda g, who, r, name: stats.stats(g, who, r.human)),
)


def find(method: str, path: str) -> tuple[Route | None, list[str], str]:
    """The route, or the methods that the path has; and the name in the path."""
    allowed = []
    for route in ROUTES:
        match = re.fullmatch(route.path, path.rstrip("/") or "/")
        if match:
            name = urllib.parse.unquote(match[1]) if match.groups() else ""
            if route.method == method:
                return route, [], name
            allowed.append(route.method)
    return None, sorted(allowed), ""


def check_query(gateway: Gateway, route: Route, request: Request) -> None:
    known = {*COMMON, *route.parameters}
    if not gateway.faults.master_timeout and route.name != ALWAYS_MASTER_TIMEOUT:
        known.discard("master_timeout")
    if unknown := [name for name in request.query if name not in known]:
        names = ", ".join(f"[{name}]" for name in sorted(unknown))
        word = "parameter" if len(unknown) == 1 else "parameters"
        raise errors.illegal_argument(f"request [{request.path}] contains unrecognized {word}: {names}")
    for name in ("master_timeout", "timeout"):
        if name in request.query:
            units.time(name, request.query[name])


def parse(method: str, target: str, content: bytes) -> Request:
    path, _mark, query = target.partition("?")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return Request(method, path, dict(pairs), content.decode(errors="replace"))


def printed(request: Request, answer: Any) -> bytes:
    if request.query.get("format") == "yaml":
        return yaml.safe_dump(answer, sort_keys=False, explicit_start=True).encode()
    indent = 2 if request.query.get("pretty", "false") in ("", "true") else None
    separators = (",", ":") if indent is None else (",", " : ")
    return json.dumps(answer, indent=indent, separators=separators, ensure_ascii=False).encode()
