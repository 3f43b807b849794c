"""Several channels of one voice to a single one, and the converted voice back to where it stood.

Channels that run against each other are turned round before they are added, so a voice recorded in opposite phase does
not cancel; afterwards each channel has the turn and the level that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile
import soxr

from voice.audio_files import Samples, read_span, spans

BLOCK_S = 10
QUALITY = "HQ"


@dataclass(frozen=True, slots=True)
class Downmix:
    """`signs` (channels,) are added up with; `gains` (channels,) give each channel its level in the result.

    `is_silent` where no channel holds anything.
    """

    signs: Samples
    gains: Samples
    is_silent: bool

    def single(self, channels: Samples) -> Samples:
        """(channels, samples) to (samples,)."""
        mixed: Samples = self.signs @ channels / len(self.signs)
        return mixed

    def spread(self, voice: Samples) -> Samples:
        """(samples,) to (channels, samples)."""
        return np.outer(self.gains, voice)

    def told(self) -> dict[str, Any]:
        """What `known_downmix` reads: empty where all is silent."""
        return {} if self.is_silent else {"signs": self.signs.tolist(), "gains": self.gains.tolist()}


def known_downmix(whole: Mapping[str, Any]) -> Downmix | None:
    """That of the whole recording, where a part of it was told."""
    if "signs" not in whole:
        return None
    return Downmix(np.array(whole["signs"]), np.array(whole["gains"]), is_silent=False)


def plan_downmix(sound: soundfile.SoundFile, report: Callable[[float], None] = lambda _: None) -> Downmix:
    """Walk through the file once; raises BadAudioError for samples that are no numbers."""
    products = np.zeros((sound.channels, sound.channels))
    for begin, end in spans(sound.frames, BLOCK_S * sound.samplerate):
        block = read_span(sound, begin, end)
        products += block @ block.T
        report(end / sound.frames)
    powers = np.diag(products)
    if not powers.any():
        return Downmix(np.ones(len(powers)), np.zeros(len(powers)), is_silent=True)
    # Turned so that as much as possible adds up: the direction of most power, its loudest channel upright.
    direction = np.linalg.eigh(products)[1][:, -1]
    direction *= np.sign(direction[powers.argmax()]) or 1.0
    signs = np.where(direction < 0, -1.0, 1.0)
    return Downmix(signs, signs * np.sqrt(powers / powers.max()), is_silent=False)


def single_channel(sound: soundfile.SoundFile, downmix: Downmix, sample_rate: int) -> Iterator[Samples]:
    """The whole file as one channel at `sample_rate`, block by block."""
    stream = Resampler(sound.samplerate, sample_rate)
    for begin, end in spans(sound.frames, BLOCK_S * sound.samplerate):
        yield stream.feed(downmix.single(read_span(sound, begin, end)), is_last=end == sound.frames)


class Resampler:
    """One channel from one rate to another, block by block; the result stays in place, without the filter's delay."""

    def __init__(self, before: int, after: int) -> None:
        self._stream = None if before == after else soxr.ResampleStream(before, after, 1, np.float64, QUALITY)

    def feed(self, samples: Samples, *, is_last: bool) -> Samples:
        """What the next samples yield; the last ones yield all that is left."""
        if self._stream is None:
            return samples
        made: Samples = self._stream.resample_chunk(np.ascontiguousarray(samples), last=is_last)
        return made
