# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who answers is who was asked, also behind addresses that lead to other nodes."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError

GOOD = {"connected": True, "matching_indices": True}
HERE = "https://here:9200"


def node(name: str, url: str | None = None, client: bool = True) -> dict[str, Any]:
    return dict(id=f"id-{name}", name=name, url=url or f"https://{name}:9200", remote_cluster_client=client)


class Network:
    """In the place of a client: URL → the nodes that answer there in turn, or the error."""

    def __init__(self, where: dict[str, Any], url: str = HERE) -> None:
        self.where, self.url = where, url
        self.requests: list[Any] = []
        self.asked: list[str] = []

    def __str__(self) -> str:
        return self.url

    def of_node(self, url: str) -> Network:
        return Network(self.where, url)

    def close(self) -> None:
        pass

    def read(self, path: str, _purpose: str, *_query: Any, **_limits: Any) -> Any:
        answering = self.where[self.url]
        if isinstance(answering, ClientError):
            raise answering
        name = next(answering)
        self.requests.append((self.url, path))
        if path == "/_nodes/_local/_none":
            return {"nodes": {f"id-{name}": {"name": name}} if name else {}}
        return {"paris": {"connected": True} if path == "/_remote/info" else GOOD}


def seen(where: dict[str, Any], nodes: list[dict[str, Any]], urls: dict[str, str] | None = None) -> dict[str, Any]:
    network: Any = Network({url: cycle(who) if isinstance(who, list) else who for url, who in where.items()})
    return reads.seen_from_each(network, nodes, 10, urls)


BOTH = [node("lon-1"), node("lon-2")]
EACH = {"https://lon-1:9200": ["lon-1"], "https://lon-2:9200": ["lon-2"]}
BALANCER = "https://london:9200"
REFUSED = ClientError("Cannot ask which node it is on https://lon-2:9200: refused.")


def test_each_node_that_answers_itself_is_asked() -> None:
    found = seen(EACH, BOTH)
    assert {name: (one["resolve"], one.get("not_asked")) for name, one in found.items()} == {
        "lon-1": ({"paris": GOOD}, None),
        "lon-2": ({"paris": GOOD}, None),
    }


@pytest.mark.parametrize(
    ("where", "nodes", "urls", "why"),
    [
        pytest.param(
            {BALANCER: ["lon-1"]},
            [node("lon-1", BALANCER), node("lon-2", BALANCER)],
            {},
            {
                "lon-1": f"{BALANCER} is not its alone, but that of lon-2 as well",
                "lon-2": f"{BALANCER} is not its alone, but that of lon-1 as well",
            },
            id="all publish one address",
        ),
        pytest.param(
            {BALANCER: ["lon-1"]},
            [node("lon-1", BALANCER), node("lon-2", BALANCER, client=False)],
            {},
            {"lon-1": f"{BALANCER} is not its alone, but that of lon-2 as well"},
            id="one of them needs nothing",
        ),
        pytest.param(
            {**EACH, "https://lon-2.example": ["lon-1"]},
            BOTH,
            {"lon-2": "https://lon-2.example"},
            {"lon-2": "at https://lon-2.example it is lon-1 that answers"},
            id="a URL that leads to another node",
        ),
        # The first word is the right one's.
        pytest.param(
            {**EACH, "https://lon-2:9200": ["lon-2", "lon-1", "lon-1", "lon-1"]},
            BOTH,
            {},
            {"lon-2": "at https://lon-2:9200 it is lon-1 that answers"},
            id="a balancer that changes its mind",
        ),
        pytest.param({**EACH, "https://lon-2:9200": [""]}, BOTH, {}, {"lon-2": "nobody"}, id="something else answers"),
        pytest.param({**EACH, "https://lon-2:9200": REFUSED}, BOTH, {}, {"lon-2": str(REFUSED)}, id="refused"),
        pytest.param(EACH, [BOTH[0], {**BOTH[1], "url": None}], {}, {"lon-2": "it has no HTTP address"}, id="no URL"),
    ],
)
def test_nothing_is_taken_for_the_answer_of_another_node(
    where: dict[str, Any], nodes: list[dict[str, Any]], urls: dict[str, str], why: dict[str, str]
) -> None:
    found = seen(where, nodes, urls)
    told = {name: one["not_asked"] for name, one in found.items() if one.get("not_asked")}
    assert told.keys() == why.keys()
    for name, text in why.items():
        assert text in told[name]
        assert found[name]["error"] == told[name]
        assert (found[name]["info"], found[name]["resolve"]) == ({}, {})


def test_no_certificate_of_another_node_is_taken_for_a_nodes() -> None:
    answer = {
        "nodes": {f"id-{name}": {"name": name, "roles": [], "http": {"publish_address": "lb:9200"}} for name in "ab"}
    }

    class Cluster(Network):
        def read(self, path: str, *_options: Any, **_limits: Any) -> Any:
            return answer if path.startswith("/_nodes/http") else []

    client: Any = Cluster({})
    client.urls = ["https://lb:9200"]
    found, errors = reads.ssl_certificates(client, {})
    assert found == {} and errors.keys() == {"a", "b"}


def test_what_a_node_has_told_on_its_own_machine_counts() -> None:
    told: dict[str, Any] = {"lon-1": dict(info={}, resolve={"paris": GOOD}, timed_out=[], error=None, reached=True)}
    network: Any = Network({BALANCER: cycle(["lon-1"])})
    both = [node("lon-1", BALANCER), node("lon-2", BALANCER)]
    found = reads.seen_from_each(network, both, 10, {}, None, told)
    assert (found["lon-1"]["resolve"], found["lon-1"]["on_itself"]) == ({"paris": GOOD}, True)
    assert found["lon-2"]["not_asked"] == f"{BALANCER} is not its alone, but that of lon-1 as well"


def test_both_ways_that_fail_are_told() -> None:
    told = {"lon-2": dict(info={}, resolve={}, timed_out=[], error="no", not_asked="it listens nowhere", reached=False)}
    network: Any = Network({url: cycle(who) for url, who in EACH.items()} | {"https://lon-2:9200": REFUSED})
    found = reads.seen_from_each(network, BOTH, 10, {}, None, told)
    assert found["lon-2"]["not_asked"] == f"{REFUSED} And on its own machine: it listens nowhere"
    assert found["lon-2"]["error"] == found["lon-2"]["not_asked"]
    # One that answers from here meanwhile needs no other way.
    network = Network({url: cycle(who) for url, who in EACH.items()})
    assert reads.seen_from_each(network, BOTH, 10, {}, None, told)["lon-2"]["resolve"] == {"paris": GOOD}
