"""Connecting an account of a site that has no consent page: it is named, or a post is forwarded from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from platforms.base import Grant, Identity
from platforms.errors import NeedsOperatorError, TransientError
from tests.bot.chat import OPERATOR, Chat
from tests.support.fake_platform import FakePlatform


class Club(FakePlatform):
    """A site whose accounts are named."""

    name = "club"
    display_name = "Club"
    error: Exception | None = None

    def __init__(self, *args: Any, **choices: Any) -> None:
        super().__init__(*args, **choices)
        self.oauth = None
        self.asked: list[tuple[str, str]] = []

    async def claim_account(self, named: str, *, asked_by: str) -> tuple[Grant, Identity]:
        self.asked.append((named, asked_by))
        if self.error is not None:
            raise self.error
        return Grant(named, None, None, frozenset({"post"})), Identity("77", "The Club", "@club")


@pytest.fixture
def club(chat: Chat) -> Club:
    chat.platforms["club"] = Club(chat.site)
    return chat.platforms["club"]


async def ask(chat: Chat) -> None:
    await chat.say("/accounts")
    await chat.press("Connect Club")


async def forward_post(chat: Chat) -> None:
    """Forward a post with a video from the club's channel."""
    update = chat.video("T")
    channel = {"id": -1001234, "type": "channel", "title": "The Club"}
    update["message"]["forward_origin"] = {"type": "channel", "date": 1, "chat": channel, "message_id": 5}
    await chat.arrive(update)
    await chat.settle()


async def test_an_account_is_connected_by_its_name(chat: Chat, club: Club) -> None:
    await ask(chat)
    assert "send me its name" in chat.last
    await chat.say("@club")
    assert "✅ Connected: The Club (Club)." in chat.last
    assert club.asked == [("@club", str(OPERATOR))]


async def test_its_grant_never_ends_and_is_not_renewed(chat: Chat, club: Club) -> None:
    await ask(chat)
    await chat.say("@club")
    chat.clock.advance(days=400)
    async with chat.db.read() as uow:
        (account,) = await uow.accounts.list(platform="club")
        tokens = await uow.credentials.load(account.id)
        expiring = await uow.credentials.expiring(chat.clock() + timedelta(days=1))
    assert tokens is not None
    assert (tokens.access_token, tokens.expires_at) == ("@club", None)
    assert account.id not in expiring
    await chat.services.accounts.disconnect(account.id)
    assert club.site.revoked == []


async def test_a_forwarded_post_names_its_channel_and_is_no_clip(chat: Chat, club: Club) -> None:
    await ask(chat)
    await forward_post(chat)
    assert club.asked == [("-1001234", str(OPERATOR))]
    assert "Connected: The Club" in chat.last


async def test_a_forwarded_video_is_a_clip_when_no_name_was_asked_for(chat: Chat, club: Club) -> None:
    await forward_post(chat)
    assert club.asked == []
    assert (await chat.draft()).title == "T"


async def test_a_refusal_says_why_and_offers_another_try(chat: Chat, club: Club) -> None:
    club.error = NeedsOperatorError("no", platform="club", reason="notAdmin")
    await ask(chat)
    await chat.say("@club")
    assert "Club was not connected." in chat.last
    club.error = None
    await chat.press("Try again")
    await chat.say("@club")
    assert "Connected: The Club" in chat.last


async def test_a_site_that_is_away_is_told_too(chat: Chat, club: Club) -> None:
    club.error = TransientError("503", platform="club")
    await ask(chat)
    await chat.say("@club")
    assert "Club was not connected." in chat.last


async def test_whoever_does_not_want_to_name_one_can_stop(chat: Chat, club: Club) -> None:
    await ask(chat)
    await chat.press("Stop asking")
    assert "nothing was connected" in chat.last
    await chat.say("@club")
    assert club.asked == []
