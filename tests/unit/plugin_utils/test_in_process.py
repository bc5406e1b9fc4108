# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
COLLECTION = "crosscluster.elasticsearch"
PLUGINS = "ansible_collections.crosscluster.elasticsearch.plugins"


@pytest.mark.parametrize(("kind", "place"), [("filter", "filter"), ("modules", "action")])
def test_workers_find_imported(kind: str, place: str) -> None:
    """In a Python of its own, for here other tests have imported much."""
    program = f"import {PLUGINS}.plugin_utils.in_process, sys; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    wanted = {f"{PLUGINS}.{kind}.{file.stem}" for file in Path(__file__).parents[3].glob(f"plugins/{place}/*.py")}
    assert wanted - set(done.stdout.split()) == set()


class Handler(BaseHTTPRequestHandler):
    """As much of a cluster as cluster_health asks for."""

    def do_GET(self) -> None:
        body = json.dumps(HEALTH).encode()
        self.send_response(200)
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


HEALTH = {"cluster_name": "london", "status": "green", "number_of_nodes": 1, "unassigned_shards": 0, "nodes": {}}


@pytest.fixture
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def run(folder: Path, url: str, **environment: str) -> str:
    """Two hosts, two tasks; what is printed."""
    options = {"url": url, "username": "u", "password": "s3cret"}
    health = {f"{COLLECTION}.cluster_health": options, "delegate_to": "localhost", "register": "found"}
    tell = {"ansible.builtin.debug": {"msg": "told {{ found | to_json }}"}}
    bad = {f"{COLLECTION}.cluster_health": {**options, "no_such": 1}, "delegate_to": "localhost", "ignore_errors": True}
    play = {"hosts": "all", "gather_facts": False, "tasks": [health, tell, {**bad, "register": "found"}, tell]}
    (folder / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    # With the Python of the test, where the client is, also where it is shipped.
    hosts = {"london": None, "paris": None, "localhost": {"ansible_python_interpreter": sys.executable}}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-vvv", "-c", "local", "-i", "inventory.json", "play.yml"],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "tree"),
            "ANSIBLE_HOME": str(folder),
            "ANSIBLE_NOCOLOR": "1",
            **environment,
        },
        timeout=600,
    )
    return done.stdout + done.stderr


def results(output: str) -> list[Any]:
    told = [json.loads(json.loads('"%s"' % text)) for text in re.findall(r'"msg": "told (.*)"', output)]
    return sorted(({k: v for k, v in one.items() if k != "exception"} for one in told), key=str)


def test_both_ways_give_the_same_with_this_core(tmp_path: Path, url: str) -> None:
    here, shipped = run(tmp_path, url), run(tmp_path, url, CROSSCLUSTER_IN_PROCESS="0")
    assert ("is shipped" in here, "is shipped" in shipped) == (False, True), here
    assert results(here) == results(shipped) and len(results(here)) == 6
    assert "was not tested with ansible-core" not in here
    assert "s3cret" not in here + shipped


def test_a_core_that_was_not_tested_ships_and_says_so_once(tmp_path: Path, url: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ansible.release\nansible.release.__version__ = '2.99.0'\n", encoding="utf-8"
    )
    output = run(tmp_path, url, PYTHONPATH=str(tmp_path))
    warned = "[WARNING]: crosscluster.elasticsearch was not tested with ansible-core 2.99.0: its modules are shipped"
    assert " ".join(output.split()).count(warned) == 1, output
    assert output.count("is shipped: in-process execution was not tested") == 6
