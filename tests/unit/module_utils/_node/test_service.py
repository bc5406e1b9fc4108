# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import service
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import Layout

LAYOUT = Layout("/usr/share/elasticsearch", "/etc/elasticsearch", None)


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        pytest.param("0::/system.slice/elasticsearch.service\n", "elasticsearch.service", id="unified"),
        pytest.param(
            "9:name=systemd:/system.slice/elasticsearch.service\n8:pids:/\n0::/\n", "elasticsearch.service", id="both"
        ),
        pytest.param("8:pids:/other.service\n0::/system.slice/es.service\n", "es.service", id="of systemd alone"),
        pytest.param(
            "0::/system.slice/system-elasticsearch.slice/elasticsearch@hot.service\n",
            "elasticsearch@hot.service",
            id="an instance",
        ),
        pytest.param("0::/system.slice/elasticsearch.service/sub\n", "elasticsearch.service", id="below it"),
        pytest.param("0::/user.slice/user-0.slice/session-1.scope\n", "session-1.scope", id="by hand"),
        pytest.param(
            "0::/user.slice/user-1.slice/user@1.service/app.slice/es.service\n", "es.service", id="of an account"
        ),
        pytest.param("0::/\n", None, id="none"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_unit_of(cgroup: str, unit: str | None) -> None:
    assert service.unit_of(cgroup) == unit


def test_listening(tmp_path: Path) -> None:
    head = "  sl  local_address rem_address   st tx_queue\n"
    table = tmp_path / "tcp"
    table.write_text(
        head + "   0: 0B00630A:23F0 00000000:0000 0A 0\n   1: 0100007F:2454 00000000:0000 01 0\n"
        "   2: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0\n"
    )
    assert service.listening([str(table), str(tmp_path / "none")]) == [22, 9200]


@pytest.mark.parametrize(
    ("home", "path_conf", "told", "elsewhere", "own"),
    [
        ("/usr/share/elasticsearch", "/etc/elasticsearch", True, False, True),
        ("/usr/share/elasticsearch", None, True, False, True),
        ("/usr/share/elasticsearch", "/etc/elasticsearch-hot", False, False, False),
        ("/opt/elasticsearch", "/etc/elasticsearch", False, False, True),
        ("/opt/elasticsearch", "/etc/elasticsearch", True, False, False),
        ("/opt/elasticsearch", None, False, False, False),
        ("/usr/share/elasticsearch", "/etc/elasticsearch", False, True, False),
        ("", None, False, False, False),
    ],
)
def test_is_of(home: str, path_conf: str | None, told: bool, elsewhere: bool, own: bool) -> None:
    server = service.Server(7, home, path_conf, "es.service", "elasticsearch", None, elsewhere)
    assert service.is_of(server, LAYOUT, told) == own


@pytest.mark.parametrize(("script", "reads"), [("exec es < $ES_KEYSTORE_PASSPHRASE_FILE", True), ("exec es", False)])
def test_parse_unit(tmp_path: Path, script: str, reads: bool) -> None:
    program = tmp_path / "systemd-entrypoint"
    program.write_text(script)
    text = (
        f"Type=notify\nExecStart={{ path={program} ; argv[]={program} -p x --quiet ; ignore_errors=no }}\n"
        'Environment=A=b "ES_KEYSTORE_PASSPHRASE_FILE=/etc/a b"\nUser=elasticsearch\nId=elasticsearch.service\n'
        "LoadState=loaded\n"
    )
    assert service.parse_unit(text) == dict(
        unit="elasticsearch.service",
        loaded=True,
        user="elasticsearch",
        passphrase_file="/etc/a b",
        path_conf=None,
        reads_passphrase=reads,
    )


@pytest.mark.parametrize(
    ("files", "known"), [("", "/srv/a"), ("EnvironmentFiles=/etc/default/elasticsearch (ignore_errors=yes)\n", None)]
)
def test_the_directory_that_the_unit_tells(files: str, known: str | None) -> None:
    """What a file says wins over it."""
    assert service.parse_unit(f"Environment=ES_PATH_CONF=/srv/a\n{files}")["path_conf"] == known


def test_a_unit_that_is_not_there() -> None:
    found = service.parse_unit("Id=no.service\nLoadState=not-found\nExecStart=\n")
    assert (found["loaded"], found["reads_passphrase"], found["user"]) == (False, False, None)


def test_a_passphrase_that_somebody_else_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run of this collection has left is nobody's."""
    monkeypatch.setattr(service, "PLACE", str(tmp_path / "ours"))
    (tmp_path / "ours").mkdir()
    for name in ("ours/es.passphrase", "theirs"):
        (tmp_path / name).write_text("")
    left, theirs, gone = (str(tmp_path / name) for name in ("ours/es.passphrase", "theirs", "gone"))
    assert service.given_file([None, left, gone, theirs]) == theirs
    assert service.given_file([left, gone]) is None


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("before", ["", "/etc/theirs", "ours"])
def test_the_passphrase_is_taken_away_whatever_comes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: bool, before: str
) -> None:
    place = tmp_path / "run"
    before = str(place / "killed") if before == "ours" else before
    seen: list[tuple[str, ...]] = []

    def systemctl(*arguments: str) -> str:
        seen.append(arguments)
        if arguments[0] == "restart":
            [file] = place.iterdir()
            assert (file.read_text(), file.stat().st_mode & 0o777) == ("geheim\n", 0o600)
            if fails:
                raise service.ServiceError("it failed")
        environment = f"A=b\nES_KEYSTORE_PASSPHRASE_FILE={before}\n" if before else "A=b\n"
        return {"show": "Id=es.service\n", "show-environment": environment}.get(arguments[0], "")

    monkeypatch.setattr(service, "PLACE", str(place))
    monkeypatch.setattr(service, "_systemctl", systemctl)
    monkeypatch.setattr(service, "_is_there", lambda *_: True)
    if fails:
        with pytest.raises(service.ServiceError):
            service.restart(LAYOUT, "es", "geheim")
    else:
        service.restart(LAYOUT, "es", "geheim")
    assert list(place.iterdir()) == []
    file = f"ES_KEYSTORE_PASSPHRASE_FILE={place}/es.service.passphrase"
    back = (
        ("set-environment", f"ES_KEYSTORE_PASSPHRASE_FILE={before}")
        if before == "/etc/theirs"
        else (
            "unset-environment",
            "ES_KEYSTORE_PASSPHRASE_FILE",
        )
    )
    assert seen[2:] == [("set-environment", file), ("restart", "--", "es"), back]
    assert "geheim" not in str(seen)
