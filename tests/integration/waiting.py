# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for what a cluster does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def until(true: Callable[[], Any], seconds: float = 180) -> Any:
    """What it returns as soon as that is something."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.1)
    return found


def connected(request: Callable[..., tuple[int, Any]], alias: str) -> bool:
    """Whether an alias leads to its cluster; a connection that has failed before is tried again when it is used."""
    request("GET", f"/_resolve/cluster/{alias}:*")
    return bool(request("GET", "/_remote/info")[1].get(alias, {}).get("connected"))
