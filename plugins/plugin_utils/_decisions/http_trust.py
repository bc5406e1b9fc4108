# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the controller still reaches a cluster's API when its authority has signed for HTTP. Pure. Private."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE, from_pem

# As the client tells them, by their length.
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}


class Trust(NamedTuple):
    """What the controller trusts when it opens the API.

    :param names: how the operator says it, for the error.
    :param pem: the text of the file of authorities; None where there is none.
    """

    names: str
    pem: str | None = None
    fingerprint: str | None = None


def problem(api: Mapping[str, Any], trust: Trust, authority: Mapping[str, Any], changes: bool) -> str | None:
    """Why the API could not be reached any more, and what to do; None where it can be.

    :param api: options of the client.
    :param authority: what the module certificate_authority has returned of the one that signs for HTTP.
    :param changes: whether a certificate of it will be shown that is not shown now.
    """
    urls = [api["url"]] if isinstance(api["url"], str) else api["url"]
    if not changes or not api.get("validate_certs", True) or not any(url.startswith("https:") for url in urls):
        return None
    if trust.fingerprint:
        wanted = trust.fingerprint.replace(":", "").lower()
        kind = _HASHES.get(len(wanted))
        # What nodes send; the root is not among it.
        sent = [der for text in authority["chain"] for der in from_pem(text)]
        if kind and any(hashlib.new(kind, der, usedforsecurity=False).hexdigest() == wanted for der in sent):
            return None
        return (
            f"{trust.names} is of none of the certificates that nodes will send, as they send no root, so that the API "
            "could not be reached from here, nor by others that pin it. Set elasticsearch_ca_path instead, to a file "
            "with the authority's root and that of what the nodes show now, and run again."
        )
    there = set(from_pem(trust.pem or ""))
    # The root of what signs first, then that of what will; others in it have signed what is shown now.
    signing = authority["bundle"][: 2 if authority["phase"] == "trust_both" else 1]
    missing = [text for text in signing if not set(from_pem(text)) <= there]
    if not missing and TO_BE_MADE not in authority["bundle_pem"]:
        return None
    made = "" if missing else " (it is made by the run)"
    return (
        f"{trust.names} lacks the authority that signs for HTTP{made}; with its certificates the API could not be "
        "reached from here, nor by other clients. Let elasticsearch_ca_path name a file with its root as well (what "
        "its path holds: ca.crt, next.crt), and run again."
    )
