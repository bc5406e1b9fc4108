# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who calls, and may they: the real node is asked, in the caller's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Refusal, Relayed, security
from .model import Caller
from .node import Node

# Calls that look at the cluster, and the privilege that grants them. A node without CCR answers false for the index
# actions by their own names, so that the privileges are asked for.
CLUSTER = {
    "pause_follow": ("cluster:admin/xpack/ccr/pause_follow", "manage_ccr"),
    "resume_follow": ("cluster:admin/xpack/ccr/resume_follow", "manage_ccr"),
    "put_auto_follow": ("cluster:admin/xpack/ccr/auto_follow_pattern/put", "manage_ccr"),
    "get_auto_follow": ("cluster:admin/xpack/ccr/auto_follow_pattern/get", "manage_ccr"),
    "delete_auto_follow": ("cluster:admin/xpack/ccr/auto_follow_pattern/delete", "manage_ccr"),
    "activate_auto_follow": ("cluster:admin/xpack/ccr/auto_follow_pattern/activate", "manage_ccr"),
    "info": ("cluster:monitor/ccr/follow_info", "monitor"),
    "follow_stats": ("cluster:monitor/ccr/follow_stats", "monitor"),
    "stats": ("cluster:monitor/ccr/stats", "monitor"),
}
INDEX = {
    "put_follow": ("indices:admin/xpack/ccr/put_follow", "manage_follow_index"),
    "unfollow": ("indices:admin/xpack/ccr/unfollow", "manage_follow_index"),
    "forget_follower": ("indices:admin/xpack/ccr/forget_follower", "manage_leader_index"),
}
# What follows an index needs there.
FOLLOWING = {
    "indices:monitor/stats": "monitor",
    "indices:data/read/xpack/ccr/shard_changes": "read",
}
# Headers that say who calls.
IDENTITY = ("authorization", "es-security-runas-user", "es-secondary-authorization")


def caller(node: Node, headers: Mapping[str, str]) -> Caller:
    """Raises what the node answers to someone that it does not know."""
    own = {name: value for name, value in headers.items() if name.lower() in IDENTITY}
    # The node also knows which media types it takes.
    accepted = {name: value for name, value in headers.items() if name.lower() == "accept"}
    # Without an account the gateway's own must not be taken.
    known = node.ask("GET", "/_security/_authenticate", headers={"Authorization": "", **titled(own), **accepted})
    return Caller(titled(own), known["username"], tuple(known["roles"]), (known.get("api_key") or {}).get("id"))


def titled(headers: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization" if name.lower() == "authorization" else name: value for name, value in headers.items()}


def whom(who: Caller) -> str:
    if who.api_key:
        return f"API key id [{who.api_key}] of user [{who.username}]"
    return f"user [{who.username}] with effective roles [{','.join(sorted(who.roles))}]"


def require(node: Node, who: Caller, call: str, indices: list[str] | None = None) -> None:
    if call in CLUSTER:
        action, privilege = CLUSTER[call]
        body: dict[str, Any] = {"cluster": [action]}
        where = ""
        kind = "cluster"
    else:
        action, privilege = INDEX[call]
        body = {"index": [{"names": indices, "privileges": [privilege]}]}
        where = f" on indices [{','.join(indices or [])}]"
        kind = "index"
    status, answer = node.request("POST", "/_security/user/_has_privileges", body, headers=who.headers)
    if status >= 300:
        raise Relayed(status, answer)
    if not answer["has_all_requested"]:
        granted = f"this action is granted by the {kind} privileges [{privilege},manage,all]"
        raise security(f"action [{action}] is unauthorized for {whom(who)}{where}, {granted}")


def missing_on_leader(privileges: dict[str, bool], indices: list[str]) -> Refusal | None:
    """What a follower lacks on the remote cluster.

    :param privileges: privilege → whether it is there.
    """
    lacking = [action for action, privilege in FOLLOWING.items() if not privileges.get(privilege)]
    if not lacking:
        return None
    names = f"index [{indices[0]}]" if len(indices) == 1 else f"indices [{', '.join(indices)}]"
    actions = "".join(f", privilege for action [{action}] is missing" for action in lacking)
    return security(f"insufficient privileges to follow {names}{actions}")
