"""Model files for tests of the `sovits` method: a small voice of any kind, and its description."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from tests.parity import sovits_stand_ins as stand_ins

KINDS: dict[str, dict[str, Any]] = {
    "4.1": {},
    "4.1 without loudness and melody": {"vol_embedding": False, "use_automatic_f0_prediction": False},
    "4.1 for 256": {"speech_encoder": "vec256l9", "ssl_dim": 256},
    "4.1 tiny": {"use_depthwise_conv": True, "flow_share_parameter": True, "upsample_initial_channel": 50},
    "4.1 snake": {"vocoder_name": "nsf-snake-hifigan"},
    "4.1 transformer flow": {"use_transformer_flow": True},
    "4.1 shared transformer flow": {"use_transformer_flow": True, "flow_share_parameter": True},
    "4.0": {
        "ssl_dim": 256,
        "vocoder_name": None,
        "speech_encoder": None,
        "vol_embedding": None,
        "use_depthwise_conv": None,
        "flow_share_parameter": None,
        "use_automatic_f0_prediction": None,
        "use_transformer_flow": None,
    },
}


def save_voice(folder: Path, name: str = "voice", kind: str = "4.1", **changed: Any) -> tuple[Path, Path]:
    """`<name>.pth` and `<name>.json`; `changed` goes into the description only."""
    described = stand_ins.config(**KINDS[kind])
    torch.save(stand_ins.checkpoint(described), folder / f"{name}.pth")
    for part, value in changed.items():
        described[part] = value
    (folder / f"{name}.json").write_text(json.dumps(described))
    return folder / f"{name}.pth", folder / f"{name}.json"
