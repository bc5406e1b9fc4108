# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._progress import (
    AWAITED,
    COPIED,
    FAILED,
    READY,
    Progress,
    Tally,
)


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


def test_where_each_is() -> None:
    tally = Tally([f"m-{n}" for n in range(1, 201)], "followers", "follow")
    assert tally.line() == "0 of 200 followers follow, 200 are to come"
    for n in range(1, 121):
        tally.put(f"m-{n}", READY)
    for n in range(121, 131):
        tally.put(f"m-{n}", COPIED)
    tally.put("m-131", AWAITED)
    for n in range(132, 135):
        tally.put(f"m-{n}", FAILED)
    assert tally.line() == (
        "120 of 200 followers follow, 10 are still copied (m-121, m-122, m-123, ...), 1 does not follow yet (m-131), "
        "3 have failed (m-132, m-133, m-134), 66 are to come"
    )


def test_one_of_each() -> None:
    tally = Tally(["a", "b", "c"])
    tally.put("a", COPIED)
    tally.put("b", FAILED)
    tally.put("unknown", READY)
    assert tally.line() == "0 of 3 are done, 1 is still copied (a), 1 has failed (b), 1 is to come"
    for name in "abc":
        tally.put(name, READY)
    assert tally.line() == "3 of 3 are done"
