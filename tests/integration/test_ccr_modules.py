# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules of cross-cluster replication on real nodes behind the stand-in, in process and shipped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ccr_server import ALIAS, Servers
from life_cycle import COLLECTION, LifeCycle, Step
from module_runner import ModuleRunner
from real_faults import FATAL, REASON
from runner import Runner, is_write
from test_modules import check_fields, documented
from waiting import until

from kit import Lab

FOLLOWER, LEADER = "mod-follower", "mod-leader"
FOLLOW: dict[str, Any] = {"follower_index": FOLLOWER, "remote_cluster": ALIAS, "leader_index": LEADER}
# All that an account needs that manages followers, and no more.
ROLE = {
    "cluster": ["monitor", "manage_ccr"],
    "indices": [{"names": ["mod-*"], "privileges": ["manage", "manage_follow_index", "read", "write"]}],
    "remote_indices": [{"clusters": ["*"], "names": ["mod-*"], "privileges": ["cross_cluster_replication"]}],
}
ACCOUNT = {"username": "mod-operator", "password": "mod-password"}
# What differs from run to run: how far a follower is at the moment.
FIGURES = ("lag", "time_since_last_read_millis")


class Pair:
    """Who follows and who leads, and a runner of tasks on the follower's cluster."""

    def __init__(self, lab: Lab, servers: Servers, directory: Path, modules: ModuleRunner) -> None:
        self.lab, self.here, self.there = lab, servers.follower, servers.leader
        self.london, self.paris = servers.clusters["london"], servers.clusters["paris"]
        self.modules = modules
        self.ansible = Runner(lab, directory)

    def defaults(self) -> dict[str, Any]:
        own = {"url": [self.london.url], **ACCOUNT}
        options = "{{ hostvars['london'] | %s.api_options | combine(%r) }}" % (COLLECTION, own)
        return {"delegate_to": "localhost", "module_defaults": {f"group/{COLLECTION}.all": options}}

    def call(self, module: str, **options: Any) -> dict[str, Any]:
        """A module by itself: a playbook for each of so many calls would take minutes."""
        access = {"url": [self.london.url], "ca_path": str(self.lab.ca), **ACCOUNT}
        return self.modules.call(module, {**access, **options})

    def good(self, module: str, **options: Any) -> dict[str, Any]:
        result = self.call(module, **options)
        assert not result.get("failed"), result
        return result

    def refused(self, module: str, **options: Any) -> str:
        """The error; nothing was changed."""
        before = self.seen()
        text = self.fails(module, **options)
        assert self.seen() == before
        return text

    def fails(self, module: str, **options: Any) -> str:
        result = self.call(module, **options)
        assert result.get("failed"), result
        text: str = result["msg"]
        return text

    def seen(self) -> Any:
        indices = self.ok(self.here("GET", "/_cluster/state/metadata/mod-*?filter_path=metadata.indices.*.state"))
        return indices, self.info(), self.ok(self.here("GET", "/_ccr/auto_follow"))

    def info(self) -> dict[str, str]:
        listed = self.ok(self.here("GET", "/_all/_ccr/info"))["follower_indices"]
        return {one["follower_index"]: one["status"] for one in listed if one["follower_index"].startswith("mod-")}

    def lead(self, name: str = LEADER, documents: int = 3, **definition: Any) -> str:
        self.ok(self.there("PUT", f"/{name}?wait_for_active_shards=1", definition or None))
        for number in range(documents):
            self.ok(self.there("PUT", f"/{name}/_doc/{number}?refresh=true", {"number": number}))
        return name

    def count(self, name: str = FOLLOWER) -> int:
        self.here("POST", f"/{name}/_refresh")
        found: int = self.ok(self.here("GET", f"/{name}/_count"))["count"]
        return found

    def leases(self, leader: str = LEADER) -> list[str]:
        shards = self.ok(self.there("GET", f"/{leader}/_stats?level=shards"))["indices"][leader]["shards"]
        copies = [copy for copies in shards.values() for copy in copies if copy["routing"]["primary"]]
        return [entry["id"] for c in copies for entry in c["retention_leases"]["leases"] if entry["source"] == "ccr"]

    @staticmethod
    def ok(found: tuple[int, Any]) -> Any:
        assert found[0] < 300, found
        return found[1]

    def account(self, name: str, role: dict[str, Any]) -> None:
        self.ok(self.here("PUT", f"/_security/role/{name}", role))
        user = {"password": ACCOUNT["password"], "roles": [name]}
        self.ok(self.here("PUT", f"/_security/user/{name}", user))

    def clean(self) -> None:
        for gateway in (self.london, self.paris):
            gateway.faults()
        for entry in self.ok(self.here("GET", "/_ccr/auto_follow"))["patterns"]:
            if entry["name"].startswith("mod-"):
                self.here("DELETE", f"/_ccr/auto_follow/{entry['name']}")
        for request in (self.here, self.there):
            self.clean_indices(request)

    def clean_indices(self, request: Any) -> None:
        # The tests of the contract share the servers; a pattern may still follow while it is deleted.
        names = "mod-*,contract-*"
        for entry in self.ok(request("GET", f"/_cat/indices/{names}?h=index&format=json&expand_wildcards=all")):
            request("DELETE", f"/{entry['index']}")


