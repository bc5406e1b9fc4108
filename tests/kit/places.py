# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the kit keeps what it builds and what it runs."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

KIT = Path(__file__).resolve().parent
PROJECT = KIT.parents[1]
CACHE = PROJECT / ".cache" / "kit"
RUN_DIR = PROJECT / ".cache" / "lab"


@contextmanager
def cache_locked() -> Iterator[None]:
    """One builder at a time: two labs may be brought up together."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
