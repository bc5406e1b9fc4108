# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of connecting two clusters, all of it at once, before anything is changed. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/remote-clusters (versions, licences, roles of nodes)
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

OLDEST = (8, 14)


def problems(
    aliases: Sequence[Dict[str, Any]],
    local: Dict[str, Any],
    remotes: Dict[str, Dict[str, Any]],
    read_nodes: Sequence[Dict[str, Any]],
    unread_nodes: Sequence[Dict[str, Any]],
) -> List[str]:
    """
    :param aliases: what is declared, as the filter expand_remote_clusters returns it.
    :param local: what the module cluster_info found, as ``remotes`` (by inventory host).
    :param read_nodes: results of the module node_info, one for each inventory host of a node (``item``).
    :param unread_nodes: results of those that could not be read.
    """
    found: List[str] = []
    by_key = [alias for alias in aliases if alias["security_model"] == "api_key"]
    ends = [("the local cluster", local)]
    keyed = {alias["cluster"] for alias in by_key}
    ends += [("the remote cluster %s" % name, remotes[name]) for name in sorted(remotes) if name in keyed]
    if by_key:
        for what, cluster in ends:
            found += _version(what, cluster) + _license(what, cluster)
    for alias in aliases:
        remote = remotes.get(alias["cluster"] or "")
        if remote and remote["uuid"] == local["uuid"]:
            found.append(
                "%s: the URLs of the local and the remote cluster lead to the same cluster; correct elasticsearch_url."
                % alias["alias"]
            )
    if read_nodes or unread_nodes:
        found += _nodes(local, read_nodes, unread_nodes) + (_keystores([*read_nodes, *unread_nodes]) if by_key else [])
    return found + _addresses(aliases, read_nodes)


def _version(what: str, cluster: Dict[str, Any]) -> List[str]:
    if [int(n) for n in (cluster["version"] or "0").split(".")[:2]] >= list(OLDEST):
        return []
    return [
        "%s has a node of version %s, and cross-cluster API keys need %s.%s or newer; upgrade it, or set "
        "security_model to certificate." % (what, cluster["version"], *OLDEST)
    ]


def _license(what: str, cluster: Dict[str, Any]) -> List[str]:
    license_of = cluster["license"]
    if license_of["allows_cross_cluster_api_keys"]:
        return []
    return [
        "%s has a licence of type %s (%s), and cross-cluster API keys need Enterprise or a trial at both ends; set "
        "security_model to certificate, which a basic licence allows."
        % (what, license_of["type"], license_of["status"])
    ]


def _nodes(
    local: Dict[str, Any], read_nodes: Sequence[Dict[str, Any]], unread_nodes: Sequence[Dict[str, Any]]
) -> List[str]:
    found = []
    names = {node["node_info"]["node"]["name"]: node["item"] for node in read_nodes if node["node_info"]["node"]}
    strangers = [node["item"] for node in read_nodes if not node["node_info"]["node"]]
    missing = [node["name"] for node in local["nodes"] if node["remote_cluster_client"] and node["name"] not in names]
    elsewhere = [
        node["item"]
        for node in read_nodes
        if node["node_info"]["node"] and node["node_info"]["node"].get("address_is_local") is False
    ]
    if elsewhere:
        found.append(
            "%s: the node of that name has an address that is not the host's, so it may be another cluster's; correct "
            "the group of the cluster's nodes, or elasticsearch_node_name." % ", ".join(elsewhere)
        )
    if strangers:
        found.append(
            "%s: no node of the local cluster runs there; start it, set elasticsearch_node_name, or take the host out "
            "of the group." % ", ".join(strangers)
        )
    # A host that could not be read may be any of the missing ones.
    if len(missing) > len(unread_nodes):
        found.append(
            "No host in the inventory stands for the node%s %s; add %s to the group of the cluster's nodes, because "
            "every node needs the credentials."
            % ("" if len(missing) == 1 else "s", ", ".join(missing), "it" if len(missing) == 1 else "them")
        )
    return found


def _keystores(nodes: Sequence[Dict[str, Any]]) -> List[str]:
    """Of the nodes that were reached at all."""
    reached = [node for node in nodes if "node_info" in node]
    missing = [node["item"] for node in reached if not node["node_info"]["keystore"]["exists"]]
    found = []
    if missing:
        found.append("%s: there is no keystore; create it with elasticsearch-keystore create." % ", ".join(missing))
    for node in reached:
        error = node["node_info"]["keystore"].get("error")
        if error and node["item"] not in missing:
            found.append("%s: %s" % (node["item"], error))
    return found


def _addresses(aliases: Sequence[Dict[str, Any]], read_nodes: Sequence[Dict[str, Any]]) -> List[str]:
    """An address that no node reaches would hold up the cluster state for about 10 s, so it is not even written."""
    found = []
    for alias in aliases:
        address = (alias.get("probe") or {}).get("address")
        failed = {}
        for node in read_nodes:
            probe = next((p for p in node["node_info"]["probes"] if p["address"] == address), None)
            why = _why(probe)
            if why:
                failed[node["item"]] = why
        if failed:
            found.append(
                "%s: %s can't be reached: %s; correct the address, or open the way."
                % (alias["alias"], address, ", ".join("from %s %s" % pair for pair in sorted(failed.items())))
            )
    return found


def _why(probe: Optional[Dict[str, Any]]) -> Optional[str]:
    if probe is None:
        return None
    if probe.get("dns_error"):
        return "the name does not resolve"
    if probe.get("tcp") not in (None, "ok"):
        return {"refused": "it is refused", "timeout": "there is no answer"}.get(probe["tcp"], str(probe["tcp"]))
    return None
