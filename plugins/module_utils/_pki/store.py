# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A CA's directory, and the steps of its renewal. Pure: files are a dict. Private to this collection.

``ca.*`` signs. During a renewal, ``next.*`` is the CA to come (phase trust_both), then ``ca.*`` is the new one and
``previous.crt`` the old one (phase sign_new). ``earlier.crt`` has the certificates of all before, which nodes may still
hold. Each step is one file, written or removed at once, in an order that lets the next run go on from any of them.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

CERTIFICATE, KEY = "ca.crt", "ca.key"
NEXT_CERTIFICATE, NEXT_KEY = "next.crt", "next.key"
PREVIOUS = "previous.crt"
EARLIER = "earlier.crt"
FILES = (CERTIFICATE, KEY, NEXT_CERTIFICATE, NEXT_KEY, PREVIOUS, EARLIER)
PHASES = ["current", "trust_both", "sign_new", "trust_new"]

Files = Dict[str, bytes]


class Step(NamedTuple):
    """A file to be written, or removed when there is no content."""

    name: str
    content: Optional[bytes]


@dataclass
class Wish:
    """What a CA that has to be made is like."""

    common_name: str
    key_type: str
    valid_for: datetime.timedelta
    passphrase: str
    now: datetime.datetime
    renew_older_than: datetime.timedelta = datetime.timedelta(days=1)


def applied(files: Files, steps: List[Step]) -> Files:
    after = dict(files)
    for name, content in steps:
        if content is None:
            after.pop(name, None)
        else:
            after[name] = content
    return after


def phase_of(files: Files) -> str:
    if PREVIOUS in files:
        return "sign_new"
    return "trust_both" if NEXT_CERTIFICATE in files else "current"


def completed(files: Files) -> List[Step]:
    """What is left of a change of the signing CA that was interrupted: both certificates are there only meanwhile."""
    if PREVIOUS not in files or NEXT_CERTIFICATE not in files:
        return []
    steps = []
    if NEXT_KEY in files:
        steps.append(Step(KEY, files[NEXT_KEY]))
    steps.append(Step(CERTIFICATE, files[NEXT_CERTIFICATE]))
    # The certificate goes last, because it tells that the change is not finished.
    steps += [Step(NEXT_KEY, None), Step(NEXT_CERTIFICATE, None)]
    return [step for step in steps if files.get(step.name) != step.content]


def plan(files: Files, phase: str, wish: Wish, make: Optional[Callable[[str], Any]]) -> List[Step]:
    """The steps that lead to the phase.

    :param make: makes a key of a type; None in check mode, where new files are empty.
    """
    steps = completed(files)
    files = applied(files, steps)
    if CERTIFICATE not in files:
        _refuse_without_ca(files, phase)
        return steps + _pair(files, CERTIFICATE, KEY, wish, make)
    steps += _encrypted(_opened(files, CERTIFICATE, KEY, wish.passphrase), files, KEY, wish)
    standing = phase_of(files)
    if NEXT_CERTIFICATE in files:
        steps += _encrypted(_opened(files, NEXT_CERTIFICATE, NEXT_KEY, wish.passphrase), files, NEXT_KEY, wish)
    files = applied(files, steps)
    if phase in ("trust_both", "sign_new") and standing == "current" and _young(files, wish):
        # The last renewal may have been interrupted when nothing was left to do: it is not begun anew.
        return steps
    if phase == "trust_both" and standing == "current":
        steps += _pair(files, NEXT_CERTIFICATE, NEXT_KEY, wish, make)
    elif phase == "sign_new" and standing == "current":
        raise PkiError(
            "phase: there is no next CA to sign with; run trust_both first and hand its bundle to every node."
        )
    elif phase == "sign_new" and standing == "trust_both":
        _check_next(files, wish)
        steps.append(Step(PREVIOUS, files[CERTIFICATE]))
        steps += completed(applied(files, steps))
    elif phase == "trust_new" and standing == "trust_both":
        raise PkiError("phase: the old CA still signs; run sign_new first and sign every node's certificates with it.")
    elif phase == "trust_new" and standing == "sign_new":
        steps += remembered(files, authorities.certificates_in(files[PREVIOUS], "path: %s" % PREVIOUS))
        steps.append(Step(PREVIOUS, None))
    return steps


