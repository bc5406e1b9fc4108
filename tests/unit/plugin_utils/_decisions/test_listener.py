# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.listener import (
    LISTENS,
    plan,
)

KEY = "xpack.security.remote_cluster_server.ssl.key"
SETTINGS = {LISTENS: True, KEY: "certs/a.key"}
CONVERGED = f"cluster.name: london\npath.logs: /var/log/es\nnode.name: lon-1\n{LISTENS}: true\n{KEY}: certs/a.key\n"
FILE = dict(exists=True, error=None, readable=True, matches=None, pending=False, owner="root", group="es", mode="0640")


def result(text: str | None = CONVERGED, yml: Any = None, **key: Any) -> dict[str, Any]:
    files = [
        {**FILE, "path": "elasticsearch.yml", "content": text, **(yml or {})},
        {**FILE, "path": "certs/a.key", "matches": True, **key},
    ]
    return dict(item="lon-1", path_conf="/etc/elasticsearch", files=files, running=True)


def nodes(*names: str, listening: bool = True) -> list[dict[str, Any]]:
    return [dict(name=name, remote_cluster_server_address="10.0.0.1:9443" if listening else None) for name in names]


def test_nothing_to_do() -> None:
    assert plan([result()], nodes("lon-1"), {}, SETTINGS) == dict(restart={}, left_out={}, problems=[], notes=[])


def test_what_node_info_has_read_is_as_good() -> None:
    read = result(CONVERGED.replace(f"{LISTENS}: true\n", ""))
    info = dict(configuration_files=read["files"], paths={"config": read["path_conf"]}, running=True)
    found = [plan([one], nodes("lon-1"), {}, SETTINGS) for one in (read, dict(item="lon-1", node_info=info))]
    assert found[0] == found[1]
    assert list(found[0]["restart"]) == ["lon-1"]


def look(host: str = "lon-1", own: bool = True, **more: Any) -> dict[str, Any]:
    service = dict(unit="elasticsearch.service", loaded=True, reads_passphrase=True)
    servers = [dict(pid=7, home="/h", path_conf="/c", unit="elasticsearch.service", own=True)] if own else []
    found: dict[str, Any] = dict(
        servers=servers, ports=[], service=service, passphrase_file=None, hostname=host, addresses=[]
    )
    found.update({"keystore": dict(protected=False, error=None), **more})
    return dict(item=host, node_service=found)


def votes(ids: str, *present: str) -> dict[str, Any]:
    """Names of the nodes end with their ids."""
    masters = [dict(id=name[-1], name=name, voting_only=False) for name in present]
    return dict(configurations=[list(ids)], excluded=[], masters=masters)


DIFFERS = CONVERGED.replace(f"{LISTENS}: true\n", "").replace("node.name: lon-1\n", "")


def of(*names: str, text: str = DIFFERS) -> list[dict[str, Any]]:
    return [{**result(text), "item": name} for name in names]


def test_a_node_that_is_down_comes_first() -> None:
    """Nothing has to be healthy before it is started, and the others need it."""
    looks = [look("lon-1"), look("lon-2", own=False), look("lon-3")]
    found = plan(of("lon-1", "lon-2", "lon-3"), nodes("lon-1", "lon-3"), {"lon-2": "lon-2"}, SETTINGS, looks=looks)
    assert found["problems"] == []
    assert {host: one["down"] for host, one in found["restart"].items()} == {
        "lon-2": True,
        "lon-1": False,
        "lon-3": False,
    }
    assert next(iter(found["restart"])) == "lon-2"


def test_a_process_that_is_not_found_does_not_make_a_node_one_that_is_down() -> None:
    found = plan(of("lon-1"), nodes("lon-1"), {}, SETTINGS, looks=[look(own=False)])
    assert "lon-1: it is in the cluster, and its process is not found" in found["problems"][0]
    assert not found["restart"]["lon-1"]["down"]


@pytest.mark.parametrize(
    ("here", "ids", "problems", "notes", "masters"),
    [
        pytest.param(["lon-1", "lon-2", "lon-3"], "123", [], [], 0, id="three"),
        pytest.param(["lon-1", "lon-2"], "123", ["lon-1", "lon-2"], ["lon-3"], 0, id="one away"),
        pytest.param(["lon-1", "lon-2"], "1", ["lon-1"], ["lon-3"], 0, id="one that has no vote any more away"),
    ],
)
def test_the_cluster_keeps_its_master(
    here: list[str], ids: str, problems: list[str], notes: list[str], masters: int
) -> None:
    away = dict(item="lon-3", unreachable=True, msg="no route")
    read = [*of("lon-1", "lon-2"), away if "lon-3" not in here else of("lon-3")[0]]
    looks = [look(name) for name in here]
    found = plan(read, nodes(*here), {"lon-3": "lon-3"}, SETTINGS, looks=looks, voting=votes(ids, *here))
    assert [problem.partition(":")[0] for problem in found["problems"]] == problems
    assert ["no master then" in problem for problem in found["problems"]] == [True] * len(problems)
    assert found["notes"] == [f"Not in the cluster: {name}." for name in notes]
    assert found["restart"]["lon-1"]["masters"] == masters


