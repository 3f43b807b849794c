"""Connecting, switching and disconnecting accounts."""

from __future__ import annotations

from aiogram import Router
from aiogram.types import CallbackQuery, Message

from bot.callbacks import AccountAct, AccountButton, CodeButton, ConnectButton, ReconnectButton, ViewButton
from bot.handlers.account_names import ask_for_name
from bot.turn import RefusedError, Turn
from bot.views.registry import BUTTON_VIEWS
from storage.errors import NotFoundError, StaleVersionError
from storage.values import Account, AccountStatus


async def on_connect(_: CallbackQuery, callback_data: ConnectButton, turn: Turn) -> None:
    """Send the button that leads to the site's consent page, or ask for the account's name where there is none."""
    choices = {choice.name: choice for choice in turn.services.accounts.platforms()}
    choice = choices.get(callback_data.platform)
    if choice is None:
        raise RefusedError(turn.t.plain("toast.unknown"))
    if choice.by_name:
        await ask_for_name(turn, choice)
    else:
        await turn.replies.errand("connect", platform=choice.name)


async def on_reconnect(_: CallbackQuery, callback_data: ReconnectButton, turn: Turn) -> None:
    """Send the button that leads to the site's consent page, for this very account."""
    account = await _account(turn, callback_data.account, is_gone_fine=True)
    choice = {choice.name: choice for choice in turn.services.accounts.platforms()}.get(account.platform)
    if choice is None:
        raise RefusedError(turn.t.plain("toast.unknown"))
    if choice.by_name:
        await ask_for_name(turn, choice)
    else:
        await turn.replies.errand("connect", platform=choice.name, account_id=account.id)


async def on_code(_: CallbackQuery, callback_data: CodeButton, turn: Turn) -> None:
    """Send a code to type at the site."""
    choice = {choice.name: choice for choice in turn.services.accounts.platforms()}.get(callback_data.platform)
    if choice is None or not choice.by_code:
        raise RefusedError(turn.t.plain("toast.unknown"))
    await turn.replies.errand("connect_code", platform=choice.name, account_id=callback_data.account or None)


async def on_account_button(query: CallbackQuery, callback_data: AccountButton, turn: Turn) -> None:
    """Show or change one account."""
    account = await _account(turn, callback_data.account)
    try:
        is_asked = await _obey(turn, account, callback_data.act)
    except StaleVersionError:
        raise RefusedError(turn.t.plain("toast.stale")) from None
    message_id = query.message.message_id if query.message else None
    if callback_data.act not in (AccountAct.DISCONNECT, AccountAct.DISCONNECT_ANYWAY, AccountAct.OTHER):
        await turn.replies.view("account", message_id=message_id, account_id=account.id, is_asked=is_asked)


async def _obey(turn: Turn, account: Account, act: AccountAct) -> bool:
    """Answers whether the account's view is to ask for confirmation."""
    match act:
        case AccountAct.DISABLE:
            await turn.services.accounts.disable(turn.uow, account.id)
            turn.replies.toast(turn.t.plain("toast.account_disabled"))
        case AccountAct.ENABLE:
            await turn.services.accounts.enable(turn.uow, account.id)
            turn.replies.toast(turn.t.plain("toast.account_enabled"))
            turn.replies.wakes_scheduler = True
        case AccountAct.CONFIRM:
            await turn.services.accounts.confirm(turn.uow, account.id, turn.operator, turn.chat_id)
            turn.replies.wakes_scheduler = True
        case AccountAct.OTHER:
            if account.status is not AccountStatus.UNCONFIRMED:
                raise StaleVersionError(f"account {account.id} waits for no answer")
            await turn.replies.errand("choose_another", account_id=account.id)
        case AccountAct.DISCONNECT:
            await turn.replies.errand("disconnect", account_id=account.id)
        case AccountAct.DISCONNECT_ANYWAY:
            await turn.replies.errand("disconnect", account_id=account.id, anyway=True)
    return act is AccountAct.ASK_DISCONNECT


async def _account(turn: Turn, account_id: int, *, is_gone_fine: bool = False) -> Account:
    try:
        account = await turn.uow.accounts.get(account_id)
    except NotFoundError:
        raise RefusedError(turn.t.plain("toast.unknown")) from None
    if account.status is AccountStatus.DISCONNECTED and not is_gone_fine:
        raise RefusedError(turn.t.plain("toast.account_unavailable"))
    return account


async def on_view_button(query: CallbackQuery, callback_data: ViewButton, turn: Turn) -> None:
    """Show a view in the message that the button belongs to."""
    if callback_data.view not in BUTTON_VIEWS:
        raise RefusedError(turn.t.plain("toast.unknown"))
    await turn.replies.view(callback_data.view, message_id=query.message.message_id if query.message else None)


async def is_consent_answer(message: Message, turn: Turn) -> bool | dict[str, dict[str, str]]:
    """Filter: the text is the address that the site sent the operator to."""
    answer = turn.services.accounts.parse_callback(message.text or "")
    return {"answer": dict(answer)} if answer else False


async def on_consent_answer(_: Message, turn: Turn, answer: dict[str, str]) -> None:
    """Finish connecting with a pasted address; the exchange runs after the commit, for it needs the network."""
    await turn.replies.text("connect.checking")
    await turn.replies.errand("finish_connect", answer=answer)


def build() -> Router:
    """The router of accounts."""
    router = Router(name="accounts")
    router.callback_query.register(on_connect, ConnectButton.filter())
    router.callback_query.register(on_reconnect, ReconnectButton.filter())
    router.callback_query.register(on_code, CodeButton.filter())
    router.callback_query.register(on_account_button, AccountButton.filter())
    router.callback_query.register(on_view_button, ViewButton.filter())
    router.message.register(on_consent_answer, is_consent_answer)
    return router
