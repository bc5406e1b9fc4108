# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the server of a node runs on its machine, and a restart that gives a keystore's passphrase. Private.

Standard library only. Source: https://www.elastic.co/docs/deploy-manage/maintenance/start-stop-services/start-stop-elasticsearch
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shlex
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.facts import user_of
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.keystore_tool import Layout
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node.server_process import (
    home_of,
    listening_sockets,
    server_of,
)

VARIABLE = "ES_KEYSTORE_PASSPHRASE_FILE"
# In memory, and gone with the next boot whatever happens.
PLACE = "/run/crosscluster-elasticsearch"
SYSTEMD = "/run/systemd/system"
_SERVER = b"org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch"
# The server's parent, which is there some seconds earlier.
_LAUNCHER = (b"org.elasticsearch.launcher.CliToolLauncher", b"-Dcli.name=server")
_UNIT = re.compile(r"([^/]+\.(?:service|scope))(?=/|$)")
_PROPERTIES = ("Id", "LoadState", "User", "ExecStart", "Environment", "EnvironmentFiles")
# Where systemd does not wait for the node itself: until a server is there, it may not have read the passphrase.
STARTED_WITHIN = 60


class ServiceError(Exception):
    """One sentence that says what is wrong and what to do."""


class Server(NamedTuple):
    """
    :param path_conf: None where its environment does not tell.
    :param unit: the unit of systemd that it belongs to.
    :param elsewhere: whether it has other files, as in a container.
    :param passphrase_file: from which its keystore's passphrase came.
    """

    pid: int
    home: str
    path_conf: Optional[str]
    unit: Optional[str]
    user: Optional[str]
    passphrase_file: Optional[str]
    elsewhere: bool = False


def servers(proc: str = "/proc") -> List[Server]:
    """Every server of Elasticsearch on this machine, also one that begins."""
    found = []
    for process in sorted(filter(str.isdigit, os.listdir(proc)), key=int):
        words = _read("%s/%s/cmdline" % (proc, process)).split(b"\0")
        if _SERVER not in words and not all(word in words for word in _LAUNCHER):
            continue
        environment = _variables(_read("%s/%s/environ" % (proc, process)).split(b"\0"))
        # Of an archive's, its environment need not tell the directory.
        known = server_of(proc, process)
        home = home_of(words)
        found.append(
            Server(
                pid=int(process),
                home=os.path.normpath(home) if home else "",
                path_conf=(known.path_conf if known else None) or environment.get("ES_PATH_CONF"),
                unit=unit_of(_read("%s/%s/cgroup" % (proc, process)).decode("utf-8", "replace")),
                user=user_of("%s/%s" % (proc, process)),
                passphrase_file=environment.get(VARIABLE),
                elsewhere=_has_other_root("%s/%s/root" % (proc, process)),
            )
        )
    return found


def _has_other_root(root: str) -> bool:
    try:
        return not os.path.samefile(root, "/")
    except OSError:
        return False


def is_of(server: Server, layout: Layout, home_told: bool = False) -> bool:
    """The directory of its configuration tells whose a server is; two nodes of one installation differ in nothing else.

    :param home_told: whether the home is an operator's word, not a guess.
    """
    same_home = os.path.realpath(server.home or "/") == os.path.realpath(layout.home)
    if server.elsewhere or (not same_home and (home_told or server.path_conf is None)):
        return False
    return server.path_conf is None or os.path.realpath(server.path_conf) == os.path.realpath(layout.path_conf)


def unit_of(cgroup: str) -> Optional[str]:
    """The innermost service or scope in what ``/proc/PID/cgroup`` has."""
    lines = [line.split(":", 2) for line in cgroup.splitlines() if line.count(":") >= 2]
    # Where there is a hierarchy of systemd's own, the unified one may know nothing.
    for hierarchy in ("name=systemd", ""):
        for _number, name, path in lines:
            units = _UNIT.findall(path) if name == hierarchy else []
            if units:
                return str(units[-1])
    return None


def listening(tables: Sequence[str] = ("/proc/net/tcp", "/proc/net/tcp6")) -> List[int]:
    """The TCP ports at which something listens."""
    return sorted({port for _address, port, _number in listening_sockets(tables)})


def has_systemd() -> bool:
    return os.path.isdir(SYSTEMD)


def parse_unit(text: str) -> Dict[str, Any]:
    """``systemctl show`` → ``unit``, ``loaded``, ``user``, its file and directory, and ``reads_passphrase``."""
    found = dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    start = found.get("ExecStart", "")
    environment = _variables(os.fsencode(word) for word in shlex.split(found.get("Environment", "")))
    program = re.search(r"path=(\S+)", start)
    reads = VARIABLE in start or (program is not None and VARIABLE.encode() in _read(program.group(1), 65536))
    return dict(
        unit=found.get("Id") or None,
        loaded=found.get("LoadState") == "loaded",
        user=found.get("User") or None,
        passphrase_file=environment.get(VARIABLE),
        # A file may say otherwise.
        path_conf=None if found.get("EnvironmentFiles") else environment.get("ES_PATH_CONF"),
        reads_passphrase=reads,
    )


