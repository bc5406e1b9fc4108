# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A remote cluster as the local one sees it by an alias: whether it is there, licensed, and what it lets be read.

Connections are the real node's. What the server would read over them with actions of its own (metadata, statistics,
leases) is asked of the other cluster's gateway, and only while the real connection works.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from . import authorisation, errors
from .errors import Refusal, Relayed
from .gateway import LICENCES, Gateway, Index
from .model import Caller
from .node import quote
from .patterns import matches_any

# Said by the remote cluster, whose key does not allow what was asked: then the connection itself works.
KEY = re.compile(r"authenticated by API key id \[([^]]+)]")
# No key gives access to it.
NEVER_ALLOWED = ".security-7"
SHARD_STATS = ",".join(f"indices.*.shards.*.{part}" for part in ("routing", "seq_no", "commit"))


@dataclass
class ShardState:
    """Of a leader's primary."""

    history: str
    max_seq_no: int
    global_checkpoint: int


class Remote:
    def __init__(self, local: Gateway, alias: str) -> None:
        self.local = local
        self.alias = alias
        self.info = self._read()

    def _read(self) -> dict[str, Any]:
        known: dict[str, Any] | None = self.local.node.ask("GET", "/_remote/info").get(self.alias)
        if known is None:
            raise errors.no_such_remote_cluster(self.alias)
        return known

    @property
    def peer(self) -> Gateway:
        """The gateway of the cluster that the alias leads to, by its address."""
        addresses = [self.info.get("proxy_address"), *self.info.get("seeds", [])]
        for peer in self.local.peers:
            if any(address in peer.addresses for address in addresses):
                return peer
        others = [peer for peer in self.local.peers if peer is not self.local]
        if len(others) == 1:
            return others[0]
        raise self._unreachable(f"no gateway stands before the cluster at {addresses}")

    def _unreachable(self, why: str) -> Refusal:
        address = self.info.get("proxy_address") or next(iter(self.info.get("seeds", [])), "")
        reason = f"Unable to open any proxy connections to cluster [{self.alias}] at address [{address}]"
        refused = {"type": "connect_transport_exception", "reason": f"[][{address}] {why}"}
        return Refusal(500, "no_seed_node_left_exception", reason, suppressed=[refused])

    def reach(self) -> None:
        """Raises why not, by the real connection."""
        if self.local.faults.remotes.get(self.alias) == "unreachable":
            raise self._unreachable("connect_exception")
        try:
            path = f"/_resolve/cluster/{quote(self.alias)}:*"
            status, answer = self.local.node.request("GET", path, timeout=15)
        except TimeoutError:
            raise self._unreachable("request timed out") from None
        if status >= 300:
            raise Relayed(status, answer)
        found = answer.get(self.alias, {})
        if found.get("connected"):
            return
        why = found.get("error", "connect_exception")
        if KEY.search(why):
            # One that may replicate only.
            return
        # It may have been taken away meanwhile, and then says something else.
        self._read()
        if "unauthorized" in why or "authenticate" in why or "api key" in why.lower():
            raise errors.security(why)
        raise self._unreachable(why)

    # ---- what the server's licence checker does, in its order

    def require_licence(self, what: str) -> None:
        """:param what: `remote index [r:l] metadata` or `remote cluster state`, as the messages say it."""
        here = f"can not fetch {what} as the"
        try:
            self.reach()
            licence = self.peer.licence
            if licence not in LICENCES and self.by_api_key:
                # Refused there before the licence is asked for.
                raise errors.keys_not_licensed()
        except Refusal as error:
            reason = f"{here} license state of the remote cluster [{self.alias}] could not be determined"
            between = f"could not determine the license type for cluster [{self.alias}]"
            raise errors.status_exception(400, reason, Refusal(500, "exception", between, error)) from None
        if licence not in LICENCES:
            raise errors.status_exception(
                400,
                f"{here} remote cluster [{self.alias}] is not licensed for [ccr]; the license mode [{licence.upper()}] "
                f"on cluster [{self.alias}] does not enable [ccr]",
            )

    def require_rights(self, who: Caller, indices: list[str]) -> None:
        privileges = self._by_key(who, indices) if self.by_api_key else self._by_certificate(who, indices)
        if refusal := authorisation.missing_on_leader(privileges, indices):
            raise refusal

    @property
    def by_api_key(self) -> bool:
        return "cluster_credentials" in self.info

    def _by_certificate(self, who: Caller, indices: list[str]) -> dict[str, bool]:
        """The caller's roles, as the remote cluster defines them."""
        names = list(authorisation.FOLLOWING.values())
        body = {"cluster": ["read_ccr"], "index": [{"names": indices, "privileges": names}]}
        headers = {"es-security-runas-user": who.username}
        status, answer = self.peer.node.request("POST", "/_security/user/_has_privileges", body, headers=headers)
        if status >= 300:
            return {}
        if not answer["cluster"]["read_ccr"]:
            raise errors.security(f"action [cluster:monitor/state] is unauthorized for {authorisation.whom(who)}")
        return {name: all(answer["index"][index][name] for index in indices) for name in names}

    def _by_key(self, who: Caller, indices: list[str]) -> dict[str, bool]:
        """What the connection's key allows, and what the caller's remote privileges do."""
        answer = self.peer.node.ask("GET", f"/_security/api_key?active_only=true{self._key()}")
        covered = [
            name
            for key in answer["api_keys"]
            for access in (key.get("access") or {}).get("replication", [])
            for name in access["names"]
        ]
        allowed = all(matches_any(covered, index) for index in indices) and self._caller_may(who, indices)
        return dict.fromkeys(authorisation.FOLLOWING.values(), allowed)

    def _key(self) -> str:
        """The key that the local node holds, learnt from a refusal; any active one where there is none."""
        path = f"/{quote(self.alias)}:{NEVER_ALLOWED}/_search?filter_path=error,_clusters"
        _status, answer = self.local.node.request("POST", path, {"size": 0})
        named = KEY.search(json.dumps(answer))
        return f"&id={named[1]}" if named else ""

    def _caller_may(self, who: Caller, indices: list[str]) -> bool:
        status, answer = self.local.node.request("GET", "/_security/user/_privileges", headers=who.later())
        if status >= 300:
            # An API key with privileges of its own is not told which they are.
            return True
        found = [entry for entry in answer.get("remote_indices", []) if matches_any(entry["clusters"], self.alias)]
        if not found:
            action = "action [cluster:admin/xpack/security/user/has_privileges] towards remote cluster"
            why = "because no remote cluster privileges apply for the target cluster"
            raise errors.security(f"{action} [{self.alias}] is unauthorized for {authorisation.whom(who)} {why}")
        return all(
            any(
                matches_any(entry["names"], index) and {"cross_cluster_replication", "all"} & set(entry["privileges"])
                for entry in found
            )
            for index in indices
        )

    # ---- the leader

    def leader(self, name: str) -> Index:
        """Raises where it can't be followed: missing, an alias or a data stream, closed."""
        found = self.peer.index(name)
        if found is None:
            kind = None if any(c in name for c in "*,") else self._kind(name)
            if kind:
                raise errors.illegal_argument(f"cannot follow [{name}], because it is a {kind}")
            raise errors.index_not_found(name)
        if not found.open:
            raise Refusal(400, "index_closed_exception", "closed", index=name, index_uuid=found.uuid)
        return found

    def _kind(self, name: str) -> str | None:
        status, answer = self.peer.node.request("GET", f"/_resolve/index/{quote(name)}?expand_wildcards=all")
        if status >= 300:
            return None
        return "ALIAS" if answer["aliases"] else "DATA_STREAM" if answer["data_streams"] else None

    def states(self, names: str) -> dict[str, list[ShardState | None]]:
        """Index → its primaries that are started; one that is missing has no state."""
        query = f"level=shards&expand_wildcards=open,hidden&ignore_unavailable=true&filter_path={SHARD_STATS}"
        path = f"/{quote(names)}/_stats?{query}"
        found: dict[str, list[ShardState | None]] = {}
        for name, data in self.peer.node.ask("GET", path).get("indices", {}).items():
            shards = data.get("shards", {})
            found[name] = [None] * (max((int(number) for number in shards), default=-1) + 1)
            for number, copies in shards.items():
                for copy in copies:
                    if copy["routing"]["primary"] and copy["routing"]["state"] in ("STARTED", "RELOCATING"):
                        history, seq_no = copy["commit"]["user_data"]["history_uuid"], copy["seq_no"]
                        state = ShardState(history, seq_no["max_seq_no"], seq_no["global_checkpoint"])
                        found[name][int(number)] = state
        return found

    def primaries(self, leader: Index) -> list[ShardState]:
        found = self.states(leader.name).get(leader.name)
        if not found:
            raise errors.illegal_argument("no index stats available for the leader index")
        found += [None] * (leader.shards - len(found))
        for number, state in enumerate(found):
            if state is None:
                raise errors.illegal_argument(f"no history uuid for [{leader.name}][{number}]")
        return [state for state in found if state]


def checked_leader(local: Gateway, who: Caller, alias: str, leader: str) -> tuple[Remote, Index, list[ShardState]]:
    """All that follow and resume look at on the remote cluster, in the server's order."""
    remote = Remote(local, alias)
    remote.require_licence(f"remote index [{alias}:{leader}] metadata")
    found = remote.leader(leader)
    remote.require_rights(who, [leader])
    return remote, found, remote.primaries(found)
