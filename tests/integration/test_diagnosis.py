# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Broken on purpose, on real clusters: verify tells for each alias and node what is wrong, and what to do."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from neighbours import Neighbour, authority, replace
from runner import Run, Runner

from kit import Lab
from kit.certificates import Authority
from kit.cluster import until

INDEX = "dx-books"
P = "par-1"
# What a node of berlin or oslo adds to the usual ports.
BERLIN, OSLO = 300, 301
DEADLINE = 4


class Case(NamedTuple):
    """One alias: what it is, what each node of london holds for it, and what has to be found there."""

    lon_1: str
    lon_2: str
    address: str = f"{P}:9443"
    held: tuple[str | None, str | None] = ("good", "good")
    model: str = "api_key"
    mode: str = "proxy"


NONE = (None, None)


def same(cause: str, *given: Any, **more: Any) -> Case:
    return Case(cause, cause, *given, **more)


def with_(credential: str) -> tuple[str, str]:
    return (credential, credential)


CASES = {
    "dx-good": same("proven"),
    "dx-noindex": same("no_matching_index", held=with_("noindex")),
    "dx-narrow": same("access_too_narrow", held=with_("narrow")),
    # The credential
    "dx-nocred": same("no_credential", held=NONE),
    "dx-half": Case("proven", "no_credential", held=("good", None)),
    "dx-late": same("credential_not_loaded", held=NONE),
    "dx-rest": same("rest_api_key", held=with_("rest")),
    "dx-rubbish": same("credential_refused", held=with_("rubbish")),
    "dx-raw": same("credential_refused", held=with_("raw")),
    "dx-secret": same("credential_refused", held=with_("secret")),
    "dx-invalidated": same("key_invalidated", held=with_("invalidated")),
    "dx-expired": same("key_expired", held=with_("expired")),
    "dx-otherkey": same("unknown_key", held=with_("oslo")),
    "dx-oneold": Case("proven", "key_invalidated", held=("good", "invalidated")),
    # The address
    "dx-closed": same("port_closed", f"{P}:9555"),
    "dx-dns": same("unknown_host", "no-such-host.test:9443"),
    "dx-name": Case("name_mismatch", "unknown_host", "paris-alone:9443"),
    "dx-http": same("wrong_port_number", f"{P}:9200"),
    "dx-transport": same("wrong_port_number", f"{P}:9300"),
    "dx-shared": same("wrong_port", f"{P}:{9300 + BERLIN}"),
    "dx-plain": same("not_tls", f"{P}:22"),
    "dx-oldcert": same("certificate_expired", f"{P}:{9443 + BERLIN}"),
    "dx-ca": Case("proven", "untrusted", f"{P}:{9443 + OSLO}", with_("oslo")),
    "dx-sniff": Case("sniff_no_gateway", "untrusted", f"{P}:{9443 + OSLO}", with_("oslo"), mode="sniff"),
    # The security model
    "dx-cert": same("proven", f"{P}:9300", NONE, "certificate"),
    "dx-wrongmodel": same("wrong_model", f"{P}:9300", NONE),
    "dx-leftover": same("leftover_credential", f"{P}:9300", model="certificate"),
    "dx-certport": same("wrong_port_for_certificate", held=NONE, model="certificate"),
    "dx-nottrusted": same("local_not_trusted", f"{P}:{9300 + BERLIN}", NONE, "certificate"),
}
# Declared, and set nowhere.
MISSING = {"dx-missing": same("alias_missing", held=NONE)}


