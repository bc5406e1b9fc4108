#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_certificates
short_description: Create or check the certificates of many nodes in one call
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Looks at the certificates that nodes have, and makes those anew that do not fit. What is installed on a node is the whole
    state, so nothing is remembered on the controller, and nothing is written anywhere.
  - A certificate fits when the CA that signs now has issued it, it has the names that are wished, it may be used for its purpose,
    its key is of the kind that is wished, and it is valid longer than O(renew_before).
  - Further names of an installed certificate, such as that of a load balancer, are in the new one as well, unless
    O(names_exact) is set.
  - What would be lost by a new file is refused, such as further keys in a PKCS#12 file; in check mode too.
  - Runs on the controller, so use it with C(delegate_to=localhost). The CA's key never leaves it.
options:
  authority:
    description:
      - The CA, either as O(authority.path) or as O(authority.certificate) with what belongs to it.
      - Required without O(issued).
    type: dict
    suboptions:
      path:
        description: Directory of M(crosscluster.elasticsearch.certificate_authority). In check mode the CA may still have to be made.
        type: path
      certificate:
        description: File with the certificate of a CA that was given, in PEM, or its text. Its issuers may follow it.
        type: path
      private_key:
        description: File with its private key, in PEM. Not needed with O(issued).
        type: path
      private_key_text:
        description: The text of its private key instead, in PEM.
        type: str
      chain:
        description: File with the certificates that lead to the self-signed root, in this order, or their text.
        type: path
      passphrase:
        description: Opens the private key.
        type: str
  certificates:
    description: The certificates, in any number.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      purpose:
        description:
          - What it is for. V(transport) is for servers and clients, V(remote_cluster_server) and V(http) are for servers,
            V(remote_cluster_client) is for clients, V(signing) is for signing requests to remote clusters.
        type: str
        choices: [transport, remote_cluster_server, remote_cluster_client, http, signing]
        required: true
      dns:
        description: Its DNS names. A first label may be V(*).
        type: list
        elements: str
        default: []
      ip:
        description: Its IP addresses.
        type: list
        elements: str
        default: []
      common_name:
        description:
          - Its common name, by default O(certificates[].name). An installed certificate of another one is made anew only when this
            is given.
        type: str
      subject:
        description: Its whole distinguished name instead, such as V(CN=london,O=Example), where another cluster asks for an identity.
        type: str
      installed:
        description: The certificate file that is on the node, in PEM; V(null) when there is none.
        type: str
      installed_pkcs12:
        description: The PKCS#12 file that is on the node, in Base64, instead of O(certificates[].installed).
        type: str
      trusted:
        description:
          - Whether the node trusts what is in O(certificates[].installed_pkcs12), as C(truststore.path) names the same file. Then the
            file is not replaced, because a new one would not be trusted as a truststore.
        type: bool
        default: false
      key_encrypted:
        description: Whether the private key on the node has a passphrase. Then it is replaced with O(unencrypted_keys) only.
        type: bool
        default: false
      key_matches:
        description: Whether the key on the node belongs to O(certificates[].installed); V(null) when nobody has looked.
        type: bool
      request:
        description:
          - A certificate signing request in PEM that the node has made, so that its key never leaves it. Only its key is taken from it.
        type: str
      format:
        description: V(pem) returns the certificate and its key apart, V(pkcs12) in one file.
        type: str
        choices: [pem, pkcs12]
        default: pem
      password:
        description: Password of the PKCS#12 file, at least 8 characters.
        type: str
      issued_certificate:
        description: With O(issued), the certificate to install, in PEM, its issuers after it. By default it is the installed one.
        type: str
      issued_private_key:
        description: Its private key in PEM, not encrypted, unless the node has it.
        type: str
  key_type:
    description: Kind of the nodes' keys.
    type: str
    choices: [ec_p256, ec_p384, rsa_2048, rsa_3072, rsa_4096]
    default: ec_p256
  valid_for:
    description: How long new certificates are valid, as a time of Elasticsearch such as V(365d); at most as long as their CA.
    type: str
    default: 365d
  renew_before:
    description: Certificates that expire within this time are made anew.
    type: str
    default: 30d
  renew:
    description: Whether all are made anew though they fit. Every run with it makes new ones.
    type: bool
    default: false
  names_exact:
    description:
      - Whether certificates have the names that are wished and no others, so that one with further names is made anew without them.
      - With V(false) they are kept. RV(certificates[].kept) tells them.
    type: bool
    default: false
  names_of_nodes:
    description:
      - Names and addresses that belong to one node, by its name. The certificate of another node does not keep them.
    type: dict
    default: {}
  unencrypted_keys:
    description: Whether a private key that has a passphrase may be replaced by one that has none.
    type: bool
    default: false
  issued:
    description:
      - Whether certificates are issued elsewhere. Then they are only checked, and a certificate that does not fit is an error.
      - They may have more names than O(certificates[].dns) and O(certificates[].ip), and wildcards that cover those.
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.attributes
requirements:
  - cryptography 42 or newer
notes:
  - A new certificate is valid from one hour ago, so that clocks may differ by as much.
  - A result that holds a private key is not printed. Use C(no_log) all the same in tasks that pass it on.
seealso:
  - module: crosscluster.elasticsearch.certificate_authority
