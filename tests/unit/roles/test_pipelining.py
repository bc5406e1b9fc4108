# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules come by standard input everywhere: else a file with the password of the API is there while they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3]
ROLES = sorted((PROJECT / "roles").iterdir())
PLAYS = [
    pytest.param(playbook, play, id=f"{playbook.stem}: {play['name']}")
    for playbook in sorted((PROJECT / "playbooks").glob("*.yml"))
    for play in yaml.safe_load(playbook.read_text())
    if "hosts" in play
]


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_roles(role: Path) -> None:
    assert yaml.safe_load((role / "vars" / "main.yml").read_text()).get("ansible_pipelining") is True


@pytest.mark.parametrize(("playbook", "play"), PLAYS)
def test_plays(playbook: Path, play: dict[str, Any]) -> None:
    """Their own tasks, outside of roles."""
    variables = dict(play.get("vars", {}))
    for file in play.get("vars_files", []):
        variables |= yaml.safe_load((playbook.parent / file).read_text())
    assert variables.get("ansible_pipelining") is True
