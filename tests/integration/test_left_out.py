# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes the playbooks for certificates deal with where some can't be reached.

The nodes are directories of this machine on which no server runs; a server in the test tells of them as the API does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from runner import VENV

from kit.places import PROJECT

CLUSTERS = {"london": ["lon-1", "lon-2", "lon-3"], "paris": ["par-1"]}
NODES = [node for names in CLUSTERS.values() for node in names]
# Nobody listens there.
AWAY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
SSL = "xpack.security.remote_cluster_%s.ssl."
YML = f"""\
node.name: %s
remote_cluster_server.enabled: true
remote_cluster.port: 9443
{SSL % "server"}key: certs/remote_cluster_server.key
{SSL % "server"}certificate: certs/remote_cluster_server.crt
{SSL % "client"}certificate_authorities: [certs/remote_cluster_client_ca.crt]
"""
CERTIFICATE = "certs/remote_cluster_server.crt"


class Api(BaseHTTPRequestHandler):
    """Its path begins with the cluster's name."""

    def do_GET(self) -> None:
        _nothing, cluster, path = self.path.split("/", 2)
        listens = {"remote_cluster_server": {"publish_address": "10.0.0.1:9443"}}
        # So that nobody has to wait long.
        quick = {"settings": {"resource": {"reload": {"interval": {"high": "100ms"}}}}}
        node = {"version": "9.2.0", **listens, **quick}
        answers = {
            "_cluster/state": {"cluster_name": cluster, "cluster_uuid": cluster},
            "_nodes": {"nodes": {name: {**node, "name": name} for name in CLUSTERS[cluster]}},
            "_license": {"license": {"type": "trial", "status": "active"}},
            "_cluster/settings": {"persistent": {}},
            "_ssl": [],
        }
        content = json.dumps(next(answer for begin, answer in answers.items() if path.startswith(begin))).encode()
        self.send_response(200)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever).start()
        yield "http://127.0.0.1:%d/" % server.server_port
        server.shutdown()


