#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Create, renew or check a certificate authority on the controller
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Keeps a certificate authority (CA) in a directory of the controller, its private key encrypted with a passphrase, and tells
    what nodes have to trust. M(crosscluster.elasticsearch.node_certificates) signs with it.
  - A CA is renewed in three phases, so that at no time a node meets a certificate that it does not trust. Each phase may be
    interrupted anywhere and run again.
  - Instead, a CA that is there already, such as an intermediate one of the company, can be given. Then it is checked, and
    nothing is written.
  - Runs on the controller, so use it with C(delegate_to=localhost). The private key never leaves it.
options:
  path:
    description:
      - Directory of the CA. It is made when missing, for its owner only.
      - It holds C(ca.crt) and C(ca.key), during a renewal C(next.crt) and C(next.key), then C(previous.crt); C(earlier.crt) has the
        certificates of all before. To go on with a CA that another tool has made, put its two files there; a key that is not
        encrypted is encrypted.
      - Keep a backup of it and of the passphrase.
    type: path
  passphrase:
    description:
      - Encrypts the private key. Required with O(path), and with an encrypted O(private_key) or O(private_key_text).
      - At least 8 characters with O(path).
    type: str
  common_name:
    description: Common name of a CA that is made. An existing one keeps its own.
    type: str
    default: Elasticsearch CA
  key_type:
    description: Kind of key of a CA that is made. An existing one keeps its own.
    type: str
    choices: [ec_p256, ec_p384, rsa_2048, rsa_3072, rsa_4096]
    default: ec_p256
  valid_for:
    description: How long a CA that is made is valid, as a time of Elasticsearch such as V(3650d).
    type: str
    default: 3650d
  renew_before:
    description: A CA that expires within this time is reported as RV(due). It is not renewed without O(phase).
    type: str
    default: 30d
  phase:
    description:
      - V(current) makes a CA when there is none, and tells what is there.
      - V(trust_both) makes the next CA. The old one still signs, and RV(bundle) has both. Hand the bundle to every node.
      - V(sign_new) lets the next CA sign, and deletes the old one's key. RV(bundle) still has both. Sign all certificates again.
      - V(trust_new) takes the old CA out of RV(bundle). Hand the bundle to every node.
      - A phase that a renewal has passed already changes nothing. A step that would break trust is refused.
    type: str
    choices: [current, trust_both, sign_new, trust_new]
    default: current
  renew_older_than:
    description:
      - V(trust_both) and V(sign_new) leave a CA as it is that began to be valid within this time and has not expired. So a renewal
        that was interrupted when it was done already is not begun once more by the next run. V(0s) renews every CA.
      - A CA that is made here is valid from one hour before.
    type: str
    default: 1d
  certificate:
    description:
      - File with the certificate of a CA that is there already, in PEM, or its text. Its issuers may follow it, or be in O(chain).
      - It and its issuers are checked, that they are CAs, valid now, strong enough, in order and complete up to a self-signed root.
    type: path
  private_key:
    description: File with its private key, in PEM. Leave it out when certificates are issued elsewhere.
    type: path
  private_key_text:
    description: The text of its private key instead, in PEM, as for a controller that keeps no files.
    type: str
  chain:
    description: File with the certificates that lead from O(certificate) to the self-signed root, in this order, or their text.
    type: path
  also_trusted:
    description: >-
      Files with further CA certificates for RV(bundle), or their texts, such as the one before, or the one to come, of O(certificate).
    type: list
    elements: path
    default: []
  shown:
    description:
      - Certificates in PEM that nodes show, which this CA should have issued, each text with any number. With O(path).
      - Where they are of a CA of the same name with another key, the directory is not the one with which they were made (it is not
        mounted, or that of another controller). Then the module fails before it writes anything, unless O(replace_lost) says that
        a new beginning is meant.
    type: list
    elements: str
    default: []
  shown_pkcs12:
    description: The same as PKCS#12 files.
    type: list
    elements: dict
    default: []
    suboptions:
      content:
        description: The file in Base64.
        type: str
        required: true
      password:
        description: Opens it.
        type: str
        required: true
  trusted:
    description: CA certificates in PEM that nodes trust. They tell of a loss as O(shown) does, but only while there is no CA.
    type: list
    elements: str
    default: []
  beside:
    description:
      - Directories, certificate files or texts of other CAs. What nodes hold of those is no sign of a loss, though they may have the
        same name.
    type: list
    elements: path
    default: []
  replace_lost:
    description:
      - Whether a new CA begins, or the one in O(path) goes on, though nodes hold certificates of one of the same name. The lost
        ones are kept in C(earlier.crt).
    type: bool
    default: false
extends_documentation_fragment:
  - crosscluster.elasticsearch.attributes
requirements:
  - cryptography 42 or newer
notes:
  - A new certificate is valid from one hour ago, so that clocks may differ by as much.
