"""The open question of a chat, and the ways in which it closes without an answer."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import QuestionButton
from bot.handlers.text_answers import MORE
from bot.option_panels import QUESTION
from bot.turn import RefusedError, Turn
from storage.values import Conversation, Draft, DraftState

TYPED = (
    *("title", "description", "keywords", "time", "cover", "comment"),
    *("timezone", "account_name", "upload_title", "upload_description", "upload_comment"),
)
"""Questions that the next plain text answers; each has the sentence `cancelled.<question>`."""


async def close_question(turn: Turn) -> Conversation | None:
    """Expect no answer any more and close what is open on a card; None where nothing was open."""
    asked = await turn.uow.conversations.get(turn.chat_id)
    if asked is None:
        return None
    await turn.uow.conversations.clear(turn.chat_id)
    if asked.question == MORE:  # nobody knows that it was asked
        return None
    if asked.draft_id is None:
        return asked
    draft = await turn.uow.drafts.get(asked.draft_id)
    if draft.state is not DraftState.OPEN:
        return None
    await turn.replies.card(draft)
    return asked


async def close_typed_question(turn: Turn) -> None:
    """Whoever gives a command has left the question: the next text must not become a title by mistake."""
    asked = await turn.uow.conversations.get(turn.chat_id)
    if asked is not None and (asked.question in TYPED or asked.question.startswith(QUESTION)):
        await close_question(turn)


async def leave_other_card(turn: Turn, draft: Draft) -> None:
    """A panel or question that was open on another card closes, and that card says so."""
    before = await turn.uow.conversations.get(turn.chat_id)
    if before is not None and before.draft_id not in (None, draft.id):
        await turn.replies.card(await turn.uow.drafts.get(int(before.draft_id or 0)))


async def on_stop_asking(query: CallbackQuery, callback_data: QuestionButton, turn: Turn) -> None:
    """The person does not want to answer."""
    if callback_data.question not in TYPED:
        raise RefusedError(turn.t.plain("toast.unknown"))
    asked = await turn.uow.conversations.get(turn.chat_id)
    if asked is not None and asked.question == callback_data.question:
        await close_question(turn)
    message_id = query.message.message_id if query.message else None
    await turn.replies.view("stopped", message_id=message_id, question=callback_data.question)


def build() -> Router:
    """The router of the button that stops a question."""
    router = Router(name="questions")
    router.callback_query.register(on_stop_asking, QuestionButton.filter())
    return router
