# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory that is not the one with which nodes work is refused before anything is written."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest
from unit.module_utils._pki.helpers import DAY, NOW, PASSPHRASE, a_root, new_key
from unit.module_utils._pki.test_store import content_of, module

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import (
    authority,
    bundle,
    certificate,
    store,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import files as ca_files
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError

RULES = certificate.Rules("ec_p256", 90 * DAY, DAY, NOW)
REFUSED = r"^path: %s holds %s, and nodes hold certificates of one of the same name with another key \(CN=%s, serial"


def leaf(path: Path, bundled: bool = False) -> str:
    """What a node shows that has its certificate of the CA in that directory."""
    signer = store.signing(ca_files.read_store(str(path), "path"), PASSPHRASE)
    wish = certificate.Wish("lon-1", "remote_cluster_server", ["DNS:lon-1"], authority.name("lon-1", ""))
    key = new_key()
    made = certificate.issue(wish, signer, key.public_key(), RULES)
    if bundled:
        return base64.b64encode(bundle.made("lon-1", made, key, [], "a password")).decode()
    return authority.pem([made])


def refused(path: Path, what: str, who: str, **options: Any) -> None:
    before = content_of(path)
    for check_mode in (True, False):
        with pytest.raises(PkiError, match=REFUSED % (path, what, who)):
            module(path, check_mode=check_mode, **options)
    assert content_of(path) == before
    assert bool(before) == path.exists()


@pytest.mark.parametrize("held", ["shown", "trusted", "shown_pkcs12", "between others"])
def test_a_directory_that_is_not_mounted(held: str, tmp_path: Path) -> None:
    path = tmp_path / "ca"
    made = module(path)
    options: dict[str, Any] = {
        "shown": {"shown": [leaf(path)]},
        "trusted": {"trusted": [made["certificate"]]},
        "shown_pkcs12": {"shown_pkcs12": [{"content": leaf(path, bundled=True), "password": "a password"}]},
        "between others": {"trusted": ["nothing", authority.pem([a_root("Other").certificate]) + made["certificate"]]},
    }[held]
    assert not module(path, **options)["changed"]
    shutil.rmtree(path)
    refused(path, "no CA", "London CA" if held in ("trusted", "between others") else "lon-1", **options)


def test_the_directory_of_a_second_controller(tmp_path: Path) -> None:
    module(tmp_path / "ca")
    module(tmp_path / "other")
    shown = [leaf(tmp_path / "other")]
    refused(tmp_path / "ca", "another CA", "lon-1", shown=shown)
    # While there is a CA that nodes work with, that they trust one of its name is no loss.
    trusted = [module(tmp_path / "other")["certificate"]]
    assert not module(tmp_path / "ca", shown=[leaf(tmp_path / "ca")], trusted=trusted)["changed"]


def test_what_is_no_loss(tmp_path: Path) -> None:
    path, other = tmp_path / "ca", tmp_path / "other"
    theirs = module(other)["certificate"]
    shown = [leaf(other)]
    # Of another name: nodes are moved from one CA to another.
    assert module(path, check_mode=True, common_name="Paris CA", shown=shown, trusted=[theirs])["changed"]
    # Of another CA of the inventory that has the same name, in its directory or its file.
    for beside in (str(other), str(other / "ca.crt"), theirs):
        options: dict[str, Any] = {"trusted": [theirs], "beside": [beside, str(tmp_path / "none")]}
        assert module(path, check_mode=True, **options)["changed"]
    # What can't be read tells nothing.
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    pkcs12 = [{"content": content, "password": "x"} for content in ("no base64", "MII=")]
    assert module(path, check_mode=True, shown=["x", broken], trusted=[broken], shown_pkcs12=pkcs12)["changed"]


def test_a_certificate_that_is_lost_is_made_of_its_key(tmp_path: Path) -> None:
    path = tmp_path / "ca"
    held: dict[str, Any] = {"trusted": [module(path)["certificate"]], "shown": [leaf(path)]}
    (path / "ca.crt").unlink()
    made = module(path, **held)
    assert made["files"] == ["ca.crt"]
    assert not module(path, **held)["changed"]


def test_a_renewal_is_no_loss(tmp_path: Path) -> None:
    path = tmp_path / "ca"
    trusted, shown = [module(path)["certificate"]], [leaf(path)]
    for phase in store.PHASES[1:]:
        for check_mode in (True, False):
            assert module(path, phase, check_mode, trusted=trusted, shown=shown)["changed"]
    done = module(path, trusted=trusted, shown=shown)
    assert not done["changed"]
    [earlier] = done["earlier"]
    assert earlier not in done["fingerprints"]


def test_a_new_beginning(tmp_path: Path) -> None:
    path = tmp_path / "ca"
    first = module(path)
    held: dict[str, Any] = {"trusted": [first["certificate"]], "shown": [leaf(path)]}
    shutil.rmtree(path)
    foretold = module(path, check_mode=True, replace_lost=True, **held)
    begun = module(path, replace_lost=True, **held)
    assert foretold["files"] == begun["files"] == ["ca.crt", "ca.key", "earlier.crt"]
    assert begun["earlier"] == first["fingerprints"] != begun["fingerprints"]
    # Nodes may hold the old one for a while.
    for again in (False, True):
        assert not module(path, **held, replace_lost=again)["changed"]


@pytest.mark.parametrize("option", ["certificate", "chain", "private_key_text", "also_trusted"])
def test_a_ca_that_is_given_as_text(option: str, tmp_path: Path) -> None:
    made = module(tmp_path / "ca")
    other = authority.pem([a_root("Other").certificate])
    key = (tmp_path / "ca" / "ca.key").read_text()
    options: dict[str, Any] = {"certificate": str(tmp_path / "ca" / "ca.crt")}
    options |= {
        "certificate": {"certificate": made["certificate"]},
        "chain": {"chain": made["certificate"]},
        "private_key_text": {"private_key_text": key},
        "also_trusted": {"also_trusted": [other]},
    }[option]
    result = module(None, **options)
    assert result["bundle"] == [made["certificate"], *([other] if option == "also_trusted" else [])]


def test_the_text_of_a_key_where_it_would_be_shown(tmp_path: Path) -> None:
    made = module(tmp_path / "ca")
    key = (tmp_path / "ca" / "ca.key").read_text()
    with pytest.raises(PkiError, match=r"^private_key: it is a text, .* give it in private_key_text"):
        module(None, certificate=made["certificate"], private_key=key)
    wrong = (tmp_path / "ca" / "ca.key").read_text()
    with pytest.raises(PkiError, match=r"^passphrase: it does not open the private key"):
        module(None, certificate=made["certificate"], private_key_text=wrong, passphrase="another passphrase")
