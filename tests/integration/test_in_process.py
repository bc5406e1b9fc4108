# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a module runs inside the worker and when it is shipped; that both give the same, and tell no secret."""

from __future__ import annotations

import base64
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from life_cycle import COLLECTION, reaching, without, without_ids
from runner import Run, Runner

from kit import Lab
from kit.places import PROJECT

WAYS = {"in process": {"CROSSCLUSTER_IN_PROCESS": "1"}, "shipped": {"CROSSCLUSTER_IN_PROCESS": "0"}}
OLDEST = PROJECT / ".cache" / "venv-oldest" / "bin"
CORES = {"newest": {}, "oldest": {"PATH": f"{OLDEST}{os.pathsep}{os.environ['PATH']}"}}


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> dict[str, str]:
    """What runs the newest ansible-core of the environment, or the oldest one that is supported."""
    return CORES[request.param]


@pytest.fixture
def clean(lab: Lab) -> Iterator[None]:
    yield
    settings = {"cluster.remote.mod.*": None}
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": settings, "transient": settings})
    _status, answer = lab.clusters["paris"].request("GET", "/_security/api_key?name=mod-*&active_only=true")
    if ids := [k["id"] for k in answer["api_keys"]]:
        lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": ids})


def reasons(run: Run) -> dict[str, str]:
    """Task → why it was shipped, or nothing."""
    found = {}
    for part in re.split(r"^TASK \[", run.output, flags=re.MULTILINE)[1:]:
        name = part.partition("]")[0]
        found[name] = "".join(re.findall(r"is shipped: (.*)$", part, flags=re.MULTILINE)[:1])
    return found


# ---- when -------------------------------------------------------------------------------------------------------


def test_runs_here_only_where_the_task_would_run_here(lab: Lab, ansible: Runner) -> None:
    bare = os.path.realpath(sys.executable)
    expected: dict[str, tuple[dict[str, Any], str]] = {
        "plain": ({}, ""),
        "check mode": ({"check_mode": True}, ""),
        "an empty environment": ({"environment": {}}, ""),
        "a discovered interpreter": ({"vars": {"ansible_python_interpreter": "auto_silent"}}, ""),
        "environment": ({"environment": {"MOD": "1"}}, "environment"),
        "async": ({"async": 60, "poll": 1}, "async"),
        "the variable": ({"vars": {"crosscluster_in_process": "{{ 'no' }}"}}, "crosscluster_in_process"),
        # The Python of a virtual environment is the same file as the one that it was made of, and lacks the client.
        "interpreter": ({"vars": {"ansible_python_interpreter": bare}}, f"another interpreter, {bare}"),
    }
    if os.geteuid() == 0:
        expected["become"] = ({"become": True, "become_method": "ansible.builtin.su"}, "become")
    if not lab.local:
        expected["ssh"] = ({"delegate_to": "lon-1"}, "the target is reached by ssh")
    without_client = ("interpreter", "ssh")
    tasks = [
        {"name": name, f"{COLLECTION}.cluster_info": {}, "ignore_errors": name in without_client, **keywords}
        for name, (keywords, _reason) in expected.items()
    ]
    run = ansible.tasks({"block": tasks, **reaching("london")}, ANSIBLE_VERBOSITY="3")
    assert run.code == 0, run.output
    assert reasons(run) == {name: reason for name, (_keywords, reason) in expected.items()}
    for name in expected:
        result = run.results(name)[-1]
        if name in without_client:
            assert "elasticsearch>=9" in result["msg"]
        else:
            assert result["cluster"]["name"], name


def test_the_environment_variable_ships(ansible: Runner) -> None:
    task = {"name": "plain", f"{COLLECTION}.cluster_info": {}}
    run = ansible.tasks({"block": [task], **reaching("london")}, ANSIBLE_VERBOSITY="3", **WAYS["shipped"])
    assert (run.code, reasons(run)) == (0, {"plain": "CROSSCLUSTER_IN_PROCESS"}), run.output


