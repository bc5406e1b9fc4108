# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates on the nodes: issued, renewed and rotated without a restart, while a client searches all the time."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from evidence import INDEX, put_document, search, searching
from interrupt import kill, remove_everything
from runner import Run, Runner, succeeded
from waiting import until

from kit import Lab
from kit.certificates import Authority
from kit.lab import Node

PARIS = {"search": [INDEX], "skip_unavailable": False}
CERTS = "/etc/elasticsearch/certs"
ROTATE = ("-e", "rotate_ca=true")
# An authority of today is not rotated unless it is said.
ROTATE_TODAYS = (*ROTATE, "-e", "rotate_ca_older_than=0s")
PAIR = {"certificate": "crt", "private_key": "key"}
LOOK = """python3 - <<'END'
import hashlib, json, socket, ssl
shown = {}
for port in (9200, 9300, 9443):
    context = ssl._create_unverified_context()
    with context.wrap_socket(socket.create_connection(("%s", port), 60)) as secure:
        shown[port] = hashlib.sha256(secure.getpeercert(True)).hexdigest()
print(json.dumps(shown))
END"""


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorities")


@contextmanager
def put_back(lab: Lab) -> Iterator[None]:
    """A file of tests that changes certificates leaves every node with those that it had."""
    if lab.local:
        pytest.skip("the nodes are no hosts of their own")
    files = {name: lab.node(name).run(f"tar -C {CERTS} -cf - . | base64 -w0").stdout for name in nodes(lab)}
    before = shown(lab)
    put_document(lab)
    yield
    remove_everything(lab)
    for name, archive in files.items():
        lab.node(name).run(f"base64 -d | tar -C {CERTS} -xf - && touch {CERTS}/*", archive)
    # The next file of tests meets no node that has not loaded its own again.
    until(lambda: shown(lab) == before)


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    with put_back(lab):
        yield


@pytest.fixture
def certain(ansible: Runner, authorities: Path) -> Runner:
    ansible.declare(london={"paris": PARIS})
    for cluster in ("london", "paris"):
        ansible.vary(
            cluster,
            elasticsearch_certificate_authority={
                "path": str(authorities / cluster),
                "passphrase": f"passphrase of {cluster}",
            },
        )
    return ansible


def nodes(lab: Lab) -> list[str]:
    return [name for cluster in lab.clusters.values() for name in cluster.nodes]


def shown(lab: Lab) -> dict[str, dict[str, str]]:
    """Node → port → fingerprint of the certificate that it shows there."""

    def look(name: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(lab.node(name).run(LOOK % lab.node(name).state.ip).stdout)
        return found

    names = nodes(lab)
    # At one time, for the nodes change one after the other.
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(look, names), strict=True))


def on_port(seen: dict[str, dict[str, str]], port: int) -> list[str]:
    return [ports[str(port)] for ports in seen.values()]


def started(lab: Lab) -> list[str]:
    return [lab.node(n).run("systemctl show -p ExecMainStartTimestamp elasticsearch").stdout for n in nodes(lab)]


def left(lab: Lab) -> str:
    """What a run has left beside the files."""
    return "".join(lab.node(n).run(f"find {CERTS} -name '.*' -mindepth 1").stdout for n in nodes(lab))


def taken_away(run: Run) -> set[tuple[str, str]]:
    """Each node with an authority that it stopped to trust, or would."""
    items = re.findall(r"item=(\S+) \(remote_cluster_client: (.*)\)\)$", run.output, re.MULTILINE)
    return {(node, authority) for node, reasons in items for authority in re.findall(r"-CN=[^()]* \(\w+\)", reasons)}


def unchanged(run: Run) -> Run:
    assert succeeded(run).changes == set(), run.output
    return run


def test_check_mode_tells_what_would_be_made_and_writes_nothing(lab: Lab, certain: Runner, authorities: Path) -> None:
    before = shown(lab)
    run = succeeded(certain.playbook("certificates", "--check", "--diff"))
    for node in nodes(lab):
        assert f"/{node}: remote_cluster_server: issuer" in run.output
        assert f"{node} (remote_cluster_client: +an authority that is made first)" in run.output
    assert (shown(lab), list(authorities.iterdir())) == (before, [])


def test_new_certificates_without_a_restart(lab: Lab, certain: Runner) -> None:
    succeeded(certain.playbook("connect"))
    before, since = shown(lab), started(lab)
    with searching(lab) as results:
        run = succeeded(certain.playbook("certificates"))
    assert set(results) == {"found"}
    after = shown(lab)
    assert not set(on_port(after, 9443)) & set(on_port(before, 9443))
    assert on_port(after, 9300) == on_port(before, 9300)
    assert started(lab) == since
    assert left(lab) == ""
    assert "passphrase of" not in run.output and "PRIVATE KEY" not in run.output


