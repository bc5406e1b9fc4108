# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.remote_cluster_preflight import (
    problems,
)

TRIAL = {"type": "trial", "status": "active", "allows_cross_cluster_api_keys": True}
BASIC = {"type": "basic", "status": "active", "allows_cross_cluster_api_keys": False}


def node(name: str, listener: bool = True, **changed: Any) -> dict[str, Any]:
    """As cluster_info describes it."""
    roles = ["data", "ingest", "master", "remote_cluster_client"]
    found = dict(name=name, roles=changed.pop("roles", roles), **changed)
    found["remote_cluster_client"] = "remote_cluster_client" in found["roles"]
    found["remote_cluster_server_address"] = f"{name}:9443" if listener else None
    return found


def cluster(
    uuid: str, version: str | None = "9.2.1", license: dict[str, Any] | None = None, *nodes: Any, **changed: Any
) -> dict[str, Any]:
    """Result of cluster_info."""
    described = [node(n) if isinstance(n, str) else n for n in nodes]
    found = dict(uuid=uuid, version=version, license=license or TRIAL, nodes=described, caller=None)
    return {"cluster": {**found, "missing_privileges": [], **changed}}


def london(**changed: Any) -> dict[str, Any]:
    version, license = changed.pop("version", "9.2.1"), changed.pop("license", TRIAL)
    return cluster("L", version, license, *changed.pop("nodes", ["lon-1", "lon-2"]), **changed)


def caller(username: str, kind: str = "realm") -> dict[str, str]:
    return {"username": username, "realm": "native1", "authentication_type": kind}


def alias(name: str = "paris", model: str = "api_key", **changed: Any) -> dict[str, Any]:
    return {"alias": name, "cluster": name, "security_model": model, "probes": [{"address": f"{name}:9443"}], **changed}


def host(name: str, **changed: Any) -> dict[str, Any]:
    """Result of node_info for an inventory host."""
    info = dict(node={"name": name}, keystore={"exists": True}, probes=[probe()])
    return {"item": f"host-{name}", "node_info": {**info, **changed}}


def replicated(name: str = "paris", **changed: Any) -> dict[str, Any]:
    return alias(name, api_key={"access": {"replication": [{"names": ["a"]}]}}, **changed)


def probe(address: str = "paris:9443", tcp: str | None = "ok", dns_error: str | None = None) -> dict[str, Any]:
    return dict(address=address, tcp=tcp, dns_error=dns_error)


HOSTS = [host("lon-1"), host("lon-2")]
PATHS = {"keystore": "/srv/c/elasticsearch.keystore"}
READ_ONLY = {"exists": True, "write_error": "/srv is on a read-only file system: mount it writable."}
PARIS = {"paris": cluster("P")}
UNREAD: list[dict[str, Any]] = [{"item": "host-lon-2", "unreachable": True, "msg": "it is down"}]
OPERATOR: dict[str, Any] = {"caller": caller("operator"), "missing_privileges": ["manage", "manage_security"]}


def test_a_keystore_that_another_program_rewrites_is_named() -> None:
    rewritten = host("lon-2", keystore={"exists": True, "rewritten": ["paris"]})
    found = problems([alias()], london(), [{**cluster("P"), "item": "paris"}], [HOSTS[0], rewritten], [])
    assert found["problems"] == []
    (note,) = found["notes"]
    assert note.startswith("host-lon-2: another program has rewritten the keystore, where paris had a credential")


def test_a_node_that_is_stopped_is_no_stranger() -> None:
    stopped = host("lon-3", node=None, running=False, settings={"cluster.name": "london"})
    found = problems([alias()], london(name="london"), [{**cluster("P"), "item": "paris"}], [*HOSTS, stopped], [])
    assert found["problems"] == []
    assert found["notes"] == [
        "host-lon-3: Elasticsearch does not run there; its keystore is kept up to date, and it is proven when it runs."
    ]
    stopped["node_info"]["settings"] = {"cluster.name": "rome"}
    found = problems([alias()], london(name="london"), [{**cluster("P"), "item": "paris"}], [*HOSTS, stopped], [])
    assert found["problems"][0].startswith("host-lon-3: no node of the local cluster runs there")


