"""Harvest and its refinement from the WORLD vocoder; no weights.

M. Morise, "Harvest: A high-performance fundamental frequency estimator from speech signals", 2017.
"""

from __future__ import annotations

import warnings
from functools import partial

from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, SAMPLE_RATE, F0Task, Floats, Signal, Window, windows

with warnings.catch_warnings():  # pyworld asks pkg_resources for its version, which warns of its own end
    warnings.simplefilter("ignore")
    import pyworld

FRAME_MS = 10.0
WHOLE_FRAMES = 4800
"""Up to 48 s it sees all at once, as in one chunk of RVC. Its memory grows with the square of the length: 0.17 GB for
32 s, 0.37 GB for these, 2.1 GB for two minutes."""
STEP_FRAMES = 1500
CONTEXT_FRAMES = 100
"""With 0.1 s of context no frame changes between voiced and unvoiced; 1 s is generous."""


def harvest(signal: Signal, frames: int) -> list[F0Task]:
    """Finds the pitch of the first `frames` frames in Hz. The tasks let other threads run."""
    return [partial(_window, signal, each) for each in windows(frames, WHOLE_FRAMES, STEP_FRAMES, CONTEXT_FRAMES)]


def _window(signal: Signal, window: Window) -> Floats:
    samples = window.samples(signal)
    rough, times = pyworld.harvest(samples, SAMPLE_RATE, f0_floor=F0_LOW_HZ, f0_ceil=F0_HIGH_HZ, frame_period=FRAME_MS)
    refined: Floats = pyworld.stonemask(samples, rough, times, SAMPLE_RATE)
    return window.kept(refined)
