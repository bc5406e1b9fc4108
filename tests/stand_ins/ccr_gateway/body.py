# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request's JSON object with the place of every field, because the server's complaints name it. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from .errors import Refusal, illegal_argument
from .units import FRACTION, WHOLE, number_format

Converter = Callable[[str, Any], Any]


@dataclass(frozen=True)
class Kind:
    """What a field may hold, by Jackson's names of tokens, and how it is read."""

    tokens: tuple[str, ...]
    convert: Converter = lambda _name, value: value


@dataclass(frozen=True)
class Place:
    line: int
    column: int

    def __str__(self) -> str:
        return f"[{self.line}:{self.column}]"


def place(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def complaint(reason: str, cause: Refusal | None = None) -> Refusal:
    return Refusal(400, "x_content_parse_exception", reason, cause)


def token(value: Any) -> str:
    if value is None:
        return "VALUE_NULL"
    if isinstance(value, bool):
        return "VALUE_BOOLEAN"
    if isinstance(value, (int, float)):
        return "VALUE_NUMBER"
    if isinstance(value, str):
        return "VALUE_STRING"
    return "START_ARRAY" if isinstance(value, list) else "START_OBJECT"


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("Duplicate field")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=unique)


def fields(text: str, parser: str) -> Iterator[tuple[str, Any, Place, Place]]:
    """Name and value of each field, and where they stand."""
    end = len(text)

    def skip(offset: int) -> int:
        while offset < end and text[offset] in " \t\r\n":
            offset += 1
        return offset

    at = skip(0)
    if at < end and text[at] != "{":
        value, _end = DECODER.raw_decode(text, at)
        raise complaint(f"{place(text, at)} [{parser}] Expected START_OBJECT but was: {token(value)}")
    seen: set[str] = set()
    at = skip(at + 1)
    while at < end and text[at] != "}":
        if text[at] == "," and seen:
            at = skip(at + 1)
        named = at
        if text[at : at + 1] != '"':
            raise ValueError("a field name was expected", at)
        name, at = scanstring(text, at + 1)
        at = skip(at)
        if text[at : at + 1] != ":":
            raise ValueError("a colon was expected", at)
        valued = skip(at + 1)
        if name in seen:
            raise ValueError(f"Duplicate field '{name}'", named + len(name) + 2)
        value, at = DECODER.raw_decode(text, valued)
        at = skip(at)
        seen.add(name)
        yield name, value, place(text, named), place(text, valued)
    if at >= end:
        raise EOFError


def parse(text: str, parser: str, kinds: dict[str, Kind]) -> dict[str, Any]:
    """The fields as their kinds read them; the first one that is wrong is the error."""
    found: dict[str, Any] = {}
    try:
        for name, value, named, valued in fields(text, parser):
            if name not in kinds:
                raise complaint(f"{named} [{parser}] unknown field [{name}]")
            kind = kinds[name]
            if token(value) not in kind.tokens:
                raise complaint(f"{valued} [{parser}] {name} doesn't support values of type: {token(value)}")
            try:
                found[name] = kind.convert(name, value)
            except Refusal as error:
                raise complaint(f"{valued} [{parser}] failed to parse field [{name}]", error) from None
    except (EOFError, IndexError):
        raise Refusal(400, "x_content_e_o_f_exception", f"{place(text, len(text))} Unexpected end of file") from None
    except ValueError as error:
        reason, offset = (*error.args, 0)[:2] if not isinstance(error, json.JSONDecodeError) else (error.msg, error.pos)
        raise complaint(f"{place(text, int(offset))} {reason}") from None
    return found


def integer(_name: str, value: Any) -> int:
    """Text is read as a number, and a fraction is cut off."""
    if isinstance(value, str):
        if not value or not (WHOLE.fullmatch(value) or FRACTION.fullmatch(value)):
            raise number_format(value)
        number = int(float(value)) if not WHOLE.fullmatch(value) else int(value)
        if not -(2**31) <= number < 2**31:
            raise illegal_argument(f"Value [{value}] is out of range for an integer")
        return number
    if not -(2**31) <= value < 2**31:
        raise complaint(f"Numeric value ({value}) out of range of int (-2147483648 - 2147483647)")
    return int(value)


def string_list(_name: str, value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [plain(item) for item in value]


def plain(value: Any) -> str:
    """A value as settings hold it."""
    return value if isinstance(value, str) else json.dumps(value)


TEXT = Kind(("VALUE_STRING",))
INTEGER = Kind(("VALUE_NUMBER", "VALUE_STRING"), integer)
STRINGS = Kind(("START_ARRAY", "VALUE_STRING"), string_list)
OBJECT = Kind(("START_OBJECT",))
