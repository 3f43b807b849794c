"""What a site lets people choose: asked in the chat, and what was chosen is what the site got."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.callbacks import DraftAct, DraftButton, voice_key
from bot.option_panels import value_key
from tests.support.clips import VERTICAL, spoken_clip
from tests.support.fabric import Fabric, Person, describe, running_fabric
from tests.support.killing import eventually
from tests.support.office import draft_button
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.story import connect, send_clip
from tests.whole.test_platforms import connect_site, ledger

MORNING, NIGHT, KITCHEN = "Morning Tales", "Night Stories", "Quiet Kitchen"


class Desk:
    """A product that posts to TikTok directly, and one person at it, who does not wait for the card to follow."""

    def __init__(self, sandbox: Sandbox, fabric: Fabric, clips: Path) -> None:
        self.sandbox, self.fabric, self.person, self._clips = sandbox, fabric, Person(sandbox), clips
        self.creators = {each["nickname"]: each["id"] for each in sandbox.info()["tiktok_creators"]}

    def card(self, title: str, site: str, *accounts: str) -> dict[str, Any]:
        """A draft for these accounts of a site (all if none is named), in the original voice, to go out at once."""
        card = send_clip(self.person, spoken_clip(self._clips, 4, size=VERTICAL), title)
        self.toggle(card, site, *accounts)
        self.choose(card, DraftAct.VOICE, voice_key(""))
        self.choose(card, DraftAct.NOW)
        return card

    def toggle(self, card: dict[str, Any], site: str, *accounts: str) -> None:
        """Switch accounts of a site on or off; all of them if none is named."""
        for number, name in self._ask("SELECT id, title FROM accounts WHERE platform = ?", site):
            if name in accounts or not accounts:
                self.choose(card, DraftAct.TOGGLE_ACCOUNT, str(number))

    def choose(self, card: dict[str, Any], act: DraftAct, arg: str = "") -> str:
        """Press a button as if the card were up to date already; the words of the toast."""
        number = draft_button(card).draft
        ((version,),) = self._ask("SELECT version FROM drafts WHERE id = ?", number)
        data = DraftButton(draft=number, version=version, act=act, arg=arg).pack()
        asked = {"message_id": card["message_id"], "callback_data": data, "forge": True, "wait_s": 15}
        return str(
            (self.sandbox.post("telegram/press", user=self.person.user, **asked)["answer"] or {}).get("text") or ""
        )

    def open(self, card: dict[str, Any], panel: str, *words: str) -> dict[str, Any]:
        """Open a panel; the card once it holds the words."""
        self.choose(card, DraftAct.PANEL, panel)
        return self.becomes(card, *words)

    def value(self, card: dict[str, Any], site: str, key: str, value: str) -> str:
        """Choose a value; the words of the toast."""
        return self.choose(card, DraftAct.OPTION, f"{site}.{key}.{value_key(value)}")

    def switch(self, card: dict[str, Any], site: str, *keys: str) -> str:
        """Turn switches over; the words of the last toast."""
        return [self.choose(card, DraftAct.OPTION, f"{site}.{key}") for key in keys][-1]

    def approve(self, card: dict[str, Any]) -> str:
        return self.choose(card, DraftAct.APPROVE)

    def becomes(self, card: dict[str, Any], *words: str) -> dict[str, Any]:
        """The card, once its text and buttons hold all the words."""
        return self.person.wait_for(
            lambda m: bool(m["message_id"] == card["message_id"]) and all(word in describe(m) for word in words)
        )

    def post(self, site: str, title: str) -> dict[str, Any]:
        """What the site has under this title."""

        def found() -> list[dict[str, Any]]:
            return [each for each in ledger(self.sandbox, site) if each["title"].startswith(title)]

        eventually(lambda: bool(found()), f"{title!r} is at {site}")
        (post,) = found()
        return post

    def _ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        path = self.fabric.home / "sandbox" / "fabric.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()


def labels(card: dict[str, Any]) -> list[str]:
    return [button["text"] for row in card["keyboard"] for button in row]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("options")
    with running_sandbox(folder / "world") as sandbox:
        sandbox.post("youtube/settings", processing_s=0.0)
        sandbox.post("instagram/settings", processing_s=0.0)
        with running_fabric(sandbox, folder / "home", FABRIC_TIKTOK_MODE="direct") as fabric:
            desk = Desk(sandbox, fabric, clips)
            for nickname in (MORNING, NIGHT, KITCHEN):
                connect_site(desk.person, "TikTok", creator=desk.creators[nickname])
            connect_site(desk.person, "Instagram", accounts=[sandbox.info()["instagram_accounts"][0]["id"]])
            connect(desk.person, "Night Stories")
            yield desk


@pytest.fixture
def changed(desk: Desk) -> Iterator[Callable[..., None]]:
    """Change an account's own settings at TikTok, until the test is over."""
    put: dict[str, dict[str, Any]] = {}

    def change(nickname: str, **fields: Any) -> None:
        creator = desk.creators[nickname]
        before = next(each for each in desk.sandbox.get("tiktok/creators")["creators"] if each["id"] == creator)
        put[creator] = {key: before[key] for key in fields}
        desk.sandbox.post("tiktok/creators", id=creator, **fields)

    yield change
    for creator, fields in put.items():
        desk.sandbox.post("tiktok/creators", id=creator, **fields)


