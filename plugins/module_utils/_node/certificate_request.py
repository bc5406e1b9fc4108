# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private key that is made on the node and stays there, and the request for its certificate. Private."""

from __future__ import annotations

import os
import shutil
from typing import Any, Callable, Dict, List, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import (
    FilesError,
    content,
    make_like_parent,
    pending_key,
    resolved,
)

_GENERATE = {
    "ec_p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ec_p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "rsa_2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa_3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa_4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
}
KEY_TYPES = sorted(_GENERATE)
# What OpenSSL says of a key of that kind.
_SHOWN = {"ec_p256": "prime256v1", "ec_p384": "secp384r1", "rsa_2048": "2048", "rsa_3072": "3072", "rsa_4096": "4096"}

# Command → return code, output, errors, as AnsibleModule.run_command has it.
Command = Callable[[List[str]], Tuple[int, str, str]]


def run(p: Dict[str, Any], check_mode: bool, command: Command) -> Dict[str, Any]:
    """What the module certificate_request does with its options."""
    openssl = shutil.which("openssl")
    if not openssl:
        raise FilesError("openssl is missing on this node; install it, or let the controller make the keys.")
    private_key = resolved(p["private_key"], p["path_conf"])
    directory = os.path.dirname(private_key)
    if not os.path.isdir(directory):
        if not p["make_directory"]:
            raise FilesError("private_key: there is no directory %s; create it, or correct the setting." % directory)
        if check_mode:
            return {"changed": True, "request": None}
        make_like_parent(directory)
    path = pending_key(private_key)
    # One of a run that was interrupted is as good as a new one, unless that run has put it in place already.
    changed = not (
        os.path.exists(path) and _fits(command, openssl, path, p["key_type"]) and content(path) != content(private_key)
    )
    if check_mode and changed:
        return {"changed": True, "request": None}
    if changed:
        _make(command, openssl, path, p["key_type"])
    subject = "/CN=" + p["common_name"].replace("\\", "").replace("/", "\\/")[:64]
    return {"changed": changed, "request": _call(command, openssl, "req", "-new", "-key", path, "-subj", subject)}


def _make(command: Command, openssl: str, path: str, key_type: str) -> None:
    made = path + ".new"
    if os.path.lexists(made):
        os.unlink(made)
    # For its owner alone from the first moment on.
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    _call(command, openssl, "genpkey", *_GENERATE[key_type], "-out", made)
    os.chmod(made, 0o600)
    os.replace(made, path)


def _fits(command: Command, openssl: str, path: str, key_type: str) -> bool:
    try:
        text = _call(command, openssl, "pkey", "-in", path, "-noout", "-text_pub")
    except FilesError:
        return False
    return _SHOWN[key_type] in text


def _call(command: Command, *words: str) -> str:
    code, output, errors = command(list(words))
    if code:
        raise FilesError("openssl %s failed: %s" % (words[1], " ".join(errors.split())))
    return output
