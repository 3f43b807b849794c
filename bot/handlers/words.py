"""Subtitles come in as a file (.srt, .json): they belong to a draft, for voices that say the words anew."""

from __future__ import annotations

from pathlib import PurePath

from aiogram import Router
from aiogram.types import Document, Message

from bot.turn import RefusedError, Turn
from bot.words_errand import LARGEST_BYTES
from scheduler.transcripts import SUFFIXES, TRANSCRIPT
from storage.values import Draft, DraftState


async def has_words(message: Message) -> bool | dict[str, Document]:
    """Filter: the message brings a file of subtitles."""
    sent = message.document
    is_named_so = sent is not None and PurePath(sent.file_name or "").suffix.lower() in SUFFIXES
    return {"sent": sent} if sent is not None and is_named_so else False


async def on_words(message: Message, turn: Turn, sent: Document) -> None:
    """Have them fetched for the draft that is meant."""
    name = PurePath(sent.file_name or "").name
    draft = await _meant(message, turn)
    if draft is None:
        await turn.replies.text("words.no_draft")
    elif draft.state is not DraftState.OPEN:
        await turn.replies.text("words.too_late")
    elif (sent.file_size or 0) > LARGEST_BYTES:
        await turn.replies.text("words.too_big", file=name)
    else:
        await turn.replies.errand("words", draft_id=draft.id, file_id=sent.file_id, file=name)


async def _meant(message: Message, turn: Turn) -> Draft | None:
    """The draft whose card or clip is answered; else the one whose card is open; else the newest."""
    drafts = [draft for draft in await turn.uow.drafts.open_of(turn.operator.id) if draft.chat_id == turn.chat_id]
    if message.reply_to_message is not None:
        return await _answered(message.reply_to_message.message_id, turn, drafts)
    asked = await turn.uow.conversations.get(turn.chat_id)
    opened = [draft for draft in drafts if asked is not None and draft.id == asked.draft_id]
    return next(iter([*opened, *reversed(drafts)]), None)


async def _answered(message_id: int, turn: Turn, drafts: list[Draft]) -> Draft | None:
    for draft in drafts:
        if message_id in (draft.card_message_id, (await turn.uow.clips.get(draft.clip_id)).message_id):
            return draft
    return await turn.uow.drafts.by_card(turn.chat_id, message_id)


async def drop_words(turn: Turn, draft: Draft, _: str) -> None:
    """Without subtitles again; the file goes with its clip."""
    if TRANSCRIPT not in draft.options:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    options = {name: each for name, each in draft.options.items() if name != TRANSCRIPT}
    await turn.uow.drafts.change(draft.id, version=draft.version, options=options)


def build() -> Router:
    """The router of subtitles."""
    router = Router(name="words")
    router.message.register(on_words, has_words)
    return router
