# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.plugins.action.normal import ActionModule as NormalAction
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from unit.module_utils._pki.helpers import (
    DAY,
    NOW,
    PASSPHRASE,
    WEAK_RSA,
    a_root,
    below,
    entry,
    new_key,
    openssl,
    request,
    signed,
    verify,
)

from ansible_collections.crosscluster.elasticsearch.plugins.action import node_certificates
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _certificates
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import (
    authority,
    certificate,
    files,
    fleet,
    keys,
    store,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.certificate import Rules
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

ROOT = a_root("London CA")
WIDE_KEY = new_key()
WIDE = Authority(signed("Company", None, WIDE_KEY), WIDE_KEY)
INTERMEDIATE = below("Signing", below("Policy", WIDE))
SANS: dict[str, Any] = {"dns": ["lon-1.example", "*.london.example"], "ip": ["10.0.0.1", "2001:db8::1"]}
WARNINGS: list[str] = []


def rules(**options: Any) -> Rules:
    return Rules(**{"key_type": "ec_p256", "valid_for": 365 * DAY, "renew_before": 30 * DAY, "now": NOW, **options})


def certify(
    *entries: dict[str, Any], by: Authority = ROOT, check_mode: bool = False, **options: Any
) -> list[dict[str, Any]]:
    WARNINGS.clear()
    return fleet.certify(fleet.wishes(list(entries)), list(entries), by, rules(**options), check_mode, WARNINGS.append)


def parsed(result: dict[str, Any]) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(result["certificate"].encode())


@pytest.mark.parametrize("by", [ROOT, INTERMEDIATE], ids=["root", "intermediate"])
@pytest.mark.parametrize("key_type", ["ec_p256", "ec_p384", "rsa_2048"])
@pytest.mark.parametrize("purpose", certificate.PURPOSES)
def test_what_is_made_is_accepted_and_kept(purpose: str, key_type: str, by: Authority, tmp_path: Path) -> None:
    wish = entry(purpose=purpose, **SANS)
    made = certify(wish, by=by, key_type=key_type)[0]
    assert (made["changed"], made["reason"]) == (True, "missing")
    verify(tmp_path, authority.pem([by.root]), made["certificate"], purpose)

    leaf, *others = parsed(made)
    assert others == by.intermediates
    key = load_pem_private_key(made["private_key"].encode(), None)
    assert keys.raw(key.public_key()) == keys.raw(leaf.public_key())
    assert keys.type_of(leaf.public_key()) == key_type
    assert authority.shown(leaf.subject) == "CN=lon-1"

    # As the node will describe it.
    described = _certificates.describe(_certificates.from_pem(made["certificate"])[0])
    for name in ("serial", "not_before", "not_after", "sha256", "sans"):
        assert made[name] == described[name]
    assert described["sans"] == ["DNS:lon-1.example", "DNS:*.london.example", "IP:10.0.0.1", "IP:2001:db8::1"]
    assert made["not_before"] == authority.time_text(NOW - authority.CLOCK_TOLERANCE)

    shuffled = {**wish, "dns": [name.upper() for name in reversed(wish["dns"])], "ip": list(reversed(wish["ip"]))}
    kept = certify({**shuffled, "installed": made["certificate"], "key_matches": True}, by=by, key_type=key_type)[0]
    assert kept == {**made, "changed": False, "reason": "", "certificate": None, "private_key": None}
    assert WARNINGS == []


def installed(purpose: str = "transport", by: Authority = ROOT, at: Any = NOW, **options: Any) -> str:
    wish = entry(purpose=purpose, **options)
    made = fleet.certify(fleet.wishes([wish]), [wish], by, rules(now=at), False, WARNINGS.append)
    return str(made[0]["certificate"])


def foreign(**options: Any) -> str:
    """By the CA, but made by another tool."""
    names = x509.SubjectAlternativeName([x509.DNSName("lon-1"), x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))])
    extensions = [names, *options.pop("extensions", [])]
    key = options.pop("key", None) or new_key()
    options = {"ca": None, "cert_sign": None, **options}
    return authority.pem([signed("lon-1", ROOT, key, extensions=extensions, **options)])


