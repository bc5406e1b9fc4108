# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Twin of arguments.access_arguments.
    DOCUMENTATION = r"""
options:
  access:
    description:
      - What the key may read. At least one of its lists has an entry.
    type: dict
    suboptions:
      search:
        description:
          - What may be searched.
        type: list
        elements: dict
        suboptions:
          names:
            description: Index patterns.
            type: list
            elements: str
            required: true
          query:
            description: Only documents that match this query, as an object or as JSON text. Not together with replication.
            type: raw
          field_security:
            description: Only these fields, with the lists C(grant) and C(except). Not together with replication.
            type: dict
          allow_restricted_indices:
            description: Whether the patterns cover restricted indices as well.
            type: bool
            default: false
      replication:
        description:
          - What may be replicated.
        type: list
        elements: dict
        suboptions:
          names:
            description: Index patterns.
            type: list
            elements: str
            required: true
          allow_restricted_indices:
            description: Whether the patterns cover restricted indices as well.
            type: bool
            default: false
"""
