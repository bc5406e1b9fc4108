# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where each of many is, in one line. Pure. Private to this collection."""

from __future__ import annotations

from typing import List, Sequence

# How many names a line has of each kind.
_SHOWN = 3

# Where one of many is.
TO_COME = "are to come"
COPIED = "are still copied"
AWAITED = "do not follow yet"
READY = "are done"
FAILED = "have failed"
_OF_ONE = {TO_COME: "is to come", COPIED: "is still copied", AWAITED: "does not follow yet", FAILED: "has failed"}


class Tally:
    """Where each of many is.

    :param what: they are called that; ``ready`` is what they are or do in the end.
    """

    def __init__(self, names: Sequence[str], what: str = "", ready: str = READY) -> None:
        # No name is added later, while another thread counts.
        self._places = dict.fromkeys(names, TO_COME)
        self._what = what
        self._ready = ready

    def __len__(self) -> int:
        return len(self._places)

    def put(self, name: str, place: str) -> None:
        if name in self._places:
            self._places[name] = place

    def line(self) -> str:
        ready = sum(place == READY for place in self._places.values())
        parts = [" ".join(part for part in ("%d of %d" % (ready, len(self)), self._what, self._ready) if part)]
        for place in (COPIED, AWAITED, FAILED, TO_COME):
            names = [name for name, at in self._places.items() if at == place]
            if names:
                of = place if len(names) > 1 else _OF_ONE[place]
                parts.append("%d %s%s" % (len(names), of, "" if place == TO_COME else " (%s)" % _some(names)))
        return ", ".join(parts)


def _some(names: List[str]) -> str:
    return ", ".join(names[:_SHOWN] + ["..."] * (len(names) > _SHOWN))
