# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.extra_variables import normalise

TASKS = Path(__file__).parents[3] / "playbooks" / "tasks" / "discover_write.yml"


@pytest.mark.parametrize(
    ("given", "file"),
    [
        ({}, "{here}/discovered.yml"),
        ({"discovered": "found/a.yml"}, "{here}/found/a.yml"),
        ({"discovered": "~/a.yml"}, "/home/me/a.yml"),
        ({"discovered": "/srv/a.yml"}, "/srv/a.yml"),
    ],
)
def test_the_file_is_where_the_user_is(
    given: dict[str, Any], file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module on the controller runs in the directory of the playbook, which is the collection's."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    write = DataLoader().load_from_file(str(TASKS), trusted_as_template=True)[0]["ansible.builtin.copy"]
    extra = normalise([("discovered", given.get("discovered"), None)])
    dest = Templar(DataLoader(), variables={"elasticsearch_extra": extra}).template(write["dest"])
    assert dest == file.format(here=tmp_path.resolve())