def test_a_cluster_of_two_nodes_is_restarted_and_it_is_said() -> None:
    here = ["lon-1", "lon-2"]
    looks = [look(name) for name in here]
    found = plan(of(*here), nodes(*here), {}, SETTINGS, looks=looks, voting=votes("1", *here))
    assert found["problems"] == []
    assert [note.partition(" because")[0] for note in found["notes"]] == [
        "lon-1: the cluster has no master while lon-1 restarts,"
    ]
    assert {host: one["masters"] for host, one in found["restart"].items()} == {"lon-1": 2, "lon-2": 2}


def test_a_node_that_is_started_before_the_others_has_its_vote_again() -> None:
    looks = [look("lon-1"), look("lon-2"), look("lon-3", own=False)]
    voting = votes("123", "lon-1", "lon-2")
    read = of("lon-1", "lon-2", "lon-3")
    assert plan(read, nodes("lon-1", "lon-2"), {}, SETTINGS, looks=looks, voting=voting)["problems"] == []
    data = [*of("lon-1", "lon-2"), *of("lon-3", text=DIFFERS + "node.roles: [data]\n")]
    assert plan(data, nodes("lon-1", "lon-2"), {}, SETTINGS, looks=looks, voting=voting)["problems"] != []


def test_how_a_node_restarts_is_told_of_each() -> None:
    looks = [look("lon-1", keystore=dict(protected=True, error=None)), look("lon-2"), look("lon-3")]
    looks[2]["node_service"]["servers"][0]["unit"] = "elasticsearch@hot.service"
    here = ["lon-1", "lon-2", "lon-3"]
    services: dict[str, dict[str, Any]] = dict(
        service=dict.fromkeys(here, "elasticsearch"), command={}, password={"lon-1": 6, "lon-2": 0}
    )
    found = plan(of(*here), nodes(*here), {}, SETTINGS, looks=looks, services=services)
    assert [found["restart"][host]["passphrase"] for host in here] == [True, False, False]
    assert [problem.partition(" not to")[0] for problem in found["problems"]] == [
        "lon-3: its process 7 belongs to elasticsearch@hot.service,"
    ]


def test_what_nodes_share_is_said_once() -> None:
    looks = [look(name, keystore=dict(protected=True, error=None)) for name in ("lon-1", "lon-2")]
    [problem] = plan(of("lon-1", "lon-2"), nodes("lon-1", "lon-2"), {}, SETTINGS, looks=looks)["problems"]
    assert problem.startswith("lon-1, lon-2: its keystore has a password")


def test_a_node_that_is_not_reached_a_second_time_is_left_out() -> None:
    found = plan(of("lon-1"), nodes("lon-1"), {}, SETTINGS, looks=[dict(item="lon-1", unreachable=True, msg="gone")])
    assert (found["restart"], found["left_out"]) == ({}, {"lon-1": "gone"})


CA = "xpack.security.remote_cluster_client.ssl.certificate_authorities"


@pytest.mark.parametrize(
    ("text", "public", "fine"),
    [
        pytest.param("", "", False, id="public trust would go"),
        pytest.param("", "certs/public.crt", True, id="public authorities are named"),
        pytest.param(f"{CA}: [certs/partner.crt]\n", "", True, id="there was a list"),
    ],
)
def test_aliases_that_rely_on_public_authorities(text: str, public: str, fine: bool) -> None:
    authorities = {CA: ["certs/ca.crt", *([public] if public else [])]}
    aliases = {"cloud": "api_key"}
    found = plan(
        [result(CONVERGED + text)],
        nodes("lon-1"),
        {},
        SETTINGS,
        authorities=authorities,
        aliases=aliases,
        public=public,
    )
    assert (found["problems"] == []) == fine
    assert fine or "lon-1: elasticsearch.yml has no" in found["problems"][0]
    assert fine or "cloud (the cluster has it" in found["problems"][0]


