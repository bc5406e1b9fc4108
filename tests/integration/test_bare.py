# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From clusters without listener, certificate or authority for remote clusters to a search: two playbooks.

One of the clusters has PEM files, the other one PKCS#12.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence import INDEX, put_document, search
from labs import bare
from runner import Runner, succeeded

from kit import Lab

CERTS = "/etc/elasticsearch/certs"
PASSWORD = "the password of a file"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    yield from bare("integration-none")


def started(lab: Lab) -> str:
    return lab.node("par-1").run("systemctl show -p ExecMainStartTimestamp elasticsearch").stdout


# `make test` goes the same way through its sceneries.
@pytest.mark.full
def test_from_nothing_to_a_search(lab: Lab, ansible: Runner, tmp_path: Path) -> None:
    lab.node("lon-1").require_host("restarting a service")
    put_document(lab)
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    for cluster in ("london", "paris"):
        authority = {"path": str(tmp_path / cluster), "passphrase": f"passphrase of {cluster}"}
        ansible.vary(cluster, elasticsearch_certificate_authority=authority)
    ansible.vary("paris", elasticsearch_certificate_format="pkcs12")
    password = {"elasticsearch_certificate_keystore_password": PASSWORD}
    ansible.groups = {"paris_nodes": {"vars": password}}
    made = succeeded(ansible.playbook("certificates", "-vvv"))
    assert PASSWORD not in made.output
    succeeded(ansible.playbook("connect"))
    assert [search(lab, node) for node in lab.clusters["london"].nodes] == ["found", "found"]
    again = succeeded(ansible.playbook("certificates", "-vvv"))
    assert again.changes == set(), again.output
    store = lab.node("par-1").run(f"base64 -w0 {CERTS}/remote_cluster_server.p12").stdout
    assert len(store) > 1000
    assert store[:100] not in again.output
    # Without a restart, as the role has seen it shown.
    since = started(lab)
    renewed = succeeded(ansible.playbook("certificates", "-e", "renew=true", "--limit", "paris"))
    [placed] = renewed.results("Install certificates of the node")
    assert (placed["files"], placed["proven"]) == ([f"{CERTS}/remote_cluster_server.p12"], True)
    assert (started(lab), search(lab)) == (since, "found")
    password["elasticsearch_certificate_keystore_password"] = "another password"
    refused = ansible.playbook("certificates", "--limit", "paris")
    assert refused.code != 0
    assert "par-1: the keystore of the node has another password" in " ".join(refused.errors), refused.output
