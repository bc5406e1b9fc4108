# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible does with clusters that fail, or are faster than others, is decided by keywords."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROOT = Path(__file__).parents[3]
TRUST, GRANTED, INSTALL = "write_trusted_authorities.yml", "hand_out_authorities.yml", "install_certificates.yml"


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_nothing_is_told_or_done_in_the_order_of_a_set() -> None:
    """These filters of Ansible make one, whose order is another one in each process; it may only be counted."""
    set_filter = re.compile(r"\| *(?:union|intersect|(?:symmetric_)?difference)\([^|}]*(?:\| *\w+)?")
    files = [path for place in ("roles", "playbooks") for path in sorted((ROOT / place).rglob("*.yml"))]
    uses = [(path.name, use) for path in files for use in set_filter.findall(path.read_text())]
    assert [(name, use) for name, use in uses if not use.endswith("| length")] == []


@pytest.mark.parametrize("name", ["certificates", "rotate_certificates"])
def test_no_cluster_is_shown_a_certificate_before_it_trusts(name: str) -> None:
    for play in read(f"playbooks/{name}.yml"):
        assert play["any_errors_fatal"] is True, play["name"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("playbooks/*.yml")), ids=lambda path: path.stem)
def test_no_strategy_of_the_user_changes_the_order_of_tasks(path: Path) -> None:
    """What one cluster reads of another, and run_once, hold only where each task is done on all before the next."""
    for play in read(str(path)):
        assert play["strategy"] == "ansible.builtin.linear", play["name"]


def test_each_authority_is_looked_at_before_one_is_made() -> None:
    """On every cluster: where one is refused, nothing is written anywhere, also not on the controller."""
    uses = [
        task.get("vars", {}).get("certificates__look_only")
        for task in read("roles/certificates/tasks/prepare_authorities.yml")
        if task.get("ansible.builtin.include_tasks") == "create_or_renew_authorities.yml"
    ]
    assert uses == [True, False]
    makes, reads = read("roles/certificates/tasks/create_or_renew_authorities.yml")
    assert "certificates__look_only" in makes["check_mode"] and reads["check_mode"] is True


def test_who_was_granted_access_is_waited_for_before_a_certificate_is_shown() -> None:
    included = [
        task.get("ansible.builtin.include_tasks") for task in all_tasks(read("roles/certificates/tasks/main.yml"))
    ]
    order = [name for name in included if name in (TRUST, GRANTED, INSTALL)]
    assert order == [TRUST, GRANTED, INSTALL, TRUST]


def test_a_restart_that_fails_is_the_matter_of_one_cluster() -> None:
    tasks = [task for play in read("playbooks/certificates.yml") for task in play["tasks"]]
    [included] = [
        task["ansible.builtin.include_role"]
        for task in tasks
        if "remote_cluster_server" in str(task.get("ansible.builtin.include_role"))
        and "tasks_from" not in task["ansible.builtin.include_role"]
    ]
    assert included["apply"] == {"any_errors_fatal": False}


def all_tasks(entries: Any) -> Iterator[dict[str, Any]]:
    for entry in entries or []:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from all_tasks(entry.get(part))


@pytest.mark.parametrize("path", sorted(ROOT.glob("roles/certificates/tasks/*.yml")), ids=lambda path: path.stem)
def test_a_node_that_can_not_be_reached_is_not_fatal_by_itself(path: Path) -> None:
    """With any_errors_fatal Ansible ends the play for all hosts at a host that is unreachable, ignored or not."""
    ignoring = [task for task in all_tasks(read(str(path))) if task.get("ignore_unreachable")]
    # A failure that would not be fatal either is told by the next task.
    assert [t["name"] for t in ignoring if (t.get("any_errors_fatal"), t.get("failed_when")) != (False, False)] == []


def test_what_a_left_out_node_needs_is_told_when_the_others_are_done() -> None:
    [play] = read("playbooks/certificates.yml")
    roles = [task.get("ansible.builtin.include_role", {}) for task in play["tasks"]]
    assert [role.get("tasks_from", role.get("name", "").rpartition(".")[2]) for role in roles if role] == [
        "list_configuration_files",
        "certificates",
        "remote_cluster_server",
        "fail_if_nodes_left_out",
    ]


