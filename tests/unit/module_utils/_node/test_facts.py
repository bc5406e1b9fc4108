# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import facts as node
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import Server

NODES = [
    {"name": "lon-1", "id": "A", "ip": "10.0.0.1", "host": "10.0.0.1", "http_address": "10.0.0.1:9200"},
    {"name": "lon-2", "id": "B", "ip": "10.0.0.2", "http_address": "lon-2/10.0.0.2:9200"},
    {"name": "lon-3", "id": "C", "http_address": "[2001:db8::3]:9200"},
]


@pytest.mark.parametrize(
    ("aliases", "expected"),
    [
        (None, ["cluster.remote.paris.credentials", "cluster.remote.rome.credentials"]),
        (["rome", "oslo"], ["cluster.remote.rome.credentials"]),
        ([], []),
    ],
)
def test_wanted_names(aliases: list[str] | None, expected: list[str]) -> None:
    names = ["bootstrap.password", "cluster.remote.paris.credentials", "cluster.remote.rome.credentials"]
    assert node.wanted_names(names, aliases) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ((), "full")),
        (
            {"xpack.security.remote_cluster_client.ssl.certificate_authorities": ["certs/a.crt", "/b.crt"]},
            (("/etc/es/certs/a.crt", "/b.crt"), "full"),
        ),
        ({"xpack.security.remote_cluster_client.ssl.verification_mode": "Certificate"}, ((), "certificate")),
    ],
)
def test_client_trust(settings: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert tuple(node.client_trust(Layout("/opt/es", "/etc/es", None), settings)) == expected


def gather(directory: Path, **options: Any) -> dict[str, Any]:
    params = {
        "home": "/no/installation",
        "path_conf": str(directory),
        "java_home": None,
        "password": None,
        "credentials": None,
        "nodes": None,
        "node_name": None,
        "certificate_files": None,
        "certificate_format": "pem",
        "probe": None,
        "probe_timeout": 1.0,
    }
    return node.gather({**params, **options}, False)


def test_a_node_without_a_keystore_and_with_a_wrong_certificate_path(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.yml").write_text(
        "node.name: lon-1\n"
        "xpack.security.transport.ssl:\n  certificate: gone.crt\n  certificate_authorities: [elasticsearch.yml]\n"
    )
    result = gather(tmp_path, nodes=NODES)
    assert (result["node"]["name"], result["credentials"], result["jvm_starts"]) == ("lon-1", {}, 0)
    assert (result["keystore"]["exists"], result["keystore"]["error"]) == (False, None)
    assert [(Path(one["path"]).name, one["error"]) for one in result["certificates"]] == [
        ("gone.crt", "No such file or directory"),
        ("elasticsearch.yml", "no PEM certificate in it"),
    ]
    assert result["running"] is False


def test_a_keystore_that_can_not_be_read_is_evidence(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.yml").write_text("")
    (tmp_path / "elasticsearch.keystore").write_text("rubbish")
    result = gather(tmp_path)
    assert result["credentials"] is None
    assert "is damaged" in result["keystore"]["error"]


def test_what_is_asked_for_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(node.NodeError, match="set path_conf"):
        gather(tmp_path)
    (tmp_path / "elasticsearch.yml").write_text("")
    stopped = gather(tmp_path, nodes=NODES, node_name="lon-9")
    assert (stopped["node"], stopped["running"]) == (None, False)
    monkeypatch.setattr(node, "running", lambda: [Server(1, 1, "/no/installation", str(tmp_path))])
    with pytest.raises(node.NodeError, match="no node lon-9; it has lon-1, lon-2, lon-3"):
        gather(tmp_path, nodes=NODES, node_name="lon-9")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ([b"/usr/bin/python3", b""], True),
        ([b"/usr/bin/python3", b"/root/.ansible/tmp/ansible-tmp-1/AnsiballZ_node_info.py", b""], False),
        ([b"/usr/bin/python3", b"/root/.ansible/tmp/AnsiballZ_async_wrapper.py"], False),
        ([], True),
    ],
)
def test_pipelined(command: list[bytes], expected: bool) -> None:
    assert node.pipelined(command) is expected


