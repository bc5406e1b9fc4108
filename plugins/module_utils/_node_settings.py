# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""elasticsearch.yml without a YAML library: nodes have only Python. Pure. Private to this collection."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Tuple, Union

Scalar = Union[str, bool]
Value = Union[Scalar, List[Scalar]]

_KEY = re.compile(r"""^("[^"]+"|'[^']+'|[^\s:#'"\[{&*!|>%@`-][^:]*?)\s*:(?:\s+(.*))?$""")
_BLOCK = re.compile(r"^[|>][0-9+-]*$")
_QUOTED = re.compile(r""""[^"]*"|'[^']*'""")
_VARIABLE = re.compile(r"\$\{([^}:]+)(?::([^}]*))?\}")
_SHOWN = (
    "cluster.name",
    "cluster.remote.",
    "http.port",
    "network.host",
    "network.publish_host",
    "node.name",
    "node.roles",
    "path.data",
    "remote_cluster.",
    "remote_cluster_server.",
    "transport.port",
    "transport.publish_host",
    "xpack.security.http.ssl.",
    "xpack.security.remote_cluster_client.ssl.",
    "xpack.security.remote_cluster_server.ssl.",
    "xpack.security.transport.ssl.",
)
_SECRET = re.compile(r"passw|passphrase|secret|credential|token", flags=re.IGNORECASE)


def parse(text: str, variables: Mapping[str, str]) -> Dict[str, Value]:
    """Flat settings, with variables and other settings put in where a value names them, as Elasticsearch does.

    Understands flat and nested keys, lists and maps of both kinds, values over several lines, quotes and comments.
    """
    flat: Dict[str, Value] = {}
    levels: List[Tuple[int, str]] = []
    open_key = ""
    lines = _lines(text)
    while lines:
        indent, content = lines.pop(0)
        if content == "-" or content.startswith("- "):
            entry = flat.setdefault(open_key, [])
            if open_key and isinstance(entry, list):
                entry.append(_scalar(content[1:].strip()))
            continue
        if content.startswith("{") and not levels:
            _flow_map("", content, flat)
            continue
        match = _KEY.match(content)
        if not match:
            # The value of a setting may begin in the line after it.
            if levels and indent > levels[-1][0]:
                flat.setdefault(open_key, _scalar(content))
            continue
        while levels and levels[-1][0] >= indent:
            levels.pop()
        key = (levels[-1][1] + "." if levels else "") + match.group(1).strip("\"'")
        value = (match.group(2) or "").strip()
        if not value:
            levels.append((indent, key))
            open_key = key
        elif _BLOCK.match(value):
            words = []
            while lines and lines[0][0] > indent:
                words.append(lines.pop(0)[1])
            flat[key] = "\n".join(words)
        elif value.startswith("{"):
            _flow_map(key, value, flat)
        else:
            flat[key] = _flow_value(value)
    return _resolved({key: value for key, value in flat.items() if key}, variables)


def _flow_map(prefix: str, text: str, flat: Dict[str, Value]) -> None:
    text = text.strip()
    for item in _split(text[1:-1] if text.endswith("}") else text[1:]):
        inner = _KEY.match(item)
        if not inner:
            continue
        key = (prefix + "." if prefix else "") + inner.group(1).strip("\"'")
        value = (inner.group(2) or "").strip()
        if value.startswith("{"):
            _flow_map(key, value, flat)
        else:
            flat[key] = _flow_value(value)


def _flow_value(value: str) -> Value:
    return [_scalar(item) for item in _split(value.strip("[]"))] if value.startswith("[") else _scalar(value)


def _lines(text: str) -> List[Tuple[int, str]]:
    """(indentation, content) without comments; a flow list or map over several lines becomes one."""
    result: List[Tuple[int, str]] = []
    for raw in text.expandtabs().splitlines():
        content = _without_comment(raw).rstrip()
        if not content.strip() or content in ("---", "..."):
            continue
        if result and _open(result[-1][1]):
            result[-1] = (result[-1][0], result[-1][1] + " " + content.strip())
        else:
            result.append((len(content) - len(content.lstrip()), content.strip()))
    return result


def _open(line: str) -> bool:
    """Whether its flow list or map goes on; elsewhere, and in a variable, brackets are text."""
    match = _KEY.match(line)
    value = (match.group(2) or "").strip() if match else line
    if not value.startswith(("[", "{")):
        return False
    bare = _VARIABLE.sub("", _QUOTED.sub("", value))
    return sum(bare.count(sign) for sign in "[{") > sum(bare.count(sign) for sign in "]}")


def _without_comment(line: str) -> str:
    quote = ""
    for at, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and (at == 0 or line[at - 1] in " [{,:-"):
            quote = character
        elif character == "#" and (at == 0 or line[at - 1] == " "):
            return line[:at]
    return line


def _split(text: str) -> List[str]:
    """Items between commas that stand within no quotes and no brackets of their own."""
    items, depth, begin, quote = [], 0, 0, ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == "," and depth == 0:
            items.append(text[begin:at])
            begin = at + 1
    return [item.strip() for item in [*items, text[begin:]] if item.strip()]


def _scalar(text: str) -> Scalar:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text == "true" if text in ("true", "false") else text


def _resolved(flat: Dict[str, Value], variables: Mapping[str, str]) -> Dict[str, Value]:
    def substitute(match: re.Match) -> str:
        name, fallback = match.group(1), match.group(2)
        if name in variables:
            return variables[name]
        other = flat.get(name)
        if isinstance(other, str) and "${" not in other:
            return other
        return match.group(0) if fallback is None else fallback

    def value_of(value: Value) -> Value:
        if isinstance(value, list):
            return [_VARIABLE.sub(substitute, item) if isinstance(item, str) else item for item in value]
        return _VARIABLE.sub(substitute, value) if isinstance(value, str) else value

    return {key: value_of(value) for key, value in flat.items()}


def as_list(value: Value) -> List[str]:
    """A list setting, also when it was written as one text with commas."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return [item.strip() for item in str(value).split(",") if item.strip()]


def shown(settings: Mapping[str, Value]) -> Dict[str, Value]:
    """The settings that matter between clusters, never one that could be a secret."""
    return {
        key: value
        for key, value in sorted(settings.items())
        if key.startswith(_SHOWN) and not _SECRET.search(key.rsplit(".", 1)[-1])
    }
