# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: api_options
short_description: The options by which a module reaches the API of a cluster of the inventory
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes the variables of a cluster's inventory host and returns those of C(elasticsearch_url),
    C(elasticsearch_username) and so on that are set, under the names that the modules of this collection have for them.
  - The result holds secrets. Give it to a module directly, and not to C(debug) or C(set_fact).
options:
  _input:
    description: The variables of the cluster's inventory host, as in C(hostvars['london']).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Read the remote clusters of paris from a play on london
  crosscluster.elasticsearch.remote_cluster_info: "{{ hostvars['paris'] | crosscluster.elasticsearch.api_options }}"
"""

RETURN = r"""
_value:
  description:
    - The options that are set, of C(url), C(username), C(password), C(api_key), C(bearer_token), C(ca_path),
      C(ca_fingerprint), C(validate_certs), C(client_cert), C(client_key), C(timeout) and C(retries).
  type: dict
"""

from collections.abc import Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import read
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._templates import TEMPLATES_STAY

OPTIONS = (
    "url",
    "username",
    "password",
    "api_key",
    "bearer_token",
    "ca_path",
    "ca_fingerprint",
    "validate_certs",
    "client_cert",
    "client_key",
    "timeout",
    "retries",
)


def api_options(variables: Any) -> dict[str, Any]:
    if not isinstance(variables, Mapping):
        raise AnsibleFilterError("api_options takes the variables of a cluster, as in hostvars['london'] | api_options")
    host = variables.get("inventory_hostname", "the cluster")
    options = {}
    for option in OPTIONS:
        try:
            value = read(variables, f"elasticsearch_{option}", templates_stay=TEMPLATES_STAY)
        except ValueError as error:
            raise AnsibleFilterError(f"elasticsearch_{option} of {host}: {error}") from None
        if value is not None and value != "":
            options[option] = value
    if "url" not in options:
        # Without it every cluster would be the one that the environment names.
        raise AnsibleFilterError(f"{host} has no elasticsearch_url; set it to an address of its API")
    return options


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"api_options": api_options}
