# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All of the files or none, at every point at which a run can be killed."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_files as files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_proof as proof
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import File, FilesError

OLD, NEW = {"node.key": b"old key", "node.crt": b"old crt"}, {"node.key": b"new key", "node.crt": b"new crt"}
STEPS = ("open", "link", "rename", "replace", "symlink", "mkdir", "chown", "chmod", "fchown", "fchmod", "unlink")


class Killed(BaseException):
    pass


def no_context(like: str, path: str) -> None:
    pass


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    directory = tmp_path / "certs"
    directory.mkdir()
    for name, content in OLD.items():
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o660)
    return directory


def wished(directory: Path, content: dict[str, bytes] | None = None) -> list[File]:
    return [File(str(directory / name), value) for name, value in (content or NEW).items()]


def there(directory: Path) -> dict[str, bytes]:
    return {name: (directory / name).read_bytes() for name in OLD if (directory / name).exists()}


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def write(directory: Path, content: dict[str, bytes] | None = None) -> None:
    files.write(wished(directory, content), None, False, no_context)


def test_writes_all_and_keeps_what_was_there(certs: Path) -> None:
    write(certs)
    assert there(certs) == NEW
    assert not any((certs / name).is_symlink() for name in NEW)
    assert (certs / "node.key").stat().st_mode & 0o777 == 0o660
    assert names(certs) == [".node.crt.before", ".node.key.before", "node.crt", "node.key"]
    files.commit(wished(certs))
    assert names(certs) == ["node.crt", "node.key"]


def test_restores(certs: Path) -> None:
    write(certs)
    assert files.restore(wished(certs))
    assert there(certs) == OLD
    assert names(certs) == ["node.crt", "node.key"]


def test_restores_what_was_not_there(tmp_path: Path) -> None:
    write(tmp_path)
    assert there(tmp_path) == NEW
    files.restore(wished(tmp_path))
    assert names(tmp_path) == []


def test_only_what_differs_is_touched(certs: Path) -> None:
    before = (certs / "node.key").stat().st_ino
    write(certs, {"node.key": OLD["node.key"], "node.crt": b"renewed"})
    assert (certs / "node.key").stat().st_ino == before
    assert names(certs) == [".node.crt.before", "node.crt", "node.key"]


def killing(monkeypatch: pytest.MonkeyPatch, at: int, error: Any) -> list[str]:
    """The step of this number does not happen."""
    calls: list[str] = []

    def guard(name: str) -> Any:
        real = getattr(os, name)

        def step(*arguments: Any, **keywords: Any) -> Any:
            calls.append(name)
            if len(calls) == at:
                raise error
            return real(*arguments, **keywords)

        return step

    for name in STEPS:
        monkeypatch.setattr(files.os, name, guard(name))
    return calls


def test_killed_anywhere_leaves_a_pair_and_the_next_run_completes(certs: Path) -> None:
    for at in range(1, 200):
        write(certs, OLD)
        files.commit(wished(certs))
        with pytest.MonkeyPatch.context() as patch:
            calls = killing(patch, at, Killed())
            with contextlib.suppress(Killed):
                write(certs)
        assert there(certs) in (OLD, NEW), calls
        if len(calls) < at:
            assert at > 20
            break
        write(certs)
        assert there(certs) == NEW
        files.commit(wished(certs))
        assert names(certs) == ["node.crt", "node.key"], calls
    else:
        raise AssertionError("it never ended")


def test_killed_anywhere_restore_gives_what_was_there(certs: Path) -> None:
    for at in range(1, 200):
        write(certs, OLD)
        files.commit(wished(certs))
        with pytest.MonkeyPatch.context() as patch:
            calls = killing(patch, at, Killed())
            with contextlib.suppress(Killed):
                write(certs)
        files.restore(wished(certs))
        assert there(certs) == OLD, calls
        if len(calls) < at:
            break


