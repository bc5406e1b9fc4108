# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of index names that patterns describe: whether two can have a name in common, and which. Pure. Private.

Whether patterns meet can't be seen by comparing their texts (``logs-*`` and ``*-copy`` meet in ``logs-copy``), so the
patterns are run side by side, character by character, as a matcher would.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Deque, Dict, List, Optional, Pattern, Sequence, Set, Tuple

# Elasticsearch's limit, in bytes.
NAME_LENGTH = 255
_FORBIDDEN = '\\/?"<>| ,#:'
# Patterns that would need more are not written by anybody; Elasticsearch itself reports what is missed then.
_STATES = 20000


@dataclass(frozen=True)
class Names:
    """Names that match one of some patterns and none of others; ``*`` stands for any number of characters."""

    any_of: Tuple[str, ...]
    none_of: Tuple[str, ...] = ()

    def __contains__(self, name: object) -> bool:
        return matches(str(name), self.any_of) and not matches(str(name), self.none_of)

    def wrapped(self, prefix: str, suffix: str) -> Names:
        """The same names with something before and after them."""
        return Names(
            tuple(prefix + pattern + suffix for pattern in self.any_of),
            tuple(prefix + pattern + suffix for pattern in self.none_of),
        )


def backing(patterns: Sequence[str]) -> Tuple[str, ...]:
    """What the indices of data streams of these names are called, as privileges go by the names of indices."""
    return tuple(
        ".ds-%s" % (pattern if pattern.endswith("*") else pattern + "-*")
        for pattern in patterns
        # The first one means them anyway, and a regular expression is left to who has written it.
        if pattern != "*" and not pattern.startswith(("/", ".ds-"))
    )


def matches(name: str, patterns: Sequence[str]) -> bool:
    return any(_expression(pattern).fullmatch(name) for pattern in patterns)


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


def common_name(sets: Sequence[Names]) -> Optional[str]:
    """The shortest name that is in each of the sets; None when there is none."""
    sets = _relevant(sets)
    if not all(names.any_of for names in sets):
        return None
    patterns = [_Pattern(text) for names in sets for text in (*names.any_of, *names.none_of)]
    # What stands in no pattern is all the same to them, so that one such character stands for all.
    alphabet = [next(c for c in "x1abcdefghijklmnopqrstuvwyz023456789_" if not any(c in p.text for p in patterns))]
    alphabet += sorted({c for pattern in patterns for c in pattern.text if c != "*"})

    def dead(state: Tuple[int, ...]) -> bool:
        at = 0
        for names in sets:
            if not any(state[at : at + len(names.any_of)]):
                return True
            at += len(names.any_of) + len(names.none_of)
        return False

    def accepted(state: Tuple[int, ...]) -> bool:
        ends = [pattern.ends(positions) for pattern, positions in zip(patterns, state)]
        at = 0
        for names in sets:
            middle = at + len(names.any_of)
            end = middle + len(names.none_of)
            if not any(ends[at:middle]) or any(ends[middle:end]):
                return False
            at = end
        return True

    start = tuple(pattern.start for pattern in patterns)
    seen: Set[Tuple[int, ...]] = {start}
    queue: Deque[Tuple[Tuple[int, ...], str]] = deque([(start, "")])
    while queue and len(seen) < _STATES:
        state, name = queue.popleft()
        for character in alphabet:
            after = tuple(pattern.step(positions, character) for pattern, positions in zip(patterns, state))
            if dead(after):
                continue
            # Also where it is at the start again: the empty name is none.
            if accepted(after):
                return name + character
            if after not in seen:
                seen.add(after)
                queue.append((after, name + character))
    return None


def _relevant(sets: Sequence[Names]) -> List[Names]:
    """Without patterns that match no name of another set, as their beginnings and ends tell; of many, few are left."""

    def meets_all(pattern: str) -> bool:
        return all(any(_may_meet(pattern, other) for other in names.any_of) for names in sets)

    return [Names(tuple(filter(meets_all, n.any_of)), tuple(filter(meets_all, n.none_of))) for n in sets]


def _may_meet(one: str, other: str) -> bool:
    begins, begins_too = one.partition("*")[0], other.partition("*")[0]
    ends, ends_too = one.rpartition("*")[2], other.rpartition("*")[2]
    return (begins.startswith(begins_too) or begins_too.startswith(begins)) and (
        ends.endswith(ends_too) or ends_too.endswith(ends)
    )


