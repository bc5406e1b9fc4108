# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import (
    boolean,
    bytes_,
    same_time,
    string_list,
    time_ms,
    time_nanos,
)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("60s", 60000),
        ("1m", 60000),
        ("1d", 86400000),
        ("36h", 129600000),
        ("500ms", 500),
        ("500micros", 0.5),
        ("1000000nanos", 1),
        (" 30 S ", 30000),
        ("-1", -1),
        (-1, -1),
        ("0", 0),
        (0, 0),
        ("0s", 0),
    ],
)
def test_time(text: Any, ms: float) -> None:
    assert time_ms(text) == ms


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("1.5s", "fractions"),
        ("30", "unit is missing"),
        (30, "unit is missing"),
        ("5 weeks", "no unit weeks"),
        ("5M", "no unit M"),
        ("-5s", "negative"),
        ("", "not a time"),
        ("soon", "not a time"),
        (None, "not a time"),
        (True, "not a time"),
        (["1s"], "not a time"),
    ],
)
def test_no_time(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says) as error:
        time_nanos(value)
    assert "write a whole number and a unit" in str(error.value)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("1mb", 1048576),
        ("1048576b", 1048576),
        ("1M", 1048576),
        ("1.5gb", 1610612736),
        ("2 KB", 2048),
        ("1pb", 1024**5),
        ("-1", -1),
        ("0", 0),
    ],
)
def test_bytes(text: Any, count: int) -> None:
    assert bytes_(text) == count


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("100", "unit is missing"),
        ("1xb", "no unit xb"),
        ("-5mb", "negative"),
        ("x", "not a size"),
        (False, "not a size"),
    ],
)
def test_no_bytes(value: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bytes_(value)


@pytest.mark.parametrize(
    ("value", "truth"), [(True, True), ("true", True), ("True", True), ("false", False), (" False ", False)]
)
def test_boolean(value: Any, truth: bool) -> None:
    assert boolean(value) is truth


@pytest.mark.parametrize("value", ["yes", "", 1, None, []])
def test_no_boolean(value: Any) -> None:
    with pytest.raises(ValueError, match="write true or false"):
        boolean(value)


@pytest.mark.parametrize(
    ("value", "items"),
    [(None, []), ("", []), ("a, b", ["a", "b"]), (["a ", "b"], ["a", "b"]), (("a",), ["a"]), ([], [])],
)
def test_list(value: Any, items: list[str]) -> None:
    assert string_list(value) == items


@pytest.mark.parametrize("value", [1, [1], {"a": "b"}])
def test_no_list(value: Any) -> None:
    with pytest.raises(ValueError, match="not a list of strings"):
        string_list(value)


@pytest.mark.parametrize(
    ("one", "other", "truth"),
    [
        ("60s", "1m", True),
        ("60s", "61s", False),
        (None, "1m", False),
        (None, None, True),
    ],
)
def test_same_time(one: Any, other: Any, truth: bool) -> None:
    assert same_time(one, other) is truth
