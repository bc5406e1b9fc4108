# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of the node on this machine, asked from here. Standard library only. Private to this collection.

Whom a socket belongs to is told by the kernel, so that no certificate has to tell it.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import socket
import ssl
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Set
from urllib.parse import urlencode

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api import reads
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError, reason_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import listening_sockets

# Where nothing tells how long an answer may take.
TIMEOUT = 30
# What stands for any address of a machine, and one by which it reaches itself.
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


class Place(NamedTuple):
    host: str
    port: int


def seen(params: Mapping[str, Any]) -> Dict[str, Any]:
    """What the node sees of the remote clusters, as ``reads.seen_from`` tells it.

    With ``reached``, whether it reaches all that are wanted; and ``not_asked``, where it could not be asked, says why.
    """
    found = _seen(params)
    wanted = params["aliases"] or list(found["info"])
    answers = [found["resolve"].get(alias) or {} for alias in wanted]
    found["reached"] = not found["error"] and all(a.get("connected") and not a.get("error") for a in answers)
    return found


def _seen(params: Mapping[str, Any]) -> Dict[str, Any]:
    places = [place for place in listening(params["process"]) if place.port in params["ports"]]
    why = "the server (process %d) listens at none of the ports %s" % (
        params["process"],
        ", ".join(map(str, params["ports"])) or "that are known",
    )
    headers = _headers(params)
    if headers is None:
        places, why = [], "the inventory has no password, API key or token for it, and a client certificate stays here"
    for place in places:
        for secure in (True, False):
            api = NodeApi(place, secure, headers or {})
            why = reads.not_itself(api, {"id": params["node_id"]}) or ""
            if not why:
                return reads.seen_from(api, params["deadline"], params["aliases"])
            if api.spoke:
                break
    return reads.unseen(error=why, not_asked=why)


def _headers(params: Mapping[str, Any]) -> Optional[Dict[str, str]]:
    """None where there is no way to log in."""
    if params["api_key"]:
        given = "ApiKey %s" % params["api_key"]
    elif params["bearer_token"]:
        given = "Bearer %s" % params["bearer_token"]
    elif params["password"] is not None:
        both = "%s:%s" % (params["username"], params["password"])
        given = "Basic %s" % base64.b64encode(both.encode()).decode()
    else:
        return None
    return {"Authorization": given, "Accept": "application/json"}


class NodeApi:
    """What ``reads`` takes for a client; each request has a connection of its own.

    :ivar spoke: whether anything has answered HTTP.
    """

    def __init__(self, place: Place, secure: bool, headers: Mapping[str, str]) -> None:
        self.place, self.secure, self.headers = place, secure, dict(headers)
        self.spoke = False

    def __str__(self) -> str:
        host = "[%s]" % self.place.host if ":" in self.place.host else self.place.host
        return "%s://%s:%d" % ("https" if self.secure else "http", host, self.place.port)

    def read(
        self,
        path: str,
        purpose: str,
        query: Optional[Mapping[str, Any]] = None,
        body: Optional[Dict[str, Any]] = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> Any:
        if body is not None or retries:
            raise ValueError("a node is only asked by GET, and once")
        connection = self._connection(timeout or TIMEOUT)
        try:
            connection.request("GET", path + ("?" + urlencode(query) if query else ""), headers=self.headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            timed_out = isinstance(error, socket.timeout)
            what = "no answer in time" if timed_out else str(error) or type(error).__name__
            raise ClientError(
                "Cannot %s on %s: %s." % (purpose, self, what), reason=what, timed_out=timed_out
            ) from None
        finally:
            connection.close()
        self.spoke = True
        if answer.status >= 400:
            reason = reason_of(text)
            message = "Cannot %s on %s: it answered %s, %s." % (purpose, self, answer.status, reason.rstrip("."))
            raise ClientError(message, status=answer.status, reason=reason)
        try:
            return json.loads(text)
        except ValueError:
            raise ClientError("Cannot %s on %s: what answers is not Elasticsearch." % (purpose, self)) from None

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection(self.place.host, self.place.port, timeout=timeout)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(self.place.host, self.place.port, timeout=timeout, context=context)


def listening(pid: int, proc: str = "/proc") -> List[Place]:
    """Where a process listens, to be connected to from its own machine."""
    mine = _sockets(os.path.join(proc, str(pid), "fd"))
    found: List[Place] = []
    # Of the process's own network, which is this machine's unless it runs in a container.
    tables = [os.path.join(proc, str(pid), "net", table) for table in ("tcp", "tcp6")]
    for address, port, number in listening_sockets(tables):
        if number in mine:
            host = _address(address)
            found.append(Place(_ANY.get(host, host), port))
    return found


def _sockets(directory: str) -> Set[str]:
    found = set()
    try:
        for name in os.listdir(directory):
            try:
                match = re.match(r"socket:\[(\d+)\]", os.readlink(os.path.join(directory, name)))
            except OSError:
                continue
            if match:
                found.add(match.group(1))
    except OSError:
        pass
    return found


def _address(text: str) -> str:
    """The kernel writes words of four bytes, each the wrong way round on the machines that there are."""
    data = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    if len(data) == 16 and data.startswith(b"\0" * 10 + b"\xff\xff"):
        data = data[12:]
    return socket.inet_ntop(socket.AF_INET if len(data) == 4 else socket.AF_INET6, data)
