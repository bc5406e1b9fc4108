# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""elasticsearch.yml, changed where a setting stands and nowhere else. Pure. Private to this collection.

On the controller, because only there PyYAML is sure to be.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import yaml

COMMENT = "# Set by the Ansible collection crosscluster.elasticsearch:"


class YmlError(ValueError):
    """One sentence that says what is wrong and what to do."""


class _Entry(NamedTuple):
    """A key of the file and its value.

    :param parents: the entries around it, outermost first.
    """

    key: Any
    value: Any
    parents: tuple[_Entry, ...]


def read(text: str) -> dict[str, Any]:
    """Flat settings: text, or a list of texts; as they are written, so that ``${HOSTNAME}`` stays what it is."""
    return {name: _plain(found[-1].value) for name, found in _entries(text).items()}


def edit(text: str, settings: dict[str, Any]) -> str:
    """The same file with these settings; everything else stays as it is, comments too.

    :param settings: flat name → text, number, boolean or list; None takes it out.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    for name, value in settings.items():
        found = _entries(text).get(name, [])
        if len(found) > 1:
            raise YmlError("elasticsearch.yml has %s more than once; leave one of them." % name)
        nested = [other for other in _entries(text) if other.startswith(name + ".")]
        if nested and not found and value is not None:
            raise YmlError("elasticsearch.yml has %s, where %s would be a value; take one out." % (nested[0], name))
        if found and (value is None or not same(_plain(found[0].value), value)):
            text = _removed(text, found[0]) if value is None else _replaced(text, found[0], value)
        elif not found and value is not None:
            text = _appended(text, name, value, newline)
    _entries(text)
    return text


def same(have: Any, want: Any) -> bool:
    """Elasticsearch takes a text with commas for a list, and true for "true"."""
    if isinstance(want, list) or isinstance(have, list):
        return _list(have) == _list(want)
    return _scalar(have) == _scalar(want)


def _list(value: Any) -> list[str]:
    if isinstance(value, list):
        return [_scalar(item) for item in value]
    return [item.strip() for item in _scalar(value).split(",") if item.strip()]


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value


def _entries(text: str) -> dict[str, list[_Entry]]:
    """Flat name → where it stands."""
    try:
        for token in yaml.scan(text):
            if isinstance(token, (yaml.AliasToken, yaml.AnchorToken)):
                raise YmlError(
                    "elasticsearch.yml has an anchor or alias (%s) in line %d, which can't be changed safely; write "
                    "the value out." % (token.value, token.start_mark.line + 1)
                )
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = " in line %d" % (mark.line + 1) if mark else ""
        raise YmlError("elasticsearch.yml is no YAML%s; repair it first." % where) from None
    found: dict[str, list[_Entry]] = {}
    if root is not None:
        if not isinstance(root, yaml.MappingNode):
            raise YmlError("elasticsearch.yml does not consist of settings; repair it first.")
        _collect(root, (), found)
    return found


def _collect(mapping: Any, parents: tuple[_Entry, ...], found: dict[str, list[_Entry]]) -> None:
    for key, value in mapping.value:
        entry = _Entry(key, value, parents)
        if isinstance(value, yaml.MappingNode):
            _collect(value, (*parents, entry), found)
        else:
            name = ".".join(str(e.key.value) for e in (*parents, entry))
            found.setdefault(name, []).append(entry)


def _rendered(value: Any) -> str:
    """In one line, as JSON is; plain where that says the same."""
    if isinstance(value, list):
        return "[%s]" % ", ".join(_rendered(item) for item in value)
    text = _scalar(value)
    if not isinstance(value, str):
        return text
    plain = re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./:+-]*", text)
    # It must be read back as text, and not as the number or the time that it looks like.
    return text if plain and yaml.safe_load("[%s]" % text) == [text] else json.dumps(text, ensure_ascii=False)


def _end(node: Any) -> int:
    """Where its last character is: the mark of a block would be where the next one begins."""
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    index: int = node.end_mark.index
    return index


def _replaced(text: str, entry: _Entry, value: Any) -> str:
    begin = entry.key.end_mark.index
    colon = text.index(":", begin) + 1
    end = max(_end(entry.value), colon)
    return "%s %s%s" % (text[:colon], _rendered(value), text[end:])


def _removed(text: str, entry: _Entry) -> str:
    """The lines of a setting, and of what would be left without any."""
    while entry.parents and len(entry.parents[-1].value.value) == 1:
        entry = entry.parents[-1]
    if any(parent.value.flow_style for parent in entry.parents):
        raise YmlError("elasticsearch.yml has %s within braces; write it in a line of its own." % entry.key.value)
    begin = text.rfind("\n", 0, entry.key.start_mark.index) + 1
    end = text.find("\n", max(_end(entry.value), entry.key.end_mark.index))
    return text[:begin] + ("" if end < 0 else text[end + 1 :])


def _appended(text: str, name: str, value: Any, newline: str) -> str:
    if text and not text.endswith("\n"):
        text += newline
    if COMMENT not in text:
        text += COMMENT + newline
    return "%s%s: %s%s" % (text, name, _rendered(value), newline)


def differing(text: str, settings: dict[str, Any]) -> list[str]:
    """The names of the settings that the file has otherwise."""
    have = read(text)
    return sorted(
        name
        for name, value in settings.items()
        if (name in have) != (value is not None) or (value is not None and not same(have[name], value))
    )
