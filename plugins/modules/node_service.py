#!/usr/bin/python
# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: node_service
short_description: Read how the server of a node runs, or restart one whose keystore has a password
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Tells which servers of Elasticsearch run on the machine, as which unit of systemd, which ports are listened at, and whether the
    service could be started again, which needs a passphrase where the keystore has a password.
  - Restarts the service with that passphrase, as Elastic's documentation of systemd says. It lies in a file below C(/run) that only
    the service's account can read, is named to systemd in C(ES_KEYSTORE_PASSPHRASE_FILE), and both are taken away when the node
    has started, or has not.
  - Runs on the node itself. It needs nothing but Python there.
attributes:
  check_mode:
    support: full
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    support: none
    description: Will return details on what has changed. There is nothing to compare.
  idempotent:
    support: none
    description: When run twice in a row, with the same arguments, the second invocation indicates no change. A restart is one each time.
requirements:
  - Python 3.8 or newer on the node
  - Linux on the node
options:
  state:
    description:
      - V(read) only looks.
      - V(restarted) restarts O(service) with O(password), for which it has to be run by systemd.
    type: str
    choices: [read, restarted]
    default: read
  service:
    description: The unit of systemd, with or without C(.service). Without it nothing is told of a unit.
    type: str
  password:
    description: The keystore's password. With O(state=read) it is tried, for which C(elasticsearch-keystore) is started once.
    type: str
  home:
    description: The directory of Elasticsearch's installation.
    type: path
  path_conf:
    description:
      - The directory of C(elasticsearch.yml).
      - By default what C(/etc/default/elasticsearch) or C(/etc/sysconfig/elasticsearch) say in C(ES_PATH_CONF), else
        C(/etc/elasticsearch); with another O(home) than the package's, C(config) in that directory.
    type: path
  java_home:
    description: The JDK for the keystore command. By default what the same files say, else the JDK that comes with Elasticsearch.
    type: path
seealso:
  - module: crosscluster.elasticsearch.node_info
"""

EXAMPLES = r"""
- name: Read how the server of the node runs
  crosscluster.elasticsearch.node_service:
    service: elasticsearch
  become: true
  register: node

- name: Restart the server of the node
  crosscluster.elasticsearch.node_service:
    state: restarted
    service: elasticsearch
    password: "{{ vault_keystore_password }}"
  become: true
  no_log: true
  when: node.node_service.keystore.protected
"""

RETURN = r"""
node_service:
  description: What was found.
  returned: with O(state=read)
  type: dict
  contains:
    hostname:
      description: The machine's name.
      type: str
    addresses:
      description: The machine's IP addresses.
      type: list
      elements: str
    account:
      description: The account that this module ran as.
      type: str
    write_error:
      description: Why that account could not replace C(elasticsearch.yml), as far as that is to be seen; else V(null).
      type: str
    servers:
      description:
        - Each server of Elasticsearch on the machine, with C(pid), C(home), C(path_conf) (V(null) where it does not tell), C(unit) of
          systemd, C(user), whether it lives C(elsewhere) (in a container), and whether it is this node's C(own).
      type: list
      elements: dict
    ports:
      description: TCP ports at which something listens.
      type: list
      elements: int
    service:
      description:
        - Of O(service) C(unit) (its full name), C(loaded) (whether there is one), C(user), C(reads_passphrase), whether it starts
          Elasticsearch with C(ES_KEYSTORE_PASSPHRASE_FILE), and C(other_path_conf), its directory of C(elasticsearch.yml) where it
          tells another one than the one that is looked at.
        - V(null) on a machine without systemd.
      type: dict
    passphrase_file:
      description: The file from which the node gets the passphrase at each start already; V(null) where there is none.
      type: str
    keystore:
      description: Whether it is C(protected) by a password, and C(error), why it can't be opened with O(password); V(null) if it can.
      type: dict
"""

import os
import socket
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import service
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.facts import (
    account,
    local_addresses,
    write_error,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
    Tool,
    is_protected,
    locate,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import at, running


def keystore(layout: Layout, password: str | None) -> dict[str, Any]:
    """A password that does not fit is told, not raised: it is evidence as the rest is."""
    found: dict[str, Any] = dict(protected=False, error=None)
    try:
        found["protected"] = os.path.exists(layout.keystore) and is_protected(layout.keystore)
        if found["protected"] and password:
            own = at(running(), layout)
            Tool(layout._replace(variables=own[0].variables if own else {}), password).names()
    except (KeystoreError, OSError) as error:
        found["error"] = str(error)
    return found


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["read", "restarted"], "default": "read"},
            "service": {"type": "str"},
            "password": {"type": "str", "no_log": True},
            "home": {"type": "path"},
            "path_conf": {"type": "path"},
            "java_home": {"type": "path"},
        },
        required_if=[("state", "restarted", ("service", "password"))],
        supports_check_mode=True,
    )
    p = module.params
    layout = locate(p["home"], p["path_conf"], p["java_home"])
    try:
        if p["state"] == "restarted":
            if not module.check_mode:
                service.restart(layout, p["service"], p["password"])
            module.exit_json(changed=True)
        found = service.look(layout, p["service"], bool(p["home"]))
    except service.ServiceError as error:
        module.fail_json(msg=str(error))
    homes = [server["home"] for server in found["servers"] if server["own"]]
    layout = layout._replace(home=homes[0]) if homes and not p["home"] else layout
    # Whoever gets it at each start from somebody else, needs none of ours.
    found["keystore"] = keystore(layout, None if found["passphrase_file"] else p["password"])
    found.update(hostname=socket.gethostname(), addresses=local_addresses())
    found.update(account=account(), write_error=write_error(layout.path_conf))
    module.exit_json(changed=False, node_service=found)


if __name__ == "__main__":
    main()
