# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes restart with another elasticsearch.yml, why, and what stands in the way. Pure; private."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._cluster_nodes import find_node
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.voting import missing
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import listener_settings as listener
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import restart as restarting
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.elasticsearch_yml import (
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
VARIABLES = {
    listener.CLIENT_AUTHORITIES: "remote_cluster_server_client_certificate_authorities",
    listener.SERVER + "certificate_authorities": "remote_cluster_server_certificate_authorities",
}
# A value of such a setting is not shown.
SECRET = re.compile(r"passw|passphrase|secret|credential|token", re.IGNORECASE)


def plan(
    results: Sequence[Mapping[str, Any]],
    nodes: Sequence[Mapping[str, Any]],
    names: Mapping[str, str],
    settings: Mapping[str, Any],
    files_come: bool = False,
    node_files: Mapping[str, Mapping[str, Any]] | None = None,
    authorities: Mapping[str, Sequence[str]] | None = None,
    public: str = "",
    declared: Mapping[str, Any] | None = None,
    aliases: Mapping[str, str] | None = None,
    looks: Sequence[Mapping[str, Any]] | None = None,
    services: Mapping[str, Mapping[str, Any]] | None = None,
    voting: Mapping[str, Any] | None = None,
    ports: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    :param results: of the module node_files, or of node_info with these configuration_files, a node each;
        elasticsearch.yml comes first among its files.
    :param nodes: of the cluster, as cluster_info lists them.
    :param names: inventory host → the name that Elasticsearch has for it, where the inventory tells.
    :param files_come: whether files may still be missing or not belong together, as in check mode when an earlier task
        would make them.
    :param node_files: inventory host → ``settings`` of its own, and names that are ``kept`` as its file has them.
    :param authorities: setting → files that it has to name beside those that it names.
    :param public: the file with the public authorities among these, if any.
    :param declared: what the filter expand_remote_clusters returned.
    :param aliases: that the cluster has, each with its security model, as cluster_info tells them.
    :param looks: of the module node_service, for each node that would restart; None: nobody has looked yet.
    :param services: ``service``, ``command`` and ``password`` (whether there is one), each by inventory host.
    :param voting: as cluster_health tells it.
    :param ports: inventory host → the port of its own to listen at, where it has one.
    :return: ``restart`` (inventory host → what to do there; those that are down come first), ``left_out`` (inventory
        host that can't be reached → why), ``problems``, ``notes``.
    """
    restart: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    # Inventory host, and what stands in its way.
    of_nodes: list[tuple[str, str]] = []
    notes: list[str] = []
    known = {node["name"]: node for node in nodes}
    unknown_authority = listener.of_unknown_authority(declared or {}, aliases or {})
    losing: dict[str, list[str]] = {}
    # Machine, address and port → the inventory hosts that would listen there.
    places: dict[tuple[Any, ...], list[str]] = {}
    # Inventory host → its name in the cluster, where it is in it.
    present: dict[str, str | None] = {}
    for result in results:
        host = result["item"]
        if result.get("unreachable"):
            left_out[host] = str(result.get("msg") or "no reason is given")
            present[host] = name_of(host, known, names.get(host) or "", {})
            continue
        node = (node_files or {}).get(host)
        port = (ports or {}).get(host)
        if port and not re.fullmatch("[0-9]{1,5}", str(port)):
            of_nodes.append((host, "elasticsearch_remote_cluster_port is %s; write a port, such as 9444." % port))
            port = None
        own = listener.own(settings, node, port)
        added = {name: files for name, files in (authorities or {}).items() if name not in (node or {}).get("kept", ())}
        found = of_node(result, known, names.get(host) or "", own, added, files_come)
        place = found.pop("place")
        for machine in machines_of(result, host, looks or []):
            if place:
                places.setdefault((machine, *place), []).append(host)
        lost = listener.lost_trust(found.pop("wanted"), found["have"], public, unknown_authority)
        if lost:
            losing[host] = lost
        present[host] = found["node"]
        of_nodes += [(host, problem) for problem in found["problems"]]
        if found["reasons"]:
            restart[host] = found
            command = ((services or {}).get("command") or {}).get(host)
            may_not = restarting.account_problems(result.get("node_info") or {}, str(command or ""))
            of_nodes += [(host, problem) for problem in may_not if looks is None]
    for look in looks or []:
        host = look["item"]
        service = {kind: values.get(host) for kind, values in (services or {}).items()}
        if look.get("unreachable"):
            left_out[host] = str(look.get("msg") or "no reason is given")
            del restart[host]
        elif not look.get("node_service"):
            of_nodes.append((host, look.get("msg") or "nobody can tell how it runs"))
        else:
            in_the_way = restart_problems(restart[host], look["node_service"], nodes, known, service)
            of_nodes += [(host, problem) for problem in in_the_way]
            present[host] = restart[host]["node"]
    of_nodes += sharing(places)
    away = not_in_cluster(present, known)
    if looks is not None and voting:
        starting = [host for host, found in restart.items() if found["down"]]
        of_nodes += keep_master(restart, voting, [host for host in away if host not in starting], notes)
    problems = together(of_nodes) + ([trust_problem(losing)] if losing else [])
    if away:
        notes.append("Not in the cluster: %s." % ", ".join(away))
    if len(nodes) > len(results):
        notes.append(
            "The cluster has %d nodes (%s), and this run deals with %d; the others stay as they are."
            % (len(nodes), ", ".join(sorted(known)), len(results))
        )
    # To start one that is down can only help, and the cluster may not be healthy before.
    restart = dict(sorted(restart.items(), key=lambda entry: not entry[1]["down"]))
    for found in restart.values():
        del found["have"], found["problems"]
    return dict(restart=restart, left_out=left_out, problems=problems, notes=notes)


def of_node(
    result: Mapping[str, Any],
    known: Mapping[str, Any],
    name: str,
    settings: Mapping[str, Any],
    authorities: Mapping[str, Sequence[str]],
    files_come: bool,
) -> dict[str, Any]:
    found: dict[str, Any] = dict(node=None, down=False, text="", log="", reasons=[], problems=[], wanted={}, have={})
    found.update(masters=0, passphrase=False, place=None)
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
        wanted = listener.of_node(settings, authorities, have, read_of["path_conf"])
        names = differing(yml["content"], wanted)
        found["text"] = edit(yml["content"], wanted)
    except YmlError as error:
        found["problems"].append(str(error))
        return found
    found.update(have=have, wanted=wanted, node=name_of(result["item"], known, name, have))
    found["log"] = posixpath.join(
        str(have.get("path.logs") or ""), "%s.log" % have.get("cluster.name", "elasticsearch")
    )
    after = read(found["text"])
    found["place"] = listener.place(after)
    found["problems"] += excluded(after, wanted)
    for file in read_of["files"][1:]:
        if listener.used(file["path"], after):
            found["problems"] += file_problems(file, files_come)
    found["reasons"] += ["%s: %s" % (key, shown(key, have.get(key), wanted[key])) for key in names]
    if yml["pending"]:
        found["reasons"].append("an earlier run has changed elasticsearch.yml and was interrupted")
    elif not names and is_deaf(known.get(found["node"]), settings):
        found["reasons"].append("elasticsearch.yml is as it should be, but the node was started without it")
    return found


def machines_of(result: Mapping[str, Any], host: str, looks: Sequence[Mapping[str, Any]]) -> set[Any]:
    """What tells machines apart, where somebody has read it; cloned ones have the same name."""
    infos = [result.get("node_info"), *(look.get("node_service") for look in looks if look["item"] == host)]
    return {(info["hostname"], *info["addresses"]) for info in infos if info and info.get("addresses")}


def sharing(places: Mapping[tuple[Any, ...], Sequence[str]]) -> list[tuple[str, str]]:
    """Of nodes on one machine only the first one would start."""
    found: dict[tuple[str, str], None] = {}
    for (*_address, port), hosts in places.items():
        for host in hosts if len(hosts) > 1 else []:
            problem = (
                "on one machine, they would all listen for remote clusters at port %s; set "
                "elasticsearch_remote_cluster_port of each to another one." % port
            )
            found[host, problem] = None
    return list(found)


def restart_problems(
    found: dict[str, Any],
    info: Mapping[str, Any],
    nodes: Sequence[Mapping[str, Any]],
    known: Mapping[str, Any],
    service: Mapping[str, Any],
) -> list[str]:
    """What stands in the way of its restart; tells of the node whether it is down."""
    unit, command = str(service.get("service") or "elasticsearch"), str(service.get("command") or "")
    if found["node"] is None:
        here = find_node(nodes, None, None, info["hostname"], info["addresses"])
        found["node"] = here["name"] if here else None
    presence = restarting.presence(info, found["have"], found["node"] in known, command)
    if found["node"] is None and presence.down:
        # As Elasticsearch itself names it.
        name = str(found["have"].get("node.name") or info["hostname"])
        found["node"] = name.replace("${HOSTNAME}", info["hostname"])
    found["down"] = presence.down
    found["passphrase"] = bool(info["keystore"]["protected"] and not info["passphrase_file"])
    problems = [presence.problem] if presence.problem else []
    if found["node"] is None:
        problems.append(
            "nobody can tell its name; set elasticsearch_node_name to one of %s." % ", ".join(sorted(known))
        )
    if not presence.problem:
        problems += restarting.service_problems(info, unit, command, presence.down)
    problems += restarting.account_problems(info, command)
    return problems + restarting.passphrase_problems(info, unit, command, bool(service.get("password")))


def keep_master(
    restart: Mapping[str, dict[str, Any]], voting: Mapping[str, Any], away: Sequence[str], notes: list[str]
) -> list[tuple[str, str]]:
    """What keeps nodes from being restarted for the sake of the others; tells of each what it costs."""
    starting = sum(1 for found in restart.values() if found["down"] and can_be_master(found["have"]))
    coming = min(starting, len(missing(voting))) if voting["configurations"] else 0
    problems = []
    for host, found in restart.items():
        if found["down"] or found["node"] is None:
            continue
        masters = restarting.masters(voting, found["node"], away, coming)
        found["masters"] = masters.eligible
        problems += [(host, masters.problem)] if masters.problem else []
        if masters.note:
            notes.append("%s: %s" % (host, masters.note))
    return problems


def together(problems: Sequence[tuple[str, str]]) -> list[str]:
    """What several nodes share is said once."""
    texts = dict.fromkeys(problem for _host, problem in problems)
    return ["%s: %s" % (", ".join(host for host, other in problems if other == text), text) for text in texts]


def can_be_master(have: Mapping[str, Any]) -> bool:
    return "node.roles" not in have or "master" in listener.as_list(have["node.roles"])


def not_in_cluster(present: Mapping[str, str | None], known: Mapping[str, Any]) -> list[str]:
    """Inventory hosts; one whose name nobody knows may be any node of the cluster that no other one is."""
    named = [name for name in present.values() if name in known]
    unnamed = [host for host, name in present.items() if name is None]
    others = len(known) - len(named)
    return [host for host, name in present.items() if name is not None and name not in known] + (
        unnamed if others < len(unnamed) else []
    )


def trust_problem(losing: Mapping[str, Sequence[str]]) -> str:
    aliases = sorted({alias for lost in losing.values() for alias in lost})
    return (
        "%s: elasticsearch.yml has no %s, so that the node trusts public authorities; with those of this run alone it "
        "would not trust any more what these aliases lead to: %s. Give ca of each in elasticsearch_remote_clusters, or "
        "put a PEM file with the public authorities below the directory of each elasticsearch.yml, and name it in "
        "elasticsearch_public_authorities." % (", ".join(losing), listener.CLIENT_AUTHORITIES, ", ".join(aliases))
    )


def of_node_info(info: Mapping[str, Any]) -> Mapping[str, Any]:
    """As node_files would have told it."""
    return dict(files=info["configuration_files"], path_conf=info["paths"]["config"])


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
                "elasticsearch.yml has %s, which excludes %s; %s." % (other, key, remedy_of(key, other, last))
            )
    return problems


def remedy_of(key: str, other: str, last: str) -> str:
    """What is in a truststore is trusted now, and would not be afterwards."""
    if last == "certificate_authorities":
        return (
            "add the authorities to that truststore and set %s: []; or write what it holds to a PEM file beside "
            "elasticsearch.yml, and name that and the others in elasticsearch_settings: {%s: [...], %s: null}"
            % (VARIABLES.get(key, key), key, other)
        )
    return "take it out with elasticsearch_settings: {%s: null}%s" % (other, KEEP.get(last, ""))


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
    if file["matches"] is False and not may_come:
        return ["the private key %s does not belong to its certificate; put both there again." % path]
    return []
