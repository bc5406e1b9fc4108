# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_paths import look

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


@pytest.mark.parametrize("linked", [False, True])
def test_an_interrupted_write_is_seen_through_a_link(linked: bool, tmp_path: Path) -> None:
    for name in ("a.crt", "a.key", "ca.crt"):
        (tmp_path / "of" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "of" / name).write_text("x")
        if linked:
            (tmp_path / name).symlink_to(tmp_path / "of" / name)
    where = "" if linked else "of/"
    settings = {SSL + key: where + f"a.{key[:3].replace('cer', 'crt')}" for key in ("certificate", "key")}
    settings[SSL + "certificate_authorities"] = where + "ca.crt"
    for name, seen in (("a.key", [True, False]), ("ca.crt", [True, True])):
        (tmp_path / "of" / f".{name}.before").write_text("x")
        found = look(str(tmp_path), settings, [SERVER])[SERVER]
        assert [found["unfinished"], found["authorities"][0]["unfinished"]] == seen


def test_a_link_to_outside_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "es").mkdir()
    (tmp_path / ".a.crt.before").write_text("x")
    (tmp_path / "a.crt").write_text("x")
    (tmp_path / "es" / "a.crt").symlink_to(tmp_path / "a.crt")
    found = look(str(tmp_path / "es"), {SSL + "certificate": "a.crt", SSL + "key": "a.key"}, [SERVER])[SERVER]
    assert found["unfinished"] is False


@pytest.mark.parametrize(("settings", "paths"), [({}, ["certs/remote_cluster_client_ca.crt"]), ({"path": "a.p12"}, [])])
def test_where_a_truststore_is_no_file_is_trusted_beside_it(
    settings: dict[str, str], paths: list[str], tmp_path: Path
) -> None:
    named = {f"xpack.security.remote_cluster_client.ssl.truststore.{key}": value for key, value in settings.items()}
    found = look(str(tmp_path), named, ["remote_cluster_client"])["remote_cluster_client"]
    assert [entry["path"] for entry in found["authorities"]] == [str(tmp_path / path) for path in paths]


def test_a_pkcs12_file_is_returned_as_base64(tmp_path: Path) -> None:
    (tmp_path / "a.p12").write_bytes(b"\x30\x82")
    found = look(str(tmp_path), {SSL + "keystore.path": "a.p12"}, [SERVER])[SERVER]
    assert (found["pkcs12"], found["pem"]) == ("MII=", None)


@pytest.mark.parametrize(
    ("text", "encrypted"),
    [
        (None, False),
        ("", False),
        ("-----BEGIN PRIVATE KEY-----\nMII=\n", False),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n", True),
        ("Bag Attributes\n  friendlyName: x\n-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n", True),
        ("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMII=\n", True),
    ],
)
@pytest.mark.parametrize("certificate", [True, False])
def test_a_key_with_a_passphrase(text: str | None, encrypted: bool, certificate: bool, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "a.key").write_text(text)
    if certificate:
        (tmp_path / "a.crt").write_text("x")
    found = look(str(tmp_path), {SSL + "certificate": "a.crt", SSL + "key": "a.key"}, [SERVER])[SERVER]
    assert (found["key_encrypted"], found["error"]) == (encrypted, None)
