# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of connecting two clusters, all of it at once, before anything is changed. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/remote-clusters (versions, licences, roles of nodes)
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._credentials import credential_id
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import numbers, search_supported
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.counted_nodes import (
    is_stopped,
    no_keystore,
)

OLDEST = (8, 14)
# From 8.13.0 to 8.15.1 a reload that finds a remote cluster's credential asks for more than manage.
RELOAD_FIXED = (8, 15, 2)
# Roles with which a node serves no requests.
DEDICATED_MASTER = {"master", "voting_only", "remote_cluster_client"}


def problems(
    aliases: Sequence[dict[str, Any]],
    local: dict[str, Any],
    remotes: Sequence[dict[str, Any]],
    read_nodes: Sequence[dict[str, Any]],
    unread_nodes: Sequence[dict[str, Any]],
    allow_unsupported_versions: bool = False,
    credentials: Mapping[str, Any] | None = None,
    proof: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """
    :param aliases: what is declared, as the filter expand_remote_clusters returns it.
    :param local: result of the module cluster_info, as each of ``remotes`` (``item`` is the inventory host).
    :param read_nodes: results of the module node_info, one for each inventory host of a node (``item``).
    :param unread_nodes: results of those that could not be read.
    :param proof: result of the module remote_cluster_info, as it is before anything is changed.
    :param credentials: alias → secret, of the remote clusters that others administer; none is in what is returned.
    :return: ``problems``; ``notes`` on what stands in nobody's way and should be known all the same; ``report``, a text
        of both; ``reload``, why the nodes must not be told to read their keystores again, else empty; ``stuck``, what
        is to be corrected so that nodes that run can be read.
    """
    by_key = {alias["cluster"] for alias in aliases if alias["security_model"] == "api_key"}
    found: list[str] = []
    notes: list[str] = []
    ends = [_End("the local cluster", local, None, bool(by_key))]
    ends += [_End("the remote cluster %s" % r["item"], r, r["item"], r["item"] in by_key) for r in remotes]
    for end in ends:
        if end.cluster is None:
            found.append("%s: %s" % (end.what, sentence(end.result)))
            continue
        if end.by_key:
            found += _version(end.what, end.cluster) + _license(end.what, end.cluster)
        found += _privileges(end)
        if end.name and end.by_key:
            listener, note = _listener(end.what, end.cluster)
            found += listener
            notes += note
    here = ends[0].cluster
    there = {end.name: end.cluster for end in ends[1:] if end.cluster is not None}
    if here is not None:
        for alias in aliases:
            remote = there.get(alias["cluster"])
            if remote and remote["uuid"] == here["uuid"]:
                found.append(
                    "%s: the URLs of the local and the remote cluster lead to the same cluster; correct "
                    "elasticsearch_url." % alias["alias"]
                )
            elif remote:
                (notes if allow_unsupported_versions else found).extend(
                    _pair(alias, here, remote, allow_unsupported_versions)
                )
        found += lacking_roles(aliases, here)
    stuck, down = _unread(unread_nodes)
    if read_nodes or unread_nodes:
        if here is not None:
            stopped = [node["item"] for node in read_nodes if is_stopped(node["node_info"], here)]
            found += _nodes(here, [node for node in read_nodes if node["item"] not in stopped], unread_nodes)
            notes += [
                "%s: Elasticsearch does not run there; its keystore is kept up to date, and it is proven when it runs."
                % name
                for name in stopped
            ]
        notes += [
            "%s: another program has rewritten the keystore, where %s had a credential; let it keep that, or "
            "every run has to make a new key." % (node["item"], ", ".join(node["node_info"]["keystore"]["rewritten"]))
            for node in read_nodes
            if node["node_info"]["keystore"].get("rewritten")
        ]
        found += stuck + ([] if read_nodes else down)
        notes += down if read_nodes else []
        if by_key:
            # Without the API nobody knows where a node's keystore is.
            found += _keystores([*read_nodes, *unread_nodes]) if here is not None else []
            found += _unwritable(read_nodes)
            found += _pipelining(read_nodes)
        found += _credentials(credentials or {})
    reload = _reload(here, [*read_nodes, *unread_nodes]) if by_key else ""
    found += [reload] if reload else []
    found += _in_files(aliases, read_nodes)
    found += _leftover_credentials(aliases, read_nodes)
    found += _addresses(aliases, read_nodes)
    found += _not_asked((proof or {}).get("not_asked") or {})
    notes += [_same_roles(alias) for alias in aliases if alias["security_model"] == "certificate"]
    return {"problems": found, "notes": notes, "report": _report(found, notes), "reload": reload, "stuck": stuck}


def _report(found: list[str], notes: list[str]) -> str:
    things = "1 thing stands" if len(found) == 1 else "%s things stand" % len(found)
    return "\n- ".join(["nothing was changed, %s in the way:" % things, *found, *notes])


class _End:
    """One of the clusters.

    :param name: its inventory host, of a remote cluster.
    :param by_key: whether cross-cluster API keys are used with it.
    """

    def __init__(self, what: str, result: dict[str, Any], name: str | None, by_key: bool) -> None:
        self.what = what
        self.result = result
        self.name = name
        self.by_key = by_key
        self.cluster: dict[str, Any] | None = result.get("cluster")


def sentence(result: dict[str, Any]) -> str:
    text = " ".join(str(result.get("msg") or "no reason is given").split())
    return text if text.endswith(".") else text + "."


def versions_of(cluster: Mapping[str, Any]) -> list[tuple[int, int, int]]:
    """Of all its nodes, from the oldest on: during an upgrade there are two."""
    texts = {str(node.get("version") or cluster["version"] or "0") for node in cluster["nodes"]}
    return sorted(numbers(text) for text in texts or {str(cluster["version"] or "0")})


def text_of(version: tuple[int, ...]) -> str:
    return ".".join(str(n) for n in version)


def _version(what: str, cluster: dict[str, Any]) -> list[str]:
    if versions_of(cluster)[0][:2] >= OLDEST:
        return []
    return [
        "%s has a node of version %s, and cross-cluster API keys need %s.%s or newer; upgrade it, or set "
        "security_model to certificate." % (what, cluster["version"] or "that it does not tell", *OLDEST)
    ]


def _pair(alias: dict[str, Any], here: dict[str, Any], there: dict[str, Any], allowed: bool) -> list[str]:
    """What Elastic supports of one way; the way back is another question."""
    if min(versions_of(here)[0], versions_of(there)[0])[:2] < OLDEST and alias["security_model"] == "api_key":
        return []
    found = []
    remedy = (
        "it is tried all the same, as remote_cluster_allow_unsupported_versions is true."
        if allowed
        else "upgrade one of them, or set remote_cluster_allow_unsupported_versions to true to try it all the same."
    )
    for ours in versions_of(here):
        for theirs in versions_of(there):
            if not search_supported(ours[:2], theirs[:2]):
                found.append(
                    "%s: Elastic does not support cross-cluster search from version %s to version %s; %s"
                    % (alias["alias"], text_of(ours), text_of(theirs), remedy)
                )
    if _replicates(alias):
        found += older_follower(alias["alias"], here, there, remedy)
    return found


def older_follower(alias: str, here: Mapping[str, Any], there: Mapping[str, Any], remedy: str) -> list[str]:
    """The patch level counts too."""
    ours, theirs = versions_of(here)[0], versions_of(there)[-1]
    if ours >= theirs:
        return []
    return [
        "%s: a cluster can follow indices of one that has the same version or an older one, and %s is older than "
        "%s; %s" % (alias, text_of(ours), text_of(theirs), remedy)
    ]


def _replicates(alias: dict[str, Any]) -> bool:
    return bool(alias.get("follow") or ((alias.get("api_key") or {}).get("access") or {}).get("replication"))


def _license(what: str, cluster: dict[str, Any]) -> list[str]:
    license_of = cluster["license"]
    if license_of["allows_cross_cluster_api_keys"]:
        return []
    return [
        "%s has a licence of type %s (%s), and cross-cluster API keys need Enterprise or a trial at both ends; set "
        "security_model to certificate, which a basic licence allows."
        % (what, license_of["type"], license_of["status"])
    ]


def _privileges(end: _End) -> list[str]:
    """What the accounts lack for what is to be done at each end; asked of each end with all that it may need."""
    cluster = end.cluster or {}
    caller = cluster.get("caller")
    if not caller:
        return []
    missing = set(cluster["missing_privileges"])
    account = "the account %s (realm %s)" % (caller["username"], caller["realm"])
    if end.name is None:
        # An older server wants this of who reloads credentials.
        if not end.by_key or versions_of(cluster)[0] >= RELOAD_FIXED:
            missing.discard("manage_security")
        role = "crosscluster_local_operator"
    else:
        if not end.by_key:
            return []
        role = "crosscluster_remote_granter"
        if caller["authentication_type"] == "api_key":
            return [
                "%s: %s is an API key, and Elasticsearch lets no API key make cross-cluster API keys; use a user, a "
                "token or a service token." % (end.what, account)
            ]
    if not missing:
        return []
    return [
        "%s: %s lacks the cluster privilege%s %s; grant what the role %s has (playbook create_security_roles)."
        % (end.what, account, "" if len(missing) == 1 else "s", ", ".join(sorted(missing)), role)
    ]


def _listener(what: str, cluster: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The port for API keys is off by default; dedicated masters need none."""
    able = [node for node in cluster["nodes"] if set(node.get("roles") or ["data"]) - DEDICATED_MASTER]
    off = [node["name"] for node in able if not node["remote_cluster_server_address"]]
    if not off:
        return [], []
    text = "%s: the remote cluster server is off on %s" % (what, ", ".join(off))
    if len(off) == len(able):
        return [
            text + "; set remote_cluster_server.enabled to true, with its certificate, in elasticsearch.yml of the "
            "nodes, and restart them."
        ], []
    return [], [
        text
        + ", so that no other cluster reaches them; set remote_cluster_server.enabled there if they shall be reached."
    ]


def lacking_roles(aliases: Sequence[dict[str, Any]], local: dict[str, Any]) -> list[str]:
    lacking = [node for node in local["nodes"] if not node["remote_cluster_client"]]
    if not lacking or not aliases:
        return []
    if len(lacking) == len(local["nodes"]):
        text = "No node of the local cluster has the role remote_cluster_client"
        return [text + "; add it to node.roles of those that search or follow, and restart them."]
    replicated = [alias["alias"] for alias in aliases if _replicates(alias)]
    if not replicated:
        return []
    found = []
    masters = [node["name"] for node in lacking if "master" in (node.get("roles") or [])]
    if masters:
        found.append(
            "%s: replication needs the role remote_cluster_client on every node with the role master; add it to "
            "node.roles of %s, and restart." % (", ".join(replicated), ", ".join(masters))
        )
    able = [node for node in local["nodes"] if node["remote_cluster_client"]]
    if not any(role.startswith("data") for node in able for role in node.get("roles") or ["data"]):
        found.append(
            "%s: replication needs a data node with the role remote_cluster_client; add it to node.roles of one at "
            "least, and restart." % ", ".join(replicated)
        )
    return found


def _unread(unread_nodes: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """A host or server that is down is left out; one that runs and can't be read is a mistake to be corrected first."""
    stuck: list[str] = []
    down: list[str] = []
    for node in unread_nodes:
        if "node_info" in node:
            # Its keystore has told why.
            continue
        (down if node.get("unreachable") or node.get("stopped") else stuck).append(
            "%s can't be read: %s" % (node["item"], sentence(node))
        )
    return stuck, down


def _pipelining(nodes: Sequence[dict[str, Any]]) -> list[str]:
    without = [node["item"] for node in nodes if node["node_info"].get("pipelining") is False]
    if not without:
        return []
    return [
        "%s: modules come as files, and credentials must not lie in one; use a connection and a become method that "
        "can do pipelining, and unset ANSIBLE_KEEP_REMOTE_FILES." % ", ".join(without)
    ]


def _nodes(
    local: dict[str, Any], read_nodes: Sequence[dict[str, Any]], unread_nodes: Sequence[dict[str, Any]]
) -> list[str]:
    found = []
    unseen = [
        node["item"] for node in read_nodes if node["node_info"]["node"] and node["node_info"].get("running") is False
    ]
    if unseen:
        found.append(
            "%s: the cluster has this node, and no server is seen there that runs with the directories that are known; "
            "correct the address of the host, elasticsearch_node_name or elasticsearch_path_conf, use become with "
            "root, or run again when the node is started." % ", ".join(unseen)
        )
    names = {node["node_info"]["node"]["name"]: node["item"] for node in read_nodes if node["node_info"]["node"]}
    strangers = [node["item"] for node in read_nodes if not node["node_info"]["node"]]
    missing = [node["name"] for node in local["nodes"] if node["remote_cluster_client"] and node["name"] not in names]
    elsewhere = [
        node["item"] for node in read_nodes if node["node_info"]["node"] and _may_be_another(node["node_info"]["node"])
    ]
    if elsewhere:
        found.append(
            "%s: the node of that name has an address that is not the host's, so it may be another cluster's; correct "
            "the group of the cluster's nodes, or name the node in elasticsearch_node_name." % ", ".join(elsewhere)
        )
    if strangers:
        found.append(
            "%s: no node of the local cluster runs there; start it, set elasticsearch_node_name, or take the host out "
            "of the group." % ", ".join(strangers)
        )
    # A host that could not be read may be any of the missing ones.
    if len(missing) > len(unread_nodes):
        found.append(
            "No host in the inventory stands for the node%s %s; add %s to the group of the cluster's nodes, because "
            "every node needs the credentials."
            % ("" if len(missing) == 1 else "s", ", ".join(missing), "it" if len(missing) == 1 else "them")
        )
    return found


def _may_be_another(node: Mapping[str, Any]) -> bool:
    """Behind NAT a node has an address that no interface has; then its data, or who wrote the inventory, know it."""
    if node.get("address_is_local") is not False or node.get("id_fits"):
        return False
    return node.get("id_fits") is False or node.get("found_by") != "node_name"


def _keystores(nodes: Sequence[dict[str, Any]]) -> list[str]:
    """Of the nodes that were reached at all."""
    reached = [node for node in nodes if "node_info" in node]
    found = []
    for node in reached:
        keystore = node["node_info"]["keystore"]
        if keystore.get("error"):
            found.append("%s: %s" % (node["item"], keystore["error"]))
        elif not keystore["exists"]:
            found.append("%s: %s" % (node["item"], no_keystore(node["node_info"])))
    return found


def _unwritable(nodes: Sequence[dict[str, Any]]) -> list[str]:
    """One node that can't take its credentials does not keep the others waiting; where none can, no key is made."""
    errors = {node["item"]: node["node_info"]["keystore"].get("write_error") for node in nodes}
    if not errors or not all(errors.values()):
        return []
    return ["%s can't take credentials: %s" % (name, error) for name, error in sorted(errors.items())]


def _reload(here: Mapping[str, Any] | None, nodes: Sequence[Any]) -> str:
    if not nodes or not (here or {}).get("cluster_secrets"):
        return ""
    return (
        "the local cluster gives its nodes secure settings by cluster_secrets in its file settings, and a reload of "
        "the keystores would replace those on every node; put the credentials (cluster.remote.ALIAS.credentials) there "
        "and take the nodes out of the inventory, or take cluster_secrets out of the file settings."
    )


def _credentials(credentials: Mapping[str, Any]) -> list[str]:
    """A node takes all of its secure settings or none, so that one bad value would keep the new keys from it too."""
    return [
        "%s: credential is %s; correct the lookup that it comes from, or take the alias out."
        % (
            alias,
            "empty" if not value else "not the encoded value of an API key (base64 of id:secret, in one line)",
        )
        for alias, value in sorted(credentials.items())
        if credential_id(str(value or "")) is None
    ]


def _in_files(aliases: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]) -> list[str]:
    """Refused by the settings too, but a credential that is written before already changes the security model."""
    found = []
    for name in (alias["alias"] for alias in aliases):
        prefix = "cluster.remote.%s." % name
        files = [n["item"] for n in nodes if any(k.startswith(prefix) for k in n["node_info"].get("settings") or {})]
        if files:
            found.append(
                "%s: elasticsearch.yml of %s has %s*, which no API can change and which each node merges with what the "
                "API sets; take it out of there and restart, or leave the alias out." % (name, ", ".join(files), prefix)
            )
    return found


def _leftover_credentials(aliases: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]) -> list[str]:
    """A credential silently turns an alias into one of the API key model."""
    found = []
    for alias in aliases:
        name = alias["alias"]
        holding = [node["item"] for node in nodes if name in (node["node_info"].get("credentials") or {})]
        if alias["security_model"] == "certificate" and holding:
            found.append(
                "%s: the security model is certificate, but the keystore of %s holds cluster.remote.%s.credentials, "
                "with which Elasticsearch would use the API key model; remove it (playbook disconnect with "
                "security_model api_key, or the module keystore), or declare security_model: api_key."
                % (name, ", ".join(holding), name)
            )
    return found


