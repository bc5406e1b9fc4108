# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the role make of what was registered; that they do it on real clusters is shown by the others."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROLE = Path(__file__).parents[3] / "roles" / "remote_cluster"


def read(path: str) -> Any:
    return DataLoader().load_from_file(str(ROLE / path), trusted_as_template=True)


def task(file: str, name: str) -> dict[str, Any]:
    return next(task for task in read(f"tasks/{file}.yml") if task["name"] == name)


def templar(**registered: Any) -> Templar:
    nobody: dict[str, Any] = {
        "hostvars": {},
        "remote_cluster__nodes": {"results": []},
        "remote_cluster__local": {},
        "remote_cluster__proof": {},
    }
    variables = {**read("defaults/main.yml"), **read("vars/main.yml"), **nobody, **registered}
    return Templar(DataLoader(), variables=variables)


def holds(condition: str, **registered: Any) -> bool:
    return bool(templar(**registered).evaluate_conditional(condition))


def secure_setting(alias: str) -> str:
    return f"cluster.remote.{alias}.credentials"


def test_a_node_gets_no_credential_that_it_does_not_lack() -> None:
    """Of two runs at once, each may have the newest key of an alias."""
    keystore = task("write_keystores", "Write keystore entries on each node")["crosscluster.elasticsearch.keystore"]
    found = templar(
        item="lon-1",
        remote_cluster__secure_settings={secure_setting("paris"): "mine", secure_setting("rome"): "older"},
        remote_cluster__give={"lon-1": {secure_setting("paris"): "k1"}},
        remote_cluster_credentials={"partner": "foreign"},
    ).template(keystore["settings"])
    assert found == {secure_setting("paris"): "mine", secure_setting("partner"): "foreign"}


@pytest.mark.parametrize("role", ["remote_cluster", "certificates"])
def test_nodes_are_asked_where_the_inventory_says(role: str) -> None:
    """Their HTTP publish addresses may not be for the controller."""
    file, module = {
        "remote_cluster": ("prove", "remote_cluster_info"),
        "certificates": ("install_certificates", "ssl_certificates_info"),
    }[role]
    root = ROLE.parents[1]
    tasks = DataLoader().load_from_file(str(root / f"roles/{role}/tasks/{file}.yml"), trusted_as_template=True)
    [given] = [entry[f"crosscluster.elasticsearch.{module}"] for entry in tasks if module in str(entry.keys())]
    variables = DataLoader().load_from_file(str(root / f"playbooks/vars/{role}.yml"), trusted_as_template=True)
    urls = {"lon-1": "https://203.0.113.7:9201"}
    for inventory, expected in (({"elasticsearch_node_urls": urls}, urls), ({}, {})):
        assert Templar(DataLoader(), variables={**variables, **inventory}).template(given["node_urls"]) == expected


def proof(proven: bool) -> dict[str, Any]:
    return {"failed": False, "proven": proven, "remote_clusters": {}}


@pytest.mark.parametrize(
    ("answer", "wait", "ends"),
    [
        ({"failed": True, "msg": "it answered 401"}, False, True),
        ({"failed": True, "msg": "it answered 503"}, True, False),
        (proof(False), True, False),
        (proof(False), False, True),
        (proof(True), True, True),
    ],
)
def test_a_proof_that_could_not_be_asked_for_is_repeated_like_one_that_does_not_hold(
    answer: dict[str, Any], wait: bool, ends: bool
) -> None:
    until = task("prove", "Resolve remote clusters on each node")["until"]
    assert holds(until, remote_cluster__proof=answer, remote_cluster__left_out=[], remote_cluster__wait=wait) == ends


@pytest.mark.parametrize(
    ("proven", "check_mode", "cleans"),
    [(True, False, True), (False, False, False), (False, True, True)],
)
def test_nothing_is_invalidated_before_its_successor_is_proven(proven: bool, check_mode: bool, cleans: bool) -> None:
    """With remote_cluster_fail_on=never the run goes on; a check has proven nothing yet."""
    when = task("connect", "Clean up older API keys")["when"]
    found = all(
        holds(
            condition,
            remote_cluster__proof=proof(proven),
            remote_cluster__left_out=[],
            remote_cluster__to_clean=True,
            ansible_check_mode=check_mode,
        )
        for condition in when
    )
    assert found == cleans


