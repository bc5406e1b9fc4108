# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence about one alias on one node → cause and remedy, by one table. Pure. Private to this collection.

The texts of the server were taken from broken set-ups of Elasticsearch 8.19 and 9.2; docs/diagnosis.md shows the table.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._diagnosis.causes import (
    Evidence,
    Row,
    one_line,
    verdict,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import search_supported

PROVEN = "proven"
BROKEN = "broken"
UNKNOWN = "unknown"

# The licences that allow the API key model.
_LICENCES = ("enterprise", "trial")
# Where other things than the wanted port usually listen: HTTP, transport, and the remote cluster server.
_USUAL_PORTS = {"api_key": range(9200, 9401), "certificate": (*range(9200, 9300), 9443)}
# Results of the probe that say nothing for the port; the transport port asks for a certificate after the handshake.
_NOT_ACCEPTED = {False: ("untrusted", "name_mismatch"), True: ("ok", "reset")}


class _Evidence(Evidence):
    """What was gathered, under names that make the table readable; whatever was not gathered is absent, not false."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.info: dict[str, Any] = given.get("info") or {}
        self.resolve: dict[str, Any] = given.get("resolve") or {}
        super().__init__(given, self.resolve.get("error"))
        self.settings: dict[str, Any] = given.get("settings") or {}
        self.probe: dict[str, Any] = given.get("probe") or {}
        self.key: dict[str, Any] = given.get("key") or {}
        self.model = given.get("declared_security_model")
        self.connected = self.resolve.get("connected") is True
        # An expression that names an index which is not there is an answer of the remote cluster.
        self.clean = self.connected and (not self.error or "no such index" in self.error)
        self.credential_loaded = "cluster_credentials" in self.info
        self.mode = self.settings.get("mode") or self.info.get("mode") or "proxy"

    def tcp(self, *results: str) -> bool:
        return not self.connected and self.probe.get("tcp") in results

    def tls(self, *results: str) -> bool:
        found = self.probe.get("tls")
        if self.model == "certificate" and found in ("untrusted", "name_mismatch"):
            # The probe knows the CAs of the API key model only: it has found TLS, and its certificate tells nothing.
            found = "ok"
        return not self.connected and found in results

    @property
    def lacks_role(self) -> bool:
        roles = self.given.get("node_roles")
        text = "{} {}".format(self.error, self.given.get("node_error") or "")
        return (roles is not None and "remote_cluster_client" not in roles) or bool(
            re.search(r"does not have the \[?remote_cluster_client\]? role", text)
        )

    @property
    def absent(self) -> bool:
        """Asked for, and not there: as null in the place of what the node tells, or as empty settings."""
        told = [key for key in ("info", "settings") if key in self.given]
        return bool(told) and not self.info and ("info" in told or not self.settings)

    @property
    def differs(self) -> bool:
        """The node uses another address than the one that is set; only what both sides tell is compared."""
        for key in ("mode", "proxy_address", "seeds"):
            wanted, used = self.settings.get(key), self.info.get(key)
            if isinstance(wanted, list) and isinstance(used, list):
                wanted, used = sorted(wanted), sorted(used)
            if wanted and used and wanted != used:
                return True
        return False

    @property
    def held(self) -> bool:
        return bool(self.given.get("held_credential"))

    @property
    def unparsable(self) -> bool:
        return self.credential_loaded and "held_credential" in self.given and not self.held

    @property
    def without_credential(self) -> bool:
        if self.says(r"_cross_cluster_access_credentials\]?.*none"):
            return True
        return self.model == "api_key" and bool(self.info) and not self.credential_loaded

    def key_is(self, *states: str) -> bool:
        """Believed as far as the server does not name another cause."""
        return self.key.get("state") in states and (not self.error or self.refused or self.late)

    @property
    def late(self) -> bool:
        return bool(self.given.get("resolve_timed_out")) or self.says("request timed out")

    @property
    def refused(self) -> bool:
        return self.says("error attempting to authenticate|unable to authenticate")

    @property
    def licence_refused(self) -> bool:
        return self.says(r"non-compliant for \[|license mode \[")

    def licence_fits(self, side: str) -> bool | None:
        licence = self.given.get(f"{side}_license")
        if not licence:
            return None
        return licence.get("type") in _LICENCES and licence.get("status", "active") == "active"

    def licence_at_fault(self, side: str) -> bool:
        """The server's text is the same for both ends: an end is to blame by its licence, or by that of the other."""
        other = "remote" if side == "local" else "local"
        fits = self.licence_fits(side)
        return self.licence_refused and (fits is False or (fits is None and self.licence_fits(other) is True))

    @property
    def silent(self) -> bool:
        """The server was asked, is not connected, and does not tell why."""
        return bool(self.resolve) and not self.connected and not self.error

    @property
    def address(self) -> str:
        seeds = self.settings.get("seeds") or self.info.get("seeds") or []
        address = self.probe.get("address") or self.settings.get("proxy_address") or self.info.get("proxy_address")
        return address or ", ".join(seeds)

    @property
    def usual_other_port(self) -> bool:
        port = self.address.rpartition(":")[2]
        return port.isdigit() and int(port) in _USUAL_PORTS.get(self.model or "api_key", ())

    @property
    def versions_unsupported(self) -> bool:
        local, remote = _version(self.given.get("local_version")), _version(self.given.get("remote_version"))
        if self.connected or local is None or remote is None:
            return False
        if self.model == "api_key" and min(local, remote) < (8, 14):
            return True
        return not search_supported(local, remote)

    def fields(self) -> dict[str, Any]:
        given = self.given
        local_licence, remote_licence = given.get("local_license") or {}, given.get("remote_license") or {}
        certificate = self.model == "certificate"
        # One text for all nodes of which the same is true.
        node = "each of these nodes" if given.get("several_nodes") else given.get("node") or "of unknown name"
        return {
            "alias": given.get("alias") or "the alias",
            "local": given.get("local") or "the local cluster",
            "node": node,
            "Node": node.capitalize() if given.get("several_nodes") else f"Node {node}",
            "address": self.address or "its address",
            "used": self.info.get("proxy_address") or ", ".join(self.info.get("seeds") or []) or "another address",
            "key": self.key.get("id") or given.get("held_credential") or _id_in(self.error) or "of unknown id",
            "error": self.error or "nothing",
            "node_error": one_line(given.get("node_error")),
            "probe_error": one_line(self.probe.get("error") or self.probe.get("dns_error")) or "no details",
            "local_licence": local_licence.get("type") or "unknown",
            "remote_licence": remote_licence.get("type") or "unknown",
            "local_version": given.get("local_version") or "unknown",
            "remote_version": given.get("remote_version") or "unknown",
            "server_name": self.settings.get("server_name") or "none",
            "port": "the transport port (9300 by default)"
            if certificate
            else "the remote cluster server port (9443 by default)",
            "ssl": "xpack.security.transport.ssl" if certificate else "xpack.security.remote_cluster_client.ssl",
            "model": "certificate" if certificate else "API key",
        }


# The first row that fits is the answer: what a node is and has stands before what the server says, which stands before
# what a probe of the address finds.
ROWS = (
    Row(
        "node_without_role",
        BROKEN,
        "the node's roles lack `remote_cluster_client`, or the server says so",
        lambda e: e.lacks_role,
        "{Node} does not have the role remote_cluster_client, so that it opens no connection to {alias}.",
        "Add remote_cluster_client to node.roles of {node} and restart it, or send it no cross-cluster requests.",
    ),
    Row(
        "node_not_asked",
        UNKNOWN,
        "the node could not be asked",
        lambda e: bool(e.given.get("node_error")),
        "{Node} could not be asked about {alias}: {node_error}.",
        "Make sure that {node} runs and that its API answers; if the controller reaches it at another URL, name that "
        "in elasticsearch_node_urls.",
    ),
    Row(
        "alias_missing",
        BROKEN,
        "`_remote/info` of the node lacks the alias, or the server says `no such remote cluster`",
        lambda e: not e.clean and (e.says("no such remote cluster") or e.absent),
        "{Node} knows no remote cluster {alias}.",
        "Run the connect playbook; if other nodes know the alias, move it from their elasticsearch.yml to the "
        "settings.",
    ),
    Row(
        "settings_differ",
        BROKEN,
        "mode or address of `_remote/info` is not the one that is set",
        lambda e: e.differs,
        "{Node} does not use the mode and address that are set for {alias}: it uses {used} instead of {address}.",
        "Remove what overrides it: a transient setting, or cluster.remote.{alias} in the elasticsearch.yml of {node}.",
    ),
    Row(
        "leftover_credential",
        BROKEN,
        "declared certificate, but the node holds a credential",
        lambda e: e.model == "certificate" and (e.credential_loaded or e.held),
        "{Node} holds a credential for {alias}, so that Elasticsearch uses the API key model although the "
        "certificate "
        "model is declared.",
        "Remove cluster.remote.{alias}.credentials from the keystore of {node} and reload the secure settings.",
    ),
    Row(
        "credential_not_loaded",
        BROKEN,
        "the keystore holds a credential, but `_remote/info` has no `cluster_credentials`",
        lambda e: e.held and e.without_credential,
        "The keystore of {node} holds the credential {key} for {alias}, but the node has not loaded it.",
        "Reload the secure settings of {node}; if that fails, its answer names the reason.",
    ),
    Row(
        "wrong_model",
        BROKEN,
        "connected, declared API key, but `_remote/info` has no `cluster_credentials`",
        lambda e: e.model == "api_key" and e.connected and e.without_credential,
        "{Node} is connected to {alias} by the certificate model although the API key model is declared.",
        "Run the connect playbook to put the credential into the keystore, with the address of {port}.",
    ),
    Row(
        "model_unknown",
        UNKNOWN,
        "connected, but `_remote/info` was not read",
        lambda e: e.clean and bool(e.model) and not e.info,
        "{Node} is connected to {alias}, but nothing tells if it uses the {model} model as declared.",
        "Read _remote/info of {node}, for which the cluster privilege monitor is needed.",
    ),
    Row(
        "no_matching_index",
        PROVEN,
        "`connected: true`, no error, `matching_indices: false`",
        lambda e: (
            e.clean
            and e.given.get("expected_indices") is not False
            and (e.resolve.get("matching_indices") is False or bool(e.error))
        ),
        "{Node} is connected to {alias}, but no index there can be read.",
        "If the remote cluster has indices that should be found, compare their names with the access of the key "
        "and the "
        "roles of the user.",
    ),
    Row(
        "proven",
        PROVEN,
        "`connected: true` and no error, with the security model that is declared",
        lambda e: e.clean,
        "{Node} is connected to {alias}.",
        "",
    ),
    Row(
        "wrong_port_for_certificate",
        BROKEN,
        "declared certificate, and `_cross_cluster_access_credentials` … none found",
        lambda e: e.model == "certificate" and e.without_credential,
        "The address {address} is the remote cluster server port, which takes only the API key model.",
        "Set the address of {alias} to {port} of the remote cluster.",
    ),
    Row(
        "no_credential",
        BROKEN,
        "`_cross_cluster_access_credentials` … none found, or no `cluster_credentials` in `_remote/info`",
        lambda e: e.without_credential,
        "{Node} holds no credential for {alias}.",
        "Run the connect playbook: it puts a credential into the keystore of every node and reloads it.",
    ),
    Row(
        "rest_api_key",
        BROKEN,
        "`expected API key type of [cross_cluster]`, or the key's type",
        lambda e: e.says(r"expected API key type of \[cross_cluster\]") or e.key.get("type") == "rest",
        "The credential that {node} holds for {alias} is an ordinary API key ({key}), not a cross-cluster API key.",
        "Run the connect playbook, or replace the credential by that of a cross-cluster API key of the remote cluster.",
    ),
    Row(
        "key_invalidated",
        BROKEN,
        "`has been invalidated`, or the key's state",
        lambda e: e.says("has been invalidated") or e.key_is("invalidated"),
        "The cross-cluster API key {key} that {node} holds for {alias} has been invalidated.",
        "Run the connect playbook: it makes a new key and hands it to every node.",
    ),
    Row(
        "key_expired",
        BROKEN,
        "`api key is expired`, or the key's state",
        lambda e: e.says(r"api key.* (is|has) expired") or e.key_is("expired"),
        "The cross-cluster API key {key} that {node} holds for {alias} has expired.",
        "Run the connect playbook: it makes a new key and hands it to every node.",
    ),
    Row(
        "unknown_key",
        BROKEN,
        "the remote cluster has no key of the id that the node holds, or `unable to find apikey`",
        lambda e: e.says("unable to find api ?key") or e.key_is("missing") or (e.refused and e.key_is("unknown")),
        "The remote cluster has no cross-cluster API key {key}, which {node} holds for {alias}: it is another "
        "cluster's, or was deleted.",
        "Run the connect playbook, and make sure that the address {address} leads to the right cluster.",
    ),
    Row(
        "key_unusable",
        BROKEN,
        "`Cross cluster API key [...] is invalid`",
        lambda e: e.says("cross cluster api key .*is invalid"),
        "The cross-cluster API key {key} has both replication and a query or field security, which newer servers "
        "refuse.",
        "Make two aliases with a key each, one to search and one to replicate, then run the connect playbook.",
    ),
    Row(
        "signing",
        BROKEN,
        "`certificate identity` or `signature certificate`",
        lambda e: e.says("certificate identity|signature certificate"),
        "The remote cluster refuses the signature of requests to {alias}: {error}.",
        "Compare the key's certificate_identity with the DN of the signing certificate, and trust its CA on the remote "
        "cluster.",
    ),
    Row(
        "caller_unauthorized",
        BROKEN,
        "`no remote indices privileges apply`",
        lambda e: e.says("no remote indices privileges apply"),
        "The user that asked has no remote index privileges for {alias}, so that nothing is proven for others either.",
        "Give the user a role with remote_indices for {alias} (view_index_metadata is enough to verify).",
    ),
    Row(
        "role_missing",
        BROKEN,
        "`assigned roles … were not found`",
        lambda e: e.says(r"roles \[.*\] were not found"),
        "The remote cluster has none of the roles of the user that asked about {alias}; the certificate model looks "
        "them up there by name.",
        "Create roles of the same names on the remote cluster, with the privileges that its users need there.",
    ),
    Row(
        "access_too_narrow",
        BROKEN,
        "`towards remote cluster … is unauthorized`",
        lambda e: e.says("towards remote cluster.* is unauthorized|is unauthorized for (user|API key)"),
        "The privileges of the user or of the key {key} for {alias} don't allow the request: {error}.",
        "Widen remote_indices in the user's role, then the access of the key.",
    ),
    Row(
        "licence_local",
        BROKEN,
        "`license is non-compliant`, and the local licence is not Enterprise or trial",
        lambda e: e.licence_at_fault("local"),
        "The licence of {local} ({local_licence}) does not allow the API key model.",
        "Install an Enterprise licence on {local}, or declare security_model: certificate for {alias}.",
    ),
    Row(
        "licence_remote",
        BROKEN,
        "`license is non-compliant`, and the remote licence is not Enterprise or trial",
        lambda e: e.licence_at_fault("remote"),
        "The licence of the remote cluster ({remote_licence}) does not allow the API key model.",
        "Install an Enterprise licence on the remote cluster, or declare security_model: certificate for {alias}.",
    ),
    Row(
        "licence",
        BROKEN,
        "`license is non-compliant`, licences unknown",
        lambda e: e.licence_refused,
        "A licence does not allow the remote cluster {alias}: {error}.",
        "Read _license on both clusters: the API key model needs Enterprise at both ends.",
    ),
    Row(
        "other_cluster",
        BROKEN,
        "`unexpected remote cluster name`",
        lambda e: e.says("unexpected remote cluster name"),
        "The address {address} leads to clusters of different names, or the remote cluster was rebuilt.",
        "Make sure that the address leads to one cluster only, then remove {alias} and connect it again.",
    ),
    Row(
        "incompatible_version",
        BROKEN,
        "`unsupported version` or `incompatible`",
        lambda e: e.says(r"unsupported version|incompatible.*version|version.*incompatible"),
        "The versions of {local} ({local_version}) and of the remote cluster ({remote_version}) can't talk to each "
        "other: "
        "{error}.",
        "Upgrade the older cluster to a version that the other one supports.",
    ),
    Row(
        "tracing_header",
        BROKEN,
        "`header [tracestate] is not allowed`",
        lambda e: e.says(r"header \[\w+\] is not allowed for cross cluster requests"),
        "The remote cluster refuses the tracing header of requests to {alias}.",
        "Upgrade the remote cluster to 8.15.2 or later, or switch off tracing on {local}.",
    ),
    Row(
        "operation_not_allowed",
        BROKEN,
        "`not allowed as a cross cluster operation`",
        lambda e: e.says("not allowed as a cross cluster operation"),
        "The remote cluster does not know the request on its remote cluster server port: {error}.",
        "Upgrade the remote cluster to the version of {local}.",
    ),
    Row(
        "credential_refused",
        BROKEN,
        "`error attempting to authenticate request` or `unable to authenticate`",
        lambda e: e.refused or (e.unparsable and not e.error),
        "The remote cluster can't read or does not accept the credential that {node} holds for {alias}.",
        "Run the connect playbook, or store the key's encoded value (not id and secret) and reload the secure "
        "settings.",
    ),
    Row(
        "unknown_host",
        BROKEN,
        "the probe can't resolve the name, or `unknown host`",
        lambda e: (not e.connected and bool(e.probe.get("dns_error"))) or e.says("unknown ?host"),
        "{Node} can't resolve the name in {address}.",
        "Correct the address of {alias}, or the name resolution of {node}.",
    ),
    Row(
        "port_closed",
        BROKEN,
        "the probe is refused, or `Connection refused`",
        lambda e: e.tcp("refused") or e.says("connection refused"),
        "Nothing listens on {address}, as seen from {node}.",
        "Correct the address of {alias}, or set remote_cluster_server.enabled and restart the nodes of the remote "
        "cluster.",
    ),
    Row(
        "packets_dropped",
        BROKEN,
        "the probe gets no answer, or `connect_timeout`",
        lambda e: e.tcp("timeout") or e.says(r"connect_timeout|connect timed out|connection timed out"),
        "Packets from {node} to {address} get no answer.",
        "Open the firewall between {node} and {address}, or correct the address of {alias}.",
    ),
    Row(
        "host_unreachable",
        BROKEN,
        "the probe finds no route",
        lambda e: e.tcp("unreachable") or e.says("no route to host|network is unreachable"),
        "There is no way from {node} to {address}: {probe_error}.",
        "Correct the routing between the networks, or the address of {alias}.",
    ),
    Row(
        "not_tls",
        BROKEN,
        "the probe gets an answer that is not TLS, or `not_ssl_record_exception`",
        lambda e: e.tls("not_tls") or e.says("not_?ssl_?record"),
        "What answers on {address} does not speak TLS: it is the HTTP port, or TLS is switched off.",
        "Set the address of {alias} to {port}.",
    ),
    Row(
        "certificate_expired",
        BROKEN,
        "the probe finds an expired certificate, or `CertificateExpiredException`",
        lambda e: e.tls("expired") or e.says("certificate_?expired"),
        "The certificate that {address} shows to {node} has expired, or is not valid yet.",
        "Renew the certificate of the remote cluster, and compare the clocks of both ends.",
    ),
    Row(
        "wrong_port_number",
        BROKEN,
        "no error text, what answers is not accepted, and the port is the usual one of something else",
        lambda e: e.silent and e.usual_other_port and e.tls(*(_NOT_ACCEPTED[e.model == "certificate"])),
        "{Node} can't connect to what answers on {address}; this port is usually not {port}.",
        "Set the address of {alias} to {port} of the remote cluster; if it is, compare the CAs of both ends.",
    ),
    Row(
        "name_mismatch",
        BROKEN,
        "the probe finds another name in the certificate, or `No name matching`",
        lambda e: e.tls("name_mismatch") or e.says("no name matching|no subject alternative"),
        "The certificate of {address} does not bear the name that {node} asks for (server_name: {server_name}).",
        "Set the address or server_name of {alias} to a name in the certificate, or issue one with this name.",
    ),
    Row(
        "untrusted",
        BROKEN,
        "the probe does not trust the certificate, or `PKIX path building failed`",
        lambda e: e.tls("untrusted") or e.says("PKIX path|unable to find valid certification path"),
        "{Node} does not trust the certificate that {address} shows.",
        "Add the CA of the remote cluster to {ssl}.certificate_authorities of {node}, or set the address to {port}.",
    ),
    Row(
        "not_answering",
        BROKEN,
        "the port is open, but the TLS handshake of the probe gets no answer in time",
        lambda e: e.tls("error") and "in time" in (e.probe.get("error") or ""),
        "What listens on {address} takes the connections of {node}, but does not answer: it hangs, or is overloaded.",
        "Look at the Elasticsearch behind {address}, or at the proxy before it: it runs, but does nothing.",
    ),
    Row(
        "tls_error",
        BROKEN,
        "the TLS handshake of the probe fails otherwise",
        lambda e: e.tls("error"),
        "The TLS handshake of {node} with {address} fails: {probe_error}.",
        "Compare protocols and cipher suites of both ends, and whether the address is {port}.",
    ),
    Row(
        "timed_out",
        BROKEN,
        "`_resolve/cluster` gave no answer in time, or `Request timed out`",
        lambda e: e.late,
        "{Node} got no answer from {alias} in time.",
        "Probe {address} from {node}, and look at the load of the remote cluster.",
    ),
    Row(
        "local_not_trusted",
        BROKEN,
        "declared certificate, no error text, and the probe finds TLS",
        lambda e: e.silent and e.model == "certificate" and e.tls("ok", "reset"),
        "TLS answers on {address}, but {node} and what answers don't trust each other's certificates, or it is not the "
        "cluster or port that is meant.",
        "Let {ssl}.certificate_authorities of both ends hold the CA of the other; set the address to {port}.",
    ),
    Row(
        "sniff_no_gateway",
        BROKEN,
        "mode sniff, no error text, the probe's TLS is right",
        lambda e: e.silent and e.mode == "sniff" and e.tls("ok"),
        "{Node} reaches {address}, but no gateway node behind it.",
        "Make the publish addresses of the remote cluster's nodes reachable (remote_cluster.publish_host), use "
        "mode proxy, "
        "or correct the port to {port}.",
    ),
    Row(
        "wrong_port",
        BROKEN,
        "no error text, the probe's TLS is right or reset",
        lambda e: e.silent and e.tls("ok", "reset"),
        "What answers on {address} is not {port}: it is the transport port or the HTTP port.",
        "Set the address of {alias} to {port} of the remote cluster.",
    ),
    Row(
        "unsupported_versions",
        BROKEN,
        "not connected, and the versions don't fit",
        lambda e: e.versions_unsupported,
        "Elasticsearch does not support {local_version} on {local} with {remote_version} on the remote cluster.",
        "Upgrade the older cluster, and the remote cluster first if only searches are needed.",
    ),
    Row(
        "other",
        BROKEN,
        "any other error text",
        lambda e: bool(e.error),
        "{Node} can't use {alias}, the server says: {error}.",
        "Follow what the server says; the logs of both clusters have more.",
    ),
    Row(
        "not_connected",
        BROKEN,
        "`connected: false`, no error text, no probe",
        lambda e: bool(e.resolve),
        "{Node} is not connected to {alias}, and the server does not tell why.",
        "Probe {address} from {node}: the server reports no problem of name, port, TLS or trust.",
    ),
    Row(
        "not_resolved",
        UNKNOWN,
        "only `_remote/info` was read",
        lambda e: bool(e.info),
        "Of {alias} on {node} only _remote/info is known, which proves nothing.",
        "Ask {node} for _resolve/cluster, for which the index privilege view_index_metadata is needed.",
    ),
    Row(
        "no_evidence",
        UNKNOWN,
        "nothing",
        lambda e: True,
        "Nothing is known of {alias} on {node}.",
        "Verify again, and read the errors of the run.",
    ),
)


def diagnose(evidence: dict[str, Any]) -> dict[str, str]:
    """What was found out about one alias on one node → status, cause, summary and remedy.

    Cause and remedy are empty when all is as declared.

    :param evidence: see docs/diagnosis.md; every part may be absent. It never holds a secret.
    """
    return verdict(ROWS, _Evidence(evidence))


def _version(text: Any) -> tuple[int, int] | None:
    match = re.match(r"^(\d+)\.(\d+)", str(text or ""))
    return (int(match.group(1)), int(match.group(2))) if match else None


def _id_in(error: str) -> str | None:
    match = re.search(r"(?:api key(?: id)? |authenticate user )\[([^\]]+)\]|apikey with id (\S+)", error, re.IGNORECASE)
    return match.group(1) or match.group(2) if match else None
