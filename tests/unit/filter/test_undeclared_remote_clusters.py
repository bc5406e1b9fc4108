# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is left of aliases that the inventory does not declare any more."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.filter.undeclared_remote_clusters import (
    undeclared_remote_clusters,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call
from ansible_collections.crosscluster.elasticsearch.plugins.modules import remote_clusters


def keys(cluster: str, *aliases: str, state: str = "active") -> dict[str, Any]:
    return {"item": cluster, "api_keys": [{"alias": alias, "state": state} for alias in aliases]}


@pytest.mark.parametrize(
    ("others", "given", "left"),
    [
        pytest.param(["paris"], [keys("paris", "paris")], [], id="declared"),
        pytest.param(["old", "paris"], [keys("rome", "old", "old")], [("old", "rome")], id="an alias and its keys"),
        pytest.param(["old"], [keys("rome"), {"item": "berlin", "msg": "no answer"}], [("old", None)], id="no key"),
        pytest.param([], [keys("rome", "old")], [("old", "rome")], id="a key alone"),
        pytest.param([], [keys("rome", "old", state="invalidated")], [], id="a key that is none any more"),
        pytest.param([], [keys("rome", "paris")], [], id="where the alias led before it led elsewhere"),
        pytest.param(
            ["old"],
            [keys("rome", "old"), keys("berlin", "old")],
            [("old", "rome"), ("old", "berlin")],
            id="two clusters",
        ),
    ],
)
def test_what_is_left(others: list[str], given: list[dict[str, Any]], left: list[tuple[str, str | None]]) -> None:
    found = undeclared_remote_clusters(others, ["paris"], given)
    assert [(entry["alias"], entry["cluster"]) for entry in found] == left
    assert [bool(entry["api_key"]) for entry in found] == [cluster is not None for _alias, cluster in left]


class Settings:
    """In the place of a client."""

    def read(self, path: str, _purpose: str, _query: Any = None) -> Any:
        marked = {f"cluster.metadata.crosscluster_elasticsearch.{name}": "managed" for name in ("old", "paris")}
        by_hand = {"cluster.remote.by_hand.proxy_address": "a:1", "cluster.remote.by_hand.mode": "proxy"}
        return {"persistent": {**marked, **by_hand}} if path == "/_cluster/settings" else {}


@pytest.mark.parametrize(
    ("given", "others"), [({}, ["old", "paris"]), ({"named": ["paris"]}, ["old"]), ({"prune": True}, [])]
)
def test_aliases_that_the_collection_has_made_are_told(given: dict[str, Any], others: list[str]) -> None:
    client: Any = Settings()
    params = {
        "remote_clusters": [{"alias": name} for name in given.get("named", [])],
        "state": "absent" if "named" in given else "present",
        "prune": given.get("prune", False),
        "force": True,
        "batch_size": 25,
        "wait": False,
    }
    plan = remote_clusters.run(Call(params, client, check_mode=True, warn=lambda text: None))
    assert plan.result["others"] == others
