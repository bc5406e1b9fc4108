# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's switches on a cluster of real servers: what each of them stands for is brought about there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from following import good
from stand_ins.ccr_gateway.faults import Faults as Switches
from waiting import connected, until

from kit import Lab
from kit import cluster as kit_cluster
from kit.lab import Cluster

Undo = Callable[[], None]

UNREAL = {
    "master_timeout": "only a server of an older version lacks the parameter",
    "soft_deletes_off": "no server of today makes an index without soft deletes",
    "searchable_snapshots": "the nodes have no place for the repository that a searchable snapshot needs",
    "cut_after_put": "no server cuts the connection between what it does and its answer",
}
# Shards that are copied wait for their turn, and nobody's turn comes.
TURNS = "cluster.routing.allocation.node_initial_primaries_recoveries"
LIMIT = "index.mapping.total_fields.limit"
REASON = "Limit of total fields [1] has been exceeded"
# What the task of a follower ends with whose mapping may not grow.
FATAL = {
    "type": "exception",
    "reason": f"java.lang.IllegalArgumentException: {REASON}",
    "caused_by": {"type": "illegal_argument_exception", "reason": REASON},
}
CCR_OFF = "xpack.ccr.enabled: false"


class RealFaults:
    """Of one cluster. Each switch has a method, which makes the fault and returns what takes it back."""

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab = lab
        self.name = name
        self.cluster = lab.clusters[name]
        self.request = self.cluster.request
        self.undo: dict[str, Undo] = {}

    def set(self, **changes: Any) -> None:
        """Switches that are set in addition to those that are; without any all are off again."""
        for switch in changes or list(self.undo):
            if switch in self.undo:
                self.undo.pop(switch)()
        for switch, value in changes.items():
            if value == getattr(Switches(), switch):
                continue
            if switch in UNREAL:
                import pytest  # The bench has no pytest.

                pytest.skip(f"{switch} is the stand-in's alone: {UNREAL[switch]}")
            self.undo[switch] = getattr(self, switch)(value)

    # ---- copies

    def hold_copy(self, _value: bool) -> Undo:
        self._setting(TURNS, 0)
        return lambda: self._setting(TURNS, None)

    def copy_seconds(self, _value: float) -> Undo:
        return nothing  # A real copy takes its time.

    def start_seconds(self, _value: float) -> Undo:
        return nothing  # So does the start after it.

    def copy_fails(self, followers: list[str]) -> Undo:
        """The link is cut between the first answer and the copy; the server tries it five times."""
        return self._in_between(followers, lambda: self._cut(self._aliases(followers)))

    def start_fails(self, followers: list[str]) -> Undo:
        """A follower whose settings are not its leader's does not start."""
        setting = "index.mapping.depth.limit"

        def put(value: int | None) -> None:
            for name in followers:
                self._index_setting(name, setting, value)

        def meanwhile() -> Undo:
            put(19)
            return lambda: put(None)

        return self._in_between(followers, meanwhile)

    def _in_between(self, followers: list[str], meanwhile: Callable[[], Undo]) -> Undo:
        """Something is done when these followers are there and nothing of them is copied yet."""
        let_go = self.hold_copy(True)
        over = threading.Event()

        def wait() -> Undo:
            while not all(self.request("HEAD", f"/{name}")[0] == 200 for name in followers):
                if over.wait(0.05):
                    return nothing
            return meanwhile()

        def run() -> Undo:
            try:
                return wait()
            finally:
                let_go()

        pool = ThreadPoolExecutor(1)
        running = pool.submit(run)

        def undo() -> None:
            over.set()
            running.result()()
            pool.shutdown()

        return undo

    # ---- the link

    def remotes(self, aliases: dict[str, str]) -> Undo:
        return self._cut(list(aliases))

    def leases_stay(self, followers: list[str]) -> Undo:
        return self._cut(self._aliases(followers))

    def _cut(self, aliases: list[str]) -> Undo:
        """The port that the aliases lead to refuses."""
        ends = {self._behind(alias) for alias in aliases}
        for node, port in ends:
            self.lab.faults.reset_port(node, port)

        def undo() -> None:
            for node, _port in ends:
                self.lab.faults.heal(node)
            self._until_connected(aliases)

        with contextlib.ExitStack() as on_error:
            on_error.callback(undo)
            for alias in aliases:
                until(lambda alias=alias: not connected(self.request, alias))  # type: ignore[misc]
            on_error.pop_all()
        return undo

    def _behind(self, alias: str) -> tuple[str, int]:
        """Node and port."""
        known = self._ok("GET", "/_remote/info")[alias]
        host, _colon, port = (known.get("proxy_address") or known["seeds"][0]).rpartition(":")
        nodes = self.lab.state.nodes
        return next(node.name for node in nodes if host in (node.ip, node.address, node.name)), int(port)

    def _until_connected(self, aliases: list[str]) -> None:
        known = self._ok("GET", "/_remote/info")
        for alias in aliases:
            if alias in known:
                until(lambda alias=alias: connected(self.request, alias))  # type: ignore[misc]

    # ---- followers

    def hold(self, followers: list[str]) -> Undo:
        """What they read can't be written, and is tried again and again."""

        def block(value: bool | None) -> None:
            for name in followers:
                self._index_setting(name, "index.blocks.write", value)

        block(True)
        return lambda: block(None)

    def fatal(self, followers: dict[str, dict[str, Any]]) -> Undo:
        """The leader gets a field for which the follower has no room."""
        assert all(end == FATAL for end in followers.values()), "a real server ends with what FATAL says"
        for name in followers:
            self._index_setting(name, LIMIT, 1)
            there, index = self.leader(name)
            properties = {"made-to-fail": {"type": "keyword"}}
            good(there, "PUT", f"/{index}/_mapping", {"properties": properties})
            come_and_go(there, index)

        def undo() -> None:
            for name in followers:
                self._index_setting(name, LIMIT, None)

        return undo

    def lost_history(self, followers: list[str]) -> Undo:
        """Operations are gone before they are read, because their lease has run out."""
        for name in followers:
            parameters = self._info(name)["parameters"]
            there, index = self.leader(name)
            self._ok("POST", f"/{name}/_ccr/pause_follow")
            come_and_go(there, index)
            forget_leases(there, index)
            self._ok("POST", f"/{name}/_ccr/resume_follow", parameters)
        return nothing

    def leader(self, follower: str) -> tuple[Cluster, str]:
        """Its cluster, and its name there."""
        info = self._info(follower)
        node, _port = self._behind(info["remote_cluster"])
        return self.lab.node(node).cluster, info["leader_index"]

    def _info(self, follower: str) -> Any:
        return self._ok("GET", f"/{follower}/_ccr/info")["follower_indices"][0]

    def _aliases(self, followers: list[str]) -> list[str]:
        return sorted({self._info(name)["remote_cluster"] for name in followers})

    # ---- the server

    def licence(self, _basic: str) -> Undo:
        """A trial can't be had twice: it comes back with a copy of all data."""
        before = self._licence()
        data, copy = self.lab.node(self._node()).state.data, "/var/tmp/data-copy"
        self._while_stopped(f"mkdir {copy} && cp -a {data}/. {copy}")
        self._ok("POST", "/_license/start_basic?acknowledge=true")
        until(lambda: self._licence() == "basic")

        def undo() -> None:
            self._while_stopped(f"find {data} -mindepth 1 -delete && cp -a {copy}/. {data} && rm -rf {copy}")
            until(lambda: self._licence() == before)

        return undo

    def _licence(self) -> Any:
        # Empty for a moment after the start.
        return self._ok("GET", "/_license").get("license", {}).get("type")

    def ccr(self, _value: bool) -> Undo:
        file = f"{self.lab.node(self._node()).state.config}/elasticsearch.yml"
        self._while_stopped(f"echo '{CCR_OFF}' >> {file}")
        return lambda: self._while_stopped(f"sed -i '/^{CCR_OFF}$/d' {file}")

    def restart(self) -> None:
        self._while_stopped("true")

    def _node(self) -> str:
        (name,) = self.lab.clusters[self.name].nodes
        return name

    def _while_stopped(self, script: str) -> None:
        """Returns when the clusters reach each other again."""
        node = self.lab.node(self._node())
        node.require_host("a server that is stopped")
        node.run(f"set -e; systemctl stop elasticsearch; {script}; systemctl start elasticsearch")
        path = "/_cluster/health?wait_for_no_initializing_shards=true"
        kit_cluster.until(f"{self.name} again", self.request, "GET", path)
        for name in self.lab.clusters:
            other = RealFaults(self.lab, name)
            other._until_connected(list(other._ok("GET", "/_remote/info")))

    # ---- what others do

    def unfollow_by_policy(self, follower: str) -> None:
        """A lifecycle policy does it as soon as the leader is said to be complete."""
        policy = f"unfollow-{follower}"
        there, index = self.leader(follower)
        phases = {"hot": {"min_age": "0ms", "actions": {"unfollow": {}}}}
        self._ok("PUT", f"/_ilm/policy/{policy}", {"policy": {"phases": phases}})
        self._setting("indices.lifecycle.poll_interval", "1s")
        self._ok("PUT", f"/{follower}/_settings", {"index.lifecycle.name": policy})
        good(there, "PUT", f"/{index}/_settings", {"index.lifecycle.indexing_complete": True})
        # A follower hears of it with the next operation.
        come_and_go(there, index)
        path = f"/{follower}/_ilm/explain"
        until(lambda: self._ok("GET", path)["indices"][follower].get("step") == "complete")
        self._setting("indices.lifecycle.poll_interval", None)
        self._ok("POST", f"/{follower}/_ilm/remove")
        self._ok("DELETE", f"/_ilm/policy/{policy}")

    # ---- requests

    def _ok(self, method: str, path: str, body: Any = None) -> Any:
        return good(self.cluster, method, path, body)

    def _setting(self, name: str, value: Any) -> None:
        self._ok("PUT", "/_cluster/settings", {"persistent": {name: value}})

    def _index_setting(self, index: str, name: str, value: Any) -> None:
        """Of one that may be gone when it is taken back."""
        self._ok("PUT", f"/{index}/_settings?ignore_unavailable=true", {name: value})


def nothing() -> None:
    pass


def come_and_go(cluster: Cluster, index: str) -> None:
    """Operations that leave no document."""
    good(cluster, "PUT", f"/{index}/_doc/made-to-fail", {})
    good(cluster, "DELETE", f"/{index}/_doc/made-to-fail")


def forget_leases(cluster: Cluster, index: str) -> None:
    """As they are after some hours: nobody keeps what was deleted."""
    uuid = good(cluster, "GET", f"/{index}/_settings?flat_settings=true")[index]["settings"]["index.uuid"]
    good(cluster, "POST", f"/{index}/_close")
    for name in cluster.nodes:
        node = cluster.lab.node(name)
        node.run(f"rm -f {node.state.data}/indices/{uuid}/*/_state/retention-leases-*.st")
    good(cluster, "POST", f"/{index}/_open?wait_for_active_shards=1")
    good(cluster, "POST", f"/{index}/_forcemerge?max_num_segments=1")
