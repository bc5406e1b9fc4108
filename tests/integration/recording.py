# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a real server refuses, request and answer, as evidence: CROSSCLUSTER_RECORD names the file it is written to.

`recorded/` has those of servers that were asked. Names that a run has chosen are written as `LEADER` and `FOLLOWER`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

VARIABLE = "CROSSCLUSTER_RECORD"


class Recording:
    """The refusals of one test."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.refusals: list[dict[str, Any]] = []

    def add(self, cluster: str, method: str, path: str, body: Any, found: tuple[int, Any]) -> None:
        status, answer = found
        if status < 400 or not os.environ.get(VARIABLE):
            return
        error = answer.get("error") if isinstance(answer, dict) else answer
        if isinstance(error, dict):
            error = {key: error[key] for key in ("type", "reason", "caused_by") if key in error}
        refusal = {"cluster": cluster, "request": f"{method} {path}", "body": body, "status": status, "error": error}
        named = json.loads(self._named(json.dumps(refusal)))
        # One that is waited for is refused again and again.
        if named not in self.refusals:
            self.refusals.append(named)

    def _named(self, text: str) -> str:
        names = (f"contract-{self.number}-f", "FOLLOWER"), (f"contract-{self.number}", "LEADER")
        for name, written in names:
            text = text.replace(name, written)
        return text

    def write(self, test: str) -> None:
        if not self.refusals:
            return
        file = Path(os.environ[VARIABLE])
        recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        recorded[test] = self.refusals
        file.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")