def test_a_full_disk_changes_nothing(certs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(FilesError, match=r"node.key: No space left on device. Nothing was changed"):
        write(certs)
    assert (there(certs), names(certs)) == (OLD, ["node.crt", "node.key"])


@pytest.mark.parametrize(
    "content, neighbour, mode",
    [
        (b"-----BEGIN PRIVATE KEY-----", 0o644, 0o640),
        (b"\x30\x82", 0o664, 0o640),
        (b"-----BEGIN PRIVATE KEY-----", 0o660, 0o660),
        (b"-----BEGIN CERTIFICATE-----", 0o644, 0o644),
    ],
)
def test_a_new_key_is_not_for_everybody_because_its_neighbour_is(
    tmp_path: Path, content: bytes, neighbour: int, mode: int
) -> None:
    (tmp_path / "ca.crt").write_text("x")
    (tmp_path / "ca.crt").chmod(neighbour)
    files.write([File(str(tmp_path / "new"), content)], None, False, no_context)
    assert (tmp_path / "new").stat().st_mode & 0o777 == mode


def test_a_new_file_that_the_service_could_not_read_leaves_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(FilesError) as refused:
        files.write(wished(tmp_path), "nobody", False, no_context)
    assert f"{tmp_path}/node.key: with owner and mode of {tmp_path}, the account nobody" in str(refused.value)
    assert names(tmp_path) == []


def test_a_link_that_somebody_puts_in_place_of_a_new_file_is_not_followed(
    certs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("x")
    victim.chmod(0o600)

    def swapped(descriptor: int) -> None:
        for staged in certs.glob(".*.next"):
            staged.unlink()
            staged.symlink_to(victim)

    monkeypatch.setattr(files.os, "fsync", swapped)
    with contextlib.suppress(OSError, FilesError):
        write(certs)
    assert victim.stat().st_mode & 0o777 == 0o600


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="there is no directory"):
        files.check(wished(tmp_path / "certs"), None, False)
    files.check(wished(tmp_path / "certs"), None, True)
    files.write(wished(tmp_path / "certs"), None, True, no_context)
    assert there(tmp_path / "certs") == NEW


@pytest.mark.parametrize(
    "path", ["certs/node.pem", "certs/out/x", "certs/../elsewhere", "elsewhere", "/etc/passwd", "certs"]
)
def test_outside_of_the_configuration(path: str, certs: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("x")
    (certs / "node.pem").symlink_to(tmp_path / "elsewhere")
    (certs / "out").symlink_to(tmp_path)
    with pytest.raises(FilesError, match=r"outside of .*certs, and nothing is written there"):
        files.resolved(str(tmp_path / path), str(certs))
    if not path.startswith("/"):
        assert files.resolved(str(tmp_path / path), str(tmp_path)) == str((tmp_path / path).resolve())


def test_a_configuration_behind_a_link(certs: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(certs)
    for path, within in (("link", "certs"), ("certs", "link")):
        assert files.resolved(str(tmp_path / path / "a.key"), str(tmp_path / within)) == str(certs / "a.key")


def test_a_file_that_the_service_can_not_read(certs: Path) -> None:
    (certs / "node.key").chmod(0o600)
    with pytest.raises(FilesError, match="nobody"):
        files.check(wished(certs), "nobody", False)


@pytest.mark.parametrize(
    "seen, expected",
    [
        (["aa"], None),
        (["bb", "aa"], None),
        ([OSError("bad signature"), "aa"], None),
        (["bb"], "h:1 does not show the expected certificate, but another one (SHA-256 bb)"),
        ([OSError("bad signature")], "h:1 gives no TLS handshake (bad signature)"),
    ],
)
def test_until_shown(monkeypatch: pytest.MonkeyPatch, seen: list[Any], expected: str | None) -> None:
    monkeypatch.setattr(proof, "PAUSE", 0)
    left = list(seen)

    def look(address: str) -> str:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return str(answer)

    assert proof.until_shown([{"address": "h:1", "sha256": "aa"}], 0.05, look) == expected


def options(directory: Path, **more: Any) -> dict[str, Any]:
    return {
        "files": [
            {"path": str(directory / name), "content": content.decode(), "pkcs12": None, "pending": False}
            for name, content in NEW.items()
        ],
        "proofs": [],
        "timeout": 2,
        "state": "present",
        "path_conf": str(directory),
        "service_user": None,
        "make_directory": False,
        **more,
    }


@pytest.mark.parametrize(
    "seen, told",
    [
        (["old", *["broken"] * 4, "old"], "The files that were there before are back and loaded."),
        (["old", "broken"], "before are back, but not loaded yet: h:1 gives no TLS handshake (bad signature)."),
        (["broken"], "The files that were there before are back."),
    ],
)
def test_files_that_come_back_are_loaded_again(
    monkeypatch: pytest.MonkeyPatch, certs: Path, seen: list[str], told: str
) -> None:
    """Elasticsearch shows a broken pair until its next look at the files, so the run does not end before that."""
    left = list(seen)

    def look(address: str) -> str:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if answer == "broken":
            raise OSError("bad signature")
        return answer

    monkeypatch.setattr(proof, "PAUSE", 0)
    monkeypatch.setattr(proof, "shown", look)
    # One second goes by between two looks.
    monkeypatch.setattr(proof.time, "monotonic", count().__next__)
    with pytest.raises(FilesError) as refused:
        proof.converge(options(certs, proofs=[{"address": "h:1", "sha256": "new"}]), False, no_context)
    assert told in str(refused.value)
    assert there(certs) == OLD


@pytest.mark.parametrize("ends", [True, False])
def test_one_run_at_a_time(monkeypatch: pytest.MonkeyPatch, certs: Path, ends: bool) -> None:
    """One whose controller was killed goes on on the node, and puts the old files back when it has seen no proof."""
    other = os.open(certs, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    def sleep(seconds: float) -> None:
        assert there(certs) == OLD
        if ends:
            fcntl.flock(other, fcntl.LOCK_UN)

    monkeypatch.setattr(proof.time, "sleep", sleep)
    monkeypatch.setattr(proof.time, "monotonic", count().__next__)
    try:
        if ends:
            assert proof.converge(options(certs), False, no_context)["changed"]
        else:
            with pytest.raises(FilesError, match="Another run is still working on the files"):
                proof.converge(options(certs), False, no_context)
    finally:
        os.close(other)
    assert there(certs) == (NEW if ends else OLD)


@pytest.mark.parametrize(
    ("listed", "of_server", "readable"), [({4001}, set(), True), (set(), {4001}, True), ({4002}, {4003}, False)]
)
def test_groups_that_no_file_lists(
    listed: set[int], of_server: set[int], readable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a directory service that does not enumerate them, and those that a unit gives."""
    key = tmp_path / "node.key"
    key.touch()

    def status(path: str) -> Any:
        return SimpleNamespace(st_uid=0, st_gid=4001, st_mode=0o640 if path == str(key) else 0o755)

    account = SimpleNamespace(pw_uid=999, pw_gid=999)
    monkeypatch.setattr(files.pwd, "getpwnam", lambda _user: account)
    monkeypatch.setattr(files.os, "getgrouplist", lambda _user, gid: [gid, *listed])
    monkeypatch.setattr(files, "groups_of_servers", lambda _uid: of_server)
    monkeypatch.setattr(files.os, "stat", status)
    monkeypatch.setattr(files.os.path, "exists", lambda _path: True)
    if readable:
        files.check_readable(str(key), "es")
    else:
        with pytest.raises(files.FilesError, match="can't read it"):
            files.check_readable(str(key), "es")
