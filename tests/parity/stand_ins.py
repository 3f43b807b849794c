"""Stand-in weights that are a pure function of (seed, name, shape), so that no trained model has to be carried.

    digest = sha256("seed|name"), bits = PCG64(first 16 bytes, little-endian), u = (bits >> 11) / 2**53
    value = float16(mean + deviation * (2 u - 1) * sqrt(3))

Mean and deviation follow from the name: activations stay near unit size. The goldens beside this file were made with
these weights by the networks that RVC itself uses.
"""

from __future__ import annotations

import hashlib
import math
import struct
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from voice.nets.hubert import ContentEncoder
from voice.nets.rmvpe import Rmvpe

Array = npt.NDArray[Any]

RATES = {
    ("v1", "32k"): ([10, 4, 2, 2, 2], [16, 16, 4, 4, 4]),
    ("v2", "32k"): ([10, 8, 2, 2], [20, 16, 4, 4]),
    ("v1", "40k"): ([10, 10, 2, 2], [16, 16, 4, 4]),
    ("v2", "40k"): ([10, 10, 2, 2], [16, 16, 4, 4]),
    ("v1", "48k"): ([10, 6, 2, 2, 2], [16, 16, 4, 4, 4]),
    ("v2", "48k"): ([12, 10, 2, 2], [24, 20, 4, 4]),
}


def unit(seed: str, name: str, shape: tuple[int, ...]) -> Array:
    """Uniform, mean 0, variance 1."""
    digest = hashlib.sha256(f"{seed}|{name}".encode()).digest()
    bits = np.atleast_1d(np.random.PCG64(int.from_bytes(digest[:16], "little")).random_raw(math.prod(shape)))
    return ((2.0 * ((bits >> np.uint64(11)).astype(np.float64) * 2.0**-53) - 1.0) * math.sqrt(3.0)).reshape(shape)


