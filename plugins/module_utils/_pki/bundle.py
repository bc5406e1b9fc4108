# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PKCS#12 files: what a node's file holds beside its own certificate, and new ones. Pure. Private."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, List, NamedTuple, Optional

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
except ImportError:
    # Told by keys.IMPORT_ERROR.
    pass

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import elements
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys

_SEQUENCE = 0x30
_DATA = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
_FRIENDLY_NAME = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14"
_BAG = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01"
_KEY, _ENCRYPTED_KEY, _SECRET, _NESTED = (_BAG + bytes([number]) for number in (1, 2, 5, 6))


class Entry(NamedTuple):
    """A private or secret key in a file.

    :param content: as it is there, encrypted or not; None of a secret key.
    """

    name: str
    content: Optional[bytes]


@dataclass
class Bundle:
    """A file that was opened.

    :param key: the node's; None when the file holds no private key with a certificate.
    :param chain: its certificates, leaf first, as far as they lead on.
    :param more: what else is in the file, in words.
    """

    key: Any = None
    chain: List[Any] = field(default_factory=list)
    more: List[str] = field(default_factory=list)


def is_one(data: bytes) -> bool:
    """Whether it looks like a PKCS#12 file, for one that does not open."""
    return data[:1] == bytes([_SEQUENCE]) and len(data) > 2


def opened(data: bytes, password: str) -> Optional[Bundle]:
    """None when the password does not open it, or it is no PKCS#12 file."""
    try:
        loaded = pkcs12.load_pkcs12(data, password.encode())
    except (ValueError, UnsupportedAlgorithm):
        return None
    certificates = [found.certificate for found in [loaded.cert, *loaded.additional_certs] if found is not None]
    entries = _entries(data)
    found = [(entry.name, _private_key(entry, password)) for entry in entries or []]
    if loaded.key is not None and all(key is None for name, key in found):
        # One that can't be read by itself; the only one, as far as can be seen.
        found = [(found[0][0] if found else "", loaded.key), *found[1:]]
    owners = [(name, key, _certificate_of(key, certificates)) for name, key in found]
    fit = [at for at, owner in enumerate(owners) if owner[2] is not None]
    # Elasticsearch shows the certificate that is no authority's, where there is one of both.
    own = next((at for at in fit if not _is_authority(owners[at][2])), fit[0] if fit else None)
    bundle = Bundle()
    if own is not None:
        bundle.key, bundle.chain = owners[own][1], _led_on(owners[own][2], certificates)
    bundle.more = [_described(name, leaf) for at, (name, key, leaf) in enumerate(owners) if at != own]
    if entries is None:
        bundle.more.append("keys that can't be told, because of how the file is written")
    told = [c for name, key, leaf in owners for c in _led_on(leaf, certificates)]
    bundle.more += [
        "the certificate of %s" % authorities.shown(certificate.subject)
        for certificate in dict.fromkeys(certificates)
        if certificate not in told
    ]
    return bundle


def made(name: str, leaf: Any, key: Any, chain: List[Any], password: str) -> bytes:
    """PKCS#12, encrypted so that every Java that Elasticsearch runs on reads it."""
    encryption = serialization.BestAvailableEncryption(password.encode())
    return bytes(pkcs12.serialize_key_and_certificates(name.encode(), key, leaf, chain or None, encryption))


def _described(name: str, leaf: Any) -> str:
    owner = " (%s)" % authorities.shown(leaf.subject) if leaf is not None else ""
    return "the key %s%s" % (name or "without a name", owner)


def _private_key(entry: Entry, password: str) -> Any:
    if entry.content is None:
        return None
    for secret in (password.encode(), None):
        try:
            return serialization.load_der_private_key(entry.content, secret)
        except (TypeError, ValueError, UnsupportedAlgorithm):
            continue
    return None


def _certificate_of(key: Any, certificates: List[Any]) -> Any:
    if key is None:
        return None
    own = keys.raw(key.public_key())
    return next((c for c in certificates if keys.raw(c.public_key()) == own), None)


def _is_authority(certificate: Any) -> bool:
    constraints = authorities.extension(certificate, x509.BasicConstraints)
    return constraints is not None and bool(constraints.ca)


def _led_on(leaf: Any, certificates: List[Any]) -> List[Any]:
    """A certificate and each issuer that the file has."""
    chain: List[Any] = []
    following = leaf
    while following is not None:
        chain.append(following)
        following = next((c for c in certificates if c not in chain and authorities.issued_by(chain[-1], c)), None)
    return chain


def _entries(data: bytes) -> Optional[List[Entry]]:
    """Its keys, each with its name; None when the file is written in another way than tools of Java and OpenSSL do."""
    try:
        _version, safe = elements(elements(data)[0].content)[:2]
        found: List[Entry] = []
        for part in elements(elements(_content(elements(safe.content)[1]))[0].content):
            kind, *content = elements(part.content)
            # What is encrypted as a whole holds certificates.
            if kind.content == _DATA:
                found += _in_bags(elements(_content(content[0]))[0].content)
        return found
    except (IndexError, ValueError):
        return None


def _content(explicit: Any) -> bytes:
    """Of an octet string in an explicit tag."""
    return bytes(elements(explicit.content)[0].content)


def _in_bags(data: bytes) -> List[Entry]:
    found: List[Entry] = []
    for bag in elements(data):
        kind, value, *attributes = elements(bag.content)
        if kind.content in (_KEY, _ENCRYPTED_KEY):
            found.append(Entry(_name(attributes), value.content))
        elif kind.content == _SECRET:
            found.append(Entry(_name(attributes), None))
        elif kind.content == _NESTED:
            found += _in_bags(elements(value.content)[0].content)
    return found


def _name(attributes: List[Any]) -> str:
    for attribute in elements(attributes[0].content) if attributes else []:
        kind, values = elements(attribute.content)
        if kind.content == _FRIENDLY_NAME:
            return elements(values.content)[0].content.decode("utf-16-be", "replace")
    return ""
