"""Praat's autocorrelation method, where the package praat-parselmouth is installed.

P. Boersma, "Accurate short-term analysis of the fundamental frequency…", 1993.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from voice.errors import ConversionFailedError
from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, HOP, SAMPLE_RATE, F0Task, Floats, Signal, Window, windows

VOICING_THRESHOLD = 0.6
WHOLE_FRAMES = 4800
STEP_FRAMES = 2000
CONTEXT_FRAMES = 100


def pm(signal: Signal, frames: int) -> list[F0Task]:
    """Finds the pitch of the first `frames` frames in Hz; raises ConversionFailedError without the package."""
    try:
        import parselmouth
    except ImportError:
        reason = "the pitch method pm needs the package praat-parselmouth; choose rmvpe or harvest"
        raise ConversionFailedError(f"The voice conversion failed: {reason}.", detail=reason) from None

    def find(window: Window) -> Floats:
        sound = parselmouth.Sound(window.samples(signal), SAMPLE_RATE)
        found = sound.to_pitch_ac(
            time_step=HOP / SAMPLE_RATE,
            voicing_threshold=VOICING_THRESHOLD,
            pitch_floor=F0_LOW_HZ,
            pitch_ceiling=F0_HIGH_HZ,
        )
        return window.kept(centred(found.selected_array["frequency"], window.end - window.begin))

    return [partial(find, each) for each in windows(frames, WHOLE_FRAMES, STEP_FRAMES, CONTEXT_FRAMES)]


def centred(found: Floats, frames: int) -> Floats:
    """Praat leaves out the frames at the ends whose windows stick out; they are put back as unvoiced."""
    left = max(0, (frames - len(found) + 1) // 2)
    placed = np.pad(found, (left, max(0, frames - len(found) - left)))
    return placed[:frames]
