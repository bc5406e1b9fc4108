# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from unit.module_utils._pki.helpers import DAY, NOW, PASSPHRASE, WEAK_RSA, a_root, below, new_key, openssl, signed

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority, keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

ROOT = a_root()
WIDE_KEY = new_key()
WIDE = Authority(signed("Wide", None, WIDE_KEY), WIDE_KEY)
POLICY = below("Policy", WIDE)
SIGNING = below("Signing", POLICY, path_length=0)
OTHER = a_root("Other")


def pem(*certificates: Any) -> bytes:
    return authority.pem(list(certificates)).encode()


@pytest.mark.parametrize("key_type", keys.KEY_TYPES)
def test_made_is_accepted_as_given(key_type: str) -> None:
    key = keys.generate(key_type)
    assert keys.type_of(key.public_key()) == key_type
    made = a_root("London CA", key)
    text = keys.to_pem(key, PASSPHRASE)
    assert b"ENCRYPTED" in text
    given = authority.given(pem(made.certificate), text, PASSPHRASE, None, NOW)
    assert given.certificate == made.certificate
    assert given.intermediates == []
    assert given.root == made.certificate
    assert authority.shown(given.certificate.subject) == "CN=London CA"
    assert given.certificate.not_valid_before_utc == NOW - authority.CLOCK_TOLERANCE


def test_openssl_takes_the_root(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(pem(ROOT.certificate))
    openssl("verify", "-x509_strict", "-CAfile", file, file)


@pytest.mark.parametrize(
    ("certificate", "chain"),
    [
        (pem(SIGNING.certificate), pem(POLICY.certificate, WIDE.certificate)),
        (pem(SIGNING.certificate, POLICY.certificate), pem(WIDE.certificate)),
        (pem(SIGNING.certificate, POLICY.certificate, WIDE.certificate), None),
        (pem(SIGNING.certificate), pem(SIGNING.certificate, POLICY.certificate, WIDE.certificate)),
    ],
)
def test_chain_of_an_intermediate(certificate: bytes, chain: bytes | None) -> None:
    given = authority.given(certificate, keys.to_pem(SIGNING.key), None, chain, NOW)
    assert given.intermediates == [SIGNING.certificate, POLICY.certificate]
    assert given.root == WIDE.certificate


@pytest.mark.parametrize("passphrase", [None, PASSPHRASE])
def test_key_that_is_not_encrypted(passphrase: str | None) -> None:
    assert authority.given(pem(ROOT.certificate), keys.to_pem(ROOT.key), passphrase, None, NOW).key is not None


def rooted(**options: Any) -> bytes:
    return pem(signed("Bad", None, options.pop("key", None) or new_key(), **options))


SHORT = ec.generate_private_key(ec.SECP192R1())


@pytest.mark.parametrize(
    ("certificate", "chain", "problem"),
    [
        (b"nothing", None, "certificate: it holds no certificate in PEM"),
        (b"", None, "certificate: it holds no certificate in PEM"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            None,
            "certificate: it holds no certificate in PEM",
        ),
        (rooted(ca=False), None, "CN=Bad is no certificate authority"),
        (rooted(ca=None, cert_sign=None), None, "CN=Bad is no certificate authority"),
        (rooted(cert_sign=False), None, "CN=Bad must not sign certificates"),
        (rooted(end=NOW - DAY / 2), None, "CN=Bad has expired on "),
        (rooted(end=NOW), None, "CN=Bad has expired on "),
        (rooted(begin=NOW + DAY), None, "CN=Bad is valid only from "),
        (rooted(key=WEAK_RSA), None, "RSA of 1024 bits, which is too weak"),
        (rooted(key=SHORT), None, "EC of 192 bits, which is too weak"),
        (rooted(key=ec.generate_private_key(ec.SECP256K1())), None, "EC on secp256k1, which Java does not know"),
        (pem(SIGNING.certificate), None, "certificate: incomplete: CN=Policy, which has issued CN=Signing, is missing"),
        (
            pem(SIGNING.certificate),
            pem(POLICY.certificate),
            "chain: incomplete: CN=Wide, which has issued CN=Policy, is missing",
        ),
        (
            pem(SIGNING.certificate),
            pem(WIDE.certificate),
            "chain: incomplete: CN=Policy, which has issued CN=Signing, is missing",
        ),
        (
            pem(SIGNING.certificate),
            pem(WIDE.certificate, POLICY.certificate),
            "chain: out of order: CN=Policy has to follow CN=Signing",
        ),
        (
            pem(SIGNING.certificate),
            pem(POLICY.certificate, WIDE.certificate, OTHER.certificate),
            "chain: CN=Other does not belong in it, because CN=Wide before it is self-signed",
        ),
        (pem(ROOT.certificate), pem(OTHER.certificate), "chain: CN=Other does not belong in it"),
        (
            pem(SIGNING.certificate),
            pem(signed("Policy", WIDE, new_key()), WIDE.certificate),
            "chain: CN=Policy in it has not signed CN=Signing",
        ),
        (
            pem(below("Deep", ROOT).certificate),
            pem(ROOT.certificate),
            "chain: CN=Root allows 0 authorities below it, and there are 1",
        ),
        (
            pem(below("Signing", below("Old", WIDE, end=NOW - DAY / 2), key=new_key()).certificate),
            b"",
            "chain: it holds no certificate in PEM",
        ),
    ],
)
def test_refused(certificate: bytes, chain: bytes | None, problem: str) -> None:
    with pytest.raises(PkiError) as error:
        authority.given(certificate, None, None, chain, NOW, "authority.")
    assert str(error.value).startswith("authority.")
    assert problem in str(error.value)


def test_expired_intermediate() -> None:
    old = below("Old", WIDE, end=NOW - DAY / 2)
    leading = below("Signing", old)
    with pytest.raises(PkiError, match=r"^chain: CN=Old has expired on "):
        authority.given(pem(leading.certificate), None, None, pem(*leading.chain), NOW)


def test_kind_of_key_that_elasticsearch_does_not_take() -> None:
    assert "kind ed25519" in str(keys.weakness(ed25519.Ed25519PrivateKey.generate().public_key()))


@pytest.mark.parametrize("digest", ["sha1", "md5"])
def test_weak_signature(digest: str, tmp_path: Path) -> None:
    # The library does not make them any more.
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-" + digest, "-subj", "/CN=Old", "-days", "9",
        "-addext", "keyUsage=critical,keyCertSign", "-keyout", tmp_path / "key", "-out", tmp_path / "crt",
    )  # fmt: skip
    with pytest.raises(PkiError, match=f"CN=Old is signed with {digest.upper()}, which is too weak"):
        authority.given((tmp_path / "crt").read_bytes(), None, None, None, NOW + DAY / 9)


