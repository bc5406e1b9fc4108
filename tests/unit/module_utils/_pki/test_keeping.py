# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on a node and must not go with its certificate: names, other keys, what it trusts, a passphrase."""

from __future__ import annotations

import base64
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from unit.module_utils._pki.helpers import DAY, NOW, PASSPHRASE, a_root, entry, new_key, one_file, request, signed

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority, bundle, fleet, keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.certificate import Rules
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

OLD, NEW = a_root("Old CA"), a_root("New CA")
WARNINGS: list[str] = []
ENCRYPTION = BestAvailableEncryption(PASSPHRASE.encode())


def certify(*entries: dict[str, Any], by: Authority = NEW, check_mode: bool = False, **options: Any) -> Any:
    rules = Rules("ec_p256", 365 * DAY, 30 * DAY, NOW)
    return fleet.certify(fleet.wishes(list(entries), **options), list(entries), by, rules, check_mode, WARNINGS.append)


def extension(certificate: str) -> list[Any]:
    leaf = x509.load_pem_x509_certificate(certificate.encode())
    return list(leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


# ---- names --------------------------------------------------------------------------------------------------------

# By such a name, Elasticsearch restricts whom it trusts for transport.
RESTRICTING = x509.OtherName(x509.ObjectIdentifier("2.5.4.3"), b"\x0c\x05lon-1")
MANY = [
    x509.DNSName("lon-1"),
    x509.DNSName("LB.london.example"),
    x509.DNSName("my_alias"),
    x509.DNSName("lon-2"),
    x509.IPAddress(ip_address("192.0.2.9")),
    x509.IPAddress(ip_address("2001:db8::2")),
    RESTRICTING,
    x509.UniformResourceIdentifier("spiffe://london/lon-1"),
    x509.RFC822Name("team@london.example"),
]
KEPT = [
    "DNS:lb.london.example",
    "DNS:my_alias",
    "DNS:lon-2",
    "IP:192.0.2.9",
    "IP:2001:db8::2",
    "other name 2.5.4.3:0c056c6f6e2d31",
    "URI:spiffe://london/lon-1",
    "email:team@london.example",
]


def with_names(by: Authority, names: list[Any], **options: Any) -> str:
    san = x509.SubjectAlternativeName(names)
    leaf = signed("lon-1", by, new_key(), ca=None, cert_sign=None, extensions=[san], **options)
    return authority.pem([leaf])


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ({"by": OLD}, "issuer"),
        ({"by": NEW, "end": NOW + DAY}, "expiring"),
        ({"by": NEW, "end": NOW - DAY / 2}, "expired"),
        ({"by": NEW}, ""),
    ],
)
@pytest.mark.parametrize("asks", [{}, {"request": request(new_key())}], ids=["key", "request"])
def test_names_of_the_installed_certificate_stay(there: dict[str, Any], reason: str, asks: dict[str, Any]) -> None:
    wish = {**entry(dns=["lon-1"]), "installed": with_names(names=MANY, **there), **asks}
    [predicted] = certify(wish, check_mode=True)
    [done] = certify(wish)
    if asks and reason in ("", "expiring"):
        reason = "request"
    assert done["reason"] == predicted["reason"] == reason
    for result in (predicted, done):
        assert (result["kept"], result["lost"]) == (KEPT, [])
    assert set(done["sans"]) == set(predicted["sans"]) == {"DNS:lon-1", *KEPT[:5]}
    if done["certificate"]:
        assert set(extension(done["certificate"])) == set(MANY)
        [again] = certify({**wish, "installed": done["certificate"]})
        assert (again["changed"], again["kept"]) == (False, KEPT)


def test_names_that_are_asked_for_are_added_to_those() -> None:
    wish = entry(dns=["lon-1", "lon-1.example"], installed=with_names(NEW, MANY[:2]))
    [made] = certify(wish)
    assert (made["reason"], made["kept"]) == ("sans", ["DNS:lb.london.example"])
    assert made["sans"] == ["DNS:lon-1", "DNS:lon-1.example", "DNS:lb.london.example"]


