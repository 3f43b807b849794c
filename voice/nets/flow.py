"""The normalising flow of a VITS voice, run backwards: features of anybody become those of the speaker.

J. Kim et al., "Conditional Variational Autoencoder with Adversarial Learning for End-to-End Text-to-Speech", 2021.
Everything is (1, channels, frames); parameter names are those of the voice checkpoints.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

KERNEL = 5


class GatedStack(nn.Module):
    """Gated convolutions with residual and skip paths, steered by the speaker (the WN of WaveNet and WaveGlow)."""

    def __init__(self, channels: int, layers: int, speaker_width: int) -> None:
        super().__init__()
        self.channels = channels
        self.cond_layer = nn.Conv1d(speaker_width, 2 * channels * layers, 1)
        self.in_layers = nn.ModuleList(
            nn.Conv1d(channels, 2 * channels, KERNEL, padding=KERNEL // 2) for _ in range(layers)
        )
        widths = [2 * channels] * (layers - 1) + [channels]
        self.res_skip_layers = nn.ModuleList(nn.Conv1d(channels, width, 1) for width in widths)

    def forward(self, x: Tensor, speaker: Tensor) -> Tensor:
        """(1, channels, frames) and (1, speaker width, 1) to (1, channels, frames)."""
        steering = self.cond_layer(speaker).chunk(len(self.in_layers), dim=1)
        skipped = torch.zeros_like(x)
        for steer, conv, split in zip(steering, self.in_layers, self.res_skip_layers, strict=True):
            moved, gate = (conv(x) + steer).chunk(2, dim=1)
            out = split(torch.tanh(moved) * torch.sigmoid(gate))
            x = x + out[:, : self.channels]  # after the last layer nobody reads it
            skipped = skipped + out[:, -self.channels :]
        return skipped


class Coupling(nn.Module):
    """One half shifts the other; the scale is fixed at one."""

    def __init__(self, channels: int, hidden: int, layers: int, speaker_width: int) -> None:
        super().__init__()
        self.half_width = half = channels // 2
        self.pre = nn.Conv1d(half, hidden, 1)
        self.enc = GatedStack(hidden, layers, speaker_width)
        self.post = nn.Conv1d(hidden, half, 1)

    def inverse(self, x: Tensor, speaker: Tensor) -> Tensor:
        """(1, channels, frames) to the same."""
        kept, moved = x[:, : self.half_width], x[:, self.half_width :]
        return torch.cat([kept, moved - self.post(self.enc(self.pre(kept), speaker))], dim=1)


class ReversedFlow(nn.Module):
    """Couplings with the channels turned round between them. In the file each turn has a number of its own: 0, 2, 4…"""

    def __init__(self, channels: int, hidden: int, layers: int, speaker_width: int, couplings: int) -> None:
        super().__init__()
        self.flows = nn.ModuleDict(
            {str(2 * number): Coupling(channels, hidden, layers, speaker_width) for number in range(couplings)}
        )

    def forward(self, x: Tensor, speaker: Tensor) -> Tensor:
        """(1, channels, frames) and (1, speaker width, 1) to (1, channels, frames)."""
        for number in reversed(list(self.flows)):
            coupling = self.flows[number]
            assert isinstance(coupling, Coupling)  # noqa: S101 - tells the type checker
            x = coupling.inverse(x.flip(1), speaker)
        return x