def test_a_stopped_node_that_can_not_be_read_stands_in_nobodys_way() -> None:
    left_out = {"item": "host-lon-2", "stopped": True, "msg": "no server runs there."}
    found = problems([alias()], london(nodes=["lon-1"]), [{**cluster("P"), "item": "paris"}], HOSTS[:1], [left_out])
    assert found["problems"] == []
    assert found["notes"] == ["host-lon-2 can't be read: no server runs there."]


def test_nodes_that_can_not_be_asked_themselves_are_told_before_anything_is_changed() -> None:
    proof = {"not_asked": {"lon-1": "at https://lb it is lon-2 that answers", "lon-2": "refused.", "lon-3": "refused."}}
    found = problems([alias()], london(), [{**cluster("P"), "item": "paris"}], HOSTS, [], proof=proof)
    one, two = found["problems"]
    assert one.startswith("lon-1 can't be asked what it reaches") and "it is lon-2 that answers; name a URL" in one
    assert two.startswith("lon-2, lon-3 can't be asked what it reaches") and "elasticsearch_node_urls" in two


@pytest.mark.parametrize(
    ("found_by", "local", "fits", "refused"),
    [
        ("node.name", True, None, False),
        ("node.name", False, None, True),
        # Behind NAT.
        ("node.name", False, True, False),
        ("node_name", False, None, False),
        ("node_name", False, False, True),
    ],
)
def test_an_address_that_no_interface_has(found_by: str, local: bool, fits: bool | None, refused: bool) -> None:
    node = {"name": "lon-2", "found_by": found_by, "address_is_local": local, "id_fits": fits}
    found = problems([alias()], london(), [{**cluster("P"), "item": "paris"}], [HOSTS[0], host("lon-2", node=node)], [])
    assert ["an address that is not the host's" in text for text in found["problems"]] == [True] * refused


