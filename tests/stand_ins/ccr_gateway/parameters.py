# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ten follow parameters: names in the order in which the server prints them, defaults, rules. Pure."""

from __future__ import annotations

from typing import Any

from . import units
from .body import INTEGER, Kind

INTEGERS = (
    "max_read_request_operation_count",
    "max_write_request_operation_count",
    "max_outstanding_read_requests",
    "max_outstanding_write_requests",
    "max_write_buffer_count",
)
SIZES = ("max_read_request_size", "max_write_request_size", "max_write_buffer_size")
TIMES = ("max_retry_delay", "read_poll_timeout")
DEFAULTS: dict[str, Any] = {
    "max_read_request_operation_count": 5120,
    "max_write_request_operation_count": 5120,
    "max_outstanding_read_requests": 12,
    "max_outstanding_write_requests": 9,
    "max_read_request_size": "32mb",
    "max_write_request_size": "9223372036854775807b",
    "max_write_buffer_count": 2147483647,
    "max_write_buffer_size": "512mb",
    "max_retry_delay": "500ms",
    "read_poll_timeout": "1m",
}
# The order in which the server looks at them.
CHECKED = (
    "max_read_request_operation_count",
    "max_read_request_size",
    "max_outstanding_read_requests",
    "max_write_request_operation_count",
    "max_write_request_size",
    "max_outstanding_write_requests",
    "max_write_buffer_count",
    "max_write_buffer_size",
)
LONGEST_RETRY_DELAY = "5m"

KINDS: dict[str, Kind] = {
    **dict.fromkeys(INTEGERS, INTEGER),
    **{name: Kind(("VALUE_STRING",), units.size) for name in SIZES},
    **{name: Kind(("VALUE_STRING",), units.time) for name in TIMES},
}


def problems(given: dict[str, Any]) -> list[str]:
    """What the server finds wrong, in its order; values are those that the kinds have made."""
    found = []
    for name in CHECKED:
        value = given.get(name)
        if value is not None and (value.bytes if isinstance(value, units.Size) else value) <= 0:
            found.append(f"{name} must be larger than 0")
    delay = given.get("max_retry_delay")
    if delay:
        if delay.millis <= 0:
            found.append(f"[max_retry_delay] must be positive but was [{delay.text}]")
        if delay.millis > units.time("", LONGEST_RETRY_DELAY).millis:
            found.append(f"[max_retry_delay] must be less than [{LONGEST_RETRY_DELAY}] but was [{delay.text}]")
    return found


def shown(given: dict[str, Any]) -> dict[str, Any]:
    """Those that were given, as they are printed."""
    found = {name: given[name] for name in DEFAULTS if given.get(name) is not None}
    return {name: value.text if isinstance(value, (units.Size, units.Time)) else value for name, value in found.items()}


def effective(given: dict[str, Any]) -> dict[str, Any]:
    """As tasks hold them: all ten."""
    return {**DEFAULTS, **given}
