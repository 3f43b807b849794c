"""Plain text: the answer to what was asked, or something that we do not understand and say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.handlers import account_names, upload_answers
from bot.handlers.frame_buttons import answer_cover
from bot.handlers.interaction_answers import on_comment
from bot.handlers.option_buttons import answer_option
from bot.handlers.questions import close_question, close_typed_question
from bot.handlers.settings import set_zone
from bot.handlers.text_answers import (
    MORE,
    expect_more,
    take_description,
    take_keywords,
    take_more,
    take_title,
)
from bot.news import fault_to_json
from bot.option_panels import QUESTION
from bot.screen import shorten
from bot.turn import Turn
from scheduler.errors import TimeError
from storage.values import Conversation, Draft, DraftState, Fault

ADDRESSES = ("http://", "https://")
ECHOED = 60
"""UTF-16 units of a text that are repeated in a sentence about it."""

AnswerHandler: TypeAlias = Callable[[Turn, Draft, str], Awaitable[bool]]


async def on_text(message: Message, turn: Turn) -> None:
    """Take the text as the answer to the open question; with none open, say what can be done."""
    text = (message.text or "").strip()
    asked = await turn.uow.conversations.get(turn.chat_id)
    if text.startswith("/"):
        await close_typed_question(turn)
        await turn.replies.text("sorry.command")
    elif asked is None or not await _answer(turn, asked, text, message.date):
        await turn.replies.text("sorry.address" if text.startswith(ADDRESSES) else "sorry.text")


async def _answer(turn: Turn, asked: Conversation, text: str, sent_at: datetime) -> bool:
    """Whether the text answers what was asked."""
    if asked.question == MORE:
        return await take_more(turn, asked, text, sent_at)
    if asked.question == "timezone":
        await set_zone(turn, text)
        return True
    if asked.question == account_names.QUESTION:
        await account_names.connect(turn, str(asked.params["platform"]), text)
        return True
    if asked.question in upload_answers.QUESTIONS:
        return await upload_answers.answer_upload(turn, asked, text)
    handler = DRAFT_ANSWERS.get(asked.question)
    is_option = asked.question.startswith(QUESTION)
    if (handler is None and not is_option) or asked.draft_id is None:
        return False
    draft = await turn.uow.drafts.get(asked.draft_id)
    if draft.state is not DraftState.OPEN or await _is_small_talk(turn, asked, text):
        await close_question(turn)
        return False
    if handler is None:
        await answer_option(turn, asked, draft, text)
    elif await handler(turn, draft, text):
        await turn.uow.conversations.clear(turn.chat_id)
        if asked.question == "description":
            await expect_more(turn, draft, text, sent_at)
        # The card follows the answer down the chat: whoever typed is looking there.
        await turn.replies.new_card(draft)
    return True


async def _is_small_talk(turn: Turn, asked: Conversation, text: str) -> bool:
    """Whether the person has gone on to something else: a text without a digit is no time, and gets help only once."""
    if asked.question != "time" or any(character.isdigit() for character in text):
        return False
    if asked.params.get("was_helped"):
        return True
    await turn.uow.conversations.ask(turn.chat_id, asked.question, asked.draft_id, {"was_helped": True})
    return False


async def _time(turn: Turn, draft: Draft, text: str) -> bool:
    try:
        when = turn.services.parse_time(text, now=turn.now, timezone=turn.operator.timezone)
    except TimeError as error:
        # Cut, so that the advice at the sentence's end survives whatever was typed.
        said = Fault(error.code, {**error.params, "text": shorten(text, ECHOED)})
        await turn.replies.ask_again("time", fault_to_json(said))
        return False
    return await _change(turn, draft, publish_now=False, scheduled_time=when)


async def _change(turn: Turn, draft: Draft, **fields: Any) -> bool:
    await turn.uow.drafts.change(draft.id, version=draft.version, **fields)
    return True


DRAFT_ANSWERS: Mapping[str, AnswerHandler] = {
    "title": take_title,
    "description": take_description,
    "keywords": take_keywords,
    "time": _time,
    "cover": answer_cover,
    "comment": on_comment,
}


async def has_text(message: Message) -> bool:
    """Filter: there is a text."""
    return bool(message.text)


async def on_anything(_: Message, turn: Turn) -> None:
    """A photo, a sticker, a file that is no video."""
    await turn.replies.text("sorry.not_a_video")


async def on_unknown_button(_: CallbackQuery, turn: Turn) -> None:
    """A button of another version of this program, or a forged one."""
    turn.replies.toast(turn.t.plain("toast.unknown"))


def build() -> Router:
    """The router that catches all the rest; it must be the last one."""
    router = Router(name="answers")
    router.message.register(on_text, has_text)
    router.message.register(on_anything)
    router.callback_query.register(on_unknown_button)
    return router
