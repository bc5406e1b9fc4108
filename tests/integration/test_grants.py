# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants that are encrypted, that another controller has made, that nobody declares; and copies of a cluster."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evidence import INDEX, active_keys, converged, held, put_document, search
from interrupt import remove_everything
from runner import VENV, Runner, succeeded

from kit import Lab

OURS, OF_THE_RUN = "a password for grants", "a password of the run"
MARK = "crosscluster_elasticsearch"
ELSEWHERE = ["192.0.2.1:9300"]


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    put_document(lab)
    remove_everything(lab)
    yield
    remove_everything(lab)


@pytest.fixture
def paris(lab: Lab, ansible: Runner) -> Iterator[Runner]:
    """Paris, which grants; other keys go at the end by other means than the collection."""
    yield ansible
    if keys := active_keys(lab):
        lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": keys})


def grants(runner: Runner, **files: Path) -> None:
    runner.vary("paris", elasticsearch_grants={n: {"search": [INDEX], "file": str(f)} for n, f in files.items()})


def vault(command: str, file: Path, password: Path) -> str:
    argv = [str(VENV / "ansible-vault"), command, "--vault-password-file", str(password), str(file)]
    done = subprocess.run([*argv, "--output", "-"], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def key_of(credential: str) -> str:
    return base64.b64decode(credential).decode().partition(":")[0]


@pytest.mark.parametrize(
    "run",
    [
        "the same",
        pytest.param("another", marks=pytest.mark.full),
        pytest.param("none", marks=pytest.mark.full),
        pytest.param("labelled", marks=pytest.mark.full),
    ],
)
def test_a_credential_is_encrypted(lab: Lab, paris: Runner, tmp_path: Path, run: str) -> None:
    """Whatever passwords the run has itself, and nothing of it is printed."""
    file = tmp_path / "partner.key"
    ours, other = tmp_path / "ours", tmp_path / "other"
    ours.write_text(OURS)
    other.write_text(OF_THE_RUN)
    grants(paris, partner=file)
    paris.vary("paris", elasticsearch_grants_vault_password=OURS)
    limit = ["--limit", "paris", "-vvv", "--diff"]
    limit += {
        "the same": ["--vault-password-file", str(ours)],
        "another": ["--vault-password-file", str(other)],
        "none": [],
        "labelled": ["--vault-id", f"a@{other}", "--vault-id", f"b@{ours}"],
    }[run]
    check = succeeded(paris.playbook("grant", *limit, "--check"))
    assert (check.writes, file.exists()) == ([], False)
    done = succeeded(paris.playbook("grant", *limit))
    assert check.changes == done.changes
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("$ANSIBLE_VAULT;")
    credential = vault("decrypt", file, ours)
    assert active_keys(lab) == [key_of(credential)]
    for text in (done.output, str(done.records)):
        assert credential not in text
        assert OURS not in text
    again = succeeded(paris.playbook("grant", *limit))
    assert (again.changes, again.writes) == (set(), [])
    # Who takes it away has to open it too.
    succeeded(paris.playbook("grant", *limit, "-e", "state=absent"))
    assert (active_keys(lab), file.exists()) == ([], False)


def test_what_is_there_is_encrypted_anew_or_refused(lab: Lab, paris: Runner, tmp_path: Path) -> None:
    file, second, ours = tmp_path / "partner.key", tmp_path / "second.key", tmp_path / "ours"
    ours.write_text(OURS)
    grants(paris, partner=file)
    succeeded(paris.playbook("grant"))
    credential = file.read_text()
    # From plain to encrypted, without another key.
    paris.vary("paris", elasticsearch_grants_vault_password=OURS)
    check = succeeded(paris.playbook("grant", "--check"))
    done = succeeded(paris.playbook("grant"))
    assert check.changes == done.changes
    assert (len(done.changes), done.writes, vault("decrypt", file, ours)) == (1, [], credential)

    # One that can't be opened keeps the other one from being made.
    grants(paris, partner=file, second=second)
    paris.vary("paris", elasticsearch_grants_vault_password="another one")
    sealed = file.read_bytes()
    refused = paris.playbook("grant")
    assert refused.code != 0
    assert any(f"{file} is encrypted, and neither" in error for error in refused.errors), refused.output
    assert (refused.writes, file.read_bytes(), second.exists()) == ([], sealed, False)
    assert active_keys(lab) == [key_of(credential)]


def test_a_credential_that_can_not_be_handed_over(lab: Lab, paris: Runner, tmp_path: Path) -> None:
    """The look before has found nothing wrong; the disk is full when it is written."""
    place = tmp_path / "small"
    place.mkdir()
    if lab.local:
        pytest.skip("only root can mount a disk of its own")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(place)], check=True)
    try:
        (place / "full").write_bytes(b"x" * 4096)
        grants(paris, partner=place / "partner.key")
        run = paris.playbook("grant")
    finally:
        subprocess.run(["umount", str(place)], check=True)
    assert run.code != 0
    assert any("can't be written (No space left on device)" in e and "is invalidated" in e for e in run.errors), (
        run.output
    )
    assert active_keys(lab) == []