def test_a_direct_post_goes_out_with_what_was_chosen_and_with_nothing_before(desk: Desk) -> None:
    card = desk.card("Chosen", "tiktok", MORNING)
    assert "Choose who may see the video on TikTok" in desk.approve(card)
    desk.becomes(card, "Next: settings for TikTok", "Music Usage Confirmation")
    panel = desk.open(card, "option.tiktok", MORNING, "@morningtales", "videos up to 10:00")
    switches = ["⬜ Comments", "⬜ Duets", "⬜ Stitches", "⬜ Promotional content"]
    assert labels(panel)[:5] == ["Who can watch: not chosen", *switches]
    levels = desk.open(card, "option.tiktok.privacy_level", "Only me")
    assert labels(levels) == ["Everyone", "Friends", "Only me", "‹ Back"]
    desk.value(card, "tiktok", "privacy_level", "MUTUAL_FOLLOW_FRIENDS")
    desk.switch(card, "tiktok", "disable_duet", "disable_comment", "disable_comment")
    desk.open(card, "", "TikTok: Friends")
    assert desk.approve(card) == "Approved"
    said = desk.post("tiktok", "Chosen")["post_info"]
    assert said["privacy_level"] == "MUTUAL_FOLLOW_FRIENDS"
    assert (said["disable_comment"], said["disable_duet"], said["disable_stitch"]) == (True, False, True)


@pytest.mark.long
def test_of_a_private_and_a_public_account_what_both_may_is_offered_and_the_rest_is_named(desk: Desk) -> None:
    card = desk.card("Both", "tiktok", MORNING, NIGHT)
    desk.open(card, "option.tiktok", "@morningtales", "@nightstories")
    levels = desk.open(
        card, "option.tiktok.privacy_level", f"Everyone: not for {NIGHT}", f"Followers: not for {MORNING}"
    )
    assert labels(levels) == ["Friends", "Only me", "‹ Back"]
    assert "has changed" in desk.value(card, "tiktok", "privacy_level", "PUBLIC_TO_EVERYONE")
    desk.value(card, "tiktok", "privacy_level", "SELF_ONLY")
    desk.open(card, "", "TikTok: Only me")
    desk.toggle(card, "tiktok", KITCHEN)
    desk.becomes(card, "TikTok: not chosen")


def test_too_many_hashtags_are_told_before_anything_is_sent(desk: Desk) -> None:
    card = desk.card("Hashtags", "instagram")
    desk.choose(card, DraftAct.PANEL, "keywords")
    moved = desk.person.wait_text("Before approval", after=desk.person.say(", ".join(f"tag{n}" for n in range(31))))
    assert "31" in desk.approve(moved)
    assert [each for each in ledger(desk.sandbox, "instagram") if each["title"] == "Hashtags"] == []


@pytest.mark.long
def test_what_an_account_has_switched_off_cannot_be_switched_on(desk: Desk, changed: Callable[..., None]) -> None:
    changed(KITCHEN, comment_disabled=True)
    card = desk.card("Silent", "tiktok", KITCHEN)
    off = f"Comments: switched off in the account’s own settings ({KITCHEN})"
    desk.open(card, "option.tiktok", off, "🚫 Comments", "videos up to 3:00")
    assert "own settings keep this off" in desk.switch(card, "tiktok", "disable_comment")
    desk.value(card, "tiktok", "privacy_level", "PUBLIC_TO_EVERYONE")
    assert desk.approve(card) == "Approved"
    said = desk.post("tiktok", "Silent")["post_info"]
    assert (said["privacy_level"], said["disable_comment"]) == ("PUBLIC_TO_EVERYONE", True)


