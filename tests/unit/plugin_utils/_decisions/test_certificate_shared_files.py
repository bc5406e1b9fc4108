# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that more than one setting names, from the text of elasticsearch.yml to what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_paths import PURPOSES, look
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.settings import parse
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificates as plan
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_shared_files import (
    squatters,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    fingerprint,
)
from kit.certificates import Authority

ONE, TWO, THREE = (Authority(name) for name in ("one", "two", "three"))
NODE = ONE.sign("lon-1", ["10.0.0.1"])
SERVER, CLIENT = "remote_cluster_server", "remote_cluster_client"
PAIR = "xpack.security.{0}.ssl.key: certs/{1}.key\nxpack.security.{0}.ssl.certificate: certs/{1}.crt\n"
KEYSTORE = "xpack.security.{0}.ssl.keystore.path: certs/{1}.p12\n"
TRUST = "xpack.security.{0}.ssl.certificate_authorities: [certs/{1}.crt]\n"
SHARED = PAIR.format(SERVER, "node")


def read(directory: Path, text: str) -> dict[str, Any]:
    """What node_info finds, in a directory that has node.key and node.crt and one file with authorities."""
    certs = directory / "certs"
    certs.mkdir(exist_ok=True)
    (certs / "node.crt").write_bytes(NODE.certificate)
    (certs / "node.key").write_bytes(NODE.key)
    (certs / "ca.crt").write_bytes(ONE.certificate + TWO.certificate)
    settings = parse(text.format(here=directory), {"CERTS": "certs", "HOSTNAME": "lon-1"})
    info = dict(hostname="lon-1", addresses=["10.0.0.1"], node={"name": "lon-1"}, clock=0.0, running=True)
    info.update(service_user="elasticsearch", paths={"config": str(directory)})
    return {"item": "lon-1", "node_info": {**info, "certificate_files": look(str(directory), settings, PURPOSES)}}


def wanted(directory: Path, text: str, *purposes: str, may_set: bool = True, **more: Any) -> dict[str, Any]:
    return plan.wanted([read(directory, text)], {"nodes": []}, purposes or [SERVER], {}, 0.0, may_set=may_set, **more)


def paths(found: dict[str, Any], directory: Path) -> dict[str, list[str]]:
    """Purpose → the files that are written."""
    return {
        place["purpose"]: [str(Path(path).relative_to(directory)) for path in place["paths"].values() if path]
        for place in found["places"]
    }


def own(purpose: str) -> list[str]:
    return [f"certs/{purpose}.key", f"certs/{purpose}.crt"]


