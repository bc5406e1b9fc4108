# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User-defined metadata of a cluster, where a run leaves what a later one has to know. Pure. Private.

Source: https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/miscellaneous-cluster-settings
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal, Request

PREFIX = "cluster.metadata."
_NAME = re.compile(r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")


def parse(answer: Dict[str, Any]) -> Dict[str, Any]:
    """``GET /_cluster/settings?flat_settings=true`` → name → value; what is JSON is read as such."""
    found = {}
    for name, value in (answer.get("persistent") or {}).items():
        if name.startswith(PREFIX):
            found[name[len(PREFIX) :]] = _value(value)
    return found


def _value(text: Any) -> Any:
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return text
    return value if isinstance(value, (dict, list)) else text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def plan(have: Dict[str, Any], metadata: Dict[str, Any], names: Sequence[str]) -> Plan:
    """
    :param metadata: name → value; None takes it away.
    :param names: which others to tell.
    """
    wrong = [name for name in metadata if not _NAME.match(name)]
    if wrong:
        raise Refusal("metadata: %s is not a name; use letters, digits, _, - and dots between them" % ", ".join(wrong))
    asked = [*metadata, *names]
    before = {name: have[name] for name in asked if name in have}
    after = {k: v for k, v in {**before, **metadata}.items() if v is not None}
    changed = {
        name: None if value is None else _text(value)
        for name, value in metadata.items()
        if (None if value is None else _text(value)) != (_text(have[name]) if name in have else None)
    }
    body = {"persistent": {PREFIX + name: text for name, text in changed.items()}}
    return Plan(
        before=before,
        after=after,
        requests=[Request("PUT", "/_cluster/settings", "set metadata of the cluster", body=body)] if changed else [],
        result=dict(metadata=after),
    )
