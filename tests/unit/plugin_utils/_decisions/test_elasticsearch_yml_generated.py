# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from typing import Any

from generators.elasticsearch_yml import ALIKE, VALUES, files
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import yml
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml import (
    BREAK,
    YmlError,
    differing,
    edit,
    read,
    same,
)

# What people have in one line, and what only stands there by accident.
SCRAPS = st.text(alphabet="ab:.-#[]{}|>'\"&*!%?, \n\n\t\r\ufeff", max_size=24)


def only_comments(text: str) -> list[str]:
    """Lines that are comments wherever they stand; others may be in the text of a block or of a list."""
    return re.findall(r"(?m)^# flush$", "\n".join(BREAK.split(text)))


def judge(text: str, name: str, value: Any) -> None:
    before = read(text)
    try:
        edited = edit(text, {name: value})
    except YmlError as error:
        # Only where it can't be done otherwise than by hand.
        assert re.search(r"so that all else stays|more than once|would be a value", str(error))
        return
    after = read(edited)
    assert (name in after) == (value is not None)
    assert value is None or same(after.pop(name), value)
    assert after == {key: have for key, have in before.items() if key != name}
    assert edit(edited, {name: value}) == edited
    assert differing(edited, {name: value}) == []
    assert edited.startswith("\ufeff") == text.startswith("\ufeff")
    assert only_comments(edited) == only_comments(text)
    if BREAK.search(text):
        assert set(BREAK.findall(edited)) <= set(BREAK.findall(text))


@settings(ALIKE, max_examples=120)
@given(files(), st.data())
def test_the_asked_setting_alone_changes(text: str, data: Any) -> None:
    judge(text, data.draw(st.sampled_from([*sorted(read(text)), "new.name"])), data.draw(VALUES))


@settings(ALIKE, max_examples=500)
@given(SCRAPS, st.sampled_from(["a", "b", "a.b"]), VALUES)
def test_whatever_stands_in_the_file(text: str, name: str, value: Any) -> None:
    try:
        read(text)
    except YmlError:
        return
    judge(text, name, value)


@settings(ALIKE, max_examples=120)
@given(files())
def test_a_node_reads_the_same_without_a_library(text: str) -> None:
    found = yml.parse(text)
    assert {name: str(value).lower() if isinstance(value, bool) else value for name, value in found.items()} == read(
        text
    )


@settings(ALIKE, max_examples=500)
@given(SCRAPS)
def test_a_node_reads_on_whatever_stands_there(text: str) -> None:
    yml.parse(text)