def test_second_run_changes_nothing_and_reads_each_node_once(lab: Lab, certain: Runner) -> None:
    run = unchanged(certain.playbook("certificates", "-vvv"))
    # The listener's role included.
    assert sorted(re.findall(r"^ok: \[\S+ -> ((?:lon|par)-\d)", run.output, re.MULTILINE)) == sorted(nodes(lab)), (
        run.output
    )
    assert "PRIVATE KEY" not in run.output


def test_check_mode_after_it_predicts_nothing(certain: Runner) -> None:
    unchanged(certain.playbook("certificates", "--check"))


def test_a_key_that_does_not_match_is_replaced(lab: Lab, certain: Runner) -> None:
    key = f"{CERTS}/remote_cluster_server.key"
    lab.node("par-1").run(
        "openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt > /tmp/key && "
        f"cat /tmp/key > {key}; rm /tmp/key"
    )
    run = succeeded(certain.playbook("certificates"))
    assert "par-1: remote_cluster_server: key_mismatch" in run.output
    assert len(on_port(shown(lab), 9443)) == len(nodes(lab))
    assert search(lab) == "found"


def test_files_that_the_node_does_not_load_come_back(lab: Lab, certain: Runner) -> None:
    path = f"{CERTS}/remote_cluster_server"
    before = lab.node("par-1").run(f"sha256sum {path}.key {path}.crt; stat -c '%a %U %G' {path}.key").stdout
    key = lab.node("lon-1").run(f"cat {path}.key").stdout
    seen = shown(lab)
    run = certain.tasks(
        {
            "crosscluster.elasticsearch.certificate_files": {
                "files": [
                    {"path": f"{path}.key", "content": key},
                    {"path": f"{path}.crt", "content": lab.node("lon-2").run(f"cat {path}.crt").stdout},
                ],
                "proofs": [{"address": f"{lab.node('par-1').state.ip}:9443", "sha256": seen["lon-2"]["9443"]}],
                "timeout": 12,
            },
            "become": True,
        },
        hosts="par-1",
    )
    assert run.code != 0
    assert "The files that were there before are back and loaded." in run.errors[0]
    assert shown(lab) == seen
    assert lab.node("par-1").run(f"sha256sum {path}.key {path}.crt; stat -c '%a %U %G' {path}.key").stdout == before
    assert left(lab) == ""


PLACES = """
set -e
cd /etc/elasticsearch
mkdir full locked
mount -t tmpfs -o size=64k,mode=750,gid=$(id -g elasticsearch) full full
for file in full/a.key full/a.crt locked/a.key locked/a.crt; do echo old > $file; chmod 640 $file; done
chgrp elasticsearch full/*
chmod 700 locked && chgrp root locked
ln -s /var/tmp/elsewhere link.crt
cat /dev/zero > full/filler || true
"""
NO_PLACES = "cd /etc/elasticsearch; umount -l full; rm -rf full locked link.crt"


@pytest.fixture
def places(lab: Lab) -> Iterator[None]:
    """Directories that nobody can write to, or that the service can't read."""
    lab.node("lon-1").run(PLACES)
    yield
    lab.node("lon-1").run(NO_PLACES)


@pytest.mark.usefixtures("places")
@pytest.mark.full
def test_files_that_can_not_be_put_in_place(lab: Lab, certain: Runner) -> None:
    """Each is refused with one clear error, and what was there is intact."""

    def task(name: str, *paths: str, **more: Any) -> dict[str, Any]:
        files = [{"path": f"/etc/elasticsearch/{path}", "content": "new\n" * 100} for path in paths]
        options = {"files": files, "service_user": "elasticsearch", **more}
        module = {"crosscluster.elasticsearch.certificate_files": options}
        return {"name": name, **module, "become": True, "ignore_errors": True}

    look = {
        "ansible.builtin.shell": "cd /etc/elasticsearch; cat full/a.* locked/a.*; ls -A full locked",
        "become": True,
    }
    read_only = {"ansible.builtin.command": "mount -o remount,ro /etc/elasticsearch/full", "become": True}
    run = succeeded(
        certain.tasks(
            task("full", "full/a.key", "full/a.crt"),
            read_only,
            task("read-only", "full/a.key", "full/a.crt"),
            task("no directory", "nowhere/a.key"),
            task("leads out", "link.crt"),
            task("not for the service", "locked/a.key", "locked/a.crt"),
            {"name": "look", **look},
            hosts="lon-1",
        )
    )
    errors = {r["task"]: str(r["result"].get("msg")) for r in run.records if r["status"] == "failed"}
    assert "No space left on device. Nothing was changed" in errors["full"]
    assert "/etc/elasticsearch/full can't be written" in errors["read-only"]
    assert "there is no directory /etc/elasticsearch/nowhere" in errors["no directory"]
    assert "link.crt leads to /var/tmp/elsewhere, outside of" in errors["leads out"]
    assert "the account elasticsearch can't come into /etc/elasticsearch/locked" in errors["not for the service"]
    [seen] = run.results("look")
    assert " ".join(seen["stdout"].split()) == "old old old old full: a.crt a.key filler locked: a.crt a.key"


