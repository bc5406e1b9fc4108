# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes restart with another elasticsearch.yml, why, and what stands in the way. Pure; private."""

from __future__ import annotations

import os
import re
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._elasticsearch_yml import (
    YmlError,
    differing,
    edit,
    read,
)

LISTENS = "remote_cluster_server.enabled"
# A PEM file's setting, and the one of a keystore that excludes it.
EXCLUDES = {
    "key": "keystore.path",
    "certificate": "keystore.path",
    "certificate_authorities": "truststore.path",
}
# With the name of the variable for playbooks.
KEEP = dict.fromkeys(
    ("key", "certificate"), ", or keep PKCS#12 with remote_cluster_server_keystore (elasticsearch_certificate_format)"
)
# A value of such a setting is not shown.
SECRET = re.compile(r"passw|passphrase|secret|credential|token", re.IGNORECASE)


def plan(
    results: Sequence[Mapping[str, Any]],
    nodes: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    settings: Mapping[str, Any],
    files_come: bool = False,
    node_files: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """
    :param results: of the module node_files, or of node_info with these configuration_files, a node each;
        elasticsearch.yml comes first among its files.
    :param nodes: of the cluster, as cluster_info lists them.
    :param names: inventory host → the name that Elasticsearch has for it, where the inventory tells.
    :param files_come: whether files may still be missing, as in check mode when an earlier task would make them.
    :param node_files: inventory host → ``settings`` of its own, and names that are ``kept`` as its file has them.
    :return: ``restart`` (inventory host → what to do there; those that are down come first), ``left_out`` (inventory
        host that can't be reached → why), ``problems``, ``notes``.
    """
    restart: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    problems: list[str] = []
    notes: list[str] = []
    known = {node["name"]: node for node in nodes}
    for result in results:
        host = result["item"]
        if result.get("unreachable"):
            left_out[host] = str(result.get("msg") or "no reason is given")
            continue
        found = of_node(result, known, names.get(host) or "", own(settings, (node_files or {}).get(host)), files_come)
        problems += ["%s: %s" % (host, problem) for problem in found["problems"]]
        if found["reasons"]:
            restart[host] = found
    if len(nodes) > len(results):
        notes.append(
            "The cluster has %d nodes (%s), and this run deals with %d; the others stay as they are."
            % (len(nodes), ", ".join(sorted(known)), len(results))
        )
    # To start one that is down can only help, and the cluster may not be healthy before.
    restart = dict(sorted(restart.items(), key=lambda entry: not entry[1]["down"]))
    return dict(restart=restart, left_out=left_out, problems=problems, notes=notes)


def own(settings: Mapping[str, Any], node: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What holds for one node."""
    if node is None:
        return settings
    told = {**settings, **node["settings"]}
    return {name: value for name, value in told.items() if name not in node["kept"]}


def of_node(
    result: Mapping[str, Any], known: Mapping[str, Any], name: str, settings: Mapping[str, Any], files_come: bool
) -> dict[str, Any]:
    found: dict[str, Any] = dict(node=None, down=False, text="", log="", reasons=[], problems=[])
    read_of = of_node_info(result["node_info"]) if result.get("node_info") else result
    if not read_of.get("files"):
        found["problems"].append(str(result.get("msg") or "this node can't be read"))
        return found
    yml = read_of["files"][0]
    if yml["content"] is None:
        why = yml["error"] or "there is none"
        found["problems"].append("elasticsearch.yml can't be read in %s: %s." % (read_of["path_conf"], why))
        return found
    try:
        have = read(yml["content"])
        names = differing(yml["content"], dict(settings))
        found["text"] = edit(yml["content"], dict(settings))
    except YmlError as error:
        found["problems"].append(str(error))
        return found
    found["node"] = name_of(result["item"], known, name, have)
    found["down"] = not read_of["running"] and found["node"] not in known
    found["log"] = os.path.join(str(have.get("path.logs") or ""), "%s.log" % have.get("cluster.name", "elasticsearch"))
    found["problems"] += excluded(read(found["text"]), settings)
    # Looked at are the files of all nodes alike; this one may have others.
    named = [str(path) for value in settings.values() for path in (value if isinstance(value, list) else [value])]
    for file in [file for file in read_of["files"][1:] if file["path"] in named]:
        found["problems"] += file_problems(file, files_come)
    found["reasons"] += ["%s: %s" % (key, shown(key, have.get(key), settings[key])) for key in names]
    if yml["pending"]:
        found["reasons"].append("an earlier run has changed elasticsearch.yml and was interrupted")
    elif not names and is_deaf(known.get(found["node"]), settings):
        found["reasons"].append("elasticsearch.yml is as it should be, but the node was started without it")
    return found


def of_node_info(info: Mapping[str, Any]) -> Mapping[str, Any]:
    """As node_files would have told it."""
    return dict(files=info["configuration_files"], path_conf=info["paths"]["config"], running=info["running"])


def is_deaf(node: Mapping[str, Any] | None, settings: Mapping[str, Any]) -> bool:
    """Whether a node that runs should listen and does not."""
    return bool(settings.get(LISTENS)) and node is not None and not node["remote_cluster_server_address"]


def name_of(host: str, known: Mapping[str, Any], name: str, have: Mapping[str, Any]) -> str | None:
    """Elasticsearch's name of the node; None where only the node itself can tell."""
    configured = str(have.get("node.name") or "")
    if name or (configured and "${" not in configured):
        return name or configured
    return next((guess for guess in (host, host.partition(".")[0]) if guess in known), None)


def shown(key: str, before: Any, after: Any) -> str:
    if SECRET.search(key):
        return "another value"
    if after is None:
        return "taken out"
    return "set to %s" % _text(after) if before is None else "%s becomes %s" % (_text(before), _text(after))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "[%s]" % ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def excluded(have: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """What Elasticsearch would refuse to start with."""
    problems = []
    for key in sorted(settings):
        prefix, dot, last = key.rpartition(".ssl.")
        other = "%s%s%s" % (prefix, dot, EXCLUDES.get(last, ""))
        if dot and last in EXCLUDES and settings[key] is not None and other in have:
            problems.append(
                "elasticsearch.yml has %s, which excludes %s; take it out with remote_cluster_server_settings: "
                "{%s: null}%s." % (other, key, other, KEEP.get(last, ""))
            )
    return problems


def file_problems(file: Mapping[str, Any], may_come: bool) -> list[str]:
    path = file["path"]
    if file["error"]:
        return ["%s can't be read: %s." % (path, file["error"])]
    if not file["exists"]:
        return [] if may_come else ["%s is missing, and the node would not start without it; put it there." % path]
    if file["readable"] is False:
        return [
            "%s (%s:%s, %s) can't be read by the account that Elasticsearch runs as; give it the group of "
            "elasticsearch.yml." % (path, file["owner"], file["group"], file["mode"])
        ]
    if file["matches"] is False:
        return ["the private key %s does not belong to its certificate; put both there again." % path]
    return []
