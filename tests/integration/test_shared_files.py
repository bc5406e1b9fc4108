# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as many have them: one key pair for every purpose, and one file with all authorities."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from evidence import INDEX, put_document, search, searching
from interrupt import kill, remove_everything
from runner import Run, Runner, succeeded
from waiting import until

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
        return {
            n.name: d.stdout for n, d in zip(nodes, pool.map(lambda n: n.run(command, inputs.get(n.name, "")), nodes))
        }


def restart(lab: Lab) -> None:
    on_all(lab, RESTART)
    whole = {name: dict.fromkeys(cluster.nodes, len(cluster.nodes)) for name, cluster in lab.clusters.items()}
    until(lambda: {name: members(lab, name) for name in lab.clusters} == whole)


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


def by_path(text: str) -> dict[str, str]:
    return {line.split()[1]: line.split()[0] for line in text.splitlines()}


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
    # A connection that a restart has cut is skipped by the first search, which makes it anew.
    until(lambda: by_hand(lab) == "found", 60)


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


def shown(lab: Lab) -> dict[str, str]:
    """Node → fingerprint of what it shows at port 9443, and whether that is in its own file."""
    look = "openssl s_client -connect $(hostname):9443 < /dev/null 2> /dev/null | openssl x509 -noout -fingerprint"
    own = f"openssl x509 -noout -fingerprint -in {CERTS}/{OWN}.crt"
    return on_all(lab, f"{look}; {own} 2> /dev/null || true")


def told(run: Run) -> set[str]:
    return {str(result["msg"]) for result in run.results("Report nodes to restart with reasons")}


def refused(run: Run) -> str:
    assert run.code != 0, run.output
    return " ".join(" ".join(run.errors).split())


def test_where_the_settings_may_not_change_it_is_refused(lab: Lab, fleet: Runner, authorities: Path) -> None:
    """The rotation has no role that changes them."""
    succeeded(fleet.playbook("connect"))
    intact(lab)
    before = digests(lab)
    errors = refused(fleet.playbook("rotate_certificates"))
    for cluster in lab.clusters.values():
        for name in cluster.nodes:
            assert f"{name}: {CERTS}/node.crt and {CERTS}/node.key, of {OWN}, is named by " in errors
    assert "nothing was changed" in errors and "elasticsearch_certificates_listen" in errors
    assert (digests(lab), list(authorities.iterdir())) == (before, [])


def test_nothing_outside_of_the_configuration_is_written(lab: Lab, fleet: Runner, authorities: Path) -> None:
    """What root writes is not for elasticsearch.yml to say."""
    node, yml = lab.node("par-1"), f"{CONFIG}/elasticsearch.yml"
    setting = "xpack.security.remote_cluster_client.ssl.certificate_authorities"
    node.run(f"cp -a {yml} /tmp/yml; sed -i '/^{setting}/,+1d' {yml}; echo '{setting}: /etc/passwd' >> {yml}")
    before, passwd = digests(lab), node.read_file("/etc/passwd")
    try:
        for arguments in ((), ("--check",)):
            errors = refused(fleet.playbook("certificates", *arguments))
            assert f"{setting}: /etc/passwd lies outside of {CONFIG}" in errors and "nothing was changed" in errors
        assert (digests(lab), list(authorities.iterdir())) == (before, [])
        assert node.read_file("/etc/passwd") == passwd
    finally:
        node.run(f"mv /tmp/yml {yml}")


def test_files_of_their_own_beside_those_of_all(lab: Lab, fleet: Runner) -> None:
    succeeded(fleet.playbook("connect"))
    before, since = digests(lab), started(lab)
    foretold = succeeded(fleet.playbook("certificates", "--check", "--diff"))
    assert len(told(foretold)) == len(before)
    assert all(f"{OWN}.ssl.key: certs/node.key becomes certs/{OWN}.key" in reason for reason in told(foretold))
    assert all(f"/{name}: {OWN}: missing" in foretold.output for name in before)
    assert "ca.crt is named by xpack.security.http.ssl.certificate_authorities" in foretold.output
    assert (digests(lab), started(lab)) == (before, since)

    # While files are written; later each node restarts, and paris has only one.
    with searching(lab) as results, ThreadPoolExecutor(1) as pool:
        run = pool.submit(fleet.playbook, "certificates")
        while lab.node("lon-1").run(f"test -e {CERTS}/{OWN}.crt", check=False).returncode:
            assert not run.done(), run.result().output
        kill(fleet)
        assert "PLAY RECAP" not in run.result().output
    assert set(results) == {"found"}
    done = succeeded(fleet.playbook("certificates"))
    assert told(done) == told(foretold)
    intact(lab)
    for name, files in digests(lab).items():
        was, now = by_path(before[name]), by_path(files)
        changed = {path for path in was if now.get(path) != was[path]}
        # To the authorities for all there is only added.
        assert changed == {f"{CONFIG}/elasticsearch.yml", f"{CERTS}/ca.crt"}
        assert now.keys() - was.keys() == {f"{CERTS}/{OWN}.key", f"{CERTS}/{OWN}.crt"}
        kept = (lab.run_dir / "certificates" / f"{lab.node(name).state.cluster}-ca.crt").read_text()
        assert kept.strip() in lab.node(name).read_file(f"{CERTS}/ca.crt")
    assert all(len(set(lines.split())) == 2 for lines in shown(lab).values()), shown(lab)
    assert not set(since.values()) & set(started(lab).values())


def test_a_second_run_changes_nothing(lab: Lab, fleet: Runner) -> None:
    before, since = digests(lab), started(lab)
    for arguments in (("--check",), ()):
        run = succeeded(fleet.playbook("certificates", *arguments))
        assert run.changes == set(), run.output
    assert (digests(lab), started(lab)) == (before, since)
