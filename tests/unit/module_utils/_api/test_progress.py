# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.progress import Progress


class Watched:
    """A progress, its clock and what it has shown."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.shown: list[str] = []
        self.progress = Progress(self.shown.append, lambda: self.now)

    def tell(self, line: str, after: float = 0) -> list[str]:
        """What is shown of a line that comes so many seconds after the one before."""
        self.now += after
        self.shown.clear()
        self.progress.tell(line)
        return list(self.shown)


def test_a_short_run_shows_nothing() -> None:
    watched = Watched()
    assert [watched.tell(f"line {n}", after=1) for n in range(9)] == [[]] * 9


def test_a_line_every_ten_seconds() -> None:
    watched = Watched()
    assert watched.tell("a", after=10) == ["a"]
    assert watched.tell("b", after=2) == []
    assert watched.tell("c", after=7.9) == []
    assert watched.tell("d", after=0.1) == ["d"]


def test_a_line_that_comes_late_does_not_bring_the_next_one_soon() -> None:
    watched = Watched()
    assert watched.tell("a", after=29) == ["a"]
    assert watched.tell("b", after=2) == []


def test_the_same_line_comes_once_a_minute() -> None:
    watched = Watched()
    assert watched.tell("a", after=10) == ["a"]
    assert [watched.tell("a", after=10) for _dummy in range(6)] == [[]] * 5 + [["a"]]
    assert watched.tell("b", after=10) == ["b"]


def test_without_anybody_to_show_it_to() -> None:
    Progress(None, lambda: 0.0).tell("a")
