# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cluster import (
    has_cluster_secrets,
    may_have_cluster_secrets,
    oldest,
    parse_license,
    parse_missing,
    parse_missing_on_indices,
    parse_nodes,
    parse_remote_indices,
)

NODE = {
    "name": "lon-1",
    "host": "10.99.0.11",
    "ip": "10.99.0.11",
    "version": "9.2.1",
    "roles": ["data", "master", "remote_cluster_client"],
    "http": {"publish_address": "10.99.0.11:9200", "bound_address": ["[::]:9201", "0.0.0.0:9201"]},
    "transport": {"publish_address": "10.99.0.11:9300"},
    "remote_cluster_server": {"publish_address": "10.99.0.11:9443"},
    "jvm": {
        "pid": 126,
        "input_arguments": ["-Xms1g", "-Des.path.home=/usr/share/elasticsearch", "-Des.path.conf=/etc"],
    },
}


def test_parse_nodes() -> None:
    assert parse_nodes({"nodes": {"id1": NODE}}, "https") == [
        dict(
            id="id1",
            name="lon-1",
            host="10.99.0.11",
            ip="10.99.0.11",
            version="9.2.1",
            roles=["data", "master", "remote_cluster_client"],
            remote_cluster_client=True,
            url="https://10.99.0.11:9200",
            http_ports=[9201],
            transport_address="10.99.0.11:9300",
            remote_cluster_server_address="10.99.0.11:9443",
            home="/usr/share/elasticsearch",
            pid=126,
            started=0,
            reload_interval=5.0,
        )
    ]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        pytest.param({"http": {"publish_address": "lon-1/10.99.0.11:9200"}}, {"url": "http://lon-1:9200"}, id="name"),
        pytest.param({"http": {"publish_address": "[::1]:9200"}}, {"url": "http://[::1]:9200"}, id="IPv6"),
        pytest.param({"http": {"publish_address": "lon-1/[::1]:9200"}}, {"url": "http://lon-1:9200"}, id="name, IPv6"),
        pytest.param({"http": None}, {"url": None}, id="no HTTP"),
        pytest.param({"remote_cluster_server": None}, {"remote_cluster_server_address": None}, id="no listener"),
        pytest.param({"roles": ["data"]}, {"roles": ["data"], "remote_cluster_client": False}, id="without role"),
        pytest.param({"roles": None}, {"roles": [], "remote_cluster_client": False}, id="no roles told"),
        pytest.param({"jvm": None}, {"home": None}, id="no JVM told"),
        pytest.param({"jvm": {"input_arguments": ["-Xms1g"]}}, {"home": None}, id="no home told"),
        pytest.param(
            {"settings": {"resource": {"reload": {"interval": {"high": "1m"}}}}},
            {"reload_interval": 60},
            id="looks at its files once a minute",
        ),
        pytest.param(
            {"settings": {"resource": {"reload": {"enabled": "false", "interval": {"high": "1m"}}}}},
            {"reload_interval": None},
            id="never looks at its files",
        ),
    ],
)
def test_parse_one_node(changed: dict[str, Any], found: dict[str, Any]) -> None:
    (node,) = parse_nodes({"nodes": {"id1": {**NODE, **changed}}}, "http")
    assert {name: node[name] for name in found} == found


def test_nodes_are_sorted_by_name() -> None:
    answer = {"nodes": {"a": {**NODE, "name": "lon-2"}, "b": NODE}}
    assert [node["name"] for node in parse_nodes(answer, "https")] == ["lon-1", "lon-2"]
    assert parse_nodes({}, "https") == []


@pytest.mark.parametrize(
    ("kind", "status", "allowed"),
    [
        ("enterprise", "active", True),
        ("trial", "active", True),
        ("trial", "expired", False),
        ("enterprise", "invalid", False),
        ("platinum", "active", False),
        ("basic", "active", False),
        (None, None, False),
    ],
)
def test_parse_license(kind: str | None, status: str | None, allowed: bool) -> None:
    answer = {"license": {"type": kind, "status": status, "expiry_date_in_millis": 5}} if kind else {}
    assert parse_license(answer) == dict(
        type=kind, status=status, expiry=5 if kind else None, allows_cross_cluster_api_keys=allowed
    )


@pytest.mark.parametrize(
    ("versions", "found"),
    [
        ([], None),
        (["9.2.1"], "9.2.1"),
        (["9.2.1", "8.19.3", "10.0.0"], "8.19.3"),
        (["8.9.0", "8.14.0"], "8.9.0"),
        (["9.0.0-SNAPSHOT", "9.0.1"], "9.0.0-SNAPSHOT"),
    ],
)
def test_oldest(versions: list[str], found: str | None) -> None:
    assert oldest(versions) == found


def test_parse_missing_on_indices() -> None:
    answer = {"index": {"a-*": {"read": True, "write": False, "monitor": False}, "b": {"read": True}}}
    assert parse_missing_on_indices(answer) == {"a-*": ["monitor", "write"]}
    assert parse_missing_on_indices({}) == {}


def test_parse_remote_indices() -> None:
    """As Elasticsearch tells them of a user; of one without any, it tells nothing."""
    entry = {"names": ["m-*"], "privileges": ["all"], "allow_restricted_indices": False, "clusters": ["paris"]}
    found = [{"clusters": ["paris"], "names": ["m-*"], "privileges": ["all"]}]
    assert parse_remote_indices({"cluster": [], "remote_indices": [entry]}) == found
    assert parse_remote_indices({"cluster": ["monitor"]}) == []


def test_parse_missing() -> None:
    answer = {"username": "u", "has_all_requested": False, "cluster": {"monitor": True, "manage": False, "all": False}}
    assert parse_missing(answer) == ["all", "manage"]
    assert parse_missing({"has_all_requested": True}) == []


@pytest.mark.parametrize(
    ("versions", "asked"),
    [(["9.4.8"], False), (["8.19.2", "9.2.0"], False), (["9.4.8", "9.5.0"], True), (["10.0.0"], True), ([None], False)],
)
def test_only_new_nodes_are_asked_for_cluster_secrets(versions: list[str | None], asked: bool) -> None:
    assert may_have_cluster_secrets([{"version": version} for version in versions]) is asked


@pytest.mark.parametrize(
    ("reserved", "found"),
    [
        ({"file_settings": {"handlers": {"cluster_secrets": {"keys": ["cluster.remote.a.credentials"]}}}}, True),
        ({"file_settings": {"handlers": {"cluster_secrets": {"keys": []}}}}, False),
        ({"file_settings": {"version": -1, "handlers": {}, "errors": None}}, False),
        ({"file_settings": {"handlers": {"ilm": {"keys": ["a"]}}}}, False),
        ({}, False),
        (None, False),
    ],
)
def test_cluster_secrets(reserved: dict[str, Any] | None, found: bool) -> None:
    assert has_cluster_secrets({"metadata": {"reserved_state": reserved}}) is found
    assert has_cluster_secrets({"cluster_uuid": "L"}) is False
