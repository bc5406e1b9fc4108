# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role remote_cluster_server where a restart would do harm: nodes that vote, and keystores with passwords."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from labs import bare
from restarts import ALLOCATION, health, left_behind, listening, put_certificates, restarted, started, texts
from runner import Run, Runner, succeeded

from kit import Lab
from kit.model import ClusterSpec

PLAYBOOK = "remote_cluster_server"
MARK = "cluster.metadata.crosscluster_elasticsearch_allocation_before"
NODES = ("lon-1", "lon-2", "lon-3")
PASSPHRASE = "kept-from-all-eyes"
KEYSTORE = "/usr/share/elasticsearch/bin/elasticsearch-keystore"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    for booted in bare("integration-rolling", ClusterSpec("london", 3)):
        put_certificates(booted)
        yield booted


@pytest.fixture(autouse=True)
def hosts_only(lab: Lab) -> None:
    lab.node("lon-1").require_host("restarting a service")


@pytest.fixture
def ansible(ansible: Runner, lab: Lab) -> Runner:
    # Any of them may be the one that restarts.
    ansible.vary("london", elasticsearch_url=list(lab.clusters["london"].urls.values()))
    return ansible


def of_nodes(ansible: Runner, **variables: dict[str, Any]) -> None:
    """Inventory variables of single nodes."""
    ansible.groups["london_nodes"] = {"hosts": {name.replace("_", "-"): own for name, own in variables.items()}}


def settings(lab: Lab, **persistent: Any) -> dict[str, Any]:
    if persistent:
        lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": persistent})
    _dummy, answer = lab.clusters["london"].request("GET", "/_cluster/settings?flat_settings=true")
    found: dict[str, Any] = answer["persistent"]
    return found


def refused(run: Run) -> str:
    assert run.code != 0, run.output
    # A node that can't be reached is told as well.
    [error] = [error for error in run.errors if error.startswith("london: ")]
    assert error.startswith("london: no elasticsearch.yml was changed, and no node restarted. "), run.output
    return error


def on_each(lab: Lab, command: str, **options: Any) -> None:
    # The tool starts a JVM on each.
    with ThreadPoolExecutor(len(NODES)) as pool:
        for future in [pool.submit(lab.node(name).run, command, **options) for name in NODES]:
            future.result()


@contextmanager
def an_alias_that_the_inventory_does_not_have(lab: Lab) -> Iterator[None]:
    """With an API key, as one to Elastic Cloud; nobody answers there."""
    name = "cluster.remote.cloud"
    keystore = f"{KEYSTORE} %s {name}.credentials && chown root:elasticsearch /etc/elasticsearch/elasticsearch.keystore"
    on_each(lab, keystore % "add -f --stdin", input="aWQ6c2VjcmV0LW9mLWEtY2xvdWQ=\n")
    lab.clusters["london"].request("POST", "/_nodes/reload_secure_settings", {})
    try:
        settings(lab, **{f"{name}.mode": "proxy", f"{name}.proxy_address": "127.0.0.1:1"})
        yield
    finally:
        settings(lab, **{f"{name}.mode": None, f"{name}.proxy_address": None})
        on_each(lab, keystore % "remove")


def of_certificates(lab: Lab) -> list[str]:
    command = "ls -lR --time-style=full-iso /etc/elasticsearch/certs"
    return [str(node.run(command).stdout) for node in lab.nodes.values()]


def test_what_stands_in_the_way_is_told_before_anything_changes(lab: Lab, ansible: Runner) -> None:
    """And replicas that a killed run has held back are not held back any longer."""
    before = texts(lab), started(lab)
    lab.node("lon-3").run("cp -a /etc/elasticsearch /etc/elasticsearch-copy")
    of_nodes(
        ansible,
        lon_2={"elasticsearch_service": "elasticsearch@hot"},
        lon_3={"elasticsearch_path_conf": "/etc/elasticsearch-copy"},
    )
    with an_alias_that_the_inventory_does_not_have(lab):
        settings(lab, **{ALLOCATION: "primaries", MARK: "all"})
        told = ansible.playbook(PLAYBOOK, "--check")
        assert {task for task, _host, _item in told.changes} == {"Restore shard allocation after an interrupted run"}
        assert settings(lab)[MARK] == "all"
        error = refused(ansible.playbook(PLAYBOOK))
        assert refused(told) == error
        assert "lon-2: systemd has no unit elasticsearch@hot" in error
        assert "(units of Elasticsearch here: elasticsearch.service)" in error
        assert "lon-3: it is in the cluster, and its process is not found" in error
        assert "so that the node trusts public authorities" in error
        assert "cloud (the cluster has it, the inventory does not)" in error
        assert {ALLOCATION, MARK}.isdisjoint(settings(lab))
        assert (texts(lab), started(lab)) == before
        of_nodes(ansible)
        files = of_certificates(lab)
        authority = {"path": str(ansible.directory / "authority"), "passphrase": "of an authority"}
        ansible.vary("london", elasticsearch_certificate_authority=authority)
        assert "so that the node trusts public authorities" in refused(ansible.playbook("certificates"))
        assert of_certificates(lab) == files
        ansible.vary("london", elasticsearch_public_authorities="certs/ca.crt")
        reasons = succeeded(ansible.playbook(PLAYBOOK, "--check")).results("Report nodes to restart with reasons")
        listed = "certificate_authorities: set to [certs/remote_cluster_client_ca.crt, certs/ca.crt]"
        assert [listed in str(reason["msg"]) for reason in reasons] == [True] * 3
    assert (texts(lab), started(lab)) == before


