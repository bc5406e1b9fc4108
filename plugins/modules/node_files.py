#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_files
short_description: Change configuration files of a node together, or restore the previous ones
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Looks at files of one node's configuration, such as C(elasticsearch.yml) and the certificates that it names, and replaces those
    that have to hold something else, with the owner, group, mode, access list and SELinux label that they have.
  - Runs on the node itself. It needs nothing but Python there.
  - A change is pending until O(state=committed). Until then what was there before lies beside each file, with a dot in front and
    C(.before) behind its name, and O(state=restored) puts it back. So a run that was killed in between can be told by the next.
  - Certificates are put in place by M(crosscluster.elasticsearch.certificate_files), which also proves them.
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
        description: What it has to hold. Without it the file is only looked at.
        type: str
      certificate:
        description:
          - Of a private key's file, the file of the certificate that it belongs to, relative to O(path_conf). Then
            RV(files[].matches) tells whether it does, and its content is not returned.
        type: path
  state:
    description:
      - V(present) writes what differs.
      - V(committed) ends a pending change, V(restored) undoes it.
    type: str
    choices: [present, committed, restored]
    default: present
  path_conf:
    description:
      - The directory of C(elasticsearch.yml).
      - By default that of the running server; where none runs, what C(/etc/default/elasticsearch) or C(/etc/sysconfig/elasticsearch)
        say in C(ES_PATH_CONF), else C(/etc/elasticsearch); with another O(home) than the package's, C(config) in that directory.
    type: path
  home:
    description: The directory of Elasticsearch's installation.
    type: path
  node_name:
    description: The node's name in the cluster, which says of several servers on the machine which one is meant.
    type: str
seealso:
  - module: crosscluster.elasticsearch.certificate_files
  - plugin: crosscluster.elasticsearch.elasticsearch_yml
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read elasticsearch.yml, a private key and its certificate
  crosscluster.elasticsearch.node_files:
    files:
      - path: elasticsearch.yml
      - path: certs/node.key
        certificate: certs/node.crt
  become: true
  no_log: true
  register: node

- name: Write elasticsearch.yml and keep the previous one
  crosscluster.elasticsearch.node_files:
    files:
      - path: elasticsearch.yml
        content: "{{ node.files[0].content | crosscluster.elasticsearch.elasticsearch_yml({'http.port': 9201}) }}"
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
running:
  description: Whether the node's server process was found.
  returned: success
  type: bool
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

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import facts
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import files as node_files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import (
    FilesError,
    context_of,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import find_layout


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
                    "certificate": {"type": "path"},
                },
            },
            "state": {"type": "str", "choices": ["present", "committed", "restored"], "default": "present"},
            "path_conf": {"type": "path"},
            "home": {"type": "path"},
            "node_name": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        layout = find_layout(module.params["home"], module.params["path_conf"], None, module.params["node_name"])
        process = facts.server_process(layout)
        service_user = facts.user_of("/proc/%s" % process) if process else None
        changed, files, diff = node_files.run(
            layout.path_conf,
            module.params["files"],
            module.params["state"],
            service_user,
            module.check_mode,
            context_of(module),
        )
    except (FilesError, KeystoreError) as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg="%s: %s; use become with root." % (error.filename, error.strerror))
    result = dict(changed=changed, files=files, path_conf=os.path.normpath(layout.path_conf), clock=time.time())
    result["running"] = process is not None
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))


if __name__ == "__main__":
    main()
