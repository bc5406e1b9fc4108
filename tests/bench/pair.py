# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One pair of clusters, connected by every contestant: aliases and keys alone, or the whole with nodes and proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from bench.measure import Measured, Meter
from kit import Lab
from kit.problems import KitError

PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"
FLOOR, OURS, BATCHED, LOOP = "one debug task", "crosscluster.elasticsearch", "uri, batched", "uri, in a loop"
BASELINES = {BATCHED: PLAYBOOKS / "uri_batched.yml", LOOP: PLAYBOOKS / "uri_loop.yml"}
MOST = 200
TOOL = "/usr/share/elasticsearch/bin/elasticsearch-keystore"


def alias(number: int) -> str:
    return f"bench-{number:03}"


def declared(count: int) -> list[dict[str, Any]]:
    """As an inventory would have it; `settings` is the same in the words of the API."""
    entries = []
    for number in range(1, count + 1):
        # One socket an alias: the server's 18 for 200 of them would measure sockets.
        settings = {
            "mode": "proxy",
            "proxy_address": "par-1:9443",
            "proxy_socket_connections": "1",
            "skip_unavailable": "true",
        }
        access = {"search": [{"names": [f"logs-{number}-*"]}]}
        entries.append(
            {
                "alias": {"alias": alias(number), **settings},
                "settings": settings,
                "api_key": {"alias": alias(number), "name": alias(number), "access": access},
            }
        )
    return entries


def inventory(count: int) -> dict[str, Any]:
    """The same for the playbooks of the collection."""
    remotes = {
        alias(number): {
            "cluster": "paris",
            "search": [f"logs-{number}-*"],
            "proxy_socket_connections": 1,
            "key_name": alias(number),
        }
        for number in range(1, count + 1)
    }
    return {"elasticsearch_clusters": {"hosts": {"london": {"elasticsearch_remote_clusters": remotes}}}}


class Pair:
    """London reads Paris."""

    def __init__(self, lab: Lab, meter: Meter) -> None:
        self.lab = lab
        self.meter = meter
        self.london, self.paris = lab.clusters["london"], lab.clusters["paris"]

    def prepare(self) -> None:
        """Each alias has a credential that works, because one that is refused holds up the server for 70 ms."""
        key = {"name": "standing", "access": {"search": [{"names": ["logs-*"]}]}}
        status, answer = self.paris.request("POST", "/_security/cross_cluster/api_key", key)
        if status != 200:
            raise KitError(f"No key for the bench: {answer}")
        self._keystore("add", "--force", "--stdin", value=answer["encoded"])

    def clear(self) -> None:
        """The whole connect makes the credentials itself."""
        self._keystore("remove")
        self.paris.request("DELETE", "/_security/api_key", {"name": "standing"})

    def _keystore(self, *arguments: str, value: str = "") -> None:
        names = [f"cluster.remote.{alias(number)}.credentials" for number in range(1, MOST + 1)]
        done = self.lab.node("lon-1").run([TOOL, *arguments, *names], input=f"{value}\n" * MOST if value else "")
        status, answer = self.london.request("POST", "/_nodes/reload_secure_settings")
        if done.returncode or status != 200:
            raise KitError(f"The keystore can't be made ready: {done.stdout} {done.stderr} {answer}")

    def floor(self) -> Measured:
        return self.meter.playbook(PLAYBOOKS / "floor.yml")

    def alone(self, contestant: str, count: int, wanted: str) -> Measured:
        """Aliases and keys, nothing else."""
        playbook = BASELINES.get(contestant, PLAYBOOKS / "modules.yml")
        ids = self.keys()
        held = [{name: ids.get(name) for name in map(alias, range(1, count + 1))}] if ids else []
        return self._checked(count, wanted, self._run(playbook, count, wanted, nodes=[], held=held))

    def whole(self, contestant: str, count: int, wanted: str) -> Measured:
        """With preflight, keystores and proof; the baselines have no preflight."""
        if contestant in BASELINES:
            measured = self._run(BASELINES[contestant], count, wanted, nodes=["lon-1"])
        else:
            measured = self.collection({"present": "connect", "absent": "disconnect"}[wanted], count)
        return self._checked(count, wanted, measured)

    def collection(self, playbook: str, count: int, more: dict[str, Any] | None = None, **env: str) -> Measured:
        """A playbook of the collection.

        :param more: an inventory beside the lab's.
        """
        arguments = []
        for name, content in (("declared", inventory(count)), ("more", more)):
            file = self.meter.directory / f"{name}.yml"
            file.write_text(yaml.safe_dump(content), encoding="utf-8")
            arguments += ["-i", str(file)] if content else []
        return self.meter.playbook(playbook, *arguments, **env)

    def _run(self, playbook: Path, count: int, wanted: str, **variables: Any) -> Measured:
        file = self.meter.directory / "variables.json"
        content = {"declared": declared(count), "wanted": wanted, **variables}
        file.write_text(json.dumps(content), encoding="utf-8")
        return self.meter.playbook(playbook, "-e", f"@{file}")

    def _checked(self, count: int, wanted: str, measured: Measured) -> Measured:
        """Looks by other means whether the work was done."""
        expected = [alias(number) for number in range(1, count + 1)] if wanted == "present" else []
        there = (self.aliases(), sorted(self.keys()))
        if there != (expected, expected):
            raise KitError(f"Something else than {count} aliases {wanted}: {there}\n{measured.output}")
        return measured

    def aliases(self) -> list[str]:
        _status, answer = self.london.request("GET", "/_cluster/settings?filter_path=persistent.cluster.remote")
        return sorted(answer.get("persistent", {}).get("cluster", {}).get("remote", {}))

    def keys(self) -> dict[str, str]:
        query = {"bool": {"filter": [{"prefix": {"name": "bench-"}}, {"term": {"invalidated": False}}]}}
        _status, answer = self.paris.request("POST", "/_security/_query/api_key", {"size": 1000, "query": query})
        return {key["name"]: key["id"] for key in answer["api_keys"]}
