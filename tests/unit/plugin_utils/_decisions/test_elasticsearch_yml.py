# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml import (
    COMMENT,
    YmlError,
    differing,
    edit,
    read,
)

FILE = """\
# A comment
cluster.name: london   # of ours

node.name: ${HOSTNAME}
discovery.seed_hosts:
  - lon-1
  # the other one
  - lon-2

xpack:
  security:
    enabled: true
    remote_cluster_server:
      ssl.key: old.key # to be renewed
      ssl:
        certificate: old.crt
path.data: "/var/lib/elastic search"
#http.port: 9200
"""
KEY = "xpack.security.remote_cluster_server.ssl.key"
CERTIFICATE = "xpack.security.remote_cluster_server.ssl.certificate"


def test_read() -> None:
    assert read(FILE) == {
        "cluster.name": "london",
        "node.name": "${HOSTNAME}",
        "discovery.seed_hosts": ["lon-1", "lon-2"],
        "xpack.security.enabled": "true",
        KEY: "old.key",
        CERTIFICATE: "old.crt",
        "path.data": "/var/lib/elastic search",
    }


@pytest.mark.parametrize(
    ("settings", "before", "after"),
    [
        pytest.param({"cluster.name": "paris"}, "london   # of", "paris   # of", id="flat"),
        pytest.param({KEY: "new.key"}, "old.key #", "new.key #", id="nested and flat at once"),
        pytest.param({CERTIFICATE: "new.crt"}, "old.crt", "new.crt", id="nested"),
        pytest.param({"path.data": "/data"}, '"/var/lib/elastic search"', "/data", id="quoted"),
        pytest.param(
            {"discovery.seed_hosts": ["lon-3"]},
            "discovery.seed_hosts:\n  - lon-1\n  # the other one\n  - lon-2\n",
            "discovery.seed_hosts: [lon-3]\n",
            id="a list",
        ),
        pytest.param({CERTIFICATE: None}, "      ssl:\n        certificate: old.crt\n", "", id="out, with its parent"),
        pytest.param({"cluster.name": None}, "cluster.name: london   # of ours\n", "", id="out"),
        pytest.param({"xpack.security.enabled": True}, "", "", id="the same"),
        pytest.param({"discovery.seed_hosts": "lon-1, lon-2"}, "", "", id="the same list"),
        pytest.param({"no.such": None}, "", "", id="out already"),
    ],
)
def test_edit_in_place(settings: dict[str, Any], before: str, after: str) -> None:
    edited = edit(FILE, settings)
    assert edited == FILE.replace(before, after)
    assert edit(edited, settings) == edited
    assert differing(edited, settings) == []


@pytest.mark.parametrize("text", ["", "a: b\n", "a: b", "# only a comment\n", "---\na: b\n", "a: b\r\n"])
@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(True, "true", id="boolean"),
        pytest.param("true", '"true"', id="text like a boolean"),
        pytest.param(9443, "9443", id="number"),
        pytest.param("9443", '"9443"', id="text like a number"),
        pytest.param(["certs/a.crt", "certs/b.crt"], "[certs/a.crt, certs/b.crt]", id="list"),
        pytest.param([], "[]", id="empty list"),
        pytest.param("${HOSTNAME}", '"${HOSTNAME}"', id="variable"),
        pytest.param("a: b # c", '"a: b # c"', id="text with syntax"),
        pytest.param("10:20", '"10:20"', id="a base 60 number"),
        pytest.param("", '""', id="empty"),
    ],
)
def test_append(text: str, value: Any, written: str) -> None:
    newline = "\r\n" if "\r" in text else "\n"
    start = text if not text or text.endswith("\n") else text + "\n"
    edited = edit(text, {"x.y": value, "x.z": value})
    assert edited == f"{start}{COMMENT}{newline}x.y: {written}{newline}x.z: {written}{newline}"
    assert edit(edited, {"x.y": value}) == edited
    assert differing(text, {"x.y": value}) == ["x.y"]


def test_from_empty_and_from_a_block() -> None:
    assert edit("# a: b\n", {"a": "x"}) == f"# a: b\n{COMMENT}\na: x\n"
    assert edit("a: {b: c}\n", {"a.b": "d"}) == "a: {b: d}\n"
    assert edit("{a: b, c: d}\n", {"a": "x"}) == "{a: x, c: d}\n"


