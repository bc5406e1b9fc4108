# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keystores as operators have them, on a real node: each case in a directory of its own, many cases in one run."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from life_cycle import COLLECTION, reaching
from runner import Run, Runner

from kit import Lab

TOP = "/var/tmp/mod-keystores"
ARCHIVE = f"{TOP}/archive"
NAME = "cluster.remote.mod-a.credentials"
OTHER = "cluster.remote.mod-b.credentials"
PASSPHRASE = "xpack.security.remote_cluster_server.ssl.secure_key_passphrase"
PASSWORD = "mod-password-of-a-keystore"
CASES = "protected full readonly bound linked killed stale first second many rewritten acl bad"
# An installation from the archive, below which every start of a JVM is noted.
PREPARE = f"""
set -e
mkdir -p {ARCHIVE}/config {ARCHIVE}/jdk/bin {TOP}/nojava {TOP}/open {TOP}/package
cp -a /usr/share/elasticsearch/bin {ARCHIVE}/
ln -s /usr/share/elasticsearch/lib /usr/share/elasticsearch/modules {ARCHIVE}/
sed -i 's|^if .* /etc/default/elasticsearch; .*|ES_PATH_CONF="${{ES_PATH_CONF:-$ES_HOME/config}}"|' \\
    {ARCHIVE}/bin/elasticsearch-env
cp -a {ARCHIVE}/bin {ARCHIVE}/lib {ARCHIVE}/modules {TOP}/nojava/
printf '#!/bin/sh\\necho "$*" >> {TOP}/starts\\nexec /usr/share/elasticsearch/jdk/bin/java "$@"\\n' \\
    > {ARCHIVE}/jdk/bin/java
touch {TOP}/starts
chmod 755 {ARCHIVE}/jdk/bin/java
chmod 666 {TOP}/starts
cd {TOP}
mkdir -m 750 {CASES}
for case in {CASES} package open archive/config; do touch $case/elasticsearch.yml; done
chown -R elasticsearch: {CASES} archive
chown root:elasticsearch package && chmod 2750 package
mount -t tmpfs -o size=64k,mode=750,uid=$(id -u elasticsearch),gid=$(id -g elasticsearch) full full
"""
CLEAN = f"""
for case in full readonly bound/elasticsearch.keystore; do
    while mountpoint -q {TOP}/$case; do umount -l {TOP}/$case; done
done
rm -rf {TOP}
"""


@pytest.fixture(scope="module", autouse=True)
def _directories(lab: Lab) -> Iterator[None]:
    node = lab.node("lon-1")
    node.require_host("mounts and accounts")
    node.run(CLEAN)
    node.run(PREPARE)
    yield
    node.run(CLEAN)


def encoded(key: str) -> str:
    return base64.b64encode(f"{key}:mod-secret-of-a-credential".encode()).decode()