class Fleet:
    """Two clusters, of which London reads Paris, and their files."""

    def __init__(self, directory: Path, url: str) -> None:
        self.directory = directory
        self.urls = {cluster: url + cluster for cluster in CLUSTERS}
        self.away: list[str] = []

    def copy(self, directory: Path) -> Fleet:
        shutil.copytree(self.directory, directory)
        fleet = Fleet(directory, "")
        fleet.urls = dict(self.urls)
        return fleet

    def _inventory(self) -> dict[str, Any]:
        hosts: dict[str, Any] = {
            cluster: {
                "elasticsearch_url": url,
                "elasticsearch_certificate_authority": {
                    "path": str(self.directory / "authorities" / cluster),
                    "passphrase": "a passphrase of the test",
                },
            }
            for cluster, url in self.urls.items()
        }
        hosts["london"]["elasticsearch_remote_clusters"] = {"paris": {"search": ["*"]}}
        hosts["paris"]["elasticsearch_remote_address"] = "paris:9443"
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
        found: dict[str, Any] = {"elasticsearch_clusters": {"hosts": hosts}}
        for cluster, names in CLUSTERS.items():
            nodes = {
                name: {
                    **here,
                    **(AWAY if name in self.away else {}),
                    "elasticsearch_path_conf": str(self.directory / name),
                    "elasticsearch_home": str(self.directory / "home"),
                }
                for name in names
            }
            found[f"{cluster}_nodes"] = {"hosts": nodes}
        return {"all": {"children": found}}

    def playbook(self, name: str, *arguments: str) -> tuple[int, str]:
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps(self._inventory()), encoding="utf-8")
        command = [str(VENV / "ansible-playbook"), "-i", str(inventory)]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache/collections"),
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(
            [*command, f"crosscluster.elasticsearch.{name}", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def files(self) -> dict[str, bytes]:
        """Of the nodes and the authorities."""
        places = [*(self.directory / node for node in NODES), self.directory / "authorities"]
        paths = [path for place in places for path in place.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in paths}

    def certificates(self) -> dict[str, bytes]:
        return {node: (self.directory / node / CERTIFICATE).read_bytes() for node in NODES}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, url: str) -> tuple[Fleet, str]:
    """Every node has its certificates, and the first run's output."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet") / "first", url)
    for node in NODES:
        (fleet.directory / node).mkdir(parents=True)
        (fleet.directory / node / "elasticsearch.yml").write_text(YML % node, encoding="utf-8")
    (fleet.directory / "authorities").mkdir()
    code, output = fleet.playbook("certificates")
    assert code == 0, output
    return fleet, output


@pytest.fixture
def fleet(served: tuple[Fleet, str], tmp_path: Path) -> Fleet:
    return served[0].copy(tmp_path / "fleet")


def changed(fleet: Fleet, before: dict[str, bytes]) -> set[str]:
    return {node for node, certificate in fleet.certificates().items() if certificate != before[node]}


def asked(output: str) -> list[str]:
    """Nodes that a task was done on, once for each."""
    return re.findall(r"^(?:ok|changed|failed): \[\S+ -> (\S+?-\d)", output, flags=re.MULTILINE)


def left_out(output: str) -> str:
    return " ".join(output.rpartition("Tell which nodes were left out")[2].partition("PLAY RECAP")[0].split())


def test_where_nothing_is_due_each_node_is_asked_once_for_both_roles(fleet: Fleet) -> None:
    before = fleet.files()
    code, output = fleet.playbook("certificates")
    assert (code, fleet.files()) == (0, before), output
    assert sorted(asked(output)) == sorted(NODES), output


def test_some_nodes_keep_no_other_from_being_renewed(fleet: Fleet) -> None:
    before = fleet.certificates()
    fleet.away = ["lon-2"]
    key = fleet.directory / "lon-1" / "certs/remote_cluster_server.key"
    key.rename(fleet.directory / "elsewhere.key")
    key.symlink_to(fleet.directory / "elsewhere.key")
    code, output = fleet.playbook("certificates", "-e", "renew=true")
    assert code != 0
    assert changed(fleet, before) == {"lon-3", "par-1"}, output
    told = left_out(output)
    assert re.search("london: these nodes were left out: lon-2: .*refused.*lon-1: .*is a link to", told), output
    assert re.search(r"^paris +: .*failed=0", output, flags=re.MULTILINE), output
    # When they are back, the next run completes it; what was written to is looked at again for the listener.
    middle = fleet.certificates()
    fleet.away = []
    key.unlink()
    (fleet.directory / "lon-2" / CERTIFICATE).unlink()
    code, output = fleet.playbook("certificates")
    assert code == 0, output
    assert changed(fleet, middle) == {"lon-1", "lon-2"}
    assert asked(output.partition("Read the files of each node")[2]) == ["lon-1", "lon-2"], output


def test_a_cluster_that_does_not_answer_keeps_no_other_from_being_renewed(fleet: Fleet) -> None:
    before = fleet.certificates()
    fleet.urls["paris"] = "http://127.0.0.1:1"
    code, output = fleet.playbook("certificates", "-e", "renew=true")
    assert code != 0
    assert changed(fleet, before) == {"lon-1", "lon-2", "lon-3"}, output
    assert "paris: these nodes were left out: par-1: its cluster does not answer" in left_out(output), output
    assert re.search(r"^london +: .*failed=0", output, flags=re.MULTILINE), output


def test_while_a_node_is_left_out_no_authority_is_taken_away(fleet: Fleet) -> None:
    """The node may still show a certificate of it."""
    bundle = fleet.directory / "lon-1" / "certs/remote_cluster_client_ca.crt"
    # Of Paris as it was, before it was lost with its authority.
    old = (fleet.directory / "authorities/paris/ca.crt").read_text()
    shutil.rmtree(fleet.directory / "authorities/paris")
    shutil.rmtree(fleet.directory / "par-1/certs")
    fleet.away = ["lon-3"]
    code, output = fleet.playbook("certificates")
    assert (code != 0, old in bundle.read_text()) == (True, True), output
    fleet.away = []
    code, output = fleet.playbook("certificates")
    assert (code, old in bundle.read_text()) == (0, False), output


@pytest.mark.parametrize("away", ["lon-3", "paris"])
def test_another_authority_comes_only_when_every_node_is_dealt_with(fleet: Fleet, away: str) -> None:
    """Else a node that does not trust it yet would refuse the others."""
    shutil.rmtree(fleet.directory / "authorities/london")
    if away == "paris":
        fleet.urls["paris"] = "http://127.0.0.1:1"
    else:
        fleet.away = [away]
    before = fleet.certificates()
    code, output = fleet.playbook("certificates")
    assert (code != 0, fleet.certificates()) == (True, before), output
    told = " ".join(output.split())
    why = "lon-3: " if away == "lon-3" else "par-1: its cluster does not answer"
    assert "with another authority every node of every cluster has to be dealt with: " + why in told, output


def test_a_rotation_of_authorities_does_not_begin_without_a_node(fleet: Fleet) -> None:
    before = fleet.files()
    fleet.away = ["lon-2"]
    code, output = fleet.playbook("rotate_certificates", "-e", "rotate_ca=true", "-e", "rotate_ca_older_than=0s")
    assert (code != 0, fleet.files()) == (True, before), output
    assert "every node of every cluster has to be dealt with: lon-2: " in " ".join(output.split()), output