@contextmanager
def asking_for_the_master(lab: Lab) -> Iterator[list[int]]:
    """What lon-2 answers to who needs one."""
    seen: list[int] = []
    end = threading.Event()

    def watch() -> None:
        while not end.wait(0.2):
            status, _answer = lab.clusters["london"].request("GET", "/_cluster/health?timeout=1s", node="lon-2")
            seen.append(status)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def test_a_cluster_that_would_lose_its_master_keeps_it(lab: Lab, ansible: Runner) -> None:
    """Green again, with two of three nodes that vote."""
    before = texts(lab)
    away = lab.node("lon-3")
    away.run("systemctl stop elasticsearch")
    lab.faults.reset_port("lon-3", 22)
    try:
        assert health(lab) == "green"
        times = started(lab)
        assert set(times) == {"lon-1", "lon-2"}
        with asking_for_the_master(lab) as seen:
            error = refused(ansible.playbook(PLAYBOOK))
        assert "of the 3 nodes that vote for a master, only lon-2 would be left. Not in the cluster: lon-3." in error
        assert set(seen) == {200}
        assert (texts(lab), started(lab)) == (before, times)
    finally:
        lab.faults.heal("lon-3")
        away.run("systemctl start elasticsearch")
    assert health(lab) == "green"


def protect(lab: Lab, old: str, new: str) -> None:
    """The keystores of all nodes get another password; the servers run on."""

    def one(name: str) -> None:
        asked = [old, new, new] if old else [new, new]
        lab.node(name).run(f"{KEYSTORE} passwd", input="".join(f"{line}\n" for line in asked))
        lab.node(name).run("cd /etc/elasticsearch && chown root:elasticsearch elasticsearch.keystore && chmod 660 $_")

    with ThreadPoolExecutor() as pool:
        list(pool.map(one, NODES))


def traces(lab: Lab) -> list[str]:
    """Of a passphrase that was given to systemd."""
    looked = "ls /run/crosscluster-elasticsearch; systemctl show-environment | grep PASSPHRASE"
    return [line for name in NODES for line in lab.node(name).run(looked, check=False).stdout.splitlines()]


@contextmanager
def watching_processes(lab: Lab) -> Iterator[list[str]]:
    """Command lines on the nodes that hold the passphrase."""
    found: list[str] = []
    end = threading.Event()

    def watch() -> None:
        while not end.wait(1):
            seen = lab.node("lon-1").run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '", check=False).stdout
            found.extend(["seen"] if PASSPHRASE in seen else [])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


@pytest.mark.full
def test_keystores_with_passwords(lab: Lab, ansible: Runner) -> None:
    """Refused without the password; with it the way back works, and then all nodes restart."""
    protect(lab, "", PASSPHRASE)
    before = texts(lab), started(lab)
    error = refused(ansible.playbook(PLAYBOOK))
    assert "lon-1, lon-2, lon-3: its keystore has a password" in error
    assert "set elasticsearch_keystore_password of this node" in error
    of_nodes(ansible, **{name: {"elasticsearch_keystore_password": "another"} for name in NODES})
    assert "the keystore's password is wrong" in refused(ansible.playbook(PLAYBOOK))
    of_nodes(ansible, **{name: {"elasticsearch_keystore_password": PASSPHRASE} for name in NODES})
    assert (texts(lab), started(lab)) == before

    ansible.vary("london", elasticsearch_settings={"no.such.setting": "x"})
    run = ansible.playbook(PLAYBOOK, "-vvv")
    assert "it was restarted with it, and it is in the cluster again." in run.errors[-1], run.output
    assert (texts(lab), restarted(lab, before[1]), traces(lab)) == (before[0], {"lon-1"}, [])
    assert PASSPHRASE not in run.output

    ansible.vary("london", elasticsearch_settings={})
    with watching_processes(lab) as seen:
        run = succeeded(ansible.playbook(PLAYBOOK, "-vvv"))
    assert (restarted(lab, before[1]), listening(lab), traces(lab)) == (set(NODES), set(NODES), [])
    assert (PASSPHRASE in run.output, seen, left_behind(lab)) == (False, [], [])
    run = succeeded(ansible.playbook(PLAYBOOK))
    assert (run.changes, run.writes) == (set(), [])
