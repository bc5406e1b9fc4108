# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.secure_settings import (
    keystores,
    reload,
    reloaded,
)


@pytest.mark.parametrize(
    ("nodes", "password", "path", "body"),
    [
        pytest.param(None, None, "/_nodes/reload_secure_settings", None, id="all"),
        pytest.param([], "", "/_nodes/reload_secure_settings", None, id="empty is all"),
        pytest.param(["lon-1", "lon-2"], None, "/_nodes/lon-1,lon-2/reload_secure_settings", None, id="some"),
        pytest.param(["lon 1/a"], None, "/_nodes/lon%201%2Fa/reload_secure_settings", None, id="a name is quoted"),
        pytest.param(
            None, "secret", "/_nodes/reload_secure_settings", {"secure_settings_password": "secret"}, id="password"
        ),
    ],
)
def test_reload(nodes: list[str] | None, password: str | None, path: str, body: dict[str, Any] | None) -> None:
    request = reload(nodes, password)
    assert (request.method, request.path, request.body) == ("POST", path, body)
    assert "secret" not in request.purpose


GOOD = {"name": "lon-1"}
BAD = {"name": "lon-2", "reload_exception": {"type": "security_exception", "reason": "wrong password"}}
SILENT = {"name": "lon-3", "reload_exception": {"type": "null_pointer_exception"}}


def test_reloaded() -> None:
    answer = {"_nodes": {"total": 2, "successful": 2, "failed": 0}, "nodes": {"b": {"name": "lon-2"}, "a": GOOD}}
    assert reloaded(answer) == ["lon-1", "lon-2"]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        pytest.param({}, None, id="before 9.3"),
        pytest.param(
            {
                "secure_setting_names": ["keystore.seed"],
                "keystore_path": "/etc/elasticsearch/elasticsearch.keystore",
                "keystore_digest": "AB12",
                "keystore_last_modified_time": "2026-11-30T00:00:00Z",
            },
            {"path": "/etc/elasticsearch/elasticsearch.keystore", "digest": "ab12"},
            id="from 9.3 on",
        ),
        pytest.param({"keystore_path": "/a"}, {"path": "/a", "digest": None}, id="only a path"),
        pytest.param({"keystore_digest": "ab"}, {"path": None, "digest": "ab"}, id="only a digest"),
    ],
)
def test_what_nodes_tell_of_their_keystores(told: dict[str, Any], found: dict[str, Any] | None) -> None:
    answer = {"nodes": {"a": {**GOOD, **told}, "b": {"name": "lon-2"}}}
    assert keystores(answer) == ({"lon-1": found} if found else {})


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        pytest.param(
            {"nodes": {"a": GOOD, "b": BAD}}, "secure settings: lon-2 (wrong password). Look", id="one failed"
        ),
        pytest.param(
            {"nodes": {"c": SILENT, "b": BAD}},
            "secure settings: lon-2 (wrong password); lon-3 (no reason given). Look",
            id="all failed",
        ),
        pytest.param(
            {"_nodes": {"total": 2, "failed": 1}, "nodes": {"a": GOOD}},
            "secure settings: 1 of them gave no answer. Look",
            id="one did not answer",
        ),
        pytest.param({"_nodes": {"total": 0, "failed": 0}, "nodes": {}}, "No node reloads", id="no node of that name"),
        pytest.param({}, "No node reloads", id="empty answer"),
    ],
)
def test_reload_failed(answer: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        reloaded(answer)
    assert text in str(refusal.value)
