"""Scheduled posts on the three sites: uploaded ahead, public at their minute and not before, taken back until then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox
from tests.support.story import CHANNEL, connect, refreshed, send_clip, shows, step
from tests.whole.test_platforms import INSTAGRAM, TIKTOK, connect_instagram, connect_tiktok, ledger, publications

HOUR = 3600.0
MIB5 = 5 * 1024 * 1024


class TimedFabric(Fabric):
    """The product by a clock that moves together with the sandbox's."""

    program = ("tests.support.timed_app", "run")

    def __init__(self, sandbox: Sandbox, home: Path, **environment: str) -> None:
        self._offset, self._ahead_s = home.with_suffix(".offset"), 0.0
        self._offset.write_text("0")
        super().__init__(sandbox, home, TIMED_OFFSET=str(self._offset), **environment)

    def advance(self, seconds: float) -> None:
        """Time passes for the sites and for the product."""
        self._ahead_s += seconds
        self.sandbox.advance(seconds)
        written = self._offset.with_suffix(".new")
        written.write_text(str(self._ahead_s))
        written.replace(self._offset)


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[TimedFabric]:
    timed = TimedFabric(sandbox, tmp_path / "home")
    sandbox.post("youtube/settings", processing_s=0.0)
    sandbox.post("instagram/settings", processing_s=0.0)
    timed.start()
    yield timed
    timed.stop()


def scheduled(person: Person, path: Path, title: str) -> dict[str, Any]:
    """A post for three hours from now."""
    card = send_clip(person, path, title)
    step(person, card, "Voice", "Original")
    return step(person, card, "Time", "In 3 hours", "Approve")


def says(person: Person, card: dict[str, Any], words: str) -> None:
    person.until(lambda: words in refreshed(person, card)["text"])


def clip(clips: Path) -> Path:
    return spoken_clip(clips, 4, size=VERTICAL)


