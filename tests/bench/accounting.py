# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernel's process accounting (acct(2)): a record for every process that ends in a process namespace."""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass
from pathlib import Path

# struct acct_v3 of <linux/acct.h>.
RECORD = struct.Struct("<BBHIIIIIIf8H16s")


@dataclass(frozen=True)
class Process:
    pid: int
    command: str


def start(path: Path) -> None:
    """From now on, for the process namespace of the caller and those below it."""
    path.touch()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.acct(os.fsencode(path)):
        raise OSError(ctypes.get_errno(), "this kernel does not account for processes (acct)")


def read(path: Path, offset: int = 0) -> list[Process]:
    data = path.read_bytes()[offset:]
    whole = data[: len(data) - len(data) % RECORD.size]
    return [Process(record[6], _text(record[-1])) for record in RECORD.iter_unpack(whole)]


def _text(field: bytes) -> str:
    return field.rstrip(b"\0").decode("utf-8", "replace")


if __name__ == "__main__":
    import sys

    start(Path(sys.argv[1]))
