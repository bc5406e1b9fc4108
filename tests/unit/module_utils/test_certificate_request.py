# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _certificate_request as request
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificate_files import pending_key

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


def command(words: list[str]) -> tuple[int, str, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("put_in_place, changed", [(False, False), (True, True)])
def test_a_key_that_waits_is_used_again_unless_it_is_in_use(tmp_path: Path, put_in_place: bool, changed: bool) -> None:
    """A run that was killed between putting a key in place and forgetting it would never renew it."""
    key = tmp_path / "node.key"
    options = {"private_key": str(key), "key_type": "ec_p256", "common_name": "lon-1", "make_directory": False, "path_conf": str(tmp_path)}
    assert request.run(options, False, command)["changed"]
    pending = Path(pending_key(str(key)))
    first = pending.read_bytes()
    if put_in_place:
        key.write_bytes(first)
    assert request.run(options, False, command)["changed"] == changed
    assert (pending.read_bytes() != first) == changed
    assert pending.stat().st_mode & 0o777 == 0o600
