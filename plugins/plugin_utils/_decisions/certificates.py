# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was read of the nodes → which certificates they shall have, and what they have to trust. Pure. Private."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import (
    TO_BE_MADE,
    describe,
    from_pem,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_shared_files import (
    others,
    placed,
    settings_of,
    target,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    changed,
    fingerprint,
    marks,
)

# Certificates are valid from an hour before they are made, so a clock may be behind by nearly as much.
CLOCK_TOLERANCE = 3000
# As _pki.names has it.
_DNS = re.compile(
    r"^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*(?!\d+$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
)
_GIVEN = ("certificate", "private_key")


def wanted(
    results: Sequence[Mapping[str, Any]],
    cluster: Mapping[str, Any],
    purposes: Sequence[str],
    names: Mapping[str, Sequence[str]],
    now: float,
    passwords: Mapping[str, str] | None = None,
    requests: Mapping[str, str] | None = None,
    issued: Mapping[str, Mapping[str, Any]] | None = None,
    issued_purposes: Sequence[str] = (),
    may_set: bool = False,
) -> dict[str, Any]:
    """
    :param results: of the module node_info, one a node (``item`` is its inventory host).
    :param cluster: as the module cluster_info returns it.
    :param names: further names and addresses for a purpose, or for a node (by its inventory host).
    :param passwords: of the PKCS#12 files, by the node's inventory host.
    :param requests: certificate signing requests that nodes have made, by ``node/purpose``; others are left out then.
    :param issued: what was issued elsewhere, by inventory host and purpose: ``certificate`` and ``private_key``.
    :param issued_purposes: whose certificates are issued elsewhere.
    :param may_set: whether elsewhere in the run elasticsearch.yml is changed, so that files of its own can be named.
    :return: ``problems``; ``notes``; ``settings``, inventory host → what elasticsearch.yml has to name, as
        ``certificate_shared_files.settings_of`` has it; ``moved``, the hosts that do not name it yet; ``certificates``,
        options of the module node_certificates; ``places``, for each of them where it lies on which node;
        ``passwords``, inventory host → the secure settings that PKCS#12 files need there, and whether the node that
        runs has ``read`` them already; ``unlisted``, nodes of the cluster that none of the results is of.
    """
    found: dict[str, Any] = {"problems": [], "notes": [], "settings": {}, "moved": []}
    found.update(certificates=[], places=[], passwords={})
    read = [((result.get("node_info") or {}).get("node") or {}).get("name") for result in results]
    found["unlisted"] = [node["name"] for node in cluster["nodes"] if node["name"] not in read]
    for result in results:
        info = result.get("node_info")
        if not info:
            found["problems"].append("%s can't be read: %s" % (result["item"], result.get("msg", "no reason is given")))
            continue
        behind = now - info["clock"]
        if abs(behind) > CLOCK_TOLERANCE:
            found["problems"].append(
                "%s: its clock is %d s %s the controller's, so that it would refuse new certificates; set the clock."
                % (result["item"], abs(behind), "behind" if behind > 0 else "before")
            )
        node = _node_of(info, cluster)
        if info["running"] and node.get("reload_interval", 0) is None:
            found["problems"].append(
                "%s: it loads certificates only when it starts, because resource.reload.enabled is false; take that "
                "out of elasticsearch.yml, and restart the node." % result["item"]
            )
        if info.get("pipelining") is False:
            found["problems"].append(
                "%s: modules come as files, and private keys must not lie in one; use a connection and a become method "
                "that can do pipelining, and unset ANSIBLE_KEEP_REMOTE_FILES." % result["item"]
            )
        if info.get("write_error"):
            found["problems"].append("%s: %s" % (result["item"], info["write_error"]))
        taken: dict[str, dict[str, Any]] = {}
        issued_here = (issued or {}).get(result["item"]) or {}
        placements = placed(info["certificate_files"], purposes, issued_here, issued_purposes, may_set)
        found["settings"][result["item"]] = settings_of(
            placements, info["certificate_files"].get("remote_cluster_client")
        )
        found["moved"] += [result["item"]] if any(placement.moved for placement in placements.values()) else []
        # A certificate for transport is for servers and clients, so that it serves HTTP as well.
        for purpose in sorted(purposes, key=lambda name: name != "transport"):
            present, placement = info["certificate_files"][purpose], placements[purpose]
            files = placement.files
            elsewhere = purpose in issued_purposes
            given = issued_here.get(purpose)
            password = (passwords or {}).get(result["item"])
            problem = _without_tls(purpose, info.get("settings") or {})
            problem = problem or placement.problem or _problem(purpose, files, password)
            problem = problem or _issued_problem(purpose, files, given, elsewhere)
            if problem:
                found["problems"].append("%s: %s" % (result["item"], problem))
                continue
            if placement.waits_for:
                found["notes"].append(
                    "%s: its certificate for %s stays as it is, because %s names its files until the node is "
                    "restarted; run this again afterwards." % (result["item"], purpose, ", ".join(placement.waits_for))
                )
                continue
            path = files["keystore"] or files["certificate"]
            # What the user gives is checked where it is signed.
            sans = [*names.get(purpose, []), *names.get(result["item"], [])]
            if not elsewhere:
                own = [result["item"], *_own_names(info, node)]
                # A node that is stopped is not in the cluster, and must not lose the addresses that it had there.
                own += [] if node else _installed_names(files) or _installed_names(present) or info["addresses"]
                sans = [*filter(_is_name, own), *sans]
            # What the settings do not name yet is shown after a restart.
            named = files["configured"] and not placement.moved
            proof = _address(purpose, node) if named and info["running"] else None
            request = (requests or {}).get("%s/%s" % (result["item"], purpose))
            needless = requests is not None and request is None and path not in taken and not elsewhere
            if needless and not files["unfinished"]:
                continue
            if files["format"] == "pkcs12":
                secure = found["passwords"].setdefault(result["item"], {"settings": {}, "read": False})
                secure["settings"]["xpack.security.%s.ssl.keystore.secure_password" % purpose] = password
                secure["read"] = secure["read"] or bool(files["configured"] and info["running"])
            if path in taken:
                # One file for two purposes: the certificate has the names of both, and is proven at both ports.
                _add_names(taken[path]["option"], sans)
                taken[path]["place"]["proofs"] += [proof] if proof else []
                continue
            option = {
                "name": result["item"],
                "purpose": purpose,
                "dns": [],
                "ip": [],
                "installed": files["pem"],
                "key_matches": files["key_matches"],
                "format": files["format"],
            }
            if files["format"] == "pkcs12":
                del option["installed"]
                option.update(installed_pkcs12=files["pkcs12"], password=password)
            if request:
                option["request"] = request
            if given:
                option.update({"issued_" + name: given[name] for name in _GIVEN if given.get(name)})
            _add_names(option, sans)
            place = {
                "node": result["item"],
                "node_name": node.get("name"),
                "purpose": purpose,
                "paths": {
                    "private_key": files["key"],
                    "certificate": files["certificate"],
                    "pkcs12": files["keystore"],
                },
                "proofs": [proof] if proof else [],
                "unfinished": files["unfinished"],
                "pending": bool(request),
                "given_key": (given or {}).get("private_key"),
                "path_conf": info["paths"]["config"],
                "service_user": info["service_user"],
                "make_directory": not named,
                # The files of its own that elasticsearch.yml does not name yet, and that exist.
                "occupied": placement.moved and bool(files["exists"]) and not files["unfinished"],
            }
            taken[path] = {"option": option, "place": place}
            found["certificates"].append(option)
            found["places"].append(place)
    return found


