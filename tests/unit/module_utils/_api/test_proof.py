# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How evidence is gathered into verdicts; the verdicts themselves are tested with the table of causes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.proof import Evidence, prove
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import RemoteCluster

SETTINGS = {"mode": "proxy", "proxy_address": "par-1:9443", "skip_unavailable": True}
INFO = {"connected": True, "mode": "proxy", "proxy_address": "par-1:9443", "cluster_credentials": "::es_redacted::"}
CERTIFICATE_INFO = {name: value for name, value in INFO.items() if name != "cluster_credentials"}
RESOLVED = {"connected": True, "skip_unavailable": True, "matching_indices": True}
SILENT = {"connected": False, "skip_unavailable": True}


def seen(alias: str = "paris", **changed: Any) -> dict[str, Any]:
    """What ``reads.seen_from`` found on a node; ``info`` or ``resolve`` without the alias for None."""
    info, resolve = changed.pop("info", INFO), changed.pop("resolve", RESOLVED)
    found: dict[str, Any] = dict(
        info={alias: info} if info else {}, resolve={alias: resolve} if resolve else {}, timed_out=[], error=None
    )
    return {**found, **changed}


UNASKED: dict[str, Any] = dict(info={}, resolve={}, timed_out=[])
WITHOUT_ROLE = dict(UNASKED, error=None, without_role=True)


def node(name: str, *roles: str) -> dict[str, Any]:
    return {"name": name, "roles": list(roles or ("data", "remote_cluster_client"))}


def evidence(**changed: Any) -> Evidence:
    usual: dict[str, Any] = dict(
        have={"paris": RemoteCluster(settings=SETTINGS, persistent=list(SETTINGS), managed=True)},
        nodes=[node("lon-1"), node("lon-2")],
        seen={"lon-1": seen(), "lon-2": seen()},
        license={"type": "trial", "status": "active"},
        security_models={"paris": "api_key"},
        node_evidence={},
        api_keys=[],
    )
    return Evidence(**{**usual, **changed})


def test_proven() -> None:
    assert prove(evidence(), None) == dict(
        remote_clusters={
            "paris": dict(
                settings=SETTINGS,
                managed=True,
                origin="persistent",
                proven=True,
                nodes=[
                    dict(
                        node=name,
                        status="proven",
                        cause="",
                        summary=f"Node {name} is connected to paris.",
                        remedy="",
                        mode="proxy",
                        security_model="api_key",
                    )
                    for name in ("lon-1", "lon-2")
                ],
            )
        },
        proven=True,
        report=["lon-1 → paris (proxy, api_key): proven", "lon-2 → paris (proxy, api_key): proven"],
        not_asked={},
    )


def test_which_way_was_used_is_told() -> None:
    found = prove(evidence(seen={"lon-1": seen(on_itself=True), "lon-2": seen()}), ["paris"])
    assert found["report"] == [
        "lon-1 → paris (proxy, api_key, asked on its own machine): proven",
        "lon-2 → paris (proxy, api_key): proven",
    ]


def test_who_could_not_be_asked_is_told() -> None:
    two = {"lon-1": seen(), "lon-2": {**UNASKED, "error": "no way", "not_asked": "no way"}}
    found = prove(evidence(seen=two), ["paris"])
    assert (found["proven"], found["not_asked"]) == (False, {"lon-2": "no way"})


def on_node(credential: str | None = "k1", **probe: Any) -> dict[str, Any]:
    return {"credentials": {"paris": credential}, "probes": [{"address": "par-1:9443", **probe}]}


