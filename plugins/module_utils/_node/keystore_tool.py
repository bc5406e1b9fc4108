# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a node lies on this machine, and the talk with its `elasticsearch-keystore`. Private to this collection."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import signal
import subprocess
from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._node import settings as node_settings

DEFAULT_HOME = "/usr/share/elasticsearch"
DEFAULT_PATH_CONF = "/etc/elasticsearch"
# The Debian and the RPM package each have one file with the service's variables.
ENVIRONMENT_FILES = ("/etc/default/elasticsearch", "/etc/sysconfig/elasticsearch")
# The tool needs about two seconds; a machine under heavy load may need many more.
TOOL_TIMEOUT = 180

_SERVER_JAR = re.compile(r"^elasticsearch-(\d+\.\d+\.\d+)(?:-.*)?\.jar$")
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$")
_FALLBACK = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*):?-(.*)\}$")
# A keystore starts with Lucene's header (magic, length and text of a name, version), then a byte: has a password.
_HEADER = b"\x3f\xd7\x6c\x17\x16elasticsearch.keystore"
_PROTECTED_AT = len(_HEADER) + 4


class KeystoreError(Exception):
    """One sentence that says what is wrong and what to do."""


class Layout(NamedTuple):
    """The directories of one node, and the environment of its running server."""

    home: str
    path_conf: str
    java_home: Optional[str]
    variables: Mapping[str, str] = {}

    @property
    def tool(self) -> str:
        return os.path.join(self.home, "bin", "elasticsearch-keystore")

    @property
    def keystore(self) -> str:
        return os.path.join(self.path_conf, "elasticsearch.keystore")

    def version(self) -> Optional[Tuple[int, ...]]:
        """Of the installation, told from its files: asking a command would start a JVM."""
        try:
            names = os.listdir(os.path.join(self.home, "lib"))
        except OSError:
            return None
        found = [match for match in map(_SERVER_JAR.match, names) if match]
        return tuple(int(number) for number in found[0].group(1).split(".")) if found else None

    def owner(self) -> int:
        """The keystore's owner; of a new one, the directory's: the service's account in an archive installation."""
        try:
            return os.lstat(self.keystore).st_uid
        except FileNotFoundError:
            return os.stat(self.path_conf).st_uid


def parse_environment(text: str) -> Dict[str, Tuple[str, bool]]:
    """Variables of a shell fragment: name -> (value, whether it is set even if the caller set it already)."""
    found: Dict[str, Tuple[str, bool]] = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.match(line)
        if not match:
            continue
        try:
            words = shlex.split(match.group(2), comments=True)
        except ValueError:
            continue
        value = words[0] if words else ""
        fallback = _FALLBACK.match(value)
        if fallback and fallback.group(1) == match.group(1):
            found[match.group(1)] = (fallback.group(2), False)
        elif value:
            found[match.group(1)] = (value, True)
    return found


def service_environment(files: Sequence[str] = ENVIRONMENT_FILES) -> Dict[str, Tuple[str, bool]]:
    for path in files:
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                return parse_environment(stream.read())
        except OSError:
            continue
    return {}


def locate(home: Optional[str], path_conf: Optional[str], java_home: Optional[str]) -> Layout:
    """Options first; then the package's file of variables; then the defaults of package and archive."""
    packaged = not home or os.path.normpath(home) == DEFAULT_HOME
    environment = service_environment() if packaged else {}
    home = os.path.normpath(home or DEFAULT_HOME)
    if not path_conf:
        path_conf = environment.get("ES_PATH_CONF", ("", False))[0]
    if not path_conf:
        path_conf = DEFAULT_PATH_CONF if packaged and os.path.isdir(DEFAULT_PATH_CONF) else os.path.join(home, "config")
    # Run by hand, the package's script reads this variable from nowhere: the service gets it from systemd.
    java_home = java_home or environment.get("ES_JAVA_HOME", ("", False))[0] or os.environ.get("ES_JAVA_HOME")
    return Layout(home, os.path.normpath(path_conf), java_home or None)


def is_protected(path: str) -> bool:
    """Whether a keystore has a password, told from its first bytes: asking the tool would start a JVM."""
    with open(path, "rb") as stream:
        head = stream.read(_PROTECTED_AT + 1)
    if len(head) <= _PROTECTED_AT or not head.startswith(_HEADER):
        raise KeystoreError(
            "%s is damaged: it does not start as an Elasticsearch keystore does. Restore it from a backup, "
            "or remove it and run again with create: true." % path
        )
    return head[_PROTECTED_AT] == 1


