"""A clip gets a new voice: the sound is taken out, changed by the job runner, and put back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from media.audio import extract_audio, replace_audio
from media.ffmpeg import Ffmpeg
from scheduler.settings import Pace
from storage.media_store import MediaStore
from voice.jobs_port import JobRunner

OnFraction = Callable[[float], None]
"""Told the fraction done (0..1); called on the event loop."""


class Preset(Protocol):
    """What the scheduler wants to know of a voice preset."""

    @property
    def digest(self) -> str: ...

    @property
    def title(self) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


class Presets(Protocol):
    """A catalogue of voice presets; `get` raises UnknownPresetError or BadPresetError."""

    def names(self) -> tuple[str, ...]: ...

    def get(self, name: str) -> Preset: ...


class VoiceShop:
    """Works in the folder of `store`; what a dead process leaves there is swept at the next start."""

    def __init__(self, ffmpeg: Ffmpeg, runner: JobRunner, store: MediaStore, pace: Pace) -> None:
        self._ffmpeg = ffmpeg
        self._runner = runner
        self._store = store
        self._pace = pace

    async def give(self, clip: Path, made: Path, preset: Preset, seed: int, on_fraction: OnFraction) -> None:
        """Write `made`: the picture of the clip with its voice changed. Raises MediaError, VoiceError."""
        source, target = self._store.temporary(".wav"), self._store.temporary(".wav")
        try:
            await extract_audio(self._ffmpeg, clip, source)
            await self._convert(source, target, preset, seed, on_fraction)
            await replace_audio(self._ffmpeg, clip, target, made)
        finally:
            for temporary in (source, target):
                self._store.discard(temporary)

    async def _convert(self, source: Path, target: Path, preset: Preset, seed: int, on_fraction: OnFraction) -> None:
        loop = asyncio.get_running_loop()
        arguments = {"source": str(source), "target": str(target), "preset": preset.to_json(), "seed": seed}
        future = self._runner.submit(
            "voice.jobs:convert_file",
            arguments,
            on_progress=lambda done, _step: _hop(loop, on_fraction, done),
            time_limit_s=self._pace.convert_limit_s,
        )
        await asyncio.wrap_future(future)


def _hop(loop: asyncio.AbstractEventLoop, on_fraction: OnFraction, fraction: float) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(on_fraction, fraction)
