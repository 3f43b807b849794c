"""HuBERT / ContentVec from its file: fairseq's `hubert_base.pt`, or a transformers folder or file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import torch

from voice.checkpoints.load import load_tensors, unknown_model
from voice.errors import MissingModelError
from voice.nets.hubert import HEADS, LAYERS, PROJECTED_WIDTH, WIDTH, ContentEncoder
from voice.nets.weights import fill, fold_weight_norm, unfilled

FOLDER_FILES = ("model.safetensors", "pytorch_model.bin")
_PREFIXES = ("hubert.", "model.")
_RENAMED = (
    (r"feature_extractor\.conv_layers\.(\d+)\.conv\.(.*)", r"feature_extractor.conv_layers.\1.0.\2"),
    (r"feature_extractor\.conv_layers\.(\d+)\.layer_norm\.(.*)", r"feature_extractor.conv_layers.\1.2.\2"),
    (r"feature_projection\.layer_norm\.(.*)", r"layer_norm.\1"),
    (r"feature_projection\.projection\.(.*)", r"post_extract_proj.\1"),
    (r"encoder\.pos_conv_embed\.conv\.(.*)", r"encoder.pos_conv.0.\1"),
    (r"(encoder\.layers\.\d+)\.attention\.(.*)", r"\1.self_attn.\2"),
    (r"(encoder\.layers\.\d+)\.layer_norm\.(.*)", r"\1.self_attn_layer_norm.\2"),
    (r"(encoder\.layers\.\d+)\.feed_forward\.intermediate_dense\.(.*)", r"\1.fc1.\2"),
    (r"(encoder\.layers\.\d+)\.feed_forward\.output_dense\.(.*)", r"\1.fc2.\2"),
)


def load_content_encoder(path: Path, *, projected: bool) -> ContentEncoder:
    """The network with its weights, float32 on the CPU; `projected` when 256-wide features will be asked of it.

    Raises BadModelError's kinds.
    """
    file = _weights_file(path)
    tensors = fold_weight_norm({fairseq_name(name): one for name, one in load_tensors(file).items()})
    with unfilled():
        net = ContentEncoder()
    if not projected:  # models made for 768-wide features alone come without the last projection
        tensors.setdefault("final_proj.weight", torch.zeros(PROJECTED_WIDTH, WIDTH))
        tensors.setdefault("final_proj.bias", torch.zeros(PROJECTED_WIDTH))
    fill(net, tensors, file)
    net.pack()
    return net


def fairseq_name(name: str) -> str:
    """The fairseq name of a tensor that transformers named; other names stay."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    for pattern, replacement in _RENAMED:
        if re.fullmatch(pattern, name):
            return re.sub(pattern, replacement, name)
    return name


def _weights_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    _check_config(path / "config.json")
    for name in FOLDER_FILES:
        if (path / name).is_file():
            return path / name
    missing = f"{path.name}/{FOLDER_FILES[0]}"
    raise MissingModelError(f"The model file {missing} is not there; put it into the models folder.", file=missing)


def _check_config(path: Path) -> None:
    """A folder says what it is; another size of HuBERT is told before its weights are read."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise unknown_model(path, f"it cannot be read ({error})") from error
    sizes = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
    if not isinstance(config, Mapping) or any(config.get(name, size) != size for name, size in sizes.items()):
        raise unknown_model(path, "it is not a HuBERT of the base size")
    if config.get("do_stable_layer_norm") or config.get("feat_extract_norm", "group") != "group":
        raise unknown_model(path, "it is a HuBERT of another build")
