# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The secure settings of one node, made as declared. Standard library only. Private to this collection."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import stat
import time
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._credentials import alias_of, credential_id
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_memory import Memory
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
    Tool,
    groups_of,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import (
    Server,
    at,
    choose,
    layout_of,
    running,
)

LOCK_WAIT = 120
# The tool writes its temporary file within milliseconds; one this old was left by a killed write.
STALE_AFTER = 3
STALE_WAIT = 60
NEW_KEYSTORE_MODE = 0o660
_NAME = re.compile(r"^[A-Za-z0-9_.-]+$", flags=re.ASCII)
# The only secure settings that Elasticsearch has below `cluster.`; another name there stops a node from starting.
_CLUSTER_NAME = re.compile(
    r"^cluster\.remote\.(?:[-\w]+\.credentials"
    r"|[-\w]+\.signing\.(?:key\.secure_passphrase|keystore\.secure_password|keystore\.secure_key_password)"
    r"|signing\.truststore\.secure_password)$",
    flags=re.ASCII,
)
# From 9.5 on a node protects with them what the state of the cluster holds encrypted.
_ENCRYPTION_NAME = re.compile(r"^cluster\.state\.encryption\.(?:password\.[-\w]+|active_password_id)$", flags=re.ASCII)
_ENCRYPTION = (9, 5)
_KEPT_ATTRIBUTES = ("security.selinux", "system.posix_acl_access")


def checked_settings(settings: Dict[str, Any], absent: Iterable[str]) -> Dict[str, str]:
    """The settings as text, or one error that names the option and never the value."""
    result = {}
    for name, value in settings.items():
        _check_name("settings", name)
        if name in absent:
            raise KeystoreError("%s is named by settings and by absent: keep it in one of them." % name)
        if name.startswith("cluster.") and not (_CLUSTER_NAME.match(name) or _ENCRYPTION_NAME.match(name)):
            raise KeystoreError(
                "settings: %s is no secure setting that this module knows, and Elasticsearch does not start with one "
                "that it does not know; a remote cluster's credential is cluster.remote.ALIAS.credentials." % name
            )
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise KeystoreError("settings: the value of %s must be text: quote it." % name)
        text = str(value)
        if not text:
            raise KeystoreError("settings: the value of %s is empty; to remove the setting, name it in absent." % name)
        if re.search(r"[\r\n\0]", text):
            raise KeystoreError(
                "settings: the value of %s has more than one line, which the keystore tool can't read: "
                "remove the line break, also one at the end." % name
            )
        if alias_of(name) and credential_id(text) is None:
            raise KeystoreError(
                "settings: the value of %s is not the encoded value of an API key (base64 of id:secret): "
                "take encoded from the answer that created the key." % name
            )
        result[name] = text
    for name in absent:
        _check_name("absent", name)
    return result


def _check_name(option: str, name: Any) -> None:
    # A leading hyphen would be read as an option of the tool.
    if not isinstance(name, str) or not _NAME.match(name) or name.startswith("-"):
        raise KeystoreError("%s: %r is no name of a setting: use letters, digits, '_', '-' and '.'." % (option, name))


def check_version(settings: Iterable[str], layout: Layout) -> None:
    """Refuse what the node's Elasticsearch does not know yet."""
    newer = sorted(name for name in settings if _ENCRYPTION_NAME.match(name))
    version = layout.version()
    if newer and version and version < _ENCRYPTION:
        raise KeystoreError(
            "settings: %s is a secure setting from Elasticsearch %d.%d on, and the node has %s, which would not start "
            "with it: upgrade the node first." % (newer[0], *_ENCRYPTION, ".".join(str(n) for n in version))
        )


class Plan(NamedTuple):
    """What differs."""

    add: Dict[str, str]
    remove: List[str]


def plan(memory: Memory, settings: Dict[str, str], absent: Iterable[str], left: Iterable[str] = ()) -> Plan:
    names = memory.names or set()
    return Plan(
        {name: value for name, value in sorted(settings.items()) if not memory.same(name, value) and name not in left},
        sorted(name for name in set(absent) if name in names and name not in left),
    )