def explain(action: str, layout: Layout, rc: int, errors: str) -> str:
    """The tool's complaint as one sentence with a remedy. Never holds a value: the tool does not repeat its input."""
    java = layout.java_home or os.path.join(layout.home, "jdk")
    rules = (
        (
            r"keystore password was incorrect",
            "the keystore's password is wrong: correct the option password",
        ),
        (
            r"unable to read from standard input",
            "it asked for more input than expected: is the keystore protected by a password that was changed just now?",
        ),
        (
            r"could not find java|bin/java: (?:No such file|not found|Permission denied)|minimum required Java",
            "there is no Java that it can use in %s: set java_home to the JDK that this node's Elasticsearch uses"
            % java,
        ),
        (r"No space left on device|Disk quota exceeded", "the disk of %s is full: free some space" % layout.path_conf),
        (r"Read-only file system", "%s is on a read-only file system: mount it writable" % layout.path_conf),
        (
            r"Device or resource busy",
            "%s is a mount point of its own, so the tool can't replace it: mount the whole directory instead"
            % layout.keystore,
        ),
        (
            r"FileAlreadyExistsException",
            "%s.tmp exists: another program writes the keystore at this moment, run again when it is done"
            % layout.keystore,
        ),
        (
            r"AccessDeniedException|Permission denied|write permissions required",
            "this account may not write %s: use become with root or with the owner of the keystore" % layout.path_conf,
        ),
        (
            r"changing the file owner",
            "only its owner can change %s: use become with that account or with root" % layout.keystore,
        ),
        (
            r"CorruptIndexException|EOFException|has been corrupted or tampered|SecurityException",
            "%s is damaged: restore it from a backup" % layout.keystore,
        ),
        (
            r"property placeholder|resolve placeholder",
            "elasticsearch.yml names a variable that is not in the environment: start the node, whose environment is "
            "then used, or set the variable in %s" % " or ".join(ENVIRONMENT_FILES),
        ),
        (r"OutOfMemoryError|Cannot allocate memory", "this machine has no memory left for a JVM"),
    )
    said = re.sub(r"^Enter .*?(?:password|again).*?: *", "", errors.strip(), flags=re.MULTILINE)
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.strip().startswith("at ")]
    reason = next((line for line in lines if line.startswith("ERROR: ")), lines[0] if lines else "it said nothing")
    for pattern, remedy in rules:
        if re.search(pattern, errors, flags=re.IGNORECASE):
            return "elasticsearch-keystore %s failed: %s (exit code %d: %s)." % (action, remedy, rc, reason)
    return "elasticsearch-keystore %s failed with exit code %d: %s" % (action, rc, reason)


