# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases in states that others have left: old keys, transient settings, files of nodes, nobody at the address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from evidence import aliases
from life_cycle import COLLECTION, reaching, writes
from runner import Runner

from kit import Lab

NAMES = ("mod-old", "mod-transient", "mod-nobody", "mod-file", "mod-both")
ONE, MANY = f"{COLLECTION}.remote_cluster", f"{COLLECTION}.remote_clusters"


@pytest.fixture(autouse=True)
def _clean(lab: Lab) -> Iterator[None]:
    yield
    settings: dict[str, Any] = {f"cluster.remote.{name}.*": None for name in NAMES}
    put(lab, "transient", settings)
    put(lab, "persistent", settings | {f"cluster.metadata.crosscluster_elasticsearch.{n}": None for n in NAMES})


def put(lab: Lab, origin: str, settings: dict[str, Any]) -> None:
    status, answer = lab.clusters["london"].request("PUT", "/_cluster/settings", {origin: settings})
    assert status == 200, answer


def set_of(alias: str, **settings: Any) -> dict[str, Any]:
    return {f"cluster.remote.{alias}.{key}": value for key, value in settings.items()}


def ours(lab: Lab) -> dict[str, Any]:
    return {key: value for key, value in aliases(lab).items() if any(name in key for name in NAMES)}


def test_what_others_have_left_is_named_and_goes(lab: Lab, ansible: Runner) -> None:
    address = f"{lab.node('lon-1').ip}:1"
    old = set_of("mod-old", mode="sniff", seeds=[address], proxy="par-1:9300", skip_unavailable=True)
    transient = set_of("mod-transient", mode="proxy", proxy_address=address, server_name="x")
    put(lab, "persistent", old)
    put(lab, "transient", transient)
    kept = {"alias": "mod-old", "mode": "sniff", "seeds": [address]}
    gone = [{"alias": "mod-old"}, {"alias": "mod-transient"}]
    tasks: dict[str, Any] = {
        "predict": {MANY: {"remote_clusters": [kept]}, "check_mode": True},
        "predict that all go": {MANY: {"remote_clusters": gone, "state": "absent"}, "check_mode": True},
        "present": {ONE: kept},
        "present again": {ONE: kept},
        "all go": {MANY: {"remote_clusters": gone, "state": "absent"}},
        "all have gone": {MANY: {"remote_clusters": gone, "state": "absent"}},
    }
    # The callback that shows warnings takes them out of the result that others get.
    shown = {"ansible.builtin.debug": {"msg": "{{ step.warnings | default([]) | join('\n') }}"}}
    both = [[{"name": n, **t, "register": "step"}, {"name": f"{n} told", **shown}] for n, t in tasks.items()]
    run = ansible.tasks({"block": [task for pair in both for task in pair], **reaching("london")})
    assert run.code == 0, run.output
    results = {name: run.results(name)[0] for name in tasks}
    assert {name: result["changed"] for name, result in results.items()} == {
        "predict": True,
        "predict that all go": True,
        "present": True,
        "present again": False,
        "all go": True,
        "all have gone": False,
    }
    removed = "mod-old has settings that are no options here, and are removed: proxy"
    won = "mod-transient has transient settings, which win over persistent ones, and are removed: "
    told = {name: str(run.results(f"{name} told")[0]["msg"]) for name in tasks}
    assert removed in told["predict"]
    assert removed in told["predict that all go"]
    assert won in told["predict that all go"]
    assert removed in told["present"]
    assert won in told["all go"]
    assert told["present again"] == told["all have gone"] == ""
    assert ours(lab) == {}
    # One request removes them all; without cross-cluster replication one more has asked for it.
    assert writes(results["all go"]) == ["PUT /_cluster/settings"]
    reads = [r["path"] for r in results["all go"]["requests"] if r["method"] == "GET"]
    assert reads[:3] == ["/_cluster/settings", "/_nodes/settings", "/*,.*/_ccr/info"]
    assert [r["method"] for r in results["all have gone"]["requests"]] == ["GET", "GET"]