def checked_expected(expected: Dict[str, Any], named: Iterable[str]) -> Dict[str, Optional[str]]:
    """Secure setting -> the id that the caller has seen there; nothing where it has seen none."""
    result = {}
    for name, key_id in expected.items():
        if name not in named:
            raise KeystoreError("expected: %s is neither in settings nor in absent: name it there too." % name)
        if not alias_of(name):
            raise KeystoreError(
                "expected: %s is no credential of a remote cluster, so it has no id: leave it out of expected." % name
            )
        if key_id is not None and not isinstance(key_id, str):
            raise KeystoreError("expected: the id of %s must be text, or null for none: quote it." % name)
        result[name] = key_id or None
    return result


def not_as_expected(
    memory: Memory, settings: Dict[str, str], expected: Dict[str, Optional[str]]
) -> Dict[str, Optional[str]]:
    """What somebody else has changed since the caller looked, with the id that is there now; not what fits already."""

    def fits(name: str) -> bool:
        return memory.same(name, settings[name]) if name in settings else name not in (memory.names or ())

    return {
        name: memory.id_of(name)
        for name, key_id in sorted(expected.items())
        if memory.id_of(name) != key_id and not fits(name)
    }


def mark(memory: Memory, name: str, value: Optional[str] = None) -> str:
    """What a diff shows instead of a secret: it changes when the secret changes."""
    entry = memory.describe(name, value) if value is not None else memory.settings.get(name)
    if entry is None:
        return "a secret"
    return "%s (mark %s)" % ("API key " + entry["id"] if "id" in entry else "a secret", entry["digest"][:8])


