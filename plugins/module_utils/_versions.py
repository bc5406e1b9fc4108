# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of Elasticsearch as numbers, and which of them Elastic supports together. Pure. Private."""

from __future__ import annotations

from typing import Tuple


def numbers(version: str) -> Tuple[int, int, int]:
    """Of versions such as 8.19.3 and 9.0.0-SNAPSHOT."""
    found = [int(n) for n in version.partition("-")[0].split(".")[:3]]
    major, minor, patch = [*found, 0, 0][:3]
    return major, minor, patch


def search_supported(local: tuple[int, int], remote: tuple[int, int]) -> bool:
    """Whether Elastic supports cross-cluster search from one version (major, minor) to another.

    Source: https://www.elastic.co/docs/explore-analyze/cross-cluster-search#ccs-supported-configurations
    """
    if local[0] == remote[0]:
        return remote[1] >= local[1] - 1
    # 8.18 came out together with 9.0, and 8.19 is the last minor version of its major version.
    if local == (8, 18):
        return remote == (9, 0)
    if local in ((7, 17), (8, 19)):
        return remote[0] == local[0] + 1
    return (local, remote) == ((9, 0), (8, 18))
