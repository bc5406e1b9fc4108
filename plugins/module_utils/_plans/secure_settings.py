# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reloading secure settings: one request, and an answer of each node to be read. Pure. Private to this collection.

Source: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-nodes-reload-secure-settings
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal, Request, in_path


def reload(nodes: Optional[List[str]] = None, password: Optional[str] = None) -> Request:
    names = "/" + in_path(*nodes) if nodes else ""
    body = {"secure_settings_password": password} if password else None
    return Request("POST", "/_nodes%s/reload_secure_settings" % names, "reload the secure settings", body=body)


def reloaded(answer: Dict[str, Any]) -> List[str]:
    """Names of the nodes that have reloaded; the status is 200 even where some, or all, have failed."""
    failed = []
    for node in (answer.get("nodes") or {}).values():
        if node.get("reload_exception"):
            failed.append("%s (%s)" % (node["name"], node["reload_exception"].get("reason", "no reason given")))
    lost = (answer.get("_nodes") or {}).get("failed", 0)
    if lost:
        failed.append("%d of them gave no answer" % lost)
    if failed:
        raise Refusal(
            "These nodes did not reload their secure settings: %s. Look at the names in the keystore of each "
            "(elasticsearch-keystore list) and at its password, then reload again." % "; ".join(sorted(failed))
        )
    return fitting(sorted(node["name"] for node in (answer.get("nodes") or {}).values()))


def keystores(answer: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
    """What nodes tell of the keystore that they have read, from Elasticsearch 9.3 on: node → path, digest (SHA-256)."""
    found = {}
    for node in (answer.get("nodes") or {}).values():
        path, digest = node.get("keystore_path"), node.get("keystore_digest")
        if path or digest:
            found[node["name"]] = dict(path=path, digest=str(digest).lower() if digest else None)
    return found


def fitting(names: List[str]) -> List[str]:
    if not names:
        raise Refusal("No node reloads its secure settings: none fits the option nodes. Correct the names there.")
    return names
