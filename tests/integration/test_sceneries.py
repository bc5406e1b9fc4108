# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way, from clusters that no other one can reach and back, through what fleets look like.

`make test` has two rows that combine what is unkind; `make test-full` meets each pair of values.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allpairspy import AllPairs
from evidence import INDEX, active_keys, put_document, search, searching
from labs import FULL, booted
from runner import VENV, Run, Runner, succeeded

from kit import Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.scenery import VALUES, Scenery

# On a host.
OLD_PYTHON = "/opt/python3.8"
OLDEST = VENV.parents[1] / "venv-oldest" / "bin"
# What surrounds Ansible itself: the environment of a run.
ANSIBLE: dict[str, dict[str, str]] = {
    "newest": {},
    "oldest": {"PATH": f"{OLDEST}{os.pathsep}{os.environ['PATH']}"},
    "free": {"ANSIBLE_STRATEGY": "free"},
    "native": {"ANSIBLE_JINJA2_NATIVE": "true"},
    "one_fork": {"ANSIBLE_FORKS": "1"},
    "many_forks": {"ANSIBLE_FORKS": "50"},
    # Of the nodes; newer cores take none that is so old.
    "python_3_8": {"PATH": f"{OLDEST}{os.pathsep}{os.environ['PATH']}"},
    "facts": {"ANSIBLE_GATHERING": "implicit", "ANSIBLE_CACHE_PLUGIN": "jsonfile"},
}
# Each value once; the first two rows are those of `make test`.
ONCE = [
    (Scenery("archive_unit", "other_names", "become_all", "no_usages", "open", "tabs"), "free"),
    (Scenery("certs_dir", "fqdn", "sudo_password", "pkcs12", "no_client", "crlf"), "oldest"),
    (Scenery("archive", "groups", "sudo", "intermediate", "dropped", "indented"), "native"),
    (Scenery("package", "vaulted", "root", "one_pair", "same_publish", "flow"), "one_fork"),
    (Scenery("package", "host", "sudo", "usages", "nat", "end_mark"), "many_forks"),
    (Scenery("archive", "fqdn", "become_all", "pkcs12", "dropped", "bom"), "facts"),
    (Scenery("instances", "host", "sudo", "usages", "open", "plain"), "python_3_8"),
    (Scenery("archive", "other_names", "service_user", "intermediate", "open", "tabs"), "facts"),
    (Scenery(privilege="su"), "newest"),
    (Scenery(privilege="requiretty"), "newest"),
    (Scenery(network="proxy"), "newest"),
    (Scenery(inventory="fqdn", authority="wildcard", network="ipv6"), "newest"),
]
# What is refused before anything is changed: with which words, and by which playbooks.
REFUSED = {
    # Its modules come as files, in which secrets would lie.
    "su": ("a become method that can do pipelining", ["certificates", "connect"]),
    "requiretty": (
        "exempt the account (Defaults",
        ["certificates", "remote_cluster_server", "connect", "rotate_api_keys", "disconnect"],
    ),
}


def possible(row: list[str]) -> bool:
    """Of a row that AllPairs begins: with what is refused nothing else is seen; only an archive is its account's."""
    return not REFUSED.keys() & set(row) and (row[0] in ("archive", "archive_unit") or "service_user" not in row)


def rows() -> Iterator[Any]:
    drawn = [(Scenery(*row[:-1]), row[-1]) for row in AllPairs([*map(list, VALUES.values()), list(ANSIBLE)], possible)]
    for scenery, ansible in [*ONCE, *drawn]:
        marks = [] if (scenery, ansible) in ONCE[:2] else [pytest.mark.full]
        yield pytest.param((scenery, ansible), id=f"{'-'.join(vars(scenery).values())}-{ansible}", marks=marks)


@pytest.fixture(params=rows() if FULL else [row for row in rows() if not row.marks])
def row(request: pytest.FixtureRequest) -> tuple[Scenery, str]:
    found: tuple[Scenery, str] = request.param
    return found


