# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From clusters without listener, certificate or authority for remote clusters to a search: two playbooks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence import INDEX, put_document, search
from labs import bare
from runner import Runner, succeeded

from kit import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    yield from bare("integration-none")


def test_from_nothing_to_a_search(lab: Lab, ansible: Runner, tmp_path: Path) -> None:
    lab.node("lon-1").require_host("restarting a service")
    put_document(lab)
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    for cluster in ("london", "paris"):
        authority = {"path": str(tmp_path / cluster), "passphrase": f"passphrase of {cluster}"}
        ansible.vary(cluster, elasticsearch_certificate_authority=authority)
    succeeded(ansible.playbook("certificates"))
    succeeded(ansible.playbook("connect"))
    assert [search(lab, node) for node in lab.clusters["london"].nodes] == ["found", "found"]
    again = succeeded(ansible.playbook("certificates"))
    assert again.changes == set(), again.output
