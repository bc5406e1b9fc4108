# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import probe

TIMEOUT = 30.0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("par-1:9443", ("par-1", 9443)),
        ("10.0.0.1:1", ("10.0.0.1", 1)),
        ("[2001:db8::1]:9443", ("2001:db8::1", 9443)),
        ("par-1", None),
        ("par-1:0", None),
        ("par-1:65536", None),
        ("::1:9443", None),
        ("https://par-1:9443", None),
        ("par 1:9443", None),
        ("", None),
    ],
)
def test_split_address(address: str, expected: tuple[str, int] | None) -> None:
    if expected is None:
        with pytest.raises(ValueError, match="is no address: write host:port"):
            probe.split_address(address)
    else:
        assert probe.split_address(address) == expected


@pytest.mark.parametrize(
    ("name", "sans", "expected"),
    [
        ("par-1", ["DNS:par-1"], True),
        ("PAR-1.", ["DNS:par-1"], True),
        ("par-2", ["DNS:par-1"], False),
        ("a.example", ["DNS:*.example"], True),
        ("a.b.example", ["DNS:*.example"], False),
        ("example", ["DNS:*.example"], False),
        ("10.0.0.1", ["IP:10.0.0.1"], True),
        ("10.0.0.1", ["DNS:10.0.0.1"], False),
        ("2001:db8:0::1", ["IP:2001:db8::1"], True),
        ("subject", [], True),
        ("subject", ["DNS:par-1"], False),
    ],
)
def test_is_for(name: str, sans: list[str], expected: bool) -> None:
    assert probe.is_for({"sans": sans, "subject_cn": "subject"}, name) is expected