def test_nodes_that_can_not_be_dealt_with_keep_no_other_waiting(lab: Lab, certain: Runner) -> None:
    before, since = shown(lab), started(lab)
    for cluster in ("london", "paris"):
        certain.vary(cluster, elasticsearch_certificate_names=[f"{cluster}.example"])
    lab.faults.reset_port("lon-2", 22)
    lab.faults.fill_config_disk("par-1")
    try:
        run = certain.playbook("certificates")
        rotation = certain.playbook("rotate_certificates", *ROTATE_TODAYS)
    finally:
        lab.faults.reset_config("par-1")
        lab.faults.heal("lon-2")
    assert run.code != 0
    # In the order in which Ansible hears of them.
    errors = sorted(run.errors[-2:])
    assert re.search("^london: these nodes were left out: lon-2: ", errors[0]), run.output
    assert re.search("^paris: these nodes were left out: par-1: .*No space left on device", errors[1]), run.output
    assert not [error for error in errors if ".." in error or "  " in error]
    middle = shown(lab)
    assert {node for node in nodes(lab) if middle[node] != before[node]} == {"lon-1"}
    assert rotation.code != 0
    assert "every node of every cluster has to be dealt with: lon-2: " in " ".join(rotation.errors), rotation.output
    succeeded(certain.playbook("certificates"))
    after = shown(lab)
    assert {node for node in nodes(lab) if after[node] != middle[node]} == {"lon-2", "par-1"}
    assert (started(lab), left(lab), search(lab)) == (since, "", "found")
    for cluster in ("london", "paris"):
        certain.vary(cluster, elasticsearch_certificate_names=[])
    succeeded(certain.playbook("certificates"))


@pytest.mark.full
def test_a_cluster_that_does_not_answer_keeps_no_other_waiting(lab: Lab, certain: Runner) -> None:
    before = shown(lab)
    certain.vary("paris", elasticsearch_url=f"https://{lab.node('par-1').state.ip}:1")
    run = certain.playbook("certificates", "-e", "renew=true")
    assert run.code != 0
    told = "paris: these nodes were left out: par-1: its cluster does not answer"
    assert told in " ".join(" ".join(run.errors).split()), run.output
    after = shown(lab)
    assert {node for node in nodes(lab) if after[node] != before[node]} == set(lab.clusters["london"].nodes)


def test_a_rotation_that_leaves_out_who_has_to_trust(lab: Lab, certain: Runner) -> None:
    before = shown(lab)
    run = certain.playbook("rotate_certificates", *ROTATE_TODAYS, "--limit", "paris")
    assert run.code != 0
    left_out = ", ".join(f"{name} of london" for name in lab.clusters["london"].nodes)
    assert f"This run leaves out {left_out}, which would refuse" in " ".join(run.errors), run.output
    assert (shown(lab), search(lab)) == (before, "found")


def test_rotation_of_the_authority_without_one_failed_search(lab: Lab, certain: Runner) -> None:
    before, since = shown(lab), started(lab)
    foretold = taken_away(succeeded(certain.playbook("rotate_certificates", *ROTATE_TODAYS, "--check")))
    assert shown(lab) == before
    with searching(lab) as results:
        done = succeeded(certain.playbook("rotate_certificates", *ROTATE_TODAYS))
    assert taken_away(done) == foretold
    assert {node for node, authority in foretold} == set(nodes(lab))
    assert len(results) > 20
    assert set(results) == {"found"}
    assert not set(on_port(shown(lab), 9443)) & set(on_port(before, 9443))
    assert started(lab) == since
    bundle = lab.node("lon-1").run(f"cat {CERTS}/remote_cluster_client_ca.crt").stdout
    # Its own authority and the one of paris, and both that were there before this collection came.
    assert bundle.count("BEGIN CERTIFICATE") == 4
    assert bundle.count("# Added by crosscluster.elasticsearch") == 2
    # As after a run that was killed when nothing was left to do.
    run = unchanged(certain.playbook("rotate_certificates", *ROTATE))
    assert run.output.count("it is taken for the outcome of a rotation that was interrupted") == 2


