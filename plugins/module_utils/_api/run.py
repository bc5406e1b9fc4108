# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine: read, plan, apply, wait, report. The same behaviour for every API module. Private to this collection."""

from __future__ import annotations

import re
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import Any, Callable, Collection, Dict, List, Optional, Tuple

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import client as api_client
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import (
    CLIENT_RELATIONS,
    client_arguments,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.progress import Progress
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._masking import HINT, masked
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Chain,
    Plan,
    Refusal,
    Request,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.tally import FAILED, READY, Tally

# How often it is looked at again when somebody else was faster.
RACES = 3
# How many errors of many chains are told in full.
SHOWN = 10
# Shows a line to who runs the playbook, while the module still runs; what is shipped can show none.
show: Optional[Callable[[str], None]] = None


@dataclass
class Call:
    """What a module's ``run`` gets.

    :param params: the module's options.
    :param client: the cluster that the options name.
    :param answered: tag of a request → its answer, from attempts before this one (an outcome there was unknown).
    :param failed: tag of a request → the reason for which it has failed.
    :param attempt: 0, then one more each time that the outcome of a write was unknown.
    :param wrote: whether a request that changes something was, or may have been, carried out.
    :param kept: what a module has seen at its first attempt and needs at a later one.
    :param progress: shows how far the run is.
    """

    params: Dict[str, Any]
    client: api_client.Client
    check_mode: bool
    warn: Callable[[str], None]
    answered: Dict[str, Any] = field(default_factory=dict)
    failed: Dict[str, str] = field(default_factory=dict)
    attempt: int = 0
    wrote: bool = False
    kept: Dict[str, Any] = field(default_factory=dict)
    # Name of a chain → what is to be sent when it does not get to its end.
    undo: Dict[str, List[Request]] = field(default_factory=dict)
    progress: Progress = field(default_factory=lambda: Progress(show))


def run_module(
    run: Callable[[Call], Plan], arguments: Dict[str, Any], whole: Collection[Tuple[str, ...]] = (), **relations: Any
) -> None:
    """A module's whole ``main``: ``run`` reads and returns a plan, the engine does the rest.

    :param arguments: the module's own options; those of the client are added.
    :param whole: places in the result that somebody relies on, so that Ansible must mask nothing there.
    :param relations: ``required_if`` and its like; those of the client are added.
    """
    for relation, rules in CLIENT_RELATIONS.items():
        relations[relation] = list(relations.get(relation, [])) + list(rules)
    # The options as they were given, before the environment fills them up.
    given = [name for name, value in (basic._load_params() or {}).items() if value is not None]
    spec = dict(client_arguments(given), **arguments)
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True, **relations)
    if api_client.IMPORT_ERROR:
        module.fail_json(
            msg=missing_required_lib("elasticsearch>=9", url="https://pypi.org/project/elasticsearch/"),
            exception=api_client.IMPORT_ERROR,
        )
    call = Call(module.params, api_client.Client(module.params), module.check_mode, module.warn)
    result: Dict[str, Any] = {}
    failure: Dict[str, Any] = {}
    try:
        plan = _attempt(run, call)
        # From here on the change is made, so that a failure has to tell it as well.
        result = plan.result
        result["changed"] = plan.changed
        if module._diff and not plan.reads_only:
            result["diff"] = {"before": plan.before, "after": plan.after}
        if plan.until is not None and not call.check_mode:
            wait(plan.until, call, plan.tally, plan.reads_only)
    except (api_client.ClientError, Refusal) as e:
        failure = dict(msg=str(e))
        if isinstance(e, api_client.ClientError) and e.failures:
            failure["failures"] = e.failures
    # The text of an unforeseen exception is masked only as a string that fail_json gets.
    except Exception as e:
        failure = dict(msg="%s: %s" % (type(e).__name__, e), exception=traceback.format_exc())
    finally:
        call.client.close()
    places = masked(result, module.no_log_values, lambda place: any(place[: len(w)] == w for w in whole))
    if places and not failure:
        failure = dict(msg=HINT % ", ".join(places))
    result = dict(dict(changed=call.wrote), **result, requests=call.client.requests)
    if failure:
        module.fail_json(**dict(result, **failure))
    module.exit_json(**result)


