# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: extra_variables
short_description: Check the extra variables of a playbook of this collection
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Takes what the extra variables of a playbook are, refuses what none of them can be, and returns all of them as the playbooks
    use them. One that is empty, as a survey sends it where nothing was answered, is not set.
options:
  _input:
    description:
      - Of each extra variable that the playbook takes, its name, what it is, and what its twin is, which has the same name
        behind C(elasticsearch_). The twin wins where both are set, because others may use the short name for something else.
    type: list
    elements: list
    required: true
"""

EXAMPLES = r"""
- name: Read the extra variables
  ansible.builtin.set_fact:
    extra: "{{ [['aliases', 'paris, rome', ''], ['force', '', 'true']] | crosscluster.elasticsearch.extra_variables }}"

# => aliases: [paris, rome], force: true, state: present, and so on
"""

RETURN = r"""
_value:
  description: Every extra variable by its short name; the default where it is not set, or where the playbook does not take it.
  type: dict
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.extra_variables import normalise


def extra_variables(rows: Any) -> dict[str, Any]:
    try:
        return normalise(rows)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"extra_variables": extra_variables}
