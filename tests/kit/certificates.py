# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate authorities of a cluster, one for transport and HTTP, one for the remote port, and what they sign."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass(frozen=True)
class Signed:
    """PEM; the certificate is followed by its chain."""

    certificate: bytes
    key: bytes

    def pkcs12(self, authority: bytes, password: str) -> bytes:
        """As Elasticsearch configures itself: with the authority."""
        certificate, *chain = x509.load_pem_x509_certificates(self.certificate)
        key = serialization.load_pem_private_key(self.key, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return pkcs12.serialize_key_and_certificates(
            b"node",
            key,
            certificate,
            [*chain, *x509.load_pem_x509_certificates(authority)],
            serialization.BestAvailableEncryption(password.encode()),
        )


def truststore(authority: bytes, password: str) -> bytes:
    """PKCS#12 with trusted certificates alone, as Java reads it."""
    entries = [pkcs12.PKCS12Certificate(one, b"ca") for one in x509.load_pem_x509_certificates(authority)]
    return pkcs12.serialize_java_truststore(entries, serialization.BestAvailableEncryption(password.encode()))


class Authority:
    """Signs node certificates; elliptic curves, because a lab must not wait for RSA primes.

    :param issuer: a root that signs this one; what this one signs brings its certificate along then.
    :param usages: whether it has a key usage, which authorities of elasticsearch-certutil do not before 9.
    """

    def __init__(self, name: str, days: float = 365, issuer: Authority | None = None, usages: bool = True) -> None:
        self._name = named(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer or self
        builder = signer._builder(self._name, self._key.public_key(), days)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        if usages:
            builder = builder.add_extension(usage, critical=True)
        certificate = signer._sign(builder)
        # What others trust.
        self.certificate: bytes = issuer.certificate if issuer else certificate
        self.chain = certificate if issuer else b""
        self.key = pem(self._key)

    def sign(self, name: str, addresses: list[str], days: float = 90) -> Signed:
        """A certificate for server and client use, as transport needs both."""
        names: list[x509.GeneralName] = [x509.DNSName(name), x509.DNSName("localhost")]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in dict.fromkeys([*addresses, "127.0.0.1"])]
        return self._sign_for(name, names, days)

    def sign_wildcard(self, domain: str, days: float = 90) -> Signed:
        """For each host of the domain, and for no address."""
        return self._sign_for(f"*.{domain}", [x509.DNSName(f"*.{domain}")], days)

    def _sign_for(self, name: str, names: list[x509.GeneralName], days: float) -> Signed:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(named(name), key.public_key(), days)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(uses, critical=False)
        return Signed(self._sign(builder) + self.chain, pem(key))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days: float) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
