"""How far several jobs are together: each has a weight, in seconds of work or whatever all of them share."""

from __future__ import annotations

from collections.abc import Callable

OnProgress = Callable[[float, str], None]
"""Told the fraction done (0..1, never less than before) and the name of the step, on the event loop."""


class Progress:
    """Hand out a listener for each job with `part`; `on_progress` hears of all of them as one."""

    def __init__(self, total: float, on_progress: OnProgress) -> None:
        self._total = total
        self._on_progress = on_progress
        self._done: list[float] = []
        self._told = 0.0

    def part(self, weight: float) -> OnProgress:
        """A listener for one job that is `weight` of the total; a job that begins anew does not go back."""
        place = len(self._done)
        self._done.append(0.0)

        def hear(fraction: float, step: str) -> None:
            self._done[place] = max(self._done[place], weight * min(max(fraction, 0.0), 1.0))
            self._told = max(self._told, min(1.0, sum(self._done) / self._total))
            self._on_progress(self._told, step)

        return hear
