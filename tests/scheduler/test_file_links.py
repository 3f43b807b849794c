"""A link gives the right to one file until it ends, and only the fabric that made it can make it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.file_links import LIFE, TYPES, FileLinks, FileTicket, LinkExpiredError, LinkUnknownError
from storage.keyring import Keyring
from tests.scheduler.world import START, HandClock

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def links(*keys: bytes, clock: HandClock | None = None) -> FileLinks:
    return FileLinks(Keyring(keys or (OLD,)), "https://fabric.example/house", clock or HandClock())


def name_of(url: str) -> str:
    prefix, _, name = url.rpartition("/")
    assert prefix == "https://fabric.example/house/files"
    return name


@given(render_id=st.integers(1, 2**63 - 1), mime_type=st.sampled_from(sorted(TYPES.values())))
def test_what_is_written_is_read(render_id: int, mime_type: str) -> None:
    assert links().read(name_of(links().url(render_id, mime_type))) == FileTicket(render_id, mime_type)


def test_it_ends() -> None:
    clock = HandClock()
    mine = links(clock=clock)
    name = name_of(mine.url(7, "video/mp4"))
    clock.now = START + LIFE - timedelta(seconds=1)
    assert mine.read(name).render_id == 7
    clock.now = START + LIFE
    with pytest.raises(LinkExpiredError):
        mine.read(name)


@given(place=st.integers(0, 200), letter=st.sampled_from("0123456789abcXYZ-_."))
def test_no_letter_of_it_can_be_changed(place: int, letter: str) -> None:
    name = name_of(links().url(12, "video/mp4"))
    forged = name[: place % len(name)] + letter + name[place % len(name) + 1 :]
    if forged != name:
        with pytest.raises(LinkUnknownError):
            links().read(forged)


@pytest.mark.parametrize("name", ["", "1", f"1.99999999999.deadbeef.{'A' * 43}.mp4", "../master.key", "٣.1.a.b.mp4"])
def test_what_was_not_made_here_is_unknown(name: str) -> None:
    with pytest.raises(LinkUnknownError):
        links().read(name)


def test_another_fabrics_link_is_unknown_and_a_rotated_key_still_reads() -> None:
    name = name_of(links(OLD).url(3, "video/mp4"))
    with pytest.raises(LinkUnknownError):
        links(NEW).read(name)
    assert links(OLD, NEW).read(name).render_id == 3


def test_a_signature_for_another_purpose_is_none_here() -> None:
    keyring = Keyring([OLD])
    assert keyring.is_signed("m", "a", keyring.sign("m", "a"))
    assert not keyring.is_signed("m", "b", keyring.sign("m", "a"))
    assert not keyring.is_signed("n", "a", keyring.sign("m", "a"))


def test_the_key_is_in_no_repr() -> None:
    assert "Keyring" not in repr(links())
