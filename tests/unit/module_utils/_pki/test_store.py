# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from unit.module_utils._pki.helpers import DAY, NOW, PASSPHRASE, a_root, new_key, verify

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._certificates import TO_BE_MADE
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki import (
    authority,
    authority_module,
    certificate,
    files,
    keys,
    store,
)
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.keys import PkiError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._pki.store import Files

# Every CA is renewed, also one of today.
WISH = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW, 0 * DAY)


def run(content: Files, phase: str, wish: store.Wish = WISH) -> Files:
    return store.applied(content, store.plan(content, phase, wish, keys.generate))


CURRENT = run({}, "current")
BOTH = run(CURRENT, "trust_both")
SIGN_NEW = run(BOTH, "sign_new")
DONE = run(SIGN_NEW, "trust_new")
STANDINGS = {"nothing": {}, "current": CURRENT, "trust_both": BOTH, "sign_new": SIGN_NEW, "done": DONE}


def serials(content: Files) -> list[int]:
    return [found.serial_number for found in store.trusted(content)[1]]


def test_a_whole_renewal() -> None:
    old, new = serials(BOTH)
    assert sorted(CURRENT) == ["ca.crt", "ca.key"]
    assert sorted(BOTH) == ["ca.crt", "ca.key", "next.crt", "next.key"]
    assert sorted(SIGN_NEW) == ["ca.crt", "ca.key", "previous.crt"]
    assert sorted(DONE) == ["ca.crt", "ca.key", "earlier.crt"]
    assert [found.serial_number for found in store.earlier(DONE)] == [old]
    assert [serials(content) for content in (CURRENT, SIGN_NEW, DONE)] == [[old], [new, old], [new]]
    assert SIGN_NEW["ca.key"] == BOTH["next.key"]
    assert all(b"ENCRYPTED" in BOTH[name] for name in ("ca.key", "next.key"))
    assert [store.phase_of(content) for content in STANDINGS.values()] == [
        "current",
        "current",
        "trust_both",
        "sign_new",
        "current",
    ]


@pytest.mark.parametrize(
    ("standing", "phase"),
    [
        ("current", "current"),
        ("trust_both", "current"),
        ("sign_new", "current"),
        ("trust_both", "trust_both"),
        ("sign_new", "sign_new"),
        ("sign_new", "trust_both"),
        ("current", "trust_new"),
    ],
)
def test_nothing_to_do(standing: str, phase: str) -> None:
    assert store.plan(STANDINGS[standing], phase, WISH, keys.generate) == []


@pytest.mark.parametrize(
    ("standing", "phase", "problem"),
    [
        ("nothing", "trust_both", "there is no CA yet that trust_both could replace"),
        ("nothing", "sign_new", "there is no CA yet"),
        ("nothing", "trust_new", "there is no CA yet"),
        ("current", "sign_new", "run trust_both first"),
        ("trust_both", "trust_new", "run sign_new first"),
    ],
)
def test_impossible_steps(standing: str, phase: str, problem: str) -> None:
    with pytest.raises(PkiError, match=r"^phase: ") as error:
        store.plan(STANDINGS[standing], phase, WISH, keys.generate)
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("later", "phases"),
    [
        # Done, and run once more.
        (0, ["current", "current", "current"]),
        (0.9, ["current", "current", "current"]),
        # Another wish.
        (1, ["trust_both", "sign_new", "current"]),
    ],
)
def test_a_ca_of_today_is_not_renewed_again(later: float, phases: list[str]) -> None:
    wish = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW + later * DAY)
    content, seen = DONE, []
    for phase in ("trust_both", "sign_new", "trust_new"):
        content = run(content, phase, wish)
        seen.append(store.phase_of(content))
    assert seen == phases
    assert (content == DONE) == (later < 1)


def test_a_young_ca_that_has_expired_is_renewed() -> None:
    wish = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW + 2 * DAY, 3 * DAY)
    short = run({}, "current", store.Wish("London CA", "ec_p256", DAY, PASSPHRASE, NOW))
    assert store.phase_of(run(short, "trust_both", wish)) == "trust_both"


