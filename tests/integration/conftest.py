# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lab for the whole suite: london with two nodes and a spare host, paris with one node."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from runner import Runner

from kit import Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.up import down, up

RUN_DIR = PROJECT / ".cache" / "integration"


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    # A lab that already runs can be lent, to try one test again and again.
    if lent := os.environ.get("CROSSCLUSTER_LAB"):
        yield Lab.attach(Path(lent))
        return
    booted = up([ClusterSpec("london", 2, 1), ClusterSpec("paris", 1)], RUN_DIR)
    yield booted
    if request.session.testsfailed:
        print("the logs of the nodes are in %s" % booted.collect_logs())
    down(RUN_DIR)


@pytest.fixture
def ansible(lab: Lab, tmp_path: Path) -> Runner:
    return Runner(lab, tmp_path)
