# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar

import pytest
from unit.modules.ccr_cluster import Cluster, Index, error, lost, run

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_follow as ccr_follow_engine
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import run as engine
from ansible_collections.crosscluster.elasticsearch.plugins.modules import ccr_follow

FOLLOW: dict[str, Any] = {"follower_index": "f", "remote_cluster": "paris", "leader_index": "l"}
PUT, INFO = "PUT /f/_ccr/follow", "GET /f/_ccr/info"
PAUSE, RESUME, UNFOLLOW = (f"POST /f/_ccr/{verb}" for verb in ("pause_follow", "resume_follow", "unfollow"))
CLOSE, OPEN, DELETE = "POST /f/_close", "POST /f/_open", "DELETE /f"
LEADER = ("paris", "l")
HISTORY = {"type": "resource_not_found_exception", "reason": "Operations are no longer available for replicating. x"}


def follower(**changed: Any) -> Index:
    return Index(**{"uuid": "u1", "leader": LEADER, **changed})


# Found, wished, what is sent, what was done.
DECISIONS = [
    # A.2, following
    pytest.param(None, {}, [PUT], "created", id="absent"),
    pytest.param(follower(phase="copying"), {}, [], "unchanged", id="copying"),
    pytest.param(follower(phase="copy_failed"), {}, [CLOSE, PUT], "recreated", id="the copy has failed"),
    pytest.param(follower(phase="copy_failed", open=False), {}, [PUT], "recreated", id="the copy has failed, closed"),
    pytest.param(follower(), {}, [], "unchanged", id="active"),
    pytest.param(
        follower(), {"parameters": {"read_poll_timeout": "60s"}}, [], "unchanged", id="the same in another unit"
    ),
    pytest.param(
        follower(), {"parameters": {"read_poll_timeout": "30s"}}, [PAUSE, RESUME], "changed", id="another parameter"
    ),
    pytest.param(
        follower(parameters={"max_outstanding_read_requests": 3}), {"parameters_exact": True}, [PAUSE, RESUME],
        "changed", id="back to the defaults",
    ),
    pytest.param(
        follower(parameters={"max_outstanding_read_requests": 3}), {}, [], "unchanged", id="not given: left alone"
    ),
    pytest.param(
        follower(fatal={"type": "x", "reason": "y"}), {"on_fatal": "restart"}, [PAUSE, RESUME], "restarted", id="fatal"
    ),
    pytest.param(
        follower(fatal=HISTORY), {"on_fatal": "restart", "recreate": True}, [PAUSE, CLOSE, PUT], "recreated",
        id="history lost",
    ),
    pytest.param(follower(open=False), {}, [OPEN], "opened", id="active and closed"),
    pytest.param(
        follower(open=False), {"parameters": {"read_poll_timeout": "30s"}}, [PAUSE, OPEN, RESUME], "changed",
        id="active, closed, another parameter",
    ),
    pytest.param(follower(phase="paused"), {}, [RESUME], "resumed", id="paused"),
    pytest.param(follower(phase="paused", open=False), {}, [OPEN, RESUME], "resumed", id="paused and closed"),
    pytest.param(
        follower(leader=("paris", "other")), {"recreate": True}, [PAUSE, CLOSE, PUT], "recreated", id="another leader"
    ),
    pytest.param(
        follower(leader=("rome", "l"), phase="paused", open=False), {"recreate": True}, [PUT], "recreated",
        id="another alias, closed",
    ),
    # A.3, paused
    pytest.param(follower(), {"state": "paused"}, [PAUSE], "paused", id="pause"),
    pytest.param(follower(fatal=HISTORY), {"state": "paused"}, [PAUSE], "paused", id="pause what has failed"),
    pytest.param(follower(phase="paused"), {"state": "paused"}, [], "unchanged", id="is paused"),
    # A.4, unfollowed
    pytest.param(follower(), {"state": "unfollowed"}, [PAUSE, CLOSE, UNFOLLOW, OPEN], "unfollowed", id="unfollow"),
    pytest.param(
        follower(phase="paused"), {"state": "unfollowed"}, [CLOSE, UNFOLLOW, OPEN], "unfollowed", id="unfollow paused"
    ),
    pytest.param(
        follower(phase="paused", open=False), {"state": "unfollowed"}, [UNFOLLOW], "unfollowed", id="unfollow closed"
    ),
    pytest.param(
        follower(phase="paused", open=False), {"state": "unfollowed", "open": True}, [UNFOLLOW, OPEN], "unfollowed",
        id="unfollow closed, then open",
    ),
    pytest.param(
        follower(), {"state": "unfollowed", "open": False}, [PAUSE, CLOSE, UNFOLLOW], "unfollowed", id="stays closed"
    ),
    pytest.param(Index("u1"), {"state": "unfollowed"}, [], "unchanged", id="was unfollowed"),
    pytest.param(Index("u1", open=False), {"state": "unfollowed"}, [], "unchanged", id="was unfollowed, closed"),
    pytest.param(
        Index("u1", open=False), {"state": "unfollowed", "open": True}, [OPEN], "opened", id="left closed by a kill"
    ),
    # A.4, absent
    pytest.param(None, {"state": "absent"}, [], "unchanged", id="is absent"),
    pytest.param(
        follower(), {"state": "absent", "allow_delete": True}, [PAUSE, CLOSE, UNFOLLOW, DELETE], "deleted", id="delete"
    ),
    pytest.param(
        follower(phase="copying"), {"state": "absent", "allow_delete": True}, [DELETE], "deleted", id="delete a copy"
    ),
    pytest.param(
        follower(phase="copy_failed"), {"state": "absent", "allow_delete": True}, [DELETE], "deleted",
        id="delete a failed copy",
    ),
]  # fmt: skip


