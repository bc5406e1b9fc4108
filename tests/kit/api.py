# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to Elasticsearch, from this process, wherever the lab's network is."""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def network_of(pid: int) -> Iterator[None]:
    """Opens sockets in that process's network; only this thread moves, and it comes back."""
    if not pid:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/proc/{pid}/ns/net", "rb") as there:
        os.setns(there.fileno(), os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(home.fileno(), os.CLONE_NEWNET)


def request(
    url: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    ca: Path,
    user: str,
    password: str,
    lab_pid: int = 0,
    source: str = "",
    timeout: float = 60,
) -> tuple[int, Any]:
    """The status, and the answer as JSON (as text where it is none)."""
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname
    context = ssl.create_default_context(cafile=str(ca))
    # A scenery's authority may have no key usage, and its certificate no address.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.check_hostname = False
    credential = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credential}"}
    data = None
    if body is not None:
        # A string is sent as it is: newline-delimited JSON for the bulk API.
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        headers["Content-Type"] = "application/x-ndjson" if isinstance(body, str) else "application/json"
    options: dict[str, Any] = {"timeout": timeout, "source_address": (source, 0) if source else None}
    connection = (
        http.client.HTTPSConnection(parts.hostname, parts.port, context=context, **options)
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.hostname, parts.port, **options)
    )
    try:
        with network_of(lab_pid):
            connection.connect()
        connection.request(method, "/" + path.lstrip("/"), data, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
    except http.client.IncompleteRead as error:
        # Like any other end of a server in the middle of an answer.
        raise ConnectionResetError(str(error)) from error
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text
