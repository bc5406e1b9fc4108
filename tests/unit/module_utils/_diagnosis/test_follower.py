# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import (
    BROKEN,
    HEALTHY,
    RETRYING,
    ROWS,
    diagnose,
    remedy_of,
)

DOCS = Path(__file__).parents[4] / "docs" / "replication-diagnosis.md"

GOOD: dict[str, Any] = {
    "name": "f",
    "local": "london",
    "remote_cluster": "paris",
    "leader_index": "l",
    "state": "following",
    "open": True,
    "stats_read": True,
    "shards": 2,
    "shards_following": 2,
    "lag": 7,
    "last_read": 40_000,
}


def good(**changed: Any) -> dict[str, Any]:
    return {**GOOD, **changed}


def says(error: str, **changed: Any) -> dict[str, Any]:
    return good(error=error, **changed)


SAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("absent", good(state="absent")),
    ("ordinary_index", good(state="unfollowed")),
    ("copying", good(state="copying")),
    ("copy_failed", good(state="copy_failed", copy_error="node does not match index setting")),
    ("paused", good(state="paused")),
    ("closed", good(open=False)),
    ("no_replication", says("no handler found for uri [/f/_ccr/info] and method [GET]")),
    ("no_replication", says("Incorrect HTTP method for uri [/f/_ccr/info] and method [GET], allowed: [PUT]")),
    (
        "licence_remote",
        says(
            "status_exception: can not fetch remote index [paris:l] metadata as the remote cluster [paris] is not "
            "licensed for [ccr]; the license mode [BASIC] on cluster [paris] does not enable [ccr]"
        ),
    ),
    (
        "licence_remote",
        says(
            "status_exception: can not fetch remote index [paris:l] metadata as the license state of the remote "
            "cluster [paris] could not be determined; caused by security_exception: current license is non-compliant "
            "for [advanced-remote-cluster-security]"
        ),
    ),
    ("licence_local", says("security_exception: current license is non-compliant for [ccr]")),
    (
        "remote_unreachable",
        says(
            "can not fetch remote index [paris:l] metadata as the license state of the remote cluster [paris] could "
            "not be determined"
        ),
    ),
    ("remote_unreachable", says("connect_transport_exception: [par-1][10.0.0.2:9443] connect_exception")),
    ("remote_unreachable", says("no_seed_node_left_exception: no seed node left for cluster: [paris]")),
    ("no_remote_cluster", says("no_such_remote_cluster_exception: no such remote cluster: [paris]")),
    ("node_without_role", says("node [lon-1] does not have the remote_cluster_client role")),
    (
        "leader_privileges",
        says(
            "security_exception: insufficient privileges to follow index [l], privilege for action "
            "[indices:monitor/stats] is missing"
        ),
    ),
    ("credentials", says("security_exception: api key is expired")),
    ("credentials", says("security_exception: unable to authenticate user [u] for REST request [/_x]")),
    (
        "unauthorized_on_leader",
        says(
            "action [indices:data/read/xpack/ccr/shard_changes] towards remote cluster is unauthorized for API key id "
            "[k] of user [u] on indices [l]"
        ),
    ),
    ("unauthorized", says("action [cluster:monitor/state] is unauthorized for user [u] with effective roles [r]")),
    ("unauthorized", says("action [indices:admin/xpack/ccr/put_follow] is unauthorized for user [u]")),
    (
        "leader_replaced",
        says("follow index [f] should reference [a] as leader index but instead reference [b] as leader index"),
    ),
    (
        "leader_replaced",
        says("leader shard [f][0] should reference [a] as history uuid but instead reference [b] as history uuid"),
    ),
    (
        "history_lost",
        says("resource_not_found_exception: Operations are no longer available for replicating. Existing leases []"),
    ),
    ("leader_missing", says("index_not_found_exception: no such index [l]", fatal=True)),
    ("leader_missing", says("no such index [paris:l]")),
    ("leader_closed", says("index_closed_exception: closed")),
    ("leader_closed", says("closed")),
    ("leader_is_no_index", says("cannot follow [l], because it is a ALIAS")),
    ("leader_is_no_index", says("cannot follow [l], because it is a DATA_STREAM")),
    ("leader_is_no_index", says("cannot follow [l], because it is a failure store index")),
    ("no_soft_deletes", says("leader index [l] does not have soft deletes enabled")),
    ("no_soft_deletes", says("index [l] cannot be followed, because soft deletes are not enabled")),
    (
        "searchable_snapshot",
        says("leader index [l] is a searchable snapshot index and cannot be used as a leader index"),
    ),
    ("leader_not_started", says("no index stats available for the leader index")),
    (
        "setting_of_leader",
        says('can not put follower index that could override leader settings {"index.number_of_shards":"5"}'),
    ),
    ("unknown_setting", says("unknown setting [index.nope]")),
    (
        "name_taken",
        says("cannot restore index [f] because an open index with same name already exists in the cluster"),
    ),
    ("shards_differ", says("cannot restore index [f] with [1] shards from a snapshot of index [l] with [3] shards")),
    (
        "shards_differ",
        says("leader index primary shards [3] does not match with the number of shards of the follow index [1]"),
    ),
    (
        "promoted",
        says("cannot follow backing index [b], because local data stream [d] is no longer marked as replicated"),
    ),
    ("follower_closed", says("leader and follow index must be open")),
    ("not_started", says("Not all copies of follow shard are started")),
    (
        "not_started",
        says(
            "illegal_argument_exception: The primary shard of a follower index [f][0], node[x], [P], s[INITIALIZING], "
            "a[id=y] is not active"
        ),
    ),
    (
        "no_remote_privileges",
        says(
            "action [cluster:admin/xpack/security/user/has_privileges] towards remote cluster [leader] is unauthorized "
            "for user [u] with effective roles [r], because no remote cluster privileges apply for the target cluster"
        ),
    ),
    (
        "no_roles_on_leader",
        says(
            "action [cluster:monitor/state] is unauthorized for user [u] with effective roles [], this action is "
            "granted by the cluster privileges [read_ccr,transport_client,manage_ml,monitor,manage,all]"
        ),
    ),
    (
        "credentials",
        says(
            "the license state of the remote cluster [paris] could not be determined. The error stack trace was logged "
            "and can be found in the logs: unable to authenticate user [_cross_cluster_access] for REST request"
        ),
    ),
    ("no_follower", says("follow index [f] does not have ccr metadata")),
    ("no_follower", says("index [f] is not a follower index")),
    ("patterns_meet", says("index to follow [l] for pattern [p] matches with other patterns [q]")),
    ("mapping", says("mapper_parsing_exception: failed to parse mapping")),
    ("version", says("the index version is greater than the current node version")),
    ("busy", says("circuit_breaking_exception: Data too large", retried=True)),
    ("retried", says("t: something new", retried=True)),
    ("other", says("t: something new")),
    ("not_told", good(stats_read=False)),
    ("shards_missing", good(shards_following=1)),
    ("silent", good(max_silence=30_000)),
    ("lag", good(max_lag=6)),
    ("healthy", good(max_lag=7, max_silence=40_000)),
    ("no_evidence", {}),
]


