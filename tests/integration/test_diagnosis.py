# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Broken on purpose, on real clusters: verify tells for each alias and node what is wrong, and what to do."""

from __future__ import annotations

import base64
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from life_cycle import COLLECTION, reaching
from neighbours import Neighbour, authority, replace
from runner import Run, Runner

from kit import Lab, hosts
from kit.certificates import Authority
from kit.cluster import until

INDEX = "dx-books"
P = "par-1"
# What a node of berlin or oslo adds to the usual ports.
BERLIN, OSLO = 300, 301


class Case(NamedTuple):
    """One alias: what it is, what each node of london holds for it, and what has to be found there."""

    lon_1: str
    lon_2: str
    address: str = f"{P}:9443"
    held: tuple[str | None, str | None] = ("good", "good")
    model: str = "api_key"
    mode: str = "proxy"


NONE = (None, None)
# Rubbish, and id:secret as it is.
NOT_ENCODED = {"rubbish": "rubbish", "raw": "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"}
RELAY = 9700
SCRIPT = """
import asyncio, sys

host, own, other = sys.argv[1:]


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    there = await asyncio.open_connection(host, other)
    await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))


async def main():
    await (await asyncio.start_server(serve, host, own)).serve_forever()


asyncio.run(main())
"""


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
    # What the collection refuses to write.
    "dx-raw": same("credential_refused", held=("rubbish", "raw")),
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
    "dx-ca": Case("no_matching_index", "untrusted", f"{P}:{9443 + OSLO}", with_("oslo")),
    "dx-sniff": Case("sniff_no_gateway", "untrusted", f"{P}:{9443 + OSLO}", with_("oslo"), mode="sniff"),
    # The security model
    "dx-cert": same("proven", f"{P}:9300", NONE, "certificate"),
    "dx-wrongmodel": same("wrong_model", f"{P}:9300", NONE),
    "dx-leftover": same("leftover_credential", f"{P}:9300", model="certificate"),
    "dx-role": same("role_missing", f"{P}:{9300 + OSLO}", NONE, "certificate"),
    "dx-other": same("proven", f"{P}:{RELAY}", NONE, "certificate"),
    "dx-certport": same("wrong_port_for_certificate", held=NONE, model="certificate"),
    "dx-nottrusted": same("local_not_trusted", f"{P}:{9300 + BERLIN}", NONE, "certificate"),
}
LATE: dict[str, tuple[str | None, str | None]] = {"dx-late": with_("good")}
WRITTEN = {**{alias: case.held for alias, case in CASES.items()}, **LATE}
# Declared, and set nowhere.
MISSING = {"dx-missing": same("alias_missing", held=NONE)}


