# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way, from clusters that no other one can reach and back, through what fleets look like.

`make test` has two rows that combine what is unkind; `make test-full` meets each pair of values.
"""

from __future__ import annotations

import os
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
from kit.scenery import VALUES, Scenery

OLDEST = VENV.parents[1] / "venv-oldest" / "bin"
# What surrounds Ansible itself: the environment of a run.
ANSIBLE: dict[str, dict[str, str]] = {
    "newest": {},
    "oldest": {"PATH": f"{OLDEST}{os.pathsep}{os.environ['PATH']}"},
    "free": {"ANSIBLE_STRATEGY": "free"},
    "native": {"ANSIBLE_JINJA2_NATIVE": "true"},
    "one_fork": {"ANSIBLE_FORKS": "1"},
    "many_forks": {"ANSIBLE_FORKS": "50"},
    "facts": {"ANSIBLE_GATHERING": "implicit", "ANSIBLE_CACHE_PLUGIN": "jsonfile"},
}
AUTHORITY, TEXT = (list(VALUES).index(kind) for kind in ("authority", "text"))
# Each value once; the first two rows are those of `make test`.
ONCE = [
    (Scenery("archive_unit", "other_names", "become_all", "no_usages", "open", "tabs"), "free"),
    (Scenery("certs_dir", "fqdn", "sudo_password", "pkcs12", "no_client", "crlf"), "oldest"),
    (Scenery("archive", "groups", "sudo", "intermediate", "dropped", "indented"), "native"),
    (Scenery("package", "vaulted", "root", "one_pair", "same_publish", "flow"), "one_fork"),
    (Scenery("package", "host", "sudo", "usages", "nat", "end_mark"), "many_forks"),
    (Scenery("archive", "fqdn", "become_all", "pkcs12", "dropped", "bom"), "facts"),
    (Scenery(privilege="su"), "newest"),
    (Scenery(network="proxy"), "newest"),
    (Scenery(inventory="fqdn", authority="wildcard", network="ipv6"), "newest"),
]


def possible(row: list[str]) -> bool:
    """Of a row that AllPairs begins: nothing can be added to a flow map, so that all settings must be there already."""
    return len(row) <= TEXT or row[TEXT] != "flow" or row[AUTHORITY] == "one_pair"


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
    clusters = [ClusterSpec("london", 2), ClusterSpec("paris", 1)]
    yield from booted("integration-scenery", clusters, bare=True, scenery=row[0])


def run(ansible: Runner, row: tuple[Scenery, str], playbook: str, *arguments: str) -> Run:
    """In check mode first, which foretells the same and writes nothing."""
    check = succeeded(ansible.playbook(playbook, "--check", *arguments, **ANSIBLE[row[1]]))
    assert check.writes == []
    real = succeeded(ansible.playbook(playbook, *arguments, **ANSIBLE[row[1]]))
    # What an item is called depends on what is known of it.
    foretold, done = ({change[:2] for change in found.changes} for found in (check, real))
    assert foretold == done, check.output + real.output
    return real


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

    if scenery.privilege == "su":
        # Its modules come as files, in which secrets would lie.
        for playbook in ("certificates", "connect"):
            refused = ansible.playbook(playbook, **ANSIBLE[row[1]])
            assert "a become method that can do pipelining" in " ".join(refused.errors), refused.output
            assert (refused.code, refused.writes) == (2, [])
        return
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
