# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo: `python -m demo`, and `python -m demo stop` (with PYTHONPATH=tests)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from kit import KitError, Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.progress import complain, say
from kit.up import down, up

RUN_DIR = PROJECT / ".cache" / "demo"
LOCAL, REMOTE, INDEX = "london", "paris", "books"


def main(arguments: list[str]) -> int:
    try:
        if arguments == ["stop"]:
            down(RUN_DIR)
            say("the two clusters are gone")
            return 0
        if arguments:
            complain("python -m demo takes no argument but stop")
            return 2
        show()
    except KitError as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def show() -> None:
    started = time.monotonic()
    lab = up([ClusterSpec(LOCAL, 2), ClusterSpec(REMOTE, 1)], RUN_DIR, remotes={LOCAL: [REMOTE]})
    say("connecting %s with %s: ansible-playbook crosscluster.elasticsearch.connect" % (LOCAL, REMOTE))
    playbook(lab, "connect")
    say("once more, which must change nothing")
    changed = re.findall(r"changed=(\d+)", playbook(lab, "connect"))
    if set(changed) != {"0"}:
        raise KitError("The second run changed something (changed=%s): please report it." % ", ".join(changed))
    search(lab)
    say("done in %.0f seconds; both clusters keep running" % (time.monotonic() - started))
    print(commands(lab))


def playbook(lab: Lab, name: str) -> str:
    """Run a playbook of the collection, show its output as it comes, and return it."""
    with subprocess.Popen(
        lab.argv(["ansible-playbook", "-i", str(lab.inventory), "crosscluster.elasticsearch.%s" % name]),
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
    run = "%s exec --run-dir %s -- env ANSIBLE_COLLECTIONS_PATH=.cache/tree .cache/venv/bin/ansible-playbook -i %s" % (
        kit,
        run_dir,
        Path(lab.inventory).relative_to(PROJECT),
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
