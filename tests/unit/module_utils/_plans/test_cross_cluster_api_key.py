# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys as they are read and wished: canonical access, its rules, and which key fits."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cross_cluster_api_key import (
    MARK,
    PAGE,
    Key,
    Wish,
    canonical_access,
    check_access,
    check_caller,
    check_identity,
    fitting,
    held_ids,
    marked_for,
    needs,
    parse,
    query,
    wishes,
    writes,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal

NOW = 1_700_000_000
NOW_MS = NOW * 1000
ACCESS = {"search": [{"names": ["logs-*"]}]}
ME = {"username": "granter", "realm": "native1"}


@pytest.mark.parametrize(
    ("access", "canonical"),
    [
        pytest.param(None, {}, id="none"),
        pytest.param({"search": None, "replication": []}, {}, id="empty"),
        pytest.param({"search": [{"names": "b"}]}, {"search": [{"names": ["b"]}]}, id="a name as text"),
        pytest.param(
            {"search": [{"names": ["b", "a"], "allow_restricted_indices": False}]},
            {"search": [{"names": ["a", "b"]}]},
            id="order and default",
        ),
        pytest.param(
            {"search": [{"names": ["b"]}, {"names": ["a"], "allow_restricted_indices": True}]},
            {"search": [{"allow_restricted_indices": True, "names": ["a"]}, {"names": ["b"]}]},
            id="order of entries",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "query": {"term": {"x": 1}}}]},
            {"search": [{"names": ["a"], "query": '{"term":{"x":1}}'}]},
            id="query as object",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "query": '{ "term": {"x": 1} }'}]},
            {"search": [{"names": ["a"], "query": '{"term":{"x":1}}'}]},
            id="query as text",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "query": "{{broken"}]},
            {"search": [{"names": ["a"], "query": "{{broken"}]},
            id="query that is no JSON",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": ["b", "a"], "except": []}}]},
            {"search": [{"names": ["a"], "field_security": {"grant": ["a", "b"]}}]},
            id="fields in another order",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": "title"}}]},
            {"search": [{"names": ["a"], "field_security": {"grant": ["title"]}}]},
            id="a field as text",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": None, "except": []}}]},
            {"search": [{"names": ["a"]}]},
            id="no fields",
        ),
        pytest.param(
            {"search": [], "replication": [{"names": ["m-*"], "allow_restricted_indices": False}]},
            {"replication": [{"names": ["m-*"]}]},
            id="replication",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": [], "except": []}}]},
            {"search": [{"names": ["a"], "field_security": {"grant": []}}]},
            id="no field is not all fields",
        ),
    ],
)
def test_canonical_access(access: Any, canonical: dict[str, Any]) -> None:
    assert canonical_access(access) == canonical
    assert canonical_access(canonical) == canonical


@pytest.mark.parametrize(
    "access",
    [
        ACCESS,
        {"replication": [{"names": ["m"]}]},
        {"search": [{"names": ["a"]}], "replication": [{"names": ["m"]}]},
        {"search": [{"names": ["a"], "query": "{}", "field_security": {"grant": ["x"]}}]},
    ],
)
def test_access_accepted(access: dict[str, Any]) -> None:
    check_access("paris", access)