# ---- the same results -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
def test_both_ways_give_the_same(lab: Lab, ansible: Runner, core: dict[str, str]) -> None:
    transient = {"cluster.remote.mod.mode": "proxy", "cluster.remote.mod.proxy_address": "127.0.0.1:1"}
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"transient": transient})
    alias = f"{COLLECTION}.remote_cluster"
    mod = {"alias": "mod", "proxy_address": "par-1:9443"}
    tasks: list[dict[str, Any]] = [
        {"name": "read", f"{COLLECTION}.cluster_info": {}},
        {"name": "same", alias: {"alias": "mod-none", "state": "absent"}},
        {
            "name": "predict, with a warning for the first only",
            alias: {"alias": "{{ item }}", "proxy_address": "par-1:9443"},
            "loop": ["mod", "mod-other"],
            "check_mode": True,
            "diff": True,
            "register": "predicted",
        },
        {
            # Before 2.19 ansible-core moves the warnings of the items to the whole.
            "name": "warnings",
            "ansible.builtin.debug": {
                "msg": "{{ ([predicted] + predicted.results) | map(attribute='warnings', default=[]) | flatten }}"
            },
        },
        {"name": "templates of a result stay text", alias: {**mod, "server_name": "{% raw %}{{ 7 * 7 }}{% endraw %}"}},
        {"name": "not logged", alias: mod, "no_log": True},
        {"name": "refused by the plan", alias: {"alias": "node", "state": "absent"}},
        {"name": "refused by the server", alias: {**mod, "password": "mod-wrong"}},
        {"name": "unknown option", alias: {**mod, "proxy_adress": "x"}},
        {"name": "exclusive", alias: {**mod, "api_key": "mod-secret"}},
    ]
    for task in tasks:
        task.setdefault("check_mode", True)
        task["ignore_errors"] = True
    results = {}
    for way, env in WAYS.items():
        run = ansible.tasks({"block": tasks, **reaching("london")}, **core, **env)
        assert run.code == 0, run.output
        assert run.writes == []
        results[way] = [
            (r["task"], r["item"], r["status"], without_ids(without(r["result"], ("exception",)))) for r in run.records
        ]
    assert results["in process"] == results["shipped"]
    statuses = {task: status for task, _item, status, _result in results["shipped"]}
    assert [name for name, status in statuses.items() if status == "failed"] == [t["name"] for t in tasks[6:]]
    # An alias without transient settings has no warning; ansible-core 2.21 tells that of the other twice.
    warned = next(r["msg"] for task, _item, _status, r in results["shipped"] if task == "warnings")
    assert {"mod has transient settings" in text for text in warned} == {True}


# ---- secrets ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("way", WAYS)
def test_a_new_secret_is_for_register_alone(
    way: str, lab: Lab, ansible: Runner, core: dict[str, str], tmp_path: Path
) -> None:
    access = {"search": [{"names": ["mod-x"]}]}
    keys = [{"alias": "mod", "name": "mod-many", "access": access}]
    kept = tmp_path / "secrets"
    log = tmp_path / "ansible.log"
    tasks = [
        {
            "name": "one",
            f"{COLLECTION}.cross_cluster_api_key": {"name": "mod-one", "access": access},
            "register": "one",
        },
        {
            "name": "many",
            f"{COLLECTION}.cross_cluster_api_keys": {"local_cluster": "mod", "api_keys": keys},
            "register": "many",
        },
        {
            "name": "loop",
            f"{COLLECTION}.cross_cluster_api_key": {"name": "{{ item }}", "access": access},
            "loop": ["mod-two", "mod-three"],
            "register": "loop",
        },
        {
            "name": "keep the secrets for the test",
            "ansible.builtin.copy": {
                "dest": str(kept),
                "mode": "0600",
                "content": "{{ one.encoded }}\n{{ many.secure_settings.values() | first }}\n"
                "{{ loop.results | map(attribute='encoded') | join('\n') }}\n",
            },
            "no_log": True,
        },
        {
            "name": "a failure",
            f"{COLLECTION}.cross_cluster_api_key": {"name": "mod-bad", "access": access, "expiration": "soon"},
            "ignore_errors": True,
        },
    ]
    env = {**core, **WAYS[way], "ANSIBLE_VERBOSITY": "4", "ANSIBLE_LOG_PATH": str(log)}
    run = ansible.tasks({"block": tasks, **reaching("paris")}, **env)
    assert run.code == 0, run.output
    assert ("is shipped: CROSSCLUSTER_IN_PROCESS" in run.output) == (way == "shipped")
    encoded = kept.read_text().split()
    assert len(set(encoded)) == 4
    parts = [base64.b64decode(value).decode().partition(":")[2] for value in encoded]
    secrets = [*encoded, *parts, *lab.accounts.values()]
    for name, text in {"output": run.output, "log": log.read_text(), "records": str(run.records)}.items():
        assert [secret for secret in secrets if secret in text] == [], f"the {name} of {way} tells a secret"
    # The client's own records would tell the URLs.
    assert "elastic_transport" not in log.read_text()
