# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`python -m bench`, as the Makefile calls it: measures the collection against two baselines, in one run.

BENCH_ALL=1 measures everybody with every number of aliases, which takes much longer. BENCH_PARTS=alone,whole names the
parts that are measured again; the others stay as docs/measured.md has them. BENCH_LAB lends a lab that runs: a london
and a paris of one node. A part that has ended is in .cache/bench at once, so that a run that is stopped leaves what it
measured; docs/measured.md is written at the end.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import time
from pathlib import Path
from statistics import median

from bench import certificates, replication, report
from bench.measure import Measured, Meter
from bench.pair import BATCHED, FLOOR, LOOP, MOST, OURS, Pair
from bench.profile import split
from bench.report import Cell, Goal
from bench.stand_ins import StandIns
from kit import KitError, Lab
from kit.model import ClusterSpec
from kit.places import PROJECT
from kit.progress import complain, say
from kit.up import down, up

DIRECTORY = PROJECT / ".cache" / "bench"
SO_FAR = DIRECTORY / "measured.md"
RESULT = PROJECT / "docs" / "measured.md"
COUNTS = (1, 10, 50, MOST)
EVERYTHING = os.environ.get("BENCH_ALL") == "1"
REPEAT = 3
NODES = 30
# Why the goals of the same work alone can't all be met.
LIMITS = (
    "A removal asks twice more than it must, so that no alias goes that a node's own file sets or that followers use."
)
HEADER = """<!--
Copyright (c) 2026, crosscluster.elasticsearch contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

"""
FIRST, NO_OP, REMOVAL = "first connect", "no-op", "removal"
Plan = dict[str, dict[str, tuple[int, ...]]]
# The baselines are slow, so that of them only those cells are measured that a goal or a comparison needs.
MEASURED: Plan = {
    OURS: {FIRST: COUNTS, NO_OP: COUNTS, REMOVAL: COUNTS},
    BATCHED: {FIRST: (1, 10, 50), NO_OP: COUNTS, REMOVAL: (1, 10, 50)},
    LOOP: {FIRST: (1, 10), NO_OP: (1, 10), REMOVAL: (1, 10)},
}
MEASURED_WHOLE: Plan = {
    OURS: {FIRST: (1, 10, 50), NO_OP: (1, 10, 50), REMOVAL: (1, 10, 50)},
    BATCHED: {FIRST: (1, 10), NO_OP: (1, 10), REMOVAL: (1, 10)},
    LOOP: {FIRST: (1,), NO_OP: (1,), REMOVAL: (1,)},
}


def wanted(plan: Plan, contestant: str, work: str, count: int) -> bool:
    return EVERYTHING or count in plan[contestant][work]


def compete(pair: Pair, whole: bool) -> list[Cell]:
    """Contestant after contestant, each from nothing to connected, again, and back to nothing."""
    run = pair.whole if whole else pair.alone
    plan = MEASURED_WHOLE if whole else MEASURED
    found = []

    def cell(work: str, count: int, contestant: str, runs: list[Measured]) -> None:
        found.append(Cell(work, count, contestant, runs))
        say("%s, %s aliases, %s: %.1f s" % (contestant, count, work, found[-1].seconds))

    for count in COUNTS:
        for contestant in (OURS, BATCHED, LOOP):
            works = [work for work in (FIRST, NO_OP, REMOVAL) if wanted(plan, contestant, work, count)]
            if not works:
                continue
            first = run(contestant if FIRST in works else OURS, count, "present")
            if FIRST in works:
                cell(FIRST, count, contestant, [first])
            if NO_OP in works:
                times = 1 if contestant == LOOP else REPEAT
                runs = [run(contestant, count, "present") for _dummy in range(times)]
                if runs[-1].changed:
                    raise KitError(f"{contestant} changes something again:\n{runs[-1].output}")
                cell(NO_OP, count, contestant, runs)
            removed = run(contestant if REMOVAL in works else OURS, count, "absent")
            if REMOVAL in works:
                cell(REMOVAL, count, contestant, [removed])
    order = [FIRST, NO_OP, REMOVAL]
    return sorted(found, key=lambda c: (order.index(c.work), c.count))