@pytest.fixture(scope="module")
def modules(ccr_lab: Lab | None) -> Iterator[ModuleRunner]:
    if ccr_lab is None:
        pytest.skip("these need two clusters, and one real server is given")
    runner = ModuleRunner(ccr_lab)
    yield runner
    runner.stop()


@pytest.fixture
def pair(ccr_lab: Lab, servers: Servers, tmp_path: Path, modules: ModuleRunner) -> Iterator[Pair]:
    found = Pair(ccr_lab, servers, tmp_path, modules)
    found.clean()
    found.account("mod-operator", ROLE)
    yield found
    found.clean()


# ---- life cycles ------------------------------------------------------------------------------------------------


def look(pair: Pair, path: str) -> dict[str, Any]:
    """A task that asks the API without the collection."""
    return {
        "ansible.builtin.uri": {
            "url": pair.london.url + path,
            "url_username": "elastic",
            "url_password": "{{ lookup('env', 'ELASTIC_PASSWORD') }}",
            "force_basic_auth": True,
            "ca_path": str(pair.lab.ca),
        }
    }


def followers(looked: dict[str, Any]) -> dict[str, Any]:
    listed = [one for one in looked["json"]["follower_indices"] if one["follower_index"].startswith("mod-")]
    return {
        one["follower_index"]: [one["status"], (one.get("parameters") or {}).get("max_retry_delay")] for one in listed
    }


def follow(pair: Pair) -> LifeCycle:
    pair.lead()
    one = {
        **FOLLOW,
        "wait": True,
        "settings": {"index.number_of_replicas": 0},
        "parameters": {"max_retry_delay": "60s"},
    }
    two = {**one, "parameters": {"max_retry_delay": "2s", "max_read_request_size": "1.5mb"}}
    only = {"follower_index": FOLLOWER}
    return LifeCycle(
        "ccr_follow",
        [
            Step("create", one, True, {FOLLOWER: ["active", "60s"]}),
            Step("same", {**one, "parameters": {"max_retry_delay": "1m"}}, False),
            Step("change", two, True, {FOLLOWER: ["active", "2s"]}),
            Step("same change", {**two, "parameters": {"max_read_request_size": "1536kb"}}, False),
            Step("paused", {**only, "state": "paused"}, True, {FOLLOWER: ["paused", None]}),
            Step("same paused", {**only, "state": "paused"}, False),
            Step("present", one, True, {FOLLOWER: ["active", "60s"]}),
            Step("same present", one, False),
            Step("absent", {**only, "state": "absent", "allow_delete": True}, True, {}),
            Step("same absent", {**only, "state": "absent", "allow_delete": True}, False),
            Step("again", one, True, {FOLLOWER: ["active", "60s"]}),
            Step("unfollowed", {**only, "state": "unfollowed"}, True, {}),
            Step("same unfollowed", {**only, "state": "unfollowed"}, False),
        ],
        pair.defaults(),
        look(pair, "/_all/_ccr/info"),
        followers,
    )


def follow_many(pair: Pair) -> LifeCycle:
    names = [pair.lead(f"mod-leader-{n}", documents=1) for n in range(3)]
    entries = [{"follower_index": f"{name}-f", "remote_cluster": ALIAS, "leader_index": name} for name in names]
    first, last = entries[:2], entries[1:]
    only = [{"follower_index": entry["follower_index"]} for entry in entries]
    a, b, c = (entry["follower_index"] for entry in only)
    active = ["active", "500ms"]
    two_paused = {"followers": only[:2], "state": "paused"}
    gone = {"followers": only[1:], "state": "absent", "allow_delete": True}
    return LifeCycle(
        "ccr_followers",
        [
            Step("create", {"followers": first, "wait": True}, True, {a: active, b: active}),
            Step("same", {"followers": first, "wait": True}, False),
            Step("change", {"followers": last, "wait": True, "parallel": 1}, True, {a: active, b: active, c: active}),
            Step("same change", {"followers": entries}, False),
            Step("paused", two_paused, True, {a: ["paused", None], b: ["paused", None], c: active}),
            Step("same paused", two_paused, False),
            Step("present", {"followers": entries, "wait": True}, True, {a: active, b: active, c: active}),
            Step("unfollowed", {"followers": only[:1], "state": "unfollowed"}, True, {b: active, c: active}),
            Step("same unfollowed", {"followers": only[:1], "state": "unfollowed"}, False),
            Step("absent", gone, True, {}),
            Step("same absent", gone, False),
        ],
        pair.defaults(),
        look(pair, "/_all/_ccr/info"),
        followers,
    )  # fmt: skip


