# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import keystore
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_memory import Memory
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import Server

PARIS = "cluster.remote.paris.credentials"
ROME = "cluster.remote.rome.credentials"
ACTIVE = "cluster.state.encryption.active_password_id"
OTHER = "xpack.security.remote_cluster_server.ssl.secure_key_passphrase"

GENERATED = "ui2lp2axTNmsyakw9tvNnw"


def credential(key_id: str, secret: str = GENERATED) -> str:
    return base64.b64encode(f"{key_id}:{secret}".encode()).decode()


def memory(**settings: str) -> Memory:
    known = Memory("salt")
    known.names = {"keystore.seed"}
    for name, value in settings.items():
        known.remember(name, value)
    return known


@pytest.mark.parametrize(
    ("settings", "absent", "expected"),
    [
        ({PARIS: credential("one")}, [], None),
        ({"cluster.remote.Paris_2-a.credentials": credential("(new)", "(new)")}, [], None),
        ({"cluster.remote.signing.truststore.secure_password": "x"}, [], None),
        ({OTHER: 7}, ["any.name", "cluster.remotes.typo.credentials"], None),
        ({"a b": "x"}, [], "settings: 'a b' is no name"),
        ({"": "x"}, [], "settings: '' is no name"),
        ({"-f": "x"}, [], "settings: '-f' is no name"),
        ({3: "x"}, [], "settings: 3 is no name"),
        ({}, ["--help"], "absent: '--help' is no name"),
        ({"cluster.remotes.paris.credentials": credential("one")}, [], "no secure setting that this module knows"),
        ({"cluster.remote.a.b.credentials": credential("one")}, [], "no secure setting that this module knows"),
        ({"cluster.state.encryption.password.auto-1": "x", ACTIVE: "auto-1"}, [], None),
        ({"cluster.state.encryption.password.": "x"}, [], "no secure setting that this module knows"),
        ({"cluster.state.encryption.passwords.a": "x"}, [], "no secure setting that this module knows"),
        ({PARIS: "one:secret"}, [], "not the encoded value"),
        ({PARIS: base64.b64encode(b"no colon").decode()}, [], "not the encoded value"),
        ({OTHER: ""}, [], "is empty"),
        ({OTHER: "line\n"}, [], "more than one line"),
        ({OTHER: "line\rline"}, [], "more than one line"),
        ({OTHER: True}, [], "must be text"),
        ({OTHER: None}, [], "must be text"),
        ({OTHER: ["x"]}, [], "must be text"),
        ({OTHER: "x"}, [OTHER], "keep it in one of them"),
    ],
)
def test_settings_are_checked(settings: dict[Any, Any], absent: list[str], expected: str | None) -> None:
    if expected is None:
        assert keystore.checked_settings(settings, absent) == {name: str(value) for name, value in settings.items()}
        return
    with pytest.raises(KeystoreError, match=expected) as caught:
        keystore.checked_settings(settings, absent)
    assert not any(
        str(value) in str(caught.value) for value in settings.values() if isinstance(value, str) and value > "x"
    )


@pytest.mark.parametrize(
    ("have", "settings", "absent", "add", "remove"),
    [
        ({}, {}, [], [], []),
        ({}, {PARIS: credential("one")}, [], [PARIS], []),
        ({PARIS: credential("one")}, {PARIS: credential("one")}, [], [], []),
        ({PARIS: credential("one")}, {PARIS: credential("two")}, [], [PARIS], []),
        ({PARIS: credential("one")}, {PARIS: credential("one", "another secret of it")}, [], [PARIS], []),
        ({PARIS: credential("one")}, {ROME: credential("one")}, [PARIS], [ROME], [PARIS]),
        ({PARIS: credential("one")}, {}, [ROME], [], []),
        ({OTHER: "x"}, {OTHER: "x "}, ["keystore.seed", "keystore.seed"], [OTHER], ["keystore.seed"]),
    ],
)
def test_plan(
    have: dict[str, str], settings: dict[str, str], absent: list[str], add: list[str], remove: list[str]
) -> None:
    changes = keystore.plan(memory(**have), settings, absent)
    assert (list(changes.add), changes.remove) == (add, remove)


def test_a_mark_changes_with_the_secret_and_shows_none_of_it() -> None:
    known = memory(**{PARIS: credential("one"), OTHER: "hunter2"})
    assert keystore.mark(known, PARIS).startswith("API key one (mark ")
    assert keystore.mark(known, PARIS) == keystore.mark(known, PARIS, credential("one"))
    assert keystore.mark(known, PARIS) != keystore.mark(known, PARIS, credential("one", "another secret of it"))
    assert keystore.mark(known, OTHER).startswith("a secret (mark ")
    assert "hunter2" not in keystore.mark(known, OTHER)
    assert keystore.mark(known, "keystore.seed") == "a secret"


