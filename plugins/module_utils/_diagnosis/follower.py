# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server says of a follower, an auto-follow pattern or a refused request → cause and remedy, by one table.

Pure. Private to this collection. The texts are those of Elasticsearch 8.19 and 9.2; docs/replication-diagnosis.md shows
the table.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.causes import Evidence, Row, verdict

HEALTHY = "healthy"
RETRYING = "retrying"
BROKEN = "broken"
COPYING = "copying"
PAUSED = "paused"
UNFOLLOWED = "unfollowed"
ABSENT = "absent"
UNKNOWN = "unknown"


class _Evidence(Evidence):
    """What is known, under names that make the table readable; what nobody asked for is absent, not false."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(given, given.get("error"))
        self.state = given.get("state")

    @property
    def follows(self) -> bool:
        return self.state == "following"

    @property
    def leader_missing(self) -> bool:
        """The same text is said of a follower that is not there."""
        name = re.search(r"no such index \[([^\]]+)\]", self.error)
        if not name:
            return False
        return self.given.get("leader_index") in (None, name.group(1).rpartition(":")[2])

    def over(self, value: str, most: str) -> bool:
        found, limit = self.given.get(value), self.given.get(most)
        return self.follows and found is not None and limit is not None and found > limit

    def fields(self) -> dict[str, Any]:
        given = self.given
        alias, leader = given.get("remote_cluster"), given.get("leader_index")
        return {
            "name": given.get("name") or "the follower",
            "local": given.get("local") or "the local cluster",
            "remote": "the remote cluster %s" % alias if alias else "the remote cluster",
            "alias": alias or "the alias",
            "leader": "%s:%s" % (alias, leader) if alias and leader else leader or "the leader",
            "error": self.error or "nothing",
            "shards": given.get("shards") or 0,
            "following": given.get("shards_following") or 0,
            "lag": given.get("lag") or 0,
            "max_lag": given.get("max_lag") or 0,
            "copy_error": str(given.get("copy_error") or "no reason is given").rstrip("."),
            "seconds": (given.get("last_read") or 0) // 1000,
        }


# The first row that fits is the answer: what an index is stands before what the server says.
ROWS = (
    Row(
        "absent",
        ABSENT,
        "there is no such index",
        lambda e: e.state == "absent" and not e.error,
        "There is no index {name}.",
        "Correct the name, or create the follower with state=present.",
    ),
    Row(
        "ordinary_index",
        UNFOLLOWED,
        "the index is not in `_ccr/info`",
        lambda e: e.state == "unfollowed" and not e.error,
        "{name} is an ordinary index that follows nothing.",
        "If it should follow, delete it and create the follower; a lifecycle policy may have unfollowed it.",
    ),
    Row(
        "copy_failed",
        BROKEN,
        "the shard to be copied has no node, and its allocation status is `deciders_no`",
        lambda e: e.state == "copy_failed" and not e.error,
        "{name} could not be copied from {leader}, and the server tries it no more: {copy_error}.",
        "Correct the cause (it may be an index.routing.allocation.* of {name}); then state=present copies it anew.",
    ),
    Row(
        "copying",
        COPYING,
        "`paused` in `_ccr/info`, and a shard is recovered from a snapshot (of the leader)",
        lambda e: e.state == "copying" and not e.error,
        "{name} is still being copied from {leader}.",
        "Wait; GET {name}/_recovery shows how far it is.",
    ),
    Row(
        "paused",
        PAUSED,
        "`paused` in `_ccr/info`, and all shards are started",
        lambda e: e.state == "paused" and not e.error,
        "{name} is paused, or its start after the copy has failed, which looks the same.",
        "Resume it with state=present before the lease on {leader} expires, after 12 hours by default.",
    ),
    Row(
        "closed",
        BROKEN,
        "the index is closed while it is active",
        lambda e: e.follows and e.given.get("open") is False,
        "{name} is closed, so that it can't follow {leader}.",
        "Open it with state=present, or let its lifecycle policy end what it does.",
    ),
    Row(
        "no_replication",
        BROKEN,
        "`no handler found` or `Incorrect HTTP method`",
        lambda e: e.says("no handler found for uri|Incorrect HTTP method"),
        "{local} has no cross-cluster replication.",
        "Use the default distribution of Elasticsearch, without xpack.ccr.enabled: false.",
    ),
    Row(
        "licence_remote",
        BROKEN,
        "`is not licensed for [ccr]`, `non-compliant for [advanced-remote-cluster-security]`",
        # With API keys the remote cluster refuses before it is asked for its licence.
        lambda e: e.says(r"is not licensed for \[ccr\]|non-compliant for \[advanced-remote-cluster-security\]"),
        "The licence of {remote} does not allow replication: {error}.",
        "Install a Platinum, Enterprise or trial licence there, with API keys Enterprise or trial; {local} needs one "
        "as well.",
    ),
    Row(
        "licence_local",
        BROKEN,
        "`license is non-compliant for [ccr]`",
        lambda e: e.says(r"license is non-compliant for \[ccr\]"),
        "The licence of {local} does not allow replication.",
        "Install a Platinum, Enterprise or trial licence; {remote} needs one as well.",
    ),
    Row(
        "credentials",
        BROKEN,
        "`unable to authenticate`, an API key that expired or was invalidated",
        lambda e: e.says(
            "unable to authenticate|error attempting to authenticate|missing authentication|api key is expired|"
            "has been invalidated"
        ),
        "The credentials with which {name} reads are refused: {error}.",
        "Resume it (pause, then state=present) with an account that stays valid, or renew the key of {alias} with the "
        "connect playbook.",
    ),
    Row(
        "remote_unreachable",
        RETRYING,
        "`license state … could not be determined`, `connect_transport_exception` and the like",
        lambda e: e.says(
            "license state of the remote cluster .* could not be determined|connect_transport|ConnectTransport|"
            "node_not_connected|no_seed_node|unable to open any connections|no route|connect_exception"
        ),
        "{local} does not reach {remote}: {error}.",
        "Check {alias} with the module remote_cluster_info; the follower goes on by itself when {remote} is reached "
        "again.",
    ),
    Row(
        "no_remote_cluster",
        BROKEN,
        "`no such remote cluster`",
        lambda e: e.says("no such remote cluster|no_such_remote_cluster"),
        "{local} knows no remote cluster {alias}.",
        "Connect it under this alias, which can't be changed for a follower that is there.",
    ),
    Row(
        "node_without_role",
        BROKEN,
        "`does not have the remote_cluster_client role`",
        lambda e: e.says(r"does not have the \[?remote_cluster_client\]? role"),
        "A node of {local} that should replicate does not have the role remote_cluster_client.",
        "Give that role to all master-eligible nodes and to at least one data node.",
    ),
    Row(
        "leader_privileges",
        BROKEN,
        "`insufficient privileges to follow index`",
        lambda e: e.says("insufficient privileges to follow"),
        "The caller may not replicate from {leader}: {error}.",
        "With API keys let access.replication of the key for {alias} cover the index; with certificates give the role "
        "on the leader's cluster read_ccr, and read and monitor on the index.",
    ),
    Row(
        "no_remote_privileges",
        BROKEN,
        "`no remote cluster privileges apply`",
        lambda e: e.says("no remote cluster privileges apply"),
        "The roles of the calling account grant nothing on the remote cluster {alias}: {error}.",
        "Give one of them remote_indices for {alias} with the privilege cross_cluster_replication on {leader}.",
    ),
    Row(
        "unauthorized_on_leader",
        BROKEN,
        "`towards remote cluster … is unauthorized`",
        lambda e: e.says("towards remote cluster .*unauthorized"),
        "The caller or the key of {alias} may not do this on {remote}: {error}.",
        "Let access.replication of the key cover {leader}.",
    ),
    Row(
        "no_roles_on_leader",
        BROKEN,
        "`is unauthorized for user … with effective roles []`",
        lambda e: e.says(r"is unauthorized for user \[[^]]*\] with effective roles \[\]"),
        "{remote} has none of the roles of the calling account: {error}.",
        "With certificates it has to have roles of the same names; give one of them read_ccr, and read and monitor on "
        "{leader}.",
    ),
    Row(
        "unauthorized",
        BROKEN,
        "`is unauthorized`",
        lambda e: e.says("is unauthorized"),
        "The caller may not do this on {local}: {error}.",
        "Followers need the index privilege manage_follow_index (manage to open one) and the cluster privileges "
        "monitor and manage_ccr.",
    ),
    Row(
        "leader_replaced",
        BROKEN,
        "`should reference … as leader index` or `… as history uuid`",
        lambda e: e.says("should reference"),
        "{leader} was deleted and created again, or restored, so that {name} can't go on: {error}.",
        "Copy it anew with recreate=true, which replaces what {name} holds.",
    ),
    Row(
        "history_lost",
        BROKEN,
        "`Operations are no longer available for replicating`",
        lambda e: e.says("Operations are no longer available"),
        "{leader} no longer has the operations that {name} lacks.",
        "Copy it anew with recreate=true and on_fatal=restart; a longer index.soft_deletes.retention_lease.period on "
        "the leader gives more time.",
    ),
    Row(
        "leader_missing",
        BROKEN,
        "`no such index` with the leader's name",
        lambda e: e.leader_missing,
        "There is no leader {leader}.",
        "Correct leader_index; if it was deleted for good, keep the copy with state=unfollowed.",
    ),
    Row(
        "leader_closed",
        BROKEN,
        "`index_closed_exception`, or the reason `closed`",
        lambda e: e.says(r"index_closed_exception|^closed$|\bclosed_exception"),
        "{leader} is closed.",
        "Open it on its cluster.",
    ),
    Row(
        "leader_is_no_index",
        BROKEN,
        "`because it is a ALIAS` or `DATA_STREAM`",
        lambda e: e.says(r"cannot follow .* because it is a (ALIAS|DATA_STREAM|failure store)"),
        "{leader} is no index that can be followed: {error}.",
        "Follow the index behind the alias, or the data stream by an auto-follow pattern.",
    ),
    Row(
        "no_soft_deletes",
        BROKEN,
        "`does not have soft deletes enabled`, `soft deletes are not enabled`",
        lambda e: e.says("soft deletes"),
        "{leader} keeps no history for followers (soft deletes): {error}.",
        "Reindex it into an index that was created by Elasticsearch 7 or later, and follow that.",
    ),
    Row(
        "searchable_snapshot",
        BROKEN,
        "`searchable snapshot index`",
        lambda e: e.says("searchable snapshot"),
        "{leader} is a searchable snapshot, which can't be followed.",
        "Mount the snapshot on {local} as well.",
    ),
    Row(
        "leader_not_started",
        RETRYING,
        "`no index stats available`, `commit stats are missing`, `no history uuid`",
        lambda e: e.says("no index stats available|commit stats are missing|no history uuid"),
        "A primary shard of {leader} is not started.",
        "Look at the health of the leader's cluster, then run this again.",
    ),
    Row(
        "setting_of_leader",
        BROKEN,
        "`could override leader settings`",
        lambda e: e.says("override leader settings"),
        "A setting always comes from the leader and can't be set for the follower: {error}.",
        "Take it out of settings.",
    ),
    Row(
        "unknown_setting",
        BROKEN,
        "`unknown setting`",
        lambda e: e.says("unknown setting"),
        "There is no such setting: {error}.",
        "Correct the name in settings.",
    ),
    Row(
        "name_taken",
        BROKEN,
        "`an open index with same name already exists`",
        lambda e: e.says("open index with same name already exists"),
        "Another index has the name of the follower.",
        "Choose another name, or delete the index if its data is not needed.",
    ),
    Row(
        "shards_differ",
        BROKEN,
        "another number of shards than the leader",
        lambda e: e.says("shards from a snapshot of|does not match with the number of"),
        "The index has another number of shards than {leader}: {error}.",
        "Copy it anew with recreate=true, or choose another name.",
    ),
    Row(
        "promoted",
        BROKEN,
        "`no longer marked as replicated`",
        lambda e: e.says("no longer marked as replicated"),
        "The local data stream was promoted and takes no more copies: {error}.",
        "Choose another data_stream_name, or delete the local data stream if its data is not needed.",
    ),
    Row(
        "follower_closed",
        BROKEN,
        "`leader and follow index must be open`",
        lambda e: e.says("leader and follow index must be open"),
        "{name} or {leader} is closed.",
        "Open it; state=present opens the follower.",
    ),
    Row(
        "not_started",
        RETRYING,
        "`The primary shard of a follower index … is not active`",
        lambda e: e.says("primary shard of a follower index .* is not active|Not all copies of follow shard"),
        "A shard of {name} is not started yet.",
        "Wait for a copy that is under way, or look at the health of {local}.",
    ),
    Row(
        "no_follower",
        BROKEN,
        "`is not a follower index`, `does not have ccr metadata`",
        lambda e: e.says("is not a follower index|does not have ccr metadata"),
        "{name} is no longer a follower.",
        "Find out who has unfollowed it; a lifecycle policy may have.",
    ),
    Row(
        "patterns_meet",
        BROKEN,
        "`matches with other patterns`",
        lambda e: e.says("matches with other patterns"),
        "More than one auto-follow pattern fits, so that nothing is followed: {error}.",
        "Let only one pattern of {remote} fit each index; paused ones count.",
    ),
    Row(
        "mapping",
        BROKEN,
        "an error of the mapping",
        lambda e: e.says(r"mapper|mapping|strict_dynamic|limit of total fields"),
        "{name} can't take the mapping of {leader}: {error}.",
        "Remove what differs, such as a missing plugin or analysis file on {local}, then use on_fatal=restart.",
    ),
    Row(
        "version",
        BROKEN,
        "`incompatible`, `unsupported version`, an index of a newer version",
        lambda e: e.says("incompatible|unsupported version|greater than the current node version|newer version"),
        "The versions of {local} and of {remote} don't fit: {error}.",
        "Upgrade {local}: the cluster that follows has the same version as the leader's, or a newer one.",
    ),
    Row(
        "busy",
        RETRYING,
        "`circuit_breaking_exception`, `rejected`, a shard that is not available",
        lambda e: e.says(
            "circuit_breaking|rejected_execution|no_shard_available|shard_not_found|unavailable_shards|"
            "node_closed|cluster_block"
        ),
        "A cluster is too busy or not complete, the server tries again: {error}.",
        "Look at the health of both clusters if it lasts.",
    ),
    Row(
        "retried",
        RETRYING,
        "any other error that is tried again",
        lambda e: bool(e.error and e.given.get("retried")),
        "{name} can't read from {leader}, the server tries again: {error}.",
        "Follow what the server says if it lasts; the logs of both clusters have more.",
    ),
    Row(
        "other",
        BROKEN,
        "any other error text",
        lambda e: bool(e.error),
        "The server says of {name}: {error}.",
        "Follow what the server says; the logs of both clusters have more.",
    ),
    Row(
        "not_told",
        UNKNOWN,
        "`_ccr/stats` was not read",
        lambda e: e.follows and not e.given.get("stats_read", True),
        "{name} is active, which says nothing about its health, and nothing else is known.",
        "Read _ccr/stats, for which the cluster privilege monitor and a licence are needed.",
    ),
    Row(
        "shards_missing",
        BROKEN,
        "fewer shards in `_ccr/stats` than the index has",
        lambda e: e.follows and (e.given.get("shards_following") or 0) < (e.given.get("shards") or 0),
        "Only {following} of {shards} shards of {name} follow.",
        "If it stays so, pause it and resume it (on_fatal=restart does not see it).",
    ),
    Row(
        "silent",
        BROKEN,
        "no read for longer than `max_silence`",
        lambda e: e.over("last_read", "max_silence"),
        "A shard of {name} has not read from {leader} for {seconds} seconds.",
        "Check {alias} with the module remote_cluster_info. If {leader} has an alias that {name} lacks, grant the "
        "index privilege manage to the account that created the follower. Then pause and resume the follower.",
    ),
    Row(
        "lag",
        RETRYING,
        "more operations behind than `max_lag`",
        lambda e: e.over("lag", "max_lag"),
        "{name} is {lag} operations behind {leader}, which is more than {max_lag}.",
        "Wait; if it grows, allow more and larger reads in parameters.",
    ),
    Row(
        "healthy",
        HEALTHY,
        "all shards follow, without an error",
        lambda e: e.follows,
        "{name} follows {leader}.",
        "",
    ),
    Row(
        "no_evidence",
        UNKNOWN,
        "nothing",
        lambda e: True,
        "Nothing is known of {name}.",
        "Look again, and read the errors of the run.",
    ),
)


def diagnose(evidence: dict[str, Any]) -> dict[str, str]:
    """What is known of one follower, pattern or refused request → status, cause, summary and remedy.

    Cause and remedy are empty when all is well.

    :param evidence: see docs/replication-diagnosis.md; every part may be absent.
    """
    found = verdict(ROWS, _Evidence(evidence))
    # What has stopped a follower for good is not tried again, whatever it was.
    if found["status"] == RETRYING and evidence.get("fatal"):
        found["status"] = BROKEN
    return found


def remedy_of(error: str, **known: Any) -> str:
    """What to do about a refused request; empty where the table knows no more than the server says."""
    found = diagnose(dict(known, error=error))
    return "" if found["cause"] == "other" else found["remedy"]
