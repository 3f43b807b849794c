"""From a recording at 16 kHz to the samples of the new voice, chunk by chunk.

Two ways of joining chunks: as the reference does, which loses up to 20 ms at each cut, and in place, where every chunk
is exactly as long as its part of the source.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from voice.device import give_back_memory
from voice.f0.choice import PitchTrack
from voice.f0.signal16k import HOP, SAMPLE_RATE, Floats, Signal
from voice.methods.rvc.model import Model
from voice.methods.rvc.rules import coarse_pitch, cut_points, filled, smoothed, transposed
from voice.nets.hubert import ContentEncoder
from voice.retrieval import FeatureIndex

V1_LAYER = 9
V2_LAYER = 12
NO_PROTECTION = 0.5
MARGIN_FRAMES = 2
"""Pitch that is known beyond a chunk's end, for the median."""
FADE_FRAMES = 1
"""In place, neighbours overlap by twice this many frames and are crossfaded."""

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Splitting:
    """Seconds: padding at both ends, how far a cut may move, the wished length of a chunk, the longest uncut one."""

    pad_s: int = 1
    search_s: int = 6
    chunk_s: int = 38
    longest_s: int = 41
    of_magnitudes: bool = False

    @property
    def pad(self) -> int:
        return self.pad_s * SAMPLE_RATE

    def cuts(self, padded: Signal) -> list[int]:
        """Where the chunks end, in samples of the unpadded signal; without the end of the last one."""
        every, search, longest = (one * SAMPLE_RATE for one in (self.chunk_s, self.search_s, self.longest_s))
        return cut_points(padded, self.pad, every, search, longest, of_magnitudes=self.of_magnitudes)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples `begin` to `end` of the padded signal; `frames` is its own length without padding, in 10 ms."""

    begin: int
    end: int
    frames: int
    pad_frames: int
    is_first: bool
    is_last: bool
    number: int = 0
    """Its place in the whole recording, also where only a part of it is at hand."""

    def kept_in_place(self) -> tuple[int, int]:
        """Its own frames among those that are made of it, and a little of its neighbours'."""
        first = self.pad_frames - (0 if self.is_first else FADE_FRAMES)
        return first, self.pad_frames + self.frames + (0 if self.is_last else FADE_FRAMES)


def plan_chunks(padded: Signal, splitting: Splitting, known: Known | None = None) -> list[Chunk]:
    """The chunks of a padded signal, in order; in a part of a recording, those of the whole."""
    length = len(padded) - 2 * splitting.pad
    cuts = splitting.cuts(padded) if known is None else known.within(length)
    number = 0 if known is None else known.before
    starts = [0, *(cut // HOP * HOP for cut in cuts)]
    chunks = []
    for place, start in enumerate(starts):
        is_last = place == len(starts) - 1
        stop = length if is_last else starts[place + 1]
        end = len(padded) if is_last else stop + 2 * splitting.pad + HOP
        frames = -(-(stop - start) // HOP)
        is_first = place == 0
        chunks.append(Chunk(start, end, frames, splitting.pad // HOP, is_first, is_last, number + place))
    return chunks


@dataclass(frozen=True, slots=True)
class Known:
    """Where a whole recording is cut, for a part of it that begins at its sample `begins`, all at 16 kHz."""

    cuts: Sequence[int]
    begins: int

    def within(self, length: int) -> list[int]:
        """The cuts that fall into a part of so many samples, counted from its beginning."""
        return [cut - self.begins for cut in self.cuts if 0 < cut - self.begins < length]

    @property
    def before(self) -> int:
        """How many chunks of the whole are over where the part begins."""
        return sum(cut <= self.begins for cut in self.cuts)


@dataclass(frozen=True, slots=True)
class Controls:
    """How the voice speaks; see `RvcSettings`. `fill_unvoiced` gives every frame a pitch, as newer RVC does."""

    speaker: int = 0
    semitones: float = 0.0
    index_rate: float = 0.75
    protect: float = 0.33
    smooth_pitch: bool = False
    fill_unvoiced: bool = False


class Pipeline:
    """The networks of one conversion, on one device. `index` may be None."""

    def __init__(
        self,
        model: Model,
        encoder: ContentEncoder,
        index: FeatureIndex | None,
        controls: Controls,
        device: torch.device,
    ) -> None:
        self._model, self._encoder, self._index = model, encoder, index
        self._controls, self._device = controls, device

    def run(
        self, padded: Signal, track: PitchTrack | None, chunks: Sequence[Chunk], seed: int | None, *, in_place: bool
    ) -> Iterator[Waveform]:
        """The samples of each chunk at the model's rate; without a seed nothing is random.

        `in_place` gives chunks of `chunk.frames` frames, each reaching `FADE_FRAMES` into its neighbours.
        """
        for chunk in chunks:
            content, plain = self._content(padded[chunk.begin : chunk.end])
            give_back_memory()  # what one network kept is of no size for the next
            frames = min((chunk.end - chunk.begin) // HOP, len(content))
            f0 = None if track is None else self._f0(track, chunk.begin // HOP, frames)
            keep = chunk.kept_in_place() if in_place else (chunk.pad_frames, frames - chunk.pad_frames)
            draws = None if seed is None else self._generator(seed, chunk.number)
            waveform = self._speak(content[:frames], plain[:frames], f0, keep, draws)
            del content, plain
            give_back_memory()
            yield waveform

    def _generator(self, seed: int, chunk: int) -> torch.Generator:
        mixed = np.random.SeedSequence([seed & (2**63 - 1), chunk]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(mixed) >> 1)

    def _content(self, samples: Floats) -> tuple[Tensor, Tensor]:
        """Features every 10 ms, moved towards the speaker's and as they were."""
        is_v1 = self._model.version == "v1"
        audio = torch.from_numpy(samples.astype(np.float32)).to(self._device)
        with torch.inference_mode():
            plain = self._encoder(audio, layer=V1_LAYER if is_v1 else V2_LAYER, project=is_v1)
        blended = plain
        if self._index is not None and self._controls.index_rate > 0:
            moved = self._index.blend(plain.cpu().numpy(), self._controls.index_rate)
            blended = torch.from_numpy(moved).to(self._device)
        return blended.repeat_interleave(2, dim=0), plain.repeat_interleave(2, dim=0)

    def _f0(self, track: PitchTrack, first: int, frames: int) -> Floats:
        is_filled = self._controls.fill_unvoiced  # from the next frame with a pitch, wherever that is
        known = track.until(sys.maxsize if is_filled else first + frames + MARGIN_FRAMES)
        if is_filled:
            known = filled(known)
        if self._controls.smooth_pitch:
            known = smoothed(known)
        return transposed(known[first : first + frames], self._controls.semitones)

    def _speak(
        self,
        content: Tensor,
        plain: Tensor,
        f0: Floats | None,
        keep: tuple[int, int],
        generator: torch.Generator | None,
    ) -> Waveform:
        pitch = hz = None
        with torch.inference_mode():
            if f0 is not None:
                pitch = torch.from_numpy(coarse_pitch(f0)).to(self._device)
                hz = torch.from_numpy(f0).float().to(self._device)
                if self._controls.protect < NO_PROTECTION:
                    share = torch.where(hz < 1, self._controls.protect, 1.0)[:, None]
                    content = content * share + plain * (1 - share)
            draws = None if generator is None else self._model.net.draw(len(content), generator)
            samples = self._model.net(content, pitch, hz, self._controls.speaker, draws, keep=keep)
        waveform: Waveform = samples.float().cpu().numpy()
        return waveform
