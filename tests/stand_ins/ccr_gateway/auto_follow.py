# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto-follow patterns: the calls, and the coordinator that looks for new leader indices."""

from __future__ import annotations

import threading
import time
import traceback
from typing import Any

from . import body, errors, parameters, settings
from .authorisation import require
from .errors import Refusal
from .follow import Wish, follow
from .gateway import Gateway, Index
from .model import Caller, Pattern, now_millis
from .patterns import data_stream_of, follower_name, means
from .remote import Remote

PATTERN = {
    **parameters.KINDS,
    "remote_cluster": body.TEXT,
    "leader_index_patterns": body.STRINGS,
    "leader_index_exclusion_patterns": body.STRINGS,
    "follow_index_pattern": body.TEXT,
    "settings": body.OBJECT,
}
LONGEST_NAME = 255
ROUND = 0.5


# ---- the calls


def put(gateway: Gateway, who: Caller, name: str, text: str) -> dict[str, Any]:
    if not text.strip():
        raise Refusal(400, "parse_exception", "request body or source parameter is required")
    given = body.parse(text, "put_auto_follow_pattern_request", PATTERN)
    if found := problems(name, given):
        raise errors.validation(found)
    require(gateway.node, who, "put_auto_follow")
    gateway.require_licence()
    own = settings.flat(given["settings"]) if "settings" in given else None
    if wrong := settings.replicated(own or {}):
        what = "can not put auto-follow pattern that could override leader settings"
        raise errors.illegal_argument(f"{what} {settings.as_text(wrong)}")
    remote = Remote(gateway, given["remote_cluster"])
    remote.require_licence("remote cluster state")
    remote.require_rights(who, given["leader_index_patterns"])
    pattern = Pattern(
        name,
        given["remote_cluster"],
        given["leader_index_patterns"],
        given.get("leader_index_exclusion_patterns", []),
        given.get("follow_index_pattern"),
        own,
        parameters.shown(given),
        who,
    )
    there = remote.peer.indices()
    with gateway.lock:
        before = gateway.patterns.get(name)
        pattern.followed = already_followed(pattern, before, there)
        gateway.patterns[name] = pattern
    return {"acknowledged": True}


def problems(name: str, given: dict[str, Any]) -> list[str]:
    found = parameters.problems(given)
    if "," in name:
        found.append("[name] name must not contain a ','")
    if name.startswith("_"):
        found.append("[name] name must not start with '_'")
    if (length := len(name.encode())) > LONGEST_NAME:
        found.append(f"[name] name is too long ({length} > {LONGEST_NAME})")
    if "remote_cluster" not in given:
        found.append("[remote_cluster] is missing")
    if not given.get("leader_index_patterns"):
        found.append("[leader_index_patterns] is missing")
    return found


def already_followed(pattern: Pattern, before: Pattern | None, there: dict[str, Index]) -> set[str]:
    """Indices that are there now are not followed by a new pattern, nor by one that is new in an old one."""
    added = pattern.leader_index_patterns
    if before:
        added = [one for one in added if one not in before.leader_index_patterns]
    marked = {
        index.uuid
        for index in there.values()
        if means(added, pattern.leader_index_exclusion_patterns, index.name, data_stream_of(index.name))
    }
    return marked | (before.followed if before else set())


def existing(gateway: Gateway, name: str) -> Pattern:
    pattern = gateway.patterns.get(name)
    if pattern is None:
        raise errors.not_found(f"auto-follow pattern [{name}] is missing")
    return pattern


def get(gateway: Gateway, who: Caller, name: str | None) -> dict[str, Any]:
    require(gateway.node, who, "get_auto_follow")
    found = [existing(gateway, name)] if name else [gateway.patterns[key] for key in sorted(gateway.patterns)]
    return {"patterns": [{"name": pattern.name, "pattern": shown(pattern)} for pattern in found]}


def shown(pattern: Pattern) -> dict[str, Any]:
    found: dict[str, Any] = {
        "active": pattern.active,
        "remote_cluster": pattern.remote_cluster,
        "leader_index_patterns": pattern.leader_index_patterns,
        "leader_index_exclusion_patterns": pattern.leader_index_exclusion_patterns,
    }
    if pattern.follow_index_pattern is not None:
        found["follow_index_pattern"] = pattern.follow_index_pattern
    if pattern.settings:
        found["settings"] = settings.nested(pattern.settings)
    return {**found, **pattern.given}


def delete(gateway: Gateway, who: Caller, name: str) -> dict[str, Any]:
    require(gateway.node, who, "delete_auto_follow")
    with gateway.lock:
        existing(gateway, name)
        del gateway.patterns[name]
    return {"acknowledged": True}


def activate(gateway: Gateway, who: Caller, name: str, active: bool) -> dict[str, Any]:
    require(gateway.node, who, "activate_auto_follow")
    with gateway.lock:
        existing(gateway, name).active = active
    return {"acknowledged": True}


