"""What an account's own permission leaves out, and how long a video it allows, is told on the card before approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.callbacks import DraftAct, DraftButton
from bot.formats import fault_sentence
from platforms.base import Capabilities
from platforms.options import PostOptions
from storage.values import Fault
from tests.bot.chat import TEXTS, Chat
from tests.scheduler.world import START
from tests.support.fake_platform import FakePlatform


class Partial(FakePlatform):
    """A site whose smaller permission does not comment, and that tells how long an account's videos may be."""

    post_options = PostOptions(facts=("max_duration_s",))
    asked = 0

    def capabilities_of(self, scopes: frozenset[str]) -> Capabilities:
        return replace(self.capabilities, comment="comment" in scopes)

    async def account_choices(self, access_token: str) -> Mapping[str, Any]:
        self.asked += 1
        return {"max_duration_s": 10}


def partial(chat: Chat) -> Partial:
    site = Partial(chat.site)
    site.oauth.wanted_scopes = frozenset({"upload", "comment"})
    chat.platforms["fake"] = site
    return site


async def open_panel(chat: Chat, panel: str) -> None:
    draft = await chat.draft()
    tap = DraftButton(draft=draft.id, version=draft.version, act=DraftAct.PANEL, arg=panel).pack()
    await chat.press_data(tap, draft.card_message_id or 0)


async def test_the_panel_of_what_follows_offers_no_comment_to_a_permission_without_it(chat: Chat) -> None:
    partial(chat)
    await chat.connect_account()
    await chat.send_video("T")
    await open_panel(chat, "interactions")
    assert "Morning Tales: its permission does not cover comments. Connect it again in a browser" in chat.last
    labels = [button.label for row in chat.screen("Morning Tales: its").rows for button in row]
    assert not any("omment" in label for label in labels)
    assert any("ike" in label for label in labels)


async def test_how_long_a_video_may_be_is_learnt_with_the_first_tap_and_asked_once(chat: Chat) -> None:
    site = partial(chat)
    account = await chat.connect_account()
    await chat.send_video("T")
    for panel in ("voice", "time", ""):
        await open_panel(chat, panel)
    assert chat.services.options.longest_s() == {account.id: 10.0}
    assert site.asked == 1


def test_lengths_are_told_as_people_read_them() -> None:
    fault = Fault("tiktok.video_too_long", {"actual_s": 700.033, "limit_s": 600.0})
    said = fault_sentence(fault, TEXTS.of("en"), zone="UTC", now=START)
    assert said == "The video lasts 11:40; TikTok allows 10:00."
