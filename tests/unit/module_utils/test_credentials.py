# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._credentials import alias_of, credential_id

NAME = "cluster.remote.paris.credentials"
SECRET = "ui2lp2axTNmsyakw9tvNnw"
CREDENTIAL = base64.b64encode(f"VuaCfGcBCdbkQm-e5aOx:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (CREDENTIAL, "VuaCfGcBCdbkQm-e5aOx"),
        (base64.b64encode(b"id:with:colons").decode(), "id"),
        (base64.b64encode(b":secret").decode(), None),
        (base64.b64encode(b"id:").decode(), None),
        (base64.b64encode(b"no colon").decode(), None),
        (base64.b64encode(b"an id:secret").decode(), None),
        (base64.b64encode(b"\xff\xfe:x").decode(), None),
        ("id:secret", None),
        ("é", None),
        ("", None),
        ("%%%", None),
    ],
)
def test_credential_id(value: str, expected: str | None) -> None:
    assert credential_id(value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (NAME, "paris"),
        ("cluster.remote.a.b.credentials", None),
        ("cluster.remote.credentials", None),
        ("cluster.remote.paris.credentials.x", None),
        ("bootstrap.password", None),
    ],
)
def test_alias_of(name: str, expected: str | None) -> None:
    assert alias_of(name) == expected
