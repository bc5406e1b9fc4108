# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a CA's directory is another one than that with which nodes work: not mounted, or of another controller. Pure.
Private to this collection."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Dict, Iterable, List, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import PEM
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import bundle, keys, store
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError


def strangers(
    files: store.Files,
    wish: store.Wish,
    shown: Sequence[Any],
    trusted: Sequence[Any],
    beside: Sequence[Any],
) -> List[Any]:
    """Certificates of a CA that has the name of this one, and a key that is not in the directory.

    :param shown: of the cluster's nodes.
    :param trusted: by nodes. It tells of a loss only while there is no CA: afterwards it may be of others.
    :param beside: of other CAs, which may have the same name.
    """
    known = [*beside, *_known(files)]
    if files.get(store.CERTIFICATE):
        names = [authorities.certificates_in(files[store.CERTIFICATE], "path")[0].subject]
        held = list(shown)
    else:
        names = [authorities.name(wish.common_name, "common_name")]
        held = [*shown, *trusted]
        if files.get(store.KEY):
            # One of the same key takes the place of a certificate that is lost.
            opened = keys.load(files[store.KEY], wish.passphrase, "path: %s" % store.KEY, "passphrase")
            known.append(authorities.make(names[0], opened, wish.valid_for, wish.now).certificate)
    public = [keys.raw(one.public_key()) for one in known]
    found = []
    for one in held:
        of_it = keys.raw(one.public_key()) in public if one.subject in names else _issued_by_any(one, known)
        if not of_it and (one.subject in names or one.issuer in names):
            found.append(one)
    return list(dict.fromkeys(found))


def _issued_by_any(one: Any, known: Sequence[Any]) -> bool:
    return any(authorities.issued_by(one, issuer) for issuer in known)


def _known(files: store.Files) -> List[Any]:
    """With those of before, which nodes may still hold."""
    names = (store.CERTIFICATE, store.NEXT_CERTIFICATE, store.PREVIOUS, store.EARLIER)
    return [
        found
        for name in names
        if files.get(name)
        for found in authorities.certificates_in(files[name], "path: %s" % name)
    ]


def refuse(path: str, found: Sequence[Any], there: bool) -> None:
    one = found[0]
    raise PkiError(
        "path: %s holds %s, and nodes hold certificates of one of the same name with another key (%s, serial %x, "
        "issued by %s). Mount or restore the directory with which they were made, or give that CA's certificate and "
        "key instead of path. Where a new beginning is meant, set replace_lost (replace_lost_ca=true of the playbooks)."
        % (
            path,
            "another CA" if there else "no CA",
            authorities.shown(one.subject),
            one.serial_number,
            authorities.shown(one.issuer),
        )
    )


def readable(texts: Iterable[str]) -> List[Any]:
    """What a node's files hold; what is no certificate is not told here."""
    found: List[Any] = []
    for block in (block.group(0) for text in texts for block in PEM.finditer(text)):
        try:
            found += authorities.certificates_in(block.encode(), "")
        except PkiError:
            continue
    return found


def unbundled(entries: Iterable[Dict[str, str]]) -> List[Any]:
    found: List[Any] = []
    for entry in entries:
        try:
            there = bundle.opened(base64.b64decode(entry["content"]), entry["password"])
        except binascii.Error:
            continue
        found += there.chain if there else []
    return found