@pytest.mark.long
def test_promotion_is_disclosed_whole_and_never_in_private(desk: Desk) -> None:
    card = desk.card("Bread for money", "tiktok", MORNING)
    desk.open(card, "option.tiktok", "@morningtales")
    desk.value(card, "tiktok", "privacy_level", "SELF_ONLY")
    desk.switch(card, "tiktok", "discloses")
    assert "Say whether it promotes yourself, a third party, or both" in desk.approve(card)
    desk.switch(card, "tiktok", "brand_content_toggle")
    desk.becomes(card, "Branded Content Policy", "✅ Branded content")
    assert "cannot be visible to you alone" in desk.approve(card)
    desk.value(card, "tiktok", "privacy_level", "PUBLIC_TO_EVERYONE")
    assert desk.approve(card) == "Approved"
    said = desk.post("tiktok", "Bread for money")["post_info"]
    assert (said["brand_content_toggle"], said["brand_organic_toggle"]) == (True, False)


def test_an_audience_that_is_no_longer_offered_when_it_is_posted_is_told(
    desk: Desk, changed: Callable[..., None]
) -> None:
    card = desk.card("Too late for all", "tiktok", MORNING)
    desk.open(card, "option.tiktok", "@morningtales")
    desk.value(card, "tiktok", "privacy_level", "PUBLIC_TO_EVERYONE")
    changed(MORNING, is_private=True)
    desk.approve(card)
    desk.person.wait_text(
        "Too late for all",
        "does not offer the audience “Everyone”",
        "Followers, Friends, Only me",
        after=card["message_id"],
    )
    assert [each for each in ledger(desk.sandbox, "tiktok") if each["title"].startswith("Too late")] == []
    # Another audience can be chosen, of what is offered now, and with it the post goes out.
    desk.person.press(desk.becomes(card, "Edit"), "Edit")
    desk.open(card, "option.tiktok", "@morningtales")
    levels = desk.open(card, "option.tiktok.privacy_level", "Followers")
    assert labels(levels) == ["Followers", "Friends", "Only me", "‹ Back"]
    desk.value(card, "tiktok", "privacy_level", "FOLLOWER_OF_CREATOR")
    desk.choose(card, DraftAct.NOW)
    assert desk.approve(card) == "Approved"
    assert desk.post("tiktok", "Too late")["post_info"]["privacy_level"] == "FOLLOWER_OF_CREATOR"


def test_a_reel_goes_out_with_its_switches_and_collaborators(desk: Desk) -> None:
    card = desk.card("A shared reel", "instagram")
    desk.switch(card, "instagram", "share_to_feed", "contains_synthetic_media")
    desk.open(card, "ask.instagram.collaborators", "at most 3")
    said = desk.person.say("@slow.trains, ryebread")
    moved = desk.person.wait_text("How should it go out", after=said)
    assert "Collaborators: slow.trains, ryebread" in labels(moved)
    assert desk.approve(moved) == "Approved"
    reel = desk.post("instagram", "A shared reel")
    assert reel["share_to_feed"] is False
    assert reel["collaborators"] == ["slow.trains", "ryebread"]
    assert reel["is_ai_generated"] is True


def test_a_video_goes_to_youtube_in_its_category_and_without_a_bell(desk: Desk) -> None:
    card = desk.card("How to bake", "youtube")
    desk.open(card, "option.youtube", "Category: People & Blogs", "Notify subscribers")
    desk.open(card, "option.youtube.category_id", "Howto & Style")
    desk.value(card, "youtube", "category_id", "26")
    desk.switch(card, "youtube", "notify_subscribers", "embeddable")
    assert desk.approve(card) == "Approved"
    video = desk.post("youtube", "How to bake")
    assert video["category_id"] == "26"
    assert video["status"]["embeddable"] is False
    (begun,) = [each for each in desk.sandbox.requests("youtube") if "notifySubscribers" in each["query"]]
    assert begun["query"]["notifySubscribers"] == "false"