def patterns(looked: dict[str, Any]) -> dict[str, Any]:
    found = {one["name"]: one["pattern"] for one in looked["json"]["patterns"] if one["name"].startswith("mod-")}
    return {n: [p["active"], p["leader_index_patterns"], p.get("max_retry_delay")] for n, p in found.items()}


def auto_follow(pair: Pair) -> LifeCycle:
    one: dict[str, Any] = {
        "name": "mod-one",
        "remote_cluster": ALIAS,
        "leader_index_patterns": ["mod-a-*", "mod-b-*"],
        "leader_index_exclusion_patterns": ["*-copy"],
        "settings": {"index.number_of_replicas": 0, "index.hidden": True},
        "parameters": {"max_retry_delay": "60s"},
    }
    same = {**one, "leader_index_patterns": ["mod-b-*", "mod-a-*"], "parameters": {"max_retry_delay": "1m"}}
    two = {**one, "leader_index_patterns": ["mod-c-*"], "parameters": {}}
    paused = {"name": "mod-one", "active": False}
    gone = {"name": "mod-one", "state": "absent"}
    both = ["mod-a-*", "mod-b-*"]
    return LifeCycle(
        "ccr_auto_follow",
        [
            Step("create", one, True, {"mod-one": [True, both, "60s"]}),
            Step("same", same, False),
            Step("change", two, True, {"mod-one": [True, ["mod-c-*"], None]}),
            Step("same change", two, False),
            Step("paused", paused, True, {"mod-one": [False, ["mod-c-*"], None]}),
            Step("same paused", paused, False),
            Step("changed and paused", {**one, "active": False}, True, {"mod-one": [False, both, "60s"]}),
            Step("present", one, True, {"mod-one": [True, both, "60s"]}),
            Step("absent", gone, True, {}),
            Step("same absent", gone, False),
        ],
        pair.defaults(),
        look(pair, "/_ccr/auto_follow"),
        patterns,
    )


def auto_follow_many(pair: Pair) -> LifeCycle:
    a, b = ({"name": n, "remote_cluster": ALIAS, "leader_index_patterns": [f"{n}-*"]} for n in ("mod-a", "mod-b"))
    changed = {**b, "parameters": {"max_retry_delay": "1s"}}
    of_a, of_b = [True, ["mod-a-*"], None], [True, ["mod-b-*"], None]
    return LifeCycle(
        "ccr_auto_follow_patterns",
        [
            Step("create", {"patterns": [a, b]}, True, {"mod-a": of_a, "mod-b": of_b}),
            Step("same", {"patterns": [b, a]}, False),
            Step("change", {"patterns": [a, changed]}, True, {"mod-a": of_a, "mod-b": [True, ["mod-b-*"], "1s"]}),
            Step("same change", {"patterns": [changed]}, False),
            Step("absent", {"patterns": [{"name": "mod-a"}, {"name": "mod-b"}], "state": "absent"}, True, {}),
            Step("same absent", {"patterns": [{"name": "mod-a"}], "state": "absent"}, False),
        ],
        pair.defaults(),
        look(pair, "/_ccr/auto_follow"),
        patterns,
    )