@pytest.mark.parametrize("file", ["connect", "ensure_newest_credentials", "invalidate_older_keys", "disconnect"])
def test_only_clusters_that_grant_by_keys_are_asked_for_them(file: str) -> None:
    """Who may read the others is a matter of roles there, so that the account may have no right to see keys."""
    registered = templar(
        remote_cluster_aliases=[
            {"alias": "paris", "cluster": "paris", "api_key": {"alias": "paris"}},
            {"alias": "paris-2", "cluster": "paris", "api_key": {"alias": "paris-2"}},
            {"alias": "rome", "cluster": "rome", "api_key": None},
            {"alias": "partner", "cluster": None, "api_key": None},
        ],
        remote_cluster_apis={"paris": {}, "rome": {}},
        remote_cluster__remotes={"results": [{"item": name, "cluster": {}} for name in ("paris", "rome")]},
    )
    asking = [task for task in read(f"tasks/{file}.yml") if any("cross_cluster_api_key" in key for key in task)]
    assert asking
    assert [registered.template(task["loop"]) for task in asking] == [["paris"]] * len(asking)


def test_a_key_is_made_only_after_its_credential_can_be_written() -> None:
    """The secret is told once: where it can't be written, each run would make another key."""
    tasks = read("tasks/grant.yml")
    look = task("grant", "Read credential files of grants")
    assert look["check_mode"] is True
    assert not look["changed_when"]
    writing = [number for number, one in enumerate(tasks) if any("cross_cluster_api_key" in key for key in one)]
    assert tasks.index(look) < min(writing)


def test_the_key_of_a_grant_is_rotated_where_it_is_asked_for() -> None:
    grants = [{"api_key": {"alias": name, "renew_before": "1d"}, "file": name} for name in ("partner", "other")]
    found = templar(remote_cluster_grants=grants, remote_cluster_rotate=["partner"], remote_cluster_renew_before="14d")
    keys = found.template(found.available_variables["remote_cluster__granted_keys"])
    assert {key["alias"]: (key["rotate"], key["renew_before"]) for key in keys} == {
        "partner": (True, "14d"),
        "other": (False, "14d"),
    }
    modules = [task for task in read("tasks/grant.yml") if "crosscluster.elasticsearch.cross_cluster_api_keys" in task]
    assert {str(task["name"]): "granted_keys" in str(task) for task in modules} == dict.fromkeys(
        [
            "Invalidate compromised API keys of grants",
            "Create, update or invalidate API keys of grants",
            "Invalidate older API keys of grants",
        ],
        True,
    )


def test_the_newest_key_of_an_alias_is_found_among_all_clusters() -> None:
    """An alias that led elsewhere before has left an older key there, and nobody hands that out."""
    newer, older = {"id": "k2", "creation": 2}, {"id": "k1", "creation": 1}
    found = templar(remote_cluster__listed={"results": [{"api_keys": [newer]}, {"api_keys": [older]}]})
    assert found.template(read("vars/main.yml")["remote_cluster__listed_keys"]) == [older, newer]


def test_what_an_earlier_use_of_the_role_has_written_does_not_count() -> None:
    """As a play of two roles, or a file of two playbooks, makes it."""
    (main,) = read("tasks/main.yml")
    begin = main["block"][0]["ansible.builtin.set_fact"]
    earlier = {"remote_cluster__keystores": {"results": [{"item": "lon-1", "changed": True}]}}
    assert not holds(
        task("connect", "Reload secure settings")["when"],
        remote_cluster__to_clean=False,
        remote_cluster__left_out=[],
        **{**earlier, **begin, "remote_cluster__proof": proof(True)},
    )


