# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as many have them: one key pair for every purpose, and one file with all authorities."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ccr_server import until
from evidence import INDEX, put_document, search, searching
from interrupt import kill, remove_everything
from runner import Run, Runner, succeeded

from kit import Lab

CONFIG = "/etc/elasticsearch"
CERTS = f"{CONFIG}/certs"
OWN = "remote_cluster_server"
BY_HAND = "by-hand"
# One for everything: what names the file of the listener names node.key, and so on.
SHARE = (
    f"sed -i 's#certs/{OWN}[.]#certs/node.#; s#certs/remote_cluster_client_ca.crt#certs/ca.crt#' "
    f"{CONFIG}/elasticsearch.yml; rm {CERTS}/{OWN}.* {CERTS}/remote_cluster_client_ca.crt; cat >> {CERTS}/ca.crt"
)
RESTART = "systemctl restart elasticsearch"


def on_all(lab: Lab, command: str, **inputs: str) -> dict[str, str]:
    """Node → what the command prints there, at one time."""
    nodes = [lab.node(name) for cluster in lab.clusters.values() for name in cluster.nodes]
    with ThreadPoolExecutor(len(nodes)) as pool:
        return {n.name: d.stdout for n, d in zip(nodes, pool.map(lambda n: n.run(command, inputs.get(n.name, "")), nodes))}


def restart(lab: Lab) -> None:
    on_all(lab, RESTART)
    for cluster in lab.clusters.values():
        until(lambda c=cluster: members(lab, c.name) == {node: len(c.nodes) for node in c.nodes})


def members(lab: Lab, cluster: str) -> dict[str, int]:
    """Node → how many nodes it sees in its cluster, each asked by its own HTTPS port."""
    found = {}
    for name in lab.clusters[cluster].nodes:
        try:
            found[name] = len(lab.clusters[cluster].request("GET", "/_nodes/_all/none", node=name)[1]["nodes"])
        except (OSError, KeyError):
            found[name] = 0
    return found


def digests(lab: Lab) -> dict[str, str]:
    """Every file of each node's configuration."""
    return on_all(lab, f"find {CONFIG} -type f ! -name '*.keystore*' | sort | xargs sha256sum")


def started(lab: Lab) -> dict[str, str]:
    return on_all(lab, "systemctl show -p ExecMainStartTimestamp elasticsearch")


def by_hand(lab: Lab) -> str:
    """A search by the alias that nobody has declared, which meets the transport port of paris."""
    status, answer = lab.clusters["london"].request("GET", f"/{BY_HAND}:{INDEX}/_search")
    return "found" if status == 200 and answer["hits"]["hits"] else f"{status}: {answer}"


def intact(lab: Lab) -> None:
    """Transport and HTTP of each node, port 9443, and the alias that was made by hand."""
    for name, cluster in lab.clusters.items():
        assert members(lab, name) == {node: len(cluster.nodes) for node in cluster.nodes}
    assert [search(lab, node) for node in lab.clusters["london"].nodes] == ["found", "found"]
    assert by_hand(lab) == "found"


@pytest.fixture(scope="module", autouse=True)
def shared(lab: Lab) -> Iterator[None]:
    if lab.local:
        pytest.skip("the nodes are no hosts of their own")
    # What else the tests before have left there, such as a keystore, stays.
    kept = on_all(lab, f"tar -C {CONFIG} -cf - elasticsearch.yml certs | base64 -w0")
    authorities = "".join((lab.run_dir / "certificates" / f"{name}-ca.crt").read_text() for name in lab.clusters)
    put_document(lab)
    on_all(lab, SHARE, **dict.fromkeys(kept, authorities))
    restart(lab)
    proxy = {"mode": "proxy", "proxy_address": f"{lab.node('par-1').state.ip}:9300"}
    alias = {f"cluster.remote.{BY_HAND}.{key}": value for key, value in proxy.items()}
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": alias})
    yield
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": dict.fromkeys(alias)})
    remove_everything(lab)
    on_all(lab, f"rm -rf {CERTS} && base64 -d | tar -C {CONFIG} -xf -", **kept)
    restart(lab)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture
def fleet(ansible: Runner, authorities: Path) -> Runner:
    ansible.declare(london={"paris": {"search": [INDEX], "skip_unavailable": False}})
    for cluster in ("london", "paris"):
        own = {"path": str(authorities / cluster), "passphrase": f"passphrase of {cluster}"}
        ansible.vary(cluster, elasticsearch_certificate_authority=own)
    return ansible


def test_before(lab: Lab, fleet: Runner) -> None:
    succeeded(fleet.playbook("connect"))
    intact(lab)
    check = fleet.playbook("certificates", "--check")
    print("CHECK", check.code, check.output[-3000:])
    run = fleet.playbook("certificates")
    print("RUN", run.code, run.output[-6000:])
    print("NODES", {c: members(lab, c) for c in lab.clusters})
    lab.node("lon-2").run(RESTART, check=False)
    import time
    time.sleep(30)
    print("AFTER RESTART OF lon-2", members(lab, "london"))
    print(by_hand(lab), search(lab))
    print(lab.node("lon-2").run("tail -5 /var/log/elasticsearch/london.log", check=False).stdout[-2500:])
