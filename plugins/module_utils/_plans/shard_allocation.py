# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shard allocation held back while a node restarts, and as it was before. Pure. Private to this collection.

Source: https://www.elastic.co/docs/deploy-manage/maintenance/start-stop-services/full-cluster-restart-rolling-restart-procedures
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Plan, Request

SETTING = "cluster.routing.allocation.enable"
# What was set before, so that a run which was killed in between does not leave the cluster restricted.
MARK = "cluster.metadata.crosscluster_elasticsearch_allocation_before"
DEFAULT = "all"
# Replicas stay where they are, as the node that holds them comes back.
RESTRICTED = "primaries"
# As narrow already, whoever has set it.
NARROW = (RESTRICTED, "none")


def parse(answer: Dict[str, Any]) -> Dict[str, Optional[str]]:
    """``GET _cluster/settings?flat_settings=true`` → the persistent setting, and what it was before."""
    persistent = answer.get("persistent") or {}
    return dict(enable=persistent.get(SETTING), before=persistent.get(MARK))


def plan(have: Dict[str, Optional[str]], state: str) -> Plan:
    """
    :param state: ``restricted`` or ``restored``.
    """
    enable, before = have["enable"], have["before"]
    wanted: Optional[Dict[str, Optional[str]]] = None
    # A mark beside another value: what a killed run had set, somebody has changed since, and that is to come back.
    if state == "restricted" and enable not in NARROW:
        wanted = {SETTING: RESTRICTED, MARK: enable or DEFAULT}
    elif state == "restored" and before:
        # Somebody else may have set it meanwhile.
        own = enable == RESTRICTED
        wanted = {**({SETTING: None if before == DEFAULT else before} if own else {}), MARK: None}
    after = enable if wanted is None else wanted.get(SETTING, enable)
    request = Request("PUT", "/_cluster/settings", "set which shards may be allocated", body={"persistent": wanted})
    return Plan(
        before={"enable": enable or DEFAULT},
        after={"enable": after or DEFAULT},
        requests=[request] if wanted else [],
        result=dict(enable=after or DEFAULT),
    )