@pytest.mark.parametrize(
    ("key", "passphrase", "problem"),
    [
        (keys.to_pem(OTHER.key), None, "private_key: it does not belong to the certificate of CN=Root"),
        (keys.to_pem(ROOT.key, PASSPHRASE), "wrong", "passphrase: it does not open the private key in private_key"),
        (keys.to_pem(ROOT.key, PASSPHRASE), None, "passphrase: the private key in private_key is encrypted"),
        (b"nothing", None, "private_key: it holds no private key in PEM"),
        (pem(ROOT.certificate), None, "private_key: it holds no private key in PEM that can be read"),
    ],
)
def test_refused_keys(key: bytes, passphrase: str | None, problem: str) -> None:
    with pytest.raises(PkiError) as error:
        authority.given(pem(ROOT.certificate), key, passphrase, None, NOW)
    assert str(error.value).startswith(problem)


@pytest.mark.parametrize(
    ("valid_for", "renew_before", "problem"),
    [
        ("soon", "30d", "valid_for: 'soon' is not a time"),
        ("-1", "30d", "valid_for: '-1' is not between 0 and 100 years"),
        ("40000d", "30d", "valid_for: '40000d' is not between"),
        ("365d", "1y", "renew_before: '1y' is not a time"),
        ("30d", "30d", "renew_before: 30d is not shorter than valid_for, 30d"),
    ],
)
def test_refused_times(valid_for: str, renew_before: str, problem: str) -> None:
    with pytest.raises(PkiError) as error:
        authority.lifetimes(valid_for, renew_before)
    assert str(error.value).startswith(problem)


@pytest.mark.parametrize("text", ["", " ", "a" * 65])
def test_refused_common_names(text: str) -> None:
    with pytest.raises(PkiError, match=r"^common_name: "):
        authority.name(text, "common_name")
