# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong gets one error that names the option and what to do, and nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from life_cycle import COLLECTION, reaching, writes
from runner import Run, Runner

from kit import Lab

# Any of them in an output is a secret that was told.
SECRETS = ("mod-wrong-password", "mod-api-key")
ACCESS = {"search": [{"names": ["mod-x"]}]}


def changeable(lab: Lab) -> list[Any]:
    """What a module could have changed."""
    settings = [c.request("GET", "/_cluster/settings?flat_settings=true")[1] for c in lab.clusters.values()]
    _status, keys = lab.clusters["paris"].request("GET", "/_security/api_key?name=mod-*")
    return [*settings, sorted(map(str, keys["api_keys"]))]


@pytest.fixture
def twins(lab: Lab) -> Iterator[list[str]]:
    """Two active keys of one name."""
    paris = lab.clusters["paris"]
    body = {"name": "mod-twin", "access": ACCESS}
    ids = [paris.request("POST", "/_security/cross_cluster/api_key", body)[1]["id"] for _copy in range(2)]
    yield ids
    paris.request("DELETE", "/_security/api_key", {"ids": ids})


def other_name(url: str) -> str:
    """A host that is the same address, spelled as no certificate has it: 10.99.11 is 10.99.0.11."""
    return re.sub(r"//(\d+\.\d+)\.0\.(\d+)", r"//\1.\2", url).replace("127.0.1:", "127.1:")


def told(run: Run, cases: dict[str, tuple[dict[str, Any], list[str]]]) -> None:
    """Each task has failed with its error and sent nothing that writes."""
    assert run.code == 0, run.output
    for name, (_options, words) in cases.items():
        record = next(r for r in run.records if r["task"] == name)
        message = str(record["result"].get("msg"))
        assert (name, record["status"], writes(record["result"])) == (name, "failed", [])
        assert (name, [word for word in words if word not in message], message) == (name, [], message)
        assert "Traceback" not in message
    assert [secret for secret in SECRETS if secret in run.output or secret in str(run.records)] == []


def failing(module: str, cases: dict[str, tuple[dict[str, Any], list[str]]]) -> list[dict[str, Any]]:
    return [
        {"name": name, f"{COLLECTION}.{module}": options, "ignore_errors": True}
        for name, (options, _words) in cases.items()
    ]


def test_a_cluster_that_is_not_reached(lab: Lab, ansible: Runner) -> None:
    url, ca = lab.clusters["london"].url, str(lab.ca)
    user = {"username": "operator", "password": lab.accounts["operator"]}
    once = {"alias": "mod", "proxy_address": "par-1:9443", "retries": 0}
    cases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "nobody there": (
            {"url": "https://127.0.0.1:1", **user, "ca_path": ca},
            ["read the remote clusters", "https://127.0.0.1:1", "Check the option url and the network"],
        ),
        "wrong password": (
            {"url": url, "username": "operator", "password": SECRETS[0], "ca_path": ca},
            [url, "401", "Check username and password"],
        ),
        "wrong API key": (
            {"url": url, "api_key": SECRETS[1], "ca_path": ca},
            [url, "401", "api_key"],
        ),
        "no CA": ({"url": url, **user}, [url, "Check ca_path or ca_fingerprint"]),
        "a CA that is not there": (
            {"url": url, **user, "ca_path": "/nowhere/mod-ca.pem"},
            ["ca_path", "/nowhere/mod-ca.pem"],
        ),
        "another CA": (
            {"url": url, **user, "ca_fingerprint": "ab" * 32},
            [url, "Check ca_path or ca_fingerprint"],
        ),
        "a certificate for another name": (
            {"url": other_name(url), **user, "ca_path": ca},
            [other_name(url), "that the certificate is for the host of the url"],
        ),
        "no scheme": ({"url": url.partition("//")[2], **user, "ca_path": ca}, ["url (https://host:9200)"]),
        "no TLS": ({"url": url.replace("https:", "http:"), **user}, ["http://", "option url"]),
        "no url": (user, ["missing required arguments", "url"]),
        "a user without password": (
            {"url": url, "username": "operator", "ca_path": ca},
            ["required together", "username, password"],
        ),
        "password and API key": (
            {"url": url, **user, "api_key": SECRETS[1], "ca_path": ca},
            ["mutually exclusive", "password|api_key"],
        ),
    }
    before = changeable(lab)
    cases = {name: ({**once, **options}, words) for name, (options, words) in cases.items()}
    run = ansible.tasks(*({**task, "delegate_to": "localhost"} for task in failing("remote_cluster", cases)))
    told(run, cases)
    assert lab.accounts["operator"] not in run.output
    assert changeable(lab) == before


def test_a_wish_that_makes_no_sense(lab: Lab, ansible: Runner, twins: list[str]) -> None:
    address = {"proxy_address": "par-1:9443"}
    aliases: dict[str, tuple[dict[str, Any], list[str]]] = {
        "alias of a setting": ({"alias": "node", **address}, ["alias: node", "choose another"]),
        "alias with a colon": ({"alias": "mod:a", **address}, ["alias", "mod:a", "use letters, digits"]),
        "options of both modes": (
            {"alias": "mod", **address, "seeds": ["par-1:9300"]},
            ["mod: seeds can't be used with mode proxy", "remove it or change the mode"],
        ),
        "no address": ({"alias": "mod"}, ["mod: mode proxy needs proxy_address (host:port)"]),
        "no seeds": ({"alias": "mod", "mode": "sniff"}, ["mod: mode sniff needs seeds (host:port)"]),
        "no port": ({"alias": "mod", "proxy_address": "par-1"}, ["proxy_address lacks the port", "write host:port"]),
        "a port that is none": ({"alias": "mod", "proxy_address": "par-1:0"}, ["port from 1 to 65535", "par-1:0"]),
        "a URL": ({"alias": "mod", "proxy_address": "https://par-1:9443"}, ["host:port without scheme"]),
        "a time that is none": (
            {"alias": "mod", **address, "transport_ping_schedule": "often"},
            ["transport_ping_schedule", "often"],
        ),
        "unknown option": ({"alias": "mod", "proxy_adress": "x"}, ["Unsupported parameters", "proxy_adress"]),
        "unknown mode": ({"alias": "mod", "mode": "direct"}, ["mode", "proxy, sniff", "direct"]),
    }
    keys: dict[str, tuple[dict[str, Any], list[str]]] = {
        "empty access": ({"name": "mod-key", "access": {}}, ["mod-key: access is empty", "give search or replication"]),
        "no access": ({"name": "mod-key"}, ["access"]),
        "empty pattern": (
            {"name": "mod-key", "access": {"search": [{"names": [""]}]}},
            ["access.search: an index pattern is empty; write a name or a pattern"],
        ),
        "query and replication": (
            {
                "name": "mod-key",
                "access": {"search": [{"names": ["a"], "query": {"match_all": {}}}], "replication": [{"names": ["a"]}]},
            },
            ["can't have query or field_security", "use two aliases"],
        ),
        "two active keys": (
            {"name": "mod-twin", "access": ACCESS},
            ["name: 2 active cross-cluster API keys", *twins, "option id, or invalidate"],
        ),
        "removing one of two": ({"name": "mod-twin", "state": "absent"}, ["name: 2 active", *twins]),
    }
    before = changeable(lab)
    run = ansible.tasks(
        {"block": failing("remote_cluster", aliases), **reaching("london")},
        {"block": failing("cross_cluster_api_key", keys), **reaching("paris")},
    )
    told(run, {**aliases, **keys})
    assert changeable(lab) == before
