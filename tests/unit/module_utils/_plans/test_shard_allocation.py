# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.shard_allocation import (
    MARK,
    SETTING,
    parse,
    plan,
)


@pytest.mark.parametrize(
    ("persistent", "state", "sent", "enable"),
    [
        pytest.param({}, "restricted", {SETTING: "primaries", MARK: "all"}, "primaries", id="as it comes"),
        pytest.param(
            {SETTING: "new_primaries"},
            "restricted",
            {SETTING: "primaries", MARK: "new_primaries"},
            "primaries",
            id="set by the operator",
        ),
        pytest.param({SETTING: "none"}, "restricted", None, "none", id="narrower already"),
        pytest.param({SETTING: "primaries"}, "restricted", None, "primaries", id="as narrow already"),
        pytest.param({SETTING: "primaries", MARK: "all"}, "restricted", None, "primaries", id="a killed run"),
        pytest.param(
            {SETTING: "new_primaries", MARK: "all"},
            "restricted",
            {SETTING: "primaries", MARK: "new_primaries"},
            "primaries",
            id="a killed run, and an operator after it",
        ),
        pytest.param({SETTING: "primaries", MARK: "all"}, "restored", {SETTING: None, MARK: None}, "all", id="back"),
        pytest.param(
            {SETTING: "primaries", MARK: "new_primaries"},
            "restored",
            {SETTING: "new_primaries", MARK: None},
            "new_primaries",
            id="back to the operator's",
        ),
        pytest.param({SETTING: "none", MARK: "all"}, "restored", {MARK: None}, "none", id="changed meanwhile"),
        pytest.param({SETTING: "primaries"}, "restored", None, "primaries", id="not ours"),
        pytest.param({}, "restored", None, "all", id="nothing to restore"),
    ],
)
def test_plan(persistent: dict[str, str], state: str, sent: dict[str, Any] | None, enable: str) -> None:
    made = plan(parse({"persistent": persistent, "transient": {}}), state)
    assert [r.body for r in made.requests] == ([{"persistent": sent}] if sent else [])
    assert (made.after, made.result) == ({"enable": enable}, {"enable": enable})
    assert made.before == {"enable": persistent.get(SETTING, "all")}
    after = {name: value for name, value in {**persistent, **(sent or {})}.items() if value is not None}
    assert plan(parse({"persistent": after}), state).requests == []
