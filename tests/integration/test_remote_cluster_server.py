# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role remote_cluster_server on bare clusters: no listener yet, and an elasticsearch.yml as operators have them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from evidence import ALIAS, INDEX, put_document
from interrupt import kill
from labs import bare
from restarts import ALLOCATION, YML, health, left_behind, listening, put_certificates, restarted, started, texts
from runner import Runner, succeeded

from kit import Lab
from kit.hosts import write_config

PLAYBOOK = "remote_cluster_server"
# Any setting that makes a difference to nobody.
HARMLESS = {"http.max_header_size": "17kb"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    yield from bare("integration-bare")


@pytest.fixture(autouse=True)
def hosts_only(lab: Lab) -> None:
    lab.node("lon-1").require_host("restarting a service")


@contextmanager
def watching_london(lab: Lab) -> Iterator[list[set[str]]]:
    """Which nodes of london do not answer, seen again and again."""
    seen: list[set[str]] = []
    end = threading.Event()

    def watch() -> None:
        while not end.is_set():
            out = set()
            for name in lab.clusters["london"].nodes:
                try:
                    # One that is slow, beside another one that starts, does answer.
                    status, _answer = lab.clusters["london"].request("GET", "/_nodes/_local/_none", node=name)
                except OSError:
                    status = 0
                if status != 200:
                    out.add(name)
            seen.append(out)
            time.sleep(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def test_files_that_are_missing_are_named_before_anything_changes(lab: Lab, ansible: Runner) -> None:
    before = texts(lab), started(lab)
    run = ansible.playbook(PLAYBOOK)
    assert run.code != 0
    assert re.search(r"lon-1, lon-2: certs/remote_cluster_server.key is missing", " ".join(run.errors)), run.output
    assert (texts(lab), started(lab)) == before


def test_check_mode_tells_which_nodes_restart_and_writes_nothing(lab: Lab, ansible: Runner) -> None:
    put_certificates(lab)
    before = texts(lab), started(lab)
    run = succeeded(ansible.playbook(PLAYBOOK, "--check", "--diff"))
    told = " ".join(str(result.get("msg")) for result in run.results("Report nodes to restart with reasons"))
    for name in lab.nodes:
        assert f"{name}: " in told
    assert "remote_cluster_server.enabled: set to true" in told
    assert {task for task, _host, _item in run.changes} == {"Write elasticsearch.yml", "Restart Elasticsearch service"}
    assert (run.writes, left_behind(lab)) == ([], [])
    assert (texts(lab), started(lab)) == before


def test_one_node_after_the_other(lab: Lab, ansible: Runner) -> None:
    lab.clusters["london"].request("PUT", "/two-copies", {"settings": {"index.number_of_replicas": 1}})
    assert health(lab) == "green"
    before = texts(lab)
    with watching_london(lab) as seen:
        run = succeeded(ansible.playbook(PLAYBOOK))
    assert {frozenset(out) for out in seen} >= {frozenset(), frozenset({"lon-1"}), frozenset({"lon-2"})}
    assert not [out for out in seen if len(out) > 1], seen
    assert listening(lab) == set(lab.nodes)
    assert left_behind(lab) == []
    for name, text in texts(lab).items():
        assert text.startswith(before[name]), text
        assert "remote_cluster.port: 9443\n" in text[len(before[name]) :]
    assert {task for task, _host, _item in run.changes} == {"Write elasticsearch.yml", "Restart Elasticsearch service"}


def test_the_second_run_does_nothing(lab: Lab, ansible: Runner) -> None:
    before = started(lab), texts(lab)
    run = succeeded(ansible.playbook(PLAYBOOK))
    assert (run.changes, run.writes) == (set(), []), run.output
    assert (started(lab), texts(lab)) == before
    # One task a node.
    assert sorted(re.findall(r"^ok: \[\S+ -> ((?:lon|par)-\d)", run.output, re.MULTILINE)) == sorted(lab.nodes), (
        run.output
    )


def test_only_the_node_that_differs_is_restarted(lab: Lab, ansible: Runner) -> None:
    node = lab.node("lon-2")
    whole = node.read_file(YML)
    write_config(lab.state, node.state, "elasticsearch.yml", whole.replace("remote_cluster.port: 9443\n", "").encode())
    before = started(lab)
    succeeded(ansible.playbook(PLAYBOOK))
    assert restarted(lab, before) == {"lon-2"}
    assert node.read_file(YML) == whole.replace("remote_cluster.port: 9443\n", "") + "remote_cluster.port: 9443\n"


@pytest.mark.full
def test_no_node_is_restarted_before_the_cluster_is_as_healthy_as_agreed(lab: Lab, ansible: Runner) -> None:
    before = started(lab), texts(lab)
    # More copies than there are nodes.
    lab.clusters["london"].request("PUT", "/many-copies", {"settings": {"index.number_of_replicas": 3}})
    ansible.vary("london", elasticsearch_settings=HARMLESS, elasticsearch_restart_timeout=2)
    try:
        told = succeeded(ansible.playbook(PLAYBOOK, "--check")).output
        assert "the cluster is yellow. lon-1 is restarted only when it is green" in told
        run = ansible.playbook(PLAYBOOK)
        assert run.code != 0
        [error] = run.errors
        assert re.search(r"^london: lon-1 was not restarted: After 2(\.0)? seconds the cluster is", error), run.output
        assert (run.changes, run.writes) == (set(), []), run.output
    finally:
        lab.clusters["london"].request("DELETE", "/many-copies")
    assert (started(lab), texts(lab)) == before


@pytest.mark.full
def test_a_node_that_is_down_is_started_though_the_cluster_is_not_healthy(lab: Lab, ansible: Runner) -> None:
    """As after a run that was killed when the node did not come back."""
    node = lab.node("lon-2")
    whole = node.read_file(YML)
    node.run("systemctl stop elasticsearch")
    write_config(lab.state, node.state, "elasticsearch.yml", whole.replace("remote_cluster.port: 9443\n", "").encode())
    before = started(lab)
    assert "lon-2" not in before
    succeeded(ansible.playbook(PLAYBOOK))
    assert restarted(lab, before) == {"lon-2"}
    assert (health(lab), left_behind(lab)) == ("green", [])


@pytest.mark.full
def test_a_node_that_can_not_be_reached_is_left_out(lab: Lab, ansible: Runner) -> None:
    before = started(lab)
    ansible.vary("london", elasticsearch_settings={"http.max_header_size": "18kb"})
    # Dropped packets would leave ssh's shared connection silent for as long again after it is healed.
    lab.faults.reset_port("lon-2", 22)
    try:
        run = ansible.playbook(PLAYBOOK)
    finally:
        lab.faults.heal("lon-2")
    assert run.code != 0
    assert "london: these nodes were left out: lon-2: " in run.errors[-1], run.output
    assert restarted(lab, before) == {"lon-1"}
    middle = started(lab)
    succeeded(ansible.playbook(PLAYBOOK))
    assert restarted(lab, middle) == {"lon-2"}


@pytest.mark.full
def test_a_node_that_does_not_come_back_gets_its_old_settings(lab: Lab, ansible: Runner) -> None:
    texts_before, before = texts(lab), started(lab)
    ansible.vary("london", elasticsearch_settings={"no.such.setting": "x"})
    run = ansible.playbook(PLAYBOOK)
    assert run.code != 0
    error = run.errors[-1]
    assert re.search(r"the node lon-1 \(lon-1\) could not be restarted with its new settings", error), run.output
    assert "it is in the cluster again" in error
    assert "no.such.setting" in error, error
    assert texts(lab) == texts_before
    assert restarted(lab, before) == {"lon-1"}
    assert (health(lab), left_behind(lab)) == ("green", [])


@pytest.mark.full
def test_a_run_that_was_killed_before_the_restart_is_completed(lab: Lab, ansible: Runner) -> None:
    before = started(lab)
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": {ALLOCATION: "new_primaries"}})
    settings: dict[str, Any] = {"elasticsearch_settings": HARMLESS}
    ansible.vary("london", **settings, elasticsearch_restart_command="sh -c 'touch /tmp/restarting; sleep 60'")

    def killer() -> None:
        while lab.node("lon-1").run("rm /tmp/restarting", check=False).returncode:
            if ended.wait(0.3):
                return
        kill(ansible)

    # A run that never comes there ends without it.
    ended = threading.Event()
    thread = threading.Thread(target=killer)
    thread.start()
    run = ansible.playbook(PLAYBOOK, "--limit", "london")
    ended.set()
    thread.join()
    assert "PLAY RECAP" not in run.output
    assert restarted(lab, before) == set()
    assert "17kb" in lab.node("lon-1").read_file(YML)
    again = Runner(lab, ansible.directory)
    # Without replicas it does not get green.
    again.vary("london", **settings, elasticsearch_wait_for_status="yellow")
    succeeded(again.playbook(PLAYBOOK))
    assert restarted(lab, before) == {"lon-1", "lon-2"}
    assert left_behind(lab) == [f"london: {ALLOCATION}"]
    _dummy, answer = lab.clusters["london"].request("GET", "/_cluster/settings?flat_settings=true")
    assert answer["persistent"][ALLOCATION] == "new_primaries"
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": {ALLOCATION: None}})
    run = succeeded(again.playbook(PLAYBOOK))
    assert run.changes == set()


@pytest.mark.full
def test_in_the_end_the_clusters_can_be_connected(lab: Lab, ansible: Runner) -> None:
    put_document(lab)
    ansible.declare(london={ALIAS: {"search": [INDEX], "skip_unavailable": False}})
    succeeded(ansible.playbook("connect"))
    succeeded(ansible.playbook("disconnect"))
