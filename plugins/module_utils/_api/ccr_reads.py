# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules ask a cluster about replication: as many requests for one follower as for all. Private."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import Client, ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import remedy_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import auto_follow_pattern
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cluster as cluster_plan
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follower as plans
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal, in_path

# A server takes 4096 bytes for the first line of a request.
_LONGEST_PATH = 2500
LOOK_AGAIN_SECONDS = 0.5
# Of how many followers it is asked why they could not be copied.
EXPLAINED = 5
# How long the server may take to connect a remote cluster that it has lost.
REACHED_SECONDS = 10


def followers(
    client: Client, names: Optional[Sequence[str]] = None, patience: float = plans.START_SECONDS
) -> Dict[str, plans.Follower]:
    """What is there under each name; all followers without names. Three requests, one more where some are paused.

    :param patience: seconds in which to look again when followers are just between two states.
    """
    one = names[0] if names and len(names) == 1 else None
    info = read(client, "/%s/_ccr/info" % (in_path(one) if one else reads.ALL), "ask for the followers", missing=True)
    if one and info is None:
        return {one: plans.Follower(one)}
    info = info or {}
    entries = info.get("follower_indices") or []
    if one and entries and entries[0]["follower_index"] != one:
        return {one: plans.Follower(one, alias_of=entries[0]["follower_index"])}
    wanted = [entry["follower_index"] for entry in entries] if names is None else list(names)
    if not wanted:
        return {}
    query = {"filter_path": plans.STATE, "expand_wildcards": "all", "ignore_unavailable": "true"}
    path = "/_cluster/state/metadata,routing_table/%s" % _names(wanted)
    found = plans.parse(names, info, read(client, path, "read the state of the indices", query) or {})
    for follower in [f for f in found.values() if f.unassigned is not None][:EXPLAINED]:
        _explain(client, follower)
    if any(follower.state == plans.FOLLOWING for follower in found.values()):
        _add_stats(client, found, one)
    # Somebody has paused them since the first request.
    unsure = any(f.state == plans.FOLLOWING and not f.stats and not f.stats_error for f in found.values())
    paused = [name for name, f in found.items() if f.state == plans.PAUSED and f.open]
    if paused:
        path = "/%s/_recovery" % _names(paused)
        query = {"filter_path": ",".join("*.shards.%s" % key for key in ("type", "stage", "stop_time_in_millis"))}
        recovery = read(client, path, "ask what is copied", query, missing=True) or {}
        copies = plans.copies(recovery, lambda: reads.clock(client))
        for name in paused:
            if copies.get(name):
                found[name].state = plans.COPYING
        # Called paused after its copy until it follows; if it does not in a moment, somebody has paused it.
        unsure = unsure or False in [copies.get(name) for name in paused]
    if unsure and patience > 0:
        time.sleep(LOOK_AGAIN_SECONDS)
        return followers(client, names, patience - LOOK_AGAIN_SECONDS)
    return found


def _names(names: Sequence[str]) -> str:
    listed = in_path(*names)
    return listed if len(listed) <= _LONGEST_PATH else reads.ALL


def _explain(client: Client, follower: plans.Follower) -> None:
    shard = {"index": follower.follower_index, "shard": follower.unassigned, "primary": True}
    try:
        path = "/_cluster/allocation/explain"
        plans.add_allocation(follower, client.read(path, "ask which node may have %s" % shard["index"], body=shard))
    except ClientError as e:
        # A node has it meanwhile, or who asks may not see it.
        if e.status not in (400, 403, 404):
            raise


def _add_stats(client: Client, found: Dict[str, plans.Follower], one: Optional[str]) -> None:
    try:
        path = "/%s/_ccr/stats" % (in_path(one) if one else "_all")
        plans.add_stats(found, read(client, path, "ask how the followers are", missing=True) or {})
    except ClientError as e:
        if e.status != 403:
            raise
        # Without a licence, or without the privilege: they follow, and nobody tells how.
        for follower in found.values():
            follower.stats_error = e.reason


