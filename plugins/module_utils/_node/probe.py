# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a connection from this machine comes: name, TCP, TLS. Standard library only. Private to this collection."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
import ssl
import threading
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import describe

# More at once would look like a scan; each thread has its own deadline.
PARALLEL = 32
# Where both ends speak TLS 1.3 alone, a server that wants no client certificate says nothing for as long as one waits.
CLIENT_CERTIFICATE_WAIT = 0.5
_ADDRESS = re.compile(r"^(?:\[([0-9A-Fa-f:.%]+)\]|([^\[\]:/\s]+)):(\d{1,5})$")
_EXPIRED, _NOT_YET_VALID = 10, 9
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNEXPECTED_MESSAGE",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
)


class Trust(NamedTuple):
    """What a certificate is checked against, as the node's Elasticsearch does."""

    files: Tuple[str, ...]  # empty: this machine's own store
    mode: str  # full, certificate or none


def split_address(address: str) -> Tuple[str, int]:
    match = _ADDRESS.match(address)
    if not match or not 0 < int(match.group(3)) < 65536:
        raise ValueError("%r is no address: write host:port, or [address]:port for IPv6" % address)
    return match.group(1) or match.group(2), int(match.group(3))


def probe_all(targets: Sequence[Dict[str, Any]], trust: Trust, timeout: float) -> List[Dict[str, Any]]:
    """Each target {address, server_name, ca_path}, in parallel; a name server that never answers holds up nobody.

    Many aliases may lead to one address: it is tried once for all of them.
    """
    distinct = {_key(target): target for target in targets}
    answers = dict(zip(distinct, _probe_distinct(list(distinct.values()), trust, timeout)))
    return [dict(answers[_key(target)]) for target in targets]


def _key(target: Dict[str, Any]) -> Tuple[Any, ...]:
    return (target["address"], target.get("server_name"), target.get("ca_path"))


