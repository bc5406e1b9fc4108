# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indices and data streams as replication sees them; write blocks, deletion and promotion. Pure. Private.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-state
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import faults, matches
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Plan,
    Refusal,
    Request,
    in_path,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_ms

# Of the cluster state, what ``parse`` reads. Names of indices have dots, but each is one level all the same.
STATE = ",".join(
    [
        *(
            "metadata.indices.*.%s" % key
            for key in (
                *("state", "system", "aliases", "ccr"),
                *(
                    "settings.index.%s" % name
                    for name in (
                        *("uuid", "hidden", "number_of_shards", "number_of_replicas", "soft_deletes", "blocks.write"),
                        *("store.type", "lifecycle.indexing_complete", "lifecycle.name"),
                        *("lifecycle.rollover_alias", "lifecycle.origination_date", "creation_date"),
                        *("default_pipeline", "final_pipeline"),
                    )
                ),
            )
        ),
        "metadata.data_stream.data_stream.*.indices",
        "metadata.data_stream.data_stream.*.failure_indices",
        "metadata.data_stream.data_stream.*.replicated",
        # What is there for indices, and does not come along with them.
        "metadata.index_lifecycle.policies.*.modified_date",
        "metadata.index_lifecycle.policies.*.policy.phases.delete.min_age",
        "metadata.index_template.index_template.*.index_patterns",
        "metadata.index_template.index_template.*.data_stream",
        "metadata.ingest.pipeline.id",
        "metadata.index-graveyard.tombstones",
    ]
)
# Bytes of names in one request: a server takes 4096 for its first line.
LONGEST_NAMES = 2500


def parse(state: Dict[str, Any], patterns: Sequence[str]) -> Dict[str, Any]:
    """``GET /_cluster/state/metadata`` → the indices and data streams that match, by name.

    An index of a data stream matches by the name of the stream too, as it does for an auto-follow pattern; and a data
    stream is told with any index of it.
    """
    metadata = state.get("metadata") or {}
    declared = ((metadata.get("data_stream") or {}).get("data_stream")) or {}
    streams: Dict[str, Dict[str, Any]] = {
        name: dict(
            indices=[index["index_name"] for index in stream.get("indices") or []],
            replicated=bool(stream.get("replicated")),
        )
        for name, stream in declared.items()
    }
    # What a data stream could not take; no cluster replicates it.
    failures = {i["index_name"] for stream in declared.values() for i in stream.get("failure_indices") or []}
    stream_of = {index: name for name, stream in streams.items() for index in stream["indices"]}
    wanted = {name for name in streams if matches(name, patterns)}
    indices = {}
    for name, found in (metadata.get("indices") or {}).items():
        if name in failures:
            continue
        stream = stream_of.get(name)
        if matches(name, patterns) or stream in wanted:
            indices[name] = _index(found, stream)
            wanted.update([stream] if stream else [])
    policies = (metadata.get("index_lifecycle") or {}).get("policies") or {}
    return dict(
        indices=dict(sorted(indices.items())),
        data_streams={name: streams[name] for name in sorted(wanted)},
        lifecycle_policies=sorted(policies),
        deleted=_deleted(metadata, patterns),
        deleted_after=_deleted_after(policies),
        index_templates=_templates((metadata.get("index_template") or {}).get("index_template") or {}),
        pipelines=sorted(pipeline["id"] for pipeline in (metadata.get("ingest") or {}).get("pipeline") or []),
    )


def _deleted(metadata: Dict[str, Any], patterns: Sequence[str]) -> Dict[str, int]:
    """Name → when it was deleted last, of those that are not there again."""
    found: Dict[str, int] = {}
    for stone in (metadata.get("index-graveyard") or {}).get("tombstones") or []:
        name = stone["index"]["index_name"]
        if matches(name, patterns) and name not in (metadata.get("indices") or {}):
            found[name] = max(found.get(name, 0), stone["delete_date_in_millis"])
    return found


def _deleted_after(policies: Dict[str, Any]) -> Dict[str, int]:
    """Lifecycle policy → after how many milliseconds it deletes at the earliest; of those that do."""
    found = {}
    for name, entry in sorted(policies.items()):
        delete = ((entry.get("policy") or {}).get("phases") or {}).get("delete")
        if delete is not None:
            found[name] = int(time_ms(delete.get("min_age") or "0ms"))
    return found


def _templates(found: Dict[str, Any]) -> Dict[str, Any]:
    return {
        name: dict(index_patterns=template.get("index_patterns") or [], data_stream="data_stream" in template)
        for name, template in sorted(found.items())
    }


