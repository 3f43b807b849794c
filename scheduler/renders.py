"""Renders: a clip in its new voice, as the sites want it, made once for however many accounts, and found again."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from pathlib import Path

from media.audio import render_suffix
from media.cover import cover_frame
from media.digest import sha256_of
from media.errors import NoAudioTrackError
from media.ffmpeg import Ffmpeg
from media.fit import PROFILES, Action, FitChoices, FitPlan, fit, plan_fit
from media.info import MediaInfo
from media.probe import probe
from scheduler.checked_files import CheckedFiles
from scheduler.settings import Pace
from scheduler.voicing import OnFraction, Preset, Presets, VoiceShop
from scheduler.wishes import cover_ms
from storage.database import Database
from storage.media_store import MediaStore
from storage.values import ClipFacts, JsonObject, Render
from voice.jobs_port import JobRunner

ORIGINAL = "original"
"""Stands in the place of a preset's digest where the voice stays as it is."""

COVER_PREFIX = "cover-"
VOICED = "voiced"
"""Stands in the place of a fit for a clip that has its new voice and waits to be fitted."""

Notes = tuple[JsonObject, ...]
Key = tuple[str, str, str]
"""What a render is made of: the clip's digest, the preset's, and the fit."""


def seed_of(clip_sha256: str, preset_digest: str) -> int:
    """The seed of a conversion, 0 .. 2^31 - 1: a rerun of the same work gives the same samples."""
    return int.from_bytes(hashlib.sha256(f"{clip_sha256}|{preset_digest}".encode()).digest()[:4], "big") >> 1


