# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`PUT follow`, by hand or for an auto-follow pattern.

The order of the checks is the server's. Of its refusals of `follow` these can't be produced here: a leader that is a
data stream or its failure store, and a local data stream that was promoted (the nodes of the tests have no data
streams). A leader without soft deletes and one that is a searchable snapshot are switches, as no server makes them now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from . import body, errors, parameters, settings
from .authorisation import require
from .copying import leader_aliases
from .errors import Refusal
from .first_copy import FirstCopy
from .gateway import Gateway, Index
from .leases import lease
from .model import Caller, Follower
from .node import quote
from .remote import Remote, ShardState, checked_leader

FOLLOW = {
    **parameters.KINDS,
    "remote_cluster": body.TEXT,
    "leader_index": body.TEXT,
    "data_stream_name": body.TEXT,
    "settings": body.OBJECT,
}
# For the shards of a follower that is waited for.
ACTIVE_TIMEOUT = 30


@dataclass
class Wish:
    """What a `PUT follow` asks for; an auto-follow pattern asks for the same."""

    follower: str
    alias: str
    leader: str
    settings: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


def put(gateway: Gateway, who: Caller, name: str, query: dict[str, str], text: str) -> dict[str, Any]:
    if not text.strip():
        raise Refusal(400, "parse_exception", "request body or source parameter is required")
    wait = active_shards(query.get("wait_for_active_shards", "0"))
    given = body.parse(text, "indices:admin/xpack/ccr/put_follow", FOLLOW)
    problems = parameters.problems(given)
    problems += [f"{required} is missing" for required in ("remote_cluster", "leader_index") if required not in given]
    if given.get("data_stream_name", "-").strip() == "":
        problems.append("data stream name must contain text if present")
    if problems:
        raise errors.validation(problems)
    require(gateway.node, who, "put_follow", [name])
    own = settings.flat(given.get("settings", {}))
    wish = Wish(name, given["remote_cluster"], given["leader_index"], own, parameters.shown(given))
    copied = follow(gateway, who, wish)
    if wait == 0:
        return answer(False, False)
    copied.ended.wait()
    if copied.problem:
        raise copied.problem
    if not copied.started:
        return answer(False, False)
    path = f"/_cluster/health/{quote(name)}?wait_for_active_shards={wait}&timeout={ACTIVE_TIMEOUT}s"
    _status, health = gateway.node.request("GET", path)
    return answer(not health.get("timed_out", True), True)


def answer(acked: bool, started: bool) -> dict[str, Any]:
    return {
        "follow_index_created": True,
        "follow_index_shards_acked": acked,
        "index_following_started": started,
    }


def active_shards(value: str) -> str | int:
    if value == "all":
        return value
    if not value.isdecimal():
        raise errors.illegal_argument(f"cannot parse ActiveShardCount[{value}]")
    return int(value)


def follow(gateway: Gateway, who: Caller, wish: Wish) -> FirstCopy:
    """Makes the index and begins to copy; refuses in the server's order."""
    gateway.require_licence()
    remote, leader, primaries = checked_leader(gateway, who, wish.alias, wish.leader)
    peer = remote.peer
    if wish.leader in peer.faults.soft_deletes_off or leader.settings.get("index.soft_deletes.enabled") == "false":
        raise errors.illegal_argument(f"leader index [{wish.leader}] does not have soft deletes enabled")
    if wish.leader in peer.faults.searchable_snapshots or leader.settings.get("index.store.type") == "snapshot":
        raise errors.illegal_argument(
            f"leader index [{wish.leader}] is a searchable snapshot index and cannot be used as a leader index for "
            "cross-cluster replication purpose"
        )
    refuse_settings(remote, wish, "put follower index")
    make_room(gateway, wish, leader)
    follower = create(gateway, who, wish, remote, leader, primaries)
    copy = FirstCopy(gateway, remote, follower, primaries, wish.given)
    gateway.copies.submit(copy.run)
    return copy


def refuse_settings(remote: Remote, wish: Wish, what: str) -> None:
    wrong = settings.replicated(wish.settings)
    if not wrong:
        return
    # A leader with its defaults tells all names that there are.
    path = f"/{quote(wish.leader)}/_settings?include_defaults=true&flat_settings=true"
    there = remote.peer.node.ask("GET", path)[wish.leader]
    if unknown := settings.unknown(wrong, {*there["settings"], *there["defaults"]}):
        raise errors.illegal_argument(f"unknown setting{'' if len(unknown) == 1 else 's'} [{','.join(unknown)}]")
    raise errors.illegal_argument(f"can not {what} that could override leader settings {settings.as_text(wrong)}")


def make_room(gateway: Gateway, wish: Wish, leader: Index) -> None:
    """An index of that name: an open one is in the way, a closed one is overwritten."""
    there = gateway.index(wish.follower)
    if there is None:
        return
    if there.open:
        raise in_the_way(wish)
    if there.shards != leader.shards:
        what = f"with [{there.shards}] shards from a snapshot of index [{wish.leader}] with [{leader.shards}] shards"
        raise not_restored(wish, what)
    gateway.node.ask("DELETE", f"/{quote(wish.follower)}")


def in_the_way(wish: Wish) -> Refusal:
    return not_restored(
        wish,
        "because an open index with same name already exists in the cluster. Either close or delete the existing index "
        "or restore the index under a different name by providing a rename pattern and replacement name",
    )


def not_restored(wish: Wish, why: str) -> Refusal:
    here = f"[_ccr_{wish.alias}:_latest_/_latest_] cannot restore index [{wish.follower}]"
    return Refusal(500, "snapshot_restore_exception", f"{here} {why}")


def create(
    gateway: Gateway, who: Caller, wish: Wish, remote: Remote, leader: Index, primaries: list[ShardState]
) -> Follower:
    mapping = remote.peer.node.ask("GET", f"/{quote(wish.leader)}/_mapping")[wish.leader]["mappings"]
    definition = {
        "settings": {**settings.at_first(leader.settings), **wish.settings},
        "mappings": mapping,
        "aliases": leader_aliases(remote, wish.leader),
    }
    with gateway.making:
        follower = _known(gateway, who, wish, leader, primaries, definition)
    created = remote.peer.creation_dates.get(leader.uuid, leader.settings["index.creation_date"])
    gateway.creation_dates[follower.uuid] = created
    if wish.follower in gateway.faults.lost_history:
        # A new copy needs no old operations.
        gateway.faults.lost_history.remove(wish.follower)
    for number, state in enumerate(primaries):
        remote.peer.renew(leader.uuid, number, lease(gateway, follower), state.global_checkpoint + 1)
    return follower


def _known(
    gateway: Gateway, who: Caller, wish: Wish, leader: Index, primaries: list[ShardState], definition: dict[str, Any]
) -> Follower:
    """Its index is made, and known for a follower."""
    try:
        gateway.node.ask("PUT", f"/{quote(wish.follower)}?wait_for_active_shards=0", definition)
    except Refusal as error:
        # Another call was quicker.
        raise in_the_way(wish) if error.type == "resource_already_exists_exception" else error from None
    made = gateway.index(wish.follower)
    if made is None:
        raise errors.index_not_found(wish.follower)
    follower = Follower(
        wish.follower,
        made.uuid,
        wish.alias,
        wish.leader,
        leader.uuid,
        [state.history for state in primaries],
        who,
        positions=[-1] * len(primaries),
        versions=dict(leader.versions),
    )
    gateway.followers[wish.follower] = follower
    return follower