def steady(value: Any) -> Any:
    """Without what a prediction can't know: how a follower is."""
    if isinstance(value, dict):
        return {k: steady(v) for k, v in value.items() if k not in ("health", "requests", "invocation", *FIGURES)}
    return [steady(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("make", [follow, follow_many, auto_follow, auto_follow_many])
def test_life_of(make: Any, pair: Pair) -> None:
    cycle: LifeCycle = make(pair)
    here = cycle.run(pair.ansible, ELASTIC_PASSWORD=pair.lab.accounts["elastic"])
    for step in cycle.steps:
        one = here[step.name]
        assert (step.name, steady(one.check)) == (step.name, steady(one.real))
        assert (step.name, one.real["changed"]) == (step.name, step.changed)
        assert (step.name, one.check_writes) == (step.name, [])
        assert (step.name, bool(one.real_writes)) == (step.name, step.changed)
        assert (one.real["diff"]["before"] != one.real["diff"]["after"]) == step.changed, step.name
        assert (step.name, one.there) == (step.name, step.there)
        if not step.changed:
            assert (step.name, len(one.whole["requests"]) <= 4) == (step.name, True)
    # The last step leaves an ordinary index.
    pair.clean_indices(pair.here)
    shipped = cycle.run_shipped(pair.ansible)
    for name, result in shipped.items():
        assert (name, steady(result)) == (name, steady(here[name].whole))


def test_documents_follow_and_stay(pair: Pair) -> None:
    pair.lead(documents=5)
    done = pair.good("ccr_follow", **FOLLOW, wait=True, max_lag=0)
    assert done["health"]["status"] == "healthy"
    pair.ok(pair.there("PUT", f"/{LEADER}/_doc/new?refresh=true", {"number": 1}))
    until(lambda: pair.count() == 6)
    assert pair.here("PUT", f"/{FOLLOWER}/_doc/x", {})[0] == 403
    pair.good("ccr_follow", follower_index=FOLLOWER, state="unfollowed")
    assert pair.leases() == []
    pair.ok(pair.here("PUT", f"/{FOLLOWER}/_doc/x?refresh=true", {"number": 2}))
    assert pair.count() == 7


def test_reads_do_not_grow_with_followers(pair: Pair) -> None:
    names = [pair.lead(f"mod-many-{n}", documents=0) for n in range(12)]
    entries = [{"follower_index": f"{name}-f", "remote_cluster": ALIAS, "leader_index": name} for name in names]
    pair.good("ccr_followers", followers=entries, wait=True, parallel=4)
    for count in (2, 12):
        done = pair.good("ccr_followers", followers=entries[:count], wait=True)
        assert (done["changed"], len(done["requests"])) == (False, 3)
    done = pair.good("ccr_followers", followers=entries, state="paused")
    assert {entry["action"] for entry in done["followers"].values()} == {"paused"}
    done = pair.good("ccr_followers", followers=entries, state="paused")
    assert (done["changed"], len(done["requests"]) <= 4) == (False, True)


# ---- states that the server does not tell -----------------------------------------------------------------------


def test_a_copy_is_not_paused(pair: Pair) -> None:
    pair.lead()
    pair.london.faults(hold_copy=True)
    done = pair.good("ccr_follow", **FOLLOW)
    assert (done["action"], done["health"]["status"]) == ("created", "copying")
    assert pair.info() == {FOLLOWER: "paused"}
    again = pair.good("ccr_follow", **FOLLOW)
    assert (again["changed"], again["follower"]["state"]) == (False, "copying")
    for state in ("paused", "unfollowed"):
        assert "is still being copied from" in pair.refused("ccr_follow", follower_index=FOLLOWER, state=state)
    late = pair.fails("ccr_follow", **FOLLOW, wait=True, wait_timeout=1)
    assert "after 1.0 seconds mod-follower is still being copied" in late
    found = pair.good("ccr_follow_info")["followers"][FOLLOWER]
    assert (found["status"], found["state"]) == ("copying", "copying")
    pair.london.faults(hold_copy=False, copy_seconds=2)
    assert pair.good("ccr_follow", follower_index=FOLLOWER, state="paused", wait=True)["health"]["status"] == "paused"


def test_the_gap_between_copy_and_start(pair: Pair) -> None:
    pair.lead()
    pair.london.faults(start_seconds=1.5)
    pair.good("ccr_follow", **FOLLOW)
    again = pair.good("ccr_follow", **FOLLOW)
    assert again["changed"] is False


def test_a_start_that_has_failed(pair: Pair) -> None:
    pair.lead()
    pair.london.faults(start_fails=[FOLLOWER])
    assert "has not begun to follow" in pair.fails("ccr_follow", **FOLLOW, wait=True, wait_timeout=10)
    pair.london.faults(start_fails=[])
    assert pair.good("ccr_follow", **FOLLOW, wait=True)["action"] == "resumed"


def test_active_is_not_healthy(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True)
    pair.london.faults(fatal={FOLLOWER: FATAL})
    until(lambda: pair.good("ccr_follow_info")["followers"][FOLLOWER]["status"] == "broken")
    assert pair.info() == {FOLLOWER: "active"}
    assert f"{REASON}. on_fatal=restart" in pair.refused("ccr_follow", **FOLLOW)
    pair.london.faults(fatal={})
    done = pair.good("ccr_follow", **FOLLOW, on_fatal="restart", wait=True)
    assert (done["action"], done["health"]["status"]) == ("restarted", "healthy")
    assert pair.good("ccr_follow", **FOLLOW, on_fatal="restart")["changed"] is False


def test_lost_history_needs_a_new_copy(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True)
    pair.london.faults(lost_history=[FOLLOWER])
    pair.ok(pair.there("PUT", f"/{LEADER}/_doc/more?refresh=true", {}))
    until(lambda: pair.good("ccr_follow_info")["followers"][FOLLOWER]["cause"] == "history_lost")
    assert "recreate=true" in pair.refused("ccr_follow", **FOLLOW, on_fatal="restart")
    pair.london.faults(lost_history=[])
    done = pair.good("ccr_follow", **FOLLOW, on_fatal="restart", recreate=True, wait=True, max_lag=0)
    assert (done["action"], done["health"]["status"]) == ("recreated", "healthy")
    until(lambda: pair.count() == 4)


def test_a_leader_that_was_made_anew(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True)
    pair.good("ccr_follow", follower_index=FOLLOWER, state="paused")
    pair.ok(pair.there("DELETE", f"/{LEADER}"))
    pair.lead(documents=1)
    assert "Copy it anew with recreate=true" in pair.refused("ccr_follow", **FOLLOW)
    assert pair.good("ccr_follow", **FOLLOW, recreate=True, wait=True, max_lag=0)["action"] == "recreated"
    until(lambda: pair.count() == 1)


def test_another_leader(pair: Pair) -> None:
    pair.lead()
    pair.lead("mod-other", documents=1)
    pair.good("ccr_follow", **FOLLOW, wait=True)
    other = {**FOLLOW, "leader_index": "mod-other"}
    assert "mod-follower follows leader:mod-leader, not leader:mod-other" in pair.refused("ccr_follow", **other)
    assert "correct remote_cluster" in pair.refused("ccr_follow", **{**other, "state": "absent", "allow_delete": True})
    assert pair.good("ccr_follow", **other, recreate=True, wait=True, max_lag=0)["action"] == "recreated"
    until(lambda: pair.count() == 1)


def test_a_recreation_that_fails_is_undone(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True, parameters={"max_retry_delay": "7s"})
    text = pair.fails("ccr_follow", **{**FOLLOW, "leader_index": "mod-missing"}, recreate=True)
    assert "What was done before was undone: open the index" in text
    done = pair.good("ccr_follow", **FOLLOW, wait=True)
    assert (done["changed"], done["follower"]["parameters"]["max_retry_delay"]) == (False, "7s")


def test_a_connection_that_is_cut(pair: Pair) -> None:
    pair.lead()
    pair.london.faults(cut_after_put=True)
    done = pair.good("ccr_follow", **FOLLOW, wait=True)
    assert (done["changed"], done["action"]) == (True, "created")


# ---- progress ---------------------------------------------------------------------------------------------------


def test_it_is_shown_how_far_a_run_is(pair: Pair, tmp_path: Path) -> None:
    """While it runs: the copies end only after the line was seen."""
    names = [pair.lead(f"mod-leader-{n}", documents=1) for n in range(2)]
    entries = [{"follower_index": f"{name}-f", "remote_cluster": ALIAS, "leader_index": name} for name in names]
    task = {"name": "follow", f"{COLLECTION}.ccr_followers": {"followers": entries, "wait": True}, **pair.defaults()}
    line = "london: 0 of 2 followers follow, 2 are still copied (mod-leader-0-f, mod-leader-1-f)"
    log = tmp_path / "ansible.log"
    log.touch()
    pair.london.faults(hold_copy=True)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(pair.ansible.tasks, task, ANSIBLE_LOG_PATH=str(log))
        try:
            until(lambda: run.done() or line in log.read_text())
        finally:
            pair.london.faults(hold_copy=False)
    assert (run.result().code, line in run.result().output) == (0, True), run.result().output
    assert ACCOUNT["password"] not in log.read_text()


# ---- a leader that is lost --------------------------------------------------------------------------------------


def test_a_leader_that_is_lost(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True, max_lag=0)
    pair.london.faults(remotes={ALIAS: "unreachable"})
    until(lambda: pair.good("ccr_follow_info")["followers"][FOLLOWER]["cause"] == "remote_unreachable")
    done = pair.good("ccr_follow", follower_index=FOLLOWER, state="unfollowed")
    (left,) = done["leases_left"]
    assert "POST /mod-leader/_ccr/forget_follower" in str(done["warnings"])
    assert pair.info() == {}
    pair.ok(pair.here("PUT", f"/{FOLLOWER}/_doc/x?refresh=true", {}))
    assert len(pair.leases()) == 1
    pair.ok(pair.there(left["method"], left["path"], left["body"]))
    assert pair.leases() == []


def test_a_leader_is_made_to_forget(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True)
    pair.london.faults(leases_stay=[FOLLOWER])
    elastic = {"username": "elastic", "password": pair.lab.accounts["elastic"]}
    leader = [{"remote_cluster": ALIAS, "url": [pair.paris.url], "ca_path": str(pair.lab.ca), **elastic}]
    found = pair.good("ccr_follow_info", leader_clusters=leader)["followers"][FOLLOWER]
    assert [lease["id"] for lease in found["leases"]] == pair.leases()
    options = {"follower_index": FOLLOWER, "state": "absent", "allow_delete": True, "leader_clusters": leader}
    assert pair.good("ccr_follow", **options)["leases_left"] == []
    assert pair.leases() == []


# ---- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True])
def test_an_ordinary_index_is_left_alone(pair: Pair, closed: bool) -> None:
    pair.lead()
    pair.ok(pair.here("PUT", f"/{FOLLOWER}/_doc/own?refresh=true", {}))
    if closed:
        pair.ok(pair.here("POST", f"/{FOLLOWER}/_close"))
    for more in ({}, {"recreate": True, "on_fatal": "restart"}):
        assert "is there as an ordinary index" in pair.refused("ccr_follow", **FOLLOW, **more)
    absent = {"follower_index": FOLLOWER, "state": "absent", "allow_delete": True}
    assert "is an ordinary index, not a follower" in pair.refused("ccr_follow", **absent)
    unfollowed = {"follower_index": FOLLOWER, "state": "unfollowed", "require_follower": True}
    assert "follows nothing" in pair.refused("ccr_follow", **unfollowed)
    assert pair.good("ccr_follow", follower_index=FOLLOWER, state="unfollowed")["changed"] is False
    if closed:
        pair.ok(pair.here("POST", f"/{FOLLOWER}/_open?wait_for_active_shards=1"))
    assert pair.count() == 1


def test_a_write_that_waits_for_its_retry_finds_the_index_closed(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, parameters={"read_poll_timeout": "2s"}, wait=True)
    pair.ok(pair.here("PUT", f"/{FOLLOWER}/_settings", {"index.blocks.write": True}))
    pair.ok(pair.there("PUT", f"/{LEADER}/_doc/9", {"number": 9}))

    def waits() -> bool:
        stats = pair.ok(pair.here("GET", f"/{FOLLOWER}/_ccr/stats"))["indices"][0]["shards"][0]
        return bool(stats["outstanding_write_requests"] and stats["failed_write_requests"])

    until(waits)
    done = pair.good("ccr_follow", follower_index=FOLLOWER, state="unfollowed")
    assert "wait for their retry, which comes within 3 seconds" in str(done["warnings"])
    pair.ok(pair.here("PUT", f"/{FOLLOWER}/_settings", {"index.blocks.write": None}))
    # Longer than the latest retry: nothing has come, and nothing comes.
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert pair.count() == 3


def test_an_alias_writes_again_to_what_was_a_follower(pair: Pair) -> None:
    pair.lead()
    pair.ok(pair.there("POST", "/_aliases", {"actions": [{"add": {"index": LEADER, "alias": "mod-app"}}]}))
    pair.good("ccr_follow", **FOLLOW, wait=True)
    until(lambda: pair.here("HEAD", f"/{FOLLOWER}/_alias/mod-app")[0] == 200)
    pair.good("ccr_follow", follower_index=FOLLOWER, state="unfollowed", open=True)
    assert pair.here("PUT", "/mod-app/_doc/9?require_alias=true", {"number": 9})[0] == 400
    wish = {"indices": [{"name": FOLLOWER}]}
    check = pair.good("write_aliases", **wish, _ansible_check_mode=True)
    assert pair.here("PUT", "/mod-app/_doc/9?require_alias=true", {"number": 9})[0] == 400
    real = pair.good("write_aliases", **wish)
    assert check["write_aliases"] == real["write_aliases"] == {"mod-app": FOLLOWER}
    assert (check["changed"], real["changed"]) == (True, True)
    pair.ok(pair.here("PUT", "/mod-app/_doc/9?require_alias=true", {"number": 9}))
    assert not pair.good("write_aliases", **wish)["changed"]


def test_a_copy_that_has_failed_for_good(pair: Pair) -> None:
    pair.lead()
    pair.london.faults(copy_fails=[FOLLOWER])
    text = pair.fails("ccr_follow", **FOLLOW, wait=True)
    assert (
        f"{FOLLOWER} could not be copied from {ALIAS}:{LEADER}, and the server tries it no more: NoSeedNodeLeft" in text
    )
    health = pair.good("ccr_follow_info")["followers"][FOLLOWER]
    assert (health["status"], health["cause"]) == ("broken", "copy_failed")
    assert "can't be paused; state=present copies it anew" in pair.refused(
        "ccr_follow", follower_index=FOLLOWER, state="paused"
    )
    pair.london.faults(copy_fails=[])
    again = pair.good("ccr_follow", **FOLLOW, wait=True)
    assert (again["action"], again["health"]["status"]) == ("recreated", "healthy")
    assert pair.count() == 3


def test_a_lifecycle_policy_has_unfollowed_it(pair: Pair) -> None:
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, wait=True)
    pair.london.unfollow_by_policy(FOLLOWER)
    assert "it may have been unfollowed, by its lifecycle policy" in pair.refused("ccr_follow", **FOLLOW)


@pytest.mark.parametrize(
    ("london", "paris", "text"),
    [
        pytest.param({"licence": "basic"}, {}, "does not allow cross-cluster replication. Install", id="licence here"),
        pytest.param({}, {"licence": "basic"}, "licence there, with API keys Enterprise", id="licence there"),
        pytest.param({"remotes": {ALIAS: "unreachable"}}, {}, "could not be determined", id="unreachable"),
        pytest.param({}, {"soft_deletes_off": [LEADER]}, "Reindex it into an index", id="soft deletes"),
        pytest.param({}, {"searchable_snapshots": [LEADER]}, "is a searchable snapshot", id="searchable snapshot"),
        pytest.param({"ccr": False}, {}, "has no cross-cluster replication", id="no replication"),
    ],
)
def test_faults_of_the_clusters(pair: Pair, london: dict[str, Any], paris: dict[str, Any], text: str) -> None:
    pair.lead()
    for gateway, faults in ((pair.london, london), (pair.paris, paris)):
        if faults:
            gateway.faults(**faults)
    assert text in pair.fails("ccr_follow", **FOLLOW)
    for gateway in (pair.london, pair.paris):
        gateway.faults()
    assert pair.info() == {}


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param({"remote_cluster": "nobody"}, "knows no remote cluster nobody; it knows", id="unknown alias"),
        pytest.param({"leader_index": "mod-missing"}, "Correct leader_index", id="missing leader"),
        pytest.param({"leader_index": "mod-alias"}, "Follow the index behind the alias", id="alias"),
        pytest.param({"settings": {"index.number_of_shards": 5}}, "Take it out of settings", id="the leader's setting"),
        pytest.param({"settings": {"index.nope": 5}}, "Correct the name in settings", id="unknown setting"),
        pytest.param({"parameters": {"nope": 5}}, "nope", id="unknown parameter"),
        pytest.param({"parameters": {"read_poll_timeout": "1.5s"}}, "fractions are not supported", id="fraction"),
        pytest.param({"parameters": {"max_read_request_size": 1024}}, "the unit is missing", id="no unit"),
        pytest.param({"follower_index": "mod-*"}, "is a wildcard", id="wildcard"),
        pytest.param({"follower_index": "Mod-x"}, "holds a capital letter", id="capital"),
        pytest.param({"leader_index": None}, "leader_index", id="no leader"),
    ],
)
def test_bad_input(pair: Pair, options: dict[str, Any], text: str) -> None:
    pair.lead(aliases={"mod-alias": {}})
    given = {k: v for k, v in {**FOLLOW, **options}.items() if v is not None}
    assert text in pair.refused("ccr_follow", **given)


