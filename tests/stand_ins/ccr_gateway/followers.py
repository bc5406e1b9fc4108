# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Followers that are there: info, pause, resume, unfollow."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from . import body, errors, parameters, units
from .authorisation import require
from .errors import Refusal
from .gateway import LICENCES, Gateway, Index
from .leases import lease
from .model import Caller, Follower
from .node import quote
from .patterns import matches
from .remote import Remote, ShardState, checked_leader


def info(gateway: Gateway, who: Caller, expression: str) -> dict[str, Any]:
    require(gateway.node, who, "info")
    known = gateway.look()
    names = resolve(expression, known)
    found = []
    for name in sorted(names):
        follower = gateway.followers.get(name)
        if follower:
            one: dict[str, Any] = {
                "follower_index": name,
                "remote_cluster": follower.alias,
                "leader_index": follower.leader,
                "status": "active" if follower.active else "paused",
            }
            if follower.active:
                one["parameters"] = {key: follower.given[key] for key in parameters.DEFAULTS}
            found.append(one)
    return {"follower_indices": found}


def resolve(expression: str, known: dict[str, Index]) -> set[str]:
    """Concrete names, aliases and wildcards; only what has no wildcard must be there."""
    aliases: dict[str, set[str]] = {}
    for index in known.values():
        for alias in index.aliases:
            aliases.setdefault(alias, set()).add(index.name)
    found: set[str] = set()
    # What is hidden is meant by its name alone, or by a pattern that begins with a dot as it does.
    shown = {name for name, index in known.items() if str(index.settings.get("index.hidden")) != "true"}
    for part in expression.split(","):
        if part in ("_all", "*", ""):
            found |= shown
        elif "*" in part:
            found |= {name for name in (known if part.startswith(".") else shown) if matches(part, name)}
            found |= {name for alias, names in aliases.items() if matches(part, alias) for name in names}
        elif part in known:
            found.add(part)
        elif part in aliases:
            found |= aliases[part]
        else:
            raise errors.index_not_found(part)
    return found


# ---- pause and resume


def pause(gateway: Gateway, who: Caller, name: str) -> dict[str, Any]:
    require(gateway.node, who, "pause_follow")
    follower = existing(gateway, name)[1]
    if follower is None:
        raise errors.illegal_argument(f"index [{name}] is not a follower index")
    with gateway.lock:
        if not follower.active:
            raise errors.illegal_argument(f"no shard follow tasks for [{name}]")
        waiting = [shard.waiting_write for shard in follower.shards if shard.waiting_write]
        latest = units.time("read_poll_timeout", follower.given["read_poll_timeout"]).millis / 1000
        follower.pause()
    for text in waiting:
        # The server has set a timer for it, which nobody stops; whatever the index is by then, it is written.
        late = threading.Timer(latest / 2, write_late, [gateway, name, text])
        late.daemon = True
        late.start()
    return {"acknowledged": True}


def write_late(gateway: Gateway, name: str, text: str) -> None:
    with suppress(Refusal):
        gateway.node.request("POST", f"/{quote(name)}/_bulk?pipeline=_none", text)


def existing(gateway: Gateway, name: str) -> tuple[Index, Follower | None]:
    there = gateway.look().get(name)
    if there is None:
        raise errors.index_not_found(name)
    return there, gateway.followers.get(name)


def resume(gateway: Gateway, who: Caller, name: str, text: str) -> dict[str, Any]:
    parser = "cluster:admin/xpack/ccr/resume_follow"
    given = body.parse(text, parser, parameters.KINDS) if text.strip() else {}
    if problems := parameters.problems(given):
        raise errors.validation(problems)
    require(gateway.node, who, "resume_follow")
    gateway.require_licence()
    there, follower = existing(gateway, name)
    if follower is None:
        raise errors.illegal_argument(f"follow index [{name}] does not have ccr metadata")
    remote, leader, primaries = checked_leader(gateway, who, follower.alias, follower.leader)
    compare(follower, leader, primaries)
    if leader.name in remote.peer.faults.soft_deletes_off:
        raise errors.illegal_argument(f"leader index [{leader.name}] does not have soft deletes enabled")
    if leader.shards != there.shards:
        raise errors.illegal_argument(
            f"leader index primary shards [{leader.shards}] does not match with the number of shards of the follow "
            f"index [{there.shards}]"
        )
    if not there.open:
        raise errors.illegal_argument("leader and follow index must be open")
    if follower.phase in ("copying", "copy_failed"):
        raise errors.illegal_argument(f"The primary shard of a follower index [{name}][0] is not active")
    with gateway.lock:
        if follower.active:
            reason = f"task with id {{{follower.uuid}-0}} already exist"
            raise Refusal(400, "resource_already_exists_exception", reason)
        follower.start(parameters.effective(parameters.shown(given)), who)
    return {"acknowledged": True}


def compare(follower: Follower, leader: Index, primaries: list[ShardState]) -> None:
    """Whether the leader is still the one that was copied."""
    if leader.uuid != follower.leader_uuid:
        raise errors.illegal_argument(
            f"follow index [{follower.name}] should reference [{leader.uuid}] as leader index but instead reference "
            f"[{follower.leader_uuid}] as leader index"
        )
    for number, (recorded, state) in enumerate(zip(follower.histories, primaries, strict=True)):
        if recorded != state.history:
            raise errors.illegal_argument(
                f"leader shard [{follower.name}][{number}] should reference [{recorded}] as history uuid but instead "
                f"reference [{state.history}] as history uuid"
            )


# ---- unfollow


def unfollow(gateway: Gateway, who: Caller, name: str) -> dict[str, Any]:
    require(gateway.node, who, "unfollow", [name])
    there, follower = existing(gateway, name)
    if follower is None:
        raise errors.illegal_argument(f"index [{name}] is not a follower index")
    here = f"cannot convert the follower index [{name}] to a non-follower, because it has not been"
    if there.open:
        raise errors.illegal_argument(f"{here} closed")
    with gateway.lock:
        if follower.active:
            raise errors.illegal_argument(f"{here} paused")
        del gateway.followers[name]
    held = lease(gateway, follower)
    try:
        if name in gateway.faults.leases_stay:
            raise Refusal(500, "connect_transport_exception", f"[{follower.alias}] connect_exception")
        remote = Remote(gateway, follower.alias)
        if remote.by_api_key and gateway.licence not in LICENCES:
            raise errors.keys_not_licensed()
        remote.reach()
        remote.peer.release(follower.leader_uuid, held)
    except Refusal as error:
        raise Refusal(
            500,
            "exception",
            f"{java_name(error.type)}: {error.reason}",
            error,
            failed_to_remove_retention_leases=held,
        ) from None
    return {"acknowledged": True}


def java_name(type: str) -> str:
    """As an exception that wraps another one names it."""
    if type == "security_exception":
        return "org.elasticsearch.ElasticsearchSecurityException"
    words = "".join(word.capitalize() for word in type.split("_"))
    return f"org.elasticsearch.transport.{words}"