def found(index: Index | None) -> Cluster:
    cluster = Cluster(**({"f": index} if index else {}))
    cluster.leaders[("paris", "other")] = {"uuid": "l2", "shards": 1}
    cluster.remotes["rome"] = {"connected": True}
    return cluster


@pytest.mark.parametrize(("index", "wish", "writes", "action"), DECISIONS)
def test_decisions(index: Index | None, wish: dict[str, Any], writes: list[str], action: str) -> None:
    cluster = found(index)
    options = {**FOLLOW, **wish}
    if wish.get("state") == "unfollowed":
        options = {"follower_index": "f", **wish}
    foretold = run(ccr_follow, cluster, check_mode=True, **options)
    assert foretold.writes == []
    done = run(ccr_follow, cluster, **options)
    assert (done.writes, done.result["action"], done.changed) == (writes, action, bool(writes))
    assert (foretold.changed, foretold.after, foretold.before) == (done.changed, done.after, done.before)
    for key in ("follower", "action"):
        assert foretold.result[key] == done.result[key]
    assert (done.before != done.after) == done.changed
    again = run(ccr_follow, cluster, **options)
    assert (again.writes, again.changed) == ([], False)
    assert len(again.reads) <= 3


REFUSED = [
    pytest.param(
        follower(fatal={"type": "x", "reason": "y"}), {}, r"f has stopped to follow paris:l: x: y\. on_fatal="
    ),
    pytest.param(follower(fatal=HISTORY), {"on_fatal": "restart"}, "Nothing but a new copy helps; recreate=true"),
    pytest.param(
        follower(leader=("paris", "m")), {}, "f follows paris:m, not paris:l; choose another name, or copy it"
    ),
    pytest.param(follower(leader=("rome", "l")), {}, "f follows rome:l, not paris:l"),
    pytest.param(follower(leader=("rome", "l")), {"state": "paused"}, "correct remote_cluster and leader_index, or"),
    pytest.param(follower(leader=("rome", "l")), {"state": "absent", "allow_delete": True}, "f follows rome:l"),
    pytest.param(Index("u1"), {}, "f is there as an ordinary index, not as a follower; it may have been unfollowed"),
    pytest.param(Index("u1", open=False), {}, "It is closed, and following would silently replace what it holds"),
    pytest.param(Index("u1"), {"recreate": True, "on_fatal": "restart"}, "f is there as an ordinary index"),
    pytest.param(None, {"state": "paused"}, "there is no index f to pause"),
    pytest.param(Index("u1"), {"state": "paused"}, "f is an ordinary index that follows nothing; there is nothing to"),
    pytest.param(
        follower(phase="copying"), {"state": "paused"}, "f is still being copied from paris:l, and can't be pau"
    ),
    pytest.param(follower(phase="copying"), {"state": "unfollowed"}, "can't be unfollowed before that has ended; wait"),
    pytest.param(
        follower(phase="copy_failed"),
        {"state": "paused"},
        r"tries it no more: NoSeedNodeLeftException: away\. It can't be paused; state=present copies it anew",
    ),
    pytest.param(None, {"state": "unfollowed"}, "there is no index f to be unfollowed"),
    pytest.param(
        Index("u1"), {"state": "unfollowed", "require_follower": True}, "so that there is nothing to be unfol"
    ),
    pytest.param(
        follower(), {"state": "absent"}, "f would be deleted with its data; allow that with allow_delete=true"
    ),
    pytest.param(
        Index("u1"), {"state": "absent", "allow_delete": True}, "f is an ordinary index, not a follower, and is"
    ),
    pytest.param(Index("u1", aliases=["f"]), {}, "f is an alias of"),
    pytest.param(
        Index("u1"), {"leader_index": "f"}, "If the remote cluster paris is this cluster itself, that is the leader"
    ),
]