@pytest.mark.parametrize(
    ("changed", "status", "cause", "security_model"),
    [
        pytest.param({}, "proven", "", "api_key", id="proven"),
        pytest.param(
            dict(seen={"lon-1": seen(resolve={**RESOLVED, "matching_indices": False})}),
            "proven",
            "no_matching_index",
            "api_key",
            id="no index",
        ),
        pytest.param(
            dict(seen={"lon-1": {**UNASKED, "error": "no way"}}), "unknown", "node_not_asked", None, id="not asked"
        ),
        pytest.param(dict(seen={"lon-1": WITHOUT_ROLE}), "broken", "node_without_role", None, id="only without role"),
        pytest.param(
            dict(seen={"lon-1": seen(info=None, resolve=None)}), "broken", "alias_missing", None, id="the node lacks it"
        ),
        pytest.param(
            dict(have={}, seen={"lon-1": seen(info=None, resolve=None)}), "broken", "alias_missing", None, id="nowhere"
        ),
        pytest.param(
            dict(seen={"lon-1": seen(resolve=None, timed_out=["paris"])}),
            "broken",
            "timed_out",
            "api_key",
            id="timed out",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(resolve=None, timed_out=["rome"])}),
            "unknown",
            "not_resolved",
            "api_key",
            id="another timed out",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(info={**INFO, "proxy_address": "old:1"})}),
            "broken",
            "settings_differ",
            "api_key",
            id="another address in use",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(info=CERTIFICATE_INFO)}),
            "broken",
            "wrong_model",
            "certificate",
            id="another model",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(info=CERTIFICATE_INFO)}, security_models={}),
            "proven",
            "",
            "certificate",
            id="no model declared",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(info=CERTIFICATE_INFO)}, node_evidence={"lon-1": on_node()}),
            "broken",
            "credential_not_loaded",
            "certificate",
            id="credential not loaded",
        ),
        pytest.param(
            dict(
                seen={"lon-1": seen(resolve=SILENT)},
                node_evidence={"lon-1": on_node()},
                api_keys=[{"id": "k0", "state": "active"}, {"id": "k1", "state": "invalidated"}],
            ),
            "broken",
            "key_invalidated",
            "api_key",
            id="key invalidated",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(resolve=SILENT)}, node_evidence={"lon-1": on_node(tcp="refused")}),
            "broken",
            "port_closed",
            "api_key",
            id="probe of the address",
        ),
        pytest.param(
            dict(
                seen={"lon-1": seen(resolve=SILENT)},
                node_evidence={"lon-1": {"credentials": None, "probes": [{"address": "rome:9443", "tcp": "refused"}]}},
            ),
            "broken",
            "not_connected",
            "api_key",
            id="probe of another address",
        ),
        pytest.param(
            dict(seen={"lon-1": seen(resolve=SILENT)}, node_evidence={"lon-2": on_node(tcp="refused")}),
            "broken",
            "not_connected",
            "api_key",
            id="evidence of another node",
        ),
    ],
)
def test_verdict(changed: dict[str, Any], status: str, cause: str, security_model: str | None) -> None:
    result = prove(evidence(**{"seen": {"lon-1": seen()}, **changed}), ["paris"])
    paris = result["remote_clusters"]["paris"]
    (found,) = paris["nodes"]
    assert (found["status"], found["cause"], found["security_model"]) == (status, cause, security_model)
    assert paris["proven"] == result["proven"] == (status == "proven")
    (line,) = result["report"]
    assert line.startswith("lon-1 → paris (")
    assert (f"): {status}" + (f" [{cause}] {found['summary']} {found['remedy']}" if cause else "")) in line


def test_one_broken_node_is_enough() -> None:
    result = prove(evidence(seen={"lon-1": seen(), "lon-2": seen(resolve=SILENT)}), None)
    assert [n["status"] for n in result["remote_clusters"]["paris"]["nodes"]] == ["proven", "broken"]
    assert (result["remote_clusters"]["paris"]["proven"], result["proven"]) == (False, False)


def test_nodes_with_the_same_cause_share_a_line() -> None:
    refused, dropped = on_node(tcp="refused"), on_node(tcp="timeout")
    nodes = {"lon-1": refused, "lon-2": dropped, "lon-3": refused, "lon-4": {}}
    states = {name: seen(resolve=SILENT) if found else seen() for name, found in nodes.items()}
    result = prove(evidence(seen=states, node_evidence=nodes), None)
    assert [line.split(".")[0] for line in result["report"]] == [
        (
            "lon-1, lon-3 → paris (proxy, api_key): broken [port_closed] Nothing listens on par-1:9443, as seen from "
            "each of these nodes"
        ),
        "lon-2 → paris (proxy, api_key): broken [packets_dropped] Packets from lon-2 to par-1:9443 get no answer",
        "lon-4 → paris (proxy, api_key): proven",
    ]
    assert [n["summary"] for n in result["remote_clusters"]["paris"]["nodes"]][:3:2] == [
        "Nothing listens on par-1:9443, as seen from lon-1.",
        "Nothing listens on par-1:9443, as seen from lon-3.",
    ]


