# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m demo [api_key|certificate]`, then `info`, `shell`, `playbook NAME` and `stop` (with PYTHONPATH=tests)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from kit import KitError, Lab
from kit.cli import info
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.progress import complain, say
from kit.up import down, up

RUN_DIR = PROJECT / ".cache" / "demo"
LOCAL, REMOTE, INDEX = "london", "paris", "books"
# What the kit's inventory lacks for the certificate security model.
MODEL = RUN_DIR / "certificate.yml"
LOGS = RUN_DIR / "logs"
# Of a playbook that has failed.
LINES = 40
LOOK_AROUND = f"""
Look around:
  make demo-info         what runs, and how to reach it
  make demo-verify       prove it again
  make demo-check        what the next run of connect would change
  make demo-shell        a shell in which ansible-playbook knows both clusters
  make demo-disconnect   take it apart
  make demo-stop         stop and remove both clusters
All that the playbooks have told is in {LOGS.relative_to(PROJECT)}."""


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else "api_key"
    try:
        if command == "stop":
            stop()
        elif command == "info":
            print(info(Lab.attach(RUN_DIR)))
        elif command == "shell":
            shell()
        elif command == "playbook":
            argv = ["ansible-playbook", "crosscluster.elasticsearch.%s" % arguments[1], *arguments[2:]]
            return Lab.attach(RUN_DIR).exec(argv, env=environment()).returncode
        elif command in ("api_key", "certificate"):
            show(certificate=command == "certificate")
        else:
            complain("SECURITY is api_key or certificate, not %s" % " ".join(arguments))
            return 2
    except KitError as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def stop() -> None:
    if not (RUN_DIR / "state.json").exists():
        say("nothing runs")
        return
    down(RUN_DIR)
    say("the two clusters are gone; their logs are in %s" % LOGS.relative_to(PROJECT))


def shell() -> None:
    lab = Lab.attach(RUN_DIR)
    print(
        "ansible-playbook crosscluster.elasticsearch.verify works here, and any other playbook; exit leaves this shell."
    )
    lab.exec([os.environ.get("SHELL") or "/bin/sh"], env=environment())


def show(certificate: bool) -> None:
    started = time.monotonic()
    MODEL.unlink(missing_ok=True)
    # Without any trust in each other, and without the port for API keys.
    lab = up([ClusterSpec(LOCAL, 2), ClusterSpec(REMOTE, 1)], RUN_DIR, remotes={LOCAL: [REMOTE]}, bare=certificate)
    if certificate:
        MODEL.write_text(yaml.safe_dump({"elasticsearch_clusters": certificate_model(lab)}))
        say("letting both trust each other: ansible-playbook crosscluster.elasticsearch.certificates")
        playbook(lab, "certificates")
    say("connecting %s with %s: ansible-playbook crosscluster.elasticsearch.connect" % (LOCAL, REMOTE))
    playbook(lab, "connect")
    say("once more, which must change nothing")
    changed = re.findall(r"changed=(\d+)", playbook(lab, "connect", "connect-again"))
    if set(changed) != {"0"}:
        raise KitError("The second run changed something (changed=%s): please report it." % ", ".join(changed))
    search(lab)
    say("done in %.0f seconds; both clusters keep running" % (time.monotonic() - started))
    print(LOOK_AROUND)


def certificate_model(lab: Lab) -> dict[str, Any]:
    authorities = {
        name: {"elasticsearch_transport_certificate_authority": {"certificate": str(path)}}
        for name in lab.clusters
        for path in (lab.run_dir / "certificates").glob(f"{name}-ca.crt")
    }
    first = lab.state.nodes_of(REMOTE)[0]
    reached = {"elasticsearch_remote_transport_address": f"{first.address}:{first.transport_port}"}
    declared = {"elasticsearch_remote_clusters": {REMOTE: {"security_model": "certificate"}}}
    return {
        "hosts": {LOCAL: {**authorities[LOCAL], **declared}, REMOTE: {**authorities[REMOTE], **reached}},
        # Only trust: nobody has to listen anywhere else, so no node restarts.
        "vars": {"elasticsearch_certificate_purposes": [], "elasticsearch_certificates_listen": False},
    }


def playbook(lab: Lab, name: str, log: str = "") -> str:
    """Run a playbook of the collection, show the table at its end, and return all that it has told."""
    file = LOGS / ("%s.log" % (log or name))
    # Written as it comes, for who wants to watch.
    with open(file, "w", encoding="utf-8") as output:
        done = lab.exec(
            ["ansible-playbook", "crosscluster.elasticsearch.%s" % name],
            env=environment() | {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    told = file.read_text(encoding="utf-8")
    if done.returncode:
        raise KitError(
            "%s\nThe playbook %s failed; all that it has told is in %s. The clusters keep running (make demo-stop)."
            % ("\n".join(told.splitlines()[-LINES:]), name, file.relative_to(PROJECT))
        )
    for line in outcome(told):
        print("         " + line)
    return told


def outcome(told: str) -> list[str]:
    """The lines of the table with which a playbook ends."""
    found = re.search(r'"msg": (\[.*?\n\s*\])', told.rpartition("TASK [Report outcome of all clusters]")[2], re.DOTALL)
    return json.loads(found[1]) if found else []


def environment() -> dict[str, str]:
    inventories = [RUN_DIR / "inventory.yml", *([MODEL] if MODEL.exists() else [])]
    return {
        "ANSIBLE_INVENTORY": ",".join(map(str, inventories)),
        "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "tree"),
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
        "PATH": "%s%s%s" % (Path(sys.executable).parent, os.pathsep, os.environ["PATH"]),
    }


def search(lab: Lab) -> None:
    """A document that is written on the remote cluster is found by a search on the local one."""
    document = {"title": "Les Trois Mousquetaires"}
    status, answer = lab.clusters[REMOTE].request("PUT", "/%s/_doc/1?refresh=true" % INDEX, document)
    if status not in (200, 201):
        raise KitError("Could not index a document on %s: %s" % (REMOTE, answer))
    say("indexed on %s: %s" % (REMOTE, document))
    path = "/%s:%s/_search?q=title:mousquetaires" % (REMOTE, INDEX)
    status, answer = lab.clusters[LOCAL].request("GET", path, user="searcher")
    hits = answer["hits"]["hits"] if status == 200 else []
    if [hit["_source"] for hit in hits] != [document] or answer["_clusters"]["successful"] != 1:
        raise KitError("The document was not found from %s: %s" % (LOCAL, answer))
    say("found from %s: GET %s -> %s, %s" % (LOCAL, path, hits[0]["_index"], hits[0]["_source"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
