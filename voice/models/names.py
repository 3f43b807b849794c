"""What a model file is called in the models folder once it was imported."""

from __future__ import annotations

from pathlib import Path

TORCH = (".pth", ".pt", ".ckpt", ".bin")
PICKLED = ".pkl"
"""Indexes of SO-VITS-SVC."""


def imported_name(name: str) -> str | None:
    """The `.safetensors` that a file of this name becomes; None for what keeps its name, like an index or a text.

    A Silero package (`.pt`) keeps its name too, which only its content tells.
    """
    path = Path(name)
    return str(path.with_suffix(".safetensors")) if path.suffix.lower() in (*TORCH, PICKLED) else None
