# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subject alternative names: checked, in one canonical form each. Pure. Private to this collection."""

from __future__ import annotations

import ipaddress
import re
from typing import List

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

_LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")


def dns_name(value: str) -> str:
    """In lower case; PkiError says what is wrong with it."""
    name = value.strip().lower()
    problem = _dns_problem(name)
    if problem:
        raise PkiError("dns: %r %s." % (value, problem))
    return name


def _dns_problem(name: str) -> str:
    if not name:
        return "is empty; leave it out"
    if _is_address(name):
        return "is an address; give it in ip"
    if "://" in name or "/" in name:
        return "is no host name; give the name alone, without scheme or path"
    if ":" in name:
        return "is no host name; give the name alone, without the port"
    if name.endswith("."):
        return "ends with a dot, which certificates do not have; leave the dot out"
    if not name.isascii():
        return "has letters that certificates can't hold; write the name as the DNS has it (xn--…)"
    if len(name) > 253:
        return "is longer than the 253 characters that a name may have"
    labels = name.split(".")
    if labels[0] == "*":
        labels = labels[1:]
        if len(labels) < 2:
            return (
                "is a wildcard for a whole domain; at least two labels must follow the asterisk, as in *.paris.example"
            )
    if "*" in "".join(labels):
        return "has an asterisk that does not stand alone as the first label, as in *.paris.example"
    for label in labels:
        if not label:
            return "has an empty label (two dots, or one in front)"
        if len(label) > 63:
            return "has a label of more than 63 characters"
        if "_" in label:
            return "has an underscore, which host names can't have; use another name or an address in ip"
        if not _LABEL.match(label):
            return "is no host name: the label %r must be letters, digits and hyphens in between" % label
    if labels[-1].isdigit():
        return "is no host name: its last label is a number; give addresses in ip"
    return ""


def ip_address(value: str) -> str:
    """In its shortest form; PkiError says what is wrong with it."""
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        hint = "; give names in dns" if not _is_address(value.partition("/")[0].partition("%")[0]) else ""
        raise PkiError("ip: %r is no IPv4 or IPv6 address alone%s." % (value, hint)) from None
    if getattr(address, "scope_id", None):
        raise PkiError("ip: %r has a zone, which certificates can't hold; leave it out." % value)
    return str(address)


def alternative_names(dns: List[str], ip: List[str]) -> List[str]:
    """As they stand in results, ``DNS:…`` and ``IP:…``, each once."""
    names = ["DNS:" + dns_name(value) for value in dns] + ["IP:" + ip_address(value) for value in ip]
    return list(dict.fromkeys(names))


def not_covered(wanted: List[str], there: List[str]) -> List[str]:
    """Names that a certificate lacks; a wildcard stands for one label."""
    return [name for name in wanted if name not in there and "DNS:*." + name.partition(".")[2] not in there]


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value.strip().strip("[]"))
    except ValueError:
        return False
    return True
