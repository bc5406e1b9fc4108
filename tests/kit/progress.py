# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that tell a person what is going on."""

from __future__ import annotations

import sys
import time

_started = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - _started:5.1f}s] {text}", flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
