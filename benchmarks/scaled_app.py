"""`python -m benchmarks.scaled_app run`: the product, its distances of staging shortened by LATENESS_SCALE.

Only the distances from a post's minute are scaled, so that a short benchmark takes the same ways as a long one.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any


def main() -> int:
    from app import compose
    from app.cli import main as run

    scale, ordinary_pace = float(os.environ["LATENESS_SCALE"]), compose.pace

    def scaled_pace(*arguments: Any, **options: Any) -> Any:
        pace = ordinary_pace(*arguments, **options)
        return replace(pace, timed_margin=pace.timed_margin * scale, verify_ahead=pace.verify_ahead * scale)

    compose.pace = scaled_pace
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
