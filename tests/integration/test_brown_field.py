# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters that were connected by hand: discover what is there, adopt it, and run it from then on."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import evidence
import pytest
import yaml
from evidence import (
    INDEX,
    access_of,
    active_keys,
    aliases,
    held,
    keystores,
    search,
    searching,
    settled,
    version_of_state,
)
from runner import (
    Run,
    Runner,
    succeeded,
)

from kit import Lab

ALIAS = "bf-paris"
# Of another owner than the account that the inventory has.
OTHER = "bf-other"
ACCESS = {"search": [{"names": [INDEX, "bf-*"]}], "replication": [{"names": ["bf-leader-*"]}]}
ECK = {
    "name": "eck-default-london-paris",
    "metadata": {"elasticsearch.k8s.elastic.co/name": "london", "elasticsearch.k8s.elastic.co/namespace": "default"},
}
# What nobody should have, and the playbook has to name: each with the part of its comment. Another file of tests may
# have started a third node.
ODDITIES = {
    "bf-transient": "transient settings",
    "bf-file": "elasticsearch.yml of lon-2",
    "bf-eck": "Elastic Cloud on Kubernetes manages it",
    "bf-left": "It is no alias, but {nodes} hold a credential",
}


class ByHand:
    """What an operator without this collection does."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        clusters = yaml.safe_load(lab.inventory.read_text())["all"]["children"]["elasticsearch_clusters"]
        self.address = clusters["hosts"]["paris"]["elasticsearch_remote_address"]
        self.ids: dict[str, str] = {}
        self.encoded: dict[str, str] = {}

    def request(self, cluster: str, method: str, path: str, body: Any = None, user: str = "elastic") -> Any:
        status, answer = self.lab.clusters[cluster].request(method, path, body, user=user)
        assert status in (200, 201), answer
        return answer

    def keys(self, keys: dict[str, dict[str, Any]]) -> None:
        """Alias → key, made by ``user``; a creation waits for a refresh of the index."""

        def create(alias: str) -> None:
            body = {"access": ACCESS, **keys[alias]}
            made = self.request("paris", "POST", "/_security/cross_cluster/api_key", body, body.pop("user", "elastic"))
            self.ids[alias], self.encoded[alias] = made["id"], made["encoded"]

        with ThreadPoolExecutor(len(keys)) as pool:
            list(pool.map(create, keys))

    def tool(self, command: str, aliases: list[str], values: str = "") -> None:
        """The keystore's own tool, on all nodes of london at the same time."""
        names = " ".join(f"cluster.remote.{alias}.credentials" for alias in aliases)

        def run(name: str) -> None:
            state = self.lab.node(name).state
            tool = f"{state.home}/bin/elasticsearch-keystore"
            self.lab.node(name).run(f"ES_PATH_CONF={state.config} {tool} {command} {names}", values)

        nodes = self.lab.clusters["london"].nodes
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(run, nodes))
        self.request("london", "POST", "/_nodes/reload_secure_settings")

    def give(self, *aliases: str) -> None:
        self.tool("add --force --stdin", list(aliases), "".join(self.encoded[alias] + "\n" for alias in aliases))

    def settings(self, origin: str = "persistent", /, **settings: Any) -> None:
        named = {f"cluster.remote.{name}": value for name, value in settings.items()}
        self.request("london", "PUT", "/_cluster/settings", {origin: named})

    def proxy(self, alias: str, **more: Any) -> dict[str, Any]:
        settings = {"mode": "proxy", "proxy_address": self.address, **more}
        return {f"{alias}.{name}": value for name, value in settings.items()}


@pytest.fixture(scope="module")
def by_hand(lab: Lab) -> Iterator[ByHand]:
    patch = pytest.MonkeyPatch()
    patch.setattr(evidence, "ALIAS", ALIAS)
    patch.setattr(evidence, "SECURE_SETTING", f"cluster.remote.{ALIAS}.credentials")
    hand = ByHand(lab)
    hand.request("paris", "PUT", f"/{INDEX}/_doc/1?refresh=true", {"title": "Les Misérables"})
    hand.keys(
        {
            # As the account of the inventory, which may mark it then.
            ALIAS: {"name": "bf by hand", "user": "operator"},
            OTHER: {"name": "bf-of-elastic", "expiration": "90d"},
            "bf-transient": {"name": "bf-transient"},
            "bf-eck": ECK,
            "bf-left": {"name": "bf-left"},
            "bf-unused": {"name": 'bf "{{ unused }}"\nline'},
        }
    )
    hand.give(ALIAS, OTHER, "bf-transient", "bf-eck", "bf-left")
    tuning = {"transport.ping_schedule": "60s", "proxy_socket_connections": 5}
    hand.settings(
        **hand.proxy(ALIAS, skip_unavailable=False, **tuning),
        **hand.proxy(OTHER, skip_unavailable=True, server_name="par-1"),
    )
    try:
        yield hand
    finally:
        tidy(hand, [ALIAS, OTHER], ["bf-transient", "bf-eck", "bf-left"])
        hand.request("paris", "DELETE", "/_security/api_key", {"ids": list(hand.ids.values())})
        patch.undo()


