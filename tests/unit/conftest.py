# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader

TREE = Path(__file__).parents[2] / ".cache" / "tree"


@pytest.fixture(scope="session", autouse=True)
def _filters() -> None:
    """The collection's own; found before anything is templated, because the loader remembers what it did not find."""
    init_plugin_loader([str(TREE)])
