# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows Paris by certificates, without any key: replicate, fail over and back."""

from __future__ import annotations

from pathlib import Path

import ccr_server
import pytest
from following import ACCOUNTS, LeastPrivileged, documents, followers, good, notes, unchanged, write
from runner import Runner, succeeded
from stand_ins.ccr_gateway.running import Running
from waiting import until

from kit import Lab

pytestmark = pytest.mark.skipif(ccr_server.URL is not None, reason="one real server can't lose its other one")

ALIAS = "paris-by-certificate"
FAILOVER = ("--limit", "london", "-e", f"aliases={ALIAS}")


@pytest.fixture(scope="module")
def authorities(ccr_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those that the clusters have already, as the playbook `certificates` keeps them."""
    found = tmp_path_factory.mktemp("authorities")
    for cluster in ("london", "paris"):
        (found / cluster).mkdir()
        for end in ("crt", "key"):
            own = ccr_lab.run_dir / "certificates" / f"{cluster}-ca.{end}"
            (found / cluster / f"ca.{end}").write_bytes(own.read_bytes())
    return found


@pytest.fixture
def ansible(ccr_lab: Lab, clusters: dict[str, Running], authorities: Path, tmp_path: Path) -> Runner:
    runner = LeastPrivileged(ccr_lab, tmp_path, clusters)
    for name in clusters:
        first = ccr_lab.state.nodes_of(name)[0]
        runner.vary(
            name,
            elasticsearch_transport_certificate_authority={
                "path": str(authorities / name),
                "passphrase": f"passphrase of {name}",
            },
            # In the lab transport and HTTP share one file.
            elasticsearch_certificate_purposes=["transport", "http"],
            elasticsearch_remote_transport_address=f"{first.address}:{first.transport_port}",
        )
    by_certificate = {"security_model": "certificate"}
    ledgers = {"leader": "ledger-*", "follower": "{leader_index}-copy"}
    runner.declare(
        london={ALIAS: {**by_certificate, "cluster": "paris", "follow": {"ledgers": ledgers}}},
        paris={"london-by-certificate": {**by_certificate, "cluster": "london"}},
    )
    return runner


def test_connect(ansible: Runner, clusters: dict[str, Running], monkeypatch: pytest.MonkeyPatch, ccr_lab: Lab) -> None:
    ccr_lab.node("par-1").require_host("certificates that are replaced")
    monkeypatch.setitem(ACCOUNTS, "certificates", ("operator", "operator"))
    succeeded(ansible.playbook("certificates"))
    run = succeeded(ansible.playbook("connect"))
    assert f"{ALIAS} (proxy, certificate): proven" in run.output
    for cluster in clusters.values():
        keys = good(cluster, "POST", "/_security/_query/api_key", {"query": {"term": {"invalidated": False}}})
        assert not [key["name"] for key in keys["api_keys"] if "by-certificate" in key["name"]]


def test_replicate(ansible: Runner, london: Running, paris: Running) -> None:
    write(paris, "ledger-1", "a", "b")
    succeeded(ansible.playbook("replicate", "--check"))
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
    write(paris, "ledger-2", "c")
    until(lambda: followers(london).get("ledger-2-copy") == "active")
    until(lambda: documents(london, "ledger-2-copy") == ["c"])
    assert documents(london, "ledger-1-copy") == ["a", "b"]


def test_failover_and_failback(ansible: Runner, london: Running, paris: Running) -> None:
    succeeded(ansible.playbook("failover", "--check", *FAILOVER, "-e", "planned=true"))
    succeeded(ansible.playbook("failover", *FAILOVER, "-e", "planned=true"))
    write(london, "ledger-1-copy", "switched")
    until(lambda: documents(paris, "ledger-1") == ["a", "b", "switched"])
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    assert (followers(paris), notes(london)) == ({}, [])
    write(paris, "ledger-1", "again")
    until(lambda: documents(london, "ledger-1-copy") == ["a", "again", "b", "switched"])
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
