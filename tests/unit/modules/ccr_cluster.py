# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In the place of a client: a cluster with followers, as far as the modules ask and tell it something."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import client_arguments
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, _attempt, wait
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follow_parameters import DEFAULTS
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Refusal

# How a request means all followers.
ALL = ("_all", "*,.*")


def error(status: int, reason: str, **more: Any) -> ClientError:
    return ClientError("it answered %s, %s." % (status, reason), status=status, reason=reason, **more)


def lost() -> ClientError:
    """No answer, although the request was carried out."""
    return ClientError("no answer", reason="no answer", unknown_outcome=True, timed_out=True)


@dataclass
class Index:
    """An index; a follower when it has a leader.

    :param phase: of a follower: copying, copy_failed, paused, active.
    :param copied: when its copy has ended.
    :param writing: at how many looks it has an outstanding write.
    """

    uuid: str
    open: bool = True
    shards: int = 1
    leader: tuple[str, str] | None = None
    leader_uuid: str = "l1"
    phase: str = "active"
    parameters: dict[str, Any] = field(default_factory=lambda: dict(DEFAULTS))
    fatal: dict[str, Any] | None = None
    retrying: dict[str, Any] | None = None
    lag: int = 0
    aliases: list[str] = field(default_factory=list)
    copied: float | None = None
    writing: int = 0


