# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the real node behind a gateway, with connections that are kept."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import Relayed, Unreachable

JSON = "application/json"
LINES = "application/x-ndjson"


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    content: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return self.content.decode(errors="replace")


def quote(name: str) -> str:
    return urllib.parse.quote(name, safe="")


class Node:
    """One real node; its own account does what the server itself would do."""

    def __init__(self, url: str, ca: str, username: str, password: str) -> None:
        parts = urllib.parse.urlsplit(url)
        assert parts.hostname
        self._address = (parts.hostname, parts.port or 9200)
        self._context = ssl.create_default_context(cafile=ca)
        credential = base64.b64encode(f"{username}:{password}".encode()).decode()
        self._own = {"Authorization": f"Basic {credential}"}
        self._local = threading.local()

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float = 120
    ) -> Answer:
        """As it is; once more where a kept connection turns out to have been closed."""
        connection: http.client.HTTPSConnection | None = getattr(self._local, "connection", None)
        for fresh in (connection is None, True):
            if connection is None or fresh:
                connection = http.client.HTTPSConnection(*self._address, context=self._context, timeout=timeout)
                self._local.connection = connection
            if connection.sock:
                connection.sock.settimeout(timeout)
            try:
                connection.request(method, target, body, dict(headers))
                answer = connection.getresponse()
                return Answer(answer.status, answer.getheaders(), answer.read())
            except TimeoutError:
                connection.close()
                raise
            except (OSError, http.client.HTTPException):
                connection.close()
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> tuple[int, Any]:
        """With the gateway's own account unless headers bring another one; text as body is for the bulk API."""
        sent = {**self._own, **(headers or {})}
        data = None
        if body is not None:
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            sent["Content-Type"] = LINES if isinstance(body, str) else JSON
        try:
            answer = self.send(method, path, data, sent, timeout)
        except OSError as error:
            reason = f"[][{self._address[0]}:{self._address[1]}] connect_exception: {error}"
            raise Unreachable(self, reason) from None
        return answer.status, answer.json()

    def ask(self, method: str, path: str, body: Any = None, **keywords: Any) -> Any:
        """The answer; anything but success is raised as the node said it."""
        status, answer = self.request(method, path, body, **keywords)
        if status >= 300:
            raise Relayed(status, answer)
        return answer
