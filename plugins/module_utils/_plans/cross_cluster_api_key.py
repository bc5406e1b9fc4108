# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cross-cluster API keys: which are there, how they shall be, and which one fits. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-query-api-keys
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import privilege_fault
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import query_text, time_nanos
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import numbers

# The metadata entry by which the collection knows its own keys again.
MARK = "crosscluster_elasticsearch"
# Of the option own_keys: every key with the mark.
ALL = "all"
# The name and the metadata by which Elastic Cloud on Kubernetes knows its own keys.
ECK_NAME = "eck-"
ECK_METADATA = "elasticsearch.k8s.elastic.co/"
# The first version that knows certificate_identity.
CERTIFICATE_IDENTITY_SINCE = (9, 3)
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
    certificate_identity: Optional[str] = None

    @property
    def mark(self) -> Dict[str, Any]:
        return self.metadata.get(MARK) or {}

    @property
    def age(self) -> Tuple[int, str]:
        """Smaller is older: two runs at once create keys within the same millisecond, and must agree on the newest."""
        return self.creation, self.id

    @property
    def alias(self) -> Optional[str]:
        return self.mark.get("alias")

    @property
    def own_metadata(self) -> Dict[str, Any]:
        return {k: v for k, v in self.metadata.items() if k != MARK}

    @property
    def manager(self) -> Optional[str]:
        """Another program that makes and invalidates this key as it sees fit."""
        if self.name.startswith(ECK_NAME) or any(k.startswith(ECK_METADATA) for k in self.metadata):
            return "Elastic Cloud on Kubernetes"
        return None

    def described(self) -> Dict[str, Any]:
        """For a module's result."""
        return dict(
            id=self.id,
            name=self.name,
            owner=self.owner,
            realm=self.realm,
            access=self.access,
            certificate_identity=self.certificate_identity,
            metadata=self.own_metadata,
            manager=self.manager,
            managed=bool(self.mark),
            local_cluster=self.mark.get("local_cluster"),
            alias=self.alias,
            addresses=self.mark.get("addresses") or [],
            creation=self.creation,
            expiration=self.expiration,
            state=self.state,
        )


@dataclass
class Wish:
    """A key as it shall be.

    :param metadata: what shall stand beside the mark; what else is there stays.
    :param held: id of the key that each node holds, None for a node that holds none.
    :param renew_before: a key that expires within this time is replaced.
    :param rotate: whether a key is replaced in any case.
    :param adopt: whether a key without the mark gets it.
    :param addresses: of the local cluster's nodes.
    :param own: ids of keys with the mark that are said to be this cluster's, or ``all``.
    :param replaced: ids of which the keys that are held say that they were made in their place, see ``recognise``.
    """

    name: str
    access: Dict[str, Any]
    expiration: Optional[str] = None
    metadata: Dict[str, Any] = field(default_factory=dict)
    mark: Dict[str, Any] = field(default_factory=dict)
    held: Optional[Sequence[Optional[str]]] = None
    certificate_identity: Optional[str] = None
    renew_before: Optional[str] = None
    rotate: bool = False
    adopt: bool = False
    addresses: Sequence[str] = ()
    own: Sequence[str] = ()
    replaced: Sequence[str] = ()

    def marks(self, key: Key) -> bool:
        """Whether the key bears the mark: that of an alias, or any where the wish is for a key by its name."""
        if "alias" in self.mark:
            return all(key.mark.get(name) == value for name, value in self.mark.items())
        return bool(key.mark)

    def owns(self, key: Key) -> bool:
        """Whether the key bears the mark and was made for just this cluster, or handed out by just this controller.

        A cluster that was copied with its disks has the same UUID, and two controllers may grant to one partner, so
        that the mark alone is no evidence that nobody else uses the key.
        """
        return self.marks(key) and ("alias" not in self.mark or self._made_here(key))

    def _made_here(self, key: Key) -> bool:
        if ALL in self.own or key.id in self.own:
            return True
        if key.mark.get("addresses"):
            # Two clusters that run at the same time have no address in common.
            return not set(key.mark["addresses"]).isdisjoint(self.addresses)
        held = set(self.held or ()) - {None}
        return key.id in held or key.id in self.replaced or not held.isdisjoint(key.mark.get("replaces") or ())

    def full_metadata(self, key: Optional[Key] = None, replaces: Sequence[Key] = ()) -> Dict[str, Any]:
        """What stands with a new key, or with one that is kept.

        :param replaces: keys of this cluster in whose place a new one is made.
        """
        mark = dict(self.mark)
        if "alias" in self.mark and self.addresses:
            mark["addresses"] = sorted(self.addresses)
        unplaced = [k.id for k in replaces if not k.mark.get("addresses")]
        if unplaced:
            mark["replaces"] = sorted(unplaced)
        if self.expiration:
            # The server keeps a point in time, not the duration that was asked for.
            mark["expiration"] = self.expiration
        if key and self.owns(key):
            mark = key.mark
        return dict(key.own_metadata if key else {}, **self.metadata, **{MARK: mark})


