# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE, from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.names import alternative_names
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_writes as writes
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificates as plan
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    fingerprint,
)
from kit.certificates import Authority

ONE, TWO = (Authority(name).certificate.decode() for name in ("one", "two"))
WITH_NAMES = Authority("one").sign("es.lon.example", ["192.0.2.1"]).certificate.decode()
NOW = datetime.datetime(2026, 11, 25).timestamp()
BOTH = {
    name: [f"xpack.security.{purpose}.ssl.{name}" for purpose in ("transport", "http")]
    for name in ("certificate", "key")
}
CLUSTER = {
    "nodes": [
        {
            "name": "lon-1",
            "host": "10.0.0.1",
            "ip": "10.0.0.1",
            "url": "https://10.0.0.1:9200",
            "transport_address": "10.0.0.1:9300",
            "remote_cluster_server_address": "10.0.0.1:9443",
        }
    ]
}


def files(purpose: str, **changed: Any) -> dict[str, Any]:
    ssl = f"xpack.security.{purpose}.ssl."
    trusted = {"path": f"/etc/es/{purpose}_ca.crt", "pem": ONE, "unfinished": False, "error": None}
    found = {
        "configured": True,
        "format": "pem",
        "certificate": f"/etc/es/{purpose}.crt",
        "key": f"/etc/es/{purpose}.key",
        "keystore": None,
        "authorities": [{**trusted, "named_by": [f"{ssl}certificate_authorities"]}],
        "truststore": None,
        "pem": None,
        "pkcs12": None,
        "key_matches": None,
        "key_exists": False,
        "unfinished": False,
        "error": None,
        "outside": None,
        "one_file": False,
        "perhaps_named_by": [],
        "own": None,
        **changed,
    }
    names = {"certificate": "certificate", "key": "key", "keystore": "keystore.path"}
    settings = [ssl + setting for name, setting in names.items() if found[name]]
    named_by = {found[name]: [ssl + setting] for name, setting in names.items() if found[name]}
    return {"settings": settings, "named_by": named_by, **found}


def node(clock: float = NOW, **purposes: dict[str, Any]) -> dict[str, Any]:
    info = {
        "hostname": "lon-1.example",
        "addresses": ["10.0.0.1", "2001:db8::1"],
        "node": {"name": "lon-1"},
        "clock": clock,
        "running": True,
        "service_user": "elasticsearch",
        "paths": {"config": "/etc/es"},
        "certificate_files": purposes,
    }
    return {"item": "lon-1", "node_info": info}


def read_with(**told: Any) -> dict[str, Any]:
    read = node(http=files("http"))
    read["node_info"].update(told)
    return read


def made(purpose: str, **changed: Any) -> dict[str, Any]:
    return {
        "name": "lon-1",
        "purpose": purpose,
        "changed": True,
        "reason": "missing",
        "certificate": "CRT",
        "private_key": "KEY",
        "pkcs12": None,
        "sha256": "aa",
        "serial": "1f",
        **changed,
    }


def answered(*entries: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(entry["name"], entry["purpose"]): entry for entry in entries}


def test_names_of_the_node_and_of_its_purpose() -> None:
    purposes = {name: files(name) for name in ("transport", "remote_cluster_server")}
    names = {"remote_cluster_server": ["london.example", "192.0.2.7"], "lon-1": ["alias.example"]}
    found = plan.wanted([node(NOW, **purposes)], CLUSTER, list(purposes), names, NOW)
    assert found["problems"] == []
    assert [(c["purpose"], c["dns"], c["ip"]) for c in found["certificates"]] == [
        ("transport", ["lon-1", "lon-1.example", "alias.example"], ["10.0.0.1"]),
        (
            "remote_cluster_server",
            ["lon-1", "lon-1.example", "london.example", "alias.example"],
            ["10.0.0.1", "192.0.2.7"],
        ),
    ]
    assert [place["proofs"] for place in found["places"]] == [["10.0.0.1:9300"], ["10.0.0.1:9443"]]


