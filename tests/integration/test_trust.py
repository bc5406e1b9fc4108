# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom nodes trust: what others need is never taken away, and nobody is shown what nobody can trust."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence import INDEX, search, searching
from runner import Run, Runner, succeeded
from test_certificates import CERTS, ROTATE_TODAYS, nodes, on_port, put_back, shown

from kit import Lab

PARIS = {"search": [INDEX], "skip_unavailable": False}
TRUSTED = f"{CERTS}/remote_cluster_client_ca.crt"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    with put_back(lab):
        yield


@pytest.fixture
def certain(ansible: Runner, authorities: Path) -> Runner:
    for cluster in ("london", "paris"):
        ansible.vary(
            cluster,
            elasticsearch_certificate_authority={
                "path": str(authorities / cluster),
                "passphrase": f"passphrase of {cluster}",
            },
        )
    return ansible


def files(lab: Lab) -> list[str]:
    """Digests of all that the nodes show and trust."""
    return [lab.node(name).run(f"cd {CERTS} && sha256sum *").stdout for name in nodes(lab)]


def trusts(lab: Lab, node: str) -> list[str]:
    """The names of the authorities in its file."""
    look = f"openssl crl2pkcs7 -nocrl -certfile {TRUSTED} | openssl pkcs7 -print_certs -noout"
    return sorted(re.findall(r"^subject=CN *= *(.*)$", lab.node(node).run(look).stdout, re.MULTILINE))


def errors(run: Run) -> str:
    assert run.code != 0, run.output
    return " ".join(" ".join(run.errors).split())


def reconnected(lab: Lab) -> str:
    """A search over sockets that are opened anew, with what the nodes trust now."""
    for ping in ("7s", None):
        lab.clusters["london"].request(
            "PUT", "/_cluster/settings", {"persistent": {"cluster.remote.paris.transport.ping_schedule": ping}}
        )
    return search(lab)


def test_an_alias_that_another_inventory_has_made_keeps_its_trust(lab: Lab, certain: Runner) -> None:
    """The authority of its cluster stands in the file of the nodes, and nowhere else."""
    certain.declare(london={"paris": PARIS})
    succeeded(certain.playbook("connect"))
    certain.declare(london={})
    certain.groups = {"ours": {"hosts": {"london": {}}}}
    run = succeeded(certain.playbook("certificates", "-e", "elasticsearch_clusters_group=ours"))
    assert reconnected(lab) == "found", run.output
    assert trusts(lab, "lon-1") == ["london remote CA", "london remote cluster CA", "paris remote CA"]


def test_a_lost_directory_of_an_authority_is_refused(lab: Lab, certain: Runner, authorities: Path) -> None:
    certain.declare(london={"paris": PARIS})
    succeeded(certain.playbook("certificates"))
    before = (shown(lab), files(lab))
    (authorities / "paris").rename(authorities / "not mounted")
    for arguments in (["--check"], []):
        told = errors(certain.playbook("certificates", *arguments))
        assert f"path: {authorities / 'paris'} holds no CA, and nodes hold certificates of one of the same name" in told
    assert (shown(lab), files(lab)) == before
    assert not (authorities / "paris").exists()
    (authorities / "not mounted").rename(authorities / "paris")


@pytest.mark.full
def test_a_rotation_waits_for_those_who_were_granted_access(lab: Lab, certain: Runner, tmp_path: Path) -> None:
    """A partner who trusts the authority of paris; meanwhile an authority of the kit is named for removal."""
    grant = {"search": [INDEX], "file": str(tmp_path / "partner.key")}
    of_the_kit = (lab.run_dir / "certificates" / "paris-remote-ca.crt").read_text()
    certain.declare(london={"paris": PARIS})
    certain.vary("paris", elasticsearch_grants={"partner": grant})
    certain.vary("london", elasticsearch_untrusted_authorities=[of_the_kit])
    handed_out = tmp_path / "paris_remote_cluster_ca.crt"
    before, waiting = shown(lab), "paris: the run ends here, before a certificate of another authority is shown"
    assert waiting in errors(certain.playbook("rotate_certificates", *ROTATE_TODAYS, "--check"))
    assert not handed_out.exists()
    with searching(lab) as results:
        run = certain.playbook("rotate_certificates", *ROTATE_TODAYS)
        assert f"because partner, to whom access was granted, would refuse it. Hand out {handed_out};" in errors(run)
        assert shown(lab) == before
        succeeded(certain.playbook("rotate_certificates", *ROTATE_TODAYS, "-e", "granted_trust_new_ca=true"))
    assert set(results) == {"found"}
    assert not set(on_port(shown(lab), 9443)) & set(on_port(before, 9443))
    # What was handed out is what the partner needs.
    state = lab.node("par-1").state
    look = f"openssl s_client -connect {state.ip}:9443 -verify_return_error -CAfile /tmp/ca.crt < /dev/null"
    lab.node("lon-1").run(f"cat > /tmp/ca.crt && {look}", handed_out.read_text())
    # What this collection has put there went with it, of what others did only what was named.
    assert trusts(lab, "lon-1") == ["london remote CA", "london remote cluster CA", "paris remote cluster CA"]
    assert trusts(lab, "par-1") == ["london remote CA", "paris remote CA", "paris remote cluster CA"]
    assert reconnected(lab) == "found"
