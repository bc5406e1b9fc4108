# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible puts asterisks for a secret wherever its text occurs in a result, in a name as well. Pure. Private."""

from __future__ import annotations

from typing import Any, Callable, Collection, List, Tuple

HINT = (
    "A password or passphrase is a text that also occurs in %s of the result, where Ansible masks it, so that what "
    "follows could not use it. Choose another one that is no word."
)


def masked(
    result: Any, secrets: Collection[str], counts: Callable[[Tuple[str, ...]], bool], place: Tuple[str, ...] = ()
) -> List[str]:
    """Where a result would not arrive as it is; each place once.

    :param counts: of the keys that lead to a text, whether anybody relies on that.
    """
    found: List[str] = []
    if isinstance(result, dict):
        for name, value in result.items():
            found += masked(value, secrets, counts, (*place, str(name)))
    elif isinstance(result, list):
        for value in result:
            found += masked(value, secrets, counts, place)
    elif isinstance(result, str) and any(secret in result for secret in secrets) and counts(place):
        found.append(".".join(place))
    return list(dict.fromkeys(found))
