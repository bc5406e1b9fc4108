# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles on a real cluster: the module's life, what it refuses, and the roles that the collection comes with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from life_cycle import COLLECTION, LifeCycle, Step, reaching, writes
from runner import Runner

from kit import Lab
from kit.cluster import ROLES

NAME = "mod-role"
SHIPPED = [name for name in ROLES if name != "crosscluster_searcher"]


@pytest.fixture(scope="module", autouse=True)
def _clean(lab: Lab) -> Iterator[None]:
    yield
    lab.clusters["london"].request("DELETE", f"/_security/role/{NAME}")


def ask(lab: Lab) -> dict[str, Any]:
    return {
        "ansible.builtin.uri": {
            "url": f"{lab.clusters['london'].url}/_security/role/{NAME}",
            "url_username": "elastic",
            "url_password": "{{ lookup('env', 'ELASTIC_PASSWORD') }}",
            "force_basic_auth": True,
            "ca_path": str(lab.ca),
            "status_code": [200, 404],
        }
    }


def found(looked: dict[str, Any]) -> list[Any]:
    role = looked["json"].get(NAME)
    if role is None:
        return []
    return [
        role["cluster"],
        [sorted(entry["names"]) for entry in role["indices"]],
        [[entry["clusters"], entry.get("query")] for entry in role.get("remote_indices", [])],
        [entry["privileges"] for entry in role.get("remote_cluster", [])],
        [a["application"] for a in role["applications"]],
        role["run_as"],
        role["metadata"],
        role.get("description"),
    ]


def test_life_of_a_role(lab: Lab, ansible: Runner) -> None:
    index = {"names": ["mod-b", "mod-a"], "privileges": ["read", "view_index_metadata"]}
    remote = {"clusters": ["paris"], "names": ["mod-*"], "privileges": ["read"], "query": {"match_all": {}}}
    whole: dict[str, Any] = {
        "name": NAME,
        "description": "reads",
        "cluster": ["monitor"],
        "indices": [{**index, "field_security": {"grant": ["title"]}}, {"names": ["mod-c"], "privileges": ["read"]}],
        "remote_indices": [remote],
        "remote_cluster": [{"clusters": ["paris"], "privileges": ["monitor_enrich"]}],
        "run_as": ["someone"],
        "metadata": {"team": "one"},
    }
    other_way = {
        **whole,
        "indices": [
            {"names": ["mod-c"], "privileges": ["read"]},
            {
                "names": ["mod-a", "mod-b"],
                "privileges": ["view_index_metadata", "read"],
                "field_security": {"grant": ["title"], "except": []},
                "allow_restricted_indices": False,
            },
        ],
        "remote_indices": [{**remote, "query": '{"match_all": {}}'}],
    }
    less = {"name": NAME, "cluster": ["monitor", "manage"]}
    gone = {"name": NAME, "state": "absent"}
    remotes = [[["paris"], '{"match_all":{}}']]
    cycle = LifeCycle(
        "security_role",
        [
            Step(
                "create",
                whole,
                True,
                [
                    ["monitor"],
                    [["mod-a", "mod-b"], ["mod-c"]],
                    remotes,
                    [["monitor_enrich"]],
                    [],
                    ["someone"],
                    {"team": "one"},
                    "reads",
                ],
            ),
            Step("same", other_way, False),
            Step("change", less, True, [["manage", "monitor"], [], [], [], [], [], {}, None]),
            Step("same change", less, False),
            Step("nothing at all", {"name": NAME}, True, [[], [], [], [], [], [], {}, None]),
            Step("same nothing", {"name": NAME}, False),
            Step("absent", gone, True, []),
            Step("same absent", gone, False),
        ],
        reaching("london"),
        ask(lab),
        found,
    )
    done = cycle.run(ansible, ELASTIC_PASSWORD=lab.accounts["elastic"])
    for step in cycle.steps:
        one = done[step.name]
        assert (step.name, one.check) == (step.name, one.real)
        assert (step.name, one.real["changed"]) == (step.name, step.changed)
        assert (step.name, one.check_writes) == (step.name, [])
        assert (step.name, bool(one.real_writes)) == (step.name, step.changed)
        if step.there is not None:
            assert (step.name, one.there) == (step.name, step.there)
    assert cycle.run_shipped(ansible) == {s.name: done[s.name].whole for s in cycle.steps if s.changed}