@pytest.mark.parametrize("name", ["bad name", "https://paris.example", "paris.example:9443", "my_host", "10.0.0.0/8"])
def test_a_name_that_the_user_gives_is_not_left_out_but_refused(name: str) -> None:
    found = plan.wanted([node(http=files("http"))], CLUSTER, ["http"], {"http": [name]}, NOW)
    [option] = found["certificates"]
    with pytest.raises(PkiError, match="dns: "):
        alternative_names(option["dns"], option["ip"])


@pytest.mark.parametrize("name", ["es_data_1", "es_data_1.example", "data 1", "data.1", "7"])
def test_a_name_of_the_node_that_is_no_name_is_left_out(name: str) -> None:
    read = {**node(http=files("http")), "item": name}
    cluster = {"nodes": [{**CLUSTER["nodes"][0], "name": name}]}
    read["node_info"] = {**read["node_info"], "hostname": name, "node": {"name": name}}
    [option] = plan.wanted([read], cluster, ["http"], {}, NOW)["certificates"]
    assert alternative_names(option["dns"], option["ip"]) == ["IP:10.0.0.1"]


@pytest.mark.parametrize(
    "results, unlisted",
    [
        ([node(http=files("http"))], ["lon-2"]),
        ([node(http=files("http")), {"item": "lon-2", "msg": "no route"}], ["lon-2"]),
        ([], ["lon-1", "lon-2"]),
    ],
)
def test_nodes_that_the_inventory_lacks(results: list[dict[str, Any]], unlisted: list[str]) -> None:
    cluster = {"nodes": [*CLUSTER["nodes"], {**CLUSTER["nodes"][0], "name": "lon-2"}]}
    assert plan.wanted(results, cluster, ["http"], {}, NOW)["unlisted"] == unlisted


@pytest.mark.parametrize(
    "installed, dns, ip",
    [
        (None, ["lon-1", "lon-1.example"], ["10.0.0.1", "2001:db8::1"]),
        ("no certificate", ["lon-1", "lon-1.example"], ["10.0.0.1", "2001:db8::1"]),
        (WITH_NAMES, ["lon-1", "lon-1.example", "es.lon.example", "localhost"], ["192.0.2.1", "127.0.0.1"]),
    ],
    ids=["none", "broken", "there"],
)
def test_a_node_that_is_stopped_keeps_its_names(installed: str | None, dns: list[str], ip: list[str]) -> None:
    read = node(http=files("http", pem=installed))
    read["node_info"].update(node=None, running=False)
    [option] = plan.wanted([read], {"nodes": []}, ["http"], {}, NOW)["certificates"]
    assert (option["dns"], option["ip"]) == (dns, ip)


@pytest.mark.parametrize("running, found", [(True, 1), (False, 0)])
def test_a_node_that_does_not_look_at_its_files(running: bool, found: int) -> None:
    cluster = {**CLUSTER, "nodes": [{**entry, "reload_interval": None} for entry in CLUSTER["nodes"]]}
    read = node(http=files("http"))
    read["node_info"]["running"] = running
    problems = plan.wanted([read], cluster, ["http"], {}, NOW)["problems"]
    assert len([text for text in problems if "resource.reload.enabled is false" in text]) == found


@pytest.mark.parametrize("purposes", [["transport", "http"], ["http", "transport"]])
def test_one_file_for_two_purposes(purposes: list[str]) -> None:
    names = {"/etc/es/node.crt": BOTH["certificate"], "/etc/es/node.key": BOTH["key"]}
    same: dict[str, Any] = {"named_by": names, "certificate": "/etc/es/node.crt", "key": "/etc/es/node.key"}
    read = node(transport=files("transport", **same), http=files("http", **same))
    found = plan.wanted([read], CLUSTER, purposes, {"http": ["api.example"]}, NOW)
    assert found["problems"] == []
    # What is for a server alone would not be accepted from a node that connects to another one.
    assert [(c["purpose"], p["purpose"]) for c, p in zip(found["certificates"], found["places"])] == [
        ("transport", "transport")
    ]
    assert "api.example" in found["certificates"][0]["dns"]
    assert sorted(found["places"][0]["proofs"]) == ["10.0.0.1:9200", "10.0.0.1:9300"]


