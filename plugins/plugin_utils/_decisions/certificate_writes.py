# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module node_certificates has answered → which files are written on which node. Pure. Private."""

from __future__ import annotations

from typing import Any, Mapping, Sequence, Tuple

_MADE = ("private_key", "certificate", "pkcs12")

Answers = Mapping[Tuple[str, str], Mapping[str, Any]]


def answers(
    asked: Sequence[Sequence[str]], kinds: Sequence[Sequence[str]], results: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Node and purpose → what the module node_certificates has answered, by nothing but the order.

    What it says of names is not what it was asked: Ansible masks a text there that is a password as well.

    :param asked: node and purpose of each certificate, in the order in which the plan had them when it was asked.
    :param kinds: the purposes that each of the results is about.
    """
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    if len(kinds) != len(results):
        raise ValueError(
            "node_certificates was asked %d times, and has answered %d times." % (len(kinds), len(results))
        )
    for purposes, result in zip(kinds, results):
        about = [(node, purpose) for node, purpose in asked if purpose in purposes]
        entries = result.get("certificates") or []
        if len(about) != len(entries):
            raise ValueError(
                "node_certificates was asked for %d certificates (%s), and has answered for %d."
                % (len(about), ", ".join("%s/%s" % pair for pair in about), len(entries))
            )
        found.update(zip(about, entries))
    return found


def _answer(place: Mapping[str, Any], made: Answers) -> Mapping[str, Any]:
    entry = made.get((place["node"], place["purpose"]))
    if entry is None:
        raise ValueError(
            "nothing was made for %s (%s), which node_certificates was not asked for; run this again."
            % (place["node"], place["purpose"])
        )
    return entry


def needed(places: Sequence[Mapping[str, Any]], made: Answers) -> list[dict[str, Any]]:
    """Of those that are to be made: node, purpose, why, where its key lies, and whether to make the directory."""
    return [
        {
            "name": place["node"],
            "purpose": place["purpose"],
            "reason": entry["reason"],
            "private_key": place["paths"]["private_key"],
            "make_directory": place["make_directory"],
            "path_conf": place["path_conf"],
        }
        for place, entry in ((place, made.get((place["node"], place["purpose"]))) for place in places)
        if entry and entry["changed"]
    ]


def writes(places: Sequence[Mapping[str, Any]], made: Answers) -> dict[str, dict[str, Any]]:
    """
    :param made: what ``answers`` returns.
    :return: inventory host → options of the module certificate_files, for those that have something to do.
    """
    found: dict[str, dict[str, Any]] = {}
    for place in places:
        entry = _answer(place, made)
        if not (entry["changed"] or place["unfinished"]):
            continue
        write = found.setdefault(
            place["node"],
            {
                "files": [],
                "proofs": [],
                "reasons": [],
                **{key: place[key] for key in ("path_conf", "service_user", "make_directory")},
            },
        )
        for kind in _MADE:
            path = place["paths"][kind]
            if path:
                content = {"pkcs12" if kind == "pkcs12" else "content": entry.get(kind)}
                if kind == "private_key" and place["given_key"] and entry["changed"]:
                    content["content"] = place["given_key"].strip() + "\n"
                pending = place["pending"] and kind == "private_key"
                write["files"].append({"path": path, **({"pending": True} if pending else content)})
        write["make_directory"] = write["make_directory"] or place["make_directory"]
        write["proofs"] += [{"address": proof, "sha256": entry["sha256"]} for proof in place["proofs"]]
        write["reasons"].append("%s: %s" % (place["purpose"], entry["reason"] or "interrupted") + _names_told(entry))
    return found


def _names_told(entry: Mapping[str, Any]) -> str:
    """Of a new certificate: what it has that nobody has asked for, and what it has no more."""
    if not entry["changed"] or entry["reason"] == "chain":
        return ""
    told = [
        "%s %s" % (word, ", ".join(entry[key]))
        for key, word in (("kept", "keeps"), ("lost", "loses"))
        if entry.get(key)
    ]
    return " (%s)" % "; ".join(told) if told else ""


def serials(places: Sequence[Mapping[str, Any]], made: Answers) -> dict[str, list[str]]:
    """Node name → serial numbers that the node has to tell, of those that are proven at a port of it."""
    found: dict[str, list[str]] = {}
    for place in places:
        entry = _answer(place, made)
        if entry["serial"] and place["proofs"] and place["node_name"]:
            found.setdefault(place["node_name"], []).append(entry["serial"])
    return found
