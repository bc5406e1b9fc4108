# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A passphrase that is a part of the nodes' names: Ansible masks it in all results. Needs no cluster."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from runner import CORES

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_paths
from kit.places import PROJECT

PASSPHRASE = "elasticsearch"
NODES = ["elasticsearch-1", "elasticsearch-2"]
MADE = """
{%- set made = [] -%}
{%- for node, write in certificates__writes.writes.items() -%}
  {%- for file in write.files -%}
    {%- set _ = made.append({'node': node, 'path': file.path, 'pending': file.pending | default(false),
                             'content': file.content | default('', true)}) -%}
  {%- endfor -%}
{%- endfor -%}
{{ made | to_json }}
"""


def read(name: str, directory: Path) -> dict[str, Any]:
    """What node_info tells of a node that has nothing yet."""
    settings = {
        f"xpack.security.remote_cluster_server.ssl.{what}": f"{name}.{end}"
        for what, end in (("certificate", "crt"), ("key", "key"))
    }
    info = {
        "hostname": name,
        "addresses": ["192.0.2.1"],
        "node": {"name": name},
        "clock": time.time(),
        "running": True,
        "service_user": None,
        "paths": {"config": str(directory)},
        "certificate_files": certificate_paths.look(str(directory), settings, ["remote_cluster_server"]),
        "configuration_files": {},
    }
    return {"item": name, "node_info": info}


def play(directory: Path, keys_on_nodes: bool) -> dict[str, Any]:
    path = {"path": str(directory / "authority"), "passphrase": PASSPHRASE}
    address = {"remote_cluster_server_address": "192.0.2.1:9443"}
    values = {
        "certificates_nodes": NODES,
        "certificates_api": {"url": "https://localhost:1"},
        "certificates_authorities": {"london": {"remote_cluster": path}},
        "certificates_keys_on_nodes": keys_on_nodes,
        "certificates_left_out": {},
        "certificates__cluster": {"cluster": {"nodes": [{"name": name, **address} for name in NODES]}},
        "certificates__nodes": {"results": [read(name, directory) for name in NODES]},
        "certificates__signed": False,
        "certificates_settings_follow": False,
    }
    role = {"name": "crosscluster.elasticsearch.certificates", "public": True}
    return {
        "hosts": "london",
        "gather_facts": False,
        "vars": values,
        "tasks": [
            {
                "crosscluster.elasticsearch.certificate_authority": path,
                "delegate_to": "localhost",
            },
            *(
                {
                    "ansible.builtin.include_role": {**role, "tasks_from": tasks, "rolespec_validate": False},
                    "vars": {"certificates__own": {"results": []}},
                }
                for tasks in ("plan", "sign_certificates")
            ),
            {
                "ansible.builtin.copy": {"content": MADE, "dest": str(directory / "made.json")},
                "delegate_to": "localhost",
            },
        ],
    }


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("keys_on_nodes", [False, True])
def test_each_node_gets_its_certificate(core: str, keys_on_nodes: bool, tmp_path: Path) -> None:
    binaries = PROJECT / ".cache" / CORES[core] / "bin"
    local = {"ansible_connection": "local", "ansible_python_interpreter": str(binaries / "python")}
    hosts = {"london": local, **dict.fromkeys(NODES, local)}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    (tmp_path / "play.yml").write_text(json.dumps([play(tmp_path, keys_on_nodes)]))
    done = subprocess.run(
        [str(binaries / "ansible-playbook"), "-i", str(tmp_path / "inventory.yml"), str(tmp_path / "play.yml")],
        env={
            **os.environ,
            "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made = json.loads((tmp_path / "made.json").read_text())
    assert [(entry["node"], Path(entry["path"]).name, entry["pending"]) for entry in made] == [
        (name, f"{name}.{end}", keys_on_nodes and end == "key") for name in NODES for end in ("key", "crt")
    ], done.stdout
    begins = ["" if keys_on_nodes else "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----"]
    assert [entry["content"].partition("\n")[0] for entry in made] == begins * 2
    assert not any("*" in str(entry) for entry in made)
    for name in NODES:
        [text] = [entry["content"] for entry in made if entry["path"].endswith(f"/{name}.crt")]
        shown = subprocess.run(
            ["openssl", "x509", "-noout", "-ext", "subjectAltName"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"DNS:{name}" in shown.stdout
