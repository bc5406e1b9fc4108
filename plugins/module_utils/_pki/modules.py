# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for certificates do around their work: the library, the clock, errors, the diff. Private."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Collection, Dict, Iterator

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys

# Options, now, check mode, warn → the module's result, with its diff.
Work = Callable[[Dict[str, Any], datetime, bool, Callable[[str], None]], Dict[str, Any]]


# What is only shown of a certificate, so that it does no harm when Ansible masks a part of it.
_SHOWN = ("name", "purpose", "sans", "kept", "lost", "not_before", "not_after")


def masked(result: Any, secrets: Collection[str], place: str = "") -> Iterator[str]:
    """Where Ansible would put asterisks for a text that is also a secret, so that nobody could use what is left."""
    if isinstance(result, dict):
        for name, value in result.items():
            if name not in _SHOWN:
                yield from masked(value, secrets, "%s.%s" % (place, name) if place else name)
    elif isinstance(result, list):
        for value in result:
            yield from masked(value, secrets, place)
    elif isinstance(result, str) and any(secret in result for secret in secrets):
        yield place


def run_module(module: AnsibleModule, work: Work) -> None:
    if keys.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography>=42"), exception=keys.IMPORT_ERROR)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    try:
        result = work(module.params, now, module.check_mode, module.warn)
    except keys.PkiError as error:
        module.fail_json(msg=str(error))
    diff = result.pop("diff")
    places = sorted(set(masked(result, module.no_log_values)))
    if places:
        module.fail_json(
            msg="A passphrase or password is a text that also occurs in %s, where Ansible masks it, so that the result "
            "can't be used. Choose another one, longer and no word." % ", ".join(places)
        )
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))
