# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of replication at either end, all of it at once, before anything is created. Pure. Private.

Source: https://www.elastic.co/docs/deploy-manage/tools/cross-cluster-replication/set-up-cross-cluster-replication
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._index_names import (
    Names,
    backing,
    common_name,
    matches,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.cluster import allows_replication
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import follow
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.remote_cluster_preflight import (
    lacking_roles,
    older_follower,
    sentence,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.follow import from_dict

# What lets aliases be set on a follower: Elasticsearch copies those of its leader in the name of who has made it.
MANAGE = "manage"
# What lets the state of a cluster be read, and so which indices it has.
_STATE = ("all", "manage", "manage_ccr", "monitor", "read_ccr", "cross_cluster_replication")
# What lets the changes of a leader be read, and its statistics; Elasticsearch asks for both.
_READ = ("all", "read", "cross_cluster_replication")
_MONITOR = ("all", "monitor", "manage", "cross_cluster_replication")


def look(
    rules: Sequence[Mapping[str, Any]],
    local: Mapping[str, Any],
    remotes: Sequence[Mapping[str, Any]],
    here: Mapping[str, Any],
    there: Sequence[Mapping[str, Any]],
    reach: Mapping[str, Any],
    failed_over: Mapping[str, Any],
    paused: Mapping[str, Any],
    allow_unsupported_versions: bool = False,
    keys: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """
    :param rules: of one local cluster, as ``expand_remote_clusters`` returns them.
    :param local: result of the module cluster_info for it, failed or not, as each of ``remotes`` (``item`` is the
        inventory host).
    :param here: result of the module index_info for it, as each of ``there``.
    :param reach: result of the module remote_cluster_info for it.
    :param failed_over: alias → the record of a failover that was not failed back.
    :param paused: alias → the record of a pause that was not ended.
    :param keys: results of the module cross_cluster_api_key_info for the remote clusters, of keys for the local one.
    :return: as ``follow.plan``, and ``report``, a text of problems and notes.
    """
    found: list[str] = []
    notes: list[str] = []
    remote_of = {rule["alias"]: rule["remote"] for rule in rules}
    clusters = {result["item"]: result.get("cluster") for result in remotes}
    listed = {result["item"]: result for result in there if "indices" in result}
    for what, result in [("the local cluster", local), *(("the cluster %s" % r["item"], r) for r in remotes)]:
        cluster = result.get("cluster")
        found += ["%s: %s" % (what, sentence(dict(result)))] if cluster is None else _cluster(what, cluster)
    mine = local.get("cluster")
    if mine is not None:
        found += lacking_roles([{"alias": alias, "follow": True} for alias in remote_of], mine)
        for alias, remote in sorted(remote_of.items()):
            theirs = clusters.get(remote)
            if theirs is not None and theirs["uuid"] == mine["uuid"]:
                found.append("%s: it is the local cluster itself; correct elasticsearch_url of %s." % (alias, remote))
            elif theirs is not None:
                (notes if allow_unsupported_versions else found).extend(
                    older_follower(alias, mine, theirs, "upgrade the local cluster first.")
                )
        if _lacks_aliases_alone(mine, rules, listed):
            notes.append(_aliases_later(mine))
        elif mine["missing_privileges"] or mine["missing_index_privileges"]:
            found.append(_privileges(mine))
        found += _unreached(list(remote_of), reach)
        found += _not_granted(rules, mine, clusters, reach, keys, listed)
    for what, result, cluster in [
        ("the local cluster", here, mine),
        *(("the cluster %s" % r["item"], r, clusters.get(r["item"])) for r in there),
    ]:
        # Who gives no answer at all is told once.
        if "indices" not in result and cluster is not None:
            found.append("%s: %s" % (what, sentence(dict(result))))
    planned: dict[str, Any] = dict(followers=[], patterns=[], problems=[], notes=[], readiness=[])
    # What is not to be followed yet is only looked at.
    wanted = [rule for rule in rules if rule["existing"] or rule["future"]]
    known = [rule for rule in wanted if rule["remote"] is None or rule["remote"] in listed]
    if "indices" in here:
        of_alias = {alias: listed[remote] for alias, remote in remote_of.items() if remote in listed}
        planned = follow.plan(known, of_alias, here, failed_over, paused)
    problems = [*found, *planned["problems"]]
    notes += planned["notes"]
    things = "1 thing stands" if len(problems) == 1 else "%s things stand" % len(problems)
    report = "\n- ".join(["nothing was changed, %s in the way:" % things, *problems, *notes])
    return dict(planned, problems=problems, notes=notes, report=report)


def _cluster(what: str, cluster: Mapping[str, Any]) -> list[str]:
    license_of = cluster["license"]
    if allows_replication(license_of):
        return []
    return [
        "%s has a licence of type %s (%s), and replication needs Platinum, Enterprise or a trial at both ends."
        % (what, license_of["type"], license_of["status"])
    ]


def _privileges(cluster: Mapping[str, Any]) -> str:
    missing = ["%s (cluster)" % name for name in cluster["missing_privileges"]]
    missing += ["%s on %s" % (", ".join(v), k) for k, v in sorted(cluster["missing_index_privileges"].items())]
    return (
        "the local cluster: the account %s (realm %s) lacks privileges: %s; grant what the role "
        "crosscluster_replicator has (playbook create_security_roles)."
        % (cluster["caller"]["username"], cluster["caller"]["realm"], "; ".join(missing))
    )


def _lacks_aliases_alone(
    cluster: Mapping[str, Any], rules: Sequence[Mapping[str, Any]], listed: Mapping[str, Mapping[str, Any]]
) -> bool:
    """Whether nothing is missing but what copies the aliases of leaders, and none of them has one."""
    missing = {name for names in cluster["missing_index_privileges"].values() for name in names}
    return not cluster["missing_privileges"] and missing == {MANAGE} and not _have_aliases(rules, listed)


def _have_aliases(rules: Sequence[Mapping[str, Any]], listed: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(
        index["aliases"] and name in from_dict(rule).followed
        for rule in rules
        for name, index in (listed.get(rule["remote"]) or {"indices": {}})["indices"].items()
    )


def _aliases_later(cluster: Mapping[str, Any]) -> str:
    return (
        "the local cluster: the account %s (realm %s) lacks the privilege %s on followers, without which a follower "
        "stops, and tells no error, as soon as its leader gets an alias; grant what the role crosscluster_replicator "
        "has (playbook create_security_roles)." % (cluster["caller"]["username"], cluster["caller"]["realm"], MANAGE)
    )


def _not_granted(
    rules: Sequence[Mapping[str, Any]],
    mine: Mapping[str, Any],
    clusters: Mapping[str, Any],
    reach: Mapping[str, Any],
    keys: Sequence[Mapping[str, Any]],
    listed: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Leaders that the caller's roles or the key don't let be replicated; with certificates roles there decide that.

    :param clusters: inventory host → what it is, None where nobody knows.
    :param listed: inventory host → result of the module index_info.
    """
    found = []
    given = [dict(key, cluster=result["item"]) for result in keys for key in result.get("api_keys") or []]
    for rule in rules:
        alias = rule["alias"]
        nodes = ((reach.get("remote_clusters") or {}).get(alias) or {}).get("nodes") or []
        model = nodes[0].get("security_model") if nodes else None
        followed = from_dict(rule).followed
        streams = [name for name in (listed.get(rule["remote"]) or {}).get("data_streams") or {} if name in followed]
        # Elasticsearch goes by the names of their indices.
        followed = Names((*followed.any_of, *backing(streams)), followed.none_of)
        if model == "certificate":
            found += _lacking_there(followed, rule["remote"], mine["caller"], clusters.get(rule["remote"]) or {})
        if model != "api_key":
            continue
        roles = mine.get("remote_indices")
        of_remote = [entry for entry in roles or [] if _means(entry["clusters"], alias)]
        lacking = [_outside(followed, _allowed(of_remote, by)) for by in (_READ, _MONITOR) if roles is not None]
        outside = next(filter(None, lacking), None)
        if outside is not None:
            found.append(
                "the local cluster: the account %s (realm %s) lacks the privilege cross_cluster_replication on %s of "
                "the remote cluster %s; grant what the role crosscluster_replicator has in remote_indices (playbook "
                "create_security_roles)." % (mine["caller"]["username"], mine["caller"]["realm"], outside, alias)
            )
        of_alias = [key for key in given if key["alias"] == alias and key["cluster"] == rule["remote"]]
        of_alias = [key for key in of_alias if key["state"] == "active"]
        outsides = [_outside(followed, _names(key["access"].get("replication") or [])) for key in of_alias]
        if outsides and all(outsides):
            found.append(
                "the cluster %s: the cross-cluster API key %s for the alias %s does not let %s be replicated; let it "
                "be so declared, and run the playbook connect."
                % (rule["remote"], of_alias[-1]["name"], alias, outsides[-1])
            )
    return list(dict.fromkeys(found))


def _lacking_there(followed: Names, remote: str, caller: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """What roles of the names that the caller has do not allow on the remote cluster."""
    roles = theirs.get("roles")
    if not roles:
        # There are none, which is found before, or nobody tells of them.
        return []
    indices = [entry for role in roles.values() for entry in role["indices"]]
    cluster = [privilege for role in roles.values() for privilege in role["cluster"]]
    lacking = [] if any(p in _STATE or ":" in p for p in cluster) else ["read_ccr (cluster)"]
    for privilege, by in (("read", _READ), ("monitor", _MONITOR)):
        outside = _outside(followed, _allowed(indices, by))
        if outside is not None:
            lacking.append("%s on %s" % (privilege, outside))
    if not lacking:
        return []
    return [
        "the cluster %s: the roles %s, which decide what the account %s of the local cluster may do there, lack "
        "privileges: %s; give them to one of these roles on that cluster."
        % (remote, ", ".join(sorted(roles)), caller["username"], "; ".join(lacking))
    ]


def _allowed(entries: Iterable[Mapping[str, Any]], by: Sequence[str]) -> list[str]:
    """Patterns of indices on which they give one of the privileges; names of actions are left to Elasticsearch."""
    return _names(entry for entry in entries if any(p in by or ":" in p for p in entry["privileges"]))


def _means(patterns: Sequence[str], alias: str) -> bool:
    """What is more than a star is left to Elasticsearch."""
    return matches(alias, patterns) or any(p.startswith("/") or "?" in p for p in patterns)


def _names(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    return [name for entry in entries for name in entry["names"]]


def _outside(followed: Names, granted: Sequence[str]) -> str | None:
    """A name that is followed and not granted; what Elasticsearch alone understands is left to it."""
    if any(name.startswith("/") or "?" in name for name in granted):
        return None
    return common_name([followed, Names(("*",), tuple(granted))])


def _unreached(aliases: Sequence[str], reach: Mapping[str, Any]) -> list[str]:
    if "remote_clusters" not in reach:
        return ["the remote clusters: %s" % sentence(dict(reach))]
    found = []
    for alias in sorted(aliases):
        nodes = (reach["remote_clusters"].get(alias) or {}).get("nodes") or []
        broken = [node for node in nodes if node["status"] == "broken"]
        if not nodes:
            found.append("%s: there is no such alias; run the playbook connect." % alias)
        elif broken:
            found.append("%s: %s %s" % (alias, broken[0]["summary"], broken[0]["remedy"]))
    return found
