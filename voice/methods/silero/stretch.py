"""Speech at another tempo with its pitch and its formants kept, by WORLD.

At 0.85 to 1.35 times its mel envelope stays as near to the source's as rubberband's does, and no other program is
needed.
"""

from __future__ import annotations

import numpy as np

from voice.methods.silero.package import Waveform
from voice.methods.world.vocoder import QUIETEST_PEAK, retimed

QUIET_DB = -50.0
"""Below the peak: what is not louder at the ends of a phrase is silence."""
KEPT_S = 0.01


def trimmed(speech: Waveform, sample_rate: int) -> Waveform:
    """`speech` without the silence at its ends; 10 ms of it stay."""
    loud = np.flatnonzero(np.abs(speech) > np.abs(speech).max(initial=0.0) * 10 ** (QUIET_DB / 20))
    if not len(loud):
        return speech[:0]
    keep = int(KEPT_S * sample_rate)
    return speech[max(0, loud[0] - keep) : loud[-1] + 1 + keep]


def at_tempo(speech: Waveform, sample_rate: int, tempo: float) -> Waveform:
    """`speech` (samples,) said `tempo` times as fast: round(samples / tempo) samples."""
    length = round(len(speech) / tempo)
    if tempo == 1.0 or np.abs(speech).max(initial=0.0) < QUIETEST_PEAK:
        return np.pad(speech, (0, max(0, length - len(speech))))[:length]
    return retimed(speech, sample_rate, tempo)
