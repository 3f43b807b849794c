"""From pieces of a recording to the samples of the new voice, each exactly in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr
import torch
from torch import Tensor

from voice.envelope import LevelMeter, mixed_level, stretched
from voice.f0.signal16k import SAMPLE_RATE, Floats, Signal
from voice.methods.sovits.model import ENCODERS, Model
from voice.methods.sovits.pitch import PitchFinder
from voice.methods.sovits.rules import Features, expanded, filled, loudness
from voice.methods.sovits.slices import Piece
from voice.nets.hubert import ContentEncoder

PAD_S = 0.5
"""What a piece gets on both sides: silence, or what stands there where it is part of a longer sound."""
FADE_FRAMES = 1
"""Parts of a sound overlap by twice this many frames."""
PROJECTED_LAYER, LAST_LAYER = 9, 12
QUALITY = "HQ"

Waveform = npt.NDArray[np.float32]
Blend = Callable[[Features], Features]


@dataclass(frozen=True, slots=True)
class Controls:
    """How the voice speaks; see `SovitsSettings`."""

    speaker: int
    semitones: float = 0.0
    auto_f0: bool = False
    noise: float = 0.4
    rms_mix_rate: float = 1.0


class Pipeline:
    """The networks of one conversion, on one device; `blend` moves features towards the speaker's own."""

    def __init__(
        self,
        model: Model,
        encoder: ContentEncoder,
        find_pitch: PitchFinder,
        blend: Blend | None,
        controls: Controls,
        device: torch.device,
    ) -> None:
        self._model, self._encoder, self._find_pitch = model, encoder, find_pitch
        self._blend, self._controls, self._device = blend, controls, device

    def speak(self, signal: Signal, piece: Piece, generator: torch.Generator) -> Waveform:
        """The samples of a voiced piece, and half an overlap of its neighbours' on each side where it has some."""
        padded, pad = self._padded(signal, piece)
        hop = self._model.hop
        frames = len(padded) // hop
        heard = soxr.resample(padded, self._model.sample_rate, SAMPLE_RATE, QUALITY)
        f0, voiced = filled(self._find_pitch(padded, heard, frames))
        content = expanded(self._content(heard), frames, nearest=self._model.expands_nearest)
        level = loudness(padded, hop) if self._model.net.shape.has_loudness else None
        begin = pad - (FADE_FRAMES * hop if piece.follows else 0)
        end = pad + piece.end - piece.begin + (FADE_FRAMES * hop if piece.precedes else 0)
        # To be brought to the source's level it is wanted whole: the silence around it counts.
        has_own_level = self._controls.rms_mix_rate == 1
        keep = (begin // hop, min(frames, -(-end // hop))) if has_own_level else (0, frames)
        with torch.inference_mode():
            samples, _ = self._model.net(
                self._sent(content),
                self._sent(f0 * 2 ** (self._controls.semitones / 12)),
                self._sent(voiced),
                self._controls.speaker,
                self._model.net.draw(frames, generator),
                loudness=None if level is None else self._sent(level),
                noise_scale=self._controls.noise,
                predict_f0=self._controls.auto_f0,
                keep=keep,
            )
        waveform: Waveform = samples.float().cpu().numpy()
        if not has_own_level:
            waveform = self._levelled(waveform, padded)
        return waveform[begin - keep[0] * hop : end - keep[0] * hop]

    def _levelled(self, made: Waveform, source: Floats) -> Waveform:
        theirs, own = (self._level(samples, len(made)) for samples in (source, made))
        levelled: Waveform = mixed_level(made.astype(np.float64), theirs, own, self._controls.rms_mix_rate).astype(
            np.float32
        )
        return levelled

    def _level(self, samples: npt.NDArray[np.floating], length: int) -> Floats:
        meter = LevelMeter(self._model.sample_rate)
        meter.add(samples)
        return stretched(meter.levels(), 0, length, length)

    def _padded(self, signal: Signal, piece: Piece) -> tuple[Floats, int]:
        pad = round(PAD_S * self._model.sample_rate)
        before, after = pad if piece.follows else 0, pad if piece.precedes else 0
        held = signal[piece.begin - before : piece.end + after]
        return np.pad(held, (pad - before, pad - after)), pad

    def _content(self, heard: Floats) -> Features:
        is_projected = self._model.content_width == ENCODERS["vec256l9"]
        with torch.inference_mode():
            layer = PROJECTED_LAYER if is_projected else LAST_LAYER
            found = self._encoder(self._sent(heard), layer=layer, project=is_projected)
        features: Features = found.float().cpu().numpy()
        return features if self._blend is None else self._blend(features)

    def _sent(self, numbers: npt.NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(numbers.astype(np.float32)).to(self._device)
