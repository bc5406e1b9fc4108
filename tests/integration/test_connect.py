# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks on real clusters, in the order of an operator's days: connect, change, grow, disconnect."""

from __future__ import annotations

import json
import re

import pytest
from evidence import (
    INDEX,
    SECURE_SETTING,
    access_of,
    active_keys,
    aliases,
    converged,
    counting_jvms,
    held,
    keystores,
    put_document,
    searching,
    settled,
    version_of_state,
)
from runner import (
    Run,
    Runner,
    succeeded,
)

from kit import Lab

# A failed search shows at once, and is not skipped.
PARIS = {"search": [INDEX], "skip_unavailable": False}


@pytest.fixture(scope="module", autouse=True)
def book(lab: Lab) -> None:
    put_document(lab)


@pytest.fixture
def connect(ansible: Runner) -> Runner:
    ansible.declare(london={"paris": PARIS})
    return ansible


def unchanged(run: Run) -> Run:
    assert succeeded(run).changes == set(), run.output
    assert {host: recap["changed"] for host, recap in run.recap.items()} == {"london": 0, "paris": 0}
    assert run.writes == []
    return run


def predicted(connect: Runner, playbook: str, *arguments: str) -> tuple[Run, Run]:
    """The run in check mode and the real one after it; what they change is the same."""
    check = succeeded(connect.playbook(playbook, "--check", "--diff", *arguments))
    assert check.writes == []
    real = succeeded(connect.playbook(playbook, "--diff", *arguments))
    assert check.changes == real.changes
    return check, real


def test_check_mode_writes_nothing(lab: Lab, connect: Runner) -> None:
    before = [settled(lab, "london"), settled(lab, "paris"), keystores(lab), aliases(lab)]
    run = succeeded(connect.playbook("connect", "--check", "--diff"))
    assert run.changes
    assert [version_of_state(lab, "london"), version_of_state(lab, "paris"), keystores(lab), aliases(lab)] == before
    assert active_keys(lab) == []


def test_first_connect_is_as_predicted_and_proven(lab: Lab, connect: Runner) -> None:
    _dummy, real = predicted(connect, "connect")
    assert re.findall(r"london/(\S+) → paris \(proxy, api_key\): (\w+)", real.output) == [
        ("lon-1", "proven"),
        ("lon-2", "proven"),
    ]
    converged(lab)


def test_second_run_changes_nothing(lab: Lab, connect: Runner) -> None:
    if lab.local:
        assert unchanged(connect.playbook("connect")).jvm_starts == 0
        return
    with counting_jvms(lab) as starts:
        run = unchanged(connect.playbook("connect"))
    assert (run.jvm_starts, starts) == (0, [])


@pytest.mark.parametrize(
    "arguments", [("--limit", "london"), pytest.param(("--forks", "1"), marks=pytest.mark.full)], ids=" ".join
)
def test_limit_and_forks(lab: Lab, connect: Runner, arguments: tuple[str, ...]) -> None:
    run = succeeded(connect.playbook("connect", *arguments))
    assert (run.changes, run.writes) == (set(), [])
    assert run.output.count(": proven") == len(lab.clusters["london"].nodes)


def test_a_limit_that_names_a_node_is_no_success(lab: Lab, connect: Runner) -> None:
    run = connect.playbook("connect", "--limit", "lon-1")
    assert run.code != 0 and "write --limit london." in " ".join(run.output.split()), run.output
    assert run.writes == []


def test_empty_answers_of_a_survey_and_another_strategy_change_nothing(lab: Lab, connect: Runner) -> None:
    empty = '{"aliases": "", "adopt": null, "elasticsearch_own_keys": [], "elasticsearch_clusters_group": ""}'
    unchanged(connect.playbook("connect", "-e", empty, ANSIBLE_STRATEGY="free"))
    empty = '{"aliases": " paris,\\n", "fail_on": "", "max_lag": null, "elasticsearch_allow_unsupported_versions": ""}'
    run = unchanged(connect.playbook("verify", "-e", empty, ANSIBLE_STRATEGY="free"))
    assert run.output.count(": proven") == len(lab.clusters["london"].nodes)