class Broken:
    """Everything that the cases need, on the real clusters."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        transport = "xpack.security.transport.ssl"
        shared = {f"{transport}.key": "certs/shared.key", f"{transport}.certificate": "certs/shared.crt"}
        self.berlin = Neighbour(lab, P, "berlin", BERLIN, shared)
        # What sniffing is told is an address that no host has.
        self.oslo = Neighbour(
            lab,
            P,
            "oslo",
            OSLO,
            {"remote_cluster.publish_host": "10.99.0.250", "node.roles": ["master", "data", "ingest"]},
        )
        self.credentials: dict[str, str] = {}
        self.keys: list[str] = []
        self.originals: dict[str, dict[str, bytes]] = {}
        self.london = lab.clusters["london"].nodes
        self.began = time.monotonic()

    def lap(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s {what}")

    def request(self, cluster: str, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.lab.clusters[cluster].request(method, path, body)
        assert status < 300, f"{method} {path} on {cluster}: {status} {answer}"
        return answer

    def build(self) -> None:
        self.lap("start")
        with ThreadPoolExecutor() as pool:
            for future in [pool.submit(self.make_keys), pool.submit(self.start_neighbours)]:
                future.result()
        self.let_trust()
        self.lap("keys and neighbours")
        self.write_keystores({alias: case.held for alias, case in CASES.items()})
        self.lap("keystores")
        self.request("london", "POST", "/_nodes/reload_secure_settings")
        settings = {}
        for alias, case in CASES.items():
            address = {"seeds": [case.address]} if case.mode == "sniff" else {"proxy_address": case.address}
            settings[f"cluster.remote.{alias}"] = {"mode": case.mode, "skip_unavailable": True, **address}
        self.request("london", "PUT", "/_cluster/settings", {"persistent": settings})
        self.lap("aliases")
        self.write_keystores({"dx-late": ("good", "good")})
        self.lap("late credential")

    def make_keys(self) -> None:
        def key(name: str, access: dict[str, Any], **more: Any) -> str:
            body = {"name": f"dx-{name}", "access": access, **more}
            made = self.request("paris", "POST", "/_security/cross_cluster/api_key", body)
            self.keys.append(made["id"])
            self.credentials[name] = made["encoded"]
            return str(made["id"])

        search = {"search": [{"names": [INDEX]}]}
        self.request("paris", "PUT", f"/{INDEX}/_doc/1?refresh=true", {"title": "Les Misérables"})
        good = key("good", search)
        key("noindex", {"search": [{"names": ["dx-none"]}]})
        key("narrow", {"replication": [{"names": [INDEX]}]})
        key("expired", search, expiration="1ms")
        self.request("paris", "DELETE", "/_security/api_key", {"ids": [key("invalidated", search)]})
        rest = self.request("paris", "POST", "/_security/api_key", {"name": "dx-rest"})
        self.keys.append(rest["id"])
        secret = base64.b64encode(f"{good}:{'x' * 22}".encode()).decode()
        self.credentials |= {
            "rest": rest["encoded"],
            "rubbish": "rubbish",
            "raw": f"{good}:notencoded",
            "secret": secret,
        }

    def start_neighbours(self) -> None:
        ip = self.lab.node(P).ip
        remote_ca, own_ca = authority(self.lab, "paris-remote-ca"), Authority("oslo remote cluster CA")
        expired, shared, other = remote_ca.sign(P, [ip], days=0), remote_ca.sign(P, [ip]), own_ca.sign(P, [ip])
        server, transport = "certs/remote_cluster_server", "certs/shared"
        berlin = {
            f"{server}.crt": expired.certificate,
            f"{server}.key": expired.key,
            f"{transport}.crt": shared.certificate,
            f"{transport}.key": shared.key,
        }
        oslo = {f"{server}.crt": other.certificate, f"{server}.key": other.key, "certs/ca.crt": self.all_authorities()}
        self.swap("lon-1", "certs/remote_cluster_client_ca.crt", self.all_authorities("remote-") + own_ca.certificate)
        with ThreadPoolExecutor() as pool:
            for future in [pool.submit(self.berlin.start, berlin), pool.submit(self.oslo.start, oslo)]:
                future.result()
        until("trial of oslo", self.oslo.request, "POST", "_license/start_trial?acknowledge=true")
        body = {"name": "dx-oslo", "access": {"search": [{"names": ["*"]}]}}
        made = until("key of oslo", self.oslo.request, "POST", "_security/cross_cluster/api_key", body)
        self.credentials["oslo"] = made["encoded"]

    def let_trust(self) -> None:
        """The certificate model needs both ends to trust the other's transport certificates."""
        for node in [*self.london, P]:
            self.swap(node, "certs/ca.crt", self.all_authorities())

    def all_authorities(self, kind: str = "") -> bytes:
        directory = self.lab.run_dir / "certificates"
        return b"".join(path.read_bytes() for path in sorted(directory.glob(f"*-{kind}ca.crt")))

    def swap(self, node: str, file: str, content: bytes) -> None:
        path = f"{self.lab.node(node).state.config}/{file}"
        self.originals.setdefault(node, {}).setdefault(path, self.lab.node(node).read_file(path).encode())
        replace(self.lab.node(node), {path: content})

    def write_keystores(self, held: dict[str, tuple[str | None, ...]]) -> None:
        """The server's own tool, once a node."""

        def write(number: int, name: str) -> None:
            values = {a: names[number] for a, names in held.items() if number < len(names) and names[number]}
            node = self.lab.node(name)
            settings = " ".join(f"cluster.remote.{alias}.credentials" for alias in values)
            tool = f"ES_PATH_CONF={node.state.config} {node.state.home}/bin/elasticsearch-keystore add -f --stdin"
            node.run(f"{tool} {settings}", "".join(self.credentials[str(v)] + "\n" for v in values.values()))

        with ThreadPoolExecutor() as pool:
            list(pool.map(write, *zip(*enumerate(self.london), strict=True)))

    def clean(self) -> None:
        self.lap("clean")
        lab = self.lab
        settings = {f"cluster.remote.{alias}.*": None for alias in CASES}
        lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": settings})
        lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": self.keys})
        lab.clusters["paris"].request("DELETE", f"/{INDEX}")
        for node, files in self.originals.items():
            replace(lab.node(node), files)
        self.berlin.stop()
        self.oslo.stop()

        def forget(name: str) -> None:
            node = lab.node(name)
            tool = f"ES_PATH_CONF={node.state.config} {node.state.home}/bin/elasticsearch-keystore"
            node.run(f"{tool} remove $({tool} list | grep 'cluster.remote.dx-')", check=False)

        with ThreadPoolExecutor() as pool:
            list(pool.map(forget, self.london))
        lab.clusters["london"].request("POST", "/_nodes/reload_secure_settings")
        self.lap("cleaned")


