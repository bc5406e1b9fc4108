# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows 50 indices of Paris with a million documents, while an application on each side never stops writing.

After each step all documents are counted on both sides. What the steps took stands in .cache/replication-load.json.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from following import LeastPrivileged, answers, documents, followers, good, notes, unchanged
from interrupt import Point, watching
from labs import CACHE
from runner import Runner, succeeded
from stand_ins.ccr_gateway.running import Running
from waiting import until
from writers import Writer

from kit import Lab, distribution

pytestmark = pytest.mark.skipif(
    distribution.given() is None,
    reason="a stand-in copies by searching, which says nothing of load: set %s" % distribution.VARIABLE,
)

INDICES = [f"load-{number:02}" for number in range(50)]
EACH = 20_000
AT_ONCE = 5_000
# How many numbered documents each has, and the sum of the numbers.
WHOLE = dict.fromkeys(INDICES, (EACH, EACH * (EACH - 1) // 2))
# To which the applications write, by an alias.
WRITTEN, APP = INDICES[0], "load-app"
FAILOVER = ("--limit", "london", "-e", "aliases=paris")
STOPPED = (*FAILOVER, "-e", "writes_stopped=true")
PLANNED = (*FAILOVER, "-e", "planned=true")
# After which write a run is killed: with half of the indices on each side of it, and before the first that is lost.
SWITCHOVER_KILLS = [
    f"paris: PUT /{','.join(INDICES)}/_block/write",
    "london: POST /load-25/_ccr/unfollow",
    "paris: DELETE /load-25",
]
FAILBACK_KILLS = [
    f"london: PUT /{','.join(INDICES)}/_block/write",
    "paris: POST /load-25/_ccr/unfollow",
    "london: DELETE /load-25",
]


@pytest.fixture(scope="module")
def writers(london: Running, paris: Running) -> Iterator[dict[str, Writer]]:
    """Both write from the first test to the last; a cluster that does not lead refuses, or is not there."""
    with ExitStack() as stack:
        yield {cluster.name: stack.enter_context(Writer(cluster, APP)) for cluster in (london, paris)}


@pytest.fixture(scope="module")
def figures() -> Iterator[dict[str, Any]]:
    """Step → what it took."""
    found: dict[str, Any] = {}
    yield found
    (CACHE / "replication-load.json").write_text(json.dumps(found, indent=2) + "\n")


@pytest.fixture
def ansible(ccr_lab: Lab, clusters: dict[str, Running], tmp_path: Path) -> Runner:
    runner = LeastPrivileged(ccr_lab, tmp_path, clusters)
    runner.declare(
        london={"paris": {"search": ["load-*"], "follow": {"load": "load-*"}}},
        paris={"london": {"search": ["load-*"], "replication": ["load-*"]}},
    )
    return runner


def load(paris: Running) -> None:
    """Each document has a number, by which one that is missing or doubled is seen."""
    good(
        paris,
        "PUT",
        "/_index_template/load",
        {"index_patterns": ["load-*"], "template": {"settings": {"number_of_replicas": 0}}},
    )

    def fill(index: str) -> None:
        for start in range(0, EACH, AT_ONCE):
            lines = "".join('{"create":{}}\n{"n":%d}\n' % n for n in range(start, start + AT_ONCE))
            assert good(paris, "POST", f"/{index}/_bulk", lines)["errors"] is False

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, INDICES))


def numbers(cluster: Running) -> dict[str, tuple[int, int]]:
    """Index → how many numbered documents it has, and their sum."""
    good(cluster, "POST", "/load-*/_refresh")
    each = {"terms": {"field": "_index", "size": 1000}, "aggs": {"n": {"stats": {"field": "n"}}}}
    found = good(cluster, "POST", "/load-*/_search", {"size": 0, "aggs": {"each": each}})
    buckets = found["aggregations"]["each"]["buckets"]
    return {bucket["key"]: (bucket["n"]["count"], int(bucket["n"]["sum"])) for bucket in buckets}


