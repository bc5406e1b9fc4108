# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import server_process as process
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import service
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
)

CLASS = "org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"
ARCHIVE = 'if [ -z "$ES_PATH_CONF" ]; then ES_PATH_CONF="$ES_HOME"/config; fi\n'
PACKAGE = 'if [ -z "$ES_PATH_CONF" ]; then set -a; . /etc/default/elasticsearch; set +a; fi\n'


class Machine:
    """A directory that looks like /proc, and an installation."""

    def __init__(self, top: Path) -> None:
        self.proc, self.home, self.config = top / "proc", top / "es", top / "conf"
        for directory in (self.proc, self.home / "bin", self.home / "config", self.config):
            directory.mkdir(parents=True)
        self.script(ARCHIVE)

    def script(self, text: str) -> None:
        (self.home / "bin" / "elasticsearch-env").write_text(text)

    def add(self, pid: int, *words: str, root: Path | str = "/", inner: int | None = None, **env: str) -> None:
        place = self.proc / str(pid)
        place.mkdir()
        (place / "cmdline").write_text("".join(word + "\0" for word in words))
        (place / "environ").write_text("".join(f"{name}={value}\0" for name, value in env.items()))
        numbers = f"{pid}" if inner is None else f"{pid}\t{inner}"
        (place / "status").write_text(f"Name:\tjava\nPPid:\t{pid - 1}\nNSpid:\t{numbers}\n")
        (place / "root").symlink_to(root)

    def server(self, pid: int, **options: Any) -> None:
        self.add(pid, "java", f"-Des.path.home={self.home}", "-m", CLASS, **options)

    def starter(self, pid: int, config: Path) -> None:
        self.add(pid, "java", "-Dcli.name=server", f"-Des.path.conf={config}", "CliToolLauncher")

    def running(self) -> list[process.Server]:
        return process.running(str(self.proc))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_directory_that_only_the_unit_names(machine: Machine) -> None:
    (machine.config / "elasticsearch.yml").write_text("node.name: ${WHO}-1\n")
    machine.add(3, "bash", str(machine.home), CLASS)
    machine.server(12, ES_PATH_CONF=str(machine.config), ES_JAVA_HOME="/opt/jdk", WHO="lon")
    [found] = machine.running()
    assert (found.pid, found.own_pid, found.home, found.path_conf) == (12, 12, str(machine.home), str(machine.config))
    assert (found.java_home, found.elsewhere, found.name) == ("/opt/jdk", False, "lon-1")


@pytest.mark.parametrize(
    ("words", "home"),
    [
        (["java", "-Des.path.home=/es", "--module-path", "/es/lib", "-m", CLASS], "/es"),
        # As 8.17 has it.
        (["java", "-Des.distribution.type=deb", "--module-path", "/usr/share/es/lib", "-m", CLASS], "/usr/share/es"),
        (["java", "--module-path", "/opt/es/lib/", "-m", CLASS], "/opt/es"),
        (["java", "--module-path", "/other/modules", "-m", CLASS], None),
        (["java", "-m", CLASS, "--module-path"], None),
        (["java"], None),
    ],
)
def test_the_installation_that_a_server_was_started_from(words: list[str], home: str | None) -> None:
    assert process.home_of([word.encode() for word in words]) == home


def test_a_server_of_8_17(machine: Machine) -> None:
    words = ("java", "--module-path", f"{machine.home}/lib", "-m", CLASS)
    machine.add(12, *words, ES_PATH_CONF=str(machine.config))
    [found] = machine.running()
    assert (found.home, found.path_conf) == (str(machine.home), str(machine.config))


def test_what_the_starting_command_was_told_counts_most(machine: Machine) -> None:
    machine.starter(11, machine.config)
    machine.server(12)
    assert machine.running()[0].path_conf == str(machine.config)


@pytest.mark.parametrize(("script", "known"), [(ARCHIVE, True), (PACKAGE, False), ("source /etc/default/es\n", False)])
def test_without_any_word_only_the_archive_s_script_is_known(machine: Machine, script: str, known: bool) -> None:
    """The package's may have read another file than there is now."""
    machine.script(script)
    machine.server(12, HOSTNAME="lon-1")
    [found] = machine.running()
    assert found.path_conf == (str(machine.home / "config") if known else None)


@pytest.mark.parametrize("hidden", ["environ", "root"])
def test_what_this_account_may_not_see(machine: Machine, monkeypatch: pytest.MonkeyPatch, hidden: str) -> None:
    machine.server(12, ES_PATH_CONF=str(machine.config))
    place = machine.proc / "12" / hidden
    place.unlink()
    stat = os.stat

    def refuse(path: Any, **options: Any) -> os.stat_result:
        if str(path) == str(place):
            raise PermissionError
        return stat(path, **options)

    monkeypatch.setattr(process.os, "stat", refuse)
    [found] = machine.running()
    assert (found.path_conf, found.elsewhere) == (None, False)
    assert "path_conf not to be seen" in found.described()