@pytest.mark.full
def test_shipped_modules_agree(lab: Lab, connect: Runner) -> None:
    unchanged(connect.playbook("connect", CROSSCLUSTER_IN_PROCESS="0"))


def test_verify_proves_every_node(lab: Lab, connect: Runner) -> None:
    run = unchanged(connect.playbook("verify"))
    assert run.output.count(": proven") == len(lab.clusters["london"].nodes)


def test_nodes_behind_one_address_are_asked_on_their_own_machines(lab: Lab, connect: Runner) -> None:
    """As behind a load balancer, where one of them would answer for all."""
    london = lab.clusters["london"]
    urls = json.dumps({"elasticsearch_node_urls": dict.fromkeys(london.nodes, london.url)})
    for playbook in ("verify", "connect"):
        run = unchanged(connect.playbook(playbook, "-e", urls))
        assert run.output.count("asked on its own machine): proven") == len(london.nodes)


def test_nodes_that_can_not_be_asked_are_told_before_anything_is_changed(lab: Lab, connect: Runner) -> None:
    london = lab.clusters["london"]
    connect.declare(london={"paris": {**PARIS, "search": [INDEX, "more-*"]}})
    before = [keystores(lab), aliases(lab), active_keys(lab)]
    node, other = london.nodes[:2]
    # As where the API asks for a client certificate alone, which no node is shown.
    given = {"elasticsearch_node_urls": {node: london.urls[other]}, "remote_cluster__to_ask_there": []}
    run = connect.playbook("connect", "-e", json.dumps(given))
    assert run.code != 0 and run.writes == []
    assert "elasticsearch_node_urls of the cluster" in " ".join(run.errors)
    assert [keystores(lab), aliases(lab), active_keys(lab)] == before


def test_changed_access_updates_the_key_in_place(lab: Lab, connect: Runner) -> None:
    key, stores = converged(lab), keystores(lab)
    connect.declare(london={"paris": {**PARIS, "search": [INDEX, "more-*"]}})
    _dummy, real = predicted(connect, "connect")
    assert {task for task, _dummy_host, _dummy_item in real.changes} == {"Create or update cross-cluster API keys"}
    assert converged(lab) == key
    assert access_of(lab, key)["search"][0]["names"] == [INDEX, "more-*"]
    assert keystores(lab) == stores
    connect.declare(london={"paris": PARIS})
    succeeded(connect.playbook("connect"))


def test_a_broken_key_is_found_and_replaced(lab: Lab, connect: Runner) -> None:
    old = converged(lab)
    lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": [old]})
    found = connect.playbook("verify")
    assert found.code != 0
    assert found.output.count("[key_invalidated]") >= 2
    told = succeeded(connect.playbook("verify", "-e", "fail_on=never"))
    assert told.results("Set result as workflow artifact")[0]["ansible_stats"]["data"] == {
        "elasticsearch_remote_clusters_proven": {"london": False}
    }
    predicted(connect, "connect")
    assert converged(lab) != old


@pytest.mark.full
def test_a_third_node_without_one_failed_search(lab: Lab, connect: Runner) -> None:
    old = converged(lab)
    lab.start_node("lon-3")
    with searching(lab) as results:
        predicted(connect, "connect")
    assert len(results) > 10
    assert set(results) == {"found"}
    assert converged(lab) != old
    assert len(held(lab)) == 3


def test_disconnect_leaves_nothing(lab: Lab, connect: Runner) -> None:
    converged(lab)
    predicted(connect, "disconnect")
    assert active_keys(lab) == []
    assert held(lab) == [None] * len(lab.clusters["london"].nodes)
    assert aliases(lab) == {}
    loaded = lab.node("lon-1").state
    assert (
        SECURE_SETTING
        not in lab.node("lon-1")
        .run(f"ES_PATH_CONF={loaded.config} {loaded.home}/bin/elasticsearch-keystore list")
        .stdout
    )
    unchanged(connect.playbook("disconnect"))
