#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_files
short_description: Change files of a node's configuration together, with a way back
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Makes certificates, their keys and C(elasticsearch.yml) of one node what they are to be, all of them or none. Each file is
    replaced at once, with the owner, group, mode, access list and SELinux label that it had; a new one gets those of its directory.
  - Runs on the node itself. It needs nothing but Python there.
  - A change is pending until O(state=committed). Until then what was there before lies beside each file, with a dot in front and
    C(.before) behind its name, and O(state=restored) puts it back. So a run that was killed in between can be told by the next.
  - Elasticsearch looks at its certificate files every few seconds, so nothing has to be restarted. With O(serving), the change is
    committed as soon as the node shows the new certificate, and undone when it does not.
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: full
    description: Will return details on what has changed. A private key is replaced by a mark that changes with it.
  idempotent:
    support: full
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
options:
  files:
    description: The files that belong together, in the order in which they are replaced.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: The file, relative to O(path_conf). It must lie below that directory, as Elasticsearch demands.
        type: path
        required: true
      content:
        description: What it has to hold. Without it and O(files[].secret) the file is only looked at.
        type: str
      secret:
        description: What a private key's file has to hold, instead of O(files[].content). It is never returned or shown.
        type: str
      certificate:
        description:
          - Of a private key's file, the file of the certificate that it belongs to, relative to O(path_conf). Then
            RV(files[].matches) tells whether it does.
        type: path
      absent:
        description: Whether the file has to go.
        type: bool
        default: false
  state:
    description:
      - V(present) writes what differs.
      - V(committed) ends a pending change, V(restored) undoes it.
    type: str
    choices: [present, committed, restored]
    default: present
  serving:
    description:
      - What this node has to show at its own addresses before a change counts as done. It is asked by a TLS handshake, because
        C(GET _ssl/certificates) tells what lies in the files and not what the node uses.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Host and port, as they are reached from the node itself.
        type: str
        required: true
      sha256:
        description: The fingerprint of the certificate.
        type: str
        required: true
  timeout:
    description: Seconds that the node may take for O(serving).
    type: float
    default: 60
  path_conf:
    description:
      - The directory of C(elasticsearch.yml).
      - By default what C(/etc/default/elasticsearch) or C(/etc/sysconfig/elasticsearch) say in C(ES_PATH_CONF), else
        C(/etc/elasticsearch); with another O(home) than the package's, C(config) in that directory.
    type: path
  home:
    description: The directory of Elasticsearch's installation.
    type: path
seealso:
  - module: crosscluster.elasticsearch.node_certificates
"""

EXAMPLES = r"""
- name: Look at a certificate and whether the key belongs to it
  crosscluster.elasticsearch.node_files:
    files:
      - path: certs/node.crt
      - path: certs/node.key
        certificate: certs/node.crt
  become: true

- name: Replace both
  crosscluster.elasticsearch.node_files:
    files:
      - path: certs/node.crt
        content: "{{ made.certificate }}"
      - path: certs/node.key
        secret: "{{ made.private_key }}"
  become: true
  no_log: true
"""

RETURN = r"""
files:
  description: One entry for each of O(files), in the same order, as it is when the task is done.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file, as it was given.
      type: str
    exists:
      description: Whether it is there.
      type: bool
    content:
      description: What it holds; V(null) when it is a private key or can't be read.
      type: str
    owner:
      description: Its owner.
      type: str
    group:
      description: Its group.
      type: str
    mode:
      description: Its mode.
      type: str
      sample: "0640"
    readable:
      description: Whether the account of the running server may read it, by its mode; V(null) when no server runs.
      type: bool
    pending:
      description: Whether a change of it was neither committed nor restored.
      type: bool
    matches:
      description: Whether the key belongs to O(files[].certificate); V(null) when nobody can tell, as with an encrypted key.
      type: bool
    error:
      description: Why it can't be read, else V(null).
      type: str
path_conf:
  description: The directory of the node's configuration.
  returned: success
  type: str
  sample: /etc/elasticsearch
clock:
  description: The machine's time in seconds since 1970.
  returned: success
  type: float
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _node, _node_files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._keystore_tool import locate


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "files": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "no_log": False,
                "options": {
                    "path": {"type": "path", "required": True},
                    "content": {"type": "str"},
                    "secret": {"type": "str", "no_log": True},
                    "certificate": {"type": "path"},
                    "absent": {"type": "bool", "default": False},
                },
                "mutually_exclusive": [("content", "secret")],
            },
            "state": {"type": "str", "choices": ["present", "committed", "restored"], "default": "present"},
            "serving": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "address": {"type": "str", "required": True},
                    "sha256": {"type": "str", "required": True},
                },
            },
            "timeout": {"type": "float", "default": 60},
            "path_conf": {"type": "path"},
            "home": {"type": "path"},
        },
        supports_check_mode=True,
    )
    layout = locate(module.params["home"], module.params["path_conf"], None)
    process = _node.server_process(layout)
    try:
        service_user = _node.user_of("/proc/%d" % process) if process else None
        changed, files, diff = _node_files.run(
            layout.path_conf,
            module.params["files"],
            module.params["state"],
            module.params["serving"],
            module.params["timeout"],
            service_user,
            module.check_mode,
        )
    except _node_files.FilesError as error:
        module.fail_json(msg=str(error))
    result = dict(changed=changed, files=files, path_conf=os.path.normpath(layout.path_conf), clock=time.time())
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))


if __name__ == "__main__":
    main()
