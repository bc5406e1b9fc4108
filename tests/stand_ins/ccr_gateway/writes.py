# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients may not do to a follower: documents, mapping and aliases are its leader's. Also while it is paused."""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import Any

from .errors import illegal_argument, status_exception
from .gateway import Gateway
from .patterns import matches
from .routing import Request
from .traces import FOLLOWING_INDEX

WRITES = ("_doc", "_create", "_update", "_delete_by_query", "_update_by_query")
DOCUMENT = "a following engine does not accept operations without an assigned sequence number"


def refuse(gateway: Gateway, request: Request) -> None:
    """Raises where the server would."""
    if request.method not in ("PUT", "POST", "DELETE") or not gateway.followers:
        return
    parts = [urllib.parse.unquote(part) for part in request.path.strip("/").split("/")]
    if parts[0] == "_aliases":
        refuse_aliases(gateway, followers_of_actions(gateway, request.text))
    if len(parts) < 2:
        return
    found = followers(gateway, parts[0])
    if parts[1] in WRITES and found:
        raise status_exception(403, DOCUMENT)
    if not found:
        return
    if parts[1] == "_close":
        refuse_close(gateway, found)
    if parts[1] in ("_mapping", "_mappings"):
        raise status_exception(
            403,
            f"can't put mapping to the following indices [{', '.join(found)}]; the mapping of the following indices "
            "are self-replicated from its leader indices",
        )
    if parts[1] in ("_alias", "_aliases"):
        refuse_aliases(gateway, found)
    if parts[1] == "_settings" and re.search(r"\bfollowing_index\b", request.text):
        raise illegal_argument(
            f"can not update internal setting [{FOLLOWING_INDEX}]; this setting is managed via a dedicated API"
        )


def refuse_close(gateway: Gateway, found: list[str]) -> None:
    copied = [
        f"[{name}/{gateway.followers[name].uuid}]" for name in found if gateway.followers[name].phase == "copying"
    ]
    if copied:
        raise illegal_argument(f"Cannot close indices that are being restored: [{', '.join(copied)}]")


def refuse_aliases(gateway: Gateway, found: list[str]) -> None:
    if found:
        raise status_exception(
            403,
            f"can't modify aliases on indices [{', '.join(found)}]; aliases of following indices are self-replicated "
            "from their leader indices",
        )


def followers(gateway: Gateway, expression: str) -> list[str]:
    wanted = expression.split(",")
    return [name for name in sorted(gateway.followers) if any(one == "_all" or matches(one, name) for one in wanted)]


def followers_of_actions(gateway: Gateway, text: str) -> list[str]:
    try:
        actions = json.loads(text).get("actions", [])
    except (ValueError, AttributeError):
        return []
    found: set[str] = set()
    for action in actions:
        for kind, options in action.items():
            if kind != "remove_index":
                names = options.get("indices") or [options.get("index", "")]
                found |= {one for name in names for one in followers(gateway, name)}
    return sorted(found)


def is_document(request: Request) -> bool:
    """Whether it may write documents."""
    parts = request.path.strip("/").split("/")
    return is_bulk(request) or (request.method in ("PUT", "POST", "DELETE") and len(parts) > 1 and parts[1] in WRITES)


# ---- bulk


def is_bulk(request: Request) -> bool:
    return request.method in ("PUT", "POST") and request.path.endswith("/_bulk")


def split(gateway: Gateway, request: Request) -> tuple[str, list[dict[str, Any] | None]] | None:
    """What may be handed on, and each item in its place: refused, or none yet. None where nothing is refused."""
    default = urllib.parse.unquote(request.path.strip("/").rpartition("/")[0])
    lines = iter(line for line in request.text.split("\n") if line.strip())
    kept: list[str] = []
    items: list[dict[str, Any] | None] = []
    try:
        for line in lines:
            ((kind, options),) = json.loads(line).items()
            document = [] if kind == "delete" else [next(lines)]
            index = options.get("_index", default)
            if index in gateway.followers:
                error = {"type": "status_exception", "reason": DOCUMENT}
                items.append({kind: {"_index": index, "_id": options.get("_id"), "status": 403, "error": error}})
            else:
                kept += [line, *document]
                items.append(None)
    except (ValueError, StopIteration, AttributeError):
        # The node says better what is wrong with it.
        return None
    if not any(items):
        return None
    return "".join(line + "\n" for line in kept), items


def merge(items: list[dict[str, Any] | None], answer: dict[str, Any] | None) -> dict[str, Any]:
    handed_on = iter((answer or {}).get("items", []))
    merged = [item if item is not None else next(handed_on) for item in items]
    return {"took": (answer or {}).get("took", 0), "errors": True, "items": merged}