def _node_of(info: Mapping[str, Any], cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    name = (info["node"] or {}).get("name")
    return next((node for node in cluster["nodes"] if node["name"] == name), {})


def _without_tls(purpose: str, settings: Mapping[str, Any]) -> str | None:
    """Files may still be named from before; what stands before the node, as a proxy, has a certificate of its own."""
    setting = "xpack.security.%s.ssl.enabled" % purpose
    if str(settings.get(setting)).lower() != "false":
        return None
    return (
        "it shows no certificate for %s, because %s is false in elasticsearch.yml; leave %s out of "
        "elasticsearch_certificate_purposes, or set that to true." % (purpose, setting, purpose)
    )


def _problem(purpose: str, files: Mapping[str, Any], password: str | None) -> str | None:
    if files["error"]:
        return str(files["error"])
    if files["keystore"] and not files["keystore"].endswith((".p12", ".pfx")):
        return (
            "xpack.security.%s.ssl.keystore.path names %s, which is no PKCS#12 file by its name; use PEM files or a "
            "file named .p12." % (purpose, files["keystore"])
        )
    if files["keystore"] and not password:
        return (
            "its file for %s is PKCS#12 (%s), which needs a password; set elasticsearch_certificate_keystore_password "
            "of the node." % (purpose, files["keystore"])
        )
    if not files["keystore"] and not (files["certificate"] and files["key"]):
        return (
            "elasticsearch.yml names no certificate for %s; set xpack.security.%s.ssl.key and .certificate, or leave "
            "the purpose out." % (purpose, purpose)
        )
    return None


def _issued_problem(purpose: str, files: Mapping[str, Any], given: Any, elsewhere: bool) -> str | None:
    if given and not elsewhere:
        return (
            "a certificate for %s was issued elsewhere, and the cluster's authority signs them itself; leave the "
            "certificate out, or the authority's path and private_key." % purpose
        )
    if given and not (isinstance(given, Mapping) and given.get("certificate") and not set(given) - set(_GIVEN)):
        return "what was issued for %s must be a map with certificate and private_key, both the text in PEM." % purpose
    if not elsewhere or files["format"] == "pkcs12":
        return None
    if not given and files["pem"] is None:
        return (
            "it has no certificate for %s, and the cluster's authority does not sign; have one issued, and give it in "
            "elasticsearch_issued_certificates of the node." % purpose
        )
    if given and not given.get("private_key") and not files["key_exists"]:
        return "the private key for %s is needed, because the node has none; give private_key." % purpose
    return None


def _own_names(info: Mapping[str, Any], node: Mapping[str, Any]) -> list[str]:
    addresses = [node.get(key) for key in ("ip", "host")]
    published = [_host(node.get(key)) for key in ("transport_address", "remote_cluster_server_address")]
    return [str(name) for name in [info["hostname"], node.get("name"), *addresses, *published] if name]


def _installed_names(files: Mapping[str, Any]) -> list[str]:
    try:
        return [san.partition(":")[2] for der in from_pem(files["pem"] or "")[:1] for san in describe(der)["sans"]]
    except ValueError:
        return []


def _host(address: Any) -> str | None:
    return str(address).rpartition(":")[0].strip("[]") if address else None


def _is_name(text: str) -> bool:
    """The name of a node, and of a host in the inventory, may be any text."""
    return bool(_DNS.match(text)) or _is_address(text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _add_names(option: dict[str, Any], names: Sequence[str]) -> None:
    for name in names:
        kind = "ip" if _is_address(name) else "dns"
        value = str(ipaddress.ip_address(name)) if kind == "ip" else name.lower()
        if value not in option[kind]:
            option[kind].append(value)


def _address(purpose: str, node: Mapping[str, Any]) -> str | None:
    if purpose == "http":
        return (
            (node.get("url") or "").partition("://")[2] or None if (node.get("url") or "").startswith("https") else None
        )
    key = {"transport": "transport_address", "remote_cluster_server": "remote_cluster_server_address"}.get(purpose)
    return (node.get(key) or None) if key else None


def looked_after(found: dict[str, Any], results: Sequence[Mapping[str, Any]], cluster: Mapping[str, Any]) -> None:
    """Adds to what ``wanted`` returns that which keeps a new certificate from taking away what others need.

    ``asked``, node and purpose of each of ``certificates``, in the same order; ``names_of_nodes``, inventory host →
    names of its own.
    """
    infos = {result["item"]: result["node_info"] for result in results if result.get("node_info")}
    found["asked"] = [[place["node"], place["purpose"]] for place in found["places"]]
    found["names_of_nodes"] = {
        item: [
            name for name in [item, *_own_names(info, _node_of(info, cluster)), *info["addresses"]] if _is_name(name)
        ]
        for item, info in infos.items()
    }
    for option, place in zip(found["certificates"], found["places"]):
        files = infos[place["node"]]["certificate_files"]
        own = files[place["purpose"]]
        option["key_encrypted"] = bool(own.get("key_encrypted"))
        trusted = [entry["truststore"] for entry in files.values() if entry.get("truststore")]
        option["trusted"] = bool(own["keystore"]) and own["keystore"] in trusted


def bundles(
    results: Sequence[Mapping[str, Any]],
    trusted: Mapping[str, Sequence[Any]],
    prune: Mapping[str, Mapping[str, Any]] | None = None,
    untrusted: Sequence[str] = (),
    purposes: Sequence[str] = (),
) -> dict[str, Any]:
    """
    :param trusted: purpose → CA certificates in PEM that the node has to trust, as texts, or as
    certificate_trust.needed tells them; TO_BE_MADE stands for one that will be.
    :param prune: purpose → what may be taken away, as certificate_trust.prunable tells it; None takes nothing away.
    :param untrusted: fingerprints of those that the user wants to be taken away.
    :param purposes: what the run gives certificates for.
    :return: ``problems``; ``notes``; ``writes``, inventory host → options of the module certificate_files; ``kept``,
        sentences about those that nothing declared needs, and that stay.
    """
    problems: list[str] = []
    notes: list[str] = []
    found: dict[str, dict[str, Any]] = {}
    kept: dict[str, list[str]] = {}
    for result in results:
        info = result.get("node_info")
        if not info:
            continue
        for purpose, entries in trusted.items():
            files = info["certificate_files"][purpose]
            needs = [entry if isinstance(entry, Mapping) else {"pem": entry} for entry in entries]
            need = {der: entry.get("owner") for entry in needs for der in from_pem(entry["pem"])}
            there = list(files["authorities"])
            written = target(there, purpose)
            if written is not None and written["error"]:
                setting = "xpack.security.%s.ssl.certificate_authorities" % purpose
                problems.append("%s: %s: %s" % (result["item"], setting, written["error"]))
                continue
            installed = _unique(der for entry in there for der in from_pem(entry["pem"] or ""))
            missing = [der for der in need if der not in installed]
            made_first = any(TO_BE_MADE in entry["pem"] for entry in needs)
            # What is added was so before others are taken away.
            coming = made_first and prune is None
            users = others(written, purpose, purposes) if written is not None else []
            text = (written and written["pem"]) or ""
            surplus: list[bytes] = []
            for der in installed:
                if der in need or prune is None or purpose not in prune:
                    continue
                earlier = [sha256 for entry in needs for sha256 in entry.get("earlier") or []]
                why = _why_kept(der, text, prune[purpose], untrusted, earlier)
                if why is None and users:
                    why = "it stands in %s, which %s name as well" % ((written or {})["path"], ", ".join(users))
                if why is None:
                    surplus.append(der)
                elif why:
                    sentence = "%s (%s, SHA-256 %s): %s" % (describe(der)["subject"], purpose, fingerprint(der), why)
                    kept.setdefault(sentence, []).append(result["item"])
            unfinished = bool(written and written.get("unfinished"))
            if written is None:
                if missing or coming:
                    problems.append("%s: %s" % (result["item"], _no_target(purpose, files)))
                continue
            elsewhere = _unique(der for e in there if e is not written for der in from_pem(e["pem"] or ""))
            add = {der: owner for der, owner in need.items() if der not in elsewhere}
            content = changed(text, add, [fingerprint(der) for der in surplus])
            if content == text and not unfinished and not coming:
                continue
            if not from_pem(content) and not made_first:
                # Elasticsearch does not start with a file without a certificate.
                continue
            write = found.setdefault(
                result["item"],
                {
                    "files": [],
                    "proofs": [],
                    "reasons": [],
                    "path_conf": info["paths"]["config"],
                    "service_user": info["service_user"],
                    "make_directory": True,
                },
            )
            if users:
                notes.append(_shared_note(result["item"], written["path"], users))
            write["files"].append({"path": written["path"], "content": content})
            reasons = [*("+" + _name(der) for der in missing), *("-" + _name(der) for der in surplus)]
            reasons += ["+an authority that is made first"] if coming else []
            write["reasons"].append("%s: %s" % (purpose, ", ".join(reasons) or "marked"))
    sentences = ["%s on %s" % (sentence, ", ".join(nodes)) for sentence, nodes in kept.items()]
    return {"problems": problems, "notes": notes, "writes": found, "kept": sentences}


def _shared_note(node: str, path: str, users: Sequence[str]) -> str:
    return (
        "%s: %s is named by %s as well; it only gets more, and those trust that too; a file of its own would keep them "
        "apart." % (node, path, ", ".join(users))
    )


def _why_kept(
    der: bytes, text: str, prune: Mapping[str, Any], untrusted: Sequence[str], earlier: Sequence[str]
) -> str | None:
    """Why what nobody needs stays, empty where that needs no word; None where it goes.

    :param text: of the file that is written.
    """
    if der not in from_pem(text):
        return "it stands in a file that is not written here" if fingerprint(der) in untrusted else ""
    if fingerprint(der) in untrusted:
        return None
    owners = marks(text).get(fingerprint(der))
    if owners is None:
        return "this collection has not put it there" if fingerprint(der) in earlier else ""
    if prune["stopped"]:
        return str(prune["stopped"])
    if owners and all(owner in prune["owners"] for owner in owners):
        return None
    return "the certificates of the cluster that it belongs to are not dealt with by this run"


def distrusting(
    results: Sequence[Mapping[str, Any]],
    trusted: Mapping[str, Sequence[str]],
    left_out: Mapping[str, Mapping[str, Sequence[str]]],
) -> list[str]:
    """Nodes that do not trust all of this, or can't be read, with their clusters.

    :param left_out: purpose → cluster → its nodes.
    """
    by_node = {result["item"]: result for result in results}
    found = []
    for purpose, clusters in left_out.items():
        for cluster, nodes in clusters.items():
            for node in nodes:
                plan = bundles([by_node[node]], {purpose: trusted.get(purpose, [])})
                if not by_node[node].get("node_info") or plan["problems"] or plan["writes"]:
                    found.append("%s of %s" % (node, cluster))
    return list(dict.fromkeys(found))


def _no_target(purpose: str, files: Mapping[str, Any]) -> str:
    setting = "xpack.security.%s.ssl" % purpose
    if files["truststore"]:
        return "%s.truststore.path is set; trust PEM files instead, with %s.certificate_authorities." % (
            setting,
            setting,
        )
    return "%s.certificate_authorities is not set; set it to a file of CA certificates." % setting


def _unique(ders: Any) -> list[bytes]:
    return list(dict.fromkeys(ders))


def _name(der: bytes) -> str:
    described = describe(der)
    return "%s (%s)" % (described["subject"], described["serial"][:8])


def trusts(
    cluster: str, expanded: Mapping[str, Mapping[str, Any]], play: Sequence[str] | None = None
) -> dict[str, Any]:
    """Whom a cluster has to trust.

    :param expanded: each cluster of the inventory, as the filter expand_remote_clusters returns it.
    :param play: the clusters that the run deals with; None: all.
    :return: purpose → ``clusters`` of the inventory, and those of them ``without_nodes``; ``authorities`` of clusters
        of others, ``undeclared``: aliases of those whose authority only the nodes know; ``declared``: all aliases; and
        ``left_out``: clusters that have to trust this one and are left out of the run, each with its nodes.
    """
    client: dict[str, Any] = {"clusters": [], "authorities": [], "undeclared": [], "declared": [], "left_out": {}}
    transport: dict[str, Any] = {"clusters": [], "authorities": [], "undeclared": [], "declared": [], "left_out": {}}
    for name, declared in sorted(expanded.items()):
        for remote in declared["remote_clusters"]:
            certificate = remote["security_model"] == "certificate"
            to = transport if certificate else client
            if name == cluster:
                to["declared"].append(remote["alias"])
                # The certificate model wants trust in both directions.
                if remote["cluster"]:
                    to["clusters"].append(remote["cluster"])
                elif remote["ca"]:
                    to["authorities"] += remote["ca"] if isinstance(remote["ca"], list) else [remote["ca"]]
                else:
                    to["undeclared"].append(remote["alias"])
                if certificate and remote["cluster"]:
                    transport["left_out"][remote["cluster"]] = expanded[remote["cluster"]]["nodes"]
            elif remote["cluster"] == cluster:
                to["left_out"][name] = declared["nodes"]
                if certificate:
                    transport["clusters"].append(name)
    for found in (client, transport):
        found["clusters"] = list(dict.fromkeys(found["clusters"]))
        found["without_nodes"] = [name for name in found["clusters"] if not expanded[name]["nodes"]]
        found["left_out"] = {
            name: nodes for name, nodes in found["left_out"].items() if play is not None and name not in play
        }
    return {"remote_cluster_client": client, "transport": transport}
