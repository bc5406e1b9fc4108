# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import keystore_memory as memory

NAME = "cluster.remote.paris.credentials"
FILE = {"version": 2, "salt": "s", "keystore_sha256": "d1", "names": [], "settings": {}, "written": {}}
SECRET = "ui2lp2axTNmsyakw9tvNnw"
CREDENTIAL = base64.b64encode(f"VuaCfGcBCdbkQm-e5aOx:{SECRET}".encode()).decode()


def test_saved_and_loaded(tmp_path: Path) -> None:
    known = memory.Memory()
    known.names = {"keystore.seed"}
    known.remember(NAME, CREDENTIAL)
    known.remember("x.password", "hunter2")
    known.save(str(tmp_path), "d1")
    [path] = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(secret in path.read_text() for secret in (SECRET, CREDENTIAL, "hunter2"))

    loaded = memory.Memory.load(str(tmp_path), "d1")
    assert loaded.names == {"keystore.seed", NAME, "x.password"}
    assert loaded.settings[NAME]["id"] == "VuaCfGcBCdbkQm-e5aOx"
    assert loaded.same(NAME, CREDENTIAL)
    assert loaded.same("x.password", "hunter2")
    assert not loaded.same("x.password", "hunter3")
    # The same value under another name has another digest.
    assert loaded.settings["x.password"]["digest"] != loaded.describe("y.password", "hunter2")["digest"]


def test_bound_to_the_keystore(tmp_path: Path) -> None:
    known = memory.Memory()
    known.remember(NAME, CREDENTIAL)
    known.save(str(tmp_path), "d1")
    other = memory.Memory.load(str(tmp_path), "d2")
    assert (other.names, other.settings, other.salt) == (None, {}, known.salt)
    assert not other.same(NAME, CREDENTIAL)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{}",
        json.dumps({"version": 1, "salt": "s", "keystore_sha256": "d1", "names": [], "settings": {}}),
        json.dumps({**FILE, "settings": {"x": {}}}),
        json.dumps({**FILE, "written": {"x": {}}}),
        json.dumps({**FILE, "keystore_sha256": 1}),
    ],
)
def test_a_broken_file_is_no_memory(tmp_path: Path, content: str) -> None:
    path = tmp_path / memory.FILE_NAME
    path.write_text(content)
    path.chmod(0o600)
    assert memory.Memory.load(str(tmp_path), "d1").names is None


def test_a_file_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    memory.Memory().save(str(tmp_path), "d1")
    assert memory.Memory.load(str(tmp_path), "d1").names == set()
    (tmp_path / memory.FILE_NAME).chmod(0o620)
    assert memory.Memory.load(str(tmp_path), "d1").names is None


def test_a_weak_secret_is_dear_to_guess_and_a_credential_is_cheap() -> None:
    known = memory.Memory()
    assert known.describe("x.password", "hunter2")["iterations"] == memory.SLOW
    assert known.describe(NAME, base64.b64encode(b"id:short").decode())["iterations"] == memory.SLOW
    assert known.describe(NAME, CREDENTIAL)["iterations"] == memory.FAST


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        pytest.param({NAME: CREDENTIAL}, [], id="as written"),
        pytest.param({NAME: base64.b64encode(f"other:{SECRET}".encode()).decode()}, [NAME], id="another value"),
        pytest.param({}, [NAME], id="removed"),
        pytest.param({NAME: None}, [], id="nobody has looked at the value"),
    ],
)
def test_rewritten(tmp_path: Path, there: dict[str, str | None], expected: list[str]) -> None:
    known = memory.Memory()
    known.remember(NAME, CREDENTIAL)
    known.written[NAME] = known.settings[NAME]
    known.remember("cluster.remote.rome.credentials", CREDENTIAL)  # only seen, not written
    known.save(str(tmp_path), "d1")
    later = memory.Memory.load(str(tmp_path), "d2")
    assert later.rewritten() == []  # nobody has looked yet
    later.names = set(there)
    for name, value in there.items():
        if value:
            later.remember(name, value)
    assert later.rewritten() == expected
    # It is still known when another run looks, until the collection writes again.
    later.save(str(tmp_path), "d2")
    assert memory.Memory.load(str(tmp_path), "d2").rewritten() == expected


def test_what_is_as_wanted_counts_as_written() -> None:
    known = memory.Memory()
    known.written[NAME] = known.describe(NAME, "other")
    known.remember(NAME, CREDENTIAL)
    known.remember("x.password", "hunter2")
    assert known.rewritten() == [NAME]
    assert known.accept([NAME, "x.password"], [])
    assert (known.rewritten(), list(known.written)) == ([], [NAME])
    assert not known.accept([NAME], [])
    known.forget(NAME)
    assert known.rewritten() == [NAME]
    assert known.accept([], [NAME])
    assert (known.rewritten(), known.accept([], [NAME])) == ([], False)
