"""What every press of a button is checked for."""

from __future__ import annotations

from aiogram.types import CallbackQuery

from bot.turn import RefusedError, Turn
from storage.errors import NotFoundError
from storage.values import Draft


async def own_draft(turn: Turn, draft_id: int) -> Draft:
    """The draft, if it is this operator's; a forged or forgotten one is refused the same way."""
    try:
        draft = await turn.uow.drafts.get(draft_id)
    except NotFoundError:
        raise RefusedError(turn.t.plain("toast.unknown")) from None
    if draft.operator_id != turn.operator.id:
        raise RefusedError(turn.t.plain("toast.unknown"))
    return draft


async def adopt_card(turn: Turn, draft: Draft, query: CallbackQuery) -> Draft:
    """A draft may have been shown more than once: its card is the message that the person uses."""
    if query.message is not None and query.message.message_id != draft.card_message_id:
        await turn.uow.drafts.set_card(draft.id, query.message.message_id)
    return await turn.uow.drafts.get(draft.id)