@pytest.fixture
def lab(row: tuple[Scenery, str]) -> Iterator[Lab]:
    python = python_3_8() if row[1] == "python_3_8" else None
    clusters = [ClusterSpec("london", 2), ClusterSpec("paris", 1)]
    # The service's own account can't restart it, so that the nodes have to listen already.
    bare = row[0].privilege != "service_user"
    for lab in booted("integration-scenery", clusters, bare=bare, scenery=row[0]):
        if python:
            give_python(lab, python)
        yield lab


def python_3_8() -> Path:
    """The oldest one that nodes may have."""
    uv = [str(PROJECT / "tests/tools/environment"), "uv", "python"]
    for action in ("find", "install", "find"):
        done = subprocess.run([*uv, action, "3.8"], check=False, capture_output=True, text=True)
        if action == "find" and done.returncode == 0:
            return Path(os.path.realpath(done.stdout.strip())).parents[1]
    pytest.skip(f"no Python 3.8 is here, and uv can't install one: {done.stderr.strip()}")


def give_python(lab: Lab, python: Path) -> None:
    left_out = shutil.ignore_patterns("test", "site-packages", "__pycache__", "*.a")
    for node in map(lab.node, lab.state.hosts):
        shutil.copytree(python, node.path(OLD_PYTHON), symlinks=True, ignore=left_out)
        node.run(f"echo {OLD_PYTHON}/lib > /etc/ld.so.conf.d/python.conf && ldconfig")


def run(ansible: Runner, row: tuple[Scenery, str], playbook: str, *arguments: str) -> Run:
    """In check mode first, which foretells the same and writes nothing."""
    check = succeeded(ansible.playbook(playbook, "--check", *arguments, **ANSIBLE[row[1]]))
    assert check.writes == []
    real = succeeded(ansible.playbook(playbook, *arguments, **ANSIBLE[row[1]]))
    # What an item is called depends on what is known of it.
    foretold, done = ({change[:2] for change in found.changes} for found in (check, real))
    assert foretold == done, check.output + real.output
    return real


def refused(ansible: Runner, row: tuple[Scenery, str], why: str, playbook: str, *arguments: str) -> None:
    """In one sentence, before anything is changed."""
    found = ansible.playbook(playbook, *arguments, **ANSIBLE[row[1]])
    assert why in " ".join(found.errors), found.output
    assert (found.code, found.writes, found.changes) == (2, [], set())


def test_the_whole_way(lab: Lab, ansible: Runner, row: tuple[Scenery, str], tmp_path: Path) -> None:
    scenery = row[0]
    put_document(lab)
    paris = {"cluster": scenery.host("paris"), "search": [INDEX], "skip_unavailable": False}
    ansible.declare(london={"paris": paris})
    for cluster in lab.clusters:
        authority = {"path": str(tmp_path / cluster), "passphrase": "of an authority"}
        ansible.vary(cluster, elasticsearch_certificate_authority=authority)
    searched = lab.clusters["london"].nodes
    if scenery.network == "no_client":
        searched = searched[:1]

    if row[1] == "python_3_8":
        interpreter = {"ansible_python_interpreter": f"{OLD_PYTHON}/bin/python3.8"}
        ansible.groups["elasticsearch_nodes"] = {"vars": interpreter}
    if scenery.privilege in REFUSED:
        why, playbooks = REFUSED[scenery.privilege]
        for playbook in playbooks:
            refused(ansible, row, why, playbook)
        return
    if scenery.privilege == "service_user":
        refused(
            ansible,
            row,
            "which the account elasticsearch may not",
            "certificates",
            "-e",
            "elasticsearch_remote_cluster_port=9500",
        )
    run(ansible, row, "certificates")
    run(ansible, row, "connect")
    assert [search(lab, node) for node in searched] == ["found"] * len(searched)
    assert succeeded(ansible.playbook("verify", **ANSIBLE[row[1]])).writes == []
    for playbook in ("certificates", "connect"):
        again = run(ansible, row, playbook)
        assert (again.changes, again.writes, again.jvm_starts) == (set(), [], 0)
    [old] = active_keys(lab)
    with searching(lab) as results:
        run(ansible, row, "rotate_api_keys")
        run(ansible, row, "certificates", "-e", "renew=true")
    assert set(results) == {"found"}
    [new] = active_keys(lab)
    assert new != old
    run(ansible, row, "disconnect")
    assert active_keys(lab) == []
