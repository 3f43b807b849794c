"""What follows a publication, chosen on a draft's card: the comment that was typed, and the switches."""

from __future__ import annotations

from bot.interaction_panel import with_choice
from bot.news import fault_to_json
from bot.turn import Turn
from storage.values import Draft


async def on_comment(turn: Turn, draft: Draft, text: str) -> bool:
    """Take a typed comment, unless a placeholder or its length is wrong."""
    platforms = {(await turn.uow.accounts.get(account_id)).platform for account_id in draft.account_ids}
    fault = turn.services.uploads.comment_fault(text, platforms)
    if fault is not None:
        await turn.replies.ask_again("comment", fault_to_json(fault))
        return False
    await turn.uow.drafts.change(draft.id, version=draft.version, options=with_choice(draft, comment=text))
    return True


async def switch_like(turn: Turn, draft: Draft, arg: str) -> None:
    """Like the video after its publication, or do not."""
    await turn.uow.drafts.change(draft.id, version=draft.version, options=with_choice(draft, like=arg == "1"))


async def drop_comment(turn: Turn, draft: Draft, _: str) -> None:
    """No comment after the publication."""
    await turn.uow.drafts.change(draft.id, version=draft.version, options=with_choice(draft, comment=""))
