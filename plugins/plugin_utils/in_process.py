# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs an API module inside the worker, where the task would run on the controller anyway. Private."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import pkgutil
import sys
from typing import Any

import ansible.release
from ansible.module_utils import basic
from ansible.module_utils.common import json as common_json
from ansible.module_utils.common import warnings as common_warnings
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import module_loader
from ansible.utils.display import Display

from ansible_collections.crosscluster.elasticsearch.plugins import action as actions
from ansible_collections.crosscluster.elasticsearch.plugins import filter as filters
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import run as engine
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._censor import censor, mute
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils.on_node import ActionModule as AnyModule

try:
    # Here, in the parent of all workers, so that the client is imported once a run and not once a task.
    import elasticsearch

    HAS_CLIENT = bool(elasticsearch)
except ImportError:
    HAS_CLIENT = False

# Likewise: Ansible compiles a collection's file whenever it is imported, and each worker would do so for many.
for _kind, _place in (("filter", filters), ("modules", actions)):
    for _file in pkgutil.iter_modules(_place.__path__):
        with contextlib.suppress(ImportError):
            importlib.import_module(
                "ansible_collections.crosscluster.elasticsearch.plugins.%s.%s" % (_kind, _file.name)
            )

display = Display()

# What is used below is private to ansible-core, so a version that was not tested ships its modules.
TESTED = ("2.18", "2.19", "2.20", "2.21", "2.22")
CORE = ".".join(ansible.release.__version__.split(".")[:2])

# Their results have the credentials of new keys.
MAKE_KEYS = ("cross_cluster_api_key", "cross_cluster_api_keys")

# With ANSIBLE_LOG_PATH the client's own records would land in Ansible's log, which a shipped module's do not.
for _name in ("elastic_transport", "elasticsearch", "urllib3"):
    logging.getLogger(_name).propagate = False


class ActionModule(AnyModule):
    def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
        if self._connection.transport == "local" and "become" not in (self._task.get_ds() or {}):
            # Play, inventory, configuration and -b mean nodes: who asks an API needs no rights of the controller.
            self._connection.set_become_plugin(None)
        if self._task.action.rpartition(".")[2] in MAKE_KEYS:
            mute(self._connection)
        result = super().run(tmp, task_vars)
        censor(self._task, result, _secrets(result))
        return result

    def _execute_module(
        self, module_name: Any = None, module_args: Any = None, tmp: Any = None, task_vars: Any = None, **kwargs: Any
    ) -> Any:
        reason = self._ship_because(task_vars or {})
        if reason:
            display.vvv("%s is shipped: %s" % (self._task.action, reason))
            return super()._execute_module(
                module_name=module_name, module_args=module_args, tmp=tmp, task_vars=task_vars, **kwargs
            )
        return self._run_here(task_vars)

    def _ship_because(self, task_vars: Any) -> str:
        if CORE not in TESTED:
            # Ansible shows the same warning once a run, whoever gives it.
            display.warning(
                "crosscluster.elasticsearch was not tested with ansible-core %s: its modules are shipped, "
                "which takes longer. Use ansible-core %s, or a newer version of the collection."
                % (ansible.release.__version__, TESTED[-1])
            )
            return "in-process execution was not tested with ansible-core %s" % ansible.release.__version__
        if self._connection.transport != "local":
            return "the target is reached by %s" % self._connection.transport
        if self._connection.become is not None:
            return "become"
        if self._task.async_val:
            return "async"
        if any(self._task.environment or []):
            return "environment"
        if not HAS_CLIENT:
            return "the client can't be imported here"
        if not boolean(os.environ.get("CROSSCLUSTER_IN_PROCESS", "1"), strict=False):
            return "CROSSCLUSTER_IN_PROCESS"
        if not boolean(self._templar.template(task_vars.get("crosscluster_in_process", True)), strict=False):
            return "crosscluster_in_process"
        variables = task_vars
        if self._task.delegate_to:
            variables = task_vars.get("ansible_delegated_vars", {}).get(self._task.delegate_to, task_vars)
        wanted = str(self._templar.template(variables.get("ansible_python_interpreter", "auto")))
        if wanted.startswith("auto") or _same_interpreter(wanted):
            return ""
        return "another interpreter, %s" % wanted

    def _run_here(self, task_vars: Any) -> Any:
        name = module_loader.find_plugin_with_context(
            self._task.action, collection_list=self._task.collections
        ).plugin_resolved_name
        module = importlib.import_module(_python_name(name))
        arguments = dict(self._task.args)
        self._update_module_args(self._task.action, arguments, task_vars)
        # A warning of one loop item must not be repeated by the next.
        for kept in ("_global_warnings", "_global_deprecations"):
            getattr(common_warnings, kept).clear()
        saved = {n: getattr(basic, n) for n in ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE") if hasattr(basic, n)}
        out, err, code = io.StringIO(), io.StringIO(), 0
        host = task_vars["inventory_hostname"]
        if not self._task.no_log:
            # Ansible's queue brings it out at once. Standard output is the callback's, which may write JSON.
            engine.show = lambda line: display.display("%s: %s" % (host, line), stderr=True)
        try:
            basic._ANSIBLE_ARGS = _encoded(arguments)
            if "_ANSIBLE_PROFILE" in saved:
                basic._ANSIBLE_PROFILE = "legacy"
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    module.main()
                except SystemExit as e:
                    code = e.code if isinstance(e.code, int) else 1
        finally:
            engine.show = None
            for n, value in saved.items():
                setattr(basic, n, value)
        return self._parsed(
            {
                "stdout": out.getvalue(),
                "stdout_lines": out.getvalue().splitlines(),
                "stderr": err.getvalue(),
                "stderr_lines": err.getvalue().splitlines(),
                "rc": code,
            }
        )

    def _parsed(self, printed: Any) -> Any:
        if "_ANSIBLE_PROFILE" not in vars(basic):
            # 2.18
            from ansible.utils.unsafe_proxy import wrap_var
            from ansible.vars.clean import remove_internal_keys

            data = self._parse_returned_data(printed)
            remove_internal_keys(data)
            return wrap_var(data)
        data = self._parse_returned_data(printed, "legacy")
        if hasattr(data, "as_result_dict"):
            # 2.21
            data.remove_internal_keys()
            return data.as_result_dict(for_round_trip=True)
        from ansible.vars.clean import remove_internal_keys

        remove_internal_keys(data)
        return data


def _python_name(name: str) -> str:
    if name.startswith("ansible_collections."):
        return name
    namespace, collection, module = name.split(".", 2)
    return "ansible_collections.%s.%s.plugins.modules.%s" % (namespace, collection, module)


def _encoded(arguments: Any) -> bytes:
    """Arguments as they would be written into a shipped module, without trust tags and vault objects."""
    if hasattr(common_json, "get_module_encoder"):
        encoder = common_json.get_module_encoder("legacy", common_json.Direction.CONTROLLER_TO_MODULE)
        return json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder).encode()
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    return json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=AnsibleJSONEncoder, vault_to_text=True).encode()


def _same_interpreter(path: str) -> bool:
    """All virtual environments of one Python share its real path, so the directory counts as well."""
    here = os.path.abspath(sys.executable)
    there = os.path.abspath(os.path.expanduser(path))
    return os.path.dirname(here) == os.path.dirname(there) and os.path.realpath(here) == os.path.realpath(there)


def _secrets(result: Any) -> list[str]:
    return [result.get("encoded") or "", *(result.get("secure_settings") or {}).values()]