@pytest.mark.full
def test_a_rotation_that_is_killed_is_completed(lab: Lab, certain: Runner) -> None:
    """In mid-way: one node shows a certificate of the new authority, the others those of the old one."""
    before = shown(lab)
    with searching(lab) as results:
        with ThreadPoolExecutor(1) as pool:
            run = pool.submit(certain.playbook, "rotate_certificates", *ROTATE_TODAYS)
            while on_port(shown(lab), 9443) == on_port(before, 9443):
                assert not run.done(), run.result().output
            kill(certain)
            assert "PLAY RECAP" not in run.result().output
        succeeded(certain.playbook("rotate_certificates", *ROTATE))
    assert set(results) == {"found"}
    assert not set(on_port(shown(lab), 9443)) & set(on_port(before, 9443))
    assert left(lab) == ""
    unchanged(certain.playbook("certificates"))


@pytest.mark.full
def test_a_clock_that_is_wrong(lab: Lab, certain: Runner) -> None:
    """Certificates are valid from an hour before, so a node whose clock is further behind would refuse them."""
    before = shown(lab)
    lab.faults.move_clock("par-1", "-2h")
    try:
        run = certain.playbook("certificates", "-e", "renew=true")
    finally:
        lab.faults.reset_clock("par-1")
    assert run.code != 0
    assert "par-1: its clock is 72" in " ".join(run.errors) and "behind the controller's" in " ".join(run.errors)
    assert shown(lab) == before


@pytest.mark.full
def test_an_authority_that_has_expired(lab: Lab, certain: Runner, tmp_path: Path) -> None:
    expired = Authority("an authority of yesterday", days=-0.5)
    (tmp_path / "ca.crt").write_bytes(expired.certificate)
    (tmp_path / "ca.key").write_bytes(expired.key)
    before = shown(lab)
    own = {"path": str(tmp_path), "passphrase": "passphrase of paris", "common_name": "an authority of today"}
    certain.vary("paris", elasticsearch_certificate_authority=own)
    run = certain.playbook("certificates")
    assert run.code != 0
    assert "has expired on" in " ".join(run.errors), run.output
    assert (shown(lab), search(lab)) == (before, "found")
    succeeded(certain.playbook("rotate_certificates", *ROTATE))
    assert search(lab) == "found"
    unchanged(certain.playbook("certificates"))


@pytest.mark.full
def test_keys_that_are_made_on_the_nodes_and_never_leave_them(lab: Lab, certain: Runner) -> None:
    for cluster in ("london", "paris"):
        certain.vary(cluster, elasticsearch_certificate_keys_on_nodes=True)
    before, since = shown(lab), started(lab)
    with searching(lab) as results:
        run = succeeded(certain.playbook("rotate_certificates", "-vvv"))
    assert len(results) > 10
    assert (set(results), started(lab)) == ({"found"}, since)
    assert "PRIVATE KEY" not in run.output
    assert not set(on_port(shown(lab), 9443)) & set(on_port(before, 9443))
    assert left(lab) == ""
    unchanged(certain.playbook("certificates"))