def test_the_running_server_says_where_the_node_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package has left its directory there, with the same name in it."""
    moved, left = tmp_path / "moved", tmp_path / "left"
    for directory in (moved, left):
        directory.mkdir()
        (directory / "elasticsearch.yml").write_text("node.name: ${WHO}\n")
        (directory / "elasticsearch.keystore").write_bytes(b"\x3f\xd7\x6c\x17\x16elasticsearch.keystore\0\0\0\x07\0")
    server = Server(7, 7, "/opt/es", str(moved), "/opt/jdk", variables={"WHO": "lon-1"}, name="lon-1")
    monkeypatch.setattr(node, "running", lambda: [server])
    monkeypatch.setattr(node, "local_addresses", lambda: ["10.0.0.1"])
    monkeypatch.setattr(node, "same_file", lambda server, path: str(moved) in path)
    nodes = [{"name": "lon-1", "id": "A", "ip": "10.0.0.1", "pid": 7, "home": "/opt/es"}]
    options: dict[str, Any] = {"nodes": nodes, "home": None, "credentials": []}

    found = gather(moved, **{**options, "path_conf": None})
    assert (found["node"]["name"], found["node"]["found_by"]) == ("lon-1", "node.name")
    assert (found["running"], found["process"]) == (True, 7)
    paths = {key: found["paths"][key] for key in ("home", "config", "java_home")}
    assert paths == {"home": "/opt/es", "config": str(moved), "java_home": "/opt/jdk"}
    assert (found["keystore"]["in_use"], found["keystore"]["doubt"]) == (True, None)
    assert "elasticsearch-keystore not found" in found["keystore"]["write_error"]

    (left / "elasticsearch.yml").write_text("node.name: lon-1\n")
    with pytest.raises(KeystoreError, match=r"lon-1, process 7 .* does not run with path_conf .*/left"):
        gather(left, **options)


@pytest.mark.parametrize(
    ("files", "fits"),
    [
        ({"node-3.st": b"\x3f\xd7node_id\x55id-of-lon-1\xfb"}, True),
        ({"node-3.st": b"\x3f\xd7node_id\x55id-of-another\xfb", "segments_4": b"id-of-lon-1"}, True),
        ({"node-3.st": b"\x3f\xd7node_id\x55id-of-another\xfb"}, False),
        ({"write.lock": b""}, None),
        (None, None),
    ],
)
def test_the_data_tell_which_node_they_belong_to(
    files: dict[str, bytes] | None, fits: bool | None, tmp_path: Path
) -> None:
    if files is not None:
        (tmp_path / "_state").mkdir()
    for name, content in (files or {}).items():
        (tmp_path / "_state" / name).write_bytes(content)
    assert node._id_fits(str(tmp_path), "id-of-lon-1") is fits


def test_a_node_whose_number_is_known_though_its_file_names_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the name came by the command line."""
    (tmp_path / "elasticsearch.yml").write_text("node.name: template\n")
    monkeypatch.setattr(node, "running", lambda: [Server(7, 7, "/opt/es", str(tmp_path), name="template")])
    monkeypatch.setattr(node, "local_addresses", lambda: ["10.0.0.1"])
    nodes = [{"name": f"lon-{number}", "ip": "10.0.0.1", "pid": number, "home": "/opt/es"} for number in (7, 8)]
    found = gather(tmp_path, nodes=nodes, home=None, path_conf=None)
    assert (found["node"]["name"], found["node"]["found_by"]) == ("lon-7", "process")


@pytest.mark.parametrize(
    ("servers", "doubt"),
    [
        ([], "no running server is seen"),
        ([Server(7, 7, "/no/installation", None)], "can't be seen by this account"),
        ([Server(7, 7, "/no/installation", "HERE")], "has no keystore in"),
    ],
)
def test_why_it_is_not_shown_that_a_keystore_is_in_use(
    servers: list[Server], doubt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elasticsearch.yml").write_text("")
    here = [s._replace(path_conf=s.path_conf and str(tmp_path)) for s in servers]
    monkeypatch.setattr(node, "running", lambda: here)
    found = gather(tmp_path)["keystore"]
    assert found["in_use"] is False
    assert doubt in found["doubt"]


@pytest.mark.parametrize("may", [True, False])
def test_what_only_its_owner_may_replace(may: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "certs").mkdir()
    for name in ("elasticsearch.yml", "certs/node.crt"):
        (tmp_path / name).touch()
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr(node.os, "geteuid", lambda: owner if may else owner + 1)
    error = node.write_error(str(tmp_path), [str(tmp_path / "certs/node.crt"), str(tmp_path / "missing.crt")])
    assert (error is None) is may
    assert may or f"may not replace {tmp_path}/elasticsearch.yml; become root" in str(error)