class Keystore:
    """One node's keystore file: what is known about it, and its tool."""

    def __init__(self, layout: Layout, password: Optional[str] = None, lock: Optional[int] = None) -> None:
        self.layout = layout
        self.path = layout.keystore
        self.tool = Tool(layout, password, lock)
        self.warnings: List[str] = []

    def digest(self) -> Optional[str]:
        """SHA-256 of the file, or nothing when there is none."""
        try:
            with open(self.path, "rb") as stream:
                return hashlib.sha256(stream.read()).hexdigest()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeystoreError(
                "%s can't be read (%s): use become with root or with the account of the service."
                % (self.path, error.strerror)
            ) from error

    def look(self, wanted: Callable[[Set[str]], Iterable[str]], save: bool) -> Memory:
        """The memory of the present file, with a digest for each wanted name; a JVM only for what is not known yet."""
        for last in (False, False, True):
            digest = self.digest()
            if digest is None:
                return Memory()
            memory, starts = Memory.load(self.layout.path_conf, digest), self.tool.starts
            try:
                if memory.names is None:
                    memory.names = set(self.tool.names())
                unknown = {name for name in wanted(memory.names) if name in memory.names and not memory.knows(name)}
                for name, value in self.tool.show(sorted(unknown)).items():
                    memory.remember(name, value)
            except KeystoreError:
                if last or self.digest() == digest:
                    raise
                continue
            if self.digest() == digest:
                if save and self.tool.starts > starts:
                    self.save(memory)
                return memory
        raise KeystoreError("%s is being changed by another program again and again: run again later." % self.path)

    def save(self, memory: Memory) -> None:
        """A lost memory costs time, nothing else, so it is no failure."""
        digest = self.digest()
        if digest is None:
            return
        try:
            memory.save(self.layout.path_conf, digest)
        except OSError as error:
            self.warnings.append(
                "What is known about %s could not be kept in %s (%s): the next run has to start the keystore tool."
                % (self.path, self.layout.path_conf, error.strerror)
            )

    def check_writable(self) -> None:
        """Refuse what would fail or would leave the file with another owner, before anything is touched."""
        directory = self.layout.path_conf
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            status = os.stat(directory)
        if stat.S_ISLNK(status.st_mode):
            raise KeystoreError(
                "%s is a symbolic link, which the keystore tool would replace by a file: "
                "set path_conf to the directory of the real file." % self.path
            )
        if os.statvfs(directory).f_flag & os.ST_RDONLY:
            raise KeystoreError("%s is on a read-only file system: mount it writable." % directory)
        if _is_mount_point(self.path):
            raise KeystoreError(
                "%s is a mount point of its own, so the keystore tool can't replace it: "
                "mount the whole directory instead." % self.path
            )
        if os.geteuid() not in (0, status.st_uid):
            raise KeystoreError(
                "This account may not write %s and keep its owner: use become with root or with the owner of the file."
                % self.path
            )
        if not _may_write(directory, status.st_uid):
            raise KeystoreError(
                "The owner of %s may not write its directory, so the keystore tool can't replace the file: "
                "let the owners be as the installation makes them." % self.path
            )

    def write(self, memory: Memory, changes: Plan, create: bool) -> None:
        """One JVM for all values, one for all removals; the memory follows each step."""
        before = self.digest()
        self._remove_stale_temporary()
        # The tool makes a keystore without a password by itself.
        if create and (self.tool.password or not changes.add):
            self._step(memory, self.tool.create, {}, [])
        if changes.add:
            self._step(memory, lambda: self.tool.add(changes.add), changes.add, [])
        if changes.remove:
            self._step(memory, lambda: self.tool.remove(changes.remove), {}, changes.remove)
        if self.digest() in (None, before):
            raise KeystoreError("elasticsearch-keystore reported success, but %s did not change." % self.path)

    def _step(self, memory: Memory, run: Callable[[], None], added: Dict[str, str], removed: Iterable[str]) -> None:
        missing = not os.path.exists(self.path)
        with self._attributes_kept():
            run()
        if missing:
            memory.names = {"keystore.seed"}  # Elasticsearch puts it into every new keystore
        for name, value in added.items():
            memory.remember(name, value)
            memory.written[name] = memory.settings[name]
        for name in removed:
            memory.forget(name)
            memory.written.pop(name, None)
        self.save(memory)

    @contextmanager
    def _attributes_kept(self) -> Iterator[None]:
        """The tool replaces the file: give the new one owner, mode and labels of the old one, also after a failure."""
        try:
            old = os.stat(self.path)
            owner, mode = (old.st_uid, old.st_gid), stat.S_IMODE(old.st_mode)
            labels = _labels(self.path)
        except FileNotFoundError:
            # The directory's: its owner is the service's in an archive installation, its group is in a package.
            directory = os.stat(self.layout.path_conf)
            owner, mode, labels = (directory.st_uid, directory.st_gid), NEW_KEYSTORE_MODE, {}
        try:
            yield
        finally:
            if os.path.exists(self.path):
                new = os.lstat(self.path)
                if (new.st_uid, new.st_gid) != owner:
                    os.chown(self.path, owner[0], owner[1], follow_symlinks=False)
                for label, value in labels.items():
                    if _labels(self.path).get(label) != value:
                        os.setxattr(self.path, label, value, follow_symlinks=False)
                # After the labels: an access list changes the mode.
                if stat.S_IMODE(os.lstat(self.path).st_mode) != mode:
                    os.chmod(self.path, mode)

    def _remove_stale_temporary(self) -> None:
        """A write that was killed leaves a file behind which makes the next write fail."""
        temporary = self.path + ".tmp"
        for _pause in range(STALE_WAIT):
            try:
                age = time.time() - os.lstat(temporary).st_mtime
            except FileNotFoundError:
                return
            # A file from the future: the clock was set back, so its age says nothing.
            if not _tool_is_running(self.layout) and not 0 <= age < STALE_AFTER:
                os.unlink(temporary)
                return
            time.sleep(1)
        raise KeystoreError("%s stays: another program is writing the keystore. Run again when it is done." % temporary)


def _is_mount_point(path: str) -> bool:
    """Also of a single file that is bound there, as containers do."""
    place = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
            return any(line.split(" ")[4].replace("\\040", " ") == place for line in stream)
    except OSError:
        return False


def _may_write(directory: str, uid: int) -> bool:
    status = os.stat(directory)
    if uid == 0:
        return True
    if uid == status.st_uid:
        return bool(status.st_mode & stat.S_IWUSR)
    return bool(status.st_mode & (stat.S_IWGRP if status.st_gid in groups_of(uid) else stat.S_IWOTH))


def _labels(path: str) -> Dict[str, bytes]:
    found = {}
    for label in _KEPT_ATTRIBUTES:
        try:
            found[label] = os.getxattr(path, label, follow_symlinks=False)
        except OSError:
            continue
    return found


