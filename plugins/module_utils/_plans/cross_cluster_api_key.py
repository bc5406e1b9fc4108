# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cross-cluster API keys: which are there, which one fits, and what to ask for. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-create-cross-cluster-api-key
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal, Request
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_nanos

API = "/_security/cross_cluster/api_key"
# The metadata entry by which the collection knows its own keys again.
MARK = "crosscluster_elasticsearch"
# A key that no node holds and that is newer than what they hold is another run's, unless that run must be long over.
ABANDONED_SECONDS = 3600
# Stands for the id and the secret of a key that only a real run would create.
PLACEHOLDER = "new"
PLACEHOLDER_SECRET = base64.b64encode(b"new:new").decode()
# A page of the query API; what is asked for is one local cluster's keys.
PAGE = 1000


@dataclass
class Key:
    """A key as the server describes it; its secret is told only at creation, and never again."""

    id: str
    name: str
    owner: str
    realm: str
    access: Dict[str, Any]
    metadata: Dict[str, Any]
    creation: int
    expiration: Optional[int]
    state: str

    @property
    def mark(self) -> Dict[str, Any]:
        return self.metadata.get(MARK) or {}

    @property
    def alias(self) -> Optional[str]:
        return self.mark.get("alias")

    def described(self) -> Dict[str, Any]:
        """For a module's result."""
        return dict(
            id=self.id,
            name=self.name,
            owner=self.owner,
            realm=self.realm,
            access=self.access,
            metadata={k: v for k, v in self.metadata.items() if k != MARK},
            managed=bool(self.mark),
            local_cluster=self.mark.get("local_cluster"),
            alias=self.alias,
            creation=self.creation,
            expiration=self.expiration,
            state=self.state,
        )


@dataclass
class Wish:
    """One key that shall be there.

    :param held: the ids that the local nodes hold, None for a node that holds none; None where nobody asked.
    """

    name: str
    access: Dict[str, Any]
    expiration: Optional[str] = None
    metadata: Dict[str, Any] = field(default_factory=dict)
    mark: Dict[str, Any] = field(default_factory=dict)
    held: Optional[Sequence[Optional[str]]] = None

    def full_metadata(self) -> Dict[str, Any]:
        mark = dict(self.mark)
        if self.expiration:
            # The server keeps a point in time, not the duration that was asked for.
            mark["expiration"] = self.expiration
        return dict(self.metadata, **{MARK: mark})


def query(clauses: List[Dict[str, Any]], after: Optional[List[Any]] = None) -> Dict[str, Any]:
    """Body of ``POST _security/_query/api_key``: keys for which one of the clauses holds.

    The type of a key is a scripted field there, so ``parse`` looks at it instead: a script costs, and can be forbidden.
    """
    body: Dict[str, Any] = {"size": PAGE, "sort": ["creation", "name"]}
    if clauses:
        body["query"] = {"bool": {"should": clauses, "minimum_should_match": 1}}
    if after:
        body["search_after"] = after
    return body


def marked_for(local_cluster: str) -> Dict[str, Any]:
    """Clause: made by the collection for that local cluster (its UUID)."""
    return {"term": {"metadata.%s.local_cluster" % MARK: local_cluster}}


def parse(answer: Dict[str, Any], now: Optional[float] = None) -> List[Key]:
    """``_query/api_key`` → the cross-cluster keys among them, oldest first."""
    now_ms = int((time.time() if now is None else now) * 1000)
    keys = []
    for k in answer.get("api_keys") or []:
        if k.get("type") != "cross_cluster":
            continue
        state = "active"
        if k.get("invalidated"):
            state = "invalidated"
        elif k.get("expiration") and k["expiration"] <= now_ms:
            state = "expired"
        keys.append(
            Key(
                id=k["id"],
                name=k["name"],
                owner=k.get("username", ""),
                realm=k.get("realm", ""),
                access=canonical_access(k.get("access")),
                metadata=k.get("metadata") or {},
                creation=k.get("creation", 0),
                expiration=k.get("expiration"),
                state=state,
            )
        )
    return keys


