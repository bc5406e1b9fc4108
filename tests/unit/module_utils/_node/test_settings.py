# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import settings

VARIABLES = {"HOSTNAME": "lon-1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("node.name: lon-1", {"node.name": "lon-1"}),
        (
            "node:\n  name: lon-1\n  attr:\n    zone: a\ncluster.name: x",
            {"node.name": "lon-1", "node.attr.zone": "a", "cluster.name": "x"},
        ),
        ("xpack.security:\n  transport.ssl:\n    enabled: true", {"xpack.security.transport.ssl.enabled": True}),
        ("a: 'quo: ted # no'  # comment\n# b: 1\nc: d#e", {"a": "quo: ted # no", "c": "d#e"}),
        ("node.roles: [ master, 'data' ]", {"node.roles": ["master", "data"]}),
        ("node.roles: []", {"node.roles": []}),
        ("node.roles: [ master,\n  data ]\nx: y", {"node.roles": ["master", "data"], "x": "y"}),
        ("node.roles:\n- master\n- data\nx: y", {"node.roles": ["master", "data"], "x": "y"}),
        ("node:\n  roles:\n    - master\n  name: a", {"node.roles": ["master"], "node.name": "a"}),
        ("seeds:\n  - par-1:9300\n  - '[::1]:9300'", {"seeds": ["par-1:9300", "[::1]:9300"]}),
        (
            "node.name: ${HOSTNAME}\nx: ${GONE:fallback}\ny: ${GONE}",
            {"node.name": "lon-1", "x": "fallback", "y": "${GONE}"},
        ),
        ("a: {b: c, d: true}", {"a.b": "c", "a.d": True}),
        ('---\n"quoted.key": v\r\nnot yaml at all\n...\n', {"quoted.key": "v"}),
        ("cluster.remote.a.proxy_address: par-1:9443", {"cluster.remote.a.proxy_address": "par-1:9443"}),
        ("path.data: /a,/b", {"path.data": "/a,/b"}),
        ("- stray\n- items", {}),
        ("a: {b: {c: d, e: [f, g]},\n  h: 'i, j'}\nk: l", {"a.b.c": "d", "a.b.e": ["f", "g"], "a.h": "i, j", "k": "l"}),
        ("{a.b: c,\n d: {e: f}}", {"a.b": "c", "d.e": "f"}),
        ("a: b{c\nd: e[f\ng: h", {"a": "b{c", "d": "e[f", "g": "h"}),
        ("a.b: >-\n  certs/x.key\nc: |\n  d\n  e: f\ng: h", {"a.b": "certs/x.key", "c": "d\ne: f\n", "g": "h"}),
        ("a:\n  b:\n    certs/x.key\nc: d", {"a.b": "certs/x.key", "c": "d"}),
        (
            "node.name: lon-1\nkey: certs/${node.name}.key\nlist: ['${HOSTNAME}.crt', true]",
            {"node.name": "lon-1", "key": "certs/lon-1.key", "list": ["lon-1.crt", "true"]},
        ),
        ("\ufeffa: b", {"a": "b"}),
        ("a: b\t# c\nd: e\t", {"a": "b", "d": "e"}),
        ("{a: b, c: {d: [e, f]},\n  g: h} # i", {"a": "b", "c.d": ["e", "f"], "g": "h"}),
        ("a: {b: {c: d}, e: f}\ng: h", {"a.b.c": "d", "a.e": "f", "g": "h"}),
        ("a: |\n  b: c\n  # d\ne: f", {"a": "b: c\n# d\n", "e": "f"}),
        ("a: >-\n  certs/\n  b.crt\n\n\nc: d", {"a": "certs/ b.crt", "c": "d"}),
        ("a: >-\n  b\n\n  c\n   d\n  e\n", {"a": "b\nc\n d\ne"}),
        ("a: |+2\n    b\n\nc: d", {"a": "  b\n\n", "c": "d"}),
        ("a: 'b: c\n\n  it''s'\nd: e", {"a": "b: c\nit's", "d": "e"}),
        ('a: "b\\\n  c\\u00e9\n  \\"d"\ne: f', {"a": 'bc\xe9 "d', "e": "f"}),
        ("a: b\n  c\nd: e", {"a": "b c", "d": "e"}),
        ("a:\n  b\nc:\n  - d\n  -\n    e", {"a": "b", "c": ["d", "e"]}),
        ("a: &x b\nc: *x\nd: !!str e\n&y f: g", {"a": "b", "c": "x", "d": "e", "f": "g"}),
        ("a: &x\n  b: c", {"a.b": "c"}),
        (" a: b\n c: d", {"a": "b", "c": "d"}),
        ("a: b\n...\nc: d", {"a": "b"}),
        ("%YAML 1.1\n--- # a\nb: c", {"b": "c"}),
        ("? a\n: b\nc : d", {"a": "b", "c": "d"}),
        ("a: b\rc: d\x85e: f", {"a": "b", "c": "d", "e": "f"}),
        ("a: yes\nb: 'yes'\nc: Off\nd: y", {"a": True, "b": "yes", "c": False, "d": "y"}),
        ("a: !!str yes\nb: {c: !x true}", {"a": "yes", "b.c": "true"}),
        ("a: [true, yes]", {"a": ["true", "yes"]}),
        ("a:\nb: ~\nc: {}\nd: ''", {"d": ""}),
        ("a: http://b#c", {"a": "http://b#c"}),
        ("a.b: c\na:\n  b: d", {"a.b": "d"}),
        ('a: "unclosed\nb: c', {"b": "c"}),
        ("a: certs/${b.c}.key\nb.c: d", {"a": "certs/d.key", "b.c": "d"}),
    ],
)
def test_parse(text: str, expected: dict[str, Any]) -> None:
    assert settings.parse(text, VARIABLES) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("a, b", ["a", "b"]), (["a", "b"], ["a", "b"]), ("", []), ([], []), (True, ["True"])]
)
def test_as_list(value: Any, expected: list[str]) -> None:
    assert settings.as_list(value) == expected


def test_only_what_matters_is_shown_and_no_secret() -> None:
    shown = [
        "cluster.remote.paris.seeds",
        "node.roles",
        "remote_cluster_server.enabled",
        "xpack.security.remote_cluster_client.ssl.certificate_authorities",
        "xpack.security.transport.ssl.key",
    ]
    hidden = [
        "action.destructive_requires_name",
        "cluster.remote.paris.credentials",
        "xpack.security.transport.ssl.keystore.password",
        "xpack.security.transport.ssl.key_passphrase",
        "xpack.security.transport.ssl.truststore.secure_password",
    ]
    assert list(settings.shown(dict.fromkeys(hidden + shown, "x"))) == shown
