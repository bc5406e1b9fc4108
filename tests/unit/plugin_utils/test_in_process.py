# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLUGINS = "ansible_collections.crosscluster.elasticsearch.plugins"


@pytest.mark.parametrize(("kind", "place"), [("filter", "filter"), ("modules", "action")])
def test_workers_find_imported(kind: str, place: str) -> None:
    """In a Python of its own, for here other tests have imported much."""
    program = f"import {PLUGINS}.plugin_utils.in_process, sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    wanted = {f"{PLUGINS}.{kind}.{file.stem}" for file in Path(__file__).parents[3].glob(f"plugins/{place}/*.py")}
    assert wanted - set(done.stdout.split()) == set()
