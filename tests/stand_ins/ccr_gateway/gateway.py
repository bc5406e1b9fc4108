# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster with its gateway: the real node, what the gateway remembers, and how the cluster looks just now."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import errors, settings
from .faults import Faults
from .model import AutoFollowStats, Follower, Lease, Pattern, now_millis
from .node import Node, quote

LICENCES = ("platinum", "enterprise", "trial")
# As many copies as the server runs at a time.
COPIES = 5
VERSIONS = ("mapping_version", "settings_version", "aliases_version")
PARTS = ("state", "settings", "aliases", *VERSIONS)


@dataclass(frozen=True)
class Index:
    """An index as the cluster's state tells of it."""

    name: str
    uuid: str
    open: bool
    settings: dict[str, Any]
    shards: int
    aliases: list[str]
    versions: dict[str, int]


class Gateway:
    """:param addresses: by which others reach this cluster, `host:port` of transport and remote cluster server."""

    def __init__(self, name: str, node: Node, addresses: list[str]) -> None:
        self.name = name
        self.node = node
        self.addresses = addresses
        self.peers: list[Gateway] = [self]
        self.lock = threading.RLock()
        # Held while a follower's index is made, and while documents are written.
        self.making = threading.Lock()
        self.faults = Faults()
        self.followers: dict[str, Follower] = {}
        # Of copies, by UUID: the leader's, which stays when a copy is a follower no more.
        self.creation_dates: dict[str, str] = {}
        self.patterns: dict[str, Pattern] = {}
        self.auto_follow_stats = AutoFollowStats()
        # Of this cluster as a leader: (index uuid, shard, lease's name) → lease.
        self.leases: dict[tuple[str, int, str], Lease] = {}
        self.copies = ThreadPoolExecutor(COPIES, f"copy-{name}")

    @cached_property
    def cluster_name(self) -> str:
        answer = self.node.ask("GET", "/_cluster/health?filter_path=cluster_name")
        name: str = answer["cluster_name"]
        return name

    @property
    def version(self) -> int:
        """Of the cluster's state: it grows with every change."""
        answer = self.node.ask("GET", "/_cluster/state/version")
        version: int = answer["version"]
        return version

    def written(self) -> Any:
        """What grows with every document that is written or deleted."""
        return self.node.ask("GET", "/_stats/indexing?level=cluster&filter_path=_all.primaries.indexing.*_total")

    # ---- licence

    @property
    def licence(self) -> str:
        """Its type; `expired` when it is no longer valid."""
        if self.faults.licence:
            return self.faults.licence
        known = self.node.ask("GET", "/_license")["license"]
        return known["type"] if known["status"] == "active" else "expired"

    def require_licence(self) -> None:
        if self.licence not in LICENCES:
            raise errors.licence()

    # ---- indices

    def indices(self, names: str = "_all") -> dict[str, Index]:
        """Those of the cluster, closed and hidden ones too; missing names are left out."""
        path = f"/_cluster/state/metadata/{quote(names)}?expand_wildcards=all&ignore_unavailable=true"
        wanted = ",".join(f"metadata.indices.*.{part}" for part in PARTS)
        answer = self.node.ask("GET", f"{path}&filter_path={wanted}")
        found = answer.get("metadata", {}).get("indices", {})
        return {name: self._index(name, data) for name, data in found.items()}

    def _index(self, name: str, data: dict[str, Any]) -> Index:
        flat = settings.flat(data["settings"])
        return Index(
            name,
            flat["index.uuid"],
            data["state"] == "open",
            flat,
            int(flat.get("index.number_of_shards", 1)),
            data.get("aliases", []),
            {key: data[key] for key in VERSIONS},
        )

    def index(self, name: str) -> Index | None:
        """By its own name: no alias, no wildcard."""
        return None if any(c in name for c in "*,") else self.indices(name).get(name)

    def look(self) -> dict[str, Index]:
        """The indices. As the server's task cleaner does, one that was deleted takes its tasks along."""
        with self.lock:
            remembered = list(self.followers.values())
        known = self.indices()
        with self.lock:
            for follower in remembered:
                there = known.get(follower.name)
                if (not there or there.uuid != follower.uuid) and self.followers.get(follower.name) is follower:
                    del self.followers[follower.name]
        return known

    # ---- leases of this cluster's indices

    def renew(self, leader_uuid: str, shard: int, name: str, retaining: int) -> None:
        with self.lock:
            self.leases[leader_uuid, shard, name] = Lease(retaining, now_millis())

    def release(self, leader_uuid: str, name: str) -> list[int]:
        """The shards on which there was such a lease."""
        with self.lock:
            held = [key for key in self.leases if key[0] == leader_uuid and key[2] == name]
            for key in held:
                del self.leases[key]
        return sorted(key[1] for key in held)
