"""What a person sees: a text and rows of buttons, before it becomes Telegram's JSON."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

TEXT_LIMIT = 4096
"""UTF-16 units of a message's text, after its markup was read: https://core.telegram.org/bots/api#sendmessage"""
TOAST_LIMIT = 200
"""Characters of the answer to a button: https://core.telegram.org/bots/api#answercallbackquery"""

Style: TypeAlias = Literal["primary", "success", "danger"]


@dataclass(frozen=True, slots=True)
class Button:
    """One button: it either sends `data` back to us or opens `url`. `label` is plain text."""

    label: str
    data: str | None = None
    url: str | None = None
    style: Style | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.url is None):
            raise ValueError(f"button {self.label!r} needs either data or a url")


Rows: TypeAlias = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """A message: `text` is Telegram HTML."""

    text: str
    rows: Rows = ()


def utf16_length(text: str) -> int:
    """How long Telegram finds a text: characters beyond U+FFFF count twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """Cut plain text to `limit` UTF-16 units, with an ellipsis where something was lost. Cut before markup is added."""
    if utf16_length(text) <= limit:
        return text
    kept = text
    while utf16_length(kept) > limit - 1:
        kept = kept[: len(kept) - max(1, (utf16_length(kept) - limit + 1) // 2)]
    return kept.rstrip() + "…"


def escape(text: str) -> str:
    """A foreign string as Telegram HTML, also between the quotes of an address."""
    return html.escape(text, quote=False).replace('"', "&quot;")


def plain(markup: str) -> str:
    """Telegram HTML as the plain text that a person reads."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def fitted(screen: Screen) -> Screen:
    """A screen that Telegram accepts: a text that is too long loses its markup and its end, never its buttons."""
    visible = plain(screen.text)
    if utf16_length(visible) <= TEXT_LIMIT:
        return screen
    return Screen(escape(shorten(visible, TEXT_LIMIT)), screen.rows)