@pytest.mark.parametrize("name", ["restart_node", "restart_service", "roll_back_node"])
def test_a_node_that_gets_unreachable_does_not_end_the_run_without_rescue_and_always(name: str) -> None:
    entries = read(f"roles/remote_cluster_server/tasks/{name}.yml")
    # Before replicas are held back there is nothing to be mended.
    inside = [entry for entry in entries if "block" in entry] if name == "restart_node" else entries
    on_node = [task for task in all_tasks(inside) if "remote_cluster_server__host" in str(task.get("delegate_to"))]
    assert on_node
    assert [task["name"] for task in on_node if not task.get("ignore_unreachable")] == []


def test_one_follower_that_can_not_go_on_keeps_nothing_else_paused() -> None:
    """And the note is there until it can, so that the run can be repeated."""
    (block,) = read("roles/replication/tasks/resume.yml")
    names = [task["name"] for task in block["block"]]
    wanted = [
        "Resume auto-follow patterns",
        "Resume follower indices",
        "Fail if follower indices have stopped for good",
        "Remove pause records",
    ]
    assert [name for name in names if name in wanted] == wanted


@pytest.mark.parametrize(
    "path",
    [
        *(f"roles/replication/tasks/{name}.yml" for name in ("main", "pause", "resume")),
        *(f"roles/failover/tasks/{name}.yml" for name in ("main", "failback")),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_noted(path: str) -> None:
    tasks = read(path)
    first = tasks[0].get("block", tasks)[0]
    assert first["ansible.builtin.import_tasks"] == "check_options.yml"


@pytest.mark.parametrize("role", ["replication", "failover"])
@pytest.mark.parametrize(("given", "fine"), [(1, True), ("100", True), (0, False), ("101", False), (-1, False)])
def test_how_many_followers_are_dealt_with_at_a_time(role: str, given: Any, fine: bool) -> None:
    path = str(ROOT / "roles" / role / "tasks" / "check_options.yml")
    check, *_others = DataLoader().load_from_file(path, trusted_as_template=True)
    templar = Templar(DataLoader(), variables={f"{role}_parallel": given})
    assert templar.evaluate_conditional(check["ansible.builtin.assert"]["that"]) == fine


@pytest.mark.parametrize(
    ("name", "order"),
    [
        (
            "delete_remote_indices",
            [
                "Record remote write blocks in cluster metadata",
                "Block writes on remote indices before deletion",
                "Count documents after remote writes are blocked",
                "Check that remote indices have no newer documents",
                "Delete remote data streams that become followers",
                "Delete remote indices that become followers",
            ],
        ),
        (
            "block_local_writes",
            [
                "Record local write blocks in cluster metadata",
                "Block writes on local indices",
                "Count documents after local writes are blocked",
            ],
        ),
        (
            "block_leaders_and_wait",
            [
                "Record leader write blocks in cluster metadata",
                "Block writes on leader indices",
                "Wait for complete replication",
            ],
        ),
        (
            "wait_for_complete_replication",
            [
                "Count documents of leader indices",
                "Read indices that match replication rules again",
                "Abort if indices were created during the switchover",
                "Wait for follower indices or fail",
            ],
        ),
    ],
)
def test_what_is_deleted_or_taken_over_is_counted_after_it_was_blocked(name: str, order: list[str]) -> None:
    names = [task["name"] for task in all_tasks(read(f"roles/failover/tasks/{name}.yml"))]
    assert [name for name in names if name in order] == order


def test_what_was_blocked_is_let_go_whatever_stops_its_deletion() -> None:
    (block,) = read("roles/failover/tasks/delete_remote_indices.yml")
    assert "when" not in block
    assert [task["name"] for task in block["rescue"]] == [
        "Read remaining remote indices",
        "Remove write blocks from remaining indices",
        "Fail because remote indices were not deleted",
    ]


def test_whatever_deletes_in_the_failover_role_stands_behind_its_blocks() -> None:
    deleting = {
        path.stem
        for path in ROOT.glob("roles/failover/tasks/*.yml")
        for task in all_tasks(read(str(path)))
        if any(isinstance(options, dict) and options.get("state") == "absent" for options in task.values())
    }
    assert deleting == {"delete_remote_indices", "restore_leaders"}