def test_a_truststore_is_not_given_up() -> None:
    store = "xpack.security.remote_cluster_client.ssl.truststore.path"
    found = plan([result(f"{CONVERGED}{store}: a.p12\n")], nodes("lon-1"), {}, SETTINGS, authorities={CA: ["c.crt"]})
    [problem] = found["problems"]
    assert f"has {store}, which excludes {CA}; add the authorities to that truststore" in problem


def test_settings_of_a_node_win() -> None:
    own = {"lon-1": dict(settings={KEY: "certs/own.key"}, kept=[CA])}
    found = plan([result()], nodes("lon-1"), {}, SETTINGS, node_files=own, authorities={CA: ["certs/ca.crt"]})
    assert found["restart"]["lon-1"]["reasons"] == [f"{KEY}: certs/a.key becomes certs/own.key"]


def test_a_node_that_can_not_be_reached_is_left_out() -> None:
    away = dict(item="lon-2", unreachable=True, msg="no route")
    found = plan([result(), away], nodes("lon-1", "lon-2"), {}, SETTINGS)
    assert (found["left_out"], found["problems"]) == ({"lon-2": "no route"}, [])


@pytest.mark.parametrize(
    ("text", "yml", "listening", "reasons"),
    [
        pytest.param(
            CONVERGED.replace(f"{LISTENS}: true\n", ""), {}, False, [f"{LISTENS}: set to true"], id="a new setting"
        ),
        pytest.param(
            CONVERGED.replace("a.key", "b.key"),
            {},
            True,
            [f"{KEY}: certs/b.key becomes certs/a.key"],
            id="another value",
        ),
        pytest.param(
            CONVERGED, {"pending": True}, True, ["an earlier run has changed"], id="killed before the restart"
        ),
        pytest.param(CONVERGED, {}, False, ["the node was started without it"], id="not restarted by hand"),
    ],
)
def test_reasons(text: str, yml: dict[str, Any], listening: bool, reasons: list[str]) -> None:
    found = plan([result(text, yml)], nodes("lon-1", listening=listening), {}, SETTINGS)
    assert found["problems"] == []
    node = found["restart"]["lon-1"]
    assert [wanted in have for wanted, have in zip(reasons, node["reasons"], strict=True)] == [True]
    assert (node["node"], node["log"]) == ("lon-1", "/var/log/es/london.log")


@pytest.mark.parametrize(
    ("node", "reasons", "problems"),
    [
        pytest.param(None, [f"{KEY}: certs/b.key becomes certs/a.key"], 1, id="as all others"),
        pytest.param({"settings": {}, "kept": [KEY]}, [], 0, id="what it has stays"),
        pytest.param(
            {"settings": {KEY: "certs/c.key"}, "kept": []}, [f"{KEY}: certs/b.key becomes certs/c.key"], 0, id="its own"
        ),
    ],
)
def test_what_holds_for_one_node(node: Any, reasons: list[str], problems: int) -> None:
    """The files of the others are nothing to it: they are missing here."""
    read = [result(CONVERGED.replace("a.key", "b.key"), exists=False, matches=None)]
    found = plan(read, nodes("lon-1"), {}, SETTINGS, node_files={"lon-1": node} if node else None)
    assert len(found["problems"]) == problems
    assert [reason for one in found["restart"].values() for reason in one["reasons"]] == reasons


def test_a_secret_is_not_told() -> None:
    text = CONVERGED + "x.secure_password: old-one\n"
    found = plan([result(text)], nodes("lon-1"), {}, {**SETTINGS, "x.secure_password": "new-one"})
    assert found["restart"]["lon-1"]["reasons"] == ["x.secure_password: another value"]


@pytest.mark.parametrize(
    ("given", "configured", "host", "name"),
    [
        pytest.param("es-1", "node.name: x\n", "lon-1", "es-1", id="the inventory"),
        pytest.param("", "node.name: x\n", "lon-1", "x", id="the file"),
        pytest.param("", "node.name: ${HOSTNAME}\n", "lon-1.example", "lon-1", id="the short host name"),
        pytest.param("", "", "lon-1", "lon-1", id="the host name"),
        pytest.param("", "", "other", None, id="only the node can tell"),
    ],
)
def test_name(given: str, configured: str, host: str, name: str | None) -> None:
    found = plan([{**result(configured), "item": host}], nodes("lon-1"), {host: given}, SETTINGS)
    assert found["restart"][host]["node"] == name


