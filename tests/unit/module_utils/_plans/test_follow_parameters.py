# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.arguments import (
    follow_parameters_arguments,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.follow_parameters import (
    DEFAULTS,
    differing,
    given,
    merged,
    whole,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import Refusal


@pytest.mark.parametrize(
    ("name", "have", "wanted", "same"),
    [
        ("max_read_request_size", "1024kb", "1mb", True),
        ("max_read_request_size", "33554432b", "32mb", True),
        ("max_read_request_size", "2048mb", "2gb", True),
        ("max_read_request_size", "1572864b", "1.5mb", True),
        ("max_read_request_size", "1024k", "1024KB", True),
        ("max_read_request_size", "32 MB", "32mb", True),
        ("max_read_request_size", "32mb", "33mb", False),
        # Where rounding by floating point would tell them equal.
        ("max_write_request_size", "9223372036854775807b", "9223372036854775806b", False),
        ("max_retry_delay", "60s", "1m", True),
        ("max_retry_delay", "1000ms", "1s", True),
        ("max_retry_delay", "300s", "5m", True),
        ("max_retry_delay", "500ms", "501ms", False),
        ("read_poll_timeout", "-1", "-1", True),
        ("read_poll_timeout", "0s", "0", True),
        ("max_write_buffer_count", 512, "512", True),
        ("max_write_buffer_count", 512, 513, False),
    ],
)
def test_compared_by_value(name: str, have: Any, wanted: Any, same: bool) -> None:
    assert differing({name: have}, {name: wanted}) == ([] if same else [name])
    # The server's spelling stays where the value does.
    assert merged({name: have}, {name: wanted}) == {name: have if same else wanted}


def test_all_ten() -> None:
    assert len(DEFAULTS) == 10
    assert set(follow_parameters_arguments()["options"]) == set(DEFAULTS)
    assert whole({"max_retry_delay": "1s"}) == {**DEFAULTS, "max_retry_delay": "1s"}
    assert differing({}, {"max_retry_delay": "1s"}) == ["max_retry_delay"]


def test_given() -> None:
    assert given(None) == {}
    assert given({"max_retry_delay": "5m", "read_poll_timeout": None}) == {"max_retry_delay": "5m"}
    assert given({"read_poll_timeout": "0s"}) == {"read_poll_timeout": "0s"}
    assert given(dict(DEFAULTS)) == DEFAULTS


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"max_read_request_size": "33554432"},
            "parameters.max_read_request_size: '33554432' is not a size: the unit is",
        ),
        ({"max_read_request_size": "0b"}, "parameters.max_read_request_size: 0b is not larger than 0"),
        ({"max_read_request_size": "-1"}, "-1 is not larger than 0"),
        ({"max_retry_delay": "0.5s"}, "fractions are not supported"),
        ({"max_retry_delay": "0s"}, "0s is not larger than 0"),
        ({"max_retry_delay": "10m"}, "10m is more than 5m"),
        ({"read_poll_timeout": "1 week"}, "there is no unit week"),
        ({"max_write_buffer_count": -1}, "-1 is not larger than 0"),
        ({"max_write_buffer_count": "x"}, "parameters.max_write_buffer_count: "),
        ({"max_reads": 1}, "parameters: there is no parameter max_reads; choose from max_read_request_operation_count"),
    ],
)
def test_refused(parameters: dict[str, Any], text: str) -> None:
    with pytest.raises(Refusal) as e:
        given(parameters)
    assert text in str(e.value)
