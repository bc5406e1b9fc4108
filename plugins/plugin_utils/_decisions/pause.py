# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication paused for maintenance, and just that resumed. What ran is noted in the cluster itself. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/upgrading-clusters
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import time_ms
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.remote_cluster_preflight import (
    sentence,
    text_of,
    versions_of,
)

PAUSED = "crosscluster_elasticsearch_paused."
TIME = "%Y-%m-%dT%H:%M:%SZ"
# How long a leader keeps its history for a follower that does not read, when nobody has changed it.
LEASE_PERIOD = "12h"
# Where nothing but a new copy helps.
_LOST = ("history_lost", "leader_replaced")


def pause(
    aliases: Sequence[str],
    followers: Mapping[str, Mapping[str, Any]],
    patterns: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Any],
    leaders: Mapping[str, Mapping[str, Any]],
    now: str,
) -> dict[str, Any]:
    """
    :param followers: of the module ccr_follow_info, by name, as ``patterns`` of ccr_auto_follow_info.
    :param records: alias → what an earlier run has noted; nothing where there is no note.
    :param leaders: alias → indices of its cluster, of the module index_info, as far as it could be asked.
    :return: ``metadata`` to be noted first, ``patterns`` and ``followers`` to be paused, ``report``.
    """
    metadata, report = {}, []
    stopped: list[str] = []
    quiet: list[str] = []
    for alias in aliases:
        running = {
            name: dict(leader_index=found["leader_index"], parameters=found["parameters"])
            for name, found in sorted(followers.items())
            # Only check mode sees copies: a run waits until they have ended.
            if found["remote_cluster"] == alias and found["state"] in ("following", "copying")
        }
        active = sorted(
            name
            for name, found in patterns.items()
            if found["pattern"].get("remote_cluster") == alias and found["pattern"].get("active")
        )
        stopped += running
        quiet += active
        record = records.get(alias) or {}
        if running or active:
            metadata[PAUSED + alias] = dict(
                at=record.get("at") or now,
                # What was noted before stays: it is paused already, and was paused by the run before.
                followers={**(record.get("followers") or {}), **running},
                patterns=sorted({*(record.get("patterns") or []), *active}),
            )
        record = metadata.get(PAUSED + alias) or record
        if record:
            report.append(_until(alias, record, leaders.get(alias) or {}))
        else:
            report.append("%s: nothing ran, and nothing is noted." % alias)
    return dict(
        metadata=metadata,
        patterns=[dict(name=name, active=False) for name in quiet],
        followers=[dict(follower_index=name) for name in stopped],
        report=report,
    )


def resume(
    aliases: Sequence[str],
    followers: Mapping[str, Mapping[str, Any]],
    patterns: Mapping[str, Mapping[str, Any]],
    records: Mapping[str, Any],
    leaders: Mapping[str, Mapping[str, Any]],
    now: str,
    restart: bool = False,
) -> dict[str, Any]:
    """
    :param restart: whether what has stopped for good is to be paused and resumed.
    :return: ``followers`` and ``patterns`` to be resumed, ``metadata`` to be taken away last, ``report``; and
        ``stuck``, lines on followers that have stopped for good, which keep no other one from being resumed.
    """
    back, active, report, stuck = [], [], [], []
    metadata: dict[str, Any] = {}
    for alias in aliases:
        record = records.get(alias) or {}
        if not record:
            report.append("%s: nothing is noted that was paused." % alias)
            continue
        metadata[PAUSED + alias] = None
        gone = []
        for name, noted in sorted((record.get("followers") or {}).items()):
            found = followers.get(name) or {}
            same = (found.get("remote_cluster"), found.get("leader_index")) == (alias, noted["leader_index"])
            if not same:
                gone.append(name)
                continue
            if found.get("fatal") and (not restart or found["cause"] in _LOST):
                stuck.append("%s/%s: %s %s" % (alias, name, found["summary"], found["remedy"]))
                continue
            entry = dict(follower_index=name, remote_cluster=alias, leader_index=noted["leader_index"])
            if noted.get("parameters"):
                entry["parameters"] = noted["parameters"]
            back.append(entry)
        active += [name for name in record.get("patterns") or [] if (patterns.get(name) or {}).get("pattern")]
        if gone:
            report.append("%s: no longer its followers, and left alone: %s." % (alias, ", ".join(gone)))
        period = _period(record, leaders.get(alias) or {})
        if _time(now) - _time(record["at"]) > period:
            report.append(
                "%s: it was paused on %s, longer than its leaders keep their history for it (%s); a follower that "
                "can't go on has to be copied anew." % (alias, record["at"], period)
            )
    return dict(
        followers=back,
        patterns=[dict(name=name, active=True) for name in active],
        metadata=metadata,
        report=report,
        stuck=stuck,
    )


def wrong_order(
    remote_of: Mapping[str, str | None], local: Mapping[str, Any], remotes: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Why what is paused can't be resumed: a follower must not be older than its leader, down to the patch level.

    :param remote_of: alias → inventory host.
    :param local: result of the module cluster_info, as each of ``remotes`` (``item`` is the inventory host).
    """
    if local.get("cluster") is None:
        return ["The local cluster: %s" % sentence(dict(local))]
    ours = versions_of(local["cluster"])[0]
    found = []
    for result in remotes:
        if result.get("cluster") is None:
            continue
        theirs = versions_of(result["cluster"])[-1]
        if ours < theirs:
            found.append(
                "%s: the order of the upgrade is wrong: its cluster %s is on %s, and the local one, on %s, can't "
                "follow that; upgrade the local cluster, then resume."
                % (
                    ", ".join(sorted(alias for alias, remote in remote_of.items() if remote == result["item"])),
                    result["item"],
                    text_of(theirs),
                    text_of(ours),
                )
            )
    return found


def _until(alias: str, record: Mapping[str, Any], leaders: Mapping[str, Any]) -> str:
    period = _period(record, leaders)
    end = _time(record["at"]) + period
    return (
        "%s: paused since %s: %s followers, %s auto-follow patterns. Resume before %s; later, a leader may have "
        "dropped what its follower lacks. Upgrade this cluster before that of %s."
        % (
            alias,
            record["at"],
            len(record["followers"]),
            len(record["patterns"]),
            end.strftime(TIME),
            alias,
        )
    )


def _period(record: Mapping[str, Any], leaders: Mapping[str, Any]) -> timedelta:
    names = [noted["leader_index"] for noted in record["followers"].values()]
    periods = [leaders[name]["lease_period"] for name in names if name in leaders] or [LEASE_PERIOD]
    return timedelta(milliseconds=min(time_ms(period) for period in periods))


def _time(text: str) -> datetime:
    return datetime.strptime(text, TIME)
