"""The `world` method over a whole file: survey it, cut it at quiet places, convert piece by piece, join.

Memory does not grow with the duration: pieces of about 10 s are read from disk with 0.15 s of context on both sides
(0.1 s is enough for the voiced/unvoiced decisions to equal those over the whole file).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from voice.audio_files import create_wav, open_audio, read_span
from voice.crossfade import joined
from voice.job_context import JobContext
from voice.methods.world.cuts import Survey, plan_cuts
from voice.methods.world.settings import WorldSettings
from voice.methods.world.vocoder import Samples, aligned_step, convert_piece, quick_f0

CONTEXT_S = 0.15
FADE_S = 0.02
SURVEY_BLOCK_S = 20
SURVEY_FRAME_S = 0.005
NEUTRAL_F0_HZ = 140.0
"""Taken for the mean where nothing voiced was found; then it changes nothing."""
SAME_CHANNELS_POWER = 1e-5
"""-50 dB: channels that differ by less carry one voice, converted once."""


def convert(source: Path, target: Path, settings: WorldSettings, seed: int, job: JobContext) -> None:
    """Write `target` (float WAV) with the voice of `source` moved; the same frames, channels and rate.

    The same source, settings and seed give the same samples.
    """
    resolved = settings.resolved(seed)
    with open_audio(source) as sound:
        heard, is_mono = _survey(sound, job.part(0.0, 0.1, "listen"))
        # Of a part of a recording, what holds for the whole is believed: the melody moves about one mean.
        is_mono = job.whole.get("is_mono", is_mono)
        mean_f0_hz = job.whole.get("mean_f0_hz", heard.mean_f0_hz)
        cuts = plan_cuts(heard, sound.frames, sound.samplerate)
        report = job.part(0.1, 1.0, "convert")
        with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
            pieces = _pieces(sound, cuts, resolved, mean_f0_hz, is_mono)
            for piece in joined(pieces, round(FADE_S * sound.samplerate / 2)):
                out.write(np.ascontiguousarray(piece.T))
                report(out.tell() / max(1, sound.frames))


def survey(source: Path, settings: WorldSettings, job: JobContext) -> dict[str, Any]:  # noqa: ARG001 - as methods do
    """The log-mean pitch of the whole recording, and whether its channels are the same."""
    with open_audio(source) as sound:
        heard, is_mono = _survey(sound, job.part(0.0, 1.0, "listen"))
    return {"mean_f0_hz": heard.mean_f0_hz, "is_mono": bool(is_mono)}


def _survey(sound: soundfile.SoundFile, report: Callable[[float], None]) -> tuple[Survey, bool]:
    """One quick walk: level and voicing of every 5 ms, the log-mean pitch, and whether all channels are the same."""
    rate = sound.samplerate
    block = SURVEY_BLOCK_S * rate
    levels, voicings, pitches = [], [], []
    middle_power = difference_power = 0.0
    for start in range(0, sound.frames, block):
        channels = read_span(sound, start, min(start + block, sound.frames))
        middle = np.ascontiguousarray(channels.mean(axis=0))
        middle_power += float((middle**2).sum())
        difference_power += float(((channels - middle) ** 2).max(axis=0).sum())
        expected = math.ceil(channels.shape[1] / rate / SURVEY_FRAME_S)
        f0 = quick_f0(middle, rate, 1000 * SURVEY_FRAME_S)[:expected]
        f0 = np.pad(f0, (0, expected - len(f0)))
        levels.append(_levels_db(middle, rate, expected))
        voicings.append(f0 > 0)
        pitches.append(np.log(f0[f0 > 0]))
        report((start + channels.shape[1]) / sound.frames)
    logs = np.concatenate(pitches)
    mean_f0_hz = float(np.exp(logs.mean())) if len(logs) else NEUTRAL_F0_HZ
    survey = Survey(np.concatenate(levels), np.concatenate(voicings), SURVEY_FRAME_S, mean_f0_hz)
    return survey, difference_power <= SAME_CHANNELS_POWER * middle_power


def _levels_db(middle: Samples, rate: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    edges = np.minimum((np.arange(count) * SURVEY_FRAME_S * rate).astype(np.intp), len(middle) - 1)
    power = np.add.reduceat(middle**2, edges) / (SURVEY_FRAME_S * rate)
    return (10 * np.log10(power + 1e-12)).astype(np.float32)


def _pieces(
    sound: soundfile.SoundFile, cuts: tuple[int, ...], settings: WorldSettings, mean_f0_hz: float, is_mono: bool
) -> Iterator[Samples]:
    """Each converted piece, (channels, samples), half a fade longer than its span wherever it has a neighbour."""
    rate, frames = sound.samplerate, sound.frames
    step, context, half = aligned_step(rate), round(CONTEXT_S * rate), round(FADE_S * rate / 2)
    for begin, end in itertools.pairwise(cuts):
        first, last = max(0, begin - half), min(frames, end + half)
        # WORLD's frames must fall on the same samples as over the whole file.
        start = max(0, first - context) // step * step
        heard = read_span(sound, start, min(frames, last + context))
        made = convert_piece(heard.mean(axis=0, keepdims=True) if is_mono else heard, rate, settings, mean_f0_hz)
        made = made[:, first - start : last - start]
        yield np.repeat(made, sound.channels, axis=0) if is_mono else made
