# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _index_names
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import (
    Names,
    backing,
    common_name,
    faults,
    matches,
    privilege_fault,
)


@pytest.mark.parametrize(
    ("sets", "name"),
    [
        ([("a", ())], "a"),
        ([("a", ()), ("b", ())], None),
        ([("logs-*", ()), ("*-copy", ())], "logs-copy"),
        ([("logs-*", ()), ("metrics-*", ())], None),
        ([("logs-*", ("*-copy",)), ("*-copy", ())], None),
        ([("logs-*", ("logs-*",))], None),
        ([("*", ())], "x"),
        ([("*", (".*",)), (".*", ())], None),
        ([("a*b*c", ()), ("*bc", ()), ("ab*", ())], "abc"),
        ([("a+b*", ()), ("*.c", ())], "a+b.c"),
        ([("logs-*", ("logs-a*", "logs-b*")), ("logs-ab*", ())], None),
    ],
)
def test_common_name(sets: list[tuple[str, tuple[str, ...]]], name: str | None) -> None:
    assert common_name([Names((pattern,), excluded) for pattern, excluded in sets]) == name


def test_common_name_agrees_with_trying_all() -> None:
    """Every pair of small sets, against every short name."""
    words = ["".join(word) for length in (1, 2, 3) for word in itertools.product("abx", repeat=length)]
    patterns = ["a", "*", "a*", "*b", "a*b", "*a*", "ab", "b*a"]
    for one, other, excluded in itertools.product(patterns, patterns, patterns):
        sets = [Names((one,)), Names((other, "bb"), (excluded,))]
        tried = next((w for w in words if all(w in names for names in sets)), None)
        found = common_name(sets)
        assert (found is None) == (tried is None), sets
        if found is not None and tried is not None:
            assert len(found) == len(tried)
            assert all(found in names for names in sets)


def test_of_many_patterns_only_those_that_may_meet_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster with 50 rules compares each with all others."""
    run: list[str] = []

    class Pattern(_index_names._Pattern):
        def __init__(self, text: str) -> None:
            run.append(text)
            super().__init__(text)

    monkeypatch.setattr(_index_names, "_Pattern", Pattern)
    many = [f"{kind}-*-{end}" for kind in ("logs", "metrics") for end in ("a", "b", "c")]
    for one, other in itertools.combinations(many, 2):
        assert common_name([Names((one,)), Names((other,))]) is None
    assert run == []
    # What is excluded elsewhere excludes nothing here.
    assert common_name([Names(("logs-*-a",)), Names(("*",), tuple(many))]) is None
    assert run == ["logs-*-a", "*", "logs-*-a"]


def test_wrapped() -> None:
    wrapped = Names(("logs-*",), ("logs-old*",)).wrapped("copy-", "-x")
    assert "copy-logs-1-x" in wrapped
    assert "copy-logs-old-x" not in wrapped


def test_matches_takes_nothing_but_the_star_for_special() -> None:
    assert matches("a.b", ["a.*"])
    assert not matches("axb", ["a.b"])


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("logs-1", None),
        (".logs", None),
        ("Logs", "upper case"),
        ("a,b", "','"),
        ("a b", "' '"),
        ("paris:a", "':'"),
        ("_a", "begins with _"),
        ("-a", "begins with -"),
        ("..", "is not an index name"),
        ("ä" * 128, "more than 255 bytes"),
    ],
)
def test_faults(name: str, says: str | None) -> None:
    assert (says is None) == (faults(name) == [])
    assert says is None or says in faults(name)[0]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("logs-1", None),
        ("logs-*", None),
        ("*", None),
        ("log?-*", None),
        (".ds-logs*", None),
        ("/logs-[0-9]+/", None),
        ("/logs-.*&~(logs-secret-.*)/", None),
        # An alias may have it.
        ("Logs-*", None),
        ("", "an index pattern is empty"),
        (None, "an index pattern is empty"),
        (7, "put it into quotes"),
        ("-secret-*", "would exclude nothing"),
        ("<logs-{now/d}>", "date math"),
        ("_all", "write '*'"),
        ("logs-*::failures", "write the name without ::failures"),
        ("paris:logs-*", "names a cluster"),
        ("a,b", "a space or a comma"),
        ("a b", "a space or a comma"),
        (" ", "a space or a comma"),
        ("a/b", "has /"),
        ("a\\*", "has \\,"),
        ("a#b|c", "has # and |"),
        ("_a", "can't begin with _"),
        ("+a", "can't begin with +"),
        (".", "dots alone"),
        ("..", "dots alone"),
        ("a" * 256, "more than 255 bytes"),
        ("/logs-.*", "no regular expression"),
        ("//", "no regular expression"),
        ("/", "no regular expression"),
    ],
)
def test_what_privileges_do_not_understand(pattern: object, says: str | None) -> None:
    fault = privilege_fault(pattern)
    assert (says is None) == (fault is None), fault
    assert says is None or says in str(fault)


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["logs-*"], (".ds-logs-*",)),
        (["logs"], (".ds-logs-*",)),
        (["*-metrics"], (".ds-*-metrics-*",)),
        (["*", "/l.*/", ".ds-logs-*"], ()),
    ],
)
def test_backing_indices(patterns: list[str], found: tuple[str, ...]) -> None:
    assert backing(patterns) == found