OTHERS = {
    "transport": PAIR.format("transport", "node"),
    "http": PAIR.format("http", "node"),
    "the other side": PAIR.format(CLIENT, "node"),
    "the key alone": "xpack.security.http.ssl.key: certs/node.key\n",
    "what the listener trusts": TRUST.format(SERVER, "node"),
    "a realm": "xpack.security.authc.realms.ldap.ldap1.ssl.certificate_authorities: [certs/x.crt, 'certs/node.crt']\n",
    "a realm, nested": "xpack:\n  security.authc:\n    realms: {{saml.s1: {{signing.key: certs/node.key}}}}\n",
    "watcher": "xpack.http.ssl.certificate: certs/node.crt\n",
    "an exporter": "xpack.monitoring.exporters.my.ssl.certificate_authorities: certs/x.crt,certs/node.crt\n",
    "reindex": "reindex.ssl.certificate_authorities:\n- certs/node.crt\n",
    "a profile": "transport.profiles.client.xpack.security.ssl.key: certs/node.key\n",
    "another way to write it": "x.ssl.key: ./certs/../certs/node.key\n",
    "an absolute path": "x.ssl.key: {here}/certs/node.key\n",
    "a variable": "x.ssl.key: ${{CERTS}}/node.key\n",
    "another setting": "x: certs\ny.ssl.key: ${{x}}/node.key\n",
    "a truststore": "x.ssl.truststore.path: certs/node.crt\n",
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_file_that_another_setting_names_is_never_replaced(other: str, tmp_path: Path) -> None:
    found = wanted(tmp_path, SHARED + other)
    assert (found["problems"], found["moved"]) == ([], ["lon-1"])
    assert paths(found, tmp_path) == {SERVER: own(SERVER)}
    # Proven is what is shown, and that comes with a restart.
    assert [place["proofs"] for place in found["places"]] == [[]]
    settings = found["settings"]["lon-1"]["settings"]
    assert settings == {f"xpack.security.{SERVER}.ssl.{name}": f"certs/{SERVER}.{end}" for name, end in PAIRS}
    [problem] = wanted(tmp_path, SHARED + other, may_set=False)["problems"]
    name = other.partition(":")[0]
    assert problem.startswith(f"lon-1: {tmp_path}/certs/node.") and (name in problem or "\n  " in other)
    assert "elasticsearch_certificates_listen" in problem


PAIRS = (("certificate", "crt"), ("key", "key"))


@pytest.mark.parametrize(
    "other", ["", PAIR.format("transport", "other"), "x.ssl.key: certs/${{HOSTNAME}}.key\n", TRUST.format("http", "ca")]
)
@pytest.mark.parametrize("may_set", [False, True])
def test_a_file_of_one_purpose_stays_where_it_is(other: str, may_set: bool, tmp_path: Path) -> None:
    found = wanted(tmp_path, SHARED + other, may_set=may_set)
    assert (found["problems"], found["moved"]) == ([], [])
    assert paths(found, tmp_path) == {SERVER: own("node")}
    kept = [f"xpack.security.{SERVER}.ssl.{name}" for name in ("certificate", "key", "keystore.path")]
    assert found["settings"]["lon-1"] == {"settings": {}, "kept": kept}


def test_a_variable_that_nobody_knows(tmp_path: Path) -> None:
    for text, found in (("x.ssl.key: certs/${{GONE}}.key\n", 1), ("x.ssl.key: other/${{GONE}}.key\n", 0)):
        problems = wanted(tmp_path, SHARED + text)["problems"]
        assert [problem.startswith("lon-1: x.ssl.key has a variable") for problem in problems] == [True] * found
    # Nor the one of its own.
    problems = wanted(tmp_path, PAIR.format(SERVER, "${{GONE}}"))["problems"]
    assert problems and f"xpack.security.{SERVER}.ssl.key has a variable" in problems[0]


def test_through_links(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "link.key").symlink_to("node.key")
    (tmp_path / "more").symlink_to("certs")
    for text in (SHARED + "x.ssl.key: certs/link.key\n", PAIR.format(SERVER, "link") + "x.ssl.key: more/node.key\n"):
        assert wanted(tmp_path, text)["moved"] == ["lon-1"]


def test_files_in_a_pkcs12_file(tmp_path: Path) -> None:
    text = KEYSTORE.format(SERVER, "all") + KEYSTORE.format("http", "all")
    found = wanted(tmp_path, text, passwords={"lon-1": "a password"})
    assert paths(found, tmp_path) == {SERVER: [f"certs/{SERVER}.p12"]}
    assert found["settings"]["lon-1"] == {
        "settings": {f"xpack.security.{SERVER}.ssl.keystore.path": f"certs/{SERVER}.p12"},
        "kept": [f"xpack.security.{SERVER}.ssl.{name}" for name in ("certificate", "key")],
    }


def test_key_and_certificate_in_one_file(tmp_path: Path) -> None:
    """The second would be written over the first."""
    text = SHARED.replace(".key\n", ".crt\n")
    assert paths(wanted(tmp_path, text), tmp_path) == {SERVER: own(SERVER)}
    assert len(wanted(tmp_path, text, may_set=False)["problems"]) == 1


ALL = "".join(PAIR.format(purpose, "node") for purpose in ("transport", "http", SERVER))


@pytest.mark.parametrize(
    ("text", "purposes", "written"),
    [
        (ALL, [SERVER], {SERVER: SERVER}),
        # One pair for transport and HTTP stays one; while the listener shows it, it is not replaced.
        (ALL, [SERVER, "transport", "http"], {SERVER: SERVER}),
        (ALL, ["transport", "http"], {"transport": "transport", "http": "http"}),
        (ALL, ["http"], {"http": "http"}),
        (ALL.replace(SERVER + ".ssl.key: certs/node", SERVER + ".ssl.key: certs/x"), [SERVER], {SERVER: SERVER}),
        (ALL + PAIR.format(CLIENT, "node"), [SERVER, CLIENT], {SERVER: SERVER, CLIENT: CLIENT}),
        # The names that would be its own are in use.
        (PAIR.format(SERVER, SERVER) + PAIR.format("http", SERVER), [SERVER], {SERVER: SERVER + "_own"}),
        (PAIR.format("http", SERVER), [SERVER], {SERVER: SERVER + "_own"}),
        # A key for two certificates: the second key would not belong to the first certificate.
        (
            PAIR.format("transport", "node") + PAIR.format("http", "node").replace("node.crt", "http.crt"),
            ["transport", "http"],
            {"transport": "transport", "http": "http_own"},
        ),
    ],
)
def test_purposes_of_one_run(text: str, purposes: list[str], written: dict[str, str], tmp_path: Path) -> None:
    found = wanted(tmp_path, text, *purposes)
    assert found["problems"] == []
    assert paths(found, tmp_path) == {purpose: own(name) for purpose, name in written.items()}
    # A second run, with the settings that the first one has asked for.
    settings = dict(parse(text, {})) | found["settings"]["lon-1"]["settings"]
    second = wanted(tmp_path, "".join(f"{name}: {value}\n" for name, value in settings.items()), *purposes)
    assert (second["problems"], second["moved"], second["notes"]) == ([], [], [])
    assert {purpose: paths(second, tmp_path)[purpose] for purpose in written} == paths(found, tmp_path)


def test_who_waits_is_told(tmp_path: Path) -> None:
    notes = wanted(tmp_path, ALL, SERVER, "transport", "http")["notes"]
    assert [note.partition(" stays")[0] for note in notes] == [
        "lon-1: its certificate for transport",
        "lon-1: its certificate for http",
    ]
    problems = wanted(tmp_path, ALL, SERVER, "transport", "http", may_set=False)["problems"]
    assert len(problems) == 3


@pytest.mark.parametrize(
    ("issued", "moved"),
    [
        # Nothing is written where nothing is given.
        ({}, []),
        ({SERVER: {"certificate": "x", "private_key": "y"}}, ["lon-1"]),
    ],
)
def test_what_was_issued_elsewhere(issued: dict[str, Any], moved: list[str], tmp_path: Path) -> None:
    for may_set in (True, False):
        found = wanted(tmp_path, ALL, issued={"lon-1": issued}, issued_purposes=[SERVER], may_set=may_set)
        assert (found["moved"], len(found["problems"])) == ((moved, 0) if may_set else ([], len(moved)))


def test_one_issued_certificate_for_all(tmp_path: Path) -> None:
    purposes = [SERVER, "transport", "http"]
    given = {purpose: {"certificate": "x", "private_key": "y"} for purpose in purposes}
    found = wanted(tmp_path, ALL, *purposes, issued={"lon-1": given}, issued_purposes=purposes)
    assert (found["problems"], found["moved"], len(found["places"])) == ([], [], 1)
    given[SERVER] = {"certificate": "another", "private_key": "y"}
    assert wanted(tmp_path, ALL, *purposes, issued={"lon-1": given}, issued_purposes=purposes)["moved"] == ["lon-1"]


@pytest.mark.parametrize(
    ("reason", "interrupted", "refused"),
    [("issuer", False, 1), ("key_mismatch", False, 1), ("issuer", True, 0), ("", False, 0), ("expiring", False, 0)],
)
def test_files_that_are_there_already(reason: str, interrupted: bool, refused: int, tmp_path: Path) -> None:
    """They may be of a run that was killed before the settings named them, or of somebody else."""
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / f"{SERVER}.crt").write_bytes(NODE.certificate)
    (tmp_path / "certs" / f"{SERVER}.key").write_bytes(NODE.key)
    if interrupted:
        (tmp_path / "certs" / f".{SERVER}.crt.absent").touch()
    found = wanted(tmp_path, ALL)
    assert paths(found, tmp_path) == {SERVER: own(SERVER)}
    made = {("lon-1", SERVER): {"reason": reason}}
    assert len(squatters(found["places"], made)) == refused