def without_tls(value: Any) -> dict[str, Any]:
    """As behind a proxy; what was there before is still named."""
    result = node(http=files("http"))
    result["node_info"]["settings"] = {"xpack.security.http.ssl.enabled": value}
    return result


@pytest.mark.parametrize(
    "result, problem",
    [
        ({"item": "lon-1", "msg": "no route"}, "lon-1 can't be read: no route"),
        (node(clock=NOW - 7200, http=files("http")), "lon-1: its clock is 7200 s behind the controller's"),
        (read_with(write_error="the account ops may not replace /etc/es"), "lon-1: the account ops may not replace"),
        (read_with(pipelining=False), "lon-1: modules come as files, and private keys must not lie in one"),
        (node(http=files("http", error="x can't be read")), "lon-1: x can't be read"),
        (node(http=files("http", certificate=None)), "lon-1: elasticsearch.yml names no certificate for http"),
        (node(http=files("http", keystore="/etc/es/http.jks")), "http.jks, which is no PKCS#12 file"),
        (node(http=files("http", keystore="/etc/es/http.p12")), "set elasticsearch_certificate_keystore_password"),
        (without_tls(False), "lon-1: it shows no certificate for http, because xpack.security.http.ssl.enabled"),
        (without_tls("false"), "leave http out of elasticsearch_certificate_purposes"),
    ],
)
def test_problems(result: dict[str, Any], problem: str) -> None:
    found = plan.wanted([result], CLUSTER, ["http"], {}, NOW)
    assert len(found["problems"]) == 1
    assert problem in found["problems"][0]


@pytest.mark.parametrize("configured", [True, False])
def test_pkcs12_and_its_password(configured: bool) -> None:
    bundle = files("http", format="pkcs12", keystore="/etc/es/http.p12", key=None, certificate=None, pkcs12="MII=")
    nodes = [node(transport={**bundle, "configured": configured}, http={**bundle, "configured": configured})]
    found = plan.wanted(nodes, CLUSTER, ["transport", "http"], {}, NOW, {"lon-1": "a password"})
    [option] = found["certificates"]
    assert (option["format"], option["installed_pkcs12"], option["password"]) == ("pkcs12", "MII=", "a password")
    # Ansible takes one of both, also when it is null.
    assert "installed" not in option
    names = ("transport", "http")
    settings = {f"xpack.security.{name}.ssl.keystore.secure_password": "a password" for name in names}
    assert found["passwords"] == {"lon-1": {"settings": settings, "read": configured}}
    write = writes.writes(found["places"], answered(made("transport", certificate=None, pkcs12="MII=")))["lon-1"]
    assert write["files"] == [{"path": "/etc/es/http.p12", "pkcs12": "MII="}]


def issued(given: Any, **changed: Any) -> dict[str, Any]:
    return plan.wanted(
        [node(http=files("http", **changed))],
        CLUSTER,
        ["http"],
        {"http": ["api.example"]},
        NOW,
        issued={"lon-1": {"http": given}} if given else {},
        issued_purposes=["http"],
    )


def test_what_was_issued_elsewhere_needs_the_declared_names_only() -> None:
    found = issued({"certificate": ONE, "private_key": "KEY"})
    assert found["problems"] == []
    [option] = found["certificates"]
    assert (option["dns"], option["ip"]) == (["api.example"], [])
    assert (option["issued_certificate"], option["issued_private_key"]) == (ONE, "KEY")
    # The module gives back no key that it was given.
    write = writes.writes(found["places"], answered(made("http", private_key=None)))["lon-1"]
    assert [file["content"] for file in write["files"]] == ["KEY\n", "CRT"]


@pytest.mark.parametrize(
    "given, there, problem",
    [
        (None, {}, "it has no certificate for http, and the cluster's authority does not sign"),
        (None, {"pem": ONE, "key_exists": True}, None),
        ({"certificate": ONE}, {"key_exists": True}, None),
        ({"certificate": ONE}, {}, "the private key for http is needed, because the node has none"),
        ({"private_key": "KEY"}, {}, "must be a map with certificate and private_key"),
        ({"certificate": ONE, "key": "KEY"}, {}, "must be a map with certificate and private_key"),
        (ONE, {}, "must be a map with certificate and private_key"),
    ],
)
def test_what_was_issued_elsewhere(given: Any, there: dict[str, Any], problem: str | None) -> None:
    problems = issued(given, **there)["problems"]
    assert len(problems) == bool(problem)
    assert not problem or problem in problems[0]


