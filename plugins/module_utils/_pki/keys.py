# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys: made, read, written, judged. Pure. Private to this collection."""

from __future__ import annotations

import os
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any, List, Optional

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    IMPORT_ERROR: Optional[str] = None
    if not hasattr(x509.Certificate, "not_valid_after_utc"):
        IMPORT_ERROR = "The installed cryptography is older than 42."
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

KEY_TYPES = ["ec_p256", "ec_p384", "rsa_2048", "rsa_3072", "rsa_4096"]
SHORTEST_RSA = 2048
# Ansible masks a secret wherever it occurs in a result; one this long does not occur in a certificate by chance.
SHORTEST_PASSPHRASE = 8


class PkiError(ValueError):
    """The text names the option, what is wrong with its value, and what to do."""


def generate(key_type: str) -> Any:
    kind, _dummy, size = key_type.partition("_")
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1() if size == "p256" else ec.SECP384R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(size))


def generate_many(key_type: str, count: int) -> List[Any]:
    """Looking for RSA primes leaves Python's lock free, so that threads use all cores."""
    if not key_type.startswith("rsa") or count < 2:
        return [generate(key_type) for _dummy in range(count)]
    with ThreadPoolExecutor(max_workers=min(count, os.cpu_count() or 1)) as pool:
        return list(pool.map(generate, [key_type] * count))


def type_of(public_key: Any) -> str:
    """As in KEY_TYPES, for other kinds too."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return "rsa_%d" % public_key.key_size
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        return "ec_%s" % public_key.curve.name.replace("secp", "p").replace("r1", "")
    return type(public_key).__name__.lower().replace("publickey", "")


def weakness(public_key: Any) -> Optional[str]:
    """Why it must not be used, if so."""
    if isinstance(public_key, rsa.RSAPublicKey):
        if public_key.key_size < SHORTEST_RSA:
            return "is RSA of %d bits, which is too weak; at least %d are needed" % (public_key.key_size, SHORTEST_RSA)
        return None
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        if public_key.curve.key_size < 256:
            return "is EC of %d bits, which is too weak; at least 256 are needed" % public_key.curve.key_size
        if public_key.curve.name not in ("secp256r1", "secp384r1", "secp521r1"):
            return "is EC on %s, which Java does not know; P-256, P-384 or P-521 is needed" % public_key.curve.name
        return None
    return "is of the kind %s; Elasticsearch needs RSA or EC" % type_of(public_key)


def raw(public_key: Any) -> bytes:
    """The same bytes for the same key."""
    return bytes(public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))


def load(text: bytes, passphrase: Optional[str], option: str, passphrase_option: str) -> Any:
    """A private key from PEM, encrypted or not."""
    if b"-----BEGIN" not in text:
        raise PkiError("%s: it holds no private key in PEM." % option)
    secret = passphrase.encode() if passphrase else None
    try:
        try:
            return serialization.load_pem_private_key(text, secret)
        except TypeError:
            if secret is None:
                raise PkiError(
                    "%s: the private key in %s is encrypted, so it is needed." % (passphrase_option, option)
                ) from None
            # A passphrase was given for a key that is not encrypted.
            return serialization.load_pem_private_key(text, None)
    except PkiError:
        raise
    except (ValueError, UnsupportedAlgorithm):
        if secret is not None and b"ENCRYPTED" in text:
            raise PkiError("%s: it does not open the private key in %s." % (passphrase_option, option)) from None
        raise PkiError("%s: it holds no private key in PEM that can be read." % option) from None


def to_pem(key: Any, passphrase: Optional[str] = None) -> bytes:
    """PKCS#8."""
    encryption: Any = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    return bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
