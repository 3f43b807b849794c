"""The three sites as a user meets them: connected from the chat, published from one post, never twice."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person, find_button
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, connect, refreshed, send_clip, shows, step

TIKTOK, INSTAGRAM = "Quiet Kitchen", "Slow Trains"
"""Whose accounts they are; each name stands for one account in the whole sandbox."""
MEDIA_PUBLISH = {"service": "instagram", "method": "POST", "path": "/media_publish"}


def connect_site(person: Person, site: str, **answer: Any) -> None:
    """Connect accounts of a site by its consent page and the loopback callback."""
    asked = person.say("/accounts")
    person.press(person.wait_button(f"Connect {site}", after=asked), f"Connect {site}")
    button = find_button(person.wait_button("Continue", after=asked), "Continue")
    assert button is not None
    sent_to = person.sandbox.post(f"{site.lower()}/consent", {"url": button["url"], **answer})["redirect"]
    assert httpx.get(sent_to, timeout=30).status_code == 200
    person.wait_text("Connected", site, after=asked)


def connect_tiktok(person: Person) -> None:
    creators = {each["nickname"]: each["id"] for each in person.sandbox.info()["tiktok_creators"]}
    connect_site(person, "TikTok", creator=creators[TIKTOK])


def connect_instagram(person: Person, *names: str) -> None:
    accounts = {each["name"]: each["id"] for each in person.sandbox.info()["instagram_accounts"]}
    connect_site(person, "Instagram", accounts=[accounts[name] for name in names or (INSTAGRAM,)])


def clip(clips: Path) -> Path:
    return spoken_clip(clips, 4, size=VERTICAL)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def approve_in(person: Person, card: dict[str, Any], voice: str = "Original") -> None:
    step(person, card, "Voice", voice)
    approve_now(person, card)


def ledger(sandbox: Sandbox, site: str) -> list[dict[str, Any]]:
    return list(sandbox.get(f"{site}/videos")["videos"])


def test_a_clip_goes_to_tiktoks_inbox_and_its_owner_posts_it(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect_tiktok(person)
    card = send_clip(person, clip(clips), "A loaf\nRye, and a night")
    approve_in(person, card)
    said = person.wait_text("A loaf", "in your TikTok inbox: open TikTok and tap Post", after=card["message_id"])
    assert "Published" not in said["text"]
    assert "tap Post" in refreshed(person, card)["text"]
    (waiting,) = ledger(sandbox, "tiktok")
    assert (waiting["status"], waiting["sha256"]) == ("SEND_TO_USER_INBOX", digest(clip(clips)))

    sandbox.post(f"tiktok/videos/{waiting['publish_id']}/finish", title="A loaf", privacy_level="PUBLIC_TO_EVERYONE")
    (posted,) = ledger(sandbox, "tiktok")
    assert posted["title"] == "A loaf"


@pytest.mark.long
def test_a_clip_becomes_a_reel_from_the_local_disk(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect_instagram(person)
    card = send_clip(person, clip(clips), "The slow train\nOver the pass")
    approve_in(person, card)
    person.wait_text("Published on Instagram", INSTAGRAM, after=card["message_id"])
    (reel,) = ledger(sandbox, "instagram")
    assert (reel["title"], reel["sha256"]) == ("The slow train", digest(clip(clips)))
    assert "Over the pass" in reel["caption"]
    link = find_button(refreshed(person, card), "Open the video")
    assert link is not None
    assert reel["shortcode"] in link["url"]


def test_one_consent_at_facebook_connects_every_page_that_was_ticked(
    sandbox: Sandbox, fabric: Fabric, person: Person
) -> None:
    connect_instagram(person, "Slow Trains", "Kitchen Daylight")
    asked = person.say("/accounts")
    shown = person.wait_button("Connect Instagram", after=asked)
    labels = " ".join(button["text"] for row in shown["keyboard"] for button in row)
    assert "Slow Trains" in labels
    assert "Kitchen Daylight" in labels


@pytest.mark.timeout(180)
def test_one_post_goes_to_all_three_sites_with_one_conversion(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    connect(person)
    connect_tiktok(person)
    connect_instagram(person)
    card = send_clip(person, clip(clips), "Everywhere")
    taken = refreshed(person, card)["text"]
    step(person, card, "Channels")
    for name in ("Morning Tales", TIKTOK, INSTAGRAM):
        if name not in taken:
            step(person, card, f"⬜ {name}")
            person.wait_for(shows(card["message_id"], f"✅ {name}"))
    step(person, card, "Done")
    approve_in(person, card, voice="Deeper")
    for words in ("Published on YouTube", "Published on Instagram", "in your TikTok inbox"):
        person.wait_text("Everywhere", words, after=card["message_id"])
    arrived = [ledger(sandbox, site) for site in ("youtube", "tiktok", "instagram")]
    assert [len(videos) for videos in arrived] == [1, 1, 1]
    (sent,) = {videos[0]["sha256"] for videos in arrived}
    # The clip in its new voice, and that as the sites want it: no site cost another conversion.
    made = {digest(render) for render in (fabric.home / "sandbox" / "renders").glob("*.mp4")}
    assert len(made) == 2
    assert sent in made


def test_a_reel_whose_publication_was_not_answered_is_published_once(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    sandbox.fault(**MEDIA_PUBLISH, fault="drop_after", nth=1)
    connect_instagram(person)
    card = send_clip(person, clip(clips), "Once and only once")
    approve_in(person, card)
    person.wait_text("Published on Instagram", after=card["message_id"])
    (reel,) = ledger(sandbox, "instagram")
    assert reel["title"] == "Once and only once"
    assert publications(sandbox) == 1


@pytest.mark.long
@pytest.mark.timeout(180)
def test_killed_between_the_publication_and_its_answer_it_is_published_once(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    fault = sandbox.fault(**MEDIA_PUBLISH, fault="hold_after", nth=1)
    connect_instagram(person)
    card = send_clip(person, clip(clips), "A death in between")
    approve_in(person, card)
    eventually(lambda: sandbox.holding(fault), "the publication is under way")
    fabric.kill9()
    sandbox.release(fault)
    fabric.start()
    person.wait_text("Published on Instagram", after=card["message_id"])
    (reel,) = ledger(sandbox, "instagram")
    assert reel["title"] == "A death in between"
    assert publications(sandbox) == 1


def publications(sandbox: Sandbox) -> int:
    """How many requests to publish have reached Instagram."""
    asked = (each["path"] for each in sandbox.requests("instagram"))
    return sum(1 for path in asked if re.search(r"/media_publish$", str(path)))