def show(unit: str) -> Dict[str, Any]:
    properties = [word for name in _PROPERTIES for word in ("--property", name)]
    return parse_unit(_systemctl("show", *properties, "--", unit))


def given_file(candidates: Sequence[Optional[str]]) -> Optional[str]:
    """The file from which somebody else gives the passphrase at each start; not one of a run that was killed."""
    return next((path for path in candidates if path and not _is_ours(path) and os.path.isfile(path)), None)


def manager_file() -> Optional[str]:
    lines = _systemctl("show-environment").splitlines()
    return next((shlex.split(line.partition("=")[2])[0] for line in lines if line.startswith(VARIABLE + "=")), None)


def _is_ours(path: str) -> bool:
    return os.path.dirname(path) == PLACE


def look(layout: Layout, unit: Optional[str], home_told: bool) -> Dict[str, Any]:
    """What only the machine can tell of how the node runs; ``service`` is None where systemd does not run it."""
    found = servers()
    own = [server for server in found if is_of(server, layout, home_told)]
    service = None
    given = [server.passphrase_file for server in own]
    if unit and has_systemd():
        service = show(unit)
        given += [service.pop("passphrase_file"), manager_file()]
        told = service.pop("path_conf")
        other = told and os.path.realpath(told) != os.path.realpath(layout.path_conf)
        service["other_path_conf"] = told if other else None
    return dict(
        servers=[dict(server._asdict(), own=server in own) for server in found],
        ports=listening(),
        service=service,
        passphrase_file=given_file(given),
    )


def restart(layout: Layout, unit: str, passphrase: str) -> None:
    """As Elastic's documentation of systemd says; the passphrase is taken away whatever comes of it."""
    found = show(unit)
    name = "%s.passphrase" % (found["unit"] or unit)
    path = os.path.join(PLACE, name)
    os.makedirs(PLACE, mode=0o711, exist_ok=True)
    with _undisturbed(), _alone():
        before = manager_file()
        was_there = {server.pid for server in servers()}
        try:
            _write(path, passphrase, found["user"])
            _systemctl("set-environment", "%s=%s" % (VARIABLE, path))
            _systemctl("restart", "--", unit)
            end = time.monotonic() + STARTED_WITHIN
            while not _is_there(layout, was_there) and time.monotonic() < end:
                time.sleep(0.2)
        finally:
            try:
                if before and not _is_ours(before):
                    _systemctl("set-environment", "%s=%s" % (VARIABLE, before))
                else:
                    _systemctl("unset-environment", VARIABLE)
            finally:
                _remove(path)


def _is_there(layout: Layout, was_there: Set[int]) -> bool:
    """A server, as its launcher hands the passphrase over to it."""
    return any(
        is_of(server, layout) and server.pid not in was_there and _SERVER in _read("/proc/%d/cmdline" % server.pid)
        for server in servers()
    )


def _write(path: str, passphrase: str, user: Optional[str]) -> None:
    """Readable for the service alone from the first moment."""
    _remove(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        if user:
            entry = pwd.getpwnam(user)
            os.fchown(descriptor, entry.pw_uid, entry.pw_gid)
        stream.write(passphrase + "\n")


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


@contextmanager
def _alone() -> Iterator[None]:
    """The manager of services has one environment for all of them."""
    descriptor = os.open(PLACE, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A connection that breaks does not end it in between: the node would stay down, and the passphrase lie there."""
    signals = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.SIG_IGN) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before):
            signal.signal(number, handler)


def _systemctl(*arguments: str) -> str:
    try:
        # Without AnsibleModule, so that it can be tried without one.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            ["systemctl", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=dict(os.environ, LC_ALL="C", SYSTEMD_PAGER=""),
        )
    except OSError as error:
        raise ServiceError("systemctl can't be run: %s." % error.strerror) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip() or "it said nothing"
        raise ServiceError("systemctl %s failed with exit code %d: %s" % (arguments[0], done.returncode, said))
    return done.stdout.decode("utf-8", "replace")


def _variables(words: Any) -> Dict[str, str]:
    return dict(os.fsdecode(word).partition("=")[::2] for word in words if b"=" in word)


def _read(path: str, most: int = -1) -> bytes:
    try:
        with open(path, "rb") as stream:
            return stream.read(most)
    except OSError:
        return b""