@pytest.mark.parametrize("bound", [False, True])
def test_a_container_has_files_of_its_own(machine: Machine, tmp_path: Path, bound: bool) -> None:
    """Also where the host has a directory at the same path; and a unit can hide a single one from its service."""
    root = tmp_path / "root"
    inside = Path(f"{root}{machine.config}")
    inside.parent.mkdir(parents=True)
    if bound:
        inside.symlink_to(machine.config)
    else:
        inside.mkdir()
    machine.server(12, root=root, inner=7, ES_PATH_CONF=str(machine.config))
    [found] = machine.running()
    assert (found.pid, found.own_pid, found.elsewhere) == (12, 7, True)
    (inside / "elasticsearch.keystore").touch()
    assert process.same_file(found, f"{machine.config}/elasticsearch.keystore", str(machine.proc)) is bound


def test_the_same_keystore_through_a_link(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(machine.config)
    (machine.config / "elasticsearch.keystore").touch()
    (machine.home / "config" / "elasticsearch.keystore").touch()
    machine.server(12, ES_PATH_CONF=str(tmp_path / "link"))
    [found] = machine.running()
    seen = {
        place: process.same_file(found, f"{place}/elasticsearch.keystore", str(machine.proc))
        for place in (machine.config, machine.home / "config")
    }
    assert seen == {machine.config: True, machine.home / "config": False}
    assert process.at([found], Layout(str(machine.home), str(machine.config), None)) == [found]
    assert process.at([found], Layout(str(machine.home), str(machine.home / "config"), None)) == []


def test_a_home_through_a_link(machine: Machine, tmp_path: Path) -> None:
    """As where /opt/elasticsearch leads to the version that is installed."""
    (tmp_path / "link").symlink_to(machine.home)
    machine.server(12, ES_PATH_CONF=str(machine.config))
    [found] = machine.running()
    assert process.at([found], Layout(str(tmp_path / "link"), str(machine.config), None)) == [found]
    chosen = process.choose([found], str(tmp_path / "link"))
    assert chosen and chosen.server == found


def test_whose_service_an_archive_is_without_a_word_of_its_environment(machine: Machine) -> None:
    machine.server(12)
    [found] = service.servers(str(machine.proc))
    assert found.path_conf == f"{machine.home}/config"
    # As who has read the node tells it, who does not know the home.
    assert service.is_of(found, Layout("/usr/share/elasticsearch", f"{machine.home}/config", None))
    assert not service.is_of(found, Layout("/usr/share/elasticsearch", "/etc/elasticsearch", None))


def test_the_groups_that_only_the_unit_gives(machine: Machine) -> None:
    for pid, uid, groups in ((12, 1000, "4001 4002 "), (14, 2000, "5001 ")):
        machine.server(pid)
        with (machine.proc / str(pid) / "status").open("a") as status:
            status.write(f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\nGid:\t7\t7\t7\t7\nGroups:\t{groups}\n")
    assert process.groups_of_servers(1000, str(machine.proc)) == {4001, 4002, 7}


def server(pid: int, path_conf: str | None, **changed: Any) -> process.Server:
    return process.Server(pid, changed.pop("own_pid", pid), changed.pop("home", "/opt/es"), path_conf, **changed)


def node(name: str, pid: int | None, ip: str = "10.0.0.1", **changed: Any) -> dict[str, Any]:
    return {"name": name, "pid": pid, "ip": ip, "home": "/opt/es", **changed}


ADDRESSES = ["10.0.0.1", "127.0.0.1"]
A, B = server(5, "/srv/a", name="lon-1"), server(6, "/srv/b", name="lon-2")
OTHER = server(9, "/srv/rome", name="rome-1")
BOXED = server(8, "/etc/es", own_pid=1, name="lon-1", elsewhere=True)
NODES = [node("lon-1", 5), node("lon-2", 6)]


@pytest.mark.parametrize(
    ("servers", "options", "expected"),
    [
        pytest.param([], {}, None, id="none"),
        pytest.param([A], {}, (5, None), id="the only one"),
        pytest.param([A], {"path_conf": "/srv/b"}, None, id="another one is asked for"),
        pytest.param([A, B], {"path_conf": "/srv/b"}, (6, None), id="by its directory"),
        pytest.param([A, server(6, "/x", home="/opt/b")], {"home": "/opt/b"}, (6, None), id="by its installation"),
        pytest.param([A, BOXED], {}, (5, None), id="not the container beside it"),
        pytest.param([BOXED], {"path_conf": "/srv/a"}, None, id="a directory of the host, beside a container"),
        pytest.param([server(5, None)], {"path_conf": "/srv/a"}, (5, None), id="what can't be seen may be it"),
        pytest.param([server(5, None), B], {"path_conf": "/srv/b"}, (6, None), id="what is seen counts more"),
        pytest.param([A, OTHER], {"nodes": NODES}, (5, "lon-1"), id="of the cluster"),
        pytest.param([OTHER], {"nodes": NODES}, None, id="none of the cluster"),
        pytest.param([A, B], {"nodes": NODES, "path_conf": "/srv/a"}, (5, "lon-1"), id="one of two by its directory"),
        pytest.param([A, B], {"nodes": NODES, "node_name": "lon-2"}, (6, "lon-2"), id="one of two by its name"),
        pytest.param([A, B], {"node_name": "lon-2"}, (6, None), id="one of two by its name, of no known cluster"),
        pytest.param([A], {"node_name": "lon-2"}, None, id="only the other one of two runs"),
        pytest.param(
            [A, server(6, None)], {"node_name": "lon-2"}, (6, None), id="the name that can't be seen may be it"
        ),
        pytest.param([A], {"nodes": NODES, "node_name": "lon-9"}, None, id="no such node"),
        pytest.param([server(7, "/srv/a", name="lon-1")], {"nodes": NODES}, (7, "lon-1"), id="restarted meanwhile"),
        pytest.param([server(5, None)], {"nodes": NODES}, (5, "lon-1"), id="by its number and address"),
        pytest.param(
            [server(5, None)], {"nodes": [node("par-1", 5, "10.0.0.9")]}, None, id="a number alone is nothing"
        ),
        pytest.param([A], {"nodes": [node("lon-1", 5, "203.0.113.1")]}, (5, "lon-1"), id="behind NAT, by its name"),
        pytest.param(
            [server(4, "/srv/z", name="lon-1"), A],
            {"nodes": NODES},
            (5, "lon-1"),
            id="two of one name, of two clusters",
        ),
        pytest.param([BOXED], {"nodes": [node("lon-1", 1, "10.0.0.9")]}, None, id="a container that is another host"),
        pytest.param(
            [server(5, "/srv/a", home="/opt/x")], {"nodes": [node("par-1", 5)]}, None, id="another installation"
        ),
    ],
)
def test_which_server_is_meant(
    servers: list[process.Server], options: dict[str, Any], expected: tuple[int, str | None] | None
) -> None:
    found = process.choose(servers, addresses=ADDRESSES, **options)
    assert (found and (found.server.pid, found.node and found.node["name"])) == expected


@pytest.mark.parametrize("options", [{}, {"nodes": NODES}, {"home": "/opt/es"}, {"nodes": NODES, "home": "/opt/es"}])
def test_of_two_servers_both_are_named(options: dict[str, Any]) -> None:
    with pytest.raises(KeystoreError) as error:
        process.choose([A, B], addresses=ADDRESSES, **options)
    for word in ("process 5 (home /opt/es, path_conf /srv/a)", "process 6", "/srv/b", "elasticsearch_path_conf"):
        assert word in str(error.value)


@pytest.mark.parametrize("nodes", [[], [node("lon-1", 1)]])
def test_the_files_of_a_container_are_not_the_host_s(nodes: list[dict[str, Any]]) -> None:
    with pytest.raises(
        KeystoreError, match=r"node lon-1 \(process 8\) runs in a container.* its /etc/es is not this host"
    ):
        process.choose([BOXED], nodes=nodes, addresses=ADDRESSES)


@pytest.mark.parametrize(
    ("node", "options", "words"),
    [
        (NODES[0], {"path_conf": "/etc/es"}, ["lon-1", "process 5", "/srv/a", "elasticsearch_path_conf"]),
        (NODES[0], {"home": "/usr/share/es"}, ["/opt/es", "elasticsearch_home"]),
        (
            NODES[0],
            {"home": "/usr/share/es", "path_conf": "/etc/es"},
            ["elasticsearch_home and elasticsearch_path_conf"],
        ),
        (NODES[0], {"path_conf": "/srv/a"}, []),
        (NODES[0], {}, []),
        # A node that is stopped, beside one that runs.
        (None, {"path_conf": "/etc/es"}, []),
        (NODES[1], {"path_conf": "/etc/es"}, []),
    ],
)
def test_directories_of_another_copy_are_refused(
    node: dict[str, Any] | None, options: dict[str, str], words: list[str]
) -> None:
    if not words:
        process.check_not_another([A], node, options, NODES, ADDRESSES)
        return
    with pytest.raises(KeystoreError) as error:
        process.check_not_another([A], node, options, NODES, ADDRESSES)
    assert [word for word in words if word not in str(error.value)] == []


def test_the_server_says_what_no_option_says() -> None:
    found = server(5, "/srv/a", java_home="/opt/jdk", variables={"A": "1"})
    assert process.layout_of(found, None, None, None) == Layout("/opt/es", "/srv/a", "/opt/jdk", {"A": "1"})
    assert process.layout_of(found, "/x", "/y", "/z") == Layout("/x", "/y", "/z", {"A": "1"})
    assert process.layout_of(None, "/x", None, "/z") == Layout("/x", "/x/config", "/z")
