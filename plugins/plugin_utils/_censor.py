# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the new secrets of a result from being printed. Private."""

from __future__ import annotations

from typing import Any, Iterable

try:
    from ansible.module_utils.secrets import register_secrets
except ImportError:
    # ansible-core before 2.22
    register_secrets = None

# All of a PEM file's lines but the last one.
PEM_LINE = 64
# Of a credential; no callback breaks it into lines, so that it is found wherever it is printed.
SHORT = 256


def censor(task: Any, result: Any, secrets: Iterable[str]) -> None:
    """
    :param secrets: of the result; nothing is done where there is none.
    """
    found = [secret for secret in secrets if secret]
    if not found:
        return
    if register_secrets is not None:
        # Whoever passes them on can't print them either; nor where a callback has the lines of a key one by one.
        register_secrets([*found, *(line for text in found for line in text.splitlines() if len(line) == PEM_LINE)])
        if all(len(text) <= SHORT and "\n" not in text for text in found):
            return
    hide(task, result)


def hide(task: Any, result: Any) -> None:
    # A secret that has just been made is for register alone; -v would print it.
    result["_ansible_no_log"] = True
    # Of a loop, ansible-core before 2.21 hands callbacks the results of all items as the task says.
    task.no_log = True


def mute(connection: Any) -> None:
    """For a module that may return a secret: with -vvv ssh shows what it sends, before anybody can look at it."""
    connection._play_context.no_log = True
