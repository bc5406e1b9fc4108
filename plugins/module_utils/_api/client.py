# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place that speaks HTTP: the official client, its media types, time-outs, retries and errors. Private."""

from __future__ import annotations

import json
import ssl
import traceback
from typing import Any, Dict, List, Optional

try:
    import certifi
    import elasticsearch
    from elastic_transport import ConnectionError as TransportConnectionError
    from elastic_transport import ConnectionTimeout, SerializationError, TlsError, TransportError, Urllib3HttpNode
    from elastic_transport.client_utils import url_to_node_config
    from urllib3.util.ssl_ import is_ipaddress

    IMPORT_ERROR: Optional[str] = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()
else:

    class _Node(Urllib3HttpNode):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            if config.ssl_context is not None:
                # It would add the public authorities to those of the context, at each connection.
                self.pool.ca_certs = None  # type: ignore[attr-defined]


# Version 9 of the client asks for compatible-with=9, which 8.x servers refuse; 9.x servers take 8 as well.
MEDIA_TYPE = "application/vnd.elasticsearch+json; compatible-with=8"
BUSY = (429, 502, 503, 504)
# The client's own default, 10, would hold back what a plan sends in parallel. They are opened when needed.
CONNECTIONS = 100


class ClientError(Exception):
    """A request that did not succeed.

    :param unknown_outcome: the request may have been carried out all the same, so look before repeating it.
    :param remedy: a sentence that says what to do, with a blank before it.
    :ivar raced: somebody else may have been faster, so look before calling it an error.
    :ivar note: what was done about it, with a blank before it.
    :ivar failures: name → error, where many things were tried.
    """

    def __init__(
        self,
        message: str,
        status: Optional[int] = None,
        reason: str = "",
        unknown_outcome: bool = False,
        timed_out: bool = False,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.unknown_outcome = unknown_outcome
        self.timed_out = timed_out
        self.remedy = remedy
        self.raced = False
        self.note = ""
        self.failures: Dict[str, str] = {}

    def __str__(self) -> str:
        return "%s%s%s" % (self.args[0], self.remedy, self.note)

    def advise(self, remedy: str) -> None:
        """A better remedy than that for any request; an empty one changes nothing."""
        self.remedy = " %s" % remedy if remedy else self.remedy


def _context(options: Dict[str, Any], host: str) -> ssl.SSLContext:
    """Trusts ca_path alone where it is given, else what the system and certifi trust."""
    context = ssl.create_default_context(cafile=options["ca_path"] or None)
    # Python 3.13 refuses authorities without key usage, as elasticsearch-certutil has made them; servers take them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # urllib3 compares addresses itself.
    context.check_hostname = not is_ipaddress(host)
    if not options["ca_path"]:
        context.load_verify_locations(certifi.where())
    if options["client_cert"]:
        context.load_cert_chain(options["client_cert"], options["client_key"], _no_passphrase)
    return context


def _no_passphrase() -> str:
    """Else OpenSSL would ask for it at the terminal."""
    raise ValueError("the private key of the client certificate is encrypted")


class Client:
    """One cluster's API. Never create one before a fork: two workers would read each other's answers.

    :param options: the options of ``arguments.client_arguments``.
    :param url: one URL instead of the option's, to ask a particular node.
    """

    def __init__(self, options: Dict[str, Any], url: Optional[str] = None) -> None:
        self.options = options
        self.urls: List[str] = [url] if url else list(options["url"])
        self.requests: List[Dict[str, Any]] = []
        self._client: Any = None

    def __str__(self) -> str:
        return ", ".join(self.urls)

    def of_node(self, url: str) -> Client:
        """The same way in, to one node."""
        return Client(self.options, url)

    def read(
        self,
        path: str,
        purpose: str,
        query: Optional[Dict[str, Any]] = None,
        body: Optional[Dict[str, Any]] = None,
        timeout: Optional[float] = None,
        retries: Optional[int] = None,
    ) -> Any:
        """A request that changes nothing, so that it may be repeated: GET, or POST where a query needs a body."""
        return self._send("GET" if body is None else "POST", path, purpose, query, body, timeout, True, retries)

    def write(
        self,
        method: str,
        path: str,
        purpose: str,
        body: Optional[Dict[str, Any]] = None,
        query: Optional[Dict[str, Any]] = None,
        timeout: Optional[float] = None,
    ) -> Any:
        """A request that may change something: never repeated here, because nobody has looked again."""
        return self._send(method, path, purpose, query, body, timeout, False, None)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _send(
        self,
        method: str,
        path: str,
        purpose: str,
        query: Optional[Dict[str, Any]],
        body: Optional[Dict[str, Any]],
        timeout: Optional[float],
        repeatable: bool,
        retries: Optional[int],
    ) -> Any:
        if self._client is None:
            self._client = self._connect()
        record: Dict[str, Any] = {"method": method, "path": path, "status": None}
        self.requests.append(record)
        headers = {"accept": MEDIA_TYPE}
        if body is not None:
            headers["content-type"] = MEDIA_TYPE
        client = self._client.options(
            request_timeout=timeout or self.options["timeout"],
            max_retries=(self.options["retries"] if retries is None else retries) if repeatable else 0,
            retry_on_status=BUSY if repeatable else (),
            retry_on_timeout=False,
        )
        try:
            answer = client.perform_request(method, path, params=query, headers=headers, body=body)
        except elasticsearch.ApiError as e:
            record["status"] = e.meta.status
            raise self._refused(purpose, e) from None
        except TransportError as e:
            raise self._unreachable(purpose, e, repeatable) from None
        record["status"] = answer.meta.status
        return answer.body

    def _connect(self) -> Any:
        o = self.options
        if any("@" in url for url in self.urls):
            # The URL is part of every error, so that what it holds would be printed.
            raise ClientError(
                "url: it holds a user name or password; give them by the options username and password, or api_key."
            )
        arguments: Dict[str, Any] = dict(http_compress=False, connections_per_node=CONNECTIONS)
        if o["password"] is not None:
            arguments["basic_auth"] = (o["username"], o["password"])
        elif o["api_key"] is not None:
            arguments["api_key"] = o["api_key"]
        elif o["bearer_token"] is not None:
            arguments["bearer_auth"] = o["bearer_token"]
        try:
            nodes = [self._node(url) for url in self.urls]
            return elasticsearch.Elasticsearch(nodes, node_class=_Node, **arguments)
        except (ValueError, OSError) as e:
            raise ClientError(
                "Cannot set up the client for %s: %s. Check the options url (https://host:9200), ca_path, "
                "client_cert and client_key." % (self, e)
            ) from None

    def _node(self, url: str) -> Any:
        """Where to connect to, and how the one who answers is known."""
        o = self.options
        node = url_to_node_config(url)
        if node.scheme != "https":
            return node
        for path in (o["ca_path"], o["client_cert"], o["client_key"]):
            if path:
                # Python does not tell which file it lacks.
                open(path, "rb").close()
        if o["ca_fingerprint"]:
            return node.replace(ssl_assert_fingerprint=o["ca_fingerprint"], verify_certs=False, ssl_show_warn=False)
        if not o["validate_certs"]:
            return node.replace(verify_certs=False, ssl_show_warn=False)
        return node.replace(ssl_context=_context(o, node.host))

    def _refused(self, purpose: str, e: Any) -> ClientError:
        status = e.meta.status
        reason = reason_of(e.body) or str(e.message)
        remedy = ""
        if isinstance(e, elasticsearch.UnsupportedProductError):
            reason, remedy = str(e.message), " Check that the option url leads to Elasticsearch."
        elif status == 401:
            remedy = " Check username and password, api_key or bearer_token."
        elif status == 403 and "license" not in reason:
            remedy = " Grant the privilege that the answer names, or use another account."
        elif "compatible-with" in reason or "Content-Type header" in reason:
            remedy = " The server is older than the oldest supported version, 8.14."
        message = "Cannot %s on %s: it answered %s, %s." % (purpose, self, status, reason.rstrip("."))
        return ClientError(message, status=status, reason=reason, unknown_outcome=status in BUSY, remedy=remedy)

    def _unreachable(self, purpose: str, e: Any, repeatable: bool) -> ClientError:
        timed_out = isinstance(e, ConnectionTimeout)
        text = str(e.message)
        if isinstance(e, SerializationError):
            # After the colon stands the whole answer, which may hold the secret of a new key.
            text = text.partition(": ")[0]
        if isinstance(e, TlsError):
            remedy = "Check ca_path or ca_fingerprint, and that the certificate is for the host of the url."
        elif timed_out:
            remedy = "Raise the option timeout, or check the cluster and the network."
        elif isinstance(e, TransportConnectionError):
            remedy = "Check the option url and the network."
        else:
            remedy = "Check that the option url leads to Elasticsearch."
        message = "Cannot %s on %s: %s. %s" % (purpose, self, text.rstrip("."), remedy)
        unknown = not repeatable and isinstance(e, TransportConnectionError) and not isinstance(e, TlsError)
        return ClientError(message, reason=text, unknown_outcome=unknown or timed_out, timed_out=timed_out)


def reason_of(body: Any) -> str:
    """The server's own words, from the shapes in which errors come."""
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return body[:500]
    if not isinstance(body, dict):
        return ""
    error = body.get("error", body) or {}
    # What stands before the server has shapes of its own.
    if not isinstance(error, dict):
        return str(error)
    reason = str(error.get("reason") or "")
    cause = error.get("caused_by")
    while isinstance(cause, dict):
        said = str(cause.get("reason") or "")
        if said and said not in reason:
            reason = "%s: %s" % (reason, said) if reason else said
        cause = cause.get("caused_by")
    return reason or str(error.get("type", ""))
