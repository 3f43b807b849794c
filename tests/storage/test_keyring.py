"""The keys, and what they refuse to open."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import MasterKeyError, SecretError
from storage.keyring import Keyring, add_key, drop_old_keys, generate_key, read_key_file

RING = Keyring([bytes(range(32))])


@given(st.text(), st.lists(st.one_of(st.text(), st.integers()), max_size=3))
def test_what_is_sealed_opens_for_the_same_context(plain: str, context: list[object]) -> None:
    assert RING.decrypt(RING.encrypt(plain, *context), *context) == plain


@pytest.mark.parametrize(
    "other", [(2, "youtube", "access"), (1, "tiktok", "access"), (1, "youtube"), (1, "youtubeaccess")]
)
def test_what_is_sealed_does_not_open_for_another_context(other: tuple[object, ...]) -> None:
    with pytest.raises(SecretError):
        RING.decrypt(RING.encrypt("secret", 1, "youtube", "access"), *other)


def test_every_flipped_bit_is_noticed() -> None:
    sealed = RING.encrypt("secret", 1)
    head, _, body = sealed.rpartition("|")
    data = base64.urlsafe_b64decode(body)
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SecretError):
            RING.decrypt(f"{head}|{base64.urlsafe_b64encode(flipped).decode()}", 1)


@given(st.text(max_size=60))
def test_anything_else_is_refused_with_our_error(blob: str) -> None:
    for text in (blob, f"v1|{RING.newest}|{blob}"):
        with pytest.raises(SecretError):
            RING.decrypt(text)


def test_the_same_secret_is_never_sealed_to_the_same_text() -> None:
    assert RING.encrypt("secret") != RING.encrypt("secret")


def test_neither_the_ring_nor_its_errors_show_a_secret() -> None:
    text = base64.urlsafe_b64encode(bytes(range(32))).decode()
    with pytest.raises(SecretError) as caught:
        Keyring([generate_key()]).decrypt(RING.encrypt("canary"))
    with pytest.raises(MasterKeyError) as malformed:
        Keyring.load(Path("/nonexistent"), f"{text}!")
    shown = repr(RING) + repr(caught.value) + str(caught.value) + str(malformed.value)
    assert "canary" not in shown
    assert text[:12] not in shown


def test_a_home_without_a_key_gets_one_that_only_its_owner_reads(tmp_path: Path) -> None:
    ring = Keyring.load(tmp_path)
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert Keyring.load(tmp_path).newest == ring.newest
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


def test_a_named_file_goes_before_the_setting_and_the_setting_before_the_home(tmp_path: Path) -> None:
    home = Keyring.load(tmp_path)
    folder = tmp_path / "other"
    folder.mkdir()
    named = Keyring.load(folder)
    setting = base64.b64encode(b"\xff" * 32).decode()
    chosen = Keyring.load(tmp_path, setting)
    assert chosen.newest not in {home.newest, named.newest}
    assert Keyring.load(tmp_path, setting, folder / "master.key").newest == named.newest


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o610])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    Keyring.load(tmp_path)
    (tmp_path / "master.key").chmod(mode)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        Keyring.load(tmp_path)


@pytest.mark.parametrize("content", ["", "not base64!", "YWJj", "ключ"])
def test_a_malformed_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyError):
        Keyring.load(tmp_path)


def test_a_missing_named_file_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError):
        Keyring.load(tmp_path, None, tmp_path / "missing.key")
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_writes_and_the_old_one_still_reads(tmp_path: Path) -> None:
    old = Keyring.load(tmp_path)
    sealed = old.encrypt("secret", 1)
    both = add_key(tmp_path / "master.key")
    assert both.newest != old.newest
    assert both.decrypt(sealed, 1) == "secret"
    assert drop_old_keys(tmp_path / "master.key").kids == (both.newest,)
    assert len(read_key_file(tmp_path / "master.key")) == 1


def test_of_two_first_starts_at_once_both_have_the_key_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other: list[Keyring] = []

    def key_while_another_process_starts() -> bytes:
        monkeypatch.setattr("storage.keyring.generate_key", lambda: b"2" * 32)
        other.append(Keyring.load(tmp_path))
        return b"1" * 32

    monkeypatch.setattr("storage.keyring.generate_key", key_while_another_process_starts)
    mine = Keyring.load(tmp_path)
    assert mine.newest == other[0].newest == Keyring.load(tmp_path).newest
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]
