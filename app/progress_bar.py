"""How far a command is: one line of a terminal that is drawn anew, or now and then a plain line in a file or a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

WIDTH = 30
REDRAW_S = 0.1
TELL_S = 10.0
"""How often a plain line is written where there is no terminal; what is over sooner writes none."""
JUDGED_S, JUDGED_SHARE = 3.0, 0.03
"""Before so much time and work no guess at the rest is worth anything."""


class ProgressBar:
    """Call `show(fraction, words)` as often as you like, from any thread; leaving the `with` block wipes the line."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_terminal = self._stream.isatty()
        self._began: float | None = None
        self._told_at = 0.0

    def show(self, fraction: float, words: str) -> None:
        """`fraction` 0..1; `words` say what is being done."""
        now, share = self._clock(), min(max(fraction, 0.0), 1.0)
        if self._began is None:
            self._began = now
            self._told_at = now - REDRAW_S if self._is_terminal else now
        if now - self._told_at < (REDRAW_S if self._is_terminal else TELL_S):
            return
        self._told_at = now
        line = f"{share:4.0%} {words}{self._left(share, now - self._began)}"
        bar = "█" * round(WIDTH * share)
        self._stream.write(f"\r\x1b[K{bar:░<{WIDTH}} {line}" if self._is_terminal else f"{line.strip()}\n")
        self._stream.flush()

    def _left(self, share: float, took_s: float) -> str:
        if took_s < JUDGED_S or share < JUDGED_SHARE or share >= 1.0:
            return ""
        minutes, seconds = divmod(round(took_s * (1 - share) / share), 60)
        return f", {minutes}:{seconds:02} left"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_terminal:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
