# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.counted_nodes import count

LOST: Any = object()


def cluster(*clients: str, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """``without`` the role remote_cluster_client."""
    nodes = [dict(name=name, remote_cluster_client=name not in without) for name in (*clients, *without)]
    return dict(name="london", nodes=nodes)


def host(item: str, node: str | None = None, credentials: Any = None, **changed: Any) -> dict[str, Any]:
    info = dict(
        node={"name": node} if node else None,
        running=node is not None,
        credentials={} if credentials is None else None if credentials is LOST else credentials,
        keystore={"exists": True, "error": None},
        settings={"cluster.name": "london"},
        paths={"config": "/etc/es", "keystore": "/etc/es/elasticsearch.keystore"},
    )
    return {"item": item, "node_info": {**info, **changed}}


def off(item: str) -> dict[str, Any]:
    return {"item": item, "unreachable": True, "msg": "no route"}


A, B, COLD = host("a", "lon-1"), host("b", "lon-2"), host("c", "cold")
THREE = cluster("lon-1", "lon-2", without=("cold",))
NO_FILE = {"exists": False, "error": None}


@pytest.mark.parametrize(
    ("results", "of", "names", "holders", "read", "unread"),
    [
        pytest.param([A, B], cluster("lon-1", "lon-2"), {}, False, ["a", "b"], [], id="all"),
        pytest.param([A, off("b")], cluster("lon-1", "lon-2"), {}, False, ["a"], ["b"], id="one is off"),
        pytest.param([A, host("b", "lon-2", LOST)], THREE, {}, False, ["a"], ["b"], id="a keystore that is not read"),
        # Without the role.
        pytest.param([A, B, COLD], THREE, {}, False, ["a", "b"], [], id="without the role"),
        pytest.param([A, B, host("c", "cold", LOST)], THREE, {}, False, ["a", "b"], [], id="its keystore is not read"),
        pytest.param([A, B, off("cold")], THREE, {}, False, ["a", "b"], [], id="off, known by its name"),
        pytest.param([A, B, off("c")], THREE, {"c": "cold"}, False, ["a", "b"], [], id="off, named in the inventory"),
        pytest.param([A, B, off("c")], THREE, {"c": ""}, False, ["a", "b"], [], id="off, and no other is left"),
        pytest.param([A, off("b"), off("c")], THREE, {}, False, ["a"], ["b", "c"], id="off, one of two"),
        pytest.param([A, off("lon-2"), off("c")], THREE, {}, False, ["a"], ["lon-2"], id="off, and the other is known"),
        pytest.param([A, B, COLD, off("d")], THREE, {}, False, ["a", "b"], ["d"], id="off, and no node for it"),
        pytest.param([COLD, off("b")], {}, {}, False, ["c"], ["b"], id="nobody knows the roles"),
        pytest.param([COLD], cluster(without=("cold",)), {}, False, [], [], id="no node has the role"),
        # What is to be taken away.
        pytest.param([A, host("c", "cold", {"p": "k"})], THREE, {}, True, ["a", "c"], [], id="holds a credential"),
        pytest.param([A, host("c", "cold", {"p": "k"})], THREE, {}, False, ["a"], [], id="and needs none"),
        pytest.param([A, COLD], THREE, {}, True, ["a"], [], id="holds none"),
        # Stopped.
        pytest.param([A, host("b")], cluster("lon-1"), {}, False, ["a", "b"], [], id="stopped, and known where it is"),
        pytest.param(
            [A, host("b", settings={}, keystore=NO_FILE)], cluster("lon-1"), {}, False, ["a"], ["b"], id="not known"
        ),
        pytest.param(
            [A, host("b", credentials=LOST, keystore={"exists": True, "error": "no."})],
            cluster("lon-1"),
            {},
            False,
            ["a"],
            ["b"],
            id="stopped, and its keystore is not read",
        ),
        pytest.param(
            [A, host("b", settings={"cluster.name": "rome"})], cluster("lon-1"), {}, False, ["a"], ["b"], id="another's"
        ),
    ],
)
def test_who_counts(
    results: list[dict[str, Any]],
    of: dict[str, Any],
    names: dict[str, str],
    holders: bool,
    read: list[str],
    unread: list[str],
) -> None:
    found = count(results, of, names, holders)
    assert [node["item"] for node in found["read"]] == read
    assert sorted(node["item"] for node in found["unread"]) == unread
    assert {node["item"] for node in found["reached"]} >= set(read)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (
            {"settings": {}, "keystore": NO_FILE},
            "there is no /etc/es/elasticsearch.keystore; set elasticsearch_path_conf",
        ),
        ({"keystore": {"exists": True, "error": "It is damaged."}}, "It is damaged."),
        ({"settings": {"cluster.name": "rome"}}, "elasticsearch.yml in /etc/es is that of the cluster rome"),
    ],
)
def test_a_stopped_node_is_left_out_like_one_that_is_off(changed: dict[str, Any], text: str) -> None:
    [left_out] = count([A, host("b", **changed)], cluster("lon-1"), {})["unread"]
    assert left_out["msg"].startswith("no Elasticsearch server runs there, and " + text)
    assert left_out["stopped"] and "node_info" not in left_out