def test_what_is_refused_and_what_is_kept(lab: Lab, ansible: Runner) -> None:
    application = {"application": "mod-kibana", "privileges": ["all"], "resources": ["*"]}
    lab.clusters["london"].request("PUT", f"/_security/role/{NAME}", {"applications": [application]})
    entry = {"names": ["mod-x"], "privileges": ["read"]}
    cases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "reserved": (
            {"name": "superuser", "cluster": ["monitor"]},
            ["name: superuser is a role that Elasticsearch comes with", "choose another name"],
        ),
        "reserved, absent": ({"name": "superuser", "state": "absent"}, ["name: superuser"]),
        "unknown privilege": (
            {"name": NAME, "cluster": ["mange"]},
            ["cluster: there is no privilege mange in this version", "known are: all, "],
        ),
        "unknown privilege of an index": (
            {"name": NAME, "indices": [{**entry, "privileges": ["raed"]}]},
            ["indices: there is no privilege raed"],
        ),
        "unknown privilege on a remote cluster": (
            {"name": NAME, "remote_cluster": [{"clusters": ["*"], "privileges": ["manage"]}]},
            ["remote_cluster: there is no privilege manage", "monitor_enrich"],
        ),
        "no names": ({"name": NAME, "indices": [{**entry, "names": []}]}, ["indices.names is empty", "remove it"]),
        "fields": (
            {"name": NAME, "indices": [{**entry, "field_security": {"only": ["a"]}}]},
            ["indices.field_security has only", "write grant and except"],
        ),
        "metadata": ({"name": NAME, "metadata": {"_x": 1}}, ["metadata has _x", "choose others"]),
    }
    tasks: list[dict[str, Any]] = [
        {"name": name, f"{COLLECTION}.security_role": options, "ignore_errors": True, "check_mode": True}
        for name, (options, _words) in cases.items()
    ]
    tasks.append({"name": "kept", f"{COLLECTION}.security_role": {"name": NAME, "cluster": ["monitor"]}})
    run = ansible.tasks({"block": tasks, **reaching("london")})
    assert run.code == 0, run.output
    for name, (_options, words) in cases.items():
        record = next(r for r in run.records if r["task"] == name)
        message = str(record["result"].get("msg"))
        assert (name, record["status"], writes(record["result"])) == (name, "failed", [])
        assert (name, [word for word in words if word not in message]) == (name, []), message
    _status, answer = lab.clusters["london"].request("GET", f"/_security/role/{NAME}")
    assert (answer[NAME]["cluster"], answer[NAME]["applications"]) == (["monitor"], [application])


def test_the_roles_that_it_comes_with(lab: Lab, ansible: Runner) -> None:
    """The kit has made them from the same file; one of them is damaged first."""
    damaged = {"cluster": ["monitor"]}
    lab.clusters["paris"].request("PUT", "/_security/role/crosscluster_verifier", damaged)
    foretold = ansible.playbook("create_security_roles", "--check")
    run = ansible.playbook("create_security_roles")
    again = ansible.playbook("create_security_roles")
    assert [r.code for r in (foretold, run, again)] == [0, 0, 0], run.output
    assert (foretold.writes, foretold.changes) == ([], run.changes)
    assert run.writes == ["PUT /_security/role/crosscluster_verifier"]
    assert {host for _task, host, _item in run.changes} == {"paris"}
    assert (again.writes, again.changes) == ([], set())
    for cluster in lab.clusters.values():
        _status, answer = cluster.request("GET", "/_security/role/" + ",".join(SHIPPED))
        assert {name: sorted(role["cluster"]) for name, role in answer.items()} == {
            name: sorted(ROLES[name]["cluster"]) for name in SHIPPED
        }
