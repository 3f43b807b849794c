"""RVC once more, as plainly as it can be said: whole signals, one layer after the other, double precision.

No windows, no folding, no blocks, and nothing of the program: what differs from it is an error of one of the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyworld
import soxr
import torch
from scipy import signal
from torch import Tensor
from torch.nn import functional

Array: TypeAlias = npt.NDArray[Any]
Encode: TypeAlias = Callable[[Array], Array]
"""Samples at 16 kHz to features of 20 ms."""

FLOWS = (6, 4, 2, 0)


class PlainVoice:
    """A checkpoint that speaks; `parts` is what a `.pth` holds."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._w = {name: one.double() for name, one in parts["weight"].items()}
        self._config = parts["config"]
        self.rate = int(str(self._config[-1]).replace("k", "000"))
        self.has_pitch = bool(parts["f0"])

    def __call__(
        self, content: Array, bins: Array | None, f0: Array | None, speaker: int, noise: tuple[Tensor, Tensor] | None
    ) -> Array:
        """(frames, width), (frames,), (frames,) to samples; `noise` is (1, channels, frames) and (samples, 1)."""
        identity = self._w["emb_g.weight"][speaker][None, :, None]
        mean, spread = self._listen(torch.from_numpy(content).double(), bins)
        z = mean if noise is None else mean + torch.exp(spread) * noise[0].double() * 0.66666
        source = None if f0 is None else self._source(f0, None if noise is None else noise[1].double()[:, 0])
        return self._decode(self._flow(z, identity), identity, source).numpy()

    def _weight(self, name: str) -> Tensor:
        if f"{name}.weight" in self._w:
            return self._w[f"{name}.weight"]
        size, direction = self._w[f"{name}.weight_g"], self._w[f"{name}.weight_v"]
        return size * direction / direction.flatten(1).norm(dim=1).view(-1, 1, 1)

    def _conv(self, x: Tensor, name: str, **how: int) -> Tensor:
        return functional.conv1d(x, self._weight(name), self._w.get(f"{name}.bias"), **how)

    def _listen(self, content: Tensor, bins: Array | None) -> tuple[Tensor, Tensor]:
        hidden, heads, kernel = self._config[3], self._config[5], self._config[7]
        x = content @ self._w["enc_p.emb_phone.weight"].T + self._w["enc_p.emb_phone.bias"]
        if bins is not None:
            x = x + self._w["enc_p.emb_pitch.weight"][torch.from_numpy(bins)]
        x = functional.leaky_relu(x * math.sqrt(hidden), 0.1).T[None]
        for layer in range(self._config[6]):
            x = self._norm(x + self._attend(x, f"enc_p.encoder.attn_layers.{layer}", heads), 1, layer)
            ffn = f"enc_p.encoder.ffn_layers.{layer}"
            inner = functional.relu(self._conv(x, f"{ffn}.conv_1", padding=kernel // 2))
            x = self._norm(x + self._conv(inner, f"{ffn}.conv_2", padding=kernel // 2), 2, layer)
        mean, spread = self._conv(x, "enc_p.proj").chunk(2, dim=1)
        return mean, spread

    def _norm(self, x: Tensor, number: int, layer: int) -> Tensor:
        name = f"enc_p.encoder.norm_layers_{number}.{layer}"
        scaled = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, unbiased=False, keepdim=True) + 1e-5)
        return scaled * self._w[f"{name}.gamma"][:, None] + self._w[f"{name}.beta"][:, None]

    def _attend(self, x: Tensor, name: str, heads: int) -> Tensor:
        frames = x.shape[-1]
        query, key, value = (self._conv(x, f"{name}.conv_{c}").view(heads, -1, frames).mT for c in "qkv")
        near_keys, near_values = (self._w[f"{name}.emb_rel_{c}"][0] for c in "kv")
        window = len(near_keys) // 2
        away = torch.arange(frames)[None] - torch.arange(frames)[:, None]
        is_near, place = (away.abs() <= window)[..., None], (away + window).clamp(0, 2 * window)
        query = query / math.sqrt(query.shape[-1])
        scores = query @ key.mT + torch.einsum("htd,tsd->hts", query, near_keys[place] * is_near)
        shares = scores.softmax(-1)
        mixed = shares @ value + torch.einsum("hts,tsd->htd", shares, near_values[place] * is_near)
        return self._conv(mixed.mT.reshape(x.shape), f"{name}.conv_o")

    def _flow(self, x: Tensor, identity: Tensor) -> Tensor:
        hidden = self._config[3]
        for number in FLOWS:
            kept, moved = x.flip(1).chunk(2, dim=1)
            name = f"flow.flows.{number}"
            h, skipped = self._conv(kept, f"{name}.pre"), torch.zeros(())
            steering = self._conv(identity, f"{name}.enc.cond_layer")
            for layer in range(3):
                steer = steering[:, 2 * hidden * layer : 2 * hidden * (layer + 1)]
                a = self._conv(h, f"{name}.enc.in_layers.{layer}", padding=2) + steer
                a = torch.tanh(a[:, :hidden]) * torch.sigmoid(a[:, hidden:])
                a = self._conv(a, f"{name}.enc.res_skip_layers.{layer}")
                h, skipped = h + a[:, :hidden], skipped + a[:, -hidden:]
            x = torch.cat([kept, moved - self._conv(skipped, f"{name}.post")], dim=1)
        return x

    def _source(self, f0: Array, noise: Tensor | None) -> Tensor:
        hz = np.repeat(f0.astype(np.float32), math.prod(self._config[12]))
        phase = np.cumsum((hz / np.float32(self.rate)).astype(np.float64))
        wave = torch.from_numpy(0.1 * np.sin(2 * np.pi * phase) * (hz > 0))
        if noise is not None:
            wave = wave + noise * torch.from_numpy(np.where(hz > 0, 0.003, 0.1 / 3))
        merge = "dec.m_source.l_linear"
        return torch.tanh(wave * self._w[f"{merge}.weight"][0, 0] + self._w[f"{merge}.bias"][0])[None, None]

    def _decode(self, z: Tensor, identity: Tensor, source: Tensor | None) -> Tensor:
        kernels, dilations, ups, _, up_kernels = self._config[10:15]
        x = self._conv(z, "dec.conv_pre", padding=3) + self._conv(identity, "dec.cond")
        for stage, (up, kernel) in enumerate(zip(ups, up_kernels, strict=True)):
            name, how = f"dec.ups.{stage}", {"stride": up, "padding": (kernel - up) // 2}
            x = functional.conv_transpose1d(
                functional.leaky_relu(x, 0.1), self._weight(name), self._w[f"{name}.bias"], **how
            )
            if source is not None:
                stride = math.prod(ups[stage + 1 :])
                x = x + self._conv(source, f"dec.noise_convs.{stage}", stride=stride, padding=stride // 2)
            blocks = [self._block(x, f"dec.resblocks.{3 * stage + n}", kernels[n], dilations[n]) for n in range(3)]
            x = (blocks[0] + blocks[1] + blocks[2]) / 3
        return torch.tanh(self._conv(functional.leaky_relu(x, 0.01), "dec.conv_post", padding=3))[0, 0]

    def _block(self, x: Tensor, name: str, kernel: int, dilations: list[int]) -> Tensor:
        for each, dilation in enumerate(dilations):
            reach = dilation * (kernel // 2)
            h = self._conv(functional.leaky_relu(x, 0.1), f"{name}.convs1.{each}", dilation=dilation, padding=reach)
            x = x + self._conv(functional.leaky_relu(h, 0.1), f"{name}.convs2.{each}", padding=kernel // 2)
        return x


def pipeline(
    voice: PlainVoice, encode: Encode, blend: Callable[[Array], Array] | None, audio: Array, **o: Any
) -> npt.NDArray[np.int16]:
    """The reference's whole way at 16 kHz; `o` are the options of `tests.parity.rvc_adapter.pipeline`."""
    audio = audio / max(1, np.abs(audio).max() / 0.95)
    audio = signal.filtfilt(*signal.butter(5, 48, btype="high", fs=16000), audio)
    pad = 16000 * o["x_pad"]
    padded = np.pad(audio, pad, mode="reflect")
    f0 = _f0(padded, o) if voice.has_pitch else None
    starts = [0, *(cut // 160 * 160 for cut in _cuts(audio, o))]
    pieces = []
    for start, stop in zip(starts, [*starts[1:], None], strict=True):
        samples = padded[start : None if stop is None else stop + 2 * pad + 160]
        plain = encode(samples.astype(np.float32))
        moved = plain if blend is None else blend(plain)
        frames = min(len(samples) // 160, 2 * len(plain))
        plain, moved = np.repeat(plain, 2, axis=0)[:frames], np.repeat(moved, 2, axis=0)[:frames]
        hz = None if f0 is None else f0[start // 160 :][:frames]
        if hz is not None and o["protect"] < 0.5:
            share = np.where(hz < 1, o["protect"], 1.0)[:, None]
            moved = moved * share + plain * (1 - share)
        bins = None if hz is None else _bins(hz)
        made = voice(moved, bins, hz, o["sid"], None)
        pieces.append(made[o["x_pad"] * voice.rate : -o["x_pad"] * voice.rate])
    return _finished(np.concatenate(pieces).astype(np.float32), audio, voice.rate, o)


def _f0(padded: Array, o: Mapping[str, Any]) -> Array:
    rough, times = pyworld.harvest(padded, 16000, f0_floor=50, f0_ceil=1100, frame_period=10)
    f0: Array = pyworld.stonemask(padded, rough, times, 16000)
    if o["filter_radius"] > 2:
        f0 = signal.medfilt(f0, 3)
    if o["mode"] == "2026":
        voiced = np.flatnonzero(f0)
        f0 = np.interp(np.arange(len(f0)), voiced, f0[voiced])
    return f0[: len(padded) // 160] * 2 ** (o["f0_up_key"] / 12)


def _bins(hz: Array) -> Array:
    low, high = (1127 * math.log(1 + one / 700) for one in (50, 1100))
    bent = 1127 * np.log(1 + hz / 700)
    bent = np.where(bent > 0, (bent - low) * 254 / (high - low) + 1, bent)
    return np.rint(np.clip(bent, 1, 255)).astype(np.int64)


def _cuts(audio: Array, o: Mapping[str, Any]) -> list[int]:
    beyond = np.pad(audio, 80, mode="reflect")
    if len(beyond) <= 16000 * o["x_max"]:
        return []
    beyond, total = np.abs(beyond) if o["mode"] == "2026" else beyond, np.zeros(len(audio))
    for offset in range(160):
        total += beyond[offset : offset - 160]
    search, cuts = 16000 * o["x_query"], []
    for wished in range(16000 * o["x_center"], len(audio), 16000 * o["x_center"]):
        around = np.abs(total[wished - search : wished + search])
        cuts.append(wished - search + int(np.flatnonzero(around == around.min())[0]))
    return cuts


def _finished(made: Array, audio: Array, rate: int, o: Mapping[str, Any]) -> npt.NDArray[np.int16]:
    if (mix := o["rms_mix_rate"]) != 1:
        levels = []
        for samples, each in ((audio, 16000), (made, rate)):
            hop, beyond = each // 2, np.pad(samples.astype(np.float64), each // 2)
            level = [np.sqrt((beyond[k * hop :][: 2 * hop] ** 2).mean()) for k in range(1 + len(samples) // hop)]
            levels.append(functional.interpolate(torch.tensor([[level]]), len(made), mode="linear"))
        factor = levels[0] ** (1 - mix) * levels[1].clamp(min=1e-6) ** (mix - 1)
        made = made * factor[0, 0].numpy()
    if o["resample_sr"] >= 16000 and o["resample_sr"] != rate:
        made = soxr.resample(made.astype(np.float32), rate, o["resample_sr"], "soxr_hq")
    finished: npt.NDArray[np.int16] = (made * (32768 / max(1, np.abs(made).max() / 0.99))).astype(np.int16)
    return finished
