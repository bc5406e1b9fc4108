# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: http_trust_problem
short_description: Why the API of a cluster could not be reached with new certificates
version_added: 0.1.0
author:
  - crosscluster.elasticsearch contributors (@crosscluster)
description:
  - Compares what the controller trusts when it opens the API with the authority that signs certificates for HTTP.
  - It looks at C(ca_path), C(ca_fingerprint), their environment variables, or else at the authorities that the client comes with.
options:
  _input:
    description: Options that reach the API, as the filter P(crosscluster.elasticsearch.api_options#filter) returns them.
    type: dict
    required: true
  authority:
    description: What M(crosscluster.elasticsearch.certificate_authority) has returned.
    type: dict
    required: true
  changes:
    description: Whether nodes will show certificates that they do not show now.
    type: bool
    required: true
"""

EXAMPLES = r"""
- name: Check that the controller trusts the new HTTP certificates
  ansible.builtin.assert:
    that: problem == ''
    fail_msg: "{{ problem }}"
  vars:
    problem: "{{ api | crosscluster.elasticsearch.http_trust_problem(authority, true) }}"
"""

RETURN = r"""
_value:
  description: The reason and what to do; empty where nothing stands in the way.
  type: str
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.http_trust import Trust, problem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain

try:
    import certifi

    PUBLIC: str | None = certifi.where()
except ImportError:
    PUBLIC = None


def http_trust_problem(api: Any, authority: Any, changes: Any) -> str:
    options = plain(api)
    try:
        return problem(options, _trust(options), plain(authority), bool(changes)) or ""
    except OSError as error:
        raise AnsibleFilterError(f"{error.filename} can't be read: {error.strerror}") from None


def _trust(options: dict[str, Any]) -> Trust:
    """As the modules read their options: the environment counts where neither is given."""
    ways = [(name, options.get(name), f"elasticsearch_{name}") for name in ("ca_path", "ca_fingerprint")]
    if not any(value for _name, value, _shown in ways):
        ways = [
            (name, os.environ.get(f"ELASTICSEARCH_{name.upper()}"), f"ELASTICSEARCH_{name.upper()}")
            for name, _value, _shown in ways
        ]
    for name, value, shown in ways:
        if value and name == "ca_fingerprint":
            return Trust(f"{shown} ({value})", fingerprint=value)
        if value:
            return Trust(f"{shown} ({value})", pem=_text(value))
    # As the client does.
    shown = "What this machine trusts without elasticsearch_ca_path"
    return Trust(f"{shown} ({PUBLIC})", pem=_text(PUBLIC)) if PUBLIC else Trust(shown)


def _text(path: str) -> str:
    return Path(path).expanduser().read_text(encoding="utf-8", errors="replace")


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"http_trust_problem": http_trust_problem}