def test_issued_elsewhere_and_an_authority_that_signs() -> None:
    given = {"lon-1": {"http": {"certificate": ONE}}}
    found = plan.wanted([node(http=files("http"))], CLUSTER, ["http"], {}, NOW, issued=given)
    assert "a certificate for http was issued elsewhere, and the cluster's authority signs" in found["problems"][0]


def test_writes_key_and_certificate_together_with_their_proof() -> None:
    wanted = plan.wanted([node(http=files("http"))], CLUSTER, ["http"], {}, NOW)
    assert writes.writes(wanted["places"], answered(made("http"))) == {
        "lon-1": {
            "files": [
                {"path": "/etc/es/http.key", "content": "KEY"},
                {"path": "/etc/es/http.crt", "content": "CRT"},
            ],
            "proofs": [{"address": "10.0.0.1:9200", "sha256": "aa"}],
            "reasons": ["http: missing"],
            "path_conf": "/etc/es",
            "service_user": "elasticsearch",
            "make_directory": False,
        }
    }
    assert writes.serials(wanted["places"], answered(made("http"))) == {"lon-1": ["1f"]}
    assert writes.writes(wanted["places"], answered(made("http", changed=False))) == {}


def test_an_interrupted_write_is_proven_again() -> None:
    wanted = plan.wanted([node(http=files("http", unfinished=True))], CLUSTER, ["http"], {}, NOW)
    kept = made("http", changed=False, reason="", certificate=None, private_key=None)
    write = writes.writes(wanted["places"], answered(kept))["lon-1"]
    assert [file["content"] for file in write["files"]] == [None, None]
    assert write["reasons"] == ["http: interrupted"]


@pytest.mark.parametrize("unfinished, found", [(True, ["http: interrupted"]), (False, [])])
def test_an_interrupted_write_is_proven_where_the_nodes_make_their_keys(unfinished: bool, found: list[str]) -> None:
    """What fits already needs no request."""
    read = [node(http=files("http", unfinished=unfinished))]
    wanted = plan.wanted(read, CLUSTER, ["http"], {}, NOW, requests={})
    kept = [made(option["purpose"], changed=False, reason="") for option in wanted["certificates"]]
    write = writes.writes(wanted["places"], answered(*kept))
    assert [reason for write in write.values() for reason in write["reasons"]] == found


DERS = [from_pem(text)[0] for text in (ONE, TWO)]
SHA_ONE, SHA_TWO = (fingerprint(der) for der in DERS)
PRUNE = {"http": {"stopped": None, "owners": ["u-1"]}}


def marked(text: str, *owners: str) -> str:
    of = f" of {' '.join(owners)}" if owners else ""
    return f"# Added by crosscluster.elasticsearch: {fingerprint(from_pem(text)[0])}{of}\n{text}"


def trusting(text: str | None) -> dict[str, Any]:
    return node(http=files("http", authorities=[authority("http_ca", text)]))


def authority(name: str, text: str | None) -> dict[str, Any]:
    setting = "xpack.security.http.ssl.certificate_authorities"
    path = f"/etc/es/{name}.crt"
    return {"path": path, "pem": text, "unfinished": False, "error": None, "named_by": [setting]}


def written(found: dict[str, Any]) -> list[str]:
    return [file["content"] for write in found["writes"].values() for file in write["files"]]


@pytest.mark.parametrize(
    "there, need, content",
    [
        (ONE, [ONE], None),
        (ONE, [TWO], ONE + marked(TWO)),
        (None, [ONE, TWO], marked(ONE) + marked(TWO)),
        (ONE, [], None),
        ("# by hand\n" + ONE, [TWO], "# by hand\n" + ONE + marked(TWO)),
    ],
)
def test_what_is_trusted_is_added(there: str | None, need: list[str], content: str | None) -> None:
    found = plan.bundles([trusting(there)], {"http": need})
    assert (found["problems"], found["kept"]) == ([], [])
    assert written(found) == ([content] if content else [])


