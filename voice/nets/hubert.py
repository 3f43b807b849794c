"""HuBERT base / ContentVec: what is said, as features of 20 ms, with little of who says it.

W.-N. Hsu et al., "HuBERT", 2021; K. Qian et al., "ContentVec", 2022. Parameter names are those of the fairseq file.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 16_000
KERNELS = (10, 3, 3, 3, 3, 2, 2)
STRIDES = (5, 2, 2, 2, 2, 2, 2)
HOP = 320  # the product of the strides, in samples: 20 ms
FIELD = 400  # samples that one frame sees
CHANNELS = 512
WIDTH = 768
PROJECTED_WIDTH = 256
LAYERS = 12
HEADS = 12
FEED_FORWARD = 3072
BLOCK_FRAMES = 100
"""Frames per block of the convolutional part: its first layer is 160 times as long as the features."""


def frame_count(samples: int) -> int:
    """How many features `samples` at 16 kHz give."""
    return max(0, (samples - FIELD) // HOP + 1)


class ContentEncoder(nn.Module):
    """Audio to features; the convolutions run in blocks, so memory hardly grows with the length."""

    def __init__(self) -> None:
        super().__init__()
        self.feature_extractor = _FeatureExtractor()
        self.layer_norm = nn.LayerNorm(CHANNELS)
        self.post_extract_proj = nn.Linear(CHANNELS, WIDTH)
        self.encoder = _Encoder()
        self.final_proj = nn.Linear(WIDTH, PROJECTED_WIDTH)

    def pack(self) -> None:
        """Halve the memory where the weights allow it; turning them back takes 2 ms a second of audio at most."""
        for part in self.modules():
            if isinstance(part, _Linear):
                part.halve_exactly()

    def forward(self, audio: Tensor, *, layer: int = LAYERS, project: bool = False) -> Tensor:
        """Features of `audio` (samples,) at 16 kHz, not normalised: (frames, 768), or (frames, 256) if projected.

        `layer` is the number of transformer layers that are run. At least `FIELD` samples are needed.
        """
        x = self.post_extract_proj(self.layer_norm(self.feature_extractor(audio)))
        x = self.encoder(x, layer)
        projected: Tensor = self.final_proj(x) if project else x
        return projected


class _FeatureExtractor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inputs = (1,) + (CHANNELS,) * (len(KERNELS) - 1)
        self.conv_layers = nn.ModuleList(
            nn.ModuleDict({"0": nn.Conv1d(width, CHANNELS, kernel, stride, bias=False)})
            for width, kernel, stride in zip(inputs, KERNELS, STRIDES, strict=True)
        )
        # One group per channel: each is normalised over the whole recording. In the file it stands third.
        self.conv_layers[0]["2"] = nn.GroupNorm(CHANNELS, CHANNELS)  # type: ignore[operator]

    def forward(self, audio: Tensor) -> Tensor:
        frames = frame_count(audio.shape[-1])
        weight, bias = self._normalised_first(audio)
        blocks = []
        for first in range(0, frames, BLOCK_FRAMES):
            last = min(first + BLOCK_FRAMES, frames)
            x = audio[None, None, first * HOP : (last - 1) * HOP + FIELD]
            x = functional.gelu(functional.conv1d(x, weight, bias, stride=STRIDES[0]))
            for layer in self.conv_layers[1:]:
                x = functional.gelu(layer["0"](x))  # type: ignore[index]
            blocks.append(x[0].T)
        return torch.cat(blocks)

    def _normalised_first(self, audio: Tensor) -> tuple[Tensor, Tensor]:
        """The first convolution with its normalisation folded in.

        Mean and variance of its output over the whole recording follow from those of the windows it sees:
        w·mean and w·covariance·w.
        """
        conv, norm = self.conv_layers[0]["0"], self.conv_layers[0]["2"]  # type: ignore[index]
        windows = audio.double().unfold(0, KERNELS[0], STRIDES[0])
        mean = windows.mean(0)
        second = windows.T @ windows / len(windows) - torch.outer(mean, mean)
        filters = conv.weight[:, 0].double()
        variance = ((filters @ second) * filters).sum(1).clamp(min=0)
        scale = norm.weight.double() / torch.sqrt(variance + norm.eps)
        bias = norm.bias.double() - scale * (filters @ mean)
        return (filters * scale[:, None])[:, None].to(audio.dtype), bias.to(audio.dtype)


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pos_conv = nn.ModuleList([nn.Conv1d(WIDTH, WIDTH, 128, padding=64, groups=16)])
        self.layer_norm = nn.LayerNorm(WIDTH)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))

    def forward(self, x: Tensor, layers: int) -> Tensor:
        places = self.pos_conv[0](x.T[None])[0, :, :-1].T  # an even kernel gives one sample too many
        x = self.layer_norm(x + functional.gelu(places))
        for layer in self.layers[:layers]:
            x = layer(x)
        return x


class _Linear(nn.Linear):
    """Its weights may be stored in fewer digits than it computes with."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, self.weight.to(x.dtype), self.bias)

    def halve_exactly(self) -> None:
        """Store them as float16 if that loses nothing, as with every model that was published so."""
        half = self.weight.data.half()
        if torch.equal(half.float(), self.weight.data):
            self.weight.data = half


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attn = _Attention()
        self.self_attn_layer_norm = nn.LayerNorm(WIDTH)
        self.fc1 = _Linear(WIDTH, FEED_FORWARD)
        self.fc2 = _Linear(FEED_FORWARD, WIDTH)
        self.final_layer_norm = nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.self_attn_layer_norm(x + self.self_attn(x))
        normed: Tensor = self.final_layer_norm(x + self.fc2(functional.gelu(self.fc1(x))))
        return normed


class _Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.k_proj = _Linear(WIDTH, WIDTH), _Linear(WIDTH, WIDTH)
        self.v_proj, self.out_proj = _Linear(WIDTH, WIDTH), _Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (_split(projection(x)) for projection in (self.q_proj, self.k_proj, self.v_proj))
        mixed = functional.scaled_dot_product_attention(query, key, value)  # never holds all frames x frames weights
        joined: Tensor = self.out_proj(mixed[0].transpose(0, 1).reshape(x.shape))
        return joined


def _split(x: Tensor) -> Tensor:
    """(frames, 768) to (1, heads, frames, 64)."""
    return x.view(len(x), HEADS, -1).transpose(0, 1)[None]
