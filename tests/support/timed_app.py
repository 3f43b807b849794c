"""`python -m tests.support.timed_app run`: the whole product by a clock that a test moves.

The file named by TIMED_OFFSET holds how many seconds that clock is ahead of the machine's. The product looks at its
table several times a second, for a timer that was set by the machine's clock does not notice the jump.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.hurried_app import hurry

SWEEP = timedelta(seconds=0.2)


def moved_now() -> datetime:
    """The machine's time and the offset."""
    return datetime.now(UTC) + timedelta(seconds=float(Path(os.environ["TIMED_OFFSET"]).read_text()))


def main() -> int:
    from app import compose, upkeep
    from app import run as program
    from app.cli import main as run

    ordinary = compose.compose

    def timed_compose(*arguments: Any, **options: Any) -> Any:
        return ordinary(*arguments, **options, clock=moved_now)

    upkeep.utc_now = program.utc_now = moved_now
    program.compose = timed_compose
    hurry(sweep=SWEEP)
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
