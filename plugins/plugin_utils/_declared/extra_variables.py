# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The extra variables of the playbooks: what each may be, and what it is where it is not set. Pure. Private."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_nanos
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain

PREFIX = "elasticsearch_"

_TRUE = ("true", "yes", "on", "y", "t", "1")
_FALSE = ("false", "no", "off", "n", "f", "0")
# Neither aliases and inventory hosts nor ids of keys have such characters; templates and lists in a string have.
_NO_NAME = re.compile(r"[{}\[\]()'\"]")


class Extra(NamedTuple):
    """One extra variable.

    :param read: given and not empty → as the playbooks use it; ValueError where it is none of them.
    :param allowed: ends the error after *write*.
    :param default: where it is not set.
    """

    read: Callable[[Any], Any]
    allowed: str
    default: Any


def _flag(default: bool = False) -> Extra:
    def read(value: Any) -> bool:
        text = str(value).strip().lower()
        if isinstance(value, (Mapping, list)) or text not in _TRUE + _FALSE:
            raise ValueError
        return text in _TRUE

    return Extra(read, "true or false", default)


def _names(example: str) -> Extra:
    def read(value: Any) -> list[str]:
        names: list[str] = []
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, (Mapping, list)):
                raise ValueError
            if item is not None:
                names += (item if isinstance(item, str) else str(item)).replace(",", " ").split()
        if any(_NO_NAME.search(name) for name in names):
            raise ValueError
        return list(dict.fromkeys(names))

    return Extra(read, f"a name, several with commas between them, or a list, as in {example}", [])


def _number(default: int, least: int, allowed: str) -> Extra:
    def read(value: Any) -> int:
        if isinstance(value, (bool, float)) or int(value) < least:
            raise ValueError
        return int(value)

    return Extra(read, allowed, default)


def _word(*words: str) -> Extra:
    def read(value: Any) -> str:
        text = str(value).strip().lower()
        if text not in words:
            raise ValueError
        return text

    return Extra(read, " or ".join(words), words[0])


def _time(default: str) -> Extra:
    def read(value: Any) -> str:
        if time_nanos(value) < 0:
            raise ValueError
        return str(value).strip()

    return Extra(read, "a whole number and a unit (s, m, h, d), as in 14d", default)


def _file(default: str) -> Extra:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError
        return value.strip()

    return Extra(read, f"the path of a file, as in {default}", default)


KNOWN: dict[str, Extra] = {
    "adopt": _flag(),
    "aliases": _names("aliases=paris,rome"),
    "back": _names("back=london"),
    "certificates_listen": _flag(default=True),
    "compromised": _flag(),
    "discard_newer": _names("discard_newer=paris"),
    "discovered": _file("discovered.yml"),
    "expiring_within": _time(""),
    "fail_on": _word("broken", "never"),
    "force": _flag(),
    "granted_trust_new_ca": _flag(),
    "max_lag": _number(-1, -1, "a whole number of operations, or -1 to allow any lag"),
    "own_keys": _names("elasticsearch_own_keys=VuaCfGcBCdbkQm-e5aOx"),
    "parallel": _number(10, 1, "a whole number of indices, 1 or more"),
    "planned": _flag(),
    "renew": _flag(),
    "replace_lost_ca": _flag(),
    "restart": _flag(),
    "reverse": _flag(default=True),
    "revoke_older": _flag(),
    "rotate_ca": _flag(),
    "rotate_ca_older_than": _time("1d"),
    "state": _word("present", "absent"),
    "undeclared": _flag(),
    "wait_timeout": _number(600, 0, "a whole number of seconds"),
    "writes_stopped": _flag(),
}


def normalise(rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    """Every extra variable as the playbooks use it.

    :param rows: of each that the playbook takes, its name, what it is, and what its twin with the prefix is.
    :raises ValueError: with all that is wrong, in one sentence each.
    """
    found = {name: extra.default for name, extra in KNOWN.items()}
    problems = []
    for name, short, twin in rows:
        variable, value = (name, plain(short)) if _empty(plain(twin)) else (PREFIX + name, plain(twin))
        if _empty(value):
            continue
        try:
            found[name] = KNOWN[name].read(value)
        except (ValueError, TypeError):
            problems.append(f"{variable}: it is {value!r}; write {KNOWN[name].allowed}.")
    if problems:
        raise ValueError(" ".join(problems))
    return found


def _empty(value: Any) -> bool:
    """What a survey sends where nothing was answered, and what is left where a template found nothing."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list) and all(_empty(item) for item in value))
