# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Elasticsearch servers that run on this machine, and which files they use. Standard library only. Private.

What a package or an inventory says of directories may be out of date; the running process can't be.
"""

from __future__ import annotations

import os
import socket
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._cluster_nodes import ips
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import settings as node_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
    is_archive,
    locate,
)

_SERVER_CLASS = b"org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"
# A state of a socket.
_LISTENING = "0A"
_VARIABLES = "elasticsearch_path_conf, elasticsearch_home or elasticsearch_node_name"


class Server(NamedTuple):
    """A running server.

    :param own_pid: its number as it knows it itself, and tells it by the API; another one in a container.
    :param path_conf: None where this account may not see it, or nothing tells it.
    :param java_home: None for the JDK that comes with Elasticsearch.
    :param elsewhere: whether its files are not those that this machine has at the same paths, as in a container.
    :param name: the node's name in its elasticsearch.yml, or the host name, which Elasticsearch takes instead.
    """

    pid: int
    own_pid: int
    home: str
    path_conf: Optional[str]
    java_home: Optional[str] = None
    elsewhere: bool = False
    variables: Mapping[str, str] = {}
    name: Optional[str] = None

    def described(self) -> str:
        return "process %d (home %s, path_conf %s)" % (self.pid, self.home, self.path_conf or "not to be seen")

    def has_home(self, home: str) -> bool:
        return os.path.realpath(self.home) == os.path.realpath(home)

    def has_path_conf(self, path_conf: str) -> bool:
        return self.path_conf is not None and os.path.realpath(self.path_conf) == os.path.realpath(path_conf)


def running(proc: str = "/proc") -> List[Server]:
    """All that this account can see, by their numbers."""
    found = []
    for process in sorted((entry for entry in os.listdir(proc) if entry.isdigit()), key=int):
        server = server_of(proc, process)
        if server:
            found.append(server)
    return found


def server_of(proc: str, process: str) -> Optional[Server]:
    """What runs under a number, if that is a server."""
    place = os.path.join(proc, process)
    command = _words(os.path.join(place, "cmdline"))
    home = home_of(command or [])
    if not command or _SERVER_CLASS not in command or not home:
        return None
    status = _status(place)
    environment = _words(os.path.join(place, "environ"))
    variables = dict(
        word.decode("utf-8", "surrogateescape").split("=", 1) for word in environment or [] if b"=" in word
    )
    root = os.path.join(place, "root")
    own_pid = int((status.get("NSpid") or process).split()[-1])
    other_root = _differ(root, "/")
    if other_root is None or environment is None:
        # Another account's: nobody knows with which directory it runs.
        return Server(int(process), own_pid, home, None)
    # The process that has started it, where it waits for it, has told it the directory.
    starter = _words(os.path.join(proc, status.get("PPid", "0"), "cmdline")) or []
    path_conf = _option(starter, b"-Des.path.conf=") or variables.get("ES_PATH_CONF")
    if not path_conf and is_archive(root + home):
        # So the archive's script has it, where nobody names one.
        path_conf = os.path.join(home, "config")
    return Server(
        int(process),
        own_pid,
        home,
        os.path.normpath(path_conf) if path_conf else None,
        variables.get("ES_JAVA_HOME") or None,
        # A unit may give its service a view of its own on single directories.
        bool(other_root or (path_conf and _differ(root + path_conf, path_conf))),
        variables,
        _name(root + path_conf if path_conf else None, variables),
    )


def listening_sockets(tables: Iterable[str]) -> Iterator[Tuple[str, int, str]]:
    """Address as the kernel writes it, port, and number of each socket of TCP at which something listens.

    :param tables: files such as ``/proc/net/tcp``.
    """
    for table in tables:
        lines = b"".join(_words(table) or []).decode("ascii", "replace").splitlines()
        for fields in map(str.split, lines[1:]):
            if len(fields) > 3 and fields[3] == _LISTENING:
                address, _colon, port = fields[1].partition(":")
                yield address, int(port, 16), fields[9] if len(fields) > 9 else ""


def _words(path: str) -> Optional[List[bytes]]:
    try:
        with open(path, "rb") as stream:
            return stream.read().split(b"\0")
    except OSError:
        return None


def _option(words: Sequence[bytes], start: bytes) -> Optional[str]:
    return next((os.fsdecode(word[len(start) :]) for word in words if word.startswith(start)), None)


def home_of(command: Sequence[bytes]) -> Optional[str]:
    """The directory of the installation that a server, or what starts it, was started from."""
    told = _option(command, b"-Des.path.home=")
    if told or b"--module-path" not in command[:-1]:
        return told
    # One of 8.17 is told it through its input; its modules lie there all the same.
    modules = os.path.normpath(os.fsdecode(command[list(command).index(b"--module-path") + 1]))
    return os.path.dirname(modules) if os.path.basename(modules) == "lib" else None


def _status(place: str) -> Dict[str, str]:
    text = b"\n".join(_words(os.path.join(place, "status")) or [])
    lines = (line.partition(":") for line in text.decode("utf-8", "replace").splitlines())
    return {key: value.strip() for key, _colon, value in lines}


def _differ(path: str, other: str) -> Optional[bool]:
    """Whether two paths lead to different files, or only one of them to any; None where this account may not know."""
    try:
        one, two = _stat(path), _stat(other)
    except OSError:
        return None
    return not os.path.samestat(one, two) if one and two else one is not two


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _name(path_conf: Optional[str], variables: Mapping[str, str]) -> Optional[str]:
    """Variables of its environment may be part of it."""
    if path_conf is None:
        return None
    try:
        with open(os.path.join(path_conf, "elasticsearch.yml"), encoding="utf-8", errors="replace") as stream:
            settings = node_settings.parse(stream.read(), variables)
    except OSError:
        return None
    return str(settings.get("node.name") or variables.get("HOSTNAME") or socket.gethostname())


def groups_of_servers(uid: int, proc: str = "/proc") -> Set[int]:
    """All groups of the servers that run as an account, with those that only their unit gives them."""
    found: Set[int] = set()
    for server in running(proc):
        status = _status(os.path.join(proc, str(server.pid)))
        if status.get("Uid", "").split()[1:2] == [str(uid)]:
            found.update(int(gid) for gid in (status.get("Groups", "") + " " + status.get("Gid", "")).split())
    return found


def at(servers: Sequence[Server], layout: Layout) -> List[Server]:
    """The servers that run with these directories, as far as this account can see."""
    return [
        server
        for server in servers
        if not server.elsewhere
        and server.has_home(layout.home)
        and (server.path_conf is None or server.has_path_conf(layout.path_conf))
    ]


def same_file(server: Server, path: str, proc: str = "/proc") -> bool:
    """Whether the server has this very file at the place from which it reads its keystore: device and inode."""
    own = "%s/%d/root%s/%s" % (proc, server.pid, server.path_conf, os.path.basename(path))
    return server.path_conf is not None and os.path.exists(path) and _differ(own, path) is False


class Found(NamedTuple):
    """A server, and which of the cluster's nodes it is."""

    server: Server
    node: Optional[Mapping[str, Any]] = None

    def fits(self, home: Optional[str], path_conf: Optional[str]) -> bool:
        """What can't be seen may be what is asked for."""
        return (not home or self.server.has_home(home)) and (
            not path_conf or not self.server.path_conf or self.server.has_path_conf(path_conf)
        )


