# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows Paris: replicate, pause, fail over and back, on the stand-in before two real clusters.

Documents are counted by their ids on both sides: not one may be missing or doubled.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ccr_server
import pytest
from controller import Controller
from following import ACCOUNTS, LeastPrivileged, answers, documents, followers, good, notes, patterns, unchanged, write
from interrupt import Point, watching
from real_faults import FATAL, REASON
from runner import Run, Runner, succeeded
from stand_ins.ccr_gateway.running import Running
from waiting import until
from writers import Writer

from kit import Lab

pytestmark = pytest.mark.skipif(ccr_server.URL is not None, reason="one real server can't lose its other one")

# Not metrics-*-*, for which a full distribution has a template of data streams.
COPY = "{leader_index}-copy"
FOLLOW = {
    "sales": {"leader": "sales-*", "follower": COPY, "parameters": {"read_poll_timeout": "30s"}},
    "reports": {"leader": "report", "follower": "report-of-{alias}"},
}


@pytest.fixture
def ansible(ccr_lab: Lab, clusters: dict[str, Running], tmp_path: Path) -> Runner:
    runner = LeastPrivileged(ccr_lab, tmp_path, clusters)
    declare(runner, FOLLOW)
    return runner


def declare(runner: Runner, follow: dict[str, Any]) -> None:
    """London follows, and Paris can follow the copies back."""
    back = {"replication": ["sales-*", "report*"]}
    runner.declare(london={"paris": {"search": ["*"], "follow": follow}}, paris={"london": {**back, "search": ["*"]}})


def seen(cluster: Running) -> str:
    """All that a run could change."""
    indices = good(cluster, "GET", "/_cluster/state/metadata?filter_path=metadata.indices.*.settings.index.uuid")
    return json.dumps([indices, followers(cluster), patterns(cluster), notes(cluster)], sort_keys=True)


def foretold(ansible: Runner, clusters: dict[str, Running], playbook: str, *arguments: str) -> tuple[Run, Run]:
    """A run in check mode, which writes nothing, and the real one after it."""
    before = [seen(cluster) for cluster in clusters.values()]
    check = succeeded(ansible.playbook(playbook, "--check", "--diff", *arguments))
    assert check.writes == []
    assert [seen(cluster) for cluster in clusters.values()] == before
    return check, succeeded(ansible.playbook(playbook, "--diff", *arguments))


def test_connect(ansible: Runner, paris: Running) -> None:
    write(paris, "sales-1", "a", "b")
    write(paris, "sales-2", "c")
    write(paris, "report", "x", "y")
    write(paris, "other", "z")
    succeeded(ansible.playbook("connect"))


def test_replicate(ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running) -> None:
    check, real = foretold(ansible, clusters, "replicate")
    assert check.changes == real.changes
    assert followers(london) == dict.fromkeys(["sales-1-copy", "sales-2-copy", "report-of-paris"], "active")
    assert patterns(london) == {"paris-sales": True}
    assert documents(london, "sales-1-copy") == ["a", "b"]
    assert documents(london, "report-of-paris") == ["x", "y"]
    assert real.output.count(": healthy") == 4


