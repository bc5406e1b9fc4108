# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is: the difference between what is and what shall be, as a value. Pure. Private to this collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional
from urllib.parse import quote

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.tally import Tally


class Refusal(Exception):
    """The wish can't or must not be carried out; the text names the option, the problem and what to do."""


@dataclass
class Request:
    """A request that changes something.

    :param purpose: completes "Cannot … on URL", for the error.
    :param tag: names the answer, where a later attempt must know which requests have been answered, or have failed.
    :param settles: takes the error of this request → the answer that it amounts to; None: it stays an error.
    :param remedy: takes the reason of an error → what to do, better than what is said of any request.
    :param races: what stands in the reason of an error after which it helps to look again at what is there.
    :param undo: of a chain: what is to be sent when this or a later request fails; None: what stood before it.
    :param not_before: of a chain: seconds after its first answer.
    """

    method: str
    path: str
    purpose: str
    body: Optional[Dict[str, Any]] = None
    query: Optional[Dict[str, Any]] = None
    timeout: Optional[float] = None
    tag: Optional[str] = None
    settles: Optional[Callable[[Any], Any]] = None
    remedy: Optional[Callable[[str], str]] = None
    races: str = ""
    undo: Optional[List[Request]] = None
    not_before: float = 0.0


@dataclass
class Chain:
    """Requests that belong together, in their order; what was begun is undone when one of them fails.

    :param until: as that of a plan, for this chain alone; the next chain begins only when it is true.
    """

    name: str
    requests: List[Request] = field(default_factory=list)
    until: Optional[Callable[[float], Optional[str]]] = None


@dataclass
class Plan:
    """The way from ``before`` to ``after``; neither holds a secret, both are what the user can set.

    :param requests: to be sent in this order, or ``parallel`` at a time.
    :param chains: instead of requests: ``parallel`` of them at a time, each in its order; the answers are by name.
    :param result: the module's result as it will be, or is when nothing is to be done.
    :param finish: answers of the requests → what they add to the result.
    :param until: seconds left → None when it is true, otherwise what is still missing.
    :param tally: where each of many is, to be shown meanwhile; the engine adds what has become of each chain.
    """

    before: Any = None
    after: Any = None
    requests: List[Request] = field(default_factory=list)
    result: Dict[str, Any] = field(default_factory=dict)
    parallel: int = 1
    finish: Optional[Callable[[Any], Dict[str, Any]]] = None
    until: Optional[Callable[[float], Optional[str]]] = None
    reads_only: bool = False
    changed: bool = False
    chains: List[Chain] = field(default_factory=list)
    tally: Optional[Tally] = None

    def __post_init__(self) -> None:
        self.changed = self.changed or bool(self.requests) or any(chain.requests for chain in self.chains)


def in_path(*names: str) -> str:
    """Names as one segment of a request's path."""
    return ",".join(quote(name, safe="") for name in names)


def reading(**result: Any) -> Plan:
    """The plan of a module that only reads."""
    return Plan(result=result, reads_only=True)