def choose(
    servers: Sequence[Server],
    home: Optional[str] = None,
    path_conf: Optional[str] = None,
    node_name: Optional[str] = None,
    nodes: Sequence[Mapping[str, Any]] = (),
    addresses: Sequence[str] = (),
) -> Optional[Found]:
    """Which server is meant by the options; where a cluster's nodes are known, only one of those.

    :param nodes: as the module cluster_info returns them.
    :param addresses: of this machine.
    """
    candidates = of_cluster(servers, nodes, addresses) if nodes else [Found(server) for server in servers]
    if node_name and nodes:
        candidates = [found for found in candidates if found.node and found.node["name"] == node_name]
    elif node_name:
        named = [found for found in candidates if found.server.name == node_name]
        candidates = named or [found for found in candidates if found.server.name is None]
    candidates = [found for found in candidates if found.fits(home, path_conf)]
    if path_conf:
        candidates = [found for found in candidates if found.server.path_conf] or candidates
    # A container beside it is another node, or nobody's.
    candidates = [found for found in candidates if not found.server.elsewhere] or candidates
    if len(candidates) > 1:
        raise KeystoreError(
            "%d Elasticsearch servers run here, %s: choose one by path_conf or home (%s of the host "
            "in the inventory)."
            % (len(candidates), " and ".join(found.server.described() for found in candidates), _VARIABLES)
        )
    if not candidates:
        return None
    [found] = candidates
    if found.server.elsewhere and (nodes or not path_conf):
        raise KeystoreError(
            "The server of the node %s (process %d) runs in a container, or has a view of its own on the file system, "
            "so that its %s is not this host's: make the container itself a host of the inventory, or take this host "
            "out of the group."
            % (
                (found.node or {}).get("name") or found.server.name or "here",
                found.server.pid,
                found.server.path_conf or found.server.home,
            )
        )
    return found


