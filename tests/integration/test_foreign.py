# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends that others administer, and an end that is gone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evidence import (
    INDEX,
    active_keys,
    aliases,
    converged,
    held,
    put_document,
)
from runner import (
    Runner,
    succeeded,
)

from kit import Lab

DEAD = "https://127.0.0.1:1"


@pytest.fixture(scope="module", autouse=True)
def _book(lab: Lab) -> None:
    put_document(lab)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Declared as a file of the home directory."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "london.key"


@pytest.fixture
def both(lab: Lab, ansible: Runner, file: Path) -> Iterator[Runner]:
    """Paris grants, and london knows nothing of paris but its address and the file."""
    node = lab.node(lab.clusters["paris"].nodes[0]).state
    partner: dict[str, Any] = {
        "address": f"{node.address}:{node.remote_port}",
        "credential": "{{ lookup('ansible.builtin.file', '%s') }}" % file,
        "skip_unavailable": False,
    }
    ansible.declare(london={"partner": partner})
    ansible.vary("paris", elasticsearch_grants={"london": {"search": [INDEX], "file": f"~/{file.name}"}})
    yield ansible
    ansible.vary("paris", elasticsearch_url=lab.clusters["paris"].url)
    ansible.playbook("disconnect", "--limit", "london")
    ansible.playbook("grant", "-e", "state=absent")
    assert active_keys(lab) == []


def id_in(file: Path) -> str:
    return base64.b64decode(file.read_text()).decode().partition(":")[0]


def search(lab: Lab) -> int:
    return lab.clusters["london"].request("GET", f"/partner:{INDEX}/_search", user="searcher")[0]


@pytest.mark.full
def test_granted_on_one_side_and_connected_on_the_other(lab: Lab, both: Runner, file: Path) -> None:
    check = succeeded(both.playbook("grant", "--check", "--diff"))
    assert (check.writes, file.exists()) == ([], False)
    granted = succeeded(both.playbook("grant"))
    assert check.changes == granted.changes
    assert file.stat().st_mode & 0o777 == 0o600
    secret = file.read_text()
    assert active_keys(lab) == [id_in(file)]
    again = succeeded(both.playbook("grant"))
    assert (again.changes, again.writes) == (set(), [])

    # The other end is asked nothing.
    both.vary("paris", elasticsearch_url=DEAD)
    check = succeeded(both.playbook("connect", "--limit", "london", "--check", "--diff"))
    assert check.writes == []
    run = succeeded(both.playbook("connect", "--limit", "london", "-vvv", "--diff"))
    assert check.changes == run.changes
    assert run.recap["london"]["changed"] > 0
    assert "london/lon-1 → partner (proxy, api_key): proven" in run.output
    assert search(lab) == 200
    assert [text for text in (granted.output, run.output, str(run.records)) if secret in text] == []
    again = succeeded(both.playbook("connect", "--limit", "london"))
    assert (again.changes, again.writes, again.jvm_starts) == (set(), [], 0)

    # A lost file is a new key; the older one is used until the other side has taken the new one, and may be another
    # controller's as far as anybody knows.
    both.vary("paris", elasticsearch_url=lab.clusters["paris"].url)
    older = id_in(file)
    file.unlink()
    told = succeeded(both.playbook("grant"))
    assert f"elasticsearch_own_keys={older} and revoke_older=true" in told.output
    assert search(lab) == 200
    succeeded(both.playbook("connect", "--limit", "london"))
    succeeded(both.playbook("grant", "-e", "revoke_older=true"))
    assert set(active_keys(lab)) == {older, id_in(file)}
    succeeded(both.playbook("grant", "-e", "revoke_older=true", "-e", f"elasticsearch_own_keys={older}"))
    assert active_keys(lab) == [id_in(file)]
    assert search(lab) == 200


