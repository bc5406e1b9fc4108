# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what every task did to a file, a JSON object a line."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Record the results of a run for the tests
description: Writes to the file that E(RECORD_FILE) names.
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def _record(self, status: str, result: Any) -> None:
        content = dict(result._result)
        for item in content.get("results") or [content]:
            line = {
                "task": result._task.get_name().rpartition(" : ")[2],
                "action": result._task.action,
                "host": result._host.get_name(),
                "item": item.get("item"),
                "status": "skipped" if item.get("skipped") else status,
                "changed": bool(item.get("changed")),
                "result": item,
            }
            with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as file:
                file.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._record("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._record("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._record("unreachable", result)
