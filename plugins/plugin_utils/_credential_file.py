# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of the controller with the credential of one grant, plain or encrypted as ansible-vault does. Private."""

from __future__ import annotations

import base64
import binascii
import os
import stat
import tempfile
from typing import Any, Iterable

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret, is_encrypted

MODE = 0o600


class CredentialFileError(Exception):
    """What is wrong with the file, and what to do."""


class CredentialFile:
    """
    :param password: with which it shall be encrypted; none for a plain file.
    :param secrets: vault ids and secrets of the run, which may open what was encrypted earlier.
    """

    def __init__(self, path: str, password: str = "", secrets: Iterable[tuple[str, Any]] = ()) -> None:
        self.path = path
        # A link stays one.
        self.place = os.path.realpath(path)
        self.password = password
        self.secrets = list(secrets)

    def check_place(self) -> None:
        """Before there is a key whose secret would be lost."""
        directory = os.path.dirname(self.place)
        if os.path.isdir(self.place) or not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):
            raise CredentialFileError(
                f"file: {self.path} can't be written; name a file in a directory that is there and may be written to"
            )
        if self._opened(self.sealed("test")) != "test":
            raise CredentialFileError("What was encrypted with the vault password can't be decrypted with it")

    def read(self) -> str:
        """The credential, empty where there is none."""
        if not os.path.exists(self.place):
            return ""
        credential = self._opened(self._bytes()).strip()
        if credential and not key_id(credential):
            raise CredentialFileError(
                f"file: {self.path} holds something else than a credential, and is not replaced; name another file"
            )
        return credential

    def is_as_declared(self, credential: str) -> bool:
        """Whether it holds the credential, for its owner alone, and encrypted where that is wished."""
        if not os.path.exists(self.place) or stat.S_IMODE(os.stat(self.place).st_mode) != MODE:
            return False
        data = self._bytes()
        if self._opened(data).strip() != credential:
            return False
        return not self.password or (is_encrypted(data) and self._decrypted(data, self._own_secrets(data)) is not None)

    def write(self, credential: str) -> None:
        """Whole or not at all; and only what can be read again takes the place of what is there."""
        data = self.sealed(credential)
        try:
            handle, name = tempfile.mkstemp(prefix=".", dir=os.path.dirname(self.place))
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.chmod(name, MODE)
                with open(name, "rb") as file:
                    if self._opened(file.read()) != credential:
                        raise CredentialFileError(f"file: what was written to {self.path} can't be read again")
                os.replace(name, self.place)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise CredentialFileError(f"file: {self.path} can't be written ({error.strerror})") from None

    def remove(self) -> None:
        try:
            os.unlink(self.path)
        except OSError as error:
            raise CredentialFileError(f"file: {self.path} can't be removed ({error.strerror})") from None

    def sealed(self, credential: str) -> bytes:
        if not self.password:
            return credential.encode()
        return bytes(VaultLib().encrypt(credential, _secret(self.password)))

    def _bytes(self) -> bytes:
        try:
            with open(self.place, "rb") as file:
                return file.read()
        except OSError as error:
            raise CredentialFileError(f"file: {self.path} can't be read ({error.strerror})") from None

    def _opened(self, data: bytes) -> str:
        if not is_encrypted(data):
            return data.decode(errors="replace")
        text = self._decrypted(data, [*self._own_secrets(data), *self.secrets])
        if text is None:
            raise CredentialFileError(
                f"file: {self.path} is encrypted, and neither the vault password for grants "
                "(elasticsearch_grants_vault_password) nor one of this run decrypts it; give the password with which "
                "it was encrypted, or move the file away for a new key"
            )
        return text

    def _own_secrets(self, data: bytes) -> list[tuple[str, Any]]:
        # With vault_id_match only a secret of the label in the first line is tried.
        header = data.split(b"\n", 1)[0].decode(errors="replace").strip().split(";")
        return [(header[3] if len(header) > 3 else "default", _secret(self.password))] if self.password else []

    @staticmethod
    def _decrypted(data: bytes, secrets: list[tuple[str, Any]]) -> str | None:
        if not secrets:
            return None
        try:
            return bytes(VaultLib(secrets).decrypt(data)).decode(errors="replace")
        except AnsibleError:
            return None


def _secret(password: str) -> Any:
    return VaultSecret(password.encode())


def key_id(credential: str) -> str:
    """The id in an encoded key, empty where it is none."""
    try:
        text = base64.b64decode(credential, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    key, colon, secret = text.partition(":")
    return key if colon and secret else ""
