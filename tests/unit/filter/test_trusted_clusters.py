# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.filter.trusted_clusters import trusted_clusters
from kit.certificates import Authority

PARTNER = Authority("partner").certificate.decode()


def trusted(ca: str | None) -> Any:
    partner = {"address": "search.partner.example:9443", "credential": "abc", **({"ca": ca} if ca else {})}
    hostvars = {"london": {"elasticsearch_remote_clusters": {"partner": partner}}}
    groups = {"elasticsearch_clusters": ["london"], "london_nodes": ["lon-1"]}
    return trusted_clusters("london", hostvars, groups)["remote_cluster_client"]


@pytest.mark.parametrize("as_file", [True, False])
def test_the_authority_of_another_team_is_read_where_it_is_declared(as_file: bool, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text(PARTNER)
    found = trusted(str(tmp_path / "ca.pem") if as_file else PARTNER)
    assert (found["authorities"], found["undeclared"]) == ([PARTNER], [])


def test_one_that_is_not_declared() -> None:
    found = trusted(None)
    assert (found["authorities"], found["undeclared"]) == ([], ["partner"])


@pytest.mark.parametrize("content, why", [(None, "No such file"), ("x", "no certificate in PEM is in it")])
def test_a_file_that_is_none(content: str | None, why: str, tmp_path: Path) -> None:
    if content:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(AnsibleFilterError, match=f"ca of a remote cluster of london: .*{why}"):
        trusted(str(tmp_path / "ca.pem"))
