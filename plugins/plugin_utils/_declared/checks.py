# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that several parts of a declaration need; a report takes where and what is wrong. Pure. Private."""

from __future__ import annotations

import difflib
from typing import Any, Callable, Iterable, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_nanos

Report = Callable[[str, str], None]


def nearest(word: Any, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(word), list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def known_keys(where: str, value: dict[str, Any], known: Sequence[str], report: Report) -> None:
    for key in value:
        if key not in known:
            report(
                where,
                "there is no option {}{}".format(key, nearest(key, known) or "; known are {}".format(", ".join(known))),
            )


def time(where: str, value: Any, report: Report) -> str | None:
    try:
        time_nanos(value)
    except ValueError as error:
        report(where, str(error))
        return None
    return str(value)