def of_cluster(servers: Sequence[Server], nodes: Sequence[Mapping[str, Any]], addresses: Sequence[str]) -> List[Found]:
    """Which of the servers are nodes of the cluster: by process number and address, else by name."""
    local = set(addresses)
    found: List[Found] = []
    for node in nodes:
        here = bool(ips(node) & local)
        named = [server for server in servers if server.name == node["name"] and (here or not server.elsewhere)]
        # Machines that start alike have the same numbers, so that a number alone tells nothing.
        numbered = [
            server
            for server in servers
            if node.get("pid") == server.own_pid and (here or server in named) and _same_home(server, node)
        ]
        # A restart since the cluster was asked has changed the number.
        found += [Found(server, node) for server in numbered or named]
    return found


def check_not_another(
    servers: Sequence[Server],
    node: Optional[Mapping[str, Any]],
    options: Mapping[str, Optional[str]],
    nodes: Sequence[Mapping[str, Any]],
    addresses: Sequence[str],
) -> None:
    """Refuses directories that are not those of the node's running server: a copy, or a mistake.

    :param node: the one of ``nodes`` that this machine is taken for.
    :param options: ``home`` and ``path_conf``.
    """
    for server, its_node in of_cluster(servers, nodes, addresses):
        if node is None or its_node is None or its_node["name"] != node["name"]:
            continue
        wrong = [
            name
            for name, fits in (("home", server.has_home), ("path_conf", server.has_path_conf))
            if options.get(name) and not fits(str(options[name]))
        ]
        if wrong:
            raise KeystoreError(
                "The server of the node %s, %s, does not run with %s: correct %s of the host in the inventory, or "
                "leave it out."
                % (
                    node["name"],
                    server.described(),
                    " and ".join("%s %s" % (name, options[name]) for name in wrong),
                    " and ".join("elasticsearch_" + name for name in wrong),
                )
            )


def _same_home(server: Server, node: Mapping[str, Any]) -> bool:
    return not node.get("home") or server.home == node["home"] or server.has_home(node["home"])


def layout_of(
    server: Optional[Server], home: Optional[str], path_conf: Optional[str], java_home: Optional[str]
) -> Layout:
    """Options first, then the running server, then what the package says."""
    if server is None:
        return locate(home, path_conf, java_home)
    found = locate(home or server.home, path_conf or server.path_conf, java_home or server.java_home)
    return found._replace(variables=server.variables)


def find_layout(
    home: Optional[str], path_conf: Optional[str], java_home: Optional[str], node_name: Optional[str] = None
) -> Layout:
    """For who knows nothing of the cluster."""
    found = choose(running(), home, path_conf, node_name)
    return layout_of(found.server if found else None, home, path_conf, java_home)
