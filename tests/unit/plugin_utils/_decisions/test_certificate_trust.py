# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Of whom a cluster's nodes may forget earlier authorities: each reason why not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE, from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_trust as trust
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    fingerprint,
)
from kit.certificates import Authority

ONE, TWO = (Authority(name).certificate.decode() for name in ("one", "two"))
SHA_ONE = fingerprint(from_pem(ONE)[0])
NONE: dict[str, Any] = {
    "clusters": [],
    "without_nodes": [],
    "authorities": [],
    "undeclared": [],
    "declared": [],
    "left_out": {},
}


def trusted(purpose: str = "remote_cluster_client", **changed: Any) -> dict[str, Any]:
    return {"remote_cluster_client": NONE, "transport": NONE, purpose: {**NONE, **changed}}


def seen(uuid: str, **changed: Any) -> dict[str, Any]:
    purposes = ["remote_cluster_server", "transport"]
    return {"uuid": uuid, "purposes": purposes, "unlisted": [], "aliases": ["a"], "declared": ["a"], **changed}


PLAY = {"london": seen("u-lon"), "paris": seen("u-par"), "cloud": {}}
ALL = ["u-lon", "u-par"]
LISTED = "paris has nodes that the inventory lacks (par-9), which may still show what it has signed"
UNDECLARED = "london has remote clusters that the inventory does not declare, and that may need it (by-hand, other)"
OF_PARIS = "paris has remote clusters that the inventory does not declare, and that may need it (by-hand)"


@pytest.mark.parametrize(
    ("changed", "left_out", "whom", "client", "transport"),
    [
        pytest.param({}, [], trusted(), ALL, ALL, id="everything was dealt with"),
        pytest.param(
            {}, ["lon-2"], trusted(), *["nodes were left out (lon-2)"] * 2, id="a node could not be dealt with"
        ),
        pytest.param({"paris": seen("u-par", unlisted=["par-9"])}, [], trusted(), LISTED, LISTED, id="unlisted node"),
        pytest.param(
            {"london": seen("u-lon", aliases=["a", "other", "by-hand"])},
            [],
            trusted(),
            UNDECLARED,
            UNDECLARED,
            id="an alias of others",
        ),
        pytest.param(
            {"paris": seen("u-par", moved=["par-1"])},
            [],
            trusted(),
            "nodes of paris (par-1) show what it has signed until they restart with their new files",
            "nodes of paris (par-1) show what it has signed until they restart with their new files",
            id="not restarted yet",
        ),
        # Paris is trusted by whoever it connects to by certificate.
        pytest.param(
            {"paris": seen("u-par", aliases=["by-hand"])}, [], trusted(), ALL, OF_PARIS, id="an alias of the other one"
        ),
        pytest.param(
            {"london": seen("u-lon", aliases=["by-hand"], declared=["by-hand", "more"])}, [], trusted(), ALL, ALL
        ),
        pytest.param(
            {},
            [],
            trusted(undeclared=["partner"]),
            "the inventory does not say whom to trust (ca) for partner",
            ALL,
            id="no ca",
        ),
        pytest.param(
            {},
            [],
            trusted("transport", undeclared=["partner"]),
            ALL,
            "the inventory does not say whom to trust (ca) for partner",
            id="no ca of the other model",
        ),
        # What it shows there was not looked at.
        pytest.param({"paris": seen("u-par", purposes=["http"])}, [], trusted(), ["u-lon"], ["u-lon"], id="http alone"),
        pytest.param(
            {"paris": seen("u-par", purposes=["transport"])}, [], trusted(), ["u-lon"], ALL, id="transport alone"
        ),
        pytest.param({"paris": {}}, [], trusted(), ["u-lon"], ["u-lon"], id="without nodes, or not read"),
    ],
)
def test_of_whom_earlier_authorities_may_be_forgotten(
    changed: dict[str, Any], left_out: list[str], whom: dict[str, Any], client: Any, transport: Any
) -> None:
    found = trust.prunable("london", whom, {**PLAY, **changed}, left_out)
    for purpose, wanted in (("remote_cluster_client", client), ("transport", transport)):
        stopped = wanted if isinstance(wanted, str) else None
        assert found[purpose] == {"stopped": stopped, "owners": [] if stopped else wanted}


