# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cross-cluster API keys: what to ask for, given those that are there. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key
"""

from __future__ import annotations

import base64
import time
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cross_cluster_api_key import (
    MARK,
    Key,
    Wish,
    fitting,
    needs,
    recognise,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal, Request

API = "/_security/cross_cluster/api_key"
# A key that no node holds and that is newer than what they hold is another run's, unless that run must be long over.
ABANDONED_SECONDS = 3600
# Stands for the id and the secret of a key that only a real run would create.
PLACEHOLDER = "new"
PLACEHOLDER_SECRET = base64.b64encode(b"new:new").decode()


def creation(wish: Wish, replaces: Sequence[Key] = ()) -> Request:
    metadata = wish.full_metadata(replaces=replaces)
    body: Dict[str, Any] = {"name": wish.name, "access": wish.access, "metadata": metadata}
    if wish.expiration:
        body["expiration"] = wish.expiration
    if wish.certificate_identity:
        body["certificate_identity"] = wish.certificate_identity
    return Request(
        "POST", API, "create the cross-cluster API key %s" % wish.name, body=body, tag="create %s" % wish.name
    )


def update(key: Key, wish: Wish) -> Request:
    body: Dict[str, Any] = {"metadata": wish.full_metadata(key)}
    if key.access != wish.access:
        body["access"] = wish.access
    if key.certificate_identity != wish.certificate_identity:
        body["certificate_identity"] = wish.certificate_identity
    return Request("PUT", "%s/%s" % (API, key.id), "update the cross-cluster API key %s" % key.name, body=body)


def invalidation(ids: Sequence[str]) -> Request:
    return Request(
        "DELETE", "/_security/api_key", "invalidate the API keys %s" % ", ".join(ids), body={"ids": sorted(ids)}
    )


def shown_key(key: Key) -> Dict[str, Any]:
    """Before and after of a diff: what the user can set, and whether the key is known as made here."""
    return dict(
        id=key.id,
        name=key.name,
        access=key.access,
        certificate_identity=key.certificate_identity,
        expiration=key.mark.get("expiration"),
        metadata=key.own_metadata,
        managed=bool(key.mark),
    )


def shown_wish(wish: Wish, kept: Optional[Key], unchanged: bool = False) -> Dict[str, Any]:
    """A key that is kept keeps its name, and its expiration as it was written."""
    if kept and unchanged:
        return shown_key(kept)
    metadata = wish.full_metadata(kept)
    mark = metadata.pop(MARK)
    return dict(
        id=kept.id if kept else "(new)",
        name=kept.name if kept else wish.name,
        access=wish.access,
        certificate_identity=wish.certificate_identity,
        expiration=mark.get("expiration"),
        metadata=metadata,
        managed=True,
    )


def plan_one(
    keys: Sequence[Key],
    wish: Wish,
    me: Dict[str, str],
    answered: Dict[str, Any],
    present: bool,
    lost: Sequence[str] = (),
) -> Plan:
    """One key, found by its name, or by its id where the caller has chosen from those of that name.

    :param keys: the keys that are meant.
    :param lost: ids of keys whose creation was answered to nobody, so that their secret is lost.
    """
    active = [k for k in keys if k.state == "active" and k.id not in lost]
    if len(active) > 1:
        raise Refusal(
            "name: %d active cross-cluster API keys are called %s (ids %s); name the one that is meant by the option "
            "id, or invalidate the others" % (len(active), wish.name, ", ".join(k.id for k in active))
        )
    key = active[0] if active else None
    before = shown_key(key) if key else None
    gone = [invalidation(lost)] if lost else []
    if not present:
        ids = [k.id for k in active] + list(lost)
        return Plan(
            before=before,
            after=None,
            requests=[invalidation(ids)] if ids else [],
            result=dict(api_key=None, invalidated=ids),
        )
    verdict, why = needs(key, wish, me) if key else ("created", "")
    if verdict == "replaced" and key:
        raise Refusal(
            "name: the cross-cluster API key %s (id %s) can't be updated: %s; create one with another name, give it to "
            "the nodes, then remove this one with state=absent" % (key.name, key.id, why)
        )
    requests = gone + ([creation(wish)] if not key else [update(key, wish)] if verdict == "update" else [])
    after = shown_wish(wish, key, unchanged=verdict == "nothing")
    described = dict(after, id=key.id if key else None)

    def finish(answers: List[Any]) -> Dict[str, Any]:
        answer = answered.get(creation(wish).tag or "")
        if answer:
            return {"api_key": dict(described, id=answer["id"]), "encoded": answer["encoded"]}
        return {}

    return Plan(
        before=before,
        after=after,
        requests=requests,
        result=dict(api_key=described, invalidated=list(lost)),
        finish=finish,
    )


def plan_all(
    keys: Sequence[Key],
    wished: Dict[str, Wish],
    me: Dict[str, str],
    answered: Dict[str, Any],
    parallel: int,
    now: Optional[float] = None,
) -> Plan:
    """A fitting key for each alias; what is older is left as it is.

    :param keys: what bears the local cluster's mark, and what its nodes hold.
    """
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    requests: List[Request] = []
    result: Dict[str, Any] = {}
    secure_settings: Dict[str, str] = {}
    strangers: List[Dict[str, Any]] = []
    doubtful: List[Dict[str, Any]] = []
    recognise(keys, wished)
    for alias, wish in sorted(wished.items()):
        unmarked = unmarked_of(keys, wish)
        _check_manager(alias, unmarked)
        marked = active_of(keys, wish)
        unsure = doubtful_of(keys, wish)
        key = fitting(keys, wish.held or [])
        verdict, why = needs(key, wish, me, now) if key else ("created", "no active key is held by every node")
        create = creation(wish, marked)
        if create.tag in answered:
            verdict = "created"
        elif verdict == "update" and key:
            requests.append(update(key, wish))
        elif verdict != "nothing":
            requests.append(create)
        kept = key if verdict in ("nothing", "update") else None
        # An answered creation is among the keys by now.
        created = (answered.get(create.tag or "") or {}).get("id")
        others = [k for k in marked if k is not kept and k.id != created]
        result[alias] = dict(
            id=kept.id if kept else None,
            name=kept.name if kept else wish.name,
            action={"nothing": "unchanged", "update": "updated"}.get(verdict, "created"),
            reason=why,
            others=[k.id for k in others],
        )
        if not kept:
            secure_settings[secure_setting(alias)] = PLACEHOLDER_SECRET
        strangers += [_stranger(alias, k) for k in unmarked if not (k is kept and verdict == "update")]
        unsure = [k for k in unsure if k.id != created]
        doubtful += [_doubtful(alias, k, wish) for k in unsure]
        there = [k for k in [*unmarked, *unsure, *marked] if k.id != created]
        if there:
            before[alias] = [shown_key(k) for k in there]
        after[alias] = [shown_key(k) for k in there if k is not kept]
        after[alias].append(shown_wish(wish, kept, unchanged=verdict == "nothing"))

    def finish(answers: List[Any]) -> Dict[str, Any]:
        for alias, wish in wished.items():
            answer = answered.get(creation(wish).tag or "")
            if answer:
                result[alias]["id"] = answer["id"]
                secure_settings[secure_setting(alias)] = answer["encoded"]
        return dict(api_keys=result, secure_settings=secure_settings)

    return Plan(
        before=before,
        after=after,
        requests=requests,
        result=dict(
            api_keys=result, secure_settings=secure_settings, invalidated=[], unmarked=strangers, doubtful=doubtful
        ),
        parallel=parallel,
        finish=finish,
    )


def _check_manager(alias: str, held: Sequence[Key]) -> None:
    for key in held:
        if key.manager:
            raise Refusal(
                "%s: the nodes hold the key %s (id %s), which %s manages and would bring back; take the alias out of "
                "the declaration, or out of what manages it" % (alias, key.name, key.id, key.manager)
            )


def plan_removal(
    keys: Sequence[Key],
    wished: Dict[str, Wish],
    only_held: bool,
    now: Optional[float] = None,
    abandoned: int = ABANDONED_SECONDS,
) -> Plan:
    """All keys of the aliases go, or those that no node holds any more; in one request.

    :param abandoned: after so many seconds a key that is newer than those that are held is no other run's any more.
    """
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    ids: List[str] = []
    strangers: List[Dict[str, Any]] = []
    doubtful: List[Dict[str, Any]] = []
    recognise(keys, wished)
    before_that = (time.time() if now is None else now) - abandoned
    for alias, wish in sorted(wished.items()):
        marked = active_of(keys, wish)
        gone = unheld(marked, wish.held or [], before_that) if only_held else marked
        doubtful += [_doubtful(alias, k, wish) for k in doubtful_of(keys, wish)]
        ids += [k.id for k in gone]
        strangers += [_stranger(alias, k) for k in unmarked_of(keys, wish)]
        if marked:
            before[alias] = [shown_key(k) for k in marked]
            after[alias] = [shown_key(k) for k in marked if k not in gone]
    return Plan(
        before=before,
        after=after,
        requests=[invalidation(ids)] if ids else [],
        result=dict(api_keys={}, secure_settings={}, invalidated=sorted(ids), unmarked=strangers, doubtful=doubtful),
    )


def active_of(keys: Sequence[Key], wish: Wish) -> List[Key]:
    """The active keys that bear the mark of an alias, and that nobody else can hold."""
    return [k for k in keys if k.state == "active" and wish.owns(k)]


def unmarked_of(keys: Sequence[Key], wish: Wish) -> List[Key]:
    """The active keys that nodes hold for an alias, and that bear no mark for it."""
    return [k for k in keys if k.state == "active" and k.id in (wish.held or []) and not wish.marks(k)]


def doubtful_of(keys: Sequence[Key], wish: Wish) -> List[Key]:
    """The active keys with the mark of an alias that a copy of the cluster, or another controller, may have made."""
    return [k for k in keys if k.state == "active" and wish.marks(k) and not wish.owns(k)]


def _stranger(alias: str, key: Key) -> Dict[str, Any]:
    return dict(alias=alias, id=key.id, name=key.name, owner=key.owner)


def _doubtful(alias: str, key: Key, wish: Wish) -> Dict[str, Any]:
    addresses = key.mark.get("addresses") or []
    return dict(_stranger(alias, key), addresses=addresses, held=key.id in (wish.held or []))


def unheld(marked: Sequence[Key], held: Sequence[Optional[str]], before_that: float) -> List[Key]:
    """Those that no node holds, and that no run can still be about to hand out."""
    if PLACEHOLDER in held:
        return list(marked)
    newest = max((k.age for k in marked if k.id in held), default=(0, ""))
    return [k for k in marked if k.id not in held and (k.age < newest or k.creation < before_that * 1000)]


def handed_out(
    nodes: Dict[str, Dict[str, Optional[str]]],
    created: Dict[str, str],
    keys: Optional[Sequence[Dict[str, Any]]] = None,
    addresses: Sequence[str] = (),
) -> Dict[str, Any]:
    """Of two runs at once the one with the newest key wins: it gives that to every node, the other one waits for it.

    :param nodes: node → alias → id that it holds.
    :param created: alias → id of the key that this run has created.
    :param keys: keys as ``described``, oldest first; without them those of this run are the newest.
    :param addresses: of the cluster's nodes; what was made for nodes at other addresses is a copy's.
    :return: ``give``: node → secure setting → id that it holds, where this run's key is missing; ``wait_for``: aliases
        of which another run has a newer key that a node lacks.
    """
    newest: Dict[str, Any] = dict(created)
    for key in keys or []:
        elsewhere = key["addresses"] and set(key["addresses"]).isdisjoint(addresses)
        if key["managed"] and key["state"] == "active" and not elsewhere:
            newest[key["alias"]] = key["id"]
    give: Dict[str, Dict[str, Optional[str]]] = {}
    wait_for = set()
    for alias, key_id in created.items():
        for node, holds in nodes.items():
            if holds.get(alias) == newest[alias]:
                continue
            if newest[alias] == key_id:
                give.setdefault(node, {})[secure_setting(alias)] = holds.get(alias)
            else:
                wait_for.add(alias)
    return dict(give=give, wait_for=sorted(wait_for))


def secure_setting(alias: str) -> str:
    return "cluster.remote.%s.credentials" % alias
