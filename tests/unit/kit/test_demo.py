# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from demo import __main__ as demo

from kit.places import PROJECT

TOLD = """
TASK [Report remote clusters that each node reaches] ***
ok: [london] => {
    "msg": [
        "something else"
    ]
}

TASK [Report outcome of all clusters] ***
ok: [london] => {
    "msg": [
        "cluster  alias  [x]",
        "london   paris  \\u2192"
    ]
}

PLAY RECAP ***
london : ok=1 changed=0
"""


def test_the_table_is_found_in_the_output() -> None:
    assert demo.outcome(TOLD) == ["cluster  alias  [x]", "london   paris  →"]


def test_an_output_without_a_table() -> None:
    assert demo.outcome("PLAY RECAP") == []


def test_every_command_that_is_told_is_there_and_short() -> None:
    told = re.findall(r"make (\S+)", demo.LOOK_AROUND)
    assert "demo-verify" in told
    done = subprocess.run(["make", "-n", *told], cwd=PROJECT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert max(map(len, demo.LOOK_AROUND.splitlines())) < 80


def test_nothing_to_be_stopped_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "RUN_DIR", tmp_path)
    assert demo.main(["stop"]) == 0
    assert "nothing runs" in capsys.readouterr().out
