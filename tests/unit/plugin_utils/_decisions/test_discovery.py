# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import (
    cross_cluster_api_key,
    remote_cluster,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.discovery import discover
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.inventory import Alias
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import expand

DAY = 86400 * 1000
HOSTVARS = {
    "london": {"elasticsearch_remote_address": "lon-1:9443"},
    "paris": {"elasticsearch_remote_address": "par-1:9443"},
}
GROUPS = {"elasticsearch_clusters": ["london", "paris"], "london_nodes": ["lon-1", "lon-2"], "paris_nodes": ["par-1"]}
FLAT = {"mode": "proxy", "proxy_address": "par-1:9443", "skip_unavailable": "true"}
LOGS = {"search": [{"names": ["logs-*"]}]}


def key(**more: Any) -> dict[str, Any]:
    """As the module cross_cluster_api_key_info describes it."""
    mark = more.pop("mark", None)
    described = {"id": "k1", "name": "by-hand", "owner": "elastic", "realm": "reserved", "metadata": {}, **more}
    described.setdefault("access", LOGS)
    if mark:
        described["metadata"] = {cross_cluster_api_key.MARK: mark}
    creation, expiration = described.pop("creation", 1000), described.pop("expiration", None)
    state = described.pop("state", "active")
    return cross_cluster_api_key.Key(**described, creation=creation, expiration=expiration, state=state).described()


def node(host: str, credentials: dict[str, str | None] | None = None, **settings: Any) -> dict[str, Any]:
    return {
        "item": host,
        "node_info": {"credentials": {} if credentials is None else credentials, "settings": settings},
    }


def found(
    aliases: dict[str, dict[str, str]] | None = None,
    nodes: list[dict[str, Any]] | None = None,
    keys: list[dict[str, Any]] | None = None,
    hostvars: dict[str, dict[str, Any]] | None = None,
    **more: Any,
) -> Any:
    """What london has: its aliases with the settings as the server writes them, its nodes, and the keys of paris."""
    flat = {f"cluster.remote.{alias}.{name}": v for alias, s in (aliases or {}).items() for name, v in s.items()}
    parsed = remote_cluster.parse({more.get("origin", "persistent"): flat})
    described = {
        alias: {
            "settings": parsed[alias].settings,
            "origin": more.get("origin", "persistent"),
            "nodes": [{"security_model": more.get("security_model")}],
        }
        for alias in aliases or {}
    }
    everything: dict[str, dict[str, Any]] = {
        "london": {
            "cluster": {"cluster": {"uuid": "L", "version": more.get("version", "9.2.0"), "nodes": []}},
            "remote_clusters": {"remote_clusters": described},
            "nodes": [node("lon-1", {"paris": "k1"}), node("lon-2", {"paris": "k1"})] if nodes is None else nodes,
        },
        "paris": {
            "cluster": {"cluster": {"uuid": "P", "version": "9.2.0", "nodes": [PARIS]}},
            "remote_clusters": {"remote_clusters": {}},
            "nodes": [node("par-1")],
        },
    }
    listed = {"london": {"api_keys": []}, "paris": {"api_keys": [key()] if keys is None else keys}}
    return discover(everything, more.get("listed", listed), hostvars or HOSTVARS)


PARIS = {
    "name": "par-1",
    "host": "10.0.0.3",
    "transport_address": "10.0.0.3:9300",
    "remote_cluster_server_address": "10.0.0.3:9443",
}


def paris(settings: dict[str, str] | None = None, **more: Any) -> Alias:
    """The alias paris of london."""
    alias: Alias = found({"paris": settings or FLAT}, **more)["london"].aliases["paris"]
    return alias


def notes(alias: Alias) -> str:
    return " ".join(alias.notes)


def test_the_shortest_declaration() -> None:
    alias = paris(keys=[key(name="crosscluster-london-paris", mark={"local_cluster": "L", "alias": "paris"})])
    assert alias == Alias(
        {"search": ["logs-*"]}, ['lon-1 and lon-2 hold the key "crosscluster-london-paris" (id k1) of paris.']
    )


