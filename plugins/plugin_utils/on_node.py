# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module on a node as any is run; where it did not even begin, its message says why. Private."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._module_failure import failure_message


class ActionModule(NormalAction):
    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        result = super().run(tmp, task_vars)
        if result.get("module_stderr") or result.get("module_stdout"):
            result["msg"] = failure_message(result)
        return result
