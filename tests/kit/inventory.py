# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible inventory of a lab: what a person would write for these clusters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kit.model import NodeState, State
from kit.scenery import Scenery


class Vaulted(str):
    """A text that is written as `!vault`."""


class Dumper(yaml.SafeDumper):
    pass


Dumper.add_representer(Vaulted, lambda dumper, text: dumper.represent_scalar("!vault", str(text), style="|"))


def build(
    state: State,
    ca: Path,
    accounts: dict[str, str],
    ssh_key: Path,
    known_hosts: Path,
    control_path: Path,
) -> dict[str, Any]:
    """
    :param accounts: passwords, as they are to be written.
    """
    # No node variables are needed where the package's paths and the host's name are Elasticsearch's.
    local = state.mode == "local"
    scenery = state.scenery
    clusters: dict[str, dict[str, Any]] = {}
    for name in state.clusters:
        first = state.nodes_of(name)[0]
        clusters[scenery.host(name)] = {
            "elasticsearch_url": state.url(name),
            "elasticsearch_remote_address": f"{first.address}:{first.remote_port}",
        }
        if name in state.remotes:
            remotes = {remote: {"search": ["*"]} for remote in state.remotes[name]}
            clusters[scenery.host(name)]["elasticsearch_remote_clusters"] = remotes
        if scenery.inventory == "groups":
            clusters[name]["elasticsearch_nodes_group"] = scenery.nodes_group(name)
    ssh = local_variables() if local else ssh_variables(ssh_key, known_hosts, control_path)
    children: dict[str, Any] = {
        scenery.clusters_group(): {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "elasticsearch_ca_path": str(ca),
                "elasticsearch_username": "operator",
                "elasticsearch_password": accounts["operator"],
            },
            "hosts": clusters,
        },
        "elasticsearch_nodes": {
            "vars": ssh | ({} if local else privilege_variables(scenery, accounts["ops"])),
            "children": {scenery.nodes_group(name): {} for name in state.clusters},
        },
    }
    for name in state.clusters:
        # A spare is no node until a test starts it and names it.
        nodes = [node for node in state.nodes_of(name) if not node.spare]
        hosts = {scenery.host(node.name): node_variables(node, local, scenery) for node in nodes}
        children[scenery.nodes_group(name)] = {"hosts": hosts}
    everywhere: dict[str, Any] = {"ansible_become": True} if scenery.privilege == "become_all" else {}
    return {"all": {"vars": everywhere, "children": children}}


def privilege_variables(scenery: Scenery, password: str) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "sudo": {"ansible_user": "ops", "ansible_become": True},
        "sudo_password": {"ansible_user": "ops", "ansible_become": True, "ansible_become_password": password},
        "become_all": {"ansible_user": "ops"},
        "requiretty": {"ansible_user": "ops", "ansible_become": True},
        "service_user": {"ansible_user": "ops", "ansible_become": True, "ansible_become_user": "elasticsearch"},
        "su": {
            "ansible_user": "ops",
            "ansible_become": True,
            "ansible_become_method": "ansible.builtin.su",
            "ansible_become_password": password,
        },
        "root": {"ansible_user": "root", "ansible_become": False},
    }
    return found[scenery.privilege]


def ssh_variables(ssh_key: Path, known_hosts: Path, control_path: Path) -> dict[str, Any]:
    options = f"-o UserKnownHostsFile={known_hosts} -o StrictHostKeyChecking=no -o LogLevel=ERROR"
    options += " -o ControlMaster=auto -o ControlPersist=60s"
    return {
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


def node_variables(node: NodeState, local: bool, scenery: Scenery) -> dict[str, Any]:
    if not local and scenery.installation == "instances":
        # Either of both says which of the host's servers is meant.
        meant = {"elasticsearch_path_conf": node.config}
        if node.name == node.host:
            meant = {"elasticsearch_node_name": node.name}
        own = {"elasticsearch_service": node.service, "elasticsearch_remote_cluster_port": node.remote_port}
        return {"ansible_host": node.ip, **meant, **own}
    if not local:
        return {"ansible_host": node.ip}
    return {
        "elasticsearch_node_name": node.name,
        "elasticsearch_home": node.home,
        "elasticsearch_path_conf": node.config,
    }
