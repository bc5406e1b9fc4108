# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificates of all nodes in one call: options to results. Private to this collection."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority as authorities
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import bundle, files, keeping, keys, names
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import certificate as certificates
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.authority import Authority
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.certificate import PURPOSES, Rules, Wish
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

# What of an externally issued certificate is wrong, in words.
_WRONG = {
    "issuer": "was not issued by the CA in authority",
    "expired": "has expired",
    "not_yet_valid": "is not valid yet",
    "usage": "is not meant for this purpose (key usage)",
}


def run(p: Dict[str, Any], now: datetime, check_mode: bool, warn: Callable[[str], None]) -> Dict[str, Any]:
    """What the module node_certificates does with its options."""
    valid_for, renew_before = authorities.lifetimes(p["valid_for"], p["renew_before"])
    rules = Rules(p["key_type"], valid_for, renew_before, now, p["renew"])
    authority = files.signing_authority(p["authority"], now, "authority.", check_mode) if p["authority"] else None
    wanted = wishes(p["certificates"], p["issued"], p["names_exact"], p["names_of_nodes"], p["unencrypted_keys"])
    if p["issued"]:
        results = check_issued(wanted, p["certificates"], authority, rules, check_mode, warn)
    elif authority is None and p["authority"]:
        reasons = [_reason_without_authority(wish) for wish in wanted]
        keeping.check(wanted, reasons)
        results = [_result(wish, reason, None) for wish, reason in zip(wanted, reasons)]
    else:
        if authority is None or authority.key is None:
            raise PkiError("authority.private_key: it is needed to make certificates; or set issued.")
        results = certify(wanted, p["certificates"], authority, rules, check_mode, warn)
    changed = any(result["changed"] for result in results)
    return {"certificates": results, "changed": changed, "diff": differences(wanted, results)}


def wishes(
    entries: List[Dict[str, Any]],
    issued: bool = False,
    names_exact: bool = False,
    names_of_nodes: Optional[Mapping[str, Sequence[str]]] = None,
    unencrypted_keys: bool = False,
) -> List[Wish]:
    """PkiError names the entry and its option.

    :param issued: who issues them elsewhere has given them names.
    :param names_exact: names of installed certificates are not kept.
    :param names_of_nodes: node → names that are its own, so that no other one's certificate keeps them.
    :param unencrypted_keys: whether encrypted keys may be replaced.
    """
    found: List[Wish] = []
    seen: Dict[Any, int] = {}
    of_others = keeping.names_of_others(names_of_nodes or {})
    for at, entry in enumerate(entries):
        key = (entry["name"], entry["purpose"])
        try:
            if key in seen:
                raise PkiError("name: entry %d is for the same name and purpose; leave one out." % seen[key])
            wish = _wish(entry, issued)
            if wish.leaf is not None and not issued:
                keeping.look_at_names(wish, names_exact, of_others(entry["name"]))
            wish.protected = keeping.protected(entry, wish, unencrypted_keys)
            found.append(wish)
        except PkiError as error:
            raise PkiError("certificates[%d] (%s, %s): %s" % (at, entry["name"], entry["purpose"], error)) from None
        seen[key] = at
    return found


def _wish(entry: Dict[str, Any], issued: bool) -> Wish:
    sans = names.alternative_names(entry["dns"], entry["ip"])
    if PURPOSES[entry["purpose"]][0] and not sans and not issued:
        raise PkiError("dns: a server's certificate needs a name or an address; give dns or ip.")
    if not entry["name"].strip():
        raise PkiError("name: it is empty.")
    wish = Wish(entry["name"], entry["purpose"], sans, _subject(entry), bool(entry["subject"] or entry["common_name"]))
    wish.key_matches = entry["key_matches"]
    if entry["request"]:
        wish.request = certificates.request(entry["request"])
    if entry["format"] == "pkcs12":
        if entry["request"]:
            raise PkiError("format: pkcs12 holds the key, which a request leaves on the node; use pem.")
        if not entry["password"] or len(entry["password"]) < keys.SHORTEST_PASSPHRASE:
            raise PkiError("password: PKCS#12 needs one of at least %d characters." % keys.SHORTEST_PASSPHRASE)
    _look_at_installed(entry, wish)
    return wish


def _subject(entry: Dict[str, Any]) -> Any:
    if not entry["subject"]:
        # The name of a host may be longer than a common name, which nothing reads when there are other names.
        given = entry["common_name"]
        return authorities.name(given if given else entry["name"][:64], "common_name")
    if entry["common_name"]:
        raise PkiError("subject: not together with common_name; write the name as CN=… in subject.")
    return authorities.distinguished_name(entry["subject"], "subject")


