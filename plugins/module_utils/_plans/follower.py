# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Followers: what a cluster says of them, and whether they truly follow. Pure. Private to this collection.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/manage-cross-cluster-replication
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterable, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal

ABSENT = "absent"
# An ordinary index, whether it has followed before or not: no trace is left of that.
UNFOLLOWED = "unfollowed"
COPYING = "copying"
# For good: the server has given up, and nothing but a new copy or its end gets it out of that.
COPY_FAILED = "copy_failed"
PAUSED = "paused"
FOLLOWING = "following"

# How long a follower may take, after its copy, to begin to follow.
START_SECONDS = 3.0
UNKNOWN_PARAMETERS = "unknown (paused)"


@dataclass
class Follower:
    """What there is under the name of a follower.

    :param state: absent, unfollowed (an ordinary index), copying, copy_failed, paused, following.
    :param parameters: all ten; None where the server does not tell them, which it does only for what follows.
    :param shards: how many primary shards the index has.
    :param stats: what ``GET /F/_ccr/stats`` says of it; None where it says nothing.
    :param stats_error: why it says nothing.
    :param alias_of: the index that is meant when the name is an alias.
    :param unassigned: the number of the shard that could not be copied.
    :param copy_error: why it could not.
    """

    follower_index: str
    state: str = ABSENT
    remote_cluster: Optional[str] = None
    leader_index: Optional[str] = None
    parameters: Optional[Dict[str, Any]] = None
    open: bool = True
    shards: int = 0
    index_uuid: Optional[str] = None
    cluster_name: str = ""
    stats: Optional[Dict[str, Any]] = None
    stats_error: str = ""
    alias_of: Optional[str] = None
    unassigned: Optional[int] = None
    copy_error: str = ""

    @property
    def follows(self) -> bool:
        return self.state in (COPYING, COPY_FAILED, PAUSED, FOLLOWING)

    @property
    def leader(self) -> str:
        return "%s:%s" % (self.remote_cluster, self.leader_index)

    @property
    def fatal(self) -> Optional[Dict[str, Any]]:
        """What has stopped a shard for good; the index is called active all the same."""
        found = (shard.get("fatal_exception") for shard in (self.stats or {}).get("shards") or [])
        return next((error for error in found if error), None)

    @property
    def retrying(self) -> Optional[Dict[str, Any]]:
        """What a shard tries again and again."""
        for shard in (self.stats or {}).get("shards") or []:
            for entry in shard.get("read_exceptions") or []:
                found: Dict[str, Any] = entry.get("exception") or {}
                return found
        return None

    @property
    def outstanding_writes(self) -> int:
        """Requests that write what was read and are not answered; one that waits for its retry is among them."""
        return sum(shard.get("outstanding_write_requests") or 0 for shard in (self.stats or {}).get("shards") or [])


# ---- what is ----------------------------------------------------------------------------------------------------


# Of the cluster state, what ``parse`` reads.
STATE = ",".join(
    [
        "cluster_name",
        *(
            "metadata.indices.*.%s" % key
            for key in (
                "state",
                "aliases",
                "in_sync_allocations",
                "settings.index.uuid",
                "settings.index.number_of_shards",
            )
        ),
        *(
            "routing_table.indices.*.shards.*.%s" % key
            for key in ("state", "primary", "recovery_source.type", "unassigned_info.allocation_status")
        ),
    ]
)