def test_the_close_of_a_copy_that_has_failed_is_not_waited_for() -> None:
    """Its shards never start, and the server would answer after half a minute only."""
    cluster = Cluster()
    cluster.indices["f"] = follower(phase="copy_failed")
    run(ccr_follow, cluster, **FOLLOW)
    [query] = [sent["query"] for sent in cluster.requests if sent["path"] == "/f/_close"]
    assert query == {"wait_for_active_shards": "0"}


@pytest.mark.parametrize(("index", "wish", "text"), REFUSED)
def test_refused(index: Index | None, wish: dict[str, Any], text: str) -> None:
    cluster = Cluster()
    if index:
        cluster.indices["other" if index.aliases else "f"] = index
    for check_mode in (True, False):
        done = run(ccr_follow, cluster, check_mode=check_mode, fails=True, **{**FOLLOW, **wish})
        assert text.replace("\\", "") in done.error
        assert (done.writes, done.changed) == ([], False)


BAD_INPUT = [
    pytest.param({"follower_index": "f*"}, "follower_index: f* is a wildcard"),
    pytest.param({"follower_index": "_all"}, "follower_index: _all is a wildcard"),
    pytest.param({"follower_index": "f,g"}, "follower_index: f,g holds a comma"),
    pytest.param({"follower_index": "F"}, "follower_index: F holds a capital letter"),
    pytest.param({"follower_index": "_f"}, "follower_index: _f begins with -, _ or +"),
    pytest.param({"follower_index": "a b"}, "follower_index: a b holds one of"),
    pytest.param({"follower_index": "x" * 256}, "is longer than 255 bytes"),
    pytest.param({"leader_index": "l*"}, "leader_index: l* is a wildcard"),
    pytest.param({"leader_index": "paris:l"}, "leader_index: paris:l is the index alone; name the alias"),
    pytest.param({"remote_cluster": "no:such"}, "remote_cluster: 'no:such' is not a name"),
    pytest.param({"parameters": {"read_poll_timeout": "1.5s"}}, "parameters.read_poll_timeout: '1.5s' is not a time"),
    pytest.param(
        {"parameters": {"max_retry_delay": "500"}}, "parameters.max_retry_delay: '500' is not a time: the unit"
    ),
    pytest.param({"parameters": {"max_retry_delay": "6m"}}, "6m is more than 5m"),
    pytest.param({"parameters": {"max_read_request_size": 33554432}}, "'33554432' is not a size: the unit is missing"),
    pytest.param({"parameters": {"max_write_buffer_size": "0b"}}, "0b is not larger than 0"),
    pytest.param({"parameters": {"max_write_buffer_count": 0}}, "parameters.max_write_buffer_count: 0 is not larger"),
    pytest.param({"parameters": {"max_reads": 1}}, "max_reads"),
    pytest.param({"parameters": {"max_write_buffer_count": "many"}}, "max_write_buffer_count"),
    pytest.param({"settings": {"number_of_replicas": 0}}, "settings: write index.number_of_replicas instead of"),
    pytest.param({"settings": {"index.number_of_replicas": None}}, "settings: index.number_of_replicas has no value"),
    pytest.param({"master_timeout": "soon"}, "master_timeout: 'soon' is not a time"),
    pytest.param({"leader_index": None}, "leader_index"),
]


@pytest.mark.parametrize(("wish", "text"), BAD_INPUT)
def test_bad_input(wish: dict[str, Any], text: str) -> None:
    cluster = Cluster()
    try:
        told = run(
            ccr_follow, cluster, fails=True, **{k: v for k, v in {**FOLLOW, **wish}.items() if v is not None}
        ).error
    except ValueError as e:
        told = str(e)
    assert text in told
    assert cluster.requests == []


def test_an_unknown_alias() -> None:
    done = run(ccr_follow, Cluster(), fails=True, **{**FOLLOW, "remote_cluster": "rome"})
    assert done.error == (
        "remote_cluster: https://lon-1:9200 knows no remote cluster rome; it knows paris. Connect it first"
    )
    assert done.writes == []