def remembered(files: Files, certificates: Sequence[Any]) -> List[Step]:
    """That these were of this CA."""
    there = earlier(files)
    more = [certificate for certificate in dict.fromkeys(certificates) if certificate not in there]
    return [Step(EARLIER, authorities.pem([*there, *more]).encode())] if more else []


def earlier(files: Files) -> List[Any]:
    return authorities.certificates_in(files[EARLIER], "path: %s" % EARLIER) if EARLIER in files else []


def _young(files: Files, wish: Wish) -> bool:
    certificate = authorities.certificates_in(files[CERTIFICATE], "path: %s" % CERTIFICATE)[0]
    age = wish.now - certificate.not_valid_before_utc
    return bool(age < wish.renew_older_than and certificate.not_valid_after_utc > wish.now)


def _refuse_without_ca(files: Files, phase: str) -> None:
    if NEXT_CERTIFICATE in files or PREVIOUS in files:
        there = NEXT_CERTIFICATE if NEXT_CERTIFICATE in files else PREVIOUS
        raise PkiError("path: %s is there without %s; restore that from a backup." % (there, CERTIFICATE))
    if phase != "current":
        raise PkiError("phase: there is no CA yet that %s could replace; run current first." % phase)


def _pair(files: Files, certificate: str, key: str, wish: Wish, make: Optional[Callable[[str], Any]]) -> List[Step]:
    """The key first: a certificate says that its key is there."""
    if make is None:
        return [Step(name, b"") for name in (key, certificate)]
    private = None
    if key in files:
        # Of a run that was interrupted, or a certificate is lost: one of the same key takes its place.
        private = keys.load(files[key], wish.passphrase, "path: %s" % key, "passphrase")
    private = private or make(wish.key_type)
    made = authorities.make(authorities.name(wish.common_name, "common_name"), private, wish.valid_for, wish.now)
    steps = [] if key in files else [Step(key, keys.to_pem(private, wish.passphrase))]
    return [*steps, Step(certificate, authorities.pem([made.certificate]).encode())]


def _opened(files: Files, certificate: str, key: str, passphrase: Optional[str]) -> Authority:
    if key not in files:
        raise PkiError("path: %s is there without %s; restore that from a backup." % (certificate, key))
    try:
        return authorities.given(files[certificate], files[key], passphrase, None, None)
    except PkiError as error:
        text = str(error)
        if text.startswith("passphrase"):
            raise PkiError(text.replace("private_key", key)) from None
        option, _dummy, reason = text.partition(": ")
        name = key if option == "private_key" else certificate
        raise PkiError("path: %s: %s" % (name, reason)) from None


def _encrypted(opened: Authority, files: Files, name: str, wish: Wish) -> List[Step]:
    """A key that someone has put there may be unencrypted."""
    if b"ENCRYPTED" in files[name]:
        return []
    return [Step(name, keys.to_pem(opened.key, wish.passphrase))]


def _check_next(files: Files, wish: Wish) -> None:
    certificate = authorities.certificates_in(files[NEXT_CERTIFICATE], "path: %s" % NEXT_CERTIFICATE)[0]
    authorities.check_authority(certificate, "path: %s" % NEXT_CERTIFICATE, wish.now, below=0)


def signing(files: Files, passphrase: Optional[str]) -> Authority:
    """What signs, also when the last change was interrupted."""
    files = applied(files, completed(files))
    if CERTIFICATE not in files:
        raise PkiError("path: there is no %s in it; make it with certificate_authority first." % CERTIFICATE)
    return _opened(files, CERTIFICATE, KEY, passphrase)


def trusted(files: Files) -> Tuple[Optional[Any], List[Any]]:
    """The signing CA's certificate, and all that is to be trusted, that one first; what is not made yet is left out."""
    found: List[Any] = []
    signer = None
    for name in (CERTIFICATE, NEXT_CERTIFICATE, PREVIOUS):
        if files.get(name):
            chain = authorities.certificates_in(files[name], "path: %s" % name)
            signer = chain[0] if name == CERTIFICATE else signer
            found.append(chain[-1])
    return signer, found


def renewed(files: Files) -> Files:
    """As they are when the renewal that is under way is done, without keys."""
    return {CERTIFICATE: files.get(NEXT_CERTIFICATE, files[CERTIFICATE])}
