"""The operator's story in the chat, step by step, as `Person` lives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.support.fabric import Person, find_button

CHANNEL = "Morning Tales"


def connect(person: Person, channel: str = CHANNEL) -> dict[str, Any]:
    """Connect a YouTube channel by the consent page and the loopback callback; the bot's confirmation."""
    asked = person.say("/accounts")
    person.press(person.wait_button("Connect YouTube", after=asked), "Connect YouTube")
    link = person.wait_button("Continue", after=asked)
    button = find_button(link, "Continue")
    if button is None:
        raise AssertionError("the consent message has lost its button")
    channels = {each["title"]: each["id"] for each in person.sandbox.info()["channels"]}
    sent_to = person.sandbox.consent(button["url"], channel=channels[channel])
    page = httpx.get(sent_to, timeout=30)
    if page.status_code != 200:
        raise AssertionError(f"the callback page answered {page.status_code}")
    return person.connected(channel, after=asked)


def send_clip(person: Person, path: Path, caption: str, how: str = "video") -> dict[str, Any]:
    """Send a clip; its card, once the file was looked into."""
    sent = person.send_file(path, caption, how)
    return person.wait_button("Approve", after=sent)


def refreshed(person: Person, card: dict[str, Any]) -> dict[str, Any]:
    """The same card as it is now."""
    return next(message for message in person.messages() if message["message_id"] == card["message_id"])


def step(person: Person, card: dict[str, Any], *labels: str) -> dict[str, Any]:
    """Tap buttons of one card, one after the other, each on the card as the last tap left it."""
    for label in labels:
        person.press(person.wait_for(shows(card["message_id"], label)), label)
    return refreshed(person, card)


def shows(message_id: int, label: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a message is this one, and has such a button now."""
    return lambda message: message["message_id"] == message_id and find_button(message, label) is not None


def choose(person: Person, card: dict[str, Any], *, voice: str, channel: str = CHANNEL) -> dict[str, Any]:
    """Pick channel and voice on a fresh card; an only channel is chosen already."""
    if f"Channel: {channel}" not in refreshed(person, card)["text"]:
        step(person, card, "Channels", channel)
        is_taken = (shows(card["message_id"], f"✅ {channel}"), shows(card["message_id"], "Voice"))
        if find_button(person.wait_for(lambda message: any(is_so(message) for is_so in is_taken)), "Done"):
            step(person, card, "Done")
    return step(person, card, "Voice", voice)


def approve_now(person: Person, card: dict[str, Any]) -> None:
    """Choose "right after approval", and approve."""
    step(person, card, "Time", "Right after approval", "Approve")


def published(person: Person, card: dict[str, Any]) -> dict[str, Any]:
    """The message that tells of the result."""
    return person.wait_text("ublished", after=card["message_id"])
