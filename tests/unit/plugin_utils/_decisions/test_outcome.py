# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was registered → the table at the end of a playbook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import outcome

PLAYBOOKS = Path(__file__).parents[4] / "playbooks"
ONE: dict[str, Any] = {"remote_clusters": [{"alias": "paris", "follow": []}], "nodes": ["lon-1", "lon-2"], "grants": []}
FOLLOWS = {**ONE, "remote_clusters": [{"alias": "paris", "follow": [{"alias": "paris"}]}]}
GRANTS = {
    "remote_clusters": [],
    "nodes": [],
    "grants": [{"api_key": {"alias": "partner"}, "file": "keys/partner.yml"}],
}


def proof(*causes: str | None, alias: str = "paris") -> dict[str, Any]:
    nodes = [
        {"node": "lon-%d" % number, "status": "broken" if cause else "proven", "cause": cause}
        for number, cause in enumerate(causes, 1)
    ]
    return {"remote_clusters": {alias: {"nodes": nodes}}}


def store(node: str, changed: bool = True, alias: str = "paris") -> dict[str, Any]:
    return {"item": node, "changed": changed, "settings": {"cluster.remote.%s.credentials" % alias: {}}}


def read(node: str, credentials: dict[str, Any] | None) -> dict[str, Any]:
    return {"item": node, "node_info": {"credentials": credentials}}


NEW_KEY = {"results": [{"item": "paris", "api_keys": {"paris": {"action": "created", "others": ["old"]}}}]}
CONNECTED = {
    "elasticsearch_expanded": ONE,
    "remote_cluster__proof": proof(None, None),
    "remote_cluster__keys": NEW_KEY,
    "remote_cluster__keystores": {"results": [store("lon-1"), store("lon-2"), store("lon-3", changed=False)]},
    "remote_cluster__set": {"written": ["paris"]},
    "remote_cluster__cleaned": {"results": [{"item": "paris", "invalidated": ["old"]}]},
}
KEPT = {"results": [{"api_keys": {"paris": {"action": "unchanged", "others": []}}}]}


def followers(**states: str) -> dict[str, Any]:
    return {"followers": {name: {"remote_cluster": "paris", "status": state} for name, state in states.items()}}


def actions(key: str, inner: str, *done: str) -> dict[str, Any]:
    return {key: {"i%d" % i: {"action": action, inner: {"remote_cluster": "paris"}} for i, action in enumerate(done)}}


