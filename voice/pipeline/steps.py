"""The steps of a long recording, each one job: listen, separate a span, plan, convert a chunk, finish. Heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from voice.audio_files import create_wav, open_audio, read_span, spans
from voice.conversion import Converted, Heard, finish, settle, speak, taken_out
from voice.errors import ConversionFailedError
from voice.job_context import JobContext
from voice.methods.registry import describe_method, load_survey
from voice.notes import of_part
from voice.pipeline.cuts import measure_levels, plan_cuts
from voice.pipeline.joints import FADE_S, join
from voice.presets import Preset

GRID_HZ = 100
"""Chunks begin on multiples of 10 ms, where the frames of every method fall as they do over the whole."""
BLOCK_S = 10
SEAMS = "seams"
"""Samples at which a method wishes a recording to be cut, which its survey may tell."""


def separate_span(source: Path, target: Path, model: Path | None, span: tuple[int, int], job: JobContext) -> None:
    """Write the voice of one span; see `voice.separation.separate`."""
    from voice.separation.separate import separate

    made = job.scratch / "span.wav"
    separate(source, made, model, span, job.part(0.0, 1.0, "separate"))
    settle(made, target)


def join_stem(parts: Sequence[Path], target: Path, heard: Heard, job: JobContext) -> None:
    """Put the spans of the voice end to end; they were made to fit."""
    made = job.scratch / "stem.wav"
    with create_wav(made, heard.sample_rate, heard.channels, heard.frames) as out:
        join(parts, 0, out, job.part(0.0, 1.0, "separate"))
    _check(made, heard)
    settle(made, target)


def plan(voice: Path, preset: Preset, chunk_s: float, job: JobContext) -> dict[str, Any]:
    """Where to cut, and what the chunks are told of the whole: `{"cuts", "whole"}`."""
    survey = load_survey(preset.method)
    own: dict[str, Any] = {}
    if survey is not None:
        later = replace(job, report=lambda fraction, step: job.report(0.7 * fraction, step))
        own = dict(survey(voice, preset.settings, later))
    with open_audio(voice) as sound:
        levels = measure_levels(sound, job.part(0.0 if survey is None else 0.7, 1.0, "listen"))
        cuts = plan_cuts(levels, sound.frames, sound.samplerate, chunk_s, own.pop(SEAMS, ()))
    return {"cuts": list(cuts), "whole": {"peak": levels.peak, **own}}


def convert_chunk(
    voice: Path, target: Path, preset: Preset, seed: int, span: tuple[int, int], job: JobContext
) -> list[dict[str, Any]]:
    """Convert the samples of `span`, and half a fade more on each side that has a neighbour; returns the notes."""
    heard, raw, made = (job.scratch / name for name in ("heard.wav", "raw.wav", "made.wav"))
    with open_audio(voice) as sound:
        rate, half = sound.samplerate, fade_half(sound.samplerate)
        first, last = max(0, span[0] - half), min(sound.frames, span[1] + half)
        context = round(describe_method(preset.method).context_s * rate)
        grid = Fraction(rate, GRID_HZ).numerator
        start, stop = max(0, first - context) // grid * grid, min(sound.frames, last + context)
        with create_wav(heard, rate, sound.channels, stop - start) as out:
            for low, high in spans(stop - start, BLOCK_S * rate):
                out.write(np.ascontiguousarray(read_span(sound, start + low, start + high).T))
    speak(heard, raw, preset, seed, replace(job, whole={**job.whole, "begins": start}))
    with open_audio(raw) as sound, create_wav(made, rate, sound.channels, last - first) as out:
        for low, high in spans(last - first, BLOCK_S * rate):
            out.write(np.ascontiguousarray(read_span(sound, first - start + low, first - start + high).T))
    settle(made, target)
    return of_part(job.notes, start / rate, span[0] / rate, span[1] / rate)


def finish_chunks(
    source: Path,
    parts: Sequence[Path],
    target: Path,
    stem: Path | None,
    model: Path | None,
    preset: Preset,
    heard: Heard,
    job: JobContext,
) -> Converted:
    """Join the chunks, mix, and give the whole its loudness."""
    raw = job.scratch / "converted.wav"
    with create_wav(raw, heard.sample_rate, heard.channels, heard.frames) as out:
        join(parts, fade_half(heard.sample_rate), out, job.part(0.0, 0.2, "level"))
    _check(raw, heard)
    taken = None if stem is None else taken_out(stem, model, heard)
    return finish(source, raw, target, taken, preset.mix, heard, job.scratch, job.part(0.2, 1.0, "level"))


def fade_half(sample_rate: int) -> int:
    """Samples on each side of a cut that two chunks share."""
    return round(FADE_S * sample_rate / 2)


def _check(made: Path, heard: Heard) -> None:
    with open_audio(made) as sound:
        if sound.frames != heard.frames:
            lengths = f"{heard.frames} became {sound.frames}"
            raise ConversionFailedError(f"The length changed: {lengths} samples.", detail=lengths)
