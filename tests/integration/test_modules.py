# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module on real clusters: what check mode foretells is what happens, and both ways to run a module agree."""

from __future__ import annotations

import ast
import base64
import hashlib
import re
import ssl
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from life_cycle import COLLECTION, LifeCycle, Step, reaching, without, without_ids, writes
from runner import Runner

from kit import Lab
from kit.places import PROJECT

SHIPPED = {"CROSSCLUSTER_IN_PROCESS": "0"}
KEYSTORE_DIRECTORY = "/var/tmp/mod-keystore"
MODULES = (
    PROJECT
    / ".cache"
    / "collections"
    / "ansible_collections"
    / "crosscluster"
    / "elasticsearch"
    / "plugins"
    / "modules"
)


@pytest.fixture(scope="module", autouse=True)
def _clean(lab: Lab) -> Iterator[None]:
    _remove_all(lab)
    yield
    _remove_all(lab)


def _remove_all(lab: Lab) -> None:
    for cluster in lab.clusters.values():
        settings = {f"cluster.remote.mod{n}.*": None for n in ("", "-a", "-b")}
        settings |= {f"cluster.metadata.crosscluster_elasticsearch.mod{n}": None for n in ("", "-a", "-b")}
        cluster.request("PUT", "/_cluster/settings", {"persistent": settings, "transient": settings})
    _dummy, answer = lab.clusters["paris"].request("GET", "/_security/api_key?name=mod-*&active_only=true")
    if ids := [k["id"] for k in answer["api_keys"]]:
        lab.clusters["paris"].request("DELETE", "/_security/api_key", {"ids": ids})
    lab.node("lon-1").run(["rm", "-rf", KEYSTORE_DIRECTORY])


# ---- life cycles ------------------------------------------------------------------------------------------------


def ask(lab: Lab, cluster: str, path: str) -> dict[str, Any]:
    """A task that asks the API without the collection."""
    return {
        "ansible.builtin.uri": {
            "url": lab.clusters[cluster].url + path,
            "url_username": "elastic",
            "url_password": "{{ lookup('env', 'ELASTIC_PASSWORD') }}",
            "force_basic_auth": True,
            "ca_path": str(lab.ca),
        }
    }


def transport_address(lab: Lab, cluster: str) -> str:
    """A cluster can be its own remote cluster, which needs no credential and is reached at once."""
    _dummy, answer = lab.clusters[cluster].request("GET", "/_nodes/transport")
    address: str = next(iter(answer["nodes"].values()))["transport"]["publish_address"]
    return address.rpartition("/")[2]


def settings_of(aliases: tuple[str, ...]) -> Any:
    def found(looked: dict[str, Any]) -> dict[str, Any]:
        persistent = looked["json"]["persistent"]
        assert not any(".mod" in name for name in looked["json"]["transient"])
        return {
            name.removeprefix("cluster.remote."): value
            for name, value in persistent.items()
            if name.startswith(tuple(f"cluster.remote.{alias}." for alias in aliases))
        }

    return found


def remote_cluster(lab: Lab, cluster: str = "london") -> LifeCycle:
    address = transport_address(lab, cluster)
    proxy = {"alias": "mod", "proxy_address": address, "transport_ping_schedule": "60s", "wait": True}
    sniff = {"alias": "mod", "mode": "sniff", "seeds": [address], "skip_unavailable": False, "wait": True}
    return LifeCycle(
        "remote_cluster",
        [
            Step(
                "create",
                proxy,
                True,
                {
                    "mod.mode": "proxy",
                    "mod.proxy_address": address,
                    "mod.skip_unavailable": "true",
                    "mod.transport.ping_schedule": "60s",
                },
            ),
            Step("same", {**proxy, "transport_ping_schedule": "1m"}, False),
            Step(
                "change",
                sniff,
                True,
                {"mod.mode": "sniff", "mod.seeds": [address], "mod.skip_unavailable": "false"},
            ),
            Step("same change", sniff, False),
            Step("absent", {"alias": "mod", "state": "absent"}, True, {}),
            Step("same absent", {"alias": "mod", "state": "absent"}, False),
        ],
        reaching(cluster),
        ask(lab, cluster, "/_cluster/settings?flat_settings=true"),
        settings_of(("mod",)),
    )


