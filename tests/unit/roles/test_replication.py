# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of the role make of what was registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

VARIABLES = Path(__file__).parents[3] / "roles" / "replication" / "vars" / "main.yml"
ROLES = ["follower"]
LOCAL = {"cluster": {"caller": {"authentication_type": "realm", "roles": ROLES}}}
API_KEY = {"cluster": {"caller": {"authentication_type": "api_key", "roles": ROLES}}}


def reach(*models: str | None) -> dict[str, Any]:
    return {"remote_clusters": {f"r{i}": {"nodes": [{"security_model": model}]} for i, model in enumerate(models)}}


@pytest.mark.parametrize(
    ("registered", "names"),
    [
        ({"replication__local": LOCAL, "replication__reach": reach("api_key", "certificate")}, ROLES),
        ({"replication__local": LOCAL, "replication__reach": reach("api_key", None)}, []),
        ({"replication__local": LOCAL, "replication__reach": {"failed": True, "msg": "no answer"}}, []),
        ({"replication__local": API_KEY, "replication__reach": reach("certificate")}, []),
        ({"replication__local": {"msg": "no answer"}, "replication__reach": reach("certificate")}, []),
        ({"replication__local": {"cluster": {"caller": None}}, "replication__reach": reach("certificate")}, []),
        # Who only looks need not be able to replicate.
        (
            {
                "replication__local": LOCAL,
                "replication__reach": reach("certificate"),
                "replication__privileges": ["monitor"],
            },
            [],
        ),
    ],
)
def test_whose_roles_are_looked_for_on_the_remote_cluster(registered: dict[str, Any], names: list[str]) -> None:
    variables = DataLoader().load_from_file(str(VARIABLES), trusted_as_template=True)
    templar = Templar(DataLoader(), variables={**variables, **registered})
    assert templar.template(variables["replication__role_names"]) == names
