"""The parts of a SO-VITS-SVC voice that other VITS voices do not have.

Attention that only looks back, convolutions taken apart into depth and width, and flows built of either. Everything is
(1, channels, frames); parameter names are those of the voice checkpoints.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from voice.nets.attention import ChannelNorm
from voice.nets.flow import KERNEL, Coupling, ReversedFlow


class CausalAttention(nn.Module):
    """Self-attention of each frame over itself and those before it."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.conv_q, self.conv_k = nn.Conv1d(channels, channels, 1), nn.Conv1d(channels, channels, 1)
        self.conv_v, self.conv_o = nn.Conv1d(channels, channels, 1), nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        query, key, value = (
            conv(x).view(1, self.heads, -1, x.shape[-1]).mT for conv in (self.conv_q, self.conv_k, self.conv_v)
        )
        mixed = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        out: Tensor = self.conv_o(mixed.mT.reshape(x.shape))
        return out


class CausalFeedForward(nn.Module):
    """Two convolutions over a frame and those before it, with a ReLU between."""

    def __init__(self, channels: int, inner: int, kernel: int) -> None:
        super().__init__()
        self.before = kernel - 1
        self.conv_1, self.conv_2 = nn.Conv1d(channels, inner, kernel), nn.Conv1d(inner, channels, kernel)

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        inner = functional.relu_(self.conv_1(functional.pad(x, (self.before, 0))))
        out: Tensor = self.conv_2(functional.pad(inner, (self.before, 0)))
        return out


class CausalTransformer(nn.Module):
    """Layers of attention and feed-forward that only look back, each normalised after it is added.

    With `speaker_width` every layer is steered by the speaker; all of them share what prepares that.
    """

    def __init__(
        self, channels: int, inner: int, heads: int, layers: int, kernel: int, speaker_width: int | None = None
    ) -> None:
        super().__init__()
        self.self_attn_layers = nn.ModuleList(CausalAttention(channels, heads) for _ in range(layers))
        self.norm_layers_0 = nn.ModuleList(ChannelNorm(channels) for _ in range(layers))
        self.ffn_layers = nn.ModuleList(CausalFeedForward(channels, inner, kernel) for _ in range(layers))
        self.norm_layers_1 = nn.ModuleList(ChannelNorm(channels) for _ in range(layers))
        if speaker_width is not None:
            self.cond_layer = nn.Conv1d(speaker_width, 2 * channels * layers, 1)
            self.cond_pre = nn.Conv1d(channels, 2 * channels, 1)

    def forward(self, x: Tensor, speaker: Tensor | None = None) -> Tensor:
        """(1, channels, frames) and (1, speaker width, 1) to (1, channels, frames)."""
        count = len(self.self_attn_layers)
        steering = [None] * count if speaker is None else self.cond_layer(speaker).chunk(count, dim=1)
        layers = zip(
            steering, self.self_attn_layers, self.norm_layers_0, self.ffn_layers, self.norm_layers_1, strict=True
        )
        for steer, attend, norm_0, feed, norm_1 in layers:
            if steer is not None:
                moved, gate = (self.cond_pre(x) + steer).chunk(2, dim=1)
                x = torch.tanh(moved) * torch.sigmoid(gate)
            x = norm_0(x + attend(x))
            x = norm_1(x + feed(x))
        return x


class SeparableConv(nn.Module):
    """A convolution of each channel by itself, then one across the channels."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.depth_conv = nn.Conv1d(inputs, inputs, kernel, padding=kernel // 2, groups=inputs)
        self.point_conv = nn.Conv1d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(1, inputs, frames) to (1, outputs, frames)."""
        out: Tensor = self.point_conv(self.depth_conv(x))
        return out


def separable_flow(flow: ReversedFlow, hidden: int) -> ReversedFlow:
    """The same flow with separable convolutions instead of whole ones."""
    for coupling in _couplings(flow):
        layers = len(coupling.enc.in_layers)
        coupling.enc.in_layers = nn.ModuleList(SeparableConv(hidden, 2 * hidden, KERNEL) for _ in range(layers))
    return flow


class TransformerCoupling(Coupling):
    """One half shifts the other, by way of a transformer."""

    def __init__(self, channels: int, hidden: int, transformer: CausalTransformer) -> None:
        nn.Module.__init__(self)
        self.half_width = half = channels // 2
        self.pre, self.post = nn.Conv1d(half, hidden, 1), nn.Conv1d(hidden, half, 1)
        self.enc = transformer  # type: ignore[assignment]  # called as a GatedStack is


class TransformerFlow(ReversedFlow):
    """A flow whose couplings are transformers."""

    def __init__(self, channels: int, hidden: int, transformers: list[CausalTransformer]) -> None:
        nn.Module.__init__(self)
        self.flows = nn.ModuleDict(
            {str(2 * number): TransformerCoupling(channels, hidden, one) for number, one in enumerate(transformers)}
        )


def _couplings(flow: ReversedFlow) -> list[Coupling]:
    return [one for one in flow.flows.values() if isinstance(one, Coupling)]
