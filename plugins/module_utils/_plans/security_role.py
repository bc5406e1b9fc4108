# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security roles: one canonical form of what the API says and what is wished, and the way between them. Pure. Private.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-put-role
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Plan,
    Refusal,
    Request,
    in_path,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import query_text

OPTIONS = ("description", "cluster", "indices", "remote_indices", "remote_cluster", "run_as", "metadata")
# What a role may have and this module has no option for: it stays as it is.
_KEPT = ("applications", "global")
_SETS = ("names", "privileges", "clusters")
# Option → key of ``GET _security/privilege/_builtin``.
_BUILTIN = {"cluster": "cluster", "indices": "index", "remote_indices": "index", "remote_cluster": "remote_cluster"}


def path(name: str) -> str:
    return "/_security/role/%s" % in_path(name)


def parse(name: str, answer: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """``GET _security/role/NAME`` → the role as the API has it, or None."""
    role: Optional[Dict[str, Any]] = answer.get(name)
    return role


def canonical(role: Dict[str, Any]) -> Dict[str, Any]:
    """One form for what means the same: order, defaults written or not, a query as text or as an object."""
    found: Dict[str, Any] = {}
    for option in OPTIONS:
        value = role.get(option)
        if option in ("cluster", "run_as"):
            found[option] = sorted(set(value or []))
        elif option == "metadata":
            found[option] = value or {}
        elif option == "description":
            found[option] = value or ""
        else:
            entries = [_entry(entry) for entry in value or []]
            found[option] = sorted(entries, key=lambda e: json.dumps(e, sort_keys=True))
    return found


def _entry(entry: Dict[str, Any]) -> Dict[str, Any]:
    one: Dict[str, Any] = {key: sorted(set(entry[key])) for key in _SETS if entry.get(key) is not None}
    fields = {k: sorted(set(v)) for k, v in (entry.get("field_security") or {}).items() if v}
    # Every field, without an exception, is what the server takes for no field security.
    if fields and fields != {"grant": ["*"]}:
        one["field_security"] = fields
    if entry.get("query"):
        one["query"] = query_text(entry["query"])
    if entry.get("allow_restricted_indices"):
        one["allow_restricted_indices"] = True
    return one


def wish(params: Dict[str, Any]) -> Dict[str, Any]:
    """The module's options → the canonical role; refuses what no server takes."""
    for option in ("indices", "remote_indices", "remote_cluster"):
        for entry in params.get(option) or []:
            for key in _SETS:
                values = entry.get(key)
                # A role that shall give nothing there is written without the entry.
                if values is not None and (not values or "" in values):
                    raise Refusal(
                        "%s.%s is empty or has an empty entry; name at least one, or remove it" % (option, key)
                    )
            unknown = sorted(set(entry.get("field_security") or {}) - {"grant", "except"})
            if unknown:
                raise Refusal(
                    "%s.field_security has %s; write grant and except, each a list of fields"
                    % (option, ", ".join(unknown))
                )
    reserved = sorted(key for key in params.get("metadata") or {} if str(key).startswith("_"))
    if reserved:
        raise Refusal(
            "metadata has %s, and names that begin with an underscore are Elasticsearch's own; choose others"
            % ", ".join(reserved)
        )
    return canonical(params)


def plan(name: str, have: Optional[Dict[str, Any]], wanted: Optional[Dict[str, Any]]) -> Plan:
    """
    :param have: the role as the API has it, or None.
    :param wanted: the canonical role, or None where it shall not be.
    """
    if have is not None and (have.get("metadata") or {}).get("_reserved"):
        raise Refusal(
            "name: %s is a role that Elasticsearch comes with, which can't be changed; choose another name" % name
        )
    before = canonical(have) if have is not None else None
    requests: List[Request] = []
    if wanted is None and have is not None:
        requests.append(Request("DELETE", path(name), "delete the role %s" % name))
    elif wanted is not None and before != wanted:
        body = {option: value for option, value in wanted.items() if value}
        body.update({key: have[key] for key in _KEPT if have and have.get(key)})
        requests.append(Request("PUT", path(name), "write the role %s" % name, body=body))
    return Plan(before=before or {}, after=wanted or {}, requests=requests, result=dict(role=wanted))


def check_privileges(wanted: Dict[str, Any], builtin: Dict[str, Any]) -> None:
    """Refuses names that this version of Elasticsearch does not know, which a check mode could not foretell else.

    :param builtin: answer of ``GET _security/privilege/_builtin``.
    """
    for option, privilege in _privileges(wanted):
        known = builtin.get(_BUILTIN[option])
        # Names of actions, such as indices:data/read/*, are many and have a colon; `*` is for actions too.
        if ":" in privilege or "*" in privilege or (known is None and _BUILTIN[option] != "remote_cluster"):
            continue
        if privilege.lower() not in (known or []):
            raise Refusal(
                "%s: there is no privilege %s in this version of Elasticsearch; known are: %s"
                % (option, privilege, ", ".join(sorted(known or [])) or "none")
            )


def _privileges(wanted: Dict[str, Any]) -> Iterable[Tuple[str, str]]:
    for option in _BUILTIN:
        for entry in wanted[option]:
            for privilege in [entry] if option == "cluster" else entry["privileges"]:
                yield option, privilege
