"""After the publication, as a user meets it: the first comment, the like, and never one comment too many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.fabric import Fabric, Person, find_button
from tests.support.killing import eventually
from tests.support.sandbox import Sandbox
from tests.support.story import approve_now, connect, refreshed, send_clip, shows, step
from tests.whole.test_platforms import clip, connect_instagram, connect_tiktok

COMMENT = {"service": "youtube", "method": "POST", "path": "/commentThreads"}


def comments(sandbox: Sandbox, site: str = "youtube") -> list[str]:
    return [str(comment["text"]) for comment in sandbox.get(f"{site}/comments")["comments"]]


def with_comment(person: Person, clips: Path, text: str, *, like: bool = False) -> dict[str, Any]:
    """A card with a comment to come, approved."""
    card = send_clip(person, clip(clips), "The mill\nOn the river")
    step(person, card, "First comment", "Write the comment")
    person.wait_for(lambda message: "as a message" in message["text"])
    typed = person.say(text)
    card = person.wait_button("Approve", after=typed)
    if like:
        step(person, card, "First comment", "⬜ 👍 Like it")
        person.wait_for(shows(card["message_id"], "✅ 👍 Like it"))
        step(person, card, "Done")
    step(person, card, "Voice", "Original")
    approve_now(person, card)
    return card


def test_the_first_comment_and_a_like_follow_on_youtube(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect(person)
    card = with_comment(person, clips, "More on {account}: {title}", like=True)
    person.until(lambda: "liked" in refreshed(person, card)["text"] or None)
    assert "first comment posted" in person.until(
        lambda: refreshed(person, card)["text"] if "comment posted" in refreshed(person, card)["text"] else None
    )
    assert comments(sandbox) == ["More on Morning Tales: The mill"]
    (video,) = sandbox.videos()
    assert list(video["ratings"].values()) == ["like"]


@pytest.mark.long
def test_instagram_takes_the_comment_and_has_no_like(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    sandbox.post("instagram/settings", processing_s=0.0)
    connect_instagram(person)
    card = with_comment(person, clips, "How do you like it?")
    person.until(lambda: "first comment posted" in refreshed(person, card)["text"] or None)
    assert comments(sandbox, "instagram") == ["How do you like it?"]


def test_tiktok_has_neither_and_the_card_says_so(fabric: Fabric, person: Person, clips: Path) -> None:
    connect_tiktok(person)
    card = send_clip(person, clip(clips), "A loaf")
    shown = step(person, card, "First comment")
    shown = person.wait_for(shows(card["message_id"], "Done"))
    assert "TikTok: neither" in shown["text"]
    assert find_button(shown, "Like it") is None


def test_a_comment_with_an_unknown_placeholder_is_asked_for_again(fabric: Fabric, person: Person, clips: Path) -> None:
    connect(person)
    card = send_clip(person, clip(clips), "The mill")
    step(person, card, "First comment", "Write the comment")
    person.wait_for(lambda message: "as a message" in message["text"])
    said = person.say("Watch {links}")
    person.wait_text("I don't know {links}", "{link}", after=said)


@pytest.mark.long
@pytest.mark.timeout(180)
def test_killed_between_the_comment_and_its_answer_it_is_posted_once(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect(person)
    fault = sandbox.fault(**COMMENT, fault="hold_after", nth=1)
    card = with_comment(person, clips, "Once")
    eventually(lambda: sandbox.holding(fault), "the comment is under way")
    fabric.kill9()
    sandbox.release(fault)
    fabric.start()
    eventually(lambda: "first comment posted" in refreshed(person, card)["text"], "the comment is found again")
    assert comments(sandbox) == ["Once"]


def test_a_comment_whose_answer_was_lost_is_posted_once(
    sandbox: Sandbox, fabric: Fabric, person: Person, clips: Path
) -> None:
    connect(person)
    sandbox.fault(**COMMENT, fault="drop_after", nth=1)
    card = with_comment(person, clips, "Once, whatever the line does")
    eventually(lambda: "first comment posted" in refreshed(person, card)["text"], "the comment is found")
    assert comments(sandbox) == ["Once, whatever the line does"]
