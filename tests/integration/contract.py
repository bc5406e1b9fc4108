# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the tests of the contract speak to a server with cross-cluster replication, whichever it is."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import pytest
from ccr_server import ALIAS, Servers
from recording import Recording
from stand_ins.ccr_gateway.running import Running
from waiting import until

DEFAULTS = {
    "max_read_request_operation_count": 5120,
    "max_write_request_operation_count": 5120,
    "max_outstanding_read_requests": 12,
    "max_outstanding_write_requests": 9,
    "max_read_request_size": "32mb",
    "max_write_request_size": "9223372036854775807b",
    "max_write_buffer_count": 2147483647,
    "max_write_buffer_size": "512mb",
    "max_retry_delay": "500ms",
    "read_poll_timeout": "1m",
}
# What an earlier run has left behind has other names.
RUN = secrets.token_hex(2)
COUNTER = itertools.count(1)
ACKNOWLEDGED = (200, {"acknowledged": True})


class Contract:
    """Names are never used twice, so that no test meets what another one has left."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.number = f"{RUN}-{next(COUNTER)}"
        self.leader = f"contract-{self.number}"
        self.follower = f"contract-{self.number}-f"
        self.recording = Recording(self.number)

    # ---- requests

    def here(self, method: str, path: str, body: Any = None, **keywords: Any) -> tuple[int, Any]:
        """To the follower's cluster."""
        return self._recorded("follower", self.servers.follower(method, path, body, **keywords), method, path, body)

    def there(self, method: str, path: str, body: Any = None, **keywords: Any) -> tuple[int, Any]:
        """To the leader's."""
        return self._recorded("leader", self.servers.leader(method, path, body, **keywords), method, path, body)

    def _recorded(self, cluster: str, found: tuple[int, Any], method: str, path: str, body: Any) -> tuple[int, Any]:
        self.recording.add(cluster, method, path, body, found)
        return found

    def good(self, found: tuple[int, Any]) -> Any:
        assert found[0] < 300, found
        return found[1]

    def refused(self, found: tuple[int, Any], status: int, type: str, reason: str) -> dict[str, Any]:
        """In the envelope that every error has; messages differ by version, so that a fragment is enough."""
        answer = found[1]
        assert (found[0], answer.get("status")) == (status, status), found
        error: dict[str, Any] = answer["error"]
        assert error["type"] == type, found
        assert reason in (error["reason"] or ""), found
        assert {"type", "reason"} <= set(error["root_cause"][0]), found
        return error

    def faults(self, cluster: str, **changes: Any) -> None:
        self.cluster(cluster).faults(**changes)

    def cluster(self, name: str) -> Running:
        """To do more with it than requests."""
        if name not in self.servers.clusters:
            pytest.skip("one real server that follows itself is not broken, for others may use it")
        return self.servers.clusters[name]

    # ---- things

    def make_leader(self, name: str | None = None, documents: int = 1, **definition: Any) -> str:
        name = name or self.leader
        path = f"/{name}?wait_for_active_shards={definition.pop('wait', 1)}"
        self.good(self.there("PUT", path, definition or None))
        for number in range(documents):
            self.put_document(number, name)
        return name

    def put_document(self, identifier: int, name: str | None = None, **source: Any) -> None:
        self.good(self.there("PUT", f"/{name or self.leader}/_doc/{identifier}", source or {"number": identifier}))

    def body(self, **more: Any) -> dict[str, Any]:
        return {"remote_cluster": ALIAS, "leader_index": self.leader, **more}

    def put(self, body: Any, query: str = "", **keywords: Any) -> tuple[int, Any]:
        return self.here("PUT", f"/{self.follower}/_ccr/follow{query}", body, **keywords)

    def follow(self, name: str | None = None, **more: Any) -> str:
        """An active follower with all that its leader has."""
        name = name or self.follower
        path = f"/{name}/_ccr/follow?wait_for_active_shards=1"
        answer = self.good(self.here("PUT", path, self.body(**more)))
        assert list(answer.values()) == [True, True, True], answer
        return name

    def pair(self, documents: int = 1, **more: Any) -> None:
        self.make_leader(documents=documents)
        self.follow(**more)

    def pause(self) -> None:
        assert self.call("pause_follow") == ACKNOWLEDGED

    def call(self, what: str, body: Any = None) -> tuple[int, Any]:
        return self.here("POST", f"/{self.follower}/_ccr/{what}", body)

    def close(self) -> None:
        self.good(self.here("POST", f"/{self.follower}/_close"))

    def open(self) -> None:
        self.good(self.here("POST", f"/{self.follower}/_open"))

    # ---- what is there

    def info(self, name: str | None = None) -> dict[str, Any] | None:
        found = self.good(self.here("GET", f"/{name or self.follower}/_ccr/info"))["follower_indices"]
        return found[0] if found else None

    def status(self) -> str | None:
        found = self.info()
        return found["status"] if found else None

    def stats(self, query: str = "") -> dict[str, Any]:
        (found,) = self.good(self.here("GET", f"/{self.follower}/_ccr/stats{query}"))["indices"]
        result: dict[str, Any] = found
        return result

    def shard(self, query: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.stats(query)["shards"][0]
        return found

    def fatal(self) -> dict[str, Any]:
        found: dict[str, Any] = until(lambda: self.shard().get("fatal_exception"))
        return found

    def retried(self) -> dict[str, Any]:
        """What a read was refused with, again and again."""
        found = until(lambda: self.shard()["read_exceptions"])[0]
        assert found["retries"] >= 0
        exception: dict[str, Any] = found["exception"]
        return exception

    def uuid(self, name: str | None = None) -> str:
        name = name or self.follower
        answer = self.good(self.here("GET", f"/{name}/_settings?flat_settings=true"))
        found: str = answer[name]["settings"]["index.uuid"]
        return found

    def documents(self, name: str | None = None) -> dict[str, Any]:
        name = name or self.follower
        self.here("POST", f"/{name}/_refresh")
        answer = self.good(self.here("GET", f"/{name}/_search?size=1000"))
        return {hit["_id"]: hit["_source"] for hit in answer["hits"]["hits"]}

    def leases(self) -> list[dict[str, Any]]:
        """Of followers, on the leader."""
        answer = self.good(self.there("GET", f"/{self.leader}/_stats?level=shards"))
        copies = answer["indices"][self.leader]["shards"]["0"]
        held = copies[0].get("retention_leases", {}).get("leases", [])
        return [lease for lease in held if lease["source"] == "ccr"]

    def cluster_name(self) -> str:
        found: str = self.good(self.here("GET", "/_cluster/health"))["cluster_name"]
        return found

    # ---- auto-follow

    @property
    def pattern(self) -> str:
        return f"contract-{self.number}"

    def put_pattern(self, name: str | None = None, **more: Any) -> tuple[int, Any]:
        body = {"remote_cluster": ALIAS, "leader_index_patterns": [f"{self.leader}-*"], **more}
        return self.here("PUT", f"/_ccr/auto_follow/{name or self.pattern}", body)

    def get_pattern(self, name: str | None = None) -> dict[str, Any]:
        (found,) = self.good(self.here("GET", f"/_ccr/auto_follow/{name or self.pattern}"))["patterns"]
        assert found["name"] == (name or self.pattern)
        pattern: dict[str, Any] = found["pattern"]
        return pattern

    def auto_follow_stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.good(self.here("GET", "/_ccr/stats"))["auto_follow_stats"]
        return found

    def auto_follow_error(self, key: str) -> dict[str, Any] | None:
        errors = self.auto_follow_stats()["recent_auto_follow_errors"]
        return next((entry["auto_follow_exception"] for entry in errors if entry["leader_index"] == key), None)

    def follows(self, name: str) -> bool:
        status, answer = self.here("GET", f"/{name}/_ccr/info")
        return status == 200 and [one["status"] for one in answer["follower_indices"]] == ["active"]

    def clean_up(self) -> None:
        """Patterns first, or they would follow what is left."""
        for server in self.servers.clusters.values():
            server.faults()
        own = (self.pattern, f"{self.pattern}-")
        for entry in self.good(self.here("GET", "/_ccr/auto_follow"))["patterns"]:
            if entry["name"].startswith(own):
                self.here("DELETE", f"/_ccr/auto_follow/{entry['name']}")
        for request in (self.here, self.there):
            request("DELETE", f"/{self.leader},{self.leader}-*?ignore_unavailable=true&expand_wildcards=all")