@pytest.mark.parametrize(
    "settings",
    [
        FLAT,
        {**FLAT, "skip_unavailable": "false", "proxy_address": "10.0.0.3:9443", "server_name": "paris.example"},
        {**FLAT, "proxy_socket_connections": "5", "transport.ping_schedule": "60s", "transport.compress": "true"},
        {"seeds": "par-1:9443", "skip_unavailable": "true", "node_connections": "4"},
        {"mode": "SNIFF", "seeds": "a:9443,b:9443", "skip_unavailable": "true", "transport.compression_scheme": "lz4"},
    ],
)
@pytest.mark.parametrize("server_name", [None, "sni.example"])
@pytest.mark.parametrize(
    "access",
    [
        LOGS,
        {"search": [{"names": ["a", "b-*"]}], "replication": [{"names": ["c"]}, {"names": ["d"]}]},
        {
            "search": [
                {"names": ["a"], "query": '{"term":{"b":1}}'},
                {"names": ["c"], "field_security": {"grant": ["d"]}},
            ]
        },
        {"search": [{"names": ["a"], "query": "{{x}}"}, {"names": ["b"], "allow_restricted_indices": True}]},
    ],
)
def test_the_declaration_grows_into_what_is_there(
    settings: dict[str, str], server_name: str | None, access: dict[str, Any]
) -> None:
    """Connecting what was found writes nothing but marks."""
    shared = {} if server_name is None else {"elasticsearch_remote_server_name": server_name}
    hostvars = {**HOSTVARS, "paris": {**HOSTVARS["paris"], **shared}}
    there = cross_cluster_api_key.canonical_access(access)
    held = key(access=there, creation=1000, expiration=1000 + 30 * DAY + 7)
    alias = paris(settings, keys=[held], hostvars=hostvars)
    assert alias.in_force
    inventory = {**hostvars, "london": {"elasticsearch_remote_clusters": {"paris": alias.declaration}}}
    entry = expand("london", inventory, GROUPS)["remote_clusters"][0]
    flat = {f"cluster.remote.paris.{name}": value for name, value in settings.items()}
    have = remote_cluster.parse({"persistent": flat})
    params = dict.fromkeys((*remote_cluster.OPTIONS, "alias")) | entry["settings"]
    plan = remote_cluster.plan(have, {"paris": remote_cluster.wish(params)})
    assert plan.before == plan.after
    options = {**entry["api_key"], "metadata": {}, "rotate": False}
    wish = cross_cluster_api_key.wishes([options], "L", [{"paris": "k1"}], True, adopt=True)["paris"]
    raw = {**held, "metadata": {}, "username": "elastic", "type": "cross_cluster"}
    [parsed] = cross_cluster_api_key.parse({"api_keys": [raw]}, now=1)
    me = {"username": "elastic", "realm": "reserved"}
    assert cross_cluster_api_key.needs(parsed, wish, me, now=1)[0] == "update"
    assert (parsed.access, entry["api_key"]["name"]) == (wish.access, "by-hand")


