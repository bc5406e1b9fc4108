# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a remote cluster or a grant declares of its cross-cluster API key → checked and expanded. Pure. Private."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import (
    Names,
    backing,
    common_name,
    privilege_fault,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import boolean, time_nanos
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.checks import (
    Report,
    known_keys,
    time,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import Rule

OPTIONS = ("search", "replication", "expiration", "renew_before", "certificate_identity", "key_name")
# Elasticsearch's limit for the name of an API key.
KEY_NAME_LENGTH = 256
_ENTRY = ("names", "query", "field_security", "allow_restricted_indices")


def api_key(
    where: str, alias: str, default_name: str, declaration: dict[str, Any], rules: Sequence[Rule], report: Report
) -> dict[str, Any]:
    """An entry of the module cross_cluster_api_keys.

    :param rules: what is followed with this key.
    """
    expiration = _life_time(where, declaration, "expiration", report)
    renew_before = _life_time(where, declaration, "renew_before", report)
    if expiration and renew_before and time_nanos(renew_before) >= time_nanos(expiration):
        report(
            f"{where}.renew_before",
            f"{renew_before} is not shorter than expiration ({expiration}), every run would replace the key",
        )
    return {
        "alias": alias,
        "name": _name(where, default_name, declaration, report),
        "access": _access(where, declaration, rules, report),
        "expiration": expiration,
        "renew_before": renew_before,
        "certificate_identity": _certificate_identity(where, declaration, report),
    }


def _name(where: str, default_name: str, declaration: dict[str, Any], report: Report) -> str:
    name = declaration.get("key_name", default_name)
    fault = None
    if not isinstance(name, str) or not name.strip():
        fault = "it is not a name"
    elif len(name) > KEY_NAME_LENGTH:
        what = "it" if "key_name" in declaration else "the default name of the key"
        fault = f"{what} has more than {KEY_NAME_LENGTH} characters, which Elasticsearch refuses; shorten it"
    elif name != name.strip() or name.startswith("_"):
        fault = f"{name!r} begins or ends with a space or begins with an underscore, which Elasticsearch refuses"
    if fault:
        report(f"{where}.key_name", fault)
    return name


def _access(where: str, declaration: dict[str, Any], rules: Sequence[Rule], report: Report) -> dict[str, Any]:
    access: dict[str, Any] = {}
    if rules:
        # What is followed may be read, without saying it twice; where it is a data stream, by the names of its indices.
        leaders = [leader for rule in rules for leader in rule.leaders]
        declaration = {"replication": list(dict.fromkeys([*leaders, *backing(leaders)])), **declaration}
    for kind in ("search", "replication"):
        if kind in declaration:
            entries = _patterns(f"{where}.{kind}", declaration[kind], report)
            if entries:
                access[kind] = entries
    _covers(where, access.get("replication", []), rules, report)
    if not any(declaration.get(kind) for kind in ("search", "replication", "follow")):
        report(
            where,
            "it may read nothing; give search or replication at least one index pattern, as in search: [logs-*]",
        )
    narrowed = [key for key in ("query", "field_security") for e in access.get("search", []) if key in e]
    if narrowed and "replication" in access:
        report(
            f"{where}.search",
            f"{narrowed[0]} can't be used while replication is given, Elasticsearch refuses such a key; use two "
            "aliases, one to search and one to replicate",
        )
    for key in dict.fromkeys(k for e in access.get("replication", []) for k in e if k in _ENTRY[1:3]):
        report(f"{where}.replication", f"{key} can't be used, a leader index is replicated whole")
    return access


def _covers(where: str, entries: list[dict[str, Any]], rules: Sequence[Rule], report: Report) -> None:
    """What the key may not read can't be followed."""
    granted = tuple(name for entry in entries for name in entry["names"] if isinstance(name, str))
    if any(name.startswith("/") or "?" in name for name in granted):
        # A regular expression is left to Elasticsearch.
        return
    for rule in rules:
        outside = common_name([rule.followed, Names(("*",), granted)])
        if outside is not None:
            report(
                f"{where}.replication",
                f"it does not let {outside} be read, which {rule.where} would follow; widen it, or leave it "
                "out, as what is followed may then be read by itself",
            )


def _patterns(where: str, value: Any, report: Report) -> list[dict[str, Any]]:
    """A string, strings, maps, or a mixture → maps; the strings make one, and it comes first."""
    items = value if isinstance(value, list) else [value]
    strings = [item for item in items if not isinstance(item, dict)]
    entries = [{"names": _names(where, strings, report)}] if strings else []
    for index, item in enumerate(items):
        if isinstance(item, dict):
            entries.append(_access_entry(f"{where}[{index}]", item, report))
    return entries


def _access_entry(where: str, item: dict[str, Any], report: Report) -> dict[str, Any]:
    known_keys(where, item, _ENTRY, report)
    names = item.get("names")
    entry: dict[str, Any] = {"names": _names(where, names if isinstance(names, list) else [names], report)}
    if item.get("query") is not None:
        if not isinstance(item["query"], (str, dict)) or not item["query"]:
            report(f"{where}.query", "it is not a query; write it as a map or as JSON")
        entry["query"] = item["query"]
    if item.get("field_security") is not None:
        entry["field_security"] = _field_security(f"{where}.field_security", item["field_security"], report)
    if item.get("allow_restricted_indices") is not None:
        try:
            entry["allow_restricted_indices"] = boolean(item["allow_restricted_indices"])
        except ValueError as error:
            report(f"{where}.allow_restricted_indices", str(error))
    return entry


def _field_security(where: str, value: Any, report: Report) -> dict[str, Any]:
    if not isinstance(value, dict) or not value:
        report(where, "it is not a map; write {grant: [fields], except: [fields]}")
        return {}
    known_keys(where, value, ("grant", "except"), report)
    fields = {}
    for key, names in value.items():
        fields[key] = [names] if isinstance(names, str) else names
        if not isinstance(fields[key], list) or not all(isinstance(n, str) and n for n in fields[key]):
            report(f"{where}.{key}", "it is not a list of fields")
        elif key == "grant" and not fields[key]:
            report(f"{where}.grant", "it is empty; name the fields that may be read, or leave it out for all fields")
    return fields


def _names(where: str, names: list[Any], report: Report) -> list[str]:
    for name in names:
        fault = privilege_fault(name)
        if fault:
            report(where, fault)
    if not names:
        report(where, "the list of index patterns is empty")
    return names


def _life_time(where: str, declaration: dict[str, Any], key: str, report: Report) -> str | None:
    value = declaration.get(key)
    if value is None:
        return None
    text = time(f"{where}.{key}", value, report)
    if text is not None and time_nanos(text) <= 0:
        report(f"{where}.{key}", f"{value!r} is no life time; leave it out for a key that stays")
    return text


def _certificate_identity(where: str, declaration: dict[str, Any], report: Report) -> str | None:
    value = declaration.get("certificate_identity")
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        report(f"{where}.certificate_identity", "it is not a pattern; write one for the name, as in CN=london.*")
    return str(value)
