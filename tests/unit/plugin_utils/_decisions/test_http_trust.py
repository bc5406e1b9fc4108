# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.filter.http_trust_problem import http_trust_problem
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE, from_pem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions.http_trust import Trust, problem
from kit.certificates import Authority

NOW, NEXT, SIGNING, OTHER = (Authority(name).certificate.decode() for name in ("now", "next", "signing", "other"))
HTTPS = "https://es.example:9200"


def fingerprint(text: str, kind: str = "sha256") -> str:
    return hashlib.new(kind, from_pem(text)[0]).hexdigest()


def authority(*bundle: str, phase: str = "current", chain: tuple[str, ...] = (), more: str = "") -> dict[str, Any]:
    return {"phase": phase, "bundle": list(bundle), "bundle_pem": "".join(bundle) + more, "chain": list(chain)}


COLONS = ":".join(fingerprint(SIGNING).upper()[at : at + 2] for at in range(0, 64, 2))


@pytest.mark.parametrize(
    ("trust", "signs", "options", "lost"),
    [
        # A file of authorities, the machine's as well.
        (Trust("x", NOW), authority(NOW), {}, None),
        (Trust("x", "# ours\n" + OTHER + NOW.replace("\n", "\r\n")), authority(NOW), {}, None),
        (Trust("x", OTHER), authority(NOW), {}, "x lacks the authority that signs for HTTP; "),
        (Trust("x", OTHER), authority(NOW), {"url": [HTTPS, "http://a:9200"]}, "x lacks"),
        (Trust("x"), authority(NOW), {}, "x lacks"),
        (Trust("x", OTHER), authority(NOW), {"changes": False}, None),
        (Trust("x", OTHER), authority(NOW), {"validate_certs": False}, None),
        (Trust("x", OTHER), authority(NOW), {"url": ["http://es.example:9200"]}, None),
        (Trust("x", OTHER), authority(NOW), {"url": "http://es.example:9200"}, None),
        # What has signed before is trusted already, or nobody is shown it.
        (Trust("x", NEXT), authority(NEXT, NOW, phase="sign_new"), {}, None),
        (Trust("x", NOW), authority(NOW, OTHER), {}, None),
        (Trust("x", NOW), authority(NOW, NEXT, phase="trust_both"), {}, "x lacks"),
        (Trust("x", NOW + NEXT), authority(NOW, NEXT, phase="trust_both"), {}, None),
        # Who signs below the root need not be known.
        (Trust("x", NOW), authority(NOW, chain=(SIGNING,)), {}, None),
        (Trust("x", SIGNING), authority(NOW, chain=(SIGNING,)), {}, "x lacks"),
        # In check mode.
        (Trust("x", OTHER), authority(more=TO_BE_MADE), {}, "x lacks the authority that signs for HTTP (it is made by"),
        (Trust("x", NOW), authority(NOW, phase="trust_both", more=TO_BE_MADE), {}, "(it is made by"),
        # A fingerprint, of what is sent.
        (Trust("x", fingerprint=fingerprint(NOW)), authority(NOW), {}, "x is of none of the certificates that nodes"),
        (Trust("x", fingerprint=fingerprint(NOW)), authority(NOW, chain=(SIGNING,)), {}, "x is of none"),
        (Trust("x", fingerprint=fingerprint(SIGNING)), authority(NOW, chain=(SIGNING,)), {}, None),
        (Trust("x", fingerprint=COLONS), authority(NOW, chain=(OTHER, SIGNING)), {}, None),
        (Trust("x", fingerprint=fingerprint(SIGNING, "sha1")), authority(NOW, chain=(SIGNING,)), {}, None),
        (Trust("x", fingerprint="ab"), authority(NOW, chain=(SIGNING,)), {}, "x is of none"),
        (Trust("x", fingerprint=fingerprint(NOW)), authority(NOW), {"changes": False}, None),
        (Trust("x", fingerprint=fingerprint(NOW)), authority(NOW), {"validate_certs": False}, None),
    ],
)
def test_whether_the_api_can_be_reached(
    trust: Trust, signs: dict[str, Any], options: dict[str, Any], lost: str | None
) -> None:
    api = {"url": [HTTPS], **options}
    changes = api.pop("changes", True)
    found = problem(api, trust, signs, changes)
    assert (found is None) == (lost is None), found
    assert lost is None or lost in str(found)


@pytest.mark.parametrize(
    ("options", "environment", "told"),
    [
        ({"ca_path": "now"}, {}, ""),
        ({"ca_path": "other"}, {}, "elasticsearch_ca_path ("),
        ({"ca_path": "now"}, {"ca_fingerprint": "00" * 32}, ""),
        ({}, {"ca_path": "now"}, ""),
        ({}, {"ca_path": "other"}, "ELASTICSEARCH_CA_PATH ("),
        ({"ca_fingerprint": "00" * 32}, {"ca_path": "now"}, "elasticsearch_ca_fingerprint (0000"),
        ({}, {"ca_fingerprint": "00" * 32}, "ELASTICSEARCH_CA_FINGERPRINT (0000"),
        ({}, {}, "What this machine trusts without elasticsearch_ca_path ("),
        ({"validate_certs": False}, {}, ""),
    ],
)
def test_what_the_controller_trusts(
    options: dict[str, Any],
    environment: dict[str, str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in (("now", NOW), ("other", OTHER)):
        (tmp_path / name).write_text(text)

    def value(name: str, given: str) -> str:
        return str(tmp_path / given) if name == "ca_path" else given

    for name in ("ca_path", "ca_fingerprint"):
        monkeypatch.delenv(f"ELASTICSEARCH_{name.upper()}", raising=False)
    for name, given in environment.items():
        monkeypatch.setenv(f"ELASTICSEARCH_{name.upper()}", value(name, given))
    api = {"url": [HTTPS], **{name: value(name, given) for name, given in options.items()}}
    found = http_trust_problem(api, authority(NOW), True)
    assert found.startswith(told) and bool(found) == bool(told)
