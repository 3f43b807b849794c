"""A direct post on TikTok for a set minute: all but the last bytes are there before it, and nothing is public."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fabric import Person
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox
from tests.support.story import refreshed, send_clip, step
from tests.whole.test_platforms import connect_tiktok, ledger
from tests.whole.test_staging import HOUR, MIB5, TimedFabric, large_clip, says, sizes


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[TimedFabric]:
    timed = TimedFabric(sandbox, tmp_path / "home", FABRIC_TIKTOK_MODE="direct")
    timed.start()
    yield timed
    timed.stop()


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_direct_post_waits_at_tiktok_with_what_was_chosen_and_comes_out_at_its_minute(
    sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path
) -> None:
    connect_tiktok(person)
    path = large_clip(clips)
    card = send_clip(person, path, "Bread at seven")
    step(person, card, "Voice", "Original")
    step(person, card, "Time", "In 3 hours")
    step(person, card, "TikTok", "Who can watch", "Everyone", "Done", "Approve")
    says(person, card, "Waits for its time")
    fabric.advance(2.5 * HOUR + 60)
    says(person, card, "Uploaded ahead")
    assert sizes(sandbox, "tiktok") == [MIB5]
    fabric.kill9()
    fabric.start()
    assert ledger(sandbox, "tiktok") == []
    fabric.advance(0.5 * HOUR)
    eventually(lambda: len(ledger(sandbox, "tiktok")) == 1, "the post at its minute")
    (post,) = ledger(sandbox, "tiktok")
    assert post["post_info"]["privacy_level"] == "PUBLIC_TO_EVERYONE"
    assert sizes(sandbox, "tiktok") == [MIB5, path.stat().st_size - MIB5]
    person.until(lambda: "ublished" in refreshed(person, card)["text"])
