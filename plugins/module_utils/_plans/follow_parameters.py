# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ten parameters of a follower and of an auto-follow pattern, compared by value. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-ccr-follow
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import bytes_, time_nanos

# What the server fills in when it resumes; the largest numbers mean that there is no limit.
DEFAULTS: Dict[str, Any] = {
    "max_read_request_operation_count": 5120,
    "max_outstanding_read_requests": 12,
    "max_read_request_size": "32mb",
    "max_write_request_operation_count": 5120,
    "max_write_request_size": "9223372036854775807b",
    "max_outstanding_write_requests": 9,
    "max_write_buffer_count": 2147483647,
    "max_write_buffer_size": "512mb",
    "max_retry_delay": "500ms",
    "read_poll_timeout": "1m",
}
_LONGEST_RETRY_DELAY = time_nanos("5m")


def _unit(name: str) -> Callable[[Any], int]:
    """How a parameter is read, so that what means the same is equal."""
    if name.endswith("_size"):
        return bytes_
    return time_nanos if name in ("max_retry_delay", "read_poll_timeout") else _count


def _count(value: Any) -> int:
    # The server cuts a fraction off without a word, and a boolean is an int in Python.
    if isinstance(value, bool) or not re.match(r"-?[0-9]+\Z", str(value)):
        raise ValueError("%s is not a whole number" % (value,))
    return int(value)


def given(option: Optional[Dict[str, Any]], where: str = "parameters") -> Dict[str, Any]:
    """The parameters that have a value; refuses what the server would refuse.

    :param where: the option's name, for the error.
    """
    found = {name: value for name, value in (option or {}).items() if value is not None}
    for name, value in found.items():
        if name not in DEFAULTS:
            raise Refusal("%s: there is no parameter %s; choose from %s" % (where, name, ", ".join(DEFAULTS)))
        try:
            number = _unit(name)(value)
        except (TypeError, ValueError) as e:
            raise Refusal("%s.%s: %s" % (where, name, e)) from None
        if name != "read_poll_timeout" and number <= 0:
            raise Refusal("%s.%s: %s is not larger than 0; give a larger value" % (where, name, value))
        if name == "max_retry_delay" and number > _LONGEST_RETRY_DELAY:
            raise Refusal("%s.%s: %s is more than 5m, the most that is allowed" % (where, name, value))
    return found


def differing(have: Dict[str, Any], wanted: Dict[str, Any]) -> List[str]:
    """Names of the parameters that are wanted and have another value."""
    return [name for name in wanted if name not in have or not _same(name, have[name], wanted[name])]


def merged(have: Dict[str, Any], wanted: Dict[str, Any]) -> Dict[str, Any]:
    """What is, overlaid with what is wanted; what means the same keeps the server's spelling."""
    changed = differing(have, wanted)
    return {**have, **{name: wanted[name] for name in changed}}


def whole(wanted: Dict[str, Any]) -> Dict[str, Any]:
    """All ten, as the server fills them in."""
    return {**DEFAULTS, **wanted}


def _same(name: str, one: Any, other: Any) -> bool:
    unit = _unit(name)
    return unit(one) == unit(other)
