# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes and times as Elasticsearch reads and prints them: in the unit that was sent. Pure.

What is compared elsewhere by value is kept here as it was typed; only fractions of sizes become bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import Refusal, illegal_argument

LONG = 2**63 - 1
SIZES = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4, "pb": 1024**5}
# In nanoseconds.
TIMES = {
    "nanos": 1,
    "micros": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}
WHOLE = re.compile(r"[+-]?\d+")
FRACTION = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class Size:
    text: str
    bytes: int


@dataclass(frozen=True)
class Time:
    text: str
    nanos: int

    @property
    def millis(self) -> int:
        return self.nanos // TIMES["ms"] if self.nanos >= 0 else -1


def number_format(text: str) -> Refusal:
    return Refusal(400, "number_format_exception", f'For input string: "{text}"' if text else "empty String")


def parse_exception(reason: str, cause: Refusal | None = None) -> Refusal:
    return Refusal(400, "parse_exception", reason, cause)


def size(setting: str, value: str) -> Size:
    here = f"failed to parse setting [{setting}] with value [{value}]"
    text = value.lower().strip()
    if text in ("-1", "0"):
        return Size(text, int(text))
    match = re.fullmatch(r"(.*?)(b|[kmgtp]b?)", text, re.DOTALL)
    if not match:
        raise parse_exception(f"{here} as a size in bytes: unit is missing or unrecognized")
    number, unit = match[1].strip(), match[2] if match[2].endswith("b") else match[2] + "b"
    if WHOLE.fullmatch(number):
        count = int(number)
        if count < -1 or (count == -1 and unit != "b"):
            reason = f"Values less than -1 bytes are not supported: {count}{unit}"
            raise parse_exception(f"{here} as a size in bytes", illegal_argument(reason))
        if count * SIZES[unit] > LONG:
            reason = f"Values greater than {LONG} bytes are not supported: {count}{unit}"
            raise parse_exception(here, illegal_argument(reason))
        return Size(f"{count}{unit}" if count > 0 else str(count), count * SIZES[unit])
    if FRACTION.fullmatch(number):
        count = int(float(number) * SIZES[unit])
        return Size(f"{count}b" if count > 0 else str(count), count)
    raise parse_exception(here, number_format(number))


def time(setting: str, value: str) -> Time:
    here = f"failed to parse setting [{setting}] with value [{value}] as a time value"
    text = value.lower().strip()
    if re.fullmatch("-0*1", text):
        return Time("-1", -1)
    if re.fullmatch("0+", text):
        return Time("0ms", 0)
    # A capital M would be months elsewhere, so that only the small one is known.
    match = re.fullmatch(r"(.*?)(nanos|micros|ms|s|m|h|d)", text, re.DOTALL)
    if not match or (match[2] == "m" and not value.endswith("m")):
        raise illegal_argument(f"{here}: unit is missing or unrecognized")
    number, unit = match[1].strip(), match[2]
    if not WHOLE.fullmatch(number):
        if FRACTION.fullmatch(number):
            reason = f"failed to parse [{value}], fractional time values are not supported"
            raise illegal_argument(reason, number_format(number))
        raise illegal_argument(f"failed to parse [{value}]", number_format(number))
    count = int(number)
    if count == -1:
        return Time("-1", -1)
    if count < 0:
        raise illegal_argument(f"{here}: negative durations are not supported")
    return Time(f"{count}{unit}", count * TIMES[unit])


def human_size(count: int) -> str:
    """As `?human` prints it."""
    unit = next((name for name in ("pb", "tb", "gb", "mb", "kb") if count >= SIZES[name]), "b")
    return f"{count}b" if unit == "b" else f"{one_decimal(count, SIZES[unit])}{unit}"


def human_time(millis: int) -> str:
    if millis < 0:
        return str(millis)
    nanos = millis * TIMES["ms"]
    unit = next((name for name in ("d", "h", "m", "s", "ms") if nanos >= TIMES[name]), None)
    return f"{one_decimal(nanos, TIMES[unit])}{unit}" if unit else "0s"


def one_decimal(value: int, factor: int) -> str:
    """Cut, not rounded; a nought behind the point is left out."""
    tenths = value * 10 // factor
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"
