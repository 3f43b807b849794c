"""One audio file to another voice in one go, with exactly the source's length and loudness, its music kept."""

from __future__ import annotations

import errno
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from voice.audio_files import open_audio
from voice.errors import ConversionFailedError
from voice.job_context import JobContext
from voice.level import level_to
from voice.loudness import loudness_of
from voice.methods.registry import load_method
from voice.mixing import Stem, mix_down
from voice.presets import Preset
from voice.presets.mix import AUTOMATIC, NONE, Mix

Report = Callable[[float], None]

MOST_CHANNELS = 2
"""Of more, the music is not told from the voice: films mix them in ways that a phone's clip never has."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A source at a glance. `lufs` is None for silence, which has no loudness."""

    frames: int
    sample_rate: int
    channels: int
    lufs: float | None
    has_music: bool


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out; the loudnesses are None for silence. `kept_music`: voice and music were taken apart."""

    frames: int
    sample_rate: int
    channels: int
    lufs: float | None
    source_lufs: float | None
    kept_music: bool = False


def convert(
    source: Path,
    target: Path,
    preset: Preset,
    seed: int,
    job: JobContext,
    *,
    music: str = NONE,
    model: Path | None = None,
    stem: Path | None = None,
) -> Converted:
    """Convert `source` (WAV, FLAC) into `target` (float WAV), which appears whole or not at all.

    `music` is one of `voice.presets.mix.MUSIC`; the voice is taken out by `model`, roughly without one, and kept at
    `stem`, or found there. Raises BadAudioError for what cannot be converted, BadModelError's kinds, DiskFullError,
    ConversionFailedError where the method broke its promise.
    """
    job.report(0.0, "listen")
    heard = listen(source, music)
    voice, share = source, 0.02
    if heard.has_music:
        voice = stem or job.scratch / "stem.wav"
        take_out_voice(source, voice, model, job.part(share, share := 0.45, "separate"), job.scratch)
    raw = job.scratch / "converted.wav"
    speak(voice, raw, preset, seed, job, (share, 0.92))
    report = job.part(0.92, 1.0, "level")
    taken = taken_out(voice, model, heard) if heard.has_music else None
    return finish(source, raw, target, taken, preset.mix, heard, job.scratch, report)


def listen(source: Path, music: str) -> Heard:
    """Loudness, and whether there is music to be kept; raises BadAudioError."""
    lufs = loudness_of(source)
    with open_audio(source) as sound:
        wanted = music != NONE and sound.channels <= MOST_CHANNELS and math.isfinite(lufs)
        if wanted and music == AUTOMATIC:
            from voice.separation.presence import has_music

            wanted = has_music(sound)
        return Heard(sound.frames, sound.samplerate, sound.channels, _finite(lufs), wanted)


def take_out_voice(source: Path, stem: Path, model: Path | None, report: Report, scratch: Path) -> None:
    """Write the voice to `stem`, unless it is there from an earlier time; it appears whole or not at all."""
    if stem.exists():
        return
    from voice.separation.separate import separate

    made = scratch / "separated.wav"
    separate(source, made, model, report=report)
    settle(made, stem)


def taken_out(stem: Path, model: Path | None, heard: Heard) -> Stem:
    """What there is to know of a voice that `take_out_voice` took out."""
    from voice.separation.separate import lost_db

    return Stem(stem, lost_db(model, heard.sample_rate))


def settle(made: Path, target: Path) -> None:
    """Give a file its place, from another disk as well, in one step."""
    try:
        made.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _settle_from_afar(made, target)


def _settle_from_afar(made: Path, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{made.parent.name}.part")
    try:
        shutil.move(made, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def speak(
    voice: Path, raw: Path, preset: Preset, seed: int, job: JobContext, share: tuple[float, float] = (0.0, 1.0)
) -> None:
    """The method alone: `raw` has as many samples as `voice`. It covers `share` of the job."""
    begin, end = share
    own = job.scratch / "method"
    own.mkdir()

    def report(fraction: float, step: str) -> None:
        job.report(begin + (end - begin) * min(max(fraction, 0.0), 1.0), step)

    load_method(preset.method)(voice, raw, preset.settings, seed, replace(job, scratch=own, report=report))
    shutil.rmtree(own)
    with open_audio(voice) as before, open_audio(raw) as after:
        if (before.frames, before.samplerate, before.channels) != (after.frames, after.samplerate, after.channels):
            lengths = f"{before.frames} became {after.frames}"
            raise ConversionFailedError(f"The length changed: {lengths} samples.", detail=lengths)


def finish(
    source: Path, raw: Path, target: Path, stem: Stem | None, mix: Mix, heard: Heard, scratch: Path, report: Report
) -> Converted:
    """Put the converted voice back over its music, where it was taken out, and give the whole its loudness."""
    mixed, levelled = scratch / "mixed.wav", scratch / "levelled.wav"
    begin = 0.0
    if stem is not None:
        begin = 0.3
        mix_down(source, stem, raw, mixed, mix, lambda done: report(begin * done))
    wanted = -math.inf if heard.lufs is None else heard.lufs
    made = mixed if stem is not None else raw
    lufs = level_to(made, levelled, wanted, lambda done: report(begin + (1.0 - begin) * done))
    settle(levelled, target)
    return Converted(
        heard.frames, heard.sample_rate, heard.channels, _finite(lufs), heard.lufs, kept_music=stem is not None
    )


def _finite(lufs: float) -> float | None:
    return lufs if math.isfinite(lufs) else None
