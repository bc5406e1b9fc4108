# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import TopologyError, expand

GROUPS = {
    "elasticsearch_clusters": ["london", "paris", "rome"],
    "london_nodes": ["lon-1", "lon-2"],
    "paris_nodes": ["par-1"],
    "rome_nodes": ["rom-1"],
}
ADDRESSES = {
    "london": {"elasticsearch_remote_address": "lon-1:9443"},
    "paris": {"elasticsearch_remote_address": "par-1:9443"},
    "rome": {"elasticsearch_remote_address": "rom-1:9443"},
}


def inventory(**more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {host: {**ADDRESSES[host], **more.get(host, {})} for host in ADDRESSES}


def london(declared: Any, **more: Any) -> dict[str, Any]:
    return expand("london", inventory(london={"elasticsearch_remote_clusters": declared, **more}), GROUPS)


def paris(declaration: dict[str, Any]) -> dict[str, Any]:
    """The entry that london's alias paris makes."""
    return london({"paris": declaration})["remote_clusters"][0]


def problems(declared: Any, **more: Any) -> list[str]:
    with pytest.raises(TopologyError) as error:
        london(declared, **more)
    for problem in error.value.problems:
        assert problem in str(error.value)
    return error.value.problems


def test_clusters_named_by_fqdn_have_aliases_without_dots() -> None:
    names = ("london.example.com", "paris.example.com")
    topology = {"type": "mesh", "search": ["logs"]}
    hosts = {n: {"elasticsearch_remote_address": f"{n}:9443", "elasticsearch_topology": topology} for n in names}
    groups = {"elasticsearch_clusters": list(names), **{f"{name}_nodes": [f"es1.{name}"] for name in names}}
    [entry] = expand(names[0], hosts, groups)["remote_clusters"]
    assert (entry["alias"], entry["cluster"], entry["settings"]["proxy_address"]) == (
        "paris_example_com",
        "paris.example.com",
        "paris.example.com:9443",
    )


def test_short_form() -> None:
    assert london({"paris": {"search": ["logs-*"], "replication": "metrics-*"}}) == {
        "cluster": "london",
        "nodes": ["lon-1", "lon-2"],
        "remotes": {"paris": {"cluster": "paris", "nodes": ["par-1"]}},
        "remote_clusters": [
            {
                "alias": "paris",
                "cluster": "paris",
                "foreign": False,
                "security_model": "api_key",
                "settings": {
                    "alias": "paris",
                    "mode": "proxy",
                    "proxy_address": "par-1:9443",
                    "skip_unavailable": True,
                },
                "api_key": {
                    "alias": "paris",
                    "name": "crosscluster-london-paris",
                    "access": {"search": [{"names": ["logs-*"]}], "replication": [{"names": ["metrics-*"]}]},
                    "expiration": None,
                    "renew_before": None,
                    "certificate_identity": None,
                },
                "replicates": True,
                "ca": None,
                "follow": [],
                "probes": [{"address": "par-1:9443", "server_name": None}],
            }
        ],
        "grants": [],
    }


@pytest.mark.parametrize(
    ("declared", "replicates"),
    [
        ({"search": "a"}, False),
        ({"search": "a", "replication": "b"}, True),
        ({"follow": {"a": "a"}}, True),
        ({"security_model": "certificate"}, True),
    ],
)
def test_by_which_alias_indices_may_be_followed(declared: dict[str, Any], replicates: bool) -> None:
    [entry] = london({"paris": declared})["remote_clusters"]
    assert entry["replicates"] == replicates


def test_long_form() -> None:
    entry = london(
        {
            "fr": {
                "cluster": "paris",
                "security_model": "api_key",
                "mode": "proxy",
                "address": "[2001:db8::1]:9443",
                "server_name": "paris.example",
                "skip_unavailable": "False",
                "proxy_socket_connections": "9",
                "transport_ping_schedule": "30s",
                "transport_compress": True,
                "transport_compression_scheme": "lz4",
                "search": "a",
                "expiration": "30d",
                "key_name": "mine",
                "follow": {"a": "a"},
            }
        }
    )["remote_clusters"][0]
    assert entry["cluster"] == "paris"
    assert entry["settings"] == {
        "alias": "fr",
        "mode": "proxy",
        "proxy_address": "[2001:db8::1]:9443",
        "server_name": "paris.example",
        "skip_unavailable": False,
        "proxy_socket_connections": 9,
        "transport_ping_schedule": "30s",
        "transport_compress": "true",
        "transport_compression_scheme": "lz4",
    }
    assert (entry["api_key"]["expiration"], entry["api_key"]["name"]) == ("30d", "mine")
    assert [(rule["alias"], rule["remote"], rule["leaders"]) for rule in entry["follow"]] == [("fr", "paris", ["a"])]
    assert entry["probes"] == [{"address": "[2001:db8::1]:9443", "server_name": "paris.example"}]


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({}, {"seeds": ["par-1:9443"]}),
        ({"address": "x:1"}, {"seeds": ["x:1"]}),
        ({"seeds": "x:1", "node_connections": 5}, {"seeds": ["x:1"], "node_connections": 5}),
        ({"seeds": ["x:1", "y:2"]}, {"seeds": ["x:1", "y:2"]}),
    ],
)
def test_sniff(given: dict[str, Any], settings: dict[str, Any]) -> None:
    entry = paris({"mode": "sniff", "search": "a", **given})
    assert entry["settings"] == {"alias": "paris", "mode": "sniff", "skip_unavailable": True, **settings}
    assert [probe["address"] for probe in entry["probes"]] == settings["seeds"]


