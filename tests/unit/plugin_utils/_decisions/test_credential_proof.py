# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.credential_proof import (
    doubts,
    is_proven,
)

PATH = "/srv/es-conf/elasticsearch.keystore"


def proof(**nodes: str) -> dict[str, Any]:
    """Status of each node, of one remote cluster."""
    seen = [{"node": name, "status": status} for name, status in nodes.items()]
    return {"proven": set(nodes.values()) == {"proven"}, "remote_clusters": {"paris": {"nodes": seen}}}


@pytest.mark.parametrize(
    ("found", "nodes", "left_out", "expected"),
    [
        (proof(a="proven", b="proven"), ["a", "b"], False, True),
        (proof(a="proven", b="broken"), ["a", "b"], False, False),
        # A managed cluster has no nodes in the inventory.
        (proof(a="proven"), [], False, True),
        (proof(a="proven", b="broken"), ["a"], True, True),
        (proof(a="proven", b="broken"), ["b"], True, False),
        (proof(a="proven", b="proven"), [], True, False),
        ({"failed": True}, ["a"], False, False),
        ({"failed": True}, ["a"], True, False),
    ],
)
def test_of_no_node_nothing_is_proven(found: dict[str, Any], nodes: list[str], left_out: bool, expected: bool) -> None:
    assert is_proven(found, nodes, left_out) is expected


def host(name: str = "lon-1", holds: str = "new", path: str = PATH, **keystore: Any) -> dict[str, Any]:
    described = {"in_use": True, "doubt": None, "digest": "d1", **keystore}
    if not described["in_use"] and not described["doubt"]:
        described["doubt"] = "its server is hidden"
    return {
        "item": f"host-{name}",
        "node_info": {
            "node": {"name": name},
            "credentials": {"paris": holds},
            "keystore": described,
            "paths": {"keystore": path},
        },
    }


STOPPED = {"item": "host-lon-9", "node_info": {**host(in_use=False)["node_info"], "node": None}}
UNSEEN = host(in_use=False)


@pytest.mark.parametrize(
    ("nodes", "keystores", "told", "meanwhile"),
    [
        pytest.param([host()], {}, [], [], id="the running server reads this file"),
        pytest.param([], {}, [], [], id="a managed cluster"),
        pytest.param([STOPPED], {}, [], [], id="one that is stopped uses none"),
        pytest.param([UNSEEN], {}, ["host-lon-1: its server is hidden; set elasticsearch_path_conf"], [], id="unseen"),
        pytest.param([UNSEEN], {"lon-1": {"path": PATH, "digest": "d1"}}, [], [], id="the server tells this content"),
        pytest.param([UNSEEN], {"lon-1": {"path": "/x/k", "digest": "d1"}}, [], [], id="the same content elsewhere"),
        pytest.param([UNSEEN], {"lon-1": {"path": PATH, "digest": None}}, ["host-lon-1: "], [], id="a path alone"),
        pytest.param([UNSEEN], {"lon-1": {"path": PATH, "digest": "d0"}}, ["host-lon-1: "], [], id="another content"),
        pytest.param([UNSEEN], {"lon-2": {"path": PATH, "digest": "d1"}}, ["host-lon-1: "], [], id="of another node"),
        pytest.param(
            [host()],
            {"lon-1": {"path": "/etc/es/k", "digest": "d0"}},
            ["host-lon-1: its server reads /etc/es/k and not " + PATH],
            [],
            id="the server tells another file",
        ),
        pytest.param(
            [host()], {"lon-1": {"path": PATH, "digest": "d0"}}, [], [], id="changed by another program since"
        ),
        pytest.param([host(holds="newer")], {}, [], ["host-lon-1"], id="another run has given it another one"),
    ],
)
def test_which_credential_a_node_uses(
    nodes: list[dict[str, Any]], keystores: dict[str, Any], told: list[str], meanwhile: list[str]
) -> None:
    before = [{**node, "node_info": {**node["node_info"], "credentials": {"paris": "new"}}} for node in nodes]
    found = doubts(
        nodes, proof(**{n["node_info"]["node"]["name"]: "proven" for n in nodes if n is not STOPPED}), before, keystores
    )
    assert found["meanwhile"] == meanwhile
    assert len(found["doubts"]) == len(told), found
    assert [text for text, start in zip(found["doubts"], told, strict=True) if not text.startswith(start)] == []


def test_a_node_that_has_joined_meanwhile() -> None:
    """It was given nothing, and is proven by what it brought with it."""
    found = doubts([host()], proof(**{"lon-1": "proven", "lon-2": "proven"}), [host()], {})
    assert found["doubts"] == [
        (
            "lon-2 is a node of the cluster, and no host of the inventory stands for it; add it to the group of the "
            "cluster's nodes"
        )
    ]
    assert doubts([], proof(**{"lon-1": "proven"}), [], {}) == {"doubts": [], "meanwhile": []}
