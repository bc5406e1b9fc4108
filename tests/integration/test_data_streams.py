# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows data streams, and rolled over indices, of Paris: rollover, failover and failback on real servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from following import LeastPrivileged, answers, documents, followers, good, notes, unchanged, write
from runner import Runner, succeeded
from stand_ins.ccr_gateway.running import Running
from waiting import until

from kit import Lab, distribution

pytestmark = pytest.mark.skipif(
    distribution.given() is None,
    reason="needs a full distribution with data streams and lifecycle policies: set %s" % distribution.VARIABLE,
)

STREAM = "logs-shop-lab"
# Rolled over by its policy; applications write by the alias.
ALIAS, FIRST, SECOND = "orders", "orders-000001", "orders-000002"
FAILOVER = ("--limit", "london", "-e", "aliases=paris")
TEMPLATES = {
    "lab-stream": {"index_patterns": ["logs-shop-*"], "data_stream": {}, "priority": 500},
    "lab-orders": {
        "index_patterns": ["orders-*"],
        "priority": 500,
        "template": {"settings": {"index.lifecycle.name": "lab-orders", "index.lifecycle.rollover_alias": ALIAS}},
    },
}
# Nothing is rolled over by itself while a test runs.
POLICY = {"policy": {"phases": {"hot": {"actions": {"rollover": {"max_age": "30d"}}}}}}


@pytest.fixture
def ansible(ccr_lab: Lab, clusters: dict[str, Running], tmp_path: Path) -> Runner:
    runner = LeastPrivileged(ccr_lab, tmp_path, clusters)
    names = ["logs-shop-*", "orders-*"]
    # What is declared by name is taken as it is: indices of data streams have names of their own.
    back = [*names, ".ds-logs-shop-*"]
    runner.declare(
        london={"paris": {"search": ["*"], "follow": {"shop": names}}},
        paris={"london": {"search": ["*"], "replication": back}},
    )
    return runner


def backing(cluster: Running) -> list[str]:
    [stream] = good(cluster, "GET", f"/_data_stream/{STREAM}")["data_streams"]
    return [index["index_name"] for index in stream["indices"]]


def same(london: Running, paris: Running, name: str, *ids: str) -> None:
    """Each document once, on both sides."""
    assert documents(paris, name) == sorted(ids)
    until(lambda: documents(london, name) == sorted(ids))


def test_a_data_stream_is_followed(
    ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running
) -> None:
    for cluster in clusters.values():
        good(cluster, "PUT", "/_ilm/policy/lab-orders", POLICY)
        for name, template in TEMPLATES.items():
            good(cluster, "PUT", f"/_index_template/{name}", template)
    good(paris, "PUT", f"/{FIRST}", {"aliases": {ALIAS: {"is_write_index": True}}})
    write(paris, STREAM, "a", "b")
    write(paris, ALIAS, "x")
    succeeded(ansible.playbook("connect"))
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))
    same(london, paris, STREAM, "a", "b")
    same(london, paris, ALIAS, "x")


def test_a_rollover_is_followed(london: Running, paris: Running) -> None:
    good(paris, "POST", f"/{STREAM}/_rollover")
    good(paris, "POST", f"/{ALIAS}/_rollover")
    write(paris, STREAM, "c")
    write(paris, ALIAS, "y")
    until(lambda: backing(london) == backing(paris))
    same(london, paris, STREAM, "a", "b", "c")
    until(lambda: followers(london).get(SECOND) == "active")
    until(lambda: london.request("HEAD", f"/{SECOND}/_alias/{ALIAS}")[0] == 200)
    same(london, paris, ALIAS, "x", "y")


def test_failover(ansible: Runner, ccr_lab: Lab, london: Running, paris: Running) -> None:
    node = ccr_lab.node("par-1")
    node.require_host("a cluster that is lost")
    node.run("systemctl stop elasticsearch")
    succeeded(ansible.playbook("failover", "--check", *FAILOVER))
    succeeded(ansible.playbook("failover", *FAILOVER))
    assert followers(london) == {}
    write(london, STREAM, "london")
    write(london, ALIAS, "london")
    assert documents(london, STREAM) == ["a", "b", "c", "london"]
    # By the index that was the newest.
    assert documents(london, SECOND) == ["london", "y"]
    unchanged(ansible.playbook("failover", *FAILOVER))
    # A stream is one of London's own now, which is rolled over.
    good(london, "POST", f"/{STREAM}/_rollover")
    write(london, STREAM, "later")
    node.start_elasticsearch()
    until(lambda: answers(paris))


def test_failback(ansible: Runner, london: Running, paris: Running) -> None:
    until(lambda: good(paris, "GET", "/_resolve/cluster/london:*")["london"]["connected"])
    succeeded(ansible.playbook("failback", "--check", *FAILOVER))
    succeeded(ansible.playbook("failback", *FAILOVER))
    until(lambda: documents(paris, STREAM) == documents(london, STREAM))
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    assert (followers(paris), notes(london)) == ({}, [])
    write(paris, STREAM, "paris")
    write(paris, ALIAS, "paris")
    same(london, paris, STREAM, "a", "b", "c", "later", "london", "paris")
    same(london, paris, ALIAS, "london", "paris", "x", "y")
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))


def test_planned_switchover(ansible: Runner, london: Running, paris: Running) -> None:
    succeeded(ansible.playbook("failover", *FAILOVER, "-e", "planned=true"))
    write(london, STREAM, "switched")
    write(london, ALIAS, "switched")
    until(lambda: documents(paris, STREAM) == documents(london, STREAM))
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    write(paris, STREAM, "again")
    write(paris, ALIAS, "again")
    same(london, paris, STREAM, "a", "again", "b", "c", "later", "london", "paris", "switched")
    same(london, paris, ALIAS, "again", "london", "paris", "switched", "x", "y")