def test_whose_authority_it_is_becomes_known() -> None:
    owned = {"http": [{"pem": ONE, "owner": "u-1"}]}
    found = plan.bundles([trusting(marked(ONE))], owned)
    assert written(found) == [marked(ONE, "u-1")]
    assert found["writes"]["lon-1"]["reasons"] == ["http: marked"]
    assert plan.bundles([trusting(marked(ONE, "u-1"))], owned)["writes"] == {}


@pytest.mark.parametrize(
    "there, prune, untrusted, content, kept",
    [
        pytest.param(
            marked(ONE, "u-1") + TWO, PRUNE, [], TWO, None, id="this collection's, of a cluster that was seen"
        ),
        pytest.param(ONE + TWO, PRUNE, [], None, None, id="somebody else's"),
        pytest.param(marked(ONE) + TWO, PRUNE, [], None, "are not dealt with by this run", id="of nobody known"),
        pytest.param(marked(ONE, "u-2") + TWO, PRUNE, [], None, "are not dealt with by this run", id="of another one"),
        pytest.param(marked(ONE, "u-1", "u-2") + TWO, PRUNE, [], None, "are not dealt with by this run", id="of both"),
        pytest.param(
            marked(ONE, "u-1") + TWO, {"http": {"stopped": "the reason", "owners": []}}, [], None, "the reason"
        ),
        pytest.param(marked(ONE, "u-1") + TWO, {}, [], None, None, id="another purpose"),
        pytest.param(marked(ONE, "u-1") + TWO, None, [SHA_ONE], None, None, id="not yet"),
        pytest.param(ONE + TWO, PRUNE, [SHA_ONE], TWO, None, id="named for removal"),
        pytest.param(
            marked(ONE, "u-2") + TWO, {"http": {"stopped": "x", "owners": []}}, [SHA_ONE], TWO, None, id="named"
        ),
    ],
)
def test_what_is_taken_away(
    there: str, prune: dict[str, Any] | None, untrusted: list[str], content: str | None, kept: str | None
) -> None:
    found = plan.bundles([trusting(there)], {"http": [TWO]}, prune, untrusted)
    assert written(found) == ([content] if content else [])
    assert len(found["kept"]) == bool(kept)
    if kept:
        assert found["kept"][0].startswith(f"CN=one (http, SHA-256 {SHA_ONE}): ")
        assert kept in found["kept"][0] and found["kept"][0].endswith(" on lon-1")


def test_one_of_before_that_others_have_put_there_is_told() -> None:
    need = {"http": [{"pem": TWO, "owner": "u-1", "earlier": [SHA_ONE]}]}
    found = plan.bundles([trusting(ONE + TWO)], need, PRUNE)
    assert found["writes"] == {}
    assert "this collection has not put it there on lon-1" in found["kept"][0]


def test_one_that_is_named_and_stands_in_another_file() -> None:
    there = [authority("partners", ONE), authority("http_ca", marked(TWO))]
    read = [node(http=files("http", authorities=there))]
    found = plan.bundles(read, {"http": [TWO]}, PRUNE, [SHA_ONE])
    assert found["writes"] == {}
    assert "it stands in a file that is not written here" in found["kept"][0]
    assert plan.bundles(read, {"http": [TWO]}, PRUNE)["kept"] == []


def test_the_last_one_stays() -> None:
    """Elasticsearch does not start with a file without a certificate."""
    assert plan.bundles([trusting(marked(ONE, "u-1"))], {"http": []}, PRUNE)["writes"] == {}


def test_an_authority_that_is_made_first() -> None:
    found = plan.bundles([node(http=files("http"))], {"http": [ONE + TO_BE_MADE]})
    assert found["writes"]["lon-1"]["reasons"] == ["http: +an authority that is made first"]


