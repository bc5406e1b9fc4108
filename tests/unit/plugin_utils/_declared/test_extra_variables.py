# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.extra_variables import (
    KNOWN,
    PREFIX,
    normalise,
)

ROOT = Path(__file__).parents[4]
DEFAULTS = {name: extra.default for name, extra in KNOWN.items()}
PLAYS: list[tuple[Path, dict[str, Any]]] = [
    (playbook, play)
    for playbook in sorted((ROOT / "playbooks").glob("*.yml"))
    for play in yaml.safe_load(playbook.read_text())
]


@pytest.mark.parametrize("empty", ["", " ", "\n", None, [], [""], [None, ""]], ids=repr)
@pytest.mark.parametrize("name", KNOWN)
def test_an_empty_answer_is_not_set(name: str, empty: Any) -> None:
    assert normalise([(name, empty, None)]) == DEFAULTS
    assert normalise([(name, "", empty)]) == DEFAULTS


FLAGS = [name for name, default in DEFAULTS.items() if isinstance(default, bool)]
LISTS = [name for name, default in DEFAULTS.items() if isinstance(default, list)]
OTHERS: dict[str, tuple[Any, Any, Any]] = {
    # what is given, what becomes of it, what is refused
    "discovered": (" ~/found.yml ", "~/found.yml", ["found.yml"]),
    "expiring_within": ("14d", "14d", "14"),
    "fail_on": ("Never", "never", "healthy"),
    "max_lag": ("0", 0, "1k"),
    "parallel": (20, 20, 0),
    "rotate_ca_older_than": ("0s", "0s", "-1"),
    "state": ("absent", "absent", "abscent"),
    "wait_timeout": ("60", 60, "60s"),
}
GIVEN = [
    *(
        (name, value, wanted)
        for name in FLAGS
        for value, wanted in [("yes", True), (True, True), ("False", False), (0, False)]
    ),
    *(
        (name, value, wanted)
        for name in LISTS
        for value, wanted in [
            ("a", ["a"]),
            ("a,b", ["a", "b"]),
            (" a, b,\n", ["a", "b"]),
            ("a\nb\n", ["a", "b"]),
            (["a", " b ", None, ""], ["a", "b"]),
            (["a,b", "a"], ["a", "b"]),
            (7, ["7"]),
        ]
    ),
    *((name, value, wanted) for name, (value, wanted, _wrong) in OTHERS.items()),
]
REFUSED = [
    *((name, value) for name in FLAGS for value in ["maybe", "2", ["true"], {"a": 1}]),
    *((name, value) for name in LISTS for value in ['["a"]', "{{ aliases }}", {"a": 1}, [["a"]]]),
    *((name, wrong) for name, (_value, _wanted, wrong) in OTHERS.items()),
]


def test_each_is_tried() -> None:
    assert set(KNOWN) == {name for name, _value, _wanted in GIVEN} == {name for name, _value in REFUSED}


@pytest.mark.parametrize(("name", "value", "wanted"), GIVEN)
def test_what_is_given(name: str, value: Any, wanted: Any) -> None:
    assert normalise([(name, value, None)]) == {**DEFAULTS, name: wanted}
    assert normalise([(name, None, value)]) == {**DEFAULTS, name: wanted}


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_what_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: it is .*; write {re.escape(KNOWN[name].allowed)}\.$"):
        normalise([(name, value, None)])


def test_all_that_is_wrong_is_told_at_once_under_the_name_that_was_used() -> None:
    with pytest.raises(ValueError) as told:
        normalise([("state", None, "gone"), ("force", "perhaps", None), ("parallel", 5, None)])
    assert str(told.value) == (
        "elasticsearch_state: it is 'gone'; write present or absent. force: it is 'perhaps'; write true or false."
    )


def test_the_twin_wins_because_the_short_name_may_be_meant_for_others() -> None:
    assert normalise([("state", "started", "absent")]) == {**DEFAULTS, "state": "absent"}


@pytest.mark.parametrize(("playbook", "play"), PLAYS, ids=lambda part: getattr(part, "stem", None) or part["name"])
def test_a_playbook_takes_what_it_uses_and_no_other(playbook: Path, play: dict[str, Any]) -> None:
    files = [playbook.parent / file for file in play["vars_files"]]
    texts = [playbook.read_text(), *(file.read_text() for file in files)]
    read = [name for text in texts for name in re.findall(r"import_tasks: (tasks/\w+\.yml)", text)]
    read += re.findall(r"include_tasks: (tasks/\w+\.yml)", texts[0])
    for task in read:
        text = (playbook.parent / task).read_text()
        texts.append(text)
        read += [f"tasks/{name}" for name in re.findall(r"(?:import|include)_tasks: (\w+\.yml)", text)]
    used = {name for text in texts for name in re.findall(r"\belasticsearch_extra\.(\w+)", text)}
    taken = play.get("vars", {}).get("elasticsearch_takes", [])
    assert set(taken) <= set(KNOWN) and sorted(taken) == taken
    # Where it reads more, by a file that it shares with others, the default is meant.
    assert set(taken) <= used


def test_nothing_reads_an_extra_variable_beside_the_filter() -> None:
    names = "|".join([*KNOWN, *(PREFIX + name for name in KNOWN)])
    bare = re.compile(rf"(?<![\w.'\[-])(?:{names}) (?:\||is|==|else|\))")
    for path in (ROOT / "playbooks").rglob("*.yml"):
        templates = re.findall(r"\{\{.*?\}\}|(?:when|that): .*", path.read_text(), re.DOTALL)
        assert [use for text in templates for use in bare.findall(text)] == [], path


def test_each_is_documented() -> None:
    """In one table, with what may be written and who takes it."""
    text = (ROOT / "docs" / "extra-variables.md").read_text()
    rows = {row[0]: row for row in (re.findall(r"`(\w+)`", line) for line in text.splitlines() if line[:3] == "| `")}
    takers: dict[str, set[str]] = {name: set() for name in KNOWN}
    for playbook, play in PLAYS:
        for name in play.get("vars", {}).get("elasticsearch_takes", []):
            takers[name].add(playbook.stem)
    shown = {name: name if name not in ("own_keys", "certificates_listen") else PREFIX + name for name in KNOWN}
    for name, playbooks in takers.items():
        assert playbooks <= set(rows[shown[name]]), name
