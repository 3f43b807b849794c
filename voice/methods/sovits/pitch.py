"""The pitch of one piece, a value for each of the voice's own frames.

Harvest, dio and pm look at the sound at its own rate, as the reference does; the networks at 16 kHz.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from voice.checkpoints.pitch import load_crepe, load_rmvpe
from voice.errors import ConversionFailedError, MissingModelError
from voice.f0.crepe import crepe
from voice.f0.pm import VOICING_THRESHOLD, centred
from voice.f0.rmvpe import rmvpe
from voice.f0.signal16k import F0_HIGH_HZ, F0_LOW_HZ, HOP, SAMPLE_RATE, Floats, found_at_once
from voice.methods.sovits.rules import resized

with warnings.catch_warnings():  # of what pyworld asks for its own version
    warnings.simplefilter("ignore")
    import pyworld

Find16k = Callable[[Floats], Floats]
PitchFinder = Callable[[Floats, Floats, int], Floats]
"""A piece at the voice's rate, the same at 16 kHz, and a number of frames to Hz; 0 where there is no pitch."""


def pitch_finder(method: str, model: Path | None, rate: int, hop: int, device: torch.device) -> PitchFinder:
    """The finder of this name for frames of `hop` samples at `rate`; raises BadModelError's kinds."""
    if method in ("harvest", "dio"):
        return partial(_by_world, method=method, rate=rate, hop=hop)
    if method == "pm":
        return partial(_by_praat, rate=rate, hop=hop)
    if model is None:
        raise MissingModelError(f"The pitch method {method} needs its model file.", file=f"{method}.pt")
    find = _rmvpe(model, device) if method == "rmvpe" else _crepe(model, device)
    return partial(_at_16k, find=find, frame_s=hop / rate)


def _rmvpe(model: Path, device: torch.device) -> Find16k:
    net = load_rmvpe(model).to(device)
    return lambda heard: found_at_once(rmvpe(heard, len(heard) // HOP + 1, net))


def _crepe(model: Path, device: torch.device) -> Find16k:
    net = load_crepe(model).to(device)
    return lambda heard: found_at_once(crepe(heard, len(heard) // HOP + 1, net))


def _by_world(samples: Floats, _heard: Floats, frames: int, *, method: str, rate: int, hop: int) -> Floats:
    find, samples = getattr(pyworld, method), np.ascontiguousarray(samples, dtype=np.float64)
    rough, times = find(samples, rate, f0_floor=F0_LOW_HZ, f0_ceil=F0_HIGH_HZ, frame_period=1000 * hop / rate)
    refined: Floats = pyworld.stonemask(samples, rough, times, rate)
    return resized(refined.round(1) if method == "dio" else refined, frames)


def _by_praat(samples: Floats, _heard: Floats, frames: int, *, rate: int, hop: int) -> Floats:
    try:
        import parselmouth
    except ImportError:
        reason = "the pitch method pm needs the package praat-parselmouth; choose rmvpe or harvest"
        raise ConversionFailedError(f"The voice conversion failed: {reason}.", detail=reason) from None
    found = parselmouth.Sound(samples, rate).to_pitch_ac(
        time_step=hop / rate, voicing_threshold=VOICING_THRESHOLD, pitch_floor=F0_LOW_HZ, pitch_ceiling=F0_HIGH_HZ
    )
    return centred(found.selected_array["frequency"], frames)


def _at_16k(_samples: Floats, heard: Floats, frames: int, *, find: Find16k, frame_s: float) -> Floats:
    """100 values a second, read where the frames begin: as voiced as the nearest, in straight lines between."""
    found = find(heard)
    places = np.arange(frames) * frame_s * (SAMPLE_RATE / HOP)
    nearest = found[np.minimum(np.rint(places).astype(np.intp), len(found) - 1)]
    line = np.nan_to_num(np.interp(places, np.arange(len(found)), np.where(found > 0, found, np.nan)))
    chosen: Floats = np.where((nearest > 0) & (line > 0), line, nearest)
    return chosen
