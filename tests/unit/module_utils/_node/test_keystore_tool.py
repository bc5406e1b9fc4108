# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import keystore_tool as tool

LAYOUT = tool.Layout("/opt/es", "/etc/es", "/opt/jdk")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# ES_PATH_CONF=/no\n\nES_PATH_CONF=/etc/elasticsearch\n", {"ES_PATH_CONF": ("/etc/elasticsearch", True)}),
        ("export ES_JAVA_HOME='/opt/a jdk' # ours", {"ES_JAVA_HOME": ("/opt/a jdk", True)}),
        ('ES_JAVA_HOME="/opt/jdk"\r\n', {"ES_JAVA_HOME": ("/opt/jdk", True)}),
        ("ES_PATH_CONF=${ES_PATH_CONF:-/etc/b}", {"ES_PATH_CONF": ("/etc/b", False)}),
        ("ES_JAVA_HOME=\nES_JAVA_OPTS='unclosed", {}),
    ],
)
def test_parse_environment(text: str, expected: dict[str, tuple[str, bool]]) -> None:
    assert tool.parse_environment(text) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("/opt/es", None, None), ("/opt/es", "/opt/es/config", None)),
        (("/opt/es/", "/srv/b/", "/opt/jdk"), ("/opt/es", "/srv/b", "/opt/jdk")),
    ],
)
def test_locate_an_archive(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, str | None, str | None], expected: tuple[str, str, str | None]
) -> None:
    monkeypatch.delenv("ES_JAVA_HOME", raising=False)
    assert tuple(tool.locate(*options))[:3] == expected


def test_locate_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "default").write_text("ES_PATH_CONF=/etc/other\nES_JAVA_HOME=/opt/jdk\n")
    found = tool.service_environment([str(tmp_path / "missing"), str(tmp_path / "default")])
    monkeypatch.setattr(tool, "service_environment", lambda: found)
    assert tuple(tool.locate(None, None, None))[:3] == (tool.DEFAULT_HOME, "/etc/other", "/opt/jdk")


@pytest.mark.parametrize(
    ("flag", "expected"),
    [(b"\x00", False), (b"\x01", True)],
)
def test_password_is_told_from_the_file(tmp_path: Path, flag: bytes, expected: bool) -> None:
    path = tmp_path / "elasticsearch.keystore"
    path.write_bytes(b"\x3f\xd7\x6c\x17\x16elasticsearch.keystore\x00\x00\x00\x07" + flag + b"more")
    assert tool.is_protected(str(path)) is expected


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x3f\xd7\x6c\x17\x16elasticsearch.keystore\x00\x00\x00\x07"])
def test_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "elasticsearch.keystore"
    path.write_bytes(content)
    with pytest.raises(tool.KeystoreError, match="is damaged"):
        tool.is_protected(str(path))


# What Elasticsearch 8.19 and 9.2 really wrote.
@pytest.mark.parametrize(
    ("rc", "errors", "expected"),
    [
        (
            65,
            (
                "Enter password for the elasticsearch keystore : \n"
                "ERROR: Provided keystore password was incorrect, with exit code 65\n"
            ),
            "password is wrong",
        ),
        (
            74,
            (
                "Enter password for the elasticsearch keystore : "
                "java.nio.file.FileAlreadyExistsException: /etc/es/elasticsearch.keystore.tmp\n\tat x.y(Z.java:1)"
            ),
            "another program writes the keystore",
        ),
        (
            74,
            (
                "java.nio.file.FileSystemException: /etc/es/elasticsearch.keystore.tmp -> "
                "/etc/es/elasticsearch.keystore: Device or resource busy\n\tat java.base/x"
            ),
            "mount point of its own",
        ),
        (74, "java.io.IOException: No space left on device\n\tat java.base/x", "the disk of /etc/es is full"),
        (
            74,
            "java.nio.file.FileSystemException: /etc/es/elasticsearch.keystore.tmp: Read-only file system\n",
            "read-only file system",
        ),
        (
            78,
            (
                "\nERROR: unable to create temporary keystore at [/etc/es/elasticsearch.keystore.tmp], "
                "write permissions required for [/etc/es] "
                "or run [elasticsearch-keystore upgrade], with exit code 78"
            ),
            "this account may not write /etc/es",
        ),
        (
            78,
            (
                "\nERROR: will not overwrite keystore at [/etc/es/elasticsearch.keystore], "
                "because this incurs changing the file owner, with exit code 78"
            ),
            "only its owner can change",
        ),
        (
            74,
            (
                "org.apache.lucene.index.CorruptIndexException: codec header mismatch: actual header=1 "
                "vs expected header=2 (resource=x(path=/etc/es/elasticsearch.keystore)))"
            ),
            "is damaged",
        ),
        (
            70,
            (
                'Exception in thread "main" org.elasticsearch.common.settings.SettingsException: Failed to replace '
                "property placeholders from [elasticsearch.yml]\n\tat x.y(Z.java:1)\n"
                "Caused by: java.lang.IllegalArgumentException: Could not resolve placeholder 'CERTS_DIR'"
            ),
            "start the node, whose environment is then used",
        ),
        (1, "could not find java in ES_JAVA_HOME at /opt/jdk/bin/java\n", "no Java that it can use in /opt/jdk"),
        (
            127,
            "elasticsearch-cli: line 14: /opt/es/jdk/bin/java: No such file or directory\n",
            "no Java that it can use",
        ),
        (
            1,
            (
                "The minimum required Java version is 21; "
                "your Java version 17 from [/opt/jdk] does not meet that requirement.\n"
            ),
            "no Java that it can use",
        ),
        (
            70,
            (
                "java.lang.IllegalStateException: unable to read from standard input; "
                "is standard input open and a tty attached?\n\tat x"
            ),
            "more input than expected",
        ),
        (
            78,
            "\nERROR: Setting [x] does not exist in the keystore., with exit code 78",
            "does not exist in the keystore",
        ),
        (1, "", "it said nothing"),
    ],
)
def test_explain(rc: int, errors: str, expected: str) -> None:
    text = tool.explain("add", LAYOUT, rc, errors)
    assert expected in text
    assert text.startswith("elasticsearch-keystore add failed")
    assert "exit code" in text
    assert "\n" not in text
    assert "Enter password" not in text


