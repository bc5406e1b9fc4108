#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keystore
short_description: Manage secure settings in the keystore of an Elasticsearch node
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Makes the keystore of one node hold the given secure settings, with the node's own C(elasticsearch-keystore) command.
  - Runs on the node itself. It needs nothing but Python there.
  - All values are written by one start of the command, and reach it by its standard input only.
  - When nothing differs, no JVM is started at all. For that, the module keeps a file
    C(.elasticsearch.keystore.known.json) beside the keystore, readable by its owner only. It holds digests of values and
    ids of API keys, never a secret, and counts only for exactly the keystore file that it was written for.
  - Elasticsearch must be told afterwards, by M(crosscluster.elasticsearch.reload_secure_settings) or by a restart.
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: full
    description: Will return details on what has changed. A secret is replaced by a mark that changes with the secret.
  idempotent:
    support: full
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
options:
  settings:
    description:
      - Names of secure settings and their values.
      - Below C(cluster.) only those that the node's Elasticsearch knows, because it does not start with another one. From 9.5 on
        that is C(cluster.state.encryption.*) too.
      - A remote cluster's credential is C(cluster.remote.ALIAS.credentials); its value is the C(encoded) value of the
        cross-cluster API key.
      - Values are secrets and are masked everywhere.
    type: dict
  absent:
    description: Names of secure settings that the keystore must not hold.
    type: list
    elements: str
  expected:
    description:
      - Names of credentials in O(settings) or O(absent), each with the id of the API key that the keystore was seen to hold;
        V(null) or an empty text where it held none.
      - A credential that by now has another id is left as it is and listed in RV(left), unless it is already as wanted. So what
        another run has written meanwhile is not overwritten.
      - A credential that is not named here is changed whatever it was.
    type: dict
  create:
    description:
      - Whether to create a keystore that does not exist, with O(password) when that is given.
    type: bool
    default: false
  home:
    description:
      - The directory of Elasticsearch's installation.
      - By default that of the running server; where none runs, C(/usr/share/elasticsearch).
    type: path
  path_conf:
    description:
      - The directory of C(elasticsearch.yml) and of the keystore. Two nodes on one machine have two of them.
      - By default that of the running server; where none runs, what C(/etc/default/elasticsearch) or C(/etc/sysconfig/elasticsearch)
        say in C(ES_PATH_CONF), else C(/etc/elasticsearch); with another O(home) than the package's, C(config) in that directory.
    type: path
  java_home:
    description:
      - The JDK for the command.
      - By default what the same files say in C(ES_JAVA_HOME), else the JDK that comes with Elasticsearch.
    type: path
  password:
    description: The keystore's password, if it has one.
    type: str
seealso:
  - module: crosscluster.elasticsearch.reload_secure_settings
  - module: crosscluster.elasticsearch.node_info
notes:
  - Owner, group, mode, access list and SELinux label of the keystore stay as they are. So the module must run as root or as
    the owner of the file.
"""

EXAMPLES = r"""
- name: Write the API key for the remote cluster paris to the keystore
  crosscluster.elasticsearch.keystore:
    settings:
      cluster.remote.paris.credentials: "{{ paris_key.encoded }}"
  become: true

- name: Remove the credential of a remote cluster from a keystore with a password
  crosscluster.elasticsearch.keystore:
    absent:
      - cluster.remote.paris.credentials
    password: "{{ keystore_password }}"
  become: true

- name: Write a secure setting of a node that was installed from an archive
  crosscluster.elasticsearch.keystore:
    home: /opt/elasticsearch
    path_conf: /opt/nodes/b/config
    create: true
    settings:
      xpack.security.remote_cluster_server.ssl.secure_key_passphrase: "{{ passphrase }}"
  become: true
  become_user: elasticsearch
"""

RETURN = r"""
path:
  description: The keystore file.
  returned: success
  type: str
  sample: /etc/elasticsearch/elasticsearch.keystore
settings:
  description:
    - For each name in O(settings) and O(absent), whether the keystore holds it when the task is done.
    - For a remote cluster's credential that it holds also C(id), the id of the API key.
  returned: success
  type: dict
  sample: {"cluster.remote.paris.credentials": {"present": true, "id": "VuaCfGcBCdbkQm-e5aOx"}}
credentials:
  description: For each remote cluster whose credential is in O(settings), the id of the API key that the keystore holds when
    the task is done.
  returned: success
  type: dict
  sample: {"paris": "VuaCfGcBCdbkQm-e5aOx"}
left:
  description: The credentials that were left as they are because of O(expected), each with the id of the API key that the
    keystore holds; V(null) for none.
  returned: success
  type: dict
  sample: {"cluster.remote.rome.credentials": "b1Vq0ZMBu2KkLhRcVnCX"}
jvm_starts:
  description: How often C(elasticsearch-keystore) was started.
  returned: success
  type: int
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore import converge
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "settings": {"type": "dict", "no_log": True},
            "absent": {"type": "list", "elements": "str"},
            "expected": {"type": "dict"},
            "create": {"type": "bool", "default": False},
            "home": {"type": "path"},
            "path_conf": {"type": "path"},
            "java_home": {"type": "path"},
            "password": {"type": "str", "no_log": True},
        },
        required_one_of=[("settings", "absent")],
        supports_check_mode=True,
    )
    try:
        result = converge(module.params, module.check_mode)
    except KeystoreError as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings"):
        module.warn(warning)
    diff = result.pop("diff")
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))


if __name__ == "__main__":
    main()
