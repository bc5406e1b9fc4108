# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that belong together, all of them replaced or none. Standard library only. Private to this collection.

The way of a set of more than one file: its present files become links through one link to a directory with their
content, that link is turned to a directory with the new content, and the files become plain again. Only the turn
changes what anybody reads, so a kill at any point leaves all old or all new.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from contextlib import suppress
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import groups_of_servers

NEW_MODE = 0o640
_ACL = "system.posix_acl_access"


class FilesError(Exception):
    """One sentence that says what is wrong and what to do."""


class File(NamedTuple):
    """
    :param path: absolute; what a link within the configuration points to.
    :param content: None in a state that writes nothing.
    """

    path: str
    content: Optional[bytes]


# Gives the second file the SELinux context of the first, or what belongs to a path that does not exist yet.
Context = Callable[[str, str], None]


def context_of(module: Any) -> Context:
    """
    :param module: an AnsibleModule.
    """

    def context(like: str, path: str) -> None:
        if module.selinux_enabled():
            module.set_context_if_different(path, module.selinux_context(like), False)

    return context


def backup_of(path: str) -> str:
    return _beside(path, ".before")


def absent_mark(path: str) -> str:
    """Instead of a backup of a file that was not there."""
    return _beside(path, ".absent")


def pending_key(path: str) -> str:
    """A key that waits for its certificate."""
    return _beside(path, ".pending")


def has_backup(path: str) -> bool:
    return os.path.lexists(backup_of(path)) or os.path.lexists(absent_mark(path))


def resolved(path: str, within: str) -> str:
    """Where the file really is; FilesError when that is outside of the configuration, in somebody else's place."""
    directory = os.path.realpath(within)
    through_set = _through_set(path)
    real = os.path.realpath(os.path.dirname(path) if through_set else path)
    if through_set:
        real = os.path.join(real, os.path.basename(path))
    if real == directory or os.path.commonpath([real, directory]) != directory:
        leads = "lies" if real == os.path.normpath(path) else "leads to %s," % real
        raise FilesError(
            "%s %s outside of %s, and nothing is written there; name a file below that directory, or have this one "
            "renewed where it is made." % (path, leads, within)
        )
    return real


def differing(files: Sequence[File]) -> List[File]:
    return [file for file in files if file.content is not None and content(file.path) != file.content]


def check(files: Sequence[File], service_user: Optional[str], make_directory: bool) -> None:
    """What would keep the files from being written or read; FilesError names the first."""
    for file in files:
        directory = os.path.dirname(file.path)
        if os.path.isdir(file.path):
            raise FilesError("%s is a directory; set the path of the file." % file.path)
        if not os.path.isdir(directory):
            if make_directory and os.path.isdir(os.path.dirname(directory)):
                continue
            raise FilesError(
                "%s: there is no directory %s; create it, or correct the setting." % (file.path, directory)
            )
        if not os.access(directory, os.W_OK):
            raise FilesError(
                "%s can't be written: use become with root, and check that the file system is not read-only."
                % directory
            )
        if service_user:
            check_readable(file.path, service_user)


