# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as far as elasticsearch.yml has it, without a library: nodes have only Python. Pure. Private to this collection.

Read as Elasticsearch reads it. What is no YAML is passed over, for no node starts with it.
"""

from __future__ import annotations

import re
from typing import Callable, Dict, List, Optional, Tuple, Union

Value = Union[str, bool, List[str]]

_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SKIP = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*(?=[\s,\[\]{}]|$)")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# To the end of a line, a comment, or a colon that separates; within brackets also to what separates there.
_PLAIN = re.compile(r"(?:[^\s:#]|:(?=[^\s])|(?<=[^\s])#|[ \t]+(?=[^\s#])(?!:(?:\s|$)))+")
_PLAIN_FLOW = re.compile(
    r"(?:[^\s:#,\[\]{}]|:(?=[^\s,\[\]{}])|(?<=[^\s,\[\]{}])#|[ \t]+(?=[^\s#,\[\]{}])(?!:(?:[\s,\[\]{}]|$)))+"
)
_BLOCK = re.compile(r"[|>]([-+]?)([1-9]?)([-+]?)[ \t]*(?:#[^\n]*)?(?:\n|$)")
_MARKER = re.compile(r"(?:---|\.\.\.)(?=\s|$)")
_FOLD = re.compile(r"[ \t]*\n[ \t]*((?:\n[ \t]*)*)")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\n[ \t]*|.)|" + _FOLD.pattern, re.DOTALL)
_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b"}
_ESCAPES.update({"N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"})
_NULL = ("", "~", "null", "Null", "NULL")
_BOOLEAN = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def parse(text: str) -> Dict[str, Value]:
    """Flat settings: text, a list of texts, or a boolean where it is one without quotes."""
    reader = _Reader(_BREAK.sub("\n", text[1:] if text.startswith("\ufeff") else text))
    reader.document()
    return reader.found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: Dict[str, Value] = {}

    def document(self) -> None:
        started = False
        while self.skip():
            line_end = (self.text + "\n").index("\n", self.at)
            if self.column() == 0 and _MARKER.match(self.text, self.at):
                if started or self.text.startswith("...", self.at):
                    return
                started, self.at = True, self.at + 3
            elif self.text[self.at] == "%" and not started:
                self.at = line_end
            elif self.text[self.at] == "{":
                self.flow("")
            else:
                begin, started = self.at, True
                self.mapping("", self.column())
                if self.at == begin:
                    self.at = line_end

    # ---- places ---------------------------------------------------------------------------------------------------

    def skip(self) -> bool:
        """To the next content; whether there is any."""
        match = _SKIP.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def column(self) -> int:
        return self.at - self.text.rfind("\n", 0, self.at) - 1

    def take(self, pattern: re.Pattern[str]) -> Optional[re.Match[str]]:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def properties(self) -> bool:
        """Anchors and tags; whether a tag says that a value without quotes is text."""
        tagged, found = False, self.skip() and self.take(_PROPERTY)
        while found:
            tagged = tagged or found.group()[0] == "!"
            found = self.skip() and self.take(_PROPERTY)
        return tagged

    def at_end(self, column: int) -> bool:
        """Whether the block of this column is over."""
        if not self.skip() or self.column() < column:
            return True
        return self.column() == 0 and _MARKER.match(self.text, self.at) is not None

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def mapping(self, prefix: str, column: int) -> None:
        while not self.at_end(column):
            begin = self.at
            key = self.key() if self.column() == column else None
            if key is None:
                self.at = (self.text + "\n").index("\n", begin)
                continue
            self.value(prefix + key, column)

    def key(self) -> Optional[str]:
        """A key and its colon; nothing is taken where there is none."""
        begin = self.at
        explicit = re.compile(r"\?[ \t]+").match(self.text, self.at)
        if explicit:
            self.at = explicit.end()
        self.properties()
        key = self.scalar(_PLAIN, False)
        if explicit:
            self.skip()
        colon = re.compile(r"[ \t]*:(?=\s|$)").match(self.text, self.at)
        if key is None or not colon:
            self.at = begin
            return None
        self.at = colon.end()
        return key[0]

    def value(self, name: str, column: int) -> None:
        begin = self.at
        tagged = self.properties()
        if "\n" not in self.text[begin : self.at]:
            block = self.take(_BLOCK)
            if block:
                self.found[name] = self.block(block, column)
                return
        elif self.sequence_begins() and self.column() >= column:
            self.found[name] = self.sequence(self.column())
            return
        elif self.at_end(column + 1):
            return
        else:
            start = self.at
            if self.key() is not None:
                self.at = start
                self.mapping(name + ".", self.column())
                return
        if self.at < len(self.text) and self.text[self.at] in "[{":
            self.flow(name)
            return
        scalar = self.scalar(_PLAIN, True, column)
        if scalar:
            self.set(name, scalar[0], scalar[1] and not tagged)

    def set(self, name: str, text: str, plain: bool) -> None:
        if plain and text in _NULL:
            return
        self.found[name] = _BOOLEAN.get(text.lower(), text) if plain else text

    def sequence_begins(self) -> bool:
        return re.compile(r"-(?=\s|$)").match(self.text, self.at) is not None

    def sequence(self, column: int) -> List[str]:
        items: List[str] = []
        while not self.at_end(column) and self.column() == column and self.sequence_begins():
            self.at += 1
            begin = self.at
            self.properties()
            if "\n" in self.text[begin : self.at] and self.at_end(column + 1):
                continue
            block = self.take(_BLOCK)
            item: Optional[Tuple[str, bool]] = (self.block(block, column), False) if block else None
            item = item or self.scalar(_PLAIN, True, column)
            if item:
                items.append(item[0])
            else:
                self.at = (self.text + "\n").index("\n", self.at)
        return items

    def block(self, header: re.Match[str], column: int) -> str:
        """The text of a block scalar; its header was taken."""
        chomping, minimum = header.group(1) or header.group(3), max(column + 1, 1)
        lines = self.text[self.at :].split("\n")
        if header.group(2):
            indent = minimum + int(header.group(2)) - 1
        else:
            first = next((line for line in lines if line.strip(" ")), "")
            indent = max(minimum, len(first) - len(first.lstrip(" ")))
        taken = 0
        while taken < len(lines) and (not lines[taken].strip(" ") or lines[taken].startswith(" " * indent)):
            taken += 1
        body = [line[indent:] for line in lines[:taken]]
        self.at += len("\n".join(lines[:taken])) + (1 if taken < len(lines) else 0)
        ended = taken < len(lines) or (bool(body) and not body[-1])
        while body and not body[-1]:
            body.pop()
        blank = taken - len(body) - (1 if ended and taken == len(lines) else 0)
        text = "\n".join(body) if header.group()[0] == "|" else _folded(body)
        if chomping == "-" or (not body and chomping != "+"):
            return text
        # Without a last line break in the file there is none in the text.
        return text + ("\n" if body and ended else "") + ("\n" * blank if chomping == "+" else "")

    # ---- scalars --------------------------------------------------------------------------------------------------

    def scalar(self, pattern: re.Pattern[str], lines: bool, column: Optional[int] = None) -> Optional[Tuple[str, bool]]:
        """Its text, and whether it is without quotes.

        :param lines: whether it may go on in further lines, which are further in than this column.
        """
        for quoted, text in ((_SINGLE, _single), (_DOUBLE, _double)):
            match = self.take(quoted)
            if match:
                return text(match.group(1)), False
        if self.at >= len(self.text) or self.text[self.at] in "'\"|>@`%,]}{[":
            return None
        if self.text[self.at] == "*":
            self.at += 1
            match = self.take(re.compile(r"[^\s,\[\]{}]+"))
            return (match.group(), False) if match else None
        match = self.take(pattern)
        if not match:
            return None
        found = match.group()
        while lines:
            following = re.compile(r"[ \t]*((?:\n[ \t]*)+)(?=[^\s#])").match(self.text, self.at)
            if not following:
                break
            before, self.at = self.at, following.end()
            inside = column is None or not self.at_end(column + 1)
            match = self.take(pattern) if inside else None
            if not match:
                self.at = before
                break
            found += "\n" * (following.group(1).count("\n") - 1) or " "
            found += match.group()
        return found, True

    # ---- brackets and braces --------------------------------------------------------------------------------------

    def flow(self, name: str) -> None:
        """A list, or settings below this name."""
        if self.text[self.at] == "[":
            items: List[str] = []
            self.each("]", lambda: items.append(self.flow_text()))
            self.found[name] = items
        else:
            self.each("}", lambda: self.pair(name + "." if name else ""))

    def each(self, end: str, take: Callable[[], None]) -> None:
        self.at += 1
        while self.skip() and self.text[self.at] != end:
            begin = self.at
            if self.text[self.at] != ",":
                take()
            if self.skip() and (self.text[self.at] == "," or self.at == begin):
                self.at += 1
        self.at += 1

    def flow_text(self) -> str:
        self.properties()
        scalar = self.scalar(_PLAIN_FLOW, True)
        return scalar[0] if scalar else ""

    def pair(self, prefix: str) -> None:
        key = self.flow_text()
        self.skip()
        if not key or not self.text.startswith(":", self.at):
            return
        self.at += 1
        tagged = self.properties()
        if self.text[self.at : self.at + 1] in ("[", "{"):
            self.flow(prefix + key)
            return
        scalar = self.scalar(_PLAIN_FLOW, True)
        if scalar:
            self.set(prefix + key, scalar[0], scalar[1] and not tagged)


def _fold(match: re.Match[str], group: int = 1) -> str:
    return "\n" * (match.group(group) or "").count("\n") or " "


def _single(text: str) -> str:
    return _FOLD.sub(_fold, text.replace("''", "'"))


def _double(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        escaped = match.group(1)
        if escaped is None:
            return _fold(match, 2)
        if escaped[0] == "\n":
            return ""
        if escaped[0] in "xuU" and len(escaped) > 1:
            number = int(escaped[1:], 16)
            return chr(number) if number < 0x110000 else ""
        return _ESCAPES.get(escaped, escaped)

    return _ESCAPE.sub(character, text)


def _folded(lines: List[str]) -> str:
    """Lines of a folded block: those that are further in, and blank ones, keep their breaks."""
    text = ""
    for number, line in enumerate(lines):
        if number:
            before = lines[number - 1]
            if line and before and line[0] not in " \t" and before[0] not in " \t":
                text += " "
            elif not before and line and line[0] not in " \t" and _starts_plain(lines[:number]):
                pass
            else:
                text += "\n"
        text += line
    return text


def _starts_plain(lines: List[str]) -> bool:
    """Whether the last line of these that is not blank is not further in: the first break behind it is folded away."""
    last = next((line for line in reversed(lines) if line), "")
    return bool(last) and last[0] not in " \t"