def _index(found: Dict[str, Any], stream: Optional[str]) -> Dict[str, Any]:
    settings = (found.get("settings") or {}).get("index") or {}
    leader = found.get("ccr") or {}
    return dict(
        uuid=settings.get("uuid"),
        open=found.get("state", "open") == "open",
        hidden=_true(settings.get("hidden")),
        system=_true(found.get("system")),
        shards=int(settings.get("number_of_shards") or 1),
        replicas=int(settings.get("number_of_replicas") or 0),
        data_stream=stream,
        aliases=sorted(found.get("aliases") or []),
        soft_deletes=_true((settings.get("soft_deletes") or {}).get("enabled"), True),
        lease_period=((settings.get("soft_deletes") or {}).get("retention_lease") or {}).get("period", "12h"),
        searchable_snapshot=(settings.get("store") or {}).get("type") == "snapshot",
        write_block=_true((settings.get("blocks") or {}).get("write")),
        indexing_complete=_true((settings.get("lifecycle") or {}).get("indexing_complete")),
        lifecycle_policy=(settings.get("lifecycle") or {}).get("name"),
        rollover_alias=(settings.get("lifecycle") or {}).get("rollover_alias"),
        # What its age is counted from, at the earliest.
        born=int((settings.get("lifecycle") or {}).get("origination_date") or settings.get("creation_date") or 0),
        pipelines=[settings[key] for key in ("default_pipeline", "final_pipeline") if settings.get(key)],
        leader=dict(
            remote_cluster=leader.get("remote_cluster_name"),
            index=leader.get("leader_index_name"),
            uuid=leader.get("leader_index_uuid"),
        )
        if leader
        else None,
    )


def _true(value: Any, default: bool = False) -> bool:
    return default if value is None else str(value).lower() == "true"


def batches(names: Sequence[str]) -> List[List[str]]:
    """The names, as many at a time as a request can hold."""
    found: List[List[str]] = []
    length = LONGEST_NAMES
    for name in names:
        length += len(in_path(name)) + 1
        if length > LONGEST_NAMES:
            found.append([])
            length = len(in_path(name))
        found[-1].append(name)
    return found


def parse_documents(stats: Dict[str, Any], shards: Mapping[str, int]) -> Dict[str, Dict[str, int]]:
    """``GET /NAMES/_stats/docs?level=shards`` → documents, and operations that primaries have had, by index.

    :param shards: index → how many it has. One that lacks a primary is not counted: what that holds would look lost.
    """
    found = {}
    for name, index in (stats.get("indices") or {}).items():
        primaries = [
            copy
            for copies in (index.get("shards") or {}).values()
            for copy in copies
            # One that is not started yet tells nothing.
            if (copy.get("routing") or {}).get("primary") and "seq_no" in copy
        ]
        if name not in shards or len(primaries) < shards[name]:
            continue
        found[name] = dict(
            documents=sum((copy.get("docs") or {}).get("count", 0) for copy in primaries),
            # Numbers begin with 0, and -1 stands for none.
            operations=sum(copy["seq_no"].get("max_seq_no", -1) + 1 for copy in primaries),
            # A follower writes several batches at a time: one that was stopped may lack what stands before others.
            operations_without_gaps=sum(copy["seq_no"].get("local_checkpoint", -1) + 1 for copy in primaries),
        )
    return found


def check(wanted: Sequence[Dict[str, Any]], state: str) -> None:
    for want in wanted:
        wrong = "*" in want["name"] or bool(faults(want["name"]))
        if wrong:
            raise Refusal("indices: %s is not the name of one index" % want["name"])
        if state == "absent" and not want["uuid"]:
            raise Refusal(
                "indices: the uuid of %s is missing; name the index that is to be deleted by it" % want["name"]
            )


def refuse_others(indices: Mapping[str, Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]) -> None:
    """
    :param indices: of ``parse``, by name.
    :param wanted: ``name`` and ``uuid``: an index of that name with another UUID is another index.
    """
    others = [
        "%s (it has %s, not %s)" % (want["name"], indices[want["name"]]["uuid"], want["uuid"])
        for want in wanted
        if want["uuid"] and want["name"] in indices and indices[want["name"]]["uuid"] != want["uuid"]
    ]
    if others:
        raise Refusal(
            "indices: another index has the name by now, and nothing was changed: %s. Look what it holds, and name its "
            "own UUID if it is meant" % ", ".join(others)
        )


def refuse_missing(indices: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]) -> None:
    missing = [want["name"] for want in wanted if want["name"] not in indices]
    if missing:
        raise Refusal("indices: there is no index %s" % ", ".join(missing))


