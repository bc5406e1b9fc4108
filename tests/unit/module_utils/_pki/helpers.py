# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as other tools make them, and OpenSSL's opinion."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import elements
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority, certificate
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority

NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
DAY = datetime.timedelta(days=1)
PASSPHRASE = "correct horse battery"
WEAK_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 (to be refused)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def a_root(name: str = "Root", key: Any = None, days: float = 3650) -> Authority:
    return authority.make(authority.name(name, "common_name"), key or new_key(), days * DAY, NOW)


def signed(
    name: str,
    issuer: Authority | None,
    key: Any,
    ca: bool | None = True,
    path_length: int | None = None,
    cert_sign: bool | None = True,
    begin: datetime.datetime = NOW - DAY,
    end: datetime.datetime = NOW + 365 * DAY,
    extensions: list[Any] | None = None,
    identifiers: bool = True,
) -> Any:
    """A certificate with what is asked for and nothing else; self-signed without an issuer.

    :param identifiers: whether it has those of its own key and of its issuer's.
    """
    subject = authority.name(name, "common_name")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
    if cert_sign is not None:
        builder = builder.add_extension(authority.usage(sign_certificates=cert_sign), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signer = issuer.certificate.public_key() if issuer else key.public_key()
    related = [identifier, x509.AuthorityKeyIdentifier.from_issuer_public_key(signer)]
    for extension in [*(related if identifiers else []), *(extensions or [])]:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def below(name: str, issuer: Authority, **options: Any) -> Authority:
    key = options.pop("key", None) or new_key()
    return Authority(signed(name, issuer, key, **options), key, [issuer.certificate, *issuer.chain])


def write_pem(path: Path, made: x509.Certificate, key: Any, password: bytes | None = None) -> Path:
    """A certificate, and beside it its key."""
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    path.write_bytes(made.public_bytes(Encoding.PEM))
    path.with_suffix(".key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def entry(name: str = "lon-1", purpose: str = "transport", **options: Any) -> dict[str, Any]:
    """One of the option certificates, with every default."""
    server = certificate.PURPOSES[purpose][0]
    defaults = dict.fromkeys(
        [
            "common_name",
            "subject",
            "installed",
            "installed_pkcs12",
            "key_matches",
            "request",
            "password",
            "issued_certificate",
            "issued_private_key",
        ]
    )
    defaults.update(trusted=False, key_encrypted=False)
    dns = [name] if server else []
    return {**defaults, "name": name, "purpose": purpose, "dns": dns, "ip": [], "format": "pem", **options}


def request(key: Any) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(authority.name("whatever", "common_name"))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def openssl(*arguments: str | Path, data: bytes | None = None) -> str:
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    return done.stdout.decode()


def verify(directory: Path, bundle: str, chain_file: str, purpose: str) -> None:
    """OpenSSL accepts the leaf with the others in the file as untrusted ones."""
    server, client = certificate.PURPOSES[purpose]
    (directory / "bundle.pem").write_text(bundle, encoding="utf-8")
    # Of a file with several certificates, verify takes the first.
    (directory / "chain.pem").write_text(chain_file, encoding="utf-8")
    for use in ["sslserver"] * server + ["sslclient"] * client:
        files: list[str | Path] = ["-CAfile", directory / "bundle.pem", "-untrusted", directory / "chain.pem"]
        openssl("verify", "-x509_strict", "-no-CApath", "-purpose", use, *files, directory / "chain.pem")


def one_file(*bundles: bytes) -> bytes:
    """A PKCS#12 file with what several have, as Java's keytool makes; without the check sum, which is optional."""
    parts = b"".join(_tlv(part.tag, part.content) for bundle in bundles for part in _parts(bundle))
    content = _tlv(0xA0, _tlv(0x04, _tlv(0x30, parts)))
    data = _tlv(0x06, bytes.fromhex("2a864886f70d010701"))
    return _tlv(0x30, _tlv(0x02, b"\3"), _tlv(0x30, data, content))


def _parts(bundle: bytes) -> list[Any]:
    _version, safe, *_check_sum = elements(elements(bundle)[0].content)
    explicit = elements(safe.content)[1]
    octets = elements(explicit.content)[0]
    return elements(elements(octets.content)[0].content)


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    many = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x80 | len(many)]) + many) + content