def test_two_grants_with_one_file(lab: Lab, paris: Runner, tmp_path: Path) -> None:
    grants(paris, one=tmp_path / "key", two=tmp_path / "." / "key")
    run = paris.playbook("grant")
    assert run.code != 0
    assert any("its file is that of elasticsearch_grants.two of paris too" in error for error in run.errors), run.output
    assert active_keys(lab) == []


@pytest.mark.full
def test_two_controllers_grant_to_one_partner(lab: Lab, paris: Runner, tmp_path: Path) -> None:
    """What one of them does with its key is nothing to that of the other one."""
    mine, others = tmp_path / "mine.key", tmp_path / "others.key"
    grants(paris, partner=others)
    succeeded(paris.playbook("grant"))
    theirs = key_of(others.read_text())

    grants(paris, partner=mine)
    told = succeeded(paris.playbook("grant"))
    assert f"(id {theirs})" in told.output
    assert "another controller may have handed it over" in told.output
    first = key_of(mine.read_text())
    succeeded(paris.playbook("rotate_api_keys", "--limit", "paris", "-e", "aliases=partner"))
    second = key_of(mine.read_text())
    assert set(active_keys(lab)) == {theirs, first, second}
    succeeded(paris.playbook("grant", "-e", "revoke_older=true"))
    assert set(active_keys(lab)) == {theirs, second}
    succeeded(paris.playbook("rotate_api_keys", "--limit", "paris", "-e", "aliases=partner", "-e", "compromised=true"))
    third = key_of(mine.read_text())
    assert set(active_keys(lab)) == {theirs, third}

    # A grant that left the inventory is told, and goes when it is named.
    grants(paris)
    left = succeeded(paris.playbook("connect", "--limit", "paris"))
    assert f"(id {third}) of the grant partner, which is not declared" in left.output
    absent = ["grant", "-e", "state=absent", "-e", "aliases=partner"]
    unnamed = succeeded(paris.playbook(*absent))
    assert unnamed.writes == []
    assert f"(id {third}) of the grant partner, which is not declared" in unnamed.output
    check = succeeded(paris.playbook(*absent, "-e", f"elasticsearch_own_keys={third}", "--check"))
    assert (check.writes, len(check.changes)) == ([], 1)
    gone = succeeded(paris.playbook(*absent, "-e", f"elasticsearch_own_keys={third}"))
    assert gone.changes == check.changes
    assert active_keys(lab) == [theirs]

    grants(paris, partner=others)
    assert succeeded(paris.playbook("grant")).changes == set()
    succeeded(paris.playbook("grant", "-e", "state=absent"))
    assert active_keys(lab) == []