@pytest.mark.parametrize(
    ("aliases", "local", "remotes", "read", "unread", "texts"),
    [
        pytest.param([alias()], london(), PARIS, HOSTS, [], [], id="nothing"),
        pytest.param([], london(), {}, [], [], [], id="nothing declared"),
        pytest.param([alias()], london(), PARIS, [], [], [], id="no nodes, as managed clusters have none"),
        pytest.param([alias(cluster=None)], london(), {}, HOSTS, [], [], id="a foreign remote cluster"),
        pytest.param([alias(probes=[])], london(), PARIS, HOSTS, [], [], id="nothing to probe"),
        pytest.param(
            [alias()],
            london(version="8.13.4"),
            {"paris": cluster("P", "7.17.0")},
            HOSTS,
            [],
            ["the local cluster has a node of version 8.13.4", "the remote cluster paris has a node of version 7.17.0"],
            id="versions",
        ),
        pytest.param(
            [alias()],
            london(version="8.14.0"),
            {"paris": cluster("P", "8.14.3")},
            HOSTS,
            [],
            [],
            id="the oldest version",
        ),
        pytest.param(
            [alias()],
            london(license=BASIC),
            {"paris": cluster("P", license={**TRIAL, "status": "expired", "allows_cross_cluster_api_keys": False})},
            HOSTS,
            [],
            [
                "the local cluster has a licence of type basic (active)",
                "the remote cluster paris has a licence of type trial (expired)",
            ],
            id="licences",
        ),
        pytest.param(
            [alias(model="certificate")],
            london(license=BASIC, version="8.13.0"),
            {"paris": cluster("P", "8.13.0", BASIC)},
            HOSTS,
            [],
            [],
            id="certificates need neither",
        ),
        pytest.param(
            [alias(), alias("rome", "certificate")],
            london(),
            {**PARIS, "rome": cluster("R", "9.2.0", BASIC)},
            HOSTS,
            [],
            [],
            id="nor do they beside an API key to another cluster",
        ),
        pytest.param(
            [alias()],
            london(),
            {"paris": cluster("L")},
            HOSTS,
            [],
            ["paris: the URLs of the local and the remote cluster lead to the same cluster"],
            id="same cluster",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [*HOSTS, host("other", node=None)],
            [],
            ["host-other: no node of the local cluster runs there"],
            id="a host without node",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            HOSTS[:1],
            [],
            ["No host in the inventory stands for the node lon-2; add it to the group"],
            id="a node without host",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host("lon-1", node=None)],
            [],
            [
                "host-lon-1: no node",
                "No host in the inventory stands for the nodes lon-1, lon-2; add them to the group",
            ],
            id="nodes without host",
        ),
        pytest.param([alias()], london(), PARIS, HOSTS[:1], UNREAD, [], id="the missing node may be the unread host"),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            HOSTS[:1],
            [host("lon-2", keystore={"exists": True, "error": "password: it is wrong."})],
            ["host-lon-2: password: it is wrong."],
            id="a keystore that can't be read",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", node={"name": "lon-2", "id": "2", "address_is_local": False})],
            [],
            ["host-lon-2: the node of that name has an address that is not the host's"],
            id="a node of the same name elsewhere",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [],
            UNREAD,
            ["No host in the inventory stands for the nodes lon-1, lon-2", "host-lon-2 can't be read: it is down."],
            id="one unread host is not two nodes",
        ),
        pytest.param(
            [alias()],
            london(nodes=["lon-1", node("m", roles=["master"])]),
            PARIS,
            HOSTS[:1],
            [],
            [],
            id="a node without the role needs no host",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", keystore={"exists": False})],
            [],
            ["host-lon-2: there is no keystore, so that the server runs with another directory"],
            id="keystore",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", keystore={"exists": False}, running=True, process=7, paths=PATHS)],
            [],
            ["host-lon-2: /srv/c/elasticsearch.keystore is missing, though a server runs with this directory (proc"],
            id="a keystore that was taken away from a running server",
        ),
        pytest.param(
            [alias()],
            london(name="elasticsearch"),
            PARIS,
            [*HOSTS, host("lon-3", node=None, keystore={"exists": False}, running=False, paths=PATHS)],
            [],
            ["host-lon-3: there is no /srv/c/elasticsearch.keystore; set elasticsearch_path_conf to the directory of"],
            id="no keystore where no server runs",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [HOSTS[0], host("lon-2", running=False)],
            [],
            ["host-lon-2: the cluster has this node, and no server is seen there"],
            id="no server is seen",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host(name, keystore=READ_ONLY) for name in ("lon-1", "lon-2")],
            [],
            ["host-lon-1 can't take credentials: /srv is on a read-only", "host-lon-2 can't take credentials: /srv is"],
            id="no node can take a credential",
        ),
        pytest.param(
            [alias()], london(), PARIS, [HOSTS[0], host("lon-2", keystore=READ_ONLY)], [], [], id="one node can take it"
        ),
        pytest.param(
            [alias()],
            london(cluster_secrets=True),
            PARIS,
            HOSTS,
            [],
            ["the local cluster gives its nodes secure settings by cluster_secrets in its file settings"],
            id="cluster_secrets",
        ),
        pytest.param([alias()], london(cluster_secrets=True), PARIS, [], [], [], id="cluster_secrets, managed"),
        pytest.param(
            [alias(model="certificate")],
            london(cluster_secrets=True),
            PARIS,
            HOSTS,
            [],
            [],
            id="cluster_secrets, no key",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host("lon-1", probes=[probe(tcp="refused")]), host("lon-2", probes=[probe(tcp="timeout")])],
            [],
            ["paris: paris:9443 can't be reached: from host-lon-1 it is refused, from host-lon-2 there is no answer;"],
            id="address",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [
                host("lon-1", probes=[probe(tcp=None, dns_error="unknown")]),
                host("lon-2", probes=[probe("rome:9443", tcp="refused"), probe(tcp="unreachable")]),
            ],
            [],
            ["paris: paris:9443 can't be reached: from host-lon-1 the name does not resolve, from host-lon-2 "],
            id="name, and another address",
        ),
        pytest.param(
            [alias(probes=[{"address": "paris:9443"}, {"address": "par-2:9443"}])],
            london(),
            PARIS,
            [
                host("lon-1", probes=[probe(tcp="refused"), probe("par-2:9443")]),
                host("lon-2", probes=[probe(tcp="timeout"), probe("par-2:9443", tcp="refused")]),
            ],
            [],
            ["paris: paris:9443, par-2:9443 can't be reached: from host-lon-2 there is no answer;"],
            id="one seed of two is enough",
        ),
        pytest.param(
            [alias()],
            {"msg": "Cannot read:\n it answered 401. Check username and password."},
            {"paris": {"msg": "Cannot reach it"}},
            [HOSTS[0], host("lon-2", keystore={"exists": False})],
            [{"item": "host-lon-3", "msg": "Missing sudo password", "unreachable": False}],
            [
                "the local cluster: Cannot read: it answered 401. Check username and password.",
                "the remote cluster paris: Cannot reach it.",
                "host-lon-3 can't be read: Missing sudo password.",
            ],
            id="no end tells anything",
        ),
        pytest.param([alias()], london(), {"paris": {}}, HOSTS, [], ["the remote cluster paris: no reason"], id="?"),
        pytest.param(
            [alias(), alias("rome")],
            london(version="9.1.0"),
            {"paris": cluster("P", "8.19.21"), "rome": cluster("R", "9.3.0", None, "r", node("r2", version="9.0.8"))},
            HOSTS,
            [],
            ["paris: Elastic does not support cross-cluster search from version 9.1.0 to version 8.19.21; upgrade"],
            id="a pair of versions",
        ),
        pytest.param(
            [alias()],
            london(nodes=[node("lon-1", version="9.1.3"), node("lon-2", version="9.2.1")]),
            {"paris": cluster("P", "9.0.0")},
            HOSTS,
            [],
            ["paris: Elastic does not support cross-cluster search from version 9.2.1 to version 9.0.0"],
            id="the newest node in an upgrade",
        ),
        pytest.param(
            [replicated(), alias("rome")],
            london(version="9.2.1"),
            {"paris": cluster("P", "9.2.2"), "rome": cluster("R", "9.2.2")},
            HOSTS,
            [],
            ["paris: a cluster can follow indices of one that has the same version or an older one, and 9.2.1 is"],
            id="a follower of an older version",
        ),
        pytest.param(
            [alias()],
            london(),
            {"paris": cluster("P", None)},
            HOSTS,
            [],
            ["the remote cluster paris has a node"],
            id="-",
        ),
        pytest.param(
            [alias(), alias("rome", "certificate")],
            london(**OPERATOR),
            {
                "paris": cluster("P", **{**OPERATOR, "missing_privileges": ["manage_security"]}),
                "rome": cluster("R", **OPERATOR),
            },
            HOSTS,
            [],
            [
                "the local cluster: the account operator (realm native1) lacks the cluster privilege manage; grant",
                "the remote cluster paris: the account operator (realm native1) lacks the cluster privilege manage_sec",
            ],
            id="privileges",
        ),
        pytest.param(
            [alias()],
            london(version="8.15.1", **{**OPERATOR, "missing_privileges": ["manage_security"]}),
            {"paris": cluster("P", "8.15.1")},
            HOSTS,
            [],
            ["the local cluster: the account operator (realm native1) lacks the cluster privilege manage_security"],
            id="a reload of 8.15.1 wants more",
        ),
        pytest.param(
            [alias("paris", "certificate")],
            london(version="8.15.1", **{**OPERATOR, "missing_privileges": ["manage_security"]}),
            {"paris": cluster("P", "8.15.1", **OPERATOR)},
            HOSTS,
            [],
            [],
            id="certificates need no reload",
        ),
        pytest.param(
            [alias()],
            london(caller=caller("op", "api_key")),
            {"paris": cluster("P", caller=caller("op", "api_key"))},
            HOSTS,
            [],
            ["the remote cluster paris: the account op (realm native1) is an API key, and Elasticsearch"],
            id="an API key makes no keys",
        ),
        pytest.param(
            [alias()],
            london(nodes=[node("lon-1", False), node("lon-2", False)]),
            {"paris": cluster("P", "9.2.1", None, node("par-1", False), node("par-2", False))},
            HOSTS,
            [],
            ["the remote cluster paris: the remote cluster server is off on par-1, par-2; set remote_cluster"],
            id="listener",
        ),
        pytest.param(
            [alias("paris", "certificate")],
            london(),
            {"paris": cluster("P", "9.2.1", None, node("par-1", False))},
            HOSTS,
            [],
            [],
            id="certificates need no listener",
        ),
        pytest.param(
            [alias()],
            london(nodes=[node("lon-1", roles=["master", "data"]), node("lon-2", roles=["data"])]),
            PARIS,
            HOSTS,
            [],
            ["No node of the local cluster has the role remote_cluster_client; add it to node.roles"],
            id="no node may reach out",
        ),
        pytest.param(
            [alias("rome"), replicated()],
            london(nodes=[node("m", roles=["master"]), node("lon-2", roles=["ingest", "remote_cluster_client"])]),
            {**PARIS, "rome": cluster("R")},
            HOSTS,
            [],
            [
                "paris: replication needs the role remote_cluster_client on every node with the role master; add",
                "paris: replication needs a data node with the role remote_cluster_client",
            ],
            id="roles for replication",
        ),
        pytest.param(
            [replicated()],
            london(nodes=[node("d", roles=["data_hot"]), "lon-2"]),
            PARIS,
            HOSTS,
            [],
            [],
            id="a data node without the role follows nothing",
        ),
        pytest.param(
            [alias()],
            london(),
            PARIS,
            [host("lon-1", pipelining=False), host("lon-2", pipelining=True)],
            [],
            ["host-lon-1: modules come as files"],
            id="pipelining",
        ),
        pytest.param(
            [alias()],
            london(version="8.13.0", license=BASIC),
            {"paris": cluster("L")},
            [host("lon-1", keystore={"exists": False}, probes=[probe(tcp="refused")]), host("x", node=None)],
            [],
            [
                "the local cluster has a node of version",
                "the local cluster has a licence",
                "paris: the URLs",
                "host-x: no node",
                "No host in the inventory stands for the node lon-2",
                "host-lon-1: there is no keystore, so that the server",
                "paris: paris:9443 can't be reached: from host-lon-1",
            ],
            id="several at once",
        ),
    ],
)
def test_problems(
    aliases: list[dict[str, Any]],
    local: dict[str, Any],
    remotes: dict[str, dict[str, Any]],
    read: list[dict[str, Any]],
    unread: list[dict[str, Any]],
    texts: list[str],
) -> None:
    found = asked(aliases, local, remotes, read, unread)["problems"]
    assert [text[: len(start)] for text, start in zip(found, texts, strict=False)] == texts
    assert len(found) == len(texts), found
    assert all(text.endswith(".") for text in found)