def converge(directory: Path, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    params = {
        "settings": None,
        "absent": None,
        "expected": None,
        "create": False,
        "home": str(directory / "no installation"),
        "path_conf": str(directory),
        "java_home": None,
        "password": None,
    }
    return keystore.converge({**params, **options}, check_mode)


def remembered(directory: Path, **settings: str) -> Path:
    """A keystore file whose content is known, so that nothing needs the tool."""
    path = directory / "elasticsearch.keystore"
    path.write_bytes(b"\x3f\xd7\x6c\x17\x16elasticsearch.keystore\x00\x00\x00\x07\x00rest")
    digest = keystore.Keystore(Layout("", str(directory), None)).digest()
    assert digest
    memory(**settings).save(str(directory), digest)
    return path


def test_a_known_keystore_needs_no_tool(tmp_path: Path) -> None:
    remembered(tmp_path, **{PARIS: credential("one")})
    result = converge(tmp_path, settings={PARIS: credential("one")}, absent=[ROME])
    assert (result["changed"], result["jvm_starts"]) == (False, 0)
    assert result["settings"] == {PARIS: {"present": True, "id": "one"}, ROME: {"present": False}}
    assert result["credentials"] == {"paris": "one"}
    assert result["diff"]["before"] == result["diff"]["after"]


def test_check_mode_predicts_without_the_tool(tmp_path: Path) -> None:
    remembered(tmp_path, **{PARIS: credential("one"), OTHER: "x"})
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    result = converge(tmp_path, check_mode=True, settings={PARIS: credential("two")}, absent=[OTHER])
    assert (result["changed"], result["jvm_starts"]) == (True, 0)
    assert list(result["diff"]["before"]) == [PARIS, OTHER]
    assert list(result["diff"]["after"]) == [PARIS]
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("change", ["content", "memory"])
def test_what_is_known_counts_for_this_file_only(tmp_path: Path, change: str) -> None:
    path = remembered(tmp_path, **{PARIS: credential("one")})
    if change == "content":
        path.write_bytes(path.read_bytes() + b"x")
    else:
        (tmp_path / ".elasticsearch.keystore.known.json").chmod(0o644)
    with pytest.raises(KeystoreError, match="bin/elasticsearch-keystore not found: set home"):
        converge(tmp_path, settings={PARIS: credential("one")})


def test_a_missing_keystore(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match="does not exist: set create: true"):
        converge(tmp_path, settings={PARIS: credential("one")})
    assert converge(tmp_path, absent=[PARIS])["changed"] is False
    assert converge(tmp_path, check_mode=True, create=True, settings={PARIS: credential("one")})["changed"] is True
    assert converge(tmp_path, check_mode=True, create=True, settings={})["changed"] is True
    assert list(tmp_path.iterdir()) == []


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    path = remembered(tmp_path, **{PARIS: credential("one")})
    path.rename(tmp_path / "real")
    path.symlink_to("real")
    assert converge(tmp_path, settings={PARIS: credential("one")})["changed"] is False
    with pytest.raises(KeystoreError, match="symbolic link"):
        converge(tmp_path, check_mode=True, absent=[PARIS])


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeystoreError, match=r"can't be opened .*: set path_conf"):
        converge(tmp_path / "nothing", absent=[PARIS])


HELD = credential("one")
NEW = credential("two")


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize(
    ("held", "options", "id_then", "left"),
    [
        pytest.param({PARIS: HELD}, {"settings": {PARIS: NEW}, "expected": {PARIS: "three"}}, "one", "one", id="other"),
        pytest.param({PARIS: HELD}, {"settings": {PARIS: NEW}, "expected": {PARIS: None}}, "one", "one", id="one now"),
        pytest.param({PARIS: HELD}, {"settings": {PARIS: NEW}, "expected": {PARIS: ""}}, "one", "one", id="empty text"),
        pytest.param({}, {"settings": {PARIS: NEW}, "expected": {PARIS: "one"}}, None, None, id="none now"),
        pytest.param({PARIS: HELD}, {"absent": [PARIS], "expected": {PARIS: "two"}}, "one", "one", id="not removed"),
    ],
)
def test_what_is_not_as_expected_is_left(
    tmp_path: Path,
    held: dict[str, str],
    options: dict[str, Any],
    id_then: str | None,
    left: str | None,
    check_mode: bool,
) -> None:
    remembered(tmp_path, **held)
    result = converge(tmp_path, check_mode, **options)
    assert (result["changed"], result["left"], result["jvm_starts"]) == (False, {PARIS: left}, 0)
    assert result["settings"] == {PARIS: {"present": bool(held), "id": id_then}}
    assert result["credentials"] == ({"paris": id_then} if "settings" in options else {})
    assert result["diff"]["before"] == result["diff"]["after"]


