# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._cluster_nodes import find_node

NODES = [
    {"name": "lon-1", "id": "A", "ip": "10.0.0.1", "host": "10.0.0.1", "http_address": "10.0.0.1:9200"},
    {"name": "lon-2", "id": "B", "ip": "10.0.0.2", "http_address": "lon-2/10.0.0.2:9200"},
    {"name": "lon-3", "id": "C", "http_address": "[2001:db8::3]:9200"},
]


@pytest.mark.parametrize(
    ("asked", "configured", "hostname", "addresses", "expected"),
    [
        ("lon-2", "lon-1", "lon-1", ["10.0.0.1"], ("lon-2", "node_name", False)),
        ("lon-9", "lon-1", "lon-1", ["10.0.0.1"], None),
        (None, "lon-1", "x", ["10.0.0.1"], ("lon-1", "node.name", True)),
        (None, "lon-1", "x", ["192.168.0.1"], ("lon-1", "node.name", False)),
        (None, None, "lon-2", [], ("lon-2", "hostname", False)),
        (None, "unknown", "x", ["10.0.0.2", "127.0.0.1"], ("lon-2", "address", True)),
        (None, None, "x", ["2001:db8::3"], ("lon-3", "address", True)),
        (None, None, "x", ["10.0.0.1", "10.0.0.2"], None),
        (None, None, "x", [], None),
    ],
)
def test_find_node(
    asked: str | None, configured: str | None, hostname: str, addresses: list[str], expected: tuple[Any, ...] | None
) -> None:
    found = find_node(NODES, asked, configured, hostname, addresses)
    assert (found and (found["name"], found["found_by"], found["address_is_local"])) == expected
