# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a node's configuration that change together: all or none, with a way back. Standard library only. Private.

A node reads a pair of files one after the other, whatever they are written with: one that looks in the moment between
two of them uses what does not fit together, and puts that right when it looks again, 5 seconds later. (It does use it,
and ``GET _ssl/certificates`` tells what lies in the files at that moment. So what counts here is a TLS handshake.)

A change is *pending* from the moment it is written until somebody has seen that the node works with it. Beside each
file that it has touched lies what was there before; ``committed`` removes that, ``restored`` puts it back. So a run
that was killed leaves something that the next one can tell.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import ssl
import stat
import time
from contextlib import suppress
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._keystore_tool import groups_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import group_name, user_name
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node_probe import Trust, probe_all

# Beside `certs/a.key`: `certs/.a.key.new`, then `certs/.a.key.before`, which is empty where there was no file.
NEW, BEFORE, NONE_BEFORE = ".new", ".before", ".none-before"
KEPT_ATTRIBUTES = ("security.selinux", "system.posix_acl_access")
NEW_MODE = 0o640


class FilesError(Exception):
    """One sentence that says what is wrong and what to do."""


class File(NamedTuple):
    """
    :param path: as it was given; ``real`` is where it lies.
    :param content: None when it is only looked at, or has to go (``absent``).
    """

    path: str
    real: str
    content: Optional[bytes]
    secret: bool
    absent: bool
    certificate: Optional[str]

    def beside(self, suffix: str) -> str:
        return os.path.join(os.path.dirname(self.real), ".%s%s" % (os.path.basename(self.real), suffix))

    @property
    def pending(self) -> bool:
        return os.path.lexists(self.beside(BEFORE)) or os.path.lexists(self.beside(NONE_BEFORE))

    def now(self) -> Optional[bytes]:
        try:
            with open(self.real, "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    @property
    def differs(self) -> bool:
        if self.absent:
            return os.path.lexists(self.real)
        return self.content is not None and self.now() != self.content


def files(path_conf: str, entries: List[Dict[str, Any]]) -> List[File]:
    """Refuses what leads out of the node's configuration."""
    if not os.path.isdir(path_conf):
        raise FilesError("path_conf: %s is no directory; set it to the directory of elasticsearch.yml." % path_conf)
    found = []
    for entry in entries:
        path = os.path.normpath(os.path.join(path_conf, entry["path"]))
        real = os.path.realpath(path)
        top = os.path.realpath(path_conf)
        if os.path.commonpath([top, real]) != top:
            raise FilesError(
                "files: %s lies at %s, outside of %s, where Elasticsearch may not read it; move it there."
                % (entry["path"], real, path_conf)
            )
        secret = entry.get("secret")
        text = secret if secret is not None else entry.get("content")
        certificate = entry.get("certificate")
        found.append(
            File(
                path=entry["path"],
                real=real,
                content=None if text is None else text.encode(),
                secret=secret is not None or certificate is not None,
                absent=bool(entry.get("absent")),
                certificate=os.path.join(path_conf, certificate) if certificate else None,
            )
        )
    return found


def write(changed: List[File], service_user: Optional[str]) -> None:
    """All of them, or none: what can fail comes before the first of them takes its place."""
    made = []
    try:
        for file in changed:
            if not file.absent:
                _make(file, service_user)
            made.append(file)
        for file in changed:
            _keep(file)
    except OSError as error:
        for file in made:
            with suppress(OSError):
                os.unlink(file.beside(NEW))
        where = os.path.dirname(changed[0].real)
        raise FilesError(
            "%s can't be written: %s. Nothing was changed; see to %s." % (error.filename, error.strerror, where)
        ) from None
    for file in changed:
        if file.absent:
            os.unlink(file.real)
        else:
            os.replace(file.beside(NEW), file.real)


def check(changed: List[File]) -> None:
    """What a run would meet, for check mode too."""
    for file in changed:
        directory = os.path.dirname(file.real)
        if not os.path.isdir(directory):
            raise FilesError(
                "files: the directory of %s, %s, is missing; make it, with the owner, group and mode of the node's "
                "configuration." % (file.path, directory)
            )
        if not os.access(directory, os.W_OK):
            read_only = os.statvfs(directory).f_flag & os.ST_RDONLY
            why = "it is on a read-only file system" if read_only else "this account may not; use become"
            raise FilesError("files: %s can't be written in %s: %s." % (file.path, directory, why))


def _make(file: File, service_user: Optional[str]) -> None:
    """The new content beside the old one, with its owner, mode and labels."""
    path = file.beside(NEW)
    directory = os.path.dirname(file.real)
    labels: Dict[str, bytes] = {}
    try:
        old = os.stat(file.real)
        owner, mode = (old.st_uid, old.st_gid), stat.S_IMODE(old.st_mode)
        labels = _labels(file.real)
    except FileNotFoundError:
        # A package's directories belong to root and to the service's group.
        above = os.stat(directory)
        owner, mode = (above.st_uid, above.st_gid), NEW_MODE
    with suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(file.content or b"")
        stream.flush()
        os.fsync(stream.fileno())
    if os.geteuid() == 0:
        os.chown(path, owner[0], owner[1])
    for label, value in labels.items():
        if _labels(path).get(label) != value:
            os.setxattr(path, label, value)
    # After the labels: an access list changes the mode.
    os.chmod(path, mode)
    if service_user and not readable(path, service_user):
        os.unlink(path)
        raise FilesError(
            "files: the account %s, which Elasticsearch runs as, could not read %s; give the directory %s its group."
            % (service_user, file.path, directory)
        )


def _keep(file: File) -> None:
    """What was there before, unless an earlier change is still pending: what is known to work is older."""
    if file.pending:
        return
    if os.path.exists(file.real):
        os.link(file.real, file.beside(BEFORE))
    else:
        open(file.beside(NONE_BEFORE), "wb").close()


def commit(pending: List[File]) -> None:
    for file in pending:
        for suffix in (NEW, BEFORE, NONE_BEFORE):
            with suppress(FileNotFoundError):
                os.unlink(file.beside(suffix))


def restore(pending: List[File]) -> None:
    for file in pending:
        if os.path.lexists(file.beside(BEFORE)):
            os.replace(file.beside(BEFORE), file.real)
        else:
            with suppress(FileNotFoundError):
                os.unlink(file.real)
    commit(pending)


def _labels(path: str) -> Dict[str, bytes]:
    found = {}
    for name in KEPT_ATTRIBUTES:
        with suppress(OSError):
            found[name] = os.getxattr(path, name)
    return found


def readable(path: str, user: str) -> bool:
    """By the bits of the file alone; access lists and the directories above are not looked at."""
    try:
        uid = pwd.getpwnam(user).pw_uid
    except KeyError:
        return True
    found = os.stat(path)
    if "system.posix_acl_access" in _labels(path) or uid == 0:
        return True
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IRUSR)
    if found.st_gid in groups_of(uid):
        return bool(found.st_mode & stat.S_IRGRP)
    return bool(found.st_mode & stat.S_IROTH)