"""

EXAMPLES = r"""
- name: Create certificates for transport and remote cluster server of all nodes
  crosscluster.elasticsearch.node_certificates:
    authority:
      path: /srv/ca/london
      passphrase: "{{ vault_london_ca_passphrase }}"
    certificates:
      - name: lon-1
        purpose: transport
        dns: [lon-1.example]
        ip: [10.0.0.11]
        installed: "{{ lon_1_transport_certificate }}"
      - name: lon-1
        purpose: remote_cluster_server
        dns: [lon-1.example, london.example]
  delegate_to: localhost
  no_log: true
  register: made

- name: Check certificates that another tool has issued
  crosscluster.elasticsearch.node_certificates:
    issued: true
    authority:
      certificate: /srv/ca/intermediate.crt
      chain: /srv/ca/chain.crt
    certificates:
      - name: lon-1
        purpose: http
        dns: [lon-1.example]
        issued_certificate: "{{ lookup('ansible.builtin.file', '/srv/issued/lon-1.crt') }}"
  delegate_to: localhost
"""

RETURN = r"""
certificates:
  description: One entry for each of O(certificates), in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the node.
      type: str
    purpose:
      description: What it is for.
      type: str
    changed:
      description: Whether the node has to install something.
      type: bool
    reason:
      description:
        - Why, else empty. V(missing), V(unreadable), V(issuer), V(expired), V(not_yet_valid), V(key_type), V(key_mismatch), V(request)
          (the key of the request is another one), V(usage), V(sans), V(subject), V(on_demand), V(expiring).
        - With V(chain) the certificate and its key stay, and only the certificates that follow it are other ones.
        - With V(issued) another certificate was issued elsewhere.
      type: str
    certificate:
      description: What the node's certificate file has to hold, its issuers last; V(null) when it stays, and in check mode.
      type: str
    private_key:
      description:
        - Its private key, PKCS#8 in PEM; V(null) when the key stays, when the node has made it, and in check mode.
        - V(null) with O(issued) too; install O(certificates[].issued_private_key).
      type: str
    pkcs12:
      description: The PKCS#12 file in Base64 instead of a private key, when that is wished.
      type: str
    serial:
      description: Serial number, hexadecimal; like the next ones V(null) when it would be made, in check mode.
      type: str
    not_before:
      description: When it begins to be valid.
      type: str
    not_after:
      description: When it expires.
      type: str
    sans:
      description: Its subject alternative names.
      type: list
      elements: str
      sample: ["DNS:lon-1.example", "IP:10.0.0.11"]
    kept:
      description: Names that were not wished, and that it has because the installed one has them.
      type: list
      elements: str
      sample: ["DNS:lb.london.example"]
    lost:
      description: Names that the installed one has, and it has not.
      type: list
      elements: str
    sha256:
      description: Its fingerprint.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import certificate, fleet, keys
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.modules import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "authority": {
                "type": "dict",
                "options": {
                    "path": {"type": "path"},
                    "certificate": {"type": "path"},
                    "private_key": {"type": "path", "no_log": False},
                    "private_key_text": {"type": "str", "no_log": True},
                    "chain": {"type": "path"},
                    "passphrase": {"type": "str", "no_log": True},
                },
                "required_one_of": [("path", "certificate")],
                "mutually_exclusive": [
                    *(("path", name) for name in ("certificate", "private_key", "private_key_text", "chain")),
                    ("private_key", "private_key_text"),
                ],
                "required_by": {"path": "passphrase"},
            },
            "certificates": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "purpose": {"type": "str", "choices": list(certificate.PURPOSES), "required": True},
                    "dns": {"type": "list", "elements": "str", "default": []},
                    "ip": {"type": "list", "elements": "str", "default": []},
                    "common_name": {"type": "str"},
                    "subject": {"type": "str"},
                    "installed": {"type": "str"},
                    "installed_pkcs12": {"type": "str", "no_log": True},
                    "trusted": {"type": "bool", "default": False},
                    "key_encrypted": {"type": "bool", "default": False, "no_log": False},
                    "key_matches": {"type": "bool", "no_log": False},
                    "request": {"type": "str"},
                    "format": {"type": "str", "choices": ["pem", "pkcs12"], "default": "pem"},
                    "password": {"type": "str", "no_log": True},
                    "issued_certificate": {"type": "str"},
                    "issued_private_key": {"type": "str", "no_log": True},
                },
                "mutually_exclusive": [("installed", "installed_pkcs12")],
            },
            "key_type": {"type": "str", "choices": keys.KEY_TYPES, "default": "ec_p256", "no_log": False},
            "valid_for": {"type": "str", "default": "365d"},
            "renew_before": {"type": "str", "default": "30d"},
            "renew": {"type": "bool", "default": False},
            "names_exact": {"type": "bool", "default": False},
            "names_of_nodes": {"type": "dict", "default": {}},
            "unencrypted_keys": {"type": "bool", "default": False, "no_log": False},
            "issued": {"type": "bool", "default": False},
        },
        required_if=[("issued", False, ["authority"])],
        mutually_exclusive=[("renew", "issued")],
        supports_check_mode=True,
    )
    run_module(module, fleet.run)


if __name__ == "__main__":
    main()
