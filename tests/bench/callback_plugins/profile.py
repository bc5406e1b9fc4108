# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adds up what a run spends on templating and in modules, in the controller and in its workers."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable
from typing import Any

from ansible._internal._templating._engine import TemplateEngine
from ansible.plugins.action.normal import ActionModule
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: profile
type: notification
short_description: Add up what a run spends on templating and in modules
description: Appends lines C(kind seconds) to the file that E(BENCH_PROFILE) names; each kind without what is within it.
options: {}
"""

# One entry for each kind that is being measured, inner ones last: seconds of the kinds within it.
_open: list[float] = []


def measured(kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: Any, **keywords: Any) -> Any:
        began = time.perf_counter()
        _open.append(0.0)
        try:
            return function(*arguments, **keywords)
        finally:
            took = time.perf_counter() - began
            within = _open.pop()
            if _open:
                _open[-1] += took
            # A worker ends without any farewell, so each writes at once, and whole lines do not mix.
            line = "%s %f\n" % (kind, took - within)
            with open(os.environ["BENCH_PROFILE"], "ab", buffering=0) as file:
                file.write(line.encode())

    return timed


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "profile"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for name in ("template", "evaluate_expression", "evaluate_conditional", "resolve_variable_expression"):
            setattr(TemplateEngine, name, measured("templating", getattr(TemplateEngine, name)))
        ActionModule.run = measured("modules", ActionModule.run)