@pytest.fixture
def oddities(lab: Lab, by_hand: ByHand) -> Iterator[None]:
    config = lab.node("lon-2").path(f"{lab.node('lon-2').state.config}/elasticsearch.yml")
    text = config.read_text()
    config.write_text(f"{text}\ncluster.remote.bf-file.seeds: [{by_hand.address}]\n")
    try:
        by_hand.settings(**by_hand.proxy("bf-eck"))
        by_hand.settings("transient", **by_hand.proxy("bf-transient"))
        yield
    finally:
        config.write_text(text)
    by_hand.settings(**{"bf-eck.*": None})
    by_hand.settings("transient", **{"bf-transient.*": None})


def tidy(hand: ByHand, set_: list[str], held_only: list[str]) -> None:
    """Takes away what is still there of these aliases."""
    hand.settings(**{f"{alias}.*": None for alias in set_})
    marks = {f"cluster.metadata.crosscluster_elasticsearch.{alias}": None for alias in set_}
    hand.request("london", "PUT", "/_cluster/settings", {"persistent": marks})
    state = hand.lab.node("lon-1").state
    tool = f"ES_PATH_CONF={state.config} {state.home}/bin/elasticsearch-keystore"
    there = hand.lab.node("lon-1").run(f"{tool} list").stdout.split()
    left = [alias for alias in [*set_, *held_only] if f"cluster.remote.{alias}.credentials" in there]
    if left:
        hand.tool("remove", left)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "discovered.yml"


def discover(ansible: Runner, file: Path, *arguments: str) -> Run:
    return succeeded(ansible.playbook("discover", "-e", f"discovered={file}", "--diff", *arguments))


def declared(file: Path) -> dict[str, Any]:
    hosts = yaml.safe_load(file.read_text())["all"]["children"]["elasticsearch_clusters"]["hosts"]
    return {cluster: variables["elasticsearch_remote_clusters"] for cluster, variables in hosts.items()}


def only_marks(run: Run) -> set[str]:
    """The tasks that have something to do; that is to write marks, when all that is shown stays as it is."""
    assert run.writes == []
    diffs = [r["result"].get("diff") or {} for r in run.records if r["changed"]]
    for diff in diffs:
        for one in diff if isinstance(diff, list) else [diff]:
            assert one.get("before") == one.get("after"), one
    return {task for task, _dummy_host, _dummy_item in run.changes}


@pytest.mark.full
def test_another_teams_cluster(lab: Lab, by_hand: ByHand, ansible: Runner, file: Path, tmp_path: Path) -> None:
    """The same, seen from an inventory that has no paris: its keys are foreign, and the credentials are asked for."""
    alone = tmp_path / "alone.yml"
    alone.write_text(yaml.safe_dump({"bf_clusters": {"hosts": {"london": {}}}}))
    here = ("-i", str(alone), "-e", "elasticsearch_clusters_group=bf_clusters")
    discover(ansible, file, *here)
    found = yaml.safe_load(file.read_text())["all"]["children"]["bf_clusters"]["hosts"]["london"]
    variable = "LONDON_BF_PARIS_CREDENTIAL"
    assert found["elasticsearch_remote_clusters"][ALIAS] == {
        "credential": "{{ lookup('ansible.builtin.env', '%s') }}" % variable,
        "address": by_hand.address,
        "skip_unavailable": False,
        "proxy_socket_connections": 5,
        "transport_ping_schedule": "60s",
    }
    secrets = {variable: by_hand.encoded[ALIAS], "LONDON_BF_OTHER_CREDENTIAL": by_hand.encoded[OTHER]}
    run = succeeded(ansible.playbook("connect", *here, "-i", str(file), "--check", "--diff", **secrets))
    assert only_marks(run) == {"Create or update remote cluster aliases"}


