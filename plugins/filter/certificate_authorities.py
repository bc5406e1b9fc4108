# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_authorities
short_description: The certificate authorities of a cluster of the inventory
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes the variables of a cluster's inventory host and returns C(elasticsearch_certificate_authority), which signs for the
    remote cluster server, and C(elasticsearch_transport_certificate_authority), which signs for transport and HTTP. Their
    C(certificate), C(private_key) and C(chain) may be files or texts.
  - The result holds secrets.
options:
  _input:
    description: The variables of the cluster's inventory host, as in C(hostvars['london']).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Create or renew the certificate authority of paris
  crosscluster.elasticsearch.certificate_authority:
    path: "{{ (hostvars['paris'] | crosscluster.elasticsearch.certificate_authorities).remote_cluster.path }}"
    passphrase: "{{ vault_paris_ca_passphrase }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: >-
    C(remote_cluster) and C(transport), those of them that are set, as options of M(crosscluster.elasticsearch.certificate_authority).
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import read
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._templates import TEMPLATES_STAY

VARIABLES = {
    "remote_cluster": "elasticsearch_certificate_authority",
    "transport": "elasticsearch_transport_certificate_authority",
}
OPTIONS = (
    *("path", "passphrase", "common_name", "key_type", "valid_for", "renew_before"),
    *("certificate", "private_key", "chain", "also_trusted"),
)


def certificate_authorities(variables: Any) -> dict[str, Any]:
    host = variables.get("inventory_hostname", "the cluster")
    found = {}
    for kind, name in VARIABLES.items():
        try:
            value = read(variables, name, templates_stay=TEMPLATES_STAY)
        except ValueError as error:
            raise AnsibleFilterError(f"{name} of {host}: {error}") from None
        if value in (None, "", {}):
            continue
        unknown = [key for key in value if key not in OPTIONS] if isinstance(value, dict) else ["it"]
        if unknown:
            raise AnsibleFilterError(
                "{} of {}: {} is no option; write a map with {}".format(name, host, unknown[0], ", ".join(OPTIONS))
            )
        found[kind] = hidden(value)
    return found


def hidden(authority: dict[str, Any]) -> dict[str, Any]:
    """A key that is a text goes where modules never show it."""
    if "-----BEGIN" not in str(authority.get("private_key")):
        return authority
    others = {key: value for key, value in authority.items() if key != "private_key"}
    return {**others, "private_key_text": authority["private_key"]}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_authorities": certificate_authorities}