@pytest.mark.parametrize(
    "need, reason",
    [
        (TO_BE_MADE, "http: -CN=one ("),
        (TWO + TO_BE_MADE, "http: +CN=two ("),
        # Nothing is taken away, and what comes is foretold where it is added.
        (ONE + TO_BE_MADE, None),
    ],
)
def test_an_authority_is_taken_away_though_the_one_instead_is_not_made_yet(need: str, reason: str | None) -> None:
    found = plan.bundles([trusting(marked(ONE, "u-1"))], {"http": [need]}, PRUNE)
    assert found["problems"] == []
    reasons = [reason for write in found["writes"].values() for reason in write["reasons"]]
    assert len(reasons) == bool(reason)
    assert not reason or (reasons[0].startswith(reason) and "-CN=one" in reasons[0])


@pytest.mark.parametrize(
    "changed, problem",
    [
        ({"authorities": [], "truststore": "/x.p12"}, "truststore.path is set"),
        ({"authorities": []}, "certificate_authorities is not set"),
    ],
)
def test_bundles_that_can_not_be_written(changed: dict[str, Any], problem: str) -> None:
    found = plan.bundles([node(http=files("http", **changed))], {"http": [TWO]})
    assert problem in found["problems"][0]
    assert plan.bundles([node(http=files("http", **changed))], {"http": []})["problems"] == []


def test_who_trusts_whom() -> None:
    def remote(cluster: str | None, model: str, ca: Any = None) -> dict[str, Any]:
        return {"alias": cluster or "partner", "cluster": cluster, "security_model": model, "ca": ca}

    expanded: dict[str, Any] = {
        "london": {"nodes": ["lon-1"], "remote_clusters": [remote("paris", "api_key"), remote("rome", "certificate")]},
        "paris": {"nodes": ["par-1"], "remote_clusters": [remote(None, "api_key", "CA")]},
        "rome": {"nodes": ["rom-1"], "remote_clusters": []},
        "oslo": {"nodes": ["osl-1"], "remote_clusters": [remote(None, "api_key"), remote(None, "certificate", ["CA"])]},
    }
    none: dict[str, Any] = {
        "clusters": [],
        "without_nodes": [],
        "authorities": [],
        "undeclared": [],
        "declared": [],
        "left_out": {},
    }
    # Nothing is known of that one, so that nothing may be taken away.
    assert plan.trusts("oslo", expanded) == {
        "remote_cluster_client": {**none, "undeclared": ["partner"], "declared": ["partner"]},
        "transport": {**none, "authorities": ["CA"], "declared": ["partner"]},
    }
    assert plan.trusts("london", expanded) == {
        "remote_cluster_client": {**none, "clusters": ["paris"], "declared": ["paris"]},
        "transport": {**none, "clusters": ["rome"], "declared": ["rome"]},
    }
    managed = {**expanded, "paris": {**expanded["paris"], "nodes": []}}
    assert plan.trusts("london", managed)["remote_cluster_client"]["without_nodes"] == ["paris"]
    assert plan.trusts("rome", expanded, ["rome"]) == {
        "remote_cluster_client": none,
        "transport": {**none, "clusters": ["london"], "left_out": {"london": ["lon-1"]}},
    }
    assert plan.trusts("london", expanded, ["london"])["transport"]["left_out"] == {"rome": ["rom-1"]}
    for play, left_out in ((["paris"], {"london": ["lon-1"]}), (["paris", "london"], {})):
        client = plan.trusts("paris", expanded, play)["remote_cluster_client"]
        assert client == {**none, "authorities": ["CA"], "declared": ["partner"], "left_out": left_out}


@pytest.mark.parametrize(
    "result, trusted, found",
    [
        (node(http=files("http")), ONE, []),
        (node(http=files("http")), TWO, ["lon-1 of london"]),
        (node(http=files("http")), ONE + TO_BE_MADE, ["lon-1 of london"]),
        (node(http=files("http", authorities=[])), ONE, ["lon-1 of london"]),
        ({"item": "lon-1", "unreachable": True}, ONE, ["lon-1 of london"]),
    ],
)
def test_who_does_not_trust_yet(result: dict[str, Any], trusted: str, found: list[str]) -> None:
    left_out = {"http": {"london": ["lon-1"]}, "transport": {}}
    assert plan.distrusting([result], {"http": [trusted]}, left_out) == found