# ---- the coordinator


class Coordinator(threading.Thread):
    def __init__(self, gateway: Gateway) -> None:
        super().__init__(name=f"auto-follow-{gateway.name}", daemon=True)
        self.gateway = gateway
        self.over = threading.Event()
        # Alias → what was seen when all was looked at.
        self.settled: dict[str, Any] = {}

    def run(self) -> None:
        while not self.over.wait(ROUND):
            with self.gateway.lock:
                active = [pattern for pattern in self.gateway.patterns.values() if pattern.active]
                self._forget_deleted()
            if not active:
                continue
            try:
                if self.gateway.licence not in ("platinum", "enterprise", "trial"):
                    # Only the log says so.
                    continue
                for alias in sorted({pattern.remote_cluster for pattern in active}):
                    self.cluster(alias, [pattern for pattern in active if pattern.remote_cluster == alias])
            except (Refusal, OSError):
                continue
            except Exception:
                # A mistake of the stand-in's own must not end all patterns.
                traceback.print_exc()

    def _forget_deleted(self) -> None:
        errors_ = self.gateway.auto_follow_stats.errors
        for key in list(errors_):
            if key.partition(":")[0] not in self.gateway.patterns:
                del errors_[key]

    def cluster(self, alias: str, patterns: list[Pattern]) -> None:
        known = self.gateway.auto_follow_stats
        try:
            remote = Remote(self.gateway, alias)
        except Refusal:
            # A remote cluster that is no longer configured ends this without a word.
            return
        try:
            remote.require_licence("remote cluster state")
            version = remote.peer.version
            known.clusters[alias] = (time.monotonic(), version)
            # A pattern that was changed keeps its name, and waits for the leader's next change.
            seen = (version, sorted(pattern.name for pattern in patterns))
            if self.settled.get(alias) == seen:
                return
            there = remote.peer.indices()
            started = {name for name, states in remote.states("_all").items() if states and None not in states}
        except Refusal as error:
            known.failed_remote_cluster_state_requests += 1
            for pattern in patterns:
                known.errors[pattern.name] = (now_millis(), error)
            return
        looked = True
        for pattern in patterns:
            known.errors.pop(pattern.name, None)
            for index in there.values():
                if index.open and self.wanted(pattern, index):
                    if index.name in started:
                        self.index(pattern, index, remote)
                    else:
                        looked = False
        # What could not be followed waits for the next change as well.
        if looked:
            self.settled[alias] = seen
        else:
            self.settled.pop(alias, None)

    def wanted(self, pattern: Pattern, index: Index) -> bool:
        # Names with a dot are the system's, but for those of data streams and hidden indices.
        system = index.name.startswith(".") and data_stream_of(index.name) is None
        return not system and index.uuid not in pattern.followed and self.meant(pattern, index)

    def meant(self, pattern: Pattern, index: Index) -> bool:
        exclusions = pattern.leader_index_exclusion_patterns
        return means(pattern.leader_index_patterns, exclusions, index.name, data_stream_of(index.name))

    def index(self, pattern: Pattern, index: Index, remote: Remote) -> None:
        known = self.gateway.auto_follow_stats
        key = f"{pattern.name}:{index.name}"
        try:
            self.follow(pattern, index, remote)
            known.errors.pop(key, None)
        except Refusal as error:
            known.failed_follow_indices += 1
            known.errors[key] = (now_millis(), error)

    def follow(self, pattern: Pattern, index: Index, remote: Remote) -> None:
        with self.gateway.lock:
            # A paused one counts too.
            others = [
                other.name
                for other in self.gateway.patterns.values()
                if other is not pattern and other.remote_cluster == remote.alias and self.meant(other, index)
            ]
        if others:
            raise Refusal(
                500,
                "exception",
                f"index to follow [{index.name}] for pattern [{pattern.name}] matches with other patterns "
                f"[{', '.join(others)}]",
            )
        if index.name in remote.peer.faults.soft_deletes_off:
            pattern.followed.add(index.uuid)
            reason = f"index [{index.name}] cannot be followed, because soft deletes are not enabled"
            raise Refusal(500, "exception", reason)
        if index.name in remote.peer.faults.searchable_snapshots:
            pattern.followed.add(index.uuid)
            raise Refusal(
                500,
                "exception",
                f"index to follow [{index.name}] is a searchable snapshot index and cannot be used for cross-cluster "
                "replication purpose",
            )
        name = follower_name(pattern.follow_index_pattern, index.name, data_stream_of(index.name))
        there = self.gateway.followers.get(name)
        if there and there.leader_uuid == index.uuid:
            pattern.followed.add(index.uuid)
            return
        follow(
            self.gateway,
            pattern.caller,
            Wish(name, pattern.remote_cluster, index.name, dict(pattern.settings or {}), dict(pattern.given)),
        )
        self.gateway.auto_follow_stats.successful_follow_indices += 1
        pattern.followed.add(index.uuid)
