# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elasticsearch's own configuration: files of a node, and what a started cluster is given through its API."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from kit.certificates import Authority, Signed, truststore
from kit.model import NodeState, State
from kit.places import PROJECT
from kit.problems import KitError
from kit.scenery import DOMAIN, Scenery

# Those of the collection, by which its playbooks do their work, and one for who searches.
READ = ["read", "read_cross_cluster", "view_index_metadata"]
ROLES: dict[str, dict[str, Any]] = {
    **yaml.safe_load((PROJECT / "playbooks/vars/security_roles.yml").read_text())["elasticsearch_security_roles"],
    "crosscluster_searcher": {
        "cluster": ["monitor"],
        "indices": [{"names": ["*"], "privileges": READ}],
        "remote_indices": [{"clusters": ["*"], "names": ["*"], "privileges": READ}],
    },
}
USERS = {
    "verifier": ["crosscluster_verifier"],
    "operator": ["crosscluster_local_operator", "crosscluster_remote_granter"],
    "replicator": ["crosscluster_replicator"],
    "failover": ["crosscluster_failover"],
    "searcher": ["crosscluster_searcher"],
}

P12_PASSWORD = secrets.token_urlsafe(12)

Request = Callable[..., tuple[int, Any]]


def passwords() -> dict[str, str]:
    """Of Elasticsearch's accounts, and of those of the hosts, in one: ops, which is root's as well."""
    return {name: secrets.token_urlsafe(18) for name in ("elastic", "ops", *USERS)}


class Trust:
    """All certificates of a lab."""

    def __init__(self, clusters: list[str], scenery: Scenery) -> None:
        root = Authority("company root") if scenery.authority == "intermediate" else None
        usages = scenery.authority != "no_usages"
        self.authorities = {name: Authority(f"{name} CA", issuer=root, usages=usages) for name in clusters}
        self.remote_authorities = {name: Authority(f"{name} remote CA", usages=usages) for name in clusters}

    def shown(self, node: NodeState, scenery: Scenery) -> Signed:
        """What those see who ask by HTTP."""
        authority = self.authorities[node.cluster]
        if scenery.authority == "wildcard":
            return authority.sign_wildcard(DOMAIN)
        return authority.sign(node.name, [node.ip])

    def bundle(self) -> bytes:
        return b"".join(authority.certificate for authority in self.authorities.values())

    def remote_bundle(self) -> bytes:
        return b"".join(authority.certificate for authority in self.remote_authorities.values())

    def save(self, directory: Path) -> None:
        """With the keys, so that tests can sign more."""
        directory.mkdir(mode=0o700, exist_ok=True)
        for kind, authorities in (("ca", self.authorities), ("remote-ca", self.remote_authorities)):
            for name, authority in authorities.items():
                (directory / f"{name}-{kind}.crt").write_bytes(authority.certificate)
                key = directory / f"{name}-{kind}.key"
                key.touch(mode=0o600)
                key.write_bytes(authority.key)


def settings(state: State, node: NodeState, paths: dict[str, str], full: bool) -> dict[str, Any]:
    """elasticsearch.yml; `paths` are data and logs."""
    peers = state.nodes_of(node.cluster)
    # Who shares an address is told apart by port.
    shared = any(peer.address != peer.name for peer in peers)
    values: dict[str, Any] = {
        "cluster.name": node.cluster,
        "node.name": node.name,
        "path.data": paths["data"],
        "path.logs": paths["logs"],
        "network.host": node.ip,
        "http.port": node.http_port,
        "transport.port": node.transport_port,
        "discovery.seed_hosts": [f"{peer.address}:{peer.transport_port}" if shared else peer.name for peer in peers],
        # Otherwise the host's vm.max_map_count would have to be raised.
        "node.store.allow_mmap": False,
        "action.destructive_requires_name": False,
        # Certificates are loaded within a second instead of five, so that nobody waits for that.
        "resource.reload.interval.high": "1s",
        "xpack.security.enabled": True,
        "xpack.security.autoconfiguration.enabled": False,
    }
    if not node.spare:
        values["cluster.initial_master_nodes"] = [peer.name for peer in peers if not peer.spare]
    certs = "${CERTS_DIR}" if state.scenery.installation == "certs_dir" else "certs"
    for purpose in ("transport", "http"):
        prefix = f"xpack.security.{purpose}.ssl"
        values[f"{prefix}.enabled"] = not (purpose == "http" and node.plain_http)
        if not values[f"{prefix}.enabled"]:
            continue
        if state.scenery.authority == "pkcs12":
            values[f"{prefix}.keystore.path"] = f"{certs}/{purpose}.p12"
            if purpose == "transport":
                values[f"{prefix}.truststore.path"] = f"{certs}/ca.p12"
            continue
        file = "http" if purpose == "http" and state.scenery.authority == "wildcard" else "node"
        values[f"{prefix}.key"] = f"{certs}/{file}.key"
        values[f"{prefix}.certificate"] = f"{certs}/{file}.crt"
        values[f"{prefix}.certificate_authorities"] = [f"{certs}/ca.crt"]
    values["xpack.security.transport.ssl.verification_mode"] = "full"
    if state.scenery.authority == "one_pair":
        values["remote_cluster_server.enabled"] = True
        for file, setting in {"node.key": "key", "node.crt": "certificate"}.items():
            values[f"xpack.security.remote_cluster_server.ssl.{setting}"] = f"{certs}/{file}"
        values["xpack.security.remote_cluster_client.ssl.certificate_authorities"] = [f"{certs}/ca.crt"]
    if state.scenery.network == "same_publish":
        values["http.publish_host"] = peers[0].ip
    if state.scenery.network == "nat":
        # Of a network that is kept for documentation: nobody has it.
        values["http.publish_host"] = f"198.51.100.{peers.index(node) + 1}"
    if state.scenery.network == "no_client" and node is peers[-1] and len(peers) > 1:
        values["node.roles"] = ["master", "data", "ingest"]
    if not state.bare:
        values.update(listener(node))
    if full:
        values["xpack.ml.enabled"] = False
        values["ingest.geoip.downloader.enabled"] = False
    return values


