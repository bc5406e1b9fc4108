# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import ipaddress
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from cryptography import x509

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from kit import KitError, distribution, hosts, inventory, jdk, local, places, preflight, up
from kit.certificates import Authority
from kit.cluster import Trust, files, settings
from kit.model import ClusterSpec, NodeState, Server, State, node_names, parse_remotes
from kit.scenery import VALUES, Scenery

ACCOUNTS = {"operator": "secret", "ops": "another secret"}


def state(mode: str = "hosts") -> State:
    nodes = [
        NodeState("lon-1", "london", "9.2.0", "/jdk25", "10.99.0.11", address="lon-1"),
        NodeState("lon-2", "london", "9.2.0", "/jdk25", "10.99.0.12", address="lon-2", spare=True),
        NodeState("par-1", "paris", "8.19.21", "/jdk17", "10.99.0.13", address="par-1"),
    ]
    return State("kit-1", mode, "", nodes, {"london": ["paris"]})


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("london=2", ClusterSpec("london", 2)),
        ("london=2+1", ClusterSpec("london", 2, 1)),
        ("c1=1+0", ClusterSpec("c1", 1)),
        ("berlin=1@8.19.21", ClusterSpec("berlin", 1, 0, "8.19.21")),
        ("berlin=1+2@8.19.21", ClusterSpec("berlin", 1, 2, "8.19.21")),
    ],
)
def test_cluster_is_parsed(text: str, spec: ClusterSpec) -> None:
    assert ClusterSpec.parse(text) == spec


@pytest.mark.parametrize(
    "text", ["london", "london=", "london=0", "London=1", "=1", "lon-don=1", "london=1+", "1=1", "a=1@", "a=1@9"]
)
def test_bad_cluster_names_the_option(text: str) -> None:
    with pytest.raises(KitError, match="--cluster"):
        ClusterSpec.parse(text)


def test_remotes() -> None:
    clusters = ["london", "paris", "rome"]
    assert parse_remotes(["london:paris", "london:rome"], clusters) == {"london": ["paris", "rome"]}
    with pytest.raises(KitError, match="--remote london:berlin"):
        parse_remotes(["london:berlin"], clusters)


def test_node_names_are_short_where_that_is_unique() -> None:
    names = [
        name
        for name, _dummy_cluster, _dummy_spare in node_names([ClusterSpec("london", 1, 1), ClusterSpec("paris", 1)])
    ]
    assert names == ["lon-1", "lon-2", "par-1"]
    names = [
        name for name, _dummy_cluster, _dummy_spare in node_names([ClusterSpec("east1", 1), ClusterSpec("east2", 1)])
    ]
    assert names == ["east1-1", "east2-1"]


KITS = {number: jdk.Jdk(Path(f"/jdk{number}"), number) for number in (11, 17, 21, 25)}


@pytest.mark.parametrize(
    ("wanted", "found", "version", "java"),
    [
        (None, [17, 21, 25], jdk.NEWEST, 21),
        (None, [25, 17], jdk.NEWEST, 25),
        (None, [11, 17], jdk.NEWEST_8, 17),
        ("8.19.8", [11, 17, 21], "8.19.8", 17),
    ],
)
def test_version_follows_java(wanted: str | None, found: list[int], version: str, java: int) -> None:
    chosen, kit, remark = jdk.choose(wanted, [KITS[number] for number in found])
    assert (chosen, kit.major) == (version, java)
    assert bool(remark) == (wanted is None and version != jdk.NEWEST)


@pytest.mark.parametrize(("wanted", "found"), [(None, []), (None, [11]), ("9.2.0", [17])])
def test_no_java_is_one_sentence(wanted: str | None, found: list[int]) -> None:
    with pytest.raises(KitError, match="ES_JAVA_HOME"):
        jdk.choose(wanted, [KITS[number] for number in found])


def test_everything_missing_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(distribution.VARIABLE, raising=False)
    monkeypatch.setattr(jdk, "find", list)
    monkeypatch.setattr(preflight.shutil, "which", lambda name, path=None: None)
    monkeypatch.setattr(preflight, "available_memory", lambda: 0)
    monkeypatch.setattr(distribution, "archive_of", lambda version: Path("/nowhere"))
    with pytest.raises(KitError) as problem:
        preflight.check("1.0.0", [ClusterSpec("london", 3)], local=False)
    lines = str(problem.value).splitlines()
    assert [word in line for word, line in zip(["1.0.0", "JDK", "Maven", "memory"], lines, strict=True)] == [True] * 4