def test_a_privilege_that_is_missing(pair: Pair) -> None:
    pair.lead()
    user = {**ACCOUNT, "username": "mod-user"}
    pair.account("mod-user", {**ROLE, "indices": [{"names": ["mod-*"], "privileges": ["monitor"]}]})
    assert "Followers need the index privilege manage_follow_index" in pair.refused("ccr_follow", **FOLLOW, **user)
    pair.account("mod-user", {**ROLE, "remote_indices": []})
    assert "Give one of them remote_indices for leader" in pair.refused("ccr_follow", **FOLLOW, **user)
    pair.account("mod-user", {**ROLE, "cluster": ["manage_ccr"]})
    assert "the cluster privileges monitor and manage_ccr" in pair.refused("ccr_follow", **FOLLOW, **user)
    pair.account("mod-user", {**ROLE, "cluster": ["monitor"]})
    assert "the cluster privileges monitor and manage_ccr" in pair.refused("ccr_auto_follow", **PATTERN, **user)


def test_an_alias_that_who_made_the_follower_may_not_set(pair: Pair, servers: Servers) -> None:
    """Elasticsearch sets it in his name: the follower stands still, and no error is told anywhere."""
    if servers.stand_in:
        pytest.skip("the stand-in acts in nobody's name")
    user = {**ACCOUNT, "username": "mod-user"}
    without = ["manage_follow_index", "monitor", "read", "write"]
    pair.account("mod-user", {**ROLE, "indices": [{"names": ["mod-*"], "privileges": without}]})
    pair.lead()
    pair.good("ccr_follow", **FOLLOW, parameters={"read_poll_timeout": "1s"}, **user)
    until(lambda: pair.count() == 3)
    pair.ok(pair.there("POST", "/_aliases", {"actions": [{"add": {"index": LEADER, "alias": "mod-app"}}]}))

    def found() -> Any:
        return pair.good("ccr_follow_info", max_silence="3s")["followers"][FOLLOWER]

    until(lambda: found()["cause"] == "silent")
    assert "grant the index privilege manage to the account that created the follower" in found()["remedy"]
    pair.good("ccr_follow", follower_index=FOLLOWER, state="paused")
    pair.good("ccr_follow", **FOLLOW)
    until(lambda: pair.here("HEAD", f"/{FOLLOWER}/_alias/mod-app")[0] == 200)
    until(lambda: found()["cause"] == "")