seealso:
  - module: crosscluster.elasticsearch.node_certificates
"""

EXAMPLES = r"""
- name: Create the CA of the cluster London
  crosscluster.elasticsearch.certificate_authority:
    path: /srv/ca/london
    passphrase: "{{ vault_london_ca_passphrase }}"
    common_name: London CA
  delegate_to: localhost
  register: london_ca

- name: Prepare the next CA of the cluster London
  crosscluster.elasticsearch.certificate_authority:
    path: /srv/ca/london
    passphrase: "{{ vault_london_ca_passphrase }}"
    common_name: London CA
    phase: trust_both
  delegate_to: localhost

- name: Check the intermediate CA of the company
  crosscluster.elasticsearch.certificate_authority:
    certificate: /srv/ca/intermediate.crt
    private_key: /srv/ca/intermediate.key
    passphrase: "{{ vault_intermediate_passphrase }}"
    chain: /srv/ca/chain.crt
  delegate_to: localhost

- name: Check a CA that a credential holds instead of a file
  crosscluster.elasticsearch.certificate_authority:
    certificate: "{{ lookup('ansible.builtin.env', 'CA_CERTIFICATE') }}"
    private_key_text: "{{ lookup('ansible.builtin.env', 'CA_KEY') }}"
    passphrase: "{{ lookup('ansible.builtin.env', 'CA_PASSPHRASE') }}"
  delegate_to: localhost
"""

RETURN = r"""
certificate:
  description: The signing CA's certificate in PEM; V(null) when it would be made, in check mode.
  returned: success
  type: str
chain:
  description: Certificates in PEM that follow each certificate that the CA signs; empty when the CA is a root.
  returned: success
  type: list
  elements: str
bundle:
  description: Certificates in PEM that nodes have to trust, that of the signing CA's root first.
  returned: success
  type: list
  elements: str
bundle_pem:
  description: RV(bundle) as one text; in check mode with a comment for a CA that would be made.
  returned: success
  type: str
renewed_bundle_pem:
  description: >-
    What RV(bundle_pem) becomes when the renewal that RV(phase) tells of is done, so without the old CA; the same where there is none.
  returned: success
  type: str
fingerprints:
  description: SHA-256 fingerprints of RV(bundle), in this order.
  returned: success
  type: list
  elements: str
earlier:
  description: SHA-256 fingerprints of the CAs before, which nodes may still trust.
  returned: success
  type: list
  elements: str
files:
  description: Names of the files in O(path) that were written, removed or closed, or would be.
  returned: success
  type: list
  elements: str
  sample: [ca.crt, ca.key]
phase:
  description: How far a renewal is. V(current) means that there is none.
  returned: success
  type: str
  sample: trust_both
not_before:
  description: When the signing CA began to be valid; V(null) when it would be made, in check mode.
  returned: success
  type: str
  sample: "2026-11-25T09:00:00Z"
not_after:
  description: When the signing CA expires; V(null) when it would be made, in check mode.
  returned: success
  type: str
  sample: "2036-11-22T10:00:00Z"
due:
  description: Whether it expires within O(renew_before).
  returned: success
  type: bool
expired:
  description: Whether it has expired already, so that nodes trust nothing that it has signed.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import authority_module, keys, store
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.modules import run_module


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path"},
            "passphrase": {"type": "str", "no_log": True},
            "common_name": {"type": "str", "default": "Elasticsearch CA"},
            "key_type": {"type": "str", "choices": keys.KEY_TYPES, "default": "ec_p256", "no_log": False},
            "valid_for": {"type": "str", "default": "3650d"},
            "renew_before": {"type": "str", "default": "30d"},
            "phase": {"type": "str", "choices": store.PHASES, "default": "current"},
            "renew_older_than": {"type": "str", "default": "1d"},
            "certificate": {"type": "path"},
            "private_key": {"type": "path", "no_log": False},
            "private_key_text": {"type": "str", "no_log": True},
            "chain": {"type": "path"},
            "also_trusted": {"type": "list", "elements": "path", "default": []},
            "shown": {"type": "list", "elements": "str", "default": []},
            "shown_pkcs12": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "content": {"type": "str", "required": True, "no_log": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
            "trusted": {"type": "list", "elements": "str", "default": []},
            "beside": {"type": "list", "elements": "path", "default": []},
            "replace_lost": {"type": "bool", "default": False},
        },
        required_one_of=[("path", "certificate")],
        mutually_exclusive=[
            *(("path", name) for name in ("certificate", "private_key", "private_key_text", "chain")),
            ("private_key", "private_key_text"),
        ],
        required_by={
            "path": "passphrase",
            "private_key": "certificate",
            "private_key_text": "certificate",
            "chain": "certificate",
        },
        supports_check_mode=True,
    )
    run_module(module, authority_module.run)


if __name__ == "__main__":
    main()