@pytest.mark.parametrize(
    "lasts,duration", [(30 * DAY + 3, "30d"), (DAY // 24 * 36 - 2, "36h"), (90 * 1000, "90s"), (300, "1s")]
)
def test_life_time(lasts: int, duration: str) -> None:
    alias = paris(keys=[key(creation=5, expiration=5 + lasts)])
    assert alias.declaration and alias.declaration["expiration"] == duration


@pytest.mark.parametrize(
    "more,says",
    [
        ({"state": "invalidated"}, "is invalidated, so that connect makes a new one"),
        ({"mark": {"local_cluster": "X", "alias": "paris"}}, "mark is that of another alias"),
        ({}, 'Its owner is "elastic" of realm "reserved". It has no mark yet'),
        ({"owner": "elastic/kibana", "realm": "_service_account"}, 'service account "elastic/kibana"'),
    ],
)
def test_of_whom_the_key_is(more: dict[str, Any], says: str) -> None:
    alias = paris(keys=[key(**more)])
    assert says in notes(alias)
    assert alias.in_force


@pytest.mark.parametrize(
    "more", [{"name": "eck-default-london"}, {"metadata": {"elasticsearch.k8s.elastic.co/name": "london"}}]
)
def test_a_key_of_eck_is_not_fought_over(more: dict[str, Any]) -> None:
    alias = paris(keys=[key(**more)])
    assert "Elastic Cloud on Kubernetes manages it" in notes(alias)
    assert not alias.in_force


def test_nodes_that_disagree() -> None:
    nodes = [
        node("lon-1", {"paris": "k2"}),
        node("lon-2", {"paris": "k1"}),
        node("lon-3"),
        node("lon-4", {"paris": None}),
    ]
    alias = paris(nodes=nodes, keys=[key(), key(id="k2", name="new", creation=2000)])
    assert alias.declaration == {"search": ["logs-*"], "key_name": "new"}
    assert notes(alias).startswith(
        'lon-1 holds the key "new" (id k2) of paris. '
        "But lon-2 and lon-4 hold another credential: "
        'what is not the encoded value of a key; the key "by-hand" (id k1) of paris. '
        "But lon-3 holds no credential for it. "
        "The nodes disagree, so that connect makes a new key for all of them."
    )


def test_an_active_key_counts_more_than_a_newer_one() -> None:
    nodes = [node("lon-1", {"paris": "k2"}), node("lon-2", {"paris": "k1"})]
    alias = paris(nodes=nodes, keys=[key(), key(id="k2", creation=2000, state="expired")])
    assert alias.notes[0].startswith("lon-2 holds")


def test_two_aliases_with_keys_of_one_name() -> None:
    """Elasticsearch takes a name twice; a declaration with it twice would be refused."""
    nodes = [node("lon-1", {"a": "k1", "b": "k2"})]
    aliases = found({"a": FLAT, "b": FLAT}, nodes=nodes, keys=[key(), key(id="k2")])["london"].aliases
    assert aliases["a"].declaration["key_name"] == "by-hand"
    assert "key_name" not in aliases["b"].declaration
    declared = {alias: found_.declaration for alias, found_ in aliases.items()}
    inventory = {**HOSTVARS, "london": {"elasticsearch_remote_clusters": declared}}
    entries = [e["api_key"] for e in expand("london", inventory, GROUPS)["remote_clusters"]]
    cross_cluster_api_key.wishes([{**e, "metadata": {}, "rotate": False} for e in entries], "L", [], True)


def test_another_teams_cluster() -> None:
    settings = {**FLAT, "proxy_address": "partner.example:9443"}
    alias = paris(settings, nodes=[node("lon-1", {"paris": "unknown"})])
    assert alias.declaration == {
        "credential": "{{ lookup('ansible.builtin.env', 'LONDON_PARIS_CREDENTIAL') }}",
        "address": "partner.example:9443",
    }
    assert 'lon-1 holds the key with the id "unknown", which no cluster of the inventory knows' in notes(alias)
    inventory = {**HOSTVARS, "london": {"elasticsearch_remote_clusters": {"paris": alias.declaration}}}
    assert expand("london", inventory, GROUPS)["remote_clusters"][0]["foreign"]


def test_a_key_that_its_cluster_does_not_know() -> None:
    assert "that of paris, which has no such cross-cluster API key" in notes(paris(keys=[]))
    unlisted = {"london": {"api_keys": []}, "paris": {"msg": "403\n forbidden"}}
    clusters = found({"paris": FLAT}, listed=unlisted)
    assert "that of paris, whose keys could not be listed" in notes(clusters["london"].aliases["paris"])
    assert clusters["paris"].notes == ["Its keys could not be listed: 403 forbidden"]


@pytest.mark.parametrize(
    "alias,address,declared",
    [
        ("paris", "par-1:9443", {}),
        ("paris", "10.0.0.3:9300", {"address": "10.0.0.3:9300"}),
        ("p", "par-1:9300", {"cluster": "paris", "address": "par-1:9300"}),
        ("paris", "unknown:9300", {"address": "unknown:9300"}),
        ("partner", "unknown:9300", {"address": "unknown:9300"}),
    ],
)
def test_certificate_model(alias: str, address: str, declared: dict[str, Any]) -> None:
    one = found({alias: {**FLAT, "proxy_address": address}}, nodes=[node("lon-1")])["london"].aliases[alias]
    assert one.declaration == {"security_model": "certificate", **declared}
    assert one.in_force
    inventory = {**HOSTVARS, "london": {"elasticsearch_remote_clusters": {alias: one.declaration}}}
    entry = expand("london", inventory, GROUPS)["remote_clusters"][0]
    assert (entry["security_model"], entry["settings"]["proxy_address"]) == ("certificate", address)


def test_elasticsearch_yml() -> None:
    static: dict[str, Any] = {
        "cluster.remote.paris.seeds": ["par-1:9443"],
        "cluster.remote.initial_connect_timeout": "5s",
    }
    nodes = [node("lon-1", {"paris": "k1"}), node("lon-2", {"paris": "k1"}, **static)]
    aliases = found({}, nodes=nodes)["london"].aliases
    assert list(aliases) == ["paris"]
    assert not aliases["paris"].in_force
    assert aliases["paris"].declaration == {"search": ["logs-*"], "key_name": "by-hand", "mode": "sniff"}
    assert aliases["paris"].notes[0].startswith("It is set in elasticsearch.yml of lon-2, and known to no other node.")
    merged = paris(nodes=nodes)
    assert not merged.in_force
    assert "merged" in merged.notes[0]
    assert "are not understood" in notes(
        found({}, nodes=[node("lon-1", None, **{"cluster.remote.x.node_connections": "${N}"})])["london"].aliases["x"]
    )


def test_transient_settings() -> None:
    alias = paris(origin="transient")
    assert alias.in_force
    assert alias.notes[0].startswith("It is among the transient settings")


def test_what_is_left_of_an_alias() -> None:
    left = found({})["london"].aliases["paris"]
    assert left.declaration is None
    assert notes(left) == (
        'It is no alias, but lon-1 and lon-2 hold a credential for it: the key "by-hand" (id k1) of paris. '
        "The module keystore removes it."
    )


@pytest.mark.parametrize("alias", ["-a", "ä", "a" * 129])
def test_an_alias_that_the_playbooks_refuse(alias: str) -> None:
    refused = found({alias: FLAT})["london"].aliases[alias]
    assert "It can't be declared" in notes(refused)
    assert not refused.in_force


def test_an_alias_that_is_switched_off_or_leads_home() -> None:
    assert not paris({"skip_unavailable": "true"}).in_force
    home = found({"home": {**FLAT, "proxy_address": "lon-1:9443"}}, nodes=[node("lon-1")])["london"].aliases["home"]
    assert not home.in_force
    assert "leads to the cluster itself" in notes(home)


@pytest.mark.parametrize("version,skips", [("8.14.3", False), ("8.15.0", True), ("9.2.0", True)])
def test_skip_unavailable_that_nobody_has_set(version: str, skips: bool) -> None:
    alias = paris({"mode": "proxy", "proxy_address": "par-1:9443"}, version=version)
    assert (alias.declaration or {}).get("skip_unavailable", True) is skips
    assert "skip_unavailable is not set" in notes(alias)


def test_what_could_not_be_read() -> None:
    assert discover({"london": {"cluster": {"msg": "no route"}}}, {}, HOSTVARS)["london"].notes[0] == (
        "It could not be read: no route"
    )
    clusters = found({"paris": FLAT}, nodes=[{"item": "lon-1", "msg": "no ssh"}], security_model="certificate")
    assert clusters["london"].notes == ["Its node lon-1 could not be read: no ssh"]
    assert clusters["london"].aliases["paris"].declaration == {"security_model": "certificate"}
    locked = {"item": "lon-1", "node_info": {"credentials": None, "keystore": {"error": "password"}, "settings": {}}}
    clusters = found({"paris": FLAT}, nodes=[locked], security_model="api_key")
    assert clusters["london"].notes == ["Its node lon-1 could not be read: password"]
    assert "Nobody could see which credential it uses." in clusters["london"].aliases["paris"].notes


def test_whom_the_nodes_trust() -> None:
    def trusting(host: str, *certificates: tuple[str, str]) -> dict[str, Any]:
        described = [
            {
                "settings": [f"xpack.security.{purpose}.ssl.certificate_authorities"],
                "subject": f"CN={name}",
                "not_after": "2027-11-24T10:00:00Z",
                "error": None,
            }
            for purpose, name in certificates
        ]
        broken = {"settings": described[0]["settings"], "error": "no PEM certificate in it"}
        result = node(host, {"paris": "k1"})
        result["node_info"]["certificates"] = [*described, broken]
        return result

    client, transport = "remote_cluster_client", "transport"
    nodes = [trusting("lon-1", (client, "a"), (client, "b"), (transport, "c")), trusting("lon-2", (client, "a"))]
    assert found({"paris": FLAT}, nodes)["london"].notes == [
        "As remote clusters it trusts CN=a (until 2027-11-24); CN=b (until 2027-11-24), but not on lon-2.",
        "At its transport port it trusts CN=c (until 2027-11-24), but not on lon-2.",
    ]


def test_a_managed_platform() -> None:
    hostvars = {**HOSTVARS, "london": {"elasticsearch_platform": "ech"}}
    assert found({"paris": FLAT}, nodes=[], hostvars=hostvars)["london"].notes == [
        "Elastic Cloud manages its keystore, so that nobody can see here which credentials it holds."
    ]


def test_keys_that_nobody_holds() -> None:
    keys = [
        key(),
        key(id="k2", name="spare"),
        key(id="k3", name="old", state="expired"),
        key(id="k4", name="eck-x"),
        key(id="k5", name="ours", mark={"local_cluster": "X", "alias": "y"}),
    ]
    spare, eck, ours = found({"paris": FLAT}, keys=keys)["paris"].notes
    assert (
        spare == 'The key "spare" (id k2) is held by no node that was read. Its owner is "elastic" of realm "reserved".'
    )
    assert eck.endswith("Elastic Cloud on Kubernetes manages it.")
    assert ours.endswith('made it for the alias "y" of the cluster with the UUID "X".')
