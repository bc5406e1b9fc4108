# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _certificates as certificates

BEGIN = datetime(2026, 11, 24, 12, 30, 5, tzinfo=timezone.utc)
SUBJECT = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Société"),
        x509.NameAttribute(NameOID.COMMON_NAME, "par-1"),
    ]
)


def certificate(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, end: datetime, sans: bool) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the CA")]))
        .public_key(key.public_key())
        .serial_number(0x80FF00)
        .not_valid_before(BEGIN)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    if sans:
        names = [x509.DNSName("par-1"), x509.DNSName("*.paris.example"), x509.IPAddress(ip_address("10.99.0.14"))]
        names.append(x509.IPAddress(ip_address("2001:db8::1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, SHA256())


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)])
@pytest.mark.parametrize(
    ("end", "not_after"),
    [
        (BEGIN + timedelta(days=1), "2026-11-25T12:30:05Z"),
        (datetime(2062, 1, 2, tzinfo=timezone.utc), "2062-01-02T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("sans", [True, False])
def test_described_as_cryptography_does(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, end: datetime, not_after: str, sans: bool
) -> None:
    made = certificate(key, end, sans)
    assert certificates.describe(made.public_bytes(Encoding.DER)) == {
        "sha256": made.fingerprint(SHA256()).hex(),
        "serial": "80ff00",
        "subject": "CN=par-1, O=Société, C=FR",
        "subject_cn": "par-1",
        "issuer": "CN=the CA",
        "not_before": "2026-11-24T12:30:05Z",
        "not_after": not_after,
        "sans": ["DNS:par-1", "DNS:*.paris.example", "IP:10.99.0.14", "IP:2001:db8::1"] if sans else [],
    }


def test_pem_with_several_certificates_and_other_text() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = [certificate(key, BEGIN + timedelta(days=day), True) for day in (1, 2)]
    text = "bag attributes\r\n" + "\n".join(one.public_bytes(Encoding.PEM).decode() for one in made)
    assert certificates.from_pem(text) == [one.public_bytes(Encoding.DER) for one in made]
    assert certificates.from_pem("nothing") == []


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x03\x02\x01", b"no certificate", b"\x30\x00", bytes(range(256))])
def test_rubbish_is_refused(der: bytes) -> None:
    with pytest.raises(ValueError, match="this is no X"):
        certificates.describe(der)


def test_rubbish_in_pem_is_refused() -> None:
    with pytest.raises(ValueError, match="not base64"):
        certificates.from_pem("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----")
