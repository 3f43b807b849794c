"""`python -m tests.support.hurried_app run`: the whole product without its patience.

It speaks as fast as it can, asks again soon and tries again soon. Its real numbers are proven where they are decided,
in `bot/pacing.py`, `scheduler/policy.py` and their like; a test of the whole need not wait for them.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any

SOON = timedelta(seconds=0.3)
MANY = 1000


def hurry(**changes: Any) -> None:
    """From now on this process is in a hurry; `changes` are further numbers of its `Pace`."""
    from app import compose
    from bot import code_keeper, pacing
    from scheduler import interaction_policy, policy

    ordinary = compose.pace

    def quick_pace(*arguments: Any, **options: Any) -> Any:
        return replace(ordinary(*arguments, **options), confirm_first=SOON, inbox_first=SOON, **changes)

    compose.pace = quick_pace
    pacing.CHAT_BURST = pacing.OVERALL_BURST = MANY
    policy.RECONCILE_AFTER = interaction_policy.RECONCILE_AFTER = policy.LOOK_AGAIN = SOON
    policy.BASE_S = code_keeper.LONGEST_S = SOON.total_seconds()


def main() -> int:
    from app.cli import main as run

    hurry()
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
