# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times, bytes, booleans, lists and queries as Elasticsearch writes them, in one canonical form each. Pure. Private.

Source: https://www.elastic.co/docs/reference/elasticsearch/rest-apis/api-conventions (time units, byte size units)
"""

from __future__ import annotations

import json
import re
from typing import Any

_NANOS = {
    "nanos": 1,
    "micros": 1000,
    "ms": 1000 * 1000,
    "s": 1000 * 1000 * 1000,
    "m": 60 * 1000 * 1000 * 1000,
    "h": 3600 * 1000 * 1000 * 1000,
    "d": 86400 * 1000 * 1000 * 1000,
}
_BYTES = {letter: 1024**power for power, letter in enumerate("bkmgtp")}
_BYTES.update({letter + "b": _BYTES[letter] for letter in "kmgtp"})

_QUANTITY = re.compile(r"^(-?[0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)$")
_TIME_FORM = "write a whole number and a unit (nanos, micros, ms, s, m, h, d), as in 30s, or -1"
_BYTES_FORM = "write a number and a unit (b, kb, mb, gb, tb, pb), as in 1mb, or -1"


def time_nanos(value: Any) -> int:
    """``60s`` and ``1m`` → 60000000000; ``-1`` (off, or never) stays -1."""
    number, unit = _split(value, "time", _TIME_FORM)
    if not unit and number in ("-1", "0"):
        return int(number)
    if "." in number:
        raise ValueError(f"{value!r} is not a time: fractions are not supported; {_TIME_FORM}")
    if not unit:
        raise ValueError(f"{value!r} is not a time: the unit is missing; {_TIME_FORM}")
    # A capital M would be months elsewhere, so that Elasticsearch knows only the small one.
    factor = None if unit == "M" else _NANOS.get(unit.lower())
    if factor is None:
        raise ValueError(f"{value!r} is not a time: there is no unit {unit}; {_TIME_FORM}")
    if number.startswith("-"):
        raise ValueError(f"{value!r} is not a time: it is negative; {_TIME_FORM}")
    return int(number) * factor


def time_ms(value: Any) -> int | float:
    """Milliseconds; -1 stays -1, and only what is shorter than a millisecond makes a fraction."""
    nanos = time_nanos(value)
    if nanos == -1:
        return -1
    return nanos // _NANOS["ms"] if nanos % _NANOS["ms"] == 0 else nanos / _NANOS["ms"]


def bytes_(value: Any) -> int:
    """``1mb`` and ``1048576b`` → 1048576; ``-1`` (no limit) stays -1."""
    number, unit = _split(value, "size", _BYTES_FORM)
    if not unit and number in ("-1", "0"):
        return int(number)
    if not unit:
        raise ValueError(f"{value!r} is not a size: the unit is missing; {_BYTES_FORM}")
    factor = _BYTES.get(unit.lower())
    if factor is None:
        raise ValueError(f"{value!r} is not a size: there is no unit {unit}; {_BYTES_FORM}")
    if number.startswith("-"):
        raise ValueError(f"{value!r} is not a size: it is negative; {_BYTES_FORM}")
    return int(float(number) * factor) if "." in number else int(number) * factor


def boolean(value: Any) -> bool:
    """Elasticsearch writes settings as text and takes only ``true`` and ``false``; templates write ``True``."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"{value!r} is not a boolean; write true or false")


def string_list(value: Any) -> list[str]:
    """A list, or text with commas, as list settings are written; nothing is an empty list."""
    if value is None:
        return []
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return [item.strip() for item in value]
    raise ValueError(f"{value!r} is not a list of strings")


def same_time(one: Any, other: Any) -> bool:
    return one == other or (one is not None and other is not None and time_nanos(one) == time_nanos(other))


def query_text(value: Any) -> str:
    """A query as an object or as text → its text, the same for what means the same; what is no JSON stays."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _split(value: Any, kind: str, form: str) -> list[str]:
    # A boolean is an int in Python, and never a time.
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is not a {kind}; {form}")
    match = _QUANTITY.match(str(value).strip())
    if not match:
        raise ValueError(f"{value!r} is not a {kind}; {form}")
    return [match.group(1), match.group(2)]