@pytest.mark.parametrize(
    ("playbook", "facts", "line"),
    [
        (
            "connect",
            CONNECTED,
            "london|paris|2 of 2 nodes|new key, 1 older key invalidated, credential on 2 nodes, alias|-",
        ),
        (
            "connect",
            {"elasticsearch_expanded": ONE, "remote_cluster__proof": proof(None), "remote_cluster__keys": KEPT},
            "london|paris|1 of 1 node|nothing|-",
        ),
        # What a task that was skipped, or a role that ended early, has registered.
        (
            "connect",
            {"elasticsearch_expanded": ONE, "remote_cluster__cleaned": {"skipped": True}},
            "london|paris|-|nothing|-",
        ),
        (
            "connect",
            {
                **CONNECTED,
                "remote_cluster__nodes": {
                    "results": [read("lon-1", {}), read("lon-2", None), {"item": "lon-3", "unreachable": True}]
                },
                "remote_cluster__unwritten_nodes": [{"item": "lon-4"}],
            },
            (
                "london|paris|2 of 2 nodes|new key, 1 older key invalidated, credential on 2 nodes, alias|"
                "lon-2, lon-3, lon-4: left out"
            ),
        ),
        (
            "verify",
            {"elasticsearch_expanded": ONE, "remote_cluster__proof": proof(None, "key_invalidated", "key_invalidated")},
            "london|paris|1 of 3 nodes|nothing|lon-2, lon-3: key_invalidated",
        ),
        # What an earlier playbook of the same run has changed, this one has not.
        ("verify", CONNECTED, "london|paris|2 of 2 nodes|nothing|-"),
        (
            "verify",
            {
                "elasticsearch_expanded": FOLLOWS,
                "remote_cluster__proof": proof(None),
                "replication__found": followers(a="healthy", b="broken"),
                "replication__verdict": {"healthy": False},
            },
            "london|paris|1 of 1 node; 1 of 2 followers|nothing|b: broken",
        ),
        (
            "verify",
            {
                "elasticsearch_expanded": FOLLOWS,
                "remote_cluster__proof": proof(None),
                "replication__found": followers(),
                "replication__verdict": {"healthy": False},
            },
            "london|paris|1 of 1 node|nothing|not replicated as declared, see above",
        ),
        (
            "rotate_api_keys",
            CONNECTED,
            "london|paris|2 of 2 nodes|new key, 1 older key invalidated, credential on 2 nodes, alias|-",
        ),
        (
            "rotate_api_keys",
            {
                "elasticsearch_expanded": GRANTS,
                "remote_cluster__granted": {"api_keys": {"partner": {"action": "created", "others": ["x"]}}},
            },
            "london|partner|-|new key|give keys/partner.yml to its administrators; older keys are valid, see above",
        ),
        (
            "grant",
            {
                "elasticsearch_expanded": GRANTS,
                "remote_cluster__granted": {"api_keys": {"partner": {"action": "updated"}}},
            },
            "london|partner|-|key updated|-",
        ),
        (
            "disconnect",
            {
                "elasticsearch_expanded": ONE,
                "remote_cluster__removed": {"removed": ["paris"]},
                "remote_cluster__keystores": {"results": [store("lon-1"), store("lon-2")]},
                "remote_cluster__gone": {"results": [{"invalidated": ["a"], "doubtful": [{"id": "b"}]}]},
            },
            "london|paris|-|alias removed, credentials off 2 nodes, 1 key invalidated|keys that stay valid, see above",
        ),
        ("disconnect", {"elasticsearch_expanded": ONE}, "london|paris|-|nothing|-"),
        (
            "discover",
            {
                "elasticsearch_discovered": {
                    "cluster": {"cluster": {}},
                    "remote_clusters": {"remote_clusters": {"paris": {}, "rome": {}}},
                    "nodes": [read("lon-1", {}), {"item": "lon-2"}],
                }
            },
            "london|paris, rome|1 of 2 nodes read|nothing|lon-2: not read",
        ),
        (
            "discover",
            {"elasticsearch_discovered": {"cluster": {"msg": "refused"}}},
            "london|-|-|nothing|could not be read",
        ),
        (
            "create_security_roles",
            {"elasticsearch_made_roles": {"results": [{"changed": True}, {"changed": False}]}},
            "london|-|-|1 role|-",
        ),
        (
            "replicate",
            {
                "elasticsearch_expanded": FOLLOWS,
                "replication__patterns": actions("patterns", "pattern", "created"),
                "replication__followers": actions(
                    "followers", "follower", "created", "created", "unchanged", "resumed"
                ),
                "replication__found": followers(a="healthy", b="healthy"),
            },
            "london|paris|2 of 2 followers|1 pattern created, 2 followers created, 1 follower resumed|-",
        ),
        (
            "pause_replication",
            {"elasticsearch_expanded": FOLLOWS, "replication__followers": actions("followers", "follower", "paused")},
            "london|paris|-|1 follower paused|-",
        ),
        (
            "resume_replication",
            {"elasticsearch_expanded": FOLLOWS, "replication__patterns": actions("patterns", "pattern", "resumed")},
            "london|paris|-|1 pattern resumed|-",
        ),
        (
            "failover",
            {"elasticsearch_expanded": FOLLOWS, "failover__taken_over": actions("followers", "follower", "unfollowed")},
            "london|paris|-|1 follower unfollowed|-",
        ),
        (
            "failback",
            {
                "elasticsearch_expanded": FOLLOWS,
                "failover__following_here": actions("followers", "follower", "created"),
            },
            "london|paris|-|here: 1 follower created|-",
        ),
        (
            "remote_cluster_server",
            {
                "elasticsearch_expanded": ONE,
                "remote_cluster_server__outcome": {"restarted": ["lon-1"], "left_out": {"lon-2": "off"}},
            },
            "london|-|1 of 2 nodes|1 node restarted|lon-2: left out",
        ),
        (
            "certificates",
            {
                "elasticsearch_expanded": ONE,
                "certificates__named": ["lon-1", "lon-1"],
                "certificates_left_out": {"lon-2": "off"},
                "remote_cluster_server__outcome": {"restarted": ["lon-1"], "left_out": {}},
            },
            "london|-|1 of 2 nodes|files on 1 node, 1 node restarted|lon-2: left out",
        ),
        ("rotate_certificates", {"elasticsearch_expanded": ONE}, "london|-|2 of 2 nodes|nothing|-"),
    ],
)
def test_a_row(playbook: str, facts: dict[str, Any], line: str) -> None:
    head, row = table("london", playbook, {"london": facts})
    assert head == ["cluster", "alias", "proven", "changed", "to do"]
    assert row == line.split("|")