def test_server_name_of_the_remote_cluster() -> None:
    hosts = inventory(
        london={"elasticsearch_remote_clusters": {"paris": {"search": "a"}, "rome": {"search": "a", "mode": "sniff"}}},
        paris={"elasticsearch_remote_server_name": "paris.example"},
        rome={"elasticsearch_remote_server_name": "rome.example"},
    )
    entries = expand("london", hosts, GROUPS)["remote_clusters"]
    assert entries[0]["settings"]["server_name"] == "paris.example"
    assert "server_name" not in entries[1]["settings"]


def test_certificate_model_has_no_key() -> None:
    entry = paris({"security_model": "certificate", "address": "par-1:9300"})
    assert entry["api_key"] is None


def test_foreign_reads_no_credential() -> None:
    class Secret(Mapping[str, Any]):
        """Fails when the credential is looked at, as a lookup may that costs something."""

        def __init__(self, **items: Any) -> None:
            self.items_ = items

        def __getitem__(self, key: str) -> Any:
            assert key != "credential"
            return self.items_[key]

        def __iter__(self) -> Iterator[str]:
            return iter(self.items_)

        def __len__(self) -> int:
            return len(self.items_)

    result = london({"team": Secret(address="team.example:9443", ca="/etc/team.pem", credential=1)})
    entry = result["remote_clusters"][0]
    assert result["remotes"] == {}
    assert (entry["foreign"], entry["cluster"], entry["ca"]) == (True, None, "/etc/team.pem")
    assert entry["api_key"] is None
    assert "credential" not in entry


def test_foreign_certificate_model() -> None:
    entry = london({"team": {"address": "team.example:9300", "security_model": "certificate"}})["remote_clusters"][0]
    assert entry["foreign"]


def test_grants() -> None:
    grants = {"team": {"search": "a", "expiration": "90d", "file": "/k"}, "b": {"replication": "c", "file": "/l"}}
    expanded = expand("paris", inventory(paris={"elasticsearch_grants": grants}), GROUPS)
    assert [grant["file"] for grant in expanded["grants"]] == ["/l", "/k"]
    assert expanded["grants"][1]["api_key"] == {
        "alias": "team",
        "name": "crosscluster-grant-team",
        "access": {"search": [{"names": ["a"]}]},
        "expiration": "90d",
        "renew_before": None,
        "certificate_identity": None,
    }


def test_a_grant_of_the_name_of_an_alias_gives_away_nothing_that_is_followed() -> None:
    grants = {"paris": {"search": "a", "file": "/k"}}
    expanded = london({"paris": {"follow": {"all": "metrics-*"}}}, elasticsearch_grants=grants)
    assert expanded["grants"][0]["api_key"]["access"] == {"search": [{"names": ["a"]}]}
    assert expanded["remote_clusters"][0]["api_key"]["access"] == {
        "replication": [{"names": ["metrics-*", ".ds-metrics-*"]}]
    }


