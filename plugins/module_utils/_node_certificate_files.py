# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files a node has for its certificates, and what is in them, never a key. Standard library only. Private."""

from __future__ import annotations

import base64
import os
import ssl
from typing import Any, Dict, Mapping, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _node_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificate_files import (
    FilesError,
    has_backup,
    leftovers,
    resolved,
)

PURPOSES = ("transport", "http", "remote_cluster_server", "remote_cluster_client")
# Where the roles write, and what they let elasticsearch.yml name, where it names nothing.
_DEFAULT = ("remote_cluster_server", "remote_cluster_client")


def look(
    path_conf: str, settings: Mapping[str, Any], purposes: Sequence[str], default_format: str = "pem"
) -> Dict[str, Any]:
    """Purpose → its files, as the module node_info returns them.

    :param default_format: ``pem`` or ``pkcs12``, where the settings name no file.
    """
    return {purpose: _look(path_conf, settings, purpose, default_format) for purpose in purposes}


def _look(path_conf: str, settings: Mapping[str, Any], purpose: str, default_format: str) -> Dict[str, Any]:
    prefix = "xpack.security.%s.ssl." % purpose
    configured = any(prefix + name in settings for name in ("certificate", "key", "keystore.path"))

    def path(name: str, default: str) -> Optional[str]:
        value = settings.get(prefix + name)
        if value is None and purpose in _DEFAULT:
            value = default
        return os.path.normpath(os.path.join(path_conf, str(value))) if value else None

    bundled = default_format == "pkcs12" and not configured
    keystore = path("keystore.path", "certs/%s.p12" % purpose if bundled else "")
    found: Dict[str, Any] = {
        "configured": prefix + "certificate" in settings or prefix + "keystore.path" in settings,
        "format": "pkcs12" if keystore else "pem",
        "certificate": None if keystore else path("certificate", "certs/%s.crt" % purpose),
        "key": None if keystore else path("key", "certs/%s.key" % purpose),
        "keystore": keystore,
        "authorities": _authorities(path_conf, settings, prefix, purpose),
        "truststore": path("truststore.path", ""),
        "pem": None,
        "pkcs12": None,
        "key_matches": None,
        "key_exists": False,
        "key_encrypted": False,
        "error": None,
    }
    files = [file for file in (found["certificate"], found["key"], found["keystore"]) if file]
    found["unfinished"] = any(_unfinished(file, path_conf) for file in files)
    try:
        found["key_encrypted"] = bool(found["key"]) and key_encrypted(found["key"])
        if keystore:
            found["pkcs12"] = base64.b64encode(_read(keystore)).decode() if os.path.exists(keystore) else None
        elif found["certificate"] and os.path.exists(found["certificate"]):
            found["pem"] = _read(found["certificate"]).decode("ascii", "replace")
            found["key_exists"] = bool(found["key"]) and os.path.exists(found["key"])
            found["key_matches"] = key_matches(found["certificate"], found["key"]) if found["key_exists"] else False
    except OSError as error:
        found["error"] = "%s can't be read: %s" % (error.filename, error.strerror)
    return found


def _authorities(path_conf: str, settings: Mapping[str, Any], prefix: str, purpose: str) -> Sequence[Dict[str, Any]]:
    value = settings.get(prefix + "certificate_authorities")
    # Beside a truststore such a file would not be read, and the node would not start with both.
    if value is None and purpose == "remote_cluster_client" and prefix + "truststore.path" not in settings:
        value = "certs/%s_ca.crt" % purpose
    found = []
    for name in _node_settings.as_list(value) if value else []:
        path = os.path.normpath(os.path.join(path_conf, name))
        entry: Dict[str, Any] = {"path": path, "pem": None, "error": None}
        try:
            entry["unfinished"] = _unfinished(path, path_conf)
            if os.path.exists(path):
                entry["pem"] = _read(path).decode("ascii", "replace")
        except OSError as error:
            entry["error"] = "%s can't be read: %s" % (path, error.strerror)
        found.append(entry)
    return found


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
