# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Labs, as fixtures yield them. When files run side by side (pytest-xdist), each worker has labs of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from kit import Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.scenery import Scenery
from kit.up import down, up

CACHE = PROJECT / ".cache"
# Elasticsearch's; the newest that this machine can run when it is not set.
VERSION = os.environ.get("CROSSCLUSTER_VERSION") or None
# `make test-full`: each point at which a run can be killed, not only the most telling ones.
FULL = bool(os.environ.get("CROSSCLUSTER_FULL"))


def booted(name: str, clusters: list[ClusterSpec], bare: bool = False, scenery: Scenery | None = None) -> Iterator[Lab]:
    run_dir = CACHE / (name + os.environ.get("PYTEST_XDIST_WORKER", ""))
    yield up(clusters, run_dir, VERSION, bare=bare, scenery=scenery)
    down(run_dir)


def bare(name: str, *clusters: ClusterSpec) -> Iterator[Lab]:
    """Clusters that no other one can reach yet. One that already runs can be lent, to try a test again and again."""
    if lent := os.environ.get("CROSSCLUSTER_BARE_LAB"):
        yield Lab.attach(Path(lent))
        return
    yield from booted(name, list(clusters) or [ClusterSpec("london", 2), ClusterSpec("paris", 1)], bare=True)