def rang(person: Person, card: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a result, which are not the card."""
    return [m for m in person.from_bot() if "ublished on" in m["text"] and m["message_id"] != card["message_id"]]


def test_youtube_has_the_video_early_and_shows_it_at_its_minute_although_we_are_down(
    sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path
) -> None:
    connect(person)
    card = scheduled(person, clip(clips), "By YouTube's own clock")
    says(person, card, "YouTube makes it public")
    (video,) = sandbox.videos()
    assert (video["privacy"], video["upload_status"]) == ("private", "processed")
    due = datetime.fromisoformat(video["publish_at"])
    fabric.kill9()
    fabric.advance(3 * HOUR - 60)
    assert [each["privacy"] for each in sandbox.videos()] == ["private"]
    fabric.advance(120)
    (video,) = sandbox.videos()
    assert (video["privacy"], datetime.fromisoformat(video["published_at"])) == ("public", due)
    fabric.start()
    person.wait_text("By YouTube's own clock", "Published on YouTube", after=card["message_id"])
    assert [each["id"] for each in sandbox.videos()] == [video["id"]]


@pytest.mark.timeout(180)
def test_on_all_three_sites_the_bytes_are_there_early_and_one_small_request_is_left(
    sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path
) -> None:
    connect(person)
    connect_tiktok(person)
    connect_instagram(person)
    path = large_clip(clips)
    card = send_clip(person, path, "Everywhere at once")
    choose_all(person, card)
    step(person, card, "Voice", "Original")
    step(person, card, "Time", "In 3 hours", "Approve")
    says(person, card, "YouTube makes it public")
    assert sizes(sandbox, "tiktok") == sizes(sandbox, "rupload") == []
    fabric.advance(2.5 * HOUR + 60)
    person.until(lambda: refreshed(person, card)["text"].count("Uploaded ahead") == 2)
    size = path.stat().st_size
    assert sizes(sandbox, "rupload") == [size]
    assert sizes(sandbox, "tiktok") == [MIB5]
    assert [len(ledger(sandbox, site)) for site in ("tiktok", "instagram")] == [0, 0]
    assert [video["privacy"] for video in sandbox.videos()] == ["private"]
    fabric.kill9()
    fabric.start()
    fabric.advance(0.5 * HOUR)
    for words in ("Published on YouTube", "Published on Instagram", "in your TikTok inbox"):
        person.wait_text("Everywhere at once", words, after=card["message_id"])
    assert [video["privacy"] for video in sandbox.videos()] == ["public"]
    assert sizes(sandbox, "tiktok") == [MIB5, size - MIB5]
    assert sizes(sandbox, "rupload") == [size]
    assert publications(sandbox) == 1
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    arrived = [ledger(sandbox, site) for site in ("youtube", "tiktok", "instagram")]
    assert [[video["sha256"] for video in videos] for videos in arrived] == [[digest]] * 3


def choose_all(person: Person, card: dict[str, Any]) -> None:
    step(person, card, "Channels")
    for name in (CHANNEL, TIKTOK, INSTAGRAM):
        if f"✅ {name}" not in str(refreshed(person, card)["keyboard"]):
            step(person, card, f"⬜ {name}")
            person.wait_for(shows(card["message_id"], f"✅ {name}"))
    step(person, card, "Done")


def sizes(sandbox: Sandbox, where: str) -> list[int]:
    """How many bytes of files each request carried to a site's upload host."""
    asked = sandbox.get("requests")["requests"]
    return [each["body_bytes"] for each in asked if where in each["path"] and each["body_bytes"] > 100_000]


@pytest.mark.long
def test_killed_while_a_video_is_taken_back_it_is_gone_all_the_same(
    sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path
) -> None:
    connect(person)
    card = scheduled(person, clip(clips), "Gone all the same")
    says(person, card, "YouTube makes it public")
    held = sandbox.fault(service="youtube", method="DELETE", path="/videos", fault="hold", nth=1)
    step(person, card, "Cancel")
    eventually(lambda: sandbox.holding(held), "the deletion is under way")
    fabric.kill9()
    assert len(sandbox.videos()) == 1
    sandbox.clear_faults()
    fabric.start()
    says(person, card, "Nothing was published")
    assert sandbox.videos() == []


def test_another_time_moves_a_staged_post(sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path) -> None:
    connect(person)
    card = scheduled(person, clip(clips), "An hour sooner")
    says(person, card, "YouTube makes it public")
    (first,) = sandbox.videos()
    step(person, card, "Edit")
    step(person, card, "Time", "In 1 hour", "Approve")
    says(person, card, "YouTube makes it public")
    is_moved = "the video has its new time"
    (moved,) = eventually(lambda: [v for v in sandbox.videos() if v["publish_at"] != first["publish_at"]], is_moved)
    assert moved["id"] == first["id"], "no second upload"
    assert datetime.fromisoformat(moved["publish_at"]) < datetime.fromisoformat(first["publish_at"])
    fabric.advance(HOUR + 5)
    person.wait_text("An hour sooner", "Published on YouTube", after=card["message_id"])
    assert [(each["id"], each["privacy"]) for each in sandbox.videos()] == [(moved["id"], "public")]
    assert len(rang(person, card)) == 1


@pytest.mark.long
def test_tiktoks_address_that_dies_while_it_waits_is_replaced(
    sandbox: Sandbox, fabric: TimedFabric, person: Person, clips: Path
) -> None:
    connect_tiktok(person)
    card = scheduled(person, large_clip(clips), "A second address")
    says(person, card, "Waits for its time")
    fabric.advance(2.5 * HOUR + 60)
    says(person, card, "Uploaded ahead")
    fabric.kill9()
    fabric.advance(2 * HOUR)
    fabric.start()
    person.wait_text("A second address", "in your TikTok inbox", after=card["message_id"])
    assert len(ledger(sandbox, "tiktok")) == 1


def large_clip(clips: Path) -> Path:
    """Two of TikTok's smallest chunks and a bit: a clip that ends in a box which players pass over."""
    body, size, path = spoken_clip(clips, 14, size=VERTICAL).read_bytes(), 12 * 1024 * 1024, clips / "large.mp4"
    path.write_bytes(body + (size - len(body)).to_bytes(4, "big") + b"free" + bytes(size - len(body) - 8))
    return path
