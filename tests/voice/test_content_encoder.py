"""What the encoder of speech does in blocks equals what its description says of the whole."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from voice.checkpoints.content import fairseq_name
from voice.nets import hubert


@pytest.mark.parametrize("samples", [400, 719, 16_000, 40_321])
def test_the_convolutions_in_blocks_equal_those_over_the_whole(monkeypatch: pytest.MonkeyPatch, samples: int) -> None:
    monkeypatch.setattr(hubert, "BLOCK_FRAMES", 23)
    torch.manual_seed(1)
    part = hubert._FeatureExtractor().eval()
    with torch.no_grad():
        part.conv_layers[0]["2"].weight.uniform_(0.5, 1.5)
        part.conv_layers[0]["2"].bias.uniform_(-0.5, 0.5)
        audio = torch.randn(samples) * 0.1
        x = part.conv_layers[0]["0"](audio[None, None])
        x = functional.gelu(part.conv_layers[0]["2"](x))
        for layer in part.conv_layers[1:]:
            x = functional.gelu(layer["0"](x))
        made = part(audio)
    assert made.shape == (hubert.frame_count(samples), 512)
    assert torch.allclose(made, x[0].T, atol=1e-5)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("feature_extractor.conv_layers.3.conv.weight", "feature_extractor.conv_layers.3.0.weight"),
        ("hubert.feature_extractor.conv_layers.0.layer_norm.bias", "feature_extractor.conv_layers.0.2.bias"),
        ("feature_projection.layer_norm.weight", "layer_norm.weight"),
        ("feature_projection.projection.bias", "post_extract_proj.bias"),
        ("encoder.pos_conv_embed.conv.weight_g", "encoder.pos_conv.0.weight_g"),
        (
            "encoder.pos_conv_embed.conv.parametrizations.weight.original1",
            "encoder.pos_conv.0.parametrizations.weight.original1",
        ),
        ("encoder.layers.11.attention.q_proj.weight", "encoder.layers.11.self_attn.q_proj.weight"),
        ("encoder.layers.0.layer_norm.weight", "encoder.layers.0.self_attn_layer_norm.weight"),
        ("encoder.layers.0.final_layer_norm.weight", "encoder.layers.0.final_layer_norm.weight"),
        ("encoder.layers.2.feed_forward.intermediate_dense.bias", "encoder.layers.2.fc1.bias"),
        ("encoder.layers.2.feed_forward.output_dense.bias", "encoder.layers.2.fc2.bias"),
        ("encoder.layers.2.fc2.bias", "encoder.layers.2.fc2.bias"),
        ("encoder.layer_norm.bias", "encoder.layer_norm.bias"),
        ("final_proj.weight", "final_proj.weight"),
    ],
)
def test_both_spellings_of_a_weight_are_known(theirs: str, ours: str) -> None:
    assert fairseq_name(theirs) == ours