def read(
    client: Client, path: str, purpose: str, query: Optional[Dict[str, Any]] = None, missing: bool = False
) -> Optional[Dict[str, Any]]:
    """An answer of the replication API, or a refusal that tells what to do.

    :param missing: 404 is an answer: None.
    """
    try:
        answer: Dict[str, Any] = client.read(path, purpose, query)
        return answer
    except ClientError as e:
        if e.status == 404 and missing:
            return None
        if e.status in (400, 405) and ("no handler found" in e.reason or "Incorrect HTTP method" in e.reason):
            raise Refusal(
                "url: %s has no cross-cluster replication. Use the default distribution of Elasticsearch, without "
                "xpack.ccr.enabled: false" % client
            ) from None
        e.advise(remedy_of(e.reason))
        raise


def remote_info(client: Client) -> Optional[Dict[str, Any]]:
    """Alias → what the server says of it; None where the caller may not ask."""
    try:
        found: Dict[str, Any] = client.read("/_remote/info", "list the remote clusters")
        return found
    except ClientError as e:
        if e.status == 403:
            return None
        raise


def connected(client: Client, known: Dict[str, Any], alias: str) -> bool:
    """Whether a remote cluster is reached. After an outage the server says no until somebody uses the connection.

    :param known: what ``remote_info`` has found, and finds then.
    """
    if not known[alias].get("connected"):
        try:
            path = "/_resolve/cluster/%s:*" % in_path(alias)
            client.read(path, "reach %s" % alias, timeout=REACHED_SECONDS, retries=0)
        except ClientError:
            # What the server says then counts, also for who may not ask or has waited in vain.
            pass
        known.update(remote_info(client) or {})
    return bool(known[alias].get("connected"))


def leases(client: Client, leaders: Sequence[str]) -> Dict[str, List[Dict[str, Any]]]:
    """Leader → its leases, each with its shard, from the leaders' cluster."""
    # Any metric will do: leases come with each shard.
    query = {"level": "shards", "ignore_unavailable": "true", "expand_wildcards": "all"}
    query["filter_path"] = "indices.*.shards.*.retention_leases.leases,indices.*.shards.*.routing.primary"
    answer = client.read("/%s/_stats/docs" % _names(leaders), "read the leases of the leaders", query)
    found: Dict[str, List[Dict[str, Any]]] = {}
    for index, entry in (answer.get("indices") or {}).items():
        for shard, copies in (entry.get("shards") or {}).items():
            for copy in copies:
                if (copy.get("routing") or {}).get("primary"):
                    listed = (copy.get("retention_leases") or {}).get("leases") or []
                    found.setdefault(index, []).extend(dict(lease, shard=int(shard)) for lease in listed)
    return found


def check_known(client: Client, known: Optional[Dict[str, Any]], aliases: Sequence[Optional[str]]) -> None:
    """:param known: what ``remote_info`` has found."""
    for alias in aliases if known is not None else ():
        if alias not in (known or {}):
            raise Refusal(
                "remote_cluster: %s knows no remote cluster %s; it knows %s. Connect it first"
                % (client, alias, ", ".join(sorted(known or {})) or "none")
            )


def check_license(client: Client) -> None:
    """That of the local cluster; the server tells of the other one."""
    try:
        found = reads.license_of(client)
    except ClientError as e:
        if e.status != 403:
            raise
        return
    if not cluster_plan.allows_replication(found):
        raise Refusal(
            "url: the licence of %s (%s, %s) does not allow cross-cluster replication. Install a Platinum, Enterprise "
            "or trial licence" % (client, found["type"], found["status"])
        )


def auto_follow_patterns(client: Client) -> Dict[str, auto_follow_pattern.Pattern]:
    return auto_follow_pattern.parse(read(client, "/_ccr/auto_follow", "list the auto-follow patterns") or {})


def stats(client: Client) -> Optional[Dict[str, Any]]:
    """What replication has counted; None where there is no licence or no privilege to know."""
    try:
        return read(client, "/_ccr/stats", "ask for the errors of auto-follow patterns")
    except ClientError as e:
        if e.status != 403:
            raise
        return None
