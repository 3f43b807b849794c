"""The numbers of the pipeline, and what of them is heard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from voice.presets.mix import NONE
from voice.separation.model_file import model_key

VERSION = 2
"""Part of every sound's key; raise it when the same preset begins to sound different for a reason of the pipeline's."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """Recordings over `threshold_s` are converted in chunks of at most `chunk_s`, `at_once` of them at a time."""

    threshold_s: float = 180.0
    chunk_s: float = 300.0
    at_once: int = 1

    def __post_init__(self) -> None:
        if not (self.threshold_s > 0 and self.chunk_s > 0 and self.at_once >= 1):
            raise ValueError(f"the numbers of the pipeline must be positive: {self}")


def sound_key(preset_digest: str, music: str | None, model: Path | None, chunking: Chunking) -> str:
    """SHA-256 over all that changes the sound of one preset, `music` being what the operator wants instead of it."""
    separation = "" if music == NONE else model_key(model)
    heard = [VERSION, preset_digest, music or "", separation, chunking.threshold_s, chunking.chunk_s]
    return hashlib.sha256("|".join(map(str, heard)).encode()).hexdigest()