def noise(seed: str, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(unit(seed, f"noise:{name}", shape).astype(np.float32))


def _fan(shape: tuple[int, ...]) -> float:
    return 1 / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else 1.0


def _voice_rule(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "weight_g":
        mean = 1.8 if ".ups." in name and shape[0] >= 256 else 1.0
        return mean, 0.1 * mean
    by_leaf = {"gamma": (1.0, 0.1), "beta": (0.0, 0.1), "emb_rel_k": (0.0, 0.5), "emb_rel_v": (0.0, 0.5)}
    by_name = {
        "dec.m_source.l_linear.weight": (6.0, 0.3),
        "dec.m_source.l_linear.bias": (0.0, 0.02),
        "emb_g.weight": (0.0, 0.7),
        "enc_p.emb_pitch.weight": (0.0, 0.7),
        "dec.conv_post.weight": (0.0, 0.3 * _fan(shape)),
    }
    if leaf in by_leaf or name in by_name:
        return by_leaf.get(leaf) or by_name[name]
    if leaf == "bias":
        return 0.0, 0.05
    factor = 2.0 if ".noise_convs." in name else 0.7 if name.endswith(".post.weight") else 1.0
    return 0.0, factor * _fan(shape)


def _hubert_rule(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    leaf = name.rsplit(".", 1)[-1]
    if leaf in ("weight_g", "weight_v"):
        return (2.45, 0.3) if leaf == "weight_g" else (0.0, 0.02)
    if "layer_norm" in name:
        return (1.0, 0.1) if leaf == "weight" else (0.0, 0.1)
    if leaf == "bias":
        return 0.0, 0.05
    factors = {".conv_layers.": 1.5, "q_proj": 2.2, "k_proj": 2.2, "out_proj": 0.5, "output_dense": 0.5}
    factor = next((one for part, one in {**factors, "intermediate_dense": 1.4}.items() if part in name), 1.0)
    return 0.0, factor * _fan(shape)


def _rmvpe_rule(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    leaf = name.rsplit(".", 1)[-1]
    if leaf in ("running_mean", "running_var"):
        if name.startswith("unet.encoder.bn."):
            return (-5.0, 0.1) if leaf == "running_mean" else (9.0, 0.1)
        return (0.0, 0.1) if leaf == "running_mean" else (1.0, 0.1)
    if ".gru." in name:
        return 0.0, 0.05 if leaf.startswith("bias") else (2.0 if "_ih_" in leaf else 1.0) * _fan(shape)
    if name.startswith("fc.1."):
        return (0.0, 1.5 * _fan(shape)) if leaf == "weight" else (-7.7, 0.3)
    if leaf == "weight" and len(shape) == 1:
        return (0.3, 0.03) if name.endswith("conv.4.weight") else (1.0, 0.1)
    if leaf == "bias":
        return 0.0, 0.05
    if ".conv1.0." in name:
        return 0.0, math.sqrt(2.0 / (shape[0] * 9 / 4))
    if "shortcut" in name or name == "cnn.weight":
        return 0.0, _fan(shape)
    return 0.0, math.sqrt(2) * _fan(shape)


def _drawn(rule: Any, seed: str, name: str, shape: tuple[int, ...]) -> torch.Tensor:
    mean, deviation = rule(name, shape)
    drawn = unit(seed, name, shape)
    if rule is _hubert_rule and ".conv_layers." in name and len(shape) == 3:
        drawn = drawn - drawn.mean(axis=(1, 2), keepdims=True)
    return torch.from_numpy((mean + deviation * drawn).astype(np.float16))


# --- an RVC voice ----------------------------------------------------------------------------------------------------


def rvc_config(version: str, rate: str, *, width: int = 192, initial: int = 512, speaker_width: int = 256) -> list[Any]:
    """The list of 18 in a checkpoint."""
    ups, kernels = RATES[version, rate]
    dilations = [[1, 3, 5]] * 3
    head = [513 if rate == "32k" else 1025, 32, width, width, 4 * width, 2, 6, 3, 0, "1", [3, 7, 11], dilations]
    return [*head, ups, initial, kernels, 109, speaker_width, int(rate[:-1]) * 1000]


def rvc_shapes(config: list[Any], version: str, *, f0: bool) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all weights in a checkpoint, weight norm unfolded, as the reference writes them."""
    width, feed, heads, layers, kernel = config[3], config[4], config[5], config[6], config[7]
    ups, initial, kernels, speakers, speaker_width = config[12:17]
    shapes: dict[str, tuple[int, ...]] = {"emb_g.weight": (speakers, speaker_width)}

    def conv(name: str, *shape: int, bias: int | None = None, normed: bool = False) -> None:
        if normed:
            shapes.update({f"{name}.weight_g": (shape[0], 1, 1), f"{name}.weight_v": shape})
        else:
            shapes[f"{name}.weight"] = shape
        if bias != 0:
            shapes[f"{name}.bias"] = (bias or shape[0],)

    conv("enc_p.emb_phone", width, 256 if version == "v1" else 768)
    if f0:
        shapes["enc_p.emb_pitch.weight"] = (256, width)
    for layer in range(layers):
        attention = f"enc_p.encoder.attn_layers.{layer}"
        for part in "qkvo":
            conv(f"{attention}.conv_{part}", width, width, 1)
        shapes[f"{attention}.emb_rel_k"] = shapes[f"{attention}.emb_rel_v"] = (1, 21, width // heads)
        conv(f"enc_p.encoder.ffn_layers.{layer}.conv_1", feed, width, kernel)
        conv(f"enc_p.encoder.ffn_layers.{layer}.conv_2", width, feed, kernel)
        for number in (1, 2):
            for part in ("gamma", "beta"):
                shapes[f"enc_p.encoder.norm_layers_{number}.{layer}.{part}"] = (width,)
    conv("enc_p.proj", 2 * width, width, 1)
    for coupling in (0, 2, 4, 6):
        flow = f"flow.flows.{coupling}"
        conv(f"{flow}.pre", width, width // 2, 1)
        conv(f"{flow}.post", width // 2, width, 1)
        conv(f"{flow}.enc.cond_layer", 6 * width, speaker_width, 1, normed=True)
        for layer in range(3):
            conv(f"{flow}.enc.in_layers.{layer}", 2 * width, width, 5, normed=True)
            conv(f"{flow}.enc.res_skip_layers.{layer}", width if layer == 2 else 2 * width, width, 1, normed=True)
    conv("dec.conv_pre", initial, width, 7)
    conv("dec.cond", initial, speaker_width, 1)
    for stage, size in enumerate(kernels):
        channels = initial >> (stage + 1)
        conv(f"dec.ups.{stage}", 2 * channels, channels, size, bias=channels, normed=True)
        if f0:
            stride = math.prod(ups[stage + 1 :])
            conv(f"dec.noise_convs.{stage}", channels, 1, 2 * stride if stride > 1 else 1)
        for number, block in enumerate(config[10]):
            for part in (1, 2):
                for each in range(3):
                    name = f"dec.resblocks.{3 * stage + number}.convs{part}.{each}"
                    conv(name, channels, channels, block, normed=True)
    conv("dec.conv_post", 1, initial >> len(ups), 7, bias=0)
    if f0:
        conv("dec.m_source.l_linear", 1, 1)
    return shapes


def rvc_checkpoint(
    version: str = "v2", rate: str = "40k", *, f0: bool = True, seed: str = "1", **sizes: int
) -> dict[str, Any]:
    """What a community `.pth` holds; `sizes` as for `rvc_config` make it small."""
    config = rvc_config(version, rate, **sizes)
    shapes = rvc_shapes(config, version, f0=f0)
    weight = {name: _drawn(_voice_rule, seed, name, shape) for name, shape in shapes.items()}
    return {"weight": weight, "config": config, "info": "stand-in", "sr": rate, "f0": int(f0), "version": version}


def pitch_of_stand_in(seed: str, frames: int) -> Array:
    """Hz, (frames,) float32, with gaps."""
    places = np.arange(frames)
    f0 = 180.0 * 2.0 ** (0.8 * np.sin(places / 17.0) + 0.02 * unit(seed, "f0", (frames,)))
    f0[(places % 37) < 6] = 0.0
    return f0.astype(np.float32)


def content_of_stand_in(seed: str, width: int, frames: int) -> Array:
    """(frames, width) float32."""
    base, spread = unit(seed, "phone.base", (width,)), unit(seed, "phone.a", (12, width))
    waves = [np.sin(2 * np.pi * (k + 1) * np.arange(frames) / 47.0 + k) for k in range(12)]
    moving = np.stack(waves, 1) / math.sqrt(6) @ spread
    content = 0.5 * base + 0.7 * moving + 0.4 * unit(seed, "phone.n", (frames, width))
    return content.astype(np.float16).astype(np.float32)


def sweep() -> Array:
    """2 s at 16 kHz, float32: from 80 to 1200 Hz with noise, silent at the end."""
    places = np.arange(32000)
    time = places / 16000.0
    phase = 2 * np.pi * (80 * time + 0.5 * 560 * time * time)
    samples = 0.35 * np.sin(phase) + 0.2 * np.sin(2 * phase + 1)
    samples = samples * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * time)) + 0.03 * unit("0", "test_signal", (32000,))
    samples[places >= 29600] *= 0.001
    return np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16).astype(np.float32) / 32768


# --- HuBERT and RMVPE ------------------------------------------------------------------------------------------------

TO_TRANSFORMERS = (
    ("post_extract_proj.", "feature_projection.projection."),
    ("encoder.pos_conv.0.", "encoder.pos_conv_embed.conv."),
    (".self_attn.", ".attention."),
    (".self_attn_layer_norm.", ".layer_norm."),
    (".fc1.", ".feed_forward.intermediate_dense."),
    (".fc2.", ".feed_forward.output_dense."),
)


def transformers_name(name: str) -> str:
    """The inverse of `voice.checkpoints.content.fairseq_name`."""
    if name.startswith("feature_extractor."):
        head, number, part, leaf = name.rsplit(".", 3)
        return f"{head}.{number}.{'conv' if part == '0' else 'layer_norm'}.{leaf}"
    if name.startswith("layer_norm."):
        return f"feature_projection.{name}"
    for ours, theirs in TO_TRANSFORMERS:
        name = name.replace(ours, theirs)
    return name


def hubert_weights(seed: str = "1") -> dict[str, torch.Tensor]:
    """By their names in transformers, weight norm unfolded."""
    with torch.device("meta"):
        shapes = {transformers_name(name): tuple(one.shape) for name, one in ContentEncoder().state_dict().items()}
    convolution = "encoder.pos_conv_embed.conv"
    shape = shapes.pop(f"{convolution}.weight")
    shapes |= {f"{convolution}.weight_g": (1, 1, shape[2]), f"{convolution}.weight_v": shape}
    return {name: _drawn(_hubert_rule, seed, name, one) for name, one in shapes.items()}


def rmvpe_weights(seed: str = "1") -> dict[str, torch.Tensor]:
    """By their names in the file, batch norm unfolded."""
    with torch.device("meta"):
        folded = {name: tuple(one.shape) for name, one in Rmvpe().state_dict().items()}
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in folded.items():
        owner, _, leaf = name.rpartition(".")
        is_normed = owner.startswith("unet.") and owner[-2:] in (".0", ".3")
        if is_normed and leaf == "bias":
            norm = f"{owner[:-1]}{int(owner[-1]) + 1}"
            shapes |= {f"{norm}.{part}": shape for part in ("weight", "bias", "running_mean", "running_var")}
        elif leaf != "num_batches_tracked":
            shapes[name] = shape
    return {name: _drawn(_rmvpe_rule, seed, name, shape) for name, shape in shapes.items()}


def save_hubert(path: Path, weights: dict[str, torch.Tensor]) -> None:
    """As fairseq wrote it: beside the weights an object of a class that is not installed here."""
    from voice.checkpoints.content import fairseq_name

    module = types.ModuleType("fairseq.data.dictionary")
    kind = type("Dictionary", (), {"__module__": "fairseq.data.dictionary"})
    module.Dictionary = kind  # type: ignore[attr-defined]
    names = ("fairseq", "fairseq.data", "fairseq.data.dictionary")
    sys.modules.update(dict.fromkeys(names, module))
    try:
        model = {fairseq_name(name): one for name, one in weights.items()}
        torch.save({"args": None, "model": model, "task_state": {"dictionaries": [kind()]}}, path)
    finally:
        for name in names:
            sys.modules.pop(name)


# --- an index --------------------------------------------------------------------------------------------------------


def save_index(path: Path, vectors: Array, cells: int) -> None:
    """The layout of a faiss IVF,Flat file; the first vectors are the centres of the cells."""
    count, width = vectors.shape
    centres = vectors[:cells]
    nearest = ((vectors[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)

    def header(total: int) -> bytes:
        return struct.pack("<iqqqBi", width, total, 1 << 20, 1 << 20, 1, 1)

    with path.open("wb") as file:
        file.write(b"IwFl" + header(count) + struct.pack("<QQ", cells, 1))
        file.write(b"IxF2" + header(cells) + struct.pack("<Q", cells * width) + centres.astype("<f4").tobytes())
        file.write(struct.pack("<BQ", 0, 0) + b"ilar" + struct.pack("<QQ", cells, 4 * width) + b"full")
        file.write(struct.pack("<Q", cells) + np.bincount(nearest, minlength=cells).astype("<u8").tobytes())
        for cell in range(cells):
            members = np.flatnonzero(nearest == cell)
            file.write(vectors[members].astype("<f4").tobytes() + members.astype("<i8").tobytes())