SERVER = x509.ExtendedKeyUsage([certificate.ExtendedKeyUsageOID.SERVER_AUTH])
EVERY = x509.ExtendedKeyUsage([*SERVER, certificate.ExtendedKeyUsageOID.CLIENT_AUTH])
KEY = new_key()
GOOD = installed()
OLD = installed(at=NOW - 340 * DAY)


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        ({}, {}, "missing"),
        ({"installed": GOOD}, {}, ""),
        ({"installed": GOOD, "key_matches": True}, {}, ""),
        ({"installed": GOOD, "key_matches": False}, {}, "key_mismatch"),
        ({"installed": ""}, {}, "unreadable"),
        ({"installed": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, {}, "unreadable"),
        ({"installed": GOOD}, {"renew": True}, "on_demand"),
        ({"installed": OLD}, {}, "expiring"),
        ({"installed": OLD}, {"renew_before": 24 * DAY}, ""),
        ({"installed": OLD}, {"renew_before": 26 * DAY}, "expiring"),
        ({"installed": OLD}, {"now": NOW + 26 * DAY}, "expired"),
        ({"installed": installed(at=NOW + 2 * DAY)}, {}, "not_yet_valid"),
        ({"installed": installed(by=a_root("London CA"))}, {}, "issuer"),
        ({"installed": installed(by=a_root("Other"))}, {}, "issuer"),
        ({"installed": GOOD}, {"key_type": "ec_p384"}, "key_type"),
        ({"installed": GOOD}, {"key_type": "rsa_2048"}, "key_type"),
        ({"installed": GOOD, "dns": ["lon-1", "lon-1.example"]}, {}, "sans"),
        ({"installed": GOOD, "ip": ["10.0.0.1"]}, {}, "sans"),
        ({"installed": GOOD, "dns": [], "ip": ["10.0.0.1"]}, {}, "sans"),
        ({"installed": GOOD, "common_name": "lon-1"}, {}, ""),
        ({"installed": GOOD, "common_name": "london"}, {}, "subject"),
        ({"installed": GOOD, "subject": "CN=lon-1"}, {}, ""),
        ({"installed": GOOD, "subject": "CN=lon-1,O=Example"}, {}, "subject"),
        ({"installed": installed("http")}, {}, "usage"),
        ({"installed": installed("http"), "purpose": "remote_cluster_server"}, {}, ""),
        # Enough for less.
        ({"installed": GOOD, "purpose": "http"}, {}, ""),
        ({"installed": foreign()}, {}, ""),
        ({"installed": foreign(extensions=[EVERY])}, {}, ""),
        ({"installed": foreign(extensions=[SERVER])}, {}, "usage"),
        ({"installed": foreign(ca=True)}, {}, "usage"),
        ({"installed": foreign(cert_sign=True)}, {}, "usage"),
        ({"installed": foreign(cert_sign=False)}, {}, ""),
        ({"installed": foreign(key=KEY), "request": request(KEY)}, {"key_type": "rsa_2048"}, ""),
        ({"installed": GOOD, "request": request(KEY)}, {}, "request"),
        ({"installed": GOOD + authority.pem([ROOT.certificate])}, {}, ""),
        ({"installed": GOOD + authority.pem([WIDE.certificate])}, {}, "chain"),
    ],
)
def test_reasons(change: dict[str, Any], options: dict[str, Any], reason: str) -> None:
    wish = {**entry(), **change}
    predicted = certify(wish, check_mode=True, **options)[0]
    done = certify(wish, **options)[0]
    for result in (predicted, done):
        assert (result["changed"], result["reason"]) == (bool(reason), reason)
    assert predicted["certificate"] is predicted["private_key"] is None
    assert (done["certificate"] is not None) == bool(reason)
    assert (done["private_key"] is not None) == (reason not in ("", "chain") and not wish["request"])
    if reason:
        assert certify({**wish, "installed": done["certificate"], "key_matches": True}, **{**options, "renew": False})[
            0
        ] == {**done, "changed": False, "reason": "", "certificate": None, "private_key": None}