class Broken:
    """Everything that the cases need, on the real clusters."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        transport = "xpack.security.transport.ssl"
        shared = {f"{transport}.key": "certs/shared.key", f"{transport}.certificate": "certs/shared.crt"}
        self.berlin = Neighbour(lab, P, "berlin", BERLIN, shared)
        # What sniffing is told is the other host's own loopback, as where no publish address was set.
        self.oslo = Neighbour(
            lab,
            P,
            "oslo",
            OSLO,
            {"remote_cluster.publish_host": "127.0.0.1", "node.roles": ["master", "data", "ingest"]},
        )
        self.credentials: dict[str, str] = dict(NOT_ENCODED)
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

    def build(self, ansible: Runner) -> None:
        with ThreadPoolExecutor() as pool:
            for future in [pool.submit(self.make_keys), pool.submit(self.start_neighbours), pool.submit(self.by_hand)]:
                future.result()
        for node in [*self.london, P]:
            # The certificate model needs both ends to trust the other's transport certificates.
            self.swap(node, "certs/ca.crt", self.all_authorities())
        self.relay(9300)
        self.lap("clusters, keys and certificates are there")
        self.write_keystores(ansible)
        settings = {}
        for alias, case in CASES.items():
            # Sockets are cheap to count and dear to open.
            proxy = {"proxy_address": case.address, "proxy_socket_connections": 1}
            address = {"seeds": [case.address]} if case.mode == "sniff" else proxy
            settings[f"cluster.remote.{alias}"] = {"mode": case.mode, "skip_unavailable": True, **address}
        self.request("london", "PUT", "/_cluster/settings", {"persistent": settings})
        self.lap("aliases are set")

    def by_hand(self) -> None:
        """What is changed by hand: a name that only lon-1 knows, name servers that are not there, odd credentials."""
        for name in self.london:
            quick = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
            self.lab.node(name).run("cp -n /etc/resolv.conf /root/dx-resolv.conf; cat > /etc/resolv.conf", quick)
        known = f"{self.lab.node(P).ip} paris-alone"
        script = f"cp /etc/hosts /root/dx-hosts; echo {known} >> /root/dx-hosts; mount --bind /root/dx-hosts /etc/hosts"
        self.lab.node(self.london[0]).run(script)
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.put, self.london))

    def put(self, name: str) -> None:
        node = self.lab.node(name)
        tool = f"ES_PATH_CONF={node.state.config} {node.state.home}/bin/elasticsearch-keystore add -f --stdin"
        value = self.credentials[str(CASES["dx-raw"].held[min(self.london.index(name), 1)])]
        node.run(f"{tool} cluster.remote.dx-raw.credentials", value + "\n")

    def relay(self, port: int) -> None:
        """What answers on the port RELAY is another port of the host: existing sockets are cut."""
        unit = "systemctl stop dx-relay 2>/dev/null; systemd-run --quiet --collect --unit=dx-relay"
        ip = self.lab.node(P).ip
        self.lab.node(P).run(
            f"cat > /var/tmp/dx-relay.py; {unit} python3 /var/tmp/dx-relay.py {ip} {RELAY} {port}", SCRIPT
        )

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
        self.credentials |= {"rest": rest["encoded"], "secret": secret}

    def start_neighbours(self) -> None:
        ip = self.lab.node(P).ip
        remote_ca, own_ca = authority(self.lab, "paris-remote-ca"), Authority("oslo remote cluster CA")
        expired, shared, other = remote_ca.sign(P, [ip], days=0), remote_ca.sign(P, [ip]), own_ca.sign(P, [ip])
        server, transport = "certs/remote_cluster_server", "certs/shared"
        berlin = {
            "certs/ca.crt": authority(self.lab, "paris-ca").certificate,
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

    def all_authorities(self, kind: str = "") -> bytes:
        directory = self.lab.run_dir / "certificates"
        return b"".join(path.read_bytes() for path in sorted(directory.glob(f"*-{kind}ca.crt")))

    def swap(self, node: str, file: str, content: bytes) -> None:
        path = f"{self.lab.node(node).state.config}/{file}"
        self.originals.setdefault(node, {}).setdefault(path, self.lab.node(node).read_file(path).encode())
        replace(self.lab.node(node), {path: content})

    def write_keystores(self, ansible: Runner) -> None:
        """Once a node; and one credential more after the reload."""

        def settings(number: int, wanted: dict[str, tuple[str | None, str | None]]) -> dict[str, str]:
            names = {alias: held[min(number, 1)] for alias, held in wanted.items()}
            return {f"cluster.remote.{a}.credentials": self.credentials[name] for a, name in names.items() if name}

        def write(wanted: dict[str, tuple[str | None, str | None]]) -> dict[str, Any]:
            each = {node: settings(number, wanted) for number, node in enumerate(self.london)}
            return {f"{COLLECTION}.keystore": {"settings": "{{ (%r)[inventory_hostname] }}" % each}}

        run = ansible.tasks(
            write({alias: case.held for alias, case in CASES.items() if alias != "dx-raw"}),
            {f"{COLLECTION}.reload_secure_settings": {}, "run_once": True, **reaching("london")},
            write(LATE),
            hosts="london_nodes",
        )
        assert run.code == 0, run.output
        self.lap("keystores are written")

    def forget(self, name: str) -> None:
        node = self.lab.node(name)
        tool = f"ES_PATH_CONF={node.state.config} {node.state.home}/bin/elasticsearch-keystore"
        number = min(self.london.index(name), 1)
        held = " ".join(f"cluster.remote.{alias}.credentials" for alias, names in WRITTEN.items() if names[number])
        # Every start of the tool takes seconds; only what was built by half has to be listed first.
        node.run(f"{tool} remove {held} || {tool} remove $({tool} list | grep 'cluster.remote.dx-')", check=False)

    def clean(self) -> None:
        lab = self.lab
        lab.faults.heal(P)
        lab.faults.thaw(P)
        settings = {f"cluster.remote.{alias}.*": None for alias in CASES}
        until("no aliases", lab.clusters["london"].request, "PUT", "/_cluster/settings", {"persistent": settings})
        lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": self.keys})
        lab.clusters["paris"].request("DELETE", f"/{INDEX}")
        for node, files in self.originals.items():
            replace(lab.node(node), files)
        for name in self.london:
            undo = "test ! -e /root/dx-resolv.conf || cat /root/dx-resolv.conf > /etc/resolv.conf; umount /etc/hosts"
            lab.node(name).run(f"test ! -e /root/dx-hosts || {{ {undo}; }}; rm -f /root/dx-*", check=False)
        lab.node(P).run("systemctl stop dx-relay; rm -f /var/tmp/dx-relay.py", check=False)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda neighbour: neighbour.stop(), [self.berlin, self.oslo]))
            list(pool.map(self.forget, self.london))
        lab.clusters["london"].request("POST", "/_nodes/reload_secure_settings")
        self.lap("all is as it was")


@pytest.fixture(scope="module")
def broken(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broken]:
    if lab.local:
        pytest.skip("needs hosts: name resolution, packets and ports of each node")
    built = Broken(lab)
    try:
        built.build(Runner(lab, tmp_path_factory.mktemp("broken")))
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
    return ansible.playbook("verify", "--limit", "london", *arguments)


def found(run: Run) -> dict[str, tuple[str, ...]]:
    """Alias → for each node the cause, or the status where there is none."""
    (proof,) = run.results("Resolve remote clusters on each node")
    return {
        alias: tuple(node["cause"] or node["status"] for node in remote["nodes"][:2])
        for alias, remote in proof["remote_clusters"].items()
    }


def expected(cases: dict[str, Case]) -> dict[str, tuple[str, ...]]:
    return {alias: (case.lon_1, case.lon_2) for alias, case in cases.items()}


def test_each_cause_is_recognised_on_each_node(broken: Broken, ansible: Runner) -> None:
    cases = {**CASES, **MISSING}
    run = verify(ansible, cases)
    broken.lap("verified")
    assert found(run) == expected(cases), run.output
    assert run.code != 0
    assert run.changes == set()
    assert run.writes == []
    # One line, which names the nodes, the cause and the remedy.
    (line,) = {line for line in run.output.splitlines() if "→ dx-nocred (" in line and "Not proven" not in line}
    nodes = ", ".join(broken.london)
    assert f"london/{nodes} → dx-nocred (proxy, certificate): broken [no_credential] Each of these nodes" in line
    assert "Run the connect playbook" in line
    for credential in broken.credentials.values():
        assert len(credential) < 20 or credential not in run.output + str(run.records)


def test_one_cause_each_of_other_clusters(broken: Broken, ansible: Runner) -> None:
    """Asked by the module alone: a user without privileges, a basic licence, a node without the role."""
    lab, paris = broken.lab, {"proxy_address": f"{P}:9443", "proxy_socket_connections": 1, "mode": "proxy"}
    berlin, london = broken.berlin, lab.clusters["london"]
    berlin.node.run(
        f"ES_PATH_CONF={berlin.config} {berlin.node.state.home}/bin/elasticsearch-keystore add -f --stdin "
        "cluster.remote.dx-good.credentials",
        broken.credentials["good"] + "\n",
    )
    assert berlin.request("POST", "/_nodes/reload_secure_settings")[0] == 200
    settings = {"persistent": {"cluster.remote.dx-good": paris}}
    assert berlin.request("PUT", "/_cluster/settings", settings)[0] == 200
    assert broken.oslo.request("POST", "/_license/start_basic?acknowledge=true")[0] == 200
    role = {"cluster": ["monitor"], "indices": [{"names": ["*"], "privileges": ["view_index_metadata"]}]}
    london.request("PUT", "/_security/role/dx-local", role)
    user = {"password": lab.accounts["searcher"], "roles": ["dx-local"]}
    london.request("PUT", "/_security/user/dx-local", user)
    as_elastic = {"username": "elastic", "password": lab.accounts["elastic"], "ca_path": str(lab.ca)}
    asked = {
        "caller_unauthorized": (london.url, {"username": "dx-local", "password": user["password"]}, "dx-good"),
        "licence_remote": (london.url, {}, "dx-ca"),
        "licence_local": (berlin.url, {}, "dx-good"),
        "node_without_role": (broken.oslo.url, {}, "dx-good"),
    }
    tasks = []
    for cause, (url, who, alias) in asked.items():
        options = {**as_elastic, **who, "url": url, "aliases": [alias], "security_models": {alias: "api_key"}}
        tasks.append({"name": cause, f"{COLLECTION}.remote_cluster_info": options, "delegate_to": "localhost"})
    run = ansible.tasks(*tasks)
    london.request("DELETE", "/_security/user/dx-local")
    london.request("DELETE", "/_security/role/dx-local")
    broken.lap("asked by the module")
    assert run.code == 0, run.output
    seen = {cause: run.results(cause)[0]["remote_clusters"][alias] for cause, (_u, _w, alias) in asked.items()}
    assert {cause: told["nodes"][0]["cause"] for cause, told in seen.items()} == {cause: cause for cause in asked}


FAULTS = ("dx-good", "dx-oldcert", "dx-other", "dx-cert")


def test_faults_in_time(broken: Broken, ansible: Runner) -> None:
    """Worked a moment ago: dropped for one node and refused for the other, killed, led to another cluster."""
    lab, cases = broken.lab, {alias: CASES[alias] for alias in FAULTS}
    table = "add table inet kit; add chain inet kit input { type filter hook input priority 0; }"
    rule = "add rule inet kit input ip saddr %s tcp dport 9443 %s"
    first, second = (lab.node(name).ip for name in broken.london[:2])
    rules = f"{table}; {rule % (first, 'reject with tcp reset')}; {rule % (second, 'drop')}"
    on_wire(lab, P, "nft", rules)
    broken.berlin.node.run(f"systemctl kill -s KILL {broken.berlin.unit}")
    broken.relay(broken.oslo.transport)
    run = verify(ansible, cases, "-e", "fail_on=never")
    lab.faults.heal(P)
    broken.relay(9300)
    broken.lap("verified with faults")
    assert run.code == 0, run.output
    assert run.results("Set result as workflow artifact")[0]["ansible_stats"]["data"] == {
        "elasticsearch_remote_clusters_proven": {"london": False}
    }
    assert found(run) == {
        "dx-good": ("port_closed", "packets_dropped"),
        "dx-oldcert": ("port_closed", "port_closed"),
        "dx-other": ("local_not_trusted", "local_not_trusted"),
        "dx-cert": ("proven", "proven"),
    }, run.output


@pytest.mark.parametrize(
    ("fault", "undo", "causes"),
    [
        ("freeze", "thaw", {"not_answering", "timed_out"}),
        pytest.param("link_down", "link_up", {"packets_dropped", "host_unreachable"}, marks=pytest.mark.full),
    ],
)
def test_a_silent_remote_cluster_is_asked_once(
    broken: Broken, ansible: Runner, fault: str, undo: str, causes: set[str]
) -> None:
    """Its API is silent too."""
    lab, cases = broken.lab, {alias: CASES[alias] for alias in ("dx-good", "dx-cert", "dx-noindex")}
    getattr(lab.faults, fault)(P)
    try:
        run = verify(ansible, cases)
    finally:
        getattr(lab.faults, undo)(P)
    broken.lap(f"verified after {fault}")
    assert run.code != 0
    assert {cause for causes in found(run).values() for cause in causes} <= causes, run.output
    # A question that is not answered costs a deadline; none is asked once more, and no alias adds one of its own.
    unanswered = Counter(r["path"] for r in run.requests if r["status"] is None)
    assert unanswered and max(unanswered.values()) <= len(broken.london), unanswered


def on_wire(lab: Lab, node: str, *command: str) -> None:
    done = subprocess.run(
        [*hosts.in_host_network(lab.state, node), *command], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
