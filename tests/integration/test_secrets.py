# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is printed, logged, seen in a list of processes or left in a file, also where a run is killed.

Secrets are the credentials of all keys, and all passwords. They may stand in the keystores, and in the inventory.
"""

from __future__ import annotations

import base64
import contextlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from controller import Controller
from evidence import (
    INDEX,
    active_keys,
    held,
    put_document,
)
from interrupt import Point, Watch, remove_everything, watching
from runner import Runner

from kit import Lab

PARIS = {"search": [INDEX], "skip_unavailable": False}
ROLE = "/_security/role/crosscluster_verifier"
CREATE = "paris: POST /_security/cross_cluster/api_key"
# All of a node, but for what the kernel and Elasticsearch's package have put there.
PLACES = ["/tmp", "/var", "/home", "/root", "/etc", "/opt", "/run", "/dev/shm"]


@pytest.fixture(autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    put_document(lab)
    remove_everything(lab)
    yield
    remove_everything(lab)


class Processes:
    """What anybody could have seen of processes here and on the nodes, which are processes of this machine too.

    :param seen: each command line and environment, once.
    """

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.looks = 0

    def look(self) -> None:
        self.looks += 1
        for process in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                for name in ("cmdline", "environ"):
                    with open(f"/proc/{process}/{name}", "rb") as file:
                        self.seen.add(file.read())


@contextmanager
def sampled() -> Iterator[Processes]:
    processes = Processes()
    over = threading.Event()

    def run() -> None:
        # No program that is given a secret is gone sooner; looking more often would take a processor of its own.
        while not over.wait(0.05):
            processes.look()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield processes
    finally:
        over.set()
        thread.join()


def leaks_of_nodes(lab: Lab, secrets: list[str]) -> list[str]:
    """Files and journals of all nodes."""
    found = []
    for name in [name for cluster in lab.clusters.values() for name in cluster.nodes]:
        node = lab.node(name)
        # The secrets by standard input, for they must not be on a command line here either.
        line = f"grep -rlaF --exclude=elasticsearch.keystore --devices=skip -f - {' '.join(PLACES)} 2>/dev/null"
        found += [f"{file} of {name}" for file in node.run(line, "\n".join(secrets), check=False).stdout.split("\n")]
        journal = node.run("journalctl --no-pager --output=export --all").stdout
        assert "sshd" in journal
        found += [f"the journal of {name}" for secret in secrets if secret in journal]
    return [place for place in found if not place.startswith(" of ")]


def all_secrets(lab: Lab, watch: Watch) -> list[str]:
    operator = f"operator:{lab.accounts['operator']}".encode()
    return [*watch.secrets, *lab.accounts.values(), base64.b64encode(operator).decode()]


def test_no_secret_is_printed_or_left(lab: Lab, ansible: Runner, top: Path) -> None:
    if lab.local:
        pytest.skip("the nodes of a local lab have no files and journals of their own")
    with watching(lab) as watch:
        controller = Controller(ansible, watch, top)
        with sampled() as processes:
            ansible.declare(london={"paris": PARIS})
            controller.run("first connect", "connect")
            # Killed while a node has the module and its secrets; in an inventory without pipelining, as is Ansible's
            # default, and with modules that are shipped.
            ansible.declare(london={"paris": {**PARIS, "expiration": "30d"}})
            ansible.groups = {"elasticsearch_nodes": {"vars": {"ansible_pipelining": False}}}
            controller.run("killed", "connect", at=Point("keystore of lon-2", "before"), CROSSCLUSTER_IN_PROCESS="0")
            controller.run("rotation", "connect")
            # Killed when the key was created.
            ansible.declare(london={"paris": {**PARIS, "expiration": "31d"}})
            controller.run("killed again", "connect", at=Point(CREATE, "after"))
            ansible.groups = {}
            controller.run("disconnect", "disconnect")
        assert (active_keys(lab), set(held(lab))) == ([], {None})
        secrets = all_secrets(lab, watch)
    # Two of each key; the killed runs have made some as well.
    assert len(watch.secrets) >= 6
    listed = b"\n".join(processes.seen)
    # It has seen what it should have seen.
    for program in (b"ansible-playbook", b"elasticsearch-keystore", b"BECOME-SUCCESS"):
        assert program in listed
    leaks = [*controller.leaks(secrets), *leaks_of_nodes(lab, secrets)]
    leaks += ["the list of processes" for secret in secrets if secret.encode() in listed]
    assert leaks == []


@pytest.mark.parametrize(
    ("playbook", "write"),
    [
        pytest.param("connect", CREATE, id="a role"),
        pytest.param("create_security_roles", f"paris: PUT {ROLE}", id="a task of a play"),
    ],
)
def test_no_secret_where_a_shipped_module_is_killed(
    lab: Lab, ansible: Runner, top: Path, playbook: str, write: str
) -> None:
    """A module that is shipped to the controller itself has the password of the API among its options."""
    lab.clusters["paris"].request("PUT", ROLE, {"cluster": ["monitor"]})
    with watching(lab) as watch:
        controller = Controller(ansible, watch, top)
        ansible.declare(london={"paris": PARIS})
        controller.run("killed", playbook, at=Point(write, "after"), CROSSCLUSTER_IN_PROCESS="0")
        assert controller.leaks(all_secrets(lab, watch)) == []
        controller.run("completed", "create_security_roles")