def counted(london: Running, paris: Running, safe: list[str]) -> int:
    """Every numbered document once on both sides, and of the applications' each that is safe; how many there are.

    :param safe: ids of documents that nobody may lose.
    """
    assert numbers(paris) == WHOLE
    until(lambda: numbers(london) == WHOLE)
    for cluster in (paris, london):
        until(lambda cluster=cluster: not missing(cluster, safe))  # type: ignore[misc]
        found = documents(cluster, WRITTEN)
        assert len(found) == len(set(found))
    return len(INDICES) * EACH + len(safe)


def missing(cluster: Running, safe: list[str]) -> set[str]:
    """What the applications wrote has ids of their own; the numbered documents have not."""
    return set(safe) - written(cluster)


def written(cluster: Running) -> set[str]:
    """Ids of what the applications wrote."""
    return set(documents(cluster, WRITTEN, {"exists": {"field": "@timestamp"}}))


def safe_from_now(cluster: Running, writers: dict[str, Writer]) -> Callable[[], list[str]]:
    """Ids that nobody may lose: of what the cluster has now, and of what the applications are told to be safe since."""
    had = written(cluster)
    before = {name: len(writer.acknowledged) for name, writer in writers.items()}
    return lambda: [*had, *(name for key, writer in writers.items() for name in writer.acknowledged[before[key] :])]


def lag(leading: Writer, follower: Running) -> float:
    """Seconds from a document that was taken until the follower has it."""
    leading.goes_on()
    name, start = leading.acknowledged[-1], time.monotonic()
    until(lambda: follower.request("GET", f"/{WRITTEN}/_doc/{name}?_source=false")[0] == 200)
    return round(time.monotonic() - start, 2)


def behind(follower: Running) -> int:
    """Operations, over all followers."""
    found = good(follower, "GET", "/_all/_ccr/stats")["indices"]
    return sum(max(0, index["total_global_checkpoint_lag"]) for index in found)


class Step:
    """Seconds of a step, into the figures."""

    def __init__(self, figures: dict[str, Any], name: str) -> None:
        self.found = figures.setdefault(name, {})

    def __enter__(self) -> dict[str, Any]:
        self.start = time.monotonic()
        return self.found

    def __exit__(self, *_dummy: object) -> None:
        self.found["seconds"] = round(time.monotonic() - self.start, 1)


def test_a_million_documents_are_replicated(
    ansible: Runner,
    london: Running,
    paris: Running,
    writers: dict[str, Writer],
    figures: dict[str, Any],
) -> None:
    with Step(figures, "load"):
        load(paris)
    good(paris, "POST", "/_aliases", {"actions": [{"add": {"index": WRITTEN, "alias": APP}}]})
    assert numbers(paris) == WHOLE
    succeeded(ansible.playbook("connect"))
    writers["paris"].start()
    with Step(figures, "replicate") as step:
        step["requests"] = len(succeeded(ansible.playbook("replicate")).requests)
    writers["london"].begin()
    with Step(figures, "no-op of replicate") as step:
        step["requests"] = len(unchanged(ansible.playbook("replicate")).requests)
    step["operations behind"], step["lag"] = behind(london), lag(writers["paris"], london)
    assert followers(london) == dict.fromkeys(INDICES, "active")
    step["counted"] = counted(london, paris, list(writers["paris"].acknowledged))


def test_failover(
    ansible: Runner,
    ccr_lab: Lab,
    london: Running,
    paris: Running,
    writers: dict[str, Writer],
    figures: dict[str, Any],
) -> None:
    """Paris is lost in the midst of a write. What London has by then is safe."""
    node = ccr_lab.node("par-1")
    node.require_host("a cluster that is lost")
    writers["paris"].goes_on()
    node.run("systemctl stop elasticsearch")
    had = written(london)
    acknowledged = list(writers["paris"].acknowledged)
    with Step(figures, "failover") as step:
        succeeded(ansible.playbook("failover", *FAILOVER))
        writers["london"].goes_on()
    assert followers(london) == {}
    assert numbers(london) == WHOLE
    assert had <= written(london)
    step["lost"] = len(missing(london, acknowledged))
    step["counted"] = len(INDICES) * EACH + len(had)
    unchanged(ansible.playbook("failover", *FAILOVER))
    node.start_elasticsearch()
    until(lambda: answers(paris))