class Cluster:
    """
    :param fail: "METHOD path" → errors to come; one that was lost is raised after the request was carried out.
    """

    urls = ("https://lon-1:9200",)

    def __init__(self, **indices: Index) -> None:
        self.indices = {name.replace("_", "-"): index for name, index in indices.items()}
        self.leaders: dict[tuple[str, str], dict[str, Any]] = {("paris", "l"): {"uuid": "l1", "shards": 1}}
        self.patterns: dict[str, dict[str, Any]] = {}
        self.remotes: dict[str, Any] = {"paris": {"connected": True, "proxy_address": "par-1:9443"}}
        # What has no connection until it is used, as after an outage that is over.
        self.connects_when_used: set[str] = set()
        self.license = {"type": "trial", "status": "active"}
        self.auto_follow_errors: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []
        self.fail: dict[str, list[ClientError]] = {}
        self.bodies: list[Any] = []
        self.stays_copying = False
        self.routing = True
        # Seconds by which its clock is ahead of this machine's.
        self.ahead = 0.0
        self.warnings: list[str] = []

    def __str__(self) -> str:
        return self.urls[0]

    @property
    def reads(self) -> list[str]:
        return [r["path"] for r in self.requests if r["method"] == "GET"]

    @property
    def writes(self) -> list[str]:
        return ["{method} {path}".format(**r) for r in self.requests if r["method"] != "GET"]

    def close(self) -> None:
        """As the real one has it."""

    # ---- reads

    def read(self, path: str, purpose: str, query: Any = None, **_more: Any) -> Any:
        self.requests.append({"method": "GET", "path": path, "status": 200})
        for pending in self.fail.get("GET %s" % path, [])[:1]:
            self.fail["GET %s" % path].pop(0)
            raise pending
        if path == "/_remote/info":
            return self.remotes
        if path.startswith("/_resolve/cluster/"):
            alias = path.rpartition("/")[2].partition(":")[0]
            self.remotes[alias]["connected"] |= alias in self.connects_when_used
            return {alias: {"connected": self.remotes[alias]["connected"]}}
        if path == "/_license":
            return {"license": self.license}
        if path == "/_cluster/allocation/explain":
            return {"unassigned_info": {"details": "x\nCaused by: org.elasticsearch.NoSeedNodeLeftException: away\n"}}
        if path == "/_ccr/auto_follow":
            return {"patterns": [{"name": n, "pattern": p} for n, p in self.patterns.items()]}
        if path == "/_ccr/stats":
            return {"auto_follow_stats": {"recent_auto_follow_errors": self.auto_follow_errors}}
        if path == "/_nodes/_local/stats/process":
            return {"nodes": {"id": {"timestamp": (time.time() + self.ahead) * 1000}}}
        if path.startswith("/_nodes/"):
            transport = {"publish_address": "10.0.0.1:9300"}
            return {"nodes": {"id": {"name": "lon-1", "host": "lon-1", "transport": transport}}}
        if path.startswith("/_cluster/state"):
            return self._state(path.rpartition("/")[2])
        name, _slash, action = path[1:].partition("/")
        if action == "_ccr/info":
            return self._info(name)
        if action == "_ccr/stats":
            return self._stats(name)
        if action == "_recovery":
            return {n: {"shards": [self._recovery(self.indices[n])]} for n in self._followers(name)}
        raise AssertionError("unexpected: GET %s" % path)

    def _recovery(self, index: Index) -> dict[str, Any]:
        if index.phase == "copying":
            return {"type": "SNAPSHOT", "stage": "INDEX"}
        if index.copied:
            return {"type": "SNAPSHOT", "stage": "DONE", "stop_time_in_millis": (index.copied + self.ahead) * 1000}
        return {"type": "EXISTING_STORE", "stage": "DONE", "stop_time_in_millis": time.time() * 1000}

    def _named(self, names: str) -> list[str]:
        listed = names.split(",")
        return [n for n, i in list(self.indices.items()) if names in ALL or {n, *i.aliases} & set(listed)]

    def _followers(self, names: str) -> list[str]:
        return [n for n in self._named(names) if self.indices[n].leader]

    def _info(self, name: str) -> Any:
        for index, found in list(self.indices.items()):
            if name in found.aliases:
                name = index
        if name not in ALL and name not in self.indices:
            raise error(404, "no such index [%s]" % name)
        listed = []
        for follower in self._followers(name):
            followed = self.indices[follower]
            assert followed.leader
            entry: dict[str, Any] = {"follower_index": follower, "status": "paused"}
            entry |= {"remote_cluster": followed.leader[0], "leader_index": followed.leader[1]}
            if followed.phase == "active":
                entry |= {"status": "active", "parameters": {**DEFAULTS, **followed.parameters}}
            listed.append(entry)
        return {"follower_indices": listed}

    def _stats(self, name: str) -> Any:
        active = [n for n in self._followers(name) if self.indices[n].phase == "active"]
        if name not in ALL and not active:
            raise error(404, "No shard follow tasks for follower indices [%s]" % name)
        listed = []
        for follower in active:
            index = self.indices[follower]
            shard: dict[str, Any] = {"time_since_last_read_millis": 10, "read_exceptions": []}
            if index.writing:
                index.writing -= 1
                shard["outstanding_write_requests"] = 2
            if index.fatal:
                shard["fatal_exception"] = index.fatal
            if index.retrying:
                shard["read_exceptions"] = [{"retries": 3, "exception": index.retrying}]
            listed.append(
                {"index": follower, "total_global_checkpoint_lag": index.lag, "shards": [shard] * index.shards}
            )
        return {"indices": listed}

    def _state(self, names: str) -> Any:
        indices: dict[str, Any] = {}
        routing: dict[str, Any] = {}
        for name in self._named(names):
            index = self.indices[name]
            settings = {"uuid": index.uuid, "number_of_shards": str(index.shards)}
            indices[name] = {"state": "open" if index.open else "close", "settings": {"index": settings}}
            if index.aliases:
                indices[name]["aliases"] = index.aliases
            copy: dict[str, Any] = {"primary": True, "state": "STARTED"}
            if index.phase == "copying" and index.leader and self.routing:
                copy |= {"state": "INITIALIZING", "recovery_source": {"type": "SNAPSHOT"}}
            if index.phase == "copy_failed":
                copy |= {"state": "UNASSIGNED", "recovery_source": {"type": "SNAPSHOT"}}
                copy["unassigned_info"] = {"allocation_status": "deciders_no"}
            routing[name] = {"shards": {"0": [copy]}}
        state = {"metadata": {"indices": indices}, "routing_table": {"indices": routing}}
        return {"cluster_name": "london", **state}

    # ---- writes

    def write(
        self, method: str, path: str, purpose: str, body: Any = None, query: Any = None, timeout: Any = None
    ) -> Any:
        self.requests.append({"method": method, "path": path, "status": None, "query": query})
        self.bodies.append(body)
        pending = self.fail.get("%s %s" % (method, path)) or []
        failure = pending.pop(0) if pending else None
        if failure and not failure.timed_out:
            raise failure
        answer = self._written(method, path, body)
        if failure:
            raise failure
        return answer

    def _written(self, method: str, path: str, body: Any) -> Any:
        if path.startswith("/_ccr/auto_follow/"):
            return self._pattern_written(method, path[len("/_ccr/auto_follow/") :], body)
        name, _slash, action = path[1:].partition("/")
        if (method, action) == ("PUT", "_ccr/follow"):
            return self._follow(name, body)
        index = self.indices.get(name)
        if index is None:
            raise error(404, "no such index [%s]" % name)
        if method == "DELETE":
            del self.indices[name]
        elif action == "_close":
            index.open = False
        elif action == "_open":
            index.open = True
        elif index.leader is None:
            raise error(400, "index [%s] is not a follower index" % name)
        elif action == "_ccr/pause_follow":
            if index.phase != "active":
                raise error(400, "no shard follow tasks for [%s]" % name)
            index.phase = "paused"
        elif action == "_ccr/resume_follow":
            self._resume(name, index, body)
        elif action == "_ccr/unfollow":
            if index.open or index.phase != "paused":
                why = "closed" if index.open else "paused"
                raise error(400, "cannot convert the follower index [%s], because it has not been %s" % (name, why))
            index.leader = None
        else:
            raise AssertionError("unexpected: %s %s" % (method, path))
        return {"acknowledged": True}

    def _follow(self, name: str, body: dict[str, Any]) -> Any:
        key = (body["remote_cluster"], body["leader_index"])
        leader = self.leaders.get(key)
        if leader is None:
            raise error(404, "no such index [%s]" % body["leader_index"])
        index = self.indices.get(name)
        if index and index.open:
            raise error(500, "cannot restore index [%s] because an open index with same name already exists" % name)
        if index and index.shards != leader["shards"]:
            text = "cannot restore index [%s] with [%d] shards from a snapshot of index [l]"
            raise error(500, text % (name, index.shards))
        phase = "copying" if self.stays_copying else "active"
        parameters = {k: v for k, v in body.items() if k in DEFAULTS}
        self.indices[name] = Index(
            index.uuid if index else "u-%s" % name,
            shards=leader["shards"],
            leader=key,
            leader_uuid=leader["uuid"],
            phase=phase,
            parameters={**DEFAULTS, **parameters},
        )
        return {"follow_index_created": True, "follow_index_shards_acked": False, "index_following_started": False}

    def _resume(self, name: str, index: Index, body: Any) -> None:
        assert index.leader
        leader = self.leaders.get(index.leader)
        if leader is None:
            raise error(404, "no such index [%s]" % index.leader[1])
        if leader["uuid"] != index.leader_uuid:
            text = "follow index [%s] should reference [%s] as leader index but instead reference [%s] as leader index"
            raise error(400, text % (name, leader["uuid"], index.leader_uuid))
        if not index.open:
            raise error(400, "leader and follow index must be open")
        if index.phase == "active":
            raise error(400, "task with id {%s-0} already exist" % index.uuid)
        index.phase, index.fatal, index.parameters = "active", None, {**DEFAULTS, **(body or {})}

    def _pattern_written(self, method: str, path: str, body: Any) -> Any:
        name, _slash, action = path.partition("/")
        if method == "PUT":
            settings = {"index": {k[len("index.") :]: str(v) for k, v in (body.get("settings") or {}).items()}}
            self.patterns[name] = {"leader_index_exclusion_patterns": [], **body, "active": True}
            if body.get("settings"):
                self.patterns[name]["settings"] = settings
        elif name not in self.patterns:
            raise error(404, "auto-follow pattern [%s] is missing" % name)
        elif method == "DELETE":
            del self.patterns[name]
        else:
            self.patterns[name]["active"] = action == "resume"
        return {"acknowledged": True}


