# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import run
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._masking import masked
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import modules
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import reading

RESULT = {
    "cluster": {"name": "elasticsearch", "nodes": [{"name": "elasticsearch-1"}, {"name": "elasticsearch-2"}]},
    "changed": True,
    "serial": "12ab",
    "count": 12,
}


@pytest.mark.parametrize(
    ("secrets", "places"),
    [
        ([], []),
        (["a longer one"], []),
        (["elasticsearch"], ["cluster.name", "cluster.nodes.name"]),
        (["elasticsearch-1"], ["cluster.nodes.name"]),
        (["2a"], ["serial"]),
    ],
)
def test_where_a_secret_occurs(secrets: list[str], places: list[str]) -> None:
    assert masked(RESULT, secrets, lambda place: True) == places
    assert masked(RESULT, secrets, lambda place: place[-1] == "serial") == [p for p in places if p == "serial"]


def outcome(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.parametrize(("password", "fails"), [("elasticsearch", True), ("another-password", False)])
def test_nodes_that_could_not_be_told_apart(password: str, fails: bool, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = {"url": "https://localhost:1", "username": "elastic", "password": password}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        run.run_module(lambda call: reading(cluster=RESULT["cluster"]), {}, whole=[("cluster", "nodes", "name")])
    answer = outcome(capsys)
    assert bool(answer.get("failed")) == fails
    assert not fails or "occurs in cluster.nodes.name of the result" in answer["msg"]


@pytest.mark.parametrize(
    ("passphrase", "fails"), [("elasticsearch", False), ("CERTIFICATE", True), ("12ab", True), ("missing", True)]
)
def test_certificates_that_could_not_be_used(
    passphrase: str, fails: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {
        "name": "elasticsearch-1",
        "sans": ["DNS:elasticsearch-1"],
        "certificate": "-----BEGIN CERTIFICATE-----",
        "serial": "12ab",
        "reason": "missing",
    }
    with patch_module_args({"passphrase": passphrase}), pytest.raises(SystemExit):
        module = basic.AnsibleModule({"passphrase": {"type": "str", "no_log": True}})
        modules.run_module(module, lambda *_: {"certificates": [made], "changed": True, "diff": {"before": passphrase}})
    answer = outcome(capsys)
    assert bool(answer.get("failed")) == fails
    if not fails:
        assert answer["certificates"][0]["name"] == "********-1"
