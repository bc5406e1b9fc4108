# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a file of CA certificates. What is added is marked; all else in it stays as it is. Pure. Private.

A mark is a comment, which every reader of PEM skips. It names the certificate by its fingerprint, and the clusters
whose authority it is by their UUIDs. It lies on the node, so that any controller can tell what may be taken away again.
"""

from __future__ import annotations

import hashlib
import re
from typing import Mapping, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import (
    PEM,
    from_pem,
    to_pem,
)

_MARK = re.compile(r"^# Added by crosscluster\.elasticsearch: ([0-9a-f]{64})(?: of ([^\n]*))?\r?\n?", re.MULTILINE)

Owners = Tuple[str, ...]


def fingerprint(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def marks(text: str) -> dict[str, Owners]:
    """Fingerprint → clusters whose authority it is, as far as that was known, of each certificate that was added."""
    return {found[0]: tuple((found[1] or "").split()) for found in _MARK.findall(text)}


def changed(text: str, add: Mapping[bytes, str | None], remove: Sequence[str]) -> str:
    """
    :param add: certificates that have to be there, each with the cluster whose authority it is, None where unknown.
    :param remove: fingerprints of those that go.
    """
    text = _without(text, remove)
    there = {fingerprint(der) for der in from_pem(text)}
    marked = marks(text)
    for der, owner in add.items():
        sha256 = fingerprint(der)
        if sha256 not in there:
            text = _without_mark(text, sha256)
            text += "" if not text or text.endswith("\n") else "\n"
            text += _mark(sha256, (owner,) if owner else ()) + to_pem(der)
        elif sha256 in marked and owner and owner not in marked[sha256]:
            text = _marked_anew(text, sha256, (*marked[sha256], owner))
    return text


def _without(text: str, remove: Sequence[str]) -> str:
    parts: list[str] = []
    at = 0
    for block in PEM.finditer(text):
        if any(fingerprint(der) in remove for der in from_pem(block.group(0))):
            parts.append(text[at : block.start()])
            at = block.end()
            if text[at : at + 1] == "\n":
                at += 1
    text = "".join(parts) + text[at:]
    for sha256 in remove:
        text = _without_mark(text, sha256)
    return text


def _mark(sha256: str, owners: Owners) -> str:
    return "# Added by crosscluster.elasticsearch: %s\n" % " of ".join(filter(None, [sha256, " ".join(owners)]))


def _without_mark(text: str, sha256: str) -> str:
    return _MARK.sub(lambda found: "" if found.group(1) == sha256 else found.group(0), text)


def _marked_anew(text: str, sha256: str, owners: Owners) -> str:
    return _MARK.sub(lambda found: _mark(sha256, owners) if found.group(1) == sha256 else found.group(0), text)
