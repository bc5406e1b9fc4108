# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From evidence to cause and remedy by the first row of a table that fits. Pure. Private to this collection."""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple, Sequence

_ERROR_LENGTH = 400


class Row(NamedTuple):
    """One cause. ``seen`` says in words what ``when`` tests; summary and remedy are one sentence each."""

    id: str
    status: str
    seen: str
    when: Callable[[Any], bool]
    summary: str
    remedy: str


class Evidence:
    """What is known, under names that make a table readable; what nobody asked for is absent, not false."""

    def __init__(self, given: dict[str, Any], error: Any) -> None:
        self.given = given
        self.error = one_line(error)

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.error, re.IGNORECASE) is not None

    def fields(self) -> dict[str, Any]:
        """What the sentences of a row may name."""
        raise NotImplementedError


def verdict(rows: Sequence[Row], found: Evidence) -> dict[str, str]:
    """Status, cause, summary and remedy; cause and remedy are empty when all is well. The last row fits always."""
    row = next(row for row in rows if row.when(found))
    fields = found.fields()
    return {
        "status": row.status,
        "cause": row.id if row.remedy else "",
        "summary": row.summary.format(**fields),
        "remedy": row.remedy.format(**fields),
    }


def one_line(text: Any) -> str:
    line = " ".join(str(text or "").split()).rstrip(".")
    return line if len(line) <= _ERROR_LENGTH else line[:_ERROR_LENGTH] + "…"
