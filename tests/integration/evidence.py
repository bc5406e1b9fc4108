# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is really there, asked without the collection: keys, credentials, aliases, searches, JVM starts."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from kit import Lab

ALIAS = "paris"
INDEX = "books"
SECURE_SETTING = f"cluster.remote.{ALIAS}.credentials"


def active_keys(lab: Lab) -> list[str]:
    """Ids of the active cross-cluster API keys of paris that the collection has made."""
    _dummy, answer = lab.clusters["paris"].request("GET", "/_security/api_key?active_only=true")
    return [k["id"] for k in answer["api_keys"] if (k.get("metadata") or {}).get("crosscluster_elasticsearch")]


def access_of(lab: Lab, key: str) -> dict[str, Any]:
    _dummy, answer = lab.clusters["paris"].request("GET", f"/_security/api_key?id={key}")
    access: dict[str, Any] = answer["api_keys"][0]["access"]
    return access


def credential(lab: Lab, node: str) -> str | None:
    """The encoded value that the node's keystore holds, as Elasticsearch's own tool shows it."""
    state = lab.node(node).state
    tool = f"ES_PATH_CONF={state.config} {state.home}/bin/elasticsearch-keystore"
    done = lab.node(node).run(f"{tool} show {SECURE_SETTING}", check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def held(lab: Lab) -> list[str | None]:
    """For each node of london the id of the key that it holds."""
    nodes = lab.clusters["london"].nodes
    # The tool starts a JVM on each.
    with ThreadPoolExecutor(len(nodes)) as pool:
        values = list(pool.map(lambda node: credential(lab, node), nodes))
    return [base64.b64decode(value).decode().partition(":")[0] if value else None for value in values]


def keystores(lab: Lab) -> dict[str, str]:
    """Node of london → digest of its keystore."""
    nodes = [lab.node(name) for name in lab.clusters["london"].nodes]
    return {n.name: n.run(["sha256sum", f"{n.state.config}/elasticsearch.keystore"]).stdout.split()[0] for n in nodes}


def version_of_state(lab: Lab, cluster: str) -> int:
    """Grows with every change of the cluster's state."""
    version: int = lab.clusters[cluster].request("GET", "/_cluster/state/version")[1]["version"]
    return version


def aliases(lab: Lab) -> dict[str, Any]:
    """All persistent and transient settings of london that have to do with remote clusters."""
    _dummy, answer = lab.clusters["london"].request("GET", "/_cluster/settings?flat_settings=true")
    return {k: v for origin in answer.values() for k, v in origin.items() if "remote" in k or "crosscluster" in k}


def put_document(lab: Lab) -> None:
    """What a search from london finds in paris."""
    status, answer = lab.clusters["paris"].request("PUT", f"/{INDEX}/_doc/1?refresh=true", {"title": "Les Misérables"})
    assert status in (200, 201), answer


def converged(lab: Lab) -> str:
    """One active key, held by every node of london, and each node finds the document with it."""
    nodes = lab.clusters["london"].nodes
    keys = active_keys(lab)
    assert len(keys) == 1, f"active: {keys}, held: {held(lab)}"
    assert held(lab) == keys * len(nodes)
    assert [search(lab, node) for node in nodes] == ["found"] * len(nodes)
    return keys[0]


def search(lab: Lab, node: str | None = None) -> str:
    """``found``, or what went wrong, of a search on a node of london for the document of paris."""
    try:
        status, answer = lab.clusters["london"].request(
            "GET", f"/{ALIAS}:{INDEX}/_search", user="searcher", node=node, timeout=30
        )
    except OSError as error:
        return f"no answer: {error}"
    if status != 200:
        return f"{status}: {answer}"
    if answer["_clusters"]["skipped"] or not answer["hits"]["hits"]:
        return f"not found: {answer['_clusters']}"
    return "found"


@contextmanager
def searching(lab: Lab) -> Iterator[list[str]]:
    """A client that searches all the time, on every node that can by now; what it got is in the list."""
    results: list[str] = []
    over = threading.Event()
    nodes = [node for node in lab.clusters["london"].nodes if search(lab, node) == "found"]

    def run() -> None:
        while not over.is_set():
            results.extend(search(lab, node) for node in nodes)
            over.wait(0.1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield results
    finally:
        over.set()
        thread.join()


@contextmanager
def counting_jvms(lab: Lab) -> Iterator[list[str]]:
    """Every start of the keystore's tool on a node of london, seen by a script in its place."""
    starts: list[str] = []
    nodes = [lab.node(name) for name in lab.clusters["london"].nodes]
    for node in nodes:
        tool, real = _tool(node)
        # Otherwise the tool takes its name from its file's.
        script = f'#!/bin/bash\nexport CLI_NAME=keystore\necho "$1" >> /var/tmp/keystore-starts\nexec {real} "$@"\n'
        node.run(f"mv {tool} {real} && cat > {tool} && chmod 755 {tool} && rm -f /var/tmp/keystore-starts", script)
    try:
        yield starts
    finally:
        for node in nodes:
            tool, real = _tool(node)
            seen = node.run(f"cat /var/tmp/keystore-starts 2>/dev/null; mv {real} {tool}").stdout
            starts.extend(f"{node.name}: {line}" for line in seen.splitlines())


def _tool(node: Any) -> tuple[str, str]:
    """The keystore's tool, and where it stays while a script is in its place."""
    directory = f"{node.state.home}/bin"
    return f"{directory}/elasticsearch-keystore", f"{directory}/real-elasticsearch-keystore"


def settled(lab: Lab, cluster: str) -> int:
    """The version of the cluster's state, once a cluster that was just started or written to has come to rest."""
    last, same = version_of_state(lab, cluster), 0
    for _attempt in range(120):
        time.sleep(0.5)
        now = version_of_state(lab, cluster)
        last, same = now, same + 1 if now == last else 0
        if same == 4:
            return now
    raise AssertionError(f"the state of {cluster} keeps changing")