def goals_alone(found: list[Cell], floor: float) -> list[Goal]:
    by = {(c.work, c.count, c.contestant): c for c in found}
    no_ops = [by[NO_OP, count, OURS] for count in COUNTS]
    requests = [len(c.last.requests) for c in no_ops]
    fifty, batched = by[NO_OP, 50, OURS].seconds, by[NO_OP, 50, BATCHED].seconds
    further = (by[NO_OP, MOST, OURS].seconds - by[NO_OP, 1, OURS].seconds) / (MOST - 1) * 1000
    first, first_batched = by[FIRST, 50, OURS].seconds, by[FIRST, 50, BATCHED].seconds
    removal = len(by[REMOVAL, 50, OURS].last.requests)
    return [
        Goal("no-op: at most 4 requests for any number of aliases", str(max(requests)), max(requests) <= 4),
        Goal(
            "no-op of 50: at most 0.8 s more than one debug task",
            "%.2f s more than %.2f s" % (fifty - floor, floor),
            fifty - floor <= 0.8,
        ),
        Goal("no-op of 50: less than batched", "%.2f s, batched %.2f s" % (fifty, batched), fifty < batched),
        Goal("no-op: each further alias at most 2 ms", "%.2f ms" % further, further <= 2),
        Goal(
            "first connect of 50: at most 1/20 of batched",
            "%.2f s, batched %.1f s: 1/%.0f" % (first, first_batched, first_batched / first),
            first * 20 <= first_batched,
        ),
        Goal("removal of 50: at most 4 requests", str(removal), removal <= 4),
    ]


def large(pair: Pair) -> str:
    """A cluster of 30 nodes: london's node, and stand-ins for the other ones."""
    pair.collection("connect", 50)
    with StandIns(pair.lab, "lon-1", NODES, DIRECTORY / "stand-ins.log") as stand_ins:
        runs = {count: pair.collection("connect", count, stand_ins.inventory()) for count in (1, 10, 50)}
        parts = split(lambda **env: pair.collection("connect", 50, stand_ins.inventory(), **env), DIRECTORY)
    pair.collection("disconnect", 50)
    for count, run in runs.items():
        if run.changed:
            raise KitError(f"connect.yml changes something again with {count} aliases and {NODES} nodes:\n{run.output}")
    last = runs[50]
    requests = [len(run.requests) for run in runs.values()]
    ssh = ssh_tasks(last)
    found = [
        Goal(
            "requests depend on clusters and nodes, not on aliases",
            "%s with 1, 10, 50 aliases" % ", ".join(map(str, requests)),
            len(set(requests)) == 1,
        ),
        Goal("no JVM", str(last.jvms), last.jvms == 0),
        Goal("one ssh task a node", "%d tasks for %d nodes" % (ssh, NODES), ssh == NODES),
    ]
    cells = [Cell(NO_OP, count, "connect.yml", [run]) for count, run in runs.items()]
    return "\n\n".join([report.cells(cells, nodes=True), report.goals(found), report.where(last), parts])


def ssh_tasks(run: Measured) -> int:
    return len(re.findall(r"^(?:ok|changed|failed): \[london -> lon-", run.output, flags=re.MULTILINE))


def introduction(lab: Lab) -> str:
    return "# Measured\n\n%s %s, %d processors, Python %s, Elasticsearch %s.\n" % (
        "Measured by `make bench`, each part in one run; what counts are the ratios.",
        platform.machine(),
        os.cpu_count() or 0,
        platform.python_version(),
        ", ".join(lab.state.versions),
    )


def part_alone(pair: Pair) -> str:
    pair.floor()
    floor = Cell(NO_OP, 0, FLOOR, [pair.floor() for _dummy in range(REPEAT)])
    pair.prepare()
    found = compete(pair, whole=False)
    pair.clear()
    head = "## The same work alone\n\nAliases and keys of one pair of clusters. " + LIMITS
    return "\n\n".join(
        [head, report.goals(goals_alone(found, floor.seconds)), report.cells([floor, *found], nodes=False)]
    )


def part_whole(pair: Pair) -> str:
    head = "## The whole connect\n\nWith keystore and proof, one node a cluster; only `connect.yml` has a preflight."
    return "\n\n".join([head, report.cells(compete(pair, whole=True), nodes=True)])


def part_large(pair: Pair) -> str:
    head = "## A cluster of %d nodes\n\n`connect.yml` once more. One node is real; the others are stand-ins." % NODES
    return "\n\n".join([head, large(pair)])