def test_a_basic_licence() -> None:
    cluster = Cluster()
    cluster.license = {"type": "basic", "status": "active"}
    done = run(ccr_follow, cluster, fails=True, **FOLLOW)
    assert "the licence of https://lon-1:9200 (basic, active) does not allow cross-cluster replication" in done.error
    assert done.writes == []


@pytest.mark.parametrize(
    "wish", [{"parameters": {"read_poll_timeout": "30s"}}, {"recreate": True, "leader_index": "m"}]
)
def test_nothing_is_stopped_that_could_not_be_resumed(wish: dict[str, Any]) -> None:
    cluster = Cluster(f=follower())
    cluster.remotes["paris"]["connected"] = False
    done = run(ccr_follow, cluster, fails=True, **{**FOLLOW, **wish})
    assert "is not connected to paris, so that f would be stopped" in done.error
    assert done.writes == []


def test_a_connection_that_was_lost_is_tried_before_it_is_believed_to_be_gone() -> None:
    cluster = Cluster(f=follower())
    cluster.remotes["paris"]["connected"] = False
    cluster.connects_when_used = {"paris"}
    done = run(ccr_follow, cluster, **{**FOLLOW, "parameters": {"read_poll_timeout": "30s"}})
    assert done.writes == [PAUSE, RESUME]


def test_who_may_not_try_a_connection_is_told_what_is_known() -> None:
    cluster = Cluster(f=follower())
    cluster.remotes["paris"]["connected"] = False
    cluster.fail["GET /_resolve/cluster/paris:*"] = [error(403, "unauthorized")]
    done = run(ccr_follow, cluster, fails=True, **{**FOLLOW, "parameters": {"read_poll_timeout": "30s"}})
    assert "is not connected to paris, so that f would be stopped" in done.error


NOT_ALLOWED = [
    # What the server says, and what is to be done.
    (404, "no such index [l]", "Correct leader_index"),
    (400, "leader index [l] does not have soft deletes enabled", "Reindex it into an index"),
    (400, "cannot follow [l], because it is a ALIAS", "Follow the index behind the alias"),
    (400, "closed", "Open it on its cluster"),
    (400, "the remote cluster [paris] is not licensed for [ccr]; the license mode [BASIC]", "Install a Platinum"),
    (400, "as the license state of the remote cluster [paris] could not be determined", "remote_cluster_info"),
    (403, "current license is non-compliant for [ccr]", "Install a Platinum, Enterprise or trial licence"),
    (403, "action [indices:admin/xpack/ccr/put_follow] is unauthorized for user [u]", "manage_follow_index"),
    (403, "insufficient privileges to follow index [l], privilege for action [x] is missing", "read_ccr"),
    (400, "unknown setting [index.nope]", "Correct the name in settings"),
    (400, 'can not put follower index that could override leader settings {"index.sort.field":"x"}', "Take it out"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "remedy"), NOT_ALLOWED)
def test_what_the_server_refuses(status: int, reason: str, remedy: str) -> None:
    cluster = Cluster()
    cluster.fail[PUT] = [error(status, reason)]
    done = run(ccr_follow, cluster, fails=True, **FOLLOW)
    assert reason in done.error
    assert remedy in done.error
    assert (done.writes, done.changed, cluster.indices) == ([PUT], False, {})


def test_a_cluster_without_replication() -> None:
    cluster = Cluster()
    cluster.fail[INFO] = [error(400, "no handler found for uri [/f/_ccr/info] and method [GET]")]
    done = run(ccr_follow, cluster, fails=True, **FOLLOW)
    assert "https://lon-1:9200 has no cross-cluster replication" in done.error


def test_the_full_set_is_sent() -> None:
    cluster = Cluster(f=follower(parameters={"max_outstanding_read_requests": 3, "max_read_request_size": "1024kb"}))
    wish = {"max_read_request_size": "1mb", "max_retry_delay": "1s"}
    run(ccr_follow, cluster, **FOLLOW, parameters=wish)
    sent = cluster.bodies[-1]
    assert len(sent) == 10
    # What means the same keeps the server's spelling.
    assert (sent["max_outstanding_read_requests"], sent["max_read_request_size"], sent["max_retry_delay"]) == (
        3,
        "1024kb",
        "1s",
    )


