# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes how long each task took, a JSON list [task, seconds] a line."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: times
type: notification
short_description: Record how long each task took
description: Writes to the file that E(BENCH_TASKS) names.
options: {}
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "times"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.task = ""
        self.began = time.perf_counter()

    def _next(self, task: str) -> None:
        now = time.perf_counter()
        if self.task:
            with open(os.environ["BENCH_TASKS"], "a", encoding="utf-8") as file:
                file.write(json.dumps([self.task, now - self.began]) + "\n")
        self.task, self.began = task, now

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._next(task.get_name().rpartition(" : ")[2])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._next("")