def remote_clusters(lab: Lab, cluster: str = "paris") -> LifeCycle:
    """On paris, where no other test has an alias that prune would take."""
    address = transport_address(lab, cluster)
    a, b = ({"alias": alias, "proxy_address": address} for alias in ("mod-a", "mod-b"))
    changed = {**a, "skip_unavailable": False}
    entry = {"mode": "proxy", "proxy_address": address, "skip_unavailable": "true"}
    return LifeCycle(
        "remote_clusters",
        [
            Step(
                "create",
                {"remote_clusters": [a, b], "wait": True, "batch_size": 1},
                True,
                {f"{alias}.{key}": value for alias in ("mod-a", "mod-b") for key, value in entry.items()},
            ),
            Step("same", {"remote_clusters": [b, a], "prune": True, "wait": True}, False),
            Step(
                "change",
                {"remote_clusters": [changed], "prune": True, "wait": True},
                True,
                {f"mod-a.{key}": value for key, value in {**entry, "skip_unavailable": "false"}.items()},
            ),
            Step("same change", {"remote_clusters": [changed], "prune": True, "wait": True}, False),
            Step("absent", {"remote_clusters": [{"alias": "mod-a"}, {"alias": "mod-b"}], "state": "absent"}, True, {}),
            Step("same absent", {"remote_clusters": [{"alias": "mod-a"}], "state": "absent"}, False),
        ],
        reaching(cluster),
        ask(lab, cluster, "/_cluster/settings?flat_settings=true"),
        settings_of(("mod-a", "mod-b")),
    )


def active_keys(looked: dict[str, Any]) -> list[Any]:
    keys = looked["json"]["api_keys"]
    return sorted([k["access"]["search"][0]["names"], k["metadata"].get("team")] for k in keys)


def holds(secret: str, key: str) -> dict[str, Any]:
    """A task that fails unless the secret that was made is usable and that of the key."""
    return {"ansible.builtin.assert": {"that": f"({secret} | b64decode).startswith({key} ~ ':')"}}


def cross_cluster_api_key(lab: Lab, cluster: str = "paris") -> LifeCycle:
    def options(*names: str, team: str) -> dict[str, Any]:
        access = {"search": [{"names": list(names)}]}
        return {"name": "mod-one", "access": access, "expiration": "30d", "metadata": {"team": team}}

    gone = {"name": "mod-one", "state": "absent"}
    return LifeCycle(
        "cross_cluster_api_key",
        [
            Step(
                "create",
                options("mod-x", team="one"),
                True,
                [[["mod-x"], "one"]],
                holds("step.encoded", "step.api_key.id"),
            ),
            Step("same", {**options("mod-x", team="one"), "expiration": "720h"}, False),
            Step("change", options("mod-y", "mod-x", team="two"), True, [[["mod-x", "mod-y"], "two"]]),
            Step("same change", options("mod-x", "mod-y", team="two"), False),
            Step("absent", gone, True, []),
            Step("same absent", gone, False),
        ],
        reaching(cluster),
        ask(lab, cluster, "/_security/api_key?name=mod-one&active_only=true"),
        active_keys,
    )


