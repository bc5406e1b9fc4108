# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster says of itself: nodes, roles, paths, licence. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-nodes-info
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import boolean, time_ms
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import numbers

# The metrics of ``GET _nodes/…`` that ``parse_nodes`` reads.
NODE_METRICS = "http,transport,jvm,remote_cluster_server,settings"
# The first version whose nodes take secure settings from the cluster's state too.
CLUSTER_SECRETS = (9, 5)
# How often a node looks at its certificate files, where ``resource.reload.interval.high`` is not set.
RELOAD_INTERVAL = "5s"


def parse_nodes(answer: Dict[str, Any], scheme: str) -> List[Dict[str, Any]]:
    """``GET _nodes/`` with NODE_METRICS → one entry a node, by name.

    :param scheme: of the URLs, as the API does not tell whether HTTP has TLS.
    """
    nodes = []
    for node_id, node in (answer.get("nodes") or {}).items():
        arguments = (node.get("jvm") or {}).get("input_arguments") or []
        address = _address((node.get("http") or {}).get("publish_address"))
        nodes.append(
            dict(
                id=node_id,
                name=node["name"],
                host=node.get("host"),
                ip=node.get("ip"),
                version=node.get("version"),
                roles=node.get("roles") or [],
                remote_cluster_client="remote_cluster_client" in (node.get("roles") or []),
                url="%s://%s" % (scheme, address) if address else None,
                http_ports=_ports((node.get("http") or {}).get("bound_address")),
                transport_address=_address((node.get("transport") or {}).get("publish_address")),
                remote_cluster_server_address=_address(
                    (node.get("remote_cluster_server") or {}).get("publish_address")
                ),
                home=_system_property(arguments, "es.path.home"),
                pid=(node.get("jvm") or {}).get("pid"),
                started=(node.get("jvm") or {}).get("start_time_in_millis", 0),
                reload_interval=_reload_interval((node.get("settings") or {}).get("resource") or {}),
            )
        )
    return sorted(nodes, key=lambda n: n["name"])


def addresses(nodes: Iterable[Mapping[str, Any]]) -> List[str]:
    """Where the nodes listen for each other, by which a cluster is told from its copy; names are copied, this isn't."""
    return sorted(
        "%s:%s" % (node["ip"], node["transport_address"].rpartition(":")[2])
        for node in nodes
        if node["ip"] and node["transport_address"]
    )


def _reload_interval(resource: Mapping[str, Any]) -> Optional[float]:
    """Seconds; None where the node loads its files only when it starts."""
    reload = resource.get("reload") or {}
    if not boolean(reload.get("enabled", True)):
        return None
    return time_ms((reload.get("interval") or {}).get("high", RELOAD_INTERVAL)) / 1000


def _address(published: Optional[str]) -> Optional[str]:
    """host:port; a name stands before the address where the node was told to publish it."""
    if not published:
        return None
    name, slash, address = published.partition("/")
    return "%s:%s" % (name, address.rpartition(":")[2]) if slash else published


def _ports(bound: Any) -> List[int]:
    """At which the node listens, whatever it tells others."""
    listed = [bound] if isinstance(bound, str) else bound or []
    return sorted({int(address.rpartition(":")[2]) for address in listed})


def _system_property(arguments: List[str], name: str) -> Optional[str]:
    start = "-D%s=" % name
    return next((a[len(start) :] for a in arguments if a.startswith(start)), None)


def may_have_cluster_secrets(nodes: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any node is new enough; the question is dear in a cluster with many indices."""
    return any(numbers(str(node.get("version") or "0")) >= CLUSTER_SECRETS for node in nodes)


def has_cluster_secrets(state: Mapping[str, Any]) -> bool:
    """``GET _cluster/state/metadata`` → whether files give the nodes their secure settings (``cluster_secrets``)."""
    reserved = (state.get("metadata") or {}).get("reserved_state") or {}
    handlers = [(namespace or {}).get("handlers") or {} for namespace in reserved.values()]
    return any((handler.get("cluster_secrets") or {}).get("keys") for handler in handlers)


def parse_license(answer: Dict[str, Any]) -> Dict[str, Any]:
    """``GET _license`` → type, status, and whether it allows cross-cluster API keys."""
    found = answer.get("license") or {}
    kind, status = found.get("type"), found.get("status")
    return dict(
        type=kind,
        status=status,
        expiry=found.get("expiry_date_in_millis"),
        allows_cross_cluster_api_keys=status == "active" and kind in ("enterprise", "trial"),
    )


def allows_replication(license_of: Mapping[str, Any]) -> bool:
    """
    :param license_of: what ``parse_license`` has found.
    """
    return bool(license_of["type"] in ("platinum", "enterprise", "trial") and license_of["status"] == "active")


def oldest(versions: Iterable[str]) -> Optional[str]:
    return min(versions, key=numbers, default=None)


def parse_missing(answer: Dict[str, Any]) -> List[str]:
    """``POST _security/user/_has_privileges`` → the cluster privileges that the caller lacks."""
    return sorted(name for name, has in (answer.get("cluster") or {}).items() if not has)


def parse_missing_on_indices(answer: Dict[str, Any]) -> Dict[str, List[str]]:
    """The same of privileges on indices: pattern → what the caller lacks there."""
    found = {}
    for pattern, privileges in (answer.get("index") or {}).items():
        missing = sorted(name for name, has in privileges.items() if not has)
        if missing:
            found[pattern] = missing
    return found


def parse_remote_indices(answer: Dict[str, Any]) -> List[Dict[str, Any]]:
    """``GET _security/user/_privileges`` → what the caller may do on indices of remote clusters."""
    return [
        {key: entry[key] for key in ("clusters", "names", "privileges")} for entry in answer.get("remote_indices") or []
    ]
