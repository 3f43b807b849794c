"""Give a file a loudness without letting its peaks clip.

A look-ahead limiter without memory: the gain at each sample is a smoothed minimum over +-5 ms, so a file limited in
blocks with that much context equals the file limited whole.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy import ndimage, signal

from voice.audio_files import Samples, create_wav, open_audio, read_span, spans
from voice.loudness import LoudnessMeter

CEILING = 10 ** (-1.0 / 20)
"""-1 dBTP, what the sites ask for: lossy coding adds to the peaks."""
OVERSAMPLING = 4  # BS.1770-5 annex 2
LOOK_S = 0.005
TOLERANCE_LU = 0.1
ROUNDS = 6
LARGEST_GAIN_DB = 40.0
"""More would only raise the noise of something that is not speech."""
BLOCK_S = 10


def level_to(source: Path, target: Path, lufs: float) -> float:
    """Write `source` to `target` at `lufs` integrated, peaks held at -1 dBTP; returns what was reached.

    Limiting costs loudness, so the gain is raised by what is missing, at most 6 times. -inf, or a silent source, leaves
    the level as it is.
    """
    with open_audio(source) as sound:
        now = _measure(sound, 1.0, limited=False)
        gain = 1.0
        if math.isfinite(lufs) and math.isfinite(now):
            gain = _search_gain(sound, lufs, now)
        return _write(sound, target, gain)


def _search_gain(sound: soundfile.SoundFile, lufs: float, now: float) -> float:
    gain_db = lufs - now
    for _ in range(ROUNDS):
        reached = _measure(sound, _factor(gain_db), limited=True)
        missing = lufs - reached
        if abs(missing) <= TOLERANCE_LU:
            break
        gain_db += missing
    return _factor(gain_db)


def _factor(gain_db: float) -> float:
    return float(10 ** (min(gain_db, LARGEST_GAIN_DB) / 20))


def _measure(sound: soundfile.SoundFile, gain: float, *, limited: bool) -> float:
    meter = LoudnessMeter(sound.samplerate, sound.channels)
    for begin, end in spans(sound.frames, BLOCK_S * sound.samplerate):
        meter.add(_limited(sound, begin, end, gain) if limited else gain * read_span(sound, begin, end))
    return meter.integrated()


def _write(sound: soundfile.SoundFile, target: Path, gain: float) -> float:
    meter = LoudnessMeter(sound.samplerate, sound.channels)
    with create_wav(target, sound.samplerate, sound.channels, sound.frames) as out:
        for begin, end in spans(sound.frames, BLOCK_S * sound.samplerate):
            piece = _limited(sound, begin, end, gain)
            meter.add(piece)
            out.write(np.ascontiguousarray(piece.T))
    return meter.integrated()


def _limited(sound: soundfile.SoundFile, begin: int, end: int, gain: float) -> Samples:
    """The span from `begin` to `end`, amplified and limited, with the context that makes blocks equal the whole."""
    look = _look(sound.samplerate)
    context = 2 * look + 64  # 64: the reach of the interpolation filter
    start = max(0, begin - context)
    heard = gain * read_span(sound, start, min(sound.frames, end + context))
    piece = heard * limiting_gain(heard, look)
    return piece[:, begin - start : end - start]


def _look(sample_rate: int) -> int:
    return max(1, round(LOOK_S * sample_rate))


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
