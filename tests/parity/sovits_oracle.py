"""SO-VITS-SVC once more, as plainly as its description can be written down: the judge of our fast networks.

One function per part, straight from the tensors of a checkpoint, in double precision, the whole recording at once, and
nothing shared with `voice`: no modules, no windows, no folding, no blocks. Everything is (channels, frames).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

Weights = Mapping[str, Tensor]
Noise = Mapping[str, np.ndarray]


def speak(
    config: Mapping[str, Any],
    held: Weights,
    content: np.ndarray,
    f0: np.ndarray,
    voiced: np.ndarray,
    speaker: int,
    level: np.ndarray | None,
    noise_scale: float,
    noise: Noise,
    *,
    predicts_f0: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Samples and the pitch that was used; `content` is (width, frames), `noise` as the judge's adapters get it."""
    model, is_40 = config["model"], "vocoder_name" not in config["model"]
    weights = {name: one.double() for name, one in held.items()}
    hz, is_voiced = torch.from_numpy(f0).double(), torch.from_numpy(voiced).double()
    who = weights["emb_g.weight"][speaker][:, None]
    x = conv(weights, "pre", torch.from_numpy(content).double(), padding=2)
    x = x + weights["emb_uv.weight"][is_voiced.long()].T
    if model.get("vol_embedding") and level is not None:
        x = x + weights["emb_vol.weight"] @ torch.from_numpy(level).double()[None] + weights["emb_vol.bias"][:, None]
    if predicts_f0 and "f0_decoder.proj.weight" in weights:
        hz = _melody(weights, model, x, hz, is_voiced, who)
    x = x + weights["enc_p.f0_emb.weight"][coarse(hz, is_40=is_40)].T
    for layer in range(model["n_layers"]):
        x = norm(
            weights, f"enc_p.enc_.norm_layers_1.{layer}", x + _relative_attention(weights, layer, x, model["n_heads"])
        )
        name = f"enc_p.enc_.ffn_layers.{layer}"
        inner = torch.relu(conv(weights, f"{name}.conv_1", x, padding=model["kernel_size"] // 2))
        x = norm(
            weights,
            f"enc_p.enc_.norm_layers_2.{layer}",
            x + conv(weights, f"{name}.conv_2", inner, padding=model["kernel_size"] // 2),
        )
    mean, spread = conv(weights, "enc_p.proj", x).chunk(2)
    z = mean + torch.from_numpy(noise["z"][0]).double() * spread.exp() * noise_scale
    z = _flow_back(weights, model, z, who)
    source = _source(weights, hz, math.prod(model["upsample_rates"]), noise)
    return _decode(weights, model, z, source, who, is_40=is_40).numpy(), hz.numpy()


# --- small parts ---------------------------------------------------------------------------------------------------


def weight(weights: Weights, name: str) -> Tensor:
    """A convolution's weight, put together where it is kept as length and direction."""
    if f"{name}.weight" in weights:
        return weights[f"{name}.weight"]
    direction = weights[f"{name}.weight_v"]
    size = direction.flatten(1).norm(dim=1).reshape(-1, *[1] * (direction.dim() - 1))
    return weights[f"{name}.weight_g"] * direction / size


def conv(weights: Weights, name: str, x: Tensor, **more: int) -> Tensor:
    return functional.conv1d(x[None], weight(weights, name), weights.get(f"{name}.bias"), **more)[0]


def norm(weights: Weights, name: str, x: Tensor) -> Tensor:
    centred = x - x.mean(dim=0)
    scaled = centred / torch.sqrt((centred**2).mean(dim=0) + 1e-5)
    return scaled * weights[f"{name}.gamma"][:, None] + weights[f"{name}.beta"][:, None]


def coarse(hz: Tensor, *, is_40: bool) -> Tensor:
    """The bin of each pitch, one by one."""

    def bin_of(one: float) -> int:
        low, high = 1127 * math.log(1 + 50 / 700), 1127 * math.log(1 + 1100 / 700)
        mel = 1127 * math.log(1 + one / 700)
        place = (mel - low) * 254 / (high - low) + 1 if mel > 0 else 0
        if is_40:
            return min(255, max(1, math.floor(place + 0.5)))
        rounded = max(1, round(place))
        return rounded if rounded < 256 else 0

    return torch.tensor([bin_of(float(one)) for one in hz])


# --- the encoder ---------------------------------------------------------------------------------------------------


def _relative_attention(weights: Weights, layer: int, x: Tensor, heads: int) -> Tensor:
    """Every frame looks at every other; keys and values of the distances -4..4 are added, the same for all heads."""
    name = f"enc_p.enc_.attn_layers.{layer}"
    query, key, value = (
        conv(weights, f"{name}.conv_{one}", x).reshape(heads, -1, x.shape[1]).transpose(1, 2) for one in "qkv"
    )
    frames, width = query.shape[1:]
    near_key, near_value = weights[f"{name}.emb_rel_k"][0], weights[f"{name}.emb_rel_v"][0]
    distance = torch.arange(frames)[None] - torch.arange(frames)[:, None]
    is_near = (distance.abs() <= 4).double()[:, :, None]
    keys, values = (table[distance.clamp(-4, 4) + 4] * is_near for table in (near_key, near_value))
    scores = torch.einsum("hqd,hkd->hqk", query, key) + torch.einsum("hqd,qkd->hqk", query, keys)
    shares = torch.softmax(scores / math.sqrt(width), dim=-1)
    mixed = torch.einsum("hqk,hkd->hqd", shares, value) + torch.einsum("hqk,qkd->hqd", shares, values)
    return conv(weights, f"{name}.conv_o", mixed.transpose(1, 2).reshape(x.shape))


def _looking_back(
    weights: Weights, name: str, x: Tensor, heads: int, layers: int, kernel: int, who: Tensor | None = None
) -> Tensor:
    """A transformer in which no frame hears a later one; in flows each layer is gated by the speaker first."""
    width, frames = x.shape
    steering = None if who is None else conv(weights, f"{name}.cond_layer", who)
    later = torch.triu(torch.ones(frames, frames), diagonal=1).bool()
    for layer in range(layers):
        if steering is not None:
            x = conv(weights, f"{name}.cond_pre", x) + steering[2 * width * layer : 2 * width * (layer + 1)]
            x = torch.tanh(x[:width]) * torch.sigmoid(x[width:])
        part = f"{name}.self_attn_layers.{layer}"
        query, key, value = (conv(weights, f"{part}.conv_{one}", x).reshape(heads, -1, frames) for one in "qkv")
        scores = torch.einsum("hdq,hdk->hqk", query, key) / math.sqrt(width // heads)
        shares = torch.softmax(scores.masked_fill(later, -1e4), dim=-1)
        mixed = torch.einsum("hqk,hdk->hdq", shares, value).reshape(width, frames)
        x = norm(weights, f"{name}.norm_layers_0.{layer}", x + conv(weights, f"{part}.conv_o", mixed))
        part = f"{name}.ffn_layers.{layer}"
        inner = torch.relu(conv(weights, f"{part}.conv_1", functional.pad(x, (kernel - 1, 0))))
        outer = conv(weights, f"{part}.conv_2", functional.pad(inner, (kernel - 1, 0)))
        x = norm(weights, f"{name}.norm_layers_1.{layer}", x + outer)
    return x


def _melody(
    weights: Weights, model: Mapping[str, Any], x: Tensor, hz: Tensor, is_voiced: Tensor, who: Tensor
) -> Tensor:
    melody = 2595 * torch.log10(1 + hz / 700) / 500
    count = float(is_voiced.sum()) or 9999.0
    melody = melody - (melody * is_voiced).sum() / count
    x = x + conv(weights, "f0_decoder.cond", who) + conv(weights, "f0_decoder.f0_prenet", melody[None], padding=1)
    x = conv(weights, "f0_decoder.prenet", x, padding=1)
    x = _looking_back(weights, "f0_decoder.decoder", x, model["n_heads"], model["n_layers"], model["kernel_size"])
    return 700 * (10 ** (conv(weights, "f0_decoder.proj", x)[0] * 500 / 2595) - 1)


# --- the flow ------------------------------------------------------------------------------------------------------


def _flow_back(weights: Weights, model: Mapping[str, Any], z: Tensor, who: Tensor) -> Tensor:
    half = len(z) // 2
    for number in (6, 4, 2, 0):
        name = f"flow.flows.{number}"
        z = z.flip(0)
        kept, moved = z[:half], z[half:]
        shared = "flow.wn" if model.get("flow_share_parameter") else f"{name}.enc"
        x = conv(weights, f"{name}.pre", kept)
        if model.get("use_transformer_flow"):
            x = _looking_back(weights, shared, x, model["n_heads"], model.get("n_layers_trans_flow", 3), 5, who)
        else:
            x = _gated(weights, shared, x, who, is_separable=bool(model.get("use_depthwise_conv")))
        z = torch.cat([kept, moved - conv(weights, f"{name}.post", x)])
    return z


def _gated(weights: Weights, name: str, x: Tensor, who: Tensor, *, is_separable: bool, layers: int = 4) -> Tensor:
    width, skipped = len(x), 0
    steering = conv(weights, f"{name}.cond_layer", who)
    for layer in range(layers):
        part = f"{name}.in_layers.{layer}"
        if is_separable:
            heard = conv(
                weights,
                f"{part}.point_conv",
                conv(weights, f"{part}.depth_conv", x, padding=2, groups=width),
            )
        else:
            heard = conv(weights, part, x, padding=2)
        heard = heard + steering[2 * width * layer : 2 * width * (layer + 1)]
        out = conv(weights, f"{name}.res_skip_layers.{layer}", torch.tanh(heard[:width]) * torch.sigmoid(heard[width:]))
        if layer < layers - 1:
            x, out = x + out[:width], out[width:]
        skipped = skipped + out
    return skipped


# --- the vocoder ---------------------------------------------------------------------------------------------------


def _source(weights: Weights, hz: Tensor, upp: int, noise: Noise) -> Tensor:
    """Nine harmonics and noise, made one: (1, samples). The rate is 44.1 kHz whatever the voice's."""
    long = hz.repeat_interleave(upp)
    is_voiced = (long > 0).double()
    waves = []
    for harmonic in range(1, 10):
        start = 0.0 if harmonic == 1 else float(noise["phase"][0, harmonic - 1])
        phase = (long * harmonic / 44_100).cumsum(0) + start
        drawn = torch.from_numpy(noise["sine"][0, :, harmonic - 1]).double()
        loud = 0.003 * is_voiced + 0.1 / 3 * (1 - is_voiced)
        waves.append(0.1 * torch.sin(2 * math.pi * phase) * is_voiced + loud * drawn)
    merge, constant = (weights[f"dec.m_source.l_linear.{one}"] for one in ("weight", "bias"))
    return torch.tanh(merge @ torch.stack(waves) + constant[:, None])


def _decode(
    weights: Weights, model: Mapping[str, Any], z: Tensor, source: Tensor, who: Tensor, *, is_40: bool
) -> Tensor:
    has_snakes, odd = model.get("vocoder_name") == "nsf-snake-hifigan", 0 if is_40 else 1
    rates, blocks = model["upsample_rates"], model["resblock_kernel_sizes"]
    x = conv(weights, "dec.conv_pre", z, padding=3) + conv(weights, "dec.cond", who)
    for stage, (up, kernel) in enumerate(zip(rates, model["upsample_kernel_sizes"], strict=True)):
        x = snake(weights, f"dec.snakes.{stage}", x) if has_snakes else functional.leaky_relu(x, 0.1)
        name = f"dec.ups.{stage}"
        x = functional.conv_transpose1d(
            x[None], weight(weights, name), weights[f"{name}.bias"], stride=up, padding=(kernel - up + odd) // 2
        )[0]
        step = math.prod(rates[stage + 1 :])
        padding = 0 if step == 1 else (step + odd) // 2
        x = x + conv(weights, f"dec.noise_convs.{stage}", source, stride=step, padding=padding)
        made = [
            _block(weights, f"dec.resblocks.{stage * len(blocks) + place}", x, size, dilations, has_snakes=has_snakes)
            for place, (size, dilations) in enumerate(zip(blocks, model["resblock_dilation_sizes"], strict=True))
        ]
        x = sum(made) / len(made)
    x = snake(weights, "dec.snake_post", x) if has_snakes else functional.leaky_relu(x, 0.01)
    return torch.tanh(conv(weights, "dec.conv_post", x, padding=3))[0]


def _block(weights: Weights, name: str, x: Tensor, kernel: int, dilations: list[int], *, has_snakes: bool) -> Tensor:
    def bent(y: Tensor, number: int) -> Tensor:
        return snake(weights, f"{name}.activations.{number}", y) if has_snakes else functional.leaky_relu(y, 0.1)

    for place, dilation in enumerate(dilations):
        y = conv(
            weights,
            f"{name}.convs1.{place}",
            bent(x, 2 * place),
            dilation=dilation,
            padding=dilation * (kernel - 1) // 2,
        )
        x = x + conv(weights, f"{name}.convs2.{place}", bent(y, 2 * place + 1), padding=(kernel - 1) // 2)
    return x


def low_pass() -> np.ndarray:
    """Twelve taps of a sinc at a quarter of the (doubled) rate under Kaiser's window, of sum 1."""
    attenuation = 2.285 * (6 - 1) * math.pi * 4 * 0.3 + 7.95
    places = np.arange(12) - 5.5
    taps = np.kaiser(12, 0.1102 * (attenuation - 8.7)) * np.sinc(places / 2)
    return taps / taps.sum()


def snake(weights: Weights, name: str, x: Tensor) -> Tensor:
    """Double the rate by zeros between and the filter, bend, filter, and take every other sample; ends are repeated."""
    taps = torch.from_numpy(low_pass())
    up = weights.get(f"{name}.upsample.conv_transpose1d_block.weight", taps.expand(len(x), 1, -1))
    down = weights.get(f"{name}.downsample.lowpass.conv1d_block.weight", taps.expand(len(x), 1, -1))
    long = torch.zeros(len(x), 2 * (x.shape[1] + 10), dtype=x.dtype)
    long[:, ::2] = 2 * functional.pad(x[None], (5, 5), mode="replicate")[0]
    # What the filter makes of sample n lies at 2n..2n+11; the first five samples and what they reach are cut off.
    long = functional.conv1d(functional.pad(long, (11, 11))[None], up.flip(2), groups=len(x))[0]
    long = long[:, 15 : 15 + 2 * x.shape[1]]
    alpha, beta = (weights[f"{name}.act.{one}"].exp()[:, None] for one in ("alpha", "beta"))
    bent = long + torch.sin(alpha * long) ** 2 / (beta + 1e-9)
    bent = functional.pad(bent[None], (5, 6), mode="replicate")
    return functional.conv1d(bent, down, stride=2, groups=len(x))[0]
