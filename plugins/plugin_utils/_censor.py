# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps a result that holds a new secret from being printed. Private."""

from __future__ import annotations

from typing import Any


def censor(task: Any, result: Any) -> None:
    # A secret that has just been made is for register alone; -v would print it.
    result["_ansible_no_log"] = True
    # Of a loop, ansible-core before 2.21 hands callbacks the results of all items as the task says.
    task.no_log = True