def test_missing_distribution_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(distribution.VARIABLE, "/nowhere/elasticsearch-9.2.0.tar.gz")
    with pytest.raises(KitError, match=f"{distribution.VARIABLE}: .* does not exist"):
        preflight.check(None, [ClusterSpec("london", 1)], local=True)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(distribution.VARIABLE, raising=False)
    monkeypatch.setattr(jdk, "find", lambda: [KITS[17], KITS[25]])
    monkeypatch.setattr(preflight, "problems", lambda nodes, need_maven: [])


@pytest.mark.usefixtures("machine")
def test_each_version_has_its_java() -> None:
    plan = preflight.check(None, [ClusterSpec("london", 2), ClusterSpec("berlin", 1, version="8.19.21")], local=True)
    assert (plan.version, plan.jdks) == (jdk.NEWEST, {jdk.NEWEST: KITS[25], "8.19.21": KITS[17]})
    plan = preflight.check("8.19.21", [ClusterSpec("london", 2), ClusterSpec("berlin", 1, version="9.2.0")], local=True)
    assert (plan.version, plan.jdks) == ("8.19.21", {"8.19.21": KITS[17], "9.2.0": KITS[25]})


@pytest.mark.usefixtures("machine")
def test_a_given_distribution_has_its_own_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    archive = tmp_path / "elasticsearch-9.1.0-linux-x86_64.tar.gz"
    archive.touch()
    monkeypatch.setenv(distribution.VARIABLE, str(archive))
    plan = preflight.check(None, [ClusterSpec("london", 2), ClusterSpec("berlin", 1, version="8.19.21")], local=True)
    assert (plan.version, plan.jdks) == ("9.1.0", {"9.1.0": None, "8.19.21": KITS[17]})
    with pytest.raises(KitError, match=r"--version 9\.2\.0"):
        preflight.check("9.2.0", [ClusterSpec("london", 2)], local=True)


def test_version_of_a_given_archive() -> None:
    assert distribution.given_version(Path("/x/elasticsearch-9.1.0-linux-x86_64.tar.gz")) == "9.1.0"


@pytest.mark.parametrize("text", VALUES["text"])
def test_a_text_says_the_same_in_each_way_of_writing(text: str) -> None:
    settings = {
        "cluster.name": "london",
        "discovery.seed_hosts": ["lon-1", "lon-2:9300"],
        "node.store.allow_mmap": False,
    }
    written = Scenery(text=text).write(yaml.safe_dump(settings, sort_keys=False)).decode("utf-8-sig")
    # The one thing that Elasticsearch takes and PyYAML does not.
    assert yaml.safe_load(written.replace("\t#", " #")) == settings


def test_a_scenery_that_there_is_not() -> None:
    with pytest.raises(KitError, match=r"scenery: text is one of plain, .*, not typed"):
        Scenery.parse(["text=typed"])
    with pytest.raises(KitError, match="KIND is one of installation, "):
        Scenery.parse(["colour=red"])


@pytest.mark.parametrize(("issuer", "certificates"), [(None, 1), (Authority("root"), 2)], ids=["root", "intermediate"])
def test_what_an_intermediate_signs_brings_it_along(issuer: Authority | None, certificates: int) -> None:
    authority = Authority("CA", issuer=issuer, usages=False)
    chain = x509.load_pem_x509_certificates(authority.sign("lon-1", []).certificate)
    assert len(chain) == certificates
    [trusted] = x509.load_pem_x509_certificates(authority.certificate)
    chain[-1].verify_directly_issued_by(trusted)


def test_inventory_of_hosts() -> None:
    paths = [Path(name) for name in ("/ca.pem", "/key", "/known_hosts", "/control")]
    children = inventory.build(state(), paths[0], ACCOUNTS, *paths[1:])["all"]["children"]
    assert children["elasticsearch_clusters"]["hosts"] == {
        "london": {
            "elasticsearch_url": "https://10.99.0.11:9200",
            "elasticsearch_remote_address": "lon-1:9443",
            "elasticsearch_remote_clusters": {"paris": {"search": ["*"]}},
        },
        "paris": {"elasticsearch_url": "https://10.99.0.13:9200", "elasticsearch_remote_address": "par-1:9443"},
    }
    assert children["london_nodes"] == {"hosts": {"lon-1": {"ansible_host": "10.99.0.11"}}}
    assert children["elasticsearch_nodes"]["vars"]["ansible_become"] is True