def marked(lab: Lab, key: str) -> dict[str, Any]:
    _status, answer = lab.clusters["paris"].request("GET", f"/_security/api_key?id={key}")
    mark: dict[str, Any] = answer["api_keys"][0]["metadata"][MARK]
    return mark


@pytest.mark.full
def test_a_copy_of_the_cluster(lab: Lab, ansible: Runner) -> None:
    """It has london's UUID and alias, and held london's key when it was copied; neither takes the other one's key."""
    paris = lab.clusters["paris"]
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    succeeded(ansible.playbook("connect"))
    mine = converged(lab)
    mark = marked(lab, mine)
    # A key of the copy's own, older than all that is to come.
    body = {
        "name": "copy",
        "access": {"search": [{"names": [INDEX]}]},
        "metadata": {MARK: {**mark, "addresses": ELSEWHERE}},
    }
    _status, answer = paris.request("POST", "/_security/cross_cluster/api_key", body)
    copies = answer["id"]
    told = succeeded(ansible.playbook("connect"))
    assert (told.changes, told.writes) == (set(), [])
    assert f"(id {copies})" in told.output
    succeeded(ansible.playbook("rotate_api_keys"))
    second = next(key for key in active_keys(lab) if key != copies)
    assert (set(active_keys(lab)), set(held(lab))) == ({copies, second}, {second})

    # As if london were the copy: what its nodes hold was made for the other one.
    body = {"metadata": {MARK: {**marked(lab, second), "addresses": ELSEWHERE}}}
    status, answer = paris.request("PUT", f"/_security/cross_cluster/api_key/{second}", body, user="operator")
    assert status == 200, answer
    check = succeeded(ansible.playbook("connect", "--check", "--diff"))
    run = succeeded(ansible.playbook("connect"))
    assert check.changes == run.changes
    third = next(key for key in active_keys(lab) if key not in (copies, second))
    assert set(active_keys(lab)) == {copies, second, third}
    assert [search(lab, node) for node in lab.clusters["london"].nodes] == ["found"] * 2
    again = succeeded(ansible.playbook("connect"))
    assert (again.changes, again.writes) == (set(), [])

    # Nothing of the other one goes with it, until it is named.
    succeeded(ansible.playbook("disconnect"))
    assert set(active_keys(lab)) == {copies, second}
    succeeded(ansible.playbook("disconnect", "-e", f"elasticsearch_own_keys={copies},{second}"))
    assert active_keys(lab) == []


@pytest.mark.full
def test_an_alias_that_leads_elsewhere_now(lab: Lab, ansible: Runner) -> None:
    """A key at the cluster that it led to before is told, and goes; not as long as a node holds it."""
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    succeeded(ansible.playbook("connect"))
    [key] = active_keys(lab)
    body = {"name": "left", "access": {"search": [{"names": [INDEX]}]}, "metadata": {MARK: marked(lab, key)}}
    _status, answer = lab.clusters["paris"].request("POST", "/_security/cross_cluster/api_key", body)
    ansible.vary("rome", elasticsearch_url="https://127.0.0.1:1", elasticsearch_remote_address="127.0.0.1:2")
    ansible.declare(london={"paris": {"cluster": "rome", "search": [INDEX]}})
    undeclared = ["disconnect", "-e", "undeclared=true", "--limit", "london,paris"]
    check = ansible.playbook(*undeclared, "--check")
    assert check.writes == []
    run = ansible.playbook(*undeclared)
    assert check.changes == run.changes
    assert "its alias paris leads to another cluster now, and paris still has a valid key for it" in run.output
    # Rome could not be asked.
    assert "rome" in run.errors[-1]
    assert active_keys(lab) == [key]
    assert answer["id"] != key
    assert set(held(lab)) == {key}
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    succeeded(ansible.playbook("disconnect", "--limit", "london,paris"))
    assert active_keys(lab) == []
