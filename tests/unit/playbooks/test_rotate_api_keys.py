# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.extra_variables import normalise

PLAYBOOK = Path(__file__).parents[3] / "playbooks" / "rotate_api_keys.yml"


def extra(given: dict[str, Any]) -> dict[str, Any]:
    return {"elasticsearch_extra": normalise((name, value, None) for name, value in given.items())}


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ({}, True),
        ({"compromised": "true"}, True),
        ({"expiring_within": "14d"}, True),
        # As a survey gives all of its answers.
        ({"compromised": "false", "expiring_within": "14d"}, True),
        ({"compromised": "true", "expiring_within": ""}, True),
        ({"compromised": "true", "expiring_within": "14d"}, False),
    ],
)
def test_what_excludes_each_other(given: dict[str, Any], accepted: bool) -> None:
    (play,) = DataLoader().load_from_file(str(PLAYBOOK), trusted_as_template=True)
    check = next(task for task in play["tasks"] if task["name"] == "Check aliases of this run")
    templar = Templar(
        DataLoader(), variables={"elasticsearch_asked": [], "elasticsearch_known": ["paris"], **extra(given)}
    )
    assert all(templar.evaluate_conditional(that) for that in check["ansible.builtin.assert"]["that"]) == accepted


@pytest.mark.parametrize(
    ("given", "aliases"),
    [({}, ["paris", "rome"]), ({"expiring_within": ""}, ["paris", "rome"]), ({"expiring_within": "14d"}, [])],
)
def test_which_are_replaced_in_any_case(given: dict[str, Any], aliases: list[str]) -> None:
    (play,) = DataLoader().load_from_file(str(PLAYBOOK), trusted_as_template=True)
    role = next(task for task in play["tasks"] if task["name"] == "Rotate API keys of remote clusters")
    templar = Templar(
        DataLoader(), variables={"elasticsearch_asked": [], "elasticsearch_known": ["paris", "rome"], **extra(given)}
    )
    assert templar.template(role["vars"]["remote_cluster_rotate"]) == aliases


GRANTS = [{"api_key": {"alias": "partner"}, "file": "/partner.key"}, {"api_key": {"alias": "other"}, "file": "/o.key"}]


@pytest.mark.parametrize(
    ("given", "grants", "rotated"),
    [
        pytest.param({}, [], [], id="others would have to be given theirs"),
        pytest.param({"compromised": "true"}, [], [], id="and would be cut off"),
        pytest.param({"aliases": "partner"}, ["partner"], ["partner"], id="named"),
        pytest.param({"aliases": "paris"}, [], ["paris"], id="another is named"),
        pytest.param({"expiring_within": "14d"}, ["partner", "other"], [], id="what ends soon, which the module finds"),
        pytest.param({"aliases": "other", "expiring_within": "14d"}, ["other"], [], id="both"),
    ],
)
def test_what_others_hold_is_not_replaced_unasked(given: dict[str, Any], grants: list[str], rotated: list[str]) -> None:
    variables = DataLoader().load_from_file(str(PLAYBOOK.parent / "vars" / "aliases.yml"), trusted_as_template=True)
    (play,) = DataLoader().load_from_file(str(PLAYBOOK), trusted_as_template=True)
    role = next(task for task in play["tasks"] if task["name"] == "Rotate API keys of grants")
    expanded = {"remote_clusters": [], "grants": GRANTS}
    templar = Templar(DataLoader(), variables={**variables, "elasticsearch_expanded": expanded, **extra(given)})
    runs = all(templar.evaluate_conditional(condition) for condition in role["when"])
    meant = templar.template(role["vars"]["remote_cluster_grants"]) if runs else []
    assert [grant["api_key"]["alias"] for grant in meant] == grants
    assert templar.template(role["vars"]["remote_cluster_rotate"]) == rotated
