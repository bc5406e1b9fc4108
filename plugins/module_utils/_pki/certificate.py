# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of nodes: what is wished, whether what is installed fits, and made anew. Pure. Private."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass, field
from typing import Any, List, Optional

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID
except ImportError:
    # Told by keys.IMPORT_ERROR.
    pass

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

# Purpose → whether a node shows the certificate as a server, and as a client.
PURPOSES = {
    "transport": (True, True),
    "remote_cluster_server": (True, False),
    "remote_cluster_client": (False, True),
    "http": (True, False),
    "signing": (False, True),
}


@dataclass
class Wish:
    """One certificate as it shall be, and what is on the node now.

    :param subject: a distinguished name; compared only when the user has given it.
    :param installed: the node's certificate file, leaf first; None when there is none.
    :param unreadable: there is one, and it can't be read.
    :param key_matches: whether the key on the node belongs to it; None when nobody has looked.
    :param kept: names of the installed one that are not among ``sans``, and that a new one has as well.
    :param lost: such names that a new one has not, as text.
    :param installed_bundle: the PKCS#12 file that is on the node, opened.
    :param protected: why what is on the node must not be replaced; empty when it may be.
    """

    name: str
    purpose: str
    sans: List[str]
    subject: Any
    subject_given: bool = False
    request: Any = None
    installed: Optional[List[Any]] = None
    unreadable: bool = False
    key_matches: Optional[bool] = None
    kept: List[Any] = field(default_factory=list)
    lost: List[str] = field(default_factory=list)
    protected: str = ""
    installed_bundle: Any = None

    @property
    def names(self) -> List[str]:
        """All that can be compared."""
        return self.sans + [text(name) for name in self.kept if isinstance(name, (x509.DNSName, x509.IPAddress))]

    @property
    def leaf(self) -> Any:
        return self.installed[0] if self.installed else None


@dataclass
class Rules:
    """What holds for all certificates of a call."""

    key_type: str
    valid_for: datetime.timedelta
    renew_before: datetime.timedelta
    now: datetime.datetime
    renew: bool = False


def extended_usage(purpose: str) -> List[Any]:
    server, client = PURPOSES[purpose]
    return [ExtendedKeyUsageOID.SERVER_AUTH] * server + [ExtendedKeyUsageOID.CLIENT_AUTH] * client


def last_moment(authority: Authority) -> datetime.datetime:
    """Until when anything that the CA signs can be valid."""
    found: datetime.datetime = min(c.not_valid_after_utc for c in [authority.certificate, *authority.chain])
    return found


def reason_to_renew(wish: Wish, authority: Authority, rules: Rules) -> str:
    """Empty when what is installed fits; ``chain`` when only what follows it does not."""
    if wish.unreadable:
        return "unreadable"
    if wish.leaf is None:
        return "missing"
    try:
        return _reason(wish, authority, rules)
    except (ValueError, UnsupportedAlgorithm):
        return "unreadable"


def _reason(wish: Wish, authority: Authority, rules: Rules) -> str:
    leaf = wish.leaf
    problem = misfit(wish, leaf, authority, rules.now)
    if problem in ("issuer", "expired", "not_yet_valid"):
        return problem
    if wish.request is not None:
        if keys.raw(leaf.public_key()) != keys.raw(wish.request.public_key()):
            return "request"
    elif wish.key_matches is False:
        return "key_mismatch"
    elif keys.type_of(leaf.public_key()) != rules.key_type:
        return "key_type"
    if problem:
        return problem
    if wish.subject_given and leaf.subject != wish.subject:
        return "subject"
    if rules.renew:
        return "on_demand"
    # One that ends with its CA can't be renewed before that one is.
    if expiring(leaf, rules) and leaf.not_valid_after_utc < last_moment(authority):
        return "expiring"
    return "" if followers(wish.installed or [], authority) == authority.intermediates else "chain"


def followers(chain: List[Any], authority: Authority) -> List[Any]:
    """What follows the leaf; the root may stand at the end, or not."""
    return [certificate for certificate in chain[1:] if certificate != authority.root]