@pytest.mark.parametrize(
    ("text", "settings", "edited"),
    [
        pytest.param("a: |\n  x\n  y\nb: c\n", {"a": None}, "b: c\n", id="a block out"),
        pytest.param("a: |\n  x\n  y\nb: c\n", {"a": "z"}, "a: z\nb: c\n", id="a block"),
        pytest.param("a: >-\n  x\n\n# c\nb: c\n", {"a": None}, "\n# c\nb: c\n", id="a folded block out"),
        pytest.param("a: | # c\n  x\nb: c\n", {"a": "z"}, "a: z # c\nb: c\n", id="a block with a comment"),
        pytest.param("a: # c\n  - x # d\nb: c\n", {"a": ["z"]}, "a: [z] # c # d\nb: c\n", id="a list with a comment"),
        pytest.param("a: 'x\n\n  y'\nb: c\n", {"a": None}, "b: c\n", id="quotes over lines out"),
        pytest.param("a: x\n  y\nb: c\n", {"a": "z"}, "a: z\nb: c\n", id="a plain value over lines"),
        pytest.param("a:    x\nb: c\n", {"a": "z"}, "a:    z\nb: c\n", id="in a column"),
        pytest.param("a: b\t# c\n", {"a": "z"}, "a: z # c\n", id="a tab before a comment"),
        pytest.param("a: b\t# c\n", {"a": ""}, 'a: "" # c\n', id="quotes after a tab"),
        pytest.param("a: b\n...\n# c\n", {"x": 1}, f"a: b\n{COMMENT}\nx: 1\n...\n# c\n", id="the end of the document"),
        pytest.param(" a: b\n c: d\n", {"x": 1}, f" a: b\n c: d\n {COMMENT}\n x: 1\n", id="all moved in"),
        pytest.param("\ufeffa: b\nc: d\n", {"a": None}, "\ufeffc: d\n", id="byte order mark"),
        pytest.param("\ufeff", {"x": 1}, f"\ufeff{COMMENT}\nx: 1\n", id="byte order mark alone"),
        pytest.param("a: b\rc: d\re: f\r", {"c": None}, "a: b\re: f\r", id="carriage returns"),
        pytest.param("a: b\r", {"x": 1}, f"a: b\r{COMMENT}\rx: 1\r", id="added after a carriage return"),
        pytest.param("a: b\x85c: d\x85", {"a": None}, "c: d\x85", id="next lines"),
        pytest.param("a: &x b\nc: *x\n", {"a": "z"}, "a: z\nc: *x\n", id="an anchor"),
        pytest.param("a: !!str b\n", {"a": "z"}, "a: z\n", id="a tag"),
        pytest.param("a: yes\n", {"a": True}, "a: yes\n", id="another word for true"),
        pytest.param("a: b\n", {"x: y": "z"}, f'a: b\n{COMMENT}\n"x: y": z\n', id="a name with syntax"),
        pytest.param("a: b\n", {"a": "\u2028\U0001f600"}, 'a: "\\L\\U0001F600"\n', id="escaped"),
        pytest.param("a: {b: c, d: e}\n", {"a.b": None}, "a: {d: e}\n", id="out of braces"),
        pytest.param("a: {b: c, d: e}\n", {"a.d": None}, "a: {b: c}\n", id="the last one out of braces"),
        pytest.param("a: {b: {c: d}}\ne: f\n", {"a.b.c": None}, "e: f\n", id="the only one out of braces"),
        pytest.param("{b: c, d: e}\n", {"b": None}, "{d: e}\n", id="out of the outermost braces"),
        pytest.param("{b: c}\n", {"b": None}, "{}\n", id="the only one out of the outermost braces"),
        pytest.param("# c\n{b: c}\n", {"a": "b"}, "# c\n{b: c, a: b}\n", id="into braces"),
        pytest.param("{}\n", {"a": ["b", "c: d"]}, '{a: [b, "c: d"]}\n', id="into empty braces"),
        pytest.param("{\n  a: b, # c\n}\n", {"x": 1}, "{\n  a: b,\n  x: 1, # c\n}\n", id="into braces over lines"),
        pytest.param("{\n  a: b,\n  c: d\n}\n", {"a": None}, "{\n  c: d\n}\n", id="out of braces over lines"),
        pytest.param("{\n  a: b,\n  # c\n  d: e\n}\n", {"a": None}, "{\n  \n  # c\n  d: e\n}\n", id="a comment stays"),
        pytest.param(
            "a: b\nc:\n  # d\n  e: # f\n\n    g: h\n", {"c.e.g": None}, "a: b\n  # d\n\n", id="with its levels"
        ),
    ],
)
def test_the_style_of_the_file_stays(text: str, settings: dict[str, Any], edited: str) -> None:
    assert edit(text, settings) == edited
    assert edit(edited, settings) == edited