def test_no_other_name_than_asked_for_where_that_is_meant() -> None:
    wish = entry(installed=with_names(NEW, MANY))
    [made] = certify(wish, names_exact=True)
    assert (made["reason"], made["sans"], made["kept"], made["lost"]) == ("sans", ["DNS:lon-1"], [], KEPT)
    [again] = certify({**wish, "installed": made["certificate"]}, names_exact=True)
    assert (again["changed"], again["lost"]) == (False, [])


def test_what_belongs_to_another_node_by_now_does_not_stay() -> None:
    """As an address that one of them had before."""
    wish = entry(installed=with_names(OLD, MANY))
    of_nodes = {"lon-1": ["lon-1", "lb.london.example"], "lon-2": ["LON-2", "2001:DB8:0::2", "lb.london.example"]}
    [made] = certify(wish, names_of_nodes=of_nodes)
    assert made["lost"] == ["DNS:lon-2", "IP:2001:db8::2"]
    assert "DNS:lb.london.example" in made["kept"]


def test_names_in_pkcs12_stay() -> None:
    key = new_key()
    leaf = signed("x", OLD, key, ca=None, cert_sign=None, extensions=[x509.SubjectAlternativeName(MANY)])
    there = pkcs12.serialize_key_and_certificates(b"http", key, leaf, None, ENCRYPTION)
    [made] = certify(in_file(there))
    assert (made["reason"], made["kept"]) == ("issuer", KEPT)


def test_names_that_an_issued_certificate_lacks_are_told() -> None:
    wish = entry(installed=with_names(OLD, MANY[:3]), issued_certificate=with_names(OLD, MANY[:1]), key_matches=False)
    rules = Rules("ec_p256", 365 * DAY, 30 * DAY, NOW)
    [result] = fleet.check_issued(fleet.wishes([wish], True), [wish], OLD, rules, True, WARNINGS.append)
    assert (result["reason"], result["lost"]) == ("issued", ["DNS:lb.london.example", "DNS:my_alias"])


# ---- PKCS#12 with more than the node's ----------------------------------------------------------------------------

KEY = new_key()
LEAF = signed(
    "lon-1", OLD, KEY, ca=False, cert_sign=None, extensions=[x509.SubjectAlternativeName([x509.DNSName("lon-1")])]
)
PARTNER = a_root("Partner").certificate
OWN = pkcs12.serialize_key_and_certificates(b"http", KEY, LEAF, [OLD.certificate], ENCRYPTION)
AUTHORITYS = pkcs12.serialize_key_and_certificates(b"http_ca", OLD.key, OLD.certificate, None, ENCRYPTION)
TRUSTING = pkcs12.serialize_key_and_certificates(b"http", KEY, LEAF, [OLD.certificate, PARTNER], ENCRYPTION)
TRUSTED = pkcs12.serialize_key_and_certificates(None, None, None, [PARTNER], ENCRYPTION)


def in_file(data: bytes, **options: Any) -> dict[str, Any]:
    content = base64.b64encode(data).decode()
    return entry("lon-1", "http", format="pkcs12", password=PASSPHRASE, installed_pkcs12=content, **options)


HTTP_CA = "the key http_ca (CN=Old CA)"


