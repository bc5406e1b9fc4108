# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.security_role import (
    canonical,
    check_privileges,
    parse,
    path,
    plan,
    wish,
)

# As the server answers it.
HAVE: dict[str, Any] = {
    "cluster": ["monitor", "manage"],
    "indices": [
        {
            "names": ["b", "a"],
            "privileges": ["view_index_metadata", "read"],
            "field_security": {"grant": ["x", "f"], "except": []},
            "query": '{"term": {"team": "one"}}',
            "allow_restricted_indices": False,
        },
        {"names": ["c"], "privileges": ["read"], "allow_restricted_indices": True},
    ],
    "applications": [{"application": "kibana", "privileges": ["all"], "resources": ["*"]}],
    "run_as": [],
    "metadata": {"team": "one"},
    "transient_metadata": {"enabled": True},
    "remote_indices": [
        {"names": ["a"], "privileges": ["read"], "allow_restricted_indices": False, "clusters": ["rome", "paris"]}
    ],
}
PARAMS: dict[str, Any] = {
    "cluster": ["manage", "monitor"],
    "indices": [
        {
            "names": ["c"],
            "privileges": ["read"],
            "field_security": None,
            "query": None,
            "allow_restricted_indices": True,
        },
        {
            "names": ["a", "b"],
            "privileges": ["read", "view_index_metadata", "read"],
            "field_security": {"grant": ["f", "x"]},
            "query": {"term": {"team": "one"}},
            "allow_restricted_indices": False,
        },
    ],
    "remote_indices": [{"clusters": ["paris", "rome"], "names": ["a"], "privileges": ["read"]}],
    "metadata": {"team": "one"},
    "run_as": None,
    "remote_cluster": None,
    "description": None,
}


def test_what_means_the_same_is_the_same() -> None:
    assert canonical(HAVE) == wish(PARAMS)
    assert plan("r", HAVE, wish(PARAMS)).requests == []


def test_all_fields_are_no_field_security() -> None:
    everything = {"names": ["a"], "privileges": ["read"], "field_security": {"grant": ["*"], "except": None}}
    assert canonical({"indices": [everything]})["indices"] == [{"names": ["a"], "privileges": ["read"]}]
    some = {**everything, "field_security": {"grant": ["*"], "except": ["secret"]}}
    assert canonical({"indices": [some]})["indices"][0]["field_security"] == {"grant": ["*"], "except": ["secret"]}


def test_a_query_that_is_no_json_is_left_to_the_server() -> None:
    entry = {"names": ["a"], "privileges": ["read"], "query": "{"}
    assert canonical({"indices": [entry]})["indices"][0]["query"] == "{"


def test_create() -> None:
    made = plan("r", None, wish({"cluster": ["monitor"], "description": "looks"}))
    (request,) = made.requests
    assert (request.method, request.path) == ("PUT", "/_security/role/r")
    assert request.body == {"cluster": ["monitor"], "description": "looks"}
    assert made.before == {}
    assert made.result == {"role": made.after}


def test_change_keeps_what_has_no_option() -> None:
    (request,) = plan("r", HAVE, wish({"cluster": ["monitor"]})).requests
    assert request.body == {"cluster": ["monitor"], "applications": HAVE["applications"]}


def test_absent() -> None:
    gone = plan("a/b", HAVE, None)
    assert [(r.method, r.path) for r in gone.requests] == [("DELETE", "/_security/role/a%2Fb")]
    assert (gone.after, gone.result) == ({}, {"role": None})
    assert plan("r", None, None).requests == []


@pytest.mark.parametrize("wanted", [None, wish({"cluster": ["monitor"]})], ids=["absent", "present"])
def test_reserved(wanted: dict[str, Any] | None) -> None:
    with pytest.raises(Refusal, match="name: superuser is a role that Elasticsearch comes with"):
        plan("superuser", {"cluster": ["all"], "metadata": {"_reserved": True}}, wanted)


def test_parse() -> None:
    assert parse("r", {"r": HAVE}) == HAVE
    assert parse("r", {}) is None
    assert path("r") == "/_security/role/r"


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"indices": [{"names": [], "privileges": ["read"]}]}, "indices.names is empty"),
        ({"indices": [{"names": ["a"], "privileges": []}]}, "indices.privileges is empty"),
        ({"remote_indices": [{"clusters": [""], "names": ["a"], "privileges": ["read"]}]}, "remote_indices.clusters"),
        ({"remote_cluster": [{"clusters": [], "privileges": ["monitor_enrich"]}]}, "remote_cluster.clusters is empty"),
        (
            {"indices": [{"names": ["a"], "privileges": ["read"], "field_security": {"grants": []}}]},
            "has grants; write",
        ),
        ({"metadata": {"_reserved": True}}, "metadata has _reserved"),
    ],
)
def test_refusals(params: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal, match=text):
        wish(params)


BUILTIN = {"cluster": ["all", "manage", "monitor"], "index": ["all", "read"], "remote_cluster": ["monitor_enrich"]}


@pytest.mark.parametrize(
    "params",
    [
        {
            "cluster": ["manage", "cluster:monitor/*"],
            "indices": [{"names": ["a"], "privileges": ["READ", "indices:*"]}],
        },
        {"remote_cluster": [{"clusters": ["*"], "privileges": ["monitor_enrich"]}]},
    ],
)
def test_known_privileges(params: dict[str, Any]) -> None:
    check_privileges(canonical(params), BUILTIN)


@pytest.mark.parametrize(
    ("params", "builtin", "text"),
    [
        ({"cluster": ["mange"]}, BUILTIN, "cluster: there is no privilege mange .* known are: all, manage, monitor"),
        ({"indices": [{"names": ["a"], "privileges": ["manage"]}]}, BUILTIN, "indices: there is no privilege manage "),
        ({"remote_indices": [{"names": ["a"], "privileges": ["x"], "clusters": ["a"]}]}, BUILTIN, "remote_indices: "),
        (
            {"remote_cluster": [{"clusters": ["*"], "privileges": ["monitor_enrich"]}]},
            {"cluster": [], "index": []},
            "remote_cluster: there is no privilege monitor_enrich .* known are: none",
        ),
    ],
)
def test_unknown_privileges(params: dict[str, Any], builtin: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal, match=text):
        check_privileges(canonical(params), builtin)
