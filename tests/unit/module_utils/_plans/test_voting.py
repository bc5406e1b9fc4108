# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import voting


def answer(committed: str, accepted: str | None = None, excluded: str = "") -> dict[str, Any]:
    """Each letter is the id of a node."""
    coordination = dict(
        term=1,
        last_committed_config=list(committed),
        last_accepted_config=list(committed if accepted is None else accepted),
        voting_config_exclusions=[dict(node_id=i, node_name=i.upper()) for i in excluded],
    )
    return {"metadata": {"cluster_coordination": coordination}}


def nodes(masters: str, voting_only: str = "", others: str = "") -> list[dict[str, Any]]:
    kinds = ((masters, ["master", "data"]), (voting_only, ["master", "voting_only"]), (others, ["data"]))
    return [dict(id=i, name=i.upper(), roles=roles) for ids, roles in kinds for i in ids]


@pytest.mark.parametrize(
    ("state", "present", "name", "why"),
    [
        pytest.param(answer("abc"), nodes("abc"), "A", None, id="three, all here"),
        pytest.param(answer("abc"), nodes("ab"), "A", "of the 3 nodes that vote for a master, only B", id="one away"),
        pytest.param(answer("abc"), nodes("ab", others="d"), "D", None, id="one away, a node that can't be master"),
        pytest.param(answer("abc"), nodes("abd"), "D", None, id="one away, a node without a vote"),
        pytest.param(answer("abc"), nodes("abd"), "A", "only B would be left", id="one without a vote is no help"),
        pytest.param(answer("abcde"), nodes("abcd"), "A", None, id="five, one away, before the cluster notices"),
        pytest.param(answer("abcde"), nodes("abc"), "A", "only B, C would be left", id="five, two away"),
        pytest.param(answer("abc"), nodes("abcd"), "A", None, id="four, three vote"),
        pytest.param(answer("abc", "bcd"), nodes("abc"), "A", None, id="both configurations, a majority of each"),
        pytest.param(answer("abc", "acd"), nodes("acd"), "A", "only C would be left", id="only of one of them"),
        pytest.param(answer("abc"), nodes("a", "bc"), "A", "can be its master", id="who is left may only vote"),
        pytest.param(answer("abc"), nodes("ab", "c"), "A", None, id="a voting-only node helps"),
        pytest.param(answer("a"), nodes("a"), "A", "of the one node that votes for a master, none", id="alone"),
        pytest.param(answer("a"), nodes("ab"), "A", "none would be left", id="two, the one with the vote"),
        pytest.param(answer("a"), nodes("ab"), "B", None, id="two, the other one"),
        pytest.param(answer("a", excluded="bc"), nodes("abc"), "A", "none would be left", id="the others are excluded"),
    ],
)
def test_loss(state: dict[str, Any], present: list[dict[str, Any]], name: str, why: str | None) -> None:
    found = voting.loss(voting.parse(state, present), name)
    assert (found is None) == (why is None), found
    assert (why or "") in (found or "")


@pytest.mark.parametrize(
    ("state", "present", "name", "expected"),
    [
        pytest.param(answer("a"), nodes("a", others="d"), "A", True, id="one master-eligible node"),
        pytest.param(answer("a"), nodes("ab"), "A", True, id="two"),
        pytest.param(answer("ab"), nodes("ab"), "A", True, id="two that both vote"),
        pytest.param(answer("ab"), nodes("a"), "A", False, id="two, one away"),
        pytest.param(answer("abc"), nodes("ab"), "A", False, id="three, one away"),
        pytest.param(answer("abc"), nodes("a", "bc"), "A", True, id="the others may only vote"),
        pytest.param(answer("a", excluded="bc"), nodes("abc"), "A", False, id="the others are excluded"),
    ],
)
def test_unavoidable(state: dict[str, Any], present: list[dict[str, Any]], name: str, expected: bool) -> None:
    assert voting.unavoidable(voting.parse(state, present), name) == expected


def test_a_node_that_is_started_before_counts() -> None:
    found = voting.parse(answer("abc"), nodes("ab"))
    assert voting.loss(found, "A", coming=1) is None
    two = voting.parse(answer("ab"), nodes("a"))
    assert "only one that is started" in (voting.loss(two, "A", coming=1) or "")
    assert voting.unavoidable(two, "A", coming=1)
