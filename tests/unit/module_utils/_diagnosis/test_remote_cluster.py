# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.remote_cluster import (
    BROKEN,
    PROVEN,
    ROWS,
    UNKNOWN,
    diagnose,
)

DOCS = Path(__file__).parents[4] / "docs" / "diagnosis.md"

SETTINGS = {"mode": "proxy", "proxy_address": "par-1:9443"}
INFO = {"connected": True, "mode": "proxy", "proxy_address": "par-1:9443", "cluster_credentials": "::es_redacted::"}
WITHOUT_CREDENTIAL = {"connected": False, "mode": "proxy", "proxy_address": "par-1:9443"}
GOOD = {
    "alias": "paris",
    "local": "london",
    "node": "lon-1",
    "settings": SETTINGS,
    "declared_security_model": "api_key",
    "info": INFO,
    "resolve": {"connected": True, "skip_unavailable": True, "matching_indices": True},
}


def good(**changed: Any) -> dict[str, Any]:
    return {**GOOD, **changed}


def says(error: str, **changed: Any) -> dict[str, Any]:
    return good(resolve={"connected": False, "skip_unavailable": True, "error": error}, **changed)


def silent(info: Any = None, **changed: Any) -> dict[str, Any]:
    """A fault of address, port, name or TLS: the server is asked, and tells nothing."""
    return good(
        resolve={"connected": False, "skip_unavailable": True},
        info={**INFO, "connected": False} if info is None else info,
        **changed,
    )


def probed(**probe: Any) -> dict[str, Any]:
    return silent(probe={"address": "par-1:9443", "tcp": "ok", **probe})


NO_CREDENTIAL = (
    "Unable to open any connections to remote cluster [paris]: [par-1][10.0.0.3:9443] The remote cluster server "
    "requires transport header [_cross_cluster_access_credentials] but none found"
)
TIMED_OUT = "Request timed out before receiving a response from the remote cluster"
LICENCE = "current license is non-compliant for [advanced-remote-cluster-security]"
BASIC = {"type": "basic", "status": "active"}
ENTERPRISE = {"type": "enterprise", "status": "active"}
TRIAL = {"type": "trial", "status": "active"}
CERTIFICATE = {"declared_security_model": "certificate", "info": {**WITHOUT_CREDENTIAL, "connected": True}}

