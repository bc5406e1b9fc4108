# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a credential is called in a keystore, and whose key it is. Pure. Private to this collection."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Optional

_CREDENTIALS = re.compile(r"^cluster\.remote\.([-\w]+)\.credentials$", flags=re.ASCII)
_KEY_ID = re.compile(r"^[!-9;-~]+$")


def alias_of(name: str) -> Optional[str]:
    """The alias whose credential is kept under this name."""
    match = _CREDENTIALS.match(name)
    return match.group(1) if match else None


def key_parts(value: str) -> Optional[tuple]:
    try:
        text = base64.b64decode(value.encode("ascii"), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    key_id, colon, secret = text.partition(":")
    return (key_id, secret) if colon and secret and _KEY_ID.match(key_id) else None


def credential_id(value: str) -> Optional[str]:
    """The API key's id in an encoded credential (base64 of id:secret), or nothing when it is something else."""
    parts = key_parts(value)
    return parts[0] if parts else None