def test_report() -> None:
    found = asked(
        [alias()], london(version="8.13.0", license=BASIC), {"paris": {"msg": "No answer"}}, HOSTS[:1], UNREAD
    )
    assert found["report"].splitlines() == [
        "nothing was changed, 3 things stand in the way:",
        *("- " + text for text in [*found["problems"], *found["notes"]]),
    ]
    assert (len(found["problems"]), len(found["notes"])) == (3, 1)
    one = asked([alias()], london(), {"paris": {"msg": "No answer"}}, HOSTS, [])["report"]
    assert one == "nothing was changed, 1 thing stands in the way:\n- the remote cluster paris: No answer."


def asked(
    aliases: list[dict[str, Any]],
    local: dict[str, Any],
    remotes: dict[str, dict[str, Any]],
    read: list[dict[str, Any]],
    unread: list[dict[str, Any]],
    **more: Any,
) -> dict[str, Any]:
    return problems(aliases, local, [{"item": k, **v} for k, v in remotes.items()], read, unread, **more)


@pytest.mark.parametrize(
    ("local", "remotes", "unread", "texts"),
    [
        pytest.param(london(), PARIS, [], [], id="nothing"),
        pytest.param(london(), PARIS, UNREAD, ["host-lon-2 can't be read: it is down."], id="a node that is down"),
        pytest.param(
            london(),
            {
                "paris": cluster(
                    "P", "9.2.1", None, "par-1", node("par-2", False), node("par-3", False, roles=["master"])
                )
            },
            [],
            ["the remote cluster paris: the remote cluster server is off on par-2, so that no other cluster reaches"],
            id="listener of some",
        ),
        pytest.param(
            london(version="9.1.0"),
            {"paris": cluster("P", "8.19.21")},
            [],
            ["paris: Elastic does not support cross-cluster search from version 9.1.0 to version 8.19.21; it is tried"],
            id="unsupported, and allowed",
        ),
    ],
)
def test_notes(
    local: dict[str, Any], remotes: dict[str, dict[str, Any]], unread: list[dict[str, Any]], texts: list[str]
) -> None:
    found = asked([alias()], local, remotes, HOSTS, unread, allow_unsupported_versions=True)
    assert found["problems"] == []
    assert [text[: len(start)] for text, start in zip(found["notes"], texts, strict=True)] == texts