def listener(node: NodeState) -> dict[str, Any]:
    """What makes a cluster one that others can reach, and that trusts them."""
    values: dict[str, Any] = {"remote_cluster_server.enabled": True, "remote_cluster.port": node.remote_port}
    values["xpack.security.remote_cluster_server.ssl.key"] = "certs/remote_cluster_server.key"
    values["xpack.security.remote_cluster_server.ssl.certificate"] = "certs/remote_cluster_server.crt"
    values["xpack.security.remote_cluster_client.ssl.certificate_authorities"] = ["certs/remote_cluster_client_ca.crt"]
    return values


# A file as operators have them: with comments, and not all of it flat.
BARE = """\
# ======================== Elasticsearch Configuration =========================
#
# Please see the documentation for further information on configuration options.

{flat}
# ---------------------------------- Various -----------------------------------
xpack:
  security:
    audit:
      enabled: false   # nobody reads it

# Require explicit names when deleting indices:
#action.destructive_requires_name: true
"""


def text(state: State, node: NodeState, paths: dict[str, str], full: bool) -> bytes:
    """elasticsearch.yml"""
    flat: str = yaml.safe_dump(settings(state, node, paths, full), sort_keys=False)
    plain = state.scenery.text == "plain"
    return BARE.format(flat=flat).encode() if state.bare and plain else state.scenery.write(flat)


def files(state: State, node: NodeState, trust: Trust, paths: dict[str, str], full: bool) -> dict[str, bytes]:
    """Below the node's configuration directory."""
    own = trust.authorities[node.cluster].sign(node.name, [node.ip])
    found = {
        "elasticsearch.yml": text(state, node, paths, full),
        "certs/ca.crt": trust.authorities[node.cluster].certificate,
        "certs/node.crt": own.certificate,
        "certs/node.key": own.key,
    }
    if state.scenery.authority == "pkcs12":
        content = own.pkcs12(trust.authorities[node.cluster].certificate, P12_PASSWORD)
        found |= {f"certs/{purpose}.p12": content for purpose in ("transport", "http")}
        found["certs/ca.p12"] = truststore(trust.authorities[node.cluster].certificate, P12_PASSWORD)
    if state.scenery.authority == "wildcard":
        shown = trust.shown(node, state.scenery)
        found |= {"certs/http.crt": shown.certificate, "certs/http.key": shown.key}
    if state.bare:
        return found
    server = trust.remote_authorities[node.cluster].sign(node.name, [node.ip])
    return {
        **found,
        "certs/remote_cluster_server.crt": server.certificate,
        "certs/remote_cluster_server.key": server.key,
        "certs/remote_cluster_client_ca.crt": trust.remote_bundle(),
    }


def make_keystore(home: Path, jdk: Path, password: str, scenery: Scenery) -> bytes:
    """Made once, because each call of the tool starts a Java virtual machine; then copied to every node."""
    entries = {"bootstrap.password": password}
    if scenery.authority == "pkcs12":
        for store in ("http.ssl.keystore", "transport.ssl.keystore", "transport.ssl.truststore"):
            entries[f"xpack.security.{store}.secure_password"] = P12_PASSWORD
    with tempfile.TemporaryDirectory() as config:
        environment = {**os.environ, "ES_PATH_CONF": config, "ES_JAVA_HOME": str(jdk)}
        done = subprocess.run(
            [home / "bin/elasticsearch-keystore", "add", "--force", "--stdin", *entries],
            input="\n".join(entries.values()),
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise KitError(f"elasticsearch-keystore failed: {(done.stdout + done.stderr).strip()}")
        return (Path(config) / "elasticsearch.keystore").read_bytes()


def until(what: str, request: Request, *arguments: Any, seconds: float = 300, **keywords: Any) -> Any:
    """Repeats a request until it succeeds: right after the start the security index answers 401 and 503 a while."""
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            status, answer = request(*arguments, **keywords)
            if status < 300:
                return answer
            last = f"{status} {answer}"
        except OSError as error:
            last = error
        time.sleep(0.3)
    raise KitError(f"{what}: not within {seconds:.0f} s; the last answer was: {last}")


def start_trial(request: Request) -> tuple[int, Any]:
    status, answer = request("POST", "_license/start_trial?acknowledge=true")
    # A request that got no answer in time has started it all the same.
    if status == 403 and "already activated" in str(answer):
        return 200, {"trial_was_started": True}
    return status, answer


def license_and_accounts(name: str, nodes: int, request: Request, accounts: dict[str, str]) -> None:
    """What the cluster must have before it is used, in this order: the trial allows remote indices in roles."""
    health = f"_cluster/health?wait_for_nodes={nodes}&timeout=20s"
    until(f"cluster {name} complete", request, "GET", health, timeout=30)
    started = until(f"trial licence of {name}", lambda: start_trial(request))
    if not started.get("trial_was_started"):
        raise KitError(f"Cluster {name} refused the trial licence: {started}")
    for role, definition in ROLES.items():
        until(f"role {role} of {name}", request, "PUT", f"_security/role/{role}", definition)
    for user, roles in USERS.items():
        body = {"password": accounts[user], "roles": roles}
        until(f"user {user} of {name}", request, "PUT", f"_security/user/{user}", body)