def _tool_is_running(layout: Layout) -> bool:
    """Whether somebody works on this keystore with the tool at this moment."""
    wanted = ("-Des.path.conf=" + layout.path_conf).encode()
    for process in os.listdir("/proc"):
        if process.isdigit():
            try:
                with open("/proc/%s/cmdline" % process, "rb") as stream:
                    words = stream.read().split(b"\0")
            except OSError:
                continue
            script = any(
                word.startswith(b"-Dcli.script=") and word.endswith(b"elasticsearch-keystore") for word in words
            )
            if script and wanted in words:
                return True
    return False


@contextmanager
def locked(layout: Layout) -> Iterator[int]:
    """One run at a time works on a node's keystore."""
    try:
        descriptor = os.open(layout.path_conf, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise KeystoreError(
            "%s can't be opened (%s): set path_conf to the directory of elasticsearch.yml, and use become where "
            "this account has no right to it." % (layout.path_conf, error.strerror)
        ) from error
    try:
        for _pause in range(LOCK_WAIT * 10):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(0.1)
        else:
            raise KeystoreError(
                "Another run has been working on %s for %d seconds: run again when it is done."
                % (layout.keystore, LOCK_WAIT)
            )
        yield descriptor
    finally:
        os.close(descriptor)


def converge(params: Dict[str, Any], check_mode: bool) -> Dict[str, Any]:
    """Make the keystore hold `settings` and not `absent`; the module's result, with `diff` and `warnings`."""
    absent = list(params["absent"] or [])
    settings = checked_settings(params["settings"] or {}, absent)
    expected = checked_expected(params["expected"] or {}, {*settings, *absent})
    servers = running()
    found = choose(servers, params["home"], params["path_conf"])
    layout = layout_of(found.server if found else None, params["home"], params["path_conf"], params["java_home"])
    check_version(settings, layout)
    with locked(layout) as lock:
        keystore = Keystore(layout, params["password"], lock)
        missing = keystore.digest() is None
        if missing and settings and not params["create"]:
            raise KeystoreError("%s does not exist: %s." % (keystore.path, _instead(layout, servers)))
        memory = keystore.look(lambda names: {*settings, *expected}, save=not check_mode)
        left = not_as_expected(memory, settings, expected)
        changes = plan(memory, settings, absent, left)
        described = _described(memory, settings, absent, left)
        create = missing and params["create"]
        changed = bool(create or changes.add or changes.remove)
        diff = _diff(keystore.path, memory, settings, absent, changes)
        if changed:
            keystore.check_writable()
            if not check_mode:
                keystore.write(memory, changes, create)
        as_wanted = [name for name in settings if name not in changes.add and name not in left]
        if memory.accept(as_wanted, [name for name in absent if name not in left]) and not check_mode:
            keystore.save(memory)
    return {
        "changed": changed,
        "path": keystore.path,
        "settings": described,
        "credentials": {alias_of(name): described[name]["id"] for name in settings if alias_of(name)},
        "left": left,
        "jvm_starts": keystore.tool.starts,
        "diff": diff,
        "warnings": keystore.warnings,
    }


def _instead(layout: Layout, servers: Sequence[Server]) -> str:
    """What to do about a keystore that is missing: a new one helps nobody where a server reads another one."""
    if at(servers, layout):
        return (
            "put it back from a backup, as the server that runs with this directory has read other secure settings "
            "from it too"
        )
    here = [server.described() for server in servers if not server.elsewhere]
    if here:
        return "set path_conf to the directory with which the server runs, which is %s" % " or ".join(here)
    return "set create: true to create it, or correct path_conf"


def _described(
    memory: Memory, settings: Dict[str, str], absent: Iterable[str], left: Dict[str, Optional[str]]
) -> Dict[str, Dict[str, Any]]:
    described: Dict[str, Dict[str, Any]] = {name: {"present": False} for name in absent}
    for name, value in settings.items():
        described[name] = {"present": True}
        if alias_of(name):
            described[name]["id"] = credential_id(value)
    for name, key_id in left.items():
        described[name] = {"present": name in (memory.names or ()), "id": key_id}
    return described


def _diff(path: str, memory: Memory, settings: Dict[str, str], absent: Iterable[str], changes: Plan) -> Dict[str, Any]:
    before = {name: mark(memory, name) for name in (*settings, *absent) if name in (memory.names or ())}
    after = {name: shown for name, shown in before.items() if name not in changes.remove}
    after.update({name: mark(memory, name, value) for name, value in changes.add.items()})
    return {"before_header": path, "after_header": path, "before": before, "after": after}
