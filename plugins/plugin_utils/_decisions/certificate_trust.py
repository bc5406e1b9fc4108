# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose authorities a cluster's nodes need, and of whom they may forget earlier ones. Pure. Private."""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import (
    TO_BE_MADE,
    describe,
    from_pem,
)
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.certificate_trust_file import (
    fingerprint,
)

# Which authority is trusted for a purpose, and the purpose of the certificates that it is trusted for.
KIND_OF = {"remote_cluster_client": "remote_cluster", "transport": "transport"}
SIGNED_BY = {
    "transport": "transport",
    "http": "transport",
    "remote_cluster_server": "remote_cluster",
    "remote_cluster_client": "remote_cluster",
}
_SHOWN_FOR = {"remote_cluster_client": "remote_cluster_server", "transport": "transport"}


def to_read(
    trusted: Mapping[str, Mapping[str, Any]], authorities: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """The authorities of others that the inventory has, each with ``cluster`` and ``kind``.

    None is made for a cluster without nodes, whose certificates are somebody else's; one that is given is trusted.

    :param trusted: as certificates.trusts returns it.
    :param authorities: cluster → kind → options of the module certificate_authority.
    """
    found = []
    for purpose, kind in KIND_OF.items():
        for cluster in trusted[purpose]["clusters"]:
            authority = authorities.get(cluster, {}).get(kind)
            if authority and not ("path" in authority and cluster in trusted[purpose].get("without_nodes", [])):
                found.append({"cluster": cluster, "kind": kind})
    return found


def needed(
    cluster: str,
    trusted: Mapping[str, Mapping[str, Any]],
    own: Sequence[Mapping[str, Any]],
    others: Sequence[Mapping[str, Any]],
    seen: Mapping[str, Mapping[str, Any]],
    bundle: str = "bundle_pem",
) -> dict[str, list[dict[str, Any]]]:
    """Purpose → what the nodes have to trust: ``pem``, ``owner`` (the cluster's UUID, if it is known) and ``earlier``.

    :param own: results of the module certificate_authority, ``item`` is the kind. They are trusted as well, so that the
        file is there, and never empty, for a cluster that reads no other.
    :param others: the same of others, ``item`` as to_read returns it.
    :param seen: as of prunable.
    :param bundle: what of the results is trusted.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for purpose, kind in KIND_OF.items():
        results = [(cluster, result) for result in own if result["item"] == kind]
        results += [(result["item"]["cluster"], result) for result in others if result["item"]["kind"] == kind]
        found[purpose] = [
            {
                "pem": _expected(result[bundle], seen.get(owner, {}), kind),
                "owner": seen.get(owner, {}).get("uuid"),
                "earlier": result.get("earlier") or [],
            }
            for owner, result in results
        ]
        found[purpose] += [{"pem": pem, "owner": None, "earlier": []} for pem in trusted[purpose]["authorities"]]
    return found


def _expected(pem: str, seen: Mapping[str, Any], kind: str) -> str:
    """Without one that is missing where this run would not make it."""
    makes = any(kind == SIGNED_BY[purpose] for purpose in seen.get("purposes", []))
    return pem if makes else pem.replace(TO_BE_MADE, "")


def prunable(
    cluster: str,
    trusted: Mapping[str, Mapping[str, Any]],
    seen: Mapping[str, Mapping[str, Any]],
    left_out: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Purpose → ``owners``, clusters (UUIDs) whose earlier authorities nobody shows any more; ``stopped``, why none is.

    :param seen: cluster → what this run has read of it: ``uuid``, ``purposes`` of the certificates that each of its
        nodes has got, ``unlisted`` nodes, ``moved`` nodes, ``aliases``, ``declared`` aliases. Nothing of those outside
        of the run.
    :param left_out: nodes of any cluster that could not be dealt with.
    """
    reached = {name: entry for name, entry in sorted(seen.items()) if entry}
    found = {}
    for purpose in KIND_OF:
        # At the transport port others connect as well, and who does so is told by the aliases of those.
        askers = [cluster] if purpose == "remote_cluster_client" else list(reached)
        stopped = _stopped(reached, left_out, askers, trusted[purpose].get("undeclared", []))
        found[purpose] = {
            "stopped": stopped,
            "owners": []
            if stopped
            else [entry["uuid"] for entry in reached.values() if _SHOWN_FOR[purpose] in entry["purposes"]],
        }
    return found


def _stopped(
    reached: Mapping[str, Mapping[str, Any]],
    left_out: Sequence[str],
    askers: Sequence[str],
    without_ca: Sequence[str],
) -> str | None:
    if left_out:
        return "nodes were left out (%s)" % ", ".join(left_out)
    for name, entry in reached.items():
        if entry["unlisted"]:
            nodes = ", ".join(entry["unlisted"])
            return "%s has nodes that the inventory lacks (%s), which may still show what it has signed" % (name, nodes)
        if entry.get("moved"):
            nodes = ", ".join(entry["moved"])
            return "nodes of %s (%s) show what it has signed until they restart with their new files" % (name, nodes)
    for name in askers:
        aliases = reached.get(name, {}).get("aliases") or []
        undeclared = sorted(set(aliases) - set(reached.get(name, {}).get("declared") or []))
        if undeclared:
            return "%s has remote clusters that the inventory does not declare, and that may need it (%s)" % (
                name,
                ", ".join(undeclared),
            )
    if without_ca:
        return "the inventory does not say whom to trust (ca) for %s" % ", ".join(without_ca)
    return None


def fingerprints(values: Sequence[Any], option: str) -> list[str]:
    """Of what is named for removal by SHA-256, or by the certificate's text; ValueError names what is neither."""
    found: list[str] = []
    for value in values:
        text = str(value)
        if "-----BEGIN" in text:
            found += [fingerprint(der) for der in from_pem(text)]
            continue
        digits = re.sub(r"^sha-?256[: =]*", "", text.strip().lower()).replace(":", "").replace(" ", "")
        if not re.fullmatch("[0-9a-f]{64}", digits):
            raise ValueError(
                "%s: %r is neither the SHA-256 fingerprint of a certificate nor its text in PEM" % (option, text)
            )
        found.append(digits)
    return list(dict.fromkeys(found))


def contradictions(
    required: Mapping[str, Sequence[Mapping[str, Any]]], untrusted: Sequence[str], option: str
) -> list[str]:
    """What is named for removal and needed all the same."""
    found = {
        "%s names %s (SHA-256 %s), which is needed for %s; take it out of there, or change what needs it."
        % (option, describe(der)["subject"], fingerprint(der), purpose): None
        for purpose, entries in required.items()
        for entry in entries
        for der in from_pem(entry["pem"])
        if fingerprint(der) in untrusted
    }
    return list(found)


def held(
    results: Sequence[Mapping[str, Any]], purposes: Sequence[str], passwords: Mapping[str, str]
) -> dict[str, list[Any]]:
    """What the nodes hold that tells of an authority: ``shown`` and ``trusted`` certificates in PEM, and PKCS#12 files.

    :param purposes: whose certificates are signed by that authority.
    :param passwords: of the PKCS#12 files, by inventory host.
    """
    shown: dict[str, None] = {}
    trusts: dict[str, None] = {}
    files: list[dict[str, str]] = []
    for result in results:
        for purpose, there in ((result.get("node_info") or {}).get("certificate_files") or {}).items():
            trusts.update(dict.fromkeys(entry["pem"] for entry in there["authorities"] if entry["pem"]))
            if purpose not in purposes:
                continue
            if there["pem"]:
                shown[there["pem"]] = None
            if there["pkcs12"] and passwords.get(result["item"]):
                files.append({"content": there["pkcs12"], "password": passwords[result["item"]]})
    return {"shown": list(shown), "trusted": list(trusts), "pkcs12": files}
