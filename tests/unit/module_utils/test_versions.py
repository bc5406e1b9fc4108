# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import numbers, search_supported


@pytest.mark.parametrize(
    ("version", "found"),
    [("8.19.3", (8, 19, 3)), ("9.0.0-SNAPSHOT", (9, 0, 0)), ("9.10", (9, 10, 0)), ("0", (0, 0, 0))],
)
def test_numbers(version: str, found: tuple[int, int, int]) -> None:
    assert numbers(version) == found


@pytest.mark.parametrize(
    ("local", "remotes"),
    [
        # Elastic's table for cross-cluster search, row by row
        ((8, 14), "8.13 8.14 8.15 8.16 8.17 8.18 8.19"),
        ((8, 15), "8.14 8.15 8.16 8.17 8.18 8.19"),
        ((8, 16), "8.15 8.16 8.17 8.18 8.19"),
        ((8, 17), "8.16 8.17 8.18 8.19"),
        ((8, 18), "8.17 8.18 8.19 9.0"),
        ((8, 19), "8.18 8.19 9.0 9.1 9.2 9.3"),
        ((9, 0), "8.18 9.0 9.1 9.2 9.3"),
        ((9, 1), "9.0 9.1 9.2 9.3"),
        ((9, 2), "9.1 9.2 9.3"),
        ((9, 3), "9.2 9.3"),
    ],
)
def test_search_supported(local: tuple[int, int], remotes: str) -> None:
    versions = [(8, minor) for minor in range(13, 20)] + [(9, minor) for minor in range(4)]
    assert " ".join("%d.%d" % v for v in versions if search_supported(local, v)) == remotes