@pytest.mark.parametrize(
    ("access", "text"),
    [
        pytest.param({}, "paris: access is empty", id="empty"),
        pytest.param({"search": [{"names": []}]}, "paris: access.search: a list of names is empty", id="no names"),
        pytest.param(
            {"replication": [{"names": ["", "a"]}]},
            "paris: access.replication: an index pattern is empty",
            id="empty pattern",
        ),
        pytest.param(
            {"search": [{"names": ["*", "-secret-*"]}]},
            "paris: access.search: '-secret-*' would exclude",
            id="exclusion",
        ),
        pytest.param(
            {"search": None, "replication": [{"names": ["<m-{now/d}>"]}]},
            "paris: access.replication: '<m-{now/d}>' is date math",
            id="date math",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "query": {}}]}, "paris: access.search: query is empty", id="empty query"
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {}}]},
            "paris: access.search: field_security is empty",
            id="empty field security",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": []}}]},
            "paris: access.search: field_security.grant is empty",
            id="no field",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "query": "{}"}], "replication": [{"names": ["m"]}]},
            "paris: access.search can't have query or field_security while access.replication is given",
            id="query with replication",
        ),
        pytest.param(
            {"search": [{"names": ["a"], "field_security": {"grant": ["x"]}}], "replication": [{"names": ["m"]}]},
            "paris: access.search can't have query or field_security while access.replication is given",
            id="field security with replication",
        ),
    ],
)
def test_access_refused(access: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_access("paris", access)
    assert str(refusal.value).startswith(text)


def answered(**changed: Any) -> dict[str, Any]:
    """A key as ``_query/api_key`` tells it."""
    key = dict(
        id="k1",
        name="london",
        type="cross_cluster",
        creation=1,
        invalidated=False,
        username="granter",
        realm="native1",
        metadata={MARK: {"local_cluster": "uuid", "alias": "paris"}, "team": "search"},
        access={"search": [{"names": ["logs-*"], "allow_restricted_indices": False}]},
    )
    return {**key, **changed}


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        pytest.param({}, "active", id="without expiration"),
        pytest.param({"expiration": NOW * 1000 + 1}, "active", id="not expired yet"),
        pytest.param({"expiration": NOW * 1000}, "expired", id="expired now"),
        pytest.param({"invalidated": True, "expiration": 1}, "invalidated", id="invalidated and expired"),
        pytest.param({"type": "rest"}, None, id="an ordinary API key"),
        pytest.param({"type": None}, None, id="of unknown type"),
    ],
)
def test_parse(changed: dict[str, Any], state: str | None) -> None:
    assert [k.state for k in parse({"api_keys": [answered(**changed)]}, NOW)] == ([state] if state else [])


def test_parse_oldest_first() -> None:
    """Also those of the same millisecond, which the server tells in any order."""
    there = [answered(id="k3", creation=2), answered(id="k2", creation=1), answered(id="k1", creation=2)]
    assert [k.id for k in parse({"api_keys": there}, NOW)] == ["k2", "k1", "k3"]


def test_described() -> None:
    (key,) = parse({"api_keys": [answered()]}, NOW)
    assert key.described() == dict(
        id="k1",
        name="london",
        owner="granter",
        realm="native1",
        access=ACCESS,
        certificate_identity=None,
        metadata={"team": "search"},
        manager=None,
        managed=True,
        local_cluster="uuid",
        alias="paris",
        addresses=[],
        creation=1,
        expiration=None,
        state="active",
    )
    (foreign,) = parse({"api_keys": [answered(metadata=None)]}, NOW)
    assert (foreign.described()["managed"], foreign.alias, foreign.mark) == (False, None, {})


def test_query() -> None:
    assert query([]) == {"size": PAGE, "sort": ["creation", "name"]}
    clause = marked_for("uuid")
    assert clause == {"term": {"metadata.crosscluster_elasticsearch.local_cluster": "uuid"}}
    body = query([clause], after=[1, "x"])
    assert body["query"] == {"bool": {"should": [clause], "minimum_should_match": 1}}
    assert body["search_after"] == [1, "x"]


def entry(alias: str = "paris", **changed: Any) -> dict[str, Any]:
    """An entry of the option api_keys."""
    usual: dict[str, Any] = dict(
        expiration=None, metadata={}, certificate_identity=None, renew_before=None, rotate=False
    )
    return {"alias": alias, "name": f"london-{alias}", "access": ACCESS, **usual, **changed}


def test_wishes() -> None:
    nodes: list[dict[str, str | None]] = [{"paris": "k1", "rome": ""}, {"paris": "k2"}]
    wished = wishes([entry(), entry("rome", expiration="90d", metadata={"team": "x"})], "uuid", nodes, check=True)
    assert wished["paris"] == Wish(
        "london-paris", ACCESS, None, {}, {"local_cluster": "uuid", "alias": "paris"}, ["k1", "k2"]
    )
    assert wished["rome"].held == [None, None]
    assert wished["rome"].full_metadata() == {
        "team": "x",
        MARK: {"local_cluster": "uuid", "alias": "rome", "expiration": "90d"},
    }


