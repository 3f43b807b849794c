"""Chunks that overlap become one file, faded over as much as they have in common, from disk to disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from voice.audio_files import Samples, WavWriter, open_audio, read_span, spans

FADE_S = 0.1
BLOCK_S = 10


def join(parts: Sequence[Path], half: int, out: WavWriter, report: Callable[[float], None] = lambda _: None) -> None:
    """Write the chunks to `out`, each of which shares 2 * `half` samples with the next one."""
    tail: Samples | None = None
    for place, part in enumerate(parts):
        with open_audio(part) as sound:
            begin, end = 0, sound.frames
            if tail is not None:
                begin = 2 * half
                _append(out, crossfade(tail, read_span(sound, 0, begin)))
            if place < len(parts) - 1:
                end -= 2 * half
            for low, high in spans(end - begin, BLOCK_S * sound.samplerate):
                _append(out, read_span(sound, begin + low, begin + high))
            tail = read_span(sound, end, sound.frames) if end < sound.frames else None
        report((place + 1) / len(parts))


def crossfade(before: Samples, after: Samples) -> Samples:
    """From one (channels, samples) to the other, with the level kept however much they have in common.

    The gain is 1 / sqrt(u^2 + v^2 + 2 rho u v): 1 for the same sound twice, equal power for sounds that share nothing,
    as a vocoder's that began anew with another phase.
    """
    fade_in = (np.arange(before.shape[1]) + 0.5) / max(1, before.shape[1])
    fade_out = 1.0 - fade_in
    rho = _correlation(before, after)
    gain = 1.0 / np.sqrt(fade_in**2 + fade_out**2 + 2.0 * rho * fade_in * fade_out)
    faded: Samples = gain * (fade_out * before + fade_in * after)
    return faded


def _correlation(before: Samples, after: Samples) -> float:
    power = float(np.sqrt((before**2).sum() * (after**2).sum()))
    return max(0.0, float((before * after).sum()) / power) if power > 0 else 1.0


def _append(out: WavWriter, samples: Samples) -> None:
    if samples.shape[1]:
        out.write(np.ascontiguousarray(samples.T))
