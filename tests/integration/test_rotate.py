# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New keys while a client searches all the time, and nodes that can't take them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from evidence import (
    INDEX,
    active_keys,
    converged,
    held,
    put_document,
    search,
    searching,
)
from runner import (
    Runner,
    succeeded,
)

from kit import Lab

# A failed search shows at once, and is not skipped.
PARIS = {"search": [INDEX], "skip_unavailable": False, "expiration": "30d"}


@pytest.fixture(scope="module", autouse=True)
def _connected(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    put_document(lab)
    runner = Runner(lab, tmp_path_factory.mktemp("connected"))
    runner.declare(london={"paris": PARIS})
    succeeded(runner.playbook("connect"))
    yield
    succeeded(runner.playbook("disconnect"))


@pytest.fixture
def london(ansible: Runner) -> Runner:
    ansible.declare(london={"paris": PARIS})
    return ansible


def nodes(lab: Lab) -> list[str]:
    return list(lab.clusters["london"].nodes)


def test_on_demand_without_one_failed_search(lab: Lab, london: Runner) -> None:
    old = converged(lab)
    check = succeeded(london.playbook("rotate_api_keys", "--check", "--diff"))
    assert check.writes == []
    with searching(lab) as results:
        real = succeeded(london.playbook("rotate_api_keys"))
    assert check.changes == real.changes
    assert len(results) > 10
    assert set(results) == {"found"}
    assert converged(lab) != old


@pytest.mark.full
def test_when_the_end_is_near(lab: Lab, london: Runner) -> None:
    old = converged(lab)
    later = succeeded(london.playbook("rotate_api_keys", "-e", "expiring_within=1d"))
    assert (later.changes, later.writes) == (set(), [])
    succeeded(london.playbook("rotate_api_keys", "-e", "expiring_within=40d"))
    assert converged(lab) != old


@pytest.mark.full
def test_a_compromised_key_goes_first(lab: Lab, london: Runner) -> None:
    """Also while another remote cluster is down, which keeps all that is not asked for from being done."""
    old = converged(lab)
    london.vary("berlin", elasticsearch_url="https://127.0.0.1:1", elasticsearch_remote_address="127.0.0.1:2")
    london.declare(london={"paris": PARIS, "berlin": PARIS})
    assert "berlin" in " ".join(london.playbook("rotate_api_keys", "--check").errors)
    check = succeeded(london.playbook("rotate_api_keys", "-e", "aliases=paris", "-e", "compromised=true", "--check"))
    real = succeeded(london.playbook("rotate_api_keys", "-e", "aliases=paris", "-e", "compromised=true"))
    assert check.changes == real.changes
    assert real.writes[0] == "DELETE /_security/api_key"
    assert converged(lab) != old
    assert succeeded(london.playbook("connect", "-e", "aliases=paris")).changes == set()
    # Nothing of paris goes.
    assert london.playbook("disconnect", "-e", "aliases=berlin", "--check").changes == set()


def test_an_alias_that_has_no_key(london: Runner) -> None:
    run = london.playbook("rotate_api_keys", "-e", "aliases=paris,rome")
    assert run.code != 0
    assert run.writes == []
    assert any("no cluster has a key for the alias rome" in error for error in run.errors), run.output


@pytest.mark.full
def test_a_node_that_cannot_be_written_and_one_that_cannot_be_reached(lab: Lab, london: Runner) -> None:
    if lab.local:
        pytest.skip("local nodes have no disk and no ssh of their own")
    old = converged(lab)
    lab.faults.fill_config_disk("lon-2")
    try:
        run = london.playbook("rotate_api_keys")
    finally:
        lab.faults.reset_config("lon-2")
    assert run.code != 0
    assert "lon-2 (" in run.errors[-1], run.output
    assert "No key was invalidated" in run.errors[-1]
    new = next(key for key in active_keys(lab) if key != old)
    assert held(lab)[:2] == [new, old]
    assert [search(lab, node) for node in nodes(lab)] == ["found"] * len(nodes(lab))

    # Dropped packets would leave ssh's shared connection silent for as long again after it is healed.
    lab.faults.reset_port("lon-2", 22)
    try:
        run = london.playbook("connect")
    finally:
        lab.faults.heal("lon-2")
    assert run.code != 0
    assert "lon-2 (" in run.errors[-1], run.output
    assert set(active_keys(lab)) == {old, new}

    with searching(lab) as results:
        succeeded(london.playbook("connect"))
    assert set(results) == {"found"}
    assert converged(lab) not in (old, new)
