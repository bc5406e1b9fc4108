# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory file that people read: declarations with comments. Private to this collection."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import Any, Sequence

import yaml


class Template(str):
    """Text of a declaration that Ansible shall resolve; all other text was found, and is never a template."""


@dataclass
class Alias:
    """An alias of a local cluster.

    :param declaration: what describes it in ``elasticsearch_remote_clusters``; None where there is nothing to declare.
    :param notes: sentences for people.
    :param in_force: whether the declaration can be used as it is, or only after somebody has decided something.
    """

    declaration: dict[str, Any] | None
    notes: list[str] = field(default_factory=list)
    in_force: bool = True


@dataclass
class Cluster:
    """A cluster of the inventory; ``read`` tells whether it has answered."""

    read: bool
    notes: list[str] = field(default_factory=list)
    aliases: dict[str, Alias] = field(default_factory=dict)


_HEADER = (
    "Written by the playbook crosscluster.elasticsearch.discover, and written anew by its next run: what is there.",
    "ansible-playbook -i INVENTORY -i THIS_FILE crosscluster.elasticsearch.connect --check --diff",
)
_WIDTH = 120


class _Dumper(yaml.SafeDumper):
    """Text that was found is never taken for a template."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, data: str) -> yaml.ScalarNode:
        if re.search(r"\{[{%#]", data):
            return self.represent_scalar("!unsafe", data, style='"')
        return self.represent_str(data)

    def template(self, data: Template) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", str(data), style='"')


_Dumper.add_representer(str, _Dumper.text)
_Dumper.add_representer(Template, _Dumper.template)


def write(clusters: dict[str, Cluster], group: str) -> str:
    lines = [*_comment(0, _HEADER), "---", "all:", "  children:", f"    {_key(group)}:", "      hosts:"]
    for name, cluster in clusters.items():
        lines += [f"        {_key(name)}:", *_comment(10, cluster.notes)]
        if cluster.read:
            in_force = any(alias.in_force and alias.declaration is not None for alias in cluster.aliases.values())
            lines.append("          elasticsearch_remote_clusters:" + ("" if in_force else " {}"))
        for alias, found in cluster.aliases.items():
            lines += _alias(12, alias, found)
    return "\n".join(lines) + "\n"


def _alias(indent: int, name: str, alias: Alias) -> list[str]:
    if alias.declaration is None:
        return _comment(indent, [f"Left over from {name}: {note}" for note in alias.notes])
    declared = _yaml({name: alias.declaration})
    if not alias.in_force:
        # As it would stand there, for whoever takes the number signs away.
        return [*_comment(indent, alias.notes), *(f"{' ' * indent}# {line}" for line in declared)]
    text = [" " * indent + line for line in declared]
    return [text[0], *_comment(indent + 2, alias.notes), *text[1:]]


def _comment(indent: int, sentences: Sequence[str]) -> list[str]:
    start = " " * indent + "# "
    lines = []
    for sentence in sentences:
        # What was found in names and error messages must not end the comment.
        printable = "".join(character if character.isprintable() else " " for character in sentence)
        lines += textwrap.wrap(
            printable, _WIDTH, initial_indent=start, subsequent_indent=start + "  ", break_on_hyphens=False
        )
    return lines


def _key(name: str) -> str:
    return _yaml({name: {}})[0].removesuffix(": {}")


def _yaml(value: Any) -> list[str]:
    text = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=_WIDTH - 20, allow_unicode=True
    )
    return text.splitlines()