@pytest.mark.parametrize(
    ("text", "settings", "error"),
    [
        pytest.param("a: [", {"a": "b"}, "is no YAML in line", id="no YAML"),
        pytest.param("- a\n", {"a": "b"}, "does not consist of settings", id="a list"),
        pytest.param("a.b: c\na:\n  b: d\n", {"a.b": "c"}, "has a.b more than once", id="twice"),
        pytest.param("a.b: c\n", {"a": "d"}, "has a.b, where a would be a value", id="a value for a level"),
        pytest.param("a:\nb: c\n", {"b": "d"}, "has a without a value .line 1.", id="no value"),
        pytest.param("a: [x, ~]\n", {"b": "d"}, "has a without a value .line 1.", id="a list with nothing"),
        pytest.param("a: [x, y: z]\n", {"b": "d"}, "has a without a value .line 1.", id="a list with settings"),
        pytest.param("a: b\nc: d\na: b\n", {"c": "e"}, r"has a more than once .lines 1 and 3.", id="twice another"),
        pytest.param(
            "a:\n  b: c\na:\n  d: e\n", {"x": "e"}, "has a more than once .lines 1 and 3.", id="a level twice"
        ),
        pytest.param("a: b\n---\nc: d\n", {"x": "e"}, "has a second document from line 2 on", id="two documents"),
        pytest.param("---\n# c\n", {"x": "e"}, "does not consist of settings", id="a document without a setting"),
        pytest.param("...\n", {"x": "e"}, "does not consist of settings", id="the end of a document alone"),
        pytest.param("a:\n\tb: c\n", {"x": "e"}, "is no YAML in line 2", id="a tab as indentation"),
        pytest.param("a: b\x07\n", {"x": "e"}, "is no YAML;", id="a control character"),
        pytest.param('a: "\\UFFFFFFFF"\n', {"x": "e"}, "is no YAML;", id="an escape for no character"),
        pytest.param("a: b\n", {"x": {"y": 1}}, "^x has settings below it", id="a dictionary"),
        pytest.param("a: {}\n", {"a": "x"}, "a can't be added at line 1 so that all", id="an empty level"),
        pytest.param(
            "a: |\n  b", {"x": "e"}, "x can't be added at line 2 so that all else", id="a block without an end"
        ),
        pytest.param("---\na: b\n", {"a": None}, "a can't be taken out at line 2 so that", id="the last one"),
        pytest.param(
            "a: |\n  b\nc: d\n    # e\n",
            {"c": None},
            "c can't be taken out at line 3 so that",
            id="a comment that joins a block",
        ),
    ],
)
def test_refused(text: str, settings: dict[str, Any], error: str) -> None:
    with pytest.raises(YmlError, match=error):
        edit(text, settings)


VALUES = [True, 7, "plain", "a: b", "", "${HOME}/x", ["a", "b c"], [], None]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("name", [*read(FILE), "new.one"])
def test_round_trip(name: str, value: Any, newline: str) -> None:
    text = FILE.replace("\n", newline)
    edited = edit(text, {name: value})
    # What was asked for is there, and nothing else has another value.
    assert differing(edited, {name: value}) == []
    assert {k: v for k, v in read(edited).items() if k != name} == {k: v for k, v in read(text).items() if k != name}
    assert edit(edited, {name: value}) == edited
    # No line is another one than before, but that of the setting, and our comment above a new one.
    lines = difflib.ndiff(text.splitlines(keepends=True), edited.splitlines(keepends=True))
    assert len([line for line in lines if line.startswith("+ ")]) <= 2
    assert newline == "\n" or "\n" not in edited.replace("\r\n", "")