def cross_cluster_api_keys(lab: Lab, cluster: str = "paris") -> LifeCycle:
    def options(name: str, held: list[str], state: str = "present") -> dict[str, Any]:
        key = {"alias": "mod", "name": "mod-many", "access": {"search": [{"names": [name]}]}}
        nodes = [{"mod": key} for key in held]
        return {"local_cluster": "mod", "api_keys": [key], "nodes_hold": nodes, "state": state}

    def made(fact: str) -> dict[str, Any]:
        return {
            "ansible.builtin.set_fact": {fact: "{{ (secret | b64decode).split(':')[0] }}"},
            "failed_when": "step.api_keys.mod.id not in secret | b64decode",
            "vars": {"secret": "{{ step.secure_settings['cluster.remote.mod.credentials'] }}"},
        }

    first, second = "{{ mod_first }}", "{{ mod_second }}"
    return LifeCycle(
        "cross_cluster_api_keys",
        [
            Step("create", options("mod-x", []), True, [[["mod-x"], None]], made("mod_first")),
            Step("same", options("mod-x", [first, first]), False),
            Step("change", options("mod-y", [first, first]), True, [[["mod-y"], None]]),
            Step("same change", options("mod-y", [first, first]), False),
            Step("a node holds none", options("mod-y", [first, ""]), True, None, made("mod_second")),
            Step("both are kept", options("mod-y", [second, second]), False),
            Step("only held", options("mod-y", [second, second], "only_held"), True, [[["mod-y"], None]]),
            Step("same only held", options("mod-y", [second, second], "only_held"), False),
            Step("absent", options("mod-y", [second, second], "absent"), True, []),
            Step("same absent", options("mod-y", [second, second], "absent"), False),
        ],
        reaching(cluster),
        ask(lab, cluster, "/_security/api_key?name=mod-many&active_only=true"),
        active_keys,
    )


def predicted(cycle: LifeCycle, done: dict[str, Any]) -> None:
    for step in cycle.steps:
        one = done[step.name]
        check, real = one.check, one.real
        if "encoded" in str(step.then) or "secure_settings" in str(step.then):
            # A key that a real run makes has an id, which check mode can't know.
            check, real = without_new_id(check), without_new_id(real)
        assert (step.name, check) == (step.name, real)
        assert (step.name, real["changed"]) == (step.name, step.changed)
        assert (step.name, one.check_writes) == (step.name, [])
        assert (step.name, bool(one.real_writes)) == (step.name, step.changed)
        assert (real["diff"]["before"] != real["diff"]["after"]) == step.changed, step.name


def without_new_id(result: dict[str, Any]) -> dict[str, Any]:
    key = "api_key" if "api_key" in result else "api_keys"
    described = (
        {**result[key], "id": None} if key == "api_key" else {a: {**k, "id": None} for a, k in result[key].items()}
    )
    return {**result, key: described}


LIVES: list[Any] = [remote_cluster, remote_clusters, cross_cluster_api_key, cross_cluster_api_keys]


def live(lab: Lab, directory: Path, ways: Sequence[dict[str, str]], **cluster: str) -> dict[str, Any]:
    """Module → its life cycle, and what it did each way; several at a time, as a shipped task takes seconds.

    :param ways: in process, and shipped.
    :param cluster: the one on which all modules work, instead of their own choice.
    """

    def life(make: Any) -> Any:
        (directory / make.__name__).mkdir()
        ansible, cycle = Runner(lab, directory / make.__name__), make(lab, **cluster)
        return cycle, *(cycle.run(ansible, ELASTIC_PASSWORD=lab.accounts["elastic"], **way) for way in ways)

    # On one cluster the module that prunes would take what another one's life has made.
    with ThreadPoolExecutor(1 if cluster else len(LIVES)) as pool:
        return dict(zip([make.__name__ for make in LIVES], pool.map(life, LIVES), strict=True))


def lived(cycle: LifeCycle, here: dict[str, Any], *others: dict[str, Any]) -> None:
    predicted(cycle, here)
    assert {s.name: here[s.name].there for s in cycle.steps} == {s.name: s.there for s in cycle.steps}
    for other in others:
        assert without_ids(whole(other)) == without_ids(whole(here))


