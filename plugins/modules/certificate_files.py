#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_files
short_description: Replace certificate files of a node, all of them or none
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Replaces files that belong together, such as a private key and its certificate, so that at every moment either all are the
    old ones or all are the new ones, also when the run is killed or the disk is full.
  - Elasticsearch loads changed PEM and PKCS#12 files by itself within some seconds, and shows a broken pair as well. So the
    module looks with TLS handshakes at what the node really shows, and puts the old files back when that is not what was
    written.
  - Owner, mode, access list and SELinux context stay; a new file gets owner and mode of its neighbours, but a private key none
    that lets everybody read it.
  - Runs on the node itself. It needs nothing but Python there.
options:
  files:
    description: The files, the certificate after its key. Only those that differ are touched.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      content:
        description: What it shall hold. Left out, the file stays as it is.
        type: str
      pkcs12:
        description: The same in Base64.
        type: str
      pending:
        description: Whether it is a private key that M(crosscluster.elasticsearch.certificate_request) has made beside it.
        type: bool
        default: false
  state:
    description:
      - V(present) puts the files in place, proves them, and forgets what was there before; or puts that back.
      - V(restored) puts back what was there before a run that was interrupted, V(committed) forgets it.
    type: str
    choices: [present, restored, committed]
    default: present
  proofs:
    description: What the node has to show when it has loaded the files.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: An address of the node as C(host:port).
        type: str
        required: true
      sha256:
        description: Fingerprint of the certificate that is shown there.
        type: str
        required: true
  timeout:
    description: Seconds that the node may take to load the files.
    type: int
    default: 90
  path_conf:
    description: The directory of the node's configuration. A file outside of it is refused, also where a link leads there.
    type: path
    default: /etc/elasticsearch
  service_user:
    description: The account that runs Elasticsearch. It is checked that it can read the files.
    type: str
  make_directory:
    description: Whether a missing directory of the files is made, with owner and mode of the one that it is in.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: partial
    description: Will return details on what has changed. It names the files, not what is in them.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
seealso:
  - module: crosscluster.elasticsearch.node_certificates
  - module: crosscluster.elasticsearch.node_info
"""

EXAMPLES = r"""
- name: Renew the certificate of the remote cluster server
  crosscluster.elasticsearch.certificate_files:
    files:
      - path: /etc/elasticsearch/certs/remote_cluster_server.key
        content: "{{ made.private_key }}"
      - path: /etc/elasticsearch/certs/remote_cluster_server.crt
        content: "{{ made.certificate }}"
    proofs:
      - address: lon-1:9443
        sha256: "{{ made.sha256 }}"
  become: true
"""

RETURN = r"""
files:
  description: The files that were changed, or would be.
  returned: success
  type: list
  elements: str
proven:
  description: Whether all of O(proofs) were seen.
  returned: success
  type: bool
untouched:
  description: V(true) when the module failed before it had changed a file, as with a full disk.
  returned: when that is so
  type: bool
seconds:
  description: How long the node took to load the files.
  returned: success
  type: float
"""

import binascii

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import certificate_files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_proof import (
    NotLoaded,
    converge,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "path": {"type": "path", "required": True},
                    "content": {"type": "str", "no_log": True},
                    "pkcs12": {"type": "str", "no_log": True},
                    "pending": {"type": "bool", "default": False},
                },
                "mutually_exclusive": [("content", "pkcs12")],
            },
            "state": {"type": "str", "choices": ["present", "restored", "committed"], "default": "present"},
            "proofs": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "address": {"type": "str", "required": True},
                    "sha256": {"type": "str", "required": True},
                },
            },
            "timeout": {"type": "int", "default": 90},
            "path_conf": {"type": "path", "default": "/etc/elasticsearch"},
            "service_user": {"type": "str"},
            "make_directory": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )

    try:
        result = converge(module.params, module.check_mode, certificate_files.context_of(module))
    except NotLoaded as error:
        module.fail_json(msg=str(error))
    except certificate_files.FilesError as error:
        module.fail_json(msg=str(error), untouched=True)
    except binascii.Error:
        module.fail_json(msg="files: a value of pkcs12 is not Base64.")
    except OSError as error:
        module.fail_json(msg="%s: %s." % (error.filename, error.strerror))
    diff = result.pop("diff")
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))


if __name__ == "__main__":
    main()