OUTSIDE = {
    "absolute": "/etc/passwd",
    "relative": "../elsewhere/node.crt",
    "a link": "certs/link.crt",
    "a directory that leads out": "out/node.crt",
    "the directory itself": ".",
}


@pytest.fixture
def links(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "es" / "certs").mkdir(parents=True)
    (tmp_path / "es" / "certs" / "link.crt").symlink_to("/etc/hostname")
    (tmp_path / "es" / "out").symlink_to(tmp_path / "elsewhere")
    return tmp_path / "es"


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("name", ["key", "certificate", "keystore.path"])
def test_nothing_outside_of_the_configuration_is_replaced(name: str, path: str, links: Path) -> None:
    given = {} if name == "keystore.path" else {"key": "certs/node.key", "certificate": "certs/node.crt"}
    given[name] = path
    text = "".join(f"xpack.security.{SERVER}.ssl.{key}: '{value}'\n" for key, value in given.items())
    for may_set in (True, False):
        problems = wanted(links, text, may_set=may_set, passwords={"lon-1": "x"})["problems"]
        assert len(problems) == 1 and f"outside of {links}, and nothing is written there" in problems[0], problems
        assert f"xpack.security.{SERVER}.ssl" in problems[0]


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
def test_no_authorities_are_written_outside_of_the_configuration(path: str, links: Path) -> None:
    text = f"xpack.security.{CLIENT}.ssl.certificate_authorities: ['{path}']\n"
    result = read(links, text)
    [entry] = result["node_info"]["certificate_files"][CLIENT]["authorities"]
    assert "root:" not in str(entry["pem"])
    # In the preflight, when nobody knows yet what has to be trusted.
    found = plan.bundles([result], {CLIENT: []})
    assert found["writes"] == {}
    assert len(found["problems"]) == 1 and "certificate_authorities: " in found["problems"][0]


