# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._credential_file import (
    CredentialFile,
    CredentialFileError,
    key_id,
)

OPTIONS = ("path", "credential", "vault_password", "state")


class ActionModule(ActionBase):
    """Works on the controller, where the vault passwords of the run are; no secret leaves it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        result = super().run(tmp, task_vars)
        options = {name: str(value) for name, value in self._task.args.items() if value is not None}
        unknown = sorted(set(options) - set(OPTIONS))
        state = options.get("state", "present")
        if unknown or not options.get("path") or state not in ("present", "absent"):
            result.update(
                failed=True,
                msg="credential_file takes path, credential, vault_password and state (present or absent)"
                + (", and not %s" % ", ".join(unknown) if unknown else ""),
            )
            return result
        vault = getattr(self._loader, "_vault", None)
        path = os.path.abspath(os.path.expanduser(options["path"]))
        file = CredentialFile(path, options.get("vault_password", ""), getattr(vault, "secrets", None) or [])
        try:
            result.update(self._make_so(file, options.get("credential", ""), state == "present"))
        except CredentialFileError as error:
            result.update(failed=True, msg=str(error))
        return result

    def _make_so(self, file: CredentialFile, credential: str, present: bool) -> dict[str, Any]:
        if not present:
            there = os.path.lexists(file.path)
            if there and not self._task.check_mode:
                file.remove()
            return dict(changed=there, path=file.path, id="")
        file.check_place()
        held = file.read()
        wanted = credential or held
        changed = bool(wanted) and not file.is_as_declared(wanted)
        if changed and not self._task.check_mode:
            file.write(wanted)
        return dict(changed=changed, path=file.path, id=key_id(wanted))