@pytest.mark.parametrize("compromised", [False, True])
def test_what_is_told_of_keys_where_a_node_was_left_out(compromised: bool) -> None:
    message = task("connect", "Fail if nodes were left out")["ansible.builtin.fail"]["msg"]
    registered = templar(
        remote_cluster_compromised=compromised,
        remote_cluster__names=["paris"],
        remote_cluster__left_out=[{"item": "lon-2", "msg": "it is down"}],
        remote_cluster__keys={"results": []},
    )
    assert ("No key was invalidated" in registered.template(message)) != compromised


@pytest.mark.parametrize(
    ("compromised", "rotate", "told"),
    [
        (True, ["paris", "rome"], ["paris by-hand k1", "paris copied k2"]),
        (True, ["rome"], []),
        (False, ["paris", "rome"], []),
    ],
)
def test_a_compromised_key_of_others_is_told_to_be_valid(compromised: bool, rotate: list[str], told: list[str]) -> None:
    stranger = {"alias": "paris", "id": "k1", "name": "by-hand", "owner": "elastic"}
    copied = {**stranger, "id": "k2", "name": "copied", "held": True}
    of_a_copy = {**copied, "id": "k3", "held": False}
    found = templar(
        remote_cluster_compromised=compromised,
        remote_cluster_rotate=rotate,
        remote_cluster__keys={
            "results": [{"unmarked": [stranger], "doubtful": [copied, of_a_copy]}, {"unmarked": [], "doubtful": []}]
        },
    )
    assert found.template(found.available_variables["remote_cluster__still_valid"]) == told


def read_node(name: str, **keystore: Any) -> dict[str, Any]:
    """As node_info tells of a node whose server runs with a directory that no package has."""
    return {
        "item": name,
        "node_info": {
            "node": {"name": name},
            "credentials": {"paris": "k2"},
            "keystore": {"in_use": True, "doubt": None, "digest": "d", **keystore},
            "paths": {
                "home": "/opt/es",
                "config": "/srv/c",
                "java_home": None,
                "keystore": "/srv/c/elasticsearch.keystore",
            },
        },
    }


@pytest.mark.parametrize("file", ["write_keystores", "disconnect"])
def test_the_keystore_that_was_read_is_the_one_that_is_written(file: str) -> None:
    """What the inventory does not tell was found by node_info, and is not looked for in other places again."""
    [options] = [t[k] for t in read(f"tasks/{file}.yml") for k in t if k == "crosscluster.elasticsearch.keystore"]
    found = templar(
        item="lon-1", hostvars={"lon-1": {}}, remote_cluster__nodes={"results": [read_node("lon-1")]}, omit="OMIT"
    )
    given = {key: found.template(options[key]) for key in ("home", "path_conf", "java_home")}
    assert given == {"home": "/opt/es", "path_conf": "/srv/c", "java_home": "OMIT"}


@pytest.mark.parametrize(
    ("keystore", "told", "others", "invalidates", "fails"),
    [
        ({}, {}, ["k1"], True, False),
        ({"in_use": False, "doubt": "it is hidden"}, {}, ["k1"], False, True),
        # Nothing is at stake with the first key.
        ({"in_use": False, "doubt": "it is hidden"}, {}, [], False, False),
        ({"in_use": False, "doubt": "it is hidden"}, {"lon-1": {"path": "/p", "digest": "d"}}, ["k1"], True, False),
    ],
)
def test_no_key_goes_before_it_is_shown_which_one_each_node_uses(
    keystore: dict[str, Any], told: dict[str, Any], others: list[str], invalidates: bool, fails: bool
) -> None:
    """Proven is also who still uses the older one."""
    nodes = [read_node("lon-1", **keystore)]
    registered: dict[str, Any] = {
        "inventory_hostname": "london",
        "remote_cluster__unwritten_nodes": [],
        "remote_cluster__nodes": {"results": nodes},
        "remote_cluster__nodes_before": nodes,
        "remote_cluster__reloaded": {"keystores": told},
        "remote_cluster__keys": {"results": [{"api_keys": {"paris": {"action": "created", "others": others}}}]},
        "remote_cluster__proof": {
            "proven": True,
            "remote_clusters": {"paris": {"nodes": [{"node": "lon-1", "status": "proven"}]}},
        },
    }
    invalidate = task("invalidate_older_keys", "Invalidate API keys that no node holds")
    tell = task("invalidate_older_keys", "Fail if a node may still use an older credential")
    assert all(holds(condition, **registered) for condition in invalidate["when"]) is invalidates
    assert all(holds(condition, **registered) for condition in tell["when"]) is fails
    if fails:
        message = templar(**registered).template(tell["ansible.builtin.fail"]["msg"])
        assert "lon-1: it is hidden; set elasticsearch_path_conf of lon-1" in message


