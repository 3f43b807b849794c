"""Buttons that say all of what they mean: whatever else was changed meanwhile, they mean the same.

Somebody who taps several switches quickly taps the later ones on a card that shows the draft as it was before.
"""

from __future__ import annotations

from bot.callbacks import DraftAct, DraftButton

WITH_VALUE = frozenset({DraftAct.PRIVACY, DraftAct.KIDS, DraftAct.FRAME, DraftAct.LOUDNESS, DraftAct.LIKE})
SWITCHES = frozenset({DraftAct.TOGGLE_ACCOUNT, DraftAct.OPTION})
"""They say it where they end in on or off; a choice among what the accounts are offered belongs to its card."""


def is_switch(button: DraftButton) -> bool:
    """Whether a button sets one thing to one value, so that an older card's does what it says, once or twice."""
    return button.act in WITH_VALUE or (button.act in SWITCHES and button.arg.endswith((".0", ".1")))