def _probe_distinct(targets: Sequence[Dict[str, Any]], trust: Trust, timeout: float) -> List[Dict[str, Any]]:
    results: List[Dict[str, Any]] = []
    for first in range(0, len(targets), PARALLEL):
        batch = targets[first : first + PARALLEL]
        answers = [_empty(target, trust) for target in batch]
        threads = [
            threading.Thread(target=_probe, args=(target, trust, timeout, answer), daemon=True)
            for target, answer in zip(batch, answers)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + timeout + 1
        for thread, answer in zip(threads, answers):
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive() and not answer["resolved"]:
                answer.update(
                    dns_error="no answer within %g seconds" % timeout, error="the name was not resolved in time"
                )
        results.extend(dict(answer) for answer in answers)
    return results


def _trust_of(target: Dict[str, Any], trust: Trust) -> Trust:
    return Trust((target["ca_path"],), trust.mode) if target.get("ca_path") else trust


def _empty(target: Dict[str, Any], trust: Trust) -> Dict[str, Any]:
    return {
        "address": target["address"],
        "server_name": target.get("server_name"),
        "resolved": [],
        "dns_error": None,
        "tcp": None,
        "tls": None,
        "error": None,
        "certificate": None,
        "client_certificate_required": False,
        "verified_against": list(_trust_of(target, trust).files) or "default trust",
    }


def _probe(target: Dict[str, Any], trust: Trust, timeout: float, answer: Dict[str, Any]) -> None:
    deadline = time.monotonic() + timeout
    try:
        host, port = split_address(target["address"])
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        answer.update(dns_error=error.strerror or str(error), error="%s does not resolve" % host)
        return
    except ValueError as error:  # the address, or a name that no name server could hold
        answer.update(dns_error=str(error), error=str(error))
        return
    answer["resolved"] = sorted({place[4][0] for place in places})
    connected = None
    for left, place in zip(range(len(places), 0, -1), places):
        share = max(0.2, (deadline - time.monotonic()) / left)
        connection, answer["tcp"], answer["error"] = _connect(place, share)
        if connection is not None:
            connection.close()
            connected = place
            break
    if connected is not None:
        _probe_tls(connected, host, target.get("server_name"), _trust_of(target, trust), deadline, answer)


def _connect(place: Tuple, timeout: float) -> Tuple[Optional[socket.socket], str, Optional[str]]:
    connection = None
    try:
        connection = socket.socket(place[0], place[1], place[2])
        connection.settimeout(timeout)
        connection.connect(place[4])
        return connection, "ok", None
    except OSError as error:
        if connection is not None:
            connection.close()
        where = "%s port %d" % (place[4][0], place[4][1])
        if isinstance(error, socket.timeout) or error.errno == errno.ETIMEDOUT:
            return None, "timeout", "%s did not answer within %.1f seconds" % (where, timeout)
        if error.errno == errno.ECONNREFUSED:
            return None, "refused", "%s refused the connection" % where
        return None, "unreachable", "%s can't be reached: %s" % (where, error.strerror or error)


def _probe_tls(
    place: Tuple, host: str, server_name: Optional[str], trust: Trust, deadline: float, answer: Dict[str, Any]
) -> None:
    try:
        context = _context(trust)
    except (OSError, ssl.SSLError) as error:
        answer.update(tls="error", error="the CA file %s can't be used: %s" % (", ".join(trust.files), error))
        return
    sent = server_name or host
    der, failure = _handshake(place, sent, context, deadline, answer)
    answer["tls"], answer["error"] = ("ok", None) if failure is None else _classify(failure)
    if isinstance(failure, ssl.SSLCertVerificationError):
        # Once more without checking, only to see whose certificate it is.
        der = _handshake(place, sent, _context(Trust((), "none")), deadline, answer)[0]
    if not der:
        return
    try:
        answer["certificate"] = describe(der)
    except ValueError:
        answer.update(tls="error", error="the server's certificate can't be read")
        return
    # As Java does it: the certificate may be for the name that was sent or for the host of the address.
    names = sorted({sent, host})
    if answer["tls"] == "ok" and trust.mode == "full" and not any(is_for(answer["certificate"], n) for n in names):
        answer.update(tls="name_mismatch", error="the certificate is not for %s" % " or ".join(names))


def is_for(certificate: Dict[str, Any], name: str) -> bool:
    """Whether a certificate names this host or IP address; its subject counts only where it names no host at all."""
    name = name.rstrip(".").lower()
    try:
        return "IP:" + str(ipaddress.ip_address(name.split("%")[0])) in certificate["sans"]
    except ValueError:
        pass
    hosts = [san[4:].lower() for san in certificate["sans"] if san.startswith("DNS:")]
    hosts = hosts or [certificate["subject_cn"].lower()]
    # A wildcard stands for exactly one label.
    return name in hosts or ("." in name and "*" + name[name.index(".") :] in hosts)


def _context(trust: Trust) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # checked afterwards, as Java does it
    context.verify_mode = ssl.CERT_NONE if trust.mode == "none" else ssl.CERT_REQUIRED
    if trust.mode != "none":
        for path in trust.files:
            context.load_verify_locations(cafile=path)
        if not trust.files:
            context.load_default_certs()
        # Elasticsearch trusts whatever certificate is in the file, also one that another CA signed.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN if hasattr(ssl, "VERIFY_X509_PARTIAL_CHAIN") else 0x80000
    return context


def _handshake(
    place: Tuple, name: str, context: ssl.SSLContext, deadline: float, answer: Dict[str, Any]
) -> Tuple[Optional[bytes], Optional[Exception]]:
    raw, state, problem = _connect(place, max(0.2, deadline - time.monotonic()))
    if raw is None:
        return None, OSError(problem or state)
    try:
        raw.settimeout(max(0.2, deadline - time.monotonic()))
        with context.wrap_socket(raw, server_hostname=name) as tls:
            der = tls.getpeercert(binary_form=True)
            answer["client_certificate_required"] = _wants_client_certificate(tls, place, name, deadline)
            return der, None
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: a name that TLS can't carry
        return None, error
    finally:
        raw.close()


def _wants_client_certificate(tls: ssl.SSLSocket, place: Tuple, name: str, deadline: float) -> bool:
    """In TLS 1.3 a server says so only after the handshake, whenever it comes to that; before, the handshake fails."""
    if tls.version() != "TLSv1.3":
        return False
    wait = _wait_for_refusal(place, name, deadline)
    if not wait:
        return False
    try:
        tls.settimeout(wait)
        tls.recv(1)
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        pass
    return False


def _wait_for_refusal(place: Tuple, name: str, deadline: float) -> float:
    """Seconds in which a refusal may still come; 0 when an older handshake proves that none will."""
    context = _context(Trust((), "none"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    raw = _connect(place, max(0.2, deadline - time.monotonic()))[0]
    if raw is None:
        return CLIENT_CERTIFICATE_WAIT
    refused = False
    try:
        raw.settimeout(max(0.2, deadline - time.monotonic()))
        with context.wrap_socket(raw, server_hostname=name):
            return 0
    except ssl.SSLError as error:
        reason = error.reason or ""
        refused = "ALERT" in reason and "PROTOCOL_VERSION" not in reason
    except OSError as error:
        refused = isinstance(error, ConnectionError)
    finally:
        raw.close()
    return max(0.2, deadline - time.monotonic()) if refused else CLIENT_CERTIFICATE_WAIT


def _classify(failure: Exception) -> Tuple[str, str]:
    if isinstance(failure, ssl.SSLCertVerificationError):
        text = failure.verify_message
        if failure.verify_code == _EXPIRED:
            return "expired", "the certificate has expired by this machine's clock"
        if failure.verify_code == _NOT_YET_VALID:
            return "expired", "the certificate is not valid yet by this machine's clock"
        return "untrusted", "the certificate is not trusted: %s" % text
    if isinstance(failure, socket.timeout):
        return "error", "the TLS handshake did not end in time"
    reason = getattr(failure, "reason", None) or ""
    if isinstance(failure, ssl.SSLError) and any(word in reason for word in _NOT_TLS):
        return "not_tls", "the server does not speak TLS there (%s)" % reason
    if isinstance(failure, (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return "reset", "the server closed the connection during the TLS handshake"
    return "error", "TLS failed: %s" % (reason or failure)