@pytest.mark.parametrize(("unwritten", "stops"), [([], False), (["lon-1"], False), (["lon-1", "lon-2"], True)])
def test_no_alias_is_set_where_no_node_could_take_its_credentials(unwritten: list[str], stops: bool) -> None:
    names = [entry["name"] for entry in read("tasks/connect.yml")]
    stop = task("connect", "Fail if no keystore could be written")
    assert names.index(stop["name"]) < names.index("Create or update remote cluster aliases")
    registered: dict[str, Any] = {
        "remote_cluster__nodes": {"results": [read_node("lon-1"), read_node("lon-2")]},
        "remote_cluster__unwritten_nodes": [{"item": name} for name in unwritten],
        "remote_cluster__keys": {"results": [{"api_keys": {"paris": {"action": "created", "others": []}}}]},
    }
    assert all(holds(condition, **registered) for condition in stop["when"]) is stops


@pytest.mark.parametrize(("secrets", "reloads"), [(None, True), (False, True), (True, False)])
def test_a_reload_that_would_replace_what_files_have_given_is_left_out(secrets: bool | None, reloads: bool) -> None:
    """Also in a cluster of which no node is in the inventory."""
    condition = task("connect", "Reload secure settings")["when"]
    registered: dict[str, Any] = {
        "remote_cluster__to_clean": True,
        "remote_cluster__local": {"cluster": {"cluster_secrets": secrets}},
    }
    assert holds(condition, **registered) is reloads


NO_TTY = {"item": "lon-2", "msg": "sudo wants a terminal."}
OFF = {"item": "lon-2", "msg": "no route", "unreachable": True}


@pytest.mark.parametrize(
    ("local", "other", "fails"),
    [
        ({"cluster": {"cluster_secrets": False}}, [], ""),
        ({"cluster": {"cluster_secrets": True}}, [], "cluster_secrets in its file settings"),
        ({"msg": "it answered 401."}, [NO_TTY], "it answered 401."),
        ({"cluster": {"cluster_secrets": False}}, [OFF], ""),
        ({"cluster": {"cluster_secrets": False}}, [NO_TTY], "lon-2 can't be read: sudo wants a terminal."),
    ],
)
def test_what_keeps_a_cluster_from_being_disconnected(
    local: dict[str, Any], other: list[dict[str, Any]], fails: str
) -> None:
    """A host that is off may stay so; what can be corrected is corrected before the first change."""
    local = copy.deepcopy(local)
    if "cluster" in local:
        local["cluster"].update(uuid="L", version="9.5.0", nodes=[], license={"allows_cross_cluster_api_keys": True})
    refusal = task("preflight", "Check that the local cluster can be disconnected")
    registered: dict[str, Any] = {
        "inventory_hostname": "london",
        "remote_cluster_state": "absent",
        "remote_cluster_aliases": [{"alias": "paris", "cluster": "paris", "security_model": "api_key", "api_key": {}}],
        "remote_cluster__local": local,
        "remote_cluster__remotes": {"results": []},
        "remote_cluster__nodes": {"results": [read_node("lon-1"), *other]},
    }
    registered["remote_cluster__nodes"]["results"][0]["node_info"].update(probes=[], running=True)
    registered["remote_cluster__nodes"]["results"][0]["node_info"]["keystore"]["exists"] = True
    assert all(holds(condition, **registered) for condition in refusal["when"]) is bool(fails)
    if fails:
        assert fails in templar(**registered).template(refusal["ansible.builtin.fail"]["msg"])