def parse(names: Optional[Iterable[str]], info: Dict[str, Any], state: Dict[str, Any]) -> Dict[str, Follower]:
    """What is there under each name; all followers without names.

    :param info: of ``GET /NAMES/_ccr/info``.
    :param state: of the cluster state with ``STATE``.
    """
    entries = {entry["follower_index"]: entry for entry in info.get("follower_indices") or []}
    indices = ((state.get("metadata") or {}).get("indices")) or {}
    aliases = {alias: index for index, found in indices.items() for alias in found.get("aliases") or []}
    routing = ((state.get("routing_table") or {}).get("indices")) or {}
    found = {}
    for name in entries if names is None else names:
        follower = found[name] = Follower(name, cluster_name=state.get("cluster_name", ""))
        index, entry = indices.get(name), entries.get(name)
        if index is None and entry is None:
            follower.alias_of = aliases.get(name)
            continue
        index = index or {}
        settings = (index.get("settings") or {}).get("index") or {}
        shards = ((routing.get(name) or {}).get("shards")) or {}
        primaries = [copy for copies in shards.values() for copy in copies if copy.get("primary")]
        waiting = [copy for copy in primaries if copy.get("state") not in ("STARTED", "RELOCATING")]
        follower.state = UNFOLLOWED
        follower.open = index.get("state", "open") == "open"
        follower.shards = int(settings.get("number_of_shards") or len(shards))
        follower.index_uuid = settings.get("uuid")
        if entry is None:
            continue
        follower.remote_cluster, follower.leader_index = entry["remote_cluster"], entry["leader_index"]
        follower.parameters = entry.get("parameters")
        follower.state = FOLLOWING if entry["status"] == "active" else PAUSED
        if follower.state == PAUSED:
            in_sync = index.get("in_sync_allocations") or {}
            given_up = [n for n, its in sorted(shards.items()) if any(_given_up(copy, in_sync.get(n)) for copy in its)]
            # The server calls paused what it still copies, although nobody has paused it.
            if given_up:
                follower.state, follower.unassigned = COPY_FAILED, int(given_up[0])
            elif any(_source(copy) == "SNAPSHOT" for copy in waiting):
                follower.state = COPYING
    return found


def _given_up(copy: Dict[str, Any], in_sync: Any) -> bool:
    """A restored primary that no node may have once is never tried again, whatever changes after that."""
    if not copy.get("primary") or copy.get("state") != "UNASSIGNED":
        return False
    if _source(copy) != "SNAPSHOT":
        # Closed since, and perhaps opened: there never was a copy of it.
        return list(in_sync or []) == ["ccr_restore"]
    return (copy.get("unassigned_info") or {}).get("allocation_status") == "deciders_no"


def add_allocation(follower: Follower, explained: Dict[str, Any]) -> None:
    """``GET /_cluster/allocation/explain`` of the shard that could not be copied → why, into the follower."""
    nodes = explained.get("node_allocation_decisions") or []
    refusals = [d for node in nodes for d in node.get("deciders") or [] if d.get("decision") == "NO"]
    # That it has failed says nothing of why, and that it was tried often enough neither.
    told_by = [d for d in refusals if d.get("decider") not in ("restore_in_progress", "max_retry")]
    texts = list(dict.fromkeys(str(d.get("explanation") or d.get("decider")) for d in told_by))
    cause = _cause((explained.get("unassigned_info") or {}).get("details") or "")
    follower.copy_error = "; ".join([*([cause] if cause else []), *texts[:3]])


def _cause(details: str) -> str:
    """The innermost cause in a trace of Java, without the names of packages."""
    found = re.findall(r"^Caused by: (.*)$", details, flags=re.MULTILINE)
    return re.sub(r"^(?:[\w$]+\.)+(?=\w+(?::|$))", "", found[-1])[:300] if found else ""


def _source(copy: Dict[str, Any]) -> Optional[str]:
    found: Optional[str] = (copy.get("recovery_source") or {}).get("type")
    return found


def copies(recovery: Dict[str, Any], now: Callable[[], float]) -> Dict[str, bool]:
    """``GET /NAMES/_recovery`` → the indices of which a shard is being copied from a leader, or was just before: False.

    :param now: seconds since 1970 by the cluster's clock, asked for at need; between the end of a copy and the start
        of following there is a gap.
    """
    found: Dict[str, bool] = {}
    ended: Dict[str, int] = {}
    for index, entry in recovery.items():
        for shard in entry.get("shards") or []:
            if shard.get("type") != "SNAPSHOT":
                continue
            if shard.get("stage") != "DONE":
                found[index] = True
            else:
                ended[index] = max(ended.get(index, 0), shard.get("stop_time_in_millis", 0))
    # A request, however many there are.
    at = now() * 1000 if ended else 0
    for index, end in ended.items():
        if abs(at - end) < START_SECONDS * 1000:
            found.setdefault(index, False)
    return found


def add_stats(found: Dict[str, Follower], stats: Dict[str, Any]) -> None:
    """``GET /NAMES/_ccr/stats`` into the followers."""
    for entry in stats.get("indices") or []:
        if entry["index"] in found:
            found[entry["index"]].stats = entry