def test_a_changed_chain_keeps_the_certificate() -> None:
    first = certify(entry(), by=INTERMEDIATE)[0]
    renewed = Authority(INTERMEDIATE.certificate, INTERMEDIATE.key, below("Policy", WIDE).chain)
    renewed.chain = [signed("Policy", WIDE, new_key()), WIDE.certificate]
    second = certify(entry(installed=first["certificate"]), by=renewed)[0]
    assert (second["reason"], second["serial"], second["private_key"]) == ("chain", first["serial"], None)
    assert parsed(second) == [parsed(first)[0], *renewed.intermediates]


def test_requests_leave_the_key_on_the_node(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(keys.to_pem(new_key()))
    text = openssl(
        "req", "-new", "-key", tmp_path / "key.pem", "-subj", "/CN=whoever", "-addext", "subjectAltName=DNS:x"
    )
    made = certify(entry(request=text))[0]
    assert made["private_key"] is None
    leaf = parsed(made)[0]
    assert keys.raw(leaf.public_key()) == keys.raw(x509.load_pem_x509_csr(text.encode()).public_key())
    assert authority.shown(leaf.subject) == "CN=lon-1"
    assert made["sans"] == ["DNS:lon-1"]
    verify(tmp_path, authority.pem([ROOT.certificate]), made["certificate"], "transport")
    again = certify(entry(request=text, installed=made["certificate"]), renew=True)[0]
    assert (again["reason"], again["serial"] != made["serial"]) == ("on_demand", True)


@pytest.mark.parametrize("by", [ROOT, INTERMEDIATE], ids=["root", "intermediate"])
def test_pkcs12(by: Authority, tmp_path: Path) -> None:
    wish = entry(format="pkcs12", password=PASSPHRASE)
    made = certify(wish, by=by)[0]
    assert made["private_key"] is None
    file = tmp_path / "node.p12"
    file.write_bytes(base64.b64decode(made["pkcs12"]))
    for part, count in ((["-nocerts", "-noenc"], 0), (["-nokeys"], 1 + len(by.intermediates))):
        text = openssl("pkcs12", "-in", file, "-passin", "pass:" + PASSPHRASE, *part)
        assert ("PRIVATE KEY" in text) == (count == 0)
        assert len(_certificates.from_pem(text)) == count
    assert "friendlyName: lon-1" in text
    wrong = subprocess.run(["openssl", "pkcs12", "-in", file, "-passin", "pass:x"], capture_output=True, check=False)
    assert wrong.returncode

    there = {**wish, "installed_pkcs12": made["pkcs12"]}
    assert certify(there, by=by)[0]["reason"] == ""
    assert certify({**there, "installed_pkcs12": "AAAA"}, by=by)[0]["reason"] == "unreadable"
    assert certify({**there, "installed_pkcs12": "no base64"}, by=by)[0]["reason"] == "unreadable"
    # The key can't be taken into a new file, so that all is made anew.
    if by is INTERMEDIATE:
        other = Authority(by.certificate, by.key, [signed("Policy", WIDE, new_key()), WIDE.certificate])
        assert certify(there, by=other)[0]["pkcs12"]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ({}, "CN=lon-1"),
        ({"common_name": "london"}, "CN=london"),
        ({"subject": "CN=london,O=Example,C=GB"}, "CN=london,O=Example,C=GB"),
        ({"name": "a" * 70, "dns": ["a"]}, "CN=" + "a" * 64),
    ],
)
def test_subjects(subject: dict[str, Any], shown: str) -> None:
    assert authority.shown(parsed(certify({**entry(), **subject})[0])[0].subject) == shown