@pytest.mark.parametrize(("file", "path"), [("~/k", "/home/me/k"), ("k", "/usr/k"), ("lib/../k", "/usr/k")])
def test_the_file_of_a_grant_is_one_path_for_all_that_use_it(
    file: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.chdir("/usr")
    expanded = expand("paris", inventory(paris={"elasticsearch_grants": {"t": {"search": "a", "file": file}}}), GROUPS)
    assert expanded["grants"][0]["file"] == path


@pytest.mark.parametrize(
    ("grants", "says"),
    [
        (["team"], "elasticsearch_grants: it is not a map"),
        ({"team": "a"}, "elasticsearch_grants.team: it is not a map"),
        ({"team": {"search": "a"}}, "elasticsearch_grants.team: file is missing"),
        ({"team": {"file": "/k"}}, "elasticsearch_grants.team: it may read nothing"),
        ({"team": {"search": "a", "file": "/k", "cluster": "x"}}, "no option cluster"),
        ({"te:am": {"search": "a", "file": "/k"}}, "alias"),
    ],
)
def test_refused_grants(grants: Any, says: str) -> None:
    with pytest.raises(TopologyError) as error:
        expand("paris", inventory(paris={"elasticsearch_grants": grants}), GROUPS)
    assert len(error.value.problems) == 1, error.value.problems
    assert says in error.value.problems[0]


def test_two_grants_with_one_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whatever names they call it, and of whatever cluster."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to(tmp_path)

    def grant(file: str) -> dict[str, Any]:
        return {"search": "a", "file": file}

    there = inventory(
        paris={"elasticsearch_grants": {"one": grant("~/k"), "two": grant(f"{tmp_path}/./k"), "x": grant("/x")}},
        london={"elasticsearch_grants": {"three": grant(f"{tmp_path}/link/k"), "y": grant("/y"), "z": {"search": "a"}}},
    )
    with pytest.raises(TopologyError) as error:
        expand("paris", there, GROUPS)
    for problem, others, file in zip(error.value.problems, ("two", "one"), ("~/k", f"{tmp_path}/./k"), strict=True):
        assert (
            f"elasticsearch_grants.three of london and elasticsearch_grants.{others} of paris too ({file})" in problem
        )


def test_nothing_declared() -> None:
    assert expand("london", inventory(), {"elasticsearch_clusters": ["london"]}) == {
        "cluster": "london",
        "nodes": [],
        "remotes": {},
        "remote_clusters": [],
        "grants": [],
    }


def test_managed_cluster_has_no_nodes() -> None:
    """The platform keeps the credentials, so a key that only nodes could hold is refused."""
    partner = {"address": "par-1:9443", "credential": "x"}
    groups = {"elasticsearch_clusters": ["london", "paris"]}
    hosts = inventory(london={"elasticsearch_platform": "ech", "elasticsearch_remote_clusters": {"partner": partner}})
    assert expand("london", hosts, groups)["nodes"] == []
    hosts = inventory(london={"elasticsearch_platform": "ech", "elasticsearch_remote_clusters": {"paris": OK}})
    with pytest.raises(
        TopologyError, match="london runs on ech, which keeps the credentials itself; make the key with"
    ):
        expand("london", hosts, groups)
    hosts = inventory(
        paris={"elasticsearch_platform": "ech"}, london={"elasticsearch_remote_clusters": {"paris": {"search": "a"}}}
    )
    groups["london_nodes"] = ["a"]
    assert expand("london", hosts, groups)["remotes"] == {"paris": {"cluster": "paris", "nodes": []}}


def test_nodes_group_and_clusters_group_have_any_name() -> None:
    hosts = inventory(
        london={"elasticsearch_nodes_group": "uk", "elasticsearch_remote_clusters": {"paris": {"search": "a"}}}
    )
    result = expand("london", hosts, {"mine": ["london", "paris"], "uk": ["a"], "paris_nodes": ["b"]}, "mine")
    assert result["nodes"] == ["a"]


@pytest.mark.parametrize(
    ("topology", "reads"),
    [
        ({"type": "mesh"}, {"london": ["paris", "rome"], "paris": ["london", "rome"], "rome": ["london", "paris"]}),
        ({"type": "mesh", "clusters": ["london", "rome"]}, {"london": ["rome"], "paris": [], "rome": ["london"]}),
        ({"type": "hub", "hub": "rome"}, {"london": [], "paris": [], "rome": ["london", "paris"]}),
        ({"type": "hub", "hub": "rome", "spokes": ["paris"]}, {"london": [], "paris": [], "rome": ["paris"]}),
        (
            {"type": "chain", "clusters": ["rome", "london", "paris"]},
            {"london": ["rome"], "paris": ["london"], "rome": []},
        ),
    ],
)
def test_topologies(topology: dict[str, Any], reads: dict[str, list[str]]) -> None:
    variables = {"elasticsearch_topology": {**topology, "search": ["a"], "expiration": "1d"}}
    hosts = inventory(london=variables, paris=variables, rome=variables)
    for cluster, remotes in reads.items():
        entries = expand(cluster, hosts, GROUPS)["remote_clusters"]
        assert [e["cluster"] for e in entries] == remotes
        assert all(
            e["api_key"]["access"] == {"search": [{"names": ["a"]}]} and e["api_key"]["expiration"] == "1d"
            for e in entries
        )


def test_explicit_entry_wins_whole() -> None:
    topology = {"type": "mesh", "search": ["a"], "replication": ["b"]}
    entries = london({"paris": {"search": ["c"]}}, elasticsearch_topology=topology)["remote_clusters"]
    assert [e["api_key"]["access"] for e in entries] == [
        {"search": [{"names": ["c"]}]},
        {"search": [{"names": ["a"]}], "replication": [{"names": ["b"]}]},
    ]


def test_several_topologies() -> None:
    topologies = [
        {"type": "chain", "clusters": ["paris", "london"], "replication": "a"},
        {"type": "hub", "hub": "london", "spokes": ["rome"], "search": "b"},
    ]
    entries = london(None, elasticsearch_topology=topologies)["remote_clusters"]
    assert [(e["alias"], list(e["api_key"]["access"])) for e in entries] == [
        ("paris", ["replication"]),
        ("rome", ["search"]),
    ]


OK = {"search": "a"}


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        # the map
        (["paris"], "not a map of aliases"),
        ({"paris": "logs-*"}, "elasticsearch_remote_clusters.paris: it is not a map"),
        ({"paris": {**OK, "serch": "a"}}, "no option serch (did you mean search?)"),
        ({"paris": {**OK, "xyzzy": "a"}}, "no option xyzzy; known are cluster"),
        ({"paris": {**OK, "mode": "sniff", "proxy_address": "a:1"}}, "no option proxy_address (did you mean address?)"),
        # clusters
        ({"pariss": OK}, "no cluster pariss in the group elasticsearch_clusters (did you mean paris?)"),
        ({"x": {**OK, "cluster": "pari"}}, "no cluster pari in the group elasticsearch_clusters (did you mean paris?)"),
        ({"x": {**OK, "cluster": ["paris"]}}, "no cluster ['paris']"),
        ({"london": OK}, "london can't be a remote cluster of itself"),
        ({"x": {**OK, "cluster": "london"}}, "london can't be a remote cluster of itself"),
        # aliases
        *(
            ({alias: {**OK, "cluster": "paris"}}, "alias")
            for alias in ["", "a:b", "a*", "a,b", "a b", "-a", "a.b", "é"]
        ),
        ({1: {**OK, "cluster": "paris"}}, "put it into quotes"),
        *(
            ({alias: {**OK, "cluster": "paris"}}, "choose another")
            for alias in ["node", "signing", "initial_connect_timeout", "connections_per_cluster"]
        ),
        ({"a" * 129: {**OK, "cluster": "paris"}}, "longer than 128"),
        # modes and their options
        ({"paris": {**OK, "mode": "snif"}}, "mode: 'snif' is not one of proxy, sniff (did you mean sniff?)"),
        ({"paris": {**OK, "security_model": "rcs2"}}, "security_model: 'rcs2' is not one of api_key, certificate"),
        ({"paris": {**OK, "seeds": ["a:1"]}}, "seeds is an option of mode sniff; remove it or set mode: sniff"),
        ({"paris": {**OK, "node_connections": 1}}, "node_connections is an option of mode sniff"),
        ({"paris": {**OK, "mode": "sniff", "server_name": "a"}}, "server_name is an option of mode proxy"),
        ({"paris": {**OK, "mode": "sniff", "proxy_socket_connections": 1}}, "proxy_socket_connections is an option"),
        ({"paris": {**OK, "mode": "sniff", "seeds": ["a:1"], "address": "a:1"}}, "address and seeds exclude"),
        ({"paris": {**OK, "mode": "sniff", "seeds": []}}, "not a list of host:port"),
        ({"paris": {**OK, "skip_unavailable": "maybe"}}, "skip_unavailable: 'maybe' is not a boolean"),
        ({"paris": {**OK, "proxy_socket_connections": 0}}, "proxy_socket_connections: 0 is not a whole number"),
        ({"paris": {**OK, "proxy_socket_connections": True}}, "not a whole number"),
        ({"paris": {**OK, "transport_ping_schedule": "5"}}, "transport_ping_schedule: '5' is not a time"),
        ({"paris": {**OK, "transport_compress": "yes"}}, "transport_compress: 'yes' is not one of true"),
        ({"paris": {**OK, "transport_compression_scheme": "gzip"}}, "'gzip' is not one of deflate, lz4"),
        ({"paris": {**OK, "server_name": "10.0.0.1"}}, "not a host name as TLS knows it"),
        ({"paris": {**OK, "server_name": "a.example:9443"}}, "without port"),
        # addresses
        ({"paris": {**OK, "address": "par-1"}}, "address lacks the port"),
        ({"paris": {**OK, "address": "https://par-1:9443"}}, "without scheme"),
        ({"paris": {**OK, "address": "par-1:9443/x"}}, "without scheme and path"),
        ({"paris": {**OK, "address": "par-1:0"}}, "no port from 1 to 65535"),
        ({"paris": {**OK, "address": "par-1:http"}}, "no port from 1 to 65535"),
        ({"paris": {**OK, "address": "par-1:99999"}}, "no port from 1 to 65535"),
        ({"paris": {**OK, "address": ":9443"}}, "address lacks"),
        ({"paris": {**OK, "address": "2001:db8::1"}}, "[address]:port for IPv6"),
        ({"paris": {**OK, "address": "2001:db8::1:9443"}}, "[address]:port for IPv6"),
        ({"paris": {**OK, "address": "[2001:db8::1]"}}, "address lacks"),
        ({"paris": {**OK, "address": "[par-1]:9443"}}, "[par-1] is no IPv6 address"),
        ({"paris": {**OK, "address": "a:1,b:1"}}, "a space or a comma"),
        ({"paris": {**OK, "address": ["a:1"]}}, "not a string"),
        ({"paris": {**OK, "mode": "sniff", "seeds": ["a"]}}, "seeds lacks the port"),
        # the key
        ({"paris": None}, "elasticsearch_remote_clusters.paris: it may read nothing"),
        ({"paris": {**OK, "renew_before": "soon"}}, "elasticsearch_remote_clusters.paris.renew_before: 'soon'"),
        # models and foreign clusters
        ({"paris": {**OK, "security_model": "certificate"}}, "search is an option of a cross-cluster API key"),
        (
            {"paris": {"security_model": "certificate", "expiration": "1d"}},
            "expiration is an option of a cross-cluster",
        ),
        ({"team": {"address": "a:1"}}, "credential is missing"),
        ({"team": {"ca": "/a", "address": "a:1"}}, "credential is missing"),
        ({"team": {"credential": "x"}}, "it has no address; write address: host:port"),
        ({"team": {"credential": "x", "address": "a:1", "search": "a"}}, "search is an option of a key that its own"),
        ({"team": {"credential": "x", "address": "a:1", "cluster": "paris"}}, "cluster and credential exclude"),
        ({"team": {"credential": "x", "address": "a:1", "security_model": "certificate"}}, "credential is not used"),
    ],
)
def test_refused(declared: Any, says: str) -> None:
    told = problems(declared)
    assert len(told) == 1, told
    assert says in told[0]


