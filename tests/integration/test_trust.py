# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom nodes trust: what others need is never taken away, and nobody is shown what nobody can trust."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ccr_server import until
from evidence import INDEX, put_document, search
from interrupt import remove_everything
from runner import Runner, succeeded
from test_certificates import CERTS, nodes, shown

from kit import Lab

PARIS = {"search": [INDEX], "skip_unavailable": False}
TRUSTED = f"{CERTS}/remote_cluster_client_ca.crt"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    if lab.local:
        pytest.skip("the nodes are no hosts of their own")
    files = {name: lab.node(name).run(f"tar -C {CERTS} -cf - . | base64 -w0").stdout for name in nodes(lab)}
    before = shown(lab)
    put_document(lab)
    yield
    remove_everything(lab)
    for name, archive in files.items():
        lab.node(name).run(f"base64 -d | tar -C {CERTS} -xf - && touch {CERTS}/*", archive)
    until(lambda: shown(lab) == before)


@pytest.fixture
def certain(ansible: Runner, authorities: Path) -> Runner:
    for cluster in ("london", "paris"):
        ansible.vary(
            cluster,
            elasticsearch_certificate_authority={
                "path": str(authorities / cluster),
                "passphrase": f"passphrase of {cluster}",
            },
        )
    return ansible


def files(lab: Lab) -> list[str]:
    """Digests of all that the nodes show and trust."""
    return [lab.node(name).run(f"cd {CERTS} && sha256sum *").stdout for name in nodes(lab)]


def reconnected(lab: Lab) -> str:
    """A search over sockets that are opened anew, with what the nodes trust now."""
    for ping in ("7s", None):
        lab.clusters["london"].request(
            "PUT", "/_cluster/settings", {"persistent": {"cluster.remote.paris.transport.ping_schedule": ping}}
        )
    return search(lab)


def test_an_alias_that_another_inventory_has_made_keeps_its_trust(lab: Lab, certain: Runner) -> None:
    """The authority of its cluster stands in the file of the nodes, and nowhere else."""
    certain.declare(london={"paris": PARIS})
    succeeded(certain.playbook("connect"))
    certain.declare(london={})
    certain.groups = {"ours": {"hosts": {"london": {}}}}
    run = succeeded(certain.playbook("certificates", "-e", "elasticsearch_clusters_group=ours"))
    assert reconnected(lab) == "found", run.output
