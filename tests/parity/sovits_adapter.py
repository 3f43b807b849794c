"""What a judge of SO-VITS-SVC implementations calls: our functions under the names that it knows.

Used by `tests/voice/test_sovits_parity.py`, and by any outside judge with goldens of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from voice.checkpoints.content import load_content_encoder
from voice.device import ready_device
from voice.methods.sovits.model import load_described
from voice.nets.sovits import SovitsDraws

REFERENCE_SEED = 52468
ready_device()


def convert(
    config: Mapping[str, Any],
    checkpoint_path: str,
    c: np.ndarray,
    f0: np.ndarray,
    uv: np.ndarray,
    sid: int,
    vol: np.ndarray | None,
    noise_scale: float,
    predict_f0: bool,
    noise: Mapping[str, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    net = load_described(Path(checkpoint_path), config, Path("config.json")).net
    if noise is None:
        draws = net.draw(len(f0), torch.Generator().manual_seed(REFERENCE_SEED))
    else:
        draws = SovitsDraws(*(torch.from_numpy(noise[name]) for name in ("z", "phase", "sine")))
        draws = SovitsDraws(draws.features, draws.phases[0], draws.source[0])
    with torch.inference_mode():
        wav, used = net(
            torch.from_numpy(c).T,
            torch.from_numpy(f0),
            torch.from_numpy(uv),
            sid,
            draws,
            loudness=None if vol is None else torch.from_numpy(vol),
            noise_scale=noise_scale,
            predict_f0=predict_f0,
        )
    return wav.numpy(), used.numpy()


def encoder(checkpoint_path: str, wav: np.ndarray, kind: str) -> np.ndarray:
    is_projected = kind == "vec256l9"
    net = load_content_encoder(Path(checkpoint_path), projected=is_projected)
    with torch.inference_mode():
        return net(torch.from_numpy(wav), layer=9 if is_projected else 12, project=is_projected).numpy()
