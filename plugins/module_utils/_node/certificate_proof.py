# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate files put in place, and proven by what the node shows. Standard library only. Private."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import socket
import ssl
import time
from contextlib import contextmanager, suppress
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_files as files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import File, FilesError

PAUSE = 0.5
HANDSHAKE_TIMEOUT = 5
# Numbers of TLS, of a record and of a message.
_HANDSHAKE, _CERTIFICATE = 22, 11


class NotLoaded(FilesError):
    """The files were written, and the node does not show them; what was there before is back."""


def converge(p: Dict[str, Any], check_mode: bool, context: files.Context) -> Dict[str, Any]:
    """What the module certificate_files does with its options."""
    paths = [files.resolved(entry["path"], p["path_conf"]) for entry in p["files"]]
    for path in paths:
        if paths.count(path) > 1:
            raise FilesError("%s is named more than once in files; name another file for the second content." % path)
    wanted = [File(path, _content(entry, path)) for path, entry in zip(paths, p["files"])]
    if p["state"] != "present":
        there = [file.path for file in wanted if files.has_backup(file.path)]
        if not check_mode:
            (files.restore if p["state"] == "restored" else files.commit)(wanted)
        return _result(there, None, 0.0)
    if check_mode:
        return _present(p, wanted, True, context)
    # A run that was killed on the controller may still wait on the node, and would put its old files back into ours.
    with _locked(wanted, p):
        return _present(p, wanted, False, context)


def _present(p: Dict[str, Any], wanted: Sequence[File], check_mode: bool, context: files.Context) -> Dict[str, Any]:
    files.check(wanted, p["service_user"], p["make_directory"])
    changed = [file.path for file in files.differing(wanted)]
    if check_mode:
        return _result(changed, None, 0.0)
    before = _shown_now(p["proofs"]) if changed else []
    if changed:
        files.write(wanted, p["service_user"], p["make_directory"], context)
    else:
        files.tidy(wanted)
    start = time.monotonic()
    wrong = until_shown(p["proofs"], p["timeout"], shown)
    if wrong:
        raise NotLoaded("%s after %d s.%s" % (wrong, p["timeout"], _back(wanted, before, p["timeout"])))
    files.commit(wanted)
    for entry, file in zip(p["files"], wanted):
        if entry["pending"]:
            # It is in use now.
            with suppress(FileNotFoundError):
                os.unlink(files.pending_key(file.path))
    return _result(changed, bool(p["proofs"]), round(time.monotonic() - start, 1))


@contextmanager
def _locked(wanted: Sequence[File], p: Dict[str, Any]) -> Iterator[None]:
    """One run at a time; the other one may wait for its proof, and then for what it has put back."""
    directory = next((d for d in (os.path.dirname(file.path) for file in wanted) if os.path.isdir(d)), p["path_conf"])
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    end = time.monotonic() + 2 * p["timeout"] + HANDSHAKE_TIMEOUT
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise FilesError(
                        "Another run is still working on the files in %s; run again when it is done." % directory
                    ) from None
                time.sleep(PAUSE)
        yield
    finally:
        os.close(descriptor)


def _shown_now(proofs: Sequence[Dict[str, str]]) -> List[Dict[str, str]]:
    """Proofs of what the node shows before anything is changed, where it shows anything."""
    there = []
    for proof in proofs:
        with suppress(OSError):
            there.append({"address": proof["address"], "sha256": shown(proof["address"])})
    return there


def _back(wanted: Sequence[File], before: Sequence[Dict[str, str]], timeout: float) -> str:
    """Old files in place, and loaded: until then the node goes on showing what is broken. What can be said of it."""
    if not files.restore(wanted):
        return ""
    wrong = until_shown(before, timeout, shown)
    return " The files that were there before are back%s" % (
        ", but not loaded yet: %s." % wrong if wrong else " and loaded." if before else "."
    )


def _content(entry: Dict[str, Any], path: str) -> Optional[bytes]:
    if entry["pending"]:
        with open(files.pending_key(path), "rb") as stream:
            return stream.read()
    if entry["pkcs12"] is not None:
        return base64.b64decode(entry["pkcs12"], validate=True)
    return entry["content"].encode() if entry["content"] is not None else None


def _result(changed: List[str], proven: Optional[bool], seconds: float) -> Dict[str, Any]:
    return {
        "changed": bool(changed),
        "files": changed,
        "proven": proven,
        "seconds": seconds,
        "diff": {"before": {}, "after": {"replaced": changed} if changed else {}},
    }


def until_shown(proofs: Sequence[Dict[str, str]], timeout: float, look: Callable[[str], str]) -> Optional[str]:
    """None when all are shown in time, else what is wrong."""
    end = time.monotonic() + timeout
    while True:
        wrong = next((text for text in (_wrong(proof, look) for proof in proofs) if text), None)
        if wrong is None or time.monotonic() > end:
            return wrong
        time.sleep(PAUSE)


def _wrong(proof: Dict[str, str], look: Callable[[str], str]) -> Optional[str]:
    try:
        seen = look(proof["address"])
    except OSError as error:
        return "%s gives no TLS handshake (%s)" % (proof["address"], error)
    if seen != proof["sha256"]:
        return "%s does not show the expected certificate, but another one (SHA-256 %s)" % (proof["address"], seen)
    return None


def shown(address: str) -> str:
    """Fingerprint of the certificate; a key that does not belong to it breaks the handshake."""
    host, _dummy, port = address.rpartition(":")
    place = (host.strip("[]"), int(port))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connection = socket.create_connection(place, HANDSHAKE_TIMEOUT)
        with connection, context.wrap_socket(connection) as secure:
            der = secure.getpeercert(True)
    except ssl.SSLError as error:
        if "ALERT" not in (error.reason or ""):
            raise
        # Up to TLS 1.2 who shows no certificate, as at the transport port, is refused before the handshake is complete.
        der = _shown_before_refusal(place, context)
        if der is None:
            raise
    return hashlib.sha256(der or b"").hexdigest()


def _shown_before_refusal(place: Tuple[str, int], context: ssl.SSLContext) -> Optional[bytes]:
    """The server's part of a handshake; OpenSSL answers it only when it was signed with the certificate's key."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secure = context.wrap_bio(incoming, outgoing)
    seen = b""
    with socket.create_connection(place, HANDSHAKE_TIMEOUT) as connection:
        while True:
            with suppress(ssl.SSLWantReadError):
                secure.do_handshake()
            answer = outgoing.read()
            if seen and answer:
                return _first_certificate(seen)
            connection.sendall(answer)
            received = connection.recv(16384)
            if not received:
                return None
            seen += received
            incoming.write(received)


def _first_certificate(data: bytes) -> Optional[bytes]:
    """From TLS records that are not encrypted yet."""
    messages, at = b"", 0
    while at + 5 <= len(data):
        end = at + 5 + int.from_bytes(data[at + 3 : at + 5], "big")
        if data[at] == _HANDSHAKE:
            messages += data[at + 5 : end]
        at = end
    at = 0
    while at + 4 <= len(messages):
        end = at + 4 + int.from_bytes(messages[at + 1 : at + 4], "big")
        if messages[at] == _CERTIFICATE:
            # Of the list, and of its first entry, the length comes first.
            size = int.from_bytes(messages[at + 7 : at + 10], "big")
            return messages[at + 10 : at + 10 + size]
        at = end
    return None
