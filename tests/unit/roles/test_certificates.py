# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role does on the controller, with facts as nodes would have told them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from unit.module_utils._pki.test_store import module

HERE = Path(__file__).parents[3]
ROLE = {"name": "crosscluster.elasticsearch.certificates"}
TRUSTED: dict[str, dict[str, dict[str, Any]]] = {
    "london": {"remote_cluster_client": {"clusters": ["paris"], "authorities": []}, "transport": {}},
    "paris": {"remote_cluster_client": {"clusters": [], "authorities": []}, "transport": {}},
}


def play(folder: Path, tasks: list[str], *arguments: str, **variables: Any) -> tuple[int, str, dict[str, Any]]:
    """Of two clusters side by side: the code, the output, and what was found out."""
    authorities = {
        name: {"remote_cluster": {"path": str(folder / name), "passphrase": "a passphrase"}} for name in TRUSTED
    }
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "certificates_api": {},
        "certificates_nodes": ["n-1"],
        "certificates_authorities": authorities,
        "certificates_left_out": {},
        "certificates__held": {"remote_cluster": {"shown": [], "trusted": [], "pkcs12": []}},
        **variables,
    }
    hosts: dict[str, Any] = {}
    for name, trusted in TRUSTED.items():
        empty: dict[str, Any] = {"clusters": [], "authorities": []}
        whom = {purpose: {**empty, **entry} for purpose, entry in trusted.items()}
        seen = {
            "uuid": f"u-{name}",
            "purposes": ["remote_cluster_server"],
            "unlisted": [],
            "aliases": [],
            "declared": [],
        }
        hosts[name] = {"certificates_trusted": whom, "certificates__seen": seen}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
    found = {"msg": "FOUND {{ {inventory_hostname: certificates__trust} | to_json }}"}
    entries: list[dict[str, Any]] = [
        {"ansible.builtin.debug": found}
        if name == "found"
        else {"ansible.builtin.include_role": {**ROLE, "tasks_from": name, "public": True, "rolespec_validate": False}}
        for name in tasks
    ]
    plays = [{"hosts": "all", "gather_facts": False, "any_errors_fatal": True, "tasks": entries}]
    (folder / "play.json").write_text(json.dumps(plays))
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(HERE / ".cache/tree"), "ANSIBLE_HOME": str(folder)}
    command = ["-m", "ansible", "playbook", "-i", str(folder / "inventory.json"), str(folder / "play.json")]
    done = subprocess.run(
        [sys.executable, *command, *arguments], check=False, capture_output=True, text=True, env=environment
    )
    told: dict[str, Any] = {}
    for line in done.stdout.splitlines():
        if '"msg": "FOUND ' in line:
            told |= json.loads(json.loads("{%s}" % line.strip().rstrip(","))["msg"].partition(" ")[2])
    return done.returncode, done.stdout + done.stderr, told


def test_authorities_are_made_by_their_own_cluster_and_trusted_by_others(tmp_path: Path) -> None:
    """And handed out to those who were granted access."""
    granted = [{"name": "partner", "file": str(tmp_path / "partner.key")}]
    code, output, found = play(tmp_path, ["prepare_authorities", "found"], "--check")
    assert code == 0, output
    needed = found["london"]["needed"]["remote_cluster_client"]
    assert [("made first" in entry["pem"], entry["owner"]) for entry in needed] == [
        (True, "u-london"),
        (True, "u-paris"),
    ]
    assert not (tmp_path / "paris").exists()
    tasks = ["prepare_authorities", "found", "hand_out_authorities"]
    code, output, found = play(tmp_path, tasks, certificates_granted=granted)
    assert code != 0
    assert "because partner, to whom access was granted, would refuse it. Hand out" in output, output
    of_paris = (tmp_path / "paris" / "ca.crt").read_text()
    for name, count in (("london", 2), ("paris", 1)):
        needed = found[name]["needed"]["remote_cluster_client"]
        assert len(needed) == count
        assert needed[-1]["pem"] == of_paris and needed[-1]["owner"] == "u-paris"
        assert found[name]["prune"]["remote_cluster_client"] == {"stopped": None, "owners": ["u-london", "u-paris"]}
        handed_out = (tmp_path / f"{name}_remote_cluster_ca.crt").read_text()
        assert handed_out == (tmp_path / name / "ca.crt").read_text()
        assert handed_out.splitlines()[1] in output


def test_one_that_is_lost_keeps_all_others_from_being_made(tmp_path: Path) -> None:
    of_paris = module(tmp_path / "lost", common_name="paris remote cluster CA")["certificate"]
    held = {"remote_cluster": {"shown": [], "trusted": [of_paris], "pkcs12": []}}
    tasks = ["prepare_authorities"]
    code, output, _found = play(tmp_path, tasks, certificates__held=held)
    assert code != 0
    assert f"path: {tmp_path / 'paris'} holds no CA" in output, output
    assert not (tmp_path / "paris").exists() and not (tmp_path / "london").exists()
    code, output, _found = play(tmp_path, tasks, certificates__held=held, certificates_replace_lost=True)
    assert code == 0, output
    assert (tmp_path / "paris" / "earlier.crt").read_text() == of_paris
