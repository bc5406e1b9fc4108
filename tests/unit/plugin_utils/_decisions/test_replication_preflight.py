# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of replication at either end."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.replication_preflight import look
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import follow as declared_follow

TRIAL = {"type": "trial", "status": "active"}
NODE = {"name": "n-1", "roles": ["master", "data", "remote_cluster_client"], "remote_cluster_client": True}
INDICES: dict[str, Any] = {
    "indices": {},
    "data_streams": {},
    "lifecycle_policies": [],
    "deleted": {},
    "deleted_after": {},
    "index_templates": {},
    "pipelines": [],
}
REACHED = {"nodes": [{"status": "connected"}]}


def cluster(uuid: str, **changed: Any) -> dict[str, Any]:
    found = dict(uuid=uuid, version="9.2.0", license=TRIAL, nodes=[NODE], missing_privileges=[], caller=None)
    found["missing_index_privileges"] = {}
    return {"item": "paris", "cluster": {**found, **changed}}


def looked(**changed: Any) -> dict[str, Any]:
    """London follows metrics-* of Paris, and all is well but for what is changed."""
    rules = declared_follow.rules("follow", "london", "paris", "paris", {"m": "metrics-*"}, lambda where, text: None)
    given: dict[str, Any] = {
        "local": cluster("L"),
        "remotes": [cluster("P")],
        "here": INDICES,
        "there": [{"item": "paris", **INDICES}],
        "reach": {"remote_clusters": {"paris": REACHED}},
        "failed_over": {},
        "paused": {},
        **changed,
    }
    return look([rule.as_dict() for rule in rules], **given)


def test_all_is_well() -> None:
    found = looked()
    assert (found["problems"], found["notes"]) == ([], [])
    assert [pattern["name"] for pattern in found["patterns"]] == ["paris-m"]


BROKEN = {"status": "broken", "summary": "It is not reached.", "remedy": "Open the way."}
OLD = {**NODE, "version": "9.1.0"}
WITHOUT_ROLE = {**NODE, "roles": ["master", "data"], "remote_cluster_client": False}
CALLER = {"username": "u", "realm": "r", "authentication_type": "realm"}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"local": {"msg": "no answer"}}, "the local cluster: no answer."),
        ({"remotes": [{"item": "paris", "msg": "no answer"}]}, "the cluster paris: no answer."),
        (
            {"local": cluster("L", license={"type": "basic", "status": "active"})},
            "the local cluster has a licence of type",
        ),
        (
            {"remotes": [cluster("P", license={"type": "gold", "status": "active"})]},
            "the cluster paris has a licence of",
        ),
        ({"local": cluster("L", license={"type": "trial", "status": "expired"})}, "type trial (expired)"),
        ({"remotes": [cluster("L")]}, "paris: it is the local cluster itself; correct elasticsearch_url of paris."),
        ({"local": cluster("L", version="9.1.9", nodes=[OLD])}, "and 9.1.0 is older than 9.2.0; upgrade the local"),
        (
            {"local": cluster("L", nodes=[WITHOUT_ROLE])},
            "No node of the local cluster has the role remote_cluster_client",
        ),
        (
            {"local": cluster("L", missing_privileges=["manage_ccr"], caller=CALLER)},
            "the account u (realm r) lacks privileges: manage_ccr (cluster); grant what the",
        ),
        (
            {"local": cluster("L", missing_index_privileges={"m-*": ["manage_follow_index", "write"]}, caller=CALLER)},
            "lacks privileges: manage_follow_index, write on m-*; grant",
        ),
        ({"reach": {"msg": "no answer"}}, "the remote clusters: no answer."),
        ({"reach": {"remote_clusters": {}}}, "paris: there is no such alias; run the playbook connect."),
        ({"reach": {"remote_clusters": {"paris": {"nodes": [BROKEN]}}}}, "paris: It is not reached. Open the way."),
        ({"here": {"msg": "no answer"}}, "the local cluster: no answer."),
        ({"there": [{"item": "paris", "msg": "no answer"}]}, "the cluster paris: no answer."),
        ({"failed_over": {"paris": {"at": "a day"}}}, "run the playbook failback"),
    ],
)
def test_problems(changed: dict[str, Any], says: str) -> None:
    found = looked(**changed)
    assert len(found["problems"]) == 1, found["problems"]
    assert says in found["problems"][0]
    assert found["report"].startswith("nothing was changed, 1 thing stands in the way:\n- ")


