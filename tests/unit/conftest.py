# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

# The collection's own filters. Before any test imports its files, because Python then looks for them in another way.
init_plugin_loader([str(Path(__file__).parents[2] / ".cache" / "tree")])
