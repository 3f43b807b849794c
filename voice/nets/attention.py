"""A transformer over frames whose attention knows how far apart two near frames are.

P. Shaw et al., "Self-Attention with Relative Position Representations", 2018, as in VITS (J. Kim et al., 2021).
Everything is (1, channels, frames); parameter names are those of the voice checkpoints.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

QUERY_BLOCK = 512
"""Frames whose weights over all frames are held at once: memory grows with the length, not with its square."""


class ChannelNorm(nn.Module):
    """Layer norm over the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.empty(channels)), nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        return functional.layer_norm(x.mT, self.gamma.shape, self.gamma, self.beta, 1e-5).mT


class RelativeAttention(nn.Module):
    """Self-attention with learned keys and values for the distances -window..window, shared by the heads."""

    def __init__(self, channels: int, heads: int, window: int) -> None:
        super().__init__()
        self.heads, self.window = heads, window
        width = channels // heads
        self.conv_q, self.conv_k = nn.Conv1d(channels, channels, 1), nn.Conv1d(channels, channels, 1)
        self.conv_v, self.conv_o = nn.Conv1d(channels, channels, 1), nn.Conv1d(channels, channels, 1)
        self.emb_rel_k = nn.Parameter(torch.empty(1, 2 * window + 1, width))
        self.emb_rel_v = nn.Parameter(torch.empty(1, 2 * window + 1, width))

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        query, key, value = (self._split(conv(x)) for conv in (self.conv_q, self.conv_k, self.conv_v))
        query = query / math.sqrt(query.shape[-1])
        frames = x.shape[-1]
        blocks = [self._attend(query, key, value, first) for first in range(0, frames, QUERY_BLOCK)]
        mixed: Tensor = self.conv_o(torch.cat(blocks, dim=1).mT.reshape(x.shape))
        return mixed

    def _split(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to (heads, frames, width)."""
        return x.view(self.heads, -1, x.shape[-1]).mT.contiguous()

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, first: int) -> Tensor:
        """What the frames from `first` on gather: (heads, block, width)."""
        window, frames = self.window, key.shape[1]
        asked = query[:, first : first + QUERY_BLOCK]
        inner = slice(window, window + frames)
        scores = functional.pad(asked @ key.mT, (window, window))
        _band(scores, first, window).add_(asked @ self.emb_rel_k[0].mT)
        shares = functional.pad(scores[:, :, inner].softmax(dim=-1), (window, window))
        return shares[:, :, inner] @ value + _band(shares, first, window) @ self.emb_rel_v[0]


def _band(padded: Tensor, first: int, window: int) -> Tensor:
    """The diagonals -window..window of (heads, rows, window + frames + window), row 0 being frame `first`: a view."""
    heads, rows, width = padded.shape
    return padded.as_strided((heads, rows, 2 * window + 1), (rows * width, width + 1, 1), first)


class FeedForward(nn.Module):
    """Two convolutions over neighbouring frames with a ReLU between."""

    def __init__(self, channels: int, inner: int, kernel: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv1d(channels, inner, kernel, padding="same")
        self.conv_2 = nn.Conv1d(inner, channels, kernel, padding="same")

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        out: Tensor = self.conv_2(functional.relu_(self.conv_1(x)))
        return out


class AttentionEncoder(nn.Module):
    """Layers of attention and feed-forward, each normalised after it is added."""

    def __init__(self, channels: int, inner: int, heads: int, layers: int, kernel: int, window: int) -> None:
        super().__init__()
        self.attn_layers = nn.ModuleList(RelativeAttention(channels, heads, window) for _ in range(layers))
        self.norm_layers_1 = nn.ModuleList(ChannelNorm(channels) for _ in range(layers))
        self.ffn_layers = nn.ModuleList(FeedForward(channels, inner, kernel) for _ in range(layers))
        self.norm_layers_2 = nn.ModuleList(ChannelNorm(channels) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        layers = zip(self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2, strict=True)
        for attend, norm_1, feed, norm_2 in layers:
            x = norm_1(x + attend(x))
            x = norm_2(x + feed(x))
        return x
