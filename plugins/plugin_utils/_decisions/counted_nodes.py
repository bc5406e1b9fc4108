# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts of the inventory count where a cluster is connected, and which of them nobody can read. Pure. Private."""

from __future__ import annotations

from typing import Any, Mapping, Sequence


def count(
    results: Sequence[Mapping[str, Any]],
    cluster: Mapping[str, Any],
    names: Mapping[str, str],
    holders: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """
    :param results: of the module node_info, one for each inventory host of a node (``item``), failed or not.
    :param cluster: as the module cluster_info describes it; empty where it could not be read.
    :param names: host → name of its node, where the inventory says it.
    :param holders: whether a node that can't be a client of remote clusters counts where it holds a credential.
    :return: ``reached``, results of hosts that answered; ``read``, those of them that have told what they hold;
        ``unread``, the others, with the reason in ``msg``.
    """
    nodes = cluster.get("nodes") or []
    clients = {node["name"]: bool(node["remote_cluster_client"]) for node in nodes}
    found: dict[str, list[dict[str, Any]]] = {"reached": [], "read": [], "unread": []}
    unreached = []
    for result in results:
        info = result.get("node_info")
        if info is None:
            unreached.append(dict(result))
            continue
        if not clients.get((info.get("node") or {}).get("name"), True) and not (holders and info.get("credentials")):
            continue
        why = _why_left_out(info, cluster)
        if why:
            found["unread"].append(dict(item=result["item"], msg=why, stopped=True))
            continue
        found["reached"].append(dict(result))
        found["unread" if info.get("credentials") is None else "read"].append(dict(result))
    seen = {(r["node_info"].get("node") or {}).get("name") for r in results if "node_info" in r}
    found["unread"] = _counting(unreached, clients, seen, names) + found["unread"]
    return found


def _counting(
    unreached: Sequence[dict[str, Any]], clients: Mapping[str, bool], seen: Any, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Which node an unreached host stands for is known by its name, or where all nodes that are left are alike."""
    called = {r["item"]: names.get(r["item"]) or r["item"] for r in unreached}
    nameless = [r for r in unreached if called[r["item"]] not in clients]
    left = [name for name in clients if name not in seen and name not in called.values()]
    # Of fewer nodes than hosts, one is down, and nobody knows what it can do.
    none_counts = len(left) >= len(nameless) and not any(clients[name] for name in left)
    return [r for r in unreached if (not none_counts if r in nameless else clients[called[r["item"]]])]


def is_stopped(info: Mapping[str, Any], cluster: Mapping[str, Any]) -> bool:
    """A node of the cluster that is not there now, as far as its configuration tells."""
    return _runs_nothing(info) and _cluster_name(info) == cluster.get("name")


def _runs_nothing(info: Mapping[str, Any]) -> bool:
    return not info.get("node") and info.get("running") is False


def _cluster_name(info: Mapping[str, Any]) -> str:
    return str((info.get("settings") or {}).get("cluster.name") or "elasticsearch")


def _why_left_out(info: Mapping[str, Any], cluster: Mapping[str, Any]) -> str:
    """Of a host on which no server runs; empty where its keystore can be kept up to date all the same."""
    if not cluster or not _runs_nothing(info):
        return ""
    keystore = info["keystore"]
    if keystore.get("error"):
        why = keystore["error"]
    elif not keystore["exists"]:
        why = no_keystore(info)
    elif not is_stopped(info, cluster):
        why = "elasticsearch.yml in %s is that of the cluster %s; set elasticsearch_path_conf, or take the host out" % (
            info["paths"]["config"],
            _cluster_name(info),
        )
    else:
        return ""
    return "no Elasticsearch server runs there, and %s" % why


def no_keystore(info: Mapping[str, Any]) -> str:
    """Elasticsearch makes one when it starts without; so where a server runs, a new one would be read by nobody."""
    path = (info.get("paths") or {}).get("keystore") or "keystore"
    if info.get("running"):
        return (
            "%s is missing, though a server runs with this directory (process %s); put it back from a backup, because "
            "that server has read its secure settings from it." % (path, info.get("process"))
        )
    if info.get("node"):
        return (
            "there is no %s, so that the server runs with another directory; set elasticsearch_path_conf to that."
            % path
        )
    return (
        "there is no %s; set elasticsearch_path_conf to the directory of the node's elasticsearch.yml, or start the "
        "node once if it is new." % path
    )