@pytest.mark.parametrize(
    ("credential", "text"),
    [
        ("aWQ6c2VjcmV0", None),
        ("", "partner: credential is empty; "),
        (None, "partner: credential is empty; "),
        ("my-id:my-secret", "partner: credential is not the encoded value of an API key"),
        ("aWQ6c2VjcmV0\n", "partner: credential is not the encoded value of an API key"),
    ],
)
def test_a_credential_that_no_node_takes(credential: str | None, text: str | None) -> None:
    foreign = alias("partner", cluster=None, foreign=True)
    found = problems([foreign], london(), [], HOSTS, [], credentials={"partner": credential})["problems"]
    assert [problem.startswith(text or "") for problem in found] == ([True] if text else [])
    assert not credential or credential not in str(found)
    # A managed cluster keeps it elsewhere.
    assert problems([foreign], london(), [], [], [], credentials={"partner": credential})["problems"] == []


def test_an_alias_of_a_file_is_told_before_nodes_get_a_credential_for_it() -> None:
    """With the credential it would turn into one of the API key model, at the address in the file."""
    settings = {"cluster.remote.paris.seeds": ["par-1:9300"], "cluster.remote.paris-2.mode": "proxy"}
    hosts = [HOSTS[0], host("lon-2", settings=settings)]
    (found,) = problems([alias()], london(), [{**cluster("P"), "item": "paris"}], hosts, [])["problems"]
    assert found.startswith("paris: elasticsearch.yml of host-lon-2 has cluster.remote.paris.*, which no API can ")


def test_a_leftover_credential_is_named_where_certificates_are_declared() -> None:
    holding = host("lon-2", credentials={"paris": "id"})
    found = problems(
        [alias(model="certificate")], london(), [{**cluster("P"), "item": "paris"}], [HOSTS[0], holding], []
    )
    (problem,) = found["problems"]
    assert "the keystore of host-lon-2 holds cluster.remote.paris.credentials" in problem
    assert "roles of the same names" in found["notes"][0]