def _look_at_installed(entry: Dict[str, Any], wish: Wish) -> None:
    try:
        if entry["installed_pkcs12"]:
            wish.installed_bundle = bundle.opened(base64.b64decode(entry["installed_pkcs12"]), entry["password"] or "")
            if wish.installed_bundle is None or wish.installed_bundle.key is None:
                wish.unreadable = True
            else:
                wish.installed, wish.key_matches = wish.installed_bundle.chain, True
        elif entry["installed"] is not None:
            wish.installed = authorities.certificates_in(entry["installed"].encode(), "installed")
    except (PkiError, binascii.Error):
        wish.unreadable = True


def certify(
    wanted: List[Wish],
    entries: List[Dict[str, Any]],
    authority: Authority,
    rules: Rules,
    check_mode: bool,
    warn: Callable[[str], None],
) -> List[Dict[str, Any]]:
    """One result for each entry, in order; what fits stays, what does not is made anew."""
    reasons = [certificates.reason_to_renew(wish, authority, rules) for wish in wanted]
    for at, entry in enumerate(entries):
        if reasons[at] == "chain" and entry["format"] == "pkcs12":
            # Its key can't be taken along.
            reasons[at] = "issuer"
    keeping.check(wanted, reasons)
    _warn_of_the_end(wanted, reasons, authority, rules, warn)
    if check_mode:
        known = ("", "chain")
        return [_result(w, reason, w.leaf if reason in known else None) for w, reason in zip(wanted, reasons)]
    needing = [at for at, wish in enumerate(wanted) if reasons[at] not in ("", "chain") and wish.request is None]
    made = dict(zip(needing, keys.generate_many(rules.key_type, len(needing))))
    results = []
    for at, wish in enumerate(wanted):
        if reasons[at] in ("", "chain"):
            leaf = wish.leaf
        else:
            public_key = wish.request.public_key() if wish.request is not None else made[at].public_key()
            leaf = certificates.issue(wish, authority, public_key, rules)
        result = _result(wish, reasons[at], leaf)
        if reasons[at]:
            _add_content(result, entries[at], leaf, made.get(at), authority.intermediates)
        results.append(result)
    return results


def _reason_without_authority(wish: Wish) -> str:
    """In check mode, before the CA is made: it has issued nothing of what is installed."""
    if wish.unreadable:
        return "unreadable"
    return "missing" if wish.leaf is None else "issuer"


def _warn_of_the_end(
    wanted: List[Wish], reasons: List[str], authority: Authority, rules: Rules, warn: Callable[[str], None]
) -> None:
    last = certificates.last_moment(authority)
    capped = any(reason not in ("", "chain") for reason in reasons) and rules.now + rules.valid_for > last
    ends = any(not reason and certificates.expiring(wish.leaf, rules) for wish, reason in zip(wanted, reasons))
    if capped or ends:
        warn(
            "valid_for: certificates end with their CA, %s, on %s; renew the CA to get longer ones."
            % (authorities.shown(authority.certificate.subject), authorities.time_text(last))
        )


def _add_content(result: Dict[str, Any], entry: Dict[str, Any], leaf: Any, key: Any, chain: List[Any]) -> None:
    result["certificate"] = authorities.pem([leaf, *chain])
    if key is None:
        return
    if entry["format"] == "pkcs12":
        content = bundle.made(entry["name"], leaf, key, chain, entry["password"])
        result["pkcs12"] = base64.b64encode(content).decode()
    else:
        result["private_key"] = keys.to_pem(key).decode()


def check_issued(
    wanted: List[Wish],
    entries: List[Dict[str, Any]],
    authority: Optional[Authority],
    rules: Rules,
    check_mode: bool,
    warn: Callable[[str], None],
) -> List[Dict[str, Any]]:
    """Externally issued certificates are what was given, or else what is installed; PkiError unless they fit."""
    results = []
    for at, (wish, entry) in enumerate(zip(wanted, entries)):
        try:
            results.append(_check_issued(wish, entry, authority, rules, check_mode, warn))
        except PkiError as error:
            raise PkiError("certificates[%d] (%s, %s): %s" % (at, wish.name, wish.purpose, error)) from None
        except ValueError as error:
            raise PkiError(
                "certificates[%d] (%s, %s): the certificate can't be read: %s." % (at, wish.name, wish.purpose, error)
            ) from None
    return results