@pytest.mark.parametrize(
    ("authority", "without_nodes", "read"),
    [
        ({"path": "/srv/ca"}, [], True),
        # It would be made, and nobody would ever show what it signs.
        ({"path": "/srv/ca"}, ["paris"], False),
        ({"certificate": "/srv/ca.crt"}, ["paris"], True),
        ({}, [], False),
    ],
)
def test_whose_authorities_are_read(authority: dict[str, str], without_nodes: list[str], read: bool) -> None:
    whom = trusted(clusters=["paris"], without_nodes=without_nodes)
    found = trust.to_read(whom, {"paris": {"remote_cluster": authority}})
    assert found == ([{"cluster": "paris", "kind": "remote_cluster"}] if read else [])
    assert trust.to_read(whom, {}) == []


def test_what_is_needed() -> None:
    def result(item: Any, pem: str) -> dict[str, Any]:
        return {"item": item, "bundle_pem": pem, "renewed_bundle_pem": "NEW " + pem, "earlier": ["ab"]}

    own = [result("remote_cluster", "LON"), result("transport", "LON-T")]
    others = [
        result({"cluster": "paris", "kind": "remote_cluster"}, "PAR"),
        result({"cluster": "rome", "kind": "remote_cluster"}, "ROM"),
    ]
    found = trust.needed("london", trusted(authorities=["PARTNER"]), own, others, PLAY)
    assert [(entry["pem"], entry["owner"], entry["earlier"]) for entry in found["remote_cluster_client"]] == [
        ("LON", "u-lon", ["ab"]),
        ("PAR", "u-par", ["ab"]),
        ("ROM", None, ["ab"]),
        ("PARTNER", None, []),
    ]
    assert [entry["pem"] for entry in found["transport"]] == ["LON-T"]
    after = trust.needed("london", trusted(), own, others, PLAY, "renewed_bundle_pem")
    assert [entry["pem"] for entry in after["transport"]] == ["NEW LON-T"]


@pytest.mark.parametrize(("run", "comes"), [(PLAY, True), ({**PLAY, "paris": {}}, False), ({}, False)])
def test_what_is_not_there_yet_comes_only_from_who_makes_it(run: dict[str, Any], comes: bool) -> None:
    item = {"cluster": "paris", "kind": "remote_cluster"}
    found = trust.needed("london", trusted(), [], [{"item": item, "bundle_pem": ONE + TO_BE_MADE}], run)
    [entry] = found["remote_cluster_client"]
    assert entry["pem"] == ONE + (TO_BE_MADE if comes else "")


COLONS = ":".join(SHA_ONE[at : at + 2] for at in range(0, 64, 2)).upper()


@pytest.mark.parametrize(
    "named", [SHA_ONE, COLONS, f"SHA256:{COLONS}", f"sha256 Fingerprint={COLONS}"[:7] + COLONS, ONE]
)
def test_what_is_named_for_removal(named: str) -> None:
    assert trust.fingerprints([named, named], "it") == [SHA_ONE]
    needs = {"transport": [{"pem": TWO + ONE}], "remote_cluster_client": [{"pem": TWO}]}
    [problem] = trust.contradictions(needs, [SHA_ONE], "it")
    assert problem.startswith("it names CN=one (SHA-256 ") and "which is needed for transport" in problem
    assert trust.contradictions({"transport": [{"pem": TWO}]}, [SHA_ONE], "it") == []


@pytest.mark.parametrize("named", ["", "ab", "CN=one", SHA_ONE[1:]])
def test_what_names_nothing(named: str) -> None:
    with pytest.raises(ValueError, match=r"it: .* is neither the SHA-256 fingerprint of a certificate nor its text"):
        trust.fingerprints([named], "it")


def test_what_nodes_hold() -> None:
    files = {"pem": ONE, "pkcs12": None, "authorities": [{"pem": TWO}, {"pem": None}]}
    bundled = {"pem": None, "pkcs12": "MII=", "authorities": [{"pem": TWO}]}
    results: list[dict[str, Any]] = [
        {"item": "lon-1", "node_info": {"certificate_files": {"remote_cluster_server": files, "http": bundled}}},
        {"item": "lon-2", "node_info": {"certificate_files": {"remote_cluster_server": bundled}}},
        {"item": "lon-3", "node_info": {"certificate_files": {"remote_cluster_server": bundled}}},
        {"item": "lon-4", "msg": "no route"},
    ]
    assert trust.held(results, ["remote_cluster_server"], {"lon-1": "secret", "lon-2": "secret"}) == {
        "shown": [ONE],
        "trusted": [TWO],
        "pkcs12": [{"content": "MII=", "password": "secret"}],
    }