@pytest.mark.usefixtures("oddities")
def test_everything_is_named_and_nothing_written(lab: Lab, by_hand: ByHand, ansible: Runner, file: Path) -> None:
    before = [settled(lab, "paris"), keystores(lab), aliases(lab)]
    run = discover(ansible, file, "--check")
    assert not file.exists()
    assert [version_of_state(lab, "paris"), keystores(lab), aliases(lab)] == before
    assert run.writes == []
    told = "\n".join(run.results("Report discovered inventory")[0]["msg"])
    file.write_text(told)
    assert set(declared(file)["london"]) == {ALIAS, OTHER, "bf-transient"}
    # A comment may be wrapped.
    flat = " ".join(told.replace("#", " ").split())
    *others, last = lab.clusters["london"].nodes
    parts = {alias: part.format(nodes=f"{', '.join(others)} and {last}") for alias, part in ODDITIES.items()}
    assert [alias for alias, part in parts.items() if part not in flat] == []
    assert f"id {by_hand.ids['bf-unused']}) is held by no node that was read" in flat
    assert f"id {by_hand.ids['bf-eck']}) of paris" in flat


def test_discover_adopt_and_rotate(lab: Lab, by_hand: ByHand, ansible: Runner, file: Path) -> None:
    assert {discover(ansible, file).recap[c]["changed"] for c in ("london", "paris")} == {0, 1}
    text, found = file.read_text(), declared(file)
    assert found == {
        "london": {
            OTHER: {
                "cluster": "paris",
                "search": ["bf-*", INDEX],
                "replication": ["bf-leader-*"],
                "key_name": "bf-of-elastic",
                "expiration": "90d",
                "server_name": "par-1",
            },
            ALIAS: {
                "cluster": "paris",
                "search": ["bf-*", INDEX],
                "replication": ["bf-leader-*"],
                "key_name": "bf by hand",
                "skip_unavailable": False,
                "proxy_socket_connections": 5,
                "transport_ping_schedule": "60s",
            },
        },
        "paris": {},
    }
    here = ("-i", str(file))
    others = set(active_keys(lab))
    stores, settings, access = keystores(lab), aliases(lab), access_of(lab, by_hand.ids[ALIAS])

    check = succeeded(ansible.playbook("connect", *here, "--check", "--diff", "-e", "adopt=true"))
    tasks = {"Create or update cross-cluster API keys", "Create or update remote cluster aliases"}
    assert {task for task, _dummy_host, _dummy_item in check.changes} == tasks
    assert check.writes == []

    adopted = succeeded(ansible.playbook("connect", *here, "--diff", "-e", "adopt=true"))
    assert adopted.changes == check.changes
    marks = {key: value for key, value in aliases(lab).items() if key not in settings}
    assert {k: v for k, v in aliases(lab).items() if k not in marks} == settings
    assert all("crosscluster_elasticsearch" in key for key in marks)
    assert (keystores(lab), access_of(lab, by_hand.ids[ALIAS])) == (stores, access)
    assert set(active_keys(lab)) - others == {by_hand.ids[ALIAS]}
    unmarked = adopted.results("Report API keys without the mark of this collection")
    assert [r["item"]["alias"] for r in unmarked] == [OTHER]
    assert "elastic" in unmarked[0]["msg"]

    again = succeeded(ansible.playbook("connect", *here))
    assert (again.changes, again.writes) == (set(), [])

    # What it is now, the inventory says too: only the comments on the marks are others.
    discover(ansible, file)
    assert file.read_text() != text
    assert declared(file) == found
    assert discover(ansible, file).recap["london"]["changed"] == 0

    compromised = ansible.playbook(
        "rotate_api_keys", *here, "--check", "-e", "compromised=true", "-e", f"aliases={OTHER}"
    )
    assert ["bf-of-elastic" in error and "are still valid" in error for error in compromised.errors] == [True]

    with searching(lab) as results:
        rotated = succeeded(ansible.playbook("rotate_api_keys", *here))
    assert len(results) > 10
    assert set(results) == {"found"}
    assert by_hand.ids[ALIAS] in str(rotated.results("Invalidate API keys that no node holds"))
    new = held(lab)
    assert len(set(new)) == 1
    keys = set(active_keys(lab)) - others
    assert set(new) < keys
    assert len(keys) == 2
    assert [search(lab, node) for node in lab.clusters["london"].nodes] == ["found"] * len(new)

    succeeded(ansible.playbook("disconnect", *here))
    assert set(active_keys(lab)) == others
    assert held(lab) == [None] * len(new)
    assert [setting for setting in aliases(lab) if "bf-" in setting] == []