def test_failback(
    ansible: Runner,
    london: Running,
    paris: Running,
    writers: dict[str, Writer],
    figures: dict[str, Any],
) -> None:
    """What Paris alone was told meanwhile, as its application writes again, is let go by consent."""
    until(lambda: good(paris, "GET", "/_resolve/cluster/london:*")["london"]["connected"])
    had = written(london)
    writers["paris"].goes_on()
    refused = ansible.playbook("failback", *FAILOVER)
    assert refused.code != 0
    assert "set discard_newer=paris to lose the rest" in " ".join(refused.errors), refused.output
    consent = ("-e", "discard_newer=paris")
    with Step(figures, "failback, Paris follows"):
        succeeded(ansible.playbook("failback", *FAILOVER, *consent))
    with Step(figures, "failback, Paris leads again") as step:
        consented = len(writers["paris"].acknowledged)
        succeeded(ansible.playbook("failback", *STOPPED, *consent))
        writers["paris"].goes_on()
    assert (followers(paris), notes(london)) == ({}, [])
    step["operations behind"], step["lag"] = behind(london), lag(writers["paris"], london)
    safe = [*had, *writers["london"].acknowledged, *writers["paris"].acknowledged[consented:]]
    step["counted"] = counted(london, paris, safe)


def test_planned_switchover_and_back(
    ansible: Runner,
    london: Running,
    paris: Running,
    writers: dict[str, Writer],
    figures: dict[str, Any],
) -> None:
    """Nothing at all is lost that either application was told to be safe."""
    safe = safe_from_now(paris, writers)
    with Step(figures, "planned switchover") as step:
        succeeded(ansible.playbook("failover", *PLANNED))
        writers["london"].goes_on()
    assert followers(paris) == dict.fromkeys(INDICES, "active")
    step["operations behind"], step["lag"] = behind(paris), lag(writers["london"], paris)
    step["counted"] = counted(london, paris, safe())
    with Step(figures, "planned switchover, back") as step:
        succeeded(ansible.playbook("failback", *STOPPED))
        writers["paris"].goes_on()
    step["operations behind"], step["lag"] = behind(london), lag(writers["paris"], london)
    step["counted"] = counted(london, paris, safe())
    assert notes(london) == []


def test_runs_that_are_killed_under_load(
    ansible: Runner,
    ccr_lab: Lab,
    clusters: dict[str, Running],
    london: Running,
    paris: Running,
    writers: dict[str, Writer],
    figures: dict[str, Any],
) -> None:
    """In the midst of a switchover and of its way back; each next run goes on from there."""
    safe = safe_from_now(paris, writers)
    with watching(ccr_lab, {name: cluster.url for name, cluster in clusters.items()}) as watch:
        with Step(figures, "planned switchover, killed %d times" % len(SWITCHOVER_KILLS)) as step:
            for write in SWITCHOVER_KILLS:
                watch.run(ansible, "failover", *PLANNED, at=Point(write, "after"))
            succeeded(watch.run(ansible, "failover", *PLANNED))
            writers["london"].goes_on()
        step["counted"] = counted(london, paris, safe())
        with Step(figures, "its way back, killed %d times" % len(FAILBACK_KILLS)) as step:
            for write in FAILBACK_KILLS:
                watch.run(ansible, "failback", *STOPPED, at=Point(write, "after"))
            succeeded(watch.run(ansible, "failback", *STOPPED))
            writers["paris"].goes_on()
        step["counted"] = counted(london, paris, safe())
    assert (followers(paris), notes(london)) == ({}, [])
    assert followers(london) == dict.fromkeys(INDICES, "active")