@pytest.mark.parametrize(
    ("data", "leads", "more"),
    [
        (OWN, ["CN=lon-1", "CN=Old CA"], []),
        (one_file(OWN), ["CN=lon-1", "CN=Old CA"], []),
        (one_file(AUTHORITYS, OWN), ["CN=lon-1", "CN=Old CA"], [HTTP_CA]),
        (one_file(OWN, AUTHORITYS), ["CN=lon-1", "CN=Old CA"], [HTTP_CA]),
        # What openssl req -x509 makes is an authority's as well.
        (AUTHORITYS, ["CN=Old CA"], []),
        (TRUSTING, ["CN=lon-1", "CN=Old CA"], ["the certificate of CN=Partner"]),
        (TRUSTED, [], ["the certificate of CN=Partner"]),
        (
            one_file(OWN, AUTHORITYS, TRUSTED),
            ["CN=lon-1", "CN=Old CA"],
            [HTTP_CA, "the certificate of CN=Partner"],
        ),
    ],
)
def test_what_a_file_holds(data: bytes, leads: list[str], more: list[str]) -> None:
    opened = bundle.opened(data, PASSPHRASE)
    assert opened is not None
    assert ([authority.shown(c.subject) for c in opened.chain], opened.more) == (leads, more)
    if leads:
        assert keys.raw(opened.key.public_key()) == keys.raw(opened.chain[0].public_key())


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (in_file(one_file(OWN, AUTHORITYS)), "the file also holds %s, which would be lost; " % HTTP_CA),
        (in_file(TRUSTING), "the file also holds the certificate of CN=Partner, which would be lost; "),
        (in_file(TRUSTED), "the file also holds the certificate of CN=Partner, which would be lost; "),
        (in_file(OWN, trusted=True), "the node also trusts what is in the file, as truststore.path names it"),
        ({**in_file(OWN), "password": "another password"}, "the password does not open the file, so that nobody knows"),
    ],
)
def test_what_would_be_lost_is_refused(wish: dict[str, Any], problem: str, check_mode: bool) -> None:
    with pytest.raises(PkiError) as error:
        certify(entry("lon-2"), wish, check_mode=check_mode)
    assert str(error.value).startswith("certificates[1] (lon-1, http): installed_pkcs12: " + problem)


@pytest.mark.parametrize("data", [one_file(OWN, AUTHORITYS), one_file(AUTHORITYS, OWN), TRUSTING])
@pytest.mark.parametrize("trusted", [True, False])
def test_what_fits_may_hold_more(data: bytes, trusted: bool) -> None:
    [result] = certify(in_file(data, trusted=trusted), by=OLD)
    assert (result["changed"], result["reason"]) == (False, "")


# ---- keys with a passphrase ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("asks", [{}, {"request": request(KEY)}], ids=["key", "request"])
def test_a_key_with_a_passphrase_is_replaced_where_that_is_meant(asks: dict[str, Any], check_mode: bool) -> None:
    wish = {**entry(installed=with_names(OLD, MANY[:1]), key_encrypted=True), **asks}
    with pytest.raises(
        PkiError, match=r"\(lon-1, transport\): key_encrypted: .* .elasticsearch_certificate_unencrypted_keys "
    ):
        certify(wish, check_mode=check_mode)
    assert certify(wish, check_mode=check_mode, unencrypted_keys=True)[0]["reason"] == "issuer"
    assert certify({**wish, "installed": with_names(NEW, MANY[:1]), "request": None})[0]["reason"] == ""


@pytest.mark.parametrize("with_key", [True, False])
def test_an_issued_certificate_for_a_key_with_a_passphrase(with_key: bool) -> None:
    new = x509.SubjectAlternativeName(MANY[:1])
    issued = authority.pem([signed("lon-1", OLD, KEY, ca=None, cert_sign=None, extensions=[new])])
    there = authority.pem([signed("lon-1", OLD, KEY, ca=None, cert_sign=None, extensions=[new])])
    wish = entry(installed=there, issued_certificate=issued, key_encrypted=True)
    wish["issued_private_key"] = keys.to_pem(KEY).decode() if with_key else None
    rules = Rules("ec_p256", 365 * DAY, 30 * DAY, NOW)

    def check(**options: Any) -> str:
        wanted = fleet.wishes([wish], True, **options)
        return str(fleet.check_issued(wanted, [wish], OLD, rules, True, WARNINGS.append)[0]["reason"])

    assert check(unencrypted_keys=True) == "issued"
    if with_key:
        with pytest.raises(PkiError, match="key_encrypted: "):
            check()
    else:
        # The key on the node stays.
        assert check() == "issued"