@pytest.mark.parametrize(("cause", "evidence"), SAMPLES)
def test_diagnose(cause: str, evidence: dict[str, Any]) -> None:
    found = diagnose(evidence)
    assert found["cause"] == ("" if cause == "healthy" else cause)
    row = next(row for row in ROWS if row.id == cause)
    assert found["status"] == (BROKEN if evidence.get("fatal") and row.status == RETRYING else row.status)
    for text in (found["summary"], found["remedy"]) if found["cause"] else (found["summary"],):
        assert text.endswith(".")
        assert not re.search(r"\n|{\w|None", text)


def test_every_row_has_a_sample() -> None:
    assert {row.id for row in ROWS} == {sample[0] for sample in SAMPLES}
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert [row.id for row in ROWS if row.status == HEALTHY] == ["healthy"]


def test_what_has_stopped_is_not_tried_again() -> None:
    assert diagnose(says("node_closed_exception"))["status"] == RETRYING
    assert diagnose(says("node_closed_exception", fatal=True))["status"] == BROKEN


def test_a_follower_that_is_missing_is_no_missing_leader() -> None:
    assert diagnose(says("no such index [f]"))["cause"] == "other"


def test_remedy_of_a_refused_request() -> None:
    assert remedy_of("closed", leader_index="l") == "Open it on its cluster."
    assert remedy_of("something new") == ""
    assert len(diagnose(says("x" * 5000))["summary"]) < 600


def test_the_documentation_has_every_row() -> None:
    """The table of docs/replication-diagnosis.md is what this makes of the rows; a failure shows the line to write."""

    def shown(text: str) -> str:
        return re.sub(r"{(\w+)}", r"*\1*", text).replace("|", "\\|")

    lines = [
        "| `%s` | %s | %s | %s | %s |" % (row.id, row.status, shown(row.seen), shown(row.summary), shown(row.remedy))
        for row in ROWS
    ]
    documented = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert documented == lines