def matches(key: str, certificate: str) -> Optional[bool]:
    """Whether a private key belongs to a certificate; None where one is missing, or the key is encrypted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    encrypted = []

    def password() -> str:
        encrypted.append(True)
        return ""

    try:
        context.load_cert_chain(certificate, key, password)
    except ssl.SSLError as error:
        if encrypted:
            return None
        return False if error.reason in ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH") else None
    except (OSError, ValueError):
        return None
    return True


def described(file: File, service_user: Optional[str]) -> Dict[str, Any]:
    """What may be told of it: never the content of a secret."""
    result: Dict[str, Any] = dict(
        path=file.path,
        exists=False,
        content=None,
        owner=None,
        group=None,
        mode=None,
        readable=None,
        pending=file.pending,
        matches=None,
        error=None,
    )
    try:
        found = os.stat(file.real)
        result.update(exists=True, owner=user_name(found.st_uid), group=group_name(found.st_gid))
        result["mode"] = "%04o" % stat.S_IMODE(found.st_mode)
        if service_user:
            result["readable"] = readable(file.real, service_user)
        content = file.now() or b""
        # Whatever it was said to be.
        if not file.secret and b"PRIVATE KEY" not in content:
            result["content"] = content.decode("utf-8", "replace")
        if file.certificate:
            result["matches"] = matches(file.real, file.certificate)
    except FileNotFoundError:
        pass
    except OSError as error:
        result["error"] = error.strerror
    return result


def shown(content: Optional[bytes], secret: bool) -> str:
    """For a diff; a secret by a mark that changes with it."""
    if content is None:
        return ""
    if secret or b"PRIVATE KEY" in content:
        return "a secret (mark %s)\n" % hashlib.sha256(content).hexdigest()[:8]
    return content.decode("utf-8", "replace")


def diff_of(changed: List[File]) -> List[Dict[str, str]]:
    return [
        dict(
            before_header=file.real,
            after_header=file.real,
            before=shown(file.now(), file.secret),
            after=shown(None if file.absent else file.content, file.secret),
        )
        for file in changed
    ]


def served(address: str, fingerprint: str, left: float) -> Optional[str]:
    """What a node shows at its own address instead of the certificate; None when it is that one."""
    seen = probe_all([{"address": address}], Trust((), "none"), min(left, 5))[0]
    if seen["certificate"] is None:
        return "nothing shows a certificate at %s: %s" % (address, seen["error"])
    if seen["certificate"]["sha256"] != fingerprint:
        return "%s still shows the certificate %s" % (address, seen["certificate"]["serial"])
    return None


def wait_until_served(wanted: List[Dict[str, str]], timeout: float) -> Optional[str]:
    end = time.monotonic() + timeout
    for one in wanted:
        while True:
            missing = served(one["address"], one["sha256"], max(0.5, end - time.monotonic()))
            if missing is None:
                break
            if time.monotonic() > end:
                return missing
            time.sleep(0.25)
    return None


def run(
    path_conf: str,
    entries: List[Dict[str, Any]],
    state: str,
    serving: List[Dict[str, str]],
    timeout: float,
    service_user: Optional[str],
    check_mode: bool,
) -> Tuple[bool, List[Dict[str, Any]], List[Dict[str, str]]]:
    """Whether something changed, what is there now, and the diff.

    :param serving: address → fingerprint of what the node has to show there before a change counts as done.
    """
    wanted = files(path_conf, entries)
    changed: List[File] = []
    diff: List[Dict[str, str]] = []
    try:
        if state == "present":
            changed = [file for file in wanted if file.differs]
            check(changed)
            diff = diff_of(changed)
            if changed and not check_mode:
                write(changed, service_user)
            pending = [file for file in wanted if file.pending]
            if pending and serving and not check_mode:
                missing = wait_until_served(serving, timeout)
                if missing:
                    restore(pending)
                    raise FilesError(
                        "After %g seconds %s. The files are again what they were (%s); look at the log of this node."
                        % (timeout, missing, ", ".join(file.path for file in pending))
                    )
                commit(pending)
        elif state in ("committed", "restored"):
            changed = [file for file in wanted if file.pending]
            if not check_mode:
                (commit if state == "committed" else restore)(changed)
    except OSError as error:
        raise FilesError(
            "%s can't be read or changed: %s; use become with root." % (error.filename, error.strerror)
        ) from None
    return bool(changed), [described(file, service_user) for file in wanted], diff
