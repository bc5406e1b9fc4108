# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a node has for its certificates, and what is in them, never a key. Standard library only. Private."""

from __future__ import annotations

import base64
import os
import re
import ssl
from typing import Any, Dict, List, Mapping, Optional, Pattern, Sequence, Set, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import settings as node_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import (
    FilesError,
    has_backup,
    leftovers,
    resolved,
)

PURPOSES = ("transport", "http", "remote_cluster_server", "remote_cluster_client")
# Where the roles write, and what they let elasticsearch.yml name, where it names nothing.
_DEFAULT = ("remote_cluster_server", "remote_cluster_client")
_PAIR = ("certificate", "key", "keystore.path")
_BLOCK = re.compile(r"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)
_MIXED = "%s holds something else than certificates in PEM, and is not written; name a file of CA certificates in PEM."
_UNKNOWN_VARIABLE = re.compile(r"\$\{[^}]*\}")


def look(
    path_conf: str, settings: Mapping[str, Any], purposes: Sequence[str], default_format: str = "pem"
) -> Dict[str, Any]:
    """Purpose → its files, as the module node_info returns them.

    :param settings: all of elasticsearch.yml, because any of them may name the same files.
    :param default_format: ``pem`` or ``pkcs12``, where the settings name no file.
    """
    names = _Names(path_conf, settings)
    return {purpose: _look(path_conf, settings, names, purpose, default_format) for purpose in purposes}


class _Names:
    """Which settings name a file, whatever they are for; compared are real files, as a link is a name as well."""

    def __init__(self, path_conf: str, settings: Mapping[str, Any]) -> None:
        self._real: Dict[str, Set[str]] = {}
        self._patterns: List[Tuple[Pattern, str]] = []
        for setting, value in settings.items():
            for item in value if isinstance(value, list) else [value, *node_settings.as_list(value)]:
                path = os.path.normpath(os.path.join(path_conf, str(item)))
                if _UNKNOWN_VARIABLE.search(path):
                    # It may be each file that it fits.
                    parts = map(re.escape, _UNKNOWN_VARIABLE.split(path))
                    self._patterns.append((re.compile(".*".join(parts)), setting))
                else:
                    self._real.setdefault(os.path.realpath(path), set()).add(setting)

    def of(self, path: str) -> List[str]:
        return sorted(self._real.get(os.path.realpath(path), ()))

    def perhaps(self, path: str) -> List[str]:
        """Those with a variable that nobody knows."""
        there = (path, os.path.realpath(path))
        return sorted({setting for pattern, setting in self._patterns if any(map(pattern.fullmatch, there))})


def _look(
    path_conf: str, settings: Mapping[str, Any], names: _Names, purpose: str, default_format: str
) -> Dict[str, Any]:
    prefix = "xpack.security.%s.ssl." % purpose
    configured = any(prefix + name in settings for name in _PAIR)

    def path(name: str, default: str) -> Optional[str]:
        value = settings.get(prefix + name)
        if value is None and purpose in _DEFAULT:
            value = default
        return os.path.normpath(os.path.join(path_conf, str(value))) if value else None

    bundled = default_format == "pkcs12" and not configured
    keystore = path("keystore.path", "certs/%s.p12" % purpose if bundled else "")
    found = _files(
        path_conf,
        None if keystore else path("certificate", "certs/%s.crt" % purpose),
        None if keystore else path("key", "certs/%s.key" % purpose),
        keystore,
    )
    files = [file for file in (found["certificate"], found["key"], found["keystore"]) if file]
    found.update(
        configured=prefix + "certificate" in settings or prefix + "keystore.path" in settings,
        settings=[prefix + name for name in _PAIR if prefix + name in settings],
        named_by={file: names.of(file) for file in files},
        perhaps_named_by=sorted({setting for file in files for setting in names.perhaps(file)}),
        authorities=_authorities(path_conf, settings, names, prefix, purpose),
        truststore=path("truststore.path", ""),
        one_file=len(set(map(os.path.realpath, files))) < len(files),
        own=None,
    )
    pair = {prefix + name for name in _PAIR}
    if found["one_file"] or any(set(names.of(file)) - pair for file in files):
        found["own"] = _own(path_conf, names, purpose, found["format"])
    return found


def _own(path_conf: str, names: _Names, purpose: str, form: str) -> Dict[str, Any]:
    """Files beside those that others use as well: where nothing that others name can lie."""
    for stem in (purpose, purpose + "_own", purpose + "_alone"):
        ends = {"keystore": "p12"} if form == "pkcs12" else {"certificate": "crt", "key": "key"}
        relative = {kind: "certs/%s.%s" % (stem, end) for kind, end in ends.items()}
        paths = {kind: os.path.join(path_conf, name) for kind, name in relative.items()}
        if not any(map(names.of, paths.values())):
            break
    found = _files(path_conf, paths.get("certificate"), paths.get("key"), paths.get("keystore"))
    return {**found, "relative": relative, "exists": any(map(os.path.lexists, paths.values()))}


def _files(path_conf: str, certificate: Optional[str], key: Optional[str], keystore: Optional[str]) -> Dict[str, Any]:
    """What is in the files of one certificate, never a key in PEM."""
    found: Dict[str, Any] = {
        "format": "pkcs12" if keystore else "pem",
        "certificate": certificate,
        "key": key,
        "keystore": keystore,
        "pem": None,
        "pkcs12": None,
        "key_matches": None,
        "key_exists": False,
        "key_encrypted": False,
        "error": None,
        "outside": None,
    }
    files = [file for file in (certificate, key, keystore) if file]
    found["unfinished"] = any(_unfinished(file, path_conf) for file in files)
    for file in files:
        try:
            resolved(file, path_conf)
        except FilesError as error:
            found["outside"] = str(error)
    try:
        found["key_encrypted"] = bool(found["key"]) and key_encrypted(found["key"])
        if keystore:
            found["pkcs12"] = base64.b64encode(_read(keystore)).decode() if os.path.exists(keystore) else None
        elif certificate and os.path.exists(certificate):
            found["pem"] = _certificates(_read(certificate))[0]
            found["key_exists"] = bool(key) and os.path.exists(str(key))
            found["key_matches"] = key_matches(certificate, str(key)) if found["key_exists"] else False
    except OSError as error:
        found["error"] = "%s can't be read: %s" % (error.filename, error.strerror)
    return found


def _authorities(
    path_conf: str, settings: Mapping[str, Any], names: _Names, prefix: str, purpose: str
) -> Sequence[Dict[str, Any]]:
    value = settings.get(prefix + "certificate_authorities")
    # Beside a truststore such a file would not be read, and the node would not start with both.
    if value is None and purpose == "remote_cluster_client" and prefix + "truststore.path" not in settings:
        value = "certs/%s_ca.crt" % purpose
    found = []
    for name in node_settings.as_list(value) if value else []:
        path = os.path.normpath(os.path.join(path_conf, name))
        entry: Dict[str, Any] = {"path": path, "pem": None, "error": None, "named_by": []}
        entry["named_by"] = sorted({*names.of(path), *names.perhaps(path)})
        try:
            entry["unfinished"] = _unfinished(path, path_conf)
            if os.path.exists(path):
                entry["pem"], only = _certificates(_read(path))
                entry["error"] = None if only else _MIXED % path
            resolved(path, path_conf)
        except FilesError as error:
            entry["error"] = str(error)
        except OSError as error:
            entry["error"] = "%s can't be read: %s; name a file of CA certificates in PEM." % (path, error.strerror)
        found.append(entry)
    return found


def _certificates(content: bytes) -> Tuple[str, bool]:
    """The text without any key in it, and whether it holds nothing but certificates."""
    text = content.decode("ascii", "replace")
    blocks = _BLOCK.findall(text)
    others = [block for block in blocks if "CERTIFICATE-----" not in block]
    if "PRIVATE KEY" in text or not blocks:
        text = "".join(block + "\n" for block in blocks if block not in others)
    return text, not others and bool(blocks or not content.strip())


def _unfinished(path: str, path_conf: str) -> bool:
    """It is told by what lies beside the file, not beside a link to it."""
    try:
        path = resolved(path, path_conf)
    except FilesError:
        # It will not be written.
        return False
    return has_backup(path) or leftovers(path)


def _read(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def key_encrypted(key: str) -> bool:
    """Whether a private key in PEM has a passphrase, in PKCS#8 or as OpenSSL wrote them before."""
    return os.path.exists(key) and any(
        line.startswith((b"-----BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"))
        for line in _read(key).splitlines()
    )


def key_matches(certificate: str, key: str) -> Optional[bool]:
    """Whether the key belongs to the certificate; None when it has a passphrase, or nobody can tell."""
    encrypted = []

    def password() -> str:
        encrypted.append(True)
        return ""

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password)
    except ssl.SSLError as error:
        mismatch = error.reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH")
        return False if mismatch and not encrypted else None
    except (OSError, ValueError):
        return None
    return True