def test_node_without_role_does_not_count_beside_others() -> None:
    result = prove(evidence(seen={"master": WITHOUT_ROLE, "lon-1": seen()}), None)
    assert [n["node"] for n in result["remote_clusters"]["paris"]["nodes"]] == ["lon-1"]
    assert result["proven"]


def test_nothing_is_proven_where_no_node_was_asked() -> None:
    assert prove(evidence(seen={}), None)["proven"] is False


def test_nothing_is_proven_where_there_is_no_alias() -> None:
    assert prove(evidence(have={}, seen={"lon-1": seen(info=None, resolve=None)}), None)["proven"] is False


@pytest.mark.parametrize(
    ("have", "info", "origin", "managed"),
    [
        pytest.param(RemoteCluster(settings=SETTINGS, persistent=["mode"]), INFO, "persistent", False, id="persistent"),
        pytest.param(
            RemoteCluster(settings=SETTINGS, persistent=["mode"], transient=["seeds"], managed=True),
            INFO,
            "transient",
            True,
            id="transient",
        ),
        pytest.param(RemoteCluster(configured_on=["lon-1"]), INFO, "configuration", False, id="elasticsearch.yml"),
        pytest.param(
            RemoteCluster(configured_on=["lon-1"], managed=True),
            INFO,
            "configuration",
            True,
            id="elasticsearch.yml, and a mark",
        ),
        pytest.param(
            RemoteCluster(configured_on=["lon-1"], persistent=["mode"]), INFO, "persistent", False, id="the API wins"
        ),
        pytest.param(RemoteCluster(managed=True), None, "nowhere", True, id="a mark alone"),
        pytest.param(None, None, "nowhere", False, id="nowhere"),
    ],
)
def test_origin(have: RemoteCluster | None, info: Any, origin: str, managed: bool) -> None:
    given = evidence(have={"paris": have} if have else {}, seen={"lon-1": seen(info=info)})
    paris = prove(given, ["paris"])["remote_clusters"]["paris"]
    assert (paris["origin"], paris["managed"]) == (origin, managed)


@pytest.mark.parametrize(
    ("aliases", "found"),
    [
        pytest.param(None, ["oslo", "paris", "rome"], id="all that are set or seen"),
        pytest.param(["rome"], ["rome"], id="those that are asked for"),
        pytest.param(["nowhere"], ["nowhere"], id="one that is not there"),
        pytest.param([], [], id="none"),
    ],
)
def test_aliases(aliases: list[str] | None, found: list[str]) -> None:
    have = {
        "paris": RemoteCluster(settings=SETTINGS),
        "oslo": RemoteCluster(unknown=["signing.x"]),
        "marked": RemoteCluster(managed=True),
    }
    given = evidence(have=have, seen={"lon-1": seen("paris"), "lon-2": seen("rome")})
    assert list(prove(given, aliases)["remote_clusters"]) == found


def test_a_seed_that_answers_is_the_evidence() -> None:
    sniff = RemoteCluster(settings={"mode": "sniff", "seeds": ["par-1:9443", "par-2:9443"]}, persistent=["mode"])
    probes = [{"address": "par-1:9443", "tcp": "refused"}, {"address": "par-2:9443", "tcp": "ok"}]
    node = {"credentials": {"paris": "k1"}, "probes": probes}
    given = evidence(have={"paris": sniff}, seen={"lon-1": seen(resolve=SILENT)}, node_evidence={"lon-1": node})
    [found] = prove(given, ["paris"])["remote_clusters"]["paris"]["nodes"]
    assert found["cause"] != "port_closed"