def test_certificates_end_with_their_ca() -> None:
    short = a_root("Short", days=20)
    made = certify(entry(), by=short)[0]
    assert made["not_after"] == authority.time_text(short.certificate.not_valid_after_utc)
    assert WARNINGS[0].startswith("valid_for: certificates end with their CA, CN=Short, on ")
    # Renewing would not make it last longer.
    kept = certify(entry(installed=made["certificate"]), by=short)[0]
    assert not kept["changed"]
    assert len(WARNINGS) == 1
    certify(entry(), by=short, valid_for=20 * DAY)
    assert WARNINGS == []


FORGED = x509.load_pem_x509_csr(request(KEY).encode()).public_bytes(Encoding.DER).replace(b"whatever", b"whatevez")
FORGED_REQUEST = "-----BEGIN CERTIFICATE REQUEST-----\n%s-----END CERTIFICATE REQUEST-----\n" % (
    base64.encodebytes(FORGED).decode()
)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"dns": ["10.0.0.1"]}, "dns: '10.0.0.1' is an address; give it in ip."),
        ({"dns": ["lon_1"]}, "dns: 'lon_1' has an underscore"),
        ({"dns": [""]}, "dns: '' is empty"),
        ({"ip": ["lon-1"]}, "ip: 'lon-1' is no IPv4 or IPv6 address"),
        ({"dns": [], "ip": []}, "dns: a server's certificate needs a name or an address"),
        ({"name": " "}, "name: it is empty"),
        ({"common_name": "a" * 65}, "common_name: "),
        ({"subject": "london"}, "subject: 'london' is no distinguished name"),
        ({"subject": "CN=a", "common_name": "a"}, "subject: not together with common_name"),
        ({"request": "nothing"}, "request: it is no certificate signing request"),
        ({"request": FORGED_REQUEST}, "request: its signature is wrong"),
        (
            {"request": request(WEAK_RSA)},
            "request: its key is RSA of 1024 bits, which is too weak",
        ),
        ({"request": request(ec.generate_private_key(ec.SECP192R1()))}, "request: its key is EC of 192 bits"),
        ({"format": "pkcs12", "password": PASSPHRASE, "request": request(KEY)}, "format: pkcs12 holds the key"),
        ({"format": "pkcs12"}, "password: PKCS#12 needs one of at least 8 characters"),
        ({"format": "pkcs12", "password": "short"}, "password: PKCS#12 needs one"),
    ],
)
def test_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(PkiError) as error:
        certify(entry("lon-2"), {**entry(), **change})
    assert str(error.value).startswith("certificates[1] (%s, transport): %s" % (change.get("name", "lon-1"), problem))


def test_refused_duplicate() -> None:
    with pytest.raises(PkiError, match=r"certificates\[2\] \(lon-1, transport\): name: entry 0 is for the same"):
        certify(entry(), entry(purpose="http"), entry())


def test_diff_tells_what_changes_and_no_secret() -> None:
    entries = [entry(installed=GOOD, dns=["lon-1.example"]), entry("lon-2"), entry("lon-3")]
    entries[2]["installed"] = installed(name="lon-3")
    results = certify(*entries)
    diff = fleet.differences(fleet.wishes(entries), results)
    assert sorted(diff["before"]) == sorted(diff["after"]) == ["lon-1 transport", "lon-2 transport"]
    assert diff["before"]["lon-1 transport"]["sans"] == ["DNS:lon-1"]
    assert diff["after"]["lon-1 transport"]["sans"] == ["DNS:lon-1.example", "DNS:lon-1"]
    assert diff["after"]["lon-1 transport"]["reason"] == "sans"
    assert "PRIVATE" not in str(diff)


# ---- issued elsewhere ---------------------------------------------------------------------------------------------


def check_issued(wish: dict[str, Any], by: Authority | None = INTERMEDIATE, check_mode: bool = False) -> dict[str, Any]:
    WARNINGS.clear()
    return fleet.check_issued(fleet.wishes([wish], True), [wish], by, rules(), check_mode, WARNINGS.append)[0]


