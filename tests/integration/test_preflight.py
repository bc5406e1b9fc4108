# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of connecting is told all at once, by name, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from evidence import keystores, settled, version_of_state
from runner import Run, Runner

from kit import Lab

PRE = {"cluster": "paris", "search": ["pre-*"]}
WRONG = "pre-wrong-password"
TASK = "Check that remote clusters can be connected"


@contextmanager
def unchanged(lab: Lab) -> Iterator[None]:
    def state() -> list[Any]:
        _status, keys = lab.clusters["paris"].request("GET", "/_security/api_key?active_only=true")
        return [
            {name: version_of_state(lab, name) for name in lab.clusters},
            keystores(lab),
            sorted(key["id"] for key in keys["api_keys"]),
        ]

    for name in lab.clusters:
        settled(lab, name)
    before = state()
    yield
    assert state() == before


def refused(ansible: Runner, tmp_path: Path, inventory: dict[str, Any], *arguments: str, **env: str) -> tuple[Run, str]:
    """A connect with more in the inventory, and its one error."""
    file = tmp_path / "more.yml"
    file.write_text(yaml.safe_dump(inventory))
    run = ansible.playbook("connect", "--limit", "london", "-i", str(file), *arguments, **env)
    assert run.code != 0, run.output
    assert run.writes == []
    (error,) = run.errors
    assert "Traceback" not in run.output
    return run, error


def told(error: str, *problems: tuple[str, ...]) -> None:
    """Each problem stands in one line of the report, with all its words, and there is no other line."""
    lines = error.splitlines()[1:]
    assert len(lines) == len(problems), error
    for words in problems:
        assert any(all(word in line for word in words) for line in lines), (words, error)


@pytest.fixture
def no_sudo(lab: Lab) -> Iterator[str]:
    node = lab.node("lon-2")
    node.require_host("sudo")
    node.run("mv /etc/sudoers.d/ops /root/sudoers-ops")
    yield "lon-2"
    node.run("mv /root/sudoers-ops /etc/sudoers.d/ops")


def test_nobody_lets_us_in(lab: Lab, ansible: Runner, tmp_path: Path, no_sudo: str) -> None:
    rome = {"elasticsearch_url": "https://127.0.0.1:1", "elasticsearch_remote_address": f"{lab.node('par-1').ip}:9443"}
    ansible.declare(london={"pre": PRE, "pre-rome": {"cluster": "rome", "search": ["pre-*"]}})
    hosts = {"london": {"elasticsearch_password": WRONG}, "paris": {"elasticsearch_ca_path": ""}, "rome": rome}
    with unchanged(lab):
        run, error = refused(ansible, tmp_path, {"elasticsearch_clusters": {"hosts": hosts}})
    told(
        error,
        ("the local cluster: ", lab.clusters["london"].url, "401", "Check username and password"),
        ("the remote cluster paris: ", lab.clusters["paris"].url, "Check ca_path"),
        ("the remote cluster rome: ", "https://127.0.0.1:1", "Check the option url and the network"),
        (no_sudo, "can't be read", "sudo"),
    )
    assert "nothing was changed, 4 things stand in the way" in error
    assert WRONG not in run.output


@pytest.fixture
def api_key(lab: Lab) -> Iterator[str]:
    paris = lab.clusters["paris"]
    _status, key = paris.request("POST", "/_security/api_key", {"name": "pre-key"})
    yield key["encoded"]
    paris.request("DELETE", "/_security/api_key", {"ids": [key["id"]]})


@pytest.fixture
def kept_files(lab: Lab) -> Iterator[None]:
    yield
    for name in [name for cluster in lab.clusters.values() for name in cluster.nodes]:
        lab.node(name).run("rm -rf /home/ops/.ansible/tmp/* /root/.ansible/tmp/*")


@pytest.mark.usefixtures("kept_files")
def test_who_may_not_and_what_is_not_there(lab: Lab, ansible: Runner, tmp_path: Path, api_key: str) -> None:
    closed = f"{lab.node('par-1').ip}:9999"
    ansible.declare(london={"pre": {**PRE, "address": closed}})
    hosts = {
        "london": {"elasticsearch_username": "verifier", "elasticsearch_password": lab.accounts["verifier"]},
        "paris": {"elasticsearch_username": "", "elasticsearch_password": "", "elasticsearch_api_key": api_key},
    }
    inventory = {"elasticsearch_clusters": {"hosts": hosts}, "london_nodes": {"hosts": {"par-1": {}}}}
    with unchanged(lab):
        run, error = refused(ansible, tmp_path, inventory, "--check", ANSIBLE_KEEP_REMOTE_FILES="1")
    told(
        error,
        ("the local cluster: the account verifier (realm", "privilege manage;", "crosscluster_local_operator"),
        ("the remote cluster paris: the account elastic (realm", "is an API key", "service token"),
        ("par-1: no node of the local cluster runs there",),
        ("par-1: modules come as files", "unset ANSIBLE_KEEP_REMOTE_FILES"),
        ("pre: " + closed, "from lon-1 it is refused", "from lon-2 it is refused"),
    )
    assert api_key not in run.output


def test_a_group_without_nodes(lab: Lab, ansible: Runner, tmp_path: Path) -> None:
    ansible.declare(london={"pre": PRE})
    hosts = {"london": {"elasticsearch_nodes_group": "pre_nobody"}}
    inventory = {"elasticsearch_clusters": {"hosts": hosts}, "pre_nobody": {"hosts": {}}}
    run, error = refused(ansible, tmp_path, inventory)
    assert "london: no node of it was found" in error
    assert "create the group pre_nobody with its nodes" in error
    assert run.requests == []


@pytest.fixture
def out_of_service(lab: Lab) -> Iterator[None]:
    """Paris without listener, and a month later: its trial has ended. A trial starts only once, but clocks go back."""
    node = lab.node("par-1")
    node.require_host("a clock")
    file = f"{node.state.config}/elasticsearch.yml"
    # Other files use this cluster after us, so it comes back whatever happens.
    try:
        node.run(f"sed -i.pre 's/^remote_cluster_server.enabled: true/remote_cluster_server.enabled: false/' {file}")
        lab.faults.move_clock("par-1", "+32d")
        lab.clusters["paris"].wait_for("par-1")
        yield
    finally:
        node.run(f"mv {file}.pre {file}")
        lab.faults.reset_clock("par-1")
        lab.clusters["paris"].wait_for("par-1")


@pytest.mark.usefixtures("out_of_service")
def test_a_remote_cluster_without_licence_and_listener(lab: Lab, ansible: Runner, tmp_path: Path) -> None:
    ansible.declare(london={"pre": PRE})
    _run, error = refused(ansible, tmp_path, {})
    told(
        error,
        ("the remote cluster paris has a licence of type trial (expired)", "set security_model to certificate"),
        ("the remote cluster paris: the remote cluster server is off on par-1; set remote_cluster_server.enabled",),
        ("pre: ", ":9443 can't be reached: from lon-1 it is refused"),
    )
