"""Pitch by the network RMVPE; best where something sounds besides the voice."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch

from voice.f0.signal16k import F0Task, Floats, Signal, Window, windows
from voice.nets.rmvpe import BINS, FRAME_MULTIPLE, HOP, N_FFT, Rmvpe, log_mel, mel_bank

THRESHOLD = 0.03
"""A frame whose highest salience is not above this is unvoiced."""
CENTS_OF_FIRST_BIN = 1997.3794084376191
CENTS_PER_BIN = 20
REACH = 4
"""Bins on each side of the highest one that share in the mean."""
WHOLE_FRAMES = 112 * FRAME_MULTIPLE
STEP_FRAMES = 82 * FRAME_MULTIPLE
CONTEXT_FRAMES = 15 * FRAME_MULTIPLE


def rmvpe(signal: Signal, frames: int, net: Rmvpe, threshold: float = THRESHOLD) -> list[F0Task]:
    """Finds the pitch of the first `frames` frames in Hz."""
    known = min(frames, len(signal) // HOP + 1)

    def find(window: Window) -> Floats:
        with torch.inference_mode():
            salience = net(_mel(signal, window, net)).cpu().numpy()
        return window.kept(pitch_of(salience, threshold))

    return [partial(find, each) for each in windows(known, WHOLE_FRAMES, STEP_FRAMES, CONTEXT_FRAMES, FRAME_MULTIPLE)]


def _mel(signal: Signal, window: Window, net: Rmvpe) -> torch.Tensor:
    """Frames of one window; only at the signal's own ends does the spectrum see mirrored samples."""
    device = net.cnn.weight.device
    margin = -(-N_FFT // HOP)  # frames
    begin = max(0, window.begin - margin)
    end = len(signal) if window.is_last else min(len(signal), (window.end + margin) * HOP)
    samples = torch.from_numpy(np.asarray(signal[begin * HOP : end], dtype=np.float32)).to(device)
    if len(samples) <= N_FFT // 2:  # too short to be mirrored
        samples = torch.nn.functional.pad(samples, (0, N_FFT // 2 + 1 - len(samples)))
    mel = log_mel(samples, mel_bank().to(device))
    return mel[:, window.begin - begin :][:, : window.end - window.begin]


def pitch_of(salience: np.ndarray[tuple[int, int], np.dtype[np.float32]], threshold: float) -> Floats:
    """(frames, 360) to Hz: the mean of the cents around the highest bin, weighted by their salience."""
    highest = salience.argmax(axis=1)
    padded = np.pad(salience, ((0, 0), (REACH, REACH)))
    cents = np.pad(CENTS_OF_FIRST_BIN + CENTS_PER_BIN * np.arange(BINS), REACH)
    around = highest[:, None] + np.arange(2 * REACH + 1)
    weights = np.take_along_axis(padded, around, axis=1)
    mean = (weights * cents[around]).sum(axis=1) / weights.sum(axis=1)
    f0: Floats = 10 * 2 ** (mean / 1200)
    f0[salience.max(axis=1) <= threshold] = 0
    return f0
