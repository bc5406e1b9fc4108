# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import from_pem, to_pem
from ansible_collections.crosscluster.elasticsearch.plugins.plugin_utils._decisions import (
    certificate_trust_file as trust_file,
)
from kit.certificates import Authority

ONE, TWO = (Authority(name).certificate.decode() for name in ("one", "two"))
DER_ONE, DER_TWO = from_pem(ONE)[0], from_pem(TWO)[0]
SHA_ONE, SHA_TWO = trust_file.fingerprint(DER_ONE), trust_file.fingerprint(DER_TWO)
MARK_TWO = f"# Added by crosscluster.elasticsearch: {SHA_TWO}"
BY_HAND = f"# the partner's, ask Jane\n{ONE}\n# the end\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", f"{MARK_TWO} of u-1\n{TWO}"),
        (ONE, f"{ONE}{MARK_TWO} of u-1\n{TWO}"),
        (ONE.rstrip("\n"), f"{ONE}{MARK_TWO} of u-1\n{TWO}"),
        (BY_HAND, f"{BY_HAND}{MARK_TWO} of u-1\n{TWO}"),
        # Whoever has put it there, it was not this collection.
        (ONE + TWO, ONE + TWO),
        (f"{MARK_TWO}\n{TWO}", f"{MARK_TWO} of u-1\n{TWO}"),
        (f"{MARK_TWO} of u-0\n{TWO}", f"{MARK_TWO} of u-0 u-1\n{TWO}"),
        (f"{MARK_TWO} of u-1\n{TWO}", f"{MARK_TWO} of u-1\n{TWO}"),
        # Somebody has taken it away, and left its mark.
        (f"{ONE}{MARK_TWO} of u-0\n", f"{ONE}{MARK_TWO} of u-1\n{TWO}"),
    ],
)
def test_what_is_added_is_marked_and_nothing_else_changes(text: str, after: str) -> None:
    assert trust_file.changed(text, {DER_TWO: "u-1"}, []) == after
    assert trust_file.changed(after, {DER_TWO: "u-1"}, []) == after
    assert trust_file.changed(after, {DER_TWO: None}, []) == after


@pytest.mark.parametrize("more", ["", BY_HAND, "no certificate\n"])
@pytest.mark.parametrize("owner", ["u-1", None])
def test_what_was_added_is_taken_away_without_a_trace(more: str, owner: str | None) -> None:
    text = trust_file.changed(more, {DER_TWO: owner}, [])
    assert trust_file.marks(text) == {SHA_TWO: (owner,) if owner else ()}
    assert trust_file.changed(text, {}, [SHA_TWO]) == more


def test_one_that_stands_there_twice_goes_twice() -> None:
    assert trust_file.changed(ONE + TWO + "x\n" + TWO, {}, [SHA_TWO]) == ONE + "x\n"


def test_a_mark_is_for_one_certificate_wherever_it_stands() -> None:
    text = trust_file.changed(BY_HAND, {DER_TWO: "u-1"}, [])
    turned = "".join(reversed(text.splitlines(keepends=True)[:3])) + text
    assert SHA_ONE not in trust_file.marks(turned)


def test_others_read_it(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text(trust_file.changed(BY_HAND, {DER_TWO: "u-1"}, []))
    argv = ["openssl", "crl2pkcs7", "-nocrl", "-certfile", str(tmp_path / "ca.crt")]
    done = subprocess.run(argv, capture_output=True, check=True)
    printed = subprocess.run(
        ["openssl", "pkcs7", "-print_certs", "-noout"], input=done.stdout, capture_output=True, check=True
    )
    assert printed.stdout.decode().count("subject=") == 2
    assert [to_pem(der) for der in from_pem((tmp_path / "ca.crt").read_text())] == [ONE, TWO]
