"""The voice itself, as RVC trains it: content features and pitch to a waveform of one speaker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.device import give_back_memory
from voice.nets.attention import AttentionEncoder
from voice.nets.flow import ReversedFlow
from voice.nets.source import sine_waves
from voice.nets.vocoder import Vocoder, VocoderShape

PITCH_BINS = 256
RANDOMNESS = 0.66666
"""How much of the spread that the encoder asks for is drawn."""


@dataclass(frozen=True, slots=True)
class VoiceShape:
    """The sizes of a voice; `content_width` is 256 (v1) or 768 (v2)."""

    content_width: int
    channels: int
    hidden: int
    feed_forward: int
    heads: int
    layers: int
    kernel: int
    window: int
    couplings: int
    coupling_layers: int
    speakers: int
    sample_rate: int
    vocoder: VocoderShape

    @property
    def has_pitch(self) -> bool:
        return self.vocoder.harmonics > 0


@dataclass(frozen=True, slots=True)
class Draws:
    """The Gaussian noise of one synthesis: (1, channels, frames) for the features, (samples, 1) for the source."""

    features: Tensor
    source: Tensor | None


class Voice(nn.Module):
    """Features of 10 ms frames to samples."""

    def __init__(self, shape: VoiceShape) -> None:
        super().__init__()
        self.shape = shape
        self.enc_p = _ContentEncoder(shape)
        self.flow = ReversedFlow(
            shape.channels, shape.hidden, shape.coupling_layers, shape.vocoder.speaker_width, shape.couplings
        )
        self.dec = Vocoder(shape.vocoder)
        self.emb_g = nn.Embedding(shape.speakers, shape.vocoder.speaker_width)

    def draw(self, frames: int, generator: torch.Generator) -> Draws:
        """Noise for `frames` frames; the same generator state gives the same noise on every device."""
        features = torch.randn(1, self.shape.channels, frames, generator=generator)
        samples = frames * self.shape.vocoder.samples_per_frame
        source = torch.randn(samples, 1, generator=generator) if self.shape.has_pitch else None
        device = self.emb_g.weight.device
        return Draws(features.to(device), None if source is None else source.to(device))

    def forward(
        self,
        content: Tensor,
        pitch: Tensor | None,
        f0: Tensor | None,
        speaker: int,
        draws: Draws | None = None,
        *,
        length: int | None = None,
        keep: tuple[int, int] | None = None,
    ) -> Tensor:
        """(frames, content width), pitch bins (frames,) and Hz (frames,) to samples.

        Frames from `length` on are masked: the vocoder hears zeros there. `keep` are the frames whose samples are
        wanted. Without `draws` nothing is random.
        """
        frames = len(content)
        length = frames if length is None else length
        identity = self.emb_g.weight[speaker][None, :, None]
        mean, log_spread = self.enc_p(content[:length], None if pitch is None else pitch[:length])
        if draws is not None:
            mean = mean + torch.exp(log_spread) * draws.features[:, :, :length] * RANDOMNESS
        z = functional.pad(self.flow(mean, identity), (0, frames - length))
        waves = None
        if f0 is not None and self.shape.has_pitch:
            upp = self.shape.vocoder.samples_per_frame
            waves = sine_waves(f0, upp, self.shape.sample_rate, None if draws is None else draws.source)
        give_back_memory()  # what attention and flow kept is of no size for the vocoder
        samples: Tensor = self.dec(z, identity, waves, keep)
        return samples


class _ContentEncoder(nn.Module):
    def __init__(self, shape: VoiceShape) -> None:
        super().__init__()
        self.hidden = shape.hidden
        self.emb_phone = nn.Linear(shape.content_width, shape.hidden)
        if shape.has_pitch:
            self.emb_pitch = nn.Embedding(PITCH_BINS, shape.hidden)
        self.encoder = AttentionEncoder(
            shape.hidden, shape.feed_forward, shape.heads, shape.layers, shape.kernel, shape.window
        )
        self.proj = nn.Conv1d(shape.hidden, 2 * shape.channels, 1)

    def forward(self, content: Tensor, pitch: Tensor | None) -> tuple[Tensor, Tensor]:
        x = self.emb_phone(content)
        if pitch is not None:
            x = x + self.emb_pitch(pitch)
        x = functional.leaky_relu(x * math.sqrt(self.hidden), 0.1)
        mean, log_spread = self.proj(self.encoder(x.T[None])).chunk(2, dim=1)
        return mean, log_spread
