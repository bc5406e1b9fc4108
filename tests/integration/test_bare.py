# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From clusters without listener, certificate or authority for remote clusters to a search: two playbooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence import INDEX, put_document, search
from runner import Runner, succeeded

from kit import Lab
from kit.model import ClusterSpec
from kit.up import down, up


@pytest.fixture(scope="module")
def lab(pytestconfig: pytest.Config) -> Iterator[Lab]:
    if lent := os.environ.get("CROSSCLUSTER_BARE_LAB"):
        yield Lab.attach(Path(lent))
        return
    run_dir = pytestconfig.rootpath / ".cache" / ("integration-none" + os.environ.get("PYTEST_XDIST_WORKER", ""))
    clusters = [ClusterSpec("london", 2), ClusterSpec("paris", 1)]
    yield up(clusters, run_dir, os.environ.get("CROSSCLUSTER_VERSION") or None, bare=True)
    down(run_dir)


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
