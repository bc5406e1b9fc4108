# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module certificate_authority does with its options. Private to this collection."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any, Callable, Dict, List

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import files, keys, lost, store
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError


def run(p: Dict[str, Any], now: datetime, check_mode: bool, warn: Callable[[str], None]) -> Dict[str, Any]:
    valid_for, renew_before = authorities.lifetimes(p["valid_for"], p["renew_before"])
    also = [
        certificate
        for path in p["also_trusted"]
        for certificate in authorities.certificates_in(files.read(path, "also_trusted"), "also_trusted")
    ]
    result = _kept(p, valid_for, now, check_mode, also) if p["path"] else _given(p, now, also)
    end = result.pop("end")
    result["not_after"] = authorities.time_text(end) if end else None
    result["due"] = bool(end and end - now < renew_before)
    result["expired"] = bool(end and end <= now)
    if result["expired"]:
        warn("The CA has expired on %s: nodes trust nothing that it has signed." % result["not_after"])
    return result


def _given(p: Dict[str, Any], now: datetime, also: List[Any]) -> Dict[str, Any]:
    if p["phase"] != "current":
        raise PkiError(
            "phase: a CA that is given is not renewed here; give the new one in certificate and the old one in "
            "also_trusted until everything is signed anew."
        )
    authority = files.given_authority(p, now)
    shown = _trusted([authority.root, *also])
    result = _result("current", authority.certificate, authority.intermediates, [authority.root, *also])
    return dict(result, changed=False, diff={"before": shown, "after": shown})


def _kept(p: Dict[str, Any], valid_for: Any, now: datetime, check_mode: bool, also: List[Any]) -> Dict[str, Any]:
    if len(p["passphrase"]) < keys.SHORTEST_PASSPHRASE:
        raise PkiError("passphrase: it is too short; at least %d characters are needed." % keys.SHORTEST_PASSPHRASE)
    older_than = authorities.duration(p["renew_older_than"], "renew_older_than")
    wish = store.Wish(p["common_name"], p["key_type"], valid_for, p["passphrase"], now, older_than)
    authorities.name(wish.common_name, "common_name")
    before = files.read_store(p["path"], "path")
    # Before the directory is made.
    steps = _of_strangers(p, before, wish)
    if check_mode:
        steps += store.plan(before, p["phase"], wish, None)
        opened = files.too_open(p["path"])
    else:
        with files.locked(p["path"], "path"):
            before = files.read_store(p["path"], "path")
            steps = _of_strangers(p, before, wish)
            steps += store.plan(store.applied(before, steps), p["phase"], wish, keys.generate)
            files.write(p["path"], steps, "path")
            opened = files.too_open(p["path"])
            files.close(opened)
    after = store.applied(before, steps)
    signer, trusted = store.trusted(after)
    chain = authorities.certificates_in(after[store.CERTIFICATE], "path")[:-1] if signer is not None else []
    diff = {"before": _shown(before), "after": _shown(after)}
    result = _result(store.phase_of(after), signer, chain, [*trusted, *also])
    result["renewed_bundle_pem"] = authorities.pem(_unique([*store.trusted(store.renewed(after))[1], *also]))
    if any(step.content == b"" for step in steps):
        result["bundle_pem"] += TO_BE_MADE
        result["renewed_bundle_pem"] += TO_BE_MADE
    result["earlier"] = [authorities.fingerprint(certificate) for certificate in store.earlier(after)]
    result["files"] = sorted({step.name for step in steps} | {os.path.basename(name) for name in opened})
    return dict(result, changed=bool(steps or opened), diff=diff)


def _of_strangers(p: Dict[str, Any], before: store.Files, wish: store.Wish) -> List[store.Step]:
    """Nothing, where nodes work with the CA of the directory; PkiError where they do not, unless that is meant."""
    shown = [*lost.readable(p["shown"]), *lost.unbundled(p["shown_pkcs12"])]
    beside = [certificate for path in p["beside"] for certificate in files.read_public(path, "beside")]
    found = lost.strangers(before, wish, shown, lost.readable(p["trusted"]), beside)
    if found and not p["replace_lost"]:
        lost.refuse(p["path"], found, store.CERTIFICATE in before)
    # From now on they are what was before.
    return store.remembered(before, [certificate for certificate in found if certificate.subject == certificate.issuer])


def _result(phase: str, signer: Any, chain: List[Any], bundle: List[Any]) -> Dict[str, Any]:
    bundle = _unique(bundle)
    return {
        "phase": phase,
        "certificate": authorities.pem([signer]) if signer is not None else None,
        "chain": [authorities.pem([certificate]) for certificate in chain],
        "bundle": [authorities.pem([certificate]) for certificate in bundle],
        "bundle_pem": authorities.pem(bundle),
        "renewed_bundle_pem": authorities.pem(bundle),
        "earlier": [],
        "files": [],
        "fingerprints": [authorities.fingerprint(certificate) for certificate in bundle],
        "not_before": authorities.time_text(signer.not_valid_before_utc) if signer is not None else None,
        "end": signer.not_valid_after_utc if signer is not None else None,
    }


def _unique(certificates: List[Any]) -> List[Any]:
    return list(dict.fromkeys(certificates))


def _shown(content: Dict[str, bytes]) -> Dict[str, Any]:
    """A directory, for the diff."""
    return {"phase": store.phase_of(content), "files": sorted(content), "trusted": _trusted(store.trusted(content)[1])}


def _trusted(bundle: List[Any]) -> List[Dict[str, str]]:
    return [
        {
            "subject": authorities.shown(certificate.subject),
            "serial": "%x" % certificate.serial_number,
            "not_after": authorities.time_text(certificate.not_valid_after_utc),
        }
        for certificate in bundle
    ]