def test_a_wait_in_vain_tells_what_was_changed(lab: Lab, ansible: Runner) -> None:
    options = {"alias": "mod-nobody", "proxy_address": f"{lab.node('lon-1').ip}:1", "wait": True, "wait_timeout": 1}
    tasks = [{"name": name, ONE: options, "ignore_errors": True, "diff": True} for name in ("changed", "the same")]
    run = ansible.tasks({"block": tasks, **reaching("london")})
    assert run.code == 0, run.output
    changed, same = (run.results(name)[0] for name in ("changed", "the same"))
    assert [r["status"] for r in run.records] == ["failed", "failed"]
    assert (changed["changed"], same["changed"]) == (True, False)
    assert changed["remote_cluster"] == same["remote_cluster"]
    assert changed["diff"]["after"] == changed["remote_cluster"]
    assert "The change is made, but after 1" in changed["msg"]
    assert "There was nothing to change, but after 1" in same["msg"]
    for word in ("mod-nobody", "remote_cluster_info", "raise wait_timeout"):
        assert word in changed["msg"]


@pytest.fixture
def in_a_file(lab: Lab) -> Iterator[None]:
    """An alias in elasticsearch.yml of one node, one that the API has as well, and a setting of all aliases."""
    node = lab.node("lon-2")
    file = node.path(f"{node.state.config}/elasticsearch.yml")
    text = file.read_text()
    seeds = f'["{lab.node("lon-1").ip}:1"]'
    more = [f"cluster.remote.{name}.seeds: {seeds}" for name in ("mod-file", "mod-both")]
    file.write_text("\n".join([text, *more, "cluster.remote.initial_connect_timeout: 1s", ""]))
    # Other files of tests use this node after us, so it comes back whatever happens.
    try:
        restart(lab)
        put(lab, "persistent", set_of("mod-both", seeds=["127.0.0.1:1"]))
        yield
    finally:
        file.write_text(text)
        restart(lab)


def restart(lab: Lab) -> None:
    lab.faults.restart_server("lon-2")
    lab.clusters["london"].wait_for("lon-2")


@pytest.mark.usefixtures("in_a_file")
def test_an_alias_of_a_file_is_refused(lab: Lab, ansible: Runner) -> None:
    address = {"proxy_address": "par-1:9443"}
    cases: dict[str, dict[str, Any]] = {
        "present": {ONE: {"alias": "mod-file", **address}},
        "absent": {ONE: {"alias": "mod-file", "state": "absent"}},
        "both": {ONE: {"alias": "mod-both", "state": "absent", "force": True}},
        "among others": {
            MANY: {"remote_clusters": [{"alias": "mod-old", **address}, {"alias": "mod-file", **address}]}
        },
    }
    tasks = [{"name": name, **task, "ignore_errors": True} for name, task in cases.items()]
    info = {"name": "info", f"{COLLECTION}.remote_cluster_info": {"aliases": ["mod-file"], "each_node": False}}
    before = aliases(lab)
    run = ansible.tasks({"block": [*tasks, info], **reaching("london")})
    assert run.code == 0, run.output
    for name in cases:
        result = run.results(name)[0]
        alias = "mod-both" if name == "both" else "mod-file"
        status = next(r["status"] for r in run.records if r["task"] == name)
        assert (name, status, result["changed"], writes(result)) == (name, "failed", False, [])
        assert f"alias: {alias} is set on lon-2 in elasticsearch.yml" in result["msg"]
        assert f"Take cluster.remote.{alias}.* out of these files and restart the nodes" in result["msg"]
    assert aliases(lab) == before
    found = run.results("info")[0]["remote_clusters"]["mod-file"]
    assert (found["origin"], found["settings"]["mode"]) == ("configuration", "sniff")