# ---- auto-follow patterns ---------------------------------------------------------------------------------------

PATTERN: dict[str, Any] = {"name": "mod-p", "remote_cluster": ALIAS, "leader_index_patterns": ["mod-new-*"]}


def test_what_is_created_is_followed(pair: Pair) -> None:
    options = {**PATTERN, "follow_index_pattern": "{{leader_index}}-f"}
    pair.good("ccr_auto_follow", **options)
    pair.lead("mod-new-1")
    until(lambda: pair.info().get("mod-new-1-f") == "active")
    info = pair.good("ccr_auto_follow_info")
    assert (info["patterns"]["mod-p"]["status"], info["patterns"]["mod-p"]["errors"]) == ("healthy", [])
    assert info["counts"]["successful_follow_indices"] >= 1
    assert pair.good("ccr_auto_follow", **options)["changed"] is False


def test_errors_of_patterns_are_told(pair: Pair) -> None:
    pair.ok(pair.here("PUT", "/mod-new-1"))
    pair.good("ccr_auto_follow", **PATTERN)
    pair.lead("mod-new-1")
    found = until(lambda: pair.good("ccr_auto_follow_info")["patterns"]["mod-p"]["errors"])
    assert [(error["leader_index"], error["cause"]) for error in found] == [("mod-new-1", "name_taken")]
    assert pair.good("ccr_auto_follow", **PATTERN)["errors"][0]["remedy"]


