# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine: read, plan, apply, wait, report. The same behaviour for every API module. Private to this collection."""

from __future__ import annotations

import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils import _client
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._arguments import (
    CLIENT_RELATIONS,
    client_arguments,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Plan,
    Refusal,
    Request,
)


@dataclass
class Call:
    """What a module's ``run`` gets.

    :param params: the module's options.
    :param client: the cluster that the options name.
    :param answered: tag of a request → its answer, from attempts before this one (an outcome there was unknown).
    :param attempt: 0, then one more each time that the outcome of a write was unknown.
    :param wrote: whether a request that changes something was, or may have been, carried out.
    """

    params: Dict[str, Any]
    client: _client.Client
    check_mode: bool
    warn: Callable[[str], None]
    answered: Dict[str, Any] = field(default_factory=dict)
    attempt: int = 0
    wrote: bool = False


def run_module(run: Callable[[Call], Plan], arguments: Dict[str, Any], **relations: Any) -> None:
    """A module's whole ``main``: ``run`` reads and returns a plan, the engine does the rest.

    :param arguments: the module's own options; those of the client are added.
    :param relations: ``required_if`` and its like; those of the client are added.
    """
    for relation, rules in CLIENT_RELATIONS.items():
        relations[relation] = list(relations.get(relation, [])) + list(rules)
    # The options as they were given, before the environment fills them up.
    given = [name for name, value in (basic._load_params() or {}).items() if value is not None]
    spec = dict(client_arguments(given), **arguments)
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True, **relations)
    if _client.IMPORT_ERROR:
        module.fail_json(
            msg=missing_required_lib("elasticsearch>=9", url="https://pypi.org/project/elasticsearch/"),
            exception=_client.IMPORT_ERROR,
        )
    call = Call(module.params, _client.Client(module.params), module.check_mode, module.warn)
    result: Dict[str, Any] = {}
    failure: Dict[str, Any] = {}
    try:
        plan = _attempt(run, call)
        # From here on the change is made, so that a failure has to tell it as well.
        result = dict(plan.result, changed=plan.changed)
        if module._diff and not plan.reads_only:
            result["diff"] = {"before": plan.before, "after": plan.after}
        if plan.until is not None and not call.check_mode:
            _wait(plan.until, call)
    except (_client.ClientError, Refusal) as e:
        failure = dict(msg=str(e))
    # The text of an unforeseen exception is masked only as a string that fail_json gets.
    except Exception as e:
        failure = dict(msg="%s: %s" % (type(e).__name__, e), exception=traceback.format_exc())
    finally:
        call.client.close()
    result = dict(dict(changed=call.wrote), **result, requests=call.client.requests)
    if failure:
        module.fail_json(**dict(result, **failure))
    module.exit_json(**result)


def _attempt(run: Callable[[Call], Plan], call: Call) -> Plan:
    """Plan and apply; after a write whose outcome is unknown, look again at what is there and plan anew."""
    first = plan = run(call)
    results = [first.result]
    for left in range(max(0, int(call.params["retries"])), -1, -1):
        if call.check_mode:
            break
        try:
            answers = _apply(plan, call)
        except _client.ClientError as e:
            call.wrote = call.wrote or e.unknown_outcome
            if not (left and e.unknown_outcome):
                raise
            call.attempt += 1
            plan = run(call)
            results.append(plan.result)
            continue
        if plan.finish is not None:
            plan.result.update(plan.finish(answers))
        break
    for earlier in reversed(results[:-1]):
        plan.result = _whole_run(earlier, plan.result)
    plan.before = first.before
    plan.changed = plan.changed or first.changed
    return plan


def _whole_run(earlier: Dict[str, Any], later: Dict[str, Any]) -> Dict[str, Any]:
    """What the plan of an attempt whose outcome was unknown has done is part of what the run did."""
    result = dict(later)
    for key, value in later.items():
        before = earlier.get(key)
        if key in ("removed", "invalidated"):
            result[key] = sorted({*value, *(before or [])})
        elif key == "action" and value == "unchanged" and before:
            result[key] = before
        elif isinstance(value, dict) and isinstance(before, dict):
            result[key] = _whole_run(before, value)
    return result


def _apply(plan: Plan, call: Call) -> List[Any]:
    def send(request: Request) -> Any:
        answer = call.client.write(
            request.method, request.path, request.purpose, request.body, request.query, request.timeout
        )
        call.wrote = True
        if request.tag:
            call.answered[request.tag] = answer
        return answer

    if plan.parallel <= 1 or len(plan.requests) == 1:
        return [send(request) for request in plan.requests]
    errors: List[Exception] = []

    def send_or_keep(request: Request) -> Any:
        try:
            return send(request)
        except _client.ClientError as e:
            errors.append(e)
            return None

    with ThreadPoolExecutor(max_workers=plan.parallel) as pool:
        answers = list(pool.map(send_or_keep, plan.requests))
    if errors:
        raise next((e for e in errors if not getattr(e, "unknown_outcome", False)), errors[0])
    return answers


def _wait(until: Callable[[float], Optional[str]], call: Call) -> None:
    """Ask until it is true, at growing intervals; the last state seen is part of the error."""
    deadline = time.monotonic() + float(call.params["wait_timeout"])
    pause = 0.1
    while True:
        missing = until(max(1.0, deadline - time.monotonic()))
        if missing is None:
            return
        if time.monotonic() + pause > deadline:
            what = "The change is made" if call.wrote else "There was nothing to change"
            raise Refusal("%s, but after %s seconds %s" % (what, call.params["wait_timeout"], missing))
        time.sleep(pause)
        pause = min(2.0, pause * 1.5)
