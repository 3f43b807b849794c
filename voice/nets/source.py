"""Sine waves at the pitch and its multiples, and noise where there is no pitch: what a source-filter vocoder shapes.

X. Wang, S. Takaki, J. Yamagishi, "Neural source-filter waveform models for statistical parametric speech synthesis".
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SINE_AMPLITUDE = 0.1
VOICED_NOISE = 0.003
UNVOICED_NOISE = SINE_AMPLITUDE / 3


def sine_waves(
    f0: Tensor, samples_per_frame: int, sample_rate: int, noise: Tensor | None, start: Tensor | None = None
) -> Tensor:
    """(frames,) of Hz to (samples, harmonics).

    The phase is summed from the first sample on, in double precision: a float loses it within seconds. `noise` is
    Gaussian, (samples, harmonics), or None for none. `start` holds the phase of each harmonic at the beginning in
    turns, (harmonics,); without it there is the fundamental alone, from 0.
    """
    start = torch.zeros(1, device=f0.device) if start is None else start
    hz = f0.float().repeat_interleave(samples_per_frame)
    harmonics = torch.arange(1, len(start) + 1, device=f0.device)
    # Turns are wrapped per harmonic before they are summed, as the step of a high one may exceed a whole turn.
    turns = ((hz[:, None] * harmonics / sample_rate) % 1).double()
    turns[0] += start
    phase = (turns.cumsum(dim=0) % 1).float()
    voiced = (hz > 0)[:, None]
    waves = torch.sin(2 * math.pi * phase) * SINE_AMPLITUDE * voiced
    if noise is not None:
        waves = waves + noise * torch.where(voiced, VOICED_NOISE, UNVOICED_NOISE)
    return waves