class RenderBook:
    """Finds or makes the render of (clip, preset, fit). Within a process the same render is made once at a time.

    A clip gets its new voice first and is fitted then. The voiced clip is a render too: sites that need different
    files, and an operator who changes the frame afterwards, cost no second conversion.
    """

    def __init__(
        self,
        db: Database,
        ffmpeg: Ffmpeg,
        runner: JobRunner,
        presets: Presets,
        folder: Path,
        pace: Pace,
        *,
        checked: CheckedFiles,
        models: Path | None = None,
    ) -> None:
        self._db = db
        self._ffmpeg = ffmpeg
        self._presets = presets
        self._store = MediaStore(folder)
        self._voices = VoiceShop(ffmpeg, runner, self._store, pace, models)
        self.checked = checked
        self._making: defaultdict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def obtain(
        self,
        clip: Path,
        facts: ClipFacts,
        preset_name: str,
        profile: str,
        on_fraction: OnFraction,
        *,
        choices: FitChoices | None = None,
        on_fit: OnFraction | None = None,
        music: str | None = None,
        transcript: Path | None = None,
    ) -> Render:
        """The render, from the cache or freshly made. `profile` that names none of `PROFILES` asks for no fitting.

        `music` is what the operator wants done about it instead of what the preset says; `transcript` tells presets
        that want to know what is said.

        `on_fraction` hears of the voice, `on_fit` of the picture. Raises MediaError, VoiceError.
        """
        preset = self._presets.get(preset_name).with_transcript(transcript) if preset_name else None
        fit_profile = PROFILES.get(profile)
        if fit_profile is None:
            return await self._voiced(clip, facts, preset, profile, on_fraction, music)
        voiced = await self._voiced(clip, facts, preset, VOICED, on_fraction, music) if preset else None
        source, media = await _source(clip, facts, voiced)
        plan = plan_fit(media, fit_profile, choices or FitChoices())
        if plan.action is Action.KEEP:
            return voiced or await self._voiced(clip, facts, None, plan.key, on_fraction)
        key = (facts.sha256, self._sound(preset, music), plan.key)
        async with self._making[key]:
            notes = voiced.notes if voiced else ()
            return await self._find(key) or await self._fit(key, source, plan, on_fit, notes)

    async def cover(self, render: Render, options: JsonObject) -> Path | None:
        """The picture that the operator picked for the cover, a JPEG file of the video as it is sent.

        None where none was picked, or the video ends before. The file is found again; it goes when renders go.
        Raises MediaError.
        """
        at_ms = cover_ms(options)
        if at_ms is None or at_ms >= render.duration_s * 1000:
            return None
        path = self._store.path(f"{COVER_PREFIX}{render.sha256[:32]}-{at_ms}.jpg")
        async with self._making[(render.sha256, COVER_PREFIX, str(at_ms))]:
            if not path.is_file():
                await cover_frame(self._ffmpeg, Path(render.path), at_ms / 1000, path)
        return path

    async def _voiced(
        self,
        clip: Path,
        facts: ClipFacts,
        preset: Preset | None,
        profile: str,
        on_fraction: OnFraction,
        music: str | None = None,
    ) -> Render:
        """The clip with its new voice, or the clip itself."""
        key = (facts.sha256, self._sound(preset, music), profile)
        async with self._making[key]:
            found = await self._find(key)
            if found is not None:
                return found
            if preset is None:
                return await self._add(key, clip, facts.sha256, facts.duration_s, facts.media)
            if facts.audio_codec is None:
                raise NoAudioTrackError
            made = self._store.temporary(suffix_of(facts))
            try:
                seed = seed_of(facts.sha256, preset.digest)
                notes = await self._voices.give(clip, facts.sha256, made, preset, seed, on_fraction, music=music)
                media = await probe(made) if profile == VOICED else None
                return await self._keep(key, made, facts.duration_s, media, notes)
            finally:
                self._store.discard(made)

    def _sound(self, preset: Preset | None, music: str | None) -> str:
        return self._voices.key(preset, music) if preset else ORIGINAL

    async def _fit(self, key: Key, source: Path, plan: FitPlan, on_fit: OnFraction | None, notes: Notes) -> Render:
        made = self._store.temporary(".mp4")
        try:
            await fit(self._ffmpeg, source, made, plan, on_fit)
            media = await probe(made)
            return await self._keep(key, made, media.duration_s, media, notes)
        finally:
            self._store.discard(made)

    async def _find(self, key: Key) -> Render | None:
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

    async def _keep(self, key: Key, made: Path, duration_s: float, media: MediaInfo | None, notes: Notes) -> Render:
        sha256 = await sha256_of(made)
        # Named by its content: another process that makes the same render never writes into a file being sent.
        # It is on disk before its row is written: a row must never promise a file that a power cut took.
        final = await self._store.keep(made, f"{_short(key)}-{sha256[:16]}{made.suffix}")
        self.checked.made(final, sha256)
        render = await self._add(key, final, sha256, duration_s, media.to_json() if media else None, notes)
        if render.path != str(final):
            final.unlink(missing_ok=True)
        return render

    async def _add(
        self,
        key: Key,
        path: Path,
        sha256: str,
        duration_s: float,
        media: JsonObject | None,
        notes: Notes = (),
    ) -> Render:
        async with self._db.begin() as uow:
            render = await uow.renders.add(
                clip_sha256=key[0],
                preset_digest=key[1],
                profile=key[2],
                path=str(path),
                sha256=sha256,
                size=path.stat().st_size,
                duration_s=duration_s,
                media=media,
                notes=notes,
            )
            await uow.commit()
        return render


async def _source(clip: Path, facts: ClipFacts, voiced: Render | None) -> tuple[Path, MediaInfo]:
    """The file to fit, and what is in it: read again where it was not kept."""
    path = Path(voiced.path) if voiced else clip
    known = voiced.media if voiced else facts.media
    return path, MediaInfo.from_json(known) if known is not None else await probe(path)


def suffix_of(facts: ClipFacts) -> str:
    """The file name suffix of a clip's container; a voiced clip keeps the container of its clip."""
    return render_suffix(MediaInfo(facts.container, facts.duration_s, facts.size, video=None, audio=None))


def _short(key: Key) -> str:
    return hashlib.sha256("|".join(key).encode()).hexdigest()[:20]
