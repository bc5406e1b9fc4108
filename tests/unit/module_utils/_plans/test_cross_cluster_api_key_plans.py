# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked for, given the keys that are there: the whole map of a local cluster, its removal, and a single key."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cross_cluster_api_key import (
    MARK,
    Key,
    Wish,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cross_cluster_api_key_plans import (
    ABANDONED_SECONDS,
    PLACEHOLDER,
    PLACEHOLDER_SECRET,
    handed_out,
    plan_all,
    plan_one,
    plan_removal,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal

API = "/_security/cross_cluster/api_key"
NOW = 1_700_000_000
NOW_MS = NOW * 1000
ACCESS = {"search": [{"names": ["logs-*"]}]}
OTHER_ACCESS = {"search": [{"names": ["other-*"]}]}
ME = {"username": "granter", "realm": "native1"}
SETTING = "cluster.remote.paris.credentials"


def mark(alias: str = "paris", **more: Any) -> dict[str, Any]:
    return {"local_cluster": "uuid", "alias": alias, **more}


HERE = ["10.0.0.1:9300", "10.0.0.2:9300"]


def made(alias: str = "paris", **more: Any) -> dict[str, Any]:
    """The mark of a key that was made for the nodes here."""
    return {**mark(alias), "addresses": HERE, **more}


def key(key_id: str = "k1", alias: str = "paris", creation: int = NOW_MS, **changed: Any) -> Key:
    usual = dict(name="london", owner="granter", realm="native1", access=ACCESS, metadata={MARK: made(alias)})
    return Key(**{**usual, "id": key_id, "creation": creation, "expiration": None, "state": "active", **changed})


def wish(*held: str | None, alias: str = "paris", **changed: Any) -> Wish:
    usual = dict(name=f"london-{alias}", access=ACCESS, mark=mark(alias), held=list(held), addresses=HERE)
    return Wish(**{**usual, **changed})


def sent(plan: Plan) -> list[tuple[str, str]]:
    return [(r.method, r.path) for r in plan.requests]


CREATE = [("POST", API)]
UPDATE = [("PUT", API + "/k1")]


@pytest.mark.parametrize(
    ("keys", "wished", "requests", "action", "kept", "others"),
    [
        pytest.param([], wish(None, None), CREATE, "created", None, [], id="first run"),
        pytest.param([], wish(), CREATE, "created", None, [], id="no nodes given"),
        pytest.param([key()], wish("k1", "k1"), [], "unchanged", "k1", [], id="nothing"),
        pytest.param([key()], wish("k1", access=OTHER_ACCESS), UPDATE, "updated", "k1", [], id="access"),
        pytest.param([key()], wish("k1", expiration="90d"), CREATE, "created", None, ["k1"], id="expiration"),
        pytest.param(
            [key(owner="other")], wish("k1", access=OTHER_ACCESS), CREATE, "created", None, ["k1"], id="not the owner"
        ),
        pytest.param([key(owner="other")], wish("k1"), [], "unchanged", "k1", [], id="not the owner, same"),
        pytest.param([key(), key("k2")], wish("k1", "k2"), CREATE, "created", None, ["k1", "k2"], id="nodes disagree"),
        pytest.param([key()], wish("k1", None), CREATE, "created", None, ["k1"], id="a node without credential"),
        pytest.param([key()], wish(None, None), CREATE, "created", None, ["k1"], id="secret lost"),
        pytest.param([key(), key("k2")], wish("k2"), [], "unchanged", "k2", ["k1"], id="an older key is left"),
        pytest.param([key(state="invalidated")], wish("k1"), CREATE, "created", None, [], id="invalidated"),
        pytest.param([key(state="expired")], wish("k1"), CREATE, "created", None, [], id="expired"),
        pytest.param([key(alias="rome")], wish("k1"), CREATE, "created", None, [], id="another alias holds it"),
        pytest.param([key(metadata={})], wish("k1"), [], "unchanged", "k1", [], id="a key without mark is held"),
        pytest.param([key()], wish("k1", rotate=True), CREATE, "created", None, ["k1"], id="rotate"),
    ],
)
def test_plan_all(
    keys: list[Key],
    wished: Wish,
    requests: list[tuple[str, str]],
    action: str,
    kept: str | None,
    others: list[str],
) -> None:
    plan = plan_all(keys, {"paris": wished}, ME, {}, parallel=7)
    assert sent(plan) == requests
    assert (plan.changed, plan.parallel) == (bool(requests), 7)
    name = "london" if kept else "london-paris"
    found = dict(plan.result["api_keys"]["paris"])
    assert bool(found.pop("reason")) == (not kept or not keys[0].mark)
    assert found == dict(id=kept, name=name, action=action, others=others)
    assert plan.result["secure_settings"] == ({} if kept else {SETTING: PLACEHOLDER_SECRET})
    assert plan.result["invalidated"] == []
    # What is older stays until no node holds it.
    strangers = [k["id"] for k in plan.result["unmarked"] if k["id"] != kept]
    assert [k["id"] for k in plan.after["paris"]] == [*strangers, *others, kept or "(new)"]


def test_adopt_keeps_what_stands_with_the_key() -> None:
    there = key(metadata={"team": "x"}, name="by hand")
    plan = plan_all([there], {"paris": wish("k1", adopt=True)}, ME, {}, 1)
    (update,) = plan.requests
    assert (update.method, update.body) == ("PUT", dict(metadata={"team": "x", MARK: made()}))
    assert plan.result["unmarked"] == []
    (before,), (after,) = plan.before["paris"], plan.after["paris"]
    assert {name for name in before if before[name] != after[name]} == {"managed"}
    adopted = key(metadata={"team": "x", MARK: made()}, name="by hand")
    assert not plan_all([adopted], {"paris": wish("k1")}, ME, {}, 1).changed


def test_what_is_not_adopted_is_told() -> None:
    there = key(metadata={}, owner="other")
    plan = plan_all([there], {"paris": wish("k1", adopt=True)}, ME, {}, 1)
    assert not plan.changed
    assert plan.result["unmarked"] == [dict(alias="paris", id="k1", name="london", owner="other")]
    # A rotation makes a new key beside it, and leaves it.
    plan = plan_all([there], {"paris": wish("k1", rotate=True)}, ME, {}, 1)
    assert sent(plan) == CREATE
    assert [k["id"] for k in plan.after["paris"]] == ["k1", "(new)"]
    assert plan_removal([there], {"paris": wish("k1")}, only_held=False).requests == []


def test_a_key_of_another_manager_is_not_fought_over() -> None:
    there = key(metadata={}, name="eck-ns-london-paris")
    with pytest.raises(Refusal, match=r"^paris: the nodes hold the key eck-.* Elastic Cloud on Kubernetes manages"):
        plan_all([there], {"paris": wish("k1", rotate=True)}, ME, {}, 1)


def test_certificate_identity_is_sent_where_it_differs() -> None:
    (create,) = plan_all([], {"paris": wish(None, certificate_identity="CN=x")}, ME, {}, 1).requests
    assert (create.body or {})["certificate_identity"] == "CN=x"
    there = key(certificate_identity="CN=x")
    assert not plan_all([there], {"paris": wish("k1", certificate_identity="CN=x")}, ME, {}, 1).changed
    (update,) = plan_all([there], {"paris": wish("k1")}, ME, {}, 1).requests
    assert (update.body or {})["certificate_identity"] is None


def test_bodies_of_requests() -> None:
    (create,) = plan_all([], {"paris": wish(None, expiration="90d")}, ME, {}, 1).requests
    assert create.body == dict(
        name="london-paris", access=ACCESS, metadata={MARK: made(expiration="90d")}, expiration="90d"
    )
    (update,) = plan_all(
        [key()], {"paris": wish("k1", access=OTHER_ACCESS, metadata={"team": "x"})}, ME, {}, 1
    ).requests
    assert update.body == dict(access=OTHER_ACCESS, metadata={"team": "x", MARK: made()})


def test_before_and_after_show_no_mark() -> None:
    plan = plan_all([key()], {"paris": wish("k1", access=OTHER_ACCESS, metadata={"team": "x"})}, ME, {}, 1)
    shown = dict(name="london", access=ACCESS, certificate_identity=None, expiration=None, metadata={}, managed=True)
    shown["id"] = "k1"
    assert plan.before == {"paris": [shown]}
    assert plan.after == {"paris": [{**shown, "access": OTHER_ACCESS, "metadata": {"team": "x"}}]}


def test_after_is_before_where_nothing_is_done() -> None:
    there = key(name="another", metadata={MARK: made(expiration="1d")})
    plan = plan_all([there], {"paris": wish("k1", expiration="24h")}, ME, {}, 1)
    assert (plan.changed, plan.after) == (False, plan.before)


def test_secrets_of_created_keys_are_in_the_result() -> None:
    wished = {"paris": wish(None), "rome": wish("k9", alias="rome")}
    given: dict[str, Any] = {}
    plan = plan_all([key("k9", alias="rome", name="london-rome")], wished, ME, given, 1)
    (create,) = plan.requests
    given[create.tag or ""] = {"id": "k2", "name": "london-paris", "encoded": "c2VjcmV0"}
    assert plan.finish is not None
    result = plan.finish([given[create.tag or ""]])
    assert result["api_keys"]["paris"]["id"] == "k2"
    assert result["secure_settings"] == {SETTING: "c2VjcmV0"}


def test_answered_creation_is_kept_after_another_outcome_was_unknown() -> None:
    """Of two creations, one was answered and the other was lost: only the lost one is asked for again."""
    wished = {"paris": wish(None), "rome": wish(None, alias="rome")}
    given = {"create london-paris": {"id": "k1", "encoded": "c2VjcmV0"}}
    there = [key("k1", name="london-paris"), key("lost", alias="rome", name="london-rome")]
    plan = plan_all(there, wished, ME, given, 1)
    assert [r.tag for r in plan.requests] == ["create london-rome"]
    assert (plan.result["api_keys"]["paris"]["id"], plan.result["api_keys"]["paris"]["others"]) == (None, [])
    assert plan.result["api_keys"]["rome"]["others"] == ["lost"]
    assert len(plan.after["paris"]) == 1
    given["create london-rome"] = {"id": "k2", "encoded": "b3RoZXI="}
    assert plan.finish is not None
    result = plan.finish([])
    assert {alias: found["id"] for alias, found in result["api_keys"].items()} == {"paris": "k1", "rome": "k2"}
    assert result["secure_settings"] == {SETTING: "c2VjcmV0", "cluster.remote.rome.credentials": "b3RoZXI="}


LONG_AGO = NOW_MS - ABANDONED_SECONDS * 1000 - 1


@pytest.mark.parametrize(
    ("keys", "held", "invalidated"),
    [
        pytest.param([key(creation=1), key("k2", creation=2)], ["k2", "k2"], ["k1"], id="older than what is held"),
        pytest.param([key(), key("k2", creation=NOW_MS + 1)], ["k1"], [], id="newer is another run's"),
        pytest.param([key("k2"), key()], ["k2"], ["k1"], id="of the same millisecond"),
        pytest.param([key("k2"), key()], ["k1"], [], id="of the same millisecond, the other one counts as newer"),
        pytest.param([key("k2", creation=LONG_AGO), key(creation=1)], ["k1"], ["k2"], id="newer, but abandoned"),
        pytest.param([key(creation=LONG_AGO)], [None], ["k1"], id="held by none, and abandoned"),
        pytest.param([key(creation=LONG_AGO + 1)], [None], [], id="held by none, and maybe not abandoned"),
        pytest.param(
            [key(creation=1), key("k2", creation=2), key("k3", creation=3)],
            ["k1", "k3"],
            ["k2"],
            id="nodes disagree: what any of them holds stays",
        ),
        pytest.param([key(), key("k2")], [PLACEHOLDER], ["k1", "k2"], id="all of them once a new one were held"),
        pytest.param([key(creation=1, state="expired"), key("k2")], ["k2"], [], id="not active"),
        pytest.param([key(creation=1, alias="rome"), key("k2")], ["k2"], [], id="another alias"),
        pytest.param([key(creation=1, metadata={}), key("k2")], ["k2"], [], id="without mark"),
        pytest.param([], ["k1"], [], id="no keys"),
    ],
)
def test_plan_removal_of_what_no_node_holds(keys: list[Key], held: list[str | None], invalidated: list[str]) -> None:
    plan = plan_removal(keys, {"paris": wish(*held)}, only_held=True, now=NOW)
    unmarked = [k.id for k in keys if k.alias != "paris" and k.id in held]
    assert [k["id"] for k in plan.result.pop("unmarked")] == unmarked
    assert plan.result == dict(api_keys={}, secure_settings={}, invalidated=invalidated, doubtful=[])
    assert [(r.method, r.path, r.body) for r in plan.requests] == (
        [("DELETE", "/_security/api_key", {"ids": invalidated})] if invalidated else []
    )
    shown = {k["id"] for k in plan.before.get("paris", [])}
    assert {k["id"] for k in plan.after.get("paris", [])} == shown - set(invalidated)


def test_plan_removal_of_all() -> None:
    there = [key(), key("k2"), key("k3", alias="rome"), key("k4", alias="oslo"), key("k5", state="invalidated")]
    plan = plan_removal(there, {"rome": wish("k3", alias="rome"), "paris": wish("k1")}, only_held=False)
    assert [r.body for r in plan.requests] == [{"ids": ["k1", "k2", "k3"]}]
    assert plan.after == {"paris": [], "rome": []}
    assert plan_removal([], {"paris": wish("k1")}, only_held=False).changed is False


ELSEWHERE = ["10.9.9.1:9300"]
COPY = key("copy", creation=1, metadata={MARK: made(addresses=ELSEWHERE)})
# Of a grant, or of a caller that gives no addresses.
BARE = {MARK: mark()}
AFTER_K1 = {MARK: mark(replaces=["k1"])}


def bare(*held: str | None, **changed: Any) -> Wish:
    return wish(*held, addresses=[], **changed)


@pytest.mark.parametrize(
    ("keys", "wished", "own"),
    [
        pytest.param(
            [key(), COPY], wish(None), ["k1"], id="a copy of the cluster has the same UUID, and other addresses"
        ),
        pytest.param([COPY], wish("copy"), [], id="nor is it ours when our nodes hold it since we were copied"),
        pytest.param([key()], wish(None, addresses=[HERE[1], "10.0.0.9:9300"]), ["k1"], id="one node is still there"),
        pytest.param([COPY], wish(None, own=["copy"]), ["copy"], id="named as ours"),
        pytest.param([key(), COPY], wish(None, own=["all"]), ["k1", "copy"], id="all are ours"),
        pytest.param([key()], bare("k2"), [], id="who tells no addresses knows nothing of a key that has some"),
        pytest.param([key(metadata=BARE)], bare(None), [], id="a key that nobody holds"),
        pytest.param([key(metadata=BARE)], wish(None), [], id="nor with addresses, where the key has none"),
        pytest.param(
            [key(metadata=BARE), key("k2", metadata=BARE)],
            bare("k1"),
            ["k1"],
            id="what is held, and not what another controller has",
        ),
        pytest.param(
            [key(metadata=BARE), key("k2", metadata=AFTER_K1)], bare("k2"), ["k1", "k2"], id="what was held before"
        ),
        pytest.param(
            [key(metadata=BARE), key("k2", metadata=AFTER_K1)],
            bare("k1"),
            ["k1", "k2"],
            id="what was made and never handed out",
        ),
        pytest.param(
            [key(metadata=BARE), key("k2", metadata=AFTER_K1)], bare(None), [], id="a file that was lost tells of none"
        ),
        pytest.param(
            [key(metadata={MARK: mark(alias="rome")}), key("k2", alias="rome")],
            wish("k1", own=["all"]),
            [],
            id="another alias",
        ),
    ],
)
def test_only_what_nobody_else_can_hold_is_ever_invalidated(keys: list[Key], wished: Wish, own: list[str]) -> None:
    wished = replace(wished, held=[*(wished.held or [])])
    gone = plan_removal(keys, {"paris": wished}, only_held=False)
    assert gone.result["invalidated"] == sorted(own)
    marked = [k for k in keys if k.alias == "paris"]
    assert [k["id"] for k in gone.result["doubtful"]] == [k.id for k in marked if k.id not in own]
    # Neither once it is long over, nor when another one is made.
    swept = plan_removal(keys, {"paris": wished}, only_held=True, now=NOW + 2 * ABANDONED_SECONDS)
    assert set(swept.result["invalidated"]) <= set(own)
    made_anew = plan_all(keys, {"paris": replace(wished, rotate=True)}, ME, {}, 1)
    assert made_anew.result["api_keys"]["paris"]["others"] == own
    assert made_anew.result["doubtful"] == gone.result["doubtful"]


def test_a_copy_gets_a_key_of_its_own() -> None:
    plan = plan_all([COPY], {"paris": wish("copy", "copy")}, ME, {}, 1)
    assert sent(plan) == CREATE
    assert plan.result["api_keys"]["paris"]["reason"].startswith(
        "it was made for nodes at other addresses (10.9.9.1:9300)"
    )
    assert plan.result["doubtful"] == [
        dict(alias="paris", id="copy", name="london", owner="granter", addresses=ELSEWHERE, held=True)
    ]
    assert plan.result["unmarked"] == []
    assert not plan_all([COPY], {"paris": wish("copy", own=["all"])}, ME, {}, 1).changed


def test_a_new_key_tells_in_whose_place_it_was_made() -> None:
    """Where no addresses can tell it."""
    (create,) = plan_all([key(metadata=BARE)], {"paris": bare("k1", rotate=True)}, ME, {}, 1).requests
    assert (create.body or {})["metadata"] == AFTER_K1
    # Held without addresses by nodes whose addresses are known by now.
    (create,) = plan_all([key(metadata=BARE)], {"paris": wish("k1", rotate=True)}, ME, {}, 1).requests
    assert (create.body or {})["metadata"] == {MARK: made(replaces=["k1"])}


def test_a_key_is_left_only_as_long_as_another_run_may_be_about_to_hand_it_out() -> None:
    there = [key(), key("k2", creation=NOW_MS + 1)]
    for abandoned, gone in ((ABANDONED_SECONDS, []), (0, ["k2"])):
        plan = plan_removal(there, {"paris": wish("k1")}, only_held=True, now=NOW + 1, abandoned=abandoned)
        assert plan.result["invalidated"] == gone


SINGLE = {"managed": True}


def single(key_id: str = "k1", **changed: Any) -> Key:
    return key(key_id, **{"metadata": {MARK: SINGLE}, "name": "london", **changed})


def single_wish(**changed: Any) -> Wish:
    return Wish(**{**dict(name="london", access=ACCESS, mark=SINGLE, adopt=True), **changed})


INVALIDATE = [("DELETE", "/_security/api_key")]


@pytest.mark.parametrize(
    ("keys", "wished", "present", "lost", "requests", "key_id", "invalidated"),
    [
        pytest.param([], single_wish(), True, [], CREATE, None, [], id="create"),
        pytest.param([single(state="invalidated")], single_wish(), True, [], CREATE, None, [], id="create anew"),
        pytest.param([single()], single_wish(), True, [], [], "k1", [], id="same"),
        pytest.param([single()], single_wish(access=OTHER_ACCESS), True, [], UPDATE, "k1", [], id="update"),
        pytest.param([single(metadata={})], single_wish(), True, [], UPDATE, "k1", [], id="adopt one without mark"),
        pytest.param([single()], single_wish(), True, ["k1"], INVALIDATE + CREATE, None, ["k1"], id="lost creation"),
        pytest.param([single()], single_wish(), False, [], INVALIDATE, None, ["k1"], id="absent"),
        pytest.param(
            [single(owner="other")], single_wish(), False, [], INVALIDATE, None, ["k1"], id="absent of another's"
        ),
        pytest.param([], single_wish(), False, [], [], None, [], id="absent already"),
        pytest.param([single(state="expired")], single_wish(), False, [], [], None, [], id="expired is absent"),
    ],
)
def test_plan_one(
    keys: list[Key],
    wished: Wish,
    present: bool,
    lost: list[str],
    requests: list[tuple[str, str]],
    key_id: str | None,
    invalidated: list[str],
) -> None:
    plan = plan_one(keys, wished, ME, {}, present, lost)
    assert sent(plan) == requests
    assert plan.changed == bool(requests)
    assert plan.result["invalidated"] == invalidated
    found = plan.result["api_key"]
    assert (found or {}).get("id") == key_id
    assert (found is None) == (not present)
    assert (plan.after is None) == (not present)
    if not requests:
        assert plan.before == plan.after


def test_plan_one_tells_the_secret_once() -> None:
    given: dict[str, Any] = {}
    plan = plan_one([], single_wish(expiration="1h"), ME, given, True)
    (create,) = plan.requests
    assert create.body == dict(
        name="london", access=ACCESS, metadata={MARK: {**SINGLE, "expiration": "1h"}}, expiration="1h"
    )
    assert plan.finish is not None
    assert plan.finish([]) == {}
    given[create.tag or ""] = {"id": "k1", "encoded": "c2VjcmV0"}
    result = plan.finish([given[create.tag or ""]])
    assert result["encoded"] == "c2VjcmV0"
    assert result["api_key"] == dict(
        id="k1", name="london", access=ACCESS, certificate_identity=None, expiration="1h", metadata={}, managed=True
    )


@pytest.mark.parametrize(
    ("keys", "wished", "present", "text"),
    [
        pytest.param(
            [single(), single("k2")],
            single_wish(),
            True,
            "name: 2 active cross-cluster API keys are called london (ids k1, k2); name the one that is meant by the "
            "option id",
            id="two of the name",
        ),
        pytest.param([single(), single("k2")], single_wish(), False, "name: 2 active", id="two of the name, absent"),
        pytest.param(
            [single(owner="other")],
            single_wish(access=OTHER_ACCESS),
            True,
            "name: the cross-cluster API key london (id k1) can't be updated: it belongs to other, and only its owner",
            id="not the owner",
        ),
        pytest.param(
            [single()],
            single_wish(expiration="90d"),
            True,
            "name: the cross-cluster API key london (id k1) can't be updated: it has another expiration, which can't",
            id="expiration",
        ),
    ],
)
def test_plan_one_refuses(keys: list[Key], wished: Wish, present: bool, text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        plan_one(keys, wished, ME, {}, present)
    assert str(refusal.value).startswith(text)


def test_plan_one_by_id() -> None:
    """The caller has looked for the id, so that another key of the name is not among the keys."""
    plan = plan_one([single("k2", name="another")], single_wish(), ME, {}, present=False)
    assert [r.body for r in plan.requests] == [{"ids": ["k2"]}]
    plan = plan_one([single("k2", name="another")], single_wish(), ME, {}, present=True)
    assert (plan.changed, plan.after) == (False, plan.before)
    assert plan.result["api_key"]["name"] == "another"


def described(key_id: str, alias: str = "paris", **changed: Any) -> dict[str, Any]:
    return {**key(key_id, alias).described(), **changed}


@pytest.mark.parametrize(
    ("nodes", "created", "keys", "give", "wait_for"),
    [
        pytest.param({"n1": {"paris": "k1"}}, {"paris": "k1"}, [described("k1")], {}, [], id="all hold it"),
        pytest.param({"n1": {}}, {"paris": "k1"}, None, {"n1": {SETTING: None}}, [], id="first write"),
        pytest.param(
            {"n1": {"paris": "k2"}, "n2": {"paris": "k1"}},
            {"paris": "k2"},
            [described("k1"), described("k2")],
            {"n2": {SETTING: "k1"}},
            [],
            id="mine is the newest",
        ),
        pytest.param(
            {"n1": {"paris": "k2"}, "n2": {"paris": "k1"}},
            {"paris": "k1"},
            [described("k1"), described("k2")],
            {},
            ["paris"],
            id="another run's is newer",
        ),
        pytest.param(
            {"n1": {"paris": "k2"}}, {"paris": "k1"}, [described("k1"), described("k2")], {}, [], id="they are done"
        ),
        pytest.param(
            {"n1": {"paris": "k1"}},
            {"paris": "k1"},
            [described("k1"), described("k2", state="invalidated"), described("k3", managed=False)],
            {},
            [],
            id="neither invalidated keys nor those of others count",
        ),
        pytest.param(
            {"n1": {"paris": "k1"}},
            {"paris": "k1"},
            [described("k1"), COPY.described()],
            {},
            [],
            id="nor those of a copy of the cluster",
        ),
    ],
)
def test_handed_out(
    nodes: dict[str, Any], created: dict[str, str], keys: Any, give: dict[str, Any], wait_for: list[str]
) -> None:
    assert handed_out(nodes, created, keys, HERE) == dict(give=give, wait_for=wait_for)
