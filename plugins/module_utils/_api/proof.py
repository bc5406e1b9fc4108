# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every node sees of every alias → a verdict each, with cause and remedy. Pure. Private to this collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.remote_cluster import diagnose
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import (
    RemoteCluster,
    addresses,
)


@dataclass
class Evidence:
    """
    :param seen: node → what ``reads.seen_from`` found there.
    :param node_evidence: node → result of the module node_info.
    :param api_keys: keys of the remote clusters, as the module cross_cluster_api_key_info describes them.
    """

    have: Dict[str, RemoteCluster]
    nodes: List[Dict[str, Any]]
    seen: Dict[str, Dict[str, Any]]
    license: Dict[str, Any]
    security_models: Dict[str, str]
    node_evidence: Dict[str, Dict[str, Any]]
    api_keys: List[Dict[str, Any]]


def prove(evidence: Evidence, aliases: Optional[Sequence[str]]) -> Dict[str, Any]:
    """The result of the module remote_cluster_info."""
    if aliases is None:
        known = {alias for alias, remote in evidence.have.items() if remote.settings or remote.unknown}
        aliases = sorted(known.union(*(s["info"] for s in evidence.seen.values())))
    found: Dict[str, Any] = {}
    report: List[str] = []
    for alias in aliases:
        facts = _facts(evidence, alias)
        found[alias] = _one(evidence, alias, facts)
        report += _lines(alias, found[alias], facts)
    return dict(
        remote_clusters=found,
        proven=bool(found) and all(remote["proven"] for remote in found.values()),
        report=report,
        not_asked={name: seen["not_asked"] for name, seen in evidence.seen.items() if seen.get("not_asked")},
    )


def _facts(evidence: Evidence, alias: str) -> List[Dict[str, Any]]:
    """What is known of the alias on each node that counts."""
    have = evidence.have.get(alias) or RemoteCluster()
    roles = {node["name"]: node for node in evidence.nodes}
    result = []
    # A node without the role is none that can be wrong, unless there is no other.
    able = {name: seen for name, seen in evidence.seen.items() if not seen.get("without_role")}
    for name, seen in (able or evidence.seen).items():
        facts = _of_node(evidence, alias, name, have)
        # What was asked for and is not there is evidence too; what nobody asked for is left out.
        facts.update(
            alias=alias,
            node=name,
            settings=have.settings,
            info=seen["info"].get(alias),
            resolve=seen["resolve"].get(alias),
            resolve_timed_out=alias in seen["timed_out"],
            node_roles=[] if seen.get("without_role") else (roles.get(name) or {}).get("roles"),
            local_license=evidence.license,
            on_itself=bool(seen.get("on_itself")),
        )
        if seen["error"]:
            facts["node_error"] = seen["error"]
        if alias in evidence.security_models:
            facts["declared_security_model"] = evidence.security_models[alias]
        result.append(facts)
    return result


def _one(evidence: Evidence, alias: str, facts: List[Dict[str, Any]]) -> Dict[str, Any]:
    have = evidence.have.get(alias) or RemoteCluster()
    nodes = [
        dict(
            diagnose(known),
            node=known["node"],
            mode=(known["info"] or have.settings).get("mode"),
            security_model=_security_model(known["info"]),
        )
        for known in facts
    ]
    origin = "transient" if have.transient else "persistent" if have.persistent else "nowhere"
    # A file counts for as long as the API sets nothing, which wins.
    if origin == "nowhere" and have.configured_on:
        origin = "configuration"
    return dict(
        settings=have.settings,
        managed=have.managed,
        origin=origin,
        proven=bool(nodes) and all(n["status"] == "proven" for n in nodes),
        nodes=nodes,
    )


def _of_node(evidence: Evidence, alias: str, name: str, have: RemoteCluster) -> Dict[str, Any]:
    """What was found on the node itself: the credential that it holds, and how far it comes towards the address."""
    node = evidence.node_evidence.get(name)
    if not node:
        return {}
    result: Dict[str, Any] = {}
    if alias in (node.get("credentials") or {}):
        result["held_credential"] = node["credentials"][alias]
        key = next((k for k in evidence.api_keys if k["id"] == node["credentials"][alias]), None)
        if key:
            result["key"] = key
    wanted = addresses(have.settings)
    probes = [probe for probe in node.get("probes") or [] if probe["address"] in wanted]
    if probes:
        # In sniff mode any seed will do.
        result["probe"] = next((probe for probe in probes if probe.get("tcp") == "ok"), probes[0])
    return result


def _security_model(info: Optional[Dict[str, Any]]) -> Optional[str]:
    if info is None:
        return None
    return "api_key" if "cluster_credentials" in info else "certificate"


def _lines(alias: str, remote: Dict[str, Any], facts: List[Dict[str, Any]]) -> List[str]:
    """A line for each node; those of which the same is wrong share one."""
    mode = remote["settings"].get("mode", "no mode")
    lines: Dict[Any, List[str]] = {}
    for node, known in zip(remote["nodes"], facts):
        shared = diagnose(dict(known, several_nodes=True)) if node["cause"] else {}
        alike = (node["security_model"], known["on_itself"], node["status"], *shared.values())
        same = alike if shared else node["node"]
        lines.setdefault(same, []).append(node["node"])
    result = []
    for names in lines.values():
        number = next(i for i, node in enumerate(remote["nodes"]) if node["node"] == names[0])
        node = remote["nodes"][number]
        line = "%s → %s (%s, %s%s): %s" % (
            ", ".join(names),
            alias,
            mode,
            node["security_model"] or "no model",
            ", asked on its own machine" if facts[number]["on_itself"] else "",
            node["status"],
        )
        if node["cause"]:
            told = diagnose(dict(facts[number], several_nodes=len(names) > 1))
            line += " [%s] %s %s" % (told["cause"], told["summary"], told["remedy"])
        result.append(line.rstrip())
    return result
