# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""X.509 certificates read with nothing but the standard library. Pure. Private to this collection."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from typing import Any, Dict, List, NamedTuple

PEM = re.compile(
    r"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----(.*?)-----END (?:TRUSTED |X509 )?CERTIFICATE-----", re.DOTALL
)
# In check mode it stands in a file's text for a certificate that is not made yet.
TO_BE_MADE = "# Here follows a certificate that is made first.\n"
_SEQUENCE = 0x30
_UTC_TIME = 0x17
_BMP_STRING = 0x1E
_VERSION = 0xA0
_EXTENSIONS = 0xA3
_OCTET_STRING = 0x04
_SAN_DNS, _SAN_IP = 0x82, 0x87
_SUBJECT_ALTERNATIVE_NAME = b"\x55\x1d\x11"
_COMMON_NAME = b"\x55\x04\x03"
_ATTRIBUTES = {
    _COMMON_NAME: "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
}


class _Element(NamedTuple):
    tag: int
    content: bytes


def from_pem(text: str) -> List[bytes]:
    """The certificates (DER) in a PEM file, in order."""
    found = []
    for body in PEM.findall(text):
        try:
            found.append(base64.b64decode("".join(body.split()), validate=True))
        except binascii.Error as error:
            raise ValueError("a certificate in it is not base64") from error
    return found


def to_pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def describe(der: bytes) -> Dict[str, Any]:
    """What an operator wants to know about one certificate; ValueError when it is none."""
    try:
        fields = elements(elements(elements(der)[0].content)[0].content)
        if fields[0].tag == _VERSION:
            fields = fields[1:]
        serial, _algorithm, issuer, validity, subject = fields[:5]
        not_before, not_after = elements(validity.content)
        return {
            "sha256": hashlib.sha256(der).hexdigest(),
            "serial": "%x" % int.from_bytes(serial.content, "big"),
            "subject": _name(subject),
            "subject_cn": _common_name(subject),
            "issuer": _name(issuer),
            "not_before": _time(not_before),
            "not_after": _time(not_after),
            "sans": _alternative_names(fields),
        }
    except (IndexError, ValueError) as error:
        raise ValueError("this is no X.509 certificate") from error


def elements(data: bytes) -> List[_Element]:
    """The DER elements that lie one after the other in data."""
    result, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("truncated")
        result.append(_Element(tag, data[at : at + length]))
        at += length
    return result


def _pairs(name: _Element) -> List[List[_Element]]:
    return [elements(pair.content) for part in elements(name.content) for pair in elements(part.content)]


def _text(element: _Element) -> str:
    return element.content.decode("utf-16-be" if element.tag == _BMP_STRING else "utf-8", "replace")


def _name(name: _Element) -> str:
    """As Elasticsearch shows it: most specific part first."""
    parts = [
        "%s=%s" % (_ATTRIBUTES.get(kind.content, kind.content.hex()), _text(value)) for kind, value in _pairs(name)
    ]
    return ", ".join(reversed(parts))


def _common_name(name: _Element) -> str:
    return next((_text(value) for kind, value in reversed(_pairs(name)) if kind.content == _COMMON_NAME), "")


def _time(element: _Element) -> str:
    digits = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        digits = ("20" if int(digits[:2]) < 50 else "19") + digits
    return "%s-%s-%sT%s:%s:%sZ" % (digits[:4], digits[4:6], digits[6:8], digits[8:10], digits[10:12], digits[12:14])


def _alternative_names(fields: List[_Element]) -> List[str]:
    names = []
    for field in fields:
        if field.tag != _EXTENSIONS:
            continue
        for extension in elements(elements(field.content)[0].content):
            parts = elements(extension.content)
            if parts[0].content != _SUBJECT_ALTERNATIVE_NAME or parts[-1].tag != _OCTET_STRING:
                continue
            for name in elements(elements(parts[-1].content)[0].content):
                if name.tag == _SAN_DNS:
                    names.append("DNS:" + name.content.decode("ascii", "replace"))
                elif name.tag == _SAN_IP and len(name.content) in (4, 16):
                    names.append("IP:" + str(ipaddress.ip_address(name.content)))
    return names
