"""How long a video each chosen account allows is learnt in the background, so that the card tells it before approval.

What was learnt dies with the process: the first tap on a card after a restart asks again.
"""

from __future__ import annotations

from bot.turn import Turn
from storage.values import DraftState

LIMIT = "max_duration_s"


async def learn_limits(turn: Turn, draft_id: int) -> None:
    """Have the sites asked that tell it, for accounts of the draft of which it is not known."""
    draft = await turn.uow.drafts.get(draft_id)
    if draft.state is not DraftState.OPEN:
        return
    known = turn.services.options.longest_s()
    unknown = [await turn.uow.accounts.get(each) for each in draft.account_ids if each not in known]
    for site in sorted({account.platform for account in unknown}):
        if LIMIT in turn.services.options.of(site).asked:
            await turn.replies.errand("limits", draft_id=draft_id, site=site)
