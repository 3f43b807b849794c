"""One piece of speech through WORLD: analyse, move pitch and formants, synthesise.

M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system", 2016.
"""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import numpy.typing as npt

with warnings.catch_warnings():  # pyworld asks pkg_resources for its version, which warns of its own end
    warnings.simplefilter("ignore")
    import pyworld

from voice.methods.world.delay import LATEST_S, delay_of
from voice.methods.world.settings import WorldSettings

Samples = npt.NDArray[np.float64]
Frames = npt.NDArray[np.float64]

FRAME_PERIOD_MS = 5.0
SHORTEST_S = 0.5
"""Shorter pieces are padded with silence: the analysis filters are longer than they are."""
QUIETEST_PEAK = 1e-4
"""-80 dBFS. Below it there is no voice to analyse, and the piece is passed on as it is."""


def aligned_step(sample_rate: int) -> int:
    """The fewest samples that are a whole number of 5 ms frames: 441 at 44.1 kHz (two frames), 240 at 48 kHz."""
    return Fraction(sample_rate, 200).numerator


def convert_piece(piece: Samples, sample_rate: int, settings: WorldSettings, mean_f0_hz: float) -> Samples:
    """`piece` is (channels, samples); the result has the same shape.

    All channels follow one f0 track, and WORLD's noise has a fixed seed, so what stood in the middle stays there. By
    how much WORLD speaks late is taken back.
    """
    if np.abs(piece).max(initial=0.0) < QUIETEST_PEAK:
        return piece
    length = piece.shape[1]
    missing = max(round(LATEST_S * sample_rate), int(SHORTEST_S * sample_rate) - length)
    padded = np.ascontiguousarray(np.pad(piece, ((0, 0), (0, missing))))
    # Harvest finds a quarter more voiced frames than dio + stonemask on the samples here, at 3 times its cost; a missed
    # frame is heard as hoarseness.
    f0, times = pyworld.harvest(_voice_of(padded), sample_rate, frame_period=FRAME_PERIOD_MS)
    moved_f0 = move_f0(f0, settings, mean_f0_hz)
    made = np.stack([_resynthesise(one, f0, moved_f0, times, sample_rate, settings) for one in padded])
    late = delay_of(made, padded, sample_rate)
    return made[:, late : late + length]


def retimed(speech: Samples, sample_rate: int, tempo: float) -> Samples:
    """`speech` (samples,) said `tempo` times as fast in the same voice: round(samples / tempo) samples."""
    length = round(len(speech) / tempo)
    padded = np.pad(speech, (0, max(0, int(SHORTEST_S * sample_rate) - len(speech))))
    f0, times = pyworld.harvest(padded, sample_rate, frame_period=FRAME_PERIOD_MS)
    envelope = pyworld.cheaptrick(padded, f0, times, sample_rate)
    aperiodicity = pyworld.d4c(padded, f0, times, sample_rate)
    made = pyworld.synthesize(f0, envelope, aperiodicity, sample_rate, FRAME_PERIOD_MS / tempo)
    made = np.nan_to_num(made, nan=0.0, posinf=0.0, neginf=0.0)[:length]
    return np.pad(made, (0, length - len(made)))


def move_f0(f0: Frames, settings: WorldSettings, mean_f0_hz: float) -> Frames:
    """The new pitch of each frame in Hz; 0 stays 0 (unvoiced)."""
    voiced = f0 > 0
    moved = np.zeros_like(f0)
    if settings.constant_f0_hz is not None:
        moved[voiced] = settings.constant_f0_hz
    else:
        melody = (f0[voiced] / mean_f0_hz) ** settings.f0_range
        moved[voiced] = mean_f0_hz * melody * settings.f0_factor
    return moved


def stretch_envelope(envelope: Frames, factor: float) -> Frames:
    """Move the content of each row (frames, bins) from bin k to bin k * factor, by linear interpolation."""
    if factor == 1.0:
        return envelope
    last = envelope.shape[1] - 1
    places = np.minimum(np.arange(last + 1) / factor, last)
    below = np.minimum(places.astype(np.intp), last - 1)
    share = places - below
    low, high = np.take(envelope, below, axis=1), np.take(envelope, below + 1, axis=1)
    return np.ascontiguousarray(low * (1 - share) + high * share)


def quick_f0(samples: Samples, sample_rate: int, frame_period_ms: float) -> Frames:
    """Pitch per frame by dio at a quarter of its cost: good enough to find the pauses and the mean."""
    padded = np.pad(samples, (0, max(0, int(SHORTEST_S * sample_rate) - len(samples))))
    f0: Frames = pyworld.dio(padded, sample_rate, speed=4, frame_period=frame_period_ms)[0]
    return f0


def _voice_of(channels: Samples) -> Samples:
    """What the pitch is read from: the middle, or the loudest channel where the channels cancel each other."""
    middle = channels.mean(axis=0)
    loudest = channels[np.argmax((channels**2).sum(axis=1))]
    return middle if (middle**2).sum() > 0.1 * (loudest**2).sum() else np.ascontiguousarray(loudest)


def _resynthesise(
    channel: Samples, f0: Frames, moved_f0: Frames, times: Frames, sample_rate: int, settings: WorldSettings
) -> Samples:
    envelope = pyworld.cheaptrick(channel, f0, times, sample_rate)  # (frames, bins) power
    aperiodicity = pyworld.d4c(channel, f0, times, sample_rate)  # (frames, bins) 0..1
    envelope = np.exp(stretch_envelope(np.log(np.maximum(envelope, 1e-20)), settings.formant_factor))
    aperiodicity = np.clip(stretch_envelope(aperiodicity, settings.formant_factor), 0.0, 1.0)
    aperiodicity += settings.breath * (1.0 - aperiodicity)
    made: Samples = pyworld.synthesize(moved_f0, envelope, aperiodicity, sample_rate, FRAME_PERIOD_MS)
    return np.nan_to_num(made, nan=0.0, posinf=0.0, neginf=0.0)
