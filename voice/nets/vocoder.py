"""HiFi-GAN, with or without a sine wave at the pitch as its source (NSF): features to a waveform.

J. Kong et al., "HiFi-GAN", 2020; X. Wang et al., "Neural source-filter waveform models", 2019. Parameter names are
those of the voice checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.nets.line_conv import LineConv, LineUp, as_line

SLOPE = 0.1
LAST_SLOPE = 0.01
"""The last rectifier of every published model has torch's default slope, not the one of the others."""
OUTER_KERNEL = 7
WINDOW_FRAMES = 200
"""Frames decoded at once. Activations of a whole recording are mapped and cleared by the kernel at every layer, which
takes as long as the arithmetic; those of a window stay in place. Longer ones gain little and hold more memory."""


def even_windows(first: int, last: int) -> Iterator[tuple[int, int]]:
    """The frames `first` to `last` in as few windows as there must be, of one length: the last ones overlap a little.

    A length that a processor has not met before costs it a tenth of a second and more of preparation.
    """
    count = max(1, -(-(last - first) // WINDOW_FRAMES))
    size = -(-(last - first) // count)
    for number in range(count):
        begin = min(first + number * size, last - size)
        yield begin, begin + size


def span_around(keep: tuple[int, int], margin: int, whole: int) -> tuple[int, int]:
    """`keep` with `margin` on both sides, within 0 to `whole`: what one side cannot give, the other does."""
    length = min(whole, keep[1] - keep[0] + 2 * margin)
    low = min(max(0, keep[0] - margin), whole - length)
    return low, low + length


@dataclass(frozen=True, slots=True)
class VocoderShape:
    """The sizes of a generator. `odd_padding` is 1 in models that round paddings up, which matters for odd rates."""

    inputs: int
    initial: int
    rates: tuple[int, ...]
    kernels: tuple[int, ...]
    block_kernels: tuple[int, ...]
    block_dilations: tuple[tuple[int, ...], ...]
    speaker_width: int
    harmonics: int
    """Sine waves of the source, the fundamental included; 0 means there is no source."""
    odd_padding: int = 0
    last_bias: bool = False
    """Whether the last convolution adds a constant."""

    @property
    def samples_per_frame(self) -> int:
        return math.prod(self.rates)

    @property
    def widest(self) -> int:
        """Samples on each side that a residual block depends on."""
        blocks = zip(self.block_kernels, self.block_dilations, strict=True)
        return max((kernel // 2) * (sum(dilations) + len(dilations)) for kernel, dilations in blocks)

    @property
    def margins(self) -> tuple[int, ...]:
        """What the stages after the first n depend on, on each side, in samples after n stages; the first in frames."""
        margins = [OUTER_KERNEL // 2]
        for kernel, up in zip(reversed(self.kernels), reversed(self.rates), strict=True):
            margins.append(math.ceil((margins[-1] + self.widest + kernel) / up) + 1)
        return tuple(reversed(margins))

    @property
    def reach(self) -> int:
        """How many frames on each side a sample depends on, at most."""
        return self.margins[0] + OUTER_KERNEL // 2


class Vocoder(nn.Module):
    """Features (1, inputs, frames) to samples."""

    def __init__(self, shape: VocoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.conv_pre = LineConv(shape.inputs, shape.initial, OUTER_KERNEL, padding=OUTER_KERNEL // 2)
        self.cond = LineConv(shape.speaker_width, shape.initial, 1)
        widths = [shape.initial >> level for level in range(len(shape.rates) + 1)]
        self.ups = nn.ModuleList(
            LineUp(widths[n], widths[n + 1], kernel, up, padding=(kernel - up + shape.odd_padding) // 2)
            for n, (kernel, up) in enumerate(zip(shape.kernels, shape.rates, strict=True))
        )
        self.resblocks = nn.ModuleList(
            _ResidualBlock(width, kernel, dilations)
            for width in widths[1:]
            for kernel, dilations in zip(shape.block_kernels, shape.block_dilations, strict=True)
        )
        self.conv_post = LineConv(widths[-1], 1, OUTER_KERNEL, padding=OUTER_KERNEL // 2, bias=False)
        if shape.harmonics:
            self.m_source = _Merge(shape.harmonics)
            self.noise_convs = nn.ModuleList(
                _source_conv(widths[n + 1], math.prod(shape.rates[n + 1 :]), shape.odd_padding)
                for n in range(len(shape.rates))
            )
        if shape.last_bias:
            self.conv_post.bias = nn.Parameter(torch.empty(1))

    def forward(
        self,
        features: Tensor,
        speaker: Tensor,
        waves: Tensor | None = None,
        keep: tuple[int, int] | None = None,
        report: Callable[[float], None] = lambda _: None,
    ) -> Tensor:
        """Samples of the frames `keep` (all of them by default), each within -1..1.

        `speaker` is (1, speaker width, 1). `waves` is the source before its harmonics are merged, (samples of all
        frames, harmonics), from `voice.nets.source`.
        """
        frames, upp = features.shape[-1], self.shape.samples_per_frame
        first, last = keep or (0, frames)
        digits = self.conv_pre.weight.dtype
        features, speaker = features.to(digits), speaker.to(digits)
        source = None if waves is None else self.m_source(waves.to(digits)).T[None]
        steer, pieces = self.cond(speaker[:, :, None]), []
        done = first
        for begin, end in even_windows(first, last):
            low, high = span_around((begin, end), self.shape.reach, frames)
            heard = None if source is None else source[:, :, low * upp : high * upp]
            made = self._decode(features[:, :, low:high], steer, heard, (begin - low, end - low))
            pieces.append(made[(done - begin) * upp :])
            done = end
            report((end - first) / (last - first))
        return torch.cat(pieces)

    def _decode(self, features: Tensor, steer: Tensor, source: Tensor | None, keep: tuple[int, int]) -> Tensor:
        """The samples of the frames `keep` alone. After each stage what no later one needs is dropped."""
        x = self.conv_pre(as_line(features)) + steer
        line = None if source is None else as_line(source)
        begin, frames, rate, per_stage = 0, features.shape[-1], 1, len(self.shape.block_kernels)
        for stage, (up, times, margin) in enumerate(zip(self.ups, self.shape.rates, self.shape.margins, strict=False)):
            low, high = span_around((keep[0] * rate, keep[1] * rate), margin, frames * rate)
            x = up(functional.leaky_relu_(x[..., low - begin : high - begin], SLOPE))
            begin, rate = low * times, rate * times
            if line is not None:
                x += self.noise_convs[stage](line)[..., begin : begin + x.shape[-1]]
            blocks = self.resblocks[stage * per_stage : (stage + 1) * per_stage]
            total = blocks[0](x)
            for block in blocks[1:]:
                total += block(x)
            x = total.div_(per_stage)
        # The samples themselves always have all their digits.
        x = functional.leaky_relu_(x.float(), LAST_SLOPE)[:, :, 0]
        last = functional.conv1d(x, self.conv_post.weight.float(), padding=OUTER_KERNEL // 2)
        constant = self.conv_post.bias
        made = torch.tanh(last if constant is None else last + constant.float()).flatten()
        return made[keep[0] * rate - begin : keep[1] * rate - begin].clone()


class _ResidualBlock(nn.Module):
    def __init__(self, width: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            LineConv(width, width, kernel, dilation=dilation, padding=dilation * (kernel // 2))
            for dilation in dilations
        )
        self.convs2 = nn.ModuleList(LineConv(width, width, kernel, padding=kernel // 2) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        for wide, narrow in zip(self.convs1, self.convs2, strict=True):
            assert isinstance(wide, LineConv) and isinstance(narrow, LineConv)  # noqa: S101, PT018 - tells the type checker
            branch = wide.rectified(functional.leaky_relu(x, SLOPE), SLOPE)
            x = narrow.plus(branch, x)
        return x


class _Merge(nn.Module):
    """The harmonics become one wave."""

    def __init__(self, harmonics: int) -> None:
        super().__init__()
        self.l_linear = nn.Linear(harmonics, 1)

    def forward(self, waves: Tensor) -> Tensor:
        merged: Tensor = torch.tanh(self.l_linear(waves))
        return merged


def _source_conv(width: int, stride: int, odd_padding: int) -> LineConv:
    """Brings the source down to a stage's rate; `stride` is what the later stages multiply the rate by."""
    if stride == 1:
        return LineConv(1, width, 1)
    return LineConv(1, width, 2 * stride, stride, padding=(stride + odd_padding) // 2)
