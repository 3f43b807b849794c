"""A SO-VITS-SVC voice from its checkpoint (`G_*.pth`) and description (`config.json`): 4.0 and 4.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from voice.checkpoints.load import Tensors, load_checkpoint, tensors_of, unknown_model
from voice.errors import DamagedModelError, MissingModelError, UnknownSpeakerError
from voice.nets.sovits import SovitsShape, SovitsVoice
from voice.nets.sovits_vocoder import Snake
from voice.nets.vocoder import VocoderShape
from voice.nets.weights import fill, fold_weight_norm

ENCODERS = {"vec768l12": 768, "vec256l9": 256}
"""The encoders of speech that are known here, and how wide their features are."""
VOCODERS = {"nsf-hifigan": False, "nsf-snake-hifigan": True}
SPREADINGS = ("left", "nearest")
"""How features may be spread over frames; see `rules.expanded`."""
KEYS_OF_41 = ("speech_encoder", "vol_embedding", "vocoder_name", "use_automatic_f0_prediction")
HIFI_GAN = "hifi-gan"
"""What the fork calls the one decoder that is known here."""
HARMONICS = 9
LARGEST_CONFIG_BYTES = 4 << 20
LARGEST_SIZE = 1 << 16
LOWEST_RATE = 8_000
MOST_LAYERS = 64
MOST_NAMED = 20
"""Speakers that a message lists."""
SHARED_PART = "flow.wn."
COUPLING_PART = "flow.flows."
UNUSED_PARTS = ("enc_q.",)


@dataclass(frozen=True, slots=True)
class Model:
    """A voice and what the pipeline wants to know of it."""

    net: SovitsVoice
    sample_rate: int
    expands_nearest: bool
    """How features are spread over the frames; see `rules.expanded`."""
    speakers: Mapping[str, int]
    path: Path

    @property
    def hop(self) -> int:
        return self.net.shape.vocoder.samples_per_frame

    @property
    def content_width(self) -> int:
        return self.net.shape.content_width

    def speaker(self, asked: str | int | None) -> int:
        """The number of a speaker, by name or number; without one the only speaker there is.

        Raises UnknownSpeakerError that lists the names.
        """
        if asked is None and len(self.speakers) <= 1:
            return next(iter(self.speakers.values()), 0)
        if isinstance(asked, str) and asked in self.speakers:
            return self.speakers[asked]
        if isinstance(asked, int) and asked in (self.speakers.values() or range(self.net.shape.speakers)):
            return asked
        name, known = "" if asked is None else str(asked), ", ".join(list(self.speakers)[:MOST_NAMED])
        trouble = f"does not have the speaker {name!r}; it has" if name else "has several speakers; name one of them"
        raise UnknownSpeakerError(
            f"The voice model {self.path.name} {trouble}: {known}.",
            file=self.path.name,
            speaker=name,
            known=known,
        )


def load_model(path: Path, config: Path) -> Model:
    """The voice with its weights, float32 on the CPU; raises BadModelError's kinds."""
    return load_described(path, read_config(config), config)


def read_config(path: Path) -> Mapping[str, Any]:
    """The description; raises MissingModelError, DamagedModelError."""
    if not path.is_file():
        raise MissingModelError(f"The model file {path.name} is not there.", file=path.name)
    if path.stat().st_size > LARGEST_CONFIG_BYTES:
        raise unknown_model(path, "it is too large for a description")
    try:
        held = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        detail = str(error)[:200]
        raise DamagedModelError(
            f"The model file {path.name} is damaged: {detail}", file=path.name, detail=detail
        ) from error
    if not isinstance(held, Mapping):
        raise unknown_model(path, "it does not describe a voice")
    return held


