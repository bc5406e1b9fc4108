# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import remote_cluster_arguments
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import (
    FIXED_SEGMENTS,
    check_address,
    check_alias,
    check_configured,
    check_unused,
    gone,
    parse,
    parse_uses,
    plan,
    warnings,
    wish,
    wishes,
)

MARK = "cluster.metadata.crosscluster_elasticsearch."
PROXY: dict[str, Any] = {"mode": "proxy", "proxy_address": "par-1:9443", "skip_unavailable": True}
SNIFF: dict[str, Any] = {"mode": "sniff", "seeds": ["par-1:9443", "par-2:9443"], "skip_unavailable": True}


def options(**given: Any) -> dict[str, Any]:
    """The options of an alias with the defaults of the argument spec, as a module gets them."""
    defaults = {name: spec.get("default") for name, spec in remote_cluster_arguments().items()}
    return {**defaults, "alias": "paris", **given}


def flat(alias: str = "paris", mark: bool = True, **settings: Any) -> dict[str, Any]:
    """Settings of an alias as the API writes them: flat names, text values; ``__`` stands for a dot."""
    written = {f"cluster.remote.{alias}.{key.replace('__', '.')}": value for key, value in settings.items()}
    return {**written, **({MARK + alias: "managed"} if mark else {})}


AS_PROXY: dict[str, Any] = dict(mode="proxy", proxy_address="par-1:9443", skip_unavailable="true")
AS_SNIFF: dict[str, Any] = dict(mode="sniff", seeds=["par-1:9443", "par-2:9443"], skip_unavailable="true")


@pytest.mark.parametrize(
    ("answer", "settings", "managed", "unknown", "transient"),
    [
        pytest.param(dict(persistent=flat(**AS_PROXY)), PROXY, True, [], [], id="proxy"),
        pytest.param(dict(persistent=flat(**AS_SNIFF)), SNIFF, True, [], [], id="sniff"),
        pytest.param(dict(persistent=flat(mark=False, **AS_PROXY)), PROXY, False, [], [], id="not ours"),
        pytest.param(
            dict(persistent=flat(mode="PROXY", proxy_address="a:1")),
            {"mode": "proxy", "proxy_address": "a:1"},
            True,
            [],
            [],
            id="capitals",
        ),
        pytest.param(
            dict(persistent=flat(seeds=["a:1"])),
            {"mode": "sniff", "seeds": ["a:1"]},
            True,
            [],
            [],
            id="mode by default",
        ),
        pytest.param(
            dict(persistent=flat(seeds="a:1, b:2")),
            {"mode": "sniff", "seeds": ["a:1", "b:2"]},
            True,
            [],
            [],
            id="seeds as text",
        ),
        pytest.param(
            dict(
                persistent=flat(
                    proxy_socket_connections="9",
                    node_connections="3",
                    skip_unavailable="false",
                    server_name="par",
                    transport__ping_schedule="30s",
                    transport__compress="TRUE",
                    transport__compression_scheme="LZ4",
                )
            ),
            {
                "mode": "sniff",
                "proxy_socket_connections": 9,
                "node_connections": 3,
                "skip_unavailable": False,
                "server_name": "par",
                "transport_ping_schedule": "30s",
                "transport_compress": "true",
                "transport_compression_scheme": "lz4",
            },
            True,
            [],
            [],
            id="types and dots",
        ),
        pytest.param(
            dict(persistent=flat(**AS_PROXY), transient=flat(mark=False, proxy_address="old:1", signing__x="y")),
            {**PROXY, "proxy_address": "old:1"},
            True,
            ["signing.x"],
            ["proxy_address", "signing.x"],
            id="transient wins",
        ),
        pytest.param(dict(persistent={MARK + "paris": "managed"}), {}, True, [], [], id="mark alone"),
    ],
)
def test_parse(
    answer: dict[str, Any], settings: dict[str, Any], managed: bool, unknown: list[str], transient: list[str]
) -> None:
    found = parse(answer)
    assert list(found) == ["paris"]
    paris = found["paris"]
    assert (paris.settings, paris.managed, paris.unknown, paris.transient) == (settings, managed, unknown, transient)


