# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import names
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError


@pytest.mark.parametrize(
    ("dns", "ip", "expected"),
    [
        (["lon-1"], [], ["DNS:lon-1"]),
        (["LON-1.Example ", "lon-1.example"], [], ["DNS:lon-1.example"]),
        (["*.paris.example"], [], ["DNS:*.paris.example"]),
        (["xn--mnchen-3ya.example", "3com.example", "a.b.c.1x"], [], None),
        ([], ["10.0.0.1", "2001:DB8:0::1", "2001:db8::1"], ["IP:10.0.0.1", "IP:2001:db8::1"]),
    ],
)
def test_canonical(dns: list[str], ip: list[str], expected: list[str] | None) -> None:
    assert names.alternative_names(dns, ip) == (expected or ["DNS:" + name for name in dns])


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("10.0.0.1", "is an address; give it in ip"),
        ("[::1]", "is an address"),
        ("https://lon-1", "without scheme or path"),
        ("lon-1:9300", "without the port"),
        ("lon-1.", "ends with a dot"),
        ("münchen.example", "xn--"),
        ("lon_1", "has an underscore"),
        ("-lon", "the label '-lon'"),
        ("lon-", "the label 'lon-'"),
        ("lon 1", "the label 'lon 1'"),
        ("a..b", "has an empty label"),
        (".b", "has an empty label"),
        ("*", "wildcard for a whole domain"),
        ("*.example", "wildcard for a whole domain"),
        ("lon-*.paris.example", "has an asterisk"),
        ("a.*.example.org", "has an asterisk"),
        ("*.*.example.org", "has an asterisk"),
        ("a" * 64, "more than 63"),
        (".".join(["a" * 60] * 5), "longer than the 253"),
        ("10.0.0", "its last label is a number"),
        ("10.0.0.256", "its last label is a number"),
    ],
)
def test_refused_dns_names(name: str, problem: str) -> None:
    with pytest.raises(PkiError, match=r"^dns: ") as error:
        names.dns_name(name)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("lon-1", "give names in dns"),
        ("", "no IPv4 or IPv6"),
        ("10.0.0.256", "no IPv4 or IPv6"),
        ("10.0.0.0/24", "no IPv4 or IPv6 address alone."),
        ("fe80::1%eth0", "zone"),
    ],
)
def test_refused_addresses(address: str, problem: str) -> None:
    with pytest.raises(PkiError, match=r"^ip: ") as error:
        names.ip_address(address)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("wanted", "there", "lacking"),
    [
        (["DNS:a.example"], ["DNS:a.example", "DNS:b.example"], []),
        (["DNS:a.example", "IP:10.0.0.1"], ["DNS:*.example"], ["IP:10.0.0.1"]),
        (["DNS:a.b.example", "DNS:example"], ["DNS:*.example"], ["DNS:a.b.example", "DNS:example"]),
        (["DNS:lon-1"], [], ["DNS:lon-1"]),
    ],
)
def test_names_that_a_certificate_lacks(wanted: list[str], there: list[str], lacking: list[str]) -> None:
    assert names.not_covered(wanted, there) == lacking
