"""Typed texts of a post: title, description (also in several messages), keywords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.screen import utf16_length
from bot.title_limit import title_limit
from bot.turn import Turn
from storage.values import Conversation, Draft, DraftState

MORE = "description_more"
"""Asked, silently, after a long description: what follows at once belongs to it."""
PART_LIMIT = 4096
"""UTF-16 units of a message; Telegram's apps send a longer text as several, one right after the other."""
PROBABLY_CUT = PART_LIMIT // 2
"""The apps cut at the end of a paragraph or a sentence, so the first part need not be full."""
PART_GAP = timedelta(seconds=10)
DESCRIPTION_LIMIT = 16_000
"""Characters that are kept, far beyond every site's limit, which the card names."""


async def take_title(turn: Turn, draft: Draft, text: str) -> bool:
    """Keep a title, unless it is longer than one of the chosen sites takes."""
    title = " ".join(text.split())
    limit = title_limit(turn.services, await turn.uow.accounts.list(), draft.account_ids)
    if len(title) > limit:
        await turn.replies.text("sorry.long_title", n=len(title), limit=limit)
        return False
    return await _change(turn, draft, title=title)


async def take_description(turn: Turn, draft: Draft, text: str) -> bool:
    return await _change(turn, draft, description="" if text == "-" else text)


async def take_keywords(turn: Turn, draft: Draft, text: str) -> bool:
    return await _change(turn, draft, keywords=() if text == "-" else read_keywords(text))


async def expect_more(turn: Turn, draft: Draft, text: str, sent_at: datetime) -> None:
    """Be ready for the next part of a description that may have been cut in two."""
    if utf16_length(text) > PROBABLY_CUT:
        await turn.uow.conversations.ask(turn.chat_id, MORE, draft.id, {"sent_at": sent_at.isoformat(), "part": text})


async def take_more(turn: Turn, asked: Conversation, text: str, sent_at: datetime) -> bool:
    """Whether the text was the next part of a description; whatever it is, the waiting is over."""
    await turn.uow.conversations.clear(turn.chat_id)
    draft = await turn.uow.drafts.get(int(asked.draft_id or 0))
    if draft.state is not DraftState.OPEN or not _follows(asked.params, sent_at):
        return False
    whole = join_parts(draft.description, text, was_full=utf16_length(str(asked.params["part"])) >= PART_LIMIT)
    if len(whole) > DESCRIPTION_LIMIT:
        await turn.replies.text("sorry.long_description", limit=DESCRIPTION_LIMIT)
        return True
    await _change(turn, draft, description=whole)
    await expect_more(turn, draft, text, sent_at)
    await turn.replies.new_card(draft)
    return True


def join_parts(first: str, second: str, *, was_full: bool) -> str:
    """Put together what an app cut, which also took the blank at the cut away.

    A message that is full to the last character was cut within a word; a sentence that ends before the cut was most
    likely a paragraph's last.
    """
    if was_full:
        return first + second
    return f"{first}\n{second}" if first.endswith((".", "!", "?", "…", ":", "\n")) else f"{first} {second}"


def read_keywords(text: str) -> tuple[str, ...]:
    """Read `old town, harbour` or `#oldtown #harbour`; each keyword once, in the order typed."""
    separators = r"[,;\n]+" if re.search(r"[,;\n]", text) else r"\s+(?=#)"
    words = (" ".join(word.split()).lstrip("#").strip() for word in re.split(separators, text))
    return tuple({word.casefold(): word for word in words if word}.values())


def _follows(params: Mapping[str, Any], sent_at: datetime) -> bool:
    before = datetime.fromisoformat(str(params["sent_at"]))
    return timedelta() <= sent_at.astimezone(UTC) - before.astimezone(UTC) <= PART_GAP


async def _change(turn: Turn, draft: Draft, **fields: Any) -> bool:
    await turn.uow.drafts.change(draft.id, version=draft.version, **fields)
    return True
