# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module's whole life in one run: each step in check mode, then real, then what is really there by other means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from runner import Run, Runner

COLLECTION = "crosscluster.elasticsearch"
# Only a real run knows these; a test looks at them by itself.
SECRETS = ["encoded", "secure_settings"]
# What may differ between a prediction and the run.
ASIDE = ("failed", "warnings", "deprecations", "invocation", "requests", "jvm_starts")


@dataclass
class Step:
    """One task of a life cycle.

    :param there: what the other means find after the real run; None where they are not asked.
    :param then: a task after the real run, which sees its result as ``step``.
    """

    name: str
    options: dict[str, Any]
    changed: bool
    there: Any = None
    then: dict[str, Any] | None = None


@dataclass
class Done:
    """What a step did: results in check mode and real, the writing requests of both, and what was found then.

    :param whole: the real result with all that is put aside in ``real``.
    """

    check: dict[str, Any]
    real: dict[str, Any]
    check_writes: list[str]
    real_writes: list[str]
    whole: dict[str, Any]
    there: Any


@dataclass
class LifeCycle:
    """A module's steps.

    :param play: keywords of the block, such as defaults of the options or where its tasks run.
    :param look: a task that finds out by other means what is there, and how to read its result.
    """

    module: str
    steps: list[Step]
    play: dict[str, Any]
    look: dict[str, Any]
    found: Any

    def run(self, ansible: Runner, **env: str) -> dict[str, Done]:
        run = self._run(ansible, self._tasks(), env)
        return {step.name: self._read(run, step) for step in self.steps}

    def run_shipped(self, ansible: Runner) -> dict[str, Any]:
        """The real results of the steps that change something; a shipped task takes seconds."""
        steps = [step for step in self.steps if step.changed]
        tasks = [task for step in steps for task in [*self._task(step, "real"), *self._then(step)]]
        run = self._run(ansible, tasks, {"CROSSCLUSTER_IN_PROCESS": "0"})
        return {step.name: run.results(f"{step.name} real result")[0]["msg"] for step in steps}

    def _run(self, ansible: Runner, tasks: list[dict[str, Any]], env: dict[str, str]) -> Run:
        run = ansible.tasks({"block": tasks, **self.play}, **env)
        assert run.code == 0, run.output
        return run

    def _tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = []
        for step in self.steps:
            tasks += [*self._task(step, "check"), *self._task(step, "real"), *self._then(step)]
            if step.there is not None:
                tasks.append({"name": f"{step.name} look", **self.look})
        return tasks

    def _task(self, step: Step, mode: str) -> list[dict[str, Any]]:
        task = {
            "name": f"{step.name} {mode}",
            f"{COLLECTION}.{self.module}": step.options,
            "check_mode": mode == "check",
            "diff": True,
            "register": "step",
        }
        # A result with a secret is censored for callbacks, though not for the next task.
        shown = "{{ dict(step | dict2items | rejectattr('key', 'in', %r) | items2dict) }}" % (SECRETS,)
        return [task, {"name": f"{step.name} {mode} result", "ansible.builtin.debug": {"msg": shown}}]

    def _then(self, step: Step) -> list[dict[str, Any]]:
        return [{"name": f"{step.name} then", **step.then}] if step.then else []

    def _read(self, run: Run, step: Step) -> Done:
        check, real = (run.results(f"{step.name} {mode} result")[0]["msg"] for mode in ("check", "real"))
        looked = run.results(f"{step.name} look")
        return Done(
            check=without(check, ASIDE),
            real=without(real, ASIDE),
            check_writes=writes(check),
            real_writes=writes(real),
            whole=real,
            there=self.found(looked[0]) if looked else None,
        )


def reaching(cluster: str) -> dict[str, Any]:
    """Keywords of a block whose tasks reach the API of a cluster."""
    options = "{{ hostvars['%s'] | %s.api_options }}" % (cluster, COLLECTION)
    return {"delegate_to": "localhost", "module_defaults": {f"group/{COLLECTION}.all": options}}


def writes(result: dict[str, Any]) -> list[str]:
    return Run(0, "", [{"result": result}]).writes


def without(result: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {k: v for k, v in result.items() if k not in keys}


def without_ids(results: dict[str, Any]) -> dict[str, Any]:
    """To compare two lives: ids of the server are numbered in their order."""
    text = json.dumps(results)
    for number, value in enumerate(dict.fromkeys(re.findall(r'"id": "([\w-]{20})"', text))):
        text = text.replace(value, f"id {number}")
    result: dict[str, Any] = json.loads(text)
    return result
