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
    """

    params: Dict[str, Any]
    client: _client.Client
    check_mode: bool
    warn: Callable[[str], None]
    answered: Dict[str, Any] = field(default_factory=dict)
    attempt: int = 0


def run_module(run: Callable[[Call], Plan], arguments: Dict[str, Any], **relations: Any) -> None:
    """A module's whole ``main``: ``run`` reads and returns a plan, the engine does the rest.

    :param arguments: the module's own options; those of the client are added.
    :param relations: ``required_if`` and its like; those of the client are added.
    """
    for relation, rules in CLIENT_RELATIONS.items():
        relations[relation] = list(relations.get(relation, [])) + list(rules)
    module = AnsibleModule(argument_spec=dict(client_arguments(), **arguments), supports_check_mode=True, **relations)
    if _client.IMPORT_ERROR:
        module.fail_json(
            msg=missing_required_lib("elasticsearch>=9", url="https://pypi.org/project/elasticsearch/"),
            exception=_client.IMPORT_ERROR,
        )
    call = Call(module.params, _client.Client(module.params), module.check_mode, module.warn)
    try:
        plan = _attempt(run, call)
        if plan.until is not None and not call.check_mode:
            _wait(plan.until, call)
    except (_client.ClientError, Refusal) as e:
        module.fail_json(msg=str(e), requests=call.client.requests)
    # The text of an unforeseen exception is masked only as a string that fail_json gets.
    except Exception as e:
        module.fail_json(msg="%s: %s" % (type(e).__name__, e), exception=traceback.format_exc())
    finally:
        call.client.close()
    result: Dict[str, Any] = dict(plan.result, changed=plan.changed, requests=call.client.requests)
    if module._diff and not plan.reads_only:
        result["diff"] = {"before": plan.before, "after": plan.after}
    module.exit_json(**result)


def _attempt(run: Callable[[Call], Plan], call: Call) -> Plan:
    """Plan and apply; after a write whose outcome is unknown, look again at what is there and plan anew."""
    first = plan = run(call)
    for left in range(max(0, int(call.params["retries"])), -1, -1):
        if call.check_mode:
            break
        try:
            answers = _apply(plan, call)
        except _client.ClientError as e:
            if not (left and e.unknown_outcome):
                raise
            call.attempt += 1
            plan = run(call)
            continue
        if plan.finish is not None:
            plan.result.update(plan.finish(answers))
        break
    plan.before = first.before
    plan.changed = plan.changed or first.changed
    return plan


def _apply(plan: Plan, call: Call) -> List[Any]:
    def send(request: Request) -> Any:
        answer = call.client.write(
            request.method, request.path, request.purpose, request.body, request.query, request.timeout
        )
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
            raise Refusal("Still not so after %s seconds: %s" % (call.params["wait_timeout"], missing))
        time.sleep(pause)
        pause = min(2.0, pause * 1.5)
