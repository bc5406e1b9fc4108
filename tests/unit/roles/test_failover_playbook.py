# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the playbooks failover and failback get where nobody answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parents[3]
# Nobody listens there.
NOWHERE = {"elasticsearch_url": "http://127.0.0.1:1", "elasticsearch_username": "u", "elasticsearch_password": "secret"}


def run(name: str, folder: Path, paris: dict[str, Any], *arguments: str) -> str:
    """A playbook's output; London follows Paris."""
    hosts = {
        "london": {
            "elasticsearch_remote_address": "london:9443",
            "elasticsearch_remote_clusters": {"paris": {"follow": {"m": "m-*"}}},
        },
        "paris": {"elasticsearch_remote_address": "paris:9443", "elasticsearch_remote_clusters": paris},
    }
    groups: dict[str, Any] = {f"{name}_nodes": {"hosts": {f"{name}-1": None}} for name in hosts}
    groups["elasticsearch_clusters"] = {"vars": NOWHERE, "hosts": hosts}
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"children": groups}}), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        "-i",
        str(inventory),
        str(HERE / "playbooks" / f"{name}.yml"),
    ]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(folder)}
    done = subprocess.run(
        [*command, "--limit", "london", "-e", "aliases=paris", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(("planned", "stops"), [("false", False), ("true", True)])
def test_a_mistake_in_what_the_lost_cluster_declares_stops_nobody(tmp_path: Path, planned: str, stops: bool) -> None:
    """In a switchover it is to follow by what it declares."""
    output = run(
        "failover", tmp_path, {"london": {"replication": ["m-*"], "adress": "typo"}}, "-e", f"planned={planned}"
    )
    assert ("there is no option adress" in output) == stops, output
    assert ("Connection refused" in output) != stops, output


SEVERAL = {name: {"cluster": "london", "replication": "m-*"} for name in ("backup", "london")}


@pytest.mark.parametrize(
    ("aliases", "back", "says"),
    [
        pytest.param(
            {**SEVERAL, "apps": {"cluster": "london", "search": "m-*"}},
            None,
            "can follow london by each of the aliases backup, london; name the one that is meant, as in -e back=backup",
            id="nobody guesses",
        ),
        pytest.param(SEVERAL, "london", None, id="named"),
        pytest.param(
            SEVERAL, "londno", "can't be followed by the alias londno of paris; there are backup, london", id="misspelt"
        ),
        pytest.param(
            {"apps": {"cluster": "london", "search": "m-*"}, "london": {"replication": "m-*"}},
            None,
            None,
            id="one that only searches does not count",
        ),
    ],
)
def test_the_alias_by_which_the_lost_cluster_follows(
    tmp_path: Path, aliases: dict[str, Any], back: str | None, says: str | None
) -> None:
    given = () if back is None else ("-e", f"back={back}")
    for name, more in (("failback", ()), ("failover", ("-e", "planned=true"))):
        output = " ".join(run(name, tmp_path, aliases, *given, *more).split())
        assert ("Connection refused" in output) == (says is None), output
        assert says is None or says in output, output


@pytest.mark.parametrize(
    ("aliases", "back", "chosen"),
    [
        (SEVERAL, "london", {"paris": "london"}),
        ({"apps": {"cluster": "london", "search": "m-*"}, "london": {"replication": "m-*"}}, "", {"paris": "london"}),
        ({"apps": {"cluster": "london", "search": "m-*"}}, "", {}),
    ],
)
def test_which_alias_is_chosen(tmp_path: Path, aliases: dict[str, Any], back: str, chosen: dict[str, str]) -> None:
    """Told by a playbook beside the inventory."""
    keys = "{{ elasticsearch_back_keys.paris | map(attribute='alias') | join(' and ') }} so far"
    able = [name for name, alias in aliases.items() if "replication" in alias]
    tell = [
        {"name": "Check", "ansible.builtin.import_tasks": f"{HERE}/playbooks/tasks/check_declaration.yml"},
        {
            "name": "Tell",
            "ansible.builtin.debug": {"msg": f"chosen {{{{ elasticsearch_way_back | to_json }}}} of {keys}"},
        },
    ]
    files = [f"{HERE}/playbooks/vars/{name}.yml" for name in ("run", "aliases", "failover")]
    takes = {"elasticsearch_takes": ["aliases", "back"]}
    play = {"hosts": "elasticsearch_clusters", "gather_facts": False, "vars": takes, "vars_files": files, "tasks": tell}
    (tmp_path / "tell.yml").write_text(json.dumps([play]))
    output = run(f"{tmp_path}/tell", tmp_path, aliases, "-e", f"back={back}")
    assert f"chosen {json.dumps(chosen)} of {' and '.join(able)} so far" in output.replace("\\", ""), output


@pytest.mark.parametrize(
    ("given", "told"),
    [('{"discard_newer": true}', "True"), ("discard_newer=berlin", "berlin"), ("discard_newer=paris,london", None)],
)
def test_whose_documents_may_be_lost_is_named(tmp_path: Path, given: str, told: str | None) -> None:
    output = " ".join(run("failback", tmp_path, {"london": {"replication": ["m-*"]}}, "-e", given).split())
    says = (
        f"discard_newer: it is {told}, and must name the cluster whose newer documents may be lost, as in "
        "discard_newer=paris for what only paris has, or discard_newer=london for what only london has"
    )
    assert (says in output) != (told is None), output
    assert ("Connection refused" in output) == (told is None), output