def _attempt(run: Callable[[Call], Plan], call: Call) -> Plan:
    """Plan and apply; after a write whose outcome is unknown, look again at what is there and plan anew."""
    if not 1 <= call.params.get("parallel", 1) <= api_client.CONNECTIONS:
        raise Refusal(
            "parallel: it is %d, and must be from 1 to %d" % (call.params["parallel"], api_client.CONNECTIONS)
        )
    first = plan = run(call)
    results = [first.result]
    lost, raced = max(0, int(call.params["retries"])), RACES
    try:
        while not call.check_mode:
            try:
                answers = _apply(plan, call)
            except api_client.ClientError as e:
                call.wrote = call.wrote or e.unknown_outcome
                if e.unknown_outcome and lost:
                    lost -= 1
                elif e.raced and raced:
                    raced -= 1
                else:
                    raise
                call.attempt += 1
                plan = run(call)
                results.append(plan.result)
                # What has nothing left to do is as it shall be.
                call.undo = {chain.name: call.undo[chain.name] for chain in plan.chains if chain.name in call.undo}
                continue
            if plan.finish is not None:
                plan.result.update(plan.finish(answers))
            break
    except Refusal as e:
        notes = "".join(_undo(name, call) for name in list(call.undo))
        raise Refusal("%s.%s" % (str(e).rstrip("."), notes) if notes else str(e)) from None
    except api_client.ClientError as e:
        e.note += "".join(_undo(name, call) for name in list(call.undo))
        raise
    for earlier in reversed(results[:-1]):
        plan.result = _whole_run(earlier, plan.result)
    plan.before = first.before
    plan.changed = plan.changed or first.changed
    return plan


def _whole_run(earlier: Dict[str, Any], later: Dict[str, Any]) -> Dict[str, Any]:
    """What the plan of an attempt whose outcome was unknown has done is part of what the run did."""
    result = later
    for key, value in list(later.items()):
        before = earlier.get(key)
        if key in ("removed", "invalidated"):
            result[key] = sorted({*value, *(before or [])})
        elif key == "action" and value == "unchanged" and before:
            result[key] = before
        elif isinstance(value, dict) and isinstance(before, dict):
            result[key] = _whole_run(before, value)
    return result


def _apply(plan: Plan, call: Call) -> Any:
    """Send what is planned; answers in the order of the requests, or name of a chain → answers of its requests."""
    if plan.chains:
        chains = plan.chains
    elif plan.parallel > 1:
        chains = [Chain("", [request]) for request in plan.requests]
    else:
        chains = [Chain("", plan.requests)]
    errors: Dict[int, Exception] = {}
    tally = plan.tally or Tally([chain.name for chain in plan.chains])

    slots = BoundedSemaphore(max(1, plan.parallel))

    def aside(seconds: float) -> None:
        """Who only waits for its time holds up nobody."""
        slots.release()
        try:
            time.sleep(seconds)
        finally:
            slots.acquire()

    def send_or_keep(number: int) -> List[Any]:
        chain, answers = chains[number], []
        try:
            with slots:
                answers = _send_chain(chain, call, tally, aside)
            tally.put(chain.name, READY)
        except (api_client.ClientError, Refusal) as e:
            errors[number] = e
            if not _unsure(e):
                tally.put(chain.name, FAILED)
        if plan.chains:
            call.progress.tell(tally.line())
        return answers

    if len(chains) == 1:
        answers = [_send_chain(chains[0], call, plan.tally)]
    else:
        waiting = sum(any(request.not_before for request in chain.requests) for chain in chains)
        with ThreadPoolExecutor(max_workers=max(1, plan.parallel) + waiting) as pool:
            answers = list(pool.map(send_or_keep, range(len(chains))))
    if errors:
        named = {chains[number].name: errors[number] for number in sorted(errors)}
        raise _one_error(named) if plan.chains else _definite(list(errors.values()))[0]
    if plan.chains:
        return dict(zip((chain.name for chain in chains), answers))
    return [answer for some in answers for answer in some]