@pytest.mark.parametrize(
    ("held", "options", "changed"),
    [
        pytest.param({PARIS: HELD}, {"settings": {PARIS: NEW}, "expected": {PARIS: "one"}}, True, id="as expected"),
        pytest.param({}, {"settings": {PARIS: NEW}, "expected": {PARIS: None}}, True, id="none, as expected"),
        pytest.param({}, {"settings": {PARIS: NEW}, "expected": {PARIS: ""}}, True, id="empty is none"),
        pytest.param({PARIS: "rubbish"}, {"settings": {PARIS: NEW}, "expected": {PARIS: None}}, True, id="no id"),
        pytest.param({PARIS: NEW}, {"settings": {PARIS: NEW}, "expected": {PARIS: "one"}}, False, id="wanted already"),
        pytest.param({PARIS: HELD}, {"absent": [PARIS], "expected": {PARIS: "one"}}, True, id="removed"),
        pytest.param({}, {"absent": [PARIS], "expected": {PARIS: "one"}}, False, id="gone already"),
    ],
)
def test_what_is_as_expected_is_written(
    tmp_path: Path, held: dict[str, str], options: dict[str, Any], changed: bool
) -> None:
    remembered(tmp_path, **held)
    result = converge(tmp_path, check_mode=True, **options)
    assert (result["changed"], result["left"]) == (changed, {})
    assert result["settings"][PARIS]["present"] == ("settings" in options)


def test_expected_says_nothing_about_other_names(tmp_path: Path) -> None:
    remembered(tmp_path, **{PARIS: HELD, ROME: HELD})
    options = {"settings": {PARIS: NEW, ROME: NEW}, "expected": {PARIS: "three"}}
    result = converge(tmp_path, check_mode=True, **options)
    assert (result["changed"], result["left"]) == (True, {PARIS: "one"})
    assert result["credentials"] == {"paris": "one", "rome": "two"}


@pytest.mark.parametrize(
    ("expected", "error"),
    [
        ({ROME: "one"}, "neither in settings nor in absent"),
        ({OTHER: "one"}, "no credential of a remote cluster"),
        ({PARIS: 7}, "must be text, or null for none"),
    ],
)
def test_expected_is_checked(tmp_path: Path, expected: dict[str, Any], error: str) -> None:
    with pytest.raises(KeystoreError, match=error):
        converge(tmp_path, settings={PARIS: NEW, OTHER: "x"}, expected=expected)


def test_a_file_that_is_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered(tmp_path, **{PARIS: HELD})
    monkeypatch.setattr(keystore, "_is_mount_point", lambda path: path == str(tmp_path / "elasticsearch.keystore"))
    assert converge(tmp_path, settings={PARIS: HELD})["changed"] is False
    with pytest.raises(KeystoreError, match="mount point of its own"):
        converge(tmp_path, check_mode=True, settings={PARIS: NEW})


def test_is_mount_point(tmp_path: Path) -> None:
    (tmp_path / "process").symlink_to("/proc")
    assert keystore._is_mount_point("/proc")
    assert not keystore._is_mount_point(str(tmp_path / "process"))
    assert not keystore._is_mount_point(str(tmp_path / "process" / "cpuinfo"))


@pytest.mark.parametrize(
    ("jar", "refused"),
    [
        ("elasticsearch-9.4.8.jar", True),
        ("elasticsearch-8.19.0-SNAPSHOT.jar", True),
        ("elasticsearch-9.5.0.jar", False),
        ("elasticsearch-10.0.0.jar", False),
        ("elasticsearch-core-9.2.0.jar", False),
    ],
)
def test_what_an_older_node_does_not_know_is_refused(tmp_path: Path, jar: str, refused: bool) -> None:
    """It would not start with it."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / jar).touch()
    layout = Layout(str(tmp_path), str(tmp_path), None)
    keystore.check_version([PARIS], layout)
    if refused:
        with pytest.raises(KeystoreError, match=r"active_password_id is a secure setting from Elasticsearch 9\.5 on"):
            keystore.check_version([PARIS, ACTIVE], layout)
    else:
        keystore.check_version([PARIS, ACTIVE], layout)


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ([], "set create: true to create it"),
        (["/srv/es-conf"], r"set path_conf to the directory .* is process 7 \(home /opt/es, path_conf /srv/es-conf\)"),
        (["HERE"], "put it back from a backup"),
    ],
)
def test_nobody_is_told_to_create_a_keystore_where_a_server_reads_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, servers: list[str], told: str
) -> None:
    found = [Server(7, 7, "/opt/es", path.replace("HERE", str(tmp_path))) for path in servers]
    monkeypatch.setattr(keystore, "running", lambda: [*found, Server(8, 2, "/opt/es", "/etc/es", elsewhere=True)])
    with pytest.raises(KeystoreError, match=told) as error:
        converge(tmp_path, home="/opt/es", settings={PARIS: credential("one")})
    assert ("create: true" in str(error.value)) is (not servers)
