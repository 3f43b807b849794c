"""The voice of SO-VITS-SVC 4.0 and 4.1: content features, pitch and perhaps loudness to a waveform of one speaker.

Everything is (1, channels, frames); parameter names are those of the checkpoints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from voice.nets.attention import AttentionEncoder
from voice.nets.flow import ReversedFlow
from voice.nets.source import sine_waves
from voice.nets.sovits_layers import CausalTransformer, TransformerFlow, separable_flow
from voice.nets.sovits_vocoder import SnakeVocoder
from voice.nets.vocoder import Vocoder, VocoderShape

PITCH_BINS = 256
CONTENT_KERNEL = 5
SOURCE_RATE = 44_100
"""Every checkpoint was trained with a source for this rate, whatever the rate of its samples."""
FLOW_TRANSFORMER_KERNEL = 5
MEL_HZ, MEL_SCALE, MEL_UNIT = 700.0, 2595.0, 500.0
COARSE_LOW_HZ, COARSE_HIGH_HZ = 50.0, 1100.0
NO_VOICED_FRAMES = 9999.0


@dataclass(frozen=True, slots=True)
class SovitsShape:
    """The sizes of a voice. `clamps_high` tells 4.0, where a pitch above 1100 Hz is the highest bin; in 4.1 it is 0."""

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
    vocoder: VocoderShape
    has_snakes: bool = False
    has_loudness: bool = False
    has_separable_flow: bool = False
    has_transformer_flow: bool = False
    pitch_layers: int = 0
    """Layers of the network that predicts the pitch; 0 where there is none."""
    clamps_high: bool = False


@dataclass(frozen=True, slots=True)
class SovitsDraws:
    """The noise of one synthesis: Gaussian (1, channels, frames) and (samples, harmonics), phases 0..1 (harmonics,)."""

    features: Tensor
    phases: Tensor
    source: Tensor


class SovitsVoice(nn.Module):
    """Features of one frame each to samples."""

    def __init__(self, shape: SovitsShape) -> None:
        super().__init__()
        self.shape, width = shape, shape.vocoder.speaker_width
        self.emb_g = nn.Embedding(shape.speakers, width)
        self.emb_uv = nn.Embedding(2, shape.hidden)
        if shape.has_loudness:
            self.emb_vol = nn.Linear(1, shape.hidden)
        self.pre = nn.Conv1d(shape.content_width, shape.hidden, CONTENT_KERNEL, padding=CONTENT_KERNEL // 2)
        self.enc_p = _Encoder(shape)
        self.flow = _flow(shape)
        self.dec = SnakeVocoder(shape.vocoder) if shape.has_snakes else Vocoder(shape.vocoder)
        if shape.pitch_layers:
            self.f0_decoder = _PitchDecoder(shape)

    def draw(self, frames: int, generator: torch.Generator) -> SovitsDraws:
        """Noise for `frames` frames, in the reference's order; the same on every device."""
        vocoder, device = self.shape.vocoder, self.emb_g.weight.device
        features = torch.randn(1, self.shape.channels, frames, generator=generator)
        phases = torch.rand(vocoder.harmonics, generator=generator)
        source = torch.randn(frames * vocoder.samples_per_frame, vocoder.harmonics, generator=generator)
        return SovitsDraws(features.to(device), phases.to(device), source.to(device))

    def forward(
        self,
        content: Tensor,
        f0: Tensor,
        voiced: Tensor,
        speaker: int,
        draws: SovitsDraws,
        *,
        loudness: Tensor | None = None,
        noise_scale: float = 0.4,
        predict_f0: bool = False,
        keep: tuple[int, int] | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(frames, content width), Hz (frames,), 0 or 1 (frames,) to samples and the Hz that were spoken.

        `f0` should have values also where `voiced` is 0. With `predict_f0` it gives the melody's place only. `keep`
        are the frames whose samples are wanted.
        """
        identity = self.emb_g.weight[speaker][None, :, None]
        x = self.pre(content.T[None]) + self.emb_uv(voiced.long()).T[None]
        if self.shape.has_loudness and loudness is not None:
            x = x + self.emb_vol(loudness[:, None]).T[None]
        if predict_f0 and self.shape.pitch_layers:
            f0 = self._predicted_f0(x, f0, voiced, identity)
        mean, log_spread = self.enc_p(x, coarse_pitch(f0, clamps_high=self.shape.clamps_high))
        z = self.flow(mean + torch.exp(log_spread) * draws.features * noise_scale, identity)
        start = draws.phases.clone()
        start[0] = 0
        waves = sine_waves(f0, self.shape.vocoder.samples_per_frame, SOURCE_RATE, draws.source, start)
        return self.dec(z, identity, waves, keep), f0

    def _predicted_f0(self, x: Tensor, f0: Tensor, voiced: Tensor, identity: Tensor) -> Tensor:
        melody = MEL_SCALE * torch.log10(1 + f0 / MEL_HZ) / MEL_UNIT
        predicted = self.f0_decoder(x, centred(melody, voiced), identity)
        return MEL_HZ * (torch.pow(10, predicted * MEL_UNIT / MEL_SCALE) - 1)


def centred(melody: Tensor, voiced: Tensor) -> Tensor:
    """(frames,) less its mean over the voiced frames."""
    count = voiced.sum()
    mean = (melody * voiced).sum() / torch.where(count == 0, NO_VOICED_FRAMES, count)
    return melody - mean


def coarse_pitch(f0: Tensor, *, clamps_high: bool) -> Tensor:
    """Hz to bins 1..255 between 50 and 1100 Hz on the mel scale; above it 255, or 0 as 4.1 has it."""
    low, high = (1127 * math.log1p(hz / MEL_HZ) for hz in (COARSE_LOW_HZ, COARSE_HIGH_HZ))
    scale = (PITCH_BINS - 2) / (high - low)
    mel = 1127 * torch.log(1 + f0 / MEL_HZ)
    bins = torch.where(mel > 0, mel * scale - (low * scale - 1), mel)
    if clamps_high:
        return torch.floor(bins + 0.5).long().clamp(1, PITCH_BINS - 1)
    rounded = torch.round(bins).long().clamp(min=1)
    return torch.where(rounded < PITCH_BINS, rounded, 0)


def _flow(shape: SovitsShape) -> ReversedFlow:
    width = shape.vocoder.speaker_width
    if shape.has_transformer_flow:
        transformers = [
            CausalTransformer(
                shape.hidden, shape.feed_forward, shape.heads, shape.coupling_layers, FLOW_TRANSFORMER_KERNEL, width
            )
            for _ in range(shape.couplings)
        ]
        return TransformerFlow(shape.channels, shape.hidden, transformers)
    flow = ReversedFlow(shape.channels, shape.hidden, shape.coupling_layers, width, shape.couplings)
    return separable_flow(flow, shape.hidden) if shape.has_separable_flow else flow


class _Encoder(nn.Module):
    def __init__(self, shape: SovitsShape) -> None:
        super().__init__()
        self.f0_emb = nn.Embedding(PITCH_BINS, shape.hidden)
        self.enc_ = AttentionEncoder(
            shape.hidden, shape.feed_forward, shape.heads, shape.layers, shape.kernel, shape.window
        )
        self.proj = nn.Conv1d(shape.hidden, 2 * shape.channels, 1)

    def forward(self, x: Tensor, pitch: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_spread = self.proj(self.enc_(x + self.f0_emb(pitch).T[None])).chunk(2, dim=1)
        return mean, log_spread


class _PitchDecoder(nn.Module):
    """Predicts the melody that the speaker would have given these words."""

    def __init__(self, shape: SovitsShape) -> None:
        super().__init__()
        self.cond = nn.Conv1d(shape.vocoder.speaker_width, shape.hidden, 1)
        self.f0_prenet = nn.Conv1d(1, shape.hidden, 3, padding=1)
        self.prenet = nn.Conv1d(shape.hidden, shape.hidden, 3, padding=1)
        self.decoder = CausalTransformer(
            shape.hidden, shape.feed_forward, shape.heads, shape.pitch_layers, shape.kernel
        )
        self.proj = nn.Conv1d(shape.hidden, 1, 1)

    def forward(self, x: Tensor, melody: Tensor, identity: Tensor) -> Tensor:
        """(1, hidden, frames) and (frames,) to (frames,)."""
        x = self.prenet(x + self.cond(identity) + self.f0_prenet(melody[None, None]))
        predicted: Tensor = self.proj(self.decoder(x)).flatten()
        return predicted
