# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a module did not even begin on a host, from what its shell has said. Private."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Pattern in what was printed, and what to do.
REMEDIES = (
    (
        r"you must have a tty to run sudo",
        "sudo wants a terminal, which modules have not; exempt the account (Defaults:ACCOUNT !requiretty in sudoers).",
    ),
    (
        r"sudo: (?:a password|a terminal) is required|no tty present and no askpass|incorrect password attempt",
        "Give the password of sudo by ansible_become_password or --ask-become-pass, or let sudo ask for none.",
    ),
    (
        r"is not in the sudoers file|is not allowed to (?:run sudo|execute)|may not run sudo",
        "Let this account use sudo, or name another one by ansible_user.",
    ),
    (
        r"sudo: (?:command )?not found|sudo: No such file",
        "There is no sudo; name another way by ansible_become_method, or set ansible_become to false for root.",
    ),
    (
        r"su: (?:Authentication failure|must be run from a terminal)",
        "Give the password of su by ansible_become_password or --ask-become-pass.",
    ),
    (
        r"requires a minimum of Python|future feature annotations is not defined|SyntaxError",
        "Its Python is too old; name one of at least 3.8 by ansible_python_interpreter.",
    ),
    (
        r"python[\d.]*['\"]?: (?:No such file or directory|(?:command )?not found)|interpreter .* was not found",
        "Name a Python that is there by ansible_python_interpreter.",
    ),
    (r"No space left on device|Disk quota exceeded", "Free some space there."),
    (r"Read-only file system", "Mount it writable, or name another directory by ansible_remote_tmp."),
)
# The last lines say it; what comes before is a traceback.
LINES = 3
LENGTH = 200
_SECRET = re.compile(
    r"-----|(?:password|passphrase|secret|token|credentials?|encoded|api_?key|authorization)['\"]?\s*[:=]|[A-Za-z0-9+/_-]{40}",
    re.IGNORECASE,
)


def failure_message(result: Mapping[str, Any]) -> str:
    """What is to be told of a task that failed: its message, and where that says nothing, what the host has printed."""
    message = str(result.get("msg") or "")
    printed = [str(result.get(name) or "") for name in ("module_stderr", "module_stdout")]
    said = next((lines for lines in map(_last_lines, printed) if lines), [])
    whole = "\n".join([message, *printed])
    remedy = next((remedy for pattern, remedy in REMEDIES if re.search(pattern, whole)), "")
    if not any(text.strip() for text in printed) or not (said or remedy):
        return message
    # What Ansible has to say of it leads to the answer that it could not read, and to the log.
    head = "The module did not run"
    text = ": ".join([head, " | ".join(said)]) if said else head
    return " ".join(part for part in (text + ("" if text.endswith(".") else "."), remedy) if part)


def _last_lines(text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in text.splitlines()]
    kept = [line for line in lines if line and not _SECRET.search(line)]
    return [line if len(line) <= LENGTH else line[:LENGTH] + "…" for line in kept[-LINES:]]
