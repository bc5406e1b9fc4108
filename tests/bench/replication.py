# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""London follows Paris: many followers and auto-follow patterns.

Without more on the stand-in for cross-cluster replication, whose log counts the requests: the servers' own tracer would
also tell what the stand-in asks them. A full distribution that is given (see tests/kit) replicates itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from ccr_server import Clusters, gateway
from stand_ins.ccr_gateway import log
from stand_ins.ccr_gateway.log import Served, most_at_once
from stand_ins.ccr_gateway.running import Gateways

from bench import report
from bench.measure import Measured, Meter
from bench.report import Goal
from kit import Lab
from kit.problems import KitError
from kit.progress import say

PLAYBOOKS = Path(__file__).resolve().parent / "playbooks"
MODULES, REPLICATE, BATCHED, LOOP = "the plural modules", "replicate.yml", "uri, batched", "uri, in a loop"
BY_FILE = {
    MODULES: PLAYBOOKS / "replication.yml",
    BATCHED: PLAYBOOKS / "replication_batched.yml",
    LOOP: PLAYBOOKS / "replication_loop.yml",
}
ALIAS = "paris"
PATTERNS = 50
COUNTS = (1, 10, 50, 200)
FEW, MOST = 10, 200
# A stand-in's time for more would only be its own.
CREATED = 20
# The default of ccr_followers.
PARALLEL = 10
# Milliseconds that a further follower may cost; on the stand-in its own ones are among them.
FURTHER = 2
FURTHER_ON_STAND_IN = 5
REPEAT = 3
NO_OP, CREATION = "no-op", "creation"
GENUINE = """On two clusters that replicate themselves, of one node each. All patterns are there with any number of
followers."""
NOTE = """On [a stand-in](../tests/stand_ins/ccr_gateway/README.md) for cross-cluster replication, before real nodes.
How long a creation takes is the stand-in's doing, not Elasticsearch's: it copies five indices at a time, by searching
them. For every answer it asks the real node several things; where requests follow each other, its share is told. All
patterns are there with any number of followers."""
# The loop needs a second for each follower.
LOOPED = 50
NO_OPS = {MODULES: COUNTS, REPLICATE: COUNTS, BATCHED: COUNTS, LOOP: (FEW, LOOPED)}


def pattern(number: int) -> str:
    """From 1 on; also the rule's name in the inventory."""
    return f"bench-{number:02}"


def leaders(count: int) -> list[str]:
    """Each pattern has one before any has two; followers have the same names."""
    return [f"{pattern(number % PATTERNS + 1)}-{number // PATTERNS + 1}" for number in range(count)]


def declared(count: int, patterns: int = PATTERNS) -> dict[str, Any]:
    """As the options of the modules, which are the words of the API."""
    return {
        "followers": [
            {"follower_index": name, "remote_cluster": ALIAS, "leader_index": name} for name in leaders(count)
        ],
        "patterns": [
            {
                "name": f"{ALIAS}-{pattern(number)}",
                "remote_cluster": ALIAS,
                "leader_index_patterns": [f"{pattern(number)}-*"],
            }
            for number in range(1, patterns + 1)
        ],
    }


def rules() -> dict[str, Any]:
    """The same for replicate.yml, whatever number of leaders there is."""
    return {pattern(number): f"{pattern(number)}-*" for number in range(1, PATTERNS + 1)}


@dataclass
class Run(Measured):
    """:param served: the requests, as the stand-in has answered them."""

    served: list[Served] = field(default_factory=list)

    @property
    def answering(self) -> float:
        """Seconds that the stand-in took, those of simultaneous requests added up."""
        return sum(request.seconds for request in self.served)

    @property
    def follows_at_once(self) -> int:
        return most_at_once([r for r in self.served if r.method == "PUT" and "/_ccr/follow" in r.path])


@dataclass
class Cell:
    """Runs of one contestant, one number of followers and one kind of work."""

    work: str
    count: int
    contestant: str
    runs: list[Run]

    @property
    def seconds(self) -> float:
        return median(run.seconds for run in self.runs)

    @property
    def answering(self) -> float:
        return median(run.answering for run in self.runs)

    @property
    def last(self) -> Run:
        return self.runs[-1]


