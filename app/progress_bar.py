"""How far a command is, drawn on one line of a terminal; a file or a pipe gets nothing of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

WIDTH = 30
REDRAW_S = 0.1


class ProgressBar:
    """Call `show(fraction, words)` as often as you like, from any thread; leaving the `with` block wipes the line."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._is_seen = self._stream.isatty()
        self._drawn_at = -REDRAW_S

    def show(self, fraction: float, words: str) -> None:
        """`fraction` 0..1; `words` say what is being done."""
        now = self._clock()
        if not self._is_seen or now - self._drawn_at < REDRAW_S:
            return
        self._drawn_at = now
        share = min(max(fraction, 0.0), 1.0)
        bar = "█" * round(WIDTH * share)
        self._stream.write(f"\r\x1b[K{bar:░<{WIDTH}} {share:4.0%} {words}")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_seen:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
