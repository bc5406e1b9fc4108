# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._listener_settings import (
    CLIENT,
    CLIENT_AUTHORITIES,
    SERVER,
    lost_trust,
    of_node,
    of_unknown_authority,
)

CA = "certs/ours.crt"
PAIR = {SERVER + "key": "certs/ours.key", SERVER + "certificate": "certs/ours.pem"}
OTHER_PAIR = {SERVER + "key": "certs/own.key", SERVER + "certificate": "certs/own.pem"}


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


@pytest.mark.parametrize(
    ("have", "there", "files_come", "wanted"),
    [
        pytest.param({}, [], True, {**PAIR, CLIENT_AUTHORITIES: [CA]}, id="they come, and nothing is configured"),
        pytest.param(
            {**OTHER_PAIR, CLIENT_AUTHORITIES: ["a.crt"]}, [], True, {}, id="they are written where it points"
        ),
        pytest.param(
            {**OTHER_PAIR, CLIENT_AUTHORITIES: ["a.crt"]},
            ["certs/ours.key", "certs/ours.pem", CA],
            True,
            {**PAIR, CLIENT_AUTHORITIES: ["a.crt", CA]},
            id="they have come beside it",
        ),
        pytest.param(
            {**OTHER_PAIR, CLIENT_AUTHORITIES: ["a.crt"]},
            [],
            False,
            {**PAIR, CLIENT_AUTHORITIES: ["a.crt", CA]},
            id="nobody makes them, so that they are missed",
        ),
    ],
)
def test_files_that_others_write(
    have: dict[str, Any], there: list[str], files_come: bool, wanted: dict[str, Any]
) -> None:
    assert of_node(PAIR, {CLIENT_AUTHORITIES: [CA]}, have, "/etc/es", there, files_come) == wanted


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
        "paris": dict(has_credential=True),
        "by-hand": dict(has_credential=True),
        "by-hand-with-certificates": dict(has_credential=False),
    }
    assert of_unknown_authority(declared, found) == [
        "by-hand (the cluster has it, the inventory does not)",
        "cloud (declared without ca)",
        "stranger (declared without ca)",
    ]
    assert of_unknown_authority({}, {}) == []
