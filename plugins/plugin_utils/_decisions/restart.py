# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a node may be restarted, and would come back. Pure; private."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import voting as votes

PORTS = {"http.port": 9200, "transport.port": 9300}


class Presence(NamedTuple):
    """
    :param down: whether it surely is: nothing of it runs, listens, or is in the cluster.
    :param problem: why nobody can tell, a sentence.
    """

    down: bool
    problem: str = ""


def presence(info: Mapping[str, Any], have: Mapping[str, Any], in_cluster: bool, command: str) -> Presence:
    """
    :param info: ``node_service`` of the module of that name.
    :param have: flat settings of its elasticsearch.yml.
    :param command: with which it is restarted instead of a service.
    """
    own = [server for server in info["servers"] if server["own"]]
    if own or (in_cluster and command):
        return Presence(down=False)
    others = ["%d of %s" % (server["pid"], server["path_conf"] or server["home"]) for server in info["servers"]]
    known = "the servers on this machine are %s" % ", ".join(others) if others else "no server runs on this machine"
    remedy = "set elasticsearch_home and elasticsearch_path_conf of this node"
    if in_cluster:
        return Presence(False, "it is in the cluster, and its process is not found; %s; %s." % (known, remedy))
    # Of a process without it nobody knows whose it is; one with another one is another node's.
    unclear = [server for server in info["servers"] if not server["path_conf"]]
    open_ports = [
        port for name, port in PORTS.items() for port in [_port(have.get(name), port)] if port in info["ports"]
    ]
    if unclear or (others and not _has_ports(have)):
        return Presence(
            False, "it is not in the cluster, and nobody can tell whether it runs: %s; %s." % (known, remedy)
        )
    if open_ports:
        return Presence(
            False,
            "it is not in the cluster and has no process, but something listens at port %s; stop that, or %s."
            % (" and ".join(map(str, open_ports)), remedy),
        )
    return Presence(down=True)


def _has_ports(have: Mapping[str, Any]) -> bool:
    return all(have.get(name) for name in PORTS)


def _port(value: Any, default: int) -> int:
    """Of a range the first one."""
    first = str(value or default).partition("-")[0].strip()
    return int(first) if first.isdigit() else default


def service_problems(info: Mapping[str, Any], service: str, command: str, down: bool) -> list[str]:
    """A unit that is another node's, or none, is neither started nor restarted."""
    unit = info["service"]
    if command or unit is None:
        return []
    if not unit["loaded"]:
        found = ", ".join(sorted({str(s["unit"]) for s in info["servers"] if s["unit"]})) or "none that runs"
        return [
            "systemd has no unit %s; set elasticsearch_service of this node (units of Elasticsearch here: %s)."
            % (service, found)
        ]
    if down and unit.get("other_path_conf"):
        return [
            "%s runs with the directory %s, which is not the one that was read; set elasticsearch_path_conf of this "
            "node to it." % (unit["unit"], unit["other_path_conf"])
        ]
    own = [server for server in info["servers"] if server["own"]]
    if not down and unit["unit"] not in [server["unit"] for server in own]:
        return (
            [
                "its process %s belongs to %s, not to %s; set elasticsearch_service of this node, or "
                "elasticsearch_restart_command." % (own[0]["pid"], own[0]["unit"] or "no unit", unit["unit"])
            ]
            if own
            else []
        )
    others = [server for server in info["servers"] if not server["own"] and server["unit"] == unit["unit"]]
    if others:
        return [
            "%s runs the process %s of %s, which is another node's; set elasticsearch_service of this node."
            % (unit["unit"], others[0]["pid"], others[0]["path_conf"] or others[0]["home"])
        ]
    return []


def passphrase_problems(info: Mapping[str, Any], service: str, command: str, password: bool) -> list[str]:
    """Elasticsearch does not start with a keystore that it can't open, and has nobody to ask."""
    keystore = info["keystore"]
    if keystore["error"]:
        return ["its keystore can't be opened for the restart: %s" % keystore["error"]]
    if not keystore["protected"] or info["passphrase_file"]:
        return []
    start = "its keystore has a password, without which the node would not start again"
    instead = "give it in a file that the service names in ES_KEYSTORE_PASSPHRASE_FILE at each start"
    if command:
        return [
            "%s, and elasticsearch_restart_command is not given it; %s, or set elasticsearch_service instead."
            % (start, instead)
        ]
    if info["service"] is None:
        return ["%s, and it is not run by systemd; restart it by hand." % start]
    if not info["service"]["reads_passphrase"]:
        return [
            "%s, and %s does not start it by bin/systemd-entrypoint of the packages, which reads "
            "ES_KEYSTORE_PASSPHRASE_FILE; let its unit do that, or restart it by hand." % (start, service)
        ]
    return [] if password else ["%s; set elasticsearch_keystore_password of this node, or %s." % (start, instead)]


def account_problems(info: Mapping[str, Any], command: str) -> list[str]:
    """
    :param info: of the modules node_service or node_info.
    """
    account = info.get("account")
    if account in (None, "root"):
        return []
    if info.get("write_error"):
        return [str(info["write_error"])]
    if command:
        return []
    return [
        "it has to be restarted, which the account %s may not; become root, or set elasticsearch_restart_command of "
        "this node to what that account may run." % account
    ]


class Masters(NamedTuple):
    """
    :param problem: why the node must not be restarted.
    :param note: what the restart costs all the same.
    :param eligible: how many master-eligible nodes the cluster has that may not do without it.
    """

    problem: str = ""
    note: str = ""
    eligible: int = 0


def masters(voting: Mapping[str, Any], node: str, away: Sequence[str], coming: int = 0) -> Masters:
    """
    :param node: its name in the cluster.
    :param away: inventory hosts that are not in the cluster, and will not be.
    :param coming: how many of those that vote are started before.
    """
    loss = votes.loss(voting, node, coming)
    # The vote of a small cluster may move with each restart.
    small = not away and votes.unavoidable(voting, node, coming)
    eligible = len(voting["masters"]) + coming if small else 0
    if loss is None:
        return Masters(eligible=eligible)
    if small:
        note = "the cluster has no master while %s restarts, because it has too few master-eligible nodes." % node
        return Masters(note=note, eligible=eligible)
    who = " Not in the cluster: %s." % ", ".join(away) if away else ""
    return Masters(
        "it can't be restarted, as the cluster would have no master then: %s.%s Bring back what is away, or, if it is "
        "gone for good, exclude it from voting (POST _cluster/voting_config_exclusions), and run again." % (loss, who)
    )


def outcome(put_back: Mapping[str, Any], restarted: bool, not_back: str = "") -> str:
    """How a node is left that could not be restarted with its new settings.

    :param put_back: what node_files answered that had to put its old elasticsearch.yml back.
    :param restarted: whether its restart had begun.
    :param not_back: why it is not back after it was restarted with its old file.
    """
    if put_back.get("files") is None:
        why = put_back.get("msg") or "no reason is given"
        left = " It may not run." if restarted else " It was not restarted."
        return "Its old elasticsearch.yml could not be put back: %s%s" % (why, left)
    if not put_back.get("changed"):
        if not restarted:
            return "Its elasticsearch.yml is as it was, and it was not restarted."
        return "There is no older elasticsearch.yml to put back; it was restarted with the one that it has."
    if not restarted:
        return "Its old elasticsearch.yml is back, and it was not restarted."
    if not_back:
        return (
            "Its old elasticsearch.yml is back, and it was restarted with it, but the node is not back: %s" % not_back
        )
    return "Its old elasticsearch.yml is back, it was restarted with it, and it is in the cluster again."
