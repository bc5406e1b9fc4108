# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Followers: the requests that make each as wished, in their order, and what undoes them. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/manage-cross-cluster-replication
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Dict, List, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import remedy_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follow_parameters
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follower import (
    ABSENT,
    COPY_FAILED,
    COPYING,
    FOLLOWING,
    PAUSED,
    UNFOLLOWED,
    Follower,
    copy_failed,
    described,
    error_text,
    remember,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Refusal,
    Request,
    in_path,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import check_alias
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_nanos

# To unfollow, the server talks to the leader's cluster for each shard, and waits for one that is away.
_UNFOLLOW_SECONDS = 120.0
# How long a retry itself may take.
_RETRY_SECONDS = 1
_HISTORY = re.compile(r"should reference|Operations are no longer available")
_OTHER_SHARDS = re.compile(r"shards from a snapshot of")


@dataclass
class Wish:
    """What shall be; the documentation of the module ccr_follow has the meaning of each."""

    follower_index: str
    state: str
    remote_cluster: Optional[str] = None
    leader_index: Optional[str] = None
    parameters: Dict[str, Any] = field(default_factory=dict)
    parameters_exact: bool = False
    settings: Optional[Dict[str, Any]] = None
    data_stream_name: Optional[str] = None
    on_fatal: str = "fail"
    recreate: bool = False
    allow_delete: bool = False
    open: Optional[bool] = None
    require_follower: bool = False
    master_timeout: Optional[str] = None


@dataclass
class Lease:
    """What keeps history on a leader for a follower that is gone, until it expires (after 12 hours by default)."""

    leader_index: str
    remote_cluster: str
    body: Dict[str, Any]

    @property
    def request(self) -> Request:
        return Request(
            "POST",
            "/%s/_ccr/forget_follower" % in_path(self.leader_index),
            "forget the follower %s" % self.body["follower_index"],
            body=self.body,
        )


@dataclass
class Steps:
    """The way of one follower.

    :param after: as it will be, in the words of the result.
    :param lease: what stays on the leader, or may; what unfollowing leaves there is known from its answer.
    """

    action: str
    after: Dict[str, Any]
    requests: List[Request] = field(default_factory=list)
    warnings: List[str] = field(default_factory=list)
    lease: Optional[Lease] = None

    @property
    def asks_leader(self) -> bool:
        """Whether the leader's cluster has to answer for this to succeed."""
        return any(request.path.endswith(("/_ccr/follow", "/_ccr/resume_follow")) for request in self.requests)

    @property
    def stops_first(self) -> bool:
        """Whether something is stopped before the leader's cluster is asked."""
        return self.asks_leader and self.requests[0].path.endswith(("/_ccr/pause_follow", "/_close"))


# ---- what shall be ----------------------------------------------------------------------------------------------


def wish(params: Dict[str, Any]) -> Wish:
    """The options of one follower → what shall be; refuses what Elasticsearch would refuse or misread."""
    name = params["follower_index"]
    check_index_name("follower_index", name)
    leader, remote = params.get("leader_index"), params.get("remote_cluster")
    if params["state"] == "present":
        for option in ("remote_cluster", "leader_index"):
            if not params.get(option):
                raise Refusal("%s: %s is required with state=present" % (name, option))
    if leader is not None:
        if ":" in leader:
            raise Refusal(
                "leader_index: %s is the index alone; name the alias before the colon in remote_cluster" % leader
            )
        check_index_name("leader_index", leader)
    if remote is not None:
        try:
            check_alias(remote)
        except Refusal as e:
            raise Refusal(str(e).replace("alias:", "remote_cluster:", 1)) from None
    try:
        time_nanos(params.get("master_timeout") or "30s")
    except ValueError as e:
        raise Refusal("master_timeout: %s" % e) from None
    check_settings(params.get("settings"))
    parameters = follow_parameters.given(params.get("parameters"))
    names = [f for f in Wish.__dataclass_fields__ if f != "parameters"]
    return Wish(parameters=parameters, **{option: params[option] for option in names if option in params})


def check_index_name(option: str, name: str) -> None:
    """The rules of the server, which tells some of them only after it has begun."""
    wrong = None
    if name == "_all" or "*" in name:
        wrong = "is a wildcard; name one index"
    elif "," in name:
        wrong = "holds a comma; name one index"
    elif not name or name in (".", "..") or name[0] in "-_+":
        wrong = "begins with -, _ or +, or is empty; choose another name"
    elif name != name.lower():
        wrong = "holds a capital letter; the name of an index is in lower case"
    elif re.search(r'[\\/?"<>|\s#:]', name):
        wrong = 'holds one of \\ / ? " < > | # : or a blank; choose another name'
    elif len(name.encode()) > 255:
        wrong = "is longer than 255 bytes; choose a shorter name"
    if wrong:
        raise Refusal("%s: %s %s" % (option, name or "the name", wrong))


def check_settings(settings: Optional[Dict[str, Any]]) -> None:
    """The server takes a short name for an unknown setting, and nothing for an error."""
    for name, value in (settings or {}).items():
        if name != "index" and not name.startswith("index."):
            raise Refusal("settings: write index.%s instead of %s" % (name, name))
        if value is None:
            raise Refusal("settings: %s has no value; give one or leave the setting out" % name)


# ---- from one to the other --------------------------------------------------------------------------------------


@dataclass
class Run:
    """What a run knows beside what there is.

    :param first: what its first look has found, when this is a later one.
    :param failed: tag of a request → the reason for which an earlier attempt has failed.
    :param still_follows: looks whether an index is still a follower.
    :param left_behind: takes a lease that could not be taken from the leader, and why.
    """

    first: Optional[Follower] = None
    failed: Dict[str, str] = field(default_factory=dict)
    still_follows: Callable[[str], bool] = lambda name: True
    left_behind: Callable[[Lease, str], None] = lambda lease, why: None


def steps(have: Follower, want: Wish, run: Run) -> Steps:
    """The requests that one follower needs; refuses what nobody should do."""
    if have.alias_of:
        raise Refusal(
            "follower_index: %s is an alias of %s; name the index itself" % (have.follower_index, have.alias_of)
        )
    if have.follows:
        _check_leader(have, want)
    way = _Way(remember(run.first, have), want, run)
    of_state = dict(present=way.present, paused=way.paused, unfollowed=way.unfollowed, absent=way.absent)
    return of_state[want.state]()


def _check_leader(have: Follower, want: Wish) -> None:
    """Whoever names another leader means another follower."""
    same = want.leader_index in (None, have.leader_index) and want.remote_cluster in (None, have.remote_cluster)
    if same or (want.state == "present" and want.recreate):
        return
    remedy = (
        "choose another name, or copy it anew with recreate=true, which replaces what it holds"
        if want.state == "present"
        else "correct remote_cluster and leader_index, or leave them out"
    )
    raise Refusal(
        "%s follows %s, not %s:%s; %s"
        % (
            have.follower_index,
            have.leader,
            want.remote_cluster or have.remote_cluster,
            want.leader_index or have.leader_index,
            remedy,
        )
    )


class _Way:
    """The decisions for one follower; each state's method returns its steps."""

    def __init__(self, have: Follower, want: Wish, run: Run) -> None:
        self.have = have
        self.want = want
        self.run = run
        self.first = run.first or have
        self.failed = run.failed
        self.name = have.follower_index

    # The states.

    def present(self) -> Steps:
        have, want = self.have, self.want
        if have.state == ABSENT:
            return Steps("created", self._followed(), [self._follow()])
        if have.state == UNFOLLOWED:
            raise Refusal(self._occupied())
        anew = self._anew()
        if anew:
            return anew
        if have.state == COPYING:
            return Steps("unchanged", described(have))
        if have.state == COPY_FAILED:
            # Nothing is lost: what it holds was never more than a part of a copy.
            # Its shards never start, so that the server would wait for them in vain, for longer than the client does.
            at_once = {"wait_for_active_shards": "0"}
            close = replace(self._close(), query=at_once, undo=[replace(self._open(), query=at_once)])
            return Steps("recreated", self._followed(), [*([close] if have.open else []), self._follow()])
        fatal = have.fatal
        if fatal and want.on_fatal == "fail":
            raise Refusal(
                "%s has stopped to follow %s: %s. on_fatal=restart pauses and resumes it"
                % (self.name, have.leader, error_text(fatal))
            )
        base = follow_parameters.whole({}) if want.parameters_exact else have.parameters or {}
        wanted = follow_parameters.merged(base, want.parameters)
        differs = have.state == FOLLOWING and bool(follow_parameters.differing(have.parameters or {}, wanted))
        restart = have.state == FOLLOWING and (differs or bool(fatal))
        requests = [self._pause()] if restart else []
        requests += [] if have.open else [self._open()]
        warnings = []
        if restart or have.state == PAUSED:
            requests.append(self._resume(wanted))
            left = [name for name in follow_parameters.DEFAULTS if name not in want.parameters]
            if left and not have.parameters and not want.parameters_exact:
                warnings.append(
                    "%s was paused, and the server keeps no parameters of what is paused: %s get their defaults. Give "
                    "parameters, or parameters_exact=true if that is meant" % (self.name, ", ".join(left))
                )
        elif have.parameters:
            # What means the same keeps the server's spelling.
            wanted = have.parameters
        action = "unchanged"
        if requests:
            action = "restarted" if fatal else "changed" if differs else "resumed" if have.state == PAUSED else "opened"
        return Steps(action, self._followed(wanted), requests, warnings)

    def paused(self) -> Steps:
        have = self.have
        self._must_follow("pause")
        if have.state == PAUSED:
            return Steps("unchanged", described(have))
        return Steps("paused", described(replace(have, state=PAUSED)), [self._pause()])

    def unfollowed(self) -> Steps:
        have, want = self.have, self.want
        if have.state == ABSENT:
            raise Refusal("follower_index: there is no index %s to be unfollowed; correct the name" % self.name)
        if have.state == UNFOLLOWED:
            if want.require_follower and not self.first.follows:
                raise Refusal(
                    "follower_index: %s is an ordinary index that follows nothing, so that there is nothing to be "
                    "unfollowed; correct the name, or set require_follower=false" % self.name
                )
            # A run before this one, or an attempt of this run, may have ended between closing and opening.
            shall = want.open if want.open is not None else (self.first.open if self.first.follows else have.open)
            requests = [self._open()] if shall and not have.open else []
            action = "unfollowed" if self.first.follows else "opened" if requests else "unchanged"
            after = described(replace(have, open=have.open or shall))
            return Steps(action, after, requests, lease=self._lost_lease())
        self._must_follow("unfollow")
        shall = self.first.open if want.open is None else want.open
        requests = self._to_unfollow()
        late = self._late_writes()
        warnings = []
        if late:
            warnings.append(
                "%s: %d requests that write to it wait for their retry, which comes within %d seconds, also when it "
                "follows no more. What they have is lost. %s"
                % (
                    self.name,
                    have.outstanding_writes,
                    late,
                    "It stays closed so long, that they change nothing in an ordinary index"
                    if shall
                    else "Do not open it before that, or they change what is written then",
                )
            )
        if shall:
            requests.append(replace(self._open(), not_before=late))
        return Steps("unfollowed", described(replace(have, state=UNFOLLOWED, open=shall)), requests, warnings)

    def absent(self) -> Steps:
        have = self.have
        if have.state == ABSENT:
            return Steps("deleted" if self.first.follows else "unchanged", {})
        if have.state == UNFOLLOWED and not (self.first.follows and self.first.index_uuid == have.index_uuid):
            raise Refusal(
                "follower_index: %s is an ordinary index, not a follower, and is not deleted here; delete it by other "
                "means if its data is not needed" % self.name
            )
        if not self.want.allow_delete:
            raise Refusal(
                "%s would be deleted with its data; allow that with allow_delete=true, or keep it as an ordinary "
                "index with state=unfollowed" % self.name
            )
        lease = self._lost_lease()
        requests: List[Request] = []
        if have.state in (COPYING, COPY_FAILED):
            # What is being copied can't be closed, and so not be unfollowed.
            lease = lease_of(have)
        elif have.state != UNFOLLOWED:
            requests = self._to_unfollow()
        requests.append(Request("DELETE", "/%s" % self._path, "delete the index %s" % self.name, undo=[]))
        return Steps("deleted", {}, requests, lease=lease)

    # Parts of them.

    def _anew(self) -> Optional[Steps]:
        """Copied anew where nothing else helps and where that is allowed."""
        have, want = self.have, self.want
        other = (have.remote_cluster, have.leader_index) != (want.remote_cluster, want.leader_index)
        fatal = have.fatal
        why = error_text(fatal) if fatal else self.failed.get("resume %s" % self.name, "")
        lost = bool(_HISTORY.search(why))
        if fatal and lost and not want.recreate:
            raise Refusal(
                "%s has stopped to follow %s: %s. Nothing but a new copy helps; recreate=true with on_fatal=restart "
                "makes one, which replaces what it holds" % (self.name, have.leader, why)
            )
        if not other and not (lost and want.recreate and (not fatal or want.on_fatal == "restart")):
            return None
        if have.state == COPYING:
            raise Refusal("%s is being copied from %s; try again when that has ended" % (self.name, have.leader))
        requests = [self._pause()] if have.state == FOLLOWING else []
        if _OTHER_SHARDS.search(self.failed.get("follow %s" % self.name, "")):
            # Only an index with as many shards can be copied over.
            requests.append(Request("DELETE", "/%s" % self._path, "delete the index %s" % self.name, undo=[]))
        elif have.open:
            requests.append(self._close())
        requests.append(self._follow())
        return Steps("recreated", self._followed(), requests, lease=lease_of(have) if other else None)

    def _must_follow(self, verb: str) -> None:
        if self.have.state == ABSENT:
            raise Refusal("follower_index: there is no index %s to %s; correct the name" % (self.name, verb))
        if self.have.state == UNFOLLOWED:
            raise Refusal(
                "follower_index: %s is an ordinary index that follows nothing; there is nothing to %s"
                % (self.name, verb)
            )
        if self.have.state == COPY_FAILED:
            raise Refusal(
                "%s. It can't be %sd; state=present copies it anew, and state=absent with allow_delete=true deletes it"
                % (copy_failed(self.have), verb if verb.endswith("e") else verb + "e")
            )
        if self.have.state == COPYING:
            raise Refusal(
                "%s is still being copied from %s, and can't be %sd before that has ended; wait for it with wait=true, "
                "or try again later" % (self.name, self.have.leader, verb if verb.endswith("e") else verb + "e")
            )

    def _occupied(self) -> str:
        closed = "" if self.have.open else " It is closed, and following would silently replace what it holds."
        itself = (
            " If the remote cluster %s is this cluster itself, that is the leader." % self.want.remote_cluster
            if self.name == self.want.leader_index
            else ""
        )
        return (
            "follower_index: %s is there as an ordinary index, not as a follower; it may have been unfollowed, by "
            "its lifecycle policy as well.%s%s Choose another name, or delete it by other means if its data is not "
            "needed" % (self.name, closed, itself)
        )

    def _followed(self, parameters: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        """As it will be when it follows."""
        want = self.want
        return dict(
            follower_index=self.name,
            remote_cluster=want.remote_cluster,
            leader_index=want.leader_index,
            state=FOLLOWING,
            open=True,
            parameters=follow_parameters.whole(want.parameters if parameters is None else parameters),
        )

    def _to_unfollow(self) -> List[Request]:
        have = self.have
        requests = [self._pause()] if have.state == FOLLOWING else []
        requests += [self._close()] if have.open else []
        return [*requests, self._unfollow()]

    def _late_writes(self) -> float:
        """Seconds within which a write may still come that has failed and waits: read_poll_timeout is the longest."""
        have = self.have
        if not have.outstanding_writes:
            return 0
        poll = (have.parameters or {}).get("read_poll_timeout") or follow_parameters.DEFAULTS["read_poll_timeout"]
        return math.ceil(time_nanos(poll) / 1e9) + _RETRY_SECONDS

    def _lost_lease(self) -> Optional[Lease]:
        """Where an earlier attempt has unfollowed, and nobody knows what was left on the leader."""
        return lease_of(self.have) if "unfollow %s" % self.name in self.failed else None

    # The requests.

    @property
    def _path(self) -> str:
        return in_path(self.name)

    @property
    def _query(self) -> Optional[Dict[str, Any]]:
        """Older servers refuse the parameter, so that it is sent only when it is asked for."""
        return {"master_timeout": self.want.master_timeout} if self.want.master_timeout else None

    def _remedy(self, reason: str) -> str:
        return remedy_of(
            reason,
            name=self.name,
            remote_cluster=self.want.remote_cluster or self.have.remote_cluster,
            leader_index=self.want.leader_index or self.have.leader_index,
        )

    def _follow(self) -> Request:
        want = self.want
        body: Dict[str, Any] = dict(remote_cluster=want.remote_cluster, leader_index=want.leader_index)
        if want.settings:
            body["settings"] = want.settings
        if want.data_stream_name:
            body["data_stream_name"] = want.data_stream_name
        # Without waiting for shards the answer comes at once; with it, it may take hours.
        return Request(
            "PUT",
            "/%s/_ccr/follow" % self._path,
            "let %s follow %s:%s" % (self.name, want.remote_cluster, want.leader_index),
            body={**body, **want.parameters},
            query=self._query,
            remedy=self._remedy,
            tag="follow %s" % self.name,
            races=r"open index with same name already exists"
            + ("|" + _OTHER_SHARDS.pattern if want.recreate and not self._failed("follow") else ""),
        )

    def _resume(self, parameters: Dict[str, Any]) -> Request:
        again = "already exist"
        if self.want.recreate and self.want.state == "present" and not self._failed("resume"):
            # The look after it finds no sign of it, but this failure is remembered.
            again += "|" + _HISTORY.pattern
        return Request(
            "POST",
            "/%s/_ccr/resume_follow" % self._path,
            "resume the follower %s" % self.name,
            body=parameters or None,
            query=self._query,
            remedy=self._remedy,
            tag="resume %s" % self.name,
            races=again,
        )

    def _failed(self, what: str) -> bool:
        return "%s %s" % (what, self.name) in self.failed

    def _pause(self) -> Request:
        return Request(
            "POST",
            "/%s/_ccr/pause_follow" % self._path,
            "pause the follower %s" % self.name,
            query=self._query,
            remedy=self._remedy,
            # Somebody else was faster, or a part of the shards is paused already.
            settles=lambda error: {} if "no shard follow tasks" in error.reason else None,
            undo=[self._resume_again()],
        )

    def _close(self) -> Request:
        active = self.first.state == FOLLOWING
        return Request(
            "POST",
            "/%s/_close" % self._path,
            "close the index %s" % self.name,
            remedy=self._remedy,
            undo=[self._open(), *([self._resume_again()] if active else [])] if self.first.open else [],
        )

    def _open(self) -> Request:
        return Request("POST", "/%s/_open" % self._path, "open the index %s" % self.name, remedy=self._remedy)

    def _resume_again(self) -> Request:
        return replace(self._resume(self.have.parameters or {}), tag=None, races="")

    def _unfollow(self) -> Request:
        def settles(error: Any) -> Optional[Dict[str, Any]]:
            """The index is converted first, then its leases are removed on the leader; only that may have failed."""
            if error.status == 400 and "is not a follower index" in error.reason:
                return {}
            if error.status is not None and error.status >= 500 and not self.run.still_follows(self.name):
                self.run.left_behind(lease_of(self.have), error.reason)
                return {}
            return None

        return Request(
            "POST",
            "/%s/_ccr/unfollow" % self._path,
            "unfollow the index %s" % self.name,
            query=self._query,
            remedy=self._remedy,
            timeout=_UNFOLLOW_SECONDS,
            tag="unfollow %s" % self.name,
            settles=settles,
            undo=[self._open()] if self.first.open else [],
        )


def lease_of(follower: Follower) -> Lease:
    """What the leader keeps for a follower, in the words with which it is made to forget it."""
    return Lease(
        leader_index=str(follower.leader_index),
        remote_cluster=str(follower.remote_cluster),
        body=dict(
            follower_cluster=follower.cluster_name,
            follower_index=follower.follower_index,
            follower_index_uuid=follower.index_uuid,
            leader_remote_cluster=follower.remote_cluster,
        ),
    )
