"""Give a file a loudness without letting its peaks clip.

A look-ahead limiter without memory: the gain at each sample is a smoothed minimum over its neighbourhood, so a file
limited in blocks with that much context equals the file limited whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy import ndimage, signal

from voice.audio_files import Samples, create_wav, open_audio, read_span, spans
from voice.loudness import LoudnessMeter

Report = Callable[[float], None]

CEILING = 10 ** (-1.0 / 20)
"""-1 dBTP, what the sites ask for: lossy coding adds to the peaks."""
OVERSAMPLING = 4  # BS.1770-5 annex 2
LOOKS_S = (0.005, 0.002, 0.0005)
"""Reach of the limiter, gentlest first: on peaky synthetic speech 5 ms reaches -14 LUFS, 2 ms -12, 0.5 ms -10."""
TOLERANCE_LU = 0.1
ENOUGH_LU = 0.2
"""A loudness this near ends the search for a faster limiter."""
ROUNDS = 4
FLATTEST = 0.3
"""LU won per dB of gain, below which a step is not trusted: deep in the limiter it would leap."""
LARGEST_GAIN_DB = 40.0
"""More would only raise the noise of something that is not speech."""
BLOCK_S = 10
INTERPOLATION_REACH = 64
"""Samples on each side that the oversampling filter hears."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What is done to each sample: a factor, then a limiter that looks `look_s` seconds to both sides."""

    gain: float
    look_s: float


def level_to(source: Path, target: Path, lufs: float, report: Report = lambda _: None) -> float:
    """Write `source` to `target` at `lufs` integrated, peaks held at -1 dBTP; returns the loudness reached.

    Limiting costs loudness, so the gain is raised by what is missing, and where that is not enough a faster limiter is
    taken. -inf, or a silent source, leaves the level as it is.
    """
    with open_audio(source) as sound:
        walks = _Walks(sound, report)
        now = walks.loudness(Drive(1.0, LOOKS_S[0]))
        audible = math.isfinite(lufs) and math.isfinite(now)
        drive = _search(walks, lufs, now) if audible else Drive(1.0, LOOKS_S[0])
        with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
            return walks.loudness(drive, out)


class _Walks:
    """Walks through one file. How many there will be nobody knows: each covers half of what is left of the report."""

    def __init__(self, sound: soundfile.SoundFile, report: Report) -> None:
        self._sound = sound
        self._report = report
        self._left = 1.0

    def loudness(self, drive: Drive, out: soundfile.SoundFile | None = None) -> float:
        """What the file sounds like under this drive; the last walk writes it to `out` on the way."""
        begin, covered = 1.0 - self._left, self._left / (2 if out is None else 1)
        self._left -= covered
        return _loudness(self._sound, drive, out, lambda done: self._report(begin + covered * done))


def _search(walks: _Walks, lufs: float, now: float) -> Drive:
    """The gentlest drive that comes near enough, or the fastest one."""
    drive = Drive(1.0, LOOKS_S[0])
    for look_s in LOOKS_S:
        drive, missing = _search_gain(walks, lufs, now, look_s)
        if abs(missing) <= ENOUGH_LU:
            break
    return drive


def _search_gain(walks: _Walks, lufs: float, now: float, look_s: float) -> tuple[Drive, float]:
    """The gain for one reach of the limiter, and what is then still missing in LU; by secants."""
    gain_db, slope, missing = 0.0, 1.0, lufs - now
    for _ in range(ROUNDS):
        step_db = min(missing / slope, LARGEST_GAIN_DB - gain_db)
        gain_db += step_db
        drive = Drive(float(10 ** (gain_db / 20)), look_s)
        still_missing = lufs - walks.loudness(drive)
        if abs(still_missing) <= TOLERANCE_LU or step_db == 0:
            return drive, still_missing
        slope = min(1.0, max(FLATTEST, (missing - still_missing) / step_db))
        missing = still_missing
    return drive, missing


def _loudness(sound: soundfile.SoundFile, drive: Drive, out: soundfile.SoundFile | None, report: Report) -> float:
    meter = LoudnessMeter(sound.samplerate, sound.channels)
    for begin, end in spans(sound.frames, BLOCK_S * sound.samplerate):
        piece = _limited(sound, begin, end, drive)
        meter.add(piece)
        if out is not None:
            out.write(np.ascontiguousarray(piece.T))
        report(end / sound.frames)
    return meter.integrated()


def _limited(sound: soundfile.SoundFile, begin: int, end: int, drive: Drive) -> Samples:
    """The span from `begin` to `end`, driven, with the context that makes blocks equal the whole."""
    look = max(1, round(drive.look_s * sound.samplerate))
    context = 2 * look + INTERPOLATION_REACH
    start = max(0, begin - context)
    heard = drive.gain * read_span(sound, start, min(sound.frames, end + context))
    piece = heard * limiting_gain(heard, look)
    return piece[:, begin - start : end - start]


def limiting_gain(samples: Samples, look: int) -> npt.NDArray[np.float64]:
    """The factor (samples,) at most 1 that holds the true peak of (channels, samples) at the ceiling.

    The minimum over +-look samples, smoothed by a window of the same reach, is never above what any sample needs.
    """
    peaks = true_peaks(samples)
    if peaks.max(initial=0.0) <= CEILING:
        return np.ones(samples.shape[1])
    needed = np.minimum(1.0, CEILING / np.maximum(peaks, CEILING))
    held = ndimage.minimum_filter1d(needed, 2 * look + 1, mode="nearest")
    window = np.hanning(2 * look + 3)[1:-1]
    smooth: npt.NDArray[np.float64] = ndimage.convolve1d(held, window / window.sum(), mode="nearest")
    return smooth


def true_peaks(samples: Samples) -> npt.NDArray[np.float64]:
    """The largest magnitude of the oversampled signal around each sample, over all channels, (samples,)."""
    finer = signal.resample_poly(samples, OVERSAMPLING, 1, axis=1)
    peaks: npt.NDArray[np.float64] = np.abs(finer).max(axis=0).reshape(-1, OVERSAMPLING).max(axis=1)
    return peaks
