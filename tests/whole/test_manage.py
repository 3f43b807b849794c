"""A published video, managed from the chat as a user does it: figures, a new title, the end of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.fabric import Fabric, Person, find_button
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, connect, published, send_clip, shows, step
from tests.whole.test_platforms import approve_in, clip, connect_tiktok, ledger


def manage(person: Person, news: dict[str, Any]) -> dict[str, Any]:
    """The video's card, from the news of its publication."""
    person.press(person.wait_for(shows(news["message_id"], "Manage")), "Manage")
    return person.wait_for(lambda message: message["text"].startswith("🎬"), after=news["message_id"])


@pytest.mark.timeout(180)
def test_a_video_on_youtube_is_counted_edited_and_deleted(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect(person)
    card = send_clip(person, clip(clips), "The mill\nOn the river")
    step(person, card, "Voice", "Original")
    approve_now(person, card)
    shown = manage(person, published(person, card))
    (video,) = sandbox.videos()
    sandbox.post(f"youtube/videos/{video['id']}", statistics={"viewCount": 1234, "likeCount": 56})

    person.press(shown, "Update figures")
    shown = person.wait_text("Views: 1,234", "Likes: 56", after=shown["message_id"])
    asked = person.say("/stats")
    person.wait_text("Published: 1", "Views: +1,234", "1. The mill", after=asked)

    person.press(shown, "Report")
    person.wait_for(lambda message: message["message_id"] == shown["message_id"] and "🎬" not in message["text"])
    step(person, shown, "Back", "Title")
    person.wait_text("Send the new title", after=shown["message_id"])
    typed = person.say("The old mill")
    person.wait_text("the texts are changed", after=typed)
    (video,) = sandbox.videos()
    assert (video["title"], video["description"]) == ("The old mill", "On the river")

    shown = person.wait_for(lambda message: message["text"].startswith("🎬 The old mill"), after=typed)
    step(person, shown, "Delete", "Delete for good")
    person.wait_text("Deleted on YouTube", after=typed)
    assert sandbox.videos() == []
    asked = person.say("/posts")
    listed = person.wait_text("1. 🗑 The old mill", after=asked)
    assert find_button(step(person, listed, "⚙️ 1"), "Delete") is None


@pytest.mark.long
@pytest.mark.timeout(180)
def test_tiktok_tells_figures_and_lets_nobody_edit_or_delete(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect_tiktok(person)
    card = send_clip(person, clip(clips), "A loaf")
    approve_in(person, card)
    news = person.wait_text("in your TikTok inbox", after=card["message_id"])
    shown = manage(person, news)
    assert "TikTok lets no app do this with a published video" in shown["text"]
    assert [find_button(shown, label) for label in ("Title", "Cover", "Delete", "Comment")] == [None] * 4


@pytest.mark.long
@pytest.mark.timeout(180)
def test_a_clip_that_its_owner_posts_from_the_inbox_gets_its_link_and_its_figures(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect_tiktok(person)
    card = send_clip(person, clip(clips), "A loaf")
    approve_in(person, card)
    news = person.wait_text("in your TikTok inbox", after=card["message_id"])
    (waiting,) = ledger(sandbox, "tiktok")
    sandbox.post(f"tiktok/videos/{waiting['publish_id']}/finish", title="A loaf", privacy_level="PUBLIC_TO_EVERYONE")
    told = person.wait_for(lambda message: find_button(message, "Open the video") is not None, after=news["message_id"])
    shown = manage(person, told)
    person.press(shown, "Update figures")
    person.wait_text("Views: 0", "Shares: 0", after=shown["message_id"])
