# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""New certificates take nothing away that others need: names, other keys, a passphrase, the way to the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from interrupt import remove_everything
from runner import Run, Runner, succeeded
from waiting import until

from kit import Lab

CERTS = "/etc/elasticsearch/certs"
LB = "lb.paris.example"
PASSWORD = "the-password-of-a-file"
LOOK = (
    "openssl s_client -connect %s:%d < /dev/null 2>/dev/null"
    " | openssl x509 -noout -ext subjectAltName -fingerprint -sha256"
)
# As a tool of somebody else does it.
BY_HAND = """
set -e
cd /tmp
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout n.key -subj /CN=par-1 -out n.csr
echo 'subjectAltName=DNS:par-1,DNS:{lb},otherName:2.5.4.3;UTF8:par-1,IP:{ip}' > n.names
openssl x509 -req -in n.csr -CA signs.crt -CAkey signs.key -CAcreateserial -days 90 -out n.crt -extfile n.names
cat n.key > {certs}/remote_cluster_server.key
cat n.crt > {certs}/remote_cluster_server.crt
rm n.* signs.*
"""
WITH_PASSPHRASE = """
set -e
openssl pkcs8 -topk8 -in {key} -passout pass:a-passphrase -out /tmp/encrypted.key
cat /tmp/encrypted.key > {key}
rm /tmp/encrypted.key
"""
# As Elasticsearch makes it. The node goes on with what it has read when it started.
HTTP_P12 = """
set -e
cd {certs}
home=/usr/share/elasticsearch
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90"
openssl req -x509 $new -keyout /tmp/http_ca.key -out /tmp/http_ca.crt -subj "/CN=HTTP CA"
openssl req -x509 $new -keyout /tmp/http.key -out /tmp/http.crt -subj /CN=par-1 -addext basicConstraints=CA:false
for name in http_ca http; do
  openssl pkcs12 -export -name $name -inkey /tmp/$name.key -in /tmp/$name.crt -out /tmp/$name.p12 \
    -passout pass:{password}
  $home/jdk/bin/keytool -importkeystore -srckeystore /tmp/$name.p12 -srcstorepass {password} \
    -destkeystore http.p12 -deststorepass {password}
done
rm /tmp/http_ca.* /tmp/http.*
chmod 640 http.p12
chgrp elasticsearch http.p12
sed -i '/^xpack.security.http.ssl.key:/d; /^xpack.security.http.ssl.certificate:/d' ../elasticsearch.yml
echo 'xpack.security.http.ssl.keystore.path: certs/http.p12' >> ../elasticsearch.yml
echo {password} | $home/bin/elasticsearch-keystore add --stdin --force xpack.security.http.ssl.keystore.secure_password
"""
NO_HTTP_P12 = """
rm {certs}/http.p12
/usr/share/elasticsearch/bin/elasticsearch-keystore remove xpack.security.http.ssl.keystore.secure_password
"""


@pytest.fixture(scope="module", autouse=True)
def clean(lab: Lab) -> Iterator[None]:
    if lab.local:
        pytest.skip("the nodes are no hosts of their own")
    node, before = lab.node("par-1"), shown(lab)
    archive = node.run("tar -C /etc/elasticsearch -cf - certs elasticsearch.yml | base64 -w0").stdout
    yield
    remove_everything(lab)
    node.run(f"base64 -d | tar -C /etc/elasticsearch -xf - && touch {CERTS}/*", archive)
    until(lambda: shown(lab) == before)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def certain(ansible: Runner, authority: Path) -> Runner:
    ansible.declare(paris={})
    own = {"path": str(authority), "passphrase": "passphrase of paris"}
    ansible.vary("paris", elasticsearch_certificate_authority=own, elasticsearch_certificates_listen=False)
    return ansible


def shown(lab: Lab, port: int = 9443) -> str:
    """Names and fingerprint of the certificate that the node shows there."""
    node = lab.node("par-1")
    return node.run(LOOK % (node.state.ip, port)).stdout


def state(lab: Lab) -> str:
    return lab.node("par-1").run(f"sha256sum {CERTS}/* /etc/elasticsearch/elasticsearch.yml").stdout


def paris(ansible: Runner, *arguments: str, **env: str) -> Run:
    return ansible.playbook("certificates", "--limit", "paris", *arguments, **env)


def refuses(lab: Lab, ansible: Runner, reason: str, *arguments: str, **env: str) -> None:
    """In check mode as well, and before anything is written."""
    before = state(lab)
    for check in (("--check",), ()):
        run = paris(ansible, *check, *arguments, **env)
        assert run.code != 0
        assert reason in " ".join(" ".join(run.errors).split()), run.output
        assert state(lab) == before


