"""One audio file to another voice, with exactly the source's length and loudness."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from voice.audio_files import open_audio
from voice.errors import ConversionFailedError
from voice.job_context import JobContext
from voice.level import level_to
from voice.loudness import loudness_of
from voice.methods.registry import load_method
from voice.presets import Preset


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out; `lufs` and `source_lufs` are None for silence, which has no loudness."""

    frames: int
    sample_rate: int
    channels: int
    lufs: float | None
    source_lufs: float | None


def convert(source: Path, target: Path, preset: Preset, seed: int, job: JobContext) -> Converted:
    """Convert `source` (WAV, FLAC) into `target` (float WAV), which appears whole or not at all.

    Raises BadAudioError for what cannot be converted, ConversionFailedError where the method broke its promise.
    """
    raw, levelled = job.scratch / "converted.wav", job.scratch / "levelled.wav"
    job.report(0.0, "listen")
    source_lufs = loudness_of(source)
    part = replace(job, report=lambda fraction, step: job.report(min(0.95, 0.02 + 0.93 * fraction), step))
    load_method(preset.method)(source, raw, preset.settings, seed, part)
    job.report(0.95, "level")
    lufs = level_to(raw, levelled, source_lufs)
    with open_audio(source) as before, open_audio(levelled) as after:
        if (before.frames, before.samplerate, before.channels) != (after.frames, after.samplerate, after.channels):
            lengths = f"{before.frames} became {after.frames}"
            raise ConversionFailedError(f"The length changed: {lengths} samples.", detail=lengths)
        result = Converted(after.frames, after.samplerate, after.channels, _finite(lufs), _finite(source_lufs))
    shutil.move(levelled, target)
    job.report(1.0, "done")
    return result


def _finite(lufs: float) -> float | None:
    return lufs if math.isfinite(lufs) else None