@pytest.mark.parametrize(
    ("script", "variables", "expected"),
    [
        ('if [ -z "$ES_PATH_CONF" ]; then ES_PATH_CONF="$ES_HOME"/config; fi', "", None),
        ("source {file}", "ES_PATH_CONF=/etc/a", "/etc/a"),
        ("source {file}", "ES_PATH_CONF=${ES_PATH_CONF:-/etc/a}", None),
        ("source {file}", "#ES_PATH_CONF=/etc/a", None),
        ('if [ -z "$ES_PATH_CONF" ]; then . {file}; fi', "ES_PATH_CONF=/etc/a", None),
    ],
)
def test_a_package_can_insist_on_its_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, variables: str, expected: str | None
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "elasticsearch-env").write_text(
        script.format(file="/etc/default/elasticsearch") if "{file}" in script else script
    )
    monkeypatch.setattr(tool, "service_environment", lambda files: tool.parse_environment(variables))
    assert tool.forced_path_conf(str(tmp_path)) == expected


def installation(directory: Path, script: str) -> tool.Tool:
    """A command of a few shell lines in the place of the real one, to see how it is called."""
    path = directory / "bin" / "elasticsearch-keystore"
    path.parent.mkdir()
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return tool.Tool(tool.Layout(str(directory), str(directory), str(directory / "jdk")))


def test_show_runs_side_by_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits for the other one, so neither ends when they are started one after the other."""
    monkeypatch.setattr(tool.os, "cpu_count", lambda: 2)
    command = installation(
        tmp_path,
        f"touch {tmp_path}/$2; for pause in $(seq 100); do [ -e {tmp_path}/a ] && [ -e {tmp_path}/b ] && break; "
        f'sleep 0.05; done; [ -e {tmp_path}/a ] && [ -e {tmp_path}/b ] || exit 1; printf "value of %s" $2',
    )
    assert command.show(["a", "b", "c"]) == {name: f"value of {name}" for name in "abc"}
    assert (command.starts, command.show([])) == (3, {})


def test_one_failed_show_ends_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool.os, "cpu_count", lambda: 2)
    ended = tmp_path / "ended"
    late = f"import pathlib, time; time.sleep(60); pathlib.Path('{ended}').touch()"
    command = installation(tmp_path, f'[ $2 = a ] && exit 1; exec {sys.executable} -c "{late}"')
    with pytest.raises(tool.KeystoreError):
        command.show(["a", "b"])
    assert not ended.exists()


@pytest.mark.parametrize(("action", "told"), [("list", True), ("show", False)])
def test_what_a_script_complains_to_standard_output(tmp_path: Path, action: str, told: bool) -> None:
    command = installation(tmp_path, "echo ES_PATH_CONF must be set; exit 1")
    with pytest.raises(tool.KeystoreError) as caught:
        command.names() if action == "list" else command.show(["a"])
    assert ("ES_PATH_CONF must be set" in str(caught.value)) == told


@pytest.mark.parametrize(("java_home", "named"), [("jdk", False), ("jdk/", False), ("other", True)])
def test_the_bundled_jdk_needs_no_check_of_its_version(tmp_path: Path, java_home: str, named: bool) -> None:
    command = installation(tmp_path, 'echo "home:$ES_JAVA_HOME"')
    command.layout = command.layout._replace(java_home=f"{tmp_path}/{java_home}")
    assert command.names() == ([f"home:{tmp_path}/other"] if named else ["home:"])


def test_the_environment_has_what_elasticsearch_yml_names(tmp_path: Path) -> None:
    """And nothing else of the server's, which holds secrets."""
    (tmp_path / "elasticsearch.yml").write_text(
        "path.data: ${DATA}\nnode.name: ${NAME:lon-1}\nnode.attr.zone: ${MISSING}\n"
    )
    command = installation(tmp_path, 'echo "$DATA,$NAME,$SECRET"')
    command.layout = command.layout._replace(variables={"DATA": "/srv", "NAME": "lon-2", "SECRET": "s3cret"})
    assert command.names() == ["/srv,lon-2,"]
