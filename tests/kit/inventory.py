# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible inventory of a lab: what a person would write for these clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kit.model import NodeState, State


def build(
    state: State, ca: Path, password: str, ssh_key: Path, known_hosts: Path, control_path: Path
) -> dict[str, Any]:
    # No node variables are needed where the package's paths and the host's name are Elasticsearch's.
    local = state.mode == "local"
    clusters: dict[str, dict[str, Any]] = {}
    for name in state.clusters:
        first = state.nodes_of(name)[0]
        clusters[name] = {
            "elasticsearch_url": first.url,
            "elasticsearch_remote_address": f"{first.address}:{first.remote_port}",
        }
        if name in state.remotes:
            remotes = {remote: {"search": ["*"]} for remote in state.remotes[name]}
            clusters[name]["elasticsearch_remote_clusters"] = remotes
    children: dict[str, Any] = {
        "elasticsearch_clusters": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "elasticsearch_ca_path": str(ca),
                "elasticsearch_username": "operator",
                "elasticsearch_password": password,
            },
            "hosts": clusters,
        },
        "elasticsearch_nodes": {
            "vars": local_variables() if local else ssh_variables(ssh_key, known_hosts, control_path),
            "children": {f"{name}_nodes": {} for name in state.clusters},
        },
    }
    for name in state.clusters:
        # A spare is no node until a test starts it and names it.
        nodes = [node for node in state.nodes_of(name) if not node.spare]
        children[f"{name}_nodes"] = {"hosts": {node.name: node_variables(node, local) for node in nodes}}
    return {"all": {"children": children}}


def ssh_variables(ssh_key: Path, known_hosts: Path, control_path: Path) -> dict[str, Any]:
    options = f"-o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    options += " -o ControlMaster=auto -o ControlPersist=60s"
    return {
        "ansible_user": "ops",
        "ansible_become": True,
        "ansible_pipelining": True,
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(ssh_key),
        "ansible_ssh_common_args": options,
        # Labs share their addresses, so a lab never meets another one's ssh masters.
        "ansible_control_path_dir": str(control_path),
    }


def local_variables() -> dict[str, Any]:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        # The files are this account's own, or root's to write; sudo may not even be installed.
        "ansible_become": False,
    }


def node_variables(node: NodeState, local: bool) -> dict[str, Any]:
    if not local:
        return {"ansible_host": node.ip}
    return {
        "elasticsearch_node_name": node.name,
        "elasticsearch_home": node.home,
        "elasticsearch_path_conf": node.config,
    }
