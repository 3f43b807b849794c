"""Our words to Telegram: one method per deed, aiogram underneath, and every foreign error mapped in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import aiohttp
from aiogram import Bot
from aiogram import exceptions as foreign
from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    EditMessageText,
    GetFile,
    SendMessage,
    SetMyCommands,
    TelegramMethod,
)
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
)

from bot.errors import (
    ChatClosedError,
    FileTooBigError,
    MarkupError,
    MessageGoneError,
    NotReachedError,
    OutcomeUnknownError,
    RefusedError,
    TelegramFaultError,
    TooFastError,
)
from bot.screen import TOAST_LIMIT, Button, Rows, Screen, fitted, plain, shorten

REQUEST_TIMEOUT_S = 30
Answer = TypeVar("Answer")

NOT_MODIFIED = "message is not modified"
_BAD_REQUESTS: tuple[tuple[str, type[TelegramFaultError]], ...] = (
    ("message to edit not found", MessageGoneError),
    ("message can't be edited", MessageGoneError),
    ("message to delete not found", MessageGoneError),
    ("message_id_invalid", MessageGoneError),
    ("can't parse entities", MarkupError),
    ("chat not found", ChatClosedError),
    ("user is deactivated", ChatClosedError),
    ("file is too big", FileTooBigError),
)
"""What Telegram says in a 400, and what it means; looked for in this order."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command in the menu of the chat."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that the Bot API server offers: a path on the server, or on this machine in local mode."""

    path: str
    size: int | None


class Gateway:
    """Speaks to one bot's chats. Raises `bot.errors` and nothing else."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(self, chat_id: int, screen: Screen) -> int:
        """Send a message; answers its id."""
        shown = fitted(screen)
        try:
            return (await self._call(_send(chat_id, shown, parse_mode="HTML"))).message_id
        except MarkupError:
            bare = Screen(plain(shown.text), shown.rows)
            return (await self._call(_send(chat_id, bare, parse_mode=None))).message_id

    async def edit(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """Make a message of ours show something else; a message that shows it already is fine."""
        shown = fitted(screen)
        try:
            await self._edit(chat_id, message_id, shown, parse_mode="HTML")
        except MarkupError:
            await self._edit(chat_id, message_id, Screen(plain(shown.text), shown.rows), parse_mode=None)

    async def delete(self, chat_id: int, message_id: int) -> None:
        """Remove a message of ours. Raises RefusedError for one that is older than 48 hours."""
        await self._call(DeleteMessage(chat_id=chat_id, message_id=message_id))

    async def answer(self, callback_id: str, text: str, *, alert: bool) -> None:
        """Stop the spinner of a pressed button, with a few words."""
        words = shorten(text, TOAST_LIMIT) or None
        await self._call(AnswerCallbackQuery(callback_query_id=callback_id, text=words, show_alert=alert or None))

    async def set_commands(self, commands: Sequence[Command], *, language: str | None) -> None:
        """Fill the command menu for one language, or for every other one."""
        listed = [BotCommand(command=command.name, description=command.about) for command in commands]
        scope = BotCommandScopeAllPrivateChats()
        await self._call(SetMyCommands(commands=listed, scope=scope, language_code=language))

    async def file(self, file_id: str) -> RemoteFile:
        """Where a file can be fetched. Raises FileTooBigError above what the server gives out."""
        found = await self._call(GetFile(file_id=file_id))
        if not found.file_path:
            raise RefusedError("getFile gave no path")
        return RemoteFile(found.file_path, found.file_size)

    async def _edit(self, chat_id: int, message_id: int, screen: Screen, *, parse_mode: str | None) -> None:
        edit = EditMessageText(
            chat_id=chat_id,
            message_id=message_id,
            text=screen.text,
            parse_mode=parse_mode,
            reply_markup=_markup(screen.rows),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        try:
            await self._call(edit)
        except RefusedError as error:
            if NOT_MODIFIED not in str(error):
                raise

    async def _call(self, method: TelegramMethod[Answer]) -> Answer:
        try:
            return await self._bot(method, request_timeout=REQUEST_TIMEOUT_S)
        except foreign.AiogramError as error:
            raise meaning_of(error, token=self._bot.token) from None


def meaning_of(error: foreign.AiogramError, *, token: str) -> TelegramFaultError:
    """One of our errors for any of aiogram's; the token never gets into its text."""
    said = (getattr(error, "message", "") or type(error).__name__).replace(token, "***")
    if isinstance(error, foreign.TelegramRetryAfter):
        return TooFastError(timedelta(seconds=error.retry_after))
    # Before the network errors: aiogram counts it among them.
    if isinstance(error, foreign.TelegramEntityTooLarge):
        return FileTooBigError(said)
    if isinstance(error, foreign.TelegramNetworkError):
        never_left = isinstance(error.__cause__, aiohttp.ClientConnectorError)
        return NotReachedError(said) if never_left else OutcomeUnknownError(said)
    if isinstance(error, foreign.TelegramServerError | foreign.ClientDecodeError):
        return OutcomeUnknownError(said)
    if isinstance(error, foreign.TelegramForbiddenError):
        return ChatClosedError(said)
    lowered = said.lower()
    for phrase, meaning in _BAD_REQUESTS:
        if phrase in lowered:
            return meaning(said)
    return RefusedError(said)


def _send(chat_id: int, screen: Screen, *, parse_mode: str | None) -> SendMessage:
    return SendMessage(
        chat_id=chat_id,
        text=screen.text,
        parse_mode=parse_mode,
        reply_markup=_markup(screen.rows),
        link_preview_options=LinkPreviewOptions(is_disabled=True),
    )


def _markup(rows: Rows) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(inline_keyboard=[[_button(button) for button in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=button.label, callback_data=button.data, url=button.url, style=button.style)