class Cases:
    """Tasks of one run; each may fail, and what it did is asked by its name."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.tasks: list[dict[str, Any]] = []
        self.run: Run | None = None

    def keystore(self, name: str, case: str | None, **options: Any) -> None:
        keywords = {key: options.pop(key) for key in ("become_user", "check_mode", "vars") if key in options}
        if case:
            options = {"home": ARCHIVE, "path_conf": f"{TOP}/{case}", **options}
        self.add(name, {f"{COLLECTION}.keystore": options}, **keywords)

    def node_info(self, name: str, **options: Any) -> None:
        keywords = {key: options.pop(key) for key in ("become_user", "check_mode", "vars") if key in options}
        self.add(name, {f"{COLLECTION}.node_info": options}, **keywords)

    def shell(self, name: str, script: str, **keywords: Any) -> None:
        self.add(name, {"ansible.builtin.shell": script}, **keywords)

    def add(self, name: str, task: dict[str, Any], **keywords: Any) -> None:
        where = {} if "delegate_to" in keywords else {"delegate_to": self.node}
        self.tasks.append({"name": name, **task, **where, "ignore_errors": True, "diff": True, **keywords})

    def play(self, ansible: Runner, **env: str) -> None:
        self.run = ansible.tasks(*self.tasks, **env)
        assert self.run.code == 0, self.run.output

    def __getitem__(self, name: str) -> dict[str, Any]:
        assert self.run
        [record] = [r for r in self.run.records if r["task"] == name]
        return {**record["result"], "failed": record["status"] in ("failed", "unreachable")}

    def out(self, name: str) -> str:
        assert not self[name].get("failed"), self[name]
        return str(self[name]["stdout"])

    def error(self, name: str) -> str:
        """The one error of a refused task, which has changed nothing."""
        assert self[name].get("failed"), f"{name} did not fail: {self[name]}"
        assert not self[name].get("changed"), name
        return str(self[name]["msg"])

    def done(self, name: str) -> tuple[bool, int]:
        """Whether it changed something, and the starts of the tool."""
        assert not self[name].get("failed"), f"{name}: {self[name]}"
        return self[name]["changed"], self[name]["jvm_starts"]


def show(case: str, name: str = NAME) -> str:
    tool = f"ES_PATH_CONF={TOP}/{case} {ARCHIVE}/bin/elasticsearch-keystore"
    return f"{tool} show {name}"


def copied(case: str) -> str:
    """The first keystore with what is known about it, so that no case has to look for itself."""
    return f"cp -a {TOP}/first/elasticsearch.keystore {TOP}/first/.elasticsearch.keystore.known.json {TOP}/{case}/"


def digest(case: str) -> str:
    return f"sha256sum {TOP}/{case}/elasticsearch.keystore | cut -c1-64; ls -A {TOP}/{case}"


@pytest.mark.full
def test_refused_and_healed(lab: Lab, ansible: Runner) -> None:
    cases = Cases("lon-1")
    one, two = {NAME: encoded("mod-one")}, {NAME: encoded("mod-two")}

    # A missing keystore
    cases.keystore("missing", "first", settings=one)
    cases.shell("missing then", f"ls -A {TOP}/first")
    cases.keystore("created", "first", settings=one, create=True)
    cases.keystore("created by the package's owner", "package", settings=one, create=True)
    cases.shell("created then", f"stat -c '%U:%G %a' {TOP}/first/elasticsearch.keystore {TOP}/package/*.keystore")

    # A password
    protected = {"settings": two, "password": PASSWORD}
    cases.keystore("protected, created", "protected", **protected, create=True)
    cases.keystore("protected, same", "protected", **protected)
    cases.keystore("protected, wrong password", "protected", settings=one, password="mod-wrong")
    cases.keystore("protected, no password", "protected", settings=one)
    cases.keystore("protected, changed", "protected", settings=one, password=PASSWORD)

    # The disk
    cases.shell("fill", f"{copied('full')}; cat /dev/zero > {TOP}/full/filler || true")
    cases.shell("full before", digest("full"))
    cases.keystore("full", "full", settings=two)
    cases.shell("full after", digest("full"))
    cases.shell("free", f"rm {TOP}/full/filler")
    cases.keystore("full, healed", "full", settings=two)
    cases.shell(
        "make read-only",
        f"{copied('readonly')}; cd {TOP}; mount --bind readonly readonly; mount -o remount,ro,bind readonly",
    )
    cases.keystore("read-only, same", "readonly", settings=one)
    cases.keystore("read-only", "readonly", settings=two)
    cases.keystore("read-only, check mode", "readonly", settings=two, check_mode=True)
    cases.shell(
        "bind the file",
        f"{copied('bound')}; cd {TOP}/bound; mount --bind elasticsearch.keystore elasticsearch.keystore",
    )
    cases.keystore("bound", "bound", settings=two)
    cases.keystore("bound, check mode", "bound", settings=two, check_mode=True)
    cases.shell("bound then", digest("bound"))
    cases.shell(
        "link",
        f"{copied('linked')}; cd {TOP}/linked; mv elasticsearch.keystore real; ln -s real elasticsearch.keystore",
    )
    cases.keystore("linked", "linked", settings=two)

    # No Java, and bad input
    cases.shell("copy", copied("bad"))
    cases.shell("bad before", digest("bad"))
    cases.keystore("no such JDK", "bad", settings=two, java_home=f"{TOP}/nojava")
    cases.keystore("no bundled JDK", "bad", settings=two, home=f"{TOP}/nojava")
    cases.keystore("no installation", "bad", settings=two, home=f"{TOP}/open")
    cases.keystore("no directory", "nowhere", settings=two)
    cases.keystore("unknown name", "bad", settings={"cluster.remotes.mod-a.credentials": encoded("mod-two")})
    cases.keystore("rubbish", "bad", settings={NAME: "mod-rubbish"})
    cases.keystore("not encoded", "bad", settings={NAME: "mod-two:mod-secret-of-a-credential"})
    cases.keystore("no name", "bad", absent=["--help"])
    cases.keystore("both", "bad", settings=one, absent=[NAME])
    cases.shell("bad after", digest("bad"))
    cases.play(ansible)

    assert "does not exist: set path_conf to the directory with which the server runs" in cases.error("missing")
    assert cases.out("missing then") == "elasticsearch.yml"
    assert cases.done("created") == (True, 1)
    assert cases.done("created by the package's owner") == (True, 1)
    assert cases.out("created then").split("\n") == ["elasticsearch:elasticsearch 660", "root:elasticsearch 660"]

    assert cases.done("protected, created") == (True, 2)
    assert cases.done("protected, same") == (False, 0)
    assert "the keystore's password is wrong: correct the option password" in cases.error("protected, wrong password")
    assert "is protected by a password: set the option password" in cases.error("protected, no password")
    assert cases.done("protected, changed") == (True, 1)

    assert f"the disk of {TOP}/full is full" in cases.error("full")
    assert cases.out("full before").splitlines()[0] == cases.out("full after").splitlines()[0]
    assert cases.done("full, healed") == (True, 1)
    assert cases.done("read-only, same") == (False, 0)
    for name in ("read-only", "read-only, check mode"):
        assert f"{TOP}/readonly is on a read-only file system: mount it writable" in cases.error(name)
    for name in ("bound", "bound, check mode"):
        assert "is a mount point of its own" in cases.error(name)
    assert cases.out("bound then").splitlines()[0] == cases.out("bad before").splitlines()[0]
    assert "is a symbolic link" in cases.error("linked")

    for name in ("no such JDK", "no bundled JDK"):
        assert "there is no Java that it can use" in cases.error(name)
        assert "set java_home to the JDK that this node's Elasticsearch uses" in cases.error(name)
    assert "set home to the directory of Elasticsearch's installation" in cases.error("no installation")
    assert "set path_conf to the directory of elasticsearch.yml" in cases.error("no directory")
    assert "mod-a.credentials is no secure setting that this module knows" in cases.error("unknown name")
    for name in ("rubbish", "not encoded"):
        assert f"the value of {NAME} is not the encoded value of an API key" in cases.error(name)
    assert "'--help' is no name" in cases.error("no name")
    assert "keep it in one of them" in cases.error("both")
    assert cases.out("bad before") == cases.out("bad after")
    assert cases.run
    secrets = [encoded("mod-one"), encoded("mod-two"), PASSWORD, "mod-wrong", "mod-rubbish", "mod-secret-of-a"]
    assert not [secret for secret in secrets if secret in cases.run.output + str(cases.run.records)]


# A write that is killed when its temporary file is there: the tool and the module.
KILLER = f"""
until java=$(pgrep -f -- '-Des.path.conf={TOP}/[k]illed '); do :; done
module=$(ps -o ppid= -p $java)
until [ -e {TOP}/killed/elasticsearch.keystore.tmp ]; do :; done
kill -KILL $java $module
"""


def test_written(lab: Lab, ansible: Runner) -> None:
    cases = Cases("lon-1")
    one, two = {NAME: encoded("mod-one")}, {NAME: encoded("mod-two")}
    ten = {f"cluster.remote.mod-{number}.credentials": encoded(f"mod-{number}") for number in range(10)}
    mine = {"become_user": "elasticsearch"}

    # One JVM for any number, none where nothing differs
    cases.shell("nothing yet", f": > {TOP}/starts")
    cases.keystore("many", "many", settings={**ten, PASSPHRASE: "mod pässphrase"}, create=True)
    cases.shell("many starts", f"cat {TOP}/starts; : > {TOP}/starts")
    cases.keystore("many, same", "many", settings=ten, absent=[NAME])
    cases.keystore("many, removed", "many", absent=[*list(ten)[:9], "x.y"])
    cases.shell("many then", show("many", PASSPHRASE))

    # Compare and swap
    last = list(ten)[9]
    swap = {"settings": {last: encoded("mod-new"), NAME: encoded("mod-one")}}
    cases.keystore("not as expected", "many", **swap, expected={last: "mod-8", NAME: "mod-8"})
    cases.keystore("expected, check mode", "many", **swap, expected={last: "mod-9", NAME: None}, check_mode=True)
    cases.keystore("expected", "many", **swap, expected={last: "mod-9", NAME: None})
    cases.keystore("expected, again", "many", **swap, expected={last: "mod-9", NAME: None})

    # Two nodes of one machine, with a file system's access list
    cases.keystore("second", "second", settings=two, create=True)
    cases.shell(
        "copy",
        f"cp -a {TOP}/second/* {TOP}/second/.e* {TOP}/acl/; setfacl -m u:ops:r {TOP}/acl/*.keystore; "
        f"cp -a {TOP}/second/* {TOP}/second/.e* {TOP}/killed/; cp -a {TOP}/second/* {TOP}/second/.e* {TOP}/stale/",
    )
    cases.keystore("access list", "acl", settings=one)
    cases.shell("access list then", f"getfacl -cp {TOP}/acl/*.keystore; {show('acl')}; {show('second')}")

    # Left-overs
    cases.shell("leave a file", f"touch {TOP}/stale/elasticsearch.keystore.tmp")
    cases.node_info("stale", home=ARCHIVE, path_conf=f"{TOP}/stale")
    cases.keystore("stale, written", "stale", settings=one)
    cases.shell("killer", KILLER, **{"async": 300, "poll": 0})
    cases.keystore("killed", "killed", settings=one)
    cases.shell("killed then", digest("killed"))
    cases.keystore("killed, again", "killed", settings=one)
    cases.shell("killed, again then", digest("killed"))

    # Another program replaces the file
    cases.keystore("mine", "rewritten", settings={**one, OTHER: encoded("mod-two")}, create=True)
    cases.shell("theirs", f"cp -a {TOP}/second/elasticsearch.keystore {TOP}/rewritten/")
    cases.node_info("theirs, seen", home=ARCHIVE, path_conf=f"{TOP}/rewritten", credentials=["mod-a", "mod-b"])
    cases.node_info("theirs, seen again", home=ARCHIVE, path_conf=f"{TOP}/rewritten")
    cases.node_info("theirs, not asked for", home=ARCHIVE, path_conf=f"{TOP}/rewritten", credentials=["mod-c"])
    cases.keystore("mine again", "rewritten", settings=one, absent=[OTHER])
    cases.node_info("mine, seen", home=ARCHIVE, path_conf=f"{TOP}/rewritten")

    # The service's account, in an installation that it owns and in one that root owns
    cases.keystore("archive", None, home=ARCHIVE, settings=one, create=True, **mine)
    cases.keystore("archive, same", None, home=ARCHIVE, settings=one, **mine)
    cases.node_info(
        "archive by the API",
        become_user="elasticsearch",
        node_name="mod",
        nodes=[{"name": "mod", "id": "x", "home": ARCHIVE, "path_conf": f"{ARCHIVE}/config"}],
    )
    cases.keystore("package, not the owner", "package", settings=two, create=True, **mine)
    cases.keystore("somebody else", "package", settings=two, create=True, vars={"ansible_become": False})
    cases.play(ansible)

    assert cases.done("many") == (True, 1)
    assert len(cases.out("many starts").splitlines()) == 1
    assert cases.done("many, same") == (False, 0)
    assert cases.done("many, removed") == (True, 1)
    assert cases.out("many then") == "mod pässphrase"

    assert cases.done("not as expected") == (False, 0)
    assert cases["not as expected"]["left"] == {last: "mod-9", NAME: None}
    assert cases["not as expected"]["credentials"] == {"mod-9": "mod-9", "mod-a": None}
    assert cases.done("expected, check mode") == (True, 0)
    assert cases.done("expected") == (True, 1)
    assert cases["expected"]["credentials"] == {"mod-9": "mod-new", "mod-a": "mod-one"}
    assert cases.done("expected, again") == (False, 0)
    assert cases["expected, again"]["left"] == {}

    assert cases.done("access list") == (True, 1)
    assert "user:ops:r--" in cases.out("access list then")
    assert cases.out("access list then").endswith(encoded("mod-one") + encoded("mod-two"))

    assert cases["stale"]["node_info"]["keystore"]["writable_tmp_left"] is True
    assert cases.done("stale, written") == (True, 1)
    assert cases["killed"]["failed"]
    before, *left = cases.out("killed then").split("\n")
    assert "elasticsearch.keystore.tmp" in left
    assert cases.done("killed, again") == (True, 1)
    after, *left = cases.out("killed, again then").split("\n")
    assert (after != before, "elasticsearch.keystore.tmp" in left) == (True, False)

    seen, again, aside = (cases[f"theirs, {how}"]["node_info"] for how in ("seen", "seen again", "not asked for"))
    assert (seen["keystore"]["rewritten"], seen["credentials"]) == (["mod-a", "mod-b"], {"mod-a": "mod-two"})
    assert (again["keystore"]["rewritten"], aside["keystore"]["rewritten"]) == (["mod-a", "mod-b"], [])
    assert (seen["jvm_starts"], again["jvm_starts"]) == (2, 0)
    assert cases.done("mine again") == (True, 1)
    assert cases["mine, seen"]["node_info"]["keystore"]["rewritten"] == []

    assert cases.done("archive") == (True, 1)
    assert cases["archive"]["path"] == f"{ARCHIVE}/config/elasticsearch.keystore"
    assert cases.done("archive, same") == (False, 0)
    found = cases["archive by the API"]["node_info"]
    assert (found["paths"]["home"], found["paths"]["config"]) == (ARCHIVE, f"{ARCHIVE}/config")
    assert (found["credentials"], found["jvm_starts"]) == ({"mod-a": "mod-one"}, 0)
    assert "use become with root or with the owner of the file" in cases.error("package, not the owner")
    assert "use become" in cases.error("somebody else")


@pytest.fixture
def own_keystore(lab: Lab) -> Iterator[None]:
    """The keystore of the running node, put back afterwards, with who may become whom and the package's variables."""
    node = lab.node("lon-1")
    rules, variables = node.read_file("/etc/sudoers.d/ops"), node.read_file("/etc/default/elasticsearch")
    script = node.read_file("/usr/share/elasticsearch/bin/elasticsearch-env")
    node.run("cp -a /etc/elasticsearch/elasticsearch.keystore /root/mod-keystore")
    yield
    node.run("cat > /etc/sudoers.d/ops", rules)
    node.run("cat > /etc/default/elasticsearch; rm -rf /etc/sysconfig", variables)
    node.run("cat > /usr/share/elasticsearch/bin/elasticsearch-env", script)
    node.run("mv /root/mod-keystore /etc/elasticsearch/elasticsearch.keystore")
    lab.clusters["london"].request("POST", "/_nodes/lon-1/reload_secure_settings")


