"""A Telegram channel as a user meets it: named in the chat, posted to, asked about where nobody knows."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person, find_button
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, refreshed, send_clip, step

CHANNEL = "Evening Reels"


def connect_channel(person: Person, named: str = "@evening_reels") -> int:
    """Name a channel in the chat; the message that was sent last."""
    asked = person.say("/accounts")
    person.press(person.wait_button("Connect Telegram channel", after=asked), "Connect Telegram channel")
    person.wait_text("Add me to the channel", after=asked)
    return person.say(named)


def posts(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.get("telegram/videos")["videos"])


def test_a_clip_is_posted_in_a_channel_once_and_as_it_is(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    said = connect_channel(person)
    person.wait_text("Connected", CHANNEL, after=said)
    clip = spoken_clip(clips, 4, size=VERTICAL)
    card = send_clip(person, clip, "The slow train\nOver the pass")
    step(person, card, "Voice", "Original")
    approve_now(person, card)
    person.wait_text("Published on Telegram channel", CHANNEL, after=card["message_id"])
    (post,) = posts(sandbox)
    assert (post["title"], post["description"]) == ("The slow train", "Over the pass")
    assert post["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    link = find_button(refreshed(person, card), "Open the video")
    assert link is not None
    assert link["url"] == post["url"] == "https://t.me/evening_reels/1"


def test_a_channel_where_the_bot_may_not_post_is_refused_and_then_connected(
    sandbox: Sandbox, fabric: Fabric, person: Person
) -> None:
    channel = -1001000000001
    sandbox.post("telegram/channels", id=channel, bot="member")
    told = person.wait_text("was not connected", "Make me an administrator", after=connect_channel(person))
    sandbox.post("telegram/channels", id=channel, bot="administrator")
    person.press(told, "Try again")
    person.wait_text("Add me to the channel", after=told["message_id"])
    person.wait_text("Connected", CHANNEL, after=person.say("https://t.me/evening_reels"))


def test_a_post_whose_answer_was_lost_is_asked_about_and_never_repeated(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    person.wait_text("Connected", CHANNEL, after=connect_channel(person))
    sandbox.fault(service="telegram", path="sendVideo", fault="drop_after", nth=1)
    card = send_clip(person, spoken_clip(clips, 4, size=VERTICAL), "Once")
    step(person, card, "Voice", "Original")
    approve_now(person, card)
    asked = person.wait_text("Once", "I need your answer", after=card["message_id"])
    assert len(posts(sandbox)) == 1
    person.press(asked, "It is there")
    person.until(lambda: "Published" in refreshed(person, card)["text"])
    assert len(posts(sandbox)) == 1
