"""The buttons of an open draft: each changes one thing, if the card that it was pressed on is the newest one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from aiogram import Router
from aiogram.types import CallbackQuery

from bot.callbacks import DraftAct, DraftButton, voice_key
from bot.card import draft_problems
from bot.draft_panels import PANELS, PRIVACIES, TIME_PRESETS
from bot.handlers.frame_buttons import choose_cover, choose_frame, choose_loudness
from bot.handlers.interaction_answers import drop_comment, switch_like
from bot.handlers.length_limits import learn_limits
from bot.handlers.music_buttons import choose_music
from bot.handlers.option_buttons import asked_anew, open_options, set_option
from bot.handlers.presses import adopt_card, own_draft
from bot.handlers.questions import leave_other_card
from bot.handlers.switches import is_switch
from bot.handlers.words import drop_words
from bot.option_panels import site_of
from bot.turn import RefusedError, Turn
from scheduler.errors import NotReadyError, TimeError
from storage.errors import StaleVersionError
from storage.values import AccountStatus, Clip, ClipState, Draft, DraftState, Fault

Action: TypeAlias = Callable[[Turn, Draft, str], Awaitable[None]]


async def on_draft_button(query: CallbackQuery, callback_data: DraftButton, turn: Turn) -> None:
    """Obey a button, unless its draft was changed or closed since the button was drawn."""
    draft = await own_draft(turn, callback_data.draft)
    draft = await adopt_card(turn, draft, query)
    is_old = draft.version != callback_data.version and not is_switch(callback_data)
    if draft.state is not DraftState.OPEN or is_old:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    try:
        await ACTIONS[callback_data.act](turn, draft, callback_data.arg)
    except StaleVersionError:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft) from None
    if not (callback_data.act is DraftAct.PANEL and site_of(callback_data.arg)):  # which asks for all there is
        await learn_limits(turn, draft.id)
    await turn.replies.card(draft)


async def close_panel(turn: Turn) -> None:
    """Show the overview again and expect no answer."""
    await turn.uow.conversations.clear(turn.chat_id)


async def open_panel(turn: Turn, draft: Draft, panel: str) -> None:
    """Open a part of the card."""
    await leave_other_card(turn, draft)
    await turn.uow.conversations.ask(turn.chat_id, panel, draft.id)


async def _panel(turn: Turn, draft: Draft, arg: str) -> None:
    if arg in PANELS:
        await open_panel(turn, draft, arg)
    elif site_of(arg):
        await leave_other_card(turn, draft)
        await open_options(turn, draft, arg)
    else:
        await close_panel(turn)


async def _toggle_account(turn: Turn, draft: Draft, arg: str) -> None:
    usable = {account.id for account in await turn.uow.accounts.list(statuses=(AccountStatus.ACTIVE,))}
    number, wanted = [*arg.split("."), ""][:2]
    account_id = int(number) if number.isdecimal() else 0
    is_chosen = account_id in draft.account_ids
    if wanted == ("1" if is_chosen else "0"):
        return
    if not is_chosen and account_id not in usable:
        raise RefusedError(turn.t.plain("toast.account_unavailable"), draft=draft)
    others = tuple(chosen for chosen in draft.account_ids if chosen != account_id)
    joined = () if is_chosen else (account_id,)
    options = await asked_anew(turn, draft, account_id) if joined else draft.options
    await _change(turn, draft, account_ids=(*others, *joined), options=options)
    if len(usable) == 1 and not is_chosen:
        await close_panel(turn)


async def _voice(turn: Turn, draft: Draft, arg: str) -> None:
    names = ["", *(voice.name for voice in turn.services.voices())]
    chosen = next((name for name in names if voice_key(name) == arg), None)
    if chosen is None:
        raise RefusedError(turn.t.plain("toast.unknown_voice"), draft=draft, is_alert=True)
    await _change(turn, draft, voice_preset=chosen)
    await close_panel(turn)


async def _now(turn: Turn, draft: Draft, _: str) -> None:
    await _change(turn, draft, publish_now=True, scheduled_time=None)
    await close_panel(turn)


async def _at(turn: Turn, draft: Draft, arg: str) -> None:
    if arg not in TIME_PRESETS:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)
    try:
        when = turn.services.parse_time(TIME_PRESETS[arg], now=turn.now, timezone=turn.operator.timezone)
    except TimeError as error:
        raise RefusedError(turn.explain(Fault(error.code, error.params)), draft=draft, is_alert=True) from None
    await _change(turn, draft, publish_now=False, scheduled_time=when)
    await close_panel(turn)


async def _privacy(turn: Turn, draft: Draft, arg: str) -> None:
    if arg in PRIVACIES:
        await _change(turn, draft, options={**draft.options, "privacy_status": arg})


async def _kids(turn: Turn, draft: Draft, arg: str) -> None:
    await _change(turn, draft, options={**draft.options, "made_for_kids": arg == "1"})


async def _approve(turn: Turn, draft: Draft, _: str) -> None:
    clip = await turn.uow.clips.get(draft.clip_id)
    accounts = tuple([await turn.uow.accounts.get(account_id) for account_id in draft.account_ids])
    problems = draft_problems(turn.services, draft, clip, accounts)
    if problems or clip.state is not ClipState.READY:
        raise _not_ready(turn, draft, clip, problems)
    await close_panel(turn)
    try:
        await turn.services.approval.approve(turn.uow, draft, turn.operator)
    except NotReadyError as error:
        raise _not_ready(turn, draft, clip, error.problems) from None
    turn.replies.wakes_scheduler = True
    turn.replies.toast(turn.t.plain("toast.approved"))


def _not_ready(turn: Turn, draft: Draft, clip: Clip, problems: tuple[Fault, ...]) -> RefusedError:
    if not problems and clip.state is not ClipState.READY:
        return RefusedError(turn.t.plain("toast.clip_not_ready"), draft=draft, is_alert=True)
    said = "\n".join(f"• {turn.explain(problem)}" for problem in problems)
    return RefusedError(turn.t.plain("toast.missing", list=said), draft=draft, is_alert=True)


async def _discard(turn: Turn, draft: Draft, _: str) -> None:
    await turn.uow.drafts.close(draft.id, version=draft.version, state=DraftState.DISCARDED)
    await close_panel(turn)
    turn.replies.toast(turn.t.plain("toast.discarded"))


async def _retry_clip(turn: Turn, draft: Draft, _: str) -> None:
    clip = await turn.uow.clips.get(draft.clip_id)
    if clip.state is ClipState.FAILED:
        await turn.uow.clips.retry(clip.id)
        turn.replies.wakes_downloads = True


async def _change(turn: Turn, draft: Draft, **fields: Any) -> Draft:
    return await turn.uow.drafts.change(draft.id, version=draft.version, **fields)


ACTIONS: Mapping[DraftAct, Action] = {
    DraftAct.PANEL: _panel,
    DraftAct.TOGGLE_ACCOUNT: _toggle_account,
    DraftAct.VOICE: _voice,
    DraftAct.MUSIC: choose_music,
    DraftAct.NOW: _now,
    DraftAct.AT: _at,
    DraftAct.PRIVACY: _privacy,
    DraftAct.KIDS: _kids,
    DraftAct.OPTION: set_option,
    DraftAct.FRAME: choose_frame,
    DraftAct.LOUDNESS: choose_loudness,
    DraftAct.COVER: choose_cover,
    DraftAct.APPROVE: _approve,
    DraftAct.DISCARD: _discard,
    DraftAct.RETRY_CLIP: _retry_clip,
    DraftAct.LIKE: switch_like,
    DraftAct.NO_COMMENT: drop_comment,
    DraftAct.NO_WORDS: drop_words,
}


def build() -> Router:
    """The router of an open draft's buttons."""
    router = Router(name="drafts")
    router.callback_query.register(on_draft_button, DraftButton.filter())
    return router
