"""What a judge of RVC implementations calls: our functions under the names that it knows.

Used by `tests/voice/test_rvc_parity.py`, and by any outside judge with goldens of its own. Noise is zero unless given.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import torch

from voice.checkpoints.content import load_content_encoder
from voice.checkpoints.pitch import load_rmvpe
from voice.device import ready_device
from voice.f0.rmvpe import pitch_of
from voice.nets.rmvpe import log_mel, mel_bank

ready_device()


def hubert(path: str, audio: np.ndarray, version: str) -> np.ndarray:
    is_v1 = version == "v1"
    net = load_content_encoder(Path(path), projected=is_v1)
    with torch.inference_mode():
        return net(torch.from_numpy(audio), layer=9 if is_v1 else 12, project=is_v1).numpy()


def rmvpe(path: str, audio: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        mel = log_mel(torch.from_numpy(audio), mel_bank())
        salience = load_rmvpe(Path(path))(mel).numpy()
    return {"mel": mel.numpy(), "salience": salience, "f0": pitch_of(salience, threshold)}