def test_nodes_that_share_a_host() -> None:
    names = node_names([ClusterSpec("london", 2, version="9.2.0"), ClusterSpec("paris", 1, version="9.2.0")])
    servers = {"9.2.0": Server("9.2.0", Path("/home"), Path("/jdk"))}
    scenery = Scenery(installation="instances")
    lab = State("kit-1", "hosts", "", hosts.place(names, servers, scenery), scenery=scenery)
    assert lab.hosts == ["lon-1", "par-1"]
    assert [(n.url, n.remote_port, n.service) for n in lab.nodes_on("lon-1")] == [
        ("https://10.99.0.11:9200", 9443, "elasticsearch@hot"),
        ("https://10.99.0.11:9201", 9444, "elasticsearch@warm"),
    ]
    second = lab.nodes_of("london")[1]
    made = settings(lab, second, {"data": second.data, "logs": second.logs}, full=False)
    assert made["discovery.seed_hosts"] == ["lon-1:9300", "lon-1:9301"]
    assert made["path.data"] == "/var/lib/elasticsearch/warm"
    with pytest.raises(KitError, match="2 nodes at most"):
        hosts.place(node_names([ClusterSpec("london", 3, version="9.2.0")]), servers, scenery)


@pytest.mark.parametrize(
    ("values", "administrators", "node"),
    [
        ({}, "https://10.99.0.11:9200", "https://10.99.0.11:9200"),
        ({"network": "proxy"}, "https://10.99.0.11:8443", "http://10.99.0.11:9200"),
        ({"network": "ipv6"}, "https://[fd00:99::11]:9200", "https://[fd00:99::11]:9200"),
        ({"authority": "wildcard"}, "https://lon-1.lab.example:9200", "https://10.99.0.11:9200"),
        (
            {"authority": "wildcard", "network": "proxy"},
            "https://lon-1.lab.example:8443",
            "http://10.99.0.11:9200",
        ),
    ],
)
def test_where_a_cluster_and_its_node_are_asked(values: dict[str, str], administrators: str, node: str) -> None:
    scenery = Scenery(**values)
    servers = {"9.2.0": Server("9.2.0", Path("/es"), Path("/jdk"))}
    nodes = hosts.place(node_names([ClusterSpec("london", 1, version="9.2.0")]), servers, scenery)
    lab = State("kit-1", "hosts", "", nodes, scenery=scenery)
    assert (lab.url("london"), nodes[0].url) == (administrators, node)


def test_inventory_of_processes_names_what_ansible_cannot_find() -> None:
    paths = [Path(name) for name in ("/ca.pem", "/key", "/known_hosts", "/control")]
    children = inventory.build(state("local"), paths[0], ACCOUNTS, *paths[1:])["all"]["children"]
    assert set(children["paris_nodes"]["hosts"]["par-1"]) == {
        "elasticsearch_node_name",
        "elasticsearch_home",
        "elasticsearch_path_conf",
    }
    # It wins over what tasks say; sudo may not be installed where nobody needs it.
    assert children["elasticsearch_nodes"]["vars"]["ansible_become"] is False


def test_a_spare_joins_and_does_not_found_a_cluster() -> None:
    lab = state()
    paths = {"data": "/d", "logs": "/l"}
    first, spare = (settings(lab, node, paths, full=False) for node in lab.nodes[:2])
    assert first["cluster.initial_master_nodes"] == ["lon-1"]
    assert "cluster.initial_master_nodes" not in spare
    assert spare["discovery.seed_hosts"] == ["lon-1", "lon-2"]


def test_certificates_name_host_and_addresses() -> None:
    signed = x509.load_pem_x509_certificate(Authority("CA").sign("lon-1", ["10.99.0.11"]).certificate)
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["lon-1", "localhost"]
    addresses = [ipaddress.ip_address("10.99.0.11"), ipaddress.ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.IPAddress) == addresses


def test_remote_port_has_an_authority_of_its_own() -> None:
    lab = state()
    trust = Trust(lab.clusters, Scenery())
    content = files(lab, lab.nodes[0], trust, {"data": "/d", "logs": "/l"}, full=False)
    assert content["certs/ca.crt"] not in content["certs/remote_cluster_client_ca.crt"]
    assert trust.remote_authorities["paris"].certificate in content["certs/remote_cluster_client_ca.crt"]


def test_labs_that_boot_together_share_the_shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (hosts, places):
        monkeypatch.setattr(module, "CACHE", tmp_path)
    with ThreadPoolExecutor(8) as pool:
        libraries = set(pool.map(lambda _lab: hosts.shim(), range(8)))
    assert [library.is_file() for library in libraries] == [True]


def test_labs_that_boot_together_install_packages_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "CACHE", tmp_path)

    def check(*_arguments: object) -> None:
        with open(tmp_path / "lock", encoding="utf-8") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        raise KitError("checked")

    monkeypatch.setattr(preflight, "check", check)
    with pytest.raises(KitError, match="checked"):
        up.up([ClusterSpec("london", 1)], tmp_path / "lab")


def test_labs_that_boot_together_have_their_own_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for process in (4711, 4712):
        monkeypatch.setattr(os, "getpid", lambda number=process: number)
        found.append(set(local.free_ports(12)))
    assert not set.intersection(*found)
