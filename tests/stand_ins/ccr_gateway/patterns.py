# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of indices: which an auto-follow pattern means, and what their followers are called. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import illegal_argument

TEMPLATE = "{{leader_index}}"
BACKING = re.compile(r"\.ds-(.+)-(\d{4}\.\d{2}\.\d{2}-\d{6,})")


def matches(pattern: str, name: str) -> bool:
    """A star stands for any text, also none; nothing else is special."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name, re.DOTALL) is not None


def matches_any(patterns: Iterable[str], name: str) -> bool:
    return any(matches(pattern, name) for pattern in patterns)


def means(patterns: list[str], exclusions: list[str], index: str, data_stream: str | None) -> bool:
    """An index is meant by its own name, or by that of its data stream; each is excluded on its own."""
    names = [index, *([data_stream] if data_stream else [])]
    return any(matches_any(patterns, name) and not matches_any(exclusions, name) for name in names)


def data_stream_of(index: str) -> str | None:
    """By its name: servers of a test may lack data streams themselves."""
    match = BACKING.fullmatch(index)
    return match[1] if match else None


def follower_name(template: str | None, leader: str, data_stream: str | None) -> str:
    """The name of a backing index is changed inside, where its data stream's name stands."""
    if template is None:
        return leader
    if data_stream is None:
        return template.replace(TEMPLATE, leader)
    match = BACKING.fullmatch(leader)
    if not match:
        raise illegal_argument(
            f"unable to determine follower index name from leader index name [{leader}] and follow index pattern: "
            f"[{template}], index name does not follow the regular data stream backing pattern: "
            "<data-stream-name>-<timestamp>-<counter>"
        )
    return f".ds-{template.replace(TEMPLATE, match[1])}-{match[2]}"