def remember(first: Optional[Follower], now: Follower) -> Follower:
    """What the first look of a run has seen and a later one can't see any more, after a write of unknown outcome."""
    if first is None or first.index_uuid != now.index_uuid:
        return now
    return replace(
        now,
        parameters=now.parameters or first.parameters,
        remote_cluster=now.remote_cluster or first.remote_cluster,
        leader_index=now.leader_index or first.leader_index,
    )


def described(follower: Follower) -> Dict[str, Any]:
    """In the words of the options: what a user can set, and what the diff shows."""
    if follower.state == ABSENT:
        return {}
    return dict(
        follower_index=follower.follower_index,
        remote_cluster=follower.remote_cluster if follower.follows else None,
        leader_index=follower.leader_index if follower.follows else None,
        state=follower.state,
        open=follower.open,
        parameters=follower.parameters if follower.state == FOLLOWING else None,
    )


def shown(entry: Dict[str, Any], fatal: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """For the diff: nothing would look as if there were no parameters.

    :param fatal: what has stopped it, which only the diff shows.
    """
    if fatal:
        return dict(entry, fatal_exception=error_text(fatal))
    if entry.get("state") not in (PAUSED, COPYING) or entry["parameters"]:
        return entry
    return dict(entry, parameters=UNKNOWN_PARAMETERS)


def error_text(error: Dict[str, Any]) -> str:
    """Type and reason of an exception, and what has caused it."""
    text, cause = "%s: %s" % (error.get("type"), error.get("reason")), error.get("caused_by")
    causes = []
    while isinstance(cause, dict):
        said = str(cause.get("reason") or "")
        if said and said not in text and said not in causes:
            causes.append(said)
        cause = cause.get("caused_by")
    return "%s (%s)" % (text, ": ".join(causes)) if causes else text


# ---- whether it follows -----------------------------------------------------------------------------------------


def missing(have: Follower, max_lag: Optional[int] = None) -> Optional[str]:
    """What it lacks to follow truly; None when it does. Refuses to wait for what does not come by itself."""
    name = have.follower_index
    if have.state == ABSENT:
        return "%s is not there" % name
    if have.state == UNFOLLOWED:
        raise Refusal("%s is an ordinary index: somebody else has unfollowed it meanwhile" % name)
    if have.state == COPY_FAILED:
        raise Refusal(copy_failed(have))
    if have.state == COPYING:
        return "%s is still being copied from %s" % (name, have.leader)
    if have.state == PAUSED:
        return "%s has not begun to follow %s; when it stays so, its start has failed, and another run resumes it" % (
            name,
            have.leader,
        )
    if have.fatal:
        raise Refusal("%s has stopped to follow %s: %s" % (name, have.leader, error_text(have.fatal)))
    shards = (have.stats or {}).get("shards") or []
    reading = [s for s in shards if s.get("time_since_last_read_millis", -1) >= 0 or s.get("outstanding_read_requests")]
    if len(reading) < max(have.shards, 1):
        return "%d of %d shards of %s follow" % (len(reading), have.shards, name)
    if have.retrying:
        return "%s can't read from %s: %s" % (name, have.leader, error_text(have.retrying))
    lag = lag_of(have) or 0
    if max_lag is not None and lag > max_lag:
        return "%s is %d operations behind %s, which is more than %d" % (name, lag, have.leader, max_lag)
    return None


def copy_failed(have: Follower) -> str:
    why = have.copy_error or "GET _cluster/allocation/explain tells why"
    return "%s could not be copied from %s, and the server tries it no more: %s" % (
        have.follower_index,
        have.leader,
        why.rstrip("."),
    )


def lag_of(have: Follower) -> Optional[int]:
    """Operations that all shards together are behind; it can be less than nothing for a moment."""
    if have.stats is None:
        return None
    lag: int = max(0, have.stats.get("total_global_checkpoint_lag") or 0)
    return lag


def last_read_of(have: Follower) -> Optional[int]:
    """Milliseconds since the shard that has waited longest has read; None before its first read."""
    times = [s.get("time_since_last_read_millis", -1) for s in (have.stats or {}).get("shards") or []]
    return max(times) if times and min(times) >= 0 else None


def replicated_of(have: Follower) -> Optional[int]:
    """How many operations of its leader a follower has, as the leader counts them: from 0 on, and -1 is none."""
    shards = (have.stats or {}).get("shards") or []
    if not shards:
        return None
    return sum(shard.get("follower_global_checkpoint", -1) + 1 for shard in shards)