def canonical_access(access: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """One form for what means the same: order of names, defaults written or not, a query as text or as an object."""
    result: Dict[str, Any] = {}
    for kind in ("search", "replication"):
        entries = []
        for entry in (access or {}).get(kind) or []:
            names = entry["names"]
            one: Dict[str, Any] = {"names": sorted([names] if isinstance(names, str) else names)}
            if entry.get("allow_restricted_indices"):
                one["allow_restricted_indices"] = True
            if entry.get("query"):
                one["query"] = _canonical_query(entry["query"])
            fields = {k: v for k, v in (entry.get("field_security") or {}).items() if v}
            if fields:
                one["field_security"] = {k: sorted([v] if isinstance(v, str) else v) for k, v in fields.items()}
            entries.append(one)
        if entries:
            result[kind] = sorted(entries, key=lambda e: json.dumps(e, sort_keys=True))
    return result


def _canonical_query(value: Any) -> str:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def check_access(where: str, access: Dict[str, Any]) -> None:
    """The server's own rules, before anything is sent."""
    if not access.get("search") and not access.get("replication"):
        raise Refusal("%s: access is empty; give search or replication at least one index pattern" % where)
    for kind, entries in access.items():
        for entry in entries:
            if not entry["names"] or not all(entry["names"]):
                raise Refusal("%s: access.%s has an empty index pattern; remove it" % (where, kind))
            if access.get("replication") and (entry.get("query") or entry.get("field_security")):
                raise Refusal(
                    "%s: access.search can't have query or field_security while access.replication is given; "
                    "use two aliases, one to search and one to replicate" % where
                )


def wishes(
    entries: Sequence[Dict[str, Any]], local_cluster: str, nodes_hold: Sequence[Dict[str, Optional[str]]], check: bool
) -> Dict[str, Wish]:
    """The option api_keys → alias → wish.

    :param nodes_hold: one entry for each node, alias → id of the key that it holds.
    :param check: whether the wishes shall be fulfilled, so that they must be complete.
    """
    result: Dict[str, Wish] = {}
    for entry in entries:
        alias = entry["alias"]
        if alias in result:
            raise Refusal("api_keys: the alias %s is there twice; remove one of the two" % alias)
        access = canonical_access(entry["access"])
        if check:
            check_access(alias, access)
            if not entry["name"]:
                raise Refusal("%s: name is missing; give the key a name" % alias)
        result[alias] = Wish(
            name=entry["name"] or alias,
            access=access,
            expiration=entry["expiration"],
            metadata=entry["metadata"],
            mark={"local_cluster": local_cluster, "alias": alias},
            held=[node.get(alias) or None for node in nodes_hold],
        )
    names = [wish.name for wish in result.values()]
    if len(set(names)) != len(names):
        raise Refusal("api_keys: two aliases have a key of the same name; give each its own")
    return result


def might_update(keys: Sequence[Key], wished: Dict[str, Wish]) -> bool:
    """Whether it matters who the caller is."""
    nobody: Dict[str, str] = {}
    for alias, wish in wished.items():
        key = fitting(active_of(keys, alias), wish.held or [])
        if key and needs(key, wish, nobody) != "nothing":
            return True
    return False


def fitting(keys: Sequence[Key], held: Sequence[Optional[str]]) -> Optional[Key]:
    """The active key that every node holds."""
    ids = set(held)
    if len(ids) != 1:
        return None
    return next((k for k in keys if k.state == "active" and k.id in ids), None)


def needs(key: Key, wish: Wish, me: Dict[str, str]) -> str:
    """What a key lacks: ``nothing``, an ``update`` in place, or to be ``replaced``."""
    marked = key.mark.get("expiration")
    if _duration(marked) != _duration(wish.expiration):
        return "replaced"
    # 24h and 1d are the same, whichever of them the mark has.
    if key.access == wish.access and key.metadata == replace(wish, expiration=marked).full_metadata():
        return "nothing"
    return "update" if owned(key, me) else "replaced"


def _duration(text: Optional[str]) -> Any:
    try:
        return time_nanos(text) if text else None
    except ValueError:
        return text


def owned(key: Key, me: Dict[str, str]) -> bool:
    """Only its owner may update a key."""
    return (key.owner, key.realm) == (me.get("username"), me.get("realm"))


def creation(wish: Wish) -> Request:
    body: Dict[str, Any] = {"name": wish.name, "access": wish.access, "metadata": wish.full_metadata()}
    if wish.expiration:
        body["expiration"] = wish.expiration
    return Request(
        "POST", API, "create the cross-cluster API key %s" % wish.name, body=body, tag="create %s" % wish.name
    )


def update(key: Key, wish: Wish) -> Request:
    return Request(
        "PUT",
        "%s/%s" % (API, key.id),
        "update the cross-cluster API key %s" % key.name,
        body={"access": wish.access, "metadata": wish.full_metadata()},
    )


def invalidation(ids: Sequence[str]) -> Request:
    return Request(
        "DELETE", "/_security/api_key", "invalidate the API keys %s" % ", ".join(ids), body={"ids": sorted(ids)}
    )


def shown(name: str, access: Dict[str, Any], expiration: Optional[str], metadata: Dict[str, Any]) -> Dict[str, Any]:
    """Before and after of a diff: what the user can set."""
    return dict(
        name=name,
        access=access,
        expiration=expiration,
        metadata={k: v for k, v in metadata.items() if k != MARK},
    )


def shown_key(key: Key) -> Dict[str, Any]:
    return dict(shown(key.name, key.access, key.mark.get("expiration"), key.metadata), id=key.id)


def shown_wish(wish: Wish, kept: Optional[Key]) -> Dict[str, Any]:
    """A key that is kept keeps its name, and its expiration as it was written."""
    if kept:
        return dict(shown(kept.name, wish.access, kept.mark.get("expiration"), wish.metadata), id=kept.id)
    return dict(shown(wish.name, wish.access, wish.expiration, wish.metadata), id="(new)")


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
    verdict = needs(key, wish, me) if key else "created"
    if verdict == "replaced" and key:
        why = "belongs to %s, and only its owner may update a key" % key.owner
        if owned(key, me):
            why = "has another expiration, which can't be changed in place"
        raise Refusal(
            "name: the cross-cluster API key %s (id %s) %s; create one with another name, give it to the nodes, then "
            "remove this one with state=absent" % (key.name, key.id, why)
        )
    requests = gone + ([creation(wish)] if not key else [update(key, wish)] if verdict == "update" else [])
    described = dict(shown_wish(wish, key), id=key.id if key else None)

    def finish(answers: List[Any]) -> Dict[str, Any]:
        answer = answered.get(creation(wish).tag or "")
        if answer:
            return {"api_key": dict(described, id=answer["id"]), "encoded": answer["encoded"]}
        return {}

    return Plan(
        before=before,
        after=shown_wish(wish, key),
        requests=requests,
        result=dict(api_key=described, invalidated=list(lost)),
        finish=finish,
    )


def plan_all(
    keys: Sequence[Key], wished: Dict[str, Wish], me: Dict[str, str], answered: Dict[str, Any], parallel: int
) -> Plan:
    """A fitting key for each alias; what is older is left as it is.

    :param keys: what bears the local cluster's mark.
    """
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    requests: List[Request] = []
    result: Dict[str, Any] = {}
    secure_settings: Dict[str, str] = {}
    for alias, wish in sorted(wished.items()):
        marked = active_of(keys, alias)
        key = fitting(marked, wish.held or [])
        verdict = needs(key, wish, me) if key else "created"
        create = creation(wish)
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
            others=[k.id for k in others],
        )
        if not kept:
            secure_settings[secure_setting(alias)] = PLACEHOLDER_SECRET
        if marked:
            before[alias] = [shown_key(k) for k in marked]
        after[alias] = [shown_key(k) for k in others] + [shown_wish(wish, kept)]

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
        result=dict(api_keys=result, secure_settings=secure_settings, invalidated=[]),
        parallel=parallel,
        finish=finish,
    )