ISSUED = certify(entry(), by=INTERMEDIATE)[0]
CHAIN = ISSUED["certificate"]
LEAF = authority.pem(parsed(ISSUED)[:1])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"issued_certificate": CHAIN}, "missing"),
        ({"issued_certificate": CHAIN + authority.pem([WIDE.certificate])}, "missing"),
        ({"issued_certificate": CHAIN, "dns": []}, "missing"),
        ({"issued_certificate": CHAIN, "installed": GOOD, "key_matches": False}, "issued"),
        ({"issued_certificate": CHAIN, "installed": ""}, "unreadable"),
        ({"issued_certificate": CHAIN, "installed": LEAF}, "chain"),
        ({"issued_certificate": CHAIN, "installed": CHAIN, "key_matches": False}, "key_mismatch"),
        ({"issued_certificate": CHAIN, "installed": CHAIN, "key_matches": True}, ""),
        ({"installed": CHAIN, "key_matches": True}, ""),
    ],
)
def test_issued_certificates_are_passed_on(change: dict[str, Any], reason: str) -> None:
    for key in (None, ISSUED["private_key"]):
        wish = {**entry(), **change, "issued_private_key": key}
        result = check_issued(wish)
        assert (result["changed"], result["reason"]) == (bool(reason), reason)
        assert result["certificate"] == (wish["issued_certificate"] if reason else None)
        # Ansible would mask it, as it is a secret among the options.
        assert result["private_key"] is None
        assert check_issued(wish, by=None)["reason"] == reason
        predicted = check_issued(wish, check_mode=True)
        assert {**result, "certificate": None, "private_key": None} == predicted


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, "installed: there is none, and with issued nothing is made"),
        ({"installed": "x"}, "installed: it can't be read, and with issued nothing is made"),
        ({"issued_certificate": "x"}, "issued_certificate: it holds no certificate in PEM"),
        ({"issued_certificate": GOOD}, "issued_certificate: CN=lon-1 was not issued by the CA in authority"),
        (
            {"issued_certificate": CHAIN, "dns": ["lon-2"]},
            "issued_certificate: CN=lon-1 lacks DNS:lon-2; its names are DNS:lon-1.",
        ),
        ({"issued_certificate": installed("http", INTERMEDIATE)}, "issued_certificate: CN=lon-1 is not meant for this"),
        (
            {"issued_certificate": installed(by=INTERMEDIATE, at=NOW - 366 * DAY)},
            "issued_certificate: CN=lon-1 has expired on ",
        ),
        (
            {"issued_certificate": installed(by=INTERMEDIATE, at=NOW + 2 * DAY)},
            "issued_certificate: CN=lon-1 is not valid yet",
        ),
        (
            {"issued_certificate": CHAIN, "issued_private_key": keys.to_pem(KEY).decode()},
            "issued_private_key: it does not belong to issued_certificate.",
        ),
        ({"issued_certificate": CHAIN, "issued_private_key": "x"}, "issued_private_key: it holds no private key"),
        (
            {"issued_certificate": LEAF},
            "issued_certificate: incomplete: the certificate has to be followed by CN=Signing, CN=Policy.",
        ),
        (
            {"issued_certificate": LEAF + authority.pem(INTERMEDIATE.intermediates[::-1])},
            "issued_certificate: out of order: CN=Policy follows CN=lon-1 and has not issued it.",
        ),
        ({"installed": CHAIN, "key_matches": False}, "key_matches: the key on the node does not belong"),
        ({"issued_certificate": CHAIN, "installed": GOOD}, "issued_private_key: it is needed, because the node has"),
        (
            {"issued_certificate": CHAIN, "format": "pkcs12", "password": PASSPHRASE},
            "issued_private_key: it is needed, because a PKCS#12 file holds it.",
        ),
    ],
)
def test_issued_certificates_that_do_not_fit(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(PkiError) as error:
        check_issued({**entry(), **change})
    assert str(error.value).startswith("certificates[0] (lon-1, transport): " + problem)


def test_an_issued_certificate_replaces_the_one_of_another_key() -> None:
    wish = entry(issued_certificate=CHAIN, issued_private_key=ISSUED["private_key"], installed=GOOD, key_matches=True)
    assert check_issued(wish)["reason"] == "issued"


def test_issued_certificate_that_expires_soon() -> None:
    check_issued(entry(issued_certificate=installed(by=INTERMEDIATE, at=NOW - 340 * DAY)))
    assert "have a new one issued" in WARNINGS[0]


# ---- the module's options -----------------------------------------------------------------------------------------


def run(authority_options: dict[str, Any] | None, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    suboptions = dict.fromkeys(("path", "certificate", "private_key", "private_key_text", "chain", "passphrase"))
    p = {
        "authority": authority_options and {**suboptions, **authority_options},
        "certificates": [entry()],
        "key_type": "ec_p256",
        "valid_for": "365d",
        "renew_before": "30d",
        "renew": False,
        "issued": False,
        "names_exact": False,
        "names_of_nodes": {},
        "unencrypted_keys": False,
        **options,
    }
    return fleet.run(p, options.pop("now", NOW), check_mode, WARNINGS.append)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    wish = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW)
    files.write(str(tmp_path), store.plan({}, "current", wish, keys.generate), "path")
    (tmp_path / "root.crt").write_text(authority.pem([ROOT.certificate]), encoding="utf-8")
    (tmp_path / "root.key").write_bytes(keys.to_pem(ROOT.key, PASSPHRASE))
    (tmp_path / "signing.crt").write_text(authority.pem([INTERMEDIATE.certificate]), encoding="utf-8")
    (tmp_path / "signing.key").write_bytes(keys.to_pem(INTERMEDIATE.key))
    (tmp_path / "chain.crt").write_text(authority.pem(INTERMEDIATE.chain), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "names",
    [
        {"path": "", "passphrase": PASSPHRASE},
        {"certificate": "root.crt", "private_key": "root.key", "passphrase": PASSPHRASE},
        {"certificate": "signing.crt", "private_key": "signing.key", "chain": "chain.crt"},
    ],
)
def test_module_signs_with(names: dict[str, str], directory: Path) -> None:
    options = {name: value if name == "passphrase" else str(directory / value) for name, value in names.items()}
    predicted = run(options, check_mode=True)
    assert (predicted["changed"], predicted["certificates"][0]["serial"]) == (True, None)
    result = run(options)
    made = result["certificates"][0]
    assert (result["changed"], made["reason"]) == (True, "missing")
    again = run(options, certificates=[entry(installed=made["certificate"], key_matches=True)])
    assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
    assert run(options, issued=True, certificates=[entry(installed=made["certificate"])])["changed"] is False


def test_module_signs_with_texts(directory: Path) -> None:
    """For a controller that keeps no files; the key is encrypted."""
    options = {
        "certificate": (directory / "ca.crt").read_text(),
        "private_key_text": (directory / "ca.key").read_text(),
        "passphrase": PASSPHRASE,
    }
    [made] = run(options)["certificates"]
    again = run({"path": str(directory), "passphrase": PASSPHRASE}, certificates=[entry(installed=made["certificate"])])
    assert again["certificates"][0]["reason"] == ""


def test_check_mode_before_the_ca_is_made(tmp_path: Path) -> None:
    options = {"path": str(tmp_path / "none"), "passphrase": PASSPHRASE}
    entries = [entry("new"), entry("old", installed=GOOD), entry("broken", installed="x")]
    result = run(options, check_mode=True, certificates=entries)
    assert [made["reason"] for made in result["certificates"]] == ["missing", "issuer", "unreadable"]
    assert sorted(result["diff"]["after"]) == ["broken transport", "new transport", "old transport"]
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "next.crt").write_text(GOOD, encoding="utf-8")
    with pytest.raises(PkiError, match=r"there is no ca\.crt in it"):
        run(options, check_mode=True)


