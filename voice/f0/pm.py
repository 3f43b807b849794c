"""Praat's autocorrelation method, where the package praat-parselmouth is installed.

P. Boersma, "Accurate short-term analysis of the fundamental frequency…", 1993.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from voice.errors import ConversionFailedError
from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, HOP, SAMPLE_RATE, F0Task, Floats, Signal, Window, windows

VOICING_THRESHOLD = 0.6
SILENCE_THRESHOLD = 0.03
"""A frame whose peak is below this share of the recording's is unvoiced, Praat's default."""
WHOLE_FRAMES = 60_000
"""Up to 10 minutes are heard at once: 150 MB and two seconds."""
STEP_FRAMES = 30_000
CONTEXT_FRAMES = 100


def pm(signal: Signal, frames: int) -> list[F0Task]:
    """Finds the pitch of the first `frames` frames in Hz; raises ConversionFailedError without the package."""
    try:
        import parselmouth
    except ImportError:
        reason = "the pitch method pm needs the package praat-parselmouth; choose rmvpe or harvest"
        raise ConversionFailedError(f"The voice conversion failed: {reason}.", detail=reason) from None

    loudest = _loudest(signal)

    def find(window: Window) -> Floats:
        frames = window.end - window.begin
        # As many samples beyond the last frame as the whole has: Praat puts its frames in the middle of what it hears.
        samples = signal[window.begin * HOP : min(len(signal), window.end * HOP + len(signal) % HOP)]
        own = float(np.abs(samples).max(initial=0.0))
        if own == 0:
            return window.kept(np.zeros(frames))
        found = parselmouth.Sound(np.ascontiguousarray(samples), SAMPLE_RATE).to_pitch_ac(
            time_step=HOP / SAMPLE_RATE,
            silence_threshold=SILENCE_THRESHOLD * loudest / own,
            voicing_threshold=VOICING_THRESHOLD,
            pitch_floor=F0_LOW_HZ,
            pitch_ceiling=F0_HIGH_HZ,
        )
        return window.kept(centred(found.selected_array["frequency"], frames))

    return [partial(find, each) for each in windows(frames, WHOLE_FRAMES, STEP_FRAMES, CONTEXT_FRAMES)]


def _loudest(signal: Signal) -> float:
    """The largest magnitude, heard block by block."""
    blocks = (signal[begin : begin + STEP_FRAMES * HOP] for begin in range(0, len(signal), STEP_FRAMES * HOP))
    return max((float(np.abs(block).max(initial=0.0)) for block in blocks), default=0.0)


def centred(found: Floats, frames: int) -> Floats:
    """Praat leaves out the frames at the ends whose windows stick out; they are put back as unvoiced."""
    left = max(0, (frames - len(found) + 1) // 2)
    placed = np.pad(found, (left, max(0, frames - len(found) - left)))
    return placed[:frames]