@pytest.mark.parametrize(
    ("topology", "says"),
    [
        ("mesh", "type is not one of chain, hub, mesh"),
        ({"type": ["mesh"]}, "type is not one of chain, hub, mesh"),
        ({"type": "ring"}, "type is not one of chain, hub, mesh"),
        ({"type": "mesh", "cluster": ["london"], "search": "a"}, "no option cluster (did you mean clusters?)"),
        ({"type": "mesh", "address": "a:1", "search": "a"}, "no option address"),
        ({"type": "mesh", "clusters": "london"}, "clusters: it is not a list of clusters"),
        ({"type": "mesh", "clusters": ["london", "pariss"], "search": "a"}, "did you mean paris?"),
        ({"type": "chain", "search": "a"}, "clusters: it is not a list of clusters"),
        ({"type": "chain", "clusters": ["london", "london"], "search": "a"}, "stands there twice"),
        ({"type": "hub", "search": "a"}, "hub: there is no cluster None"),
        ({"type": "hub", "hub": "rome", "spokes": ["rome", "paris"]}, "the hub rome is not a spoke"),
        ({"type": "mesh", "clusters": ["london", "paris"]}, "elasticsearch_topology, paris: it may read nothing"),
        (
            [{"type": "chain", "clusters": ["paris", "london"], "search": "a"}, {"type": "mesh", "search": "a"}],
            "elasticsearch_topology[1]: london already reads paris by another topology",
        ),
    ],
)
def test_refused_topology(topology: Any, says: str) -> None:
    told = problems(None, elasticsearch_topology=topology)
    assert len(told) == 1, told
    assert says in told[0]


