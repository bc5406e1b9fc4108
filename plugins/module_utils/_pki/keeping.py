# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on a node and must not go with its certificate: names, other keys, a passphrase. Pure. Private."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Callable, Dict, List, Mapping, Sequence, Set

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import bundle
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import certificate as certificates
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.certificate import Wish
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.names import ip_address


def names_of_others(names_of_nodes: Mapping[str, Sequence[str]]) -> Callable[[str], Set[str]]:
    """A node → names that other nodes have, and it has not."""
    by_node = {node: {_san(name) for name in names} for node, names in names_of_nodes.items()}
    every: Set[str] = set().union(*by_node.values())
    return lambda node: every - by_node.get(node, set())


def _san(name: str) -> str:
    try:
        return "IP:" + ip_address(name)
    except PkiError:
        return "DNS:" + name.lower()


def look_at_names(wish: Wish, exact: bool, of_others: Set[str]) -> None:
    """Which names of the installed certificate, that nobody has asked for, stay.

    :param exact: none is kept.
    :param of_others: they belong to other nodes by now.
    """
    try:
        for name in certificates.general_names(wish.leaf):
            text = certificates.text(name)
            if text in wish.sans:
                continue
            if exact or text in of_others:
                wish.lost.append(text)
            else:
                wish.kept.append(name)
    except ValueError:
        # That makes it unreadable.
        wish.kept, wish.lost = [], []


def compare_names(wish: Wish, leaf: Any) -> None:
    """Tells what the installed certificate has, and another one, which somebody else has issued, has not."""
    try:
        there = [certificates.text(name) for name in certificates.general_names(wish.leaf)]
    except ValueError:
        there = []
    new = [certificates.text(name) for name in certificates.general_names(leaf)]
    wish.lost = [name for name in there if name not in new]


def protected(entry: Dict[str, Any], wish: Wish, unencrypted_keys: bool) -> str:
    """Why the node's files must not be replaced, and what to do; empty when they may be."""
    names = ("xpack.security.%s.ssl" % entry["purpose"],) * 3
    elsewhere = "Let %s.keystore.path name another file, or %s.key and %s.certificate PEM files instead" % names
    there = wish.installed_bundle
    if there is None and _is_pkcs12(entry):
        return (
            "installed_pkcs12: the password does not open the file, so that nobody knows what would be lost with it. "
            "Give the password that it has, or move the file away."
        )
    if there is not None and there.more:
        return (
            "installed_pkcs12: the file also holds %s, which would be lost; of an authority's key there, Elasticsearch "
            "makes enrollment tokens. %s; or take it out of the file, with keytool -delete, where nobody needs it."
            % (", ".join(there.more), elsewhere)
        )
    if there is not None and entry.get("trusted"):
        return (
            "installed_pkcs12: the node also trusts what is in the file, as truststore.path names it, and would trust "
            "nobody with a new one. %s." % elsewhere
        )
    if entry.get("key_encrypted") and not unencrypted_keys:
        return (
            "key_encrypted: the private key on the node is encrypted, and the new one would not be. Set "
            "unencrypted_keys (elasticsearch_certificate_unencrypted_keys of the cluster) where that is meant."
        )
    return ""


def _is_pkcs12(entry: Dict[str, Any]) -> bool:
    try:
        return bundle.is_one(base64.b64decode(entry["installed_pkcs12"] or ""))
    except binascii.Error:
        return False


def check(wanted: List[Wish], reasons: List[str]) -> None:
    """PkiError where anything that others need would go; before anything is made, in check mode too."""
    for at, (wish, reason) in enumerate(zip(wanted, reasons)):
        if reason not in ("", "chain") and wish.protected:
            raise PkiError("certificates[%d] (%s, %s): %s" % (at, wish.name, wish.purpose, wish.protected))
