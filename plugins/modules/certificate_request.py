#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_request
short_description: Create a private key on a node, and a request for its certificate
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Makes a private key that never leaves the node, beside the one that is in use, and returns a certificate signing request.
  - M(crosscluster.elasticsearch.certificate_files) puts it in place together with its certificate.
  - A key whose certificate has not come yet is used again.
options:
  private_key:
    description: The private key's file that is in use, or shall be.
    type: path
    required: true
  key_type:
    description: Kind of key.
    type: str
    choices: [ec_p256, ec_p384, rsa_2048, rsa_3072, rsa_4096]
    default: ec_p256
  common_name:
    description: Common name in the request. What signs it decides about all names.
    type: str
    required: true
  make_directory:
    description: Whether a missing directory of the file is made, with owner and mode of the one that it is in.
    type: bool
    default: false
  path_conf:
    description: The directory of the node's configuration. A file outside of it is refused, also where a link leads there.
    type: path
    default: /etc/elasticsearch
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: none
    description: Will return details on what has changed. There is nothing to show of a key.
requirements:
  - The command C(openssl) on the node
seealso:
  - module: crosscluster.elasticsearch.certificate_files
  - module: crosscluster.elasticsearch.node_certificates
"""

EXAMPLES = r"""
- name: Create a private key and a certificate request
  crosscluster.elasticsearch.certificate_request:
    private_key: /etc/elasticsearch/certs/remote_cluster_server.key
    common_name: lon-1
  become: true
  register: asked
"""

RETURN = r"""
request:
  description: The certificate signing request in PEM; V(null) when its key would be made, in check mode.
  returned: success
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_request
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import FilesError


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "private_key": {"type": "path", "required": True, "no_log": False},
            "key_type": {
                "type": "str",
                "choices": certificate_request.KEY_TYPES,
                "default": "ec_p256",
                "no_log": False,
            },
            "common_name": {"type": "str", "required": True},
            "make_directory": {"type": "bool", "default": False},
            "path_conf": {"type": "path", "default": "/etc/elasticsearch"},
        },
        supports_check_mode=True,
    )
    try:
        result = certificate_request.run(module.params, module.check_mode, module.run_command)
    except FilesError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="%s: %s." % (error.filename, error.strerror))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