@pytest.mark.parametrize("standing", ["trust_both", "sign_new"])
def test_a_renewal_that_was_begun_goes_on_though_its_ca_is_young(standing: str) -> None:
    wish = store.Wish("London CA", "ec_p256", 365 * DAY, PASSPHRASE, NOW)
    content = STANDINGS[standing]
    for phase in ("trust_both", "sign_new", "trust_new"):
        content = run(content, phase, wish)
    assert sorted(content) == ["ca.crt", "ca.key", "earlier.crt"]
    assert serials(content) == [serials(BOTH)[1]]


@pytest.mark.parametrize("again", ["same phase", "from the beginning"])
@pytest.mark.parametrize(
    ("standing", "phase"),
    [("nothing", "current"), ("current", "trust_both"), ("trust_both", "sign_new"), ("sign_new", "trust_new")],
)
def test_interrupted_after_each_step(standing: str, phase: str, again: str) -> None:
    before = STANDINGS[standing]
    steps = store.plan(before, phase, WISH, keys.generate)
    whole = store.applied(before, steps)
    for done in range(len(steps)):
        left = store.applied(before, steps[:done])
        if standing != "nothing":
            # Meanwhile, something that is trusted signs.
            signing = store.signing(left, PASSPHRASE)
            assert signing.certificate.serial_number in serials(before)
            assert keys.raw(signing.key.public_key()) == keys.raw(signing.certificate.public_key())
        phases = [phase] if again == "same phase" else store.PHASES[: store.PHASES.index(phase) + 1]
        after = left
        for each in phases:
            after = run(after, each)
        assert sorted(after) == sorted(whole)
        assert store.phase_of(after) == store.phase_of(whole)
        if phase in ("sign_new", "trust_new"):
            assert after == whole
        assert store.plan(after, phase, WISH, keys.generate) == []


def test_a_lost_certificate_is_made_again_with_the_same_key() -> None:
    left = {"ca.key": CURRENT["ca.key"]}
    after = run(left, "current")
    assert after["ca.key"] == left["ca.key"]
    with pytest.raises(PkiError, match=r"^passphrase: it does not open the private key in path: ca.key"):
        run(left, "current", store.Wish("London CA", "ec_p256", DAY, "another passphrase", NOW))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"ca.crt": CURRENT["ca.crt"]}, "path: ca.crt is there without ca.key"),
        ({"next.crt": CURRENT["ca.crt"]}, "path: next.crt is there without ca.crt"),
        ({"previous.crt": CURRENT["ca.crt"]}, "path: previous.crt is there without ca.crt"),
        ({**BOTH, "next.key": BOTH["ca.key"]}, "path: next.key: it does not belong to the certificate"),
        ({**CURRENT, "ca.key": BOTH["next.key"]}, "path: ca.key: it does not belong to the certificate"),
        ({**CURRENT, "ca.crt": b"nothing"}, "path: ca.crt: it holds no certificate"),
        ({**CURRENT, "ca.key": b"nothing"}, "path: ca.key: it holds no private key"),
    ],
)
def test_broken_directories(content: Files, problem: str) -> None:
    with pytest.raises(PkiError) as error:
        run(content, "current")
    assert str(error.value).startswith(problem)


def test_wrong_passphrase() -> None:
    wish = store.Wish("London CA", "ec_p256", DAY, "another passphrase", NOW)
    for phase in store.PHASES:
        with pytest.raises(PkiError, match=r"^passphrase: it does not open the private key in ca.key"):
            run(BOTH, phase, wish)


def test_a_next_ca_that_has_expired_meanwhile_does_not_sign() -> None:
    with pytest.raises(PkiError, match=r"^path: next.crt: CN=London CA has expired"):
        run(BOTH, "sign_new", store.Wish("London CA", "ec_p256", DAY, PASSPHRASE, NOW + 400 * DAY))


def test_the_key_of_another_tool_is_encrypted() -> None:
    made = a_root("Their CA")
    content = {"ca.crt": authority.pem([made.certificate]).encode(), "ca.key": keys.to_pem(made.key)}
    after = run(content, "current")
    assert b"ENCRYPTED" in after["ca.key"]
    assert store.signing(after, PASSPHRASE).certificate == made.certificate
    assert store.plan(after, "current", WISH, keys.generate) == []


