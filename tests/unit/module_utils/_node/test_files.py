# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import FilesError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.files import run


def ran(path_conf: Path, state: str = "present", check_mode: bool = False, **file: Any) -> tuple[bool, dict[str, Any]]:
    """Of one file: whether it changed, and what is told of it."""
    files = [{"path": "elasticsearch.yml", **file}]
    changed, told, _diff = run(str(path_conf), files, state, None, check_mode, lambda like, path: None)
    return changed, told[0]


@pytest.fixture
def path_conf(tmp_path: Path) -> Path:
    (tmp_path / "elasticsearch.yml").write_text("a: b\n")
    return tmp_path


def test_a_change_is_pending_until_it_is_committed(path_conf: Path) -> None:
    assert ran(path_conf, content="a: c\n", check_mode=True)[0] is True
    assert [p.name for p in path_conf.iterdir()] == ["elasticsearch.yml"]
    changed, told = ran(path_conf, content="a: c\n")
    assert (changed, told["content"], told["pending"]) == (True, "a: c\n", True)
    # A run that was killed is told by the next one.
    changed, told = ran(path_conf, content="a: c\n")
    assert (changed, told["pending"]) == (False, True)
    assert ran(path_conf, "committed", check_mode=True)[0] is True
    assert ran(path_conf)[1]["pending"] is True
    changed, told = ran(path_conf, "committed")
    assert (changed, told["content"], told["pending"]) == (True, "a: c\n", False)
    assert ran(path_conf, "committed")[0] is False
    assert [p.name for p in path_conf.iterdir()] == ["elasticsearch.yml"]


def test_a_change_is_undone_to_what_is_known_to_work(path_conf: Path) -> None:
    ran(path_conf, content="a: c\n")
    ran(path_conf, content="a: d\n")
    changed, told = ran(path_conf, "restored")
    assert (changed, told["content"], told["pending"]) == (True, "a: b\n", False)
    assert ran(path_conf, "restored")[0] is False


def test_a_private_key_is_not_returned(path_conf: Path) -> None:
    (path_conf / "node.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    assert ran(path_conf, path="node.key")[1]["content"] is None
    told = ran(path_conf, path="node.key", certificate="node.crt")[1]
    assert (told["content"], told["exists"], told["matches"]) == (None, True, None)


def test_missing(path_conf: Path) -> None:
    told = ran(path_conf, path="none")[1]
    assert (told["exists"], told["content"], told["error"]) == (False, None, None)


def test_refused(path_conf: Path) -> None:
    (path_conf / "link").symlink_to("/etc/hostname")
    for path in ("link", "../x", "/etc/hostname"):
        with pytest.raises(FilesError, match="outside of"):
            ran(path_conf, path=path, content="x")
    with pytest.raises(FilesError, match="no directory"):
        ran(path_conf, path="none/x", content="x")
    with pytest.raises(FilesError, match=r"path_conf: .* is no directory"):
        ran(path_conf / "nowhere")