def test_wishes_to_be_removed_need_no_more_than_the_alias() -> None:
    wish = wishes([entry(name=None, access=None)], "uuid", [], check=False)["paris"]
    assert (wish.name, wish.access, wish.held) == ("paris", {}, [])


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        pytest.param([entry(), entry()], "api_keys: the alias paris is there twice", id="alias twice"),
        pytest.param(
            [entry(name="same"), entry("rome", name="same")],
            "api_keys: two aliases have a key of the same name",
            id="name",
        ),
        pytest.param([entry(name="")], "paris: name is missing", id="empty name"),
        pytest.param([entry(name=None)], "paris: name is missing", id="no name"),
        pytest.param([entry(access=None)], "paris: access is empty", id="no access"),
        pytest.param([entry(expiration="soon")], "paris: expiration: ", id="no time"),
        pytest.param([entry(renew_before="0d")], "paris: renew_before: 0d is no life time", id="no life time"),
    ],
)
def test_wishes_refuse(entries: list[dict[str, Any]], text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        wishes(entries, "uuid", [], check=True)
    assert str(refusal.value).startswith(text)


def key(key_id: str = "k1", **changed: Any) -> Key:
    mark = {"local_cluster": "uuid", "alias": "paris"}
    return Key(
        **{
            **dict(id=key_id, name="london", owner="granter", realm="native1", access=ACCESS, metadata={MARK: mark}),
            **dict(creation=1, expiration=None, state="active"),
            **changed,
        }
    )


def wish(**changed: Any) -> Wish:
    mark = {"local_cluster": "uuid", "alias": "paris"}
    return Wish(**{**dict(name="london", access=ACCESS, mark=mark, held=["k1"]), **changed})


@pytest.mark.parametrize(
    ("keys", "held", "found"),
    [
        pytest.param([key()], ["k1", "k1"], "k1", id="held by all"),
        pytest.param([key(), key("k2")], ["k2"], "k2", id="the one that is held"),
        pytest.param([key()], ["k1", None], None, id="a node without credential"),
        pytest.param([key(), key("k2")], ["k1", "k2"], None, id="nodes disagree"),
        pytest.param([key()], [None, None], None, id="held by none"),
        pytest.param([key()], [], None, id="nobody asked"),
        pytest.param([key()], ["foreign"], None, id="another's key is held"),
        pytest.param([key(state="invalidated")], ["k1"], None, id="invalidated"),
        pytest.param([key(state="expired")], ["k1"], None, id="expired"),
    ],
)
def test_fitting(keys: list[Key], held: list[str | None], found: str | None) -> None:
    fits = fitting(keys, held)
    assert (fits.id if fits else None) == found


def expiring(text: str) -> dict[str, Any]:
    return {MARK: {"local_cluster": "uuid", "alias": "paris", "expiration": text}}


OTHER_ACCESS = {"search": [{"names": ["other-*"]}]}


@pytest.mark.parametrize(
    ("has", "wished", "verdict"),
    [
        pytest.param(key(), wish(), "nothing", id="same"),
        pytest.param(key(name="other"), wish(), "nothing", id="a name can't be changed"),
        pytest.param(key(owner="other"), wish(), "nothing", id="same, but another's"),
        pytest.param(key(access=OTHER_ACCESS), wish(), "update", id="access"),
        pytest.param(key(), wish(metadata={"team": "x"}), "update", id="metadata"),
        pytest.param(key(metadata={"team": "x"}), wish(), "nothing", id="metadata that nobody named stays"),
        pytest.param(key(metadata={}), wish(), "nothing", id="without mark"),
        pytest.param(key(metadata={}, access=OTHER_ACCESS), wish(), "replaced", id="without mark, access"),
        pytest.param(key(metadata={}), wish(adopt=True), "update", id="adopt"),
        pytest.param(key(metadata={}, access=OTHER_ACCESS), wish(adopt=True), "update", id="adopt, access"),
        pytest.param(key(metadata={}, owner="other"), wish(adopt=True), "nothing", id="adopt another's"),
        pytest.param(
            key(metadata={}, owner="other", access=OTHER_ACCESS),
            wish(adopt=True),
            "replaced",
            id="adopt, not the owner",
        ),
        pytest.param(
            key(metadata={MARK: {"local_cluster": "uuid", "alias": "rome"}}),
            wish(adopt=True),
            "replaced",
            id="made for another alias",
        ),
        pytest.param(
            key(metadata={}, creation=5, expiration=86_400_007),
            wish(expiration="1d"),
            "nothing",
            id="without mark, as long as it lives",
        ),
        pytest.param(
            key(metadata={}, creation=5, expiration=86_500_007), wish(expiration="1d"), "replaced", id="lives longer"
        ),
        pytest.param(key(metadata={}), wish(expiration="1d"), "replaced", id="without mark, lives for ever"),
        pytest.param(key(metadata={}, expiration=9), wish(), "replaced", id="without mark, expires"),
        pytest.param(key(), wish(rotate=True), "replaced", id="rotate"),
        pytest.param(key(expiration=NOW_MS + 1000), wish(renew_before="1s"), "replaced", id="near its end"),
        pytest.param(key(expiration=NOW_MS + 1001), wish(renew_before="1s"), "nothing", id="not yet near its end"),
        pytest.param(key(), wish(renew_before="1s"), "nothing", id="without end"),
        pytest.param(key(), wish(certificate_identity="CN=x"), "update", id="identity"),
        pytest.param(key(certificate_identity="CN=x"), wish(), "update", id="identity taken away"),
        pytest.param(key(owner="other", access=OTHER_ACCESS), wish(), "replaced", id="another owner"),
        pytest.param(key(realm="ldap1", access=OTHER_ACCESS), wish(), "replaced", id="another realm"),
        pytest.param(key(), wish(expiration="90d"), "replaced", id="expiration given"),
        pytest.param(key(metadata=expiring("90d")), wish(), "replaced", id="expiration taken away"),
        pytest.param(key(metadata=expiring("90d")), wish(expiration="30d"), "replaced", id="another expiration"),
        pytest.param(key(metadata=expiring("90d")), wish(expiration="90d"), "nothing", id="same expiration"),
        pytest.param(
            key(metadata=expiring("1d")), wish(expiration="24h"), "nothing", id="same expiration in another unit"
        ),
        pytest.param(
            key(metadata=expiring("1d"), access=OTHER_ACCESS),
            wish(expiration="24h"),
            "update",
            id="only the access differs",
        ),
    ],
)
def test_needs(has: Key, wished: Wish, verdict: str) -> None:
    found, why = needs(has, wished, ME, NOW)
    assert found == verdict
    assert bool(why) == (verdict == "replaced" or (not has.mark and verdict == "nothing"))


def test_who_the_caller_is_matters_only_where_something_is_written() -> None:
    assert not writes([key()], {"paris": wish()})
    assert not writes([key(owner="other")], {"paris": wish()})
    assert writes([key(access=OTHER_ACCESS)], {"paris": wish()})
    assert writes([], {"paris": wish()})
    assert writes([key(metadata={})], {"paris": wish(adopt=True)})


def test_an_api_key_makes_no_keys() -> None:
    with pytest.raises(Refusal, match=r"^api_key: Elasticsearch lets no API key create or update .*; use a user"):
        check_caller({**ME, "authentication_type": "api_key"})
    check_caller({**ME, "authentication_type": "realm"})


def test_identity_needs_a_version() -> None:
    with pytest.raises(
        Refusal, match=r"^certificate_identity: it needs Elasticsearch 9.3 .* of version 9.2.10; upgrade"
    ):
        check_identity([wish(certificate_identity="CN=x")], "9.2.10")
    check_identity([wish()], "8.14.0")
    check_identity([wish(certificate_identity="CN=x")], "9.10.0-SNAPSHOT")


def test_held_ids() -> None:
    assert held_ids({"a": wish(held=["k2", None]), "b": wish(held=["k1", "k2"]), "c": wish(held=None)}) == ["k1", "k2"]


@pytest.mark.parametrize(
    ("changed", "manager"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"name": "eck-ns-london-paris"}, "Elastic Cloud on Kubernetes", id="by its name"),
        pytest.param(
            {"metadata": {"elasticsearch.k8s.elastic.co/name": "x"}},
            "Elastic Cloud on Kubernetes",
            id="by its metadata",
        ),
    ],
)
def test_manager(changed: dict[str, Any], manager: str | None) -> None:
    assert key(**changed).manager == manager
