# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.tally import (
    AWAITED,
    COPIED,
    FAILED,
    READY,
    Tally,
)


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
