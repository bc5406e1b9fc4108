# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.filter.undeclared_keys import undeclared_keys

LONDON = {"uuid": "U", "addresses": ["10.0.0.1:9300"]}
DECLARED = {
    "cluster": "london",
    "remote_clusters": [{"alias": "paris", "cluster": "rome"}, {"alias": "partner", "cluster": None}],
    "grants": [{"api_key": {"alias": "team"}}],
}


def key(alias: str | None, **changed: Any) -> dict[str, Any]:
    usual = {"id": f"k-{alias}", "name": "n", "managed": True, "state": "active", "local_cluster": "U", "alias": alias}
    return {**usual, "addresses": LONDON["addresses"], **changed}


def grant(alias: str, **changed: Any) -> dict[str, Any]:
    return key(alias, local_cluster="grant", addresses=[], **changed)


@pytest.mark.parametrize(
    ("given", "elsewhere", "grants"),
    [
        pytest.param({"rome": [key("paris")]}, [], [], id="where it leads"),
        pytest.param({"paris": [key("paris")]}, [("paris", "paris", ["k-paris"])], [], id="where it led before"),
        pytest.param(
            {"rome": [key("partner")]}, [("partner", "rome", ["k-partner"])], [], id="led, before it was another team's"
        ),
        pytest.param({"paris": [key("old")]}, [], [], id="an alias that is not declared is found with its settings"),
        pytest.param({"paris": [key("paris", state="invalidated")]}, [], [], id="not valid any more"),
        pytest.param({"paris": [key("paris", addresses=["10.9.9.9:9300"])]}, [], [], id="a copy's"),
        pytest.param(
            {"paris": [key("paris", addresses=[])]}, [("paris", "paris", ["k-paris"])], [], id="of unknown addresses"
        ),
        pytest.param({"paris": [key("paris", local_cluster="V")]}, [], [], id="another cluster's"),
        pytest.param({"paris": [key(None, managed=False, local_cluster=None)]}, [], [], id="without mark"),
        pytest.param({"paris": [key(None, local_cluster=None)]}, [], [], id="made by its name"),
        pytest.param({"london": [grant("team"), grant("left")]}, [], ["left"], id="a grant that left the inventory"),
        pytest.param({"paris": [grant("left")]}, [], [], id="another cluster's grant"),
        pytest.param({"london": [grant("left", state="expired")]}, [], [], id="a grant that is over"),
    ],
)
def test_what_is_left(given: dict[str, Any], elsewhere: list[Any], grants: list[str]) -> None:
    found = undeclared_keys(given, DECLARED, LONDON)
    assert [(entry["alias"], entry["cluster"], entry["ids"]) for entry in found["elsewhere"]] == elsewhere
    assert [entry["alias"] for entry in found["grants"]] == grants