SAMPLES = [
    ("proven", good()),
    ("proven", good(declared_security_model=None, info=None)),
    ("proven", good(**CERTIFICATE)),
    ("proven", good(resolve={"connected": True, "matching_indices": False}, expected_indices=False)),
    ("proven", good(key={"id": "k", "state": "active", "type": "cross_cluster", "mine": True}, held_credential="k")),
    ("no_matching_index", good(resolve={"connected": True, "matching_indices": False})),
    ("no_matching_index", good(resolve={"connected": True, "error": "no such index [logs]"})),
    ("node_without_role", good(node_roles=["master"])),
    ("node_without_role", good(node_error="node [lon-1] does not have the [remote_cluster_client] role")),
    ("node_without_role", says("node [lon-1] does not have the remote_cluster_client role")),
    ("node_not_asked", good(node_error="connection refused", info=None, resolve=None)),
    ("node_not_asked", {"alias": "paris", "node_error": "timed out", "node_roles": ["remote_cluster_client"]}),
    ("alias_missing", {**silent(), "info": None}),
    ("alias_missing", {"alias": "paris", "settings": {}, "resolve": {"connected": False}}),
    ("alias_missing", says("no such remote cluster: [paris]")),
    ("settings_differ", good(info={**INFO, "proxy_address": "old:9443"})),
    ("settings_differ", good(settings={"mode": "sniff", "seeds": ["a:1"]})),
    ("settings_differ", good(settings={"seeds": ["b:1", "a:1"]}, info={"mode": "sniff", "seeds": ["a:1"]})),
    ("leftover_credential", good(declared_security_model="certificate")),
    ("leftover_credential", good(**CERTIFICATE, held_credential="k")),
    ("credential_not_loaded", says(NO_CREDENTIAL, info=WITHOUT_CREDENTIAL, held_credential="k")),
    ("wrong_model", good(info={**WITHOUT_CREDENTIAL, "connected": True})),
    ("model_unknown", {k: v for k, v in GOOD.items() if k != "info"}),
    ("wrong_port_for_certificate", says(NO_CREDENTIAL, **CERTIFICATE)),
    ("no_credential", says(NO_CREDENTIAL, info=WITHOUT_CREDENTIAL)),
    ("no_credential", says(NO_CREDENTIAL, info=WITHOUT_CREDENTIAL, declared_security_model=None, held_credential=None)),
    ("no_credential", silent(info=WITHOUT_CREDENTIAL)),
    (
        "rest_api_key",
        says("authentication expected API key type of [cross_cluster], but API key [k] has type [rest]"),
    ),
    ("rest_api_key", says("error attempting to authenticate request", key={"id": "k", "type": "rest"})),
    ("key_invalidated", says("api key [k] has been invalidated")),
    ("key_invalidated", says("error attempting to authenticate request", key={"id": "k", "state": "invalidated"})),
    ("key_expired", says("api key is expired")),
    ("key_expired", silent(key={"id": "k", "state": "expired"})),
    ("unknown_key", says("unable to authenticate user [k] for action [...]", key={"id": "k", "state": "missing"})),
    ("unknown_key", says("error attempting to authenticate request", key={"id": "k", "state": "unknown"})),
    ("unknown_key", says("unable to find apikey with id nosuchid1234567890ab")),
    (
        "key_unusable",
        says("Cross cluster API key [k] is invalid: replication does not support document level security"),
    ),
    ("signing", says("API key (type:[cross_cluster], id:[k]) requires certificate identity matching [CN=.*]")),
    ("signing", says("Failed to verify cross cluster api key signature certificate from [(...)]")),
    (
        "caller_unauthorized",
        says(
            "action [indices:admin/resolve/cluster] towards remote cluster [paris] is unauthorized for user [u] with "
            "effective roles [r] because no remote indices privileges apply for the target cluster"
        ),
    ),
    (
        "role_missing",
        says(
            "action [indices:admin/resolve/cluster] is unauthorized for user [u] with effective roles [] (assigned "
            "roles [a,b] were not found), this action is granted by the index privileges [view_index_metadata,manage]",
            **CERTIFICATE,
        ),
    ),
    (
        "access_too_narrow",
        says(
            "action [indices:data/read/search] towards remote cluster is unauthorized for user [u] authenticated by "
            "API key id [k]"
        ),
    ),
    ("licence_local", says(LICENCE, local_license=BASIC, remote_license=ENTERPRISE)),
    ("licence_local", says(LICENCE, local_license={"type": "enterprise", "status": "expired"})),
    ("licence_local", says(LICENCE, remote_license=TRIAL)),
    ("licence_remote", says(LICENCE, local_license=TRIAL, remote_license=BASIC)),
    ("licence_remote", says("The license mode [basic] on cluster [paris] does not enable [x]", local_license=TRIAL)),
    ("licence", says(LICENCE)),
    ("licence", says(LICENCE, local_license=TRIAL, remote_license=TRIAL)),
    ("other_cluster", says("handshake failed. unexpected remote cluster name [x] expected [paris]")),
    ("incompatible_version", says("Received message from unsupported version: [7.0.0]")),
    ("tracing_header", says("Transport request header [tracestate] is not allowed for cross cluster requests through")),
    (
        "operation_not_allowed",
        says("action [x] is not allowed as a cross cluster operation on the dedicated remote cluster server port"),
    ),
    ("credential_refused", says("error attempting to authenticate request")),
    ("credential_refused", says("unable to authenticate user [k] for action [indices:admin/resolve/cluster]")),
    ("credential_refused", silent(held_credential=None)),
    ("unknown_host", probed(tcp=None, dns_error="Name or service not known")),
    ("unknown_host", says("unknown host [par-9]")),
    ("port_closed", probed(tcp="refused")),
    ("port_closed", says("no_seed_node_left_exception ... Connection refused: par-1/10.0.0.3:9443")),
    ("packets_dropped", probed(tcp="timeout")),
    ("packets_dropped", good(resolve=None, resolve_timed_out=True, probe={"tcp": "timeout"})),
    ("packets_dropped", says("[par-1][10.0.0.3:9443] connect_timeout[30s]")),
    ("host_unreachable", probed(tcp="unreachable", error="No route to host")),
    ("not_tls", probed(tls="not_tls")),
    ("not_tls", says("not_ssl_record_exception: not an SSL/TLS record: 48545450")),
    ("certificate_expired", probed(tls="expired")),
    ("name_mismatch", probed(tls="name_mismatch")),
    ("untrusted", probed(tls="untrusted")),
    ("wrong_port_number", probed(tls="untrusted", address="lon-1:9300")),
    ("wrong_port_number", probed(tls="untrusted", address="lon-1:9200")),
    ("wrong_port_number", {**probed(tls="name_mismatch"), **CERTIFICATE}),
    ("untrusted", says("s_s_l_handshake_exception: PKIX path building failed")),
    ("tls_error", probed(tls="error", error="unsupported protocol")),
    ("not_answering", probed(tls="error", error="the TLS handshake did not end in time")),
    ("not_answering", {**says(TIMED_OUT), "probe": {"tcp": "ok", "tls": "error", "error": "it did not end in time"}}),
    ("key_expired", says(TIMED_OUT, key={"id": "k", "state": "expired"})),
    ("key_invalidated", good(resolve=None, resolve_timed_out=True, key={"id": "k", "state": "invalidated"})),
    ("timed_out", good(resolve=None, resolve_timed_out=True)),
    ("timed_out", says(TIMED_OUT)),
    ("timed_out", good(resolve=None, resolve_timed_out=True, probe={"tcp": "ok", "tls": "ok"})),
    ("wrong_port_number", {**probed(tls="ok"), **CERTIFICATE}),
    ("local_not_trusted", {**probed(tls="reset", address="par-1:9300"), **CERTIFICATE}),
    ("local_not_trusted", {**probed(tls="untrusted", address="par-1:9300"), **CERTIFICATE}),
    (
        "sniff_no_gateway",
        {
            **probed(tls="ok"),
            "settings": {"mode": "sniff", "seeds": ["par-1:9443"]},
            "info": {**INFO, "mode": "sniff", "proxy_address": None, "seeds": ["par-1:9443"]},
        },
    ),
    ("wrong_port", probed(tls="ok")),
    ("wrong_port", probed(tls="reset")),
    ("unsupported_versions", silent(local_version="9.1.0", remote_version="8.19.8")),
    ("unsupported_versions", silent(local_version="8.14.3", remote_version="8.13.4")),
    ("other", says("something new")),
    ("not_connected", silent()),
    ("not_connected", {"alias": "paris", "settings": SETTINGS, "resolve": {"connected": False}}),
    ("not_resolved", {k: v for k, v in GOOD.items() if k != "resolve"}),
    ("not_resolved", good(resolve=None)),
    ("no_evidence", {}),
]