def test_patterns_that_meet(pair: Pair) -> None:
    pair.good("ccr_auto_follow", **PATTERN, active=False)
    assert "is that of mod-p already" in pair.refused("ccr_auto_follow", **{**PATTERN, "name": "mod-q"})
    wide = {**PATTERN, "name": "mod-q", "leader_index_patterns": ["mod-*"]}
    assert "mod-q and mod-p fit the same names" in str(pair.good("ccr_auto_follow", **wide)["warnings"])
    assert pair.good("ccr_auto_follow_info")["patterns"]["mod-p"]["overlaps"] == ["mod-q"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        pytest.param({"remote_cluster": "nobody"}, "knows no remote cluster nobody", id="unknown alias"),
        pytest.param({"follow_index_pattern": "Copy"}, "makes no name of an index", id="capital"),
        pytest.param({"settings": {"index.number_of_shards": 5}}, "Take it out of settings", id="the leader's setting"),
        pytest.param({"parameters": {"max_retry_delay": "6m"}}, "is more than 5m", id="too long"),
        pytest.param({"name": "mod,p"}, "is no name of a pattern", id="comma"),
    ],
)
def test_bad_patterns(pair: Pair, options: dict[str, Any], text: str) -> None:
    assert text in pair.refused("ccr_auto_follow", **{**PATTERN, **options})


# ---- what is documented -----------------------------------------------------------------------------------------


def test_results_have_the_fields_that_are_documented(pair: Pair) -> None:
    pair.lead()
    results = {
        "ccr_follow": pair.good("ccr_follow", **FOLLOW, wait=True),
        "ccr_followers": pair.good("ccr_followers", followers=[FOLLOW]),
        "ccr_follow_info": pair.good("ccr_follow_info", follower_indices=[FOLLOWER]),
        "ccr_auto_follow": pair.good("ccr_auto_follow", **PATTERN),
        "ccr_auto_follow_patterns": pair.good("ccr_auto_follow_patterns", patterns=[PATTERN]),
        "ccr_auto_follow_info": pair.good("ccr_auto_follow_info", names=["mod-p"]),
    }
    for module, result in results.items():
        for name, field in documented(module).items():
            if field["returned"] == "failure":
                continue
            if name in ("followers", "patterns"):
                # By name.
                check_fields(f"{module}.{name}", list(result[name].values()), {**field, "type": "list"})
            else:
                check_fields(f"{module}.{name}", result[name], field)
    assert not any(is_write(r["method"], r["path"]) for r in results["ccr_follow_info"]["requests"])