BUNDLE = TRUST.format(CLIENT, "ca")
UNTRUSTED = fingerprint(from_pem(TWO.certificate.decode())[0])


def prune(purpose: str) -> dict[str, Any]:
    return {purpose: {"stopped": None, "owners": []}}


@pytest.mark.parametrize(
    "other",
    [
        TRUST.format("transport", "ca"),
        TRUST.format("http", "ca"),
        TRUST.format(SERVER, "ca"),
        "xpack.security.authc.realms.pki.p1.certificate_authorities: certs/ca.crt\n",
        "xpack.http.ssl.certificate_authorities: certs/ca.crt\n",
    ],
)
def test_from_a_file_of_authorities_that_others_use_nothing_is_taken(other: str, tmp_path: Path) -> None:
    result, one = read(tmp_path, BUNDLE + other), ONE.certificate.decode()
    found = plan.bundles([result], {CLIENT: [one]}, prune(CLIENT), [UNTRUSTED], [CLIENT])
    assert (found["problems"], found["writes"], found["notes"]) == ([], {}, [])
    [kept] = found["kept"]
    assert "CN=two" in kept and other.partition(":")[0] in kept and kept.endswith("on lon-1")
    more = plan.bundles([result], {CLIENT: [THREE.certificate.decode()]}, prune(CLIENT), [UNTRUSTED], [CLIENT])
    [file] = more["writes"]["lon-1"]["files"]
    assert from_pem(file["content"]) == [der for pem in (ONE, TWO, THREE) for der in from_pem(pem.certificate.decode())]
    assert "-CN" not in str(more["writes"]["lon-1"]["reasons"])
    assert "only gets more" in more["notes"][0]


def test_from_a_file_of_authorities_of_its_own_something_is_taken(tmp_path: Path) -> None:
    one = ONE.certificate.decode()
    result = read(tmp_path, BUNDLE)
    [file] = plan.bundles([result], {CLIENT: [one]}, prune(CLIENT), [UNTRUSTED], [CLIENT])["writes"]["lon-1"]["files"]
    assert file["content"] == one
    both = TRUST.format("transport", "ca") + TRUST.format("http", "ca")
    for purposes, taken in ((["transport", "http"], 1), (["transport"], 0)):
        read_now = [read(tmp_path, both)]
        found = plan.bundles(read_now, {"transport": [one]}, prune("transport"), [UNTRUSTED], purposes)
        assert len(found["writes"]) == taken


@pytest.mark.parametrize(("names", "written"), [("a, b", "a"), ("ca, b", "b"), ("ca, a, remote_cluster_client_ca", "")])
def test_which_of_several_files_of_authorities_is_written(names: str, written: str, tmp_path: Path) -> None:
    named = ", ".join(f"certs/{name}.crt" for name in names.split(", "))
    text = f"xpack.security.{CLIENT}.ssl.certificate_authorities: [{named}]\n" + TRUST.format("transport", "ca")
    found = plan.bundles([read(tmp_path, text)], {CLIENT: [THREE.certificate.decode()]})
    [file] = found["writes"]["lon-1"]["files"]
    assert file["path"] == f"{tmp_path}/certs/{written or 'remote_cluster_client_ca'}.crt"


@pytest.mark.parametrize("content", [NODE.key + ONE.certificate, b"users:\n- a\n", b"\x30\x82\x01"])
def test_a_file_with_something_else_than_certificates_is_not_replaced(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs" / "mixed.crt").write_bytes(content)
    result = read(tmp_path, TRUST.format(CLIENT, "mixed"))
    assert "PRIVATE KEY" not in str(result)
    found = plan.bundles([result], {CLIENT: [ONE.certificate.decode()]})
    assert found["writes"] == {} and "holds something else than certificates" in found["problems"][0]
