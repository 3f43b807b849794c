"""Stand-in SO-VITS-SVC voices: weights that are a pure function of (seed, name, shape).

    stream = PCG64(first 8 bytes, little-endian, of sha256("seed:name")); u = (bits >> 11) / 2**53
    z      = (2 u - 1) sqrt(3)
    value  = float32(z * gain / sqrt(fan in)), and by the name for norms, biases and embeddings

The goldens beside this file were made with these weights by the networks that SO-VITS-SVC itself uses.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from voice.nets.sovits import SovitsShape, SovitsVoice
from voice.nets.vocoder import VocoderShape

Array = npt.NDArray[Any]

GAINS = (
    (r"dec\.ups\.", 1.2),
    (r"dec\.conv_post", 0.09),
    (r"dec\.resblocks\..*convs1", 1.1),
    (r"dec\.resblocks\..*convs2", 0.8),
    (r"dec\.noise_convs", 6.0),
    (r"dec\.m_source\.l_linear", 8.0),
    (r"dec\.cond", 0.7),
    (r"flow\..*\.post$", 0.5),
    (r"f0_decoder\.proj", 0.12),
    (r"enc_p\.proj", 0.6),
    (r"emb_vol", 2.0),
    (r".*conv_[qk]$", 1.4),
)
NORMED = re.compile(
    r"dec\.(conv_pre|conv_post|ups\.\d+|resblocks\..*convs\d\.\d+)|flow\..*(in_layers\.[\d]+(\.\w+_conv)?|res_skip_layers\.\d+|cond_layer)"
)
"""Convolutions that the files hold as length and direction."""


def uniform(seed: int, name: str, shape: tuple[int, ...]) -> Array:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    bits = np.atleast_1d(np.random.PCG64(int.from_bytes(digest[:8], "little")).random_raw(math.prod(shape)))
    return ((bits >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)


def unit(seed: int, name: str, shape: tuple[int, ...]) -> Array:
    """Mean 0, variance 1."""
    return (2.0 * uniform(seed, name, shape) - 1.0) * math.sqrt(3.0)


def noise(seed: int, frames: int, config: dict[str, Any]) -> dict[str, Array]:
    """As the goldens were given it."""
    samples = frames * config["data"]["hop_length"]
    shapes = {"z": (1, config["model"]["inter_channels"], frames), "phase": (1, 9), "sine": (1, samples, 9)}
    drawn = {name: (uniform if name == "phase" else unit)(seed, f"noise.{name}", one) for name, one in shapes.items()}
    return {name: one.astype(np.float32) for name, one in drawn.items()}


def _weight(seed: int, name: str, stem: str, shape: tuple[int, ...]) -> Array:
    fan_in = 2 * shape[0] if stem.startswith("dec.ups.") else math.prod(shape[1:])
    gain = next((one for pattern, one in GAINS if re.match(pattern, stem)), 1.0)
    return unit(seed, name, shape) * gain / math.sqrt(fan_in)


def _value(seed: int, name: str, shape: tuple[int, ...]) -> Array:
    z = unit(seed, name, shape)
    if ".act." in name:
        return 0.3 * z
    if name.endswith((".gamma", ".beta")):
        return name.endswith(".gamma") + 0.15 * z
    if "emb_rel_" in name:
        return z * shape[-1] ** -0.5
    if name.startswith(("emb_g", "emb_uv")) or "f0_emb" in name:
        return 0.7 * z
    if name == "f0_decoder.proj.bias":
        return 2.2 * (0.25 + 0.02 * z)
    if name.endswith(".bias"):
        return (0.01 if name.startswith("dec.conv_post") else 0.1) * z
    return _weight(seed, name, name.removesuffix(".weight"), shape)


def _normed(seed: int, stem: str, shape: tuple[int, ...]) -> dict[str, Array]:
    direction = _weight(seed, f"{stem}.weight_v", stem, shape).astype(np.float32)
    length = np.sqrt((direction.astype(np.float64) ** 2).reshape(shape[0], -1).sum(axis=1)).reshape(-1, 1, 1)
    length *= 0.75 + 0.5 * uniform(seed, f"{stem}.weight_g", (shape[0], 1, 1))
    return {f"{stem}.weight_v": direction, f"{stem}.weight_g": length}


def weights(shape: SovitsShape, seed: int, *, shares_flow: bool = False) -> dict[str, torch.Tensor]:
    """By their names in a checkpoint, weight norm unfolded."""
    with torch.device("meta"):
        places = {name: tuple(one.shape) for name, one in SovitsVoice(shape).state_dict().items()}
    held: dict[str, Array] = {}
    for name, size in places.items():
        stem = name.removesuffix(".weight")
        is_normed = name.endswith(".weight") and NORMED.fullmatch(stem)
        held |= _normed(seed, stem, size) if is_normed else {name: _value(seed, name, size)}
    if shares_flow:
        first = "flow.flows.0.enc."
        held |= {f"flow.wn.{name.removeprefix(first)}": one for name, one in held.items() if name.startswith(first)}
    return {name: torch.from_numpy(np.asarray(one, dtype=np.float32)) for name, one in held.items()}


def config(**model: Any) -> dict[str, Any]:
    """A `config.json` of a 4.1 voice with few weights; `model` changes that part of it, None takes a key away."""
    described = {
        "inter_channels": 24,
        "hidden_channels": 32,
        "filter_channels": 64,
        "n_heads": 2,
        "n_layers": 2,
        "kernel_size": 3,
        "resblock": "1",
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "upsample_rates": [8, 8, 2, 2, 2],
        "upsample_initial_channel": 64,
        "upsample_kernel_sizes": [16, 16, 4, 4, 4],
        "gin_channels": 20,
        "ssl_dim": 768,
        "n_speakers": 5,
        "vocoder_name": "nsf-hifigan",
        "speech_encoder": "vec768l12",
        "vol_embedding": True,
        "use_depthwise_conv": False,
        "flow_share_parameter": False,
        "use_automatic_f0_prediction": True,
        "use_transformer_flow": False,
    }
    changed = {name: value for name, value in (described | model).items() if value is not None}
    data = {"sampling_rate": 44100, "hop_length": 512, "unit_interpolate_mode": "nearest"}
    return {"data": data, "model": changed, "spk": {"anna": 0, "boris": 1, "vera": 2}}


def shape_of(described: dict[str, Any]) -> SovitsShape:
    """What a description means; written apart from the method's own reading of it."""
    model = described["model"]
    vocoder = VocoderShape(
        inputs=model["inter_channels"],
        initial=model["upsample_initial_channel"],
        rates=tuple(model["upsample_rates"]),
        kernels=tuple(model["upsample_kernel_sizes"]),
        block_kernels=tuple(model["resblock_kernel_sizes"]),
        block_dilations=tuple(map(tuple, model["resblock_dilation_sizes"])),
        speaker_width=model["gin_channels"],
        harmonics=9,
        last_bias=True,
    )
    has_transformer = bool(model.get("use_transformer_flow"))
    return SovitsShape(
        content_width=model["ssl_dim"],
        channels=model["inter_channels"],
        hidden=model["hidden_channels"],
        feed_forward=model["filter_channels"],
        heads=model["n_heads"],
        layers=model["n_layers"],
        kernel=model["kernel_size"],
        window=4,
        couplings=4,
        coupling_layers=3 if has_transformer else 4,
        speakers=model["n_speakers"],
        vocoder=vocoder,
        has_snakes=model.get("vocoder_name") == "nsf-snake-hifigan",
        has_loudness=bool(model.get("vol_embedding")),
        has_separable_flow=bool(model.get("use_depthwise_conv")) and not has_transformer,
        has_transformer_flow=has_transformer,
        pitch_layers=model["n_layers"] if model.get("use_automatic_f0_prediction", True) else 0,
    )


def checkpoint(described: dict[str, Any], seed: int = 4103) -> dict[str, Any]:
    """What a `G_*.pth` holds."""
    shares = bool(described["model"].get("flow_share_parameter"))
    model = weights(shape_of(described), seed, shares_flow=shares)
    return {"model": model, "iteration": 800, "optimizer": None, "learning_rate": 1e-4}
