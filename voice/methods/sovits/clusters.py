"""The cluster centres of a speaker's features (`kmeans_*.pt`): tensors or numpy arrays by the speaker's name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.serialization import safe_globals

from voice.checkpoints.load import load_checkpoint, unknown_model
from voice.methods.sovits.rules import Features

CENTRES = "cluster_centers_"
_RECONSTRUCT = np.empty(0).__reduce__()[0]
ARRAYS = [
    (_RECONSTRUCT, "numpy.core.multiarray._reconstruct"),
    (_RECONSTRUCT, "numpy._core.multiarray._reconstruct"),
    np.ndarray,
    np.dtype,
    type(np.dtype(np.float32)),
    type(np.dtype(np.float64)),
]
"""What a pickled array of plain numbers names; none of it does anything but make the array."""


def load_centres(path: Path, speaker: str, width: int) -> Features:
    """(clusters, width) of one speaker; raises BadModelError's kinds."""
    with safe_globals(ARRAYS):  # type: ignore[arg-type]  # the stubs know no pairs of function and name
        held = load_checkpoint(path)
    if not isinstance(held, Mapping) or speaker not in held:
        raise unknown_model(path, f"it holds no clusters of the speaker {speaker!r}")
    of_speaker = held[speaker]
    centres = _numbers(of_speaker.get(CENTRES) if isinstance(of_speaker, Mapping) else of_speaker, path)
    if centres.ndim != 2 or centres.shape[1] != width or not len(centres):
        raise unknown_model(
            path, f"its clusters have the shape {centres.shape}, and the voice wants {width} numbers each"
        )
    if not np.isfinite(centres).all():
        raise unknown_model(path, "it holds clusters that are not numbers")
    return centres


def _numbers(held: Any, path: Path) -> Features:
    if isinstance(held, torch.Tensor):
        return held.float().numpy()
    if isinstance(held, np.ndarray) and held.dtype.kind == "f":
        return held.astype(np.float32)
    raise unknown_model(path, "its clusters are no tables of numbers")
