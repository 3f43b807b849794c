"""The one port through which heavy work runs: a function by name, JSON-able arguments, a Future."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Protocol, TypeAlias

RUNS = 3
"""How often a job is run at most: once, and again at most twice when its child dies or hangs."""

OnJobProgress: TypeAlias = Callable[[float, str], None]
"""Told the fraction done (0..1) and the name of the step, from a thread of the runner's."""


class JobRunner(Protocol):
    """Runs heavy jobs away from the event loop; by default in a pool of spawned processes on this machine."""

    def submit(
        self, function: str, arguments: Mapping[str, Any], *, on_progress: OnJobProgress | None = None
    ) -> Future[Any]:
        """Run `module:function` with `arguments` as keywords; the Future fails with a `VoiceError`.

        A job whose child dies, or hangs, is run again, `RUNS` times in all. What it reports is also its sign of life.
        Cancelling the Future stops the job, also one that runs: its child is killed and replaced.
        """
        ...

    def close(self) -> None:
        """Stop every child; safe to call twice."""
        ...