@pytest.mark.parametrize(
    ("have", "problem"),
    [
        pytest.param(dict(item="lon-1", msg="no sudo"), "lon-1: no sudo", id="unreadable"),
        pytest.param(dict(item="lon-1"), "lon-1: this node can't be read", id="no reason"),
        pytest.param(result(None, {"error": None}), "can't be read in /etc/elasticsearch: there is none", id="no file"),
        pytest.param(result("a: ["), "is no YAML", id="no YAML"),
        pytest.param(result(exists=False), "certs/a.key is missing", id="missing"),
        pytest.param(result(error="Permission denied"), "can't be read: Permission denied", id="error"),
        pytest.param(result(readable=False), r"certs/a.key (root:es, 0640) can't be read by the account", id="mode"),
        pytest.param(result(matches=False), "does not belong to its certificate", id="another key"),
        pytest.param(
            result(CONVERGED + "xpack.security.remote_cluster_server.ssl.keystore.path: a.p12\n"),
            "has xpack.security.remote_cluster_server.ssl.keystore.path, which excludes",
            id="a keystore",
        ),
    ],
)
def test_problems(have: dict[str, Any], problem: str) -> None:
    problems = plan([have], nodes("lon-1"), {}, SETTINGS)["problems"]
    assert len(problems) == 1
    assert problem in problems[0]


def test_files_that_come() -> None:
    assert plan([result(exists=False)], nodes("lon-1"), {}, SETTINGS, files_come=True)["problems"] == []
    assert plan([result(matches=False)], nodes("lon-1"), {}, SETTINGS, files_come=True)["problems"] == []


def test_nodes_that_the_inventory_lacks() -> None:
    assert (
        "has 2 nodes (lon-1, lon-2), and this run deals with 1"
        in plan([result()], nodes("lon-1", "lon-2"), {}, SETTINGS)["notes"][0]
    )


@pytest.mark.parametrize(
    ("text", "command", "refused"), [(DIFFERS, "", True), (DIFFERS, "x", False), (CONVERGED, "", False)]
)
def test_who_may_restart_a_node_is_known_when_it_was_read(text: str, command: str, refused: bool) -> None:
    """Before somebody looks how it runs, as certificates are written in between."""
    read = result(text)
    paths = {"config": read["path_conf"]}
    info = dict(configuration_files=read["files"], paths=paths, running=True, account="elasticsearch", write_error=None)
    told = {"command": {"lon-1": command}}
    found = plan([dict(item="lon-1", node_info=info)], nodes("lon-1"), {}, SETTINGS, services=told)
    assert len(found["problems"]) == refused
    assert all("lon-1: it has to be restarted, which the account" in problem for problem in found["problems"])


PORT = "remote_cluster.port"


@pytest.mark.parametrize(
    ("ports", "machines", "bound", "refused"),
    [
        pytest.param({}, "aa", "", True, id="one port on one machine"),
        pytest.param({}, "ab", "", False, id="two machines"),
        pytest.param({"lon-2": 9444}, "aa", "", False, id="a port each"),
        pytest.param({"lon-2": "9444"}, "aa", "", False, id="a port each, as a text"),
        pytest.param({"lon-1": "", "lon-2": 9443}, "aa", "", True, id="the same one told"),
        pytest.param({}, "aa", "network.host", False, id="an address each"),
    ],
)
def test_nodes_on_one_machine(ports: dict[str, Any], machines: str, bound: str, refused: bool) -> None:
    here = ["lon-1", "lon-2"]
    read = of(*here)
    if bound:
        for number, one in enumerate(read):
            one["files"][0]["content"] += f"{bound}: 10.0.0.{number}\n"
    looks = [look(name, hostname=machine, addresses=["10.0.0.1"]) for name, machine in zip(here, machines, strict=True)]
    found = plan(read, nodes(*here), {}, {**SETTINGS, PORT: 9443}, looks=looks, ports=ports)
    assert len(found["problems"]) == refused
    start = "lon-1, lon-2: on one machine, they would all listen for remote clusters at port 9443; set"
    assert all(problem.startswith(start) for problem in found["problems"])
    assert f"{PORT}: set to {ports.get('lon-2') or 9443}" in found["restart"]["lon-2"]["reasons"]


def test_a_port_of_a_node_that_is_none() -> None:
    found = plan([result()], nodes("lon-1"), {}, SETTINGS, ports={"lon-1": "many"})
    assert "lon-1: elasticsearch_remote_cluster_port is many; write a port, such as 9444." in found["problems"]


def test_a_port_is_nothing_to_a_node_that_does_not_listen() -> None:
    found = plan([result()], nodes("lon-1"), {}, {}, ports={"lon-1": 9444})
    assert found["restart"] == {}
