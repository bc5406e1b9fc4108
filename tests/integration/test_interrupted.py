# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed in the middle of a write, and two runs at once: what the next run, or both, make of it.

The most telling points always; with CROSSCLUSTER_FULL=1 each of them.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from evidence import (
    INDEX,
    active_keys,
    aliases,
    converged,
    held,
    put_document,
    searching,
)
from interrupt import MOMENTS, Point, Watch, forwarding, remove_everything, watching
from labs import FULL
from runner import (
    Runner,
    succeeded,
)

from kit import Lab

# A failed search shows at once, and is not skipped.
PARIS = {"search": [INDEX], "skip_unavailable": False}

CREATE = "paris: POST /_security/cross_cluster/api_key"
FIRST, SECOND = "keystore of lon-1", "keystore of lon-2"
RELOAD = "london: POST /_nodes/reload_secure_settings"
SETTINGS = "london: PUT /_cluster/settings"
INVALIDATE = "paris: DELETE /_security/api_key"
# All that each playbook writes; the other tests rely on it, and one proves it.
FIRST_CONNECT = [CREATE, FIRST, SECOND, RELOAD, SETTINGS]
ROTATION = [CREATE, FIRST, SECOND, RELOAD, INVALIDATE]
DISCONNECT = [SETTINGS, FIRST, SECOND, RELOAD, INVALIDATE]

# Each test gives its keys another one.
DAYS = itertools.count(40)


def points(writes: list[str], *telling: Point) -> pytest.MarkDecorator:
    chosen = [Point(write, moment) for write in writes for moment in MOMENTS] if FULL else list(telling)
    return pytest.mark.parametrize("point", chosen, ids=str)


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    put_document(lab)
    remove_everything(lab)
    yield
    remove_everything(lab)


@pytest.fixture(scope="module")
def watch(lab: Lab) -> Iterator[Watch]:
    with watching(lab) as watch:
        yield watch


@pytest.fixture(autouse=True)
def possible(lab: Lab, request: pytest.FixtureRequest) -> None:
    parameters = getattr(request.node, "callspec", None)
    if lab.local and parameters and "keystore" in str(parameters.params.get("point")):
        pytest.skip("the nodes of a local lab share one keystore tool")


def restored(lab: Lab) -> str:
    """Converged, with the alias as declared."""
    key = converged(lab)
    found = aliases(lab)
    assert found["cluster.remote.paris.mode"] == "proxy"
    assert found["cluster.remote.paris.skip_unavailable"] == "false"
    return key


def connected(lab: Lab, watch: Watch, ansible: Runner) -> str:
    """The state before a test; the one before it has mostly left it."""
    ansible.declare(london={"paris": PARIS | {"expiration": f"{next(DAYS)}d"}})
    if len(active_keys(lab)) != 1 or "cluster.remote.paris.mode" not in aliases(lab):
        succeeded(watch.run(ansible, "connect"))
        return restored(lab)
    return active_keys(lab)[0]


def another_expiration(ansible: Runner) -> None:
    """An expiry can't be changed in place, so this means another key."""
    ansible.declare(london={"paris": PARIS | {"expiration": f"{next(DAYS)}d"}})


@pytest.mark.full
def test_these_are_all_writes(lab: Lab, watch: Watch, ansible: Runner) -> None:
    if lab.local:
        pytest.skip("the nodes of a local lab share one keystore tool")

    def writes(playbook: str) -> list[str]:
        succeeded(watch.run(ansible, playbook))
        return [write for write in watch.writes if write != "keystore of lon-3"]

    ansible.declare(london={"paris": PARIS})
    assert writes("connect") == FIRST_CONNECT
    another_expiration(ansible)
    assert writes("connect") == ROTATION
    assert writes("disconnect") == DISCONNECT


# The key was created, and nobody has its secret.
@points(FIRST_CONNECT, Point(CREATE, "after"))
def test_first_connect_killed(lab: Lab, watch: Watch, ansible: Runner, point: Point) -> None:
    remove_everything(lab)
    ansible.declare(london={"paris": PARIS})
    watch.run(ansible, "connect", at=point)
    succeeded(watch.run(ansible, "connect"))
    restored(lab)


# Both nodes have the new key, and none uses it.
@points(ROTATION, Point(RELOAD, "before"))
def test_rotation_killed(lab: Lab, watch: Watch, ansible: Runner, point: Point) -> None:
    old = connected(lab, watch, ansible)
    another_expiration(ansible)
    with searching(lab) as results:
        watch.run(ansible, "connect", at=point)
        succeeded(watch.run(ansible, "connect"))
    assert len(results) > 10
    assert set(results) == {"found"}
    assert restored(lab) != old


@pytest.mark.full
@pytest.mark.parametrize("meeting", [CREATE, RELOAD, INVALIDATE])
def test_two_runs_at_once(lab: Lab, watch: Watch, ansible: Runner, tmp_path: Path, meeting: str) -> None:
    old = connected(lab, watch, ansible)
    (tmp_path / "other").mkdir()
    runners = [ansible, Runner(lab, tmp_path / "other")]
    another_expiration(ansible)
    runners[1].declared = ansible.declared
    # So both have looked before one of them writes. One that never comes there keeps the other waiting a while.
    barrier = threading.Barrier(2)

    def reached(write: str, moment: str) -> bool:
        if (write, moment) == (meeting, "before") and not barrier.broken:
            with suppress(threading.BrokenBarrierError):
                barrier.wait(30)
            barrier.abort()
        return True

    with ExitStack() as stack:
        for runner in runners:
            for cluster in lab.clusters:
                url = stack.enter_context(forwarding(lab, cluster, reached, []))
                runner.vary(cluster, elasticsearch_url=url)
        results = stack.enter_context(searching(lab))
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda runner: runner.playbook("connect"), runners))
    for run in runs:
        succeeded(run)
    assert len(results) > 10
    assert set(results) == {"found"}
    assert restored(lab) != old


def test_a_further_run_changes_nothing(lab: Lab, watch: Watch, ansible: Runner) -> None:
    key = connected(lab, watch, ansible)
    # As the last test has left it.
    _status, answer = lab.clusters["paris"].request("GET", f"/_security/api_key?id={key}")
    expiration = answer["api_keys"][0]["metadata"]["crosscluster_elasticsearch"].get("expiration")
    ansible.declare(london={"paris": PARIS | ({"expiration": expiration} if expiration else {})})
    run = succeeded(watch.run(ansible, "connect"))
    assert (run.changes, run.writes, watch.writes, run.jvm_starts) == (set(), [], [], 0)


# The alias is gone, and one node still holds the credential.
@points(DISCONNECT, Point(SECOND, "before"))
@pytest.mark.full
def test_disconnect_killed(lab: Lab, watch: Watch, ansible: Runner, point: Point) -> None:
    connected(lab, watch, ansible)
    watch.run(ansible, "disconnect", at=point)
    if point.write == SETTINGS:
        # The way back is open as well.
        succeeded(watch.run(ansible, "connect"))
        restored(lab)
        return
    succeeded(watch.run(ansible, "disconnect"))
    assert active_keys(lab) == []
    assert held(lab) == [None] * len(lab.clusters["london"].nodes)
    assert aliases(lab) == {}
