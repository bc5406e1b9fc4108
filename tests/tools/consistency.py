# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what is written in two places and must agree.

- API modules: the action group "all", the action plugins, and the modules that take the client's options.
- Roles: the defaults of meta/argument_specs.yml and of defaults/main.yml; every variable has the role's name as prefix.
- Modules, roles, playbooks and filters: README.md lists each.
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


problems = [*api_modules(), *roles(), *readme()]
print("\n".join(problems) or "consistent")
sys.exit(bool(problems))
