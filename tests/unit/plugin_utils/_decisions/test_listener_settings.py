# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.listener_settings import (
    CLIENT,
    CLIENT_AUTHORITIES,
    lost_trust,
    of_node,
    of_unknown_authority,
    own,
)

CA = "certs/ours.crt"


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        pytest.param({}, [CA], id="none"),
        pytest.param({CLIENT_AUTHORITIES: ["a.crt", "b.crt"]}, ["a.crt", "b.crt", CA], id="a list is kept"),
        pytest.param({CLIENT_AUTHORITIES: "a.crt, b.crt"}, ["a.crt", "b.crt", CA], id="a text with commas"),
        pytest.param({CLIENT_AUTHORITIES: [CA]}, None, id="there already"),
        pytest.param({CLIENT_AUTHORITIES: ["a.crt", "/etc/es/certs/../" + CA]}, None, id="by another path"),
    ],
)
def test_authorities_are_added(have: dict[str, Any], wanted: list[str] | None) -> None:
    found = of_node({"x": 1}, {CLIENT_AUTHORITIES: [CA]}, have, "/etc/es")
    assert found == {"x": 1, **({CLIENT_AUTHORITIES: wanted} if wanted else {})}


def test_what_is_told_for_itself_is_told_whole() -> None:
    settings = {CLIENT_AUTHORITIES: ["only.crt"]}
    assert of_node(settings, {CLIENT_AUTHORITIES: [CA]}, {CLIENT_AUTHORITIES: ["a.crt"]}, "/etc/es") == settings


def test_of_one_node() -> None:
    settings = {"a": 1, "b": 2}
    assert own(settings, None) == settings
    assert own(settings, dict(settings={"b": 3, "c": 4}, kept=["a"])) == {"b": 3, "c": 4}


@pytest.mark.parametrize(
    ("wanted", "have", "public", "lost"),
    [
        pytest.param([CA], {}, "", True, id="public trust goes"),
        pytest.param([CA, "public.crt"], {}, "public.crt", False, id="public trust is kept"),
        pytest.param(["a.crt", CA], {CLIENT_AUTHORITIES: ["a.crt"]}, "", False, id="there was none"),
        pytest.param(None, {}, "", False, id="nothing is set"),
        pytest.param([CA], {CLIENT + "verification_mode": "none"}, "", False, id="nothing is verified"),
    ],
)
def test_lost_trust(wanted: list[str] | None, have: dict[str, Any], public: str, lost: bool) -> None:
    settings = {CLIENT_AUTHORITIES: wanted} if wanted else {}
    assert lost_trust(settings, have, public, ["cloud"]) == (["cloud"] if lost else [])


def entry(alias: str, cluster: str | None = None, model: str = "api_key", ca: Any = None) -> dict[str, Any]:
    return dict(alias=alias, cluster=cluster, security_model=model, ca=ca)


def test_aliases_of_unknown_authority() -> None:
    declared = dict(
        remotes={"paris": {"nodes": ["par-1"]}, "cloud": {"nodes": []}},
        remote_clusters=[
            entry("paris", "paris"),
            entry("cloud", "cloud"),
            entry("partner", ca="partner.pem"),
            entry("stranger"),
            entry("old", model="certificate"),
        ],
    )
    found = {
        "paris": "api_key",
        "by-hand": "api_key",
        "by-hand-with-certificates": "certificate",
    }
    assert of_unknown_authority(declared, found) == [
        "by-hand (the cluster has it, the inventory does not)",
        "cloud (declared without ca)",
        "stranger (declared without ca)",
    ]
    assert of_unknown_authority({}, {}) == []