def recognise(keys: Sequence[Key], wished: Dict[str, Wish]) -> None:
    """Lets each wish know which keys were made before those that are held."""
    for wish in wished.values():
        held = [k for k in keys if k.id in (wish.held or ()) and wish.marks(k)]
        wish.replaced = sorted({key_id for k in held for key_id in k.mark.get("replaces") or ()})


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


# Clause: made by the collection for any alias or grant.
MARKED = {"exists": {"field": "metadata.%s.local_cluster" % MARK}}


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
                certificate_identity=k.get("certificate_identity"),
            )
        )
    return sorted(keys, key=lambda k: k.age)


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
                one["query"] = query_text(entry["query"])
            # An empty list of what is granted grants no field, not all of them.
            fields = {k: v for k, v in (entry.get("field_security") or {}).items() if v or (k, v) == ("grant", [])}
            if fields:
                one["field_security"] = {k: sorted([v] if isinstance(v, str) else v) for k, v in fields.items()}
            entries.append(one)
        if entries:
            result[kind] = sorted(entries, key=lambda e: json.dumps(e, sort_keys=True))
    return result


def check_access(where: str, access: Dict[str, Any]) -> None:
    """The server's own rules, and what it would take in silence for something else, before anything is sent.

    :param access: as it was given; the canonical form has lost what is empty.
    """
    if not access.get("search") and not access.get("replication"):
        raise Refusal("%s: access is empty; give search or replication at least one index pattern" % where)
    for kind in ("search", "replication"):
        for entry in access.get(kind) or []:
            names = entry["names"]
            _check_entry("%s: access.%s" % (where, kind), [names] if isinstance(names, str) else names, entry)
            if access.get("replication") and (entry.get("query") or entry.get("field_security")):
                raise Refusal(
                    "%s: access.search can't have query or field_security while access.replication is given; "
                    "use two aliases, one to search and one to replicate" % where
                )


def _check_entry(where: str, names: Sequence[Any], entry: Dict[str, Any]) -> None:
    if not names:
        raise Refusal("%s: a list of names is empty; give it at least one index pattern" % where)
    for name in names:
        fault = privilege_fault(name)
        if fault:
            raise Refusal("%s: %s" % (where, fault))
    for option in ("query", "field_security"):
        if entry.get(option) is not None and not entry[option]:
            raise Refusal(
                "%s: %s is empty, as if everything might be read; say what may be, or leave it out" % (where, option)
            )
    if (entry.get("field_security") or {}).get("grant") == []:
        raise Refusal(
            "%s: field_security.grant is empty; name the fields that may be read, or leave it out for all fields"
            % where
        )


def wishes(
    entries: Sequence[Dict[str, Any]],
    local_cluster: str,
    nodes_hold: Sequence[Dict[str, Optional[str]]],
    check: bool,
    adopt: bool = False,
    addresses: Sequence[str] = (),
    own: Sequence[str] = (),
) -> Dict[str, Wish]:
    """The option api_keys → alias → wish.

    :param nodes_hold: one entry for each node, alias → id of the key that it holds.
    :param check: whether the wishes shall be fulfilled, so that they must be complete.
    :param addresses: see ``Wish``; likewise ``own``.
    """
    result: Dict[str, Wish] = {}
    for entry in entries:
        alias = entry["alias"]
        if alias in result:
            raise Refusal("api_keys: the alias %s is there twice; remove one of the two" % alias)
        if check:
            check_access(alias, entry["access"] or {})
        access = canonical_access(entry["access"])
        if check:
            if not entry["name"]:
                raise Refusal("%s: name is missing; give the key a name" % alias)
            for option in ("expiration", "renew_before"):
                check_time(alias, option, entry[option])
        result[alias] = Wish(
            name=entry["name"] or alias,
            access=access,
            expiration=entry["expiration"],
            metadata=entry["metadata"],
            mark={"local_cluster": local_cluster, "alias": alias},
            held=[node.get(alias) or None for node in nodes_hold],
            certificate_identity=entry["certificate_identity"],
            renew_before=entry["renew_before"],
            rotate=entry["rotate"],
            adopt=adopt,
            addresses=addresses,
            own=own,
        )
    names = [wish.name for wish in result.values()]
    if len(set(names)) != len(names):
        raise Refusal("api_keys: two aliases have a key of the same name; give each its own")
    return result


