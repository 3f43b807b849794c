"""A voice taken out of a recording block by block, so that memory is flat and the result is that over the whole.

Blocks lie on one grid counted from the recording's first sample, whatever span is asked for; each sample is the
weighted mean of what the blocks over it say. So a span that is done alone equals the same span of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from voice.audio_files import Samples, read_span

SMALLEST_WEIGHT = 1e-9


class BlockSeparator(Protocol):
    """Hears `length` samples every `step`, the first time `lead` samples before the recording begins.

    `window` (length,) is how much it is to be believed at each place of a block. One that `hears_padding` always gets
    whole blocks, with silence around the recording; another gets only what there is.
    """

    length: int
    step: int
    lead: int
    window: npt.NDArray[np.float64]
    hears_padding: bool

    def voice_of(self, block: Samples) -> Samples:
        """The voice in (channels, samples), of the same shape."""
        ...


def voice_between(sound: soundfile.SoundFile, begin: int, end: int, separator: BlockSeparator) -> Iterator[Samples]:
    """The voice of the samples `begin` to `end` in consecutive pieces (channels, samples)."""
    first = max(0, -(-(begin + separator.lead - separator.length + 1) // separator.step))
    last = (end - 1 + separator.lead) // separator.step
    said = np.zeros((sound.channels, separator.length))
    weight = np.zeros(separator.length)
    for place in range(first, last + 1):
        start = place * separator.step - separator.lead
        said += separator.window * _heard(sound, start, separator)
        weight += separator.window
        # No later block reaches what lies before the next one's start.
        settled = start + (separator.step if place < last else separator.length)
        low, high = max(begin, start) - start, min(end, settled) - start
        if high > low:
            yield said[:, low:high] / np.maximum(weight[low:high], SMALLEST_WEIGHT)
        said = _moved(said, separator.step)
        weight = _moved(weight, separator.step)


def _heard(sound: soundfile.SoundFile, start: int, separator: BlockSeparator) -> Samples:
    """What the separator says of the block at `start`, with zeros outside the recording."""
    low, high = max(0, start), min(sound.frames, start + separator.length)
    around = ((0, 0), (low - start, start + separator.length - high))
    heard = read_span(sound, low, high)
    if separator.hears_padding:
        return separator.voice_of(np.pad(heard, around))
    return np.pad(separator.voice_of(heard), around)


def _moved(held: npt.NDArray[np.float64], step: int) -> npt.NDArray[np.float64]:
    kept = held[..., step:]
    return np.concatenate([kept, np.zeros((*held.shape[:-1], step))], axis=-1)
