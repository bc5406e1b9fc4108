# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a node comes to other addresses: every outcome of a probe, in one task on a real node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from life_cycle import COLLECTION
from runner import Runner

from kit import Lab
from kit.certificates import Authority

TOP = "/var/tmp/mod-probes"
DROPPED, EXPIRED, ELSEWHERE, SILENT, HANGS_UP = 9500, 9501, 9502, 9503, 9504
# Servers that Elasticsearch is not: standard library only, one thread a connection.
SERVERS = f"""
import socket, ssl, threading

def speak(name, connection):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("{TOP}/%s.crt" % name, "{TOP}/%s.key" % name)
    with context.wrap_socket(connection, server_side=True) as tls:
        tls.recv(1)

def listen(port, answer):
    server = socket.create_server(("", port))
    while True:
        threading.Thread(target=handle, args=(server.accept()[0], answer), daemon=True).start()

def handle(connection, answer):
    with connection:
        answer(connection)

def silent(connection):
    while connection.recv(100):
        pass

answers = {{
    {EXPIRED}: lambda c: speak("expired", c),
    {ELSEWHERE}: lambda c: speak("elsewhere", c),
    {SILENT}: silent,
    {HANGS_UP}: lambda c: c.recv(1),
}}
for port, answer in answers.items():
    threading.Thread(target=listen, args=(port, answer)).start()
"""


@pytest.fixture
def servers(lab: Lab) -> Iterator[None]:
    """On the node of paris, signed by a CA that only the probe is told of."""
    node, local = lab.node("par-1"), lab.node("lon-1")
    node.require_host("servers of a test")
    authority = Authority("mod")
    node.run(f"mkdir -p {TOP}")
    for name, host, days in (("expired", "par-1", -0.5), ("elsewhere", "elsewhere", 1)):
        signed = authority.sign(host, [], days)
        node.run(f"cat > {TOP}/{name}.crt", signed.certificate.decode())
        node.run(f"cat > {TOP}/{name}.key", signed.key.decode())
    local.run(f"mkdir -p {TOP} && cat > {TOP}/mod.crt", authority.certificate.decode())
    local.run(f"cat > {TOP}/paris.crt", node.read_file("/etc/elasticsearch/certs/ca.crt"))
    node.run(f"cat > {TOP}/servers.py", SERVERS)
    listening = (EXPIRED, ELSEWHERE, SILENT, HANGS_UP)
    each = "; ".join(f"until ss -Hltn 'sport = :{port}' | grep -q .; do sleep 0.1; done" for port in listening)
    node.run(f"systemd-run --quiet --unit=mod-probes python3 {TOP}/servers.py && {{ {each}; }}")
    lab.faults.drop_port("par-1", DROPPED)
    yield
    lab.faults.heal("par-1")
    node.run(f"systemctl stop mod-probes; rm -rf {TOP}", check=False)
    local.run(f"rm -rf {TOP}")


@pytest.mark.usefixtures("servers")
def test_every_outcome_of_a_probe(lab: Lab, ansible: Runner) -> None:
    mod, paris = {"ca_path": f"{TOP}/mod.crt"}, {"ca_path": f"{TOP}/paris.crt"}
    probes: dict[str, dict[str, Any]] = {
        "the remote cluster port": {"address": "par-1:9443"},
        "by its address": {"address": f"{lab.node('par-1').ip}:9443"},
        "the transport port": {"address": "par-1:9300", **paris},
        "the HTTP port": {"address": "par-1:9200", **paris},
        "a CA that is not trusted": {"address": "par-1:9300"},
        "no name": {"address": "mod-nowhere:9443"},
        "closed": {"address": "par-1:9499"},
        "dropped": {"address": f"par-1:{DROPPED}"},
        "no way": {"address": "[2001:db8::1]:9443"},
        "no TLS": {"address": "par-1:22"},
        "expired": {"address": f"par-1:{EXPIRED}", **mod},
        "another name": {"address": f"par-1:{ELSEWHERE}", **mod},
        "the name that is sent": {"address": f"par-1:{ELSEWHERE}", "server_name": "elsewhere", **mod},
        "silent": {"address": f"par-1:{SILENT}"},
        "hangs up": {"address": f"par-1:{HANGS_UP}"},
        "no such CA file": {"address": "par-1:9443", "ca_path": f"{TOP}/none.crt"},
        "no port": {"address": "par-1"},
    }
    run = ansible.tasks(
        {
            "name": "probe",
            f"{COLLECTION}.node_info": {"probe": list(probes.values()), "probe_timeout": 10, "credentials": []},
            "delegate_to": "lon-1",
        },
        {"name": "paris", f"{COLLECTION}.node_info": {"credentials": []}, "delegate_to": "par-1"},
    )
    assert run.code == 0, run.output
    [local], [remote] = (run.results(name) for name in ("probe", "paris"))
    found = dict(zip(probes, local["node_info"]["probes"], strict=True))

    outcome = {name: (bool(p["dns_error"]), p["tcp"], p["tls"]) for name, p in found.items()}
    assert outcome == {
        "the remote cluster port": (False, "ok", "ok"),
        "by its address": (False, "ok", "ok"),
        "the transport port": (False, "ok", "ok"),
        "the HTTP port": (False, "ok", "ok"),
        "a CA that is not trusted": (False, "ok", "untrusted"),
        "no name": (True, None, None),
        "closed": (False, "refused", None),
        "dropped": (False, "timeout", None),
        "no way": (False, "unreachable", None),
        "no TLS": (False, "ok", "not_tls"),
        "expired": (False, "ok", "expired"),
        "another name": (False, "ok", "name_mismatch"),
        "the name that is sent": (False, "ok", "ok"),
        "silent": (False, "ok", "error"),
        "hangs up": (False, "ok", "reset"),
        "no such CA file": (False, "ok", "error"),
        "no port": (True, None, None),
    }
    assert {name: p["error"] is None for name, p in found.items()} == {
        name: tls == "ok" for name, (_dns, _tcp, tls) in outcome.items()
    }

    # Which port's certificate answers: the remote node knows its files, and the transport port wants one in return.
    files = {c["sha256"]: c["settings"] for c in remote["node_info"]["certificates"] if "sha256" in c}
    answers = {name: files[found[name]["certificate"]["sha256"]] for name in list(probes)[:5]}
    server = ["xpack.security.remote_cluster_server.ssl.certificate"]
    # The kit's nodes have one certificate for these two.
    others = ["xpack.security.http.ssl.certificate", "xpack.security.transport.ssl.certificate"]
    assert answers == dict(zip(list(probes)[:5], [server, server, others, others, others], strict=True))
    asking = [name for name, p in found.items() if p["client_certificate_required"]]
    assert asking == ["the transport port", "a CA that is not trusted"]
    assert found["expired"]["certificate"]["subject_cn"] == "par-1"
    assert found["the remote cluster port"]["verified_against"] == [
        "/etc/elasticsearch/certs/remote_cluster_client_ca.crt"
    ]