LEADER: dict[str, Any] = dict(
    open=True, leader=None, hidden=False, system=False, data_stream=None, soft_deletes=True, replicas=0, shards=1,
    searchable_snapshot=False, lifecycle_policy=None, born=0, pipelines=[], aliases=[], uuid="u",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "aliases", "problem"),
    [("metrics-1", [], False), ("metrics-1", ["a"], True), ("other", ["a"], False)],
)
def test_who_may_not_set_the_aliases_of_followers(name: str, aliases: list[str], problem: bool) -> None:
    """Elasticsearch tells no error: the follower just stops."""
    there = [{"item": "paris", **INDICES, "indices": {name: {**LEADER, "aliases": aliases}}}]
    local = cluster("L", missing_index_privileges={"metrics-*": ["manage"]}, caller=CALLER)
    found = looked(local=local, there=there)
    assert [("lacks privileges: manage on metrics-*" in text) for text in found["problems"]] == [True] * problem
    assert any("as soon as its leader gets an alias" in note for note in found["notes"]) is not problem


@pytest.mark.parametrize(
    ("names", "lacks"),
    [
        (["metrics-*", ".ds-metrics-*"], False),
        # Of what is no data stream it is not asked.
        (["metrics-*", ".ds-metrics-a-*"], False),
        (["*"], False),
        (["metrics-*"], True),
        ([".ds-metrics-*"], True),
    ],
)
def test_indices_of_a_data_stream_are_followed_by_their_own_names(names: list[str], lacks: bool) -> None:
    index = ".ds-metrics-a-2026.11.30-000001"
    streams = {"metrics-a": {"indices": [index], "replicated": False}}
    indices = {index: {**LEADER, "data_stream": "metrics-a"}}
    key = {"alias": "paris", "name": "k", "state": "active", "access": {"replication": [{"names": names}]}}
    found = looked(
        local=cluster("L", caller=CALLER),
        there=[{"item": "paris", **INDICES, "indices": indices, "data_streams": streams}],
        reach=BY_KEY,
        keys=[{"item": "paris", "api_keys": [key]}],
    )
    assert any("does not let" in problem for problem in found["problems"]) is lacks, found["problems"]


BY_KEY = {"remote_clusters": {"paris": {"nodes": [{"status": "proven", "security_model": "api_key"}]}}}
BY_CERTIFICATE = {"remote_clusters": {"paris": {"nodes": [{"status": "proven", "security_model": "certificate"}]}}}


def role(*privileges: str, names: str = "metrics-*", clusters: str = "paris") -> dict[str, Any]:
    return {"clusters": [clusters], "names": [names], "privileges": list(privileges)}


LACKS = (
    "the local cluster: the account u (realm r) lacks the privilege cross_cluster_replication on {} of the remote "
    "cluster paris; grant what the role crosscluster_replicator has in remote_indices (playbook create_security_roles)."
)


@pytest.mark.parametrize(
    ("roles", "lacks"),
    [
        ([], "metrics-"),
        ([role("read", "view_index_metadata", names="*", clusters="*")], "metrics-"),
        ([role("manage", names="*", clusters="*")], "metrics-"),
        ([role("read"), role("monitor")], None),
        ([role("cross_cluster_replication", clusters="rome")], "metrics-"),
        ([role("cross_cluster_replication", names="metrics-a*")], "metrics-"),
        ([role("cross_cluster_replication", names="metrics-*"), role("read")], None),
        ([role("cross_cluster_replication", names="m*", clusters="par*")], None),
        ([role("all", names="*", clusters="*")], None),
        # What Elasticsearch alone understands, and an API key of which nobody tells.
        ([role("indices:data/read/xpack/ccr/shard_changes")], None),
        ([role("cross_cluster_replication", names="/m.*/")], None),
        ([role("cross_cluster_replication", clusters="pari?")], None),
        (None, None),
    ],
)
def test_roles_that_do_not_let_leaders_be_replicated(roles: Any, lacks: str | None) -> None:
    found = looked(local=cluster("L", remote_indices=roles, caller=CALLER), reach=BY_KEY)
    assert found["problems"] == ([LACKS.format(lacks)] if lacks else [])
    # There, roles of the remote cluster decide.
    assert looked(local=cluster("L", remote_indices=roles, caller=CALLER), reach=BY_CERTIFICATE)["problems"] == []


def there(*cluster_privileges: str, **indices: list[str]) -> dict[str, Any]:
    entries = [{"names": [name.replace("_", "-") + "*"], "privileges": given} for name, given in indices.items()]
    return {"cluster": list(cluster_privileges), "indices": entries}


@pytest.mark.parametrize(
    ("roles", "lacks"),
    [
        ({"r": there("read_ccr", metrics=["read", "monitor"])}, None),
        ({"r": there("monitor"), "s": there(metrics_=["read"]), "t": there(m=["manage"])}, None),
        ({"superuser": there("all", m=["all"])}, None),
        ({"r": there(metrics=["read", "monitor"])}, "read_ccr (cluster)"),
        ({"r": there("read_ccr", metrics=["read"])}, "monitor on metrics-"),
        ({"r": there("read_ccr", metrics_a=["all"])}, "read on metrics-; monitor on metrics-"),
        ({"r": there()}, "read_ccr (cluster); read on metrics-; monitor on metrics-"),
        # None of them is there, which the local cluster is told, or nobody may see them.
        ({}, None),
        (None, None),
    ],
)
def test_roles_of_the_remote_cluster_decide_with_certificates(roles: Any, lacks: str | None) -> None:
    remotes = [cluster("P", roles=roles)]
    found = looked(local=cluster("L", caller=CALLER), remotes=remotes, reach=BY_CERTIFICATE)["problems"]
    told = "the cluster paris: the roles r, which decide what the account u of the local cluster may do there, lack "
    end = "; give them to one of these roles on that cluster."
    assert found == ([f"{told}privileges: {lacks}{end}"] if lacks else [])
    assert looked(local=cluster("L", caller=CALLER), remotes=remotes, reach=BY_KEY)["problems"] == []