def _same_roles(alias: dict[str, Any]) -> str:
    return (
        "%s: with the certificate model the remote cluster decides by the names of the user's roles; give it roles of "
        "the same names with the privileges read and read_cross_cluster." % alias["alias"]
    )


def _addresses(aliases: Sequence[dict[str, Any]], read_nodes: Sequence[dict[str, Any]]) -> list[str]:
    """An address that no node reaches would hold up the cluster state for about 10 s, so it is not even written."""
    found = []
    for alias in aliases:
        addresses = [probe["address"] for probe in alias.get("probes") or []]
        failed = {}
        for node in read_nodes:
            probes = {probe["address"]: probe for probe in node["node_info"]["probes"]}
            why = [_why(probes.get(address)) for address in addresses]
            # In sniff mode any seed will do.
            if why and all(why):
                failed[node["item"]] = why[0]
        if failed:
            found.append(
                "%s: %s can't be reached: %s; correct the address, or open the way."
                % (
                    alias["alias"],
                    ", ".join(addresses),
                    ", ".join("from %s %s" % pair for pair in sorted(failed.items())),
                )
            )
    return found


def _not_asked(reasons: Mapping[str, str]) -> list[str]:
    """What is not proven before would not be proven afterwards either."""
    names: dict[str, list[str]] = {}
    for name, reason in sorted(reasons.items()):
        names.setdefault(reason.rstrip("."), []).append(name)
    return [
        "%s can't be asked what it reaches, which only the node itself can prove: %s; name a URL at which it "
        "answers itself in elasticsearch_node_urls of the cluster ({%s: URL})." % (", ".join(nodes), reason, nodes[0])
        for reason, nodes in names.items()
    ]


def _why(probe: dict[str, Any] | None) -> str | None:
    if probe is None:
        return None
    if probe.get("dns_error"):
        return "the name does not resolve"
    if probe.get("tcp") not in (None, "ok"):
        return {"refused": "it is refused", "timeout": "there is no answer"}.get(probe["tcp"], str(probe["tcp"]))
    return None
