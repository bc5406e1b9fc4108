# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.restart import (
    account_problems,
    masters,
    outcome,
    passphrase_problems,
    presence,
    service_problems,
)


def server(
    own: bool = True, path_conf: str | None = "/etc/elasticsearch", unit: str | None = "elasticsearch.service"
) -> dict[str, Any]:
    return dict(pid=7, home="/opt/es", path_conf=path_conf, unit=unit, own=own)


def info(*servers: dict[str, Any], **more: Any) -> dict[str, Any]:
    service = dict(unit="elasticsearch.service", loaded=True, reads_passphrase=True)
    keystore = dict(protected=False, error=None)
    return dict(
        dict(servers=list(servers), ports=[22], service=service, passphrase_file=None, keystore=keystore), **more
    )


PORTS = {"http.port": 9201, "transport.port": 9301}
ANOTHER = server(own=False, path_conf="/opt/es/config")


@pytest.mark.parametrize(
    ("look", "have", "in_cluster", "command", "down", "problem"),
    [
        pytest.param(info(server()), {}, True, "", False, "", id="it runs"),
        pytest.param(info(server()), {}, False, "", False, "", id="it begins"),
        pytest.param(info(), {}, False, "", True, "", id="nothing runs, listens, or is in the cluster"),
        pytest.param(info(), {}, True, "", False, "its process is not found; no server runs", id="in the cluster"),
        pytest.param(info(), {}, True, "docker restart es", False, "", id="in the cluster, run by something else"),
        pytest.param(info(ANOTHER), {}, True, "", False, "7 of /opt/es/config", id="an archive, in the cluster"),
        pytest.param(info(ANOTHER), {}, False, "", False, "nobody can tell whether it runs", id="an archive"),
        pytest.param(info(ANOTHER), PORTS, False, "", True, "", id="beside another node"),
        pytest.param(
            info(server(own=False, path_conf=None)), PORTS, False, "", False, "nobody can tell", id="beside any node"
        ),
        pytest.param(info(ports=[9200]), {}, False, "", False, "listens at port 9200", id="something listens"),
        pytest.param(info(ports=[9301]), PORTS, False, "", False, "listens at port 9301", id="at the port of the file"),
        pytest.param(info(ports=[9205]), {"http.port": "9205-9300"}, False, "", False, "9205", id="at a range"),
        pytest.param(info(ports=[9200]), PORTS, False, "", True, "", id="something else listens"),
    ],
)
def test_presence(
    look: dict[str, Any], have: dict[str, Any], in_cluster: bool, command: str, down: bool, problem: str
) -> None:
    found = presence(look, have, in_cluster, command)
    assert found.down == down
    assert bool(found.problem) == bool(problem)
    assert problem in found.problem


HOT = dict(unit="elasticsearch@hot.service", loaded=True, reads_passphrase=True)


@pytest.mark.parametrize(
    ("look", "command", "down", "problem"),
    [
        pytest.param(info(server()), "", False, "", id="its own"),
        pytest.param(info(server(unit="elasticsearch@hot.service"), service=HOT), "", False, "", id="an instance"),
        pytest.param(
            info(server(unit="elasticsearch@hot.service")),
            "",
            False,
            "its process 7 belongs to elasticsearch@hot.service, not to elasticsearch.service",
            id="another unit",
        ),
        pytest.param(info(server(unit="session-1.scope")), "", False, "belongs to session-1.scope", id="by hand"),
        pytest.param(info(server(unit=None)), "", False, "belongs to no unit", id="no unit"),
        pytest.param(info(server(unit="x.scope")), "docker restart es", False, "", id="a command"),
        pytest.param(info(server(unit=None), service=None), "", False, "", id="no systemd"),
        pytest.param(
            info(server(unit="es.service"), service=dict(HOT, loaded=False)),
            "",
            False,
            "has no unit elasticsearch; set elasticsearch_service of this node (units of Elasticsearch here: es",
            id="no such unit",
        ),
        pytest.param(info(), "", True, "", id="it is down"),
        pytest.param(info(service=dict(HOT, loaded=False)), "", True, "none that runs", id="it is down, no such unit"),
        pytest.param(
            info(service=dict(HOT, other_path_conf="/etc/elasticsearch/hot")),
            "",
            True,
            "runs with the directory /etc/elasticsearch/hot",
            id="it is down, and another directory was read",
        ),
        pytest.param(
            info(server(own=False)), "", True, "which is another node's", id="it is down, another node's unit"
        ),
    ],
)
def test_service(look: dict[str, Any], command: str, down: bool, problem: str) -> None:
    found = service_problems(look, "elasticsearch", command, down)
    assert len(found) == bool(problem)
    assert problem in "".join(found)