def plan(have: Dict[str, Any], wanted: Sequence[Dict[str, Any]], state: str, write_block: Optional[bool]) -> Plan:
    """
    :param have: of ``parse``.
    :param wanted: ``name`` and ``uuid``: an index of that name with another UUID is another index.
    """
    indices = have["indices"]
    refuse_others(indices, wanted)
    if state == "present":
        refuse_missing(indices, wanted)
    names = [want["name"] for want in wanted if want["name"] in indices]
    before = {name: dict(uuid=indices[name]["uuid"], write_block=indices[name]["write_block"]) for name in names}
    if state == "absent":
        requests = [
            # One index a request, as its name is all that is said: a list could hold a stream.
            Request("DELETE", "/%s" % in_path(name), "delete the index %s" % name)
            for name in names
        ]
        return Plan(before=before, after={}, requests=requests, result=dict(indices={}, deleted=names), parallel=4)
    after = {
        name: dict(index, write_block=index["write_block"] if write_block is None else write_block)
        for name, index in before.items()
    }
    differing = [name for name in names if before[name] != after[name]]
    return Plan(
        before=before,
        after=after,
        requests=_blocks(differing, bool(write_block), _write_indices(have)),
        result=dict(indices=after, deleted=[]),
        finish=_blocked if write_block else None,
    )


def _blocked(answers: Sequence[Mapping[str, Any]]) -> Dict[str, Any]:
    """The server answers 200 as well when it has waited in vain for a node or for a shard."""
    late = [
        index["name"]
        for answer in answers
        for index in answer.get("indices") or []
        if not index.get("blocked") or not answer.get("shards_acknowledged")
    ]
    if late or any(not answer.get("acknowledged") for answer in answers):
        raise Refusal(
            "indices: nobody knows whether all writes are blocked, as not every %s has said so in time. Look at the "
            "health of the cluster, then run this again"
            % ("shard of %s" % ", ".join(late) if late else "node of the cluster")
        )
    return {}


def parse_writes(tasks: Mapping[str, Any]) -> List[str]:
    """``GET /_tasks?actions=indices:data/write/bulk*`` → ids of the writes that are under way."""
    nodes = (tasks.get("nodes") or {}).values()
    return sorted(task for node in nodes for task in node.get("tasks") or {})


def _write_indices(have: Dict[str, Any]) -> List[str]:
    """Those to which data streams write."""
    return [stream["indices"][-1] for stream in have["data_streams"].values() if stream["indices"]]


def _blocks(names: Sequence[str], block: bool, write_indices: Sequence[str]) -> List[Request]:
    requests = []
    for some in batches([name for name in names if not block or name in write_indices]):
        purpose = "block writes to the indices" if block else "remove the write blocks of the indices"
        # For the write index of a data stream the server refuses anything but the setting.
        body = {"index.blocks.write": True if block else None}
        requests.append(Request("PUT", "/%s/_settings" % in_path(*some), purpose, body=body))
    for some in batches([name for name in names if block and name not in write_indices]):
        # Unlike the setting alone, this waits for the writes that are under way.
        requests.append(Request("PUT", "/%s/_block/write" % in_path(*some), "block writes to the indices"))
    return requests


def promotion(have: Dict[str, Any], names: Sequence[str], rollover: bool) -> Plan:
    """Data streams that were replicated become ordinary ones.

    :param rollover: whether they get a new write index, as the newest one is a follower.
    """
    streams = have["data_streams"]
    missing = [name for name in names if name not in streams]
    if missing:
        raise Refusal("data_streams: there is no data stream %s" % ", ".join(missing))
    requests = []
    for name in names:
        if streams[name]["replicated"]:
            purpose = "promote the data stream %s" % name
            requests.append(Request("POST", "/_data_stream/_promote/%s" % in_path(name), purpose))
        newest = have["indices"].get((streams[name]["indices"] or [""])[-1]) or {}
        # Also where a run was ended between the two.
        if rollover and (streams[name]["replicated"] or newest.get("leader")):
            purpose = "give the data stream %s a write index of its own" % name
            requests.append(Request("POST", "/%s/_rollover" % in_path(name), purpose))
    return Plan(
        before={name: dict(replicated=streams[name]["replicated"]) for name in names},
        after={name: dict(replicated=False) for name in names},
        requests=requests,
        result=dict(
            data_streams=list(names), promoted=[name for name in names if streams[name]["replicated"]], deleted=[]
        ),
    )


def without_data_streams(have: Dict[str, Any], names: Sequence[str], known: Dict[str, str]) -> Plan:
    """Data streams are deleted whole.

    :param known: the indices that they may have, name → UUID.
    """
    streams = {name: have["data_streams"][name] for name in names if name in have["data_streams"]}
    others = [
        index
        for stream in streams.values()
        for index in stream["indices"]
        if known.get(index) != (have["indices"].get(index) or {}).get("uuid")
    ]
    if others:
        raise Refusal(
            "indices: there are other indices in the data streams, and nothing was changed: %s. Look what they "
            "hold, and name them with their UUIDs if they are meant" % ", ".join(others)
        )
    return Plan(
        before=streams,
        after={},
        requests=[
            Request("DELETE", "/_data_stream/%s" % in_path(name), "delete the data stream %s" % name)
            for name in streams
        ],
        result=dict(data_streams=[], promoted=[], deleted=list(streams)),
    )
