# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_request as request
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import (
    FilesError,
    pending_key,
)

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


def command(words: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


OPTIONS = {"key_type": "ec_p256", "common_name": "lon-1", "make_directory": True}


@pytest.mark.parametrize("path", ["es/../node.key", "es/out/node.key", "es/link.key"])
@pytest.mark.parametrize("check_mode", [True, False])
def test_no_key_is_made_outside_of_the_configuration(path: str, check_mode: bool, tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / "es" / "out").symlink_to(tmp_path)
    (tmp_path / "es" / "link.key").symlink_to(tmp_path / "node.key")
    options = {**OPTIONS, "private_key": str(tmp_path / path), "path_conf": str(tmp_path / "es")}
    with pytest.raises(FilesError, match="outside of"):
        request.run(options, check_mode, command)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["es"]


@pytest.mark.parametrize("put_in_place, changed", [(False, False), (True, True)])
def test_a_key_that_waits_is_used_again_unless_it_is_in_use(tmp_path: Path, put_in_place: bool, changed: bool) -> None:
    """A run that was killed between putting a key in place and forgetting it would never renew it."""
    key = tmp_path / "node.key"
    options = {**OPTIONS, "private_key": str(key), "path_conf": str(tmp_path)}
    assert request.run(options, False, command)["changed"]
    pending = Path(pending_key(str(key)))
    first = pending.read_bytes()
    if put_in_place:
        key.write_bytes(first)
    assert request.run(options, False, command)["changed"] == changed
    assert (pending.read_bytes() != first) == changed
    assert pending.stat().st_mode & 0o777 == 0o600
