# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of certificate authorities on the controller; the only ones that are touched. Private."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Dict, Iterator, List, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import store
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError


def read(path: str, option: str) -> bytes:
    """Of a file, or what was given as text."""
    if "-----BEGIN" in path:
        return path.encode()
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except OSError as error:
        raise PkiError("%s: %s can't be read: %s." % (option, path, error.strerror)) from None


def read_store(path: str, option: str) -> store.Files:
    """What is there; nothing when the directory is not."""
    if os.path.lexists(path) and not os.path.isdir(path):
        raise PkiError("%s: %s is no directory." % (option, path))
    names = [name for name in store.FILES if os.path.lexists(os.path.join(path, name))]
    return {name: read(os.path.join(path, name), option) for name in names}


def read_public(path: str, option: str) -> List[Any]:
    """The certificates of another CA, in its directory or its file; none where there is none yet."""
    if not os.path.isdir(path):
        there = "-----BEGIN" in path or os.path.exists(path)
        return authorities.certificates_in(read(path, option), option) if there else []
    names = (store.CERTIFICATE, store.NEXT_CERTIFICATE, store.PREVIOUS, store.EARLIER)
    content = read_store(path, option)
    return [found for name in names if name in content for found in authorities.certificates_in(content[name], option)]


def given_authority(options: Dict[str, Any], now: datetime, where: str = "") -> authorities.Authority:
    """What the options certificate, private_key, passphrase and chain name; it has to be valid now."""
    if "-----BEGIN" in (options["private_key"] or ""):
        raise PkiError("%sprivate_key: it is a text, which has to be hidden; give it in private_key_text." % where)
    given = dict(options, private_key=options["private_key"] or options.get("private_key_text"))
    content = {
        name: read(given[name], where + name) if given[name] else None
        for name in ("certificate", "private_key", "chain")
    }
    return authorities.given(
        content["certificate"] or b"", content["private_key"], options["passphrase"], content["chain"], now, where
    )


def signing_authority(
    options: Dict[str, Any], now: datetime, where: str, may_come: bool = False
) -> Optional[authorities.Authority]:
    """The one in the directory path, or the one that is given; it has to be valid now.

    :param may_come: whether the directory may still be empty, as in check mode; None then.
    """
    if not options["path"]:
        return given_authority(options, now, where)
    files = read_store(options["path"], where + "path")
    if may_come and not files:
        return None
    try:
        authority = store.signing(files, options["passphrase"])
    except PkiError as error:
        raise PkiError(where + str(error)) from None
    for certificate in [authority.certificate, *authority.chain]:
        authorities.check_validity(certificate, where + "path", now)
    return authority


@contextmanager
def locked(path: str, option: str) -> Iterator[None]:
    """Two runs at once would each make a CA."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        directory = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise PkiError("%s: %s can't be used: %s." % (option, path, error.strerror)) from None
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def write(path: str, steps: List[store.Step], option: str) -> None:
    for step in steps:
        try:
            apply(path, step)
        except OSError as error:
            raise PkiError("%s: %s can't be written in %s: %s." % (option, step.name, path, error.strerror)) from None


def apply(path: str, step: store.Step) -> None:
    """All or nothing, and on the disk before the next one."""
    target = os.path.join(path, step.name)
    if step.content is None:
        if os.path.lexists(target):
            os.unlink(target)
    else:
        # Always the same name, so that an interrupted run leaves nothing that the next one does not overwrite.
        temporary = os.path.join(path, ".%s.tmp" % step.name)
        if os.path.lexists(temporary):
            os.unlink(temporary)
        mode = 0o600 if step.name.endswith(".key") else 0o644
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(step.content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def too_open(path: str) -> List[str]:
    """Keys that others than their owner may read."""
    keys = [os.path.join(path, name) for name in (store.KEY, store.NEXT_KEY)]
    return [name for name in keys if os.path.exists(name) and stat.S_IMODE(os.stat(name).st_mode) & 0o077]


def close(names: List[str]) -> None:
    for name in names:
        os.chmod(name, 0o600)
