# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the time of a run goes: imports, templating, modules, and the rest."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench import report
from bench.measure import Measured


def split(run: Callable[..., Measured], directory: Path) -> str:
    """One more run, slower than the others because it is looked at."""
    file = directory / "profile.txt"
    file.unlink(missing_ok=True)
    measured = run(ANSIBLE_CALLBACKS_ENABLED="times,profile", BENCH_PROFILE=str(file))
    spent: dict[str, float] = defaultdict(float)
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, seconds = line.split()
        spent[kind] += float(seconds)
    imports = {
        "importing Ansible": importing("ansible.cli.playbook"),
        "importing the client, once": importing("elasticsearch"),
    }
    rest = measured.seconds - sum(spent.values()) - sum(imports.values())
    rows: list[tuple[str, float]] = [
        ("modules, ssh included", spent["modules"]),
        ("templating", spent["templating"]),
        *imports.items(),
        ("the rest: inventory, workers, results", rest),
    ]
    return report.table(["part of %.1f s" % measured.seconds, "seconds"], [[name, "%.2f" % s] for name, s in rows])


def importing(module: str) -> float:
    """Beyond the start of Python itself."""

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    return min(run(f"import {module}") for _dummy in range(3)) - min(run("pass") for _dummy in range(3))
