# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: `python -m demo [api_key|certificate]`, and `python -m demo stop` (with PYTHONPATH=tests)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from kit import KitError, Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.progress import complain, say
from kit.up import down, up

RUN_DIR = PROJECT / ".cache" / "demo"
LOCAL, REMOTE, INDEX = "london", "paris", "books"
# What the kit's inventory lacks for the certificate security model.
MODEL = RUN_DIR / "certificate.yml"


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["stop"]:
            down(RUN_DIR)
            say("the two clusters are gone")
            return 0
        if arguments not in ([], ["api_key"], ["certificate"]):
            complain("SECURITY is api_key or certificate, not %s" % " ".join(arguments))
            return 2
        show(certificate=arguments == ["certificate"])
    except KitError as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


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
    changed = re.findall(r"changed=(\d+)", playbook(lab, "connect"))
    if set(changed) != {"0"}:
        raise KitError("The second run changed something (changed=%s): please report it." % ", ".join(changed))
    search(lab)
    say("done in %.0f seconds; both clusters keep running" % (time.monotonic() - started))
    print(commands(lab))


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


def inventories(lab: Lab) -> list[str]:
    files = [Path(lab.inventory), *([MODEL] if MODEL.exists() else [])]
    return [argument for file in files for argument in ("-i", str(file.relative_to(PROJECT)))]


def playbook(lab: Lab, name: str) -> str:
    """Run a playbook of the collection, show its output as it comes, and return it."""
    with subprocess.Popen(
        lab.argv(["ansible-playbook", *inventories(lab), "crosscluster.elasticsearch.%s" % name]),
        env=lab.environment() | environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        lines = []
        for line in process.stdout or ():
            print("    " + line, end="")
            lines.append(line)
    if process.returncode:
        raise KitError(
            "The playbook %s failed, see above; the clusters keep running (make demo-stop ends them)." % name
        )
    return "".join(lines)


def environment() -> dict[str, str]:
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".cache" / "tree"),
        "ANSIBLE_NOCOLOR": "1",
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


def commands(lab: Lab) -> str:
    kit = "PYTHONPATH=tests .cache/venv/bin/python -m kit"
    run_dir = RUN_DIR.relative_to(PROJECT)
    run = "%s exec --run-dir %s -- env ANSIBLE_COLLECTIONS_PATH=.cache/tree .cache/venv/bin/ansible-playbook %s" % (
        kit,
        run_dir,
        " ".join(inventories(lab)),
    )
    return f"""
Look around:
  what runs, and how to reach it    {kit} info --run-dir {run_dir}
  prove it again                    {run} crosscluster.elasticsearch.verify
  what a change would do            {run} crosscluster.elasticsearch.connect --check --diff
  take it apart                     {run} crosscluster.elasticsearch.disconnect
Stop:
  make demo-stop"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
