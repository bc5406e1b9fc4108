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
    """Flat settings. Understands flat and nested keys, lists of both kinds, quotes and comments."""
    flat: Dict[str, Value] = {}
    levels: List[Tuple[int, str]] = []
    open_key = ""
    for indent, content in _lines(text):
        if content == "-" or content.startswith("- "):
            entry = flat.setdefault(open_key, [])
            if open_key and isinstance(entry, list):
                entry.append(_scalar(content[1:].strip(), variables))
            continue
        match = _KEY.match(content)
        if not match:
            continue
        while levels and levels[-1][0] >= indent:
            levels.pop()
        key = (levels[-1][1] + "." if levels else "") + match.group(1).strip("\"'")
        value = (match.group(2) or "").strip()
        if not value:
            levels.append((indent, key))
            open_key = key
        elif value.startswith("["):
            flat[key] = [_scalar(item, variables) for item in _split(value.strip("[]"))]
        elif value.startswith("{"):
            for item in _split(value.strip("{}")):
                inner = _KEY.match(item)
                if inner:
                    flat[key + "." + inner.group(1).strip("\"'")] = _scalar(inner.group(2) or "", variables)
        else:
            flat[key] = _scalar(value, variables)
    return {key: value for key, value in flat.items() if key}


def _lines(text: str) -> List[Tuple[int, str]]:
    """(indentation, content) without comments; a flow list over several lines becomes one."""
    result: List[Tuple[int, str]] = []
    for raw in text.expandtabs().splitlines():
        content = _without_comment(raw).rstrip()
        if not content.strip() or content in ("---", "..."):
            continue
        if result and result[-1][1].count("[") > result[-1][1].count("]"):
            result[-1] = (result[-1][0], result[-1][1] + " " + content.strip())
        else:
            result.append((len(content) - len(content.lstrip()), content.strip()))
    return result


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
    return [item.strip() for item in re.findall(r"""(?:"[^"]*"|'[^']*'|[^,"'])+""", text) if item.strip()]


def _scalar(text: str, variables: Mapping[str, str]) -> Scalar:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    elif text in ("true", "false"):
        return text == "true"

    def substitute(match: re.Match) -> str:
        fallback = match.group(2)
        return variables.get(match.group(1), match.group(0) if fallback is None else fallback)

    return _VARIABLE.sub(substitute, text)


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
