# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules ask a cluster, in as few requests as there are questions. Private to this collection."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import Client, ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import cluster as cluster_plan
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import (
    cross_cluster_api_key,
    remote_cluster,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import index as index_plan
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import (
    security_role as security_role_plan,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import voting as voting_plan
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import in_path

# All indices: those of data streams are hidden, so that neither `_all` nor `*` means them.
ALL = "*,.*"
# A clock that differs by more is told.
CLOCK_SECONDS = 60
# How many nodes are asked at a time.
NODES_AT_ONCE = 10
# Seconds for a node's word that it is the one that was asked.
IDENTITY_TIMEOUT = 5
# How many requests with names of indices are made before all indices are asked for in one.
LISTED = 5
# How many aliases of a node at a time, where the server can't be told a deadline.
ALIASES_AT_ONCE = 32


def remote_clusters(client: Client) -> Dict[str, remote_cluster.RemoteCluster]:
    """What the API and the files of the nodes say, for any number of aliases in two requests."""
    answer = client.read("/_cluster/settings", "read the remote clusters", {"flat_settings": "true"})
    # Flat names would hold dots, which filter_path takes for levels.
    query = {"filter_path": "nodes.*.name,nodes.*.settings.cluster.remote"}
    return remote_cluster.parse(answer, client.read("/_nodes/settings", "read the settings of the nodes", query))


def uses_of_remote_clusters(client: Client, warn: Callable[[str], None]) -> remote_cluster.Uses:
    """What follows or auto-follows; nothing where the cluster has no cross-cluster replication."""
    answers: List[Dict[str, Any]] = []
    for path, purpose in (
        ("/%s/_ccr/info" % ALL, "list the follower indices"),
        ("/_ccr/auto_follow", "list the auto-follow patterns"),
    ):
        try:
            answers.append(client.read(path, purpose))
        except ClientError as e:
            answers.append({})
            if e.status in (400, 405) and ("no handler found" in e.reason or "Incorrect HTTP method" in e.reason):
                break
            if e.status == 403 and "license" not in e.reason:
                warn("Nobody has looked whether an alias is in use: %s" % e)
            elif e.status not in (403, 404):
                raise
    return remote_cluster.parse_uses(answers[0], answers[-1])


def check_remote_clusters(
    client: Client,
    warn: Callable[[str], None],
    have: Dict[str, remote_cluster.RemoteCluster],
    wishes: Dict[str, Optional[Dict[str, Any]]],
    force: bool,
) -> None:
    """Refuses what nobody should do; who uses an alias is asked only where one is about to be removed."""
    remote_cluster.check_configured(have, wishes)
    for text in remote_cluster.warnings(have, wishes):
        warn(text)
    gone = remote_cluster.gone(have, wishes)
    if gone and not force:
        remote_cluster.check_unused(uses_of_remote_clusters(client, warn), gone)


def nodes(client: Client) -> List[Dict[str, Any]]:
    answer = client.read("/_nodes/%s" % cluster_plan.NODE_METRICS, "list the nodes")
    return cluster_plan.parse_nodes(answer, client.urls[0].partition("://")[0])


def version(client: Client) -> str:
    """The lowest version among the nodes."""
    return cluster_plan.oldest(node["version"] for node in nodes(client)) or "0"


def license_of(client: Client) -> Dict[str, Any]:
    return cluster_plan.parse_license(client.read("/_license", "read the licence"))


def node_names(client: Client, nodes: Optional[Sequence[str]]) -> List[str]:
    """Names of the nodes, or of those that fit the given names and ids."""
    path = "/_nodes/%s/_none" % (in_path(*nodes) if nodes else "_all")
    answer = client.read(path, "list the nodes", {"filter_path": "nodes.*.name"})
    return sorted(node["name"] for node in (answer.get("nodes") or {}).values())


def cluster(
    client: Client,
    privileges: Sequence[str] = (),
    index_privileges: Optional[Dict[str, List[str]]] = None,
    remote_privileges: bool = False,
    role_names: Sequence[str] = (),
    aliases: bool = False,
    cluster_secrets: bool = False,
) -> Dict[str, Any]:
    """
    :param aliases: whether to ask for its remote clusters, and the security model of each.
    :param privileges: cluster privileges; whether the caller has them, and who it is, is asked only then.
    :param index_privileges: pattern → privileges on the indices that match.
    :param remote_privileges: whether to ask what the caller may do on remote clusters.
    :param role_names: roles of which to ask what they allow.
    :param cluster_secrets: whether to ask if nodes take their secure settings from files of the cluster.
    """
    answer = _privileges(client, privileges, index_privileges or {}) if privileges or index_privileges else {}
    all_nodes = nodes(client)
    ask = cluster_secrets and cluster_plan.may_have_cluster_secrets(all_nodes)
    state = _state(client, ask)
    return dict(
        name=state["cluster_name"],
        uuid=state["cluster_uuid"],
        version=cluster_plan.oldest(node["version"] for node in all_nodes),
        license=license_of(client),
        nodes=all_nodes,
        remote_clusters=security_models(client) if aliases else None,
        addresses=cluster_plan.addresses(all_nodes),
        missing_privileges=cluster_plan.parse_missing(answer),
        missing_index_privileges=cluster_plan.parse_missing_on_indices(answer),
        remote_indices=_remote_indices(client) if remote_privileges else None,
        roles=_roles(client, role_names),
        caller=me(client) if answer else None,
        cluster_secrets=cluster_plan.has_cluster_secrets(state) if cluster_secrets else None,
    )


def _aliases(client: Client) -> List[str]:
    """Those that are set; a mark alone is none."""
    found = remote_clusters(client)
    return sorted(name for name, one in found.items() if one.persistent or one.transient or one.configured_on)


def _state(client: Client, cluster_secrets: bool) -> Dict[str, Any]:
    path, query = "/_cluster/state/version", None
    if cluster_secrets:
        path = "/_cluster/state/version,metadata"
        query = {"filter_path": "cluster_name,cluster_uuid,metadata.reserved_state.*.handlers.cluster_secrets"}
    answer: Dict[str, Any] = client.read(path, "read the UUID of the cluster", query)
    return answer


def _privileges(client: Client, privileges: Sequence[str], index_privileges: Dict[str, List[str]]) -> Dict[str, Any]:
    """Which of them the caller has."""
    body: Dict[str, Any] = {"cluster": sorted(set(privileges))}
    if index_privileges:
        body["index"] = [
            {"names": [pattern], "privileges": sorted(set(names))} for pattern, names in index_privileges.items()
        ]
    answer: Dict[str, Any] = client.read("/_security/user/_has_privileges", "ask for privileges", body=body)
    return answer


def _remote_indices(client: Client) -> Optional[List[Dict[str, Any]]]:
    try:
        answer = client.read("/_security/user/_privileges", "ask for privileges on remote clusters")
    except ClientError as e:
        # Of an API key with privileges of its own the server does not tell them.
        if e.status == 400:
            return None
        raise
    return cluster_plan.parse_remote_indices(answer)


def _roles(client: Client, names: Sequence[str]) -> Optional[Dict[str, Any]]:
    """Those that are there; None where the caller may not see them."""
    if not names:
        return {}
    try:
        answer = client.read("/_security/role/%s" % in_path(*names), "read the roles %s" % ", ".join(names))
    except ClientError as e:
        if e.status not in (403, 404):
            raise
        return {} if e.status == 404 else None
    return {name: {key: role.get(key) or [] for key in ("cluster", "indices")} for name, role in answer.items()}


def security_role(client: Client, name: str) -> Optional[Dict[str, Any]]:
    try:
        return security_role_plan.parse(name, client.read(security_role_plan.path(name), "read the role %s" % name))
    except ClientError as e:
        if e.status == 404:
            return None
        raise


def builtin_privileges(client: Client) -> Dict[str, Any]:
    answer: Dict[str, Any] = client.read("/_security/privilege/_builtin", "list the privileges")
    return answer


def unreached(client: Client, aliases: Sequence[str], left: float) -> Optional[str]:
    """Which of the aliases the node that answers can't reach; None when there is none."""
    seen = seen_from(client, min(10.0, left), aliases)
    if seen["error"]:
        return str(seen["error"])
    missing = []
    for alias in aliases:
        answer = seen["resolve"].get(alias) or {}
        if not answer.get("connected") or answer.get("error"):
            missing.append("%s (%s)" % (alias, answer.get("error") or "not reached, and the server does not say why"))
    if not missing:
        return None
    return (
        "the remote cluster is not reached: %s. Check what each node reports with the module remote_cluster_info, and "
        "raise wait_timeout if it only takes long" % ", ".join(missing)
    )


def api_keys(
    client: Client, clauses: List[Dict[str, Any]], warn: Callable[[str], None], held: Optional[Sequence[str]] = None
) -> Tuple[List[cross_cluster_api_key.Key], float]:
    """All pages of those cross-cluster API keys for which one of the clauses holds; all of them without a clause.

    :param held: ids that nodes hold, where the age of the others decides something.
    :return: also the time by the cluster's own clock, asked for only where it decides something.
    """
    found: List[Dict[str, Any]] = []
    after: Optional[List[Any]] = None
    while True:
        body = cross_cluster_api_key.query(clauses, after)
        answer = client.read("/_security/_query/api_key", "list the cross-cluster API keys", body=body)
        found += answer["api_keys"]
        if len(answer["api_keys"]) < cross_cluster_api_key.PAGE:
            break
        after = answer["api_keys"][-1]["_sort"]
    now = time.time()
    valid = [key for key in found if not key.get("invalidated")]
    if any(key.get("expiration") or (held is not None and key["id"] not in held) for key in valid):
        theirs = clock(client)
        if abs(theirs - now) > CLOCK_SECONDS:
            warn(
                "The clock of %s is %s %s this machine's. Whether its API keys hold is told by its own; set the clocks."
                % (client, _about(abs(theirs - now)), "ahead of" if theirs > now else "behind")
            )
        now = theirs
    return cross_cluster_api_key.parse({"api_keys": found}, now), now


def clock(client: Client) -> float:
    """Seconds since 1970 by the node that answers; by this machine where the caller may not ask."""
    try:
        query = {"filter_path": "nodes.*.timestamp"}
        answer = client.read("/_nodes/_local/stats/process", "ask for its time", query)
    except ClientError as e:
        if e.status != 403:
            raise
        answer = {}
    return next((node["timestamp"] / 1000 for node in (answer.get("nodes") or {}).values()), time.time())


def _about(seconds: float) -> str:
    for length, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * length:
            return "%d %s" % (round(seconds / length), unit)
    return "%d seconds" % seconds


def me(client: Client) -> Dict[str, Any]:
    """Who the caller is, in the words that an API key's owner is described with."""
    answer = client.read("/_security/_authenticate", "ask who the caller is")
    return dict(
        username=answer["username"],
        realm=(answer.get("authentication_realm") or {}).get("name", ""),
        authentication_type=answer.get("authentication_type", ""),
        roles=answer.get("roles") or [],
    )


def seen_from(client: Any, deadline: float, aliases: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    """What one node sees of the remote clusters: it tries to reach each of them now.

    :param client: of that node; on its own machine the standard library's (``node_api``).
    :param deadline: seconds that the server may take; all remote clusters are tried at the same time.
    :return: ``info`` and ``resolve`` (alias → answer), ``timed_out`` (aliases), or ``error``.
    """
    try:
        # Needs no remote cluster, and so tells a node that hangs from a remote cluster that does.
        info = client.read("/_remote/info", "read the remote clusters", timeout=deadline)
        resolve = _resolve(client, deadline)
    except ClientError as e:
        if e.status == 400 and "remote_cluster_client" in e.reason:
            return unseen(without_role=True)
        return unseen(error=str(e))
    if resolve is None:
        resolve = _resolve_each(client, [a for a in info if not aliases or a in aliases], deadline)
    return dict(info=info, resolve=resolve, timed_out=[alias for alias in info if alias not in resolve], error=None)


def unseen(**why: Any) -> Dict[str, Any]:
    """A node that sees nothing, and why."""
    return dict(dict(info={}, resolve={}, timed_out=[], error=None), **why)


def _resolve(client: Any, deadline: float) -> Optional[Dict[str, Any]]:
    """All aliases at once; None where a silent remote cluster made the whole answer late."""
    purpose = "resolve the remote clusters"
    path = "/_resolve/cluster/*:*"
    try:
        try:
            query = {"timeout": "%dms" % int(deadline * 1000)}
            return client.read(path, purpose, query, timeout=deadline + 10, retries=0)
        except ClientError as e:
            # The parameter came with 8.18.
            if e.status != 400 or "timeout" not in e.reason:
                raise
            # One silent remote cluster keeps back the answers of all, so that time has to be left to ask for each.
            return client.read(path, purpose, timeout=deadline / 2, retries=0)
    except ClientError as e:
        if not e.timed_out:
            raise
        return None


def _resolve_each(client: Any, aliases: Sequence[str], deadline: float) -> Dict[str, Any]:
    """One request an alias; those that give no answer in time are absent."""

    def resolve(alias: str) -> Dict[str, Any]:
        path, purpose = "/_resolve/cluster/%s:*" % alias, "resolve %s" % alias
        try:
            answer: Dict[str, Any] = client.read(path, purpose, timeout=deadline, retries=0)
            return answer
        except ClientError as e:
            return {} if e.timed_out else {alias: {"connected": False, "error": e.reason or str(e)}}

    found: Dict[str, Any] = {}
    with ThreadPoolExecutor(max_workers=ALIASES_AT_ONCE) as pool:
        for answer in pool.map(resolve, aliases):
            found.update(answer)
    return found


def seen_from_each(
    client: Client,
    all_nodes: Sequence[Dict[str, Any]],
    deadline: float,
    node_urls: Optional[Dict[str, str]] = None,
    aliases: Optional[Sequence[str]] = None,
    seen_by_nodes: Optional[Dict[str, Any]] = None,
) -> Dict[str, Dict[str, Any]]:
    """The same from every node; node name → what it sees.

    :param seen_by_nodes: what nodes that were asked on their own machines see.
    """
    there = {name: one for name, one in (seen_by_nodes or {}).items() if not one.get("not_asked")}
    asked = [node for node in all_nodes if node["remote_cluster_client"] and node["name"] not in there]
    seen = _ask_each(
        client,
        asked,
        _urls(all_nodes, node_urls or {}),
        lambda of_node, _name: seen_from(of_node, deadline, aliases),
        lambda why: unseen(error=why, not_asked=why),
    )
    for name, one in (seen_by_nodes or {}).items():
        if name in there:
            seen[name] = dict(one, on_itself=True)
        elif name in seen and seen[name].get("not_asked"):
            why = "%s And on its own machine: %s" % (seen[name]["not_asked"], one["not_asked"])
            seen[name].update(error=why, not_asked=why)
    return {node["name"]: seen.get(node["name"]) or unseen(without_role=True) for node in all_nodes}


def _ask_each(
    client: Client,
    asked: Sequence[Dict[str, Any]],
    urls: Dict[str, Optional[str]],
    ask: Callable[[Client, str], Any],
    without: Callable[[str], Any],
) -> Dict[str, Any]:
    """Every node at its own address, several at a time; node name → what ``ask`` returns.

    :param urls: node name → URL, of all nodes.
    :param ask: takes the client of a node and the node's name.
    :param without: takes why a node can't be asked itself, and returns what stands for its answer.
    """

    def one(node: Dict[str, Any]) -> Any:
        url = urls[node["name"]]
        if not url:
            return without("it has no HTTP address")
        others = [name for name, its_url in urls.items() if its_url == url and name != node["name"]]
        if others:
            return without("%s is not its alone, but that of %s as well" % (url, ", ".join(others)))
        of_node = client.of_node(url)
        try:
            # Before and after: what stands between may ask another node each time.
            why = not_itself(of_node, node)
            answer = None if why else ask(of_node, node["name"])
            why = why or not_itself(of_node, node)
            return without(why) if why else answer
        finally:
            client.requests += of_node.requests
            of_node.close()

    with ThreadPoolExecutor(max_workers=NODES_AT_ONCE) as pool:
        return dict(zip((node["name"] for node in asked), pool.map(one, asked)))


def _urls(all_nodes: Sequence[Dict[str, Any]], node_urls: Dict[str, str]) -> Dict[str, Optional[str]]:
    return {node["name"]: node_urls.get(node["name"]) or node["url"] for node in all_nodes}


def not_itself(client: Any, node: Dict[str, Any]) -> Optional[str]:
    """Why it is not shown that the node answers itself; None where it does."""
    query = {"filter_path": "nodes.*.name"}
    try:
        answer = client.read("/_nodes/_local/_none", "ask which node it is", query, timeout=IDENTITY_TIMEOUT)
    except ClientError as e:
        return str(e)
    found = answer.get("nodes") or {}
    if node["id"] in found:
        return None
    names = ", ".join(str(other["name"]) for other in found.values()) or "nobody"
    return "at %s it is %s that answers" % (client, names)


def ssl_certificates(client: Client, node_urls: Dict[str, str]) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """What every node says of its certificate files; node name → certificates, and node name → why it does not."""

    def ask(of_node: Client, name: str) -> Any:
        try:
            return of_node.read("/_ssl/certificates", "read the certificates of %s" % name)
        except ClientError as e:
            return str(e)

    found = nodes(client)
    answers = _ask_each(client, found, _urls(found, node_urls), ask, without=str)
    return (
        {name: answer for name, answer in answers.items() if not isinstance(answer, str)},
        {name: answer for name, answer in answers.items() if isinstance(answer, str)},
    )


def health(client: Client) -> Dict[str, Any]:
    """Status, node name → time of its start in milliseconds since 1970, and who votes for a master."""
    answer = client.read("/_cluster/health", "ask how the cluster is", {"filter_path": "status"})
    found = nodes(client)
    started = {node["name"]: node["started"] for node in found}
    return dict(status=answer["status"], nodes=started, voting=voting(client, found))


def voting(client: Client, all_nodes: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    query = {"filter_path": voting_plan.STATE}
    answer = client.read("/_cluster/state/metadata", "ask which nodes vote for a master", query)
    return voting_plan.parse(answer, all_nodes)


def security_models(client: Client) -> Dict[str, str]:
    """Each alias that the cluster has, however it was made, and the security model by which this node reaches it."""
    # Where this node can't tell (no remote cluster client, alias in another node's file): the model with more to lose.
    found = dict.fromkeys(_aliases(client), "api_key")
    try:
        answer = client.read("/_remote/info", "list the remote clusters")
    except ClientError as e:
        if e.status != 400:
            raise
        answer = {}
    known = {a: "api_key" if "cluster_credentials" in remote else "certificate" for a, remote in answer.items()}
    return {**found, **known}


def unhealthy(
    client: Client,
    status: Optional[str],
    started: Dict[str, int],
    listener: bool,
    left: float,
    without: Optional[str] = None,
    masters: int = 0,
) -> Optional[str]:
    """What the cluster lacks; None when it is as it should be.

    :param started: node → the start after which it must have been started again.
    :param without: a node without which the cluster must keep its master.
    :param masters: with how many master-eligible nodes it need not, as it has too few to keep one.
    """
    try:
        found = {node["name"]: node for node in nodes(client)}
        if without:
            votes = voting(client, list(found.values()))
            loss = voting_plan.loss(votes, without)
            too_few = len(votes["masters"]) == masters and voting_plan.unavoidable(votes, without)
            if loss and not too_few:
                return "the cluster would have no master without %s: %s" % (without, loss)
        for name, before in started.items():
            if name not in found:
                return "the node %s is not in the cluster, which has %s" % (name, ", ".join(sorted(found)))
            if found[name]["started"] == before:
                return "the node %s was not restarted" % name
            if listener and not found[name]["remote_cluster_server_address"]:
                return "the remote cluster server of the node %s does not listen" % name
        if status:
            # Without that, a cluster that may stay yellow would be as it should be while a node's shards are not back.
            query = {
                "wait_for_status": status,
                "wait_for_no_initializing_shards": "true",
                "timeout": "%ds" % min(left, 10),
                "filter_path": "status,timed_out,number_of_in_flight_fetch",
            }
            answer = client.read("/_cluster/health", "wait for the cluster", query, timeout=min(left, 10) + 10)
            if answer.get("timed_out"):
                return "the cluster is %s, not %s" % (answer["status"], status)
            if answer.get("number_of_in_flight_fetch"):
                return "the cluster is still looking for its shards"
    except ClientError as e:
        # A wait that runs out is answered with 408.
        return "the cluster is not %s, or shards are still recovering" % status if e.status == 408 else str(e)
    return None


def indices(client: Client, patterns: Sequence[str], documents: bool = False) -> Dict[str, Any]:
    """Indices and data streams whose names match, closed and hidden ones too.

    :param documents: whether to count the documents and operations of those that are open.
    """
    query = {"filter_path": index_plan.STATE, "expand_wildcards": "all"}
    found = index_plan.parse(client.read("/_cluster/state/metadata", "list the indices", query), patterns)
    if documents:
        shards = {name: index["shards"] for name, index in found["indices"].items() if index["open"]}
        query = {
            "level": "shards",
            "expand_wildcards": "open,hidden",
            # Some may have been deleted since.
            "ignore_unavailable": "true",
            "filter_path": ",".join(
                "indices.*.shards.*.%s" % key
                for key in ("routing.primary", "docs.count", "seq_no.max_seq_no", "seq_no.local_checkpoint")
            ),
        }
        listed = index_plan.batches(list(shards))
        for names in listed if len(listed) <= LISTED else [["_all"]]:
            stats = client.read("/%s/_stats/docs" % in_path(*names), "count the documents", query)
            for name, count in index_plan.parse_documents(stats, shards).items():
                found["indices"][name].update(count)
    return found


def aliases(client: Client) -> Dict[str, Dict[str, Any]]:
    """Index → alias → its definition, of all indices that have one, closed and hidden ones too."""
    query = {"filter_path": "*.aliases.*", "expand_wildcards": "all"}
    found = client.read("/_all/_alias", "list the aliases", query)
    return {index: answer["aliases"] for index, answer in found.items()}


def writes_under_way(client: Client) -> List[str]:
    """Ids of the tasks of all writes: whatever writes a document does it by a bulk request of one."""
    query = {"actions": "indices:data/write/bulk*", "filter_path": "nodes.*.tasks.*.action"}
    answer = client.read("/_tasks", "list the writes that are under way", query)
    return index_plan.parse_writes(answer)


def write_ended(client: Client) -> Callable[[float], Optional[str]]:
    """Waits for the writes that were under way when it is first asked; later ones have met the block."""
    begun: Optional[List[str]] = None

    def until(_left: float) -> Optional[str]:
        nonlocal begun
        now = writes_under_way(client)
        begun = now if begun is None else [task for task in begun if task in now]
        return "%d writes that had begun before are still under way" % len(begun) if begun else None

    return until
