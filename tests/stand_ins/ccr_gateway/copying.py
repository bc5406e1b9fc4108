# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves documents, and what belongs to an index, from the leader to the real follower index.

Documents are searched through the local node and its connection, as `alias:leader`. Where the remote cluster refuses
that, because the key allows replication but no search, they are read from its node: a server with cross-cluster
replication needs no search either.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

from . import settings
from .errors import Refusal, Relayed
from .gateway import Gateway, Index
from .model import Follower, Shard
from .node import quote
from .remote import KEY, Remote, ShardState

PAGE = 1000
IDS = 5000


class Reader:
    """Searches one shard of a leader."""

    def __init__(self, remote: Remote, leader: str) -> None:
        self.remote = remote
        self.leader = leader
        self.direct = False

    def search(self, shard: int, body: dict[str, Any]) -> dict[str, Any]:
        query = "_search?preference=" + urllib.parse.quote(f"_shards:{shard}")
        if not self.direct:
            try:
                path = f"/{quote(self.remote.alias)}:{quote(self.leader)}/{query}"
                return whole(self.remote.local.node.ask("POST", path, body), self.remote.alias)
            except Refusal as error:
                if not KEY.search(str(error.root().reason)):
                    raise
                self.direct = True
        found: dict[str, Any] = self.remote.peer.node.ask("POST", f"/{quote(self.leader)}/{query}", body)
        return found

    def refresh(self) -> None:
        self.remote.peer.node.ask("POST", f"/{quote(self.leader)}/_refresh")


def whole(answer: dict[str, Any], alias: str) -> dict[str, Any]:
    """With `skip_unavailable` a remote cluster that fails gives no hits and HTTP 200."""
    clusters = answer.get("_clusters", {})
    details = clusters.get("details", {}).get(alias, {})
    failures = details.get("failures") or answer["_shards"].get("failures") or []
    if clusters.get("skipped") or failures:
        reason = (failures[0] if failures else {}).get("reason", {})
        while reason.get("caused_by") and reason.get("type") in ("remote_transport_exception", "exception"):
            reason = reason["caused_by"]
        raise Refusal(500, reason.get("type", "exception"), reason.get("reason", "the remote cluster was skipped"))
    return answer


def newer(after: int) -> dict[str, Any]:
    """Documents behind a sequence number, in their order; the total counts all that there are."""
    return {
        "size": PAGE,
        # An index without a document does not know the field yet.
        "sort": [{"_seq_no": {"order": "asc", "unmapped_type": "long"}}],
        "track_total_hits": True,
        "version": True,
        "seq_no_primary_term": True,
        "post_filter": {"range": {"_seq_no": {"gt": after}}},
    }


def ids(search: Any, shard: int) -> Iterator[tuple[str, str | None]]:
    """Every document's id and routing."""
    after = -1
    while True:
        body = {**newer(after), "size": IDS, "_source": False, "version": False, "track_total_hits": False}
        hits = search(shard, body)["hits"]["hits"]
        yield from ((hit["_id"], hit.get("_routing")) for hit in hits)
        if len(hits) < IDS:
            return
        after = hits[-1]["_seq_no"]


class WriteFailed(Relayed):
    """The follower takes nothing; the server counts it, and tells no exception."""


