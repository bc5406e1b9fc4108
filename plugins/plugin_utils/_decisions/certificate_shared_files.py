# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that more than one setting of a node names: who keeps them, and who gets files of its own. Pure. Private.

A file that anything beside the purposes of the run uses is never replaced: its certificate is for all of them.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

# File in what node_info returns → the setting that names it.
SETTINGS = {"certificate": "certificate", "key": "key", "keystore": "keystore.path"}
# Their own certificates come as soon as the node has restarted, with settings that name other files.
_GO_FIRST = ("remote_cluster_server", "remote_cluster_client")
# Why a certificate is made, where what is there was not made for this node by the cluster's authority.
_OF_OTHERS = ("missing", "unreadable", "issuer", "key_mismatch")


class Placement(NamedTuple):
    """
    :param files: the files of the purpose that are written.
    :param moved: whether elasticsearch.yml does not name them yet.
    :param waits_for: settings that name the files, and that other files are found for in this run; nothing is written
        before.
    :param problem: why nothing can be written.
    """

    files: Mapping[str, Any]
    moved: bool = False
    waits_for: Sequence[str] = ()
    problem: str | None = None


def prefix(purpose: str) -> str:
    return "xpack.security.%s.ssl." % purpose


def pair(purpose: str) -> set[str]:
    return {prefix(purpose) + name for name in SETTINGS.values()}


def placed(
    found: Mapping[str, Mapping[str, Any]],
    purposes: Sequence[str],
    issued: Mapping[str, Any],
    issued_purposes: Sequence[str],
    may_set: bool,
) -> dict[str, Placement]:
    """Purpose → where its files are written.

    :param found: ``certificate_files`` of node_info.
    :param issued: purpose → what was issued elsewhere for it.
    :param issued_purposes: whose certificates are issued elsewhere; without one nothing is written.
    :param may_set: whether elasticsearch.yml is changed afterwards.
    """
    written = [purpose for purpose in purposes if purpose not in issued_purposes or issued.get(purpose)]
    leaving = {setting for purpose in written if purpose in _GO_FIRST for setting in pair(purpose)}
    placements = {}
    for purpose in purposes:
        files = found[purpose]
        if purpose not in written:
            placements[purpose] = Placement(files)
            continue
        shared = _shared(purpose, found, purposes, issued, issued_purposes)
        if files["perhaps_named_by"]:
            placements[purpose] = Placement(files, problem=_unknown(purpose, files))
        elif not shared:
            placements[purpose] = Placement(files, problem=_outside(purpose, files))
        elif not may_set:
            placements[purpose] = Placement(files, problem=_refused(purpose, files, shared))
        elif purpose not in _GO_FIRST and set(shared) <= leaving and not files["one_file"]:
            placements[purpose] = Placement(files, waits_for=shared, problem=_outside(purpose, files))
        else:
            own = files["own"]
            placements[purpose] = Placement({**files, **own}, moved=True, problem=_outside(purpose, own))
    return placements


def _shared(
    purpose: str,
    found: Mapping[str, Mapping[str, Any]],
    purposes: Sequence[str],
    issued: Mapping[str, Any],
    issued_purposes: Sequence[str],
) -> list[str]:
    """Settings that use the files of a purpose as well, and for which its certificate is not made."""
    files = found[purpose]
    mine = set(pair(purpose))
    for other in purposes:
        if other == purpose or _paths(found[other]) != _paths(files):
            continue
        elsewhere = purpose in issued_purposes and other in issued_purposes
        given = {str(issued[name]) for name in (purpose, other) if issued.get(name)}
        # A certificate for transport is for servers and clients, so that it serves HTTP as well.
        signed = {purpose, other} == {"transport", "http"} and not {purpose, other} & set(issued_purposes)
        if signed or (elsewhere and len(given) == 1):
            mine |= pair(other)
    names = {setting for file in files["named_by"].values() for setting in file}
    return sorted(names - mine) or (sorted(files["settings"]) if files["one_file"] else [])


def _paths(files: Mapping[str, Any]) -> list[Any]:
    return [files[name] for name in SETTINGS]


