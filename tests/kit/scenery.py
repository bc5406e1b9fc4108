# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surrounds a cluster, as it does in the fleets that people have: chosen for a lab, one value of each kind."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from kit.problems import KitError

# Of the hosts, where they have one.
DOMAIN = "lab.example"
# Kind → its values; the first one is what a lab has when nothing is chosen.
VALUES: dict[str, dict[str, str]] = {
    "installation": {
        "package": "the Debian package's paths",
        "archive": "archive in /opt/elasticsearch-VERSION with a link to it, configuration inside, owned by its user",
        "archive_unit": "the same, with ES_PATH_CONF=/srv/elasticsearch/config that only the unit knows",
        "instances": "two nodes of a cluster on one host, units elasticsearch@hot and elasticsearch@warm",
        "certs_dir": "package, with ${CERTS_DIR} in the settings, which a drop-in of the unit sets",
    },
    "inventory": {
        "host": "a host is named like its node, and has ansible_host alone",
        "other_names": "hosts have names that are no node names",
        "fqdn": "hosts and clusters are named by FQDN",
        "groups": "the groups of clusters and nodes have names of their own",
        "vaulted": "passwords are vaulted",
    },
    "privilege": {
        "sudo": "sudo without password, asked for by variables of the nodes",
        "sudo_password": "sudo with password",
        "become_all": "become is on for every host, and the controller has no sudo",
        "su": "su with root's password",
        "requiretty": "sudo wants a terminal",
        "service_user": "sudo lets nobody become anybody but the service's account",
        "root": "login as root, without become",
    },
    "authority": {
        "usages": "a CA with key usages that signs by itself",
        "no_usages": "a CA as elasticsearch-certutil of 8.14 makes it, without key usage",
        "intermediate": "a company's root, of which an intermediate signs",
        "pkcs12": "http.p12 and transport.p12 with passwords in the keystore, as Elasticsearch configures itself",
        "wildcard": "the certificate of HTTP is for *.lab.example and no address, and the controller knows the names",
        "one_pair": "one key, certificate and CA for transport, HTTP and the remote cluster server",
    },
    "network": {
        "open": "the controller reaches every node",
        "dropped": "the controller reaches HTTP of the first node of a cluster alone",
        "same_publish": "every node publishes the first one's address for HTTP",
        "nat": "every node publishes an address for HTTP that no interface has",
        "no_client": "a node is no remote cluster client",
        "proxy": "nodes speak plain HTTP, which only a proxy with TLS reaches; it asks another node each time",
        "ipv6": "hosts have IPv6 addresses alone, and addresses are told as such",
    },
    "text": {
        "plain": "flat settings, as yaml.safe_dump writes them",
        "tabs": "tabs before comments",
        "indented": "every line is indented by a blank",
        "flow": "the whole file is a flow map",
        "end_mark": "the document ends with a line of dots",
        "crlf": "lines end with CR and LF",
        "bom": "the file begins with a byte order mark",
    },
}


@dataclass(frozen=True)
class Scenery:
    installation: str = "package"
    inventory: str = "host"
    privilege: str = "sudo"
    authority: str = "usages"
    network: str = "open"
    text: str = "plain"

    def __post_init__(self) -> None:
        for kind, value in asdict(self).items():
            if value not in VALUES[kind]:
                raise KitError(f"scenery: {kind} is one of {', '.join(VALUES[kind])}, not {value}.")

    @classmethod
    def parse(cls, texts: list[str]) -> Scenery:
        """`installation=archive`, and so on."""
        pairs = [text.partition("=")[::2] for text in texts]
        for kind, _value in pairs:
            if kind not in VALUES:
                raise KitError(f"--scenery {kind}: write KIND=VALUE, where KIND is one of {', '.join(VALUES)}.")
        return cls(**dict(pairs))

    @property
    def archive(self) -> bool:
        return self.installation.startswith("archive")

    def home(self) -> str:
        return "/opt/elasticsearch" if self.archive else "/usr/share/elasticsearch"

    def config(self) -> str:
        own = {"archive": "/opt/elasticsearch/config", "archive_unit": "/srv/elasticsearch/config"}
        return own.get(self.installation, "/etc/elasticsearch")

    def host(self, name: str) -> str:
        """As the inventory names a cluster or node."""
        if self.inventory == "fqdn":
            return f"{name}.{DOMAIN}"
        # The clusters of such a fleet have names as they like.
        return f"srv-{name.replace('-', '')}x" if self.inventory == "other_names" and "-" in name else name

    def prefix(self) -> str:
        """What the addresses of all hosts begin with; a number makes it one."""
        return "fd00:99::" if self.network == "ipv6" else "10.99.0."

    def clusters_group(self) -> str:
        return "search_clusters" if self.inventory == "groups" else "elasticsearch_clusters"

    def nodes_group(self, cluster: str) -> str:
        return f"{cluster}_servers" if self.inventory == "groups" else f"{self.host(cluster)}_nodes"

    def write(self, flat: str) -> bytes:
        """The text of elasticsearch.yml, given as yaml.safe_dump has written it."""
        return TEXTS[self.text](flat).encode()


def tabs(flat: str) -> str:
    """Elasticsearch takes a tab before a comment; PyYAML does not."""
    first, end, rest = flat.partition("\n")
    return f"{first}\t# as it was typed{end}{rest}"


def flow(flat: str) -> str:
    """Lists of the block style become those of the flow style."""
    joined = re.sub(r":\n((?:- .*\n)+)", lambda found: ": [%s]\n" % ", ".join(re.findall("- (.*)", found[1])), flat)
    return "{\n%s\n}\n" % ",\n".join(f"  {line}" for line in joined.splitlines())


TEXTS = {
    "plain": lambda flat: flat,
    "tabs": tabs,
    "indented": lambda flat: "".join(f" {line}\n" for line in flat.splitlines()),
    "flow": flow,
    "end_mark": lambda flat: f"---\n{flat}...\n",
    "crlf": lambda flat: flat.replace("\n", "\r\n"),
    "bom": lambda flat: f"\ufeff{flat}",
}
