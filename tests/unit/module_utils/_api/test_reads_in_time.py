# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node sees in time, also where a remote cluster is silent and the server takes no deadline."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError

DEADLINE = 0.2
GOOD = {"connected": True, "matching_indices": True}
NO_TIMEOUT = ClientError(
    "", status=400, reason="request [/_resolve/cluster/*:*] contains unrecognized parameter: [timeout]"
)


class Server:
    """Stands in for the client of one node, older than 8.18 unless told.

    :param silent: aliases whose remote cluster gives no answer: each request that waits for one takes all its time.
    :param refused: alias → reason.
    """

    def __init__(self, *aliases: str, silent: Any = (), takes_timeout: bool = False, **refused: str) -> None:
        self.aliases, self.silent, self.takes_timeout, self.refused = aliases, set(silent), takes_timeout, refused
        # Passed only by requests that are under way at the same time.
        self.together = threading.Barrier(len(self.silent) or 1)
        self.waited: list[float] = []
        self.asked: list[str] = []
        self.hangs = False

    def read(self, path: str, purpose: str, query: Any = None, timeout: float = 0, **_retries: Any) -> Any:
        self.asked.append(path)
        if self.hangs:
            self.late(timeout)
        if path == "/_remote/info":
            return {alias: {"connected": True} for alias in self.aliases}
        if query and not self.takes_timeout:
            raise NO_TIMEOUT
        name = path.rpartition("/")[2].partition(":")[0]
        wanted = self.aliases if name == "*" else (name,)
        if self.silent & set(wanted):
            if not query:
                if name != "*":
                    self.together.wait(timeout=30)
                self.late(timeout)
            self.waited.append(int(query["timeout"][:-2]) / 1000)
        if len(wanted) == 1 and name in self.refused:
            raise ClientError("", status=403, reason=self.refused[name])
        silent = {"connected": False, "error": "Request timed out before receiving a response"}
        return {alias: silent if alias in self.silent else GOOD for alias in wanted}

    def late(self, timeout: float) -> None:
        self.waited.append(timeout)
        raise ClientError("no answer", reason="timed out", timed_out=True)


def seen(server: Server, aliases: Any = None) -> dict[str, Any]:
    return reads.seen_from(server, DEADLINE, aliases)


def test_one_request_for_all() -> None:
    server = Server("paris", "rome")
    found = seen(server)
    assert found == dict(
        info={"paris": {"connected": True}, "rome": {"connected": True}},
        resolve={"paris": GOOD, "rome": GOOD},
        timed_out=[],
        error=None,
    )
    assert server.waited == []
    assert server.asked == ["/_remote/info", "/_resolve/cluster/*:*", "/_resolve/cluster/*:*"]


def test_the_server_keeps_the_deadline_itself() -> None:
    server = Server("paris", "rome", silent=["rome"], takes_timeout=True)
    found = seen(server)
    assert found["resolve"]["paris"] == GOOD
    assert "timed out" in found["resolve"]["rome"]["error"]
    assert server.waited == [DEADLINE]


def test_silent_remote_clusters_cost_one_deadline_together() -> None:
    """The server is older than 8.18: the answer for all never comes, and that for each is awaited at the same time."""
    silent = [f"silent-{number}" for number in range(9)]
    server = Server("paris", *silent, "rome", silent=silent)
    found = seen(server)
    assert found["resolve"] == {"paris": GOOD, "rome": GOOD}
    assert found["timed_out"] == silent
    # One look at all of them, and one at each of those that are silent.
    assert len(server.waited) == 1 + len(silent)
    assert max(server.waited) <= DEADLINE


def test_only_the_aliases_that_are_wanted_are_asked_for_one_by_one() -> None:
    server = Server("paris", "rome", "silent", silent=["silent"])
    found = seen(server, ["rome"])
    assert found["resolve"] == {"rome": GOOD}
    assert server.asked[-1] == "/_resolve/cluster/rome:*"


def test_a_refusal_is_no_silence() -> None:
    found = seen(Server("paris", "silent", silent=["silent"], paris="no privilege"))
    assert found["resolve"] == {"paris": {"connected": False, "error": "no privilege"}}
    assert found["timed_out"] == ["silent"]


def test_a_node_that_hangs_costs_one_deadline() -> None:
    server = Server("paris", takes_timeout=True)
    server.hangs = True
    found = seen(server)
    assert (found["error"], found["info"], found["resolve"]) == ("no answer", {}, {})
    assert len(server.waited) == 1


@pytest.mark.parametrize("request_that_fails", [0, 1])
def test_a_node_without_the_role(request_that_fails: int) -> None:
    class WithoutRole(Server):
        def read(self, *arguments: Any, **more: Any) -> Any:
            if len(self.asked) == request_that_fails:
                reason = "node [lon-1] does not have the [remote_cluster_client] role"
                raise ClientError("", status=400, reason=reason)
            return super().read(*arguments, **more)

    assert seen(WithoutRole("paris"))["without_role"] is True