def check_readable(path: str, user: str) -> None:
    """FilesError when an account can't read a file, or could not come to it where it is missing."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return
    # A directory service such as SSSD lists no groups, and a unit may give its service more of them.
    groups = {*os.getgrouplist(user, entry.pw_gid), *groups_of_servers(entry.pw_uid)}

    def may(status: os.stat_result, bit: int) -> bool:
        shift = 6 if status.st_uid == entry.pw_uid else 3 if status.st_gid in groups else 0
        return entry.pw_uid == 0 or bool(status.st_mode >> shift & bit)

    directory = os.path.dirname(path)
    while True:
        if not may(os.stat(directory), 1) and not _acl(directory):
            raise FilesError("%s: the account %s can't come into %s; correct its mode." % (path, user, directory))
        if directory == "/":
            break
        directory = os.path.dirname(directory)
    if os.path.exists(path) and not may(os.stat(path), 4) and not _acl(path):
        raise FilesError(
            "%s: the account %s, which runs Elasticsearch, can't read it; correct its owner or mode." % (path, user)
        )


def write(files: Sequence[File], service_user: Optional[str], make_directory: bool, context: Context) -> None:
    """All of the differing files or none; what was there before is kept beside them."""
    tidy(files)
    for file in files:
        if make_directory and not os.path.isdir(os.path.dirname(file.path)):
            make_like_parent(os.path.dirname(file.path))
    changed = differing(files)
    staged: List[str] = []
    made: List[str] = []
    try:
        for file in changed:
            staged.append(_beside(file.path, ".next"))
            _stage(file, staged[-1], service_user, context)
        for file in changed:
            made += _keep(file.path)
    except (FilesError, OSError) as error:
        for path in staged + made:
            _remove(path)
        if isinstance(error, FilesError):
            raise
        raise FilesError(
            "%s: %s. Nothing was changed; the files that were there are intact." % (error.filename, error.strerror)
        ) from error
    if len(changed) > 1 and all(os.path.exists(file.path) for file in changed):
        _turn(changed)
    else:
        # The certificate says that its key is there: it goes last, as the caller orders them.
        for file in changed:
            os.replace(_beside(file.path, ".next"), file.path)
    _sync({os.path.dirname(file.path) for file in changed})


def restore(files: Sequence[File]) -> bool:
    """Back to what was there before the last write; whether there was anything to go back to."""
    tidy(files)
    kept = [file for file in files if has_backup(file.path)]
    back = [file for file in kept if os.path.lexists(backup_of(file.path))]
    for file in back:
        _link(backup_of(file.path), _beside(file.path, ".next"))
    if len(back) > 1 and all(os.path.exists(file.path) for file in back):
        _turn(back)
    else:
        for file in back:
            os.replace(_beside(file.path, ".next"), file.path)
    for file in kept:
        if file not in back:
            _remove(file.path)
    commit(kept)
    _sync({os.path.dirname(file.path) for file in kept})
    return bool(kept)


def commit(files: Sequence[File]) -> None:
    """The new files have proven themselves: what was kept goes."""
    for file in files:
        _remove(backup_of(file.path))
        _remove(absent_mark(file.path))


def tidy(files: Sequence[File]) -> None:
    """What a killed run has left: links become plain files with what they lead to, the rest goes."""
    for file in files:
        if not os.path.isdir(os.path.dirname(file.path)):
            continue
        _remove(_beside(file.path, ".next"))
        if _through_set(file.path):
            _plain(file.path)
    for file in files:
        _remove_set(file.path)


def leftovers(path: str) -> bool:
    return os.path.lexists(_beside(path, ".next")) or os.path.lexists(_set(path)) or _through_set(path)


# The turn


def _turn(files: Sequence[File]) -> None:
    link = _set(files[0].path)
    for kind in ("old", "new"):
        os.mkdir("%s-%s" % (link, kind), 0o700)
    for number, file in enumerate(files):
        os.link(file.path, "%s-old/%d" % (link, number))
        os.rename(_beside(file.path, ".next"), "%s-new/%d" % (link, number))
    for kind in ("old", "new"):
        directory = "%s-%s" % (link, kind)
        parent = os.stat(os.path.dirname(directory))
        os.chown(directory, parent.st_uid, parent.st_gid)
        os.chmod(directory, stat.S_IMODE(parent.st_mode))
    os.symlink(os.path.basename(link) + "-old", link)
    for number, file in enumerate(files):
        _symlink("%s/%d" % (link, number), file.path)
    _symlink(os.path.basename(link) + "-new", link)
    for file in files:
        _plain(file.path)
    _remove_set(files[0].path)


def _symlink(target: str, path: str) -> None:
    beside = _beside(path, ".link")
    _remove(beside)
    os.symlink(target, beside)
    os.replace(beside, path)


def _plain(path: str) -> None:
    beside = _beside(path, ".next")
    _link(os.path.realpath(path), beside)
    os.replace(beside, path)


def _link(source: str, path: str) -> None:
    _remove(path)
    os.link(source, path)


def _set(path: str) -> str:
    return _beside(path, ".set")


def _through_set(path: str) -> bool:
    return os.path.islink(path) and os.path.basename(os.path.dirname(os.readlink(path))).endswith(".set")


def _remove_set(path: str) -> None:
    link = _set(path)
    _remove(link)
    _remove(_beside(path, ".link"))
    _remove(_beside(link, ".link"))
    for kind in ("old", "new"):
        shutil.rmtree("%s-%s" % (link, kind), ignore_errors=True)


# Single files


def _beside(path: str, suffix: str) -> str:
    """Hidden, and in the same directory, as a rename needs it."""
    directory, name = os.path.split(path)
    return os.path.join(directory, (name if name.startswith(".") else "." + name) + suffix)


def content(path: str) -> Optional[bytes]:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FilesError("%s can't be read: %s." % (path, error.strerror)) from error


def _stage(file: File, path: str, service_user: Optional[str], context: Context) -> None:
    """The new content, with owner, mode, access list and SELinux context as the present file's."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(file.content or b"")
            stream.flush()
            os.fsync(stream.fileno())
            like = file.path if os.path.exists(file.path) else _sibling(file.path, _is_secret(file.content or b""))
            status = os.stat(like)
            # Of the open file: who may write to the directory could have put a link in its place.
            os.fchown(stream.fileno(), status.st_uid, status.st_gid)
            os.fchmod(stream.fileno(), NEW_MODE if os.path.isdir(like) else stat.S_IMODE(status.st_mode))
            acl = _acl(like) if like == file.path else None
            if acl:
                os.setxattr(stream.fileno(), _ACL, acl)
        context(file.path, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, file.path) from error
    if service_user:
        try:
            check_readable(path, service_user)
        except FilesError:
            if os.path.exists(file.path):
                raise
            raise FilesError(
                "%s: with owner and mode of %s, the account %s, which runs Elasticsearch, could not read it; correct "
                "those. Nothing was changed." % (file.path, like, service_user)
            ) from None