def misfit(wish: Wish, leaf: Any, authority: Optional[Authority], now: datetime.datetime) -> str:
    """Why a certificate does not do what is wished, whoever has made it; empty when it does."""
    if authority is not None and not authorities.issued_by(leaf, authority.certificate):
        return "issuer"
    if leaf.not_valid_after_utc <= now:
        return "expired"
    if leaf.not_valid_before_utc > now:
        return "not_yet_valid"
    if not fits_usage(leaf, wish.purpose):
        return "usage"
    return "" if set(alternative_names(leaf)) == set(wish.names) else "sans"


def expiring(leaf: Any, rules: Rules) -> bool:
    return bool(leaf.not_valid_after_utc - rules.now < rules.renew_before)


def fits_usage(leaf: Any, purpose: str) -> bool:
    """More than is needed does not hurt, and a certificate that names no use is good for all."""
    constraints = authorities.extension(leaf, x509.BasicConstraints)
    uses = authorities.extension(leaf, x509.KeyUsage)
    extended = authorities.extension(leaf, x509.ExtendedKeyUsage)
    if constraints is not None and constraints.ca:
        return False
    if uses is not None and not uses.digital_signature:
        return False
    return extended is None or set(extended_usage(purpose)) <= set(extended)


def alternative_names(leaf: Any) -> List[str]:
    """As names.alternative_names writes them; other kinds than DNS names and addresses don't count."""
    return [text(n) for n in general_names(leaf) if isinstance(n, (x509.DNSName, x509.IPAddress))]


def text(name: Any) -> str:
    """A name of any kind, as results show it."""
    if isinstance(name, x509.DNSName):
        return "DNS:" + name.value.lower()
    if isinstance(name, x509.IPAddress):
        return "IP:%s" % name.value
    if isinstance(name, x509.OtherName):
        # Elasticsearch restricts the trust in transport by such ones.
        return "other name %s:%s" % (name.type_id.dotted_string, name.value.hex())
    if isinstance(name, x509.RegisteredID):
        return "registered ID:%s" % name.value.dotted_string
    if isinstance(name, x509.DirectoryName):
        return "directory name:%s" % authorities.shown(name.value)
    return "%s:%s" % ("URI" if isinstance(name, x509.UniformResourceIdentifier) else "email", name.value)


def general_names(leaf: Any) -> List[Any]:
    """Its alternative names of all kinds."""
    found = authorities.extension(leaf, x509.SubjectAlternativeName)
    return [] if found is None else list(found)


def issue(wish: Wish, authority: Authority, public_key: Any, rules: Rules) -> Any:
    kind = {"DNS": x509.DNSName, "IP": lambda value: x509.IPAddress(ipaddress.ip_address(value))}
    begin = max(rules.now - authorities.CLOCK_TOLERANCE, authority.certificate.not_valid_before_utc)
    signer = authority.certificate.public_key()
    identifier = authorities.extension(authority.certificate, x509.SubjectKeyIdentifier)
    builder = (
        x509.CertificateBuilder()
        .subject_name(wish.subject)
        .issuer_name(authority.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(min(rules.now + rules.valid_for, last_moment(authority)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(authorities.usage(encipher_keys=isinstance(public_key, rsa.RSAPublicKey)), critical=True)
        .add_extension(x509.ExtendedKeyUsage(extended_usage(wish.purpose)), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
            if identifier
            else x509.AuthorityKeyIdentifier.from_issuer_public_key(signer),
            critical=False,
        )
    )
    if wish.sans or wish.kept:
        pairs = [san.partition(":") for san in wish.sans]
        general = [kind[prefix](value) for prefix, dummy, value in pairs] + wish.kept
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    return builder.sign(authority.key, hashes.SHA256())


def request(text: str) -> Any:
    """A certificate signing request; PkiError unless its sender has the key, and the key is good."""
    try:
        found = x509.load_pem_x509_csr(text.encode())
        genuine = found.is_signature_valid
        weak = keys.weakness(found.public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise PkiError("request: it is no certificate signing request in PEM that can be read.") from None
    if not genuine:
        raise PkiError("request: its signature is wrong; make it anew with the node's key.")
    if weak:
        raise PkiError("request: its key %s." % weak)
    return found
