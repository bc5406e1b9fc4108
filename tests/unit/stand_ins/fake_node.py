# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of a real node as the gateway asks: enough to try its decisions without a server."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stand_ins.ccr_gateway.node import Answer, Node
from stand_ins.ccr_gateway.patterns import matches
from stand_ins.ccr_gateway.settings import flat

VERSIONS = ("mapping_version", "settings_version", "aliases_version")


@dataclass
class FakeIndex:
    uuid: str
    settings: dict[str, Any]
    mappings: dict[str, Any] = field(default_factory=dict)
    aliases: dict[str, Any] = field(default_factory=dict)
    open: bool = True
    started: bool = True
    history: str = "history"
    # Identifier → sequence number, version and source.
    documents: dict[str, tuple[int, int, Any]] = field(default_factory=dict)
    next_seq_no: int = 0
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VERSIONS, 1))

    @property
    def shards(self) -> int:
        return int(self.settings.get("index.number_of_shards", 1))

    def put(self, name: str, source: Any, version: int | None = None) -> None:
        before = self.documents.get(name, (0, 0, None))[1]
        self.documents[name] = (self.next_seq_no, version or before + 1, source)
        self.next_seq_no += 1

    def remove(self, name: str) -> None:
        del self.documents[name]
        self.next_seq_no += 1


# Words of a path.
KNOWN = (
    *(
        "_remote",
        "info",
        "_resolve",
        "cluster",
        "index",
        "_license",
        "_cluster",
        "health",
        "state",
        "_security",
        "user",
    ),
    *("_authenticate", "_has_privileges", "_stats", "_mapping", "_alias", "_aliases", "_settings", "_refresh"),
    *("_search", "_bulk"),
)


