# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateways' log has a line for each request that they have answered. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LINE = re.compile(r"^stand-in (\S+): (\S+) (\S+) (\d+) (\d+) ms from (\d+\.\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Served:
    """A request that was answered.

    :param cluster: whose gateway has answered it.
    :param path: with the query.
    :param began: in seconds of the machine's monotonic clock.
    """

    cluster: str
    method: str
    path: str
    status: int
    seconds: float
    began: float

    def __str__(self) -> str:
        millis = self.seconds * 1000
        return f"stand-in {self.cluster}: {self.method} {self.path} {self.status} {millis:.0f} ms from {self.began:.3f}"


def read(text: str) -> list[Served]:
    """In the order in which they were answered; other lines are errors of the gateways' own."""
    return [
        Served(cluster, method, path, int(status), int(millis) / 1000, float(began))
        for cluster, method, path, status, millis, began in LINE.findall(text)
    ]


def most_at_once(served: list[Served]) -> int:
    """How many of these requests were under way at the same time."""
    # Where one ends as another begins, the end comes first.
    steps = sorted([(s.began, 1) for s in served] + [(s.began + s.seconds, -1) for s in served])
    most = now = 0
    for _when, step in steps:
        now += step
        most = max(most, now)
    return most
