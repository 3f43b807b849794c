"""What can go wrong between us and Telegram, as a closed set of meanings.

TelegramFaultError
├── TooFastError           wait `retry_after`; nothing was sent
├── NotReachedError        the request never left, so nothing was sent
├── OutcomeUnknownError    the answer was lost; the message may have been sent
├── MessageGoneError       the message to edit is not there (any more)
├── MarkupError            Telegram cannot read our formatting
├── ChatClosedError        the person blocked the bot, or there is no such chat
├── FileTooBigError        the cloud Bot API does not give out files of this size
└── RefusedError           Telegram says no for another reason
"""

from __future__ import annotations

from datetime import timedelta


class TelegramFaultError(Exception):
    """Telegram did not do what was asked. The message never holds the bot's token."""


class TooFastError(TelegramFaultError):
    """Too many requests; nothing was sent."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(f"retry after {retry_after.total_seconds():g} s")
        self.retry_after = retry_after


class NotReachedError(TelegramFaultError):
    """Telegram could not be reached; nothing was sent."""


class OutcomeUnknownError(TelegramFaultError):
    """The answer was lost; the request may have taken effect."""


class MessageGoneError(TelegramFaultError):
    """The message to edit is not there."""


class MarkupError(TelegramFaultError):
    """Telegram cannot read the formatting of this text."""


class ChatClosedError(TelegramFaultError):
    """This chat cannot be written to."""


class FileTooBigError(TelegramFaultError):
    """The Bot API server does not give out files of this size."""


class RefusedError(TelegramFaultError):
    """Telegram refused the request."""
