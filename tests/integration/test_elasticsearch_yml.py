# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""elasticsearch.yml as Elasticsearch's own classes read it, before and after edits."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from generators.elasticsearch_yml import ALIKE, VALUES, files
from hypothesis import given, settings
from hypothesis import strategies as st
from labs import VERSION

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml import (
    YmlError,
    edit,
    read,
    same,
)
from kit import distribution, jdk

CLASSES = Path(__file__).parent / "classes" / "YmlSettings.java"
# What the generated files do not have, because Elasticsearch takes little of it.
ODD = [
    "",
    "\ufeff",
    "---\n",
    "...\n",
    "a: b\n---\n",
    "a: b\n---\nc: d\n",
    "a: b\n...\nc: d\n",
    "a:\n",
    "a: ~\n",
    "a: nULL\n",
    "a: [b, ~]\n",
    "a: [b: c]\n",
    "a:\n- [b]\n",
    "a: b\na: b\n",
    "a.b: c\na:\n  b: d\n",
    "a:\n  b: c\na:\n  d: e\n",
    "a: {b}\n",
    "{a:b}\n",
    "<<: {a: b}\n",
    "a: [True, yes, 1_000]\nb: [y]\nc: FALSE\nd: 1_000\ne: y\nf: off\n",
    "a:\tb\n",
    "a: b\tc\t# d\n",
    "a:\n\tb: c\n",
    "a: b\n\t# c\n",
    "a: b\x85c: d\n",
    "a: b\u2028c: d\n",
    "a: b\x0bc\n",
    "a: ${b: c}\n",
    "a: |x\n  b\n",
    "a: b\n c: d\n",
    "- a\n",
    "a\n",
]


class Elasticsearch:
    """A Java virtual machine with the classes of the version that is tested."""

    def __init__(self) -> None:
        version, kit, _remark = jdk.choose(VERSION, jdk.find())
        home = distribution.prepare(version, kit)
        command = [str(kit.home / "bin/java"), "-XX:TieredStopAtLevel=1", "-cp", f"{home}/lib/*", str(CLASSES)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, text: str) -> dict[str, Any] | None:
        """The settings of this file; None where no node would start with it."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(base64.b64encode(text.encode()).decode() + "\n")
        self.process.stdin.flush()
        found: dict[str, Any] | None = json.loads(self.process.stdout.readline()).get("settings")
        return found


@pytest.fixture(scope="module")
def elasticsearch() -> Iterator[Elasticsearch]:
    made = Elasticsearch()
    yield made
    made.process.communicate()
    assert made.process.returncode == 0


def ours(text: str) -> dict[str, Any] | None:
    try:
        return read(text)
    except YmlError:
        return None


def test_odd_files(elasticsearch: Elasticsearch) -> None:
    assert {text: ours(text) for text in ODD} == {text: elasticsearch(text) for text in ODD}


@settings(ALIKE, max_examples=150)
@given(text=files(), data=st.data())
def test_an_edit_changes_one_setting(elasticsearch: Elasticsearch, text: str, data: Any) -> None:
    before = elasticsearch(text)
    assert before is not None
    assert ours(text) == before
    name, value = data.draw(st.sampled_from([*sorted(before), "new.name"])), data.draw(VALUES)
    try:
        after = elasticsearch(edit(text, {name: value}))
    except YmlError:
        return
    assert after is not None
    assert (name in after) == (value is not None)
    assert value is None or same(after.pop(name), value)
    before.pop(name, None)
    assert after == before