@pytest.mark.usefixtures("own_keystore")
@pytest.mark.full
def test_the_node_itself(lab: Lab, ansible: Runner) -> None:
    """The package's layout, found through the API; a password on a running server; the RPM package's file."""
    cases = Cases("lon-1")
    one = {NAME: encoded("mod-one")}
    tool = "/usr/share/elasticsearch/bin/elasticsearch-keystore"
    api = {**reaching("london")}
    cases.add("cluster", {f"{COLLECTION}.cluster_info": {}, "register": "london"}, **api)
    cases.tasks[-1]["ignore_errors"] = False
    cases.node_info("found", nodes="{{ london.cluster.nodes }}")
    cases.tasks[-1]["register"] = "found"
    paths = "{{ found.node_info.paths.%s }}"
    cases.keystore("by its paths", None, home=paths % "home", path_conf=paths % "config", settings=one)
    cases.keystore("by default", None, settings=one)
    reload = f"{COLLECTION}.reload_secure_settings"
    cases.add("reload", {reload: {"nodes": ["lon-1"]}}, **api)
    cases.shell("set a password", f"printf '%s\\n%s\\n' {PASSWORD} {PASSWORD} | {tool} passwd")
    cases.keystore("protected", None, absent=[NAME], password=PASSWORD)
    cases.add("reload without password", {reload: {"nodes": ["lon-1"]}}, **api)
    cases.add("reload with a wrong password", {reload: {"nodes": ["lon-1"], "keystore_password": "mod-wrong"}}, **api)
    cases.add("reload with password", {reload: {"nodes": ["lon-1"], "keystore_password": PASSWORD}}, **api)
    cases.shell(
        "as the RPM package",
        "mkdir /etc/sysconfig && mv /etc/default/elasticsearch /etc/sysconfig/ && "
        f"sed -i 's|^ES_PATH_CONF=.*|ES_PATH_CONF={TOP}/rpm|' /etc/sysconfig/elasticsearch && "
        "sed -i 's|^if .* /etc/default/elasticsearch; .*|source /etc/sysconfig/elasticsearch|' "
        "/usr/share/elasticsearch/bin/elasticsearch-env && "
        f"install -d -g elasticsearch -m 2750 {TOP}/rpm && touch {TOP}/rpm/elasticsearch.yml",
    )
    cases.keystore("RPM", None, settings=one, create=True, path_conf=f"{TOP}/rpm")
    cases.keystore("RPM, the running server's", None, settings=one)
    cases.keystore("RPM, another directory", None, settings=one, create=True, path_conf=f"{TOP}/open")
    cases.node_info("RPM, found")
    cases.play(ansible)

    found = cases["found"]["node_info"]
    assert (found["node"]["name"], found["node"]["found_by"], found["node"]["address_is_local"]) == (
        "lon-1",
        "node.name",
        True,
    )
    assert (found["paths"]["home"], found["paths"]["config"]) == ("/usr/share/elasticsearch", "/etc/elasticsearch")
    assert (found["running"], found["service_user"]) == (True, "elasticsearch")
    assert cases.done("by its paths")[0]
    assert cases.done("by default") == (False, 0)
    assert cases["reload"]["nodes"] == ["lon-1"]
    assert cases.done("protected")[0]
    for name in ("reload without password", "reload with a wrong password"):
        assert "These nodes did not reload their secure settings: lon-1" in str(cases[name]["msg"])
    assert cases["reload with password"]["nodes"] == ["lon-1"]
    assert cases.done("RPM") == (True, 1)
    assert cases["RPM"]["path"] == f"{TOP}/rpm/elasticsearch.keystore"
    assert f"always works on {TOP}/rpm" in cases.error("RPM, another directory")
    # The server still runs with what it was told when it started.
    assert f"always works on {TOP}/rpm" in cases.error("RPM, the running server's")
    assert cases["RPM, found"]["node_info"]["paths"]["config"] == "/etc/elasticsearch"