@pytest.mark.parametrize(
    ("names", "options", "problem"),
    [
        ({"path": "none", "passphrase": PASSPHRASE}, {}, "authority.path: there is no ca.crt in it"),
        ({"path": "root.crt", "passphrase": PASSPHRASE}, {}, "authority.path: "),
        ({"path": "", "passphrase": "another passphrase"}, {}, "authority.passphrase: it does not open"),
        ({"path": "", "passphrase": PASSPHRASE}, {"now": NOW + 365 * DAY}, "authority.path: CN=London CA has expired"),
        ({"path": "", "passphrase": PASSPHRASE}, {"now": NOW - DAY}, "authority.path: CN=London CA is valid only from"),
        ({"certificate": "root.crt", "private_key": "root.key"}, {}, "authority.passphrase: the private key in "),
        ({"certificate": "root.crt"}, {}, "authority.private_key: it is needed to make certificates; or set issued."),
        ({"certificate": "root.crt", "private_key": "signing.key"}, {}, "authority.private_key: it does not belong"),
        ({"certificate": "none.crt"}, {}, "authority.certificate: "),
        ({"certificate": "signing.crt", "private_key": "signing.key"}, {}, "authority.certificate: incomplete: "),
        ({"path": "", "passphrase": PASSPHRASE}, {"valid_for": "1"}, "valid_for: '1' is not a time"),
        ({"path": "", "passphrase": PASSPHRASE}, {"renew_before": "365d"}, "renew_before: 365d is not shorter"),
    ],
)
def test_module_refuses(names: dict[str, str], options: dict[str, Any], problem: str, directory: Path) -> None:
    paths = {name: value if name == "passphrase" else str(directory / value) for name, value in names.items()}
    with pytest.raises(PkiError) as error:
        run(paths, **options)
    assert str(error.value).startswith(problem)


