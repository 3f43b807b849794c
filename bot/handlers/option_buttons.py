"""Buttons and typed answers of the panels of a site's options."""

from __future__ import annotations

from typing import Any

from bot.option_panels import NONE, SiteCard, key_of, panel_name, site_cards, site_of, value_key
from bot.turn import RefusedError, Turn
from scheduler.options import Choice, Names, Option, Toggle, Words, section_of
from storage.values import Conversation, Draft, JsonObject


async def open_options(turn: Turn, draft: Draft, panel: str) -> None:
    """Open a panel of options. A site that has to be asked is asked when its panel opens, outside this transaction."""
    before = await turn.uow.conversations.get(turn.chat_id)
    card = await _card(turn, draft, panel, before)
    if before is not None and before.draft_id == draft.id and site_of(before.question) == card.name:
        choices = before.params.get("choices", {})
    else:
        choices = {}
    await turn.uow.conversations.ask(turn.chat_id, panel, draft.id, {"choices": choices})
    if card.options.asked and not choices:
        # The card first: the answer may take its time.
        await turn.replies.card(draft)
        await turn.replies.errand("choices", draft_id=draft.id, site=card.name)


async def set_option(turn: Turn, draft: Draft, arg: str) -> None:
    """Obey a button `<site>.<option>.<value>`; of a switch the value is 1, 0, or left out for "the other way"."""
    site, key, token = [*arg.split("."), "", ""][:3]
    asked = await turn.uow.conversations.get(turn.chat_id)
    card = await _card(turn, draft, panel_name(site), asked)
    option = card.options.get(key)
    if isinstance(option, Toggle):
        await _change(turn, draft, card, option, _switched(turn, draft, card, option, token))
    elif isinstance(option, Choice):
        await _change(turn, draft, card, option, _chosen(turn, draft, card, option, token))
        params = asked.params if asked is not None and asked.draft_id == draft.id else {}
        await turn.uow.conversations.ask(turn.chat_id, panel_name(site), draft.id, params)
    else:
        raise RefusedError(turn.t.plain("toast.stale"), draft=draft)


async def answer_option(turn: Turn, asked: Conversation, draft: Draft, text: str) -> None:
    """Take a typed text as the answer to a question `ask.<site>.<option>`; a single `-` empties it."""
    card = await _card(turn, draft, asked.question, asked)
    option = card.options.get(key_of(asked.question))
    value = None if text == "-" else _typed(option, text)
    limit = _limit(option)
    if value is not None and len(value) > limit:
        await turn.replies.text("sorry.option_too_long", n=len(value), limit=limit)
        return
    if option is not None:
        await _change(turn, draft, card, option, value)
    await turn.uow.conversations.ask(turn.chat_id, panel_name(card.name), draft.id, asked.params)
    await turn.replies.new_card(draft)


def _typed(option: Option | None, text: str) -> Any:
    if isinstance(option, Names):
        names = text.replace(",", " ").split()
        return list(dict.fromkeys(name.removeprefix("@") for name in names if name.strip("@")))
    return text


def _limit(option: Option | None) -> int:
    if isinstance(option, Names):
        return option.max_count
    return option.max_characters if isinstance(option, Words) else 0


def _switched(turn: Turn, draft: Draft, card: SiteCard, option: Toggle, wanted: str) -> bool:
    if card.is_declared(option):
        raise RefusedError(turn.t.plain("toast.option_declared"), draft=draft, is_alert=True)
    if card.is_forbidden(option):
        raise RefusedError(turn.t.plain("toast.option_forbidden"), draft=draft, is_alert=True)
    return wanted == "1" if wanted else not bool(card.values.get(option.key, option.default))


def _chosen(turn: Turn, draft: Draft, card: SiteCard, choice: Choice, token: str) -> str | None:
    if token == NONE and not choice.is_required:
        return None
    for value in card.offered(choice):
        if value_key(value) == token:
            return value
    raise RefusedError(turn.t.plain("toast.stale"), draft=draft)


async def _card(turn: Turn, draft: Draft, panel: str, asked: Conversation | None) -> SiteCard:
    accounts = tuple([await turn.uow.accounts.get(account_id) for account_id in draft.account_ids])
    for card in site_cards(turn.services, draft, accounts, asked):
        if card.name == site_of(panel) and card.options.options:
            return card
    raise RefusedError(turn.t.plain("toast.stale"), draft=draft)


async def asked_anew(turn: Turn, draft: Draft, account_id: int) -> JsonObject:
    """The draft's options when an account joins: what only the operator may choose was chosen for others alone."""
    site = (await turn.uow.accounts.get(account_id)).platform
    options, section = turn.services.options.of(site), section_of(draft.options, site)
    required = {option.key for option in options.options if isinstance(option, Choice) and option.is_required}
    if not required & section.keys():
        return draft.options
    return {**draft.options, site: {key: value for key, value in section.items() if key not in required}}


async def _change(turn: Turn, draft: Draft, card: SiteCard, option: Option, value: Any) -> None:
    section = {**section_of(draft.options, card.name), option.key: value}
    if value is None:
        del section[option.key]
    options = {**draft.options, card.name: section}
    await turn.uow.drafts.change(draft.id, version=draft.version, options=options)