@pytest.fixture(scope="module")
def broken(lab: Lab) -> Iterator[Broken]:
    if lab.local:
        pytest.skip("needs hosts: name resolution, packets and ports of each node")
    built = Broken(lab)
    try:
        built.build()
        yield built
    finally:
        built.clean()


def declared(cases: dict[str, Case]) -> dict[str, Any]:
    return {
        alias: {
            "cluster": "paris",
            "security_model": case.model,
            "mode": case.mode,
            "address": case.address,
            **({"search": [INDEX]} if case.model == "api_key" else {}),
        }
        for alias, case in cases.items()
    }


def verify(ansible: Runner, cases: dict[str, Case], *arguments: str) -> Run:
    ansible.declare(london=declared(cases))
    deadline = json.dumps({"remote_cluster_deadline": DEADLINE})
    return ansible.playbook("verify", "--limit", "london", "-e", deadline, *arguments)


def found(run: Run) -> dict[str, tuple[str, ...]]:
    """Alias → for each node the cause, or the status where there is none."""
    (proof,) = run.results("Resolve the remote clusters on each node")
    return {
        alias: tuple(node["cause"] or node["status"] for node in remote["nodes"][:2])
        for alias, remote in proof["remote_clusters"].items()
    }


def test_each_cause_is_recognised_on_each_node(broken: Broken, ansible: Runner) -> None:
    cases = {**CASES, **MISSING}
    run = verify(ansible, cases)
    broken.lap("verified")
    print(run.output)
    assert found(run) == {alias: (case.lon_1, case.lon_2) for alias, case in cases.items()}
    assert run.code != 0