def table(clusters: str, playbook: str, hostvars: dict[str, Any], *well: str, **keywords: Any) -> list[list[str]]:
    names = clusters.split()
    lines = outcome.outcome(names, playbook, hostvars, well or names, **keywords)
    return [re.split("  +", line) for line in lines]


def test_each_playbook_ends_with_its_table() -> None:
    told = {}
    for file in PLAYBOOKS.glob("*.yml"):
        tasks = [task for play in yaml.safe_load(file.read_text()) for task in play["tasks"]]
        told[file.stem] = [
            task["vars"]["elasticsearch_playbook"]
            for task in tasks
            if task.get("ansible.builtin.import_tasks") == "tasks/report_outcome.yml"
        ]
    assert told == {name: [name] for name in outcome.ROWS}


def test_columns_stand_below_each_other() -> None:
    rome = {**ONE, "remote_clusters": [{"alias": "a-long-alias", "follow": []}]}
    hostvars = {
        "london": CONNECTED,
        "rome": {"elasticsearch_expanded": rome},
        "paris": {"elasticsearch_expanded": GRANTS},
    }
    assert outcome.outcome(["london", "rome", "paris"], "verify", hostvars, ["london", "rome", "paris"]) == [
        "cluster  alias         proven        changed  to do",
        "london   paris         2 of 2 nodes  nothing  -",
        "rome     a-long-alias  -             nothing  -",
    ]


def test_a_cluster_that_failed_is_told() -> None:
    """Also one that has failed before anything was known of it."""
    hostvars = {"london": {**CONNECTED, "remote_cluster__proof": proof("no_route")}, "rome": {}, "paris": {}}
    assert [row[-1] for row in table("london rome paris", "connect", hostvars, "paris")] == [
        "to do",
        "failed, see the error above; lon-1: no_route",
        "failed, see the error above",
    ]


def test_nothing_declared() -> None:
    assert table("london", "connect", {"london": {"elasticsearch_expanded": GRANTS}}) == [["nothing is declared"]]


def test_check_mode_says_would_change() -> None:
    """What is not proven before the change is nothing to be mended."""
    facts = {**CONNECTED, "remote_cluster__proof": proof("not_configured")}
    head, row = table("london", "connect", {"london": facts}, check_mode=True)
    assert head == ["cluster", "alias", "now", "would change", "to do"]
    assert (row[2], row[4]) == ("0 of 1 node", "-")


def test_only_what_the_run_is_about() -> None:
    expanded: dict[str, Any] = {**ONE, "remote_clusters": [*ONE["remote_clusters"], {"alias": "rome", "follow": []}]}
    rows = table("london", "connect", {"london": {"elasticsearch_expanded": expanded}}, asked=["rome"])
    assert [row[1] for row in rows] == ["alias", "rome"]


@pytest.mark.parametrize(
    ("found", "text"),
    [([], ""), (["b", "a", "a"], "a, b"), (list("abcd"), "a, b, c, d"), (list("abcde"), "a, b, c and 2 more")],
)
def test_names(found: list[str], text: str) -> None:
    assert outcome.names(found) == text