def _outside(purpose: str, files: Mapping[str, Any]) -> str | None:
    return "xpack.security.%s.ssl: %s" % (purpose, files["outside"]) if files["outside"] else None


def _unknown(purpose: str, files: Mapping[str, Any]) -> str:
    return (
        "%s has a variable that is not known here, and may name %s, which is for %s; write its value out, or start the "
        "node, whose environment tells it."
        % (", ".join(files["perhaps_named_by"]), " or ".join(files["named_by"]), purpose)
    )


def _refused(purpose: str, files: Mapping[str, Any], shared: Sequence[str]) -> str:
    used = [path for path in files["named_by"] if set(files["named_by"][path]) & set(shared)]
    return (
        "%s, of %s, is named by %s as well, which a certificate for %s alone does not serve; let the playbook "
        "certificates give %s files of its own (it changes elasticsearch.yml and restarts the node, unless "
        "elasticsearch_certificates_listen is false), name other files in xpack.security.%s.ssl, or leave it out."
        % (" and ".join(used), purpose, ", ".join(shared), purpose, purpose, purpose)
    )


def settings_of(placements: Mapping[str, Placement], client: Mapping[str, Any] | None) -> dict[str, Any]:
    """What elasticsearch.yml has to name when the files are there.

    :param client: files of remote_cluster_client, whose authorities are written in any case.
    :return: ``settings``, flat, and ``kept``, names of settings that have to stay as they are.
    """
    settings: dict[str, Any] = {}
    kept: list[str] = []
    for purpose, placement in placements.items():
        relative = placement.files.get("relative") or {} if placement.moved else {}
        settings.update({prefix(purpose) + SETTINGS[kind]: path for kind, path in relative.items()})
        if placement.moved or placement.files["settings"]:
            of_format = SETTINGS.keys() - {"keystore"} if placement.files["format"] == "pem" else {"keystore"}
            others = {prefix(purpose) + SETTINGS[kind] for kind in SETTINGS if kind not in of_format}
            kept += [] if placement.moved else placement.files["settings"]
            kept += sorted(others - set(kept))
    trust = prefix("remote_cluster_client") + "certificate_authorities"
    if any(trust in entry["named_by"] for entry in (client or {}).get("authorities", [])):
        kept.append(trust)
    return {"settings": settings, "kept": kept}


def target(authorities: Sequence[Mapping[str, Any]], purpose: str) -> Mapping[str, Any] | None:
    """The file of CA certificates that is written: of several the roles' own, else one for this purpose alone."""
    own = [entry for entry in authorities if entry["path"].endswith("/%s_ca.crt" % purpose)]
    alone = [entry for entry in authorities if not entry["error"] and not others(entry, purpose, ())]
    fit = [entry for entry in authorities if not entry["error"]]
    return next(iter([*own, *alone, *fit, *authorities]), None)


def others(entry: Mapping[str, Any], purpose: str, purposes: Sequence[str]) -> list[str]:
    """Settings beside this purpose's that name a file of CA certificates: nothing of it may be taken away.

    :param purposes: of the run. Where it gives HTTP its certificates as well, transport's authority is HTTP's.
    """
    both = ["http"] if purpose == "transport" and {"transport", "http"} <= set(purposes) else []
    return sorted(set(entry["named_by"]) - {prefix(name) + "certificate_authorities" for name in [purpose, *both]})


def squatters(places: Sequence[Mapping[str, Any]], made: Mapping[tuple[str, str], Mapping[str, Any]]) -> list[str]:
    """
    :param made: what certificate_writes.answers returns.
    :return: files of somebody else, where a purpose should get files of its own.

    What lies there may be of a run that was interrupted: then the cluster's authority has signed it.
    """
    return [
        "%s: %s is there, no setting names it, and it does not come from a run of this role; move it away, or name "
        "other files in xpack.security.%s.ssl."
        % (place["node"], place["paths"]["pkcs12"] or place["paths"]["certificate"], place["purpose"])
        for place in places
        if place["occupied"] and made.get((place["node"], place["purpose"]), {}).get("reason") in _OF_OTHERS
    ]
