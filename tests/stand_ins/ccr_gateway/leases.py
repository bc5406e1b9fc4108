# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retention leases: what a follower's is called, and `forget_follower` on the leader's cluster."""

from __future__ import annotations

from typing import Any

from . import body, errors
from .authorisation import require
from .errors import Refusal
from .gateway import Gateway
from .model import Caller, Follower

FIELDS = ("follower_cluster", "follower_index", "follower_index_uuid", "leader_remote_cluster")
FORGET = dict.fromkeys(FIELDS, body.TEXT)


def lease(gateway: Gateway, follower: Follower) -> str:
    """Its name on the leader, and all that `forget_follower` must be told."""
    own = f"{gateway.cluster_name}/{follower.name}/{follower.uuid}"
    return f"{own}-following-{follower.alias}/{follower.leader}/{follower.leader_uuid}"


def forget(gateway: Gateway, who: Caller, leader: str, text: str) -> dict[str, Any]:
    if not text.strip():
        raise Refusal(400, "parse_exception", "request body or source parameter is required")
    given = body.parse(text, "indices:admin/xpack/ccr/forget_follower", FORGET)
    if len(given) < len(FORGET):
        raise Refusal(500, "null_pointer_exception", None)
    require(gateway.node, who, "forget_follower", [leader])
    index = gateway.index(leader)
    if index is None:
        raise errors.index_not_found(leader)
    follower = f"{given['follower_cluster']}/{given['follower_index']}/{given['follower_index_uuid']}"
    name = f"{follower}-following-{given['leader_remote_cluster']}/{leader}/{index.uuid}"
    removed = gateway.release(index.uuid, name)
    missing = [number for number in range(index.shards) if number not in removed]
    shards: dict[str, Any] = {"total": index.shards, "successful": len(removed), "failed": len(missing)}
    if missing:
        reason = f"retention lease with ID [{name}] not found"
        shards["failures"] = [
            {
                "shard": number,
                "index": leader,
                "status": "NOT_FOUND",
                "reason": {
                    "type": "retention_lease_not_found_exception",
                    "reason": reason,
                    "index_uuid": index.uuid,
                    "shard": str(number),
                    "index": leader,
                },
            }
            for number in missing
        ]
    return {"_shards": shards}
