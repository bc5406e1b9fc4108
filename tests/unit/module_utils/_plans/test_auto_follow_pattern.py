# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.auto_follow_pattern import (
    Pattern,
    covers,
    errors_of,
    flat,
    follows_itself,
    meet,
    overlaps,
    parse,
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("logs-*", "logs-*", True),
        ("logs-*", "metrics-*", False),
        ("logs-*", "*-prod", True),
        ("*", "a", True),
        ("*", "*", True),
        ("", "*", True),
        ("", "a", False),
        ("a*c", "ab*", True),
        ("a*c", "b*", False),
        ("a*b*c", "axbyc", True),
        ("a*b*c", "axcyb", False),
        ("*a", "*b", False),
        ("a", "a", True),
    ],
)
def test_meet(one: str, other: str, expected: bool) -> None:
    assert [meet(*globs) for globs in ((one, other), (other, one))] == [expected, expected]


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [("*", "a*", True), ("a*", "ab*", True), ("ab*", "a*", False), ("*-copy", "logs-*-copy", True), ("a", "a", True)],
)
def test_covers(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def pattern(*globs: str, **changed: Any) -> Pattern:
    options: dict[str, Any] = {"name": "p", "remote_cluster": "paris", **changed}
    return Pattern(leader_index_patterns=list(globs), **options)


def test_overlaps() -> None:
    others = {
        "p": pattern("logs-*"),
        "q": pattern("logs-a*", name="q", active=False),
        "r": pattern("logs-*", name="r", remote_cluster="rome"),
        "s": pattern("logs-*", "x-*", name="s"),
    }
    assert overlaps(others["p"], others) == {"q": ["logs-* and logs-a*"], "s": ["logs-*"]}
    excluding = pattern("logs-*", leader_index_exclusion_patterns=["logs-a*"])
    assert list(overlaps(excluding, others)) == ["s"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (pattern("logs-*"), True),
        (pattern("logs-*", follow_index_pattern="{{leader_index}}-copy"), True),
        (pattern("logs-*", follow_index_pattern="copy-{{leader_index}}"), False),
        (pattern("*", follow_index_pattern="copy-{{leader_index}}"), True),
        (
            pattern("*", follow_index_pattern="{{leader_index}}-copy", leader_index_exclusion_patterns=["*-copy"]),
            False,
        ),
        (
            pattern("a-*", "b-*", follow_index_pattern="b-{{leader_index}}"),
            True,
        ),
    ],
)
def test_follows_itself(made: Pattern, expected: bool) -> None:
    assert follows_itself(made) is expected


def test_flat() -> None:
    assert flat({"index": {"a": 1, "b": {"c": True}}, "index.d": ["x", "y"]}) == {
        "index.a": "1",
        "index.b.c": "true",
        "index.d": "x,y",
    }


def test_parse() -> None:
    stored = {
        "active": False,
        "remote_cluster": "paris",
        "leader_index_patterns": ["logs-*"],
        "leader_index_exclusion_patterns": [],
        "follow_index_pattern": "{{leader_index}}-copy",
        "settings": {"index": {"number_of_replicas": "0"}},
        "max_read_request_size": "1024kb",
    }
    found = parse({"patterns": [{"name": "p", "pattern": stored}]})
    assert found == {
        "p": pattern(
            "logs-*",
            active=False,
            follow_index_pattern="{{leader_index}}-copy",
            settings={"index.number_of_replicas": "0"},
            parameters={"max_read_request_size": "1024kb"},
        )
    }
    assert parse({}) == {}


def test_errors_of() -> None:
    caused = {
        "type": "exception",
        "reason": "java.lang.RuntimeException",
        "caused_by": {"type": "x", "reason": "no route"},
    }
    listed = [
        {"leader_index": "p", "timestamp": 1, "auto_follow_exception": caused},
        {"leader_index": "p2", "timestamp": 2, "auto_follow_exception": {}},
        {"leader_index": "p:logs-1", "timestamp": 3, "auto_follow_exception": {"type": "t", "reason": "r"}},
    ]
    assert errors_of({"auto_follow_stats": {"recent_auto_follow_errors": listed}}, "p") == [
        {"leader_index": None, "timestamp": 1, "error": "exception: java.lang.RuntimeException (no route)"},
        {"leader_index": "logs-1", "timestamp": 3, "error": "t: r"},
    ]
    assert errors_of(None, "p") is None
    assert errors_of({}, "p") == []
