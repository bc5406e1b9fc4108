# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes as their cluster describes them: their addresses, and which of them a machine's is. Pure. Private."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Mapping, Optional, Sequence, Set


def ips(node: Mapping[str, Any]) -> Set[str]:
    """A node's addresses, as far as the cluster tells them."""
    http = str(node.get("http_address") or "").rpartition(":")[0].strip("[]")
    # With a publish host by name the address reads host/ip:port.
    return {str(ip) for ip in (node.get("ip"), node.get("host"), http.rpartition("/")[2]) if ip}


def find_node(
    nodes: Sequence[Mapping[str, Any]],
    asked_name: Optional[str],
    configured_name: Any,
    hostname: str,
    addresses: Iterable[str],
) -> Optional[Dict[str, Any]]:
    """Which node of the cluster this machine's is, and what told so."""
    names = [("node_name", asked_name)] if asked_name else [("node.name", configured_name), ("hostname", hostname)]
    for found_by, name in names:
        for entry in nodes:
            if name and entry["name"] == name:
                return described_node(entry, found_by, addresses)
    if asked_name:
        return None
    here = [entry for entry in nodes if ips(entry) & set(addresses)]
    return described_node(here[0], "address", addresses) if len(here) == 1 else None


def described_node(entry: Mapping[str, Any], found_by: str, addresses: Iterable[str]) -> Dict[str, Any]:
    return {
        "name": entry["name"],
        "id": entry.get("id"),
        "found_by": found_by,
        "address_is_local": bool(ips(entry) & set(addresses)),
    }