def test_defaults_after_a_pause_are_told() -> None:
    done = run(ccr_follow, Cluster(f=follower(phase="paused")), **FOLLOW, parameters={"max_retry_delay": "1s"})
    assert "keeps no parameters of what is paused: max_read_request_operation_count," in done.warnings[0]
    assert done.before["parameters"] == "unknown (paused)"
    assert done.after["parameters"]["max_retry_delay"] == "1s"


def test_what_was_paused_is_resumed_when_the_change_fails() -> None:
    cluster = Cluster(f=follower(parameters={"max_outstanding_read_requests": 3}))
    cluster.fail[RESUME] = [error(400, "no")]
    done = run(ccr_follow, cluster, fails=True, **FOLLOW, parameters={"max_retry_delay": "1s"})
    assert done.writes == [PAUSE, RESUME, RESUME]
    assert "What was done before was undone: resume the follower f" in done.error
    assert done.changed
    assert (cluster.indices["f"].phase, cluster.indices["f"].parameters["max_outstanding_read_requests"]) == (
        "active",
        3,
    )


@pytest.mark.parametrize("state", ["unfollowed", "absent"])
def test_what_was_closed_is_opened_when_a_later_step_fails(state: str) -> None:
    cluster = Cluster(f=follower())
    cluster.fail[UNFOLLOW] = [error(403, "is unauthorized")]
    done = run(ccr_follow, cluster, fails=True, follower_index="f", state=state, allow_delete=True)
    assert done.writes == [PAUSE, CLOSE, UNFOLLOW, OPEN, RESUME]
    assert "undone: open the index f, resume the follower f" in done.error
    assert (cluster.indices["f"].open, cluster.indices["f"].phase) == (True, "active")


def test_what_can_not_be_undone_is_told() -> None:
    cluster = Cluster(f=follower())
    cluster.fail = {UNFOLLOW: [error(403, "is unauthorized")], OPEN: [error(403, "no opening")]}
    done = run(ccr_follow, cluster, fails=True, follower_index="f", state="unfollowed")
    assert "It was undone only in part (nothing): it answered 403, no opening" in done.error


def test_a_deletion_that_fails_leaves_an_open_index() -> None:
    cluster = Cluster(f=follower())
    cluster.fail[DELETE] = [error(403, "is unauthorized")]
    done = run(ccr_follow, cluster, fails=True, follower_index="f", state="absent", allow_delete=True)
    assert done.writes == [PAUSE, CLOSE, UNFOLLOW, DELETE, OPEN]
    assert cluster.indices["f"].open


LEASE = {
    "follower_cluster": "london",
    "follower_index": "f",
    "follower_index_uuid": "u1",
    "leader_remote_cluster": "paris",
}


def converted(cluster: Cluster) -> None:
    """The index is converted, then the leader can't be reached: 500."""

    def unfollow(method: str, path: str, body: Any, real: Any = cluster._written) -> Any:
        answer = real(method, path, body)
        if path == "/f/_ccr/unfollow":
            raise error(500, "connect_transport_exception")
        return answer

    cluster._written = unfollow  # type: ignore[method-assign]


@pytest.mark.parametrize(("state", "last"), [("unfollowed", OPEN), ("absent", DELETE)])
def test_a_lease_that_is_left_behind(state: str, last: str) -> None:
    cluster = Cluster(f=follower())
    converted(cluster)
    done = run(ccr_follow, cluster, follower_index="f", state=state, allow_delete=True)
    assert done.writes == [PAUSE, CLOSE, UNFOLLOW, last]
    assert done.result["leases_left"] == [
        {"remote_cluster": "paris", "method": "POST", "path": "/l/_ccr/forget_follower", "body": LEASE}
    ]
    assert 'POST /l/_ccr/forget_follower {"follower_cluster": "london"' in done.warnings[0]


def test_a_500_that_has_converted_nothing_is_an_error() -> None:
    cluster = Cluster(f=follower())
    cluster.fail[UNFOLLOW] = [error(500, "x")]
    done = run(ccr_follow, cluster, fails=True, follower_index="f", state="unfollowed")
    assert done.error.startswith("it answered 500, x.")
    assert (cluster.indices["f"].open, cluster.indices["f"].phase) == (True, "active")


class Leader:
    """In the place of the client of a leader's cluster."""

    sent: ClassVar[list[Any]] = []
    failures: ClassVar[list[Exception]] = []

    def __init__(self, options: dict[str, Any]) -> None:
        self.options, self.requests = options, [{"method": "POST", "path": "/l/_ccr/forget_follower", "status": 200}]

    def write(self, method: str, path: str, purpose: str, body: Any) -> Any:
        for failure in self.failures:
            raise failure
        self.sent.append((method, path, body))

    def close(self) -> None:
        """As the real one has it."""