@pytest.mark.parametrize(
    ("host", "variables", "says"),
    [
        ("paris", {"elasticsearch_remote_address": None}, "paris has no elasticsearch_remote_address; write"),
        ("paris", {"elasticsearch_remote_address": "par-1"}, "paris: elasticsearch_remote_address lacks the port"),
        ("paris", {"elasticsearch_remote_address": "{{ x }}:1"}, "elasticsearch_remote_address of paris: its template"),
        ("paris", {"elasticsearch_remote_server_name": "a b"}, "elasticsearch_remote_server_name of paris: 'a b'"),
        (
            "paris",
            {"elasticsearch_platform": "gke"},
            "elasticsearch_platform of paris: 'gke' is not one of self_managed",
        ),
        ("paris", {"elasticsearch_nodes_group": "x"}, "elasticsearch_nodes_group of paris: there is no group x"),
        ("london", {"elasticsearch_nodes_group": "london_node"}, "did you mean london_nodes?"),
    ],
)
def test_refused_variables(host: str, variables: dict[str, Any], says: str) -> None:
    declared = {"elasticsearch_remote_clusters": {"paris": OK}}
    hosts = inventory(**{"london": declared, host: {**(declared if host == "london" else {}), **variables}})
    with pytest.raises(TopologyError) as error:
        expand("london", hosts, GROUPS, templates_stay=True)
    assert says in str(error.value)


