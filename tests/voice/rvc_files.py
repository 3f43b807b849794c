"""Model files for tests of the `rvc` method: a small voice, and a content encoder of the real size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from tests.parity import stand_ins
from voice.nets.hubert import ContentEncoder

SMALL = {"width": 16, "initial": 64, "speaker_width": 8}


def save_voice(
    path: Path, version: str = "v2", rate: str = "40k", *, f0: bool = True, changed: Mapping[str, Any] | None = None
) -> Path:
    """A voice of a few weights; `changed` replaces or (with None) removes parts of the checkpoint."""
    held = stand_ins.rvc_checkpoint(version, rate, f0=f0, **SMALL)
    for name, part in (changed or {}).items():
        if part is None:
            del held[name]
        else:
            held[name] = part
    torch.save(held, path)
    return path


def save_content_encoder(path: Path) -> Path:
    """Random weights of a reasonable size; made in a second, unlike those whose values matter."""
    torch.manual_seed(1)
    with torch.device("meta"):
        wanted = ContentEncoder().state_dict()
    weights = {}
    for name, one in wanted.items():
        spread = one[0].numel() ** -0.5 if one.dim() > 1 else 0.05
        weights[name] = torch.empty(one.shape).uniform_(-1.7, 1.7).mul_(spread).half()
        if "norm.weight" in name or name.endswith("0.2.weight"):
            weights[name] = torch.ones(one.shape, dtype=torch.float16)
    torch.save({"model": weights}, path)
    return path