def company(directory: Path, node: Node) -> dict[str, str]:
    """A company's authority, as other tools make it: root, intermediate with a passphrase, a certificate for a node."""
    script = f"""
    set -e
    new() {{ openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj "/O=Company/CN=$1" "${{@:2}}"; }}
    ca='basicConstraints=critical,CA:true'
    new Root -x509 -nodes -keyout root.key -out root.crt -days 300 -addext keyUsage=critical,keyCertSign
    new Intermediate -passout pass:a-passphrase -keyout intermediate.key -out intermediate.csr
    openssl x509 -req -in intermediate.csr -CA root.crt -CAkey root.key -out intermediate.crt -days 300 \\
        -extfile <(echo "$ca"; echo keyUsage=critical,keyCertSign)
    new Node -nodes -keyout node.key -out node.csr
    openssl x509 -req -in node.csr -CA intermediate.crt -CAkey intermediate.key -passin pass:a-passphrase -days 200 \\
        -out leaf.crt -extfile <(echo 'subjectAltName=DNS:{node.name},DNS:*.company.example,IP:{node.state.ip}')
    cat leaf.crt intermediate.crt > node.crt
    """
    done = subprocess.run(["bash", "-c", script], cwd=directory, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {file.name: str(file) for file in directory.iterdir()}


@pytest.mark.full
def test_an_authority_of_the_company(lab: Lab, certain: Runner, tmp_path: Path) -> None:
    """In london it signs, an intermediate one, given as text; in paris, what it has issued is distributed, checked."""
    directory = tmp_path / "company"
    directory.mkdir()
    files = company(directory, lab.node("par-1"))
    trusted = {"certificate": files["intermediate.crt"], "chain": files["root.crt"]}
    signs = {
        name: Path(file).read_text() for name, file in {**trusted, "private_key": files["intermediate.key"]}.items()
    }
    certain.vary("london", elasticsearch_certificate_authority={**signs, "passphrase": "a-passphrase"})
    certain.vary(
        "paris", elasticsearch_certificate_authority=trusted, elasticsearch_remote_server_name="es.company.example"
    )
    before = shown(lab)
    run = certain.playbook("certificates")
    assert run.code != 0
    assert "was not issued by the CA in authority" in " ".join(run.errors), run.output
    assert shown(lab) == before
    issued = {name: f"{{{{ lookup('ansible.builtin.file', '{directory}/node.{end}') }}}}" for name, end in PAIR.items()}
    issued_for = {"remote_cluster_server": issued}
    certain.groups = {"paris_nodes": {"vars": {"elasticsearch_issued_certificates": issued_for}}}
    run = succeeded(certain.playbook("certificates", "-vvv"))
    assert "PRIVATE KEY" not in run.output
    assert not set(on_port(shown(lab), 9443)) & set(on_port(before, 9443))
    root = (directory / "root.crt").read_text()
    for name in nodes(lab):
        # The chain comes along, so that its root is all that others trust.
        look = f"openssl s_client -connect {lab.node(name).state.ip}:9443 -verify_return_error -CAfile"
        lab.node(name).run(f"cat > /tmp/root.crt && {look} /tmp/root.crt < /dev/null", root)
    assert search(lab) == "found"
    unchanged(certain.playbook("certificates"))


@pytest.mark.full
def test_both_security_models_side_by_side(lab: Lab, certain: Runner, tmp_path: Path) -> None:
    """Transport trusts both ways; the same remote cluster by key and by certificate.

    Transport and HTTP share one file, which is signed anew by the authority that was there before.
    """
    purposes = ["remote_cluster_server", "transport", "http"]
    for cluster in ("london", "paris"):
        own = tmp_path / cluster
        own.mkdir()
        for end in ("crt", "key"):
            (own / f"ca.{end}").write_bytes((lab.run_dir / "certificates" / f"{cluster}-ca.{end}").read_bytes())
        transport = {"path": str(own), "passphrase": f"transport of {cluster}"}
        certain.vary(cluster, elasticsearch_transport_certificate_authority=transport)
        certain.vary(cluster, elasticsearch_certificate_purposes=purposes)
    before, since = shown(lab), started(lab)
    address = f"{lab.node('par-1').state.ip}:9300"
    certain.vary("paris", elasticsearch_remote_transport_address=address)
    certificate = {"cluster": "paris", "security_model": "certificate", "skip_unavailable": False}
    sniff = {**certificate, "mode": "sniff"}
    certain.declare(london={"paris": PARIS, "paris-proxy": certificate, "paris-sniff": sniff})
    run = succeeded(certain.playbook("certificates"))
    assert "transport: +CN=paris CA" in run.output and "transport: +CN=london CA" in run.output
    after = shown(lab)
    for port in (9200, 9300):
        assert not set(on_port(after, port)) & set(on_port(before, port))
    assert (on_port(after, 9200), started(lab)) == (on_port(after, 9300), since)
    run = succeeded(certain.playbook("connect"))
    for proven in ("paris (proxy, api_key)", "paris-proxy (proxy, certificate)", "paris-sniff (sniff, certificate)"):
        assert run.output.count(f"{proven}: proven") == len(lab.clusters["london"].nodes)
    unchanged(certain.playbook("certificates"))
    unchanged(certain.playbook("connect"))
    status, answer = lab.clusters["london"].request("GET", f"/paris-proxy:{INDEX}/_search", user="searcher")
    assert (status, len(answer["hits"]["hits"])) == (200, 1)


def test_a_leftover_credential_is_named(lab: Lab, certain: Runner) -> None:
    certain.vary("paris", elasticsearch_remote_transport_address=f"{lab.node('par-1').state.ip}:9300")
    certain.declare(london={"paris": {"security_model": "certificate"}})
    run = certain.playbook("connect")
    assert run.code != 0
    holding = ", ".join(lab.clusters["london"].nodes)
    assert f"the keystore of {holding} holds cluster.remote.paris.credentials" in run.output
