# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the inventory, as Python's own values. Pure. Private."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Sequence


def plain(value: Any, hidden: Sequence[str] = ()) -> Any:
    """Ansible's own containers and strings → Python's, which every consumer can take.

    :param hidden: keys of maps whose values are never looked at; True stands in their place.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        # Text that must not be taken for a template has a class of its own in ansible-core 2.18: it stays.
        return value if hasattr(value, "__UNSAFE__") else str.__str__(value)
    if isinstance(value, Mapping):
        return {plain(k): True if k in hidden else plain(value[k], hidden) for k in value}
    if isinstance(value, (list, tuple)):
        return [plain(item, hidden) for item in value]
    return str(value)


def read(variables: Any, name: str, hidden: Sequence[str] = (), templates_stay: bool = False) -> Any:
    """One variable of a host, or None; ValueError with the reason when its template can't be resolved.

    :param templates_stay: as ansible-core does before 2.19, which hands out an unresolved template as its own text.
    """
    if name not in variables:
        return None
    try:
        value = plain(variables[name], hidden)
    except Exception as error:  # a template of the user can raise anything
        raise ValueError(" ".join(str(error).split())) from error
    if templates_stay and _has_template(value):
        raise ValueError("its template can't be resolved, a variable that it uses is not defined for this host")
    return value


def _has_template(value: Any) -> bool:
    if isinstance(value, str):
        return not hasattr(value, "__UNSAFE__") and "{{" in value and "}}" in value
    if isinstance(value, dict):
        return any(_has_template(item) for item in value.values())
    return isinstance(value, list) and any(_has_template(item) for item in value)