def _check_issued(
    wish: Wish,
    entry: Dict[str, Any],
    authority: Optional[Authority],
    rules: Rules,
    check_mode: bool,
    warn: Callable[[str], None],
) -> Dict[str, Any]:
    option = "issued_certificate" if entry["issued_certificate"] else "installed"
    if wish.unreadable and option == "installed":
        raise PkiError("installed: it can't be read, and with issued nothing is made; give issued_certificate.")
    chain = authorities.certificates_in(entry[option].encode(), option) if option != "installed" else wish.installed
    if not chain:
        raise PkiError("installed: there is none, and with issued nothing is made; give issued_certificate.")
    leaf = chain[0]
    weak = keys.weakness(leaf.public_key())
    if weak:
        raise PkiError("%s: its key %s." % (option, weak))
    wrong = certificates.misfit(wish, leaf, authority, rules.now)
    lacking = names.not_covered(wish.sans, certificates.alternative_names(leaf))
    if wrong == "sans" and lacking:
        there = ", ".join(certificates.alternative_names(leaf)) or "none"
        needed = (option, authorities.shown(leaf.subject), ", ".join(lacking), there)
        raise PkiError("%s: %s lacks %s; its names are %s." % needed)
    if wrong and wrong != "sans":
        detail = " on %s" % authorities.time_text(leaf.not_valid_after_utc) if wrong == "expired" else ""
        raise PkiError("%s: %s %s%s." % (option, authorities.shown(leaf.subject), _WRONG[wrong], detail))
    _check_order(chain, authority, option)
    if certificates.expiring(leaf, rules):
        end = authorities.time_text(leaf.not_valid_after_utc)
        warn("The certificate of %s (%s) expires on %s; have a new one issued." % (wish.name, wish.purpose, end))
    key = None
    if entry["issued_private_key"]:
        key = keys.load(entry["issued_private_key"].encode(), None, "issued_private_key", "issued_private_key")
        if keys.raw(key.public_key()) != keys.raw(leaf.public_key()):
            raise PkiError("issued_private_key: it does not belong to issued_certificate.")
    if option == "installed" and wish.key_matches is False:
        raise PkiError("key_matches: the key on the node does not belong to the certificate there.")
    reason = _reason_to_replace(wish, chain)
    # A key in PEM that was not given stays.
    if reason and wish.protected and (entry["format"] == "pkcs12" or key is not None):
        raise PkiError(wish.protected)
    if option != "installed" and wish.leaf is not None:
        keeping.compare_names(wish, leaf)
    if reason and key is None:
        _check_that_the_key_is_there(wish, entry, leaf)
    result = _result(wish, reason, leaf)
    if reason and not check_mode:
        # Ansible masks in a result what was a secret among the options, so that the key could not be returned whole.
        _add_content(result, entry, leaf, key if entry["format"] == "pkcs12" else None, chain[1:])
    return result


def _check_that_the_key_is_there(wish: Wish, entry: Dict[str, Any], leaf: Any) -> None:
    if entry["format"] == "pkcs12":
        raise PkiError("issued_private_key: it is needed, because a PKCS#12 file holds it.")
    # One that does not belong to the installed certificate may have been put there for the new one.
    known = wish.leaf is not None and wish.key_matches is not False
    if known and keys.raw(wish.leaf.public_key()) != keys.raw(leaf.public_key()):
        raise PkiError("issued_private_key: it is needed, because the node has the key of another certificate.")


def _check_order(chain: List[Any], authority: Optional[Authority], option: str) -> None:
    for current, issuer in zip(chain, chain[1:]):
        if not authorities.issued_by(current, issuer):
            pair = (option, authorities.shown(issuer.subject), authorities.shown(current.subject))
            raise PkiError("%s: out of order: %s follows %s and has not issued it." % pair)
    if authority is None:
        return
    needed = authority.intermediates
    if certificates.followers(chain, authority) != needed:
        subjects = ", ".join(authorities.shown(certificate.subject) for certificate in needed) or "nothing"
        raise PkiError("%s: incomplete: the certificate has to be followed by %s." % (option, subjects))


def _reason_to_replace(wish: Wish, chain: List[Any]) -> str:
    if wish.unreadable:
        return "unreadable"
    if wish.leaf is None:
        return "missing"
    if wish.leaf != chain[0]:
        return "issued"
    if wish.key_matches is False:
        return "key_mismatch"
    return "" if wish.installed == chain else "chain"


def _result(wish: Wish, reason: str, leaf: Any) -> Dict[str, Any]:
    """Without content; the fields that describe a certificate are null while it is not made."""
    result: Dict[str, Any] = dict.fromkeys(
        ("certificate", "private_key", "pkcs12", "serial", "not_before", "not_after", "sha256")
    )
    result.update(name=wish.name, purpose=wish.purpose, changed=bool(reason), reason=reason, sans=wish.names)
    result.update(kept=[certificates.text(name) for name in wish.kept], lost=wish.lost)
    if leaf is not None:
        result.update(
            serial="%x" % leaf.serial_number,
            not_before=authorities.time_text(leaf.not_valid_before_utc),
            not_after=authorities.time_text(leaf.not_valid_after_utc),
            sans=certificates.alternative_names(leaf),
            sha256=authorities.fingerprint(leaf),
        )
    return result


def differences(wanted: List[Wish], results: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Before and after of what changes, for the diff; without secrets."""
    before, after = {}, {}
    for wish, result in zip(wanted, results):
        if not result["changed"]:
            continue
        title = "%s %s" % (wish.name, wish.purpose)
        shown = ("serial", "not_before", "not_after", "sans")
        try:
            old = _result(wish, "", wish.leaf) if wish.leaf is not None else {}
        except ValueError:
            old = {}
        before[title] = {name: old[name] for name in shown} if old else {}
        after[title] = dict({name: result[name] for name in shown}, reason=result["reason"])
    return {"before": before, "after": after}
