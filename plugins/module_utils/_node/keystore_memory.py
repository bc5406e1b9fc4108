# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known about a keystore without opening it: digests and ids, never secrets. Private to this collection."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from typing import Any, Dict, Iterable, List, Optional, Set

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._credentials import alias_of, key_parts

FILE_NAME = ".elasticsearch.keystore.known.json"
VERSION = 2
# About 0.05 s: guessing a weak password from its digest is not cheap, and a run with a few settings stays fast.
SLOW = 150_000
# A credential that Elasticsearch made is as random as the digest itself; fifty of them must not cost seconds.
FAST = 1_000
GENERATED_SECRET_LENGTH = 20


class Memory:
    """Known names and digests of one keystore file, bound to that file's own digest."""

    def __init__(self, salt: Optional[str] = None) -> None:
        self.salt = salt or secrets.token_hex(16)
        self.names: Optional[Set[str]] = None  # None: nobody has looked at this version of the file yet
        self.settings: Dict[str, Dict[str, Any]] = {}
        # What this collection wrote last. Unlike the rest it also counts when another program has replaced the file.
        self.written: Dict[str, Dict[str, Any]] = {}

    def knows(self, name: str) -> bool:
        return name in self.settings

    def id_of(self, name: str) -> Optional[str]:
        """The API key's id in a credential that is there."""
        return self.settings.get(name, {}).get("id")

    def same(self, name: str, value: str) -> bool:
        known = self.settings.get(name)
        if self.names is None or name not in self.names or known is None:
            return False
        return hmac.compare_digest(known["digest"], self._digest(name, value, known["iterations"]))

    def rewritten(self) -> List[str]:
        """Names that this collection wrote, and that somebody else has removed or given another value since then."""
        if self.names is None:
            return []
        return sorted(
            name
            for name, entry in self.written.items()
            if name not in self.names or self.settings.get(name, entry)["digest"] != entry["digest"]
        )

    def accept(self, present: Iterable[str], absent: Iterable[str]) -> bool:
        """What is there as it is wanted counts as written by this collection; whether that is news."""
        before = dict(self.written)
        self.written.update({name: self.settings[name] for name in present if name in self.written})
        for name in absent:
            self.written.pop(name, None)
        return self.written != before

    def remember(self, name: str, value: str) -> None:
        self.names = (self.names or set()) | {name}
        self.settings[name] = self.describe(name, value)

    def forget(self, name: str) -> None:
        self.names = (self.names or set()) - {name}
        self.settings.pop(name, None)

    def describe(self, name: str, value: str) -> Dict[str, Any]:
        parts = key_parts(value) if alias_of(name) else None
        iterations = FAST if parts and len(parts[1]) >= GENERATED_SECRET_LENGTH else SLOW
        entry: Dict[str, Any] = {"digest": self._digest(name, value, iterations), "iterations": iterations}
        if parts:
            entry["id"] = parts[0]
        return entry

    def _digest(self, name: str, value: str, iterations: int) -> str:
        salt = ("%s:%s" % (self.salt, name)).encode("utf-8")
        return hashlib.pbkdf2_hmac("sha256", value.encode("utf-8", "surrogateescape"), salt, iterations).hex()

    @staticmethod
    def load(directory: str, keystore_digest: str) -> Memory:
        """The memory of exactly this keystore; of another version only what was written and the salt of all marks."""
        data = _read(os.path.join(directory, FILE_NAME), directory)
        try:
            memory = Memory(data["salt"])
            if data["version"] == VERSION:
                memory.written = _entries(data["written"])
                if hmac.compare_digest(data["keystore_sha256"], keystore_digest):
                    memory.names, memory.settings = set(data["names"]), _entries(data["settings"])
            return memory
        except (KeyError, TypeError, ValueError, AttributeError):
            return Memory()

    def save(self, directory: str, keystore_digest: str) -> None:
        """Replace the file in one step; it is readable by its owner only."""
        data = {
            "version": VERSION,
            "about": "Digests of keystore settings, so that nothing is written twice. Safe to delete.",
            "keystore_sha256": keystore_digest,
            "salt": self.salt,
            "names": sorted(self.names or ()),
            "settings": self.settings,
            "written": self.written,
        }
        path = os.path.join(directory, FILE_NAME)
        temporary = "%s.%s" % (path, secrets.token_hex(6))
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(data, stream, indent=1, sort_keys=True)
                stream.write("\n")
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def _entries(data: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
    return {
        name: {key: entry[key] for key in ("digest", "iterations", "id") if key in entry}
        for name, entry in data.items()
        if isinstance(entry["digest"], str) and 0 < entry["iterations"] <= SLOW
    }


def _read(path: str, directory: str) -> Any:
    """The file's content, unless somebody else than its rightful owners could have written it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, encoding="utf-8") as stream:
            status = os.fstat(stream.fileno())
            if (
                status.st_uid not in (0, os.geteuid(), os.stat(directory).st_uid)
                or stat.S_IMODE(status.st_mode) & 0o077
            ):
                return None
            return json.load(stream)
    except (OSError, ValueError):
        return None