class Copier:
    """Brings one follower up to its leader.

    :param shard: the task whose counters grow; none while the index is copied at first.
    """

    def __init__(self, gateway: Gateway, follower: Follower, remote: Remote) -> None:
        self.gateway = gateway
        self.follower = follower
        self.reader = Reader(remote, follower.leader)

    def local_search(self, shard: int, body: dict[str, Any]) -> dict[str, Any]:
        query = urllib.parse.quote(f"_shards:{shard}")
        path = f"/{quote(self.follower.name)}/_search?preference={query}"
        found: dict[str, Any] = self.gateway.node.ask("POST", path, body)
        return found

    def catch_up(self, number: int, state: ShardState, task: Shard | None = None) -> None:
        """All operations up to the leader's checkpoint, deletions too."""
        position = self.follower.positions[number]
        before = position
        self.reader.refresh()
        total = None
        while True:
            begun = time.monotonic()
            answer = self.reader.search(number, newer(position))
            hits = answer["hits"]["hits"]
            total = answer["hits"]["total"]["value"]
            if task:
                task.read_millis += millis_since(begun)
                task.read_remote_millis += answer["took"]
                task.bytes_read += sum(len(json.dumps(hit.get("_source", {}))) for hit in hits)
            self._write(hits, task)
            if hits:
                position = hits[-1]["_seq_no"]
            if len(hits) < PAGE:
                break
        self._delete_others(number, total, task)
        self.follower.positions[number] = max(position, state.global_checkpoint)
        if task:
            operations = self.follower.positions[number] - before
            task.reads += 1
            task.operations_read += operations
            task.operations_written += operations
            task.last_read = time.monotonic()

    def _write(self, hits: list[dict[str, Any]], task: Shard | None) -> None:
        lines = []
        for hit in hits:
            version = {"version": hit["_version"], "version_type": "external_gte"}
            lines += [{"index": {"_id": hit["_id"], **routing(hit.get("_routing")), **version}}, hit["_source"]]
        self._bulk(lines, task)

    def _delete_others(self, number: int, total: int, task: Shard | None) -> None:
        """What the leader no longer has; when the counts agree there is nothing to look for."""
        self.gateway.node.ask("POST", f"/{quote(self.follower.name)}/_refresh")
        count = {"size": 0, "track_total_hits": True}
        if self.local_search(number, count)["hits"]["total"]["value"] <= total:
            return
        kept = {name for name, _routing in ids(self.reader.search, number)}
        gone = [(name, route) for name, route in ids(self.local_search, number) if name not in kept]
        self._bulk([{"delete": {"_id": name, **routing(route)}} for name, route in gone], task)
        self.gateway.node.ask("POST", f"/{quote(self.follower.name)}/_refresh")

    def _bulk(self, lines: list[dict[str, Any]], task: Shard | None) -> None:
        if not lines:
            return
        begun = time.monotonic()
        text = "".join(json.dumps(line) + "\n" for line in lines)
        answer = self.gateway.node.ask("POST", f"/{quote(self.follower.name)}/_bulk?pipeline=_none", text)
        # A document that is there already, and newer, is as good.
        failed = [
            result
            for item in answer["items"]
            for result in item.values()
            if result["status"] >= 400 and result["status"] not in (404, 409)
        ]
        if task:
            task.waiting_write = text if failed else ""
            task.failed_writes += bool(failed)
        if failed:
            raise WriteFailed(failed[0]["status"], {"error": failed[0]["error"], "status": failed[0]["status"]})
        if task:
            task.write_millis += millis_since(begun)
            task.writes += 1

    # ---- what belongs to the index

    def copy_metadata(self, leader: Index) -> None:
        """Mapping, aliases and settings, where they have changed."""
        versions = self.follower.versions
        changed = {name for name, version in leader.versions.items() if versions.get(name) != version}
        if "mapping_version" in changed:
            self._copy_mapping()
        if "aliases_version" in changed:
            self._copy_aliases()
        if "settings_version" in changed:
            self._copy_settings(leader)
        self.follower.versions = dict(leader.versions)

    def _copy_mapping(self) -> None:
        leader = self.follower.leader
        mapping = self.reader.remote.peer.node.ask("GET", f"/{quote(leader)}/_mapping")[leader]["mappings"]
        self.gateway.node.ask("PUT", f"/{quote(self.follower.name)}/_mapping", mapping)

    def _copy_aliases(self) -> None:
        leader, name = self.follower.leader, self.follower.name
        wanted = leader_aliases(self.reader.remote, leader)
        there = self.gateway.node.ask("GET", f"/{quote(name)}/_alias")[name]["aliases"]
        actions: list[dict[str, Any]] = [
            {"remove": {"index": name, "alias": alias}} for alias in there if alias not in wanted
        ]
        actions += [
            {"add": {"index": name, "alias": alias, **definition}}
            for alias, definition in wanted.items()
            if there.get(alias) != definition
        ]
        if actions:
            self.gateway.node.ask("POST", "/_aliases", {"actions": actions})

    def _copy_settings(self, leader: Index) -> None:
        own = self.gateway.index(self.follower.name)
        if own is None:
            return
        wanted, there = settings.replicated(leader.settings), settings.replicated(own.settings)
        changes = {name: wanted.get(name) for name in {*wanted, *there} if wanted.get(name) != there.get(name)}
        if not changes:
            return
        path = f"/{quote(self.follower.name)}"
        try:
            self.gateway.node.ask("PUT", f"{path}/_settings", changes)
        except Relayed:
            # One that can't change while the index is open.
            self.gateway.node.ask("POST", f"{path}/_close")
            try:
                self.gateway.node.ask("PUT", f"{path}/_settings", changes)
            finally:
                self.gateway.node.ask("POST", f"{path}/_open")


def leader_aliases(remote: Remote, leader: str) -> dict[str, Any]:
    """As a follower has them: it is never the index to write to."""
    there = remote.peer.node.ask("GET", f"/{quote(leader)}/_alias")[leader]["aliases"]
    return {alias: {**definition, "is_write_index": False} for alias, definition in there.items()}


def routing(route: str | None) -> dict[str, str]:
    return {} if route is None else {"routing": route}


def millis_since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)
