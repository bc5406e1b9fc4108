# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query parameter `filter_path`, which works on every answer. Pure."""

from __future__ import annotations

from typing import Any

from .patterns import matches

GONE = object()


def apply(text: str, answer: Any) -> Any:
    """What is left of an answer; an object where everything is filtered out."""
    paths = [path.strip() for path in text.split(",") if path.strip()]
    excluded = [path[1:].split(".") for path in paths if path.startswith("-")]
    included = [path.split(".") for path in paths if not path.startswith("-")]
    if included:
        answer = keep(included, answer)
    if excluded and answer is not GONE:
        answer = drop(excluded, answer)
    return {} if answer is GONE else answer


def step(paths: list[list[str]], name: str) -> list[list[str]]:
    """What is left of each path behind a field of that name; an empty one has arrived."""
    found = []
    for path in paths:
        if path[0] == "**":
            found.append(path)
            if len(path) == 1:
                found.append([])
            else:
                found += step([path[1:]], name)
        elif matches(path[0], name):
            found.append(path[1:])
    return found


def keep(paths: list[list[str]], value: Any) -> Any:
    if isinstance(value, list):
        items = [item for item in (keep(paths, item) for item in value) if item is not GONE]
        return items or GONE
    if not isinstance(value, dict):
        return GONE
    found = {}
    for name, inner in value.items():
        rest = step(paths, name)
        kept = inner if [] in rest else keep(rest, inner) if rest else GONE
        if kept is not GONE:
            found[name] = kept
    return found or GONE


def drop(paths: list[list[str]], value: Any) -> Any:
    if isinstance(value, list):
        return [drop(paths, item) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        rest = step(paths, name)
        if [] not in rest:
            found[name] = drop(rest, inner) if rest else inner
    return found
