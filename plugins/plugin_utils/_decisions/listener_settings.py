# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the listener and its clients are set to on one node, given what its elasticsearch.yml has. Pure; private.

Whom a node trusts already, it trusts afterwards: authorities are added, never replaced.
"""

from __future__ import annotations

import posixpath
from typing import Any, Mapping, Sequence

SERVER = "xpack.security.remote_cluster_server.ssl."
CLIENT = "xpack.security.remote_cluster_client.ssl."
PORT = "remote_cluster.port"
CLIENT_AUTHORITIES = CLIENT + "certificate_authorities"


def own(settings: Mapping[str, Any], node: Mapping[str, Any] | None, port: Any = None) -> Mapping[str, Any]:
    """What holds for one node.

    :param port: the one to listen at that is told for this node alone, if any.
    """
    if port and PORT in settings:
        settings = {**settings, PORT: int(port)}
    if node is None:
        return settings
    told = {**settings, **node["settings"]}
    return {name: value for name, value in told.items() if name not in node["kept"]}


def of_node(
    settings: Mapping[str, Any],
    authorities: Mapping[str, Sequence[str]],
    have: Mapping[str, Any],
    path_conf: str,
) -> dict[str, Any]:
    """
    :param settings: what the node is set to.
    :param authorities: setting → files that it has to name as well.
    :param have: flat settings of the node's elasticsearch.yml.
    """
    wanted = dict(settings)
    for name, files in authorities.items():
        # Told for itself, it is told whole.
        if name in settings or not files:
            continue
        listed = as_list(have.get(name))
        seen = {real(path_conf, file) for file in listed}
        new = [file for file in files if real(path_conf, file) not in seen]
        if new:
            wanted[name] = listed + new
    return wanted


def place(have: Mapping[str, Any]) -> tuple[str, str] | None:
    """Addresses, as the file has them, and port at which a node with these settings listens; None if it does not."""
    if str(have.get("remote_cluster_server.enabled", "")).lower() != "true":
        return None
    names = ("remote_cluster.bind_host", "remote_cluster.host", "network.bind_host", "network.host")
    bound = next((have[name] for name in names if have.get(name)), "")
    return ",".join(sorted(as_list(bound))), str(have.get(PORT) or 9443)


def lost_trust(wanted: Mapping[str, Any], have: Mapping[str, Any], public: str, aliases: Sequence[str]) -> list[str]:
    """Aliases whose certificates the node would not trust any more.

    :param public: the file with the public authorities that it is to trust as well, if any.
    :param aliases: those whose authority nobody has told.
    """
    if not wanted.get(CLIENT_AUTHORITIES) or public or have.get(CLIENT_AUTHORITIES):
        return []
    return [] if str(have.get(CLIENT + "verification_mode", "full")).lower() == "none" else list(aliases)


def of_unknown_authority(declared: Mapping[str, Any], found: Mapping[str, str]) -> list[str]:
    """Aliases with API keys that are reached with what Java trusts, as far as anybody knows.

    :param declared: as the filter expand_remote_clusters returns it.
    :param found: alias that the cluster has → its security model.
    """
    remotes = declared.get("remotes") or {}
    entries = {entry["alias"]: entry for entry in declared.get("remote_clusters") or []}
    unknown = []
    for alias, entry in entries.items():
        # What the nodes of a cluster show is what the certificate files are for; a managed one shows its provider's.
        own = bool((remotes.get(entry["cluster"]) or {}).get("nodes"))
        if entry["security_model"] == "api_key" and not entry.get("ca") and not own:
            unknown.append("%s (declared without ca)" % alias)
    for alias, model in found.items():
        if alias not in entries and model == "api_key":
            unknown.append("%s (the cluster has it, the inventory does not)" % alias)
    return sorted(unknown)


def used(file: str, settings: Mapping[str, Any]) -> bool:
    return any(file in as_list(value) for name, value in settings.items() if ".ssl." in name)


def as_list(value: Any) -> list[str]:
    """Elasticsearch takes a text with commas for a list."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return [item.strip() for item in str(value or "").split(",") if item.strip()]


def real(path_conf: str, file: str) -> str:
    return posixpath.normpath(posixpath.join(path_conf, file))
