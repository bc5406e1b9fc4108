# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node_certificate_files import look

SERVER = "remote_cluster_server"
SSL = f"xpack.security.{SERVER}.ssl."


@pytest.mark.parametrize(
    ("settings", "default_format", "configured", "files"),
    [
        ({}, "pem", False, ["certs/remote_cluster_server.crt", "certs/remote_cluster_server.key", None]),
        ({}, "pkcs12", False, [None, None, "certs/remote_cluster_server.p12"]),
        ({"keystore.path": "a.p12"}, "pem", True, [None, None, "a.p12"]),
        # What the settings name counts more.
        ({"certificate": "a.crt", "key": "a.key"}, "pkcs12", True, ["a.crt", "a.key", None]),
    ],
)
def test_where_files_lie(
    settings: dict[str, str], default_format: str, configured: bool, files: list[str | None], tmp_path: Path
) -> None:
    found = look(str(tmp_path), {SSL + key: value for key, value in settings.items()}, [SERVER], default_format)[SERVER]
    assert (found["configured"], found["format"]) == (configured, "pkcs12" if files[2] else "pem")
    paths = [file and str(tmp_path / file) for file in files]
    assert [found[name] for name in ("certificate", "key", "keystore")] == paths


def test_a_pkcs12_file_is_returned_as_base64(tmp_path: Path) -> None:
    (tmp_path / "a.p12").write_bytes(b"\x30\x82")
    found = look(str(tmp_path), {SSL + "keystore.path": "a.p12"}, [SERVER])[SERVER]
    assert (found["pkcs12"], found["pem"]) == ("MII=", None)
