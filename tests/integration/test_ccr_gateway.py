# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in for cross-cluster replication itself: that it goes by the real connection, key and cluster."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest
from ccr_server import ALIAS, NARROW_ALIAS, SELF_ALIAS, Servers
from contract import ACKNOWLEDGED, Contract
from waiting import until

from kit import Lab


@pytest.fixture
def c(servers: Servers) -> Iterator[Contract]:
    if not servers.stand_in:
        pytest.skip("a real server is given")
    found = Contract(servers)
    yield found
    found.clean_up()


@pytest.fixture
def narrow(c: Contract) -> Iterator[Contract]:
    """With a leader that the narrow key covers."""
    c.leader = f"narrow-{c.number}"
    yield c
    c.here("DELETE", f"/_ccr/auto_follow/{c.pattern}")
    for request in (c.here, c.there):
        request("DELETE", f"/{c.leader},{c.follower}?ignore_unavailable=true")


def test_a_key_that_may_replicate_only(narrow: Contract) -> None:
    c = narrow
    c.make_leader(documents=2)
    c.follow(remote_cluster=NARROW_ALIAS)
    c.put_document(2)
    until(lambda: len(c.documents()) == 3)
    other = c.make_leader(f"contract-{c.number}")
    found = c.put(c.body(remote_cluster=NARROW_ALIAS, leader_index=other))
    c.refused(found, 403, "security_exception", f"insufficient privileges to follow index [{other}]")
    found = c.put_pattern(remote_cluster=NARROW_ALIAS, leader_index_patterns=["other-*"])
    c.refused(found, 403, "security_exception", "insufficient privileges to follow index [other-*]")
    assert c.put_pattern(remote_cluster=NARROW_ALIAS, leader_index_patterns=["narrow-x*"]) == ACKNOWLEDGED
    # The connection stays; what is asked by it is refused.
    keys = c.good(c.there("GET", f"/_security/api_key?name=london-{NARROW_ALIAS}&active_only=true"))["api_keys"]
    c.good(c.there("DELETE", "/_security/api_key", {"ids": [key["id"] for key in keys]}))
    assert c.retried()["type"] == "security_exception"
    reason = f"the license state of the remote cluster [{NARROW_ALIAS}] could not be determined"
    c.refused(c.put(c.body(remote_cluster=NARROW_ALIAS)), 400, "status_exception", reason)


def test_a_cluster_that_follows_itself(c: Contract) -> None:
    c.good(c.here("PUT", f"/{c.leader}/_doc/0", {"number": 0}))
    answer = c.good(c.put(c.body(remote_cluster=SELF_ALIAS), "?wait_for_active_shards=1"))
    assert list(answer.values()) == [True, True, True]
    c.good(c.here("PUT", f"/{c.leader}/_doc/1", {"number": 1}))
    until(lambda: len(c.documents()) == 2)


def test_a_remote_cluster_that_can_not_be_reached(c: Contract, ccr_lab: Lab) -> None:
    c.pair()
    ccr_lab.node("par-1").require_host("a port that is closed")
    ccr_lab.faults.reset_port("par-1", 9443)
    try:
        until(lambda: c.retried()["type"] == "no_seed_node_left_exception")
        assert c.status() == "active"
    finally:
        ccr_lab.faults.heal("par-1")
    c.put_document(1)
    until(lambda: c.shard()["read_exceptions"] == [] and len(c.documents()) == 2)


@pytest.mark.full
def test_a_remote_cluster_whose_server_was_killed(c: Contract, ccr_lab: Lab) -> None:
    c.pair()
    ccr_lab.faults.kill_server("par-1")
    try:
        with pytest.raises(http.client.RemoteDisconnected):
            c.there("GET", "/_all/_ccr/info")
        assert c.retried()["type"] == "no_seed_node_left_exception"
        c.pause()
        c.close()
        status, answer = c.call("unfollow")
        assert (status, "failed_to_remove_retention_leases" in answer["error"]) == (500, True)
        reason = f"the license state of the remote cluster [{ALIAS}] could not be determined"
        c.refused(c.put(c.body()), 400, "status_exception", reason)
    finally:
        ccr_lab.faults.restart_server("par-1")
        # At first it knows no account.
        until(lambda: c.there("GET", f"/_cluster/health/{c.leader}?wait_for_status=yellow")[0] == 200)
    until(lambda: c.put(c.body(), "?wait_for_active_shards=1")[0] == 200)
    until(lambda: set(c.documents()) == {"0"})
