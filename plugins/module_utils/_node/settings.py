# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node's elasticsearch.yml sets. Pure. Private to this collection."""

from __future__ import annotations

import re
from typing import Dict, List, Mapping, Set, Union

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import yml

Scalar = Union[str, bool]
Value = Union[Scalar, List[str]]

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
    """Flat settings, with variables and other settings put in where a value names them, as Elasticsearch does."""
    return _resolved(yml.parse(text), variables)


def named_variables(text: str) -> Set[str]:
    """What stands in ``${…}``: variables, and settings."""
    return {match.group(1) for match in _VARIABLE.finditer(text)}


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