def described_rate(path: Path) -> int:
    """The rate of a voice's samples, from its description alone; raises as `load_model`."""
    try:
        return _rate(read_config(path)["data"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise unknown_model(path, f"its description makes no sense ({error})") from error


def load_described(path: Path, config: Mapping[str, Any], config_path: Path) -> Model:
    """As `load_model`, with the description read already."""
    for part in ("data", "model"):
        if not isinstance(config.get(part), Mapping):
            raise unknown_model(config_path, f"it does not describe a SO-VITS-SVC voice: the part {part} is missing")
    data, model = config["data"], config["model"]
    _check_kind(config_path, model)
    tensors = fold_weight_norm(_weights(path))
    if "enc_p.enc_.attn_layers.0.emb_rel_k" not in tensors or "dec.m_source.l_linear.weight" not in tensors:
        raise unknown_model(path, "it is no voice of SO-VITS-SVC 4.0 or 4.1")
    _spread_shared(tensors)
    try:
        shape = _shape(model, tensors)
        sample_rate, hop = _rate(data), _size(data.get("hop_length", 512))
        speakers = _speakers(config.get("spk", {}), shape.speakers)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise unknown_model(config_path, f"its description makes no sense ({error})") from error
    if hop != shape.vocoder.samples_per_frame:
        raise unknown_model(config_path, f"its frames of {hop} samples are not those of its vocoder")
    with torch.device("meta"):
        net = SovitsVoice(shape)
    fill(net, tensors, path)
    _take_filters(net, tensors, path)
    return Model(net, sample_rate, _expands_nearest(data, config_path), speakers, path)


def _expands_nearest(data: Mapping[str, Any], path: Path) -> bool:
    mode = data.get("unit_interpolate_mode") or SPREADINGS[0]
    if mode not in SPREADINGS:
        known = " and ".join(SPREADINGS)
        raise unknown_model(path, f"its unit_interpolate_mode is {str(mode)[:40]!r}, and only {known} are known here")
    return bool(mode == "nearest")


def _take_filters(net: SovitsVoice, tensors: Tensors, path: Path) -> None:
    for name, part in net.named_modules():
        if isinstance(part, Snake):
            try:
                part.take_filters(tensors, name)
            except ValueError as error:
                raise unknown_model(path, str(error)) from error


def _check_kind(path: Path, model: Mapping[str, Any]) -> None:
    """What is of another kind is told before its weights are read."""
    if "ssl_dim" not in model and "speech_encoder" not in model:
        raise unknown_model(
            path, "it describes no voice of SO-VITS-SVC 4.0 or 4.1; 4.0-v2 and others are built otherwise"
        )
    encoder = model.get("speech_encoder") or next(
        (name for name, width in ENCODERS.items() if width == model.get("ssl_dim")), None
    )
    if encoder not in ENCODERS:
        known = ", ".join(ENCODERS)
        raise unknown_model(path, f"its encoder of speech is {str(encoder)[:40]!r}, and only {known} are known here")
    if model.get("ssl_dim", ENCODERS[encoder]) != ENCODERS[encoder]:
        raise unknown_model(path, f"its encoder {encoder} does not give features of {str(model['ssl_dim'])[:40]}")
    if (vocoder := model.get("vocoder_name") or "nsf-hifigan") not in VOCODERS:
        raise unknown_model(
            path, f"its vocoder is {str(vocoder)[:40]!r}, and only {', '.join(VOCODERS)} are known here"
        )
    if (decoder := model.get("type_") or HIFI_GAN) != HIFI_GAN:
        raise unknown_model(path, f"its decoder is {str(decoder)[:40]!r}, and only {HIFI_GAN} is known here")


def _weights(path: Path) -> Tensors:
    held = tensors_of(load_checkpoint(path), path)
    return {name: one for name, one in held.items() if not name.startswith(UNUSED_PARTS)}


def _shape(model: Mapping[str, Any], tensors: Tensors) -> SovitsShape:
    """The sizes from the description; what it may leave out is read off the weights."""
    if str(model.get("resblock", "1")) != "1":
        raise ValueError(f"its residual blocks are of the kind {model['resblock']!r}")
    dilations = tuple(_sizes(each) for each in model["resblock_dilation_sizes"])
    rates, kernels = _sizes(model["upsample_rates"]), _sizes(model["upsample_kernel_sizes"])
    block_kernels = _sizes(model["resblock_kernel_sizes"])
    if not rates or len(rates) != len(kernels) or not block_kernels or len(block_kernels) != len(dilations):
        raise ValueError("its lists of rates and kernels differ in length")
    is_41 = any(key in model for key in KEYS_OF_41)
    has_transformer_flow = f"{COUPLING_PART}0.enc.cond_pre.weight" in tensors
    layers_of_coupling = "self_attn_layers." if has_transformer_flow else "in_layers."
    vocoder = VocoderShape(
        inputs=_size(model["inter_channels"]),
        initial=_size(model["upsample_initial_channel"]),
        rates=rates,
        kernels=kernels,
        block_kernels=block_kernels,
        block_dilations=dilations,
        speaker_width=tensors["emb_g.weight"].shape[1],
        harmonics=HARMONICS,
        odd_padding=1 if is_41 else 0,
        last_bias=True,
    )
    return SovitsShape(
        content_width=_size(tensors["pre.weight"].shape[1]),
        channels=vocoder.inputs,
        hidden=_size(model["hidden_channels"]),
        feed_forward=_size(model["filter_channels"]),
        heads=_size(model["n_heads"]),
        layers=_size(model["n_layers"], MOST_LAYERS),
        kernel=_size(model["kernel_size"]),
        window=tensors["enc_p.enc_.attn_layers.0.emb_rel_k"].shape[1] // 2,
        couplings=_count(tensors, COUPLING_PART, ".pre"),
        coupling_layers=_count(tensors, f"{COUPLING_PART}0.enc.{layers_of_coupling}"),
        speakers=tensors["emb_g.weight"].shape[0],
        vocoder=vocoder,
        has_snakes=VOCODERS[model.get("vocoder_name") or "nsf-hifigan"],
        has_loudness=bool(model.get("vol_embedding")),
        has_separable_flow=f"{COUPLING_PART}0.enc.in_layers.0.depth_conv.weight" in tensors,
        has_transformer_flow=has_transformer_flow,
        pitch_layers=_count(tensors, "f0_decoder.decoder.self_attn_layers.", least=0)
        if model.get("use_automatic_f0_prediction", True)
        else 0,
        clamps_high=not is_41,
    )


def _size(value: Any, largest: int = LARGEST_SIZE) -> int:
    size = int(value)
    if not 1 <= size <= largest:
        raise ValueError(f"a size of {size}")
    return size


def _rate(data: Mapping[str, Any]) -> int:
    rate = _size(data.get("sampling_rate", 44_100), 192_000)
    if rate < LOWEST_RATE:
        raise ValueError(f"a sample rate of {rate}")
    return rate


def _sizes(values: Any) -> tuple[int, ...]:
    if len(values) > MOST_LAYERS:
        raise ValueError(f"a list of {len(values)} sizes")
    return tuple(map(_size, values))


def _speakers(listed: Any, count: int) -> dict[str, int]:
    speakers = {str(name): int(number) for name, number in listed.items()}
    if strange := [name for name, number in speakers.items() if not 0 <= number < count]:
        raise ValueError(f"its speaker {strange[0]!r} is not among the {count} of the weights")
    return speakers


def _count(tensors: Tensors, beginning: str, end: str = "", *, least: int = 1) -> int:
    """How many numbered parts there are whose names begin so."""
    numbers = {name[len(beginning) :].split(".")[0] for name in tensors if name.startswith(beginning) and end in name}
    if not least <= len(numbers) <= MOST_LAYERS:
        raise ValueError(f"{len(numbers)} parts {beginning}")
    return len(numbers)


def _spread_shared(tensors: Tensors) -> None:
    """Where the couplings share a network, the file's shared one is every coupling's, whatever it holds for them."""
    couplings = [name for name in tensors if name.startswith(COUPLING_PART) and name.endswith(".pre.weight")]
    for name in [name for name in tensors if name.startswith(SHARED_PART)]:
        for coupling in couplings:
            tensors[f"{coupling.removesuffix('pre.weight')}enc.{name.removeprefix(SHARED_PART)}"] = tensors[name]
