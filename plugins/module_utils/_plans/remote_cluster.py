# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aliases: what ``GET _cluster/settings`` says of them, and the one request that makes them as wished. Pure. Private.

Source: the cluster settings API, https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/remote-clusters
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal, Request
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import (
    same_time,
    string_list,
    time_nanos,
)

PREFIX = "cluster.remote."
# User-defined cluster metadata: the only place of a cluster's settings where a mark can stand.
MARK = "cluster.metadata.crosscluster_elasticsearch.%s"
MARK_PREFIX = MARK % ""
# An unreachable address holds up the cluster state for about 10 s an alias.
APPLY_SECONDS = 12.0

PROXY_ONLY = ("proxy_address", "server_name", "proxy_socket_connections")
SNIFF_ONLY = ("seeds", "node_connections")
OPTIONS = (
    "mode",
    *PROXY_ONLY,
    *SNIFF_ONLY,
    "skip_unavailable",
    "transport_ping_schedule",
    "transport_compress",
    "transport_compression_scheme",
)
_KEY_OF = {option: option.replace("transport_", "transport.", 1) for option in OPTIONS}
_OPTION_OF = {key: option for option, key in _KEY_OF.items()}
# Aliases that these would make can't be told from settings of all remote clusters.
FIXED_SEGMENTS = ("node", "signing", "initial_connect_timeout", "connections_per_cluster")
_LEGACY = "proxy"


@dataclass
class RemoteCluster:
    """An alias as it is.

    :param settings: option → value, as the module's options write it; what is not set is absent.
    :param unknown: keys after the alias that are no option here, of any origin.
    :param transient: keys that stand among the transient settings, where they win over the persistent ones.
    :param configured_on: nodes whose ``elasticsearch.yml`` has the alias; such a node merges it with what the API sets.
    """

    settings: Dict[str, Any] = field(default_factory=dict)
    unknown: List[str] = field(default_factory=list)
    persistent: List[str] = field(default_factory=list)
    transient: List[str] = field(default_factory=list)
    configured_on: List[str] = field(default_factory=list)
    managed: bool = False


def addresses(settings: Mapping[str, Any]) -> List[str]:
    """Where a remote cluster is reached; of several seeds one is enough."""
    return [address for address in [settings.get("proxy_address"), *(settings.get("seeds") or [])] if address]


@dataclass
class Uses:
    """What replicates from remote clusters: alias → names."""

    followers: Dict[str, List[str]] = field(default_factory=dict)
    auto_follow: Dict[str, List[str]] = field(default_factory=dict)


def parse(answer: Dict[str, Any], nodes: Optional[Dict[str, Any]] = None) -> Dict[str, RemoteCluster]:
    """What the API and the nodes say → alias → what it is.

    :param answer: of ``GET _cluster/settings?flat_settings=true``.
    :param nodes: of ``GET _nodes/settings`` with the nested ``settings.cluster.remote`` of each node.
    """
    found = _configured(nodes or {})
    for origin in ("persistent", "transient"):
        for name, value in (answer.get(origin) or {}).items():
            if name.startswith(MARK_PREFIX):
                found.setdefault(name[len(MARK_PREFIX) :], RemoteCluster()).managed = True
                continue
            alias, dot, key = name[len(PREFIX) :].partition(".")
            if not name.startswith(PREFIX) or not dot or alias in FIXED_SEGMENTS:
                continue
            remote = found.setdefault(alias, RemoteCluster())
            getattr(remote, origin).append(key)
            option = _OPTION_OF.get(key)
            if option:
                remote.settings[option] = _canonical(option, value)
            elif key not in remote.unknown:
                remote.unknown.append(key)
    for remote in found.values():
        if remote.settings:
            remote.settings.setdefault("mode", "sniff")
    return found


def _configured(answer: Dict[str, Any]) -> Dict[str, RemoteCluster]:
    """Aliases of ``elasticsearch.yml``; where nodes differ, the first one's settings are shown."""
    found: Dict[str, RemoteCluster] = {}
    for node in sorted((answer.get("nodes") or {}).values(), key=lambda n: n["name"]):
        remotes = ((node.get("settings") or {}).get("cluster") or {}).get("remote") or {}
        for alias, tree in remotes.items():
            if alias in FIXED_SEGMENTS or not isinstance(tree, dict):
                continue
            remote = found.setdefault(alias, RemoteCluster())
            remote.configured_on.append(node["name"])
            for key, value in _flat(tree):
                option = _OPTION_OF.get(key)
                if option:
                    remote.settings.setdefault(option, _canonical(option, value))
    return found


