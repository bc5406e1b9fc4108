# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.parameters import remove_values
from unit.plugin_utils._decisions.test_certificates import CLUSTER, NOW, answered, files, made, node

from ansible_collections.crosscluster.elasticsearch.plugins.filter.certificate_plan import certificate_plan
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificate_writes as writes
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import certificates as plan

KINDS = [["remote_cluster_server", "remote_cluster_client"], ["transport", "http"]]
PURPOSES = ["http", "remote_cluster_server"]


def nodes() -> list[dict[str, Any]]:
    read = [node(http=files("http"), remote_cluster_server=files("remote_cluster_server")) for _dummy in range(2)]
    return [{**entry, "item": f"elasticsearch-{number}"} for number, entry in enumerate(read, 1)]


def results() -> list[dict[str, Any]]:
    """As the module returns them where the password is `elasticsearch`."""
    plain = [
        {"item": kind, "certificates": [made(purpose, name=f"elasticsearch-{n}", serial=f"{n}{at}") for n in (1, 2)]}
        for at, (kind, purpose) in enumerate([("remote_cluster", "remote_cluster_server"), ("transport", "http")])
    ]
    masked: list[dict[str, Any]] = remove_values(plain, {"elasticsearch"})
    assert masked[0]["certificates"][0]["name"] == "********-1"
    return masked


def filtered(made_of: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    asked = certificate_plan(nodes(), CLUSTER, PURPOSES)["asked"]
    options = {"made": made_of, "asked": asked, "kinds": KINDS, **options}
    return certificate_plan(options.pop("read", nodes()), CLUSTER, PURPOSES, **options)


def test_answers_are_told_apart_by_their_order() -> None:
    found = filtered(results())
    assert list(found["writes"]) == ["elasticsearch-1", "elasticsearch-2"]
    paths = [file["path"] for file in found["writes"]["elasticsearch-2"]["files"]]
    assert paths == [
        "/etc/es/http.key",
        "/etc/es/http.crt",
        "/etc/es/remote_cluster_server.key",
        "/etc/es/remote_cluster_server.crt",
    ]
    assert found["serials"] == {"lon-1": ["11", "10", "21", "20"]}
    assert [(e["name"], e["purpose"], e["private_key"]) for e in found["needed"]] == [
        (f"elasticsearch-{number}", purpose, f"/etc/es/{file}.key")
        for number in (1, 2)
        for purpose, file in (("http", "http"), ("remote_cluster_server", "remote_cluster_server"))
    ]


def test_a_node_that_was_left_out_meanwhile_gets_nothing_of_another_one() -> None:
    found = filtered(results(), read=nodes()[1:])
    assert list(found["writes"]) == ["elasticsearch-2"]
    assert found["serials"] == {"lon-1": ["21", "20"]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"made": []}, "was asked 2 times, and has answered 0 times"),
        ({"made": [{}, *results()[1:]]}, r"for 2 certificates \(elasticsearch-1/remote_.*\), and has answered for 0"),
        ({"asked": []}, r"for 0 certificates \(\), and has answered for 2"),
        ({"read": [*nodes(), {**nodes()[0], "item": "new"}]}, r"nothing was made for new \(http\)"),
    ],
)
def test_answers_that_do_not_fit_are_not_left_out_in_silence(change: dict[str, Any], told: str) -> None:
    with pytest.raises(AnsibleFilterError, match=told):
        filtered(**{"made_of": change.pop("made", results()), **change})


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"kept": ["DNS:lb.example", "IP:192.0.2.1"]}, "http: missing (keeps DNS:lb.example, IP:192.0.2.1)"),
        ({"kept": ["DNS:a"], "lost": ["DNS:b"]}, "http: missing (keeps DNS:a; loses DNS:b)"),
        ({"kept": ["DNS:a"], "reason": "chain"}, "http: chain"),
    ],
)
def test_names_that_nobody_has_asked_for_are_told(entry: dict[str, Any], reason: str) -> None:
    wanted = plan.wanted([node(http=files("http"))], CLUSTER, ["http"], {}, NOW)
    assert writes.writes(wanted["places"], answered(made("http", **entry)))["lon-1"]["reasons"] == [reason]


PKCS12: dict[str, Any] = {"format": "pkcs12", "key": None, "certificate": None, "pkcs12": "MII="}


@pytest.mark.parametrize(
    ("purposes", "trusted"),
    [
        ({"http": {"keystore": "/etc/es/http.p12"}}, False),
        ({"http": {"keystore": "/etc/es/http.p12", "truststore": "/etc/es/http.p12"}}, True),
        ({"http": {"keystore": "/etc/es/http.p12", "truststore": "/etc/es/other.p12"}}, False),
        (
            {"http": {"keystore": "/etc/es/all.p12"}, "remote_cluster_client": {"truststore": "/etc/es/all.p12"}},
            True,
        ),
    ],
)
def test_a_file_that_the_node_also_trusts(purposes: dict[str, Any], trusted: bool) -> None:
    there = {
        name: files(name, **({**PKCS12, **changed} if "keystore" in changed else changed))
        for name, changed in purposes.items()
    }
    found = certificate_plan([node(NOW, **there)], CLUSTER, ["http"], passwords={"lon-1": "a password"})
    assert [option["trusted"] for option in found["certificates"]] == [trusted]


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_key_with_a_passphrase(encrypted: bool) -> None:
    found = certificate_plan([node(http=files("http", key_encrypted=encrypted))], CLUSTER, ["http"])
    assert [option["key_encrypted"] for option in found["certificates"]] == [encrypted]


def test_names_that_belong_to_one_node() -> None:
    found = certificate_plan(nodes(), CLUSTER, ["http"])
    own = {"lon-1.example", "lon-1", "10.0.0.1", "2001:db8::1"}
    assert {name: set(names) for name, names in found["names_of_nodes"].items()} == {
        f"elasticsearch-{number}": {f"elasticsearch-{number}", *own} for number in (1, 2)
    }