def key(*names: str, kind: str = "replication", **changed: Any) -> dict[str, Any]:
    access = {kind: [{"names": list(names)}]}
    return {"name": "for london", "alias": "paris", "state": "active", "access": access, **changed}


@pytest.mark.parametrize(
    ("keys", "lacks"),
    [
        ([key("metrics-*", kind="search")], "metrics-"),
        ([key("metrics-a*")], "metrics-"),
        ([key("m*")], None),
        # While it is rotated; which one the nodes hold is not asked.
        ([key("m*"), key("a")], None),
        ([key("a", alias="another")], None),
        ([key("a", state="expired")], None),
        ([key("/m.*/")], None),
        ([], None),
    ],
)
def test_a_key_that_does_not_let_leaders_be_replicated(keys: list[dict[str, Any]], lacks: str | None) -> None:
    found = looked(reach=BY_KEY, keys=[{"item": "paris", "api_keys": keys}, {"item": "rome", "api_keys": [key("a")]}])
    told = (
        f"the cluster paris: the cross-cluster API key for london for the alias paris does not let {lacks} be "
        "replicated; let it be so declared, and run the playbook connect."
    )
    assert found["problems"] == ([told] if lacks else [])
    assert looked(reach=BY_KEY, keys=[{"item": "paris", "msg": "no right to see them"}])["problems"] == []


def test_every_problem_at_once() -> None:
    assert (
        len(looked(local=cluster("L", license={"type": "basic", "status": "active"}), reach={"msg": "x"})["problems"])
        == 2
    )


@pytest.mark.parametrize(
    ("leaders", "lacks"), [([], None), (["m-copy"], None), (["m-copy", "r-of-paris"], "r-of-paris")]
)
def test_the_way_back_lets_all_be_replicated(leaders: list[str], lacks: str | None) -> None:
    way = {"cluster": "paris", "alias": "lon", "remote": "london", "name": "f", "where": "f", "leaders": leaders}
    nodes = {"nodes": [{"status": "proven", "security_model": "api_key"}]}
    found = look(
        [{**way, "existing": False, "future": False}],
        local=cluster("P", remote_indices=[role("all", names="*", clusters="*")]),
        remotes=[{**cluster("L"), "item": "london"}],
        # What is there already is no matter: it is deleted before.
        here={**INDICES, "indices": {"m-copy": {"leader": None, "aliases": []}}},
        there=[{**INDICES, "item": "london"}],
        reach={"remote_clusters": {"lon": nodes}},
        failed_over={},
        paused={},
        keys=[{"item": "london", "api_keys": [key("m-*", alias="lon")]}],
    )
    told = [f"the key for london for the alias lon does not let {lacks} be replicated"] if lacks else []
    assert [
        problem.replace("cross-cluster API ", "").partition(": ")[2].partition(";")[0] for problem in found["problems"]
    ] == told
    assert (found["followers"], found["patterns"]) == ([], [])


def test_the_way_back_is_looked_at_for_nothing_in_particular() -> None:
    """As the role failover asks, before it deletes what is to follow."""
    way = {"cluster": "paris", "alias": "lon", "remote": "london", "name": "f", "where": "f", "leaders": ["*"]}
    given: dict[str, Any] = {
        "remotes": [{**cluster("L", version="9.2.1"), "item": "london"}],
        "there": [{**INDICES, "item": "london"}],
        "reach": {"remote_clusters": {"lon": REACHED}},
    }
    rules = [{**way, "existing": False, "future": False}]
    found = look(rules, local=cluster("P"), here=INDICES, failed_over={}, paused={}, **given)
    assert (found["followers"], found["patterns"], found["notes"]) == ([], [], [])
    assert len(found["problems"]) == 1
    assert "lon: a cluster can follow indices of one that has the same version or an older" in found["problems"][0]


def test_a_cluster_without_answer_is_told_once() -> None:
    silent = {"item": "paris", "msg": "no answer"}
    assert looked(remotes=[silent], there=[silent])["problems"] == ["the cluster paris: no answer."]


def test_versions_that_are_not_supported_can_be_tried() -> None:
    older = cluster("L", version="9.1.0", nodes=[OLD])
    found = looked(local=older, allow_unsupported_versions=True)
    assert found["problems"] == []
    assert "9.1.0 is older than 9.2.0" in found["notes"][0]
