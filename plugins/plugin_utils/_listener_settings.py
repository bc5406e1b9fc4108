# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the listener and its clients are set to on one node, given what its elasticsearch.yml has. Pure; private.

Whom a node trusts already, it trusts afterwards: authorities are added, never replaced.
"""

from __future__ import annotations

import os
from typing import Any, Mapping, Sequence

SERVER = "xpack.security.remote_cluster_server.ssl."
CLIENT = "xpack.security.remote_cluster_client.ssl."
CLIENT_AUTHORITIES = CLIENT + "certificate_authorities"
_PAIR = (SERVER + "key", SERVER + "certificate")


def of_node(
    settings: Mapping[str, Any],
    authorities: Mapping[str, Sequence[str]],
    have: Mapping[str, Any],
    path_conf: str,
    there: Sequence[str] = (),
    files_come: bool = False,
) -> dict[str, Any]:
    """
    :param settings: what every node is set to.
    :param authorities: setting → files that it has to name as well.
    :param have: flat settings of the node's elasticsearch.yml.
    :param there: files that the node has, as the settings name them.
    :param files_come: whether earlier tasks of the run make the files: they write where a node's settings point to
        already, so that others of this name may never come.
    """
    wanted = dict(settings)
    if files_come and all(have.get(name) for name in _PAIR) and not all(wanted.get(name) in there for name in _PAIR):
        wanted = {name: value for name, value in wanted.items() if name not in _PAIR}
    for name, files in authorities.items():
        # Told for itself, it is told whole.
        if name in settings or not files:
            continue
        listed = as_list(have.get(name))
        seen = {real(path_conf, file) for file in listed}
        new = [file for file in files if real(path_conf, file) not in seen]
        if files_come and listed:
            new = [file for file in new if file in there]
        if new or not listed:
            wanted[name] = listed + new
    return wanted


def lost_trust(wanted: Mapping[str, Any], have: Mapping[str, Any], public: str, aliases: Sequence[str]) -> list[str]:
    """Aliases whose certificates the node would not trust any more.

    :param public: the file with the public authorities that it is to trust as well, if any.
    :param aliases: those whose authority nobody has told.
    """
    if not wanted.get(CLIENT_AUTHORITIES) or public or have.get(CLIENT_AUTHORITIES):
        return []
    return [] if str(have.get(CLIENT + "verification_mode", "full")).lower() == "none" else list(aliases)


def of_unknown_authority(declared: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Aliases with API keys that are reached with what Java trusts, as far as anybody knows.

    :param declared: as the filter expand_remote_clusters returns it.
    :param found: the aliases that the cluster has, as cluster_info tells them.
    """
    remotes = declared.get("remotes") or {}
    entries = {entry["alias"]: entry for entry in declared.get("remote_clusters") or []}
    unknown = []
    for alias, entry in entries.items():
        # What the nodes of a cluster show is what the certificate files are for; a managed one shows its provider's.
        own = bool((remotes.get(entry["cluster"]) or {}).get("nodes"))
        if entry["security_model"] == "api_key" and not entry.get("ca") and not own:
            unknown.append("%s (declared without ca)" % alias)
    for alias, remote in found.items():
        if alias not in entries and remote["has_credential"]:
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
    return os.path.normpath(os.path.join(path_conf, file))
