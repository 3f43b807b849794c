"""A clip gets a new voice: the sound is taken out, changed by the job runner, and put back."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, Self

from media.audio import extract_audio, replace_audio
from media.ffmpeg import Ffmpeg
from scheduler.settings import Pace
from storage.media_store import MediaStore
from storage.values import JsonObject
from voice.jobs_port import JobRunner
from voice.notes import shortened
from voice.pipeline.coordinator import Coordinator, Order
from voice.pipeline.settings import sound_key
from voice.separation.model_file import find_model, model_key

STEM_PREFIX = "stem-"
MOST_NOTES = 20
"""As many as a card could ever show, and more."""
WORK = "work"
"""The folder within the renders where long recordings are worked on."""

OnFraction = Callable[[float], None]
"""Told the fraction done (0..1); called on the event loop."""


class Preset(Protocol):
    """What the scheduler wants to know of a voice preset; see `voice.presets.Preset`."""

    @property
    def digest(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def takes_transcript(self) -> bool: ...

    def with_transcript(self, file: Path | None) -> Self: ...

    def require_words(self) -> None: ...

    def to_json(self) -> dict[str, Any]: ...


class Presets(Protocol):
    """A catalogue of voice presets; `get` raises UnknownPresetError or BadPresetError."""

    def names(self) -> tuple[str, ...]: ...

    def get(self, name: str) -> Preset: ...


class VoiceShop:
    """Works in the folder of `store`; what a dead process leaves there is swept at the next start.

    `models` is where a separation model may lie. The voice that was taken out of a clip is kept (`STEM_PREFIX`) for the
    next preset.
    """

    def __init__(
        self, ffmpeg: Ffmpeg, runner: JobRunner, store: MediaStore, pace: Pace, models: Path | None = None
    ) -> None:
        self._ffmpeg = ffmpeg
        self._store = store
        self._models = models
        self._chunking = pace.voice
        work = store.path(WORK)
        self._coordinator = Coordinator(runner, work, pace.voice)

    def key(self, preset: Preset, music: str | None) -> str:
        """A digest of all that changes the sound of a clip in this voice."""
        return sound_key(preset.digest, music, find_model(self._models), self._chunking)

    async def give(
        self,
        clip: Path,
        clip_sha256: str,
        made: Path,
        preset: Preset,
        seed: int,
        on_fraction: OnFraction,
        *,
        music: str | None = None,
    ) -> tuple[JsonObject, ...]:
        """Write `made`: the picture of the clip with its voice changed. Returns what the operator should know of it.

        Raises MediaError, VoiceError.
        """
        source, target = self._store.temporary(".wav"), self._store.temporary(".wav")
        model = find_model(self._models)
        order = Order(source, target, preset.to_json(), seed, music, model, self._stem(clip_sha256, model))
        try:
            await extract_audio(self._ffmpeg, clip, source)
            done = await self._coordinator.convert(order, lambda done, _step: on_fraction(done))
            await replace_audio(self._ffmpeg, clip, target, made)
            return shortened(done["notes"], MOST_NOTES)
        finally:
            for temporary in (source, target):
                self._store.discard(temporary)

    def _stem(self, clip_sha256: str, model: Path | None) -> Path:
        """Where the voice lies that this model takes out of this clip; it counts as used now."""
        way = hashlib.sha256(model_key(model).encode()).hexdigest()
        stem = self._store.path(f"{STEM_PREFIX}{clip_sha256[:32]}-{way[:16]}.wav")
        with contextlib.suppress(FileNotFoundError):
            os.utime(stem)
        return stem
