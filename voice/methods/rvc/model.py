"""An RVC voice from its checkpoint: v1 and v2, with and without pitch, at any rate that the file gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voice.checkpoints.load import Tensors, load_checkpoint, tensors_of, unknown_model
from voice.nets.vits import Voice, VoiceShape
from voice.nets.vocoder import VocoderShape
from voice.nets.weights import fill, fold_weight_norm, unfilled

CONFIG_LENGTH = 18
CONTENT_WIDTHS = {"v1": 256, "v2": 768}
VOCODERS = ("HiFi-GAN", "", None)
"""What a file may call its vocoder; others are other networks."""
LARGEST_SIZE = 1 << 16
MOST_LAYERS = 64
RATE_SUFFIX = "k"
FRAMES_PER_S = 100


@dataclass(frozen=True, slots=True)
class Model:
    """A voice and what the pipeline wants to know of it."""

    net: Voice
    version: str

    @property
    def sample_rate(self) -> int:
        return self.net.shape.sample_rate

    @property
    def samples_per_frame(self) -> int:
        return self.net.shape.vocoder.samples_per_frame

    @property
    def has_pitch(self) -> bool:
        return self.net.shape.has_pitch


def load_model(path: Path) -> Model:
    """The voice with its weights, float32 on the CPU; raises BadModelError's kinds."""
    held = load_checkpoint(path)
    if not isinstance(held, Mapping) or "weight" not in held or "config" not in held:
        raise unknown_model(path, "it is no RVC voice: a voice for use has the parts weight and config")
    if held.get("vocoder") not in VOCODERS:
        raise unknown_model(path, f"its vocoder is {str(held['vocoder'])[:40]!r}, and only HiFi-GAN is known here")
    version = str(held.get("version") or "v1")
    if version not in CONTENT_WIDTHS:
        raise unknown_model(path, f"its version is {version[:40]!r}, and only v1 and v2 are known here")
    tensors = fold_weight_norm(tensors_of(held["weight"], path))
    try:
        shape = _shape(
            held["config"],
            tensors,
            CONTENT_WIDTHS[version],
            has_pitch=bool(int(1 if held.get("f0") is None else held["f0"])),
        )
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise unknown_model(path, f"its description makes no sense ({error})") from error
    with unfilled():
        net = Voice(shape)
    fill(net, tensors, path)
    return Model(net, version)


def _shape(config: Any, tensors: Tensors, content_width: int, *, has_pitch: bool) -> VoiceShape:
    """The sizes from the file's list of 18; what the list leaves out is read off the weights."""
    if not isinstance(config, Sequence) or len(config) != CONFIG_LENGTH:
        raise ValueError("its configuration is not a list of 18")
    if str(config[9]) != "1":
        raise ValueError(f"its residual blocks are of the kind {config[9]!r}")
    sizes = [_size(config[place]) for place in (2, 3, 4, 5, 6, 7, 13, 16)]
    channels, hidden, feed_forward, heads, layers, kernel, initial, speaker_width = sizes
    if layers > MOST_LAYERS or len(config[12]) > MOST_LAYERS or len(config[10]) > MOST_LAYERS:
        raise ValueError(f"{layers} layers, {len(config[12])} stages")
    dilations = tuple(tuple(map(_size, each)) for each in config[11])
    rates, kernels, block_kernels = (tuple(map(_size, config[place])) for place in (12, 14, 10))
    if not rates or len(rates) != len(kernels) or not block_kernels or len(block_kernels) != len(dilations):
        raise ValueError("its lists of rates and kernels differ in length")
    vocoder = VocoderShape(
        channels, initial, rates, kernels, block_kernels, dilations, speaker_width, harmonics=1 if has_pitch else 0
    )
    sample_rate = _rate(config[17])
    if FRAMES_PER_S * vocoder.samples_per_frame != sample_rate:
        raise ValueError(f"its frames of {vocoder.samples_per_frame} samples are not 10 ms at {sample_rate} Hz")
    return VoiceShape(
        content_width=content_width,
        channels=channels,
        hidden=hidden,
        feed_forward=feed_forward,
        heads=heads,
        layers=layers,
        kernel=kernel,
        window=tensors["enc_p.encoder.attn_layers.0.emb_rel_k"].shape[1] // 2,
        couplings=_count(tensors, "flow.flows.", ".pre.weight"),
        coupling_layers=_count(tensors, "flow.flows.0.enc.in_layers.", ".weight"),
        speakers=tensors["emb_g.weight"].shape[0],
        sample_rate=sample_rate,
        vocoder=vocoder,
    )


def _size(value: Any) -> int:
    size = int(value)
    if not 1 <= size <= LARGEST_SIZE:
        raise ValueError(f"a size of {size}")
    return size


def _rate(value: Any) -> int:
    """40000, "40000" or "40k"."""
    text = str(value).lower()
    rate = int(float(text.removesuffix(RATE_SUFFIX)) * (1000 if text.endswith(RATE_SUFFIX) else 1))
    if not 8_000 <= rate <= 192_000:
        raise ValueError(f"a sample rate of {rate}")
    return rate


def _count(tensors: Tensors, beginning: str, end: str) -> int:
    found = sum(name.startswith(beginning) and name.endswith(end) for name in tensors)
    if not found:
        raise ValueError(f"there are no weights {beginning}*{end}")
    return found
