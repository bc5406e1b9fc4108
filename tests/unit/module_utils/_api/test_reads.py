# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import MARK

INFO, PATTERNS = "/*,.*/_ccr/info", "/_ccr/auto_follow"
FOLLOWER = {"follower_indices": [{"follower_index": "f", "remote_cluster": "paris"}]}
PATTERN = {"patterns": [{"name": "p", "pattern": {"remote_cluster": "paris"}}]}
NO_HANDLER = ClientError("400", 400, "no handler found for uri [/_all/_ccr/info] and method [GET]")
NO_METHOD = ClientError("405", 405, "Incorrect HTTP method for uri [/_all/_ccr/info] and method [GET], allowed: [PUT]")
NO_LICENSE = ClientError("403", 403, "current license is non-compliant for [ccr]")
NO_PRIVILEGE = ClientError("it answered 403, action is unauthorized", 403, "action is unauthorized")
NO_INDEX = ClientError("404", 404, "no such index [_all]")
BUSY = ClientError("503", 503, "busy")


class Answers:
    """In the place of a client: path → answer, or the error that is raised."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __str__(self) -> str:
        return "https://par-1:9200"

    def read(self, path: str, purpose: str, query: Any = None, body: Any = None) -> Any:
        self.asked.append(path)
        answer = self.answers[path]
        if isinstance(answer, ClientError):
            raise answer
        return answer


@pytest.mark.parametrize(
    ("answers", "followers", "patterns", "asked", "warned"),
    [
        pytest.param({INFO: FOLLOWER, PATTERNS: PATTERN}, ["f"], ["p"], [INFO, PATTERNS], False, id="both"),
        pytest.param({INFO: NO_HANDLER}, [], [], [INFO], False, id="without the plugin"),
        pytest.param({INFO: NO_METHOD}, [], [], [INFO], False, id="without the plugin, another answer"),
        pytest.param({INFO: NO_LICENSE, PATTERNS: NO_LICENSE}, [], [], [INFO, PATTERNS], False, id="no licence"),
        pytest.param({INFO: NO_INDEX, PATTERNS: PATTERN}, [], ["p"], [INFO, PATTERNS], False, id="no index"),
        pytest.param({INFO: NO_PRIVILEGE, PATTERNS: PATTERN}, [], ["p"], [INFO, PATTERNS], True, id="no privilege"),
        pytest.param({INFO: FOLLOWER, PATTERNS: NO_PRIVILEGE}, ["f"], [], [INFO, PATTERNS], True, id="for patterns"),
    ],
)
def test_uses_of_remote_clusters(
    answers: dict[str, Any], followers: list[str], patterns: list[str], asked: list[str], warned: bool
) -> None:
    client: Any = Answers(answers)
    warnings: list[str] = []
    uses = reads.uses_of_remote_clusters(client, warnings.append)
    assert (uses.followers.get("paris", []), uses.auto_follow.get("paris", [])) == (followers, patterns)
    assert client.asked == asked
    assert ["unauthorized" in text for text in warnings] == ([True] if warned else [])


def test_uses_that_can_not_be_read_are_an_error() -> None:
    client: Any = Answers({INFO: BUSY})
    with pytest.raises(ClientError):
        reads.uses_of_remote_clusters(client, print)


SETTINGS = {"persistent": {"cluster.remote.paris.mode": "proxy", "cluster.remote.paris.proxy_address": "a:1"}}


@pytest.mark.parametrize(
    ("wanted", "force", "asked"),
    [
        pytest.param({"mode": "proxy"}, False, 0, id="present"),
        pytest.param(None, True, 0, id="forced"),
        pytest.param(None, False, 2, id="absent"),
    ],
)
def test_users_are_asked_for_only_where_something_goes(wanted: Any, force: bool, asked: int) -> None:
    client: Any = Answers(
        {"/_cluster/settings": SETTINGS, "/_nodes/settings": {}, INFO: {"follower_indices": []}, PATTERNS: {}}
    )
    have = reads.remote_clusters(client)
    reads.check_remote_clusters(client, print, have, {"paris": wanted, "rome": None}, force)
    assert len(client.asked) == 2 + asked


def test_an_alias_in_use_is_refused() -> None:
    client: Any = Answers(
        {"/_cluster/settings": SETTINGS, "/_nodes/settings": {}, INFO: FOLLOWER, PATTERNS: {"patterns": []}}
    )
    have = reads.remote_clusters(client)
    with pytest.raises(Refusal, match="paris is used by follower index f"):
        reads.check_remote_clusters(client, print, have, {"paris": None}, False)


def test_node_names() -> None:
    client: Any = Answers(
        {"/_nodes/_all/_none": {"nodes": {"b": {"name": "lon-2"}, "a": {"name": "lon-1"}}}, "/_nodes/x%2F,y/_none": {}}
    )
    assert reads.node_names(client, None) == ["lon-1", "lon-2"]
    assert reads.node_names(client, ["x/", "y"]) == []


class Healthy:
    """Stands in for the client of a cluster with one node."""

    urls = ("https://lon-1:9200",)

    def __init__(
        self, status: str = "green", started: int = 2, listener: bool = True, error: Any = None, fetching: int = 0
    ) -> None:
        self.error = error
        node: dict[str, Any] = {"name": "lon-1", "jvm": {"start_time_in_millis": started}, "roles": ["master"]}
        if listener:
            node["remote_cluster_server"] = {"publish_address": "10.0.0.1:9443"}
        self.nodes = {"nodes": {"id": node}}
        self.answer = {"status": status, "timed_out": status != "green", "number_of_in_flight_fetch": fetching}
        self.asked: dict[str, Any] = {}

    def read(self, path: str, _purpose: str = "", query: Any = None, **_more: Any) -> Any:
        if self.error:
            raise self.error
        self.asked = query or {}
        if path == "/_cluster/state/metadata":
            config = {"last_committed_config": ["id"], "last_accepted_config": ["id"]}
            return {"metadata": {"cluster_coordination": config}}
        return self.nodes if path.startswith("/_nodes") else self.answer


@pytest.mark.parametrize(
    ("client", "started", "missing"),
    [
        pytest.param(Healthy(), {"lon-1": 1}, None, id="well"),
        pytest.param(Healthy(), {}, None, id="no node"),
        pytest.param(Healthy(), {"lon-2": 1}, "the node lon-2 is not in the cluster, which has lon-1", id="not there"),
        pytest.param(Healthy(started=1), {"lon-1": 1}, "the node lon-1 was not restarted", id="not restarted"),
        pytest.param(
            Healthy(listener=False),
            {"lon-1": 1},
            "the remote cluster server of the node lon-1 does not listen",
            id="no listener",
        ),
        pytest.param(Healthy("yellow"), {"lon-1": 1}, "the cluster is yellow, not green", id="yellow"),
        pytest.param(Healthy(fetching=1), {}, "the cluster is still looking for its shards", id="looking"),
        pytest.param(Healthy(error=ClientError("gone")), {}, "gone", id="no answer"),
        pytest.param(
            Healthy(error=ClientError("", status=408)),
            {},
            "the cluster is not green, or shards are still recovering",
            id="answered late",
        ),
    ],
)
def test_unhealthy(client: Any, started: dict[str, int], missing: str | None) -> None:
    assert reads.unhealthy(client, "green", started, True, 5) == missing


def test_a_cluster_that_may_be_yellow_has_all_shards_back() -> None:
    """Else the next node would take away the last copy of what the one before it has not recovered yet."""
    client: Any = Healthy()
    assert reads.unhealthy(client, "yellow", {}, False, 5) is None
    assert client.asked["wait_for_no_initializing_shards"] == "true"


def test_health() -> None:
    client: Any = Healthy("yellow")
    master = dict(id="id", name="lon-1", voting_only=False)
    voting = dict(configurations=[["id"]], excluded=[], masters=[master])
    assert reads.health(client) == {"status": "yellow", "nodes": {"lon-1": 2}, "voting": voting}


@pytest.mark.parametrize(("masters", "fine"), [(0, False), (1, True), (2, False)])
def test_a_cluster_that_would_lose_its_master_is_waited_for(masters: int, fine: bool) -> None:
    """Unless it is as small as it was said to be."""
    client: Any = Healthy()
    missing = reads.unhealthy(client, "green", {}, False, 5, without="lon-1", masters=masters)
    assert (missing is None) == fine
    assert fine or "no master without lon-1: of the one node that votes for a master, none" in str(missing)


def test_security_models() -> None:
    info = {"paris": {"connected": True, "cluster_credentials": "::es_redacted::"}, "rome": {"connected": False}}
    asked: dict[str, Any] = {"/_cluster/settings": {}, "/_nodes/settings": {}, "/_remote/info": info}
    assert reads.security_models(Answers(asked)) == {"paris": "api_key", "rome": "certificate"}  # type: ignore[arg-type]


NO_CLIENT = ClientError("400", 400, "no remote cluster client")


@pytest.mark.parametrize("answer", [{}, NO_CLIENT], ids=["unknown", "no client"])
def test_an_alias_of_which_the_node_knows_nothing_has_the_model_with_more_to_lose(answer: Any) -> None:
    settings = {"persistent": {"cluster.remote.paris.proxy_address": "paris:9443"}}
    asked: dict[str, Any] = {"/_cluster/settings": settings, "/_nodes/settings": {}, "/_remote/info": answer}
    assert reads.security_models(Answers(asked)) == {"paris": "api_key"}  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "asked"), [(0, 0), (1, 1), (120, reads.LISTED), (121, 1), (5000, 1)], ids=str)
def test_counting_takes_few_requests_however_many_indices_there_are(count: int, asked: int) -> None:
    """Names of a hundred bytes, of which 24 fit into a request; what was not asked for is not told."""
    names = ["%0100d" % number for number in range(count)]
    shards = {"0": [{"routing": {"primary": True}, "docs": {"count": 1}, "seq_no": {"max_seq_no": 0}}]}
    state = {"metadata": {"indices": {name: {"settings": {"index": {"uuid": name}}} for name in [*names, "other"]}}}

    class Every(Answers):
        def read(self, path: str, purpose: str, query: Any = None, body: Any = None) -> Any:
            if path.startswith("/_cluster"):
                return state
            self.asked.append(path)
            return {"indices": {name: {"shards": shards} for name in [*names, "other"]}}

    client: Any = Every({})
    found = reads.indices(client, ["0*"], documents=True)["indices"]
    assert (sorted(found), len(client.asked)) == (names, asked)
    assert all(index["operations"] == 1 for index in found.values())


@pytest.mark.parametrize(("status", "refused"), [(400, False), (401, True), (503, True)])
def test_an_api_key_of_which_nobody_tells_what_it_may(status: int, refused: bool) -> None:
    client: Any = Answers({"/_security/user/_privileges": ClientError("Cannot retrieve privileges", status=status)})
    if refused:
        with pytest.raises(ClientError):
            reads._remote_indices(client)
    else:
        assert reads._remote_indices(client) is None


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"r": {"cluster": ["read_ccr"], "run_as": []}}, {"r": {"cluster": ["read_ccr"], "indices": []}}),
        (ClientError("not found", status=404), {}),
        (ClientError("no right to see them", status=403), None),
    ],
)
def test_roles_of_users_of_other_clusters(answer: Any, found: Any) -> None:
    client: Any = Answers({"/_security/role/r,s": answer})
    assert reads._roles(client, ["r", "s"]) == found
    assert reads._roles(client, []) == {}


def test_only_writes_that_had_begun_are_waited_for() -> None:
    """Later ones have met the block, and an application that does not stop would be waited for for ever."""

    def tasks(*ids: str) -> dict[str, Any]:
        return {"nodes": {"n": {"tasks": {name: {} for name in ids}}}}

    seen = iter([tasks("n:1", "n:2"), tasks("n:2", "n:3"), tasks("n:3")])
    client: Any = Answers({})
    client.read = lambda path, purpose, query: next(seen)
    until = reads.write_ended(client)
    assert [until(9), until(9), until(9)] == [
        "2 writes that had begun before are still under way",
        "1 writes that had begun before are still under way",
        None,
    ]


@pytest.mark.parametrize(
    ("persistent", "transient", "configured", "found"),
    [
        ({}, {}, {}, []),
        ({"cluster.remote.paris.mode": "proxy"}, {"cluster.remote.rome.seeds": ["a:1"]}, {}, ["paris", "rome"]),
        ({}, {}, {"oslo": {"mode": "proxy"}}, ["oslo"]),
        # The mark of one that is gone.
        ({MARK % "paris": "x"}, {}, {}, []),
    ],
)
def test_aliases_wherever_they_are_set(persistent: Any, transient: Any, configured: Any, found: list[str]) -> None:
    node = {"name": "lon-1", "settings": {"cluster": {"remote": configured}}}
    client: Any = Answers(
        {
            "/_cluster/settings": {"persistent": persistent, "transient": transient},
            "/_nodes/settings": {"nodes": {"id": node}},
        }
    )
    assert reads._aliases(client) == found


KEYS, CLOCK = "/_security/_query/api_key", "/_nodes/_local/stats/process"
DAY = 86400


def key(name: str, expires_in: float | None = None, **more: Any) -> dict[str, Any]:
    expiration = {} if expires_in is None else {"expiration": int((time.time() + expires_in) * 1000)}
    return {"id": name, "name": name, "type": "cross_cluster", "creation": 1, **expiration, **more}


@pytest.mark.parametrize(
    ("keys", "held", "asked"),
    [
        pytest.param([], None, False, id="no key"),
        pytest.param([key("a")], None, False, id="none that expires"),
        pytest.param([key("a", 1, invalidated=True)], None, False, id="none that is valid"),
        pytest.param([key("a", DAY)], None, True, id="one that expires"),
        pytest.param([key("a")], ["a"], False, id="all held"),
        pytest.param([key("a"), key("b")], ["a"], True, id="one that nobody holds, whose age counts"),
    ],
)
def test_the_clock_is_asked_where_it_decides(keys: list[Any], held: list[str] | None, asked: bool) -> None:
    client: Any = Answers({KEYS: {"api_keys": keys}, CLOCK: {"nodes": {"n": {"timestamp": time.time() * 1000}}}})
    warnings: list[str] = []
    reads.api_keys(client, [], warnings.append, held)
    assert (client.asked, warnings) == ([KEYS, CLOCK] if asked else [KEYS], [])


@pytest.mark.parametrize(
    ("ahead", "expires_in", "state", "warned"),
    [
        pytest.param(5 * DAY, 3 * DAY, "expired", "5 days ahead of this machine's", id="expired there"),
        pytest.param(-5 * DAY, -3 * DAY, "active", "5 days behind this machine's", id="expired here only"),
        pytest.param(30, 3 * DAY, "active", None, id="close enough"),
        pytest.param(-170, 3 * DAY, "active", "3 minutes behind", id="minutes"),
        pytest.param(7200 * 3, 3 * DAY, "active", "6 hours ahead", id="hours"),
        pytest.param(None, -1, "expired", None, id="the caller may not ask"),
    ],
)
def test_whether_a_key_holds_is_told_by_the_clock_of_its_cluster(
    ahead: float | None, expires_in: float, state: str, warned: str | None
) -> None:
    there = {"nodes": {"n": {"timestamp": (time.time() + (ahead or 0)) * 1000}}}
    clock = NO_PRIVILEGE if ahead is None else there
    client: Any = Answers({KEYS: {"api_keys": [key("a", expires_in)]}, CLOCK: clock})
    warnings: list[str] = []
    (found,), now = reads.api_keys(client, [], warnings.append)
    assert found.state == state and abs(now - time.time() - (ahead or 0)) < 20
    assert len(warnings) == bool(warned)
    assert all(text.startswith("The clock of https://par-1:9200 is %s" % warned) for text in warnings)
