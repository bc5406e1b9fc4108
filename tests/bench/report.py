# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.measure import Measured


@dataclass
class Cell:
    """Runs of one contestant, one number of aliases and one kind of work."""

    work: str
    count: int
    contestant: str
    runs: list[Measured]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def last(self) -> Measured:
        return self.runs[-1]


@dataclass
class Goal:
    what: str
    measured: str
    met: bool


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = ["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))]
    lines += ["| %s |" % " | ".join(str(value) for value in row) for row in rows]
    return "\n".join(lines)


def cells(found: Sequence[Cell], nodes: bool) -> str:
    """One row a cell; seconds are the median where a cell was run several times."""
    head = ["work", "aliases", "by", "seconds", "API requests", "of them writes", "processes"]
    rows = []
    for cell in found:
        row = [cell.work, cell.count, cell.contestant, "%.1f" % cell.seconds, len(cell.last.requests), cell.last.writes]
        row.append(cell.last.processes)
        if nodes:
            row += [cell.last.node_processes, cell.last.jvms]
        rows.append(row)
    return table(head + (["processes on nodes", "JVMs"] if nodes else []), rows)


def goals(found: Sequence[Goal]) -> str:
    return table(["goal", "measured", "met"], [[g.what, g.measured, "yes" if g.met else "**no**"] for g in found])


def where(measured: Measured, most: int = 8) -> str:
    """The tasks that take longest."""
    slowest = sorted(measured.tasks, key=lambda task: -task[1])[:most]
    rest = sum(seconds for _task, seconds in measured.tasks) - sum(seconds for _task, seconds in slowest)
    before = measured.seconds - sum(seconds for _task, seconds in measured.tasks)
    rows = [[task, "%.2f" % seconds] for task, seconds in slowest]
    rows += [["all other tasks", "%.2f" % rest], ["start of Ansible, inventory, end", "%.2f" % before]]
    return table(["task", "seconds"], rows)