def part_certificates(_pair: Pair) -> str:
    rows, found = certificates.measure()
    table = report.table(["by", "seconds", ""], [[row.what, "%.1f" % row.seconds, row.note] for row in rows])
    head = "## Certificates of %d nodes\n\nMade in one go, nothing distributed." % certificates.NODES
    return "\n\n".join([head, report.goals(found), table])


def part_distribution(pair: Pair) -> str:
    """What is due is done by a first run; the second one is measured."""
    authorities = DIRECTORY / "authorities"
    shutil.rmtree(authorities, ignore_errors=True)
    with StandIns(pair.lab, "lon-1", NODES, DIRECTORY / "stand-ins.log") as stand_ins:
        more = stand_ins.inventory()
        for name in pair.lab.clusters:
            authority = {"path": str(authorities / name), "passphrase": certificates.PASSPHRASE}
            host = more["elasticsearch_clusters"]["hosts"].setdefault(name, {})
            host["elasticsearch_certificate_authority"] = authority
        pair.collection("certificates", 1, more)
        run = pair.collection("certificates", 1, more)
    ssh = ssh_tasks(run)
    found = [
        Goal("nothing is changed", str(run.changed), run.changed == 0),
        Goal("no JVM", str(run.jvms), run.jvms == 0),
        Goal("one ssh task a node", "%d tasks for %d nodes" % (ssh, NODES), ssh == NODES),
    ]
    head = "## Certificates on %d nodes\n\n%s" % (
        NODES,
        "`certificates.yml` where nothing is due, the listener too: %.1f s. One node is real; the others are stand-ins."
        % run.seconds,
    )
    return "\n\n".join([head, report.goals(found), report.where(run)])


def part_replication(pair: Pair) -> str:
    floor = median(pair.floor().seconds for _dummy in range(REPEAT))
    found, met, stand_in = replication.measure(pair.meter, EVERYTHING)
    server = ", Elasticsearch %s" % pair.lab.clusters["london"].request("GET", "/")[1]["version"]["number"]
    head = "## %d followers and %d auto-follow patterns" % (replication.MOST, replication.PATTERNS)
    head += "" if stand_in else server
    note = (replication.NOTE if stand_in else replication.GENUINE) + " One debug task takes %.1f s." % floor
    last = next(c for c in found if (c.count, c.contestant) == (replication.MOST, replication.REPLICATE)).last
    where = "A no-op of `replicate.yml` with all followers:\n\n" + report.where(last)
    return "\n\n".join([head, note, report.goals(met), replication.rows(found), where])


PARTS = {
    "alone": part_alone,
    "whole": part_whole,
    "large": part_large,
    "certificates": part_certificates,
    "distribution": part_distribution,
    "replication": part_replication,
}


def measure(lab: Lab, names: list[str]) -> str:
    """The whole document; parts that are not named stay as they are."""
    pair = Pair(lab, Meter(lab, DIRECTORY))
    there = sections(RESULT.read_text(encoding="utf-8")) if RESULT.exists() and set(names) != set(PARTS) else {}
    for name in names:
        there.update(sections(PARTS[name](pair) + "\n"))
        text = "\n".join([introduction(lab), *there.values()])
        SO_FAR.write_text(text, encoding="utf-8")
    return text


def sections(text: str) -> dict[str, str]:
    """Heading → the section with it."""
    found = [section.strip() + "\n" for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)]
    return {section.partition("\n")[0]: section for section in found if section.startswith("## ")}


def main() -> int:
    began = time.monotonic()
    lent = os.environ.get("BENCH_LAB")
    names = os.environ.get("BENCH_PARTS", ",".join(PARTS)).split(",")
    if not set(names) <= set(PARTS):
        complain("BENCH_PARTS: %s is none of %s" % (", ".join(sorted(set(names) - set(PARTS))), ", ".join(PARTS)))
        return 2
    try:
        lab = (
            Lab.attach(Path(lent))
            if lent
            else up([ClusterSpec("london", 1), ClusterSpec("paris", 1)], DIRECTORY / "lab")
        )
        try:
            text = measure(lab, names)
        finally:
            if not lent:
                down(DIRECTORY / "lab")
    except KitError as problem:
        complain(str(problem))
        return 2
    RESULT.write_text(HEADER + text, encoding="utf-8")
    print(text)
    say("written to %s after %.0f s" % (RESULT.relative_to(PROJECT), time.monotonic() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