@pytest.mark.parametrize(("cause", "evidence"), SAMPLES)
def test_diagnose(cause: str, evidence: dict[str, Any]) -> None:
    found = diagnose(evidence)
    assert found["cause"] == ("" if cause == "proven" else cause)
    assert found["status"] == next(row.status for row in ROWS if row.id == cause)
    assert list(found) == ["status", "cause", "summary", "remedy"]
    for text in (found["summary"], found["remedy"]) if found["cause"] else (found["summary"],):
        assert text.endswith(".")
        assert "\n" not in text
        assert "{" not in text
        assert "None" not in text


def test_every_row_has_a_sample() -> None:
    assert {row.id for row in ROWS} == {sample[0] for sample in SAMPLES}


def test_only_connected_is_proven() -> None:
    proven = {row.id for row in ROWS if row.status == PROVEN}
    for cause, evidence in SAMPLES:
        if cause in proven:
            assert evidence["resolve"]["connected"]
    assert {row.status for row in ROWS} == {PROVEN, BROKEN, UNKNOWN}
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_the_texts_name_what_is_meant() -> None:
    found = diagnose(says("api key [k1] has been invalidated"))
    assert found["summary"] == "The cross-cluster API key k1 that lon-1 holds for paris has been invalidated."
    assert "API key nosuchid, which" in diagnose(says("unable to find apikey with id nosuchid"))["summary"]
    assert "something new: {x}" in diagnose(says("something\n new: {x}"))["summary"]
    assert len(diagnose(says("x" * 5000))["summary"]) < 600


def test_one_text_for_several_nodes() -> None:
    found = diagnose(says(NO_CREDENTIAL, several_nodes=True))
    assert found["summary"] == "Each of these nodes holds no credential for paris."
    found = diagnose(says("api key [k1] has been invalidated", several_nodes=True))
    assert "that each of these nodes holds for paris" in found["summary"]


def test_the_server_is_believed_more_than_the_probe() -> None:
    evidence = {**says("api key [k] has been invalidated"), "probe": {"tcp": "ok", "tls": "untrusted"}}
    assert diagnose(evidence)["cause"] == "key_invalidated"


def test_the_key_list_does_not_outweigh_the_server() -> None:
    assert diagnose(says(LICENCE, key={"id": "k", "state": "missing"}))["cause"] == "licence"
    assert diagnose(good(key={"id": "k", "state": "expired"}))["status"] == "proven"


def test_the_documentation_has_every_row() -> None:
    """The table of docs/diagnosis.md is what this makes of the rows; a failure shows the line to write."""

    def shown(text: str) -> str:
        return re.sub(r"{(\w+)}", r"*\1*", text).replace("|", "\\|")

    lines = [
        "| `%s` | %s | %s | %s | %s |" % (row.id, row.status, shown(row.seen), shown(row.summary), shown(row.remedy))
        for row in ROWS
    ]
    documented = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert documented == lines
