"""An outbox row becomes what is sent: read and rendered at the last moment, in the person's own language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot import formats
from bot.callbacks import QuestionButton
from bot.card import Card, load_card
from bot.draft_card import render_draft
from bot.news import fault_from_json, news_screen
from bot.ports import Services
from bot.post_card import render_post
from bot.progress import ProgressBoard
from bot.screen import Button, Rows, Screen
from bot.texts import Speech, Texts
from bot.views.context import ViewContext
from bot.views.registry import EPITAPHS, MOVED, VIEWS
from storage.errors import NotFoundError
from storage.unit_of_work import UnitOfWork
from storage.values import DraftState, Operator, OutboxMessage

CARD, TEXT, VIEW, NEWS, ERRAND = "card", "text", "view", "news", "errand"
REPEATABLE = frozenset({CARD, VIEW})
"""Kinds that may be sent again when nobody knows whether they arrived: twice is harmless."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What to send: a new message, or a change of `message_id`; `draft_id` names the draft whose card it is."""

    screen: Screen
    message_id: int | None = None
    draft_id: int | None = None
    replaced_id: int | None = None
    """The message that showed the same card until now, and is to say where it went."""
    is_edit_only: bool = False
    """Whether it has no sense as a new message."""
    is_removal: bool = False
    """Whether the message is to go away; where Telegram does not allow that any more, it shows `screen`."""
    consent_state: str | None = field(default=None, repr=False)
    """The consent whose link it shows."""
    code_key: str | None = None
    """The consent whose code it shows."""


def render_card(card: Card, t: Speech) -> Screen:
    """The card of a draft in any state."""
    return render_post(card, t) if card.draft.state is DraftState.APPROVED else render_draft(card, t)


class Renderer:
    """Renders every kind of row but errands."""

    def __init__(
        self, *, texts: Texts, services: Services, board: ProgressBoard, clock: Callable[[], datetime]
    ) -> None:
        self._texts = texts
        self._services = services
        self._board = board
        self._clock = clock

    async def render(self, uow: UnitOfWork, message: OutboxMessage) -> Outgoing | None:
        """None where there is nothing left to show: what the row is about is gone."""
        operator = await uow.operators.by_telegram(message.chat_id)
        if operator is None:
            return self._to_stranger(message)
        try:
            return await self._render(uow, message, operator)
        except NotFoundError:
            return None

    async def _render(self, uow: UnitOfWork, message: OutboxMessage, operator: Operator) -> Outgoing | None:
        payload = message.payload
        context = self._context(uow, operator)
        match message.kind:
            case "card":
                return await self._card(context, payload)
            case "text":
                return Outgoing(Screen(_sentence(context, payload), _stop_asking(context, payload)))
            case "news":
                return Outgoing(await news_screen(context, payload))
            case "view":
                return await _view(context, payload)
        return None

    async def _card(self, context: ViewContext, payload: Any) -> Outgoing:
        card = await load_card(
            context.uow,
            int(payload["draft_id"]),
            operator=context.operator,
            services=self._services,
            board=self._board,
            now=context.now,
        )
        screen, shown_in = render_card(card, context.t), card.draft.card_message_id
        if payload.get("is_new"):
            return Outgoing(screen, draft_id=card.draft.id, replaced_id=shown_in)
        return Outgoing(screen, message_id=shown_in, draft_id=card.draft.id)

    def _to_stranger(self, message: OutboxMessage) -> Outgoing | None:
        """To somebody who is nobody here only plain sentences go, in the language that their client told."""
        if message.kind != TEXT:
            return None
        t = self._texts.of(message.payload.get("locale"))
        return Outgoing(Screen(t(str(message.payload["key"]), **message.payload.get("params", {}))))

    def _context(self, uow: UnitOfWork, operator: Operator) -> ViewContext:
        return ViewContext(
            uow=uow,
            operator=operator,
            t=self._texts.of(operator.locale),
            services=self._services,
            now=self._clock(),
            languages=self._texts.locales,
        )


async def _view(context: ViewContext, payload: Mapping[str, Any]) -> Outgoing:
    name = payload["view"]
    return Outgoing(
        await VIEWS[name](context, payload.get("args", {})),
        message_id=payload.get("message_id"),
        is_edit_only=name in EPITAPHS,
        is_removal=name == MOVED,
    )


def _stop_asking(context: ViewContext, payload: Mapping[str, Any]) -> Rows:
    if "question" not in payload:
        return ()
    stop = QuestionButton(question=str(payload["question"])).pack()
    return ((Button(context.t.plain("button.stop_asking"), data=stop),),)


def _sentence(context: ViewContext, payload: Mapping[str, Any]) -> str:
    if "fault" not in payload:
        return context.t(str(payload["key"]), **payload.get("params", {}))
    fault = fault_from_json(payload["fault"])
    return formats.fault_sentence(fault, context.t, zone=context.operator.timezone, now=context.now)
