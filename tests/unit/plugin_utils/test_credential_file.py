# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret, is_encrypted

from ansible_collections.crosscluster.elasticsearch.plugins.action.credential_file import ActionModule
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._credential_file import (
    CredentialFile,
    CredentialFileError,
    key_id,
)

CREDENTIAL = base64.b64encode(b"the-id:the-secret").decode()
OTHER = base64.b64encode(b"other-id:the-secret").decode()


def encrypted(password: str, text: str = CREDENTIAL, label: str | None = None) -> bytes:
    return bytes(VaultLib().encrypt(text, VaultSecret(password.encode()), vault_id=label))


def secrets(*passwords: str, label: str = "default") -> list[tuple[str, Any]]:
    return [(label, VaultSecret(password.encode())) for password in passwords]


@pytest.mark.parametrize("run", [[], ["ours"], ["the run's"], ["the run's", "ours"]])
def test_what_is_written_is_encrypted_whatever_the_passwords_of_the_run(run: list[str], tmp_path: Path) -> None:
    path = tmp_path / "key"
    file = CredentialFile(str(path), "ours", secrets(*run))
    file.check_place()
    assert file.read() == ""
    file.write(CREDENTIAL)
    data = path.read_bytes()
    assert is_encrypted(data)
    assert CREDENTIAL.encode() not in data
    assert VaultLib(secrets("ours")).decrypt(data).decode() == CREDENTIAL
    assert path.stat().st_mode & 0o777 == 0o600
    assert (file.read(), file.is_as_declared(CREDENTIAL)) == (CREDENTIAL, True)
    assert os.listdir(tmp_path) == ["key"]


@pytest.mark.parametrize(
    ("there", "password", "run", "as_declared"),
    [
        pytest.param(CREDENTIAL.encode() + b"\n", "", [], True, id="plain as wished"),
        pytest.param(CREDENTIAL.encode(), "ours", [], False, id="plain, to be encrypted"),
        pytest.param(encrypted("ours"), "ours", [], True, id="encrypted as wished"),
        pytest.param(encrypted("ours", label="team"), "ours", [], True, id="and labelled"),
        pytest.param(encrypted("old"), "ours", ["old"], False, id="by a password of the run, to be encrypted anew"),
        pytest.param(encrypted("old"), "", ["x", "old"], True, id="by a password of the run"),
        pytest.param(encrypted("old", label="team"), "", ["old"], True, id="by one with another label"),
    ],
)
def test_what_is_there(there: bytes, password: str, run: list[str], as_declared: bool, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(there)
    path.chmod(0o600)
    file = CredentialFile(str(path), password, secrets(*run))
    assert file.read() == CREDENTIAL
    assert file.is_as_declared(CREDENTIAL) == as_declared
    assert not file.is_as_declared(OTHER)
    path.chmod(0o644)
    assert not file.is_as_declared(CREDENTIAL)


@pytest.mark.parametrize(
    ("there", "password", "run", "says"),
    [
        (
            encrypted("lost"),
            "ours",
            ["the run's"],
            "neither the vault password for grants (elasticsearch_grants_vault_password)",
        ),
        (encrypted("lost"), "", [], "is encrypted, and neither"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n6162", "ours", [], "is encrypted, and neither"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----",
            "ours",
            [],
            "holds something else than a credential, and is not replaced",
        ),
        (encrypted("ours", "db_password: x"), "ours", [], "holds something else than a credential"),
    ],
)
def test_what_can_not_be_read_is_refused(
    there: bytes, password: str, run: list[str], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_bytes(there)
    with pytest.raises(CredentialFileError) as error:
        CredentialFile(str(path), password, secrets(*run)).read()
    assert says in str(error.value)
    assert path.read_bytes() == there


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    for path in ("directory", "missing/key"):
        with pytest.raises(CredentialFileError, match="can't be written"):
            CredentialFile(str(tmp_path / path)).check_place()


def test_what_is_there_stays_whole_when_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_text(OTHER)

    def full(_source: Any, _target: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(CredentialFileError, match="No space left on device"):
        CredentialFile(str(path)).write(CREDENTIAL)
    assert (path.read_text(), os.listdir(tmp_path)) == (OTHER, ["key"])


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "key")
    CredentialFile(str(tmp_path / "link")).write(CREDENTIAL)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "key").read_text() == CREDENTIAL


@pytest.mark.parametrize(
    ("text", "found"),
    [(CREDENTIAL, "the-id"), ("", ""), ("no base 64", ""), (base64.b64encode(b"text").decode(), ""), ("db: x", "")],
)
def test_key_id(text: str, found: str) -> None:
    assert key_id(text) == found


class Task:
    """What the action asks of its task."""

    async_val = 0
    action = "credential_file"
    collections: tuple[str, ...] = ()
    diff = False

    def __init__(self, check_mode: bool, **args: Any) -> None:
        self.check_mode = check_mode
        self.args = args


def act(check_mode: bool = False, run: list[str] | None = None, **args: Any) -> Any:
    loader = DataLoader()
    loader.set_vault_secrets(secrets(*run or []))
    task: Any = Task(check_mode, **args)
    context: Any = None
    connection: Any = type("Connection", (), {"_shell": type("Shell", (), {"tmpdir": None})()})()
    return ActionModule(task, connection, context, loader, None, None)._make_so(
        CredentialFile(args["path"], args.get("vault_password", ""), loader._vault.secrets),
        args.get("credential", ""),
        args.get("state", "present") == "present",
    )


def test_the_whole_life_of_a_file(tmp_path: Path) -> None:
    path = str(tmp_path / "key")
    for check_mode in (True, False):
        assert act(check_mode, path=path) == dict(changed=False, path=path, id="")
        found = act(check_mode, path=path, credential=CREDENTIAL)
        assert found == dict(changed=True, path=path, id="the-id")
    assert act(path=path, credential=CREDENTIAL)["changed"] is False
    # Without a credential, what is there is encrypted.
    for check_mode in (True, False):
        assert act(check_mode, path=path, vault_password="ours") == dict(changed=True, path=path, id="the-id")
    assert act(path=path, vault_password="ours")["changed"] is False
    assert is_encrypted(Path(path).read_bytes())
    assert act(path=path, run=["ours"]) == dict(changed=False, path=path, id="the-id")
    for check_mode in (True, False):
        assert act(check_mode, path=path, state="absent")["changed"] is True
    assert act(path=path, state="absent")["changed"] is False