def groups_of(uid: int) -> List[int]:
    """All groups of an account, its own one first."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return [uid]
    return [entry.pw_gid] + [group for group in os.getgrouplist(entry.pw_name, entry.pw_gid) if group != entry.pw_gid]


def becoming(uid: int) -> Optional[Callable[[], None]]:
    """Turns root into this account: the tool refuses to change a keystore of another one, and runs files of its own."""
    if os.geteuid() != 0 or uid == 0:
        return None
    groups = groups_of(uid)

    def become() -> None:
        os.setgroups(groups)
        os.setresgid(groups[0], groups[0], groups[0])
        os.setresuid(uid, uid, uid)

    return become


def _kill(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


class Tool:
    """`elasticsearch-keystore` for one node. Secrets go through standard input only; `starts` counts its runs."""

    def __init__(self, layout: Layout, password: Optional[str] = None, lock: Optional[int] = None) -> None:
        self.layout = layout
        self.password = password
        self.lock = lock
        self.starts = 0

    def names(self) -> List[str]:
        return self._run("list").decode("utf-8", "replace").split()

    def show(self, names: Sequence[str]) -> Dict[str, str]:
        """The command shows one setting a start, so as many run at once as there are processors."""
        shown: Dict[str, str] = {}
        width = os.cpu_count() or 1
        for first in range(0, len(names), width):
            running: List[Tuple[str, subprocess.Popen, bytes]] = []
            try:
                for name in names[first : first + width]:
                    running.append((name, *self._start("show", name)))
                for name, process, text in running:
                    shown[name] = self._finish("show", process, text).decode("utf-8", "surrogateescape")
            finally:
                for _name, process, _text in running:
                    if process.poll() is None:
                        _kill(process)
        return shown

    def add(self, settings: Dict[str, str]) -> None:
        self._run("add", "-f", "--stdin", *settings, lines=list(settings.values()))

    def remove(self, names: Sequence[str]) -> None:
        self._run("remove", *names)

    def create(self) -> None:
        if self.password:
            self._run("create", "-p", lines=[self.password, self.password])
        else:
            self._run("create")

    def _run(self, action: str, *arguments: str, lines: Sequence[str] = ()) -> bytes:
        return self._finish(action, *self._start(action, *arguments, lines=lines))

    def _start(self, action: str, *arguments: str, lines: Sequence[str] = ()) -> Tuple[subprocess.Popen, bytes]:
        """The process, and what it has to read."""
        self.check()
        lines = self._password_line(action) + list(lines)
        self.starts += 1
        try:
            # AnsibleModule.run_command can neither become another account nor end a tool that hangs.
            process = subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
                [self.layout.tool, action, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment(),
                cwd="/",
                # A tool that outlives this process keeps the lock until it is done.
                pass_fds=() if self.lock is None else (self.lock,),
                start_new_session=True,
                preexec_fn=becoming(self.layout.owner()),  # noqa: PLW1509 there are no threads yet
            )
        except OSError as error:
            raise KeystoreError("%s can't be run: %s." % (self.layout.tool, error.strerror or error)) from error
        return process, "".join(line + "\n" for line in lines).encode("utf-8")

    def _finish(self, action: str, process: subprocess.Popen, text: bytes) -> bytes:
        try:
            output, errors = process.communicate(text, TOOL_TIMEOUT)
        except subprocess.TimeoutExpired:
            _kill(process)
            # The input of a failed call is a secret, so the cause is not chained.
            raise KeystoreError(
                "elasticsearch-keystore %s did not end within %d seconds and was killed." % (action, TOOL_TIMEOUT)
            ) from None
        if process.returncode != 0:
            # Its scripts complain to standard output, where show would have put a secret.
            said = errors if errors.strip() or action == "show" else output
            raise KeystoreError(explain(action, self.layout, process.returncode, said.decode("utf-8", "replace")))
        return output

    def _password_line(self, action: str) -> List[str]:
        """A keystore without a password is not asked for one: a line too many would become the first value."""
        if action == "create" or not os.path.exists(self.layout.keystore) or not is_protected(self.layout.keystore):
            return []
        if not self.password:
            raise KeystoreError("%s is protected by a password: set the option password." % self.layout.keystore)
        return [self.password]

    def check(self) -> None:
        """Refuse where it can't be run for this node at all."""
        if not os.path.isfile(self.layout.tool):
            raise KeystoreError(
                "%s not found: set home to the directory of Elasticsearch's installation." % self.layout.tool
            )
        directory = forced_path_conf(self.layout.home)
        if directory and os.path.realpath(directory) != os.path.realpath(self.layout.path_conf):
            raise KeystoreError(
                "The keystore tool in %s always works on %s, because it reads ES_PATH_CONF from a file of the package; "
                "to reach %s, write there ES_PATH_CONF=${ES_PATH_CONF:-%s}."
                % (self.layout.home, directory, self.layout.path_conf, directory)
            )

    def _environment(self) -> Dict[str, str]:
        environment = {**os.environ, **named_variables(self.layout)}
        # With any of these the tool writes a warning into its output.
        for name in ("JAVA_HOME", "JAVA_OPTS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "ES_JAVA_HOME", "ES_JAVA_OPTS"):
            environment.pop(name, None)
        # For a JDK that is named, its own one too, the command first starts a second JVM that checks its version.
        bundled = os.path.join(self.layout.home, "jdk")
        if self.layout.java_home and os.path.normpath(self.layout.java_home) != bundled:
            environment["ES_JAVA_HOME"] = self.layout.java_home
        environment["ES_PATH_CONF"] = self.layout.path_conf
        # A value with other than ASCII characters must be read and shown as it was given.
        environment["LC_ALL"] = "C.UTF-8"
        # A quarter faster: the tool ends before optimised code pays.
        environment["CLI_JAVA_OPTS"] = ("-XX:TieredStopAtLevel=1 " + environment.get("CLI_JAVA_OPTS", "")).strip()
        return environment


def named_variables(layout: Layout) -> Dict[str, str]:
    """What elasticsearch.yml takes from the environment; each command reads it, and fails where one is missing."""
    try:
        with open(os.path.join(layout.path_conf, "elasticsearch.yml"), encoding="utf-8", errors="replace") as stream:
            names = node_settings.named_variables(stream.read())
    except OSError:
        return {}
    known = variables_of(layout)
    return {name: known[name] for name in names & set(known)}


def variables_of(layout: Layout) -> Dict[str, str]:
    """The environment of a node: of its running server, and what the package's file says besides."""
    packaged = {name: value for name, (value, _always) in service_environment().items()}
    return {**packaged, **layout.variables}


def _script(home: str) -> Optional[str]:
    """What each command of an installation begins with."""
    try:
        with open(os.path.join(home, "bin", "elasticsearch-env"), encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return None


def is_archive(home: str) -> bool:
    """Whether the scripts there take `config` for the directory, where the environment names none."""
    script = _script(home)
    return script is not None and not re.search(r"(?:source|\.)\s+[\"']?/etc/", script)


def forced_path_conf(home: str) -> Optional[str]:
    """The configuration directory that a package's scripts insist on, whatever the caller's environment says."""
    script = _script(home) or ""
    match = re.search(r"^\s*(?:source|\.)\s+[\"']?(/etc/[^\s\"';]+)", script, flags=re.MULTILINE)
    if not match:
        return None
    value, always = service_environment([match.group(1)]).get("ES_PATH_CONF", ("", False))
    return value if always else None
