# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._censor import censor, mute
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils.on_node import ActionModule as OnNode


class ActionModule(OnNode):
    """Runs the module as any is run; what holds a private key is not printed."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        mute(self._connection)
        result = super().run(tmp, task_vars)
        made = result.get("certificates") or []
        censor(self._task, result, [entry.get(name) for entry in made for name in ("private_key", "pkcs12")])
        return result