@pytest.mark.parametrize("failure", [None, error(403, "is unauthorized")])
def test_a_leader_is_made_to_forget(failure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(f=follower())
    converted(cluster)
    monkeypatch.setattr(Leader, "sent", [])
    monkeypatch.setattr(Leader, "failures", [failure] if failure else [])
    monkeypatch.setattr(
        "ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.ccr_follow.Client", Leader
    )
    leader = {"remote_cluster": "paris", "url": "https://par-1:9200"}
    done = run(ccr_follow, cluster, follower_index="f", state="unfollowed", leader_clusters=[leader])
    assert Leader.sent == ([] if failure else [("POST", "/l/_ccr/forget_follower", LEASE)])
    assert len(done.result["leases_left"]) == len(done.warnings) == (1 if failure else 0)
    assert "POST /l/_ccr/forget_follower" in done.writes


@pytest.mark.parametrize("which", [PAUSE, CLOSE, UNFOLLOW, OPEN])
def test_a_lost_answer_is_looked_after(which: str) -> None:
    cluster = Cluster(f=follower())
    cluster.fail[which] = [lost()]
    done = run(ccr_follow, cluster, follower_index="f", state="unfollowed")
    assert done.writes == [PAUSE, CLOSE, UNFOLLOW, OPEN]
    assert (done.changed, done.result["action"]) == (True, "unfollowed")
    assert (cluster.indices["f"].open, cluster.indices["f"].leader) == (True, None)
    # Nobody knows whether the leader was told.
    assert len(done.result["leases_left"]) == len(done.warnings) == (which == UNFOLLOW)


@pytest.mark.parametrize("which", [PAUSE, CLOSE, UNFOLLOW, DELETE])
def test_a_lost_answer_on_the_way_to_a_deletion(which: str) -> None:
    cluster = Cluster(f=follower())
    cluster.fail[which] = [lost()]
    done = run(ccr_follow, cluster, follower_index="f", state="absent", allow_delete=True)
    assert done.writes == [PAUSE, CLOSE, UNFOLLOW, DELETE]
    assert (done.changed, done.result["action"], cluster.indices) == (True, "deleted", {})


def test_a_lost_pause_does_not_lose_the_parameters() -> None:
    cluster = Cluster(f=follower(parameters={"max_outstanding_read_requests": 3}))
    cluster.fail[PAUSE] = [lost()]
    done = run(ccr_follow, cluster, **FOLLOW, parameters={"max_retry_delay": "1s"})
    assert (done.writes, done.warnings) == ([PAUSE, RESUME], [])
    assert cluster.bodies[-1]["max_outstanding_read_requests"] == 3


def test_a_lost_creation_is_not_repeated() -> None:
    cluster = Cluster()
    cluster.fail[PUT] = [lost()]
    done = run(ccr_follow, cluster, **FOLLOW)
    assert (done.writes, done.changed, done.result["action"]) == ([PUT], True, "created")


def test_an_auto_follow_pattern_was_faster() -> None:
    cluster = Cluster()

    def faster(method: str, path: str, body: Any, real: Any = cluster._written) -> Any:
        if path == "/f/_ccr/follow" and "f" not in cluster.indices:
            cluster.indices["f"] = follower()
        return real(method, path, body)

    cluster._written = faster  # type: ignore[method-assign]
    done = run(ccr_follow, cluster, **FOLLOW)
    assert (done.writes, cluster.indices["f"].phase) == ([PUT], "active")


def test_somebody_else_has_paused_it() -> None:
    cluster = Cluster(f=follower())
    cluster.fail[PAUSE] = [error(400, "no shard follow tasks for [f]")]
    cluster.indices["f"].phase = "active"
    cluster.fail[UNFOLLOW] = []
    done = run(ccr_follow, cluster, follower_index="f", state="paused")
    assert (done.writes, done.changed) == ([PAUSE], True)


def test_a_leader_that_was_made_anew() -> None:
    cluster = Cluster(f=follower(phase="paused"))
    cluster.leaders[LEADER]["uuid"] = "l2"
    refused = run(ccr_follow, cluster, fails=True, **FOLLOW)
    assert "Copy it anew with recreate=true" in refused.error
    assert refused.writes == [RESUME]
    done = run(ccr_follow, cluster, **FOLLOW, recreate=True)
    assert (done.writes, done.result["action"]) == ([RESUME, CLOSE, PUT], "recreated")
    assert run(ccr_follow, cluster, **FOLLOW, recreate=True).writes == []


def test_another_leader_with_more_shards() -> None:
    cluster = found(follower())
    cluster.leaders[("paris", "other")]["shards"] = 3
    done = run(ccr_follow, cluster, **{**FOLLOW, "leader_index": "other"}, recreate=True)
    assert done.writes == [PAUSE, CLOSE, PUT, DELETE, PUT]
    assert cluster.indices["f"].leader == ("paris", "other")
    # Its lease on the former leader stays.
    assert done.result["leases_left"][0]["path"] == "/l/_ccr/forget_follower"


def test_a_recreation_that_fails_is_undone() -> None:
    cluster = Cluster(f=follower(parameters={"max_outstanding_read_requests": 3}))
    done = run(ccr_follow, cluster, fails=True, **{**FOLLOW, "leader_index": "gone"}, recreate=True)
    assert done.writes == [PAUSE, CLOSE, PUT, OPEN, RESUME]
    assert (cluster.indices["f"].open, cluster.indices["f"].phase) == (True, "active")
    assert cluster.indices["f"].parameters["max_outstanding_read_requests"] == 3


def test_master_timeout_is_sent_only_when_given() -> None:
    cases: list[tuple[dict[str, Any], Any]] = [({}, None), ({"master_timeout": "5s"}, {"master_timeout": "5s"})]
    for given, query in cases:
        cluster = Cluster()
        run(ccr_follow, cluster, **FOLLOW, **given)
        assert [r["query"] for r in cluster.requests if r["method"] == "PUT"] == [query]


def test_settings_and_the_data_stream_are_sent_at_creation() -> None:
    cluster = Cluster()
    settings = {"index.number_of_replicas": 0}
    run(ccr_follow, cluster, **FOLLOW, settings=settings, data_stream_name="d", parameters={"max_retry_delay": "1s"})
    leader = {"remote_cluster": "paris", "leader_index": "l"}
    assert cluster.bodies == [{**leader, "settings": settings, "data_stream_name": "d", "max_retry_delay": "1s"}]


# ---- waiting and health -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "wish", "text"),
    [
        pytest.param(follower(phase="copying"), {}, "f is still being copied from paris:l", id="copying"),
        pytest.param(
            follower(lag=11), {"max_lag": 10}, "f is 11 operations behind paris:l, which is more than 10", id="lag"
        ),
        pytest.param(
            follower(retrying={"type": "t", "reason": "r"}), {}, "f can't read from paris:l: t: r", id="retrying"
        ),
    ],
)
def test_waiting_tells_what_is_missing(index: Index, wish: dict[str, Any], text: str) -> None:
    done = run(ccr_follow, Cluster(f=index), fails=True, **FOLLOW, **wish, wait=True, wait_timeout=0)
    assert done.error == f"There was nothing to change, but after 0.0 seconds {text}"
    assert done.result["health"]["status"] in ("copying", "retrying")


