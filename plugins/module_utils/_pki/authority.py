# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate authorities: made, checked, and what the nodes have to trust. Pure. Private to this collection."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, List, Optional

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID
except ImportError:
    # Told by keys.IMPORT_ERROR.
    pass

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _units
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

# So much may the clock of a node be behind the controller's.
CLOCK_TOLERANCE = datetime.timedelta(hours=1)


@dataclass
class Authority:
    """What signs.

    :param key: None when it is only to be trusted.
    :param chain: what issued it, up to and with the self-signed root; empty when it is one itself.
    """

    certificate: Any
    key: Any = None
    chain: List[Any] = field(default_factory=list)

    @property
    def root(self) -> Any:
        return self.chain[-1] if self.chain else self.certificate

    @property
    def intermediates(self) -> List[Any]:
        """What has to follow a certificate that it signs."""
        return [self.certificate, *self.chain][:-1]


def duration(value: str, option: str) -> datetime.timedelta:
    try:
        nanos = _units.time_nanos(value)
    except ValueError as error:
        raise PkiError("%s: %s." % (option, error)) from None
    if nanos < 0 or nanos > 100 * 365 * 86400 * 10**9:
        raise PkiError("%s: %r is not between 0 and 100 years." % (option, value))
    return datetime.timedelta(seconds=nanos // 10**9)


def lifetimes(valid_for: str, renew_before: str) -> List[datetime.timedelta]:
    """Both options, checked together."""
    times = [duration(valid_for, "valid_for"), duration(renew_before, "renew_before")]
    if times[0] <= times[1]:
        raise PkiError(
            "renew_before: %s is not shorter than valid_for, %s: every run would renew." % (renew_before, valid_for)
        )
    return times


def name(text: str, option: str) -> Any:
    """A common name, as a distinguished name."""
    if not text.strip() or len(text) > 64:
        raise PkiError("%s: %r must have 1 to 64 characters." % (option, text))
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def distinguished_name(text: str, option: str) -> Any:
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError:
        raise PkiError("%s: %r is no distinguished name such as CN=lon-1,O=Example." % (option, text)) from None


def shown(distinguished: Any) -> str:
    return str(distinguished.rfc4514_string())


def make(subject: Any, key: Any, valid_for: datetime.timedelta, now: datetime.datetime) -> Authority:
    """Self-signed, for node certificates only."""
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + valid_for)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(sign_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def usage(sign_certificates: bool = False, encipher_keys: bool = False) -> Any:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=encipher_keys,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def extension(certificate: Any, kind: Any) -> Any:
    """Its value, or None; ValueError when the certificate is malformed."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def issued_by(certificate: Any, issuer: Any) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def certificates_in(text: bytes, option: str) -> List[Any]:
    try:
        return list(x509.load_pem_x509_certificates(text))
    except ValueError:
        raise PkiError("%s: it holds no certificate in PEM that can be read." % option) from None


def pem(certificates: List[Any]) -> str:
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in certificates)


def given(
    certificate: bytes,
    key: Optional[bytes],
    passphrase: Optional[str],
    chain: Optional[bytes],
    now: Optional[datetime.datetime],
    where: str = "",
) -> Authority:
    """One that the user has; PkiError when it can't be used.

    :param now: None leaves out whether they are valid now.
    :param where: stands before the options' names, as ``authority.``.
    """
    found = certificates_in(certificate, where + "certificate")
    signing = found[0]
    option = where + "chain" if chain is not None else where + "certificate"
    rest = found[1:] + (certificates_in(chain, where + "chain") if chain is not None else [])
    while rest and rest[0] == signing:
        # Chain files often begin with the certificate itself.
        rest = rest[1:]
    check_authority(signing, where + "certificate", now, below=0)
    authority = Authority(signing, None, checked_chain(signing, rest, option, now))
    if key is not None:
        private = keys.load(key, passphrase, where + "private_key", where + "passphrase")
        if keys.raw(private.public_key()) != keys.raw(signing.public_key()):
            raise PkiError(
                "%sprivate_key: it does not belong to the certificate of %s." % (where, shown(signing.subject))
            )
        authority.key = private
    return authority


def check_authority(
    certificate: Any, option: str, now: Optional[datetime.datetime], below: int, trusted: bool = False
) -> None:
    """PkiError unless it may sign, now (None: at some time).

    :param below: how many authorities stand between it and a node's certificate.
    :param trusted: nobody looks at its own signature.
    """
    who = "%s: %s" % (option, shown(certificate.subject))
    try:
        constraints = extension(certificate, x509.BasicConstraints)
        uses = extension(certificate, x509.KeyUsage)
    except ValueError as error:
        raise PkiError("%s has extensions that can't be read: %s." % (who, error)) from None
    if constraints is None or not constraints.ca:
        raise PkiError("%s is no certificate authority (its basic constraints say so); give a CA's certificate." % who)
    if uses is not None and not uses.key_cert_sign:
        raise PkiError("%s must not sign certificates (its key usage says so); give another CA." % who)
    if constraints.path_length is not None and constraints.path_length < below:
        raise PkiError("%s allows %d authorities below it, and there are %d." % (who, constraints.path_length, below))
    if now is not None:
        check_validity(certificate, option, now)
    weak = keys.weakness(certificate.public_key())
    if weak:
        raise PkiError("%s has a weak or unusable key: it %s." % (who, weak))
    digest = certificate.signature_hash_algorithm
    if not trusted and digest is not None and digest.name in ("sha1", "md5"):
        weak_digest = digest.name.upper()
        raise PkiError("%s is signed with %s, which is too weak; have it signed with SHA-256." % (who, weak_digest))


def check_validity(certificate: Any, option: str, now: datetime.datetime) -> None:
    who = "%s: %s" % (option, shown(certificate.subject))
    if certificate.not_valid_after_utc <= now:
        raise PkiError("%s has expired on %s; renew it." % (who, time_text(certificate.not_valid_after_utc)))
    if certificate.not_valid_before_utc > now:
        raise PkiError(
            "%s is valid only from %s; here it is %s: check the clock, or wait."
            % (who, time_text(certificate.not_valid_before_utc), time_text(now))
        )


def checked_chain(certificate: Any, chain: List[Any], option: str, now: Optional[datetime.datetime]) -> List[Any]:
    """From the issuer of the certificate up to a self-signed root; PkiError names disorder and gaps."""
    current = certificate
    for at, issuer in enumerate(chain):
        if current.issuer == current.subject and issued_by(current, current):
            raise PkiError(
                "%s: %s does not belong in it, because %s before it is self-signed."
                % (option, shown(issuer.subject), shown(current.subject))
            )
        if not issued_by(current, issuer):
            _explain_gap(current, chain[at:], option)
        root = issuer.issuer == issuer.subject
        check_authority(issuer, option, now, below=at + 1, trusted=root)
        current = issuer
    if not issued_by(current, current):
        _explain_gap(current, [], option)
    return chain


def _explain_gap(current: Any, others: List[Any], option: str) -> None:
    issuer, subject = shown(current.issuer), shown(current.subject)
    if any(issued_by(current, other) for other in others):
        raise PkiError(
            "%s: out of order: %s has to follow %s, because it has issued it; the root comes last."
            % (option, issuer, subject)
        )
    if any(other.subject == current.issuer for other in others):
        raise PkiError(
            "%s: %s in it has not signed %s: it is another certificate of the same name." % (option, issuer, subject)
        )
    raise PkiError(
        "%s: incomplete: %s, which has issued %s, is missing; give all certificates up to the self-signed root."
        % (option, issuer, subject)
    )


def time_text(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def fingerprint(certificate: Any) -> str:
    return str(certificate.fingerprint(hashes.SHA256()).hex())