@pytest.mark.parametrize("signer", [BOTH, SIGN_NEW])
def test_both_are_trusted_though_they_have_one_name(signer: Files, tmp_path: Path) -> None:
    wish = certificate.Wish("lon-1", "transport", ["DNS:lon-1"], authority.name("lon-1", ""))
    rules = certificate.Rules("ec_p256", 90 * DAY, DAY, NOW)
    leaf = certificate.issue(wish, store.signing(signer, PASSPHRASE), new_key().public_key(), rules)
    for bundle in (store.trusted(BOTH)[1], store.trusted(SIGN_NEW)[1]):
        verify(tmp_path, authority.pem(bundle), authority.pem([leaf]), "transport")


# ---- the module, with files ---------------------------------------------------------------------------------------

WARNINGS: list[str] = []


def module(path: Path | None, phase: str = "current", check_mode: bool = False, **options: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = dict.fromkeys(("certificate", "private_key", "chain"))
    defaults.update(common_name="London CA", key_type="ec_p256", valid_for="3650d", renew_before="30d", also_trusted=[])
    defaults.update(path=path and str(path), passphrase=PASSPHRASE, phase=phase, renew_older_than="0s")
    defaults.update(private_key_text=None, shown=[], shown_pkcs12=[], trusted=[], beside=[], replace_lost=False)
    now = options.pop("now", NOW)
    return authority_module.run({**defaults, **options}, now, check_mode, WARNINGS.append)


def content_of(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.iterdir()} if path.exists() else {}


def test_module_predicts_and_does_each_phase(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ca"
    for phase in store.PHASES:
        before = content_of(path)
        predicted = module(path, phase, check_mode=True)
        assert content_of(path) == before
        done = module(path, phase)
        assert predicted["changed"] and done["changed"]
        assert predicted["phase"] == done["phase"] == ("current" if phase == "trust_new" else phase)
        if phase in ("sign_new", "trust_new"):
            assert predicted == done
        assert done["bundle_pem"] == "".join(done["bundle"])
        assert len(done["bundle"]) == len(done["fingerprints"]) == (2 if done["phase"] != "current" else 1)
        assert done["certificate"] == done["bundle"][0]
        assert done["chain"] == []
        assert "PRIVATE" not in str(done) and PASSPHRASE not in str(done)
        for again in (module(path, phase), module(path, phase, check_mode=True)):
            assert not again["changed"]
            assert again["diff"]["before"] == again["diff"]["after"]
            assert again["bundle"] == done["bundle"]
        for file in path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == (0o600 if file.suffix == ".key" else 0o644)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_module_in_check_mode_knows_what_it_would_not_make(tmp_path: Path) -> None:
    predicted = module(tmp_path / "ca", check_mode=True)
    assert (predicted["changed"], predicted["certificate"], predicted["bundle"]) == (True, None, [])
    assert (predicted["not_after"], predicted["due"]) == (None, False)


def test_module_tells_what_is_trusted_after_a_renewal(tmp_path: Path) -> None:
    path, other = tmp_path / "ca", tmp_path / "other"
    also = [str(other / "ca.crt")]
    given = module(other)["bundle_pem"]
    assert module(path, check_mode=True, also_trusted=also)["renewed_bundle_pem"] == given + TO_BE_MADE
    old = module(path, also_trusted=also)
    assert old["bundle_pem"] == old["renewed_bundle_pem"] == old["certificate"] + given
    # Of the next one nothing is known yet.
    assert module(path, "trust_both", check_mode=True, also_trusted=also)["renewed_bundle_pem"] == given + TO_BE_MADE
    foretold = {module(path, phase, also_trusted=also)["renewed_bundle_pem"] for phase in ("trust_both", "sign_new")}
    done = module(path, "trust_new", also_trusted=also)
    assert foretold == {done["bundle_pem"]} == {done["renewed_bundle_pem"]}
    assert old["certificate"] not in done["bundle_pem"]


class Killed(Exception):
    pass


def killed_at(owner: Any, function: str, number: int, monkeypatch: pytest.MonkeyPatch, run: Any) -> bool:
    """Whether the run came as far as that call."""
    left, real = [number], getattr(owner, function)

    def call(*arguments: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            raise Killed
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(owner, function, call)
        try:
            run()
        except Killed:
            return True
    return False


@pytest.mark.parametrize("phase", store.PHASES)
@pytest.mark.parametrize(("owner", "function"), [(files, "apply"), (files.os, "replace"), (files.os, "fsync")])
def test_module_killed_at_each_write(
    phase: str, owner: Any, function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, number = True, 0
    while killed:
        number += 1
        path = tmp_path / str(number)
        for each in store.PHASES[: store.PHASES.index(phase)]:
            module(path, each)
        killed = killed_at(owner, function, number, monkeypatch, lambda path=path: module(path, phase))
        module(path, phase)
        assert sorted(content_of(path)) == sorted(STANDINGS[{"trust_new": "done"}.get(phase, phase)])
        assert not module(path, phase)["changed"]
    # trust_new only removes a file.
    assert number > 1 or (phase, function) == ("trust_new", "replace")


def test_module_closes_a_key_that_others_can_read(tmp_path: Path) -> None:
    path = tmp_path / "ca"
    module(path)
    (path / "ca.key").chmod(0o644)
    assert module(path, check_mode=True)["changed"]
    assert stat.S_IMODE((path / "ca.key").stat().st_mode) == 0o644
    assert module(path)["changed"]
    assert stat.S_IMODE((path / "ca.key").stat().st_mode) == 0o600
    assert not module(path)["changed"]


@pytest.mark.parametrize(
    ("days", "due", "expired"), [(0, False, False), (3619, False, False), (3621, True, False), (3650, True, True)]
)
def test_due(days: int, due: bool, expired: bool, tmp_path: Path) -> None:
    module(tmp_path / "ca")
    WARNINGS.clear()
    later = module(tmp_path / "ca", now=NOW + days * DAY)
    assert (later["due"], later["expired"], later["changed"]) == (due, expired, False)
    assert bool(WARNINGS) == expired
    # The way out of lost trust.
    assert module(tmp_path / "ca", "trust_both", now=NOW + days * DAY)["changed"]
    assert not module(tmp_path / "ca", "sign_new", now=NOW + days * DAY)["due"]


def test_module_with_a_given_ca(tmp_path: Path) -> None:
    made, old = a_root("Company"), a_root("Old")
    for name, content in {
        "crt": authority.pem([made.certificate]).encode(),
        "key": keys.to_pem(made.key, PASSPHRASE),
        "old": authority.pem([old.certificate]).encode(),
    }.items():
        (tmp_path / name).write_bytes(content)
    options: dict[str, Any] = {"certificate": str(tmp_path / "crt"), "private_key": str(tmp_path / "key")}
    before = content_of(tmp_path)
    result = module(None, **options, also_trusted=[str(tmp_path / "old"), str(tmp_path / "crt")])
    assert content_of(tmp_path) == before
    assert result["bundle"] == [authority.pem([made.certificate]), authority.pem([old.certificate])]
    assert (result["changed"], result["phase"]) == (False, "current")
    with pytest.raises(PkiError, match=r"^phase: a CA that is given is not renewed here"):
        module(None, "trust_both", **options)
    with pytest.raises(PkiError, match=r"^certificate: .*none can't be read: No such file"):
        module(None, **{**options, "certificate": str(tmp_path / "none")})


def test_module_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(PkiError, match=r"^path: .* is no directory"):
        module(tmp_path / "file", check_mode=True)
    with pytest.raises(PkiError, match=r"^path: .* can't be used: "):
        module(tmp_path / "file" / "ca")
    with pytest.raises(PkiError, match=r"^passphrase: it is too short"):
        module(tmp_path / "ca", passphrase="short")
    with pytest.raises(PkiError, match=r"^common_name: "):
        module(tmp_path / "ca", common_name="")
    assert not (tmp_path / "ca").exists()
