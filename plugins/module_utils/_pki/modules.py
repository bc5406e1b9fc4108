# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules for certificates do around their work: the library, the clock, errors, the diff. Private."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._masking import HINT, masked
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import keys

# Options, now, check mode, warn → the module's result, with its diff.
Work = Callable[[Dict[str, Any], datetime, bool, Callable[[str], None]], Dict[str, Any]]


# What is only shown of a certificate, so that it does no harm when Ansible masks a part of it.
_SHOWN = ("name", "purpose", "sans", "kept", "lost", "not_before", "not_after")


def run_module(module: AnsibleModule, work: Work) -> None:
    if keys.IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("cryptography>=42"), exception=keys.IMPORT_ERROR)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    try:
        result = work(module.params, now, module.check_mode, module.warn)
    except keys.PkiError as error:
        module.fail_json(msg=str(error))
    diff = result.pop("diff")
    places = masked(result, module.no_log_values, lambda place: place[-1] not in _SHOWN)
    if places:
        module.fail_json(msg=HINT % ", ".join(places))
    module.exit_json(**result, **({"diff": diff} if module._diff else {}))
