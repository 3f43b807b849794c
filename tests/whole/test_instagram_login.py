"""Instagram Login: Instagram itself fetches the video from this fabric, by a link that is good for that one file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person, find_button, running_fabric
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, send_clip, step

NAME = "Slow Trains"


@pytest.fixture
def fabric(sandbox: Sandbox, tmp_path: Path) -> Iterator[Fabric]:
    with running_fabric(sandbox, tmp_path / "home", FABRIC_INSTAGRAM_LOGIN="instagram") as running:
        yield running


def connect_instagram(person: Person) -> None:
    accounts = {each["name"]: each["id"] for each in person.sandbox.info()["instagram_accounts"]}
    asked = person.say("/accounts")
    person.press(person.wait_button("Connect Instagram", after=asked), "Connect Instagram")
    button = find_button(person.wait_button("Continue", after=asked), "Continue")
    assert button is not None
    sent_to = person.sandbox.post("instagram/consent", url=button["url"], account=accounts[NAME])["redirect"]
    assert httpx.get(sent_to, timeout=30).status_code == 200
    person.wait_text("Connected", NAME, after=asked)


def test_a_reel_is_fetched_by_instagram_and_published_once(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0, fetch_head=True)
    connect_instagram(person)
    clip = spoken_clip(clips, 4, size=VERTICAL)
    card = send_clip(person, clip, "By its own hand")
    step(person, card, "Voice", "Original")
    approve_now(person, card)
    person.wait_text("Published on Instagram", NAME, after=card["message_id"])
    (reel,) = sandbox.get("instagram/videos")["videos"]
    assert (reel["title"], reel["sha256"]) == ("By its own hand", hashlib.sha256(clip.read_bytes()).hexdigest())
    assert not [each for each in sandbox.requests("instagram") if "rupload" in str(each["path"])]
    assert "/files/" not in fabric.log
    stranger = httpx.get(f"http://127.0.0.1:{fabric.http_port}/files/1.99999999999.deadbeef.{'A' * 43}.mp4")
    assert stranger.status_code == 404
