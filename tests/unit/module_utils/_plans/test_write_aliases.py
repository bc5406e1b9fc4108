# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import write_aliases
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal

NOT: dict[str, Any] = {"is_write_index": False}
INDICES: dict[str, dict[str, Any]] = {
    name: {"uuid": f"u-{name}", "rollover_alias": "w" if name.startswith("logs-") else None}
    for name in ("a", "b", "logs-000009", "logs-000010")
}


def plan(aliases: dict[str, Any], *names: str) -> Plan:
    return write_aliases.plan(INDICES, aliases, [{"name": name, "uuid": f"u-{name}"} for name in names])


@pytest.mark.parametrize(
    ("aliases", "names", "added"),
    [
        pytest.param({"a": {"x": NOT}}, ["a"], [{"index": "a", "alias": "x"}], id="the only index"),
        pytest.param({"a": {"x": {}}}, ["a"], [], id="it is written already"),
        pytest.param({"a": {"x": NOT}}, ["b"], [], id="of another index"),
        pytest.param({"a": {"x": NOT}, "b": {"x": NOT}}, ["a", "b"], [], id="nobody knows which"),
        pytest.param({"a": {"x": NOT}, "b": {"x": {"is_write_index": True}}}, ["a"], [], id="another one is written"),
        pytest.param(
            {"a": {"x": {**NOT, "filter": {"term": {"n": 1}}, "search_routing": "r", "is_hidden": True}}},
            ["a"],
            [{"index": "a", "alias": "x", "filter": {"term": {"n": 1}}, "search_routing": "r", "is_hidden": True}],
            id="all else stays",
        ),
        pytest.param(
            {"logs-000010": {"w": NOT}},
            ["logs-000010"],
            [{"index": "logs-000010", "alias": "w", "is_write_index": True}],
            id="what is rolled over is its write index",
        ),
        pytest.param(
            {"logs-000009": {"w": NOT, "all": NOT}, "logs-000010": {"w": NOT, "all": NOT}},
            ["logs-000009", "logs-000010"],
            [{"index": "logs-000010", "alias": "w", "is_write_index": True}],
            id="the newest of a rollover",
        ),
        pytest.param(
            {"logs-000009": {"w": NOT}, "logs-000010": {"w": NOT}}, ["logs-000009"], [], id="not an older one"
        ),
    ],
)
def test_what_is_written(aliases: dict[str, Any], names: list[str], added: list[dict[str, Any]]) -> None:
    found = plan(aliases, *names)
    assert [request.body for request in found.requests] == (
        [{"actions": [{"add": one} for one in added]}] if added else []
    )
    assert found.result["write_aliases"] == {one["alias"]: one["index"] for one in added}
    # As it is afterwards, nothing is left to be done.
    for one in added:
        aliases[one["index"]][one["alias"]] = {key: one[key] for key in one if key not in ("index", "alias")}
    assert plan(aliases, *names).requests == []


def test_what_only_its_owner_knows() -> None:
    found = plan({"a": {"x": NOT}, "b": {"x": NOT}}, "a")
    assert found.result["undecided"] == {"x": ["a", "b"]}
    assert "No index is the write index of x (a, b)." in found.result["warnings"][0]


@pytest.mark.parametrize(
    ("want", "error"),
    [
        ({"name": "a", "uuid": "other"}, "another index has the name"),
        ({"name": "c", "uuid": None}, "there is no index"),
    ],
)
def test_refused(want: dict[str, Any], error: str) -> None:
    with pytest.raises(Refusal, match=error):
        write_aliases.plan(INDICES, {}, [want])