@pytest.mark.usefixtures("own_keystore")
def test_rights_and_pipelining(lab: Lab, ansible: Runner) -> None:
    """An account that may become the service's user alone; and whether a module came by pipelining."""
    node = lab.node("lon-1")
    node.run("cat > /etc/sudoers.d/ops", "ops ALL=(elasticsearch) NOPASSWD: ALL\n")
    cases = Cases("lon-1")
    two = {NAME: encoded("mod-two")}
    cases.keystore("root", None, settings=two)
    cases.keystore("package", None, settings=two, become_user="elasticsearch")
    cases.node_info("package, seen", become_user="elasticsearch")
    cases.keystore("archive", None, home=ARCHIVE, settings=two, become_user="elasticsearch", create=True)
    for become in (True, False):
        for pipelining in (True, False):
            # Without pipelining the file has to be readable for the other account: that needs access lists.
            user = {"become_user": "elasticsearch"} if become else {}
            variables = {"ansible_become": become, "ansible_pipelining": pipelining}
            cases.node_info(f"{become} {pipelining}", path_conf=f"{TOP}/open", vars=variables, **user)
    cases.play(ansible)

    assert cases["root"]["failed"]
    assert "sudo" in str(cases["root"]).lower()
    assert "use become with root or with the owner of the file" in cases.error("package")
    seen = cases["package, seen"]["node_info"]
    assert (seen["keystore"]["error"], seen["node"], seen["running"]) == (None, None, True)
    assert cases.done("archive")[0]
    ways = {name: cases[name]["node_info"]["pipelining"] for name in ("True True", "True False", "False True")}
    ways["False False"] = cases["False False"]["node_info"]["pipelining"]
    assert ways == {"True True": True, "True False": False, "False True": True, "False False": False}
