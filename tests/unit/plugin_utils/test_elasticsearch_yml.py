# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._elasticsearch_yml import (
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
    assert edit("a:\nb: c\n", {"a": "x"}) == "a: x\nb: c\n"
    assert edit("a: {b: c}\n", {"a.b": "d"}) == "a: {b: d}\n"


@pytest.mark.parametrize(
    ("text", "settings", "error"),
    [
        pytest.param("a: [", {"a": "b"}, "is no YAML in line", id="no YAML"),
        pytest.param("- a\n", {"a": "b"}, "does not consist of settings", id="a list"),
        pytest.param("a.b: c\na:\n  b: d\n", {"a.b": "c"}, "has a.b more than once", id="twice"),
        pytest.param("a: &x b\nc: *x\n", {"a": "c"}, "anchor or alias .x. in line 1", id="anchor"),
        pytest.param("a.b: c\n", {"a": "d"}, "has a.b, where a would be a value", id="a value for a level"),
        pytest.param("a: {b: c, d: e}\n", {"a.b": None}, "has b within braces", id="out of braces"),
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
