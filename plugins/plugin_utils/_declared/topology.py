# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory declares → checked and expanded; the only place that fills a default. Pure. Private."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from os.path import abspath, expanduser, realpath
from typing import Any, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.remote_cluster import (
    PROXY_ONLY,
    SNIFF_ONLY,
    addresses,
    check_address,
    check_alias,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._units import boolean
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared import api_key, follow
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.checks import (
    known_keys,
    nearest,
    time,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import read

ALIASES = "elasticsearch_remote_clusters"
GRANTS = "elasticsearch_grants"
TOPOLOGY = "elasticsearch_topology"
TRANSPORT_ADDRESS = "elasticsearch_remote_transport_address"
MANAGED_PLATFORMS = ("ech", "ece", "eck")
PLATFORMS = ("self_managed", *MANAGED_PLATFORMS)

# Of a declaration: what goes on to the remote_cluster module as it is, once its value is right.
_TUNING = (
    "node_connections",
    "proxy_socket_connections",
    "transport_ping_schedule",
    "transport_compress",
    "transport_compression_scheme",
)
_DECLARATION = (
    *("cluster", "security_model", "mode", "address", "seeds", "server_name", "skip_unavailable"),
    *_TUNING,
    *api_key.OPTIONS,
    *("ca", "credential", "follow"),
)
_GRANT = (*api_key.OPTIONS, "file")
# What can be said once for every pair of a topology; the rest belongs to one remote cluster.
_SHARED = tuple(
    k for k in _DECLARATION if k not in ("cluster", "address", "seeds", "server_name", "ca", "credential", "key_name")
)
# A secret, and often a lookup that costs something: whoever writes it to the nodes reads it.
_HIDDEN = ("credential",)
_TOPOLOGY_KEYS = {"mesh": ("clusters",), "hub": ("hub", "spokes"), "chain": ("clusters",)}
_CHOICES = {
    "security_model": ("api_key", "certificate"),
    "mode": ("proxy", "sniff"),
    "transport_compress": ("true", "indexing_data", "false"),
    "transport_compression_scheme": ("deflate", "lz4"),
}
_SNI = re.compile(r"^(?=.{1,253}\.?$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]*\.?$")
# An alias is a part of names of settings, of secure settings and of index expressions; nobody reads a longer one.
ALIAS_LENGTH = 128


class TopologyError(ValueError):
    """Every problem of a declaration at once, each a sentence."""

    def __init__(self, cluster: str, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        start = f"The remote clusters of {cluster} can't be set up, the inventory has"
        if len(problems) == 1:
            super().__init__(f"{start} one problem: {problems[0]}")
        else:
            super().__init__("\n- ".join([f"{start} {len(problems)} problems:", *problems]))


def expand(
    cluster: str,
    hostvars: Any,
    groups: Any,
    clusters_group: str = "elasticsearch_clusters",
    templates_stay: bool = False,
) -> dict[str, Any]:
    """All that the roles have to know to set up what one local cluster declares; raises TopologyError.

    :param templates_stay: a variable whose template can't be resolved has the template's text (see ``read``).
    """
    return _Expansion(cluster, hostvars, groups, clusters_group, templates_stay).run()


def _files(grants: Any) -> dict[Any, str]:
    """Grant → file, of those that name one."""
    entries = grants.items() if isinstance(grants, dict) else ()
    found = {name: grant.get("file") for name, grant in entries if isinstance(grant, dict)}
    return {name: file for name, file in found.items() if isinstance(file, str) and file}


class _Expansion:
    """One run over a local cluster's declaration; problems are gathered, so that all of them are told at once."""

    def __init__(self, cluster: str, hostvars: Any, groups: Any, clusters_group: str, templates_stay: bool) -> None:
        self.cluster = str.__str__(cluster)
        self.hostvars = hostvars
        self.groups = groups
        self.clusters_group = clusters_group
        self.templates_stay = templates_stay
        self.clusters = self.members(clusters_group)
        self.problems: list[str] = []
        # What is followed, of all aliases.
        self.rules: list[follow.Rule] = []
        self.source: dict[Any, str] = {}
        # Ansible gathers a host's variables anew each time that it is asked for the host.
        self.views: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        if self.clusters_group not in self.groups:
            self.problem("the group of clusters", f"there is no group {self.clusters_group} in the inventory")
        elif self.cluster not in self.clusters:
            self.problem(self.cluster, f"it is not in the group {self.clusters_group}")
        if self.problems:
            raise TopologyError(self.cluster, self.problems)

        declared = self.declared()
        remotes: dict[str, Any] = {}
        entries = []
        for alias in sorted(declared, key=str):
            entry = self.entry(alias, declared[alias])
            if entry is None:
                continue
            entries.append(entry)
            name = entry["cluster"]
            if name is not None and name not in remotes:
                remotes[name] = {"cluster": name, "nodes": self.nodes(name)}
        self.check_rules()
        nodes = self.nodes(self.cluster)
        needs_nodes = any(entry["security_model"] == "api_key" for entry in entries)
        if needs_nodes and not nodes and self.platform(self.cluster) not in MANAGED_PLATFORMS:
            self.problem(
                self.cluster,
                "no node of it was found to hold the credentials of its remote clusters; create the group {} with its "
                "nodes, or set elasticsearch_platform ({}) if it is a managed cluster".format(
                    self.nodes_group(self.cluster), ", ".join(MANAGED_PLATFORMS)
                ),
            )
        grants = self.grants()
        if self.problems:
            raise TopologyError(self.cluster, self.problems)
        return {
            "cluster": self.cluster,
            "nodes": nodes,
            "remotes": remotes,
            "remote_clusters": entries,
            "grants": grants,
        }

    # What the inventory says

    def problem(self, where: str, text: str) -> None:
        sentence = f"{where}: {text}"
        if sentence not in self.problems:
            self.problems.append(sentence)

    def members(self, group: str) -> list[str]:
        return [str.__str__(host) for host in self.groups[group]] if group in self.groups else []

    def variable(self, host: str, name: str) -> Any:
        try:
            if host not in self.views:
                self.views[host] = self.hostvars[host]
            value = read(self.views[host], name, _HIDDEN, self.templates_stay)
        except ValueError as error:
            self.problem(f"{name} of {host}", str(error))
            return None
        return None if value == "" else value

    def platform(self, cluster: str) -> str:
        value = self.variable(cluster, "elasticsearch_platform") or "self_managed"
        if value not in PLATFORMS:
            self.problem(
                f"elasticsearch_platform of {cluster}", "{!r} is not one of {}".format(value, ", ".join(PLATFORMS))
            )
        return value

    def nodes_group(self, cluster: str) -> str:
        return self.variable(cluster, "elasticsearch_nodes_group") or f"{cluster}_nodes"

    def nodes(self, cluster: str) -> list[str]:
        if self.platform(cluster) in MANAGED_PLATFORMS:
            return []
        group = self.nodes_group(cluster)
        if group not in self.groups and self.variable(cluster, "elasticsearch_nodes_group"):
            self.problem(
                f"elasticsearch_nodes_group of {cluster}",
                f"there is no group {group} in the inventory{nearest(group, self.groups)}",
            )
        return self.members(group)

    # What is declared, short forms and topologies included

    def declared(self) -> dict[Any, Any]:
        declared = self.from_topologies()
        explicit = self.variable(self.cluster, ALIASES)
        if explicit is None:
            return declared
        if not isinstance(explicit, dict):
            self.problem(ALIASES, "it is not a map of aliases; write alias: {search: [patterns]}")
            return declared
        # A whole entry wins, never a part: what an explicit entry does not grant is not granted.
        declared.update(explicit)
        self.source.update({alias: f"{ALIASES}.{alias}" for alias in explicit})
        return declared

    def from_topologies(self) -> dict[Any, Any]:
        value = self.variable(self.cluster, TOPOLOGY)
        several = isinstance(value, list)
        declared: dict[Any, Any] = {}
        for index, topology in enumerate(value if several else [value] if value is not None else []):
            where = f"{TOPOLOGY}[{index}]" if several else TOPOLOGY
            for remote, declaration in self.topology(where, topology).items():
                if remote in declared:
                    self.problem(where, f"{self.cluster} already reads {remote} by another topology")
                declared[remote] = declaration
                self.source[remote] = f"{where}, {remote}"
        return declared

    def topology(self, where: str, topology: Any) -> dict[str, Any]:
        kind = topology.get("type") if isinstance(topology, dict) else None
        if not isinstance(kind, str) or kind not in _TOPOLOGY_KEYS:
            self.problem(where, "type is not one of {}".format(", ".join(sorted(_TOPOLOGY_KEYS))))
            return {}
        known = ("type", *_TOPOLOGY_KEYS[kind], *_SHARED)
        known_keys(where, topology, known, self.problem)
        shared = {k: v for k, v in topology.items() if k in _SHARED}
        remotes: list[str] = []
        if kind == "hub":
            hub = topology.get("hub")
            if not self.known_cluster(f"{where}.hub", hub):
                return {}
            spokes = self.cluster_list(where, "spokes", topology, [c for c in self.clusters if c != hub])
            if hub in spokes:
                self.problem(f"{where}.spokes", f"the hub {hub} is not a spoke; remove it from the spokes")
            if self.cluster == hub:
                remotes = spokes
        else:
            members = self.cluster_list(where, "clusters", topology, self.clusters if kind == "mesh" else None)
            if self.cluster in members:
                position = members.index(self.cluster)
                remotes = members[max(position - 1, 0) : position] if kind == "chain" else members
        # An alias has no dots; a name in DNS has no underscores, so that no two become one.
        aliases = {remote: remote.replace(".", "_") for remote in remotes if remote != self.cluster}
        return {
            alias: dict(shared, **({} if alias == remote else {"cluster": remote})) for remote, alias in aliases.items()
        }

    def cluster_list(self, where: str, key: str, topology: Any, default: list[str] | None) -> list[str]:
        value = topology.get(key, default)
        where = f"{where}.{key}"
        if not isinstance(value, list) or not value:
            self.problem(where, "it is not a list of clusters")
            return []
        names = [name for name in value if self.known_cluster(where, name)]
        if len(set(names)) != len(names):
            self.problem(where, "a cluster stands there twice")
        return names

    def known_cluster(self, where: str, name: Any) -> bool:
        if isinstance(name, str) and name in self.clusters:
            return True
        self.problem(
            where,
            f"there is no cluster {name} in the group {self.clusters_group}{nearest(name, self.clusters)}",
        )
        return False

    # One remote cluster

    def entry(self, alias: Any, given: Any) -> dict[str, Any] | None:
        where = self.source[alias]
        if not self.alias(where, alias):
            return None
        if given is not None and not isinstance(given, dict):
            self.problem(where, f"it is not a map; write {alias}: {{search: [patterns]}}")
            return None
        declaration: dict[str, Any] = {k: v for k, v in (given or {}).items() if v is not None}
        known_keys(where, declaration, _DECLARATION, self.problem)

        model = self.choice(where, declaration, "security_model", "api_key")
        mode = self.choice(where, declaration, "mode", "proxy")
        foreign = self.is_foreign(alias, declaration)
        remote = None if foreign else self.remote(where, alias, declaration)
        if not foreign and remote is None:
            return None
        if mode == "sniff":
            self.can_sniff(where, remote)
        settings = self.settings(where, declaration, mode, model, remote)
        if foreign:
            self.foreign(where, declaration, model)
        elif model == "certificate":
            self.unused(
                where, declaration, api_key.OPTIONS, "of a cross-cluster API key", "security_model: certificate"
            )
        rules = follow.rules(f"{where}.follow", self.cluster, alias, remote, declaration.get("follow"), self.problem)
        self.rules += rules
        needs_key = model == "api_key" and not foreign
        platform = self.platform(self.cluster)
        if needs_key and platform in MANAGED_PLATFORMS:
            # Without nodes nobody could hold a key, so that every run would make another one.
            self.problem(
                where,
                f"{self.cluster} runs on {platform}, which keeps the credentials itself; make the key with playbook "
                f"grant, give it to the platform, and declare {alias} by address and credential",
            )
        key = None
        if needs_key:
            key = api_key.api_key(
                where, alias, f"crosscluster-{self.cluster}-{alias}", declaration, rules, self.problem
            )
        return {
            "alias": alias,
            "cluster": remote,
            "foreign": foreign,
            "security_model": model,
            "settings": {"alias": alias, **settings},
            "api_key": key,
            # Another team's key may do so too, and what roles allow is not told here.
            "replicates": key is None or "replication" in key["access"],
            "ca": declaration.get("ca"),
            "follow": [rule.as_dict() for rule in rules],
            # One that answers is enough.
            "probes": [
                {"address": address, "server_name": settings.get("server_name")} for address in addresses(settings)
            ],
        }

    # What is followed, over all clusters

    def check_rules(self) -> None:
        for where, text in [*follow.collisions(self.rules), *follow.loops(self.cluster, self.all_rules())]:
            self.problem(where, text)

    def all_rules(self) -> list[follow.Rule]:
        """Those of this cluster and of every cluster that it follows, directly or not."""
        found = list(self.rules)
        known = {self.cluster}
        for rule in found:
            if rule.remote is not None and rule.remote not in known:
                known.add(rule.remote)
                other = _Expansion(rule.remote, self.hostvars, self.groups, self.clusters_group, self.templates_stay)
                found += other.own_rules()
        return found

    def own_rules(self) -> list[follow.Rule]:
        """What this cluster follows in others of the inventory; what else is wrong here is told in its own run."""
        found: list[follow.Rule] = []
        for alias, declaration in self.declared().items():
            if not isinstance(alias, str) or not isinstance(declaration, dict) or not declaration.get("follow"):
                continue
            remote = declaration.get("cluster", alias)
            if remote in self.clusters and not self.is_foreign(alias, declaration):
                where = f"{self.cluster}: {self.source[alias]}.follow"
                found += follow.rules(where, self.cluster, alias, remote, declaration["follow"], self.problem)
        return found

    # Keys for clusters that others administer

    def grants(self) -> list[dict[str, Any]]:
        declared = self.variable(self.cluster, GRANTS)
        if declared is None:
            return []
        if not isinstance(declared, dict):
            self.problem(GRANTS, "it is not a map; write name: {search: [patterns], file: path}")
            return []
        self.check_files(declared)
        return [grant for name in sorted(declared, key=str) if (grant := self.grant(name, declared[name])) is not None]

    def check_files(self, declared: dict[Any, Any]) -> None:
        """Of two grants with one file, each run would take the other's key for a lost one and make another."""
        users: dict[str, list[str]] = {}
        for cluster in self.clusters if _files(declared) else ():
            grants = declared if cluster == self.cluster else self.variable(cluster, GRANTS)
            for name, file in _files(grants).items():
                users.setdefault(realpath(expanduser(file)), []).append(f"{GRANTS}.{name} of {cluster}")
        for name, file in _files(declared).items():
            others = [
                user for user in users[realpath(expanduser(file))] if user != f"{GRANTS}.{name} of {self.cluster}"
            ]
            if others:
                self.problem(
                    f"{GRANTS}.{name}",
                    f"its file is that of {' and '.join(others)} too ({file}); give each grant a file of its own",
                )

    def grant(self, name: Any, given: Any) -> dict[str, Any] | None:
        where = f"{GRANTS}.{name}"
        if not self.alias(where, name):
            return None
        if not isinstance(given, dict):
            self.problem(where, f"it is not a map; write {name}: {{search: [patterns], file: path}}")
            return None
        declaration = {k: v for k, v in given.items() if v is not None}
        known_keys(where, declaration, _GRANT, self.problem)
        file = declaration.get("file")
        if not isinstance(file, str) or not file:
            self.problem(where, "file is missing; name the file of the controller that shall hold the credential")
            file = ""
        # Once and here: not everything that gets the path expands it, or begins in the same directory.
        key = api_key.api_key(where, name, f"crosscluster-grant-{name}", declaration, [], self.problem)
        return {"api_key": key, "file": abspath(expanduser(file))}

    def alias(self, where: str, alias: Any) -> bool:
        if not isinstance(alias, str):
            self.problem(where, "the alias is not a string; put it into quotes")
            return False
        try:
            check_alias(alias)
        except Refusal as refusal:
            hint = "; give the cluster's name with the option cluster" if alias in self.clusters else ""
            self.problem(where, f"{refusal}{hint}")
            return False
        if len(alias) > ALIAS_LENGTH:
            self.problem(where, f"the alias is longer than {ALIAS_LENGTH} characters; choose a shorter one")
            return False
        return True

    def is_foreign(self, alias: str, declaration: dict[str, Any]) -> bool:
        """Another team's: the inventory has no such cluster, and the declaration says how to reach it."""
        if "credential" in declaration:
            return True
        reachable = any(key in declaration for key in ("address", "seeds", "ca"))
        return "cluster" not in declaration and alias not in self.clusters and reachable

    def foreign(self, where: str, declaration: dict[str, Any], model: str) -> None:
        if "cluster" in declaration:
            self.problem(
                where,
                "cluster and credential exclude each other; a cluster of this inventory gets its credential by itself, "
                "and another team's cluster is given by address and credential",
            )
        self.unused(where, declaration, api_key.OPTIONS, "of a key that its own administrators make", "credential")
        if model == "api_key" and "credential" not in declaration:
            self.problem(
                where,
                "credential is missing; give the encoded cross-cluster API key that the remote cluster's administrators"
                ' handed out, as in credential: "{{ lookup(...) }}"',
            )
        if model == "certificate" and "credential" in declaration:
            self.problem(where, "credential is not used with security_model: certificate; remove one of them")

    def unused(self, where: str, declaration: dict[str, Any], keys: Sequence[str], what: str, reason: str) -> None:
        present = [key for key in keys if key in declaration]
        if present:
            verb = "is an option" if len(present) == 1 else "are options"
            self.problem(
                where, "{} {} {}, not used with {}; remove it".format(" and ".join(present), verb, what, reason)
            )

    def remote(self, where: str, alias: str, declaration: dict[str, Any]) -> str | None:
        name = declaration.get("cluster", alias)
        if not isinstance(name, str) or name not in self.clusters:
            near = nearest(name, [c for c in self.clusters if c != self.cluster])
            self.problem(
                where,
                f"there is no cluster {name} in the group {self.clusters_group}{near}; name one with the option "
                "cluster, or give address and credential if it is another team's",
            )
            return None
        if name == self.cluster:
            self.problem(where, f"{name} can't be a remote cluster of itself")
            return None
        return name

    def can_sniff(self, where: str, remote: str | None) -> None:
        for cluster in (self.cluster, remote):
            platform = self.platform(cluster) if cluster else "self_managed"
            if platform in MANAGED_PLATFORMS:
                self.problem(
                    where,
                    f"mode sniff can't be used, {cluster} runs on {platform}, where only mode proxy reaches the nodes",
                )

    def settings(
        self, where: str, declaration: dict[str, Any], mode: str, model: str, remote: str | None
    ) -> dict[str, Any]:
        """The options of the module remote_cluster."""
        settings: dict[str, Any] = {"mode": mode}
        wrong = [
            key for key in (SNIFF_ONLY if mode == "proxy" else PROXY_ONLY) if key in declaration and key in _DECLARATION
        ]
        for key in wrong:
            other = "sniff" if mode == "proxy" else "proxy"
            self.problem(where, f"{key} is an option of mode {other}; remove it or set mode: {other}")
        if mode == "sniff" and "seeds" in declaration:
            if "address" in declaration:
                self.problem(where, "address and seeds exclude each other; put the address into seeds")
            settings["seeds"] = self.seeds(where, declaration["seeds"])
        else:
            address = self.address(where, declaration, mode, model, remote)
            if address is not None:
                settings.update({"proxy_address": address} if mode == "proxy" else {"seeds": [address]})
        if mode == "proxy":
            server_name = self.server_name(where, declaration, remote)
            if server_name is not None:
                settings["server_name"] = server_name
        try:
            # Always written: the server's own default differs between versions.
            settings["skip_unavailable"] = boolean(declaration.get("skip_unavailable", True))
        except ValueError as error:
            self.problem(f"{where}.skip_unavailable", str(error))
        for key in _TUNING:
            if key in declaration and key not in wrong:
                settings[key] = self.tuning(where, declaration, key)
        return settings

    def address(self, where: str, declaration: dict[str, Any], mode: str, model: str, remote: str | None) -> str | None:
        address, source, option = declaration.get("address"), where, "address"
        if address is None and remote is not None:
            told = len(self.problems)
            if model == "certificate":
                # The transport port, which is another one than that for API keys.
                address, source, option = self.variable(remote, TRANSPORT_ADDRESS), remote, TRANSPORT_ADDRESS
            if address is None:
                address = self.variable(remote, "elasticsearch_remote_address")
                source, option = remote, "elasticsearch_remote_address"
            if len(self.problems) > told:
                return None
        if address is None or address == "":
            self.problem(
                where,
                "it has no address{}; write address: host:port{}".format(
                    f", and {remote} has no elasticsearch_remote_address" if remote else "",
                    ", or seeds: [host:port]" if mode == "sniff" else "",
                ),
            )
            return None
        return self.host_and_port(source, option, address)

    def host_and_port(self, where: str, option: str, address: Any) -> str | None:
        if not isinstance(address, str):
            self.problem(where, f"{option} is not a string; write one host:port")
            return None
        if any(character in address for character in ", \t\r\n"):
            self.problem(where, f"{option} has a space or a comma in {address!r}; write one host:port")
            return None
        try:
            check_address(where, option, address)
        except Refusal as refusal:
            self.problem(*str(refusal).split(": ", 1))
            return None
        host = address.rpartition(":")[0]
        if host.startswith("["):
            try:
                IPv6Address(host[1:-1])
            except ValueError:
                self.problem(where, f"{option}: {host} is no IPv6 address; write a host name without brackets")
                return None
        return address

    def seeds(self, where: str, value: Any) -> list[str]:
        seeds = [value] if isinstance(value, str) else value
        if not isinstance(seeds, list) or not seeds:
            self.problem(f"{where}.seeds", "it is not a list of host:port")
            return []
        return [seed for seed in (self.host_and_port(where, "seeds", item) for item in seeds) if seed is not None]

    def server_name(self, where: str, declaration: dict[str, Any], remote: str | None) -> str | None:
        name, source = declaration.get("server_name"), f"{where}.server_name"
        if name is None and remote is not None:
            name = self.variable(remote, "elasticsearch_remote_server_name")
            source = f"elasticsearch_remote_server_name of {remote}"
        if name is None or name == "":
            return None
        if not isinstance(name, str) or not _SNI.match(name):
            self.problem(source, f"{name!r} is not a host name as TLS knows it; write the name alone, without port")
            return None
        return name

    def tuning(self, where: str, declaration: dict[str, Any], key: str) -> Any:
        value = declaration[key]
        if key in _CHOICES:
            return self.choice(where, declaration, key, None)
        if key == "transport_ping_schedule":
            return time(f"{where}.{key}", value, self.problem)
        # Text is what a template gives.
        if isinstance(value, bool) or not re.match(r"^[0-9]+$", str(value)) or int(value) < 1:
            self.problem(f"{where}.{key}", f"{value!r} is not a whole number of at least 1")
            return None
        return int(value)

    def choice(self, where: str, declaration: dict[str, Any], key: str, default: Any) -> Any:
        value = declaration.get(key, default)
        if isinstance(value, bool):
            value = str(value).lower()
        if value not in _CHOICES[key]:
            self.problem(
                f"{where}.{key}",
                "{!r} is not one of {}{}".format(value, ", ".join(_CHOICES[key]), nearest(value, _CHOICES[key])),
            )
            return default
        return value
