# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._censor import censor, hide, mute
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils.on_node import ActionModule as OnNode


class ActionModule(OnNode):
    """Runs the module as any is run; a PKCS#12 file and elasticsearch.yml, which hold secrets, are not printed."""

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        if self._task.args.get("certificate_files") or self._task.args.get("configuration_files"):
            mute(self._connection)
        result = super().run(tmp, task_vars)
        found = result.get("node_info") or {}
        stores = [files.get("pkcs12") for files in (found.get("certificate_files") or {}).values()]
        censor(self._task, result, stores)
        # What is secret in these nobody knows.
        if any(stores) or any(file.get("content") for file in found.get("configuration_files") or []):
            hide(self._task, result)
        return result
