# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lab for the whole suite: london with two nodes and a spare host, paris with one node."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import ccr_server
import pytest
from following import clear
from labs import CACHE, FULL, booted
from runner import Runner
from stand_ins.ccr_gateway.running import Running

from kit import Lab, NotSupported
from kit.model import ClusterSpec

# Files that take longest go first, so that no worker is left alone with one at the end.
LONGEST = ("test_sceneries.py", "test_rolling_restart.py", "test_remote_cluster_server.py", "test_connect.py")


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    # A lab that already runs can be lent, to try one test again and again.
    if lent := os.environ.get("CROSSCLUSTER_LAB"):
        yield Lab.attach(Path(lent))
        return
    yield from booted("integration", [ClusterSpec("london", 2, 1), ClusterSpec("paris", 1)])


@pytest.fixture(scope="session")
def ccr_lab() -> Iterator[Lab | None]:
    """For what needs cross-cluster replication; nothing is booted where a real server is given."""
    if ccr_server.URL:
        yield None
        return
    yield from ccr_server.lab()


@pytest.fixture(scope="session")
def servers(ccr_lab: Lab | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ccr_server.Servers]:
    yield from ccr_server.servers(tmp_path_factory.mktemp("ccr"), ccr_lab)


@pytest.fixture(scope="module")
def clusters(ccr_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """London and Paris, which can follow each other."""
    with ccr_server.gateway(ccr_lab, tmp_path_factory.mktemp("clusters"), ["london", "paris"]) as found:
        yield found
        clear(found)


@pytest.fixture(scope="module")
def london(clusters: dict[str, Running]) -> Running:
    return clusters["london"]


@pytest.fixture(scope="module")
def paris(clusters: dict[str, Running]) -> Running:
    return clusters["paris"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `full` belong to `make test-full` alone."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    if not FULL:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Where hosts can't be booted, a test that needs one is left out and says so."""
    try:
        return (yield)
    except NotSupported as reason:
        pytest.skip(str(reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    logs = sorted(CACHE.glob("integration*/logs"))
    if terminalreporter.stats.get("failed") and logs:
        terminalreporter.write_line("logs of the nodes: %s" % " ".join(map(str, logs)))


@pytest.fixture
def ansible(lab: Lab, tmp_path: Path) -> Runner:
    return Runner(lab, tmp_path)


@pytest.fixture
def top() -> Iterator[Path]:
    """Short, because ansible-core puts a socket there, and a socket's path has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="s-") as path:
        yield Path(path)
