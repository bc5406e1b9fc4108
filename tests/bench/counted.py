# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Process 1 of a process namespace: lets the kernel account for every process in it, runs a command, and times it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from bench.accounting import start


def main(accounts: str, result: str, *command: str) -> int:
    start(Path(accounts))
    began = time.perf_counter()
    code = subprocess.run(command, check=False).returncode
    seconds = time.perf_counter() - began
    Path(result).write_text(json.dumps({"seconds": seconds, "code": code}), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
