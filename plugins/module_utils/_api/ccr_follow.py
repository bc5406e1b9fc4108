# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Followers of one cluster, one or many: read, plan, wait, and what stays on the leaders. Private."""

from __future__ import annotations

import json
import time
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import ccr_reads, reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import Client, ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, wait
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.follower import diagnose
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follower as followers
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import follower_steps
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follower import Follower
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follower_steps import (
    Lease,
    Steps,
    Wish,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Chain, Plan, Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.tally import (
    AWAITED,
    COPIED,
    READY,
    Tally,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_ms

# How long it is looked whether writes to a follower end by themselves, as those do that do not fail.
WRITE_SECONDS = 5.0
# How many of a list are named in one sentence.
_SHOWN = 5
# What is shown of those that are as wished.
_DONE = {"paused": "are paused", "unfollowed": "are unfollowed", "absent": "are deleted"}


def plan(call: Call, entries: Sequence[Dict[str, Any]]) -> Plan:
    """The plan of the modules ccr_follow and ccr_followers.

    :param entries: the options of each follower, those that are common to all included.
    """
    wishes: Dict[str, Wish] = {}
    for entry in entries:
        want = follower_steps.wish(entry)
        if want.follower_index in wishes:
            raise Refusal("followers: %s is there twice; remove one of the two" % want.follower_index)
        wishes[want.follower_index] = want
    found = _look(call, wishes)
    first: Dict[str, Follower] = call.kept.setdefault("followers", found)
    ways = _ways(call, found, wishes, first)
    if not call.attempt:
        _check_leaders(call, found, wishes, ways)
    for way in ways.values():
        for text in way.warnings:
            call.warn(text)
    result: Dict[str, Any] = dict(
        followers={
            name: dict(
                follower=way.after,
                action=way.action,
                health=None if way.requests and call.check_mode else health(found[name], call.params.get("max_lag")),
            )
            for name, way in ways.items()
        },
        leases_left=call.kept.setdefault("leases_left", []),
    )
    tally = _tally(call, found, ways)
    made = Plan(
        before={name: followers.shown(followers.described(found[name]), found[name].fatal) for name in ways},
        after={
            name: followers.shown(way.after, None if way.requests else found[name].fatal) for name, way in ways.items()
        },
        chains=[
            Chain(name, way.requests, _until(call, wishes[name], tally)) for name, way in ways.items() if way.requests
        ],
        tally=tally,
        parallel=call.params.get("parallel", 1),
        result=result,
    )
    waited = [name for name, want in wishes.items() if want.state == "present"] if call.params["wait"] else []
    if not made.chains and not any(followers.missing(found[name], call.params["max_lag"]) for name in waited):
        return made
    made.finish = lambda answers: _finish(call, ways, result, look=not waited)
    if waited:
        made.until = lambda left: _missing(call, waited, result, tally)
    return made


def of_one(made: Plan, name: str) -> Plan:
    """The same for a module of one follower."""
    entry = made.result["followers"][name]
    entry["leases_left"] = made.result["leases_left"]
    made.result = entry
    made.before, made.after = made.before[name], made.after[name]
    return made


def _look(call: Call, wishes: Dict[str, Wish]) -> Dict[str, Follower]:
    """What is there; with ``wait`` a copy may end first that stands in the way of what is wished."""
    found: Dict[str, Follower] = ccr_reads.followers(call.client, list(wishes))

    def copied(left: float) -> Optional[str]:
        found.update(ccr_reads.followers(call.client, list(wishes)))
        missing = [name for name in copies if found[name].state == followers.COPYING]
        return "%s still copied" % _listed(missing, "is", "are") if missing else None

    copies = [n for n, w in wishes.items() if w.state in ("paused", "unfollowed") and found[n].state == "copying"]
    if copies and call.params["wait"]:
        if call.check_mode:
            # As they will be when the copies have ended.
            for name in copies:
                found[name].state = followers.FOLLOWING
        else:
            wait(copied, call)
    _end_writes(call, found, [name for name, want in wishes.items() if want.state == "unfollowed"])
    return found


def _end_writes(call: Call, found: Dict[str, Follower], names: Sequence[str]) -> None:
    """Looks at those with outstanding writes until they have none, for a moment."""
    end = time.monotonic() + WRITE_SECONDS
    while True:
        names = [name for name in names if found[name].outstanding_writes]
        if not names or time.monotonic() > end:
            return
        time.sleep(0.25)
        found.update(ccr_reads.followers(call.client, names))


def _ways(
    call: Call, found: Dict[str, Follower], wishes: Dict[str, Wish], first: Dict[str, Follower]
) -> Dict[str, Steps]:
    """The steps of each; what stands in the way of any is told for all."""
    ways, refusals = {}, []
    earlier = first if call.attempt else {}

    def still_follows(name: str) -> bool:
        return ccr_reads.followers(call.client, [name])[name].follows

    def left_behind(lease: Lease, why: str) -> None:
        _forget(call, lease, why)

    for name, want in sorted(wishes.items()):
        run = follower_steps.Run(earlier.get(name), call.failed, still_follows, left_behind)
        try:
            ways[name] = follower_steps.steps(found[name], want, run)
        except Refusal as e:
            refusals.append(str(e))
    if refusals:
        raise Refusal(". ".join(refusals))
    return ways


def _check_leaders(call: Call, found: Dict[str, Follower], wishes: Dict[str, Wish], ways: Dict[str, Steps]) -> None:
    """Asked only where something is about to follow; the server checks the same, but after something was stopped."""
    asked = [name for name, way in ways.items() if way.asks_leader]
    if not asked:
        return
    known = ccr_reads.remote_info(call.client)
    ccr_reads.check_known(call.client, known, [wishes[name].remote_cluster for name in asked])
    for name in asked:
        alias = str(wishes[name].remote_cluster)
        if known is not None and ways[name].stops_first and not ccr_reads.connected(call.client, known, alias):
            raise Refusal(
                "remote_cluster: %s is not connected to %s, so that %s would be stopped and could not be resumed. Look "
                "with the module remote_cluster_info at what is wrong" % (call.client, alias, name)
            )
    ccr_reads.check_license(call.client)


def _until(call: Call, want: Wish, tally: Tally) -> Any:
    """One of many that are written is waited for before the next one, so that only so many are copied at a time."""
    if want.state != "present" or not call.params["wait"] or "parallel" not in call.params:
        return None
    name = want.follower_index
    return lambda left: _still(call, ccr_reads.followers(call.client, [name])[name], tally)


def _missing(call: Call, names: Sequence[str], result: Dict[str, Any], tally: Tally) -> Optional[str]:
    """What is missing until all of them follow; how they are is part of the result, also when it never comes true."""
    found = ccr_reads.followers(call.client, names)
    for name in names:
        _entry(result, name)["health"] = health(found[name], call.params["max_lag"])
    texts = [text for text in (_still(call, found[name], tally) for name in names) if text]
    more = "" if len(texts) <= _SHOWN else "; and so on, %d in all" % len(texts)
    return "; ".join(texts[:_SHOWN]) + more if texts else None


def _still(call: Call, follower: Follower, tally: Tally) -> Optional[str]:
    """What is missing until it follows."""
    missing = followers.missing(follower, call.params["max_lag"])
    waiting = COPIED if follower.state == followers.COPYING else AWAITED
    tally.put(follower.follower_index, waiting if missing else READY)
    return missing


def _tally(call: Call, found: Dict[str, Follower], ways: Dict[str, Steps]) -> Tally:
    """Those that need no request are where they were found."""
    state = call.params["state"]
    ready = _DONE.get(state) or ("follow" if call.params["wait"] else READY)
    tally = Tally(list(ways), "followers", ready)
    for name, way in ways.items():
        if not way.requests:
            tally.put(name, COPIED if found[name].state == followers.COPYING else READY)
    return tally


def _entry(result: Dict[str, Any], name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = result["followers"][name]
    return found


def _finish(call: Call, ways: Dict[str, Steps], result: Dict[str, Any], look: bool) -> Dict[str, Any]:
    """After the writes: how the followers are, and what is left on the leaders."""
    if look:
        for name, follower in ccr_reads.followers(call.client, list(ways)).items():
            _entry(result, name)["health"] = health(follower, call.params["max_lag"])
    for way in ways.values():
        if way.lease:
            _forget(call, way.lease, "nobody has told it")
    return {}


def _forget(call: Call, lease: Lease, why: str) -> None:
    """Takes a lease from a leader that can be reached, or tells how to."""
    request = lease.request
    for options in call.params["leader_clusters"]:
        if options["remote_cluster"] != lease.remote_cluster:
            continue
        client = Client(options)
        try:
            client.write(request.method, request.path, request.purpose, request.body)
            return
        except ClientError as e:
            why = str(e)
        finally:
            call.client.requests += client.requests
            client.close()
    left = dict(remote_cluster=lease.remote_cluster, method=request.method, path=request.path, body=request.body)
    call.kept.setdefault("leases_left", []).append(left)
    call.warn(
        "%s still keeps the history of %s for %s (%s). That ends by itself, after 12 hours by default, or when you "
        "send %s %s %s to that cluster"
        % (
            lease.remote_cluster,
            lease.leader_index,
            lease.body["follower_index"],
            why,
            request.method,
            request.path,
            json.dumps(request.body),
        )
    )


def _listed(names: Sequence[str], one: str, many: str) -> str:
    shown = ", ".join(names[:_SHOWN]) + (" and %d more" % (len(names) - _SHOWN) if len(names) > _SHOWN else "")
    return "%s %s" % (shown, one if len(names) == 1 else many)


# ---- how they are -----------------------------------------------------------------------------------------------


def health(follower: Follower, max_lag: Optional[int] = None, max_silence: Optional[float] = None) -> Dict[str, Any]:
    """Status, cause and remedy, with the figures behind them."""
    fatal = follower.fatal
    trouble = fatal or follower.retrying
    following = len((follower.stats or {}).get("shards") or [])
    lag, last_read = followers.lag_of(follower), followers.last_read_of(follower)
    poll = (follower.parameters or {}).get("read_poll_timeout")
    if max_silence is not None and poll:
        # Where nothing is written, a read waits as long as that.
        max_silence = max(max_silence, 2 * time_ms(poll))
    verdict = diagnose(
        dict(
            name=follower.follower_index,
            state=follower.state,
            open=follower.open,
            remote_cluster=follower.remote_cluster,
            leader_index=follower.leader_index,
            local=follower.cluster_name,
            error=followers.error_text(trouble) if trouble else follower.stats_error,
            fatal=bool(fatal),
            retried=bool(trouble and not fatal),
            stats_read=follower.stats is not None,
            shards=follower.shards,
            shards_following=following,
            lag=lag,
            max_lag=max_lag,
            last_read=last_read,
            max_silence=max_silence,
            copy_error=follower.copy_error,
        )
    )
    return dict(
        verdict,
        lag=lag,
        time_since_last_read_millis=last_read,
        shards=follower.shards,
        shards_following=following,
    )


def info(call: Call) -> Dict[str, Any]:
    """The result of the module ccr_follow_info."""
    p = call.params
    for name in p["follower_indices"] or []:
        follower_steps.check_index_name("follower_indices", name)
    try:
        max_silence = time_ms(p["max_silence"])
    except ValueError as e:
        raise Refusal("max_silence: %s" % e) from None
    found: Dict[str, Follower] = {}
    if p["follower_indices"] is None or p["follower_indices"]:
        found = ccr_reads.followers(call.client, p["follower_indices"])
    if p["follower_indices"] is None and p["remote_clusters"] is not None:
        found = {name: f for name, f in found.items() if f.remote_cluster in p["remote_clusters"]}
    leases = _leases(call, found)
    shown = {}
    for name, follower in sorted(found.items()):
        described = followers.described(follower) or dict(
            followers.described(Follower(name, followers.UNFOLLOWED, open=False)), state=followers.ABSENT
        )
        shown[name] = dict(
            described,
            index_uuid=follower.index_uuid,
            replicated_operations=followers.replicated_of(follower),
            fatal=bool(follower.fatal),
            leases=leases.get(name),
            **health(follower, p["max_lag"], max_silence),
        )
    return dict(
        followers=shown,
        healthy=all(entry["status"] == "healthy" for entry in shown.values()),
        report=[line(entry) for entry in shown.values()],
    )


def line(entry: Dict[str, Any]) -> str:
    lag = "" if entry["lag"] is None else ", %d operations behind" % entry["lag"]
    remedy = " %s" % entry["remedy"] if entry["remedy"] else ""
    return "%s: %s%s. %s%s" % (entry["follower_index"], entry["status"], lag, entry["summary"], remedy)


def _leases(call: Call, found: Dict[str, Follower]) -> Dict[str, List[Dict[str, Any]]]:
    """Follower → its leases on the leaders' clusters that can be asked."""
    result: Dict[str, List[Dict[str, Any]]] = {}
    for options in call.params["leader_clusters"]:
        of_alias = {n: f for n, f in found.items() if f.follows and f.remote_cluster == options["remote_cluster"]}
        if not of_alias:
            continue
        client = Client(options)
        try:
            by_leader = ccr_reads.leases(client, sorted({str(f.leader_index) for f in of_alias.values()}))
            now = int(reads.clock(client) * 1000) if by_leader else 0
        except ClientError as e:
            call.warn("The leases on %s are not known: %s" % (options["remote_cluster"], e))
            continue
        finally:
            call.client.requests += client.requests
            client.close()
        for name, follower in of_alias.items():
            mark = "/%s/%s-following-" % (name, follower.index_uuid)
            result[name] = [
                dict(
                    shard=lease["shard"],
                    id=lease["id"],
                    retaining_seq_no=lease.get("retaining_seq_no"),
                    age_millis=now - lease.get("timestamp", now),
                )
                for lease in by_leader.get(str(follower.leader_index)) or []
                if mark in lease.get("id", "")
            ]
    return result
