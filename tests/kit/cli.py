# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: `python -m kit up|down|status|info|logs|exec` (with PYTHONPATH=tests)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from kit.jdk import VERSIONS
from kit.lab import Lab, Node
from kit.model import ClusterSpec, State, parse_remotes
from kit.places import RUN_DIR
from kit.problems import KitError
from kit.progress import complain, say
from kit.scenery import VALUES, Scenery
from kit.up import down, up


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m kit", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument(
            "--run-dir",
            type=Path,
            default=RUN_DIR,
            help="where the lab keeps its inventory, keys and logs; a second lab needs another (default: %(default)s)",
        )
        return sub

    sub = command("up", start, "boot clusters and wait until they are ready")
    sub.add_argument(
        "--cluster",
        action="append",
        required=True,
        metavar="NAME=NODES[+SPARES][@VERSION]",
        help="a cluster; a spare is a host on which Elasticsearch is not started; without VERSION: that of --version",
    )
    sub.add_argument("--remote", action="append", default=[], metavar="LOCAL:REMOTE", help="declared in the inventory")
    sub.add_argument("--version", help=f"of clusters that name none: {', '.join(VERSIONS)}")
    sub.add_argument(
        "--local", action="store_true", help="nodes as processes on 127.0.0.1 even where hosts are possible"
    )
    sub.add_argument(
        "--bare",
        action="store_true",
        help="clusters that no other one can reach yet: no remote cluster server, no trust",
    )
    sub.add_argument(
        "--scenery",
        action="append",
        default=[],
        metavar="KIND=VALUE",
        help="; ".join(f"{kind}: {', '.join(values)}" for kind, values in VALUES.items()),
    )
    command("down", end, "end the lab; logs stay")
    command("status", status, "what runs; ends with 1 when something does not, 3 without a lab")
    command("info", explain, "how to reach everything")
    command("logs", logs, "copy the logs of all nodes into the run directory")
    sub = command("exec", execute, "run a command in the lab's network, with its environment")
    sub.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    options.run_dir = options.run_dir.resolve()
    try:
        return options.run(options)
    except KitError as problem:
        complain(str(problem))
        return 2
    except KeyboardInterrupt:
        return 130


def start(options: argparse.Namespace) -> int:
    specs = [ClusterSpec.parse(text) for text in options.cluster]
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise KitError("--cluster: each name may be given once.")
    remotes, scenery = parse_remotes(options.remote, names), Scenery.parse(options.scenery)
    lab = up(specs, options.run_dir, options.version, remotes, options.local, options.bare, scenery)
    say("ready")
    print(info(lab))
    return 0


def end(options: argparse.Namespace) -> int:
    down(options.run_dir)
    say(f"the lab is gone; its logs are in {options.run_dir / 'logs'}")
    return 0


def explain(options: argparse.Namespace) -> int:
    print(info(Lab.attach(options.run_dir)))
    return 0


def logs(options: argparse.Namespace) -> int:
    print(Lab.attach(options.run_dir).collect_logs())
    return 0


def execute(options: argparse.Namespace) -> int:
    argv = options.argv[1:] if options.argv[:1] == ["--"] else options.argv
    if not argv:
        raise KitError("exec: give a command, for example `python -m kit exec -- ansible-playbook site.yml`.")
    return Lab.attach(options.run_dir).exec(argv).returncode


def status(options: argparse.Namespace) -> int:
    try:
        state = State.load(options.run_dir)
    except KitError as problem:
        print(problem)
        return 3
    lab = Lab(options.run_dir, state)
    if not lab.alive:
        print(f"The lab in {options.run_dir} has ended.")
        return 3
    well = state.ready
    if not state.ready:
        print("The lab is still being started.")
    for node in lab.nodes.values():
        health = "spare" if node.state.spare else "host is off"
        if node.on and not node.state.spare:
            health = health_of(node)
            well = well and health in ("green", "yellow")
        print(f"{node.cluster.name:12} {node.name:12} {node.state.url:28} {health}")
    return 0 if well else 1


def health_of(node: Node) -> str:
    try:
        code, answer = node.cluster.request("GET", "_cluster/health?timeout=2s", node=node.name, timeout=5)
    except OSError as problem:
        return f"does not answer ({problem})"
    return answer["status"] if code == 200 else f"answers {code}"


def info(lab: Lab) -> str:
    state = lab.state
    where = "" if lab.run_dir == RUN_DIR else f" --run-dir {lab.run_dir}"
    kind = f"processes on 127.0.0.1 ({state.reason})" if lab.local else "Debian hosts with systemd"
    lines = [f"Elasticsearch {', '.join(state.versions)}; nodes are {kind}"]
    for name, cluster in lab.clusters.items():
        lines.append(f"  {name:10} {cluster.version:8} {cluster.url}  nodes: {', '.join(cluster.nodes)}")
        if cluster.spares:
            lines[-1] += f"  spare: {', '.join(cluster.spares)}"
    lines += [
        f"inventory  {lab.inventory}",
        f"CA         {lab.ca}",
        f"passwords  {lab.run_dir / 'secrets.json'} (users {', '.join(lab.accounts)})",
        f"run        python -m kit exec{where} -- ansible-playbook PLAYBOOK",
    ]
    if not lab.local:
        first = next(iter(lab.nodes.values()))
        lines.append(f"log in     python -m kit exec{where} -- ssh -i {lab.run_dir / 'ssh_key'} ops@{first.ip}")
    lines.append(f"stop       python -m kit down{where}")
    return "\n".join(lines)