def test_a_second_run_changes_nothing(ansible: Runner) -> None:
    unchanged(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate", "--check"))
    verified = unchanged(ansible.playbook("verify")).output
    # Elasticsearch shows auto-follow patterns only to who may change them.
    assert (verified.count(": healthy"), verified.count("auto-follow patterns: not seen")) == (3, 1)


def test_what_comes_later_is_followed(london: Running, paris: Running) -> None:
    write(paris, "sales-3", "d")
    until(lambda: followers(london).get("sales-3-copy") == "active")
    until(lambda: documents(london, "sales-3-copy") == ["d"])


@pytest.mark.parametrize(
    ("follow", "says"),
    [
        ({"m": {"leader": "other", "follower": "mine"}}, "there is an ordinary index of that name"),
        ({"m": {"leader": "other", "follower": "sales-1-copy"}}, "it follows paris:sales-1"),
        ({"m": "othr"}, "there is no index and no data stream othr (did you mean other?)"),
        ({"m": {"leader": "other", "follower": "Mine"}}, "has upper case"),
        # Declared, and not connected since.
        ({"m": {"leader": "other", "follower": "yours"}}, "does not let other be replicated; let it be so"),
    ],
)
def test_what_stands_in_the_way(
    ansible: Runner, clusters: dict[str, Running], london: Running, follow: dict[str, Any], says: str
) -> None:
    if london.request("HEAD", "/mine")[0] != 200:
        write(london, "mine", "m")
    declare(ansible, follow)
    before = [seen(cluster) for cluster in clusters.values()]
    run = ansible.playbook("replicate")
    assert run.code != 0
    assert says in " ".join(run.errors)
    assert [seen(cluster) for cluster in clusters.values()] == before


def test_a_role_that_lacks_a_privilege_on_the_remote_cluster(
    ansible: Runner, clusters: dict[str, Running], london: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = ansible.lab.accounts["replicator"]
    indices = [{"names": ["*"], "privileges": ["manage_follow_index", "monitor", "read", "write"]}]
    remote = [{"clusters": ["*"], "names": ["*"], "privileges": ["view_index_metadata"]}]
    role = {"cluster": ["manage_ccr", "monitor"], "indices": indices, "remote_indices": remote}
    good(london, "PUT", "/_security/role/half", role)
    good(london, "PUT", "/_security/user/half", {"password": password, "roles": ["half"]})
    monkeypatch.setitem(ansible.lab.accounts, "half", password)
    monkeypatch.setitem(ACCOUNTS, "replicate", ("half", "verifier"))
    before = [seen(cluster) for cluster in clusters.values()]
    run = ansible.playbook("replicate")
    assert run.code != 0
    told = " ".join(run.errors)
    assert "the account half (realm default_native) lacks the privilege cross_cluster_replication on" in told, told
    assert "of the remote cluster paris" in told
    assert [seen(cluster) for cluster in clusters.values()] == before


def test_an_expired_licence_is_told(ansible: Runner, paris: Running) -> None:
    paris.faults(licence="basic")
    try:
        run = ansible.playbook("replicate")
    finally:
        paris.faults()
    assert run.code != 0
    assert "licen" in " ".join(run.errors)


# As docs/replication.md has it: without it, Paris would be asked what it has paused too.
PARIS = ("-e", "aliases=paris")


def test_pause_and_resume(ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running) -> None:
    before = good(london, "GET", "/sales-1-copy/_ccr/info")
    good(london, "POST", "/sales-2-copy/_ccr/pause_follow")
    foretold(ansible, clusters, "pause_replication", *PARIS)
    assert set(followers(london).values()) == {"paused"}
    assert set(patterns(london).values()) == {False}
    unchanged(ansible.playbook("pause_replication", *PARIS))
    refused = ansible.playbook("replicate")
    assert refused.code != 0
    assert "run the playbook resume_replication" in " ".join(refused.errors)
    write(paris, "sales-1", "e")
    foretold(ansible, clusters, "resume_replication", *PARIS)
    # Just what ran, with all parameters.
    states = followers(london)
    assert states.pop("sales-2-copy") == "paused"
    assert set(states.values()) == {"active"}
    assert set(patterns(london).values()) == {True}
    assert good(london, "GET", "/sales-1-copy/_ccr/info") == before
    assert notes(london) == []
    until(lambda: documents(london, "sales-1-copy") == ["a", "b", "e"])
    unchanged(ansible.playbook("resume_replication", *PARIS))
    succeeded(ansible.playbook("replicate"))
    assert set(followers(london).values()) == {"active"}


@pytest.mark.full
def test_a_follower_that_has_stopped_for_good_keeps_no_other_one_paused(ansible: Runner, london: Running) -> None:
    before = good(london, "GET", "/sales-1-copy/_ccr/info")
    succeeded(ansible.playbook("pause_replication", *PARIS))
    good(london, "POST", "/sales-1-copy/_ccr/resume_follow")
    london.faults(fatal={"sales-1-copy": FATAL})
    until(lambda: REASON in str(london.request("GET", "/sales-1-copy/_ccr/stats")))
    london.faults()
    run = ansible.playbook("resume_replication", *PARIS)
    assert run.code != 0
    told = " ".join(run.errors)
    assert "have stopped for good: paris/sales-1-copy" in told
    assert REASON in told
    assert set(patterns(london).values()) == {True}
    assert followers(london)["sales-3-copy"] == "active"
    assert notes(london) != []
    succeeded(ansible.playbook("resume_replication", *PARIS, "-e", "restart=true"))
    assert notes(london) == []
    assert good(london, "GET", "/sales-1-copy/_ccr/info") == before
    assert "fatal_exception" not in str(good(london, "GET", "/sales-1-copy/_ccr/stats"))


def test_a_cluster_that_is_there_is_not_failed_over(ansible: Runner, clusters: dict[str, Running]) -> None:
    before = [seen(cluster) for cluster in clusters.values()]
    run = ansible.playbook("failover", "--limit", "london", "-e", "aliases=paris")
    assert run.code != 0
    assert "paris: its cluster is there" in " ".join(run.errors)
    assert [seen(cluster) for cluster in clusters.values()] == before


FAILOVER = ("--limit", "london", *PARIS)
COPIES = ["sales-1-copy", "sales-2-copy", "sales-3-copy"]
# After which writes a run is killed, one run after the other.
FAILOVER_KILLS = ["PUT /_cluster/settings", "POST /sales-1-copy/_close", "POST /sales-2-copy/_ccr/unfollow"]
FAILBACK_KILLS = [
    "paris: DELETE /sales-1",
    "paris: PUT /sales-2/_ccr/follow",
    "london: PUT /_cluster/settings",
    "paris: POST /sales-3/_ccr/unfollow",
    "london: DELETE /sales-1-copy",
]


def test_failover(ansible: Runner, ccr_lab: Lab, clusters: dict[str, Running], london: Running, paris: Running) -> None:
    """Paris is lost, with nothing that London has not got."""
    good(paris, "POST", "/_aliases", {"actions": [{"add": {"index": "sales-1", "alias": "sales-app"}}]})
    until(lambda: london.request("HEAD", "/_alias/sales-app")[0] == 200)
    node = ccr_lab.node("par-1")
    node.require_host("a cluster that is lost")
    node.run("systemctl stop elasticsearch")
    check = succeeded(ansible.playbook("failover", "--check", *FAILOVER))
    assert check.writes == []
    assert check.output.count("pause, close, unfollow, open") == 4
    run = succeeded(ansible.playbook("failover", *FAILOVER))
    assert run.output.count("no operation is known to be lost") == 4
    assert followers(london) == {}
    assert set(patterns(london).values()) == {False}
    for index in COPIES:
        # As applications do.
        write(london, "sales-app" if index == "sales-1-copy" else index, f"london-{index}")
    write(london, "report-of-paris", "london-report")
    # What is created here meanwhile belongs to the other cluster too.
    write(london, "sales-4-copy", "new")
    unchanged(ansible.playbook("failover", *FAILOVER))
    node.start_elasticsearch()
    until(lambda: answers(paris))
    # Shown where a person looks first.
    refused = ansible.playbook("replicate", "--limit", "london")
    assert refused.code != 0
    assert "run the playbook failback" in " ".join(refused.errors)


def test_failback(ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running) -> None:
    until(lambda: good(paris, "GET", "/_resolve/cluster/london:*")["london"]["connected"])
    before = [seen(cluster) for cluster in clusters.values()]
    check = succeeded(ansible.playbook("failback", "--check", *FAILOVER))
    assert check.writes == []
    assert [seen(cluster) for cluster in clusters.values()] == before
    assert check.output.count("delete there, follow from there") == 4
    # Found before anything is deleted there, which could not follow then.
    ansible.declared["paris"] = {"london": {"replication": ["sales-*"]}}
    refused = ansible.playbook("failback", *FAILOVER)
    assert "does not let report-of-paris be replicated" in " ".join(refused.errors), refused.output
    assert [seen(cluster) for cluster in clusters.values()] == before
    declare(ansible, FOLLOW)
    succeeded(ansible.playbook("failback", *FAILOVER))
    write(london, "sales-1-copy", "late")
    assert {"sales-1", "sales-2", "sales-3", "sales-4"} <= set(followers(paris))
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    good(paris, "PUT", "/sales-app/_doc/late?refresh=true", {"@timestamp": 2, "id": "late"})
    counted(london, paris)
    assert followers(paris) == {}
    assert set(patterns(london).values()) == {True}
    assert notes(london) == []
    succeeded(ansible.playbook("replicate"))
    unchanged(ansible.playbook("replicate"))


def counted(london: Running, paris: Running, *more: str) -> None:
    """Every document once, on both sides, and both sides as they were."""
    expected = {
        "sales-1": ["a", "b", "e", "late", "london-sales-1-copy", *more],
        "sales-2": ["c", "london-sales-2-copy"],
        "sales-3": ["d", "london-sales-3-copy"],
        "sales-4": ["new"],
        "report": ["london-report", "x", "y"],
    }
    assert {index: documents(paris, index) for index in expected} == {k: sorted(v) for k, v in expected.items()}
    copies = {index: "report-of-paris" if index == "report" else f"{index}-copy" for index in expected}
    for index, ids in expected.items():
        until(lambda copy=copies[index], ids=ids: documents(london, copy) == sorted(ids))  # type: ignore[misc]
    assert followers(london) == dict.fromkeys(copies.values(), "active")


def test_what_only_the_lost_cluster_has_is_not_overwritten(
    ansible: Runner, clusters: dict[str, Running], london: Running, paris: Running
) -> None:
    london.faults(hold=COPIES)
    write(paris, "sales-1", "only-paris")
    until(lambda: good(london, "GET", "/sales-1-copy/_ccr/stats")["indices"][0]["total_global_checkpoint_lag"] > 0)
    run = succeeded(ansible.playbook("failover", *FAILOVER, "-e", "force=true"))
    london.faults()
    assert "1 operations are lost" in run.output
    before = [seen(cluster) for cluster in clusters.values()]
    refused = ansible.playbook("failback", *FAILOVER)
    assert refused.code != 0
    assert "paris/sales-1: it has 1 operations that the survivor lacks" in " ".join(refused.errors)
    assert [seen(cluster) for cluster in clusters.values()] == before
    everything = ("-e", "discard_newer=paris", "-e", "writes_stopped=true")
    succeeded(ansible.playbook("failback", *FAILOVER, *everything))
    counted(london, paris)


@pytest.mark.full
def test_planned_switchover(ansible: Runner, london: Running, paris: Running) -> None:
    write(paris, "sales-1", "planned")
    check = succeeded(ansible.playbook("failover", "--check", *FAILOVER, "-e", "planned=true"))
    assert check.writes == []
    succeeded(ansible.playbook("failover", *FAILOVER, "-e", "planned=true"))
    assert followers(london) == {}
    assert {"sales-1", "sales-2", "sales-3", "sales-4"} <= set(followers(paris))
    assert documents(london, "sales-1-copy") == documents(paris, "sales-1")
    write(london, "sales-1-copy", "switched")
    succeeded(ansible.playbook("failback", *FAILOVER, "-e", "writes_stopped=true"))
    counted(london, paris, "planned", "switched")


@pytest.mark.full
def test_runs_that_are_killed(
    ansible: Runner, ccr_lab: Lab, clusters: dict[str, Running], london: Running, paris: Running, top: Path
) -> None:
    """In the middle of both ways; each next run goes on from there, and no password of the API is left in a file."""
    found = good(london, "GET", "/_all/_ccr/info")["follower_indices"]
    copies = {entry["leader_index"]: entry["follower_index"] for entry in found}
    expected = {index: documents(paris, index) for index in copies}
    force = (*FAILOVER, "-e", "force=true")
    stopped = (*FAILOVER, "-e", "writes_stopped=true")
    with watching(ccr_lab, {name: cluster.url for name, cluster in clusters.items()}) as watch:
        controller = Controller(ansible, watch, top)
        for write_ in FAILOVER_KILLS:
            at = Point(f"london: {write_}", "after")
            controller.run(str(at), "failover", *force, at=at, CROSSCLUSTER_IN_PROCESS="0")
        assert controller.leaks([*ccr_lab.accounts.values()]) == []
        succeeded(watch.run(ansible, "failover", *force))
        assert followers(london) == {}
        write(london, "sales-1-copy", "killed")
        expected["sales-1"] = sorted([*expected["sales-1"], "killed"])
        for write_ in FAILBACK_KILLS:
            watch.run(ansible, "failback", *stopped, at=Point(write_, "after"))
        succeeded(watch.run(ansible, "failback", *stopped))
    assert {index: documents(paris, index) for index in expected} == expected
    for index, ids in expected.items():
        until(lambda copy=copies[index], ids=ids: documents(london, copy) == ids)  # type: ignore[misc]
    assert (followers(paris), notes(london)) == ({}, [])
    assert set(followers(london).values()) == {"active"}
    assert set(patterns(london).values()) == {True}


def lost(acknowledged: list[str], *there: list[str]) -> list[str]:
    """What a writer was told to be safe, and nobody has."""
    found = {name for names in there for name in names}
    return [name for name in acknowledged if name not in found]


def blocked(cluster: Running) -> list[str]:
    """Indices with a write block."""
    state = good(cluster, "GET", "/_cluster/state/metadata?filter_path=metadata.indices.*.settings.index.blocks")
    return sorted((state.get("metadata") or {}).get("indices") or {})


@pytest.mark.full
def test_nothing_is_lost_of_writers_that_never_stop(
    ansible: Runner, ccr_lab: Lab, clusters: dict[str, Running], london: Running, paris: Running
) -> None:
    """One writes to the survivor, one to the cluster that is given back to; runs are refused, killed and completed."""
    good(paris, "POST", "/_aliases", {"actions": [{"add": {"index": "sales-1", "alias": "app"}}]})
    until(lambda: london.request("HEAD", "/_alias/app")[0] == 200)
    copies = list(followers(london))
    succeeded(ansible.playbook("failover", *FAILOVER, "-e", "force=true"))
    write(london, "sales-5-copy", "since")
    # Somebody's own, on either side.
    own = (paris, "sales-2"), (london, "sales-2-copy")
    for cluster, index in own:
        good(cluster, "PUT", f"/{index}/_block/write")
    consent = (*FAILOVER, "-e", "discard_newer=paris")
    copies = sorted({*copies, "sales-5-copy"} - {"sales-2-copy"})
    urls = {name: cluster.url for name, cluster in clusters.items()}
    with Writer(london, "app") as here, Writer(paris, "app") as there, watching(ccr_lab, urls) as watch:
        here.start()
        # Begun between the count and what the run does there.
        watch.first["paris"] = there.start
        refused = watch.run(ansible, "failback", *FAILOVER)
        acknowledged = list(there.acknowledged)
        kept = documents(paris, "sales-1"), documents(london, "sales-1-copy")
        assert lost(acknowledged, *kept) == [], refused.output
        told = " ".join(refused.errors)
        assert refused.code != 0
        assert "paris/sales-1: it has" in told
        assert "set discard_newer=paris to lose the rest" in told
        assert "nothing was deleted" in told
        there.goes_on()
        assert (blocked(paris), blocked(london)) == (["sales-2"], ["sales-2-copy"])

        write_block = next(name for name in watch.writes if name.endswith("/_block/write"))
        watch.run(ansible, "failback", *consent, at=Point(write_block, "after"))
        assert "sales-1" in blocked(paris)
        succeeded(watch.run(ansible, "failover", *FAILOVER))
        there.goes_on()
        assert (blocked(paris), blocked(london)) == (["sales-2"], ["sales-2-copy"])

        stopped = (*consent, "-e", "writes_stopped=true")
        watch.run(ansible, "failback", *stopped, at=Point(f"london: PUT /{','.join(copies)}/_block/write", "after"))
        assert set(copies) < set(blocked(london))
        consented = len(there.acknowledged)
        succeeded(watch.run(ansible, "failover", *FAILOVER))
        here.goes_on()
        write(london, "sales-5-copy", "again")
        assert blocked(london) == ["sales-2-copy"]

        succeeded(watch.run(ansible, "failback", *stopped))
        # Whoever leads again is written again.
        there.goes_on()
    assert lost(here.acknowledged, documents(paris, "sales-1")) == []
    assert lost(there.acknowledged[consented:], documents(paris, "sales-1")) == []
    assert documents(paris, "sales-5") == ["again", "since"]
    for index in ("sales-1", "sales-5"):
        until(lambda index=index: documents(london, f"{index}-copy") == documents(paris, index))  # type: ignore[misc]
    assert notes(london) == []
