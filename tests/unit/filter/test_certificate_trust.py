# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.crosscluster.elasticsearch.plugins.filter.certificate_authorities import (
    certificate_authorities,
)
from ansible_collections.crosscluster.elasticsearch.plugins.filter.certificate_trust import certificate_trust
from ansible_collections.crosscluster.elasticsearch.plugins.filter.trusted_clusters import trusted_clusters
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    fingerprint,
)
from kit.certificates import Authority

ONE = Authority("one").certificate.decode()


@pytest.mark.parametrize("nodes", [["par-1"], []])
def test_none_is_made_for_a_cluster_without_nodes(nodes: list[str]) -> None:
    """Though the group of all clusters has one."""
    variable = {"elasticsearch_certificate_authority": {"path": "/srv/ca", "passphrase": "a passphrase"}}
    hostvars: dict[str, Any] = {
        "london": {**variable, "elasticsearch_remote_clusters": {"paris": {"search": ["logs-*"]}}},
        "paris": {**variable, "elasticsearch_remote_address": "paris.example:9443"},
    }
    groups = {"elasticsearch_clusters": ["london", "paris"], "london_nodes": ["lon-1"], "paris_nodes": nodes}
    trusted = trusted_clusters("london", hostvars, groups)
    authorities = {name: certificate_authorities(variables) for name, variables in hostvars.items()}
    found = certificate_trust(trusted, "london", authorities)
    assert found["read"] == ([{"cluster": "paris", "kind": "remote_cluster"}] if nodes else [])


def test_what_is_named_for_removal_and_needed() -> None:
    none: dict[str, Any] = {"clusters": [], "authorities": []}
    trusted = {"remote_cluster_client": {**none, "authorities": [ONE]}, "transport": none}
    found = certificate_trust(trusted, "london", {}, untrusted=[ONE])
    assert found["untrusted"] == [fingerprint(from_pem(ONE)[0])]
    assert found["problems"][0].startswith("elasticsearch_untrusted_authorities names CN=one")
    with pytest.raises(AnsibleFilterError, match="elasticsearch_untrusted_authorities of london: 'x' is neither"):
        certificate_trust(trusted, "london", {}, untrusted=["x"])


@pytest.mark.parametrize(
    ("key", "option"), [("/srv/ca.key", "private_key"), ("-----BEGIN PRIVATE KEY-----", "private_key_text")]
)
def test_the_text_of_a_key_goes_where_it_is_hidden(key: str, option: str) -> None:
    given = {"certificate": ONE, "private_key": key, "passphrase": "a passphrase"}
    found = certificate_authorities({"elasticsearch_certificate_authority": given})["remote_cluster"]
    assert found == {"certificate": ONE, "passphrase": "a passphrase", option: key}
