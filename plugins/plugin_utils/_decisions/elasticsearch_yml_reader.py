# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""elasticsearch.yml, as Elasticsearch reads it, and where in the text each setting stands. Pure; private.

What Elasticsearch would not start with is an error here too. Where its YAML library and PyYAML differ, its own counts:
an alias is the name of its anchor, ``yes`` is true, and a tab may stand behind a value.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import yaml

NULL, BOOLEAN, TEXT = ("tag:yaml.org,2002:%s" % kind for kind in ("null", "bool", "str"))


class YmlError(ValueError):
    """One sentence that says what is wrong and what to do."""


class Entry(NamedTuple):
    """A key of the file and its value.

    :param parents: the entries around it, outermost first.
    """

    key: Any
    value: Any
    parents: tuple[Entry, ...]


class File(NamedTuple):
    """
    :param root: the mapping that all settings are in; None where there is none.
    :param end: where the document ends, before a ``...``.
    :param entries: flat name → where it stands; of several the last one counts.
    """

    root: Any
    end: int
    entries: dict[str, list[Entry]]

    def settings(self) -> dict[str, str | list[str]]:
        return {name: plain(found[-1].value) for name, found in self.entries.items()}


class _Loader(yaml.SafeLoader):
    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:
        length = 0
        while self.peek(length) in " \t":
            length += 1
        written, at = self.prefix(length), self.pointer
        within = self.peek(length) not in "\r\n\x85\u2028\u2029"
        self.buffer = self.buffer[:at] + " " * length + self.buffer[at + length :]
        chunks = super().scan_plain_spaces(indent, start_mark)
        return [written] if within and chunks else chunks

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()
            return yaml.ScalarNode(TEXT, event.anchor, event.start_mark, event.end_mark, style="*")
        self.anchors = {}
        return super().compose_node(parent, index)


@functools.lru_cache(maxsize=32)
def parse(text: str) -> File:
    try:
        root, end = _document(_Loader(text))
    except YmlError:
        raise
    # The other one of an escape that stands for no character.
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = " in line %d" % line(mark) if mark else ""
        raise YmlError("elasticsearch.yml is no YAML%s; repair it first." % where) from None
    entries: dict[str, list[Entry]] = {}
    if root is not None:
        if not isinstance(root, yaml.MappingNode):
            raise YmlError("elasticsearch.yml does not consist of settings; repair it first.")
        _collect(root, (), entries)
    return File(root, len(text) if end is None else end, entries)


def _document(loader: Any) -> tuple[Any, int | None]:
    loader.get_event()
    if loader.check_token(yaml.DocumentEndToken):
        raise YmlError("elasticsearch.yml does not consist of settings; repair it first.")
    if loader.check_event(yaml.StreamEndEvent):
        return None, None
    loader.get_event()
    root = loader.compose_node(None, None)
    end = loader.get_event()
    if not loader.check_event(yaml.StreamEndEvent):
        raise YmlError(
            "elasticsearch.yml has a second document from line %d on, with which Elasticsearch does not start; put all "
            "settings into one." % line(loader.peek_event().start_mark)
        )
    return root, end.start_mark.index if end.explicit else None


def _collect(mapping: Any, parents: tuple[Entry, ...], entries: dict[str, list[Entry]]) -> None:
    seen: dict[str, int] = {}
    for key, value in mapping.value:
        if not isinstance(key, yaml.ScalarNode):
            raise YmlError(
                "elasticsearch.yml has no name of a setting in line %d; repair it first." % line(key.start_mark)
            )
        entry = Entry(key, value, parents)
        name = ".".join(e.key.value for e in (*parents, entry))
        if key.value in seen:
            raise YmlError(
                "elasticsearch.yml has %s more than once (lines %d and %d), with which Elasticsearch does not start; "
                "leave one of them." % (name, seen[key.value], line(key.start_mark))
            )
        seen[key.value] = line(key.start_mark)
        if isinstance(value, yaml.MappingNode):
            _collect(value, (*parents, entry), entries)
            continue
        for item in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            if not isinstance(item, yaml.ScalarNode) or item.tag == NULL:
                raise YmlError(
                    "elasticsearch.yml has %s without a value (line %d), with which Elasticsearch does not start; give "
                    "it one or take it out." % (name, line(item.start_mark))
                )
        entries.setdefault(name, []).append(entry)


def plain(node: Any) -> Any:
    """Text, or a list of texts; as they are written, so that ``${HOSTNAME}`` stays what it is."""
    if isinstance(node, yaml.SequenceNode):
        return [item.value for item in node.value]
    if node.tag == BOOLEAN:
        return str(node.value.lower() in ("true", "yes", "on")).lower()
    return node.value


def line(mark: Any) -> int:
    number: int = mark.line + 1
    return number
