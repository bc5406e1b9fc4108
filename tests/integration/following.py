# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two clusters of which one follows the other: who runs each playbook, what is written, and what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner import Run, Runner, succeeded
from stand_ins.ccr_gateway.running import Running

from kit import Lab
from kit.lab import Cluster

# Playbook → who runs it, on London, which follows, and on Paris; as docs/privileges.md says.
ACCOUNTS = {
    "connect": ("operator", "operator"),
    "verify": ("verifier", "verifier"),
    "replicate": ("replicator", "verifier"),
    "pause_replication": ("failover", "verifier"),
    "resume_replication": ("failover", "verifier"),
    "failover": ("failover", "failover"),
    "failback": ("failover", "failover"),
}


class LeastPrivileged(Runner):
    """Each playbook runs as the accounts that may just run it, and reaches these clusters."""

    def __init__(self, lab: Lab, directory: Path, clusters: dict[str, Running]) -> None:
        super().__init__(lab, directory)
        for name, cluster in clusters.items():
            self.vary(name, elasticsearch_url=cluster.url)

    def playbook(self, playbook: str | Path, *arguments: str, **env: str) -> Run:
        for cluster, account in zip(("london", "paris"), ACCOUNTS[str(playbook)], strict=True):
            password = self.lab.accounts[account]
            self.vary(cluster, elasticsearch_username=account, elasticsearch_password=password)
        return super().playbook(playbook, *arguments, **env)


def good(cluster: Running | Cluster, method: str, path: str, body: Any = None) -> Any:
    status, answer = cluster.request(method, path, body)
    assert status in (200, 201), answer
    return answer


def answers(cluster: Running) -> bool:
    """Just after its start a server may end a connection without a word."""
    try:
        return cluster.request("GET", "/_cluster/health?wait_for_status=yellow")[0] == 200
    except OSError:
        return False


def write(cluster: Running, index: str, *ids: str) -> None:
    for name in ids:
        status, answer = cluster.request("PUT", f"/{index}/_create/{name}?refresh=true", {"@timestamp": 1, "id": name})
        assert status == 201, answer


def documents(cluster: Running, index: str, query: dict[str, Any] | None = None) -> list[str]:
    """Ids of all documents, or of those that fit, sorted; one that is there twice stands there twice."""
    cluster.request("POST", f"/{index}/_refresh")
    found: list[str] = []
    query = query or {"match_all": {}}
    page = good(cluster, "POST", f"/{index}/_search?scroll=1m", {"size": 10000, "_source": False, "query": query})
    while page["hits"]["hits"]:
        found += [hit["_id"] for hit in page["hits"]["hits"]]
        page = good(cluster, "POST", "/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
    good(cluster, "DELETE", "/_search/scroll", {"scroll_id": page["_scroll_id"]})
    return sorted(found)


def followers(cluster: Running) -> dict[str, str]:
    found = good(cluster, "GET", "/_all/_ccr/info")["follower_indices"]
    return {entry["follower_index"]: entry["status"] for entry in found}


def patterns(cluster: Running) -> dict[str, bool]:
    found = good(cluster, "GET", "/_ccr/auto_follow")["patterns"]
    return {entry["name"]: entry["pattern"]["active"] for entry in found}


def notes(cluster: Running) -> list[str]:
    found = good(cluster, "GET", "/_cluster/settings?flat_settings=true")["persistent"]
    return [name for name in found if "crosscluster_elasticsearch_" in name]


def clear(clusters: dict[str, Running]) -> None:
    """Nobody follows any more, so that the next file of tests finds the clusters as if it were alone."""
    for cluster in clusters.values():
        for name in patterns(cluster):
            good(cluster, "DELETE", f"/_ccr/auto_follow/{name}")
    for cluster in clusters.values():
        found = good(cluster, "GET", "/*,.*/_ccr/info")["follower_indices"]
        left = {entry["follower_index"] for entry in found}
        status, answer = cluster.request("GET", "/_data_stream?expand_wildcards=all")
        for stream in answer["data_streams"] if status == 200 else []:
            own = {index["index_name"] for index in stream["indices"]}
            if own & left:
                good(cluster, "DELETE", f"/_data_stream/{stream['name']}")
                left -= own
        for name in left:
            good(cluster, "DELETE", f"/{name}")
        if noted := notes(cluster):
            good(cluster, "PUT", "/_cluster/settings", {"persistent": dict.fromkeys(noted)})


def unchanged(run: Run) -> Run:
    assert succeeded(run).changes == set(), run.output
    assert run.writes == [], run.output
    return run
