# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""elasticsearch.yml, changed where a setting stands and nowhere else. Pure. Private to this collection.

On the controller, because only there PyYAML is sure to be.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml_reader import (
    Entry,
    YmlError,
    line,
    parse,
    plain,
)

COMMENT = "# Set by the Ansible collection crosscluster.elasticsearch:"
BOM = "\ufeff"
# What ends a line in YAML 1.1.
BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")


def read(text: str) -> dict[str, Any]:
    """Flat settings: text, or a list of texts; as they are written, so that ``${HOSTNAME}`` stays what it is."""
    return parse(text).settings()


def edit(text: str, settings: dict[str, Any]) -> str:
    """The same file with these settings; everything else stays as it is, comments too.

    :param settings: flat name → text, number, boolean or list; None takes it out.
    """
    original = text
    for name, value in settings.items():
        edited = _edited(text, name, value)
        if not _only(text, edited, name, value):
            found = parse(original).entries.get(name)
            at = line(found[0].key.start_mark) if found else len(BREAK.findall(original.rstrip())) + 1
            raise YmlError(
                "elasticsearch.yml: %s can't be %s at line %d so that all else stays as Elasticsearch reads it; do "
                "this by hand, and write each setting into lines of its own."
                % (name, "taken out" if value is None else "changed" if found else "added", at)
            )
        text = edited
    return text


def _edited(text: str, name: str, value: Any) -> str:
    entries = parse(text).entries
    found = entries.get(name, [])
    if isinstance(value, dict):
        raise YmlError("%s has settings below it where it should have a value; write each with its whole name." % name)
    if len(found) > 1:
        raise YmlError(
            "elasticsearch.yml has %s more than once (lines %s); leave one of them."
            % (name, ", ".join(str(line(entry.key.start_mark)) for entry in found))
        )
    if not found:
        nested = [other for other in entries if other.startswith(name + ".")]
        if nested and value is not None:
            raise YmlError("elasticsearch.yml has %s, where %s would be a value; take one out." % (nested[0], name))
        return text if value is None else _added(text, name, value)
    if value is None:
        return _removed(text, found[0])
    return text if same(plain(found[0].value), value) else _replaced(text, found[0], value)


def _only(before: str, after: str, name: str, value: Any) -> bool:
    """Whether this setting alone differs, as Elasticsearch reads the files."""
    have = read(before)
    try:
        found = read(after)
    except YmlError:
        return False
    mine = found.pop(name, None)
    have.pop(name, None)
    return have == found and (mine is None if value is None else mine is not None and same(mine, value))


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


def _rendered(value: Any) -> str:
    """In one line, as JSON is; plain where that says the same."""
    if isinstance(value, list):
        return "[%s]" % ", ".join(_rendered(item) for item in value)
    text = _scalar(value)
    if not isinstance(value, str):
        return text
    word = re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./:+-]*", text)
    # It must be read back as text, and not as the number or the time that it looks like.
    if word and yaml.safe_load("[%s]" % text) == [text]:
        return text
    return yaml.dump(text, default_style='"', allow_unicode=True, width=float("inf")).rstrip("\n")


def _end(text: str, node: Any) -> int:
    """Where its last character is: the mark of a block would be where the next one begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        return _end(text, node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1])
    begin, end = node.start_mark.index, node.end_mark.index
    return begin + len(text[begin:end].rstrip())


def _replaced(text: str, entry: Entry, value: Any) -> str:
    begin, end = entry.value.start_mark.index, _end(text, entry.value)
    head, first = text[:begin], BREAK.split(text[begin:end])[0]
    # The comment behind the name, where the value itself is in the next lines; and the one behind the sign of a block.
    comment = re.match(r"[|>][-+0-9]*([ \t]+#.*)", first)
    kept = comment.group(1) if comment and entry.value.style in ("|", ">") else ""
    if entry.value.start_mark.line > entry.key.end_mark.line:
        colon = text.index(":", entry.key.end_mark.index) + 1
        comment = re.match(r"[ \t]*#.*", BREAK.split(text[colon:begin])[0])
        head, kept = text[:colon] + " ", " " + comment.group().lstrip() if comment else kept
    # Elasticsearch takes a tab behind a plain value only.
    rest = re.sub(r"^[ \t]+", lambda found: " " * len(found.group()), text[end:])
    return head + _rendered(value) + kept + rest


def _removed(text: str, entry: Entry) -> str:
    """Without the lines of a setting, and of the levels around it that would be left without any; comments stay."""
    levels = [entry]
    while levels[-1].parents and len(levels[-1].parents[-1].value.value) == 1:
        levels.append(levels[-1].parents[-1])
    level = levels[-1]
    around = level.parents[-1].value if level.parents else parse(text).root
    if around.flow_style:
        return _cut(text, level.key.start_mark.index, _end(text, level.value))
    gone = [(entry.key.start_mark.index, _end(text, entry.value))]
    if any(one.value.flow_style for one in levels[1:]):
        gone = [(level.key.start_mark.index, _end(text, level.value))]
    else:
        gone += [(one.key.start_mark.index, one.key.end_mark.index) for one in levels[1:]]
    for name, end in gone:
        begin = _line_begin(text, name)
        after = BREAK.search(text, end)
        text = text[:begin] + (text[after.end() :] if after else "")
    return text


def _cut(text: str, begin: int, end: int) -> str:
    """Without an entry within braces, and the comma behind it; the one before it, where it is the last."""
    head, rest = text[:begin], text[end:]
    # With the line break behind it, but for a comment, which keeps its place.
    comma = re.match(r"\s*,[ \t]*(?:(?:%s)[ \t]*(?![ \t#]))?" % BREAK.pattern, rest)
    return head + rest[comma.end() :] if comma else re.sub(r"\s*,\s*$", "", head) + rest


def _line_begin(text: str, at: int) -> int:
    return max((found.end() for found in BREAK.finditer(text, 0, at)), default=_start(text))


def _newline(text: str) -> str:
    """As the file has it."""
    return next((found.group() for found in BREAK.finditer(text)), "\n")


def _start(text: str) -> int:
    return 1 if text.startswith(BOM) else 0


def _added(text: str, name: str, value: Any) -> str:
    file = parse(text)
    if file.root is not None and file.root.flow_style:
        return _added_within(text, file.root, "%s: %s" % (_rendered(name), _rendered(value)))
    newline = _newline(text)
    indentation = " " * file.root.start_mark.column if file.root is not None else ""
    head = text[: file.end]
    if head[_start(head) :] and not BREAK.fullmatch(head[-1]):
        head += newline
    if COMMENT not in text:
        head += indentation + COMMENT + newline
    return "%s%s%s: %s%s%s" % (head, indentation, _rendered(name), _rendered(value), newline, text[file.end :])


def _added_within(text: str, root: Any, setting: str) -> str:
    """Within the braces: below the last setting, or beside it, as that stands to the one before."""
    if not root.value:
        begin = root.start_mark.index + 1
        return text[:begin] + setting + text[begin:]
    key, value = root.value[-1]
    end = _end(text, value)
    before = text[_line_begin(text, key.start_mark.index) : key.start_mark.index]
    # In the line of the brace there is that before it.
    between = " " if before.strip() else _newline(text) + before
    return "%s,%s%s%s" % (text[:end], between, setting, text[end:])


def differing(text: str, settings: dict[str, Any]) -> list[str]:
    """The names of the settings that the file has otherwise."""
    have = read(text)
    return sorted(
        name
        for name, value in settings.items()
        if (name in have) != (value is not None) or (value is not None and not same(have[name], value))
    )