class _Pattern:
    """A pattern as a matcher that is at several of its characters at once; a set of them is the bits of a number."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps: Dict[Tuple[int, str], int] = {}
        self.start = self._past_stars(1)

    def ends(self, positions: int) -> bool:
        return bool(positions >> len(self.text) & 1)

    def step(self, positions: int, character: str) -> int:
        key = (positions, character)
        if key not in self._steps:
            after = 0
            for index, expected in enumerate(self.text):
                if positions >> index & 1:
                    if expected == "*":
                        after |= 1 << index
                    elif expected == character:
                        after |= 1 << index + 1
            self._steps[key] = self._past_stars(after)
        return self._steps[key]

    def _past_stars(self, positions: int) -> int:
        """A star may stand for nothing."""
        for index, expected in enumerate(self.text):
            if expected == "*" and positions >> index & 1:
                positions |= 1 << index + 1
        return positions


def faults(name: str, what: str = "an index name") -> List[str]:
    """Why Elasticsearch would not take it; a pattern may have stars besides."""
    found = []
    if name != name.lower():
        found.append("%r has upper case, which %s can't have" % (name, what))
    forbidden = sorted({c for c in name if c in _FORBIDDEN})
    if forbidden:
        found.append("%r has %s, which %s can't have" % (name, " and ".join(map(repr, forbidden)), what))
    if name.startswith(("-", "_", "+")):
        found.append("%r begins with %s, which %s can't" % (name, name[0], what))
    if name in (".", ".."):
        found.append("%r is not %s" % (name, what))
    if len(name.encode("utf-8")) > NAME_LENGTH:
        found.append("%r has more than %s bytes, which Elasticsearch refuses" % (name[:20] + "…", NAME_LENGTH))
    return found


def privilege_fault(pattern: Any) -> Optional[str]:
    """Why a pattern of what may be read would grant nothing, or more than it seems to, without a word of the server.

    Privileges compare names with the pattern and know nothing else of what a search takes. Upper case is left: an
    alias of an index may have it.
    """
    if pattern is None or pattern == "":
        return "an index pattern is empty; write a name or a pattern, as in logs-*"
    if not isinstance(pattern, str):
        return "%r is not an index pattern; put it into quotes" % (pattern,)
    if pattern.startswith("/"):
        return _expression_fault(pattern)
    if pattern.startswith("-"):
        return (
            "%r would exclude nothing, what the other patterns match could be read all the same; name only what may be "
            "read, or leave something out by a regular expression, as in /logs-.*&~(logs-secret-.*)/" % pattern
        )
    if pattern.startswith("<"):
        return "%r is date math, which only a search resolves; write a pattern for all dates, as in logs-*" % pattern
    if pattern == "_all":
        return "'_all' would be the name of one index; write '*' for all of them"
    if "::" in pattern:
        return "%r selects a part of a data stream, which a key can't; write the name without %s" % (
            pattern,
            pattern[pattern.index("::") :],
        )
    if ":" in pattern:
        return "%r names a cluster; write the pattern as the remote cluster itself knows it" % pattern
    if re.search(r"[\s,]", pattern):
        return "%r has a space or a comma; write a list, one pattern an item" % pattern
    forbidden = sorted({c for c in pattern if c in _FORBIDDEN and c != "?"})
    if forbidden:
        return "%r has %s, which no index name has; correct it" % (pattern, " and ".join(forbidden))
    if pattern.startswith(("_", "+")) or pattern in (".", ".."):
        return "%r is the name of no index, which %s; correct it" % (
            pattern,
            "can't begin with " + pattern[0] if pattern[0] != "." else "can't consist of dots alone",
        )
    if len(pattern.encode("utf-8")) > NAME_LENGTH and "*" not in pattern:
        return "%r has more than %s bytes, and no index name is as long; correct it" % (pattern[:20] + "…", NAME_LENGTH)
    return None


def _expression_fault(pattern: str) -> Optional[str]:
    if len(pattern) < 3 or not pattern.endswith("/"):
        return "%r is no regular expression; write it between two slashes, as in /logs-[0-9]+/" % pattern
    return None
