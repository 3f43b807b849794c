"""The generator of a SO-VITS-SVC voice: HiFi-GAN with nine harmonics as its source, or the same with snakes in it.

The snake x + sin²(ax)/b bends a signal periodically (L. Ziyin et al., 2020); as it adds frequencies, it is applied at
twice the rate, between low-pass filters (S. Lee et al., "BigVGAN", 2022). Names are those of the voice checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.nets.vocoder import OUTER_KERNEL, WINDOW_FRAMES, VocoderShape

TAPS = 12
HALF_WIDTH = 0.3
"""Of the filter's transition, as a share of the doubled rate."""
SNAKE_REACH = 6
"""Samples on each side that one snake depends on."""
SMALLEST = 1e-9
FILTERS = {
    "up": ("upsample.conv_transpose1d_block.weight", "upsample.filter"),
    "down": ("downsample.lowpass.conv1d_block.weight", "downsample.lowpass.filter"),
}
"""What a file calls the filters of a snake; the first is what was used, where it has both."""


def half_band() -> Tensor:
    """The low-pass filter at half of the doubled rate, (1, 1, taps): a sinc under Kaiser's window, of sum 1."""
    attenuation = 2.285 * (TAPS // 2 - 1) * math.pi * 4 * HALF_WIDTH + 7.95
    window = torch.kaiser_window(TAPS, periodic=False, beta=0.1102 * (attenuation - 8.7), device="cpu")
    taps = window * torch.sinc((torch.arange(TAPS, device="cpu") - TAPS / 2 + 0.5) / 2)
    return (taps / taps.sum())[None, None]


class _Bend(nn.Module):
    """Frequency and strength of each channel's snake, as logarithms."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha, self.beta = nn.Parameter(torch.empty(channels)), nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        strength = 1 / (self.beta.exp() + SMALLEST)
        bent: Tensor = x + strength[:, None] * torch.sin(x * self.alpha.exp()[:, None]) ** 2
        return bent


class Snake(nn.Module):
    """One bend at twice the rate; (1, channels, samples) to the same.

    The filters `up` and `down`, (1 or channels, 1, taps), are those of every such voice unless its file has others.
    """

    up: Tensor
    down: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = _Bend(channels)
        for name in FILTERS:
            self.register_buffer(name, half_band(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        channels, edge = x.shape[1], TAPS // 2 - 1
        up, down = (taps.expand(channels, -1, -1) for taps in (self.up, self.down))
        x = functional.pad(x, (edge, edge), mode="replicate")
        x = 2 * functional.conv_transpose1d(x, up, stride=2, groups=channels)
        x = self.act(x[:, :, 3 * edge : -3 * edge])
        x = functional.pad(x, (edge, edge + 1), mode="replicate")
        return functional.conv1d(x, down, stride=2, groups=channels)

    def take_filters(self, tensors: Mapping[str, Tensor], name: str) -> None:
        """Use the filters that a file has under the name of this snake; raises ValueError for what are none."""
        for own, keys in FILTERS.items():
            taps = next((tensors[f"{name}.{key}"] for key in keys if f"{name}.{key}" in tensors), getattr(self, own))
            if taps.shape[1:] != (1, TAPS) or len(taps) not in (1, len(self.act.alpha)):
                raise ValueError(f"the filter {name} has the shape {tuple(taps.shape)}")
            setattr(self, own, taps.float())


class SnakeVocoder(nn.Module):
    """Features (1, inputs, frames) to samples."""

    def __init__(self, shape: VocoderShape) -> None:
        super().__init__()
        self.shape = shape
        widths = [shape.initial >> level for level in range(len(shape.rates) + 1)]
        self.conv_pre = nn.Conv1d(shape.inputs, shape.initial, OUTER_KERNEL, padding=OUTER_KERNEL // 2)
        self.cond = nn.Conv1d(shape.speaker_width, shape.initial, 1)
        self.m_source = _Merge(shape.harmonics)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(widths[n], widths[n + 1], kernel, up, padding=(kernel - up + shape.odd_padding) // 2)
            for n, (kernel, up) in enumerate(zip(shape.kernels, shape.rates, strict=True))
        )
        self.noise_convs = nn.ModuleList(
            _source_conv(widths[n + 1], math.prod(shape.rates[n + 1 :]), shape.odd_padding)
            for n in range(len(shape.rates))
        )
        self.snakes = nn.ModuleList(Snake(width) for width in widths[:-1])
        self.resblocks = nn.ModuleList(
            _SnakeBlock(width, kernel, dilations)
            for width in widths[1:]
            for kernel, dilations in zip(shape.block_kernels, shape.block_dilations, strict=True)
        )
        self.snake_post = Snake(widths[-1])
        self.conv_post = nn.Conv1d(widths[-1], 1, OUTER_KERNEL, padding=OUTER_KERNEL // 2)

    @property
    def reach(self) -> int:
        """How many frames on each side a sample depends on, at most."""
        per_level = 1 + 2 * max(len(dilations) for dilations in self.shape.block_dilations)
        rates = [math.prod(self.shape.rates[: level + 1]) for level in range(len(self.shape.rates))]
        snakes = 1 + sum(per_level / rate for rate in rates)  # each counted in frames of its rate
        return self.shape.reach + math.ceil(SNAKE_REACH * snakes)

    def forward(
        self,
        features: Tensor,
        speaker: Tensor,
        waves: Tensor,
        keep: tuple[int, int] | None = None,
        report: Callable[[float], None] = lambda _: None,
    ) -> Tensor:
        """Samples of the frames `keep` (all of them by default), each within -1..1; see `Vocoder.forward`."""
        frames, upp = features.shape[-1], self.shape.samples_per_frame
        first, last = keep or (0, frames)
        steer, source, pieces = self.cond(speaker), self.m_source(waves).T[None], []
        for begin in range(first, last, WINDOW_FRAMES):
            end = min(begin + WINDOW_FRAMES, last)
            low, high = max(0, begin - self.reach), min(frames, end + self.reach)
            made = self._decode(features[:, :, low:high], steer, source[:, :, low * upp : high * upp])
            pieces.append(made[(begin - low) * upp : (end - low) * upp].clone())
            report((end - first) / (last - first))
        return torch.cat(pieces)

    def _decode(self, features: Tensor, steer: Tensor, source: Tensor) -> Tensor:
        x = self.conv_pre(features) + steer
        per_stage = len(self.shape.block_kernels)
        for stage, (snake, up, listen) in enumerate(zip(self.snakes, self.ups, self.noise_convs, strict=True)):
            x = up(snake(x)) + listen(source)
            blocks = self.resblocks[stage * per_stage : (stage + 1) * per_stage]
            x = torch.stack([block(x) for block in blocks]).mean(dim=0)
        return torch.tanh(self.conv_post(self.snake_post(x))).flatten()


class _Merge(nn.Module):
    def __init__(self, harmonics: int) -> None:
        super().__init__()
        self.l_linear = nn.Linear(harmonics, 1)

    def forward(self, waves: Tensor) -> Tensor:
        merged: Tensor = torch.tanh(self.l_linear(waves))
        return merged


class _SnakeBlock(nn.Module):
    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=dilation, padding=dilation * (kernel // 2))
            for dilation in dilations
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(width, width, kernel, padding=kernel // 2) for _ in dilations)
        self.activations = nn.ModuleList(Snake(width) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        steps = zip(self.activations[::2], self.convs1, self.activations[1::2], self.convs2, strict=True)
        for bend_1, wide, bend_2, narrow in steps:
            x = x + narrow(bend_2(wide(bend_1(x))))
        return x


def _source_conv(width: int, stride: int, odd_padding: int) -> nn.Conv1d:
    if stride == 1:
        return nn.Conv1d(1, width, 1)
    return nn.Conv1d(1, width, 2 * stride, stride, padding=(stride + odd_padding) // 2)