@pytest.mark.parametrize(
    ("told", "command", "problem"),
    [
        pytest.param(dict(account="root"), "", "", id="root"),
        pytest.param(dict(), "", "", id="nobody has told"),
        pytest.param(
            dict(account="elasticsearch", write_error=None), "", "the account elasticsearch may not", id="not root"
        ),
        pytest.param(dict(account="elasticsearch", write_error=None), "sudo restart-es", "", id="a command"),
        pytest.param(
            dict(account="ops", write_error="the account ops may not replace /x"), "sudo x", "/x", id="no right"
        ),
    ],
)
def test_account(told: dict[str, Any], command: str, problem: str) -> None:
    found = account_problems(told, command)
    assert len(found) == bool(problem)
    assert problem in "".join(found)


PROTECTED = dict(keystore=dict(protected=True, error=None))


@pytest.mark.parametrize(
    ("look", "command", "password", "problem"),
    [
        pytest.param(info(), "", False, "", id="no password"),
        pytest.param(info(**PROTECTED), "", True, "", id="given"),
        pytest.param(info(**PROTECTED), "", False, "set elasticsearch_keystore_password of this node", id="not given"),
        pytest.param(info(**PROTECTED, passphrase_file="/etc/es.pass"), "", False, "", id="somebody else gives it"),
        pytest.param(info(**PROTECTED), "x", True, "elasticsearch_restart_command is not given it", id="a command"),
        pytest.param(info(**PROTECTED, passphrase_file="/f"), "x", False, "", id="a command, somebody else gives it"),
        pytest.param(info(**PROTECTED, service=None), "", True, "not run by systemd", id="no systemd"),
        pytest.param(
            info(**PROTECTED, service=dict(HOT, reads_passphrase=False)),
            "",
            True,
            "does not start it by bin/systemd-entrypoint",
            id="a unit that does not read it",
        ),
        pytest.param(
            info(keystore=dict(protected=True, error="the password is wrong.")), "", True, "is wrong", id="wrong"
        ),
    ],
)
def test_passphrase(look: dict[str, Any], command: str, password: bool, problem: str) -> None:
    found = passphrase_problems(look, "elasticsearch", command, password)
    assert len(found) == bool(problem)
    assert problem in "".join(found)


def voting(ids: str, present: str) -> dict[str, Any]:
    return dict(
        configurations=[list(ids)], excluded=[], masters=[dict(id=i, name=i, voting_only=False) for i in present]
    )


@pytest.mark.parametrize(
    ("votes", "away", "coming", "problem", "note", "count"),
    [
        pytest.param(voting("abc", "abc"), [], 0, "", "", 0, id="three"),
        pytest.param(voting("abc", "ab"), ["c"], 0, "would have no master then: of the 3", "", 0, id="one away"),
        pytest.param(voting("abc", "ab"), [], 0, "would have no master then: of the 3", "", 0, id="one unlisted away"),
        pytest.param(voting("abc", "ab"), [], 1, "", "", 0, id="one that is started before"),
        pytest.param(voting("a", "ab"), [], 0, "", "has no master while a restarts", 2, id="two"),
        pytest.param(voting("b", "ab"), [], 0, "", "", 2, id="two, of which the other one votes"),
        pytest.param(voting("a", "a"), [], 0, "", "has no master while a restarts", 1, id="one"),
        pytest.param(voting("a", "a"), ["b"], 0, "Not in the cluster: b.", "", 0, id="two, one away"),
    ],
)
def test_masters(votes: dict[str, Any], away: list[str], coming: int, problem: str, note: str, count: int) -> None:
    found = masters(votes, "a", away, coming)
    assert (bool(found.problem), bool(found.note), found.eligible) == (bool(problem), bool(note), count)
    assert problem in found.problem
    assert note in found.note


@pytest.mark.parametrize(
    ("put_back", "restarted", "not_back", "said"),
    [
        pytest.param(dict(files=[], changed=True), True, "", "restarted with it, and it is in the cluster", id="back"),
        pytest.param(dict(files=[], changed=True), True, "late", "but the node is not back: late", id="not back"),
        pytest.param(dict(files=[], changed=True), False, "", "is back, and it was not restarted", id="not begun"),
        pytest.param(dict(files=[], changed=False), False, "", "as it was, and it was not restarted", id="not written"),
        pytest.param(dict(files=[], changed=False), True, "", "restarted with the one that it has", id="only started"),
        pytest.param(dict(msg="away"), True, "", "could not be put back: away It may not run.", id="unreachable"),
        pytest.param(dict(), False, "", "no reason is given It was not restarted.", id="unreachable before"),
    ],
)
def test_outcome(put_back: dict[str, Any], restarted: bool, not_back: str, said: str) -> None:
    assert said in outcome(put_back, restarted, not_back)