def plan_removal(keys: Sequence[Key], wished: Dict[str, Wish], only_held: bool, now: Optional[float] = None) -> Plan:
    """All keys of the aliases go, or those that no node holds any more; in one request."""
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    ids: List[str] = []
    for alias, wish in sorted(wished.items()):
        marked = active_of(keys, alias)
        gone = unheld(marked, wish.held or [], time.time() if now is None else now) if only_held else marked
        ids += [k.id for k in gone]
        if marked:
            before[alias] = [shown_key(k) for k in marked]
            after[alias] = [shown_key(k) for k in marked if k not in gone]
    return Plan(
        before=before,
        after=after,
        requests=[invalidation(ids)] if ids else [],
        result=dict(api_keys={}, secure_settings={}, invalidated=sorted(ids)),
    )


def active_of(keys: Sequence[Key], alias: str) -> List[Key]:
    return [k for k in keys if k.mark and k.alias == alias and k.state == "active"]


def unheld(marked: Sequence[Key], held: Sequence[Optional[str]], now: float) -> List[Key]:
    """Those that no node holds, and that no run can still be about to hand out."""
    if PLACEHOLDER in held:
        return list(marked)
    newest = max((k.creation for k in marked if k.id in held), default=0)
    abandoned = (now - ABANDONED_SECONDS) * 1000
    return [k for k in marked if k.id not in held and (k.creation < newest or k.creation < abandoned)]


def secure_setting(alias: str) -> str:
    return "cluster.remote.%s.credentials" % alias
