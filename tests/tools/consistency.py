# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what is written in two places and must agree.

- API modules: the action group "all", the action plugins, and the modules that take the client's options.
- Roles: the defaults of meta/argument_specs.yml and of defaults/main.yml; every variable has the role's name as prefix.
- Modules, roles, playbooks and filters: README.md lists each.
- Names of plays and tasks: each is an imperative that can be understood without its neighbours; in a role, and in a
  play, no two are the same.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def load(path: Path) -> Any:
    return (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}


def names(pattern: str) -> set[str]:
    return {path.stem for path in Path().glob(pattern) if not path.name.startswith("_")}


def api_modules() -> Iterator[str]:
    group = set(load(Path("meta/runtime.yml")).get("action_groups", {}).get("all", []))
    # One that does not run its module in-process belongs to no API module.
    actions = {
        path.stem for path in Path("plugins/action").glob("*.py") if "in_process" in path.read_text(encoding="utf-8")
    }
    clients = {
        path.stem
        for path in Path("plugins/modules").glob("*.py")
        if re.search(r"^ *- crosscluster\.elasticsearch\.client$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    for name in sorted(group | actions | clients):
        where = {
            "the action group in meta/runtime.yml": name in group,
            "plugins/action": name in actions,
            "the modules with the client's options": name in clients,
        }
        for place in (place for place, there in where.items() if not there):
            there = ", ".join(place for place, there in where.items() if there)
            yield f"{name} is missing from {place}; it is in: {there}"


def roles() -> Iterator[str]:
    for role in sorted(path for path in Path("roles").glob("*") if path.is_dir()):
        specs = load(role / "meta/argument_specs.yml").get("argument_specs", {})
        if not specs:
            yield f"{role} has no meta/argument_specs.yml"
        options = {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}
        declared = {name: option["default"] for name, option in options.items() if "default" in option}
        written = load(role / "defaults/main.yml")
        for name in sorted(set(options) | set(written)):
            if not name.startswith(f"{role.name}_"):
                yield f"{role}: the variable {name} does not start with {role.name}_"
        for name in sorted(set(declared) | set(written)):
            if name not in options:
                yield f"{role}: defaults/main.yml has {name}, meta/argument_specs.yml has not"
            elif declared.get(name) != written.get(name):
                yield (
                    f"{role}: the default of {name} is {declared.get(name)!r} in meta/argument_specs.yml "
                    f"and {written.get(name)!r} in defaults/main.yml"
                )


def readme() -> Iterator[str]:
    text = Path("README.md").read_text(encoding="utf-8")
    contents = {
        "module": names("plugins/modules/*.py"),
        "filter": names("plugins/filter/*.py"),
        "role": names("roles/*"),
        "playbook": names("playbooks/*.yml"),
    }
    for kind, found in contents.items():
        for name in sorted(found):
            if f"`{name}`" not in text:
                yield f"README.md does not list the {kind} {name}"


def tasks_of(entries: Any, folder: Path | None = None, seen: set[Path] | None = None) -> Iterator[dict[str, Any]]:
    """Tasks and blocks; with a folder also those of the files of tasks that they import or include, each file once."""
    seen = set() if seen is None else seen
    for entry in entries or []:
        yield entry
        for part in ("block", "rescue", "always", "pre_tasks", "tasks", "post_tasks", "handlers"):
            yield from tasks_of(entry.get(part), folder, seen)
        file = entry.get("ansible.builtin.import_tasks", entry.get("ansible.builtin.include_tasks"))
        if folder and file and (path := folder / file) not in seen:
            seen.add(path)
            yield from tasks_of(load(path), path.parent, seen)


def unclear(name: str) -> str:
    """Why nobody can tell from this name alone what the task does; empty where it is fine."""
    if pronoun := re.search(r"\b(?:it|its|they|them|their)\b", name, re.IGNORECASE):
        return f'"{pronoun[0]}" says nothing to who reads only this line of a log'
    if not re.match(r"(?!Let\b)[A-Z][a-z-]*(?<!ing)(?:,? |$)", name):
        return "it does not begin with an imperative verb, as in Read, Check, Create"
    return ""


def task_names() -> Iterator[str]:
    """A task has its name in the log of a run, where it stands without its file."""
    places = {str(role): list(role_tasks(role)) for role in sorted(Path("roles").glob("*"))}
    for path in sorted(Path("playbooks").glob("*.yml")):
        for play in load(path):
            places[f"{path}: {play['name']}"] = list(tasks_of([play], path.parent))
    for place, tasks in places.items():
        found = [task["name"] for task in tasks if "name" in task]
        for name in sorted(set(found)):
            if found.count(name) > 1:
                yield f"{place}: {found.count(name)} tasks have the name {name!r}"
            if why := unclear(name):
                yield f"{place}: {name!r}: {why}"


def role_tasks(role: Path) -> Iterator[dict[str, Any]]:
    for path in sorted([*role.glob("tasks/*.yml"), *role.glob("handlers/*.yml")]):
        yield from tasks_of(load(path))


problems = [*api_modules(), *roles(), *readme(), *task_names()]
print("\n".join(problems) or "consistent")
sys.exit(bool(problems))
