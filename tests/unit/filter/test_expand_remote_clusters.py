# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.crosscluster.elasticsearch.plugins.filter import api_options, expand_remote_clusters

INVENTORY = """
all:
  vars:
    elasticsearch_domain: example
  children:
    elasticsearch_clusters:
      vars:
        elasticsearch_url: "https://{{ inventory_hostname }}.{{ elasticsearch_domain }}:9200"
        elasticsearch_username: operator
        elasticsearch_password: !unsafe "{{ not a template }}"
        elasticsearch_api_key:
        elasticsearch_ca_path: ""
        elasticsearch_timeout: 12
        elasticsearch_validate_certs: true
      hosts:
        london:
          elasticsearch_remote_clusters:
            paris:
              search: ["logs-{{ elasticsearch_domain }}-*"]
              replication: [{names: "{{ ['a', 'b'] }}"}]
              skip_unavailable: "{{ 1 == 2 }}"
        paris:
          elasticsearch_remote_address: "{{ inventory_hostname }}.{{ elasticsearch_domain }}:9443"
        rome:
          elasticsearch_url: "{{ nowhere }}"
          elasticsearch_remote_clusters:
            paris: {search: "{{ nowhere }}"}
        milan: {elasticsearch_url: }
    london_nodes: {hosts: {"lon-[1:2]": }}
    rome_nodes: {hosts: {rom-1: }}
"""


@pytest.fixture(scope="module")
def inventory(tmp_path_factory: pytest.TempPathFactory) -> tuple[HostVars, dict[str, list[str]]]:
    """Ansible's own variables, so that its lazy containers and its strings are the ones that playbooks meet."""
    path = tmp_path_factory.mktemp("inventory") / "hosts.yml"
    path.write_text(INVENTORY)
    loader = DataLoader()
    manager = InventoryManager(loader=loader, sources=[str(path)])
    variables = VariableManager(loader=loader, inventory=manager)
    return HostVars(manager, variables, loader), manager.get_groups_dict()


def exact_types(value: object) -> bool:
    if value.__class__ is dict:
        return all(exact_types(k) and exact_types(v) for k, v in value.items())
    if value.__class__ is list:
        return all(exact_types(item) for item in value)
    return value is None or value.__class__ in (str, int, bool, float)


def test_expand(inventory: tuple[HostVars, dict[str, list[str]]]) -> None:
    hostvars, groups = inventory
    result = expand_remote_clusters.expand_remote_clusters("london", hostvars, groups)
    assert exact_types(result)
    assert result["nodes"] == ["lon-1", "lon-2"]
    assert result["remotes"] == {"paris": {"cluster": "paris", "nodes": []}}
    entry = result["remote_clusters"][0]
    assert entry["settings"] == {
        "alias": "paris",
        "mode": "proxy",
        "proxy_address": "paris.example:9443",
        "skip_unavailable": False,
    }
    assert entry["api_key"]["access"] == {
        "search": [{"names": ["logs-example-*"]}],
        "replication": [{"names": ["a", "b"]}],
    }


def test_expand_refuses(inventory: tuple[HostVars, dict[str, list[str]]]) -> None:
    hostvars, groups = inventory
    with pytest.raises(AnsibleFilterError, match=r"elasticsearch_remote_clusters of rome: .*defined"):
        expand_remote_clusters.expand_remote_clusters("rome", hostvars, groups)


def test_api_options(inventory: tuple[HostVars, dict[str, list[str]]]) -> None:
    assert api_options.api_options(inventory[0]["london"]) == {
        "url": "https://london.example:9200",
        "username": "operator",
        "password": "{{ not a template }}",
        "timeout": 12,
        "validate_certs": True,
    }


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("rome", "elasticsearch_url of rome: .*defined"),
        ("milan", "milan has no elasticsearch_url; set it"),
    ],
)
def test_api_options_refuses(inventory: tuple[HostVars, dict[str, list[str]]], host: str, says: str) -> None:
    with pytest.raises(AnsibleFilterError, match=says):
        api_options.api_options(inventory[0][host])


def test_api_options_refuses_a_name() -> None:
    with pytest.raises(AnsibleFilterError, match="takes the variables of a cluster"):
        api_options.api_options("london")


def test_names_of_the_filters() -> None:
    assert list(expand_remote_clusters.FilterModule().filters()) == ["expand_remote_clusters"]
    assert list(api_options.FilterModule().filters()) == ["api_options"]
