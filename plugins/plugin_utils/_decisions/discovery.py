# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found on clusters and nodes → the declaration that describes it, with what is to be known. Pure. Private."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any, Iterable, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans import remote_cluster
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._versions import numbers
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.api_key import KEY_NAME_LENGTH
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.inventory import (
    Alias,
    Cluster,
    Template,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.topology import (
    ALIAS_LENGTH,
    MANAGED_PLATFORMS,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import read

# The first version whose default for skip_unavailable is true.
_SKIPS_SINCE = (8, 15)
# Owners of this realm are programs of Elastic.
_SERVICE_ACCOUNTS = "_service_account"
_PLATFORM_NAMES = {
    "ech": "Elastic Cloud",
    "ece": "Elastic Cloud Enterprise",
    "eck": "Elastic Cloud on Kubernetes",
}
# What a declaration has under the same name as the module remote_cluster.
_AS_IT_IS = tuple(o for o in remote_cluster.OPTIONS if o.startswith("transport_") or o.endswith("connections"))
# Whom nodes trust that are no clients of the API.
_TRUST = {"remote_cluster_client": "As remote clusters", "transport": "At its transport port"}
_TRUSTING = "xpack.security.%s.ssl.certificate_authorities"
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def discover(found: dict[str, dict[str, Any]], keys: dict[str, dict[str, Any]], hostvars: Any) -> dict[str, Cluster]:
    """One entry for each cluster that was looked at.

    :param found: cluster → results of the modules: ``cluster`` (cluster_info), ``remote_clusters``
        (remote_cluster_info), ``nodes`` (a list of node_info, each with its inventory host as ``item``).
    :param keys: cluster → result of cross_cluster_api_key_info, for all clusters of the inventory.
    """
    return _Discovery(found, keys, hostvars).run()


class _Discovery:
    def __init__(self, found: dict[str, dict[str, Any]], keys: dict[str, dict[str, Any]], hostvars: Any) -> None:
        self.found = found
        self.hostvars = hostvars
        self.clusters = sorted({*found, *keys})
        self.keys = {key["id"]: (name, key) for name in sorted(keys) for key in keys[name].get("api_keys") or []}
        self.unlisted = {name: _why(result) for name, result in sorted(keys.items()) if "api_keys" not in result}
        self.addresses = self.known_addresses()
        self.held: set[str] = set()

    def run(self) -> dict[str, Cluster]:
        clusters = {name: self.cluster(name) for name in sorted(self.found)}
        # Only now is known which keys are held.
        for name, cluster in clusters.items():
            cluster.notes += self.spare_keys(name)
        return clusters

    # What the inventory and the clusters say of themselves

    def variable(self, host: str, name: str) -> Any:
        try:
            return read(self.hostvars[host], name) if host in self.hostvars else None
        except ValueError:
            # The playbooks that need the variable tell why.
            return None

    def known_addresses(self) -> dict[str, str]:
        addresses: dict[str, str] = {}
        for name in self.clusters:
            for node in (_answer(self.found.get(name), "cluster") or {}).get("nodes") or []:
                for address in (node.get("transport_address"), node.get("remote_cluster_server_address")):
                    if address:
                        hosts = (address.rpartition(":")[0], node["name"], node.get("host"))
                        addresses.update({"%s:%s" % (h, address.rpartition(":")[2]): name for h in hosts if h})
        declared = {name: self.variable(name, "elasticsearch_remote_address") for name in self.clusters}
        addresses.update({address: name for name, address in declared.items() if address})
        return addresses

    def cluster(self, name: str) -> Cluster:
        found = self.found[name]
        itself, remotes = _answer(found, "cluster"), _answer(found, "remote_clusters")
        if itself is None or remotes is None:
            why = _why(found.get("cluster" if itself is None else "remote_clusters") or {})
            return Cluster(read=False, notes=["It could not be read: %s" % why])
        nodes = _Nodes(found.get("nodes") or [])
        self.held.update(id_ for ids in nodes.credentials.values() for id_ in ids.values() if id_)
        cluster = Cluster(read=True, notes=nodes.notes())
        platform = self.variable(name, "elasticsearch_platform")
        if platform in MANAGED_PLATFORMS:
            cluster.notes.append(
                "%s manages its keystore, so that nobody can see here which credentials it holds."
                % _PLATFORM_NAMES[platform]
            )
        elif not nodes.all:
            cluster.notes.append("The inventory names no node of it: nobody can see here which credentials it holds.")
        names: set[str] = set()
        for alias in sorted({*remotes, *nodes.static, *nodes.aliases}):
            one = _Alias(self, name, itself, alias, remotes.get(alias) or {}, nodes)
            cluster.aliases[alias] = one.describe(names)
        return cluster

    def spare_keys(self, name: str) -> list[str]:
        """Keys that this cluster has given away, and that no node holds."""
        if name in self.unlisted:
            return ["Its keys could not be listed: %s" % self.unlisted[name]]
        notes = []
        for key in (key for cluster, key in self.keys.values() if cluster == name):
            if key["state"] == "active" and key["id"] not in self.held:
                notes.append("The %s is held by no node that was read. %s" % (_titled(key), _of_whom(key)))
        return notes


class _Nodes:
    """The nodes of one cluster, by inventory host."""

    def __init__(self, results: Sequence[dict[str, Any]]) -> None:
        self.all = [str(result.get("item")) for result in results]
        self.unread: dict[str, str] = {}
        self.credentials: dict[str, dict[str, str | None]] = {}
        self.static: dict[str, dict[str, dict[str, Any]]] = {}
        self.seen: list[str] = []
        # Purpose → authority → inventory hosts that trust it.
        self.trusted: dict[str, dict[str, list[str]]] = {purpose: {} for purpose in _TRUST}
        for result in results:
            host, info = str(result.get("item")), result.get("node_info")
            if not info:
                self.unread[host] = _why(result)
                continue
            for setting, value in (info.get("settings") or {}).items():
                alias, dot, _dummy = setting[len(remote_cluster.PREFIX) :].partition(".")
                if setting.startswith(remote_cluster.PREFIX) and dot and alias not in remote_cluster.FIXED_SEGMENTS:
                    self.static.setdefault(alias, {}).setdefault(host, {})[setting] = value
            self.seen.append(host)
            for certificate in info.get("certificates") or []:
                for purpose in _TRUST:
                    if _TRUSTING % purpose in certificate["settings"] and not certificate["error"]:
                        name = "%s (until %s)" % (certificate["subject"], certificate["not_after"][:10])
                        hosts = self.trusted[purpose].setdefault(name, [])
                        hosts += [host] if host not in hosts else []
            if info.get("credentials") is None:
                self.unread[host] = (info.get("keystore") or {}).get("error") or "its keystore could not be read"
            else:
                self.credentials[host] = info["credentials"]

    @property
    def aliases(self) -> set[str]:
        return {alias for credentials in self.credentials.values() for alias in credentials}

    def holding(self, alias: str) -> dict[str, str | None]:
        return {host: ids[alias] for host, ids in sorted(self.credentials.items()) if alias in ids}

    def lacking(self, alias: str) -> list[str]:
        return [host for host, ids in sorted(self.credentials.items()) if alias not in ids]

    def notes(self) -> list[str]:
        unread = ["Its node %s could not be read: %s" % (host, why) for host, why in sorted(self.unread.items())]
        return unread + [self.trust(purpose) for purpose in _TRUST if self.trusted[purpose]]

    def trust(self, purpose: str) -> str:
        names = []
        for name, hosts in sorted(self.trusted[purpose].items()):
            lacking = sorted(set(self.seen) - set(hosts))
            names.append("%s, but not on %s" % (name, _list(lacking)) if lacking else name)
        return "%s it trusts %s." % (_TRUST[purpose], "; ".join(names))


class _Alias:
    """One alias on its way to a declaration."""

    def __init__(
        self, all_: _Discovery, local: str, itself: dict[str, Any], alias: str, found: dict[str, Any], nodes: _Nodes
    ) -> None:
        self.all = all_
        self.local = local
        self.itself = itself
        self.alias = alias
        self.nodes = nodes
        self.found = found
        self.settings: dict[str, Any] = dict(found.get("settings") or {})
        self.result = Alias({})
        self.remote: str | None = None

    def note(self, text: str, decide: bool = False) -> None:
        """:param decide: whether somebody has to decide something before the declaration is used."""
        self.result.notes.append(text)
        self.result.in_force = self.result.in_force and not decide

    def describe(self, names: set[str]) -> Alias:
        """:param names: of keys that other aliases of the cluster declare; a further one is added."""
        static = self.nodes.static.get(self.alias, {})
        configured = bool(static) or self.found.get("origin") == "configuration"
        if configured:
            self.from_file(static)
        elif not self.settings:
            self.leftover()
            return self.result
        elif self.found.get("origin") == "transient":
            self.note("It is among the transient settings, which nobody should rely on; connect makes them persistent.")
        fault = _fault(self.alias)
        if fault:
            self.note("It can't be declared: %s" % fault, decide=True)
        if not self.settings.get("proxy_address") and not self.settings.get("seeds"):
            self.note("It has no address, so that it is switched off, or its settings could not be read.", decide=True)

        if self.model() == "certificate":
            self.by_certificate()
        else:
            self.by_key(names)
        if self.remote == self.local:
            self.note("It leads to the cluster itself, which the playbooks refuse.", decide=True)
        self.how()
        return self.result

    def from_file(self, static: dict[str, dict[str, Any]]) -> None:
        own = bool(self.settings)
        for host, flat in sorted(static.items()):
            try:
                parsed = remote_cluster.parse({"persistent": flat}).get(self.alias)
            except (ValueError, TypeError) as error:
                self.note("Its settings in elasticsearch.yml of %s are not understood: %s" % (host, error))
                continue
            for option, value in (parsed.settings if parsed else {}).items():
                self.settings.setdefault(option, value)
        where = "the nodes %s" % _list(sorted(static)) if len(static) > 1 else "".join(static) or "a node"
        self.note(
            "It is set in elasticsearch.yml of %s%s, and known to no other node. To manage it, take it out of that "
            "file, restart the node, and use the declaration that stands here as a comment."
            % (where, ", and in the settings of the cluster, which are merged with it" if own else ""),
            decide=True,
        )

    def leftover(self) -> None:
        """A credential whose alias is gone, or was never made."""
        self.result.declaration = None
        holding = self.nodes.holding(self.alias)
        self.note(
            "It is no alias, but %s for it: %s. The module keystore removes it."
            % (_hold(holding, "a credential"), "; ".join(self.titles(holding.values())))
        )

    def model(self) -> str:
        if self.nodes.holding(self.alias):
            return "api_key"
        if self.nodes.credentials and not self.nodes.unread:
            return "certificate"
        seen = {node.get("security_model") for node in self.found.get("nodes") or []} - {None}
        return "certificate" if seen == {"certificate"} else "api_key"

    def titles(self, ids: Iterable[str | None]) -> list[str]:
        titles = []
        for id_ in sorted({str(id_ or "") for id_ in ids}):
            if not id_:
                titles.append("what is not the encoded value of a key")
            elif id_ in self.all.keys:
                cluster, key = self.all.keys[id_]
                titles.append("the %s of %s" % (_titled(key), cluster))
            else:
                titles.append("the key with the id %s, which no cluster of the inventory knows" % _quoted(id_))
        return titles

    def by_certificate(self) -> None:
        self.result.declaration = declaration = {"security_model": "certificate"}
        self.remote = next((self.all.addresses[a] for a in self.targets() if a in self.all.addresses), None)
        if self.remote is None and self.alias in self.all.clusters:
            self.note("Its address is that of no cluster of the inventory; its name says that it is %s." % self.alias)
            self.remote = self.alias
        if self.remote not in (None, self.alias):
            declaration["cluster"] = self.remote
        self.note("No node holds a credential for it, so that roles on the remote cluster say what it may read.")

    def by_key(self, names: set[str]) -> None:
        holding = self.nodes.holding(self.alias)
        known = [self.all.keys[id_] for id_ in set(holding.values()) if id_ in self.all.keys]
        # A key that is of no use any more still tells which cluster is meant, and what could be read there.
        known.sort(key=lambda item: (item[1]["state"] == "active", item[1]["creation"], item[1]["id"]))
        if not known:
            self.foreign(holding)
            return
        self.remote, key = known[-1]
        declaration: dict[str, Any] = {} if self.remote == self.alias else {"cluster": self.remote}
        for kind in ("search", "replication"):
            if key["access"].get(kind):
                declaration[kind] = _patterns(key["access"][kind])
        default = "crosscluster-%s-%s" % (self.local, self.alias)
        if key["name"] != default:
            # Elasticsearch takes a name twice; the declaration does not.
            if _declarable_name(key["name"]) and key["name"] not in names:
                declaration["key_name"] = key["name"]
            else:
                self.note("Another alias has a key of the same name; a new key gets the name %s." % _quoted(default))
        names.add(key["name"])
        if key["expiration"]:
            declaration["expiration"] = _lifetime(key)
        if key.get("certificate_identity"):
            declaration["certificate_identity"] = key["certificate_identity"]
        self.result.declaration = declaration
        self.of_key(key, holding)

    def of_key(self, key: dict[str, Any], holding: dict[str, str | None]) -> None:
        those = {host: id_ for host, id_ in holding.items() if id_ == key["id"]}
        self.note("%s the %s of %s." % (_hold(those, ""), _titled(key), self.remote))
        if key["state"] != "active":
            self.note("That key is %s, so that connect makes a new one." % key["state"])
        others = [host for host, id_ in holding.items() if id_ != key["id"]]
        if others:
            titles = "; ".join(self.titles(holding[host] for host in others))
            self.note("But %s another credential: %s." % (_hold(dict.fromkeys(others), ""), titles))
        lacking = self.nodes.lacking(self.alias)
        if lacking:
            self.note("But %s no credential for it." % _hold(dict.fromkeys(lacking), ""))
        if others or lacking:
            self.note("The nodes disagree, so that connect makes a new key for all of them.")
        if key["expiration"]:
            self.note("It expires; the life time is reckoned from its two times, as nothing else is known of it.")
        if key.get("manager"):
            self.note(_of_whom(key))
            self.note("connect refuses it, because %s would bring its own key back." % key["manager"], decide=True)
        elif not key["managed"]:
            self.note(_of_whom(key) + " It has no mark yet; adopt sets it where the caller is that owner.")
        elif (key["local_cluster"], key["alias"]) != (self.itself.get("uuid"), self.alias):
            self.note("Its mark is that of another alias or another cluster, so that connect makes a new key.")

    def foreign(self, holding: dict[str, str | None]) -> None:
        """The key is unknown, and with it whose cluster that is."""
        variable = re.sub(r"\W", "_", "%s_%s_credential" % (self.local, self.alias), flags=re.ASCII).upper()
        self.result.declaration = {
            "credential": Template("{{ lookup('ansible.builtin.env', '%s') }}" % variable),
        }
        if holding:
            self.note("%s %s." % (_hold(holding, ""), "; ".join(self.titles(holding.values()))))
        else:
            self.note("Nobody could see which credential it uses.")
        near = sorted({self.all.addresses[a] for a in self.targets() if a in self.all.addresses})
        for cluster in near:
            if cluster in self.all.unlisted:
                self.note("Its address is that of %s, whose keys could not be listed." % cluster)
            else:
                self.note("Its address is that of %s, which has no such cross-cluster API key." % cluster)
        self.note(
            "It is described as another team's cluster. Give the credential that its administrators handed out in the "
            "environment variable %s, or put another lookup in its place." % variable
        )

    def targets(self) -> list[str]:
        address = self.settings.get("proxy_address")
        return [address] if address else self.settings.get("seeds") or []

    def how(self) -> None:
        """Mode, address and tuning, as far as they are not what the declaration would grow into anyway."""
        declaration = self.result.declaration
        if declaration is None:
            return
        settings = self.settings
        address = self.all.variable(self.remote, "elasticsearch_remote_address") if self.remote else None
        if settings.get("mode", "sniff") == "sniff":
            declaration["mode"] = "sniff"
        targets = self.targets()
        if targets and targets != [address]:
            declaration.update({"address": targets[0]} if len(targets) == 1 else {"seeds": list(targets)})
        server_name = settings.get("server_name")
        default = self.all.variable(self.remote, "elasticsearch_remote_server_name") if self.remote else None
        if settings.get("mode") == "proxy" and (server_name or None) != (default or None):
            declaration["server_name"] = server_name or ""
        self.skip_unavailable(declaration)
        declaration.update({option: settings[option] for option in _AS_IT_IS if option in settings})

    def skip_unavailable(self, declaration: dict[str, Any]) -> None:
        skip = self.settings.get("skip_unavailable")
        if skip is None and self.targets():
            skip = numbers(self.itself.get("version") or "0")[:2] >= _SKIPS_SINCE
            self.note(
                "skip_unavailable is not set, which means %s here; connect writes it, because other versions of "
                "Elasticsearch mean something else." % str(skip).lower()
            )
        if skip is False:
            declaration["skip_unavailable"] = False


def _answer(found: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    """What a module has returned under its own name; None when it has failed."""
    answer = ((found or {}).get(name) or {}).get(name)
    return dict(answer) if isinstance(answer, Mapping) else None


def _why(result: dict[str, Any]) -> str:
    return " ".join(str(result.get("msg") or "no reason given").split())


def _quoted(text: str) -> str:
    """Found text may have any character, a line break too."""
    return json.dumps(text, ensure_ascii=False)


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _hold(holding: Mapping[str, Any], what: str) -> str:
    hosts = sorted(holding)
    return ("%s %s %s" % (_list(hosts), "hold" if len(hosts) > 1 else "holds", what)).rstrip()


def _titled(key: dict[str, Any]) -> str:
    return "key %s (id %s)" % (_quoted(key["name"]), key["id"])


def _of_whom(key: dict[str, Any]) -> str:
    owner = "%s of realm %s" % (_quoted(key["owner"]), _quoted(key["realm"]))
    if key["realm"] == _SERVICE_ACCOUNTS:
        owner = "the service account %s, a program of Elastic" % _quoted(key["owner"])
    text = "Its owner is %s." % owner
    if key.get("manager"):
        text += " %s manages it." % key["manager"]
    elif key["managed"]:
        text += " This collection made it for the alias %s of the cluster with the UUID %s." % (
            _quoted(str(key["alias"])),
            _quoted(str(key["local_cluster"])),
        )
    return text


def _patterns(entries: Sequence[dict[str, Any]]) -> list[Any]:
    """The short form where it means the same: all strings of a list are one entry."""
    plain: tuple[list[Any], list[Any]] = ([], [])
    for entry in entries:
        if set(entry) == {"names"} and not plain[0]:
            plain[0].extend(entry["names"])
            continue
        long = dict(entry)
        if isinstance(long.get("query"), str):
            with contextlib.suppress(ValueError):
                long["query"] = json.loads(long["query"])
        plain[1].append(long)
    return plain[0] + plain[1]


def _declarable_name(name: str) -> bool:
    return bool(name.strip()) and name == name.strip() and not name.startswith("_") and len(name) <= KEY_NAME_LENGTH


def _lifetime(key: dict[str, Any]) -> str:
    """The server keeps two points in time, each taken from its clock a moment apart."""
    seconds = max(round((key["expiration"] - key["creation"]) / 1000), 1)
    return next("%d%s" % (seconds // size, unit) for unit, size in _UNITS if seconds % size == 0)


def _fault(alias: str) -> str | None:
    """Why the playbooks refuse an alias that Elasticsearch has taken."""
    try:
        remote_cluster.check_alias(alias)
    except Refusal as refusal:
        return str(refusal)
    return "it is longer than %d characters" % ALIAS_LENGTH if len(alias) > ALIAS_LENGTH else None