def _flat(tree: Dict[str, Any]) -> Iterator[Tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            for rest, leaf in _flat(value):
                yield "%s.%s" % (key, rest), leaf
        else:
            yield key, value


def parse_uses(followers: Dict[str, Any], auto_follow: Dict[str, Any]) -> Uses:
    """``GET /*,.*/_ccr/info`` and ``GET /_ccr/auto_follow`` → who uses which alias."""
    uses = Uses()
    for follower in followers.get("follower_indices") or []:
        uses.followers.setdefault(follower["remote_cluster"], []).append(follower["follower_index"])
    for entry in auto_follow.get("patterns") or []:
        uses.auto_follow.setdefault(entry["pattern"]["remote_cluster"], []).append(entry["name"])
    return uses


def wish(params: Dict[str, Any]) -> Dict[str, Any]:
    """The options of one alias → what shall be set; refuses what Elasticsearch would refuse or misread."""
    alias = params["alias"]
    check_alias(alias)
    mode = params["mode"]
    other = SNIFF_ONLY if mode == "proxy" else PROXY_ONLY
    wrong = [option for option in other if params.get(option) is not None]
    if wrong:
        raise Refusal(
            "%s: %s can't be used with mode %s; remove it or change the mode" % (alias, " and ".join(wrong), mode)
        )
    needed = "proxy_address" if mode == "proxy" else "seeds"
    if not params.get(needed):
        raise Refusal("%s: mode %s needs %s (host:port)" % (alias, mode, needed))
    for address in [params["proxy_address"]] if mode == "proxy" else params["seeds"]:
        check_address(alias, needed, address)
    try:
        time_nanos(params.get("transport_ping_schedule") or "-1")
    except ValueError as e:
        raise Refusal("%s: transport_ping_schedule: %s" % (alias, e)) from None
    return {
        option: _canonical(option, params[option])
        for option in OPTIONS
        if params.get(option) is not None and option not in other
    }


def wishes(entries: Sequence[Dict[str, Any]], present: bool) -> Dict[str, Optional[Dict[str, Any]]]:
    """The option remote_clusters → alias → settings, or None where it shall not be."""
    result: Dict[str, Optional[Dict[str, Any]]] = {}
    for entry in entries:
        alias = entry["alias"]
        if alias in result:
            raise Refusal("remote_clusters: the alias %s is there twice; remove one of the two" % alias)
        if not present:
            check_alias(alias)
        result[alias] = wish(entry) if present else None
    return result


def warnings(have: Dict[str, RemoteCluster], wishes: Dict[str, Optional[Dict[str, Any]]]) -> List[str]:
    """What a user should know about aliases that are about to be written or removed."""
    texts = []
    for alias, wanted in sorted(wishes.items()):
        remote = have.get(alias)
        if remote is None:
            continue
        unknown = [key for key in remote.unknown if key in remote.persistent]
        kept = [key for key in unknown if wanted is not None and key != _LEGACY]
        gone = [key for key in unknown if key not in kept]
        if kept:
            texts.append(
                "%s has settings that are no options here, and are left as they are: %s" % (alias, ", ".join(kept))
            )
        if gone:
            texts.append("%s has settings that are no options here, and are removed: %s" % (alias, ", ".join(gone)))
        if remote.transient:
            texts.append(
                "%s has transient settings, which win over persistent ones, and are removed: %s"
                % (alias, ", ".join(remote.transient))
            )
    return texts


def check_configured(have: Dict[str, RemoteCluster], aliases: Iterable[str]) -> None:
    """A node merges what its file and what the API says of an alias, so that nobody could tell what it is."""
    wrong = [alias for alias in sorted(aliases) if alias in have and have[alias].configured_on]
    if wrong:
        raise Refusal(
            "alias: %s in elasticsearch.yml, which no API can change and which each node merges with what the API "
            "sets. Take cluster.remote.%s.* out of these files and restart the nodes, or leave the alias out here"
            % (
                "; ".join("%s is set on %s" % (alias, ", ".join(have[alias].configured_on)) for alias in wrong),
                wrong[0] if len(wrong) == 1 else "ALIAS",
            )
        )


def gone(have: Dict[str, RemoteCluster], wishes: Dict[str, Optional[Dict[str, Any]]]) -> List[str]:
    """The aliases that are there and shall not be."""
    return sorted(alias for alias, wanted in wishes.items() if wanted is None and alias in have)


def check_unused(uses: Uses, aliases: Sequence[str]) -> None:
    """Followers would stop, and could not be resumed from another alias."""
    texts = []
    for alias in aliases:
        used_by = []
        for kind, names in (("follower index", uses.followers), ("auto-follow pattern", uses.auto_follow)):
            if alias in names:
                used_by.append("%s %s" % (kind, _some(names[alias])))
        if used_by:
            texts.append("%s is used by %s" % (alias, " and ".join(used_by)))
    if texts:
        raise Refusal(
            "alias: %s. Unfollow these indices and delete these patterns first, or remove the alias all the same with "
            "force=true, which stops them" % "; ".join(texts)
        )


def _some(names: Sequence[str]) -> str:
    shown = sorted(names)[:10]
    return ", ".join(shown) + (" and %d more" % (len(names) - 10) if len(names) > 10 else "")


def check_alias(alias: str) -> None:
    if alias in FIXED_SEGMENTS:
        raise Refusal(
            "alias: %s is the name of a setting of all remote clusters, choose another (not one of: %s)"
            % (alias, ", ".join(FIXED_SEGMENTS))
        )
    if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z", alias):
        raise Refusal(
            "alias: %r is not a name that can stand before a colon in an index expression; use letters, digits, "
            "underscores and hyphens, and begin with no hyphen" % alias
        )


def check_address(alias: str, option: str, address: str) -> None:
    host, colon, port = address.rpartition(":")
    if "://" in address or "/" in address:
        raise Refusal("%s: %s is host:port without scheme and path, not %s" % (alias, option, address))
    if not colon or not host or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        raise Refusal(
            "%s: %s lacks the port in %s; write host:port, or [address]:port for IPv6 "
            "(the remote cluster server port is 9443 by default)" % (alias, option, address)
        )
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise Refusal("%s: %s has no port from 1 to 65535 in %s" % (alias, option, address))


def plan(have: Dict[str, RemoteCluster], wishes: Dict[str, Optional[Dict[str, Any]]], batch_size: int = 25) -> Plan:
    """All that differs, in few requests; an alias is always written whole, so that it is never half of two wishes.

    :param wishes: alias → settings, or None where it shall not be.
    """
    if batch_size < 1:
        raise Refusal("batch_size: it is %d, and must be 1 or more" % batch_size)
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    for alias in sorted(wishes):
        wanted = wishes[alias]
        is_now = have.get(alias)
        if is_now is not None and (is_now.settings or is_now.unknown):
            before[alias] = is_now.settings
        if wanted is not None:
            # 60s and 1m are the same, so what stays keeps the server's spelling.
            after[alias] = is_now.settings if is_now and _same(is_now.settings, wanted) else wanted
    requests = []
    present, absent = written(have, wishes), gone(have, wishes)
    for start in range(0, len(present), batch_size):
        batch = present[start : start + batch_size]
        requests.append(_request(batch, [_write(alias, have.get(alias), wishes[alias] or {}) for alias in batch]))
    if absent:
        requests.append(_request(absent, [_remove(alias, have[alias]) for alias in absent]))
    return Plan(before=before, after=after, requests=requests)


def written(have: Dict[str, RemoteCluster], wishes: Dict[str, Optional[Dict[str, Any]]]) -> List[str]:
    """The aliases that are not as they shall be; where only the mark is missing, too."""
    found = []
    for alias in sorted(wishes):
        wanted, is_now = wishes[alias], have.get(alias)
        if wanted is not None and (
            is_now is None
            or not is_now.managed
            or is_now.transient
            or not _same(is_now.settings, wanted)
            or _LEGACY in is_now.unknown
        ):
            found.append(alias)
    return found


def _request(aliases: List[str], parts: List[Dict[str, Dict[str, Any]]]) -> Request:
    body: Dict[str, Dict[str, Any]] = {}
    for part in parts:
        for origin, settings in part.items():
            body.setdefault(origin, {}).update(settings)
    return Request(
        "PUT",
        "/_cluster/settings",
        "set the remote cluster%s %s" % ("" if len(aliases) == 1 else "s", ", ".join(aliases)),
        body=body,
        timeout=30 + APPLY_SECONDS * len(aliases),
    )


def _write(alias: str, have: Optional[RemoteCluster], wanted: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
    persistent: Dict[str, Any] = {_name(alias, _KEY_OF[option]): value for option, value in wanted.items()}
    persistent[MARK % alias] = "managed"
    known = set(_OPTION_OF) | {_LEGACY}
    for key in have.persistent if have else []:
        if key in known and _name(alias, key) not in persistent:
            persistent[_name(alias, key)] = None
    body = {"persistent": persistent}
    if have and have.transient:
        body["transient"] = {_name(alias, key): None for key in have.transient}
    return body


def _remove(alias: str, have: RemoteCluster) -> Dict[str, Dict[str, Any]]:
    """By wildcard, because the API does not show every key of an alias: those for signing are filtered."""
    body: Dict[str, Dict[str, Any]] = {"persistent": {_name(alias, "*"): None}}
    if have.managed:
        body["persistent"][MARK % alias] = None
    if have.transient:
        body["transient"] = {_name(alias, "*"): None}
    return body


def _name(alias: str, key: str) -> str:
    return "%s%s.%s" % (PREFIX, alias, key)


def _canonical(option: str, value: Any) -> Any:
    """As the module's option has it; the API writes every value as text."""
    if option in ("proxy_socket_connections", "node_connections"):
        return int(value)
    if option == "skip_unavailable":
        return value if isinstance(value, bool) else value == "true"
    if option == "seeds":
        return string_list(value)
    if option in ("mode", "transport_compress", "transport_compression_scheme"):
        return str(value).lower()
    return str(value)


def _same(have: Dict[str, Any], wanted: Dict[str, Any]) -> bool:
    if set(have) != set(wanted):
        return False
    for option, value in wanted.items():
        if option == "seeds":
            if sorted(have[option]) != sorted(value):
                return False
        elif option == "transport_ping_schedule":
            if not same_time(have[option], value):
                return False
        elif have[option] != value:
            return False
    return True
