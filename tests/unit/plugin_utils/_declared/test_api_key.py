# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import follow as declared_follow
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.api_key import api_key

OK = {"search": "a"}


def told(declaration: dict[str, Any], default_name: str = "mine") -> tuple[dict[str, Any], list[str]]:
    """The key that is declared, and what is wrong with it."""
    wrong: list[str] = []

    def report(where: str, what: str) -> None:
        wrong.append(f"{where}: {what}")

    rules = declared_follow.rules("here.follow", "london", "paris", "paris", declaration.get("follow"), report)
    return api_key("here", "paris", default_name, declaration, rules, report), wrong


def key(declaration: dict[str, Any]) -> dict[str, Any]:
    found, wrong = told(declaration)
    assert wrong == []
    return found


def test_defaults() -> None:
    assert key({"replication": "a"}) == {
        "alias": "paris",
        "name": "mine",
        "access": {"replication": [{"names": ["a"]}]},
        "expiration": None,
        "renew_before": None,
        "certificate_identity": None,
    }


def test_all_options() -> None:
    options = {"expiration": "90d", "renew_before": "30d", "certificate_identity": "CN=london.*"}
    assert key({**OK, **options, "key_name": "yours"}) == {
        "alias": "paris",
        "name": "yours",
        "access": {"search": [{"names": ["a"]}]},
        **options,
    }


@pytest.mark.parametrize(
    ("given", "entries"),
    [
        ("a", [{"names": ["a"]}]),
        (["a", "b"], [{"names": ["a", "b"]}]),
        ([{"names": "a"}, {"names": ["b"]}], [{"names": ["a"]}, {"names": ["b"]}]),
        ({"names": ["a"], "query": {"match_all": {}}}, [{"names": ["a"], "query": {"match_all": {}}}]),
        (
            ["a", {"names": ["b"], "query": '{"term": {}}'}, "c"],
            [{"names": ["a", "c"]}, {"names": ["b"], "query": '{"term": {}}'}],
        ),
        (
            [{"names": "a", "field_security": {"grant": "x", "except": ["y"]}, "allow_restricted_indices": "true"}],
            [{"names": ["a"], "field_security": {"grant": ["x"], "except": ["y"]}, "allow_restricted_indices": True}],
        ),
        ("/log[s,t]:.*/", [{"names": ["/log[s,t]:.*/"]}]),
    ],
)
def test_access(given: Any, entries: list[dict[str, Any]]) -> None:
    assert key({"search": given})["access"] == {"search": entries}


def test_what_is_followed_may_be_read() -> None:
    follow = {"one": "metrics-*", "two": ["logs", "metrics-*"]}
    # Either may be data streams.
    leaders = [{"names": ["metrics-*", "logs", ".ds-metrics-*", ".ds-logs-*"]}]
    assert key({"follow": follow})["access"] == {"replication": leaders}
    assert key({**OK, "follow": follow})["access"] == {"search": [{"names": ["a"]}], "replication": leaders}
    wide = {"replication": ["*"], "follow": follow}
    assert key(wide)["access"] == {"replication": [{"names": ["*"]}]}
    # Whether a regular expression covers it is left to Elasticsearch.
    assert key({**wide, "replication": ["/.*/"]})["access"] == {"replication": [{"names": ["/.*/"]}]}


def test_the_default_name_may_be_too_long() -> None:
    [wrong] = told(OK, "a" * 257)[1]
    assert wrong.startswith("here.key_name: the default name of the key has more than 256 characters")


@pytest.mark.parametrize(
    ("declaration", "says"),
    [
        # what it may read
        ({}, "it may read nothing"),
        ({"search": []}, "it may read nothing"),
        ({"search": ["a", ""]}, "search: an index pattern is empty"),
        ({"search": [{"names": []}]}, "search[0]: the list of index patterns is empty"),
        ({"search": [{"query": {"a": 1}}]}, "search[0]: an index pattern is empty"),
        ({"search": "a, b"}, "a space or a comma"),
        ({"search": "paris:logs-*"}, "names a cluster"),
        ({"search": [5]}, "put it into quotes"),
        ({"search": ["*", "-secret-*"]}, "here.search: '-secret-*' would exclude nothing"),
        ({"search": [{"names": ["*", "-secret-*"]}]}, "here.search[0]: '-secret-*' would exclude nothing"),
        ({"replication": "<metrics-{now/d}>"}, "here.replication: '<metrics-{now/d}>' is date math"),
        ({"search": [{"names": "b", "field_security": {"grant": []}}]}, "field_security.grant: it is empty"),
        ({"search": [{"name": "a", "names": "b"}]}, "no option name (did you mean names?)"),
        ({"search": [{"names": "b", "query": 5}]}, "query: it is not a query"),
        ({"search": [{"names": "b", "field_security": ["x"]}]}, "field_security: it is not a map"),
        (
            {"search": [{"names": "b", "field_security": {"grant": [1]}}]},
            "grant: it is not a list of fields",
        ),
        ({"search": [{"names": "b", "field_security": {"deny": ["x"]}}]}, "no option deny"),
        ({"search": [{"names": "b", "allow_restricted_indices": 5}]}, "not a boolean"),
        (
            {"search": [{"names": "a", "query": {"a": 1}}], "replication": "b"},
            "query can't be used while repl",
        ),
        ({"replication": [{"names": "a", "query": {"a": 1}}]}, "a leader index is replicated whole"),
        (
            {"replication": [{"names": "a", "field_security": {"grant": ["b"]}}]},
            "field_security can't be used",
        ),
        # the key
        ({**OK, "expiration": "30"}, "expiration: '30' is not a time: the unit is missing"),
        ({**OK, "expiration": "1 month"}, "no unit month"),
        ({**OK, "expiration": "0s"}, "no life time"),
        ({**OK, "expiration": -1}, "no life time"),
        ({**OK, "renew_before": "soon"}, "here.renew_before"),
        (
            {**OK, "expiration": "1d", "renew_before": "24h"},
            "here.renew_before: 24h is not shorter than expiration (1d), every run would replace the key",
        ),
        ({**OK, "certificate_identity": ["a"]}, "certificate_identity: it is not a pattern"),
        ({**OK, "key_name": ""}, "key_name: it is not a name"),
        ({**OK, "key_name": "_a"}, "begins with an underscore"),
        ({**OK, "key_name": "a" * 257}, "more than 256 characters"),
        (
            {"replication": "logs", "follow": {"all": "metrics-*"}},
            "here.replication: it does not let metrics-",
        ),
    ],
)
def test_refused(declaration: dict[str, Any], says: str) -> None:
    wrong = told(declaration)[1]
    assert len(wrong) == 1, wrong
    assert says in wrong[0]
