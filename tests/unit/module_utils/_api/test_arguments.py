# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import client_arguments

ALL = {
    "url",
    "username",
    "password",
    "api_key",
    "bearer_token",
    "client_cert",
    "client_key",
    "ca_path",
    "ca_fingerprint",
}


@pytest.mark.parametrize(
    ("given", "ruled_out"),
    [
        ([], set()),
        (["url", "alias", "client_cert"], set()),
        (["username"], {"api_key", "bearer_token"}),
        (["password"], {"api_key", "bearer_token"}),
        (["api_key"], {"username", "password", "bearer_token"}),
        (["bearer_token"], {"username", "password", "api_key"}),
        (["ca_fingerprint"], {"ca_path"}),
        (["ca_path"], {"ca_fingerprint"}),
        (["api_key", "ca_path"], {"username", "password", "bearer_token", "ca_fingerprint"}),
        # Both were given, which is told as an error.
        (["ca_path", "ca_fingerprint"], set()),
        (["username", "api_key"], {"bearer_token"}),
    ],
)
def test_an_option_rules_out_the_environment_of_the_other_ways(given: list[str], ruled_out: set[str]) -> None:
    assert {name for name, spec in client_arguments(given).items() if "fallback" in spec} == ALL - ruled_out
