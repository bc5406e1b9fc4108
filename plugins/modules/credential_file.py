#!/usr/bin/python

# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: credential_file
short_description: Write the credential of a cross-cluster API key to a file of the controller
description:
  - Writes the credential to a file with mode 0600, whole or not at all, encrypted as C(ansible-vault) does where a password is
    given. What was written is read and decrypted again before it takes the place of what is there.
  - A file that holds something else than a credential is not replaced. One that is encrypted is decrypted with
    O(vault_password), or with a vault password of the run; where none fits, the task fails.
  - Runs on the controller, whatever the host of the task is. Nothing that it returns or shows is secret.
version_added: 0.1.0
author: crosscluster.elasticsearch contributors (@crosscluster)
options:
  path:
    description: The file, in a directory that is there.
    type: str
    required: true
  credential:
    description:
      - The encoded value of the key. Without it the credential that is in the file stays, and gets the mode and the encryption
        that are wished.
    type: str
  vault_password:
    description: With which to encrypt the file. Without it a new file is plain, and one that is encrypted stays so.
    type: str
  state:
    description: Whether the file shall be there. V(present) without a credential makes none.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - crosscluster.elasticsearch.attributes
attributes:
  diff_mode:
    support: none
seealso:
  - module: crosscluster.elasticsearch.cross_cluster_api_key
"""

EXAMPLES = r"""
- name: Write the credential of a cross-cluster API key to a file
  crosscluster.elasticsearch.credential_file:
    path: ~/grants/partner.key
    credential: "{{ partner_key.encoded }}"
    vault_password: "{{ partner_vault_password }}"
  no_log: true
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
id:
  description: Id of the key whose credential the file holds, or would hold; empty where it holds none.
  returned: success
  type: str
"""