def test_module_goes_on_with_a_ca_whose_renewal_was_interrupted(directory: Path) -> None:
    wish = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW, 0 * DAY)
    before = store.applied({}, store.plan({}, "current", wish, keys.generate))
    before = store.applied(before, store.plan(before, "trust_both", wish, keys.generate))
    steps = store.plan(before, "sign_new", wish, keys.generate)
    path = directory / "interrupted"
    path.mkdir()
    files.write(str(path), [store.Step(name, content) for name, content in before.items()], "path")
    serials = []
    for step in steps:
        files.apply(str(path), step)
        leaf = parsed(run({"path": str(path), "passphrase": PASSPHRASE})["certificates"][0])[0]
        new = x509.load_pem_x509_certificate(before["next.crt"])
        assert authority.issued_by(leaf, new)
        serials.append(leaf.serial_number)
    assert len(serials) == len(steps) == 5


# ---- how long it takes --------------------------------------------------------------------------------------------


def test_two_hundred_take_no_second() -> None:
    entries = [entry("node-%d" % number, dns=["node-%d.example" % number]) for number in range(200)]
    begin = time.process_time()
    made = certify(*entries)
    kept = certify(*({**wish, "installed": result["certificate"]} for wish, result in zip(entries, made)))
    assert time.process_time() - begin < 2
    assert len({result["serial"] for result in made}) == 200
    assert not any(result["changed"] for result in kept)


# ---- the action plugin --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "censored"),
    [
        ({"certificates": [{"private_key": None, "pkcs12": None}]}, False),
        ({"certificates": [{"private_key": None}, {"private_key": "secret", "pkcs12": None}]}, True),
        ({"certificates": [{"private_key": None, "pkcs12": "secret"}]}, True),
        ({"failed": True, "msg": "why"}, False),
    ],
)
def test_private_keys_are_not_printed(result: dict[str, Any], censored: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NormalAction, "run", lambda *_arguments: result)
    action = node_certificates.ActionModule.__new__(node_certificates.ActionModule)
    action._task = SimpleNamespace(no_log=False)
    action._connection = SimpleNamespace(_play_context=SimpleNamespace(no_log=False))
    assert action.run() is result
    assert (bool(result.get("_ansible_no_log")), action._task.no_log) == (censored, censored)