# ---- modules ----------------------------------------------------------------------------------------------------


def spec_of(module: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options of a module, those of the client included, and how they depend on each other."""
    found: dict[str, Any] = {}

    def run_module(run: Any, arguments: dict[str, Any], **relations: Any) -> None:
        found.update(arguments=arguments, relations=relations)

    with mock.patch.object(module, "run_module", run_module):
        module.main()
    spec = dict(client_arguments(["url"]), **found["arguments"])
    return spec, found["relations"]


def options(module: Any, **given: Any) -> dict[str, Any]:
    """All options of a module, checked as Ansible does it."""
    spec, relations = spec_of(module)
    checked = ArgumentSpecValidator(spec, **relations).validate({"url": "https://lon-1:9200", **given})
    if checked.error_messages:
        raise ValueError("; ".join(checked.error_messages))
    found: dict[str, Any] = checked.validated_parameters
    return found


@dataclass
class Done:
    """What a module has done."""

    result: dict[str, Any]
    before: Any
    after: Any
    changed: bool
    warnings: list[str]
    reads: list[str]
    writes: list[str]
    error: str = ""
    failures: dict[str, str] = field(default_factory=dict)


def run(module: Any, cluster: Cluster, check_mode: bool = False, fails: bool = False, **given: Any) -> Done:
    """A module's whole life, as the engine does it.

    :param fails: its error is part of what it returns.
    """
    cluster.requests.clear()
    cluster.bodies.clear()
    warnings: list[str] = []
    client: Any = cluster
    call = Call(options(module, **given), client, check_mode, warnings.append)
    plan = Plan()
    text = ""
    failures: dict[str, str] = {}
    try:
        plan = _attempt(module.run, call)
        if plan.until is not None and not check_mode:
            wait(plan.until, call, plan.tally)
    except (ClientError, Refusal) as e:
        if not fails:
            raise
        text, failures = str(e), getattr(e, "failures", {})
    changed = plan.changed or call.wrote
    seen = (cluster.reads, cluster.writes)
    return Done(plan.result, plan.before, plan.after, changed, warnings, *seen, error=text, failures=failures)
