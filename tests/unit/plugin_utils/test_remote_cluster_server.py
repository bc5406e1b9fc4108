# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._remote_cluster_server import (
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


def test_a_node_that_is_down_comes_first() -> None:
    """Nothing has to be healthy before it is started, and the others need it."""
    text = CONVERGED.replace(f"{LISTENS}: true\n", "").replace("node.name: lon-1\n", "")
    read = [
        {**result(text), "item": name, "running": running}
        for name, running in (("lon-1", True), ("lon-2", False), ("lon-3", False), ("lon-4", True))
    ]
    # Of lon-3 only the process was not found.
    found = plan(read, nodes("lon-1", "lon-3"), {"lon-2": "lon-2"}, SETTINGS)["restart"]
    assert {host: one["down"] for host, one in found.items()} == {
        "lon-2": True,
        "lon-1": False,
        "lon-3": False,
        "lon-4": False,
    }
    assert list(found) == ["lon-2", "lon-1", "lon-3", "lon-4"]


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


def test_nodes_that_the_inventory_lacks() -> None:
    assert (
        "has 2 nodes (lon-1, lon-2), and this run deals with 1"
        in plan([result()], nodes("lon-1", "lon-2"), {}, SETTINGS)["notes"][0]
    )