class Replication:
    """The two clusters, each behind its gateway or itself."""

    def __init__(self, meter: Meter, gateways: Gateways | Clusters) -> None:
        self.meter = meter
        self.gateways = gateways
        self.stand_in = isinstance(gateways, Gateways)
        # It holds the password of an account that may do everything.
        self.inventory = meter.directory / "replication.yml"
        self.inventory.touch(mode=0o600)
        self.inventory.write_text(yaml.safe_dump(self._inventory(meter.lab)), encoding="utf-8")

    def _inventory(self, lab: Lab) -> dict[str, Any]:
        hosts: dict[str, dict[str, Any]] = {
            name: {
                "elasticsearch_url": gateway.url,
                "elasticsearch_username": "elastic",
                "elasticsearch_password": lab.accounts["elastic"],
            }
            for name, gateway in self.gateways.items()
        }
        # The stand-in moves documents by searching them.
        hosts["london"]["elasticsearch_remote_clusters"] = {ALIAS: {"search": ["bench-*"], "follow": rules()}}
        return {"elasticsearch_clusters": {"hosts": hosts}}

    # ---- the clusters

    def ask(self, cluster: str, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.gateways[cluster].request(method, path, body, timeout=300)
        if status >= 300:
            raise KitError(f"{method} {path} on {cluster}: {answer}")
        return answer

    def prepare(self) -> None:
        self.playbook("connect")
        # One node can hold no second copy.
        template = {"index_patterns": ["bench-*"], "template": {"settings": {"number_of_replicas": 0}}}
        self.ask("paris", "PUT", "/_index_template/bench", template)

    def clear(self) -> None:
        for entry in declared(0)["patterns"]:
            self.ask("london", "DELETE", f"/_ccr/auto_follow/{entry['name']}")
        for cluster in ("london", "paris"):
            self.ask(cluster, "DELETE", "/bench-*")
        self.ask("paris", "DELETE", "/_index_template/bench")
        self.playbook("disconnect")

    def lead(self, count: int) -> None:
        """So many leaders of one document; those that are there already stay as they are."""
        lines = [[{"create": {"_index": name, "_id": "1"}}, {"name": name}] for name in leaders(count)]
        text = "".join(json.dumps(line) + "\n" for pair in lines for line in pair)
        self.ask("paris", "POST", "/_bulk", text)
        health = self.ask("paris", "GET", "/_cluster/health/bench-*?wait_for_status=green&timeout=120s")
        if health["timed_out"]:
            raise KitError(f"The leaders do not start: {health}")

    def delete_followers(self) -> None:
        self.ask("london", "DELETE", "/bench-*")
        self.until_follows([])

    def following(self) -> list[str]:
        found = self.ask("london", "GET", "/_all/_ccr/info")["follower_indices"]
        return sorted(entry["follower_index"] for entry in found if entry["status"] == "active")

    def until_follows(self, wanted: list[str], seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        while (found := self.following()) != sorted(wanted):
            if time.monotonic() > end:
                raise KitError(f"{len(found)} instead of {len(wanted)} followers follow after {seconds:.0f} s")
            time.sleep(0.5)

    # ---- what is measured

    def playbook(self, playbook: str | Path, *arguments: str) -> Run:
        """It has to succeed."""
        if isinstance(self.gateways, Clusters):
            return Run(**vars(self.meter.playbook(playbook, "-i", str(self.inventory), *arguments)))
        begin, begun = self.gateways.log.stat().st_size, time.monotonic()
        measured = self.meter.playbook(playbook, "-i", str(self.inventory), *arguments)
        with open(self.gateways.log, "rb") as stream:
            stream.seek(begin)
            # The line of a request from before may be written late, because it is written after its answer.
            served = [r for r in log.read(stream.read().decode("utf-8", "replace")) if r.began >= begun]
        requests = [f"{request.method} {request.path}" for request in served]
        return Run(**{**vars(measured), "requests": requests}, served=served)

    def run(self, contestant: str, count: int, patterns: int = PATTERNS) -> Run:
        """Looks by other means whether the work was done."""
        if contestant == REPLICATE:
            done = self.playbook("replicate")
        else:
            file = self.meter.directory / "variables.json"
            file.write_text(json.dumps(declared(count, patterns)), encoding="utf-8")
            done = self.playbook(BY_FILE[contestant], "-e", f"@{file}")
        there = self.ask("london", "GET", "/_ccr/auto_follow")["patterns"]
        if self.following() != sorted(leaders(count)) or len(there) != PATTERNS:
            raise KitError(f"Something else than {count} followers and {PATTERNS} patterns:\n{done.output}")
        return done

    def no_op(self, contestant: str, count: int) -> Cell:
        runs = [self.run(contestant, count) for _dummy in range(1 if contestant == LOOP else REPEAT)]
        if any(run.changed for run in runs):
            raise KitError(f"{contestant} changes something again:\n{runs[-1].output}")
        return told(Cell(NO_OP, count, contestant, runs))

    def creation(self, contestant: str) -> Cell:
        """Followers alone."""
        self.delete_followers()
        return told(Cell(CREATION, self.created, contestant, [self.run(contestant, self.created, patterns=0)]))

    @property
    def created(self) -> int:
        return CREATED if self.stand_in else MOST


def told(cell: Cell) -> Cell:
    say("%s, %s followers, %s: %.1f s" % (cell.contestant, cell.count, cell.work, cell.seconds))
    return cell


def compete(replication: Replication, everything: bool) -> list[Cell]:
    """With ever more followers; then they are made again."""
    found = []
    for count in COUNTS:
        replication.lead(count)
        if count == COUNTS[0]:
            replication.run(MODULES, count)
        # The patterns follow what has come.
        replication.until_follows(leaders(count))
        for contestant, counts in NO_OPS.items():
            if everything or count in counts:
                found.append(replication.no_op(contestant, count))
    looped = [LOOP] if replication.stand_in else []
    return found + [replication.creation(contestant) for contestant in (MODULES, REPLICATE, BATCHED, *looped)]


def goals(found: list[Cell], stand_in: bool) -> list[Goal]:
    by = {(cell.work, cell.count, cell.contestant): cell for cell in found}
    created = max(cell.count for cell in found if cell.work == CREATION)

    def requests(contestant: str) -> Goal:
        counts = [len(by[NO_OP, count, contestant].last.requests) for count in COUNTS]
        numbers = "%s with %s followers" % (", ".join(map(str, counts)), ", ".join(map(str, COUNTS)))
        what = "no-op, %s: as many requests for any number of followers" % contestant
        return Goal(what, numbers, len(set(counts)) == 1)

    def further(contestant: str) -> Goal:
        def each(of: Callable[[Cell], float]) -> float:
            more = of(by[NO_OP, MOST, contestant]) - of(by[NO_OP, FEW, contestant])
            return more / (MOST - FEW) * 1000

        seconds, answering = each(lambda cell: cell.seconds), each(lambda cell: cell.answering)
        most = FURTHER_ON_STAND_IN if stand_in else FURTHER
        what = "no-op, %s: each further follower at most %d ms" % (contestant, most)
        of_it = ", %.2f of them the stand-in's" % answering if stand_in else ""
        # Much less than nothing only shows that the machine was busier before.
        return Goal(what, "%.2f ms%s" % (seconds, of_it), abs(seconds) <= most)

    def less(work: str, count: int, contestant: str, than: str) -> Goal:
        mine, other = by[work, count, contestant].seconds, by[work, count, than].seconds
        numbers = "%.1f s, %s %.1f s: 1/%.1f" % (mine, than, other, other / mine)
        return Goal("%s of %d, %s: less than %s" % (work, count, contestant, than), numbers, mine < other)

    common = [
        requests(MODULES),
        requests(REPLICATE),
        further(MODULES),
        further(REPLICATE),
        less(NO_OP, MOST, MODULES, BATCHED),
        less(NO_OP, LOOPED, MODULES, LOOP),
        less(NO_OP, LOOPED, REPLICATE, LOOP),
        less(CREATION, created, MODULES, BATCHED),
    ]
    if not stand_in:
        return common
    at_once = by[CREATION, CREATED, MODULES].last.follows_at_once
    return [
        *common,
        Goal("creation: at most %d requests to follow at a time" % PARALLEL, str(at_once), at_once <= PARALLEL),
        less(CREATION, CREATED, MODULES, LOOP),
    ]


def rows(found: list[Cell]) -> str:
    head = ["work", "followers", "by", "seconds", "of them the stand-in's", "API requests", "of them writes"]
    lines = []
    for cell in found:
        last = cell.last
        # Those of a creation are under way at the same time.
        answering = "%.1f" % cell.answering if cell.work == NO_OP else ""
        at_once = str(last.follows_at_once) if cell.work == CREATION else ""
        line = [cell.work, cell.count, cell.contestant, "%.1f" % cell.seconds, answering, len(last.requests)]
        lines.append([*line, last.writes, at_once, last.processes])
    return report.table([*head, "requests to follow at a time", "processes"], lines)


def measure(meter: Meter, everything: bool) -> tuple[list[Cell], list[Goal], bool]:
    """Cells, goals, and whether it was the stand-in that replicated."""
    with gateway(meter.lab, meter.directory / "ccr_gateway", ["london", "paris"]) as gateways:
        replication = Replication(meter, gateways)
        replication.prepare()
        found = compete(replication, everything)
        replication.clear()
    return found, goals(found, replication.stand_in), replication.stand_in