@pytest.mark.full
def test_a_grant_is_rotated_and_nobody_is_cut_off(lab: Lab, both: Runner, file: Path) -> None:
    succeeded(both.playbook("grant"))
    succeeded(both.playbook("connect", "--limit", "london"))
    first = id_in(file)

    # Who holds it has been given no other.
    all_of_them = succeeded(both.playbook("rotate_api_keys", "--limit", "paris"))
    assert "grants london keys that stay as they are" in all_of_them.output
    assert (all_of_them.writes, active_keys(lab)) == ([], [first])

    limit = ("--limit", "paris", "-e", "aliases=london")
    check = succeeded(both.playbook("rotate_api_keys", *limit, "--check"))
    assert (check.writes, id_in(file)) == ([], first)
    told = succeeded(both.playbook("rotate_api_keys", *limit))
    assert check.changes == told.changes
    second = id_in(file)
    assert set(active_keys(lab)) == {first, second}
    assert "aliases=london and revoke_older=true" in told.output
    assert search(lab) == 200

    assert succeeded(both.playbook("grant")).changes == set()
    succeeded(both.playbook("connect", "--limit", "london"))
    succeeded(both.playbook("grant", "-e", "aliases=london", "-e", "revoke_older=true"))
    assert (active_keys(lab), search(lab)) == ([second], 200)

    # It is for ever, so that it does not end soon.
    assert succeeded(both.playbook("rotate_api_keys", "-e", "expiring_within=9999d")).changes == set()
    lost = succeeded(both.playbook("rotate_api_keys", *limit, "-e", "compromised=true"))
    assert lost.writes[0] == "DELETE /_security/api_key"
    assert active_keys(lab) == [id_in(file)]
    assert any(
        "no cluster grants anything to lodnon" in e for e in both.playbook("grant", "-e", "aliases=lodnon").errors
    )


@pytest.mark.full
def test_disconnect_while_the_other_end_is_dead(lab: Lab, ansible: Runner) -> None:
    ansible.declare(london={"paris": {"search": [INDEX]}})
    succeeded(ansible.playbook("connect"))
    ansible.vary("paris", elasticsearch_url=DEAD)
    run = ansible.playbook("disconnect")
    assert run.code != 0
    assert "paris gave no answer, its keys for london are still valid" in run.errors[-1], run.output
    assert aliases(lab) == {}
    assert set(held(lab)) == {None}
    assert len(active_keys(lab)) == 1
    ansible.vary("paris", elasticsearch_url=lab.clusters["paris"].url)
    succeeded(ansible.playbook("disconnect"))
    assert active_keys(lab) == []


@pytest.mark.full
def test_an_alias_that_left_the_inventory(lab: Lab, ansible: Runner) -> None:
    paris = {"search": [INDEX], "skip_unavailable": False}
    ansible.declare(london={"paris": paris, "old": {**paris, "cluster": "paris"}})
    succeeded(ansible.playbook("connect"))
    kept = next(key for key in held(lab) if key)
    assert len(active_keys(lab)) == 2
    ansible.declare(london={"paris": paris})
    told = succeeded(ansible.playbook("connect"))
    assert (told.changes, told.writes) == (set(), [])
    assert "london has old of an earlier declaration" in told.output

    check = succeeded(ansible.playbook("disconnect", "-e", "undeclared=true", "--check", "--diff"))
    assert check.writes == []
    run = succeeded(ansible.playbook("disconnect", "-e", "undeclared=true"))
    assert check.changes == run.changes
    assert [name for name in aliases(lab) if "old" in name] == []
    assert active_keys(lab) == [kept]
    again = succeeded(ansible.playbook("disconnect", "-e", "undeclared=true"))
    assert (again.changes, again.writes) == (set(), [])
    after = succeeded(ansible.playbook("connect"))
    assert (after.changes, "an earlier declaration" in after.output) == (set(), False)
    assert converged(lab) == kept
    succeeded(ansible.playbook("disconnect"))