def _is_secret(content: bytes) -> bool:
    """What is no text, such as PKCS#12, holds a key as well."""
    return b"PRIVATE KEY" in content or b"-----BEGIN" not in content


def _sibling(path: str, secret: bool) -> str:
    """A file whose owner and mode a new one gets: the next one in the directory, else the directory itself."""
    directory = os.path.dirname(path)
    for name in sorted(os.listdir(directory)):
        there = os.path.join(directory, name)
        if name.startswith(".") or os.path.islink(there) or not os.path.isfile(there):
            continue
        # A certificate may be for everybody; a key that lies beside it is not.
        if not (secret and os.stat(there).st_mode & 0o007):
            return there
    return directory


def make_like_parent(path: str) -> None:
    """A directory with owner and mode of the one that it is in."""
    parent = os.stat(os.path.dirname(path))
    os.mkdir(path, 0o700)
    os.chown(path, parent.st_uid, parent.st_gid)
    os.chmod(path, stat.S_IMODE(parent.st_mode))


def _keep(path: str) -> List[str]:
    """What was there before; an older one that nobody has proven anything after stays. What was made."""
    if has_backup(path):
        return []
    if os.path.exists(path):
        os.link(path, backup_of(path))
        return [backup_of(path)]
    os.close(os.open(absent_mark(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return [absent_mark(path)]


def _acl(path: str) -> Optional[bytes]:
    try:
        return os.getxattr(path, _ACL)
    except OSError:
        return None


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def _sync(directories: Any) -> None:
    for directory in directories:
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
