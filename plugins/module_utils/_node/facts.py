# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only the machine of a node can tell about it. Standard library only. Private to this collection."""

from __future__ import annotations

import grp
import os
import platform
import pwd
import re
import socket
import stat
import time
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import describe, from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._cluster_nodes import described_node, find_node
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._credentials import alias_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import settings as node_settings
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.certificate_paths import look
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore import Keystore, locked
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_memory import Memory
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import (
    KeystoreError,
    Layout,
    is_protected,
    variables_of,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.probe import Trust, probe_all
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import (
    Server,
    at,
    check_not_another,
    choose,
    layout_of,
    running,
    same_file,
)

_CLIENT = "xpack.security.remote_cluster_client.ssl."


class NodeError(Exception):
    """One sentence that says what is wrong and what to do."""


def gather(params: Dict[str, Any], check_mode: bool) -> Dict[str, Any]:
    """The module's result, with `warnings`."""
    hostname, addresses = socket.gethostname(), local_addresses()
    nodes = params["nodes"] or []
    servers = running()
    found = choose(servers, params["home"], params["path_conf"], params["node_name"], nodes, addresses)
    server = found.server if found else None
    layout, settings = _configuration(params, server, None)
    node = find_node(nodes, params["node_name"], settings.get("node.name"), hostname, addresses)
    if found and found.node and (node is None or node["name"] != found.node["name"]):
        node = described_node(found.node, "process", addresses)
    if found is None:
        check_not_another(servers, node, params, nodes, addresses)
        if node:
            described = next(entry for entry in nodes if entry["name"] == node["name"])
            layout, settings = _configuration(params, None, described)
        server = next(iter(at(servers, layout)), None)
    if node:
        node["id_fits"] = _id_fits(_data_path(layout, settings), str(node.get("id")))
    pid = server.pid if server else None
    # Of a node that is stopped, the cluster does not know.
    if node is None and pid is not None and params["node_name"] and nodes:
        raise NodeError(
            "node_name: the cluster has no node %s; it has %s."
            % (params["node_name"], ", ".join(sorted(entry["name"] for entry in nodes)))
        )
    keystore, credentials, starts, warnings = _keystore(layout, params, check_mode)
    keystore["doubt"] = _doubt(layout, server)
    keystore["in_use"] = keystore["doubt"] is None
    return {
        "hostname": hostname,
        "addresses": [address for address in addresses if not address.startswith("127.") and address != "::1"],
        "node": node,
        "paths": {
            "home": layout.home,
            "config": layout.path_conf,
            "java_home": layout.java_home,
            "data": _data_path(layout, settings),
            "keystore": layout.keystore,
        },
        "running": pid is not None,
        "process": pid,
        "service_user": _service_user(layout, settings, pid),
        "account": account(),
        "write_error": write_error(layout.path_conf, _certificate_files(layout, settings)),
        "keystore": keystore,
        "credentials": credentials,
        "settings": node_settings.shown(settings),
        "certificates": _certificates(layout, settings),
        "certificate_files": look(
            layout.path_conf, settings, params["certificate_files"] or [], params["certificate_format"]
        ),
        "clock": time.time(),
        "python": platform.python_version(),
        "pipelining": pipelined(_process_words("self", "cmdline")),
        "jvm_starts": starts,
        "probes": probe_all(params["probe"] or [], client_trust(layout, settings), params["probe_timeout"]),
        "warnings": warnings,
    }


def pipelined(command: Iterable[bytes]) -> bool:
    """Whether Ansible gave this module to Python by standard input; else it lies in a file, with its arguments."""
    return not any(b"AnsiballZ_" in word for word in command)


def local_addresses() -> List[str]:
    """This machine's IP addresses, from the kernel: no command is sure to be installed."""
    found: Set[str] = set()
    try:
        with open("/proc/net/fib_trie", encoding="ascii") as stream:
            found.update(re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", stream.read()))
    except OSError:
        pass
    try:
        with open("/proc/net/if_inet6", encoding="ascii") as stream:
            found.update(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(line.split()[0])) for line in stream)
    except (OSError, ValueError, IndexError):
        pass
    return sorted(found)


def _configuration(
    params: Mapping[str, Any], server: Optional[Server], described: Optional[Mapping[str, Any]]
) -> Tuple[Layout, Dict[str, Any]]:
    """Where the node lies and what elasticsearch.yml says; the cluster's word counts where no option is given."""
    home, path_conf = params["home"], params["path_conf"]
    if described:
        if not home and os.path.isdir(described.get("home") or ""):
            home = described["home"]
        if not path_conf and os.path.isdir(described.get("path_conf") or ""):
            path_conf = described["path_conf"]
    layout = layout_of(server, home, path_conf, params["java_home"])
    variables = variables_of(layout)
    variables["HOSTNAME"] = layout.variables.get("HOSTNAME", socket.gethostname())
    try:
        with open(os.path.join(layout.path_conf, "elasticsearch.yml"), encoding="utf-8", errors="replace") as stream:
            return layout, dict(node_settings.parse(stream.read(), variables))
    except PermissionError as error:
        raise NodeError(
            "This account may not read %s: use become with root or with the account of the service." % error.filename
        ) from error
    except OSError as error:
        if described is None and params["nodes"]:
            return layout, {}
        raise NodeError(
            "%s can't be read (%s): set path_conf to the directory of elasticsearch.yml."
            % (error.filename, error.strerror)
        ) from error


def server_process(layout: Layout) -> Optional[int]:
    """The process of this node's server; two nodes of one installation differ in their environment only."""
    found = at(running(), layout)
    return found[0].pid if len(found) == 1 else None


def _doubt(layout: Layout, server: Optional[Server]) -> Optional[str]:
    """Why it is not shown that the running server reads this keystore; None where it is."""
    if server is None:
        return "no running server is seen on the host that reads %s" % layout.keystore
    if server.path_conf is None:
        return (
            "with which directory the server (process %d) runs can't be seen by this account; use become with root, or "
            "with the account of the service" % server.pid
        )
    if not same_file(server, layout.keystore):
        return "the server (process %d) has no keystore in %s, with which it runs" % (server.pid, server.path_conf)
    return None


def _process_words(process: str, name: str) -> List[bytes]:
    try:
        with open("/proc/%s/%s" % (process, name), "rb") as stream:
            return stream.read().split(b"\0")
    except OSError:
        return []


def _data_path(layout: Layout, settings: Mapping[str, Any]) -> str:
    data = settings.get("path.data")
    return node_settings.as_list(data)[0] if data else os.path.join(layout.home, "data")


def _id_fits(data: str, node_id: str) -> Optional[bool]:
    """Whether the data are those of the node with this id; None where nothing tells."""
    found = None
    state = os.path.join(data, "_state")
    try:
        # The server writes its id as it is into both.
        for name in os.listdir(state):
            if name.startswith(("node-", "segments_")):
                with open(os.path.join(state, name), "rb") as stream:
                    found = bool(found) or node_id.encode() in stream.read()
    except OSError:
        pass
    return found


def _service_user(layout: Layout, settings: Mapping[str, Any], pid: Optional[int]) -> Optional[str]:
    """Whom the running server belongs to, else whom its data belong to."""
    for path in ("/proc/%d" % pid if pid else "", _data_path(layout, settings)):
        user = user_of(path) if path else None
        if user:
            return user
    return None


def user_of(path: str) -> Optional[str]:
    """The account that a process of this machine, or a file, belongs to."""
    try:
        return user_name(os.stat(path).st_uid)
    except OSError:
        return None


def account() -> str:
    """As which this module runs."""
    return "root" if os.geteuid() == 0 else user_name(os.geteuid())


def write_error(path_conf: str, files: Iterable[str] = ()) -> Optional[str]:
    """Why an account that is not root could not replace files of the configuration, as far as it is to be seen."""
    if os.geteuid() == 0:
        return None
    present = [path for path in (os.path.join(path_conf, "elasticsearch.yml"), *files) if os.path.exists(path)]
    for path in dict.fromkeys([path_conf, *map(os.path.dirname, present), *present]):
        try:
            # A file keeps its owner, whom only root can set.
            may = os.access(path, os.W_OK) if os.path.isdir(path) else os.stat(path).st_uid == os.geteuid()
        except OSError:
            may = False
        if not may:
            return "the account %s may not replace %s; become root, or the owner of the configuration." % (
                account(),
                path,
            )
    return None


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _keystore(
    layout: Layout, params: Mapping[str, Any], check_mode: bool
) -> Tuple[Dict[str, Any], Optional[Dict[str, Optional[str]]], int, List[str]]:
    """The file, and the ids of the credentials in it; a failure is evidence too, so it is told, not raised."""
    facts: Dict[str, Any] = {
        "exists": False,
        "owner": None,
        "group": None,
        "mode": None,
        "digest": None,
        "protected": None,
        "names": None,
        "rewritten": [],
        "writable_tmp_left": os.path.lexists(layout.keystore + ".tmp"),
        "error": None,
        "write_error": None,
    }
    starts, warnings = 0, []
    try:
        with locked(layout) as lock:
            keystore = Keystore(layout, params["password"], lock)
            facts["digest"] = keystore.digest()
            if facts["digest"] is None:
                return facts, {}, 0, []
            status = os.stat(layout.keystore)
            facts.update(
                exists=True,
                owner=user_name(status.st_uid),
                group=group_name(status.st_gid),
                mode="%04o" % stat.S_IMODE(status.st_mode),
            )
            facts["protected"] = is_protected(layout.keystore)
            facts["write_error"] = _write_error(keystore)
            try:
                memory = keystore.look(lambda names: wanted_names(names, params["credentials"]), save=not check_mode)
            finally:
                starts, warnings = keystore.tool.starts, keystore.warnings
            facts["names"] = sorted(memory.names or ())
            facts["rewritten"] = [alias_of(name) for name in wanted_names(memory.rewritten(), params["credentials"])]
            return facts, _ids(memory, params["credentials"]), starts, warnings
    except KeystoreError as error:
        facts["error"] = str(error)
        return facts, None, starts, warnings


def _write_error(keystore: Keystore) -> Optional[str]:
    """Why nothing could be written, as far as it is to be seen without writing."""
    try:
        keystore.tool.check()
        keystore.check_writable()
    except KeystoreError as error:
        return str(error)
    return None


def wanted_names(names: Iterable[str], aliases: Optional[Sequence[str]]) -> List[str]:
    """The settings that hold credentials of these aliases, of all of them when none is named."""
    return [name for name in names if alias_of(name) and (aliases is None or alias_of(name) in aliases)]


def _ids(memory: Memory, aliases: Optional[Sequence[str]]) -> Dict[str, Optional[str]]:
    return {
        str(alias_of(name)): memory.settings[name].get("id")
        for name in sorted(wanted_names(memory.names or (), aliases))
    }


def _certificate_files(layout: Layout, settings: Mapping[str, Any]) -> Dict[str, List[str]]:
    """Certificate files that elasticsearch.yml names: path → the settings that name it."""
    files: Dict[str, List[str]] = {}
    for key, value in sorted(settings.items()):
        if ".ssl." in key and key.rsplit(".", 1)[-1] in ("certificate", "certificate_authorities"):
            for path in node_settings.as_list(value):
                files.setdefault(os.path.normpath(os.path.join(layout.path_conf, path)), []).append(key)
    return files


def _certificates(layout: Layout, settings: Mapping[str, Any]) -> List[Dict[str, Any]]:
    result: List[Dict[str, Any]] = []
    for path, keys in _certificate_files(layout, settings).items():
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                found = [describe(der) for der in from_pem(stream.read())]
            problem = None if found else "no PEM certificate in it"
        except OSError as error:
            found, problem = [], error.strerror
        except ValueError as error:
            found, problem = [], str(error)
        result.extend({"path": path, "settings": keys, "error": None, **certificate} for certificate in found)
        if problem:
            result.append({"path": path, "settings": keys, "error": problem})
    return result


def client_trust(layout: Layout, settings: Mapping[str, Any]) -> Trust:
    """What this node trusts when it opens a connection to the remote cluster port of another cluster."""
    files = node_settings.as_list(settings.get(_CLIENT + "certificate_authorities", []))
    mode = str(settings.get(_CLIENT + "verification_mode", "full")).lower()
    return Trust(tuple(os.path.normpath(os.path.join(layout.path_conf, path)) for path in files), mode)