def test_parse_leaves_out_settings_of_all_remote_clusters() -> None:
    others = {
        "cluster.remote.initial_connect_timeout": "30s",
        "cluster.remote.node.attr": "gateway",
        "cluster.remote.signing.certificate": "x",
        "cluster.remote.connections_per_cluster": "3",
        "cluster.max_shards_per_node": "1000",
    }
    assert parse({"persistent": others, "transient": {}}) == {}
    assert parse({}) == {}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(dict(proxy_address="par-1:9443"), PROXY, id="proxy"),
        pytest.param(dict(mode="sniff", seeds=["par-1:9443", "par-2:9443"]), SNIFF, id="sniff"),
        pytest.param(
            dict(proxy_address="[2001:db8::1]:9443"), {**PROXY, "proxy_address": "[2001:db8::1]:9443"}, id="IPv6"
        ),
        pytest.param(
            dict(
                proxy_address="par-1:9443",
                server_name="par",
                proxy_socket_connections=9,
                skip_unavailable=False,
                transport_ping_schedule="30s",
                transport_compress="true",
                transport_compression_scheme="deflate",
            ),
            {
                **PROXY,
                "server_name": "par",
                "proxy_socket_connections": 9,
                "skip_unavailable": False,
                "transport_ping_schedule": "30s",
                "transport_compress": "true",
                "transport_compression_scheme": "deflate",
            },
            id="all options of mode proxy",
        ),
        pytest.param(
            dict(mode="sniff", seeds=["par-1:9443"], node_connections=5, transport_ping_schedule="-1"),
            {
                "mode": "sniff",
                "seeds": ["par-1:9443"],
                "node_connections": 5,
                "skip_unavailable": True,
                "transport_ping_schedule": "-1",
            },
            id="all options of mode sniff",
        ),
    ],
)
def test_wish(given: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert wish(options(**given)) == wanted


@pytest.mark.parametrize(
    ("given", "text"),
    [
        pytest.param({}, "paris: mode proxy needs proxy_address", id="proxy without address"),
        pytest.param(dict(proxy_address=""), "paris: mode proxy needs proxy_address", id="empty address"),
        pytest.param(dict(mode="sniff"), "paris: mode sniff needs seeds", id="sniff without seeds"),
        pytest.param(dict(mode="sniff", seeds=[]), "paris: mode sniff needs seeds", id="empty seeds"),
        pytest.param(
            dict(proxy_address="a:1", seeds=["b:1"], node_connections=3),
            "paris: seeds and node_connections can't be used with mode proxy",
            id="sniff options with proxy",
        ),
        pytest.param(
            dict(mode="sniff", seeds=["a:1"], proxy_address="a:1", server_name="a", proxy_socket_connections=1),
            "paris: proxy_address and server_name and proxy_socket_connections can't be used with mode sniff",
            id="proxy options with sniff",
        ),
        pytest.param(dict(mode="sniff", seeds=["a:1", "b"]), "paris: seeds lacks the port in b", id="bad second seed"),
        pytest.param(dict(alias="a:b", proxy_address="a:1"), "alias: 'a:b' is not a name", id="bad alias"),
        pytest.param(
            dict(proxy_address="a:1", transport_ping_schedule="30"),
            "paris: transport_ping_schedule: '30' is not a time: the unit is missing",
            id="time without unit",
        ),
    ],
)
def test_wish_refuses(given: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        wish(options(**given))
    assert str(refusal.value).startswith(text)


@pytest.mark.parametrize("alias", ["paris", "Paris", "_paris", "paris-2", "2paris", "paris_2"])
def test_alias_accepted(alias: str) -> None:
    check_alias(alias)


@pytest.mark.parametrize("alias", ["", "-paris", "a.b", "a:b", "a*", "a,b", "a b", "pâris", "paris\n", *FIXED_SEGMENTS])
def test_alias_refused(alias: str) -> None:
    with pytest.raises(Refusal, match=r"^alias: "):
        check_alias(alias)


@pytest.mark.parametrize("address", ["par-1:9443", "10.0.0.1:1", "[::1]:9443", "par.example:65535"])
def test_address_accepted(address: str) -> None:
    check_address("paris", "proxy_address", address)


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("par-1", "lacks the port in par-1"),
        (":9443", "lacks the port in :9443"),
        ("2001:db8::1", "lacks the port in 2001:db8::1"),
        ("[2001:db8::1]", "lacks the port in [2001:db8::1]"),
        ("https://par-1:9443", "is host:port without scheme and path"),
        ("par-1:9443/", "is host:port without scheme and path"),
        ("par-1:", "has no port from 1 to 65535"),
        ("par-1:0", "has no port from 1 to 65535"),
        ("par-1:65536", "has no port from 1 to 65535"),
        ("par-1:-1", "has no port from 1 to 65535"),
        ("par-1:x", "has no port from 1 to 65535"),
        ("par-1:²", "has no port from 1 to 65535"),
    ],
)
def test_address_refused(address: str, text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        check_address("paris", "proxy_address", address)
    assert str(refusal.value).startswith("paris: proxy_address " + text)


def test_wishes() -> None:
    entries = [options(proxy_address="par-1:9443"), options(alias="rome", proxy_address="rom-1:9443")]
    assert wishes(entries, present=True) == {"paris": PROXY, "rome": {**PROXY, "proxy_address": "rom-1:9443"}}
    assert wishes([options()], present=False) == {"paris": None}
    with pytest.raises(Refusal, match="remote_clusters: the alias paris is there twice"):
        wishes([entries[0], entries[0]], present=True)
    with pytest.raises(Refusal, match="alias: 'a:b'"):
        wishes([options(alias="a:b")], present=False)


def names(**settings: Any) -> dict[str, Any]:
    return flat(mark=False, **settings)


WRITTEN_PROXY = {**names(mode="proxy", proxy_address="par-1:9443", skip_unavailable=True), MARK + "paris": "managed"}
WRITTEN_SNIFF = {**names(**{**AS_SNIFF, "skip_unavailable": True}), MARK + "paris": "managed"}


@pytest.mark.parametrize(
    ("answer", "wanted", "body", "before"),
    [
        pytest.param({}, PROXY, {"persistent": WRITTEN_PROXY}, {}, id="create"),
        pytest.param({}, SNIFF, {"persistent": WRITTEN_SNIFF}, {}, id="create sniff"),
        pytest.param({"persistent": flat(**AS_PROXY)}, PROXY, None, {"paris": PROXY}, id="same"),
        pytest.param(
            {"persistent": flat(**{**AS_SNIFF, "seeds": ["par-2:9443", "par-1:9443"]})},
            SNIFF,
            None,
            {"paris": {**SNIFF, "seeds": ["par-2:9443", "par-1:9443"]}},
            id="same in another order",
        ),
        pytest.param(
            {"persistent": flat(transport__ping_schedule="60s", **AS_PROXY)},
            {**PROXY, "transport_ping_schedule": "1m"},
            None,
            {"paris": {**PROXY, "transport_ping_schedule": "60s"}},
            id="same time in another unit",
        ),
        pytest.param(
            {"persistent": flat(mark=False, **AS_PROXY)},
            PROXY,
            {"persistent": WRITTEN_PROXY},
            {"paris": PROXY},
            id="only the mark is missing",
        ),
        pytest.param(
            {"persistent": flat(**{**AS_PROXY, "proxy_address": "old:1"})},
            PROXY,
            {"persistent": WRITTEN_PROXY},
            {"paris": {**PROXY, "proxy_address": "old:1"}},
            id="changed",
        ),
        pytest.param(
            {"persistent": flat(server_name="par", **AS_PROXY)},
            PROXY,
            {"persistent": {**WRITTEN_PROXY, **names(server_name=None)}},
            {"paris": {**PROXY, "server_name": "par"}},
            id="an option is taken away",
        ),
        pytest.param(
            {"persistent": flat(node_connections="3", **AS_SNIFF)},
            PROXY,
            {"persistent": {**WRITTEN_PROXY, **names(seeds=None, node_connections=None)}},
            {"paris": {**SNIFF, "node_connections": 3}},
            id="sniff to proxy",
        ),
        pytest.param(
            {"persistent": flat(server_name="par", proxy_socket_connections="9", **AS_PROXY)},
            SNIFF,
            {
                "persistent": {
                    **WRITTEN_SNIFF,
                    **names(proxy_address=None, server_name=None, proxy_socket_connections=None),
                }
            },
            {"paris": {**PROXY, "server_name": "par", "proxy_socket_connections": 9}},
            id="proxy to sniff",
        ),
        pytest.param(
            {"persistent": flat(**AS_PROXY), "transient": names(proxy_address="par-1:9443")},
            PROXY,
            {"persistent": WRITTEN_PROXY, "transient": names(proxy_address=None)},
            {"paris": PROXY},
            id="transient is removed",
        ),
        pytest.param(
            {"persistent": flat(signing__certificate="x", **AS_PROXY)},
            PROXY,
            None,
            {"paris": PROXY},
            id="unknown key makes no difference",
        ),
        pytest.param(
            {"persistent": flat(signing__certificate="x", **{**AS_PROXY, "skip_unavailable": "false"})},
            PROXY,
            {"persistent": WRITTEN_PROXY},
            {"paris": {**PROXY, "skip_unavailable": False}},
            id="unknown key is kept",
        ),
        pytest.param(
            {"persistent": flat(proxy="old:1", **AS_PROXY)},
            PROXY,
            {"persistent": {**WRITTEN_PROXY, **names(proxy=None)}},
            {"paris": PROXY},
            id="the old key proxy goes",
        ),
        pytest.param(
            {"persistent": {MARK + "paris": "managed"}},
            PROXY,
            {"persistent": WRITTEN_PROXY},
            {},
            id="only the mark is left",
        ),
        pytest.param({}, None, None, {}, id="absent already"),
        pytest.param(
            {
                "persistent": flat(signing__certificate="x", proxy="old:1", **AS_PROXY),
                "transient": names(server_name="par", signing__key="y"),
            },
            None,
            {
                "persistent": {"cluster.remote.paris.*": None, MARK + "paris": None},
                "transient": {"cluster.remote.paris.*": None},
            },
            {"paris": {**PROXY, "server_name": "par"}},
            id="absent removes every key and the mark",
        ),
        pytest.param(
            {"persistent": flat(mark=False, **AS_PROXY)},
            None,
            {"persistent": {"cluster.remote.paris.*": None}},
            {"paris": PROXY},
            id="absent of one that is not ours",
        ),
        pytest.param(
            {"persistent": {MARK + "paris": "managed"}},
            None,
            {"persistent": {"cluster.remote.paris.*": None, MARK + "paris": None}},
            {},
            id="absent removes a mark alone",
        ),
    ],
)
def test_plan(
    answer: dict[str, Any], wanted: dict[str, Any] | None, body: dict[str, Any] | None, before: dict[str, Any]
) -> None:
    planned = plan(parse(answer), {"paris": wanted})
    assert [(r.method, r.path, r.body) for r in planned.requests] == (
        [("PUT", "/_cluster/settings", body)] if body else []
    )
    assert planned.changed == bool(body)
    assert planned.before == before
    # What is the same already keeps the spelling of the server.
    assert planned.after == ({} if wanted is None else {"paris": wanted} if body else before)


def test_plan_leaves_other_aliases_alone() -> None:
    have = parse({"persistent": {**flat(**AS_PROXY), **flat("rome", **AS_SNIFF)}})
    planned = plan(have, {"rome": None})
    assert planned.before == {"rome": SNIFF}
    (request,) = planned.requests
    assert "paris" not in str(request.body)


def test_plan_in_batches() -> None:
    wanted: dict[str, Any] = {f"c{n}": PROXY for n in range(5)}
    wanted.update(old1=None, old2=None, never=None)
    have = parse({"persistent": {**flat("c0", **AS_PROXY), **flat("old1", **AS_PROXY), **flat("old2", **AS_PROXY)}})
    planned = plan(have, wanted, batch_size=3)
    assert [r.purpose for r in planned.requests] == [
        "set the remote clusters c1, c2, c3",
        "set the remote cluster c4",
        "set the remote clusters old1, old2",
    ]
    assert [r.timeout for r in planned.requests] == [66, 42, 54]
    assert set(planned.before) == {"c0", "old1", "old2"}
    assert set(planned.after) == {f"c{n}" for n in range(5)}


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_holds_something(size: int) -> None:
    with pytest.raises(Refusal, match="^batch_size: it is %d, and must be 1 or more$" % size):
        plan({}, {"paris": PROXY}, batch_size=size)


OTHER = "paris has settings that are no options here, and are "
TRANSIENT = "paris has transient settings, which win over persistent ones, and are removed: "


@pytest.mark.parametrize(
    ("answer", "wanted", "texts"),
    [
        pytest.param({}, PROXY, [], id="not there"),
        pytest.param({"persistent": flat(**AS_PROXY)}, None, [], id="nothing to say"),
        pytest.param(
            {"persistent": flat(proxy="old:1", x="y", **AS_PROXY)},
            PROXY,
            [OTHER + "left as they are: x", OTHER + "removed: proxy"],
            id="unknown and old key",
        ),
        pytest.param(
            {"persistent": flat(proxy="old:1", x="y", **AS_PROXY)}, None, [OTHER + "removed: proxy, x"], id="removal"
        ),
        pytest.param(
            {"transient": flat(mark=False, x="y", mode="proxy")},
            PROXY,
            [TRANSIENT + "x, mode"],
            id="unknown transient key is not left as it is",
        ),
        pytest.param(
            {"persistent": flat(a="1", **AS_PROXY), "transient": flat(mark=False, b="2")},
            PROXY,
            [OTHER + "left as they are: a", TRANSIENT + "b"],
            id="both",
        ),
    ],
)
def test_warnings(answer: dict[str, Any], wanted: dict[str, Any] | None, texts: list[str]) -> None:
    assert warnings(parse(answer), {"paris": wanted}) == texts


# ---- aliases of elasticsearch.yml -------------------------------------------------------------------------------

# As 9.2.0 answers for GET /_nodes/settings?filter_path=nodes.*.name,nodes.*.settings.cluster.remote
NODES: dict[str, Any] = {
    "nodes": {
        "r3": {"name": "lon-1"},
        "k2": {
            "name": "lon-3",
            "settings": {"cluster": {"remote": {"paris": {"mode": "proxy", "proxy_address": "c:1"}}}},
        },
        "j6": {
            "name": "lon-2",
            "settings": {
                "cluster": {
                    "remote": {
                        "node": {"attr": "gateway"},
                        "initial_connect_timeout": "30s",
                        "rome": {"seeds": ["a:1", "b:1"], "transport": {"ping_schedule": "30s"}},
                        "paris": {"mode": "proxy", "proxy_address": "b:1", "skip_unavailable": "true"},
                    }
                }
            },
        },
    }
}


def test_parse_what_nodes_have_in_their_files() -> None:
    found = parse({}, NODES)
    assert {alias: (remote.configured_on, remote.settings) for alias, remote in found.items()} == {
        "rome": (["lon-2"], {"mode": "sniff", "seeds": ["a:1", "b:1"], "transport_ping_schedule": "30s"}),
        "paris": (["lon-2", "lon-3"], {"mode": "proxy", "proxy_address": "b:1", "skip_unavailable": True}),
    }
    assert not any(remote.persistent or remote.transient or remote.managed for remote in found.values())


def test_the_api_wins_over_files() -> None:
    paris = parse({"persistent": flat(**AS_PROXY)}, NODES)["paris"]
    assert (paris.settings, paris.configured_on, paris.managed) == (PROXY, ["lon-2", "lon-3"], True)


@pytest.mark.parametrize("answer", [{}, {"persistent": flat(**AS_PROXY)}])
def test_an_alias_of_a_file_is_refused(answer: dict[str, Any]) -> None:
    have = parse(answer, NODES)
    with pytest.raises(Refusal) as refusal:
        check_configured(have, ["paris", "oslo"])
    assert "alias: paris is set on lon-2, lon-3 in elasticsearch.yml" in str(refusal.value)
    assert "Take cluster.remote.paris.* out of these files and restart the nodes" in str(refusal.value)
    with pytest.raises(Refusal, match="paris is set on lon-2, lon-3; rome is set on lon-2 in"):
        check_configured(have, ["rome", "paris"])
    check_configured(have, ["oslo"])


# ---- who uses an alias ------------------------------------------------------------------------------------------

FOLLOWERS: dict[str, Any] = {
    "follower_indices": [
        {"follower_index": "f2", "remote_cluster": "paris", "leader_index": "l", "status": "paused"},
        {"follower_index": "f1", "remote_cluster": "paris", "leader_index": "l", "status": "active", "parameters": {}},
        {"follower_index": "f3", "remote_cluster": "rome", "leader_index": "l", "status": "active", "parameters": {}},
    ]
}
PATTERNS = {"patterns": [{"name": "p", "pattern": {"active": True, "remote_cluster": "paris"}}]}


@pytest.mark.parametrize(
    ("followers", "patterns", "aliases", "text"),
    [
        pytest.param(
            FOLLOWERS,
            PATTERNS,
            ["paris"],
            "alias: paris is used by follower index f1, f2 and auto-follow pattern p. Unfollow",
            id="both",
        ),
        pytest.param({}, PATTERNS, ["paris"], "alias: paris is used by auto-follow pattern p. Unfollow", id="pattern"),
        pytest.param(
            FOLLOWERS,
            {},
            ["oslo", "paris", "rome"],
            "alias: paris is used by follower index f1, f2; rome is used by follower index f3. Unfollow",
            id="two aliases",
        ),
        pytest.param(
            {"follower_indices": [{"follower_index": f"f{n:02}", "remote_cluster": "paris"} for n in range(12)]},
            {},
            ["paris"],
            "f09 and 2 more. Unfollow",
            id="many",
        ),
    ],
)
def test_an_alias_in_use_is_refused(
    followers: dict[str, Any], patterns: dict[str, Any], aliases: list[str], text: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        check_unused(parse_uses(followers, patterns), aliases)
    assert text in str(refusal.value)
    assert "force=true" in str(refusal.value)


def test_an_alias_without_users() -> None:
    check_unused(parse_uses(FOLLOWERS, PATTERNS), ["oslo"])
    check_unused(parse_uses({}, {}), ["paris"])


def test_gone() -> None:
    have = parse({"persistent": {**flat(**AS_PROXY), **flat("rome", **AS_SNIFF)}})
    assert gone(have, {"rome": None, "paris": PROXY, "oslo": None}) == ["rome"]