@pytest.fixture(scope="module")
def lives(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return live(lab, tmp_path_factory.mktemp("lives"), [{}, SHIPPED])


@pytest.mark.parametrize("module", [make.__name__ for make in LIVES])
def test_life_of(module: str, lives: dict[str, Any]) -> None:
    lived(*lives[module])


def whole(done: dict[str, Any]) -> dict[str, Any]:
    """All that a life cycle has told; how often a module asked while it waited may differ."""
    told = {}
    for name, one in done.items():
        requests = ["{method} {path} {status}".format(**r) for r in one.whole["requests"]]
        told[name] = [one.check, one.check_writes, {**one.whole, "requests": list(dict.fromkeys(requests))}, one.there]
    return told


# ---- the node's side --------------------------------------------------------------------------------------------


def encoded(key: str) -> str:
    return base64.b64encode(f"{key}:mod-secret".encode()).decode()


def keystore(lab: Lab) -> LifeCycle:
    """In a directory of its own, so that the node's keystore stays as it is."""
    name = "cluster.remote.mod.credentials"

    def options(**more: Any) -> dict[str, Any]:
        return {"home": lab.node("lon-1").state.home, "path_conf": KEYSTORE_DIRECTORY, **more}

    one, two = ({"settings": {name: encoded(key)}, "create": True} for key in ("mod-one", "mod-two"))
    tool = f"{lab.node('lon-1').state.home}/bin/elasticsearch-keystore"
    shell = f"ES_PATH_CONF={KEYSTORE_DIRECTORY} {tool} show {name} 2>/dev/null || true"
    return LifeCycle(
        "keystore",
        [
            Step("create", options(**one), True, encoded("mod-one")),
            Step("same", options(**one), False),
            Step("change", options(**two), True, encoded("mod-two")),
            Step("same change", options(**two), False),
            Step("absent", options(absent=[name]), True, ""),
            Step("same absent", options(absent=[name]), False),
        ],
        {"delegate_to": "lon-1"},
        {"ansible.builtin.shell": shell},
        lambda looked: looked["stdout"],
    )


def foretold(result: dict[str, Any]) -> str:
    # What ansible-core adds about a path that is there.
    of_file = ("uid", "gid", "owner", "group", "mode", "state", "size", "secontext")
    return re.sub(r"\(mark \w+\)", "", str(without(result, of_file)))


def test_life_of_keystore(lab: Lab, ansible: Runner) -> None:
    lab.node("lon-1").run(f"mkdir {KEYSTORE_DIRECTORY} && chown elasticsearch: {KEYSTORE_DIRECTORY}; true")
    cycle = keystore(lab)
    done = cycle.run(ansible)
    for step in cycle.steps:
        one = done[step.name]
        # A mark is salted, and check mode keeps no salt of a keystore that is not there yet.
        assert (step.name, foretold(one.check)) == (step.name, foretold(one.real))
        assert (step.name, one.real["changed"]) == (step.name, step.changed)
        assert (step.name, bool(one.whole["jvm_starts"])) == (step.name, step.changed)
        assert (one.real["diff"]["before"] != one.real["diff"]["after"]) == step.changed, step.name
        assert (step.name, one.there) == (step.name, step.there)
    assert not [v for v in ("mod-one", "mod-two") if encoded(v) in str([[d.check, d.real] for d in done.values()])]


# ---- modules that only do or only read --------------------------------------------------------------------------


def run_both_ways(ansible: Runner, *tasks: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The results of the tasks, in process and shipped."""
    ways: list[dict[str, str]] = [{}, SHIPPED]
    runs = [ansible.tasks(*tasks, **env) for env in ways]
    for run in runs:
        assert run.code == 0, run.output
    return [[record["result"] for record in run.records] for run in runs]


def test_reload_secure_settings(lab: Lab, ansible: Runner) -> None:
    task: dict[str, Any] = {f"{COLLECTION}.reload_secure_settings": {}}
    one = {f"{COLLECTION}.reload_secure_settings": {"nodes": ["lon-2"]}}
    block = {"block": [{**task, "check_mode": True}, task, one], **reaching("london")}
    for check, real, limited in run_both_ways(ansible, block):
        assert [check["changed"], real["changed"]] == [True, True]
        assert check["nodes"] == real["nodes"]
        assert (writes(check), writes(real)) == ([], ["POST /_nodes/reload_secure_settings"])
        assert real["nodes"] == sorted(lab.clusters["london"].nodes)
        assert limited["nodes"] == ["lon-2"]


def documented(module: str) -> dict[str, Any]:
    """What a module's documentation says that it returns."""
    tree = ast.parse((MODULES / f"{module}.py").read_text())
    found = next(n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "RETURN")
    fields: dict[str, Any] = yaml.safe_load(ast.literal_eval(found.value))
    return fields


def check_fields(where: str, value: Any, field: dict[str, Any]) -> None:
    """A value has the type and exactly the fields that the documentation names."""
    types: dict[str, Any] = {"dict": dict, "list": list, "str": str, "bool": bool, "int": int, "float": (int, float)}
    types["raw"] = object
    assert value is None or isinstance(value, types[field["type"]]), f"{where} is no {field['type']}: {value!r}"
    if not value:
        return
    sample = field.get("sample")
    if "contains" in field:
        # Information by alias has the alias as its key.
        entries = value if isinstance(value, list) else list(value.values()) if where == "remote_clusters" else [value]
        for entry in entries:
            if "error" in entry and "sha256" in field["contains"] and entry["error"]:
                continue
            assert set(entry) == set(field["contains"]), where
            for key, described in field["contains"].items():
                check_fields(f"{where}.{key}", entry[key], described)
    elif isinstance(sample, list) and sample and isinstance(sample[0], dict):
        assert {frozenset(entry) for entry in value} == {frozenset(sample[0])}, where
    elif isinstance(sample, dict) and where == "cluster.license":
        assert set(value) == set(sample), where


@pytest.fixture
def something_to_see(lab: Lab) -> Iterator[None]:
    """An alias, and a key with the collection's mark."""
    address = transport_address(lab, "london")
    alias = {"cluster.remote.mod.mode": "proxy", "cluster.remote.mod.proxy_address": address}
    lab.clusters["london"].request("PUT", "/_cluster/settings", {"persistent": alias})
    mark = {"crosscluster_elasticsearch": {"local_cluster": "mod", "alias": "mod"}, "team": "one"}
    key = {"name": "mod-seen", "access": {"search": [{"names": ["mod-x"]}]}, "metadata": mark}
    status, _dummy = lab.clusters["paris"].request("POST", "/_security/cross_cluster/api_key", key)
    assert status == 200
    yield
    _remove_all(lab)


@pytest.mark.usefixtures("something_to_see")
def test_info(lab: Lab, ansible: Runner) -> None:
    calls: dict[str, Any] = {
        "cluster_info": {},
        "remote_cluster_info": {"aliases": ["mod"]},
        "node_info": {
            "nodes": "{{ london.cluster.nodes }}",
            "probe": [{"address": f"{lab.node('par-1').ip}:9443"}, {"address": "127.0.0.1:1"}],
        },
        "cross_cluster_api_key_info": {"name": "mod-seen"},
    }
    tasks = [
        {"name": name, f"{COLLECTION}.{name}": options, **({"delegate_to": "lon-1"} if name == "node_info" else {})}
        for name, options in calls.items()
        if name != "cross_cluster_api_key_info"
    ]
    tasks[0]["register"] = "london"
    of_paris = {"name": "keys", f"{COLLECTION}.cross_cluster_api_key_info": calls["cross_cluster_api_key_info"]}
    blocks = [{"block": tasks, **reaching("london")}, {"block": [of_paris], **reaching("paris")}]
    here, shipped = ([dict(r) for r in results] for results in run_both_ways(ansible, *blocks))
    for name, result, other in zip(calls, here, shipped, strict=True):
        fields = documented(name)
        assert result["changed"] is False, name
        assert writes(result) == [], name
        for key, field in fields.items():
            check_fields(key, result[key], field)
        if name != "node_info":
            assert _steady(result) == _steady(other), name

    cluster, remote, node, keys = here
    assert [n["name"] for n in cluster["cluster"]["nodes"]] == lab.clusters["london"].nodes
    assert cluster["cluster"]["license"]["allows_cross_cluster_api_keys"] is True
    assert remote["remote_clusters"]["mod"]["origin"] == "persistent"
    assert [n["node"] for n in remote["remote_clusters"]["mod"]["nodes"]] == lab.clusters["london"].nodes
    assert remote["proven"] is True, remote["report"]
    assert node["node_info"]["node"]["name"] == "lon-1"
    assert [p["tcp"] for p in node["node_info"]["probes"]] == ["ok", "refused"]
    assert [(k["alias"], k["metadata"], k["state"]) for k in keys["api_keys"]] == [("mod", {"team": "one"}, "active")]


def _steady(result: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from one run to the next."""
    kept = {k: v for k, v in result.items() if not k.startswith("_ansible") and k != "requests"}
    requests = sorted("{method} {path} {status}".format(**r) for r in result.get("requests", []))
    return {**kept, "requests": requests}


# ---- ways in ----------------------------------------------------------------------------------------------------


def test_every_way_to_reach_a_cluster(lab: Lab, ansible: Runner) -> None:
    london = lab.clusters["london"]
    host, _colon, port = london.url.rpartition("/")[2].partition(":")
    program = f"import ssl; print(ssl.get_server_certificate(('{host}', {port})))"
    certificate = lab.exec([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
    _status, api_key = london.request("POST", "/_security/api_key", {"name": "mod-way"})
    _status, token = london.request("POST", "/_security/service/elastic/fleet-server/credential/token/mod-way")
    user = {"username": "operator", "password": lab.accounts["operator"]}
    ways: dict[str, dict[str, Any]] = {
        "environment": {},
        "api_key": {"url": london.url, "api_key": api_key["encoded"], "ca_path": str(lab.ca)},
        "bearer_token": {"url": london.url, "bearer_token": token["token"]["value"], "ca_path": str(lab.ca)},
        "ca_fingerprint": {"url": london.url, **user, "ca_fingerprint": fingerprint},
        "validate_certs": {"url": london.url, **user, "validate_certs": False},
        "a dead URL first": {"url": ["https://127.0.0.1:1", london.url], **user, "ca_path": str(lab.ca)},
    }
    environment = {
        "ELASTICSEARCH_URL": london.url,
        "ELASTICSEARCH_USERNAME": "operator",
        "ELASTICSEARCH_PASSWORD": lab.accounts["operator"],
        "ELASTICSEARCH_CA_PATH": str(lab.ca),
    }
    tasks = [
        {"name": name, f"{COLLECTION}.cluster_info": options, "delegate_to": "localhost"}
        for name, options in ways.items()
    ]
    # An option wins over what the environment has for another way in.
    other = {**environment, "ELASTICSEARCH_URL": "https://127.0.0.1:1", "ELASTICSEARCH_PASSWORD": "mod-wrong"}
    instead = [task for task in tasks if task["name"] in ("api_key", "bearer_token", "ca_fingerprint")]
    try:
        runs = [
            ansible.tasks(tasks[0], **environment),
            ansible.tasks(*tasks[1:]),
            ansible.tasks(*instead, **other),
            ansible.tasks(*instead, **other, **SHIPPED),
        ]
    finally:
        london.request("DELETE", "/_security/api_key", {"ids": [api_key["id"]]})
        london.request("DELETE", "/_security/service/elastic/fleet-server/credential/token/mod-way")
    for run in runs:
        assert run.code == 0, run.output
    named = {r["task"]: r["result"]["cluster"]["name"] for run in runs for r in run.records}
    assert named == dict.fromkeys(ways, "london")
