# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: elasticsearch_yml
short_description: Change settings in the text of an elasticsearch.yml, and nothing else in it
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Returns the text with these settings. Comments, order, quotes and nested levels of everything else stay as they are.
  - A setting that stands in the file, flat or nested, is changed where it stands. Others are added at the end.
  - The new text is read again as Elasticsearch reads it. Where anything else would differ, and where Elasticsearch would not start
    with the file, the filter fails and says which line to change by hand.
positional: _input, settings
options:
  _input:
    description: The text of the file.
    type: str
    required: true
  settings:
    description: Flat names and values, V(null) to take one out.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Enable the remote cluster server in elasticsearch.yml
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'elasticsearch.yml')
             | crosscluster.elasticsearch.elasticsearch_yml({'remote_cluster_server.enabled': true}) }}"
"""

RETURN = r"""
_value:
  description: The text with these settings, the same when it has them already.
  type: str
"""

from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml import (
    YmlError,
    edit,
)


def elasticsearch_yml(text: str, settings: dict[str, Any]) -> str:
    try:
        return edit(str(text), settings)
    except YmlError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"elasticsearch_yml": elasticsearch_yml}