def check_time(where: str, option: str, value: Optional[str]) -> None:
    try:
        if value is not None and time_nanos(value) <= 0:
            raise ValueError("%s is no life time" % value)
    except ValueError as e:
        raise Refusal("%s: %s: %s; write a time such as 90d, or leave it out" % (where, option, e)) from None


def held_ids(wished: Dict[str, Wish]) -> List[str]:
    """Ids that nodes hold, of whomever the keys may be."""
    return sorted({key_id for wish in wished.values() for key_id in wish.held or [] if key_id})


def writes(keys: Sequence[Key], wished: Dict[str, Wish], now: Optional[float] = None) -> bool:
    """Whether it matters who the caller is."""
    nobody: Dict[str, str] = {}
    for wish in wished.values():
        key = fitting(keys, wish.held or [])
        if key is None or needs(key, wish, nobody, now)[0] != "nothing" or not wish.owns(key):
            return True
    return False


def check_caller(me: Dict[str, str]) -> None:
    if me.get("authentication_type") == "api_key":
        raise Refusal(
            "api_key: Elasticsearch lets no API key create or update a cross-cluster API key; use a user (username and "
            "password) or a token (bearer_token) instead"
        )


def check_identity(wished: Sequence[Wish], version: str) -> None:
    """Refuse what an older server doesn't know.

    :param version: the lowest version among the nodes.
    """
    if numbers(version)[:2] >= CERTIFICATE_IDENTITY_SINCE:
        return
    names = [wish.name for wish in wished if wish.certificate_identity]
    if names:
        raise Refusal(
            "certificate_identity: it needs Elasticsearch %d.%d or newer, and the cluster has a node of version %s; "
            "upgrade it, or leave the option out (of the key %s)"
            % (*CERTIFICATE_IDENTITY_SINCE, version, ", ".join(names))
        )


def fitting(keys: Sequence[Key], held: Sequence[Optional[str]]) -> Optional[Key]:
    """The active key that every node holds."""
    ids = set(held)
    if len(ids) != 1:
        return None
    return next((k for k in keys if k.state == "active" and k.id in ids), None)


def needs(key: Key, wish: Wish, me: Dict[str, str], now: Optional[float] = None) -> Tuple[str, str]:
    """What a key lacks: ``nothing``, an ``update`` in place, or to be ``replaced``; and why it can't be had cheaper."""
    now_ms = (time.time() if now is None else now) * 1000
    if wish.rotate:
        return "replaced", "another key is asked for"
    if wish.renew_before and key.expiration and key.expiration - now_ms <= time_nanos(wish.renew_before) / 1e6:
        return "replaced", "it expires within %s" % wish.renew_before
    if not _same_expiration(key, wish):
        return "replaced", "it has another expiration, which can't be changed in place"
    if key.mark and not wish.marks(key):
        return "replaced", "it was made for another alias or another cluster"
    if key.mark and not wish.owns(key):
        return "replaced", "it was made for nodes at other addresses (%s), of which these may be a copy" % ", ".join(
            key.mark.get("addresses") or ["unknown"]
        )
    same = (key.access, key.certificate_identity) == (wish.access, wish.certificate_identity)
    if not wish.owns(key) and not wish.adopt:
        why = "it is not marked as made by this collection"
        return ("nothing" if same else "replaced"), why
    if same and key.metadata == wish.full_metadata(key):
        return "nothing", ""
    if owned(key, me):
        return "update", ""
    why = "it belongs to %s, and only its owner may update a key" % key.owner
    return ("nothing" if same and not wish.owns(key) else "replaced"), why


def _same_expiration(key: Key, wish: Wish) -> bool:
    wanted = _duration(wish.expiration)
    # 24h and 1d are the same, whichever of them the mark has.
    if wish.owns(key):
        return bool(_duration(key.mark.get("expiration")) == wanted)
    if wanted is None or key.expiration is None:
        return wanted is None and key.expiration is None
    # The server takes both times from its clock, a moment apart.
    return isinstance(wanted, int) and abs(key.expiration - key.creation - wanted / 1e6) < 1000


def _duration(text: Optional[str]) -> Any:
    try:
        return time_nanos(text) if text else None
    except ValueError:
        return text


def owned(key: Key, me: Dict[str, str]) -> bool:
    """Only its owner may update a key."""
    return (key.owner, key.realm) == (me.get("username"), me.get("realm"))