class Authority:
    """A CA and what it signs, as files."""

    def __init__(self, directory: Path, name: str) -> None:
        self.directory, self.name = directory, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.path = directory / f"{name}.crt"
        self.path.write_bytes(self._sign(self.name, self.key, 10, [], ca=True).public_bytes(Encoding.PEM))

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days: int, sans: list[x509.GeneralName], ca: bool
    ) -> x509.Certificate:
        now = datetime.now(timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=min(days, 0) - 5) if days < 100 else now + timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(sans or [x509.DNSName("ca")]), critical=False)
            .sign(self.key, SHA256())
        )

    def server(self, name: str, days: int = 5, client_certificate: bool = False) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        sans: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))]
        signed = self._sign(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, days, sans, ca=False)
        path = self.directory / f"{name}{days}{client_certificate}.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.path)
        return context


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on loopback; each connection is given to `answer`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _peer = server.accept()
                except OSError:
                    return
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

        def handle(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def speaking(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    return answer


def not_tls(connection: socket.socket) -> None:
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hang_up(connection: socket.socket) -> None:
    connection.recv(1)


def silent(connection: socket.socket) -> None:
    while connection.recv(100):
        pass


def look(port: int, trust: probe.Trust, timeout: float = TIMEOUT, **target: Any) -> dict[str, Any]:
    [result] = probe.probe_all([{"address": f"localhost:{port}", **target}], trust, timeout)
    return result


@pytest.mark.parametrize(
    ("name", "days", "mode", "target", "expected"),
    [
        ("localhost", 5, "full", {}, "ok"),
        ("other", 5, "full", {}, "name_mismatch"),
        ("other", 5, "certificate", {}, "ok"),
        ("other", 5, "full", {"server_name": "other"}, "ok"),
        ("localhost", 5, "full", {"server_name": "other"}, "ok"),
        ("localhost", -1, "full", {}, "expired"),
        ("localhost", 200, "full", {}, "expired"),
        ("localhost", -1, "none", {}, "ok"),
    ],
)
def test_certificates(tmp_path: Path, name: str, days: int, mode: str, target: dict[str, Any], expected: str) -> None:
    authority = Authority(tmp_path, "ca")
    with listening(speaking(authority.server(name, days))) as port:
        result = look(port, probe.Trust((str(authority.path),), mode), **target)
    assert (result["tcp"], result["tls"], result["error"] is None) == ("ok", expected, expected == "ok"), result
    assert result["certificate"]["subject_cn"] == name
    assert result["verified_against"] == [str(authority.path)]
    assert "127.0.0.1" in result["resolved"]
    assert not result["client_certificate_required"]


def test_trust(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path, "ca"), Authority(tmp_path, "other")
    with listening(speaking(authority.server("localhost"))) as port:
        untrusted = look(port, probe.Trust((str(other.path),), "full"))
        several = look(port, probe.Trust((str(other.path), str(authority.path)), "full"))
        own = look(port, probe.Trust((str(other.path),), "full"), ca_path=str(authority.path))
        default = look(port, probe.Trust((), "full"))
        missing = look(port, probe.Trust((str(tmp_path / "missing"),), "full"))
    assert [one["tls"] for one in (untrusted, several, own, default, missing)] == [
        "untrusted",
        "ok",
        "ok",
        "untrusted",
        "error",
    ]
    assert untrusted["certificate"]["issuer"] == "CN=ca"
    assert default["verified_against"] == "default trust"
    assert "can't be used" in missing["error"]


def test_a_port_that_wants_a_client_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ca")
    with listening(speaking(authority.server("localhost", client_certificate=True))) as port:
        result = look(port, probe.Trust((str(authority.path),), "full"))
    assert (result["tls"], result["client_certificate_required"]) == ("ok", True)


def test_a_busy_server_that_wants_a_client_certificate(tmp_path: Path) -> None:
    """Its refusal comes as late as that it is asked once more meanwhile."""
    authority = Authority(tmp_path, "ca")
    context = authority.server("localhost", client_certificate=True)
    asked_again = threading.Event()
    first = iter([True])

    def answer(connection: socket.socket) -> None:
        # Whether there is a connection at all is looked at before.
        if not connection.recv(1, socket.MSG_PEEK):
            return
        if next(first, False):
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = context.wrap_bio(incoming, outgoing, server_side=True)
            with suppress(ssl.SSLError):
                while True:
                    with suppress(ssl.SSLWantReadError):
                        tls.do_handshake()
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(16384))
            asked_again.wait(TIMEOUT)
            connection.sendall(outgoing.read())
        else:
            asked_again.set()
            speaking(context)(connection)

    with listening(answer) as port:
        result = look(port, probe.Trust((str(authority.path),), "full"))
    assert (result["tls"], result["client_certificate_required"]) == ("ok", True)


@pytest.mark.parametrize("required", [False, True])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_speaks_one_version_of_tls(tmp_path: Path, version: ssl.TLSVersion, required: bool) -> None:
    authority = Authority(tmp_path, "ca")
    context = authority.server("localhost", client_certificate=required)
    context.minimum_version = context.maximum_version = version
    with listening(speaking(context)) as port:
        result = look(port, probe.Trust((str(authority.path),), "full"))
    # In the older one the handshake itself fails.
    expected = "error" if required and version == ssl.TLSVersion.TLSv1_2 else "ok"
    assert (result["tls"], result["client_certificate_required"]) == (expected, required and expected == "ok")


@pytest.mark.parametrize(
    ("answer", "timeout", "expected"),
    [(not_tls, TIMEOUT, "not_tls"), (hang_up, TIMEOUT, "reset"), (silent, 0.5, "error")],
)
def test_no_tls(answer: Callable[[socket.socket], None], timeout: float, expected: str) -> None:
    with listening(answer) as port:
        result = look(port, probe.Trust((), "full"), timeout)
    assert (result["tcp"], result["tls"], result["certificate"]) == ("ok", expected, None)


def test_no_tcp_and_no_name() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        targets = [
            {"address": f"127.0.0.1:{unused.getsockname()[1]}"},
            {"address": "no port"},
            {"address": ".:9443"},
        ]
        refused, malformed, unresolved = probe.probe_all(targets, probe.Trust((), "full"), TIMEOUT)
    assert (refused["tcp"], refused["tls"], refused["dns_error"]) == ("refused", None, None)
    assert (malformed["tcp"], malformed["resolved"]) == (None, [])
    assert "is no address" in malformed["dns_error"]
    assert unresolved["dns_error"]


def test_a_name_server_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    real = socket.getaddrinfo

    def stuck(host: str, *rest: Any, **more: Any) -> Any:
        if host == "stuck":
            never.wait()
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", stuck)
    with listening(hang_up) as port:
        stuck_one, other = probe.probe_all(
            [{"address": "stuck:9443"}, {"address": f"localhost:{port}"}], probe.Trust((), "full"), 2
        )
    never.set()
    assert (stuck_one["dns_error"], stuck_one["tcp"]) == ("no answer within 2 seconds", None)
    assert other["tls"] == "reset"


def test_an_address_of_many_aliases_is_tried_once() -> None:
    tries = []

    def count(accepted: socket.socket) -> None:
        tries.append(accepted)
        hang_up(accepted)

    with listening(count) as port:
        targets = [{"address": f"localhost:{port}", "server_name": name} for name in ("a", "b", "a", "a")]
        results = probe.probe_all(targets, probe.Trust((), "full"), TIMEOUT)
    # A refusal is looked at again without verification, to see the certificate: twice for each of the two.
    assert len(tries) == 4
    assert [result["server_name"] for result in results] == ["a", "b", "a", "a"]
    assert {result["tls"] for result in results} == {"reset"}