def _unsure(e: Exception) -> bool:
    return bool(getattr(e, "unknown_outcome", False) or getattr(e, "raced", False))


def _definite(errors: List[Exception]) -> List[Exception]:
    """Those that will not be gone after another look, if there are any."""
    unsure = [e for e in errors if _unsure(e)]
    return [e for e in errors if e not in unsure] or unsure


def _one_error(errors: Dict[str, Exception]) -> Exception:
    """Of many chains: one error that tells all, unless a look again may help."""
    definite = _definite(list(errors.values()))
    first = definite[0]
    if isinstance(first, api_client.ClientError) and (first.unknown_outcome or first.raced):
        return first
    more = "" if len(definite) <= SHOWN else " There are %d more errors." % (len(definite) - SHOWN)
    error = api_client.ClientError(" ".join(str(e) for e in definite[:SHOWN]) + more)
    error.failures = {name: str(e) for name, e in errors.items()}
    return error


def _send_chain(
    chain: Chain, call: Call, tally: Optional[Tally] = None, sleep: Callable[[float], None] = time.sleep
) -> List[Any]:
    answers: List[Any] = []
    begun = time.monotonic()
    for request in chain.requests:
        if request.not_before:
            sleep(max(0.0, begun + request.not_before - time.monotonic()))
        before = call.undo.get(chain.name)
        if request.undo is not None:
            # Before it is sent, as its outcome may stay unknown.
            call.undo[chain.name] = request.undo
        try:
            answers.append(_send(request, call))
            begun = begun if answers[1:] else time.monotonic()
        except api_client.ClientError as e:
            if e.unknown_outcome or e.raced:
                raise
            if before is None:
                call.undo.pop(chain.name, None)
            else:
                call.undo[chain.name] = before
            e.note = _undo(chain.name, call)
            raise
    call.undo.pop(chain.name, None)
    if chain.until is not None:
        wait(chain.until, call, tally)
    return answers


def _send(request: Request, call: Call) -> Any:
    try:
        answer = call.client.write(
            request.method, request.path, request.purpose, request.body, request.query, request.timeout
        )
    except api_client.ClientError as e:
        answer = request.settles(e) if request.settles else None
        if answer is None:
            if request.tag:
                call.failed[request.tag] = e.reason
            e.raced = bool(request.races and re.search(request.races, e.reason))
            if request.remedy:
                e.advise(request.remedy(e.reason))
            raise
    call.wrote = True
    if request.tag:
        call.answered[request.tag] = answer
    return answer


def _undo(name: str, call: Call) -> str:
    """Sends what undoes the first requests of a chain; returns how that went, for the error."""
    done: List[str] = []
    for request in call.undo.pop(name, None) or []:
        try:
            _send(request, call)
            done.append(request.purpose)
        except api_client.ClientError as e:
            return " It was undone only in part (%s): %s" % (", ".join(done) or "nothing", e)
    return " What was done before was undone: %s." % ", ".join(done) if done else ""


def wait(
    until: Callable[[float], Optional[str]], call: Call, tally: Optional[Tally] = None, reads_only: bool = False
) -> None:
    """Ask until it is true, at growing intervals; the last state seen is part of the error, and shown meanwhile.

    :param tally: shown instead, where this is a wait for one of many, or for many.
    """
    deadline = time.monotonic() + float(call.params["wait_timeout"])
    pause = 0.1
    while True:
        missing = until(max(1.0, deadline - time.monotonic()))
        if missing is None:
            return
        if time.monotonic() + pause > deadline:
            unchanged = "After" if reads_only else "There was nothing to change, but after"
            after = "The change is made, but after" if call.wrote else unchanged
            raise Refusal("%s %s seconds %s" % (after, call.params["wait_timeout"], missing))
        call.progress.tell(tally.line() if tally and len(tally) > 1 else "still waiting: %s" % missing)
        time.sleep(pause)
        pause = min(2.0, pause * 1.5)