def test_waiting_ends_at_once_when_it_has_failed() -> None:
    cluster = Cluster()

    def follow(name: str, body: Any, real: Any = cluster._follow) -> Any:
        answer = real(name, body)
        cluster.indices[name].fatal = HISTORY
        return answer

    cluster._follow = follow  # type: ignore[method-assign]
    done = run(ccr_follow, cluster, fails=True, **FOLLOW, wait=True, wait_timeout=60)
    assert "f has stopped to follow paris:l: resource_not_found_exception" in done.error
    assert (done.changed, done.result["health"]["cause"]) == (True, "history_lost")


def test_waiting_until_it_follows() -> None:
    cluster = Cluster(f=follower(lag=5))
    done = run(ccr_follow, cluster, **FOLLOW, wait=True, max_lag=5)
    assert done.result["health"] == {
        "status": "healthy",
        "cause": "",
        "summary": "f follows paris:l.",
        "remedy": "",
        "lag": 5,
        "time_since_last_read_millis": 10,
        "shards": 1,
        "shards_following": 1,
    }


@pytest.mark.parametrize("ahead", [0, 5 * 86400])
@pytest.mark.parametrize("state", ["paused", "unfollowed"])
def test_a_copy_may_end_first(state: str, ahead: float) -> None:
    """Whether it has ended just now is told by the clock of the cluster."""
    cluster = Cluster(f=follower(phase="copying"))
    cluster.ahead = ahead
    foretold = run(ccr_follow, cluster, check_mode=True, follower_index="f", state=state, wait=True)
    reads = 0

    def state_of(names: str, real: Any = cluster._state) -> Any:
        nonlocal reads
        reads += 1
        if reads == 3:
            cluster.indices["f"].phase, cluster.indices["f"].copied = "active", time.time()
        return real(names)

    cluster._state = state_of  # type: ignore[method-assign]
    done = run(ccr_follow, cluster, follower_index="f", state=state, wait=True)
    assert done.writes == ([PAUSE] if state == "paused" else [PAUSE, CLOSE, UNFOLLOW, OPEN])
    assert (foretold.changed, foretold.after) == (done.changed, done.after)


