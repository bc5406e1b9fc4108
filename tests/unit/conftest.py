# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader

# The collection's own filters. Before any test imports its files, because Python then looks for them in another way.
init_plugin_loader([str(Path(__file__).parents[2] / ".cache" / "tree")])


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever runs on this machine, the demo for example, is none of a unit test's nodes."""
    from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import (
        facts,
        keystore,
        server_process,
    )

    running = server_process.running
    for module in (keystore, facts, server_process):
        monkeypatch.setattr(module, "running", lambda proc="/proc": [] if proc == "/proc" else running(proc))
