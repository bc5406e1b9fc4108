# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that wait: without a single retry Ansible does not even look at ``until``, and goes on as if it were true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

ROLES = Path(__file__).parents[3] / "roles"
# How long to wait at most, in seconds.
OPTIONS = ("failover_wait_timeout", "replication_wait_timeout")


def tasks(found: Any) -> Iterator[dict[str, Any]]:
    for task in found or []:
        yield task
        for part in ("block", "rescue", "always"):
            yield from tasks(task.get(part))


WAITING = [
    pytest.param(task, id="%s: %s" % (path.relative_to(ROLES), task["name"]))
    for path in sorted(ROLES.glob("*/tasks/*.yml"))
    for task in tasks(yaml.safe_load(path.read_text(encoding="utf-8")))
    if "until" in task and any(option in str(task["retries"]) for option in OPTIONS)
]


@pytest.mark.parametrize("task", WAITING)
@pytest.mark.parametrize("timeout", [0, "0.5", 1, 600])
def test_who_does_not_want_to_wait_is_told_what_is_missing(task: dict[str, Any], timeout: Any) -> None:
    options = dict.fromkeys(OPTIONS, timeout)
    retries = jinja2.Template(str(task["retries"])).render(ansible_check_mode=False, **options)
    assert int(retries) >= 1
