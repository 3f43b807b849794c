"""`python -m tests.support.mortal_app run`: the whole product, which kills itself (SIGKILL) at a chosen commit.

The file named by MORTAL_PLAN says where: {"id": a new one for each plan, "where": regular expression, "nth": number}.
A point is "before" or "after" a commit, followed by the functions of ours that led to it, outermost first. Points are
counted from the moment that the file is there; the nth that matches is the last. Beside the file lies then an
`.epitaph` with that point, and the plan itself is gone, so that the next start lives.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

from storage.unit_of_work import UnitOfWork
from tests.support.hurried_app import hurry

ROOT = Path(__file__).resolve().parents[2]


class Death:
    """Waits for its moment."""

    def __init__(self, plan: Path) -> None:
        self._plan = plan
        self._known = 0
        self._passed = 0

    def pass_point(self, side: str) -> None:
        """The process may end here."""
        try:
            plan = json.loads(self._plan.read_text())
        except FileNotFoundError:
            return
        if plan["id"] != self._known:
            self._known, self._passed = plan["id"], 0
        point = f"{side} the commit of {' > '.join(way_here())}"
        self._passed += re.search(plan["where"], point) is not None
        if self._passed == plan["nth"]:
            self._plan.with_suffix(".epitaph").write_text(point)
            self._plan.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def way_here() -> list[str]:
    """The functions of the product that are being awaited, outermost first: `bot/feed.py:Feed._try`."""
    found, frame = [], sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "tests"):
            found.append(f"{path.relative_to(ROOT)}:{frame.f_code.co_qualname}")
        frame = frame.f_back  # type: ignore[assignment]
    return found[::-1]


def make_mortal(death: Death) -> None:
    """Every commit of this process is a point from now on."""
    commit = UnitOfWork.commit

    async def mortal_commit(self: UnitOfWork, *args: Any) -> None:
        death.pass_point("before")
        await commit(self, *args)
        death.pass_point("after")

    UnitOfWork.commit = mortal_commit  # type: ignore[method-assign]


def main() -> int:
    from app.cli import main as run

    hurry()
    make_mortal(Death(Path(os.environ["MORTAL_PLAN"])))
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
