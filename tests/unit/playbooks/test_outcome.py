# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table as Ansible shows it, from what its own tasks have registered."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parents[3]
EXPANDED = {"remote_clusters": [{"alias": "paris", "follow": []}], "nodes": [], "grants": []}
PROOF = {"paris": {"nodes": [{"node": "{{ inventory_hostname }}-1", "status": "proven"}]}}


def test_one_table_for_all_clusters(tmp_path: Path) -> None:
    hosts = {name: {"ansible_connection": "local"} for name in ("berlin", "london", "rome")}
    (tmp_path / "hosts.json").write_text(json.dumps({"elasticsearch_clusters": {"hosts": hosts}}))
    tasks = [
        {
            "name": "Know",
            "ansible.builtin.set_fact": {
                "elasticsearch_expanded": EXPANDED,
                "remote_cluster__proof": {"remote_clusters": PROOF},
            },
        },
        {"name": "End", "ansible.builtin.fail": {"msg": "no way"}, "when": "inventory_hostname == 'berlin'"},
        {
            "name": "Tell",
            "ansible.builtin.import_tasks": f"{HERE}/playbooks/tasks/report_outcome.yml",
            "vars": {"elasticsearch_playbook": "verify"},
        },
    ]
    (tmp_path / "play.json").write_text(
        json.dumps([{"hosts": "elasticsearch_clusters", "gather_facts": False, "tasks": tasks}])
    )
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.json"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": f"{HERE}/.cache/tree", "ANSIBLE_NOCOLOR": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    told = done.stdout.rpartition("TASK [Report outcome of all clusters]")[2].partition("PLAY RECAP")[0]
    assert json.loads(told[told.index("[", told.index("msg")) : told.rindex("]") + 1]) == [
        "cluster  alias  proven       changed  to do",
        "berlin   paris  1 of 1 node  nothing  failed, see the error above",
        "london   paris  1 of 1 node  nothing  -",
        "rome     paris  1 of 1 node  nothing  -",
    ], done.stdout + done.stderr
