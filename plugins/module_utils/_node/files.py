# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a node's configuration, looked at and replaced with a way back. Standard library only. Private.

A change is *pending* from the moment it is written until somebody has seen that the node works with it: beside the
file lies what was there before. So a run that was killed in between leaves something that the next one can tell.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_files as replacing
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import (
    Context,
    FilesError,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_paths import key_matches
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.facts import group_name, user_name


class Entry(NamedTuple):
    """
    :param name: as it was given; ``path`` is where it lies.
    :param content: None when it is only looked at.
    :param certificate: of a private key's file, the certificate that it belongs to.
    """

    name: str
    path: str
    content: Optional[str]
    certificate: Optional[str]


def entries(path_conf: str, files: List[Dict[str, Any]]) -> List[Entry]:
    if not os.path.isdir(path_conf):
        raise FilesError("path_conf: %s is no directory; set it to the directory of elasticsearch.yml." % path_conf)
    found = []
    for file in files:
        path = os.path.normpath(os.path.join(path_conf, file["path"]))
        certificate = file.get("certificate")
        found.append(
            Entry(
                name=file["path"],
                path=replacing.resolved(path, path_conf),
                content=file.get("content"),
                certificate=os.path.join(path_conf, certificate) if certificate else None,
            )
        )
    return found


def run(
    path_conf: str,
    files: List[Dict[str, Any]],
    state: str,
    service_user: Optional[str],
    check_mode: bool,
    context: Context,
) -> Tuple[bool, List[Dict[str, Any]], List[Dict[str, str]]]:
    """Whether something changed, what is there now, and the diff."""
    wanted = entries(path_conf, files)
    written = [replacing.File(e.path, e.content.encode()) for e in wanted if e.content is not None]
    diff: List[Dict[str, str]] = []
    if state == "present":
        changed = replacing.differing(written)
        if changed:
            replacing.check(changed, service_user, make_directory=False)
            diff = [_diff(file) for file in changed]
            if not check_mode:
                replacing.write(changed, service_user, make_directory=False, context=context)
    else:
        changed = [replacing.File(e.path, None) for e in wanted if replacing.has_backup(e.path)]
        if not check_mode:
            (replacing.restore if state == "restored" else replacing.commit)(changed)
    return bool(changed), [described(entry, service_user) for entry in wanted], diff


def described_files(
    path_conf: str, files: List[Dict[str, Any]], service_user: Optional[str]
) -> Optional[List[Dict[str, Any]]]:
    """What may be told of them; None where ``run`` would tell what is wrong."""
    try:
        return [described(entry, service_user) for entry in entries(path_conf, files)]
    except FilesError:
        return None


def _diff(file: replacing.File) -> Dict[str, str]:
    return dict(
        before_header=file.path,
        after_header=file.path,
        before=_text(file.path),
        after=(file.content or b"").decode("utf-8", "replace"),
    )


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read()


def _readable(path: str, user: str) -> bool:
    try:
        replacing.check_readable(path, user)
    except FilesError:
        return False
    return True


def described(entry: Entry, service_user: Optional[str]) -> Dict[str, Any]:
    """What may be told of it: never a private key."""
    result: Dict[str, Any] = dict(
        path=entry.name,
        exists=False,
        content=None,
        owner=None,
        group=None,
        mode=None,
        readable=None,
        pending=replacing.has_backup(entry.path),
        matches=None,
        error=None,
    )
    try:
        found = os.stat(entry.path)
        result.update(exists=True, owner=user_name(found.st_uid), group=group_name(found.st_gid))
        result["mode"] = "%04o" % stat.S_IMODE(found.st_mode)
        if service_user:
            result["readable"] = _readable(entry.path, service_user)
        if entry.certificate:
            result["matches"] = key_matches(entry.certificate, entry.path)
        else:
            text = _text(entry.path)
            # Whatever it was said to be; one that is no text, such as PKCS#12, holds a key as well.
            result["content"] = None if "PRIVATE KEY" in text or "\0" in text else text
    except FileNotFoundError:
        pass
    except OSError as error:
        result["error"] = error.strerror
    return result