class FakeNode(Node):
    """Everything has one shard's worth of documents, in shard 0."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.indices: dict[str, FakeIndex] = {}
        self.remotes: dict[str, FakeNode] = {}
        self.licence = "trial"
        self.unreachable: set[str] = set()
        self.privileges: set[str] | None = None
        self.unknown_users: set[str] = set()
        self.made = 0

    def make(self, name: str, settings: dict[str, Any] | None = None, **more: Any) -> FakeIndex:
        self.made += 1
        own = {
            "index.uuid": f"uuid-{self.name}-{self.made}",
            "index.creation_date": str(self.made),
            "index.number_of_shards": "1",
            **flat(settings or {}),
        }
        self.indices[name] = FakeIndex(own["index.uuid"], own, **more)
        return self.indices[name]

    def send(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], timeout: float = 120
    ) -> Answer:
        text = (body or b"").decode()
        found = text if target.partition("?")[0].endswith("_bulk") else json.loads(text or "null")
        status, answer = self.request(method, target, found, headers)
        return Answer(status, [("Content-Type", "application/json")], json.dumps(answer).encode())

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> tuple[int, Any]:
        target, _mark, query = path.partition("?")
        parts = [urllib.parse.unquote(part) for part in target.strip("/").split("/")]
        options = dict(urllib.parse.parse_qsl(query))
        # Either all of it is Elasticsearch's, or what stands behind an index.
        own = parts[0].startswith("_") and parts[0] != "_all"
        words = [part for part in (parts if own else parts[1:]) if part in KNOWN]
        handler = getattr(self, "_".join([method.lower(), *words]).replace("__", "_"), None)
        if handler is None:
            raise AssertionError(f"the fake node knows no {method} {path}")
        found: tuple[int, Any] = handler(parts, options, body, headers or {})
        return found

    # ---- the cluster

    def get_security_authenticate(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        user = headers.get("es-security-runas-user", headers.get("Authorization", "elastic"))
        if not user:
            return 401, {"error": {"type": "security_exception", "reason": "missing credentials"}, "status": 401}
        if user in self.unknown_users:
            return 401, {"error": {"type": "security_exception", "reason": f"unknown user [{user}]"}, "status": 401}
        return 200, {"username": user, "roles": ["superuser"]}

    def post_security_user_has_privileges(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        def has(privilege: str) -> bool:
            return self.privileges is None or privilege in self.privileges

        cluster = {name: has(name) for name in body.get("cluster", [])}
        index = {
            name: {privilege: has(privilege) for privilege in entry["privileges"]}
            for entry in body.get("index", [])
            for name in entry["names"]
        }
        every = all(cluster.values()) and all(all(one.values()) for one in index.values())
        return 200, {"has_all_requested": every, "cluster": cluster, "index": index}

    def get_remote_info(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        return 200, {alias: {"proxy_address": f"{node.name}:9443"} for alias, node in self.remotes.items()}

    def get_resolve_cluster(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        alias = parts[-1].partition(":")[0]
        return 200, {alias: {"connected": alias not in self.unreachable}}

    def get_license(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        return 200, {"license": {"type": self.licence, "status": "active"}}

    def get_cluster_health(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        return 200, {"cluster_name": self.name, "timed_out": False}

    def get_cluster_state(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        if len(parts) < 4:
            return 200, {"version": self.made}
        return 200, {
            "metadata": {
                "indices": {
                    name: {
                        "state": "open" if index.open else "close",
                        "settings": {**index.settings, "index.uuid": index.uuid},
                        "aliases": list(index.aliases),
                        **index.versions,
                    }
                    for name, index in self.indices.items()
                    if parts[3] in ("_all", name)
                }
            }
        }

    def get_resolve_index(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        aliases = [index for index in self.indices.values() if parts[-1] in index.aliases]
        return 200, {"indices": [], "aliases": aliases, "data_streams": []}

    # ---- indices

    def named(self, expression: str) -> dict[str, FakeIndex]:
        return {
            name: index for name, index in self.indices.items() if expression == "_all" or matches(expression, name)
        }

    def get_stats(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        if options["level"] == "cluster":
            return 200, {"written": sum(index.next_seq_no for index in self.indices.values())}
        found = {}
        for name, index in self.named(parts[-2]).items():
            last = index.next_seq_no - 1
            copy = {
                "routing": {"primary": True, "state": "STARTED"},
                "commit": {"user_data": {"history_uuid": index.history}},
                "seq_no": {"max_seq_no": last, "global_checkpoint": last},
            }
            if index.started and index.open:
                empty = {**copy, "seq_no": {"max_seq_no": -1, "global_checkpoint": -1}}
                found[name] = {
                    "uuid": index.uuid,
                    "shards": {str(n): [empty if n else copy] for n in range(index.shards)},
                }
        return 200, {"indices": found}

    def get_mapping(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        return 200, {parts[0]: {"mappings": self.indices[parts[0]].mappings}}

    def put_mapping(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        self.indices[parts[0]].mappings = body
        return 200, {"acknowledged": True}

    def get_alias(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        if parts[0] != "_alias":
            return 200, {parts[0]: {"aliases": self.indices[parts[0]].aliases}}
        name = parts[1]
        found = {n: {"aliases": {name: i.aliases[name]}} for n, i in self.indices.items() if name in i.aliases}
        return (200, found) if found else (404, {"error": f"alias [{name}] missing", "status": 404})

    def post_aliases(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        for action in body["actions"]:
            ((kind, given),) = action.items()
            aliases = self.indices[given["index"]].aliases
            if kind == "remove":
                del aliases[given["alias"]]
            else:
                aliases[given["alias"]] = {key: given[key] for key in given if key not in ("index", "alias")}
        return 200, {"acknowledged": True}

    def get_settings(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        defaults = {"index.number_of_shards": "1", "index.number_of_replicas": "1", "index.mapping.depth.limit": "20"}
        return 200, {parts[0]: {"settings": self.indices[parts[0]].settings, "defaults": defaults}}

    def put_settings(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        self.indices[parts[0]].settings.update(body)
        return 200, {"acknowledged": True}

    def put(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        if parts[0] != parts[0].lower():
            reason = f"Invalid index name [{parts[0]}], must be lowercase"
            return 400, {"error": {"type": "invalid_index_name_exception", "reason": reason}, "status": 400}
        self.make(parts[0], body["settings"], mappings=body["mappings"], aliases=body["aliases"])
        return 200, {"acknowledged": True}

    def delete(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        del self.indices[parts[0]]
        return 200, {"acknowledged": True}

    def post_refresh(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        return 200, {}

    # ---- documents

    def post_search(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        alias, _colon, name = parts[0].rpartition(":")
        documents = (self.remotes[alias] if alias else self).indices[name].documents
        if options["preference"] != "_shards:0":
            documents = {}
        after = body.get("post_filter", {}).get("range", {}).get("_seq_no", {}).get("gt", -1)
        hits = [
            {"_id": name, "_seq_no": seq_no, "_version": version, "_source": source}
            for name, (seq_no, version, source) in sorted(documents.items(), key=lambda item: item[1][0])
            if seq_no > after
        ]
        found = {"total": {"value": len(documents)}, "hits": hits[: body["size"]]}
        return 200, {"took": 1, "_shards": {}, "hits": found}

    def post_bulk(self, parts: Any, options: Any, body: Any, headers: Any) -> tuple[int, Any]:
        index = self.indices[parts[0]]
        lines = iter(body.splitlines())
        items = []
        for line in lines:
            ((kind, given),) = json.loads(line).items()
            if kind == "delete":
                index.remove(given["_id"])
            else:
                index.put(given["_id"], json.loads(next(lines)), given["version"])
            items.append({kind: {"status": 200}})
        return 200, {"items": items}
