# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real handshakes with a server such as a node's ports are."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_files import FilesError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_proof import (
    NotLoaded,
    converge,
    shown,
)
from kit.certificates import Authority


@pytest.mark.parametrize("client", [ssl.CERT_NONE, ssl.CERT_REQUIRED])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_is_shown(version: ssl.TLSVersion, client: ssl.VerifyMode, tmp_path: Path) -> None:
    """The transport port wants a certificate of the client, and may be limited to TLS 1.2."""
    authority = Authority("london")
    signed = authority.sign("lon-1", [])
    for name, content in (("crt", signed.certificate), ("key", signed.key), ("ca", authority.certificate)):
        (tmp_path / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    context.load_verify_locations(tmp_path / "ca")
    context.verify_mode = client
    context.maximum_version = version
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                connection.settimeout(10)
                with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    der = ssl.PEM_cert_to_DER_cert(signed.certificate.decode())
    try:
        assert shown("127.0.0.1:%d" % listener.getsockname()[1]) == hashlib.sha256(der).hexdigest()
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(("name", "not_loaded"), [("a.crt", True), ("a-directory", False)])
def test_a_file_that_is_not_loaded_is_told_from_one_that_was_not_written(
    name: str, not_loaded: bool, tmp_path: Path
) -> None:
    """A node that was not touched keeps no other waiting."""
    (tmp_path / "a.crt").write_text("old")
    (tmp_path / "a-directory").mkdir()
    file = {"path": str(tmp_path / name), "content": "new", "pkcs12": None, "pending": False}
    options = {"path_conf": str(tmp_path), "service_user": None, "make_directory": False, "state": "present"}
    # Nobody listens there.
    proof = {"address": "127.0.0.1:1", "sha256": "00"}
    with pytest.raises(FilesError) as raised:
        converge({**options, "files": [file], "proofs": [proof], "timeout": 0}, False, lambda like, path: None)
    assert isinstance(raised.value, NotLoaded) == not_loaded
    assert (tmp_path / "a.crt").read_text() == "old"