def test_a_copy_is_seen_in_the_recovery_as_well() -> None:
    cluster = Cluster(f=follower(phase="copying"))
    cluster.routing = False
    done = run(ccr_follow, cluster, **FOLLOW)
    assert (done.result["follower"]["state"], done.writes) == ("copying", [])
    assert done.reads == [
        "/f/_ccr/info", "/_cluster/state/metadata,routing_table/f", "/f/_recovery"
    ]  # fmt: skip


def test_health_without_the_privilege_to_know() -> None:
    cluster = Cluster(f=follower())
    cluster.fail["GET /f/_ccr/stats"] = [error(403, "current license is non-compliant for [ccr]")]
    done = run(ccr_follow, cluster, **FOLLOW)
    assert (done.changed, done.result["health"]["cause"]) == (False, "licence_local")


def test_paused_between_two_reads() -> None:
    cluster = Cluster(f=follower())

    def stats(name: str, real: Any = cluster._stats) -> Any:
        cluster.indices["f"].phase = "paused"
        return real(name)

    cluster._stats = stats  # type: ignore[method-assign]
    done = run(ccr_follow, cluster, follower_index="f", state="paused")
    assert (done.writes, done.result["health"]["status"], len(done.reads)) == ([], "paused", 6)


def test_waiting_for_what_follows_asks_nothing_more() -> None:
    done = run(ccr_follow, Cluster(f=follower()), **FOLLOW, wait=True, max_lag=0)
    assert (len(done.reads), done.result["health"]["status"]) == (3, "healthy")


def test_paused_soon_after_its_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It could be about to follow, so that it is looked at until it does not."""
    monkeypatch.setattr(ccr_reads, "LOOK_AGAIN_SECONDS", 1.0)
    cluster = Cluster(f=follower(phase="paused", copied=time.time()))
    done = run(ccr_follow, cluster, follower_index="f", state="paused")
    assert (done.writes, done.result["follower"]["state"], len(done.reads)) == ([], "paused", 16)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds before requests of chains; nobody waits for them."""
    found: list[float] = []
    monkeypatch.setattr(engine, "_send_chain", partial(engine._send_chain, sleep=found.append))
    monkeypatch.setattr(ccr_follow_engine, "WRITE_SECONDS", 0.3)
    return found


def test_a_write_that_waits_for_its_retry_finds_the_index_closed(slept: list[float]) -> None:
    cluster = Cluster(f=follower(writing=99, parameters={"read_poll_timeout": "30s"}))
    options: dict[str, Any] = {"follower_index": "f", "state": "unfollowed"}
    foretold = run(ccr_follow, cluster, check_mode=True, **options)
    done = run(ccr_follow, cluster, **options)
    assert (done.writes, done.result["action"]) == ([PAUSE, CLOSE, UNFOLLOW, OPEN], "unfollowed")
    assert [round(seconds) for seconds in slept] == [31]
    [warning] = done.warnings
    assert warning.startswith("f: 2 requests that write to it wait for their retry, which comes within 31 seconds")
    assert "It stays closed so long" in warning
    assert foretold.warnings == done.warnings


def test_a_write_that_ends_by_itself_is_not_waited_for(slept: list[float]) -> None:
    cluster = Cluster(f=follower(writing=1))
    done = run(ccr_follow, cluster, follower_index="f", state="unfollowed")
    assert (done.writes, slept, done.warnings) == ([PAUSE, CLOSE, UNFOLLOW, OPEN], [], [])


def test_what_stays_closed_is_not_waited_for(slept: list[float]) -> None:
    done = run(ccr_follow, Cluster(f=follower(writing=99)), follower_index="f", state="unfollowed", open=False)
    assert (done.writes, slept) == ([PAUSE, CLOSE, UNFOLLOW], [])
    assert "Do not open it before that" in done.warnings[0]
