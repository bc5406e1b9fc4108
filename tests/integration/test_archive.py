# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A node from the archive, whose configuration is named by its unit alone, beside what a package has left there."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from evidence import INDEX, SECURE_SETTING, active_keys, held, put_document, search, searching
from runner import Runner, succeeded

from kit import Lab
from kit.cluster import until

NODE = "lon-2"
HOME, CONFIG, STALE = "/opt/elasticsearch", "/srv/es-conf", "/etc/elasticsearch"
# Where the archive's own script looks when nobody names a directory: there is a keystore too, which no server reads.
UNPACKED = f"{HOME}/config"
DROP_IN = "/etc/systemd/system/elasticsearch.service.d/archive.conf"
UNIT = f"""\
[Service]
EnvironmentFile=
Environment=ES_PATH_CONF={CONFIG}
WorkingDirectory={HOME}
ExecStart=
ExecStart={HOME}/bin/elasticsearch -d -p /run/elasticsearch/elasticsearch.pid
"""
MOVE = f"""
set -e
mkdir {HOME}
cp -a /usr/share/elasticsearch/bin /usr/share/elasticsearch/lib /usr/share/elasticsearch/modules {HOME}/
ln -s /usr/share/elasticsearch/jdk {HOME}/jdk
sed -i 's|^if .* /etc/default/elasticsearch; .*|if [ -z "$ES_PATH_CONF" ]; then ES_PATH_CONF="$ES_HOME"/config; fi|' \\
    {HOME}/bin/elasticsearch-env
cp -a {STALE} {CONFIG}
cp -a {STALE} {UNPACKED}
echo '# nothing is set' > {UNPACKED}/elasticsearch.yml
mkdir -p {DROP_IN.rpartition("/")[0]}
cat > {DROP_IN}
systemctl daemon-reload
systemctl restart elasticsearch
"""
BACK = f"""
cp -a {CONFIG}/elasticsearch.keystore {CONFIG}/.elasticsearch.keystore.known.json {STALE}/
rm -rf {DROP_IN} {HOME} {CONFIG}
systemctl daemon-reload
systemctl restart elasticsearch
"""
# A failed search shows at once, and is not skipped.
PARIS = {"search": [INDEX], "skip_unavailable": False}


@pytest.fixture(scope="module", autouse=True)
def _moved(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Connected by a run that found the package's layout; then the node was moved, and nobody told the inventory."""
    node = lab.node(NODE)
    node.require_host("a unit of its own")
    put_document(lab)
    runner = Runner(lab, tmp_path_factory.mktemp("connected"))
    runner.declare(london={"paris": PARIS})
    succeeded(runner.playbook("connect"))
    node.run(MOVE, UNIT)
    complete(lab)
    yield
    node.run(BACK)
    complete(lab)
    succeeded(runner.playbook("disconnect"))


@pytest.fixture
def london(ansible: Runner) -> Runner:
    ansible.declare(london={"paris": PARIS})
    return ansible


def complete(lab: Lab) -> None:
    nodes = lab.clusters["london"].nodes
    health = f"_cluster/health?wait_for_nodes={len(nodes)}&timeout=20s"
    until("london complete", lab.clusters["london"].request, "GET", health, timeout=30)
    for node in nodes:
        until("a search", searched, lab, node)


def searched(lab: Lab, node: str) -> tuple[int, str]:
    found = search(lab, node)
    return 200 if found == "found" else 500, found


def key_in(lab: Lab, directory: str) -> str:
    """The id of the key that a keystore of the node holds."""
    tool = f"ES_PATH_CONF={directory} {HOME}/bin/elasticsearch-keystore"
    value = lab.node(NODE).run(f"{tool} show {SECURE_SETTING}").stdout
    return base64.b64decode(value).decode().partition(":")[0]


# `make test` has an archive among its sceneries.
@pytest.mark.full
def test_new_keys_reach_the_keystore_of_the_running_server(lab: Lab, london: Runner) -> None:
    [old] = active_keys(lab)
    check = succeeded(london.playbook("rotate_api_keys", "--check"))
    with searching(lab) as results:
        real = succeeded(london.playbook("rotate_api_keys"))
    assert len(results) > 10
    assert set(results) == {"found"}
    assert (check.writes, check.changes) == ([], real.changes)
    [new] = active_keys(lab)
    assert new != old
    assert [held(lab)[0], key_in(lab, CONFIG)] == [new, new]
    # What nobody reads is nobody's business.
    assert [key_in(lab, directory) for directory in (STALE, UNPACKED)] == [old, old]
    again = succeeded(london.playbook("connect"))
    assert (again.changes, again.writes, again.jvm_starts) == (set(), [], 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"elasticsearch_path_conf": STALE},
        pytest.param({"elasticsearch_home": "/usr/share/elasticsearch"}, marks=pytest.mark.full),
    ],
)
def test_a_directory_that_is_not_the_server_s_is_refused(lab: Lab, london: Runner, wrong: dict[str, str]) -> None:
    keys = active_keys(lab)
    london.groups = {"london_nodes": {"hosts": {NODE: wrong}}}
    with searching(lab) as results:
        run = london.playbook("rotate_api_keys")
    assert set(results) == {"found"}
    assert run.code != 0
    assert (run.writes, active_keys(lab)) == ([], keys)
    [variable] = wrong
    told = " ".join(run.errors)
    assert f"{NODE} can't be read: " in told, run.output
    assert all(word in told for word in (variable, CONFIG, HOME)), run.output
