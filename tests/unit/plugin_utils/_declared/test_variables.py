# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._declared.variables import plain, read


class Variables(Mapping[str, Any]):
    """As Ansible's own: resolved when they are read, and that may fail."""

    def __init__(self, **variables: Any) -> None:
        self.variables = variables

    def __getitem__(self, key: str) -> Any:
        if isinstance(self.variables[key], Exception):
            raise self.variables[key]
        return self.variables[key]

    def __contains__(self, key: object) -> bool:
        return key in self.variables

    def __iter__(self) -> Iterator[str]:
        return iter(self.variables)

    def __len__(self) -> int:
        return len(self.variables)


class Unsafe(str):
    """As ansible-core 2.18 marks text that is no template."""

    __UNSAFE__ = True


def test_plain_types() -> None:
    class Text(str):
        """As ansible-core's own strings."""

    result = plain({Text("a"): (Text("b"), [True, None, 1, 1.5])})
    assert result == {"a": ["b", [True, None, 1, 1.5]]}
    assert next(iter(result)).__class__ is str
    assert result["a"][0].__class__ is str


def test_what_is_hidden_is_not_looked_at() -> None:
    given = {"paris": Variables(address="a:1", credential=KeyError("a lookup that fails"))}
    assert plain(given, ("credential",)) == {"paris": {"address": "a:1", "credential": True}}


def test_read() -> None:
    variables = Variables(a=["{{ x }}"], broken=ValueError("'x' is\n  undefined"), safe=Unsafe("{{ x }}"))
    assert read(variables, "b") is None
    assert read(variables, "a") == ["{{ x }}"]
    assert read(variables, "safe", templates_stay=True) == "{{ x }}"
    with pytest.raises(ValueError, match="its template can't be resolved"):
        read(variables, "a", templates_stay=True)
    with pytest.raises(ValueError, match=r"^'x' is undefined$"):
        read(variables, "broken")