@pytest.mark.full
def test_names_of_a_load_balancer_stay(lab: Lab, certain: Runner) -> None:
    """Through another authority and through a renewal, until it is said that they shall go."""
    node, before = lab.node("par-1"), shown(lab)
    for end in ("crt", "key"):
        node.run(f"cat > /tmp/signs.{end}", (lab.run_dir / "certificates" / f"paris-remote-ca.{end}").read_text())
    node.run(BY_HAND.format(certs=CERTS, lb=LB, ip=node.state.ip))
    until(lambda: shown(lab) != before)
    assert LB in shown(lab)
    told = f"keeps DNS:{LB}, other name 2.5.4.3"
    assert told in succeeded(paris(certain, "--check")).output
    assert told in succeeded(paris(certain)).output
    first = shown(lab)
    assert LB in first and "othername" in first
    assert succeeded(paris(certain)).changes == set()
    succeeded(paris(certain, "-e", "renew=true"))
    second = shown(lab)
    assert LB in second and "othername" in second and second != first
    certain.vary("paris", elasticsearch_certificate_names_exact=True)
    assert f"sans (loses DNS:{LB}" in succeeded(paris(certain)).output
    assert LB not in shown(lab)


@pytest.mark.full
def test_a_key_with_a_passphrase(lab: Lab, certain: Runner) -> None:
    succeeded(paris(certain))
    node, key = lab.node("par-1"), f"{CERTS}/remote_cluster_server.key"
    node.run(WITH_PASSPHRASE.format(key=key))
    refuses(lab, certain, "key_encrypted: the private key on the node is encrypted", "-e", "renew=true")
    assert succeeded(paris(certain)).changes == set()
    before = shown(lab)
    certain.vary("paris", elasticsearch_certificate_unencrypted_keys=True)
    succeeded(paris(certain, "-e", "renew=true"))
    assert "BEGIN PRIVATE KEY" in node.run(f"cat {key}").stdout
    assert shown(lab) != before


def test_a_file_that_also_holds_the_key_of_an_authority(lab: Lab, certain: Runner, tmp_path: Path) -> None:
    """As Elasticsearch makes its http.p12, so that it can make enrollment tokens."""
    node = lab.node("par-1")
    yml = node.run("cat /etc/elasticsearch/elasticsearch.yml").stdout
    for end in ("crt", "key"):
        (tmp_path / f"ca.{end}").write_bytes((lab.run_dir / "certificates" / f"paris-ca.{end}").read_bytes())
    own = {"path": str(tmp_path), "passphrase": "passphrase of transport"}
    certain.vary(
        "paris", elasticsearch_transport_certificate_authority=own, elasticsearch_certificate_purposes=["http"]
    )
    certain.groups = {"paris_nodes": {"vars": {"elasticsearch_certificate_keystore_password": PASSWORD}}}
    node.run(HTTP_P12.format(certs=CERTS, password=PASSWORD))
    try:
        refuses(lab, certain, "the file also holds the key http_ca (CN=HTTP CA), which would be lost")
    finally:
        node.run("cat > /etc/elasticsearch/elasticsearch.yml", yml)
        node.run(NO_HTTP_P12.format(certs=CERTS))


@pytest.mark.parametrize(
    "way",
    ["ca_path", *(pytest.param(way, marks=pytest.mark.full) for way in ("ca_fingerprint", "environment"))],
)
def test_the_api_can_still_be_reached(way: str, lab: Lab, certain: Runner, tmp_path: Path) -> None:
    """With an authority that the controller does not know, it could not be."""
    own = {"path": str(tmp_path / "other"), "passphrase": "passphrase of transport"}
    certain.vary(
        "paris",
        elasticsearch_transport_certificate_authority=own,
        elasticsearch_certificate_purposes=["http", "transport"],
    )
    if way == "ca_path":
        refuses(lab, certain, "lacks the authority that signs for HTTP")
    elif way == "ca_fingerprint":
        fingerprint = shown(lab, 9200).partition("Fingerprint=")[2].split()[0]
        certain.vary("paris", elasticsearch_ca_path="", elasticsearch_ca_fingerprint=fingerprint)
        refuses(lab, certain, "is of none of the certificates that nodes will send")
    else:
        certain.vary("paris", elasticsearch_ca_path="")
        path = str(lab.run_dir / "certificates" / "paris-ca.crt")
        refuses(lab, certain, f"ELASTICSEARCH_CA_PATH ({path}) lacks", ELASTICSEARCH_CA_PATH=path)
