"""One job, watched from the event loop: its progress is heard there, and it does not go on when nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from voice.jobs_port import JobRunner

Hear = Callable[[float, str], None]
"""Told the fraction done and the step, on the event loop."""


async def run_watched(runner: JobRunner, function: str, arguments: Mapping[str, Any], *, hear: Hear) -> Any:
    """The job's result. Cancelled, it cancels the job, whose child is killed before this returns. Raises VoiceError."""
    loop = asyncio.get_running_loop()
    step = ""

    def note(fraction: float, told: str) -> None:
        nonlocal step
        if not future.done():
            step = told
            hear(fraction, told)

    def on_progress(fraction: float, told: str) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(note, fraction, told)

    future = runner.submit(function, arguments, on_progress=on_progress)
    try:
        result = await asyncio.wrap_future(future)
        # The job's own last word may come after its result.
        hear(1.0, step)
        return result
    finally:
        future.cancel()  # does nothing to one that is over
