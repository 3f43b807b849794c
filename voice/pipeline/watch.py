"""One job, watched: one that hangs is killed and run once more; nobody's job goes on when nobody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from voice.errors import JobTimeoutError
from voice.jobs_port import JobRunner

ATTEMPTS = 2
"""As often as the pool runs a job whose child dies."""

Hear = Callable[[float, str], None]
"""Told the fraction done and the step, on the event loop."""


class _StalledError(Exception):
    """The job has said nothing for too long."""


async def run_watched(
    runner: JobRunner,
    function: str,
    arguments: Mapping[str, Any],
    *,
    hear: Hear,
    stall_s: float,
    time_limit_s: float | None,
) -> Any:
    """The job's result. Cancelled, it cancels the job. Raises VoiceError; JobTimeoutError for one that hung twice.

    The time it waits for a free child does not count: a job is on the watch from its first word on.
    """
    for _ in range(ATTEMPTS):
        try:
            return await _run(runner, function, arguments, hear, stall_s, time_limit_s)
        except _StalledError:
            continue
    raise JobTimeoutError(limit_s=stall_s)


async def _run(
    runner: JobRunner,
    function: str,
    arguments: Mapping[str, Any],
    hear: Hear,
    stall_s: float,
    time_limit_s: float | None,
) -> Any:
    loop = asyncio.get_running_loop()
    heard: list[tuple[float, str]] = []

    def note(fraction: float, step: str) -> None:
        if not future.done():
            heard[:] = [(loop.time(), step)]
            hear(fraction, step)

    def on_progress(fraction: float, step: str) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(note, fraction, step)

    future = runner.submit(function, arguments, on_progress=on_progress, time_limit_s=time_limit_s)
    waiting = asyncio.wrap_future(future)
    try:
        while not waiting.done():
            left_s = heard[0][0] + stall_s - loop.time() if heard else stall_s
            if left_s <= 0:
                raise _StalledError
            await asyncio.wait({waiting}, timeout=left_s)
        result = waiting.result()
        # The job's own last word may come after its result.
        hear(1.0, heard[0][1] if heard else "")
        return result
    finally:
        future.cancel()  # does nothing to one that is over
