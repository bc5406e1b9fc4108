# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Elasticsearch answers when it refuses: exceptions with a status, and the envelope that they travel in."""

from __future__ import annotations

from typing import Any

# Java's own: their cause is no better root than they are.
JAVA = {"illegal_argument_exception", "null_pointer_exception", "number_format_exception"}


class Refusal(Exception):
    """An exception of Elasticsearch.

    :param more: further keys of the error, as `index` or `failed_to_remove_retention_leases`.
    """

    def __init__(
        self,
        status: int,
        type: str,
        reason: str | None,
        cause: Refusal | None = None,
        **more: Any,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.type = type
        self.reason = reason
        self.cause = cause
        # A task that meets it does not try again, whatever its type.
        self.fatal = False
        self.more = {name.replace("__", "."): value for name, value in more.items()}

    def error(self) -> dict[str, Any]:
        """As it stands in statistics and lists of failures."""
        found: dict[str, Any] = {"type": self.type, "reason": self.reason, **self.more}
        if self.cause:
            found["caused_by"] = self.cause.error()
        return found

    def root(self) -> Refusal:
        here = self
        while here.cause and here.cause.type not in JAVA:
            here = here.cause
        return here

    def body(self) -> dict[str, Any]:
        root = self.root()
        roots = [{"type": root.type, "reason": root.reason, **root.more}]
        return {"error": {"root_cause": roots, **self.error()}, "status": self.status}


class TextRefusal(Refusal):
    """The few whose error is a text: a path or a method that no handler is registered for."""

    def __init__(self, status: int, text: str, with_status: bool) -> None:
        super().__init__(status, "exception", text)
        self.with_status = with_status

    def body(self) -> dict[str, Any]:
        return {"error": self.reason, **({"status": self.status} if self.with_status else {})}


class Unreachable(Refusal):
    """A node that does not answer; for whom it is a remote cluster's, that is a connection that failed."""

    def __init__(self, node: object, reason: str) -> None:
        super().__init__(500, "connect_transport_exception", reason)
        self.node = node


class Relayed(Refusal):
    """What the real node has answered, handed on as it is."""

    def __init__(self, status: int, answer: Any) -> None:
        error = answer.get("error") if isinstance(answer, dict) else None
        known = error if isinstance(error, dict) else {}
        super().__init__(status, known.get("type", "exception"), known.get("reason", str(error or answer)))
        self.answer = answer

    def body(self) -> dict[str, Any]:
        return self.answer if isinstance(self.answer, dict) else {"error": self.answer, "status": self.status}


def illegal_argument(reason: str, cause: Refusal | None = None) -> Refusal:
    return Refusal(400, "illegal_argument_exception", reason, cause)


def validation(problems: list[str]) -> Refusal:
    numbered = "".join(f"{number}: {text};" for number, text in enumerate(problems, 1))
    return Refusal(400, "action_request_validation_exception", f"Validation Failed: {numbered}")


def index_not_found(name: str) -> Refusal:
    more: dict[str, Any] = {
        "resource__type": "index_or_alias",
        "resource__id": name,
        "index_uuid": "_na_",
        "index": name,
    }
    return Refusal(404, "index_not_found_exception", f"no such index [{name}]", **more)


def not_found(reason: str) -> Refusal:
    return Refusal(404, "resource_not_found_exception", reason)


def no_such_remote_cluster(alias: str) -> Refusal:
    return Refusal(404, "no_such_remote_cluster_exception", f"no such remote cluster: [{alias}]")


def status_exception(status: int, reason: str, cause: Refusal | None = None) -> Refusal:
    return Refusal(status, "status_exception", reason, cause)


def security(reason: str, **more: Any) -> Refusal:
    return Refusal(403, "security_exception", reason, **more)


def licence() -> Refusal:
    return security("current license is non-compliant for [ccr]", license__expired__feature="ccr")


def keys_not_licensed() -> Refusal:
    """Of either side, where clusters are connected with API keys."""
    feature = "advanced-remote-cluster-security"
    return security(f"current license is non-compliant for [{feature}]", license__expired__feature=feature)


def no_handler(method: str, uri: str) -> Refusal:
    return TextRefusal(400, f"no handler found for uri [{uri}] and method [{method}]", False)


def wrong_method(method: str, uri: str, allowed: list[str]) -> Refusal:
    names = ", ".join(allowed)
    return TextRefusal(405, f"Incorrect HTTP method for uri [{uri}] and method [{method}], allowed: [{names}]", True)
