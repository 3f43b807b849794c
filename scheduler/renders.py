"""Renders: a clip with its new voice, made once for however many accounts, found again by what it is made of."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from media.audio import extract_audio, render_suffix, replace_audio
from media.digest import sha256_of
from media.errors import NoAudioTrackError
from media.ffmpeg import Ffmpeg
from media.info import MediaInfo
from scheduler.settings import Pace
from storage.database import Database
from storage.media_store import MediaStore
from storage.values import ClipFacts, Render
from voice.jobs_port import JobRunner

ORIGINAL = "original"
"""Stands in the place of a preset's digest where the voice stays as it is."""

OnFraction = Callable[[float], None]
"""Told the fraction done (0..1) of a conversion; called on the event loop."""


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


def seed_of(clip_sha256: str, preset_digest: str) -> int:
    """The seed of a conversion, 0 .. 2^31 - 1: a rerun of the same work gives the same samples."""
    return int.from_bytes(hashlib.sha256(f"{clip_sha256}|{preset_digest}".encode()).digest()[:4], "big") >> 1


class RenderBook:
    """Finds or makes the render of (clip, preset, profile). Within a process the same render is made once at a time."""

    def __init__(
        self, db: Database, ffmpeg: Ffmpeg, runner: JobRunner, presets: Presets, folder: Path, pace: Pace
    ) -> None:
        self._db = db
        self._ffmpeg = ffmpeg
        self._runner = runner
        self._presets = presets
        self._store = MediaStore(folder)
        self._pace = pace
        self._making: defaultdict[tuple[str, str, str], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def obtain(
        self, clip: Path, facts: ClipFacts, preset_name: str, profile: str, on_fraction: OnFraction
    ) -> Render:
        """The render, from the cache or freshly made. Raises MediaError, VoiceError."""
        preset = self._presets.get(preset_name) if preset_name else None
        digest = preset.digest if preset else ORIGINAL
        key = (facts.sha256, digest, profile)
        async with self._making[key]:
            found = await self._find(key)
            if found is not None:
                return found
            if preset is None:
                return await self._add(key, clip, facts.sha256, facts)
            if facts.audio_codec is None:
                raise NoAudioTrackError
            return await self._make(key, clip, facts, preset, on_fraction)

    async def _find(self, key: tuple[str, str, str]) -> Render | None:
        async with self._db.read() as uow:
            render = await uow.renders.find(*key)
        if render is None:
            return None
        path = Path(render.path)
        if path.is_file() and path.stat().st_size == render.size:
            return render
        async with self._db.begin() as uow:
            await uow.renders.remove(render.id)
            await uow.commit()
        return None

    async def _make(
        self, key: tuple[str, str, str], clip: Path, facts: ClipFacts, preset: Preset, on_fraction: OnFraction
    ) -> Render:
        """Take the sound out, change its voice, put it back. What a dead process leaves is swept at the next start."""
        source, target, made = (self._store.temporary(end) for end in (".wav", ".wav", suffix_of(facts)))
        try:
            await extract_audio(self._ffmpeg, clip, source)
            await self._convert(key, preset, source, target, on_fraction)
            await replace_audio(self._ffmpeg, clip, target, made)
            return await self._keep(key, made, facts)
        finally:
            for temporary in (source, target, made):
                self._store.discard(temporary)

    async def _convert(
        self, key: tuple[str, str, str], preset: Preset, source: Path, target: Path, on_fraction: OnFraction
    ) -> None:
        loop = asyncio.get_running_loop()
        arguments = {
            "source": str(source),
            "target": str(target),
            "preset": preset.to_json(),
            "seed": seed_of(key[0], key[1]),
        }
        future = self._runner.submit(
            "voice.jobs:convert_file",
            arguments,
            on_progress=lambda done, _step: _hop(loop, on_fraction, done),
            time_limit_s=self._pace.convert_limit_s,
        )
        await asyncio.wrap_future(future)

    async def _keep(self, key: tuple[str, str, str], made: Path, facts: ClipFacts) -> Render:
        sha256 = await sha256_of(made)
        # Named by its content: another process that makes the same render never writes into a file being sent.
        # It is on disk before its row is written: a row must never promise a file that a power cut took.
        final = await self._store.keep(made, f"{_short(key)}-{sha256[:16]}{made.suffix}")
        render = await self._add(key, final, sha256, facts)
        if render.path != str(final):
            final.unlink(missing_ok=True)
        return render

    async def _add(self, key: tuple[str, str, str], path: Path, sha256: str, facts: ClipFacts) -> Render:
        async with self._db.begin() as uow:
            render = await uow.renders.add(
                clip_sha256=key[0],
                preset_digest=key[1],
                profile=key[2],
                path=str(path),
                sha256=sha256,
                size=path.stat().st_size,
                duration_s=facts.duration_s,
            )
            await uow.commit()
        return render


def suffix_of(facts: ClipFacts) -> str:
    """The file name suffix of a clip's container; a render keeps the container of its clip."""
    return render_suffix(MediaInfo(facts.container, facts.duration_s, facts.size, video=None, audio=None))


def _short(key: tuple[str, str, str]) -> str:
    return hashlib.sha256("|".join(key).encode()).hexdigest()[:20]


def _hop(loop: asyncio.AbstractEventLoop, on_fraction: OnFraction, fraction: float) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(on_fraction, fraction)
