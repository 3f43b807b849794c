"""RMVPE: the pitch of a voice, also one with music under it, as a salience over 360 bins of 20 cents every 10 ms.

H. Wei et al., "RMVPE: A Robust Model for Vocal Pitch Estimation in Polyphonic Music", 2023. Parameter names are those
of the file, once `fold_batch_norm` has merged each normalisation into the convolution before it.
"""

from __future__ import annotations

import math
import re
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor, nn
from torch.nn import functional

SAMPLE_RATE = 16_000
HOP = 160
N_FFT = 1024
MEL_BANDS = 128
MEL_LOW_HZ, MEL_HIGH_HZ = 30.0, 8000.0
FLOOR = 1e-5
BINS = 360
FRAME_MULTIPLE = 32
"""Five halvings: the network wants so many frames, or a multiple."""
LEVELS = 5
MIDDLE_LEVELS = 4
BLOCKS = 4
FIRST_CHANNELS = 16
BATCH_NORM_EPS = 1e-5


def mel_bank() -> Tensor:
    """Triangles on the HTK mel scale, each of equal area (Slaney's norm): (128, 513)."""
    low, high = (2595 * math.log10(1 + hz / 700) for hz in (MEL_LOW_HZ, MEL_HIGH_HZ))
    edges = 700 * (10 ** (torch.linspace(low, high, MEL_BANDS + 2, dtype=torch.float64) / 2595) - 1)
    bins = torch.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1, dtype=torch.float64)
    distances = bins[None] - edges[:, None]
    rising = distances[:-2] / edges.diff()[:-1, None]
    falling = -distances[2:] / edges.diff()[1:, None]
    bank = torch.minimum(rising, falling).clamp(min=0) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return bank.float()


def log_mel(audio: Tensor, bank: Tensor) -> Tensor:
    """Log of the mel MAGNITUDES (not powers) of frames centred at every 160th sample: (128, samples // 160 + 1)."""
    window = torch.hann_window(N_FFT, device=audio.device)
    spectrum = torch.stft(audio, N_FFT, HOP, window=window, center=True, pad_mode="reflect", return_complex=True)
    return torch.log((bank @ spectrum.abs()).clamp(min=FLOOR))


def fold_batch_norm(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Every normalisation after a convolution becomes part of that convolution; the one on the input stays.

    Empties `tensors`, so that the weights are not held twice.
    """
    folded = {name: one.float() for name in list(tensors) if (one := tensors.pop(name)).is_floating_point()}
    for name in [name for name in folded if name.endswith(".running_var") and name != "unet.encoder.bn.running_var"]:
        norm = name.removesuffix(".running_var")
        head, _, number = norm.rpartition(".")
        conv = f"{head}.{int(number) - 1}" if number.isdigit() else ""
        parts = [f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
        if f"{conv}.weight" not in folded or any(part not in folded for part in parts):
            continue
        weight, bias, mean, variance = (folded.pop(part) for part in parts)
        scale = weight / torch.sqrt(variance + BATCH_NORM_EPS)
        is_transposed = re.search(r"decoder\.layers\.\d+\.conv1\.0$", conv) is not None
        if scale.shape[0] != folded[f"{conv}.weight"].shape[1 if is_transposed else 0]:
            continue  # told by name and shape when the network is filled
        folded[f"{conv}.weight"] = folded[f"{conv}.weight"] * scale.view(
            (1, -1, 1, 1) if is_transposed else (-1, 1, 1, 1)
        )
        folded[f"{conv}.bias"] = bias - mean * scale
    return folded


class Rmvpe(nn.Module):
    """Log-mel frames to salience."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = _UNet()
        self.cnn = nn.Conv2d(FIRST_CHANNELS, 3, 3, padding=1)
        self.fc = nn.ModuleList([_Recurrent(), nn.Linear(512, BINS)])

    def forward(self, mel: Tensor) -> Tensor:
        """(128, frames) to (frames, 360), each within 0..1."""
        frames = mel.shape[1]
        padded = functional.pad(mel, (0, -frames % FRAME_MULTIPLE))  # zeros, also where they are logarithms
        x = padded.T[None, None].contiguous(memory_format=torch.channels_last)
        x = self.cnn(self.unet(x))
        x = x.transpose(1, 2).flatten(2)
        salience: Tensor = torch.sigmoid(self.fc[1](self.fc[0](x)))[0, :frames]
        return salience


class _Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(3 * MEL_BANDS, 256, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """(1, frames, 384) to (1, frames, 512)."""
        out: Tensor = self.gru(x)[0] if x.device.type != "cpu" else self._side_by_side(x)
        return out

    def _side_by_side(self, x: Tensor) -> Tensor:
        """Each direction in a thread of its own: one step is so short that sharing it out takes ten times as long."""
        threads = torch.get_num_threads()
        try:
            with ThreadPoolExecutor(2, "recurrent", torch.set_num_threads, (1,)) as executor:
                ahead = executor.submit(self._one_way, x, "")
                back = executor.submit(self._one_way, x.flip(1), "_reverse")
                return torch.cat([ahead.result(), back.result().flip(1)], dim=-1)
        finally:
            torch.set_num_threads(threads)  # the threads to come would inherit the one

    def _one_way(self, x: Tensor, suffix: str) -> Tensor:
        weights = [getattr(self.gru, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        with torch.inference_mode():  # it is each thread's own
            start = x.new_zeros(1, 1, self.gru.hidden_size)
            out: Tensor = torch.gru(x, start, weights, True, 1, 0.0, False, False, True)[0]
            return out


class _Block(nn.Module):
    """Two convolutions and a way around them; the ReLU lies inside the branch, none after the sum."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.ModuleDict(
            {"0": nn.Conv2d(inputs, outputs, 3, padding=1), "3": nn.Conv2d(outputs, outputs, 3, padding=1)}
        )
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        branch = functional.relu_(self.conv["3"](functional.relu_(self.conv["0"](x))))
        return branch.add_(x if self.shortcut is None else self.shortcut(x))


class _Level(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.ModuleList(_Block(inputs if n == 0 else outputs, outputs) for n in range(BLOCKS))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.conv:
            x = block(x)
        return x


class _Up(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.ModuleList([nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)])
        self.conv2 = nn.ModuleList(_Block(2 * outputs if n == 0 else outputs, outputs) for n in range(BLOCKS))

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = torch.cat([functional.relu_(self.conv1[0](x)), skip], dim=1)
        for block in self.conv2:
            x = block(x)
        return x


class _Down(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(1)
        widths = [1, *(FIRST_CHANNELS << level for level in range(LEVELS))]
        self.layers = nn.ModuleList(_Level(widths[n], widths[n + 1]) for n in range(LEVELS))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        x, skips = self.bn(x), []
        for level in self.layers:
            x = level(x)
            skips.append(x)
            x = functional.avg_pool2d(x, 2)
        return x, skips


class _UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        deepest = FIRST_CHANNELS << LEVELS
        self.encoder = _Down()
        self.intermediate, self.decoder = nn.Module(), nn.Module()
        levels = [_Level(deepest // 2 if n == 0 else deepest, deepest) for n in range(MIDDLE_LEVELS)]
        self.intermediate.layers = nn.ModuleList(levels)
        self.decoder.layers = nn.ModuleList(_Up(deepest >> n, deepest >> (n + 1)) for n in range(LEVELS))

    def forward(self, x: Tensor) -> Tensor:
        x, skips = self.encoder(x)
        for level in self.intermediate.get_submodule("layers").children():
            x = level(x)
        for level in self.decoder.get_submodule("layers").children():
            x = level(x, skips.pop())
        return x