@pytest.mark.parametrize("where", ["london", "paris"])
@pytest.mark.parametrize("platform", ["ech", "ece", "eck"])
def test_managed_cluster_is_not_sniffed(where: str, platform: str) -> None:
    declared = {"elasticsearch_remote_clusters": {"paris": {**OK, "mode": "sniff"}}}
    hosts = inventory(london=declared)
    hosts[where]["elasticsearch_platform"] = platform
    with pytest.raises(TopologyError, match=f"{where} runs on {platform}, where only mode proxy"):
        expand("london", hosts, GROUPS)


def test_local_cluster_without_nodes() -> None:
    hosts = inventory(london={"elasticsearch_remote_clusters": {"paris": OK}})
    groups = {"elasticsearch_clusters": ["london", "paris"]}
    with pytest.raises(TopologyError, match="create the group london_nodes with its nodes, or set elasticsearch_platf"):
        expand("london", hosts, groups)
    hosts = inventory(london={"elasticsearch_remote_clusters": {"paris": {"security_model": "certificate"}}})
    assert expand("london", hosts, groups)["nodes"] == []


def test_both_security_models_side_by_side_have_an_address_each() -> None:
    declared = {"paris": OK, "paris-old": {"cluster": "paris", "security_model": "certificate"}}
    hosts = inventory(london={"elasticsearch_remote_clusters": declared})
    hosts["paris"]["elasticsearch_remote_transport_address"] = "par-1:9300"
    found = expand("london", hosts, GROUPS)["remote_clusters"]
    assert [entry["settings"]["proxy_address"].rpartition(":")[2] for entry in found] == ["9443", "9300"]
    assert [bool(entry["api_key"]) for entry in found] == [True, False]


def test_no_such_group_or_member() -> None:
    with pytest.raises(TopologyError, match="there is no group nope in the inventory"):
        expand("london", inventory(), GROUPS, "nope")
    with pytest.raises(TopologyError, match="lon-1: it is not in the group elasticsearch_clusters"):
        expand("lon-1", inventory(), GROUPS)


def test_all_problems_at_once() -> None:
    told = problems(
        {
            "london": OK,
            "paris": {"serch": "a", "address": "https://a", "expiration": "x"},
            "rome": {**OK, "mode": "sniff", "server_name": "a"},
            "node": OK,
        }
    )
    assert len(told) == 7
